//! How far a runner is, as its row alone tells.

use crate::model::{InstanceStatus, Runner, RunnerStatus};
use crate::time::Timestamp;

/// Whether the runner waits for a job at the forge.
pub(super) fn is_idle(runner: &Runner) -> bool {
    runner.status == InstanceStatus::Running && matches!(runner.runner_status, RunnerStatus::Idle | RunnerStatus::Online)
}

/// Whether the runner's machine may still be made.
pub(super) fn is_to_be_made(runner: &Runner) -> bool {
    matches!(runner.status, InstanceStatus::PendingCreate | InstanceStatus::Creating | InstanceStatus::Error)
}

/// Whether an attempt to make the runner's machine has failed, and no attempt has succeeded since.
pub(super) fn creation_fails(runner: &Runner) -> bool {
    let is_next_attempt = runner.create_attempt > 0 && matches!(runner.status, InstanceStatus::PendingCreate | InstanceStatus::Creating);
    (runner.status == InstanceStatus::Error || is_next_attempt) && !runner.is_heard_of()
}

/// From when on a list must know the runner.
pub(super) fn settled_at(runner: &Runner) -> Timestamp {
    runner.status_at.max(runner.runner_status_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::World;

    #[test]
    fn a_creation_fails_until_an_attempt_succeeds_or_its_machine_speaks() {
        let mut world = World::with_pool(9, 0);
        let at = world.in_secs(7);
        let id = world.failed_creation("quota", at);
        let fails = |world: &mut World| creation_fails(world.runner(id));
        assert!(fails(&mut world));
        (world.runner(id).status, world.runner(id).create_attempt) = (InstanceStatus::PendingCreate, 1);
        assert!(fails(&mut world), "the next attempt has not succeeded yet");
        world.runner(id).runner_status = RunnerStatus::Installing;
        assert!(!fails(&mut world));
        (world.runner(id).status, world.runner(id).runner_status) = (InstanceStatus::Running, RunnerStatus::Pending);
        assert!(!fails(&mut world));
    }
}
