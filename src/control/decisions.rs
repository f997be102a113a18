//! Logs decisions and their reasons: a line for each effect and change of a row when it begins, and a line for each reason that changes.
//!
//! The outcome of an effect is logged where it is executed. So is the request for a machine, because it waits there for its turn.

use std::collections::BTreeMap;
use std::sync::Arc;

use tracing::field::{DisplayValue, display};
use tracing::{debug, info, warn};

use crate::engine::{Effect, Plan, Planner, RowChange};
use crate::model::{Job, JobId, JobStatus, PoolId, Reason, RunnerId, RunnerSetId};
use crate::store::{EntityView, JobRemark, RunnerRemark};

/// The changed reasons of jobs and runners.
#[derive(Debug, Default)]
pub(super) struct Changed {
    pub(super) jobs: Vec<JobRemark>,
    pub(super) runners: Vec<RunnerRemark>,
}

impl Changed {
    /// Compares a plan with what is recorded.
    pub(super) fn by(plan: &Plan, view: &EntityView, planner: &Planner) -> Self {
        let jobs = view.jobs.iter().filter(|job| plan.report.jobs.get(&job.id) != job.reason.as_ref());
        let about_job = |job: &Arc<Job>| {
            let reason = plan.report.jobs.get(&job.id).cloned();
            JobRemark { job: job.id, status: job.status, at: job.updated_at, reason }
        };
        let about_runner = |(id, reason): (&RunnerId, &Reason)| {
            let runner = planner.runner(*id).filter(|runner| runner.reason.as_ref() != Some(reason))?;
            Some(RunnerRemark { runner: *id, at: runner.updated_at, reason: reason.clone() })
        };
        Self { jobs: jobs.map(about_job).collect(), runners: plan.report.runners.iter().filter_map(about_runner).collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.runners.is_empty()
    }

    pub(super) fn log(&self, plan: &Plan, view: &EntityView) {
        for JobRemark { job: id, reason, .. } in &self.jobs {
            let (Some(reason), Some(job)) = (reason, view.jobs.iter().find(|job| job.id == *id)) else { continue };
            let (number, name) = (job.workflow_job_id, &job.name);
            if job.status == JobStatus::Queued {
                info!(job.workflow_job_id = number, job.name = %name, reason = brief(reason), "job waits");
            } else {
                info!(job.workflow_job_id = number, job.name = %name, reason = brief(reason), "job has a runner");
            }
        }
        let goes =
            |id: RunnerId| plan.changes.iter().any(|change| matches!(change, RowChange::MarkForDeletion { runner, .. } if *runner == id));
        for RunnerRemark { runner: id, reason, .. } in self.runners.iter().filter(|remark| !goes(remark.runner)) {
            info!(runner.name = %name_of(view, *id), reason = brief(reason), "runner is held up");
        }
    }
}

/// The reasons of runner sets that were logged last.
#[derive(Debug, Default)]
pub(super) struct SetReasons(BTreeMap<RunnerSetId, Reason>);

impl SetReasons {
    pub(super) fn log_changes(&mut self, plan: &Plan) {
        let now = &plan.report.sets;
        for (set, reason) in now.iter().filter(|(set, reason)| self.0.get(set) != Some(reason)) {
            info!(pool.id = pool(*set), scale_set.id = scale_set(*set), reason = brief(reason), "{} is held up", kind(*set));
        }
        for set in self.0.keys().filter(|set| !now.contains_key(set)) {
            info!(pool.id = pool(*set), scale_set.id = scale_set(*set), "{} is held up no longer", kind(*set));
        }
        self.0.clone_from(now);
    }
}

/// Says what a plan begins, ends and changes.
pub(super) fn log_plan(plan: &Plan, view: &EntityView) {
    plan.effects.iter().for_each(|effect| log_effect(effect, view));
    for runner in &plan.ends {
        let name = name_of(view, *runner);
        info!(runner.name = name, "the provider has not answered, and the runner is done; its answer is waited for no longer");
    }
    plan.changes.iter().for_each(|change| log_change(change, view));
}

fn log_effect(effect: &Effect, view: &EntityView) {
    let name = |id: &RunnerId| name_of(view, *id);
    // Why a runner goes stands in its row: a plan, a delivery or a person may have marked it.
    let why = |id: &RunnerId| view.runners.iter().find(|row| row.id == *id).and_then(|row| row.reason.as_ref()).map(brief);
    match effect {
        Effect::Register { runner, .. } => info!(runner.name = name(runner), "registering the runner at the forge"),
        // Said when its turn has come.
        Effect::CreateMachine { .. } => {}
        Effect::RetryCreate { runner, .. } => info!(runner.name = name(runner), "clearing up after a failed attempt, for the next one"),
        Effect::Deregister { runner, .. } => info!(runner.name = name(runner), reason = why(runner), "removing the runner from the forge"),
        Effect::DeleteMachine { runner, .. } => {
            info!(runner.name = name(runner), reason = why(runner), "asking the provider to remove the machine");
        }
        Effect::CheckJob { job } => debug!(job.workflow_job_id = number_of(view, *job), "asking the forge how the job stands"),
        Effect::RerunJob { job, .. } => {
            let number = view.lost.iter().find(|lost| lost.job.id == *job).map(|lost| lost.job.workflow_job_id);
            debug!(job.workflow_job_id = number, "looking whether a job that lost its machine is to be run again");
        }
        Effect::ListForgeRunners => debug!("asking the forge for its runners"),
        Effect::RefreshTools => debug!("asking the forge for runner downloads"),
        Effect::ListMachines { set } => {
            debug!(pool.id = pool(*set), scale_set.id = scale_set(*set), "asking the provider for its machines");
        }
        Effect::RemoveForgeOrphan { name, .. } => {
            info!(runner.name = %name, "removing a runner that carries our mark from the forge; nobody knows it");
        }
        Effect::RemoveMachineOrphan { set, name, .. } => {
            info!(runner.name = %name, pool.id = pool(*set), scale_set.id = scale_set(*set), "removing a machine that nobody knows");
        }
    }
}

fn log_change(change: &RowChange, view: &EntityView) {
    let name = |id: &RunnerId| name_of(view, *id);
    match change {
        RowChange::Promise { set, capacity } => {
            debug!(scale_set.id = scale_set(*set), capacity, "the service is promised another number of runners");
        }
        RowChange::ReleaseJob { job } => {
            info!(job.workflow_job_id = number_of(view, *job), "job left to another entity that reported it");
        }
        RowChange::NoteLoss { job, loss } => {
            warn!(job.workflow_job_id = number_of(view, *job), runner.name = %loss.runner, reason = %loss.kind, "the machine of a job that runs is lost");
        }
        RowChange::CreateRunner(new) => {
            let (pool, scale_set) = (pool(new.set), scale_set(new.set));
            info!(runner.name = %new.name, pool.id = pool, scale_set.id = scale_set, reason = brief(&new.reason), "runner wanted");
        }
        RowChange::AdoptMachine { runner, .. } => {
            info!(runner.name = name(runner), "adopting a machine whose provider has not answered for it");
        }
        RowChange::AbandonCreate { runner, .. } => {
            warn!(runner.name = name(runner), "the server stopped while the machine was being made, and the provider does not have it");
        }
        RowChange::SetRunnerStatus { runner, status } => {
            info!(runner.name = name(runner), status = %status, "the forge says more of the runner than its machine did");
        }
        RowChange::ProveRunner { runner } => debug!(runner.name = name(runner), "the runner connected and stayed"),
        RowChange::KeepFailed { runner, until, .. } => {
            info!(runner.name = name(runner), until = %until, "the machine of a runner that failed is held for a look");
        }
        RowChange::KeepIgnored { runner, until } => {
            let row = view.runners.iter().find(|row| row.id == *runner);
            let version = row.and_then(|row| row.version()).map(|version| version.to_string());
            let told =
                "the forge gives the runner no job although jobs wait, perhaps because of its version; no more of the version are made";
            warn!(runner.name = name(runner), runner.version = version, until = %until, "{told}");
        }
        RowChange::MarkForDeletion { runner, reason } => info!(runner.name = name(runner), reason = brief(reason), "runner goes"),
    }
}

/// A reason without the words of providers, machines and forges. They were logged when they came, and they may be long.
fn brief(reason: &Reason) -> String {
    let mut reason = reason.clone();
    if let Some(fault) = reason.fault_mut() {
        fault.clear();
    }
    let text = reason.to_string();
    text.trim_end_matches([':', ' ']).trim_end_matches("; of the last one").to_owned()
}

/// The pool that a runner set is, as log lines name it.
pub(super) fn pool(set: RunnerSetId) -> Option<DisplayValue<PoolId>> {
    set.pool().map(display)
}

/// The scale set that a runner set is, as log lines name it.
pub(super) fn scale_set(set: RunnerSetId) -> Option<i64> {
    set.scale_set().map(|id| id.0)
}

const fn kind(set: RunnerSetId) -> &'static str {
    match set {
        RunnerSetId::Pool(_) => "pool",
        RunnerSetId::ScaleSet(_) => "scale set",
    }
}

fn number_of(view: &EntityView, id: JobId) -> i64 {
    view.jobs.iter().find(|job| job.id == id).map_or(0, |job| job.workflow_job_id)
}

fn name_of(view: &EntityView, id: RunnerId) -> String {
    view.runners.iter().find(|runner| runner.id == id).map_or_else(|| id.to_string(), |runner| runner.name.to_string())
}
