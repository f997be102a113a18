//! Jobs that a service has assigned to a scale set: as many runners as it counts jobs. And the promise to the service: as many as can be had.
//!
//! The service counts, and tells of some jobs only. So the number decides, and no runner is made for one job rather than another.

use std::collections::BTreeSet;

use super::brake;
use super::late::looks_again_at;
use super::supply::{has_a_counted_job, is_supply};
use crate::engine::action::RowChange;
use crate::engine::phase::{creation_fails, is_idle};
use crate::engine::plan::Draft;
use crate::engine::snapshot::{RunnerSetView, Snapshot};
use crate::model::{CallKind, Importance, Job, JobStatus, Reason, Runner, RunnerId, ServiceDemand, Streak};

/// Every job that the service counts has a runner, or counts on one. Runners are made for the rest.
pub(crate) fn assigned(snapshot: &Snapshot, draft: &mut Draft) {
    for view in &snapshot.sets {
        let Some(demand) = &view.service else { continue };
        let awake = draft.awake_of(view.set.id);
        let working = awake.iter().filter(|runner| has_a_counted_job(runner, demand)).count();
        let waiting = (demand.assigned as usize).saturating_sub(working);
        let supply = supply(snapshot, draft, view, &awake, waiting);
        for runner in &supply {
            draft.reserve(runner.id);
            if let Some(at) = looks_again_at(snapshot, draft.index, runner) {
                draft.wait(at);
            }
        }
        let held = make(snapshot, draft, view, demand, waiting - supply.len());
        if let Some(reason) = &held {
            draft.explain_set(view.set.id, reason.clone());
        }
        explain_jobs(snapshot, draft, view, &supply, held.as_ref());
    }
}

/// The runners that waiting jobs count on, those first that a job takes first. One that has ignored a job is kept to see whether its version gets any.
fn supply<'a>(snapshot: &Snapshot, draft: &Draft<'a>, view: &RunnerSetView, awake: &[&'a Runner], waiting: usize) -> Vec<&'a Runner> {
    let is_believed = |runner: &&Runner| runner.ignored_until().is_none();
    let resting = draft.resting_of(view.set.id).filter(is_believed).take(waiting);
    let awake = awake.iter().copied().filter(|runner| is_supply(snapshot, draft, runner)).filter(is_believed);
    let mut supply: Vec<&Runner> = awake.chain(resting).collect();
    supply.sort_by_key(|runner| (creation_fails(runner), !is_idle(runner), runner.created_at, runner.id));
    supply.truncate(waiting);
    supply
}

/// Makes runners for so many jobs. Answers what is in the way of those that were not made.
fn make(snapshot: &Snapshot, draft: &mut Draft, view: &RunnerSetView, demand: &ServiceDemand, missing: usize) -> Option<Reason> {
    if missing == 0 {
        return None;
    }
    if !demand.is_current {
        return Some(Reason::SessionFails { set: view.set.id });
    }
    for _ in 0..missing {
        if let Err(held) = may_make(snapshot, draft, view) {
            held.until.into_iter().for_each(|at| draft.wait(at));
            return Some(held.reason);
        }
        draft.create(view.set.id, &view.set.runner_prefix, None, Reason::ForAssignedJob);
    }
    None
}

/// How many machines the scale set may make now, at least one; otherwise what holds it.
fn may_make(snapshot: &Snapshot, draft: &Draft, view: &RunnerSetView) -> Result<usize, brake::Held> {
    let set = &view.set;
    let for_good = |reason| Err(brake::Held { until: None, reason });
    if !set.enabled {
        return for_good(Reason::PoolDisabled);
    }
    if !view.provider_configured {
        return for_good(Reason::ProviderMissing { provider: set.provider.clone() });
    }
    if !snapshot.urls_known {
        return for_good(Reason::UrlsMissing);
    }
    if let Some((at, reason)) = brake::minimum_waits(snapshot, draft, set) {
        return Err(brake::Held { until: Some(at), reason });
    }
    brake::room(snapshot, draft, view, Streak::LIMIT)
}

/// Says of each job that waits which runner it counts on. Any of its scale set may take it.
fn explain_jobs(snapshot: &Snapshot, draft: &mut Draft, view: &RunnerSetView, supply: &[&Runner], held: Option<&Reason>) {
    let of_set = snapshot.assigned.iter().filter(|job| job.service.as_ref().is_some_and(|service| view.set.id == service.scale_set.into()));
    let (mut waiting, mut taken): (Vec<&Job>, BTreeSet<RunnerId>) = (Vec::new(), BTreeSet::new());
    for job in of_set {
        match job.status {
            JobStatus::Queued => waiting.push(job),
            JobStatus::InProgress => draft.explain_job(job.id, Reason::Running { runner: job.runner_name.as_str().into() }),
            JobStatus::Completed => {}
        }
    }
    waiting.sort_by_key(|job| (job.queued_at, job.id));
    for (at, job) in waiting.into_iter().enumerate() {
        let reason = match supply.get(at) {
            Some(runner) if taken.insert(runner.id) && is_idle(runner) => Reason::IdleRunner { runner: runner.name.clone() },
            Some(runner) => match runner.not_before.filter(|at| *at > snapshot.now) {
                Some(at) => Reason::RetryLater { at, fault: runner.fault.clone() },
                None => Reason::RunnerStarting { runner: runner.name.clone() },
            },
            None => held.cloned().unwrap_or(Reason::ForAssignedJob),
        };
        draft.explain_job(job.id, reason);
    }
}

/// Promises the service as many runners as there are and can be made now, up to the maximum: it assigns as many jobs at most. A scale set that can make
/// no machine must get no job.
pub(crate) fn promise(snapshot: &Snapshot, draft: &mut Draft) {
    for view in &snapshot.sets {
        let Some(demand) = &view.service else { continue };
        let set = &view.set;
        let serves = |runner: &&Runner| has_a_counted_job(runner, demand) || is_supply(snapshot, draft, runner);
        let there =
            draft.awake_of(set.id).iter().filter(|runner| serves(runner)).count() + draft.resting_count(set.id) + draft.made_in(set.id);
        let room = match draft.forge_closed(Importance::Act, CallKind::Register) {
            Some((until, _)) => {
                draft.wait(until);
                0
            }
            None => may_make(snapshot, draft, view).unwrap_or_else(|held| {
                held.until.into_iter().for_each(|at| draft.wait(at));
                0
            }),
        };
        let capacity = u32::try_from(there + room).unwrap_or(u32::MAX).min(if set.enabled { set.max_runners } else { 0 });
        if capacity != demand.capacity {
            draft.change(RowChange::Promise { set: set.id, capacity });
        }
    }
}

#[cfg(test)]
mod tests;
