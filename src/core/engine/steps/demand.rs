//! Every waiting job counts on a runner. A runner is made, at once, only for a job that no runner is there for or on its way to.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::supply::{is_idle, is_supply, paused, works_on_unknown_job};
use crate::engine::action::RowChange;
use crate::engine::plan::Draft;
use crate::engine::snapshot::{RunnerSetView, Snapshot};
use crate::model::{Balancer, Job, JobStatus, Reason, Runner, RunnerId};
use crate::time::Timestamp;

/// Serves jobs in the order in which they were queued.
pub(crate) fn demand(snapshot: &Snapshot, draft: &mut Draft) {
    let mut waiting: Vec<&Job> = Vec::new();
    for job in &snapshot.jobs {
        match job.status {
            JobStatus::Queued if job.claimed_by.is_some_and(|entity| entity != snapshot.entity_id) => {
                draft.explain_job(job.id, Reason::ClaimedElsewhere);
            }
            JobStatus::Queued if job.queued_at.after(snapshot.policy.job_lifetime) <= snapshot.now => {
                draft.explain_job(job.id, Reason::Expired);
            }
            JobStatus::Queued => waiting.push(job),
            JobStatus::InProgress => draft.explain_job(job.id, Reason::Running { runner: job.runner_name.as_str().into() }),
            JobStatus::Completed => {}
        }
    }
    waiting.sort_by_key(|job| (job.queued_at, job.id));
    let numbers: BTreeSet<i64> = waiting.iter().map(|job| job.workflow_job_id).collect();

    for job in waiting {
        let reason = match counts_on(snapshot, draft, job, &numbers) {
            Some(runner) => {
                draft.reserve(runner.id);
                explain_supply(snapshot, draft, job, runner)
            }
            None => make_runner_for(snapshot, draft, job),
        };
        draft.explain_job(job.id, reason);
    }
}

/// The best runner that no other job counts on. The runner made for the job comes first, then those not made for another waiting job, idle
/// before starting. Of these the least versatile runner set wins, so that versatile ones are left for jobs that need them.
fn counts_on<'a>(snapshot: &'a Snapshot, draft: &Draft, job: &Job, waiting: &BTreeSet<i64>) -> Option<&'a Runner> {
    let ignoring: BTreeSet<RunnerId> =
        patience_with_idle(snapshot, job).filter(|(until, _)| *until <= snapshot.now).map(|(_, id)| id).collect();
    fitting(snapshot, job)
        .filter(|(_, runner)| !draft.is_reserved(runner.id) && !ignoring.contains(&runner.id))
        .filter(|(_, runner)| is_supply(snapshot, draft, runner) || works_on_unknown_job(snapshot, draft, runner))
        .min_by_key(|(view, runner)| {
            let made_for_this = runner.made_for == Some(job.workflow_job_id);
            let made_for_other = runner.made_for.is_some_and(|number| !made_for_this && waiting.contains(&number));
            (!made_for_this, made_for_other, runner.is_busy(), !is_idle(runner), view.set.labels.len(), &runner.name)
        })
        .map(|(_, runner)| runner)
}

fn fitting<'a>(snapshot: &'a Snapshot, job: &Job) -> impl Iterator<Item = (&'a RunnerSetView, &'a Runner)> {
    let sets = snapshot.sets.iter().filter(|view| view.set.fits(&job.labels));
    sets.flat_map(|view| snapshot.runners_of(view.set.id).map(move |runner| (view, runner)))
}

/// Until when the job waits for each idle runner that fits, before another is started. The forge should have assigned the job long before.
///
/// The job waits for the first runner as long as is set for the installation. For each further one it waits twice as long, so that a job
/// that nothing more is heard of does not fill the runner set.
fn patience_with_idle(snapshot: &Snapshot, job: &Job) -> impl Iterator<Item = (Timestamp, RunnerId)> {
    let mut idle: Vec<_> = fitting(snapshot, job)
        .filter(|(_, runner)| is_idle(runner) && !runner.is_busy())
        .map(|(_, runner)| (runner.runner_status_at, runner.id))
        .collect();
    idle.sort();
    let (first, created_at) = (snapshot.minimum_job_age_backoff, job.created_at);
    let (least, longest) = (snapshot.policy.patience_min, snapshot.policy.patience_max);
    idle.into_iter().zip(0_u32..).map(move |((since, id), ignored)| {
        let patience = if ignored == 0 { first } else { first.max(least).saturating_mul(1 << ignored.min(6)).min(longest) };
        (created_at.max(since).after(patience), id)
    })
}

/// When the job's patience with an idle runner that fits ended last, `None` when none ignores it, and when it ends next.
pub(super) fn patience_ends(snapshot: &Snapshot, job: &Job) -> (Option<Timestamp>, Option<Timestamp>) {
    let (over, ahead): (Vec<_>, Vec<_>) =
        patience_with_idle(snapshot, job).map(|(until, _)| until).partition(|until| *until <= snapshot.now);
    (over.into_iter().max(), ahead.into_iter().min())
}

fn explain_supply(snapshot: &Snapshot, draft: &mut Draft, job: &Job, runner: &Runner) -> Reason {
    if is_idle(runner) {
        if let Some((until, _)) = patience_with_idle(snapshot, job).find(|(_, id)| *id == runner.id) {
            draft.wait(until);
        }
        return Reason::IdleRunner { runner: runner.name.clone() };
    }
    if runner.is_busy() {
        draft.wait(runner.runner_status_at.after(snapshot.minimum_job_age_backoff));
        return Reason::Running { runner: runner.name.clone() };
    }
    match runner.not_before.filter(|at| *at > snapshot.now) {
        Some(at) => Reason::RetryLater { at, fault: runner.fault.clone() },
        None => Reason::RunnerStarting { runner: runner.name.clone() },
    }
}

/// Makes a runner in the first runner set that fits, is usable and has room; otherwise says what is in the way.
fn make_runner_for(snapshot: &Snapshot, draft: &mut Draft, job: &Job) -> Reason {
    if let Some(reason) = asks_the_forge_first(snapshot, job) {
        return reason;
    }
    let sets = match usable_sets(snapshot, draft, job) {
        Ok(sets) => sets,
        Err(reason) => return give_up_claim(draft, job, reason),
    };
    let mut obstacle = None;
    for view in sets {
        let set = &view.set;
        if draft.is_full(set.id) {
            obstacle = obstacle.or(Some(set.full()));
        } else if let Some((at, fault)) = paused(snapshot, set) {
            draft.wait(at);
            obstacle = obstacle.or(Some(Reason::RetryLater { at, fault }));
        } else {
            let reason = Reason::ForJob { workflow_job_id: job.workflow_job_id };
            let runner = draft.create(set.id, &set.runner_prefix, Some((job.id, job.workflow_job_id)), reason);
            return Reason::RunnerStarting { runner };
        }
    }
    give_up_claim(draft, job, obstacle.unwrap_or(Reason::NoPoolFits))
}

/// Gives up the claim on a job: another entity that reported it may have a place for it.
fn give_up_claim(draft: &mut Draft, job: &Job, reason: Reason) -> Reason {
    if job.claimed_by.is_some() {
        draft.change(RowChange::ReleaseJob { job: job.id });
    }
    reason
}

/// A job that an idle runner ignores may long be done, and the deliveries about it lost. Before another runner is made for it, the forge
/// is asked ([`super::check_jobs()`]).
fn asks_the_forge_first(snapshot: &Snapshot, job: &Job) -> Option<Reason> {
    let since = patience_ends(snapshot, job).0?;
    if snapshot.jobs_checked.get(&job.id).is_some_and(|check| check.at >= since) {
        return None;
    }
    match &snapshot.forge.blocked {
        Some((_, fault)) if !snapshot.forge_is_open() => Some(Reason::ForgeUnavailable { fault: fault.clone() }),
        _ => {
            let (_, ignoring) = patience_with_idle(snapshot, job).find(|(until, _)| *until <= snapshot.now)?;
            let (_, runner) = fitting(snapshot, job).find(|(_, runner)| runner.id == ignoring)?;
            Some(Reason::IdleRunner { runner: runner.name.clone() })
        }
    }
}

/// The runner sets that could make a runner for the job, best first: by priority, then as the entity's balancer says.
fn usable_sets<'a>(snapshot: &'a Snapshot, draft: &Draft, job: &Job) -> Result<Vec<&'a RunnerSetView>, Reason> {
    let fitting: Vec<_> = snapshot.sets.iter().filter(|view| view.set.fits(&job.labels)).collect();
    if fitting.is_empty() {
        return Err(Reason::NoPoolFits);
    }
    let enabled: Vec<_> = fitting.into_iter().filter(|view| view.set.enabled).collect();
    let best = enabled.iter().min_by_key(|view| (Reverse(view.set.priority), view.set.created_at, view.set.id));
    let Some(best) = best else { return Err(Reason::PoolsDisabled) };
    let missing = Reason::ProviderMissing { provider: best.set.provider.clone() };
    let mut usable: Vec<_> = enabled.into_iter().filter(|view| view.provider_configured).collect();
    if usable.is_empty() {
        return Err(missing);
    }
    if !snapshot.urls_known {
        return Err(Reason::UrlsMissing);
    }
    usable.sort_by_key(|view| {
        let share = match snapshot.balancer {
            // The emptier runner set is next and chance decides between equals: fair over many plans without remembering whose turn it is.
            Balancer::RoundRobin => ((view.set.max_runners as usize).saturating_sub(draft.room(view.set.id)), draft.lot(view.set.id)),
            Balancer::Pack => (0, 0),
        };
        (Reverse(view.set.priority), share, view.set.created_at, view.set.id)
    });
    Ok(usable)
}

#[cfg(test)]
mod tests;
