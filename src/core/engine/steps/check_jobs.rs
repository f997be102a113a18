//! Asks the forge about jobs that nothing is heard of: the deliveries about them may have been lost. Asks also about jobs that machines were made for
//! in vain.

use super::brake;
use super::demand::{matched_late, patience_ends, was_held_back};
use crate::engine::action::{Effect, Target};
use crate::engine::plan::Draft;
use crate::engine::snapshot::{Snapshot, Standing};
use crate::model::{CallKind, Importance, Job, JobStatus, Reason, Runner};
use crate::time::Timestamp;

/// Soon for a job that an idle runner ignores or whose runner is gone, rarely for any other that does not move.
pub(crate) fn check_jobs(snapshot: &Snapshot, draft: &mut Draft) {
    if snapshot.sets.is_empty() || !snapshot.forge_is_open() {
        return;
    }
    let under_way = snapshot.in_flight.iter().filter(|target| matches!(target, Target::Job(_))).count();
    let mut places = snapshot.policy.job_checks_at_once.saturating_sub(under_way);
    let mut due: Vec<(Timestamp, &Job)> = snapshot
        .jobs
        .iter()
        .map(AsRef::as_ref)
        .filter(|job: &&Job| job.claimed_by.is_none_or(|entity| entity == snapshot.entity_id))
        .filter(|job| !snapshot.in_flight.contains(&Target::Job(job.id)))
        .map(|job| (check_due(snapshot, draft, job), job))
        .collect();
    due.sort_by_key(|(at, job)| (*at, job.id));
    for (at, job) in due {
        if at > snapshot.now {
            draft.wait(at);
            return;
        }
        if places == 0 {
            return;
        }
        if let Some((until, _)) = draft.forge_closed(Importance::Act, CallKind::Read) {
            draft.wait(until);
            return;
        }
        places -= 1;
        draft.begin(Effect::CheckJob { job: job.id });
    }
}

fn check_due(snapshot: &Snapshot, draft: &Draft, job: &Job) -> Timestamp {
    let check = snapshot.jobs_checked.get(&job.id);
    let asked = check.map(|check| check.at);
    let heard = asked.map_or(job.updated_at, |at| at.max(job.updated_at));
    let rarely = heard.after(snapshot.policy.job_check_period);
    let unshown = snapshot.jobs_unshown.get(&job.id);
    let again = snapshot.policy.job_check_wait(unshown.map_or(0, |unshown| unshown.times));
    match job.status {
        JobStatus::Queued => {
            if let Some(held_back) = check.filter(|check| check.standing == Standing::HeldBack) {
                let again = held_back.at.after(snapshot.policy.held_back_check);
                let news = Some(job.updated_at).filter(|news| *news > held_back.at);
                return news.map_or(again, |news| news.max(held_back.at.after(snapshot.policy.job_check_again)).min(again));
            }
            if was_held_back(snapshot, job) {
                return job.updated_at;
            }
            let old_at = job.created_at.after(snapshot.policy.job_lifetime);
            let gets_old = Some(old_at).filter(|at| asked.is_none_or(|asked| asked < *at));
            if draft.index.fitting(job).next().is_none() {
                // No machine is made for it, so it does not matter before it gets old.
                return gets_old.unwrap_or(heard.after(snapshot.policy.job_lifetime));
            }
            let (ignored, next) = patience_ends(snapshot, draft, job);
            // Before another machine is made for it.
            let waits_for_answer = matches!(draft.why(job.id), Some(Reason::MadeInVain { .. } | Reason::AskingForge));
            let in_vain = brake::next_for(snapshot, draft, job).filter(|_| waits_for_answer).map(|(at, _)| at);
            let not_asked_since = |since: &Timestamp| asked.is_none_or(|at| at < *since);
            let is_unclear = matches!(draft.why(job.id), Some(Reason::AskingForge | Reason::Unconfirmed { .. }));
            let late = matched_late(job).filter(|_| is_unclear);
            let since = ignored.max(in_vain).max(late).filter(not_asked_since);
            let failed = asked.filter(|_| unshown.is_some_and(|unshown| unshown.may_pass)).map(|at| at.after(again));
            since.into_iter().chain(next).chain(gets_old).chain(failed).chain([rarely]).min().unwrap_or(rarely)
        }
        JobStatus::InProgress if runner_is_gone(draft, job) => heard.after(again),
        JobStatus::InProgress | JobStatus::Completed => rarely,
    }
}

/// Whether a runner of ours had the job and cannot have it any more.
fn runner_is_gone(draft: &Draft, job: &Job) -> bool {
    let gone = |runner: &Runner| runner.status.is_leaving() || !runner.is_busy();
    job.runner_id.is_some_and(|id| draft.index.runner(id).is_none_or(gone))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::JobCheck;
    use crate::engine::steps::demand;
    use crate::engine::testing::{World, effects_of};

    #[test]
    fn a_job_that_was_held_back_is_asked_for_at_once_by_the_next_server_and_gets_no_machine_before() {
        let mut world = World::with_pool(2, 0);
        let job = world.queue_job(&["linux"]);
        world.job(job).reason = Some(Reason::HeldBack);
        let both = |snapshot: &Snapshot, draft: &mut Draft| {
            demand(snapshot, draft);
            check_jobs(snapshot, draft);
        };
        assert_eq!(effects_of(&world, both), [Effect::CheckJob { job }]);
        assert_eq!(world.run(both).report.jobs[&job], Reason::HeldBack);
        for (standing, machines) in [(Standing::HeldBack, 0), (Standing::Waits, 1)] {
            world.snapshot.jobs_checked.insert(job, JobCheck { at: world.snapshot.now, standing });
            assert_eq!(world.run(both).changes.len(), machines, "{standing:?}");
        }
    }

    #[test]
    fn a_job_that_an_idle_runner_ignores_is_asked_for_once() {
        let mut world = World::with_pool(2, 0);
        world.idle_runner();
        let job = world.queue_job(&["linux"]);
        let plan = world.run(check_jobs);
        assert!(plan.does_nothing());
        assert_eq!(plan.wake_at, Some(world.in_secs(30)), "whichever runner the job counts on");
        world.pass_secs(30);
        assert_eq!(effects_of(&world, check_jobs), [Effect::CheckJob { job }]);
        world.snapshot.jobs_checked.insert(job, JobCheck { at: world.snapshot.now, standing: Standing::Waits });
        assert!(world.run(check_jobs).does_nothing());
    }

    #[test]
    fn patience_with_another_idle_runner_ends_before_that_with_the_own_one() {
        let mut world = World::with_pool(3, 0);
        world.snapshot.minimum_job_age_backoff = std::time::Duration::ZERO;
        let (own, _) = (world.idle_runner(), world.idle_runner());
        let job = world.queue_job(&["linux"]);
        world.runner(own).made_for = Some(world.job(job).workflow_job_id);
        let (patience, of_another) = (world.snapshot.policy.patience_own, world.snapshot.policy.patience_min * 2);
        assert!(of_another < patience);
        assert_eq!(world.run(check_jobs).wake_at, Some(world.snapshot.now.after(of_another)));
    }

    #[test]
    fn a_job_whose_runner_is_gone_is_asked_for_soon() {
        let mut world = World::with_pool(2, 0);
        let job = world.queue_job(&["linux"]);
        let gone = crate::model::RunnerId(uuid::Uuid::from_u128(77));
        (world.job(job).status, world.job(job).runner_id) = (JobStatus::InProgress, Some(gone));
        assert_eq!(world.run(check_jobs).wake_at, Some(world.in_secs(30)));
        world.pass_secs(30);
        assert_eq!(effects_of(&world, check_jobs), [Effect::CheckJob { job }]);
    }

    #[test]
    fn a_job_that_the_forge_does_not_show_is_asked_for_ever_more_rarely() {
        use crate::engine::Unshown;
        use std::time::Duration;
        // Whether a runner of ours that is gone had the job, whether the forge may show it by itself, and the waits in minutes.
        for (runs, may_pass, waits) in [
            (true, false, [1, 2, 4, 16, 30, 30]),
            (true, true, [1, 2, 4, 16, 30, 30]),
            (false, true, [1, 2, 4, 16, 30, 30]),
            (false, false, [30; 6]),
        ] {
            let mut world = World::with_pool(0, 0);
            let job = world.queue_job(&["linux"]);
            if runs {
                (world.job(job).status, world.job(job).runner_id) =
                    (JobStatus::InProgress, Some(crate::model::RunnerId(uuid::Uuid::from_u128(77))));
            }
            let now = world.snapshot.now;
            world.snapshot.jobs_checked.insert(job, JobCheck { at: now, standing: Standing::NotWaiting });
            for (times, minutes) in [2, 3, 4, 6, 7, 40].into_iter().zip(waits) {
                world.snapshot.jobs_unshown.insert(job, Unshown { said: "502".into(), may_pass, times });
                assert_eq!(world.run(check_jobs).wake_at, Some(now.after(Duration::from_mins(minutes))), "{runs} {may_pass} {times}");
            }
        }
    }

    #[test]
    fn a_job_that_does_not_move_is_asked_for_rarely_and_a_few_at_a_time() {
        let mut world = World::with_pool(2, 0);
        for _ in 0..20 {
            world.queue_job(&["linux"]);
        }
        world.pass_secs(30 * 60);
        assert_eq!(effects_of(&world, check_jobs).len(), world.snapshot.policy.job_checks_at_once);
    }

    #[test]
    fn a_kept_job_is_asked_for_at_once_when_a_machine_would_be_made_for_it_and_once() {
        let mut world = World::with_pool(1, 0);
        let job = world.queue_job(&["linux"]);
        let before = world.snapshot.now.before(std::time::Duration::from_mins(10));
        (world.job(job).queued_at, world.job(job).created_at) = (before, before);
        let both = |snapshot: &Snapshot, draft: &mut Draft| {
            demand(snapshot, draft);
            check_jobs(snapshot, draft);
        };
        assert_eq!(effects_of(&world, both), [Effect::CheckJob { job }]);
        world.snapshot.sets[0].set.max_runners = 0;
        assert!(world.run(both).effects.is_empty(), "the pool has no room");
        world.snapshot.sets[0].set.max_runners = 1;
        world.snapshot.jobs_checked.insert(job, JobCheck { at: world.snapshot.now, standing: Standing::NotWaiting });
        assert!(world.run(both).effects.is_empty());
    }

    #[test]
    fn a_job_that_no_pool_fits_is_asked_for_once_a_day() {
        let mut world = World::with_pool(2, 0);
        let job = world.queue_job(&["gpu"]);
        assert_eq!(world.run(check_jobs).wake_at, Some(world.in_secs(24 * 60 * 60)));
        world.pass_secs(24 * 60 * 60);
        assert_eq!(effects_of(&world, check_jobs), [Effect::CheckJob { job }]);
        world.snapshot.jobs_checked.insert(job, JobCheck { at: world.snapshot.now, standing: Standing::Waits });
        assert_eq!(world.run(check_jobs).wake_at, Some(world.in_secs(24 * 60 * 60)));
    }

    #[test]
    fn while_the_forge_is_blocked_nobody_is_asked() {
        let mut world = World::with_pool(2, 0);
        world.queue_job(&["linux"]);
        world.pass_secs(30 * 60);
        world.block_forge("down");
        assert!(world.run(check_jobs).does_nothing());
    }
}
