//! Where rows have drifted from what forge and provider say, forge and provider win.
//!
//! Deliveries and callbacks can be lost; the lists remain. Where a list costs a runner, the list before must agree: one list alone can be
//! older than the row that it is compared with.

use std::collections::BTreeSet;

use crate::engine::action::{Effect, RowChange, Target};
use crate::engine::observed::{Named, Observed};
use crate::engine::plan::Draft;
use crate::engine::snapshot::{RunnerSetView, Snapshot};
use crate::model::{ForgeRunner, InstanceStatus, ProviderMachine, Reason, Runner, RunnerName, RunnerStatus};
use crate::time::Timestamp;

/// Corrects states, sends away what is gone, removes orphans in both directions.
pub(crate) fn drift(snapshot: &Snapshot, draft: &mut Draft) {
    let known: BTreeSet<&str> = snapshot.runners.iter().map(|runner| runner.name.as_str()).collect();
    if let Some(list) = &snapshot.forge.runners {
        for runner in staying(snapshot) {
            compare_with_forge(runner, list, draft);
        }
        for orphan in orphans(snapshot, list, &known).filter(|runner| !runner.busy && runner.labels.contains(&snapshot.controller_label)) {
            if snapshot.forge_is_open() && !snapshot.in_flight.contains(&Target::ForgeOrphan(orphan.agent_id)) {
                draft.begin(Effect::RemoveForgeOrphan { agent_id: orphan.agent_id, name: orphan.name.clone() });
            }
        }
    }
    for view in snapshot.sets.iter().filter(|view| view.provider_configured) {
        if let Some(list) = &view.machines {
            compare_with_provider(snapshot, view, list, &known, draft);
        }
    }
}

/// Runners that have a machine and are not on their way out.
fn staying(snapshot: &Snapshot) -> impl Iterator<Item = &Runner> {
    snapshot
        .runners
        .iter()
        .filter(|runner| matches!(runner.status, InstanceStatus::Running | InstanceStatus::Stopped | InstanceStatus::Unknown))
}

/// From when on a list must know the runner.
fn settled_at(runner: &Runner) -> Timestamp {
    runner.status_at.max(runner.runner_status_at)
}

fn compare_with_forge(runner: &Runner, list: &Observed<ForgeRunner>, draft: &mut Draft) {
    if !draft.is_free(runner.id) || runner.runner_status.is_terminal() {
        return;
    }
    if is_registered(runner) && list.lacks(runner.name.as_str(), settled_at(runner)) {
        draft.remove(runner.id, Reason::GoneAtForge);
    } else if let Some(status) = status_at_forge(runner, list) {
        draft.change(RowChange::SetRunnerStatus { runner: runner.id, status });
    }
}

/// Whether the forge must know the runner: its number there is known, or it was ready, though it may never have told its number.
pub(super) fn is_registered(runner: &Runner) -> bool {
    runner.agent_id.is_some() || !matches!(runner.runner_status, RunnerStatus::Pending | RunnerStatus::Installing)
}

/// The state of the runner software according to the forge, where it differs from the row.
fn status_at_forge(runner: &Runner, list: &Observed<ForgeRunner>) -> Option<RunnerStatus> {
    use RunnerStatus as S;
    let name = runner.name.as_str();
    let at_forge = list.find(name).filter(|_| list.at() > runner.runner_status_at)?;
    let twice = |holds: fn(&ForgeRunner) -> bool| list.find_twice(name, runner.runner_status_at, holds).is_some();
    match runner.runner_status {
        S::Pending | S::Installing | S::Idle | S::Online | S::Offline if at_forge.busy => Some(S::Active),
        S::Offline if at_forge.online => Some(S::Idle),
        // It lost its job: the forge took the job back, or the delivery about another job was a mistake.
        S::Active if twice(|it| !it.busy && it.online) => Some(S::Idle),
        S::Active if twice(|it| !it.busy && !it.online) => Some(S::Offline),
        S::Idle | S::Online if twice(|it| !it.online) => Some(S::Offline),
        _ => None,
    }
}

fn compare_with_provider(
    snapshot: &Snapshot,
    view: &RunnerSetView,
    list: &Observed<ProviderMachine>,
    known: &BTreeSet<&str>,
    draft: &mut Draft,
) {
    let ended = |machine: &ProviderMachine| matches!(machine.status, InstanceStatus::Stopped | InstanceStatus::Error);
    for runner in staying(snapshot).filter(|runner| runner.set_id == view.set.id) {
        // A runner that works is proof of its machine, whatever the provider says.
        if !draft.is_free(runner.id) || runner.is_busy() {
            continue;
        }
        // While it boots a machine may stop and start; the boot timeout watches it.
        let booted = !matches!(runner.runner_status, RunnerStatus::Pending | RunnerStatus::Installing);
        if list.lacks(runner.name.as_str(), settled_at(runner)) {
            draft.remove(runner.id, Reason::GoneAtProvider);
        } else if booted && list.find_twice(runner.name.as_str(), settled_at(runner), ended).is_some() {
            draft.remove(runner.id, Reason::MachineStopped);
        }
    }
    for orphan in orphans(snapshot, list, known) {
        let target = Target::MachineOrphan(view.set.id, orphan.provider_id.clone());
        if !snapshot.in_flight.contains(&target) {
            let (set, provider_id) = (view.set.id, orphan.provider_id.clone());
            draft.begin(Effect::RemoveMachineOrphan { set, provider_id, name: orphan.name.clone() });
        }
    }
}

/// The items that stand on both lists and had no row when either was asked for.
fn orphans<'a, T: Named>(snapshot: &'a Snapshot, list: &'a Observed<T>, known: &'a BTreeSet<&str>) -> impl Iterator<Item = &'a T> {
    let was_there = |name: &str, at: Timestamp| snapshot.gone.get(&RunnerName::from(name)).is_some_and(|gone| *gone >= at);
    list.lasting().filter(move |(item, at)| !known.contains(item.name()) && !was_there(item.name(), *at)).map(|(item, _)| item)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::{World, changes_of, effects_of};

    #[test]
    fn a_runner_missing_once_stays_and_missing_twice_goes() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        world.pass_secs(1);
        world.list_forge_runners(vec![]);
        assert!(world.run(drift).does_nothing());
        world.pass_secs(5);
        world.list_forge_runners(vec![]);
        assert_eq!(changes_of(&world, drift), [RowChange::MarkForDeletion { runner: id, reason: Reason::GoneAtForge }]);
    }

    #[test]
    fn a_runner_that_worked_and_never_told_its_number_goes_when_it_is_missing() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        let runner = world.runner(id);
        (runner.runner_status, runner.agent_id, runner.token_fetched) = (RunnerStatus::Active, None, true);
        for _ in 0..2 {
            world.pass_secs(5);
            world.list_forge_runners(vec![]);
        }
        assert_eq!(changes_of(&world, drift), [RowChange::MarkForDeletion { runner: id, reason: Reason::GoneAtForge }]);
        world.runner(id).runner_status = RunnerStatus::Installing;
        assert!(world.run(drift).does_nothing(), "it has not registered yet");
    }

    #[test]
    fn lists_older_than_the_runner_prove_nothing() {
        let mut world = World::with_pool(2, 0);
        world.list_forge_runners(vec![]);
        world.list_forge_runners(vec![]);
        world.pass_secs(1);
        world.idle_runner();
        assert!(world.run(drift).does_nothing());
    }

    #[test]
    fn a_lost_in_progress_delivery_is_seen_on_the_list() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        world.pass_secs(1);
        let busy = world.at_forge(id, true);
        world.list_forge_runners(vec![busy]);
        assert_eq!(changes_of(&world, drift), [RowChange::SetRunnerStatus { runner: id, status: RunnerStatus::Active }]);
    }

    #[test]
    fn an_orphan_at_the_forge_goes_unless_it_works_or_is_not_ours() {
        let mut world = World::with_pool(2, 0);
        let ours = world.orphan_at_forge("garm-orphan", 7, false);
        let works = world.orphan_at_forge("garm-works", 8, true);
        let foreign = ForgeRunner { labels: vec!["linux".into()], ..world.orphan_at_forge("other", 9, false) };
        for _ in 0..2 {
            world.pass_secs(5);
            world.list_forge_runners(vec![ours.clone(), works.clone(), foreign.clone()]);
        }
        assert_eq!(effects_of(&world, drift), [Effect::RemoveForgeOrphan { agent_id: 7, name: "garm-orphan".into() }]);
    }

    #[test]
    fn an_orphan_that_stands_on_a_list_twice_goes_once() {
        let mut world = World::with_pool(2, 0);
        let orphan = world.orphan_at_forge("garm-orphan", 7, false);
        for _ in 0..2 {
            world.list_forge_runners(vec![orphan.clone(), orphan.clone()]);
        }
        assert_eq!(effects_of(&world, drift), [Effect::RemoveForgeOrphan { agent_id: 7, name: "garm-orphan".into() }]);
    }

    #[test]
    fn a_machine_without_a_row_goes_after_the_second_list() {
        let mut world = World::with_pool(2, 0);
        world.list_machine("garm-lost");
        assert!(world.run(drift).does_nothing());
        world.list_machine("garm-lost");
        assert!(matches!(&effects_of(&world, drift)[..], [Effect::RemoveMachineOrphan { name, .. }] if name.as_str() == "garm-lost"));
    }

    #[test]
    fn what_stands_on_the_second_list_only_is_no_orphan_yet() {
        let mut world = World::with_pool(2, 0);
        world.list_forge_runners(vec![]);
        world.list_machine("garm-other");
        world.list_forge_runners(vec![world.orphan_at_forge("garm-orphan", 7, false)]);
        world.list_machine("garm-new");
        let all = world.run(drift).effects;
        assert!(
            !all.iter().any(|effect| matches!(effect, Effect::RemoveForgeOrphan { .. } | Effect::RemoveMachineOrphan { .. })),
            "{all:?}"
        );
    }

    #[test]
    fn what_had_a_row_when_the_lists_were_made_is_no_orphan() {
        let mut world = World::with_pool(2, 0);
        for _ in 0..2 {
            world.pass_secs(5);
            world.list_machine("garm-done");
        }
        world.snapshot.gone.insert("garm-done".into(), world.snapshot.now);
        assert!(world.run(drift).does_nothing());
        for _ in 0..2 {
            world.pass_secs(5);
            world.list_machine("garm-done");
        }
        assert_eq!(effects_of(&world, drift).len(), 1, "new lists still have it");
    }

    #[test]
    fn a_runner_whose_machine_is_gone_goes_unless_it_works() {
        let mut world = World::with_pool(3, 0);
        let idle = world.idle_runner();
        let busy = world.idle_runner();
        world.runner(busy).runner_status = RunnerStatus::Active;
        for _ in 0..2 {
            world.pass_secs(5);
            world.list_no_machines();
        }
        assert_eq!(changes_of(&world, drift), [RowChange::MarkForDeletion { runner: idle, reason: Reason::GoneAtProvider }]);
    }

    #[test]
    fn a_runner_that_the_forge_lost_contact_with_is_offline_and_back_when_it_is_back() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        let gone = ForgeRunner { online: false, ..world.at_forge(id, false) };
        world.pass_secs(1);
        world.list_forge_runners(vec![gone.clone()]);
        assert!(world.run(drift).does_nothing(), "one list may be wrong");
        world.pass_secs(5);
        world.list_forge_runners(vec![gone]);
        assert_eq!(changes_of(&world, drift), [RowChange::SetRunnerStatus { runner: id, status: RunnerStatus::Offline }]);
        world.runner(id).runner_status = RunnerStatus::Offline;
        world.pass_secs(5);
        let back = world.at_forge(id, false);
        world.list_forge_runners(vec![back]);
        assert_eq!(changes_of(&world, drift), [RowChange::SetRunnerStatus { runner: id, status: RunnerStatus::Idle }]);
    }

    #[test]
    fn a_runner_that_lost_its_job_is_idle_again() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        world.runner(id).runner_status = RunnerStatus::Active;
        let free = world.at_forge(id, false);
        for expected in [0, 1] {
            world.pass_secs(5);
            world.list_forge_runners(vec![free.clone()]);
            assert_eq!(changes_of(&world, drift).len(), expected);
        }
        assert_eq!(changes_of(&world, drift), [RowChange::SetRunnerStatus { runner: id, status: RunnerStatus::Idle }]);
    }

    #[test]
    fn an_idle_runner_whose_machine_stopped_goes() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        for _ in 0..2 {
            world.pass_secs(5);
            world.list_machines_of_all_runners_as(InstanceStatus::Stopped);
        }
        assert_eq!(changes_of(&world, drift), [RowChange::MarkForDeletion { runner: id, reason: Reason::MachineStopped }]);
        world.runner(id).runner_status = RunnerStatus::Installing;
        assert!(world.run(drift).does_nothing(), "while it boots it may");
    }
}
