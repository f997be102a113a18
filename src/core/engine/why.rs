//! The answer to a person who asks why a job waits, or why a runner is as it is: the recorded reason, and the facts around it as of now.

use super::forecast::{forecast_job, forecast_ready, jobs_ahead};
use super::index::Index;
use super::plan;
use super::roster::Roster;
use super::snapshot::{RunnerSetView, Snapshot};
use super::steps::{is_late, what_holds};
use crate::model::{
    InstanceStatus, Job, JobRun, JobStatus, JobWhy, LeaseHolder, PoolWhy, Reason, Runner, RunnerName, RunnerSet, RunnerStage, RunnerStatus,
    RunnerWhy, Stage, WaitKind,
};

/// Why a job waits. `runs` are jobs that were over lately; `lease` tells who plans for the snapshot's entity.
#[must_use]
pub fn explain_job(snapshot: &Snapshot, job: &Job, runs: &[JobRun], lease: Option<LeaseHolder>) -> JobWhy {
    let waits = job.status == JobStatus::Queued;
    // The plan of another entity that reported the job has recorded that this one serves it.
    let serves = job.claimed_by == Some(snapshot.entity_id) && job.reason == Some(Reason::ClaimedElsewhere);
    let job = &Job { reason: if serves { plan(snapshot).report.jobs.remove(&job.id) } else { job.reason.clone() }, ..job.clone() };
    let is_alive = lease.is_some_and(|lease| lease.alive);
    let kind = match &job.reason {
        _ if !waits => None,
        _ if !is_alive => Some(WaitKind::NoServer),
        Some(reason) => Some(reason.wait_kind().unwrap_or(WaitKind::Unplanned)),
        None => Some(WaitKind::Unplanned),
    };
    let runner = counted_on(snapshot, job).map(stage_of);
    let mut pools: Vec<PoolWhy> =
        snapshot.sets.iter().filter(|view| waits && may_serve(view, job)).map(|view| explain_pool(snapshot, view, job)).collect();
    // In the order in which plans try them.
    pools.sort_by_key(|pool| !pool.missing.is_empty());
    let begins = match kind {
        _ if job.service.is_some() => Err(crate::model::NoForecast::Open),
        Some(WaitKind::NoServer) => Err(crate::model::NoForecast::Open),
        _ => forecast_job(snapshot, job, runs),
    };
    JobWhy { kind, reason: job.reason.clone(), pools, runner, ahead: jobs_ahead(snapshot, job), begins, lease, served_by: None }
}

/// Why a runner is as it is.
#[must_use]
pub fn explain_runner(snapshot: &Snapshot, runner: &Runner, lease: Option<LeaseHolder>) -> RunnerWhy {
    let mut roster = Roster::default();
    roster.follow(snapshot);
    let is_late = is_late(snapshot, &Index::of(snapshot, &roster), runner);
    let reason = if is_late { Some(Reason::Late) } else { runner.reason.clone() };
    RunnerWhy { reason, stage: stage_of(runner), ready: forecast_ready(snapshot, runner), lease }
}

/// The runner that the last plan has named, or else that was made for the job.
fn counted_on<'a>(snapshot: &'a Snapshot, job: &Job) -> Option<&'a Runner> {
    let named = match &job.reason {
        Some(Reason::IdleRunner { runner } | Reason::RunnerStarting { runner } | Reason::Running { runner }) => Some(runner),
        _ => None,
    };
    let named = named.and_then(|name: &RunnerName| snapshot.runners.iter().find(|runner| runner.name == *name));
    let is_waiting = job.status == JobStatus::Queued;
    let own = || snapshot.runners.iter().find(|runner| is_waiting && runner.made_for == Some(job.workflow_job_id));
    named.or_else(own).map(AsRef::as_ref)
}

/// Whether the job can get to the runner set: a service has assigned it, or the labels choose.
fn may_serve(view: &RunnerSetView, job: &Job) -> bool {
    match &job.service {
        Some(service) => view.set.id == service.scale_set.into(),
        None => view.takes_jobs_of_labels(),
    }
}

fn explain_pool(snapshot: &Snapshot, view: &RunnerSetView, job: &Job) -> PoolWhy {
    let RunnerSet { id: set, max_runners, .. } = view.set;
    let missing = if view.takes_jobs_of_labels() { missing(&view.set, &job.labels) } else { Vec::new() };
    let of_pool = || snapshot.runners_of(view.set.id);
    let held = of_pool().filter_map(|runner| Some((runner.name.clone(), runner.kept_until()?))).max_by_key(|(_, until)| *until);
    let closed_group = (missing.is_empty() && view.set.is_closed_to(job, snapshot.now)).then(|| view.set.runner_group.clone());
    let obstacle = if missing.is_empty() && closed_group.is_none() { obstacle(snapshot, view) } else { None };
    PoolWhy { set, missing, runners: of_pool().count(), max_runners, obstacle, closed_group, held }
}

fn missing(set: &RunnerSet, labels: &[String]) -> Vec<String> {
    match Reason::no_pool_fits(labels, [(set.id, set.labels.as_slice())]) {
        Reason::NoPoolFits { missing, .. } => missing,
        _ => Vec::new(),
    }
}

/// What keeps a pool that fits from making a machine now.
fn obstacle(snapshot: &Snapshot, view: &RunnerSetView) -> Option<Reason> {
    if !view.set.enabled {
        return Some(Reason::PoolDisabled);
    }
    if !view.provider_configured {
        return Some(Reason::ProviderMissing { provider: view.set.provider.clone() });
    }
    if !snapshot.urls_known {
        return Some(Reason::UrlsMissing);
    }
    what_holds(snapshot, view)
}

fn stage_of(runner: &Runner) -> RunnerStage {
    let (stage, since) = match (runner.status, runner.runner_status) {
        _ if runner.kept_until().is_some() => (Stage::Held, runner.runner_status_at),
        (status, _) if status.is_leaving() => (Stage::Leaving, runner.status_at),
        (InstanceStatus::PendingCreate, _) => (Stage::Wanted, runner.created_at),
        (InstanceStatus::Creating, _) => (Stage::Creating, runner.status_at),
        (InstanceStatus::Error, _) => (Stage::Failed, runner.status_at),
        _ if runner.is_busy() => (Stage::Working, runner.runner_status_at),
        (InstanceStatus::Stopped | InstanceStatus::Unknown, _) => (Stage::Lost, runner.status_at),
        (_, RunnerStatus::Pending) => (Stage::Booting, runner.status_at),
        (_, RunnerStatus::Installing) => (Stage::Installing, runner.runner_status_at),
        (_, RunnerStatus::Idle | RunnerStatus::Online) => (Stage::Idle, runner.runner_status_at),
        (_, RunnerStatus::Terminated | RunnerStatus::Failed) => (Stage::Leaving, runner.runner_status_at),
        (_, RunnerStatus::Active) => (Stage::Working, runner.runner_status_at),
        (_, RunnerStatus::Offline | RunnerStatus::Unknown) => (Stage::Lost, runner.runner_status_at),
    };
    let next_at = runner.kept_until().or(runner.not_before);
    RunnerStage { runner: runner.name.clone(), set: runner.set_id, stage, since, next_at, fault: runner.fault.clone() }
}
