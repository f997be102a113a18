//! Settles creations that the provider has not answered for: its answer is late, or the server that waited for it was stopped.

use crate::engine::action::{RowChange, Target};
use crate::engine::plan::Draft;
use crate::engine::snapshot::Snapshot;
use crate::model::{InstanceStatus, Reason, Runner};

/// A machine that calls back is adopted at once, even if it reports a failure and its provider has not answered yet. A machine on the
/// provider's list is adopted when no call waits for the provider's answer any more.
///
/// An attempt without a machine has failed only when its create call can no longer succeed *and* a list made after that agrees. Until then
/// the row stays and counts against the maximum.
pub(crate) fn recover(snapshot: &Snapshot, draft: &mut Draft) {
    let is_asked_for = |runner: &&Runner| match runner.status {
        InstanceStatus::Creating => true,
        // A machine that is there before this attempt has asked for one was left by an earlier attempt.
        InstanceStatus::PendingCreate => runner.has_spoken(),
        _ => false,
    };
    for runner in draft.awake().into_iter().filter(is_asked_for) {
        let machines = draft.index.set(runner.set_id).and_then(|view| view.machines.as_ref());
        if runner.has_spoken() && !snapshot.in_flight.contains(&Target::Runner(runner.id)) {
            let machine = machines.and_then(|machines| machines.find(runner.name.as_str())).cloned();
            draft.change(RowChange::AdoptMachine { runner: runner.id, machine });
            continue;
        }
        if !draft.is_free(runner.id) {
            continue;
        }
        draft.explain_runner(runner.id, Reason::Interrupted);
        let Some(machines) = machines else { continue };
        let deadline = runner.create_deadline.unwrap_or(runner.status_at);

        let retry_after = snapshot.policy.backoff(runner.create_attempt + 1);
        match machines.find(runner.name.as_str()) {
            // The list may be older than the row's last change of state; a machine on it is ours all the same.
            Some(machine) if machine.status != InstanceStatus::Error => {
                draft.change(RowChange::AdoptMachine { runner: runner.id, machine: Some(machine.clone()) });
            }
            _ if machines.at() >= deadline => draft.change(RowChange::AbandonCreate { runner: runner.id, retry_after }),
            _ if deadline > snapshot.now => draft.wait(deadline),
            // The list is older than the deadline; the next one decides.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::{World, changes_of};

    fn interrupted() -> (World, crate::model::RunnerId) {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        let deadline = world.in_secs(60);
        let runner = world.runner(id);
        (runner.status, runner.create_deadline) = (InstanceStatus::Creating, Some(deadline));
        runner.runner_status = crate::model::RunnerStatus::Pending;
        (world, id)
    }

    #[test]
    fn a_machine_that_is_found_is_adopted() {
        let (mut world, id) = interrupted();
        world.list_machines_of_all_runners();
        assert!(matches!(changes_of(&world, recover)[..], [RowChange::AdoptMachine { runner, .. }] if runner == id));
    }

    #[test]
    fn a_machine_that_speaks_for_itself_is_adopted_without_a_list() {
        let (mut world, id) = interrupted();
        // A machine that speaks exists: its deadline is cleared.
        (world.runner(id).runner_status, world.runner(id).create_deadline) = (crate::model::RunnerStatus::Installing, None);
        assert_eq!(changes_of(&world, recover), [RowChange::AdoptMachine { runner: id, machine: None }]);
    }

    #[test]
    fn a_machine_that_reports_its_end_is_adopted_although_the_provider_has_not_answered() {
        let (mut world, id) = interrupted();
        world.runner(id).runner_status = crate::model::RunnerStatus::Terminated;
        world.snapshot.in_flight.insert(Target::Creation(id));
        assert_eq!(changes_of(&world, recover), [RowChange::AdoptMachine { runner: id, machine: None }]);
    }

    #[test]
    fn a_machine_that_may_still_appear_is_not_given_up() {
        let (mut world, id) = interrupted();
        world.list_no_machines();
        let plan = world.run(recover);
        assert!(plan.does_nothing());
        assert_eq!(plan.report.runners[&id], Reason::Interrupted);
    }

    #[test]
    fn after_the_deadline_a_list_must_agree() {
        let (mut world, id) = interrupted();
        world.list_no_machines();
        world.pass_secs(61);
        let plan = world.run(recover);
        assert!(plan.does_nothing(), "the list is older than the deadline");
        assert_eq!(plan.wake_at, None, "the next list is waited for, not a time that is over");
        world.list_no_machines();
        assert!(matches!(changes_of(&world, recover)[..], [RowChange::AbandonCreate { runner, .. }] if runner == id));
    }

    #[test]
    fn a_creation_under_way_is_left_alone() {
        let (mut world, id) = interrupted();
        world.list_machines_of_all_runners();
        world.snapshot.in_flight.insert(Target::Creation(id));
        assert!(world.run(recover).does_nothing());
    }

    #[test]
    fn a_machine_that_works_is_adopted_before_its_provider_answers() {
        let (mut world, id) = interrupted();
        world.snapshot.in_flight.insert(Target::Creation(id));
        for status in [crate::model::RunnerStatus::Active, crate::model::RunnerStatus::Failed] {
            world.runner(id).runner_status = status;
            assert_eq!(changes_of(&world, recover), [RowChange::AdoptMachine { runner: id, machine: None }]);
        }
    }
}
