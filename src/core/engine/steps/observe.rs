//! Asks again for lists that are old: soon when something is missing on them, rarely when there are no runners.

use std::collections::BTreeSet;
use std::time::Duration;

use super::drift::is_registered;
use super::lost_jobs::is_known_lost;
use super::versions::waits_for_newer;
use crate::engine::action::{Effect, Target};
use crate::engine::observed::{Named, Observed};
use crate::engine::plan::Draft;
use crate::engine::snapshot::{RunnerSetView, Snapshot};
use crate::model::{CallKind, ForgeRunner, Importance, InstanceStatus, Runner, RunnerStatus};
use crate::time::Timestamp;

/// A safety net under deliveries and callbacks, paid for sparingly: no list is asked for to learn what an event already told.
pub(crate) fn observe(snapshot: &Snapshot, draft: &mut Draft) {
    if snapshot.sets.is_empty() {
        return;
    }
    if snapshot.forge_is_open() {
        observe_forge(snapshot, draft);
    } else if let Some((until, _)) = &snapshot.forge.blocked {
        draft.wait(*until);
    }
    for view in snapshot.sets.iter().filter(|view| view.provider_configured) {
        observe_machines(snapshot, view, draft);
    }
}

fn observe_forge(snapshot: &Snapshot, draft: &mut Draft) {
    if !snapshot.in_flight.contains(&Target::Tools) {
        let waits = snapshot.sets.iter().any(|view| waits_for_newer(snapshot, view));
        let period = if waits { snapshot.policy.tools_period_waiting } else { snapshot.policy.tools_period };
        match snapshot.forge.tools_at.map(|at| at.after(period)) {
            Some(due) if due > snapshot.now => draft.wait(due),
            _ => list(draft, Effect::RefreshTools),
        }
    }
    if snapshot.in_flight.contains(&Target::ForgeRunners) {
        return;
    }
    let with_machine = draft.awake().into_iter().filter(|runner| runner.status == InstanceStatus::Running && is_registered(runner));
    let registered: Vec<&Runner> = with_machine.filter(|runner| !runner.runner_status.is_terminal()).collect();
    let next = snapshot.forge.runners.as_ref().map(|list| {
        let ours = |runner: &&ForgeRunner| runner.labels.contains(&snapshot.controller_label) && !runner.busy;
        let differs =
            |runner: &Runner| list.find(runner.name.as_str()).is_none_or(|at_forge| contradicts(snapshot, runner, list, at_forge));
        let doubtful = registered.iter().any(|runner| runner.runner_status_at.max(runner.status_at) < list.at() && differs(runner))
            || has_strangers(snapshot, list, draft.index.roster.strangers_at_forge(), ours);
        let due = list.at().after(match () {
            () if doubtful => snapshot.policy.observe_again,
            () if registered.iter().any(|runner| runner.is_busy()) => snapshot.policy.observe_period_busy,
            () if registered.is_empty() && draft.index.roster.resting() == 0 => snapshot.policy.observe_period_idle,
            () => snapshot.policy.observe_period,
        });
        registered.iter().filter_map(|runner| connects_by(snapshot, runner, list)).fold(due, Timestamp::min)
    });
    match next.map(|due| draft.runners_wanted().map_or(due, |wanted| due.min(wanted))) {
        Some(due) if due > snapshot.now => draft.wait(due),
        _ => list(draft, Effect::ListForgeRunners),
    }
}

/// Asks the forge for a list, or waits until that can be done.
fn list(draft: &mut Draft, effect: Effect) {
    match draft.forge_closed(Importance::Look, CallKind::Read) {
        None => draft.begin(effect),
        Some((until, _)) => draft.wait(until),
    }
}

/// Whether what the forge says of a runner may cost it its state, if the next list says so too.
fn contradicts(snapshot: &Snapshot, runner: &Runner, list: &Observed<ForgeRunner>, at_forge: &ForgeRunner) -> bool {
    match runner.runner_status {
        RunnerStatus::Active => !at_forge.busy,
        RunnerStatus::Idle | RunnerStatus::Online => !at_forge.online && connects_by(snapshot, runner, list).is_none(),
        _ => false,
    }
}

/// When a runner must be connected that has said that it is ready, and was offline on the last list. `None` = it was connected, or the time is over.
fn connects_by(snapshot: &Snapshot, runner: &Runner, list: &Observed<ForgeRunner>) -> Option<Timestamp> {
    let by = runner.runner_status_at.after(snapshot.policy.connects_within);
    let is_ready = matches!(runner.runner_status, RunnerStatus::Idle | RunnerStatus::Online);
    let is_offline = || list.find(runner.name.as_str()).is_some_and(|at_forge| !at_forge.online);
    (is_ready && list.at() < by && is_offline()).then_some(by)
}

fn observe_machines(snapshot: &Snapshot, view: &RunnerSetView, draft: &mut Draft) {
    let set = view.set.id;
    if snapshot.in_flight.contains(&Target::Machines(set)) {
        return;
    }
    if let Some((until, _)) = view.machines_blocked.as_ref().filter(|(until, _)| *until > snapshot.now) {
        draft.wait(*until);
        return;
    }
    let awake = draft.awake_of(set);
    let interrupted = awake.iter().any(|runner| runner.status == InstanceStatus::Creating && snapshot.is_free(runner.id));
    let running = || awake.iter().copied().filter(|runner| runner.status == InstanceStatus::Running);
    let next = view.machines.as_ref().map(|list| {
        let differs = |runner: &Runner| list.find(runner.name.as_str()).is_none_or(|machine| machine.status != InstanceStatus::Running);
        let in_doubt = |runner: &Runner| runner.status_at < list.at() && differs(runner) && !is_known_lost(snapshot, runner);
        let strangers = || draft.index.roster.strangers_of(set);
        let doubtful = running().any(in_doubt) || strangers().is_some_and(|strangers| has_strangers(snapshot, list, strangers, |_| true));
        let is_older = |at: Timestamp| snapshot.forge.runners.as_ref().is_some_and(|at_forge| at < at_forge.at());
        list.at().after(match () {
            () if is_older(list.at()) && running().any(|runner| has_fallen_silent(snapshot, runner)) => Duration::ZERO,
            () if doubtful || interrupted => snapshot.policy.observe_again,
            () if running().next().is_none() && draft.index.roster.resting_count(set) == 0 => snapshot.policy.observe_period_idle,
            () => snapshot.policy.observe_period,
        })
    });
    match next {
        Some(due) if due > snapshot.now => draft.wait(due),
        _ => draft.begin(Effect::ListMachines { set }),
    }
}

/// Whether the forge has lost contact with a runner that has a job: its machine may be gone. That is looked up once after each list of the forge.
fn has_fallen_silent(snapshot: &Snapshot, runner: &Runner) -> bool {
    let list = snapshot.forge.runners.as_ref().filter(|list| list.at() > runner.runner_status_at);
    let is_silent = || list.and_then(|list| list.find(runner.name.as_str())).is_some_and(|at_forge| !at_forge.online);
    runner.is_busy() && is_silent() && !is_known_lost(snapshot, runner)
}

/// Whether the list has something of ours that has no row: the next list decides.
fn has_strangers<T: Named>(snapshot: &Snapshot, list: &Observed<T>, strangers: &BTreeSet<String>, ours: impl Fn(&&T) -> bool) -> bool {
    let was_there = |name: &str| snapshot.gone.get(name).is_some_and(|gone| *gone >= list.at());
    strangers.iter().filter_map(|name| list.find(name)).filter(ours).any(|item| !was_there(item.name()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::{World, effects_of};
    use crate::model::{Budget, BudgetLimits};

    #[test]
    fn at_start_everything_is_asked_for_once() {
        let mut world = World::with_pool(2, 0);
        world.snapshot.forge.tools_at = None;
        let set = world.set().id;
        assert_eq!(effects_of(&world, observe), [Effect::RefreshTools, Effect::ListForgeRunners, Effect::ListMachines { set }]);
    }

    #[test]
    fn lists_leave_a_part_of_the_budget_to_registrations_and_come_in_time_all_the_same() {
        let mut world = World::with_pool(2, 0);
        world.snapshot.forge.tools_at = None;
        let now = world.snapshot.now;
        let mut budget = Budget::new(BudgetLimits::default(), now);
        for _ in 0..150 {
            budget.take(now, Importance::Act, CallKind::Register);
        }
        world.snapshot.forge.budget = Some(("app".into(), budget));
        let set = world.set().id;
        let plan = world.run(observe);
        assert_eq!(plan.only_effects(), [Effect::ListMachines { set }]);
        assert!(plan.wake_at.is_some_and(|at| at <= now.after(Importance::Look.patience())));
        world.pass_secs(10 * 60);
        assert_eq!(effects_of(&world, observe)[0], Effect::RefreshTools, "after ten minutes one goes first");
    }

    #[test]
    fn an_idle_entity_costs_two_lists_an_hour() {
        let mut world = World::with_pool(2, 0);
        world.list_forge_runners(vec![]);
        world.list_no_machines();
        let plan = world.run(observe);
        assert!(plan.does_nothing());
        assert_eq!(plan.wake_at, Some(world.in_secs(40 * 60)), "the next thing is the refresh of the downloads");
    }

    #[test]
    fn something_missing_is_looked_for_again_soon() {
        let mut world = World::with_pool(2, 0);
        world.idle_runner();
        world.pass_secs(1);
        world.list_forge_runners(vec![]);
        world.list_machines_of_all_runners();
        let plan = world.run(observe);
        assert_eq!(plan.wake_at, Some(world.in_secs(5)));
    }

    #[test]
    fn an_entity_without_pools_asks_for_nothing() {
        let mut world = World::with_pool(2, 0);
        world.snapshot.sets.clear();
        assert_eq!(world.run(observe), crate::engine::Plan::default());
    }

    #[test]
    fn while_the_forge_is_blocked_only_providers_are_asked() {
        let mut world = World::with_pool(2, 0);
        world.block_forge("rate limit");
        let set = world.set().id;
        assert_eq!(effects_of(&world, observe), [Effect::ListMachines { set }]);
    }

    #[test]
    fn while_a_runner_works_a_lost_delivery_is_noticed_within_half_a_minute() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        world.runner(id).runner_status = RunnerStatus::Active;
        let busy = world.at_forge(id, true);
        world.list_forge_runners(vec![busy]);
        world.list_machines_of_all_runners();
        assert_eq!(world.run(observe).wake_at, Some(world.in_secs(30)));
    }

    #[test]
    fn a_runner_that_has_just_said_that_it_is_ready_is_looked_up_when_it_must_be_connected() {
        let mut world = World::with_pool(1, 0);
        let id = world.idle_runner();
        world.pass_secs(1);
        let offline = ForgeRunner { online: false, ..world.at_forge(id, false) };
        world.list_forge_runners(vec![offline.clone()]);
        world.list_machines_of_all_runners();
        assert_eq!(world.run(observe).wake_at, Some(world.in_secs(14)));
        world.pass_secs(15);
        world.list_forge_runners(vec![offline]);
        world.list_machines_of_all_runners();
        assert_eq!(world.run(observe).wake_at, Some(world.in_secs(5)), "a second list must agree");
    }

    #[test]
    fn a_job_that_its_idle_runner_does_not_get_has_the_runner_looked_up() {
        let mut world = World::with_pool(1, 0);
        let id = world.idle_runner();
        let idle = world.at_forge(id, false);
        world.list_forge_runners(vec![idle]);
        world.list_machines_of_all_runners();
        world.queue_job(&["linux"]);
        let both = |snapshot: &Snapshot, draft: &mut Draft| {
            crate::engine::steps::demand(snapshot, draft);
            observe(snapshot, draft);
        };
        assert_eq!(world.run(both).wake_at, Some(world.in_secs(5)));
        world.pass_secs(5);
        assert_eq!(effects_of(&world, both), [Effect::ListForgeRunners]);
    }

    #[test]
    fn the_machine_of_a_runner_that_falls_silent_while_it_works_is_looked_up_once() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        world.runner(id).runner_status = RunnerStatus::Active;
        world.pass_secs(5);
        world.list_machines_of_all_runners();
        world.pass_secs(5);
        let silent = ForgeRunner { online: false, ..world.at_forge(id, true) };
        world.list_forge_runners(vec![silent]);
        let set = world.set().id;
        assert_eq!(effects_of(&world, observe), [Effect::ListMachines { set }]);
        world.list_machines_of_all_runners();
        assert!(world.run(observe).does_nothing(), "it is there");
    }
}
