//! Runners that are connected and never take a job although jobs that fit wait.

use super::supply::is_idle;
use crate::engine::{Draft, Snapshot};
use crate::model::{Job, JobStatus, Pool, Reason, Runner};
use crate::time::Timestamp;

/// Forges assign a job to an idle runner within seconds. One that has been idle all the while a job waited, which the forge itself says still
/// waits, will not take the next one either. It goes at the forge first, which refuses if it has a job after all.
pub(crate) fn zombies(snapshot: &Snapshot, draft: &mut Draft) {
    for view in &snapshot.pools {
        for runner in snapshot.runners_of(view.pool.id).filter(|runner| is_idle(runner) && !runner.is_busy()) {
            if !draft.is_free(runner.id) {
                continue;
            }
            let given_up = snapshot.jobs.iter().filter_map(|job| ignores_until(snapshot, &view.pool, runner, job)).min();
            match given_up {
                Some(until) if until <= snapshot.now => draft.remove(runner.id, Reason::Zombie),
                Some(until) => draft.wait(until),
                None => {}
            }
        }
    }
}

/// Until when the runner may go on ignoring the job; `None` when it does not.
fn ignores_until(snapshot: &Snapshot, pool: &Pool, runner: &Runner, job: &Job) -> Option<Timestamp> {
    let since = job.created_at.max(runner.runner_status_at);
    let waits = job.status == JobStatus::Queued && pool.fits(&job.labels);
    let confirmed = snapshot.jobs_checked.get(&job.id).is_some_and(|check| check.waits && check.at > since);
    (waits && confirmed).then(|| since.after(snapshot.policy.zombie_after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::testing::{World, actions_of};
    use crate::engine::{Action, JobCheck};

    #[test]
    fn an_idle_runner_that_ignores_a_job_for_too_long_goes() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        let job = world.queue_job(&["linux"]);
        world.pass_secs(60);
        assert_eq!(world.run(zombies).wake_at, None, "nobody asked the forge yet");
        world.snapshot.jobs_checked.insert(job, JobCheck { at: world.snapshot.now, waits: true });
        assert_eq!(world.run(zombies).wake_at, Some(world.in_secs(60)));
        world.pass_secs(60);
        assert_eq!(actions_of(&world, zombies), [Action::MarkForDeletion { runner: id, reason: Reason::Zombie }]);
    }

    #[test]
    fn a_job_that_the_forge_cannot_confirm_costs_no_runner() {
        let mut world = World::with_pool(2, 0);
        world.idle_runner();
        let job = world.queue_job(&["linux"]);
        world.pass_secs(600);
        world.snapshot.jobs_checked.insert(job, JobCheck { at: world.snapshot.now, waits: false });
        assert!(actions_of(&world, zombies).is_empty());
    }

    #[test]
    fn a_runner_that_does_not_fit_or_has_just_become_idle_ignores_nobody() {
        let mut world = World::with_pool(2, 0);
        world.idle_runner();
        let job = world.queue_job(&["linux", "gpu"]);
        world.pass_secs(600);
        world.snapshot.jobs_checked.insert(job, JobCheck { at: world.snapshot.now, waits: true });
        assert!(actions_of(&world, zombies).is_empty());
    }
}
