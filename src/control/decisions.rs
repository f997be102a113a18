//! Says in the log what was decided, and why: a line per action when it is begun, and a line per reason when it changes.
//!
//! What comes of an action is logged where it is executed. The request for a machine is, too: it waits for its turn there.

use std::collections::BTreeMap;

use tracing::{debug, info, warn};

use crate::engine::{Action, Plan};
use crate::model::{JobId, JobStatus, PoolId, Reason, RunnerId};
use crate::store::EntityView;

/// What jobs and runners wait for, where it is no longer what it was.
#[derive(Debug, Default)]
pub(super) struct Changed {
    pub(super) jobs: Vec<(JobId, Option<Reason>)>,
    pub(super) runners: Vec<(RunnerId, Option<Reason>)>,
}

impl Changed {
    /// Compares a plan with what is recorded.
    pub(super) fn by(plan: &Plan, view: &EntityView) -> Self {
        let jobs = view.jobs.iter().map(|job| (job.id, plan.report.jobs.get(&job.id).cloned(), &job.reason));
        let jobs = jobs.filter(|(_, now, before)| now.as_ref() != before.as_ref()).map(|(id, now, _)| (id, now));
        let runners = view.runners.iter().filter_map(|runner| Some((runner.id, plan.report.runners.get(&runner.id)?, &runner.reason)));
        let runners = runners.filter(|(_, now, before)| before.as_ref() != Some(now)).map(|(id, now, _)| (id, Some(now.clone())));
        Self { jobs: jobs.collect(), runners: runners.collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.runners.is_empty()
    }

    pub(super) fn log(&self, plan: &Plan, view: &EntityView) {
        for (id, reason) in &self.jobs {
            let (Some(reason), Some(job)) = (reason, view.jobs.iter().find(|job| job.id == *id)) else { continue };
            let (number, name) = (job.workflow_job_id, &job.name);
            if job.status == JobStatus::Queued {
                info!(job.workflow_job_id = number, job.name = %name, reason = %reason, "job waits");
            } else {
                info!(job.workflow_job_id = number, job.name = %name, reason = %reason, "job has a runner");
            }
        }
        let goes =
            |id: RunnerId| plan.actions.iter().any(|action| matches!(action, Action::MarkForDeletion { runner, .. } if *runner == id));
        for (id, reason) in self.runners.iter().filter(|(id, _)| !goes(*id)) {
            if let Some(reason) = reason {
                info!(runner.name = %name_of(view, *id), reason = %reason, "runner is held up");
            }
        }
    }
}

/// What pools were last said to wait for.
#[derive(Debug, Default)]
pub(super) struct PoolReasons(BTreeMap<PoolId, Reason>);

impl PoolReasons {
    pub(super) fn log_changes(&mut self, plan: &Plan) {
        let now = &plan.report.pools;
        for (pool, reason) in now.iter().filter(|(pool, reason)| self.0.get(pool) != Some(reason)) {
            info!(pool.id = %pool, reason = %reason, "pool is held up");
        }
        for pool in self.0.keys().filter(|pool| !now.contains_key(pool)) {
            info!(pool.id = %pool, "pool is held up no longer");
        }
        self.0.clone_from(now);
    }
}

/// Says that an action is begun.
pub(super) fn log_action(action: &Action, view: &EntityView) {
    let name = |id: &RunnerId| name_of(view, *id);
    let why = |id: &RunnerId| view.runners.iter().find(|row| row.id == *id).and_then(|row| row.reason.as_ref()).map(ToString::to_string);
    let job = |id: &JobId| view.jobs.iter().find(|job| job.id == *id).map_or(0, |job| job.workflow_job_id);
    match action {
        Action::ReleaseJob { job: id } => info!(job.workflow_job_id = job(id), "job left to another entity that reported it"),
        Action::CreateRunner(new) => info!(runner.name = %new.name, pool.id = %new.pool, reason = %new.reason, "runner wanted"),
        Action::Register { runner, .. } => info!(runner.name = name(runner), "registering the runner at the forge"),
        // Said when its turn has come.
        Action::CreateMachine { .. } => {}
        Action::RetryCreate { runner, .. } => info!(runner.name = name(runner), "clearing up after a failed attempt, for the next one"),
        Action::AdoptMachine { runner, .. } => {
            info!(runner.name = name(runner), "adopting a machine whose provider has not answered for it");
        }
        Action::EndCreation { runner } => {
            info!(runner.name = name(runner), "the provider has not answered, and the runner is done; its answer is waited for no longer");
        }
        Action::AbandonCreate { runner, .. } => {
            warn!(runner.name = name(runner), "the server stopped while the machine was being made, and the provider does not have it");
        }
        Action::SetRunnerStatus { runner, status } => {
            info!(runner.name = name(runner), status = %status, "the forge says more of the runner than its machine did");
        }
        Action::MarkForDeletion { runner, reason } => info!(runner.name = name(runner), reason = %reason, "runner goes"),
        // Whoever marked it: a plan, a delivery, a person.
        Action::Deregister { runner, .. } => info!(runner.name = name(runner), reason = why(runner), "removing the runner from the forge"),
        Action::DeleteMachine { runner, .. } => {
            info!(runner.name = name(runner), reason = why(runner), "asking the provider to remove the machine");
        }
        Action::CheckJob { job: id } => debug!(job.workflow_job_id = job(id), "asking the forge how the job stands"),
        Action::ListForgeRunners => debug!("asking the forge for its runners"),
        Action::RefreshTools => debug!("asking the forge for runner downloads"),
        Action::ListMachines { pool } => debug!(pool.id = %pool, "asking the provider for its machines"),
        Action::RemoveForgeOrphan { name, .. } => {
            info!(runner.name = %name, "removing a runner that carries our mark from the forge; nobody knows it");
        }
        Action::RemoveMachineOrphan { pool, name, .. } => {
            info!(runner.name = %name, pool.id = %pool, "removing a machine that nobody knows");
        }
    }
}

fn name_of(view: &EntityView, id: RunnerId) -> String {
    view.runners.iter().find(|runner| runner.id == id).map_or_else(|| id.to_string(), |runner| runner.name.to_string())
}
