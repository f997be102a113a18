//! Which runners can take a job, and when a runner set had better not make more.

use crate::engine::plan::Draft;
use crate::engine::snapshot::Snapshot;
use crate::model::{InstanceStatus, Runner, RunnerSet, RunnerStatus};
use crate::time::Timestamp;

/// Whether the runner can take a job now or will be able to: it is idle, or on its way to be.
///
/// A creation that was interrupted is no supply until its machine is found or heard of: the machine may never come.
pub(super) fn is_supply(snapshot: &Snapshot, draft: &Draft, runner: &Runner) -> bool {
    if draft.is_leaving(runner.id) || runner.is_busy() {
        return false;
    }
    let can_be_made = || snapshot.set(runner.set_id).is_some_and(|view| view.provider_configured);
    match runner.status {
        InstanceStatus::PendingCreate => can_be_made(),
        InstanceStatus::Creating => runner.is_heard_of() || !snapshot.is_free(runner.id),
        InstanceStatus::Error => runner.create_attempt < snapshot.policy.create_retries && can_be_made(),
        InstanceStatus::Running => {
            matches!(runner.runner_status, RunnerStatus::Pending | RunnerStatus::Installing | RunnerStatus::Idle | RunnerStatus::Online)
        }
        _ => false,
    }
}

/// Whether the forge says that the runner works, but no delivery has said on which job. The runner probably has one of the waiting jobs,
/// and the delivery is late. This is believed for as long as an idle runner would be waited for, because the delivery may be lost.
pub(super) fn works_on_unknown_job(snapshot: &Snapshot, draft: &Draft, runner: &Runner) -> bool {
    runner.runner_status == RunnerStatus::Active
        && runner.job_id.is_none()
        && !draft.is_leaving(runner.id)
        && snapshot.now < runner.runner_status_at.after(snapshot.minimum_job_age_backoff)
}

/// Whether the runner waits for a job at the forge.
pub(super) fn is_idle(runner: &Runner) -> bool {
    runner.status == InstanceStatus::Running && matches!(runner.runner_status, RunnerStatus::Idle | RunnerStatus::Online)
}

/// Until when the runner set makes no new runners, and the fault, because the last few creations all failed.
pub(super) fn paused(snapshot: &Snapshot, set: &RunnerSet) -> Option<(Timestamp, String)> {
    let last_success =
        snapshot.runners_of(set.id).filter(|runner| runner.status == InstanceStatus::Running).map(|runner| runner.status_at).max();
    let failures: Vec<_> = snapshot
        .runners_of(set.id)
        .filter(|runner| runner.status == InstanceStatus::Error && Some(runner.status_at) > last_success)
        .filter_map(|runner| runner.not_before.filter(|at| *at > snapshot.now).map(|at| (at, runner)))
        .collect();
    if failures.len() < snapshot.policy.failures_in_a_row {
        return None;
    }
    failures.into_iter().min_by_key(|(at, runner)| (*at, &runner.name)).map(|(at, runner)| (at, runner.fault.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::World;

    #[test]
    fn three_failures_in_a_row_pause_the_pool_until_the_first_retry() {
        let mut world = World::with_pool(9, 0);
        let at = world.in_secs(7);
        world.failed_creation("a", at);
        let later = world.in_secs(9);
        world.failed_creation("b", later);
        assert_eq!(paused(&world.snapshot, &world.set()), None);
        world.failed_creation("c", later);
        assert_eq!(paused(&world.snapshot, &world.set()), Some((at, "a".into())));
    }

    #[test]
    fn one_success_after_the_failures_ends_the_pause() {
        let mut world = World::with_pool(9, 0);
        let at = world.in_secs(7);
        for _ in 0..3 {
            world.failed_creation("a", at);
        }
        world.pass_secs(1);
        world.idle_runner();
        assert_eq!(paused(&world.snapshot, &world.set()), None);
    }
}
