//! What is to be made is registered at the forge, where the runner set wants that, and then made by the provider.

use super::supply::needs_closed_forge;
use super::versions;
use crate::engine::action::Effect;
use crate::engine::plan::Draft;

use crate::engine::snapshot::{RunnerSetView, Snapshot};
use crate::model::{InstanceStatus, Reason, Runner};

/// Moves every runner that has no machine yet one step further, one effect at a time.
pub(crate) fn create(snapshot: &Snapshot, draft: &mut Draft) {
    for runner in draft.awake().into_iter().filter(|runner| runner.status == InstanceStatus::PendingCreate) {
        let Some(view) = draft.index.set(runner.set_id) else { continue };
        if !draft.is_free(runner.id) {
            continue;
        }
        if !view.set.enabled {
            draft.remove(runner.id, Reason::PoolDisabled);
        } else if let Err(reason) = next_effect(snapshot, draft, view, runner) {
            draft.explain_runner(runner.id, reason);
        }
    }
}

fn next_effect(snapshot: &Snapshot, draft: &mut Draft, view: &RunnerSetView, runner: &Runner) -> Result<(), Reason> {
    if !view.provider_configured {
        return Err(Reason::ProviderMissing { provider: view.set.provider.clone() });
    }
    if let Some(at) = runner.not_before.filter(|at| *at > snapshot.now) {
        draft.wait(at);
        return Err(Reason::RetryLater { at, fault: runner.fault.clone() });
    }
    if let Some(reason) = versions::retired(snapshot, view) {
        return Err(reason);
    }
    let retry_after = snapshot.policy.backoff(runner.failures + 1);

    if let Some((until, reason)) = needs_closed_forge(snapshot, draft, view, runner) {
        draft.wait(until);
        return Err(reason);
    }
    if view.jit && runner.agent_id.is_none() {
        let refused_retry_after = snapshot.policy.refused_retry.max(retry_after);
        draft.begin(Effect::Register { runner: runner.id, retry_after, refused_retry_after });
    } else if snapshot.forge.tools_at.is_some() {
        let within = view.set.bootstrap_timeout;
        let deadline_after = within.saturating_add(snapshot.policy.create_slack);
        // Each attempt is registered anew, which goes well: it is the attempts that count.
        let retry_after = snapshot.policy.backoff(runner.create_attempt + 1);
        draft.begin(Effect::CreateMachine { runner: runner.id, within, deadline_after, retry_after });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::engine::action::Target;
    use crate::engine::testing::{World, effects_of};
    use crate::model::{Budget, BudgetLimits, Rate};

    #[test]
    fn a_runner_is_registered_first_and_made_then() {
        let mut world = World::with_pool(2, 0);
        let id = world.pending_runner();
        assert!(matches!(effects_of(&world, create)[..], [Effect::Register { runner, .. }] if runner == id));
        world.runner(id).agent_id = Some(5);
        assert!(matches!(effects_of(&world, create)[..], [Effect::CreateMachine { runner, .. }] if runner == id));
    }

    #[test]
    fn without_just_in_time_configurations_the_machine_is_made_at_once() {
        let mut world = World::with_pool(2, 0);
        world.snapshot.sets[0].jit = false;
        world.pending_runner();
        assert!(matches!(effects_of(&world, create)[..], [Effect::CreateMachine { .. }]));
    }

    #[test]
    fn while_the_forge_is_down_a_registered_runner_is_still_made() {
        let mut world = World::with_pool(2, 0);
        let waits = world.pending_runner();
        let registered = world.pending_runner();
        world.runner(registered).agent_id = Some(5);
        world.block_forge("bad credentials");
        let plan = world.run(create);
        assert!(matches!(plan.only_effects(), [Effect::CreateMachine { runner, .. }] if *runner == registered));
        assert_eq!(plan.report.runners[&waits], Reason::ForgeUnavailable { fault: "bad credentials".into() });
    }

    #[test]
    fn a_plan_registers_as_many_runners_as_the_budget_has_points_for_and_says_until_when_the_others_wait() {
        let mut world = World::with_pool(50, 0);
        let ids: Vec<_> = (0..50).map(|_| world.pending_runner()).collect();
        let now = world.snapshot.now;
        let limits = BudgetLimits { points: Rate { limit: 100, within: Duration::from_mins(1) }, ..BudgetLimits::default() };
        world.snapshot.forge.budget = Some(("app".into(), Budget::new(limits, now)));
        let plan = world.run(create);
        assert_eq!(plan.effects.len(), 19, "five points are left for what is overdue");
        let waits =
            plan.report.runners.values().filter(|reason| matches!(reason, Reason::BudgetSpent { credentials, .. } if credentials == "app"));
        assert_eq!(waits.count(), ids.len() - 19);
        assert!(plan.wake_at.is_some_and(|at| at > now && at <= now.after(Duration::from_mins(1))));
    }

    #[test]
    fn an_entity_registers_as_many_runners_as_the_forge_allows_in_five_minutes() {
        let mut world = World::with_pool(50, 0);
        let (first, second) = (world.pending_runner(), world.pending_runner());
        let now = world.snapshot.now;
        world.snapshot.policy.registrations.limit = 7;
        world.snapshot.forge.registered.insert(now.as_micros(), 6);
        let plan = world.run(create);
        assert!(matches!(plan.only_effects(), [Effect::Register { runner, .. }] if *runner == first));
        assert!(matches!(plan.report.runners[&second], Reason::RegistrationsSpent { limit: 7, .. }));
        assert_eq!(plan.wake_at, Some(now.after(Duration::from_mins(5))));
        world.snapshot.in_flight.insert(Target::Runner(first));
        assert!(world.run(create).does_nothing(), "the one that is under way counts");
        world.pass_secs(5 * 60);
        assert!(matches!(world.run(create).only_effects(), [Effect::Register { runner, .. }] if *runner == second));
    }

    #[test]
    fn a_missing_provider_is_named() {
        let mut world = World::with_pool(2, 0);
        let id = world.pending_runner();
        world.snapshot.sets[0].provider_configured = false;
        let plan = world.run(create);
        assert!(plan.does_nothing());
        assert_eq!(plan.report.runners[&id], Reason::ProviderMissing { provider: "fake".into() });
    }
}
