//! Machines that take far longer to start than those before them. A job does not count on such a machine, and gets another one. If both come, the spare
//! one serves the next job.
//!
//! Where many are late at once the cloud is slow, and more machines would make it slower. Of those that were wanted with a machine or later, few may be
//! late beside it: one for each four that became ready. Otherwise the job goes on to count on the machine.

use crate::engine::index::Index;
use crate::engine::snapshot::Snapshot;
use crate::model::{InstanceStatus, Runner, RunnerStatus};
use crate::time::Timestamp;

/// Whether no job and no minimum counts on the runner any more, because it starts for far longer than others did.
pub(crate) fn is_late(snapshot: &Snapshot, index: &Index<'_>, runner: &Runner) -> bool {
    if !is_starting(runner) {
        return false;
    }
    let limits = index.start_limits(runner.set_id);
    limits.has_passed(snapshot, runner) && limits.are_few(runner.created_at)
}

/// When a job that counts on the runner is to look again.
pub(super) fn looks_again_at(snapshot: &Snapshot, index: &Index<'_>, runner: &Runner) -> Option<Timestamp> {
    is_starting(runner).then(|| index.start_limits(runner.set_id).late_at(runner))?.filter(|at| *at > snapshot.now)
}

/// Whether the start of the runner can take too long.
fn is_starting(runner: &Runner) -> bool {
    matches!(
        (runner.status, runner.runner_status),
        (InstanceStatus::Creating, RunnerStatus::Pending) | (InstanceStatus::Running, RunnerStatus::Pending | RunnerStatus::Installing)
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::engine::snapshot::{JobCheck, Standing};
    use crate::engine::steps::{demand, minimum_idle, surplus};
    use crate::engine::testing::World;
    use crate::model::{Reason, RunnerId, StartTime};

    /// A pool whose machines take ten seconds to be made, and twenty more to be ready.
    fn world() -> World {
        let mut world = World::with_pool(9, 0);
        for _ in 0..20 {
            let time = StartTime::new(Duration::from_secs(10), Duration::from_secs(20));
            world.snapshot.sets[0].set.memory.times.started(time, Timestamp::EPOCH);
        }
        world.snapshot.sets[0].set.memory.served = 20;
        world
    }

    fn creating(world: &mut World, made_for: Option<i64>) -> RunnerId {
        let id = world.pending_runner();
        let runner = world.runner(id);
        (runner.status, runner.made_for) = (InstanceStatus::Creating, made_for);
        id
    }

    /// How many runners are made for jobs, once the forge says that these wait.
    fn made(world: &mut World) -> usize {
        let (now, ids) = (world.snapshot.now, world.snapshot.jobs.iter().map(|job| job.id).collect::<Vec<_>>());
        for id in ids {
            world.snapshot.jobs_checked.insert(id, JobCheck { at: now, standing: Standing::Waits });
        }
        world.run(demand).changes.len()
    }

    fn job_with_runner(world: &mut World) -> RunnerId {
        let job = world.queue_job(&["linux"]);
        let number = world.job(job).workflow_job_id;
        creating(world, Some(number))
    }

    #[test]
    fn a_job_stops_counting_on_a_machine_that_is_late_and_asks_the_forge_before_it_gets_another() {
        let mut world = world();
        let id = job_with_runner(&mut world);
        let plan = world.run(demand);
        assert_eq!((plan.changes.len(), plan.wake_at), (0, Some(world.in_secs(60))), "twice the slowest, and a minute at least");
        world.pass_secs(59);
        assert_eq!(made(&mut world), 0);
        world.pass_secs(1);
        world.snapshot.jobs_checked.clear();
        let plan = world.run(demand);
        assert_eq!((plan.changes.len(), plan.report.jobs.into_values().next()), (0, Some(Reason::AskingForge)));
        assert_eq!(made(&mut world), 1);
        world.snapshot.sets[0].set.max_runners = 1;
        assert_eq!(made(&mut world), 0, "within the maximum");
        world.snapshot.sets[0].set.max_runners = 9;
        let now = world.snapshot.now;
        (world.runner(id).runner_status, world.runner(id).runner_status_at) = (RunnerStatus::Idle, now);
        world.runner(id).status = InstanceStatus::Running;
        assert_eq!(made(&mut world), 0, "it came after all");
    }

    #[test]
    fn a_boot_is_late_by_the_time_of_boots_and_nothing_is_late_without_a_history() {
        let mut world = world();
        let id = job_with_runner(&mut world);
        (world.runner(id).status, world.runner(id).runner_status) = (InstanceStatus::Running, RunnerStatus::Installing);
        world.snapshot.policy.late_after_min = Duration::ZERO;
        world.pass_secs(39);
        assert_eq!(made(&mut world), 0);
        world.pass_secs(1);
        assert_eq!(made(&mut world), 1);
        world.snapshot.policy.late_history = 21;
        assert_eq!(made(&mut world), 0);
    }

    #[test]
    fn where_many_are_late_the_cloud_is_slow_unless_others_that_were_wanted_no_earlier_became_ready() {
        let mut world = world();
        for _ in 0..3 {
            job_with_runner(&mut world);
        }
        let wanted_at = world.snapshot.runners[0].created_at;
        world.pass_secs(60);
        assert_eq!(made(&mut world), 0, "another machine would come no sooner");
        let ready = |world: &mut World, wanted_at| {
            let time = StartTime::new(Duration::from_secs(10), Duration::from_secs(20));
            world.snapshot.sets[0].set.memory.times.started(time, wanted_at);
        };
        for _ in 0..8 {
            ready(&mut world, wanted_at.before(Duration::from_secs(1)));
        }
        assert_eq!(made(&mut world), 0, "those that were wanted earlier show nothing");
        for _ in 0..7 {
            ready(&mut world, wanted_at);
        }
        assert_eq!(made(&mut world), 0);
        ready(&mut world, wanted_at.after(Duration::from_secs(1)));
        assert_eq!(made(&mut world), 3);
    }

    #[test]
    fn a_machine_is_late_beside_earlier_ones_that_are() {
        let mut world = world();
        for _ in 0..3 {
            job_with_runner(&mut world);
        }
        world.pass_secs(30);
        job_with_runner(&mut world);
        world.pass_secs(60);
        assert_eq!(made(&mut world), 1);
    }

    #[test]
    fn the_minimum_is_kept_without_a_machine_that_is_late_and_a_spare_one_serves_the_next_job() {
        let mut world = world();
        world.snapshot.sets[0].set.min_idle_runners = 1;
        let late = creating(&mut world, None);
        assert_eq!(world.run(minimum_idle).wake_at, Some(world.in_secs(60)));
        world.pass_secs(60);
        assert_eq!(world.run(minimum_idle).changes.len(), 1);
        (world.runner(late).status, world.runner(late).runner_status) = (InstanceStatus::Running, RunnerStatus::Idle);
        let other = world.idle_runner();
        world.queue_job(&["linux"]);
        assert!(world.run(demand).does_nothing() && world.run(surplus).does_nothing(), "{late} and {other} are both of use");
    }
}
