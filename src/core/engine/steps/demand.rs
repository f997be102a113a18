//! Every waiting job counts on a runner. A runner is made, at once, only for a job that no runner is there for or on its way to.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::brake;
use super::supply::{believed_until, creation_fails, is_idle, is_supply, needs_closed_forge, refused_until, works_on_unknown_job};
use super::versions;
use crate::engine::action::RowChange;
use crate::engine::plan::Draft;
use crate::engine::snapshot::{RunnerSetView, Snapshot, Standing};
use crate::model::{
    Balancer, CallKind, Importance, InstanceStatus, Job, JobFact, JobStatus, Reason, Runner, RunnerId, RunnerSetId, Streak,
};
use crate::time::Timestamp;

/// Serves jobs in the order in which they were queued.
pub(crate) fn demand(snapshot: &Snapshot, draft: &mut Draft) {
    let mut waiting: Vec<&Job> = Vec::new();
    for job in &snapshot.jobs {
        match job.status {
            JobStatus::Queued if job.claimed_by.is_some_and(|entity| entity != snapshot.entity_id) => {
                draft.explain_job(job.id, Reason::ClaimedElsewhere);
            }
            JobStatus::Queued if is_given_up(snapshot, job) => {
                draft.explain_job(job.id, Reason::Expired { fault: snapshot.said_of_unshown(job.id) });
            }
            JobStatus::Queued if is_doubtful(snapshot, job) => {
                draft.explain_job(job.id, Reason::Unconfirmed { fault: snapshot.said_of_unshown(job.id) });
            }
            JobStatus::Queued => waiting.push(job),
            JobStatus::InProgress => draft.explain_job(job.id, Reason::Running { runner: job.runner_name.as_str().into() }),
            JobStatus::Completed => {}
        }
    }
    waiting.sort_by_key(|job| (job.queued_at, job.id));
    let numbers: BTreeSet<i64> = waiting.iter().map(|job| job.workflow_job_id).collect();

    for job in waiting {
        let reason = serve(snapshot, draft, job, &numbers);
        draft.explain_job(job.id, reason);
    }
}

/// A job that the forge holds back needs no runner. One that machines were made for in vain needs no runner but its own until its pause is over. Then it
/// may count on an idle one, without keeping that from others: the minimum would be filled up again and again for a job that takes no runner.
fn serve(snapshot: &Snapshot, draft: &mut Draft, job: &Job, waiting: &BTreeSet<i64>) -> Reason {
    let check = snapshot.jobs_checked.get(&job.id);
    if check.is_some_and(|check| check.standing == Standing::HeldBack) || was_held_back(snapshot, job) {
        return Reason::HeldBack;
    }
    if let Some(reason) = closed(snapshot, job) {
        return give_up_claim(draft, job, reason);
    }
    let best = counts_on(snapshot, draft, job, waiting);
    let is_own = best.is_some_and(|runner| runner.made_for == Some(job.workflow_job_id) && !creation_fails(runner));
    let next = brake::next_for(snapshot, draft, job);
    if let Some((at, reason)) = next.clone().filter(|(at, _)| !is_own && *at > snapshot.now) {
        draft.wait(at);
        return reason;
    }
    let was_in_vain = matches!(next, Some((_, Reason::MadeInVain { machines: 1.., .. })));
    match best {
        Some(runner) => {
            if is_own || !was_in_vain || !is_idle(runner) {
                draft.reserve(runner.id);
            }
            explain_supply(snapshot, draft, job, runner)
        }
        None => make_runner_for(snapshot, draft, job),
    }
}

/// Whether the forge held the job back when it was last asked, by a server before this one. It is asked again, and until then nothing is made.
pub(super) fn was_held_back(snapshot: &Snapshot, job: &Job) -> bool {
    !snapshot.jobs_checked.contains_key(&job.id) && job.reason == Some(Reason::HeldBack)
}

/// Whether the forge has probably given up the job. Its age counts from when it was first heard of: queues for approval and concurrency keep a
/// job for longer. The forge has the last word on an old job.
fn is_given_up(snapshot: &Snapshot, job: &Job) -> bool {
    let is_old = job.created_at.after(snapshot.policy.job_lifetime) <= snapshot.now;
    is_old && snapshot.jobs_checked.get(&job.id).is_none_or(|check| check.standing == Standing::NotWaiting)
}

/// Whether the job was heard of long after it was queued, by a delivery that somebody may have sent again, and the forge does not say that it waits.
/// Where a pool fitted at once, the forge was asked before the job was stored.
fn is_doubtful(snapshot: &Snapshot, job: &Job) -> bool {
    let was_old = job.created_at > job.queued_at.after(JobFact::BELIEVED_FOR);
    let is_confirmed =
        |at: Timestamp| snapshot.jobs_checked.get(&job.id).is_some_and(|check| check.at >= at && check.standing != Standing::NotWaiting);
    matched_late(job).is_some_and(|at| was_old && !is_confirmed(at))
}

/// The best runner that no other job counts on. The runner made for the job comes first, then those not made for another waiting job, idle
/// before starting. Of these the least versatile runner set wins, so that versatile ones are left for jobs that need them.
///
/// A runner whose machine could not be made, or that the forge does not register, comes last. No job counts on that runner where another runner set can
/// serve the job now.
fn counts_on<'a>(snapshot: &'a Snapshot, draft: &mut Draft, job: &Job, waiting: &BTreeSet<i64>) -> Option<&'a Runner> {
    let ignoring: BTreeSet<RunnerId> =
        patience_with_idle(snapshot, job).filter(|(until, _)| *until <= snapshot.now).map(|(_, id)| id).collect();
    let failing: BTreeSet<RunnerId> = fitting(snapshot, job)
        .filter(|(_, runner)| creation_fails(runner) || refused_until(snapshot, draft, runner).is_some())
        .map(|(_, runner)| runner.id)
        .collect();
    let elsewhere = if failing.is_empty() { Vec::new() } else { free_sets(snapshot, draft, job) };
    // An attempt that is under way may succeed.
    let is_passed_over = |runner: &Runner| {
        failing.contains(&runner.id) && runner.status != InstanceStatus::Creating && elsewhere.iter().any(|set| *set != runner.set_id)
    };
    fitting(snapshot, job)
        .filter(|(_, runner)| !draft.is_reserved(runner.id) && !ignoring.contains(&runner.id) && !is_passed_over(runner))
        .filter(|(_, runner)| is_supply(snapshot, draft, runner) || works_on_unknown_job(snapshot, draft, runner))
        .min_by_key(|(view, runner)| {
            let made_for_this = runner.made_for == Some(job.workflow_job_id);
            let made_for_other = runner.made_for.is_some_and(|number| !made_for_this && waiting.contains(&number));
            (
                failing.contains(&runner.id),
                !made_for_this,
                made_for_other,
                runner.is_busy(),
                !is_idle(runner),
                view.set.labels.len(),
                &runner.name,
            )
        })
        .map(|(_, runner)| runner)
}

fn fitting<'a>(snapshot: &'a Snapshot, job: &Job) -> impl Iterator<Item = (&'a RunnerSetView, &'a Runner)> {
    let sets = snapshot.sets.iter().filter(|view| view.set.serves(job, snapshot.now));
    sets.flat_map(|view| snapshot.runners_of(view.set.id).map(move |runner| (view, runner)))
}

/// Until when the job waits for each idle runner that fits, before another is started. The forge should have assigned the job long before.
///
/// The job waits for the first runner as long as is set for the installation. For each further one it waits twice as long, so that a job
/// that nothing more is heard of does not fill the runner set.
fn patience_with_idle(snapshot: &Snapshot, job: &Job) -> impl Iterator<Item = (Timestamp, RunnerId)> {
    let mut idle: Vec<_> = fitting(snapshot, job)
        .filter(|(_, runner)| is_idle(runner) && !runner.is_busy())
        .map(|(_, runner)| (runner.runner_status_at, runner.id, runner.made_for == Some(job.workflow_job_id)))
        .collect();
    idle.sort();
    let (first, created_at) = (snapshot.minimum_job_age_backoff, job.created_at);
    let policy = &snapshot.policy;
    idle.into_iter().zip(0_u32..).map(move |((since, id, is_own), ignored)| {
        let patience = match ignored {
            0 => first,
            _ => first.max(policy.patience_min).saturating_mul(1 << ignored.min(6)).min(policy.patience_max),
        };
        // However many others there are: when one of them goes, patience that is over does not begin again.
        let patience = if is_own { patience.max(policy.patience_own) } else { patience };
        (created_at.max(since).after(patience).max(since.after(policy.settle)), id)
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
        draft.wait(believed_until(snapshot, runner));
        return Reason::Running { runner: runner.name.clone() };
    }
    if let Some(at) = runner.not_before.filter(|at| *at > snapshot.now) {
        return Reason::RetryLater { at, fault: runner.fault.clone() };
    }
    let is_new = runner.status == InstanceStatus::PendingCreate;
    if let Some(reason) = snapshot.set(runner.set_id).filter(|_| is_new).and_then(|view| versions::retired(snapshot, view)) {
        return reason;
    }
    let blocked = snapshot.set(runner.set_id).filter(|_| is_new).and_then(|view| needs_closed_forge(snapshot, draft, view, runner));
    blocked.map_or_else(|| Reason::RunnerStarting { runner: runner.name.clone() }, |(_, reason)| reason)
}

/// Makes a runner in the first runner set that fits, is usable and has room; otherwise says what is in the way.
///
/// A runner set that fails is passed over after its first failure. If no other can serve the job, it may try again.
fn make_runner_for(snapshot: &Snapshot, draft: &mut Draft, job: &Job) -> Reason {
    let since = ask_since(snapshot, draft, job);
    if let Some(reason) = not_yet(snapshot, draft, job, since) {
        return reason;
    }
    let sets = match usable_sets(snapshot, draft, job) {
        Ok(sets) => sets,
        Err(reason) => return give_up_claim(draft, job, reason),
    };
    let mut obstacle = None;
    for limit in [1, Streak::LIMIT] {
        obstacle = None;
        for view in &sets {
            match brake::room(snapshot, draft, view, limit) {
                Ok(_) => {
                    // Only where there is room: however many jobs a new pool fits, those are asked for that it can serve.
                    if let Some(reason) = not_yet(snapshot, draft, job, matched_late(job)) {
                        return reason;
                    }
                    let reason = Reason::ForJob { workflow_job_id: job.workflow_job_id };
                    let runner = draft.create(view.set.id, &view.set.runner_prefix, Some((job.id, job.workflow_job_id)), reason);
                    return Reason::RunnerStarting { runner };
                }
                Err(held) => {
                    held.until.into_iter().for_each(|at| draft.wait(at));
                    obstacle = obstacle.or(Some(held.reason));
                }
            }
        }
    }
    give_up_claim(draft, job, obstacle.unwrap_or_else(|| no_pool_fits(snapshot, job)))
}

/// The runner sets that could make a runner for the job now, and that nothing speaks against. For others that is waited for.
fn free_sets(snapshot: &Snapshot, draft: &mut Draft, job: &Job) -> Vec<RunnerSetId> {
    let mut free = Vec::new();
    for view in usable_sets(snapshot, draft, job).unwrap_or_default() {
        match brake::room(snapshot, draft, view, 1) {
            Ok(_) => free.push(view.set.id),
            Err(held) => held.until.into_iter().for_each(|at| draft.wait(at)),
        }
    }
    free
}

/// Gives up the claim on a job: another entity that reported it may have a place for it.
fn give_up_claim(draft: &mut Draft, job: &Job, reason: Reason) -> Reason {
    if job.claimed_by.is_some() {
        draft.change(RowChange::ReleaseJob { job: job.id });
    }
    reason
}

/// Why no machine is made for the job yet, although no runner can be counted on.
///
/// A job that an idle runner ignores, that machines were made for in vain, or that was kept until a pool fitted, may long be done, and the deliveries
/// about it lost. Or the forge holds it back. Before another runner is made, the forge must have been asked since then ([`super::check_jobs()`]).
fn not_yet(snapshot: &Snapshot, draft: &mut Draft, job: &Job, since: Option<Timestamp>) -> Option<Reason> {
    let since = since?;
    if snapshot.jobs_checked.get(&job.id).is_some_and(|check| check.at >= since) {
        return None;
    }
    let Some((until, reason)) = draft.forge_closed(Importance::Act, CallKind::Read) else { return Some(Reason::AskingForge) };
    draft.wait(until);
    Some(reason)
}

/// Since when the forge must have been asked how the job stands before another runner is made for it; `None` = it need not be asked.
fn ask_since(snapshot: &Snapshot, draft: &Draft, job: &Job) -> Option<Timestamp> {
    let ignored = patience_ends(snapshot, job).0;
    let in_vain = brake::next_for(snapshot, draft, job).map(|(at, _)| at);
    ignored.max(in_vain)
}

/// When a pool was there that fits the job, if that was long after the job was queued. The job may be over by then.
pub(super) fn matched_late(job: &Job) -> Option<Timestamp> {
    let is_late = |at: &Timestamp| *at > job.created_at && *at > job.queued_at.after(JobFact::BELIEVED_FOR);
    job.matched_at.filter(is_late)
}

/// The runner sets that could make a runner for the job, best first: by priority, then as the entity's balancer says.
fn usable_sets<'a>(snapshot: &'a Snapshot, draft: &Draft, job: &Job) -> Result<Vec<&'a RunnerSetView>, Reason> {
    let fitting: Vec<_> = snapshot.sets.iter().filter(|view| view.set.fits(&job.labels)).collect();
    if fitting.is_empty() {
        return Err(no_pool_fits(snapshot, job));
    }
    let enabled: Vec<_> = fitting.into_iter().filter(|view| view.set.enabled && !view.set.is_closed_to(job, snapshot.now)).collect();
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

/// That the runner groups of all enabled sets with the job's labels are closed to it; `None` = one of them is open, or there is no such set.
fn closed(snapshot: &Snapshot, job: &Job) -> Option<Reason> {
    let enabled = || snapshot.sets.iter().filter(|view| view.set.enabled && view.set.fits(&job.labels));
    if !enabled().all(|view| view.set.is_closed_to(job, snapshot.now)) {
        return None;
    }
    let best = enabled().min_by_key(|view| (Reverse(view.set.priority), view.set.created_at, view.set.id))?;
    let RunnerSetId::Pool(pool) = best.set.id;
    Some(Reason::GroupClosed { pool, group: best.set.runner_group.clone() })
}

fn no_pool_fits(snapshot: &Snapshot, job: &Job) -> Reason {
    let pools = snapshot.sets.iter().map(|view| {
        let RunnerSetId::Pool(pool) = view.set.id;
        (pool, view.set.labels.as_slice())
    });
    Reason::no_pool_fits(&job.labels, pools)
}

#[cfg(test)]
mod tests;
