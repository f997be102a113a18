//! Removes runners that are connected and never take a job although jobs that fit wait.

use super::supply::is_idle;
use crate::engine::plan::Draft;
use crate::engine::snapshot::{Snapshot, Standing};
use crate::model::{Job, JobStatus, Reason, Runner, RunnerSet};
use crate::time::Timestamp;

/// Forges assign a job to an idle runner within seconds. A runner that stays idle while a job waits, as the forge itself confirms, will not
/// take the next job either. It is removed at the forge first, which refuses if the runner has a job after all.
pub(crate) fn zombies(snapshot: &Snapshot, draft: &mut Draft) {
    for view in &snapshot.sets {
        for runner in snapshot.runners_of(view.set.id).filter(|runner| is_idle(runner) && !runner.is_busy()) {
            if !draft.is_free(runner.id) {
                continue;
            }
            let given_up = snapshot.jobs.iter().filter_map(|job| ignores_until(snapshot, &view.set, runner, job)).min();
            match given_up {
                Some(until) if until <= snapshot.now => draft.remove(runner.id, Reason::Zombie),
                Some(until) => draft.wait(until),
                None => {}
            }
        }
    }
}

/// Until when the runner may go on ignoring the job; `None` when it does not.
fn ignores_until(snapshot: &Snapshot, set: &RunnerSet, runner: &Runner, job: &Job) -> Option<Timestamp> {
    let since = job.created_at.max(runner.runner_status_at);
    let waits = job.status == JobStatus::Queued && set.fits(&job.labels);
    let confirmed = snapshot.jobs_checked.get(&job.id).is_some_and(|check| check.standing == Standing::Waits && check.at > since);
    (waits && confirmed).then(|| since.after(snapshot.policy.zombie_after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::action::RowChange;
    use crate::engine::snapshot::JobCheck;
    use crate::engine::testing::{World, changes_of};

    #[test]
    fn an_idle_runner_that_ignores_a_job_for_too_long_goes() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        let job = world.queue_job(&["linux"]);
        world.pass_secs(60);
        assert_eq!(world.run(zombies).wake_at, None, "the forge was not asked yet");
        world.snapshot.jobs_checked.insert(job, JobCheck { at: world.snapshot.now, standing: Standing::Waits });
        assert_eq!(world.run(zombies).wake_at, Some(world.in_secs(60)));
        world.pass_secs(60);
        assert_eq!(changes_of(&world, zombies), [RowChange::MarkForDeletion { runner: id, reason: Reason::Zombie }]);
    }

    #[test]
    fn a_job_that_the_forge_cannot_confirm_costs_no_runner() {
        let mut world = World::with_pool(2, 0);
        world.idle_runner();
        let job = world.queue_job(&["linux"]);
        world.pass_secs(600);
        world.snapshot.jobs_checked.insert(job, JobCheck { at: world.snapshot.now, standing: Standing::NotWaiting });
        assert!(world.run(zombies).does_nothing());
    }

    #[test]
    fn a_runner_that_does_not_fit_or_has_just_become_idle_ignores_nobody() {
        let mut world = World::with_pool(2, 0);
        world.idle_runner();
        let job = world.queue_job(&["linux", "gpu"]);
        world.pass_secs(600);
        world.snapshot.jobs_checked.insert(job, JobCheck { at: world.snapshot.now, standing: Standing::Waits });
        assert!(world.run(zombies).does_nothing());
    }
}
