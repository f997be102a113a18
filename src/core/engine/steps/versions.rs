//! Versions of the runner software that the forge serves no more: announced ones make no runner, and of one that was not announced a runner set makes
//! one at most.
//!
//! A retired version looks healthy. Its runners connect, are idle, and are given no job. So where an idle runner ignores a job that the forge itself
//! says waits, no other runner is made that would have the same version. The one that is there stays, to see whether it gets a job after all. If it does,
//! the version was not to blame.

use std::time::Duration;

use super::supply::{assigned_job_waits_since, is_interrupted};
use crate::engine::phase::is_idle;
use crate::engine::plan::Draft;
use crate::engine::snapshot::{RunnerSetView, Snapshot};
use crate::model::{Job, JobStatus, Reason, Runner, RunnerStatus, RunnerVersion};
use crate::time::Timestamp;

/// That the version which a new machine would install is retired by now.
pub(super) fn retired(snapshot: &Snapshot, view: &RunnerSetView) -> Option<Reason> {
    is_over(snapshot, view.offers?)
}

/// That the date which the forge has set for the end of the version is over.
pub(super) fn is_over(snapshot: &Snapshot, version: RunnerVersion) -> Option<Reason> {
    let since = *snapshot.forge.retires.get(&version)?;
    (since <= snapshot.now).then_some(Reason::VersionRetired { version, since })
}

/// Whether the runner set would make runners, and waits for a newer version.
pub(super) fn waits_for_newer(snapshot: &Snapshot, view: &RunnerSetView) -> bool {
    let set = &view.set;
    let is_wanted =
        || set.min_idle_runners > 0 || snapshot.jobs.iter().any(|job| job.status == JobStatus::Queued && set.serves(job, snapshot.now));
    let ignored = set.memory.ignored.as_ref().filter(|ignored| ignored.until > snapshot.now && !is_superseded(view, ignored.offered));
    set.enabled && (retired(snapshot, view).is_some() || ignored.is_some()) && is_wanted()
}

/// Whether the forge offers another version by now than was handed out for a runner that it ignores.
pub(super) fn is_superseded(view: &RunnerSetView, offered: Option<RunnerVersion>) -> bool {
    view.offers.is_some() && view.offers != offered
}

/// Whether the runner set may make one machine only because of its version; otherwise why it makes none, and until when if that is known.
pub(super) fn on_trial(snapshot: &Snapshot, draft: &Draft, view: &RunnerSetView) -> Result<bool, (Option<Timestamp>, Reason)> {
    let set = &view.set;
    if let Some(reason) = retired(snapshot, view) {
        return Err((None, reason));
    }
    let ignored = set.memory.ignored.as_ref();
    let is_newer = ignored.is_some_and(|ignored| is_superseded(view, ignored.offered));
    if let Some(ignored) = ignored.filter(|ignored| !is_newer && ignored.until > snapshot.now) {
        return Err((Some(ignored.until), Reason::VersionIgnored { set: set.id, version: ignored.version, until: ignored.until }));
    }
    if let Some((version, until)) = first_ignored(snapshot, draft, view) {
        return Err((Some(until).filter(|until| *until > snapshot.now), Reason::VersionIgnored { set: set.id, version, until }));
    }
    let Some(ignored) = ignored else { return Ok(false) };
    // One that stayed without a job, because there was none, shows nothing any more. Those of the ignored version show nothing of another one.
    let may_show = |runner: &Runner| {
        let is_over = runner.create_deadline.is_none_or(|deadline| deadline <= snapshot.now);
        let may_take_a_job = !runner.proven && !runner.runner_status.is_terminal() && runner.runner_status != RunnerStatus::Offline;
        let is_old = is_newer && runner.offered.is_some() && runner.offered == ignored.offered;
        may_take_a_job && !is_old && !(is_over && is_interrupted(snapshot, runner))
    };
    let mut staying = draft.index.runners_of(set.id).filter(|runner| !runner.status.is_leaving() && !draft.is_leaving(runner.id));
    if draft.made_in(set.id) > 0 || staying.any(may_show) {
        return Err((None, Reason::PoolOnTrial { set: set.id, fault: ignored.told() }));
    }
    Ok(true)
}

/// The version of a runner that is believed to be ignored for its version, and until when that is not certain yet.
fn first_ignored(snapshot: &Snapshot, draft: &Draft, view: &RunnerSetView) -> Option<(RunnerVersion, Timestamp)> {
    let assigned = assigned_job_waits_since(snapshot, draft, view);
    if draft.index.confirmed().is_empty() && assigned.is_none() {
        return None;
    }
    // One that is kept already is in the memory of its runner set, unless a person has ended the pause.
    let idle = draft.index.idle_of(view.set.id);
    let idle = idle.filter(|runner| !draft.is_leaving(runner.id) && runner.ignored_until().is_none());
    let ignored = idle.filter_map(|runner| {
        let since = ignores_since(snapshot, draft, view, assigned, runner)?;
        Some((since.after(snapshot.policy.ignored_after), blamed(snapshot, view, runner, since)?))
    });
    ignored.min().map(|(until, version)| (version, until))
}

/// Since when the idle runner ignores a job that fits and that the forge says waits. Forges assign a job to an idle runner within seconds. Of a scale set
/// the service says so: since when the oldest job waits that it has assigned.
pub(super) fn ignores_since(
    snapshot: &Snapshot,
    draft: &Draft,
    view: &RunnerSetView,
    assigned: Option<Timestamp>,
    runner: &Runner,
) -> Option<Timestamp> {
    let is_there = is_idle(runner) && !runner.is_busy();
    if view.service.is_some() {
        return assigned.filter(|_| is_there).map(|since| since.max(runner.runner_status_at));
    }
    let ignored = |(job, asked_at): &(&Job, Timestamp)| {
        let since = job.created_at.max(runner.runner_status_at);
        let said = since.after(snapshot.policy.settle.max(Duration::from_micros(1)));
        (*asked_at >= said && view.set.serves(job, snapshot.now)).then_some(since)
    };
    draft.index.confirmed().iter().filter(|_| is_there).filter_map(ignored).min()
}

/// The version of an idle runner that ignores a job, if that may be to blame: a new machine would install the same, and no runner of the version has
/// taken a job since then.
pub(super) fn blamed(snapshot: &Snapshot, view: &RunnerSetView, runner: &Runner, since: Timestamp) -> Option<RunnerVersion> {
    let version = runner.version()?;
    let served = |view: &RunnerSetView| view.set.memory.served_by.is_some_and(|(by, at)| by == version && at >= since);
    (!is_superseded(view, runner.offered) && !snapshot.sets.iter().any(served)).then_some(version)
}

#[cfg(test)]
mod tests;
