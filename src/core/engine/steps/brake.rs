//! The brakes on machines that are of no use. They say how many machines a runner set may make now, and how soon another one is made for a job or
//! for the minimum of idle runners.
//!
//! The brakes look at the memory of runner sets and jobs ([`crate::model::PoolMemory`], [`crate::model::JobMemory`]), not at the rows alone: rows go
//! with their machines.

use std::time::Duration;

use super::supply::{is_interrupted, is_missed, is_supply, refused_until};
use super::versions;
use crate::engine::index::Index;
use crate::engine::phase::{creation_fails, is_to_be_made};
use crate::engine::plan::Draft;
use crate::engine::roster::Roster;
use crate::engine::snapshot::{RunnerSetView, Snapshot};
use crate::model::{Job, Reason, Runner, RunnerSet, Streak};
use crate::time::Timestamp;

/// Why a runner set makes no machine, and until when if that is known.
pub(super) struct Held {
    pub(super) until: Option<Timestamp>,
    pub(super) reason: Reason,
}

/// How many machines the runner set may make now, at least one; otherwise what holds it.
///
/// A pause begins with `limit` failures in a row. It is [`Streak::LIMIT`] where nothing else can serve; a runner set beside which another one is free
/// is passed over after its first failure, or while the forge refuses to register a runner of it.
pub(super) fn room(snapshot: &Snapshot, draft: &Draft, view: &RunnerSetView, limit: u32) -> Result<usize, Held> {
    let set = &view.set;
    let version_on_trial = versions::on_trial(snapshot, draft, view).map_err(|(until, reason)| Held { until, reason })?;
    let mut room = draft.room(set.id);
    if room == 0 {
        return Err(Held { until: None, reason: set.full() });
    }
    if version_on_trial {
        room = 1;
    }
    if limit < Streak::LIMIT {
        let troubled = draft.index.troubled_of(set.id);
        let refused = troubled.filter_map(|runner| Some((refused_until(snapshot, draft, runner)?, runner)));
        if let Some((at, runner)) = refused.min_by_key(|(until, runner)| (*until, runner.id)) {
            return Err(Held { until: Some(at), reason: Reason::RetryLater { at, fault: runner.fault.clone() } });
        }
    }
    let is_unproven: fn(&Runner) -> bool = |runner| !runner.proven;
    for (streak, is_on_trial) in [(&set.memory.in_vain, is_unproven), (&set.memory.failed, is_to_be_made)] {
        if streak.in_a_row < limit {
            continue;
        }
        room = 1;
        if let Some(until) = snapshot.policy.paused_until(streak).filter(|until| *until > snapshot.now) {
            return Err(Held { until: Some(until), reason: paused(set, until, streak) });
        }
        let mut staying = draft.index.runners_of(set.id).filter(|runner| !runner.status.is_leaving() && !draft.is_leaving(runner.id));
        // A creation that was interrupted and cannot succeed any more shows nothing.
        let may_show = |runner: &Runner| {
            let is_over = runner.create_deadline.is_none_or(|deadline| deadline <= snapshot.now);
            is_on_trial(runner) && runner.kept_until().is_none() && !(is_over && is_interrupted(snapshot, runner))
        };
        if draft.made_in(set.id) > 0 || staying.any(may_show) {
            return Err(Held { until: None, reason: Reason::PoolOnTrial { set: set.id, fault: streak.fault.clone() } });
        }
    }
    let made = set.memory.probation(snapshot.now);
    if !set.memory.is_proven() {
        let to_be_made = draft.index.to_be_made_of(set.id) + draft.made_in(set.id);
        let counted = made.map_or(0, |(count, _)| count as usize);
        room = room.min((set.max_runners as usize).saturating_sub(counted + to_be_made));
    }
    match made {
        Some((_, until)) if room == 0 => Err(Held { until: Some(until), reason: unproven(set, until) }),
        _ if room == 0 => Err(Held { until: None, reason: set.full() }),
        _ => Ok(room),
    }
}

/// What keeps the runner set from making a machine now, for a person who asks.
pub(crate) fn what_holds(snapshot: &Snapshot, view: &RunnerSetView) -> Option<Reason> {
    let roster = Roster::of(snapshot);
    room(snapshot, &Draft::new(snapshot, &Index::of(snapshot, &roster)), view, Streak::LIMIT).err().map(|held| held.reason)
}

/// Until when the runner set makes no machine, however much room it has.
pub(crate) fn paused_until(snapshot: &Snapshot, view: &RunnerSetView) -> Option<Timestamp> {
    let memory = &view.set.memory;
    let streaks = [&memory.in_vain, &memory.failed].into_iter().filter(|streak| streak.in_a_row >= Streak::LIMIT);
    let ignored = memory.ignored.as_ref().filter(|ignored| !versions::is_superseded(view, ignored.offered)).map(|ignored| ignored.until);
    streaks.filter_map(|streak| snapshot.policy.paused_until(streak)).chain(ignored).filter(|until| *until > snapshot.now).max()
}

/// Whether the runner may have a machine, or had one. A creation that was interrupted may have made it.
fn may_be_made(snapshot: &Snapshot, runner: &Runner) -> bool {
    !is_to_be_made(runner) || is_interrupted(snapshot, runner)
}

/// Until when a runner set makes no more machines for its minimum of idle runners, because the last ones were of no use.
///
/// These are the machines of the set's memory, and those that still exist although their runner cannot take a job.
pub(super) fn minimum_waits(snapshot: &Snapshot, draft: &Draft, set: &RunnerSet) -> Option<(Timestamp, Reason)> {
    let of_minimum = draft.awake_of(set.id).into_iter().filter(|runner| runner.made_for.is_none() && !runner.proven && !runner.is_busy());
    // The memory knows of one that is held for a look.
    let of_minimum = of_minimum.filter(|runner| runner.kept_until().is_none());
    // Jobs of a scale set wait for its machines. A server that was killed says nothing of these.
    let serves_jobs = draft.index.set(set.id).is_some_and(|view| view.service.is_some());
    let here: Vec<&Runner> = of_minimum
        .filter(|runner| !serves_jobs || !is_interrupted(snapshot, runner))
        .filter(|runner| !runner.status.is_leaving() && may_be_made(snapshot, runner) && !is_supply(snapshot, draft, runner))
        .collect();
    let last_here = here.iter().max_by_key(|runner| (in_vain_since(snapshot, draft, runner), runner.id));
    let count = u32::try_from(here.len()).unwrap_or(u32::MAX);
    let streak = Streak {
        in_a_row: set.memory.in_vain.in_a_row.saturating_add(count),
        last_at: set.memory.in_vain.last_at.max(last_here.map(|runner| in_vain_since(snapshot, draft, runner))),
        fault: last_here.map_or_else(|| set.memory.in_vain.fault.clone(), |runner| why_in_vain(runner)),
        ..set.memory.in_vain.clone()
    };
    let until = streak.last_at?.after(snapshot.policy.next_machine(set.memory.in_vain.tries().saturating_add(count)));
    (until > snapshot.now).then(|| (until, paused(set, until, &streak)))
}

/// Since when the machine of a runner counts as made in vain that still exists. This plan may send the runner away: then from now on, and the
/// memory knows of it before the next plan.
fn in_vain_since(snapshot: &Snapshot, draft: &Draft, runner: &Runner) -> Timestamp {
    match () {
        () if draft.is_leaving(runner.id) => snapshot.now,
        () if draft.is_reserved(runner.id) => runner.created_at,
        () => runner.runner_status_at,
    }
}

/// Why the machine of a runner that still exists is of no use.
fn why_in_vain(runner: &Runner) -> String {
    let known =
        runner.reason.as_ref().filter(|reason| !matches!(reason, Reason::ForJob { .. } | Reason::ForAssignedJob | Reason::ForMinimumIdle));
    known.map_or_else(|| format!("runner {} is {} and gets no job", runner.name, runner.runner_status), ToString::to_string)
}

/// When the next machine may be made for the job, and why not before. `None` = none was made in vain.
///
/// Machines in vain are those of the job's memory, and those that were made for it, still exist, and do not serve it. They are of no use, or an earlier
/// job counts on them.
pub(super) fn next_for(snapshot: &Snapshot, draft: &Draft, job: &Job) -> Option<(Timestamp, Reason)> {
    let own = draft.index.made_for(job.workflow_job_id);
    let here: Vec<&Runner> = own
        .filter(|runner| !runner.is_busy() && runner.kept_until().is_none())
        .filter(|runner| !runner.status.is_leaving())
        // Those of a closed runner group say nothing of the others.
        .filter(|runner| !draft.index.set(runner.set_id).is_some_and(|view| view.set.is_closed_to(job, snapshot.now)))
        .filter(|runner| if draft.is_reserved(runner.id) { !creation_fails(runner) } else { may_be_made(snapshot, runner) })
        .collect();
    let before = job.memory.as_ref();
    let machines = before.map_or(0, |memory| memory.machines).saturating_add(u32::try_from(here.len()).unwrap_or(u32::MAX));
    let last_here =
        here.iter().map(|runner| (in_vain_since(snapshot, draft, runner), *runner)).max_by_key(|(since, runner)| (*since, runner.id));
    let last_at = before.map(|memory| memory.last_at).into_iter().chain(last_here.map(|(since, _)| since)).max()?;
    let fault = match (last_here, before) {
        (Some((_, runner)), None) if draft.is_reserved(runner.id) => format!("another job counts on runner {}", runner.name),
        (Some((since, runner)), memory) if memory.is_none_or(|memory| memory.last_at < since) => why_in_vain(runner),
        (_, memory) => memory.map(|memory| memory.reason.clone()).unwrap_or_default(),
    };
    let last_gone = before.filter(|memory| memory.last_at == last_at);
    let wait = match last_here.filter(|_| last_gone.is_none()) {
        _ if last_gone.is_some_and(|memory| memory.another_chance) => Duration::ZERO,
        Some((_, runner)) if !is_missed(snapshot, runner) => snapshot.policy.next_machine(machines),
        None if last_gone.is_some_and(|memory| !memory.may_have_served) => snapshot.policy.next_machine(machines),
        // Lost deliveries are to blame, and not the machine.
        _ => snapshot.policy.next_machine_after_taken(machines),
    };
    let at = last_at.after(wait).max(before.and_then(|memory| memory.taken_at).unwrap_or(last_at));
    Some((at, Reason::MadeInVain { machines, at, fault }))
}

fn paused(set: &RunnerSet, until: Timestamp, streak: &Streak) -> Reason {
    Reason::PoolPaused { set: set.id, until, in_a_row: streak.in_a_row, fault: streak.fault.clone() }
}

const fn unproven(set: &RunnerSet, until: Timestamp) -> Reason {
    Reason::PoolUnproven { set: set.id, until, max_runners: set.max_runners }
}

#[cfg(test)]
mod tests;
