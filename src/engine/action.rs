//! What is to be done. An action carries every detail: whoever executes it has nothing left to decide.

use std::time::Duration;

use crate::model::{JobId, PoolId, ProviderMachine, Reason, RunnerId, RunnerName, RunnerStatus};

use super::Target;

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Row only: this entity gives up its claim on a job, so that another that reported it may act.
    ReleaseJob {
        /// The job.
        job: JobId,
    },
    /// Row only: the intent to have one more runner. Claims the job it is for; if another entity was faster, nothing is made.
    CreateRunner(NewRunner),
    /// Forge: get a just-in-time configuration for the runner and keep it.
    Register {
        /// The runner.
        runner: RunnerId,
        /// How long to wait after a failure before it is tried again.
        retry_after: Duration,
    },
    /// Provider: make the machine.
    CreateMachine {
        /// The runner.
        runner: RunnerId,
        /// How long the provider may take, counted from its start.
        within: Duration,
        /// How long to wait after a failure before it is tried again.
        retry_after: Duration,
    },
    /// Provider: remove what a failed creation may have left, then begin the next attempt.
    RetryCreate {
        /// The runner.
        runner: RunnerId,
        /// How long to wait should the removal fail.
        retry_after: Duration,
    },
    /// Row only: the machine of a creation that was interrupted or failed is there; it is ours and runs.
    AdoptMachine {
        /// The runner.
        runner: RunnerId,
        /// What the provider said of its machine; `None` = the machine spoke for itself.
        machine: Option<ProviderMachine>,
    },
    /// The provider's answer to the creation of this runner's machine is waited for no longer: the machine has done what it was made for.
    EndCreation {
        /// The runner.
        runner: RunnerId,
    },
    /// Row only: the create call of an interrupted creation can no longer succeed; the attempt failed.
    AbandonCreate {
        /// The runner.
        runner: RunnerId,
        /// How long to wait before the next attempt.
        retry_after: Duration,
    },
    /// Row only: what the forge says about the runner software differs from what we know.
    SetRunnerStatus {
        /// The runner.
        runner: RunnerId,
        /// Its state according to the forge.
        status: RunnerStatus,
    },
    /// Row only: the runner is to go.
    MarkForDeletion {
        /// The runner.
        runner: RunnerId,
        /// Why.
        reason: Reason,
    },
    /// Forge: remove the runner, so that it can take no job any more.
    Deregister {
        /// The runner.
        runner: RunnerId,
        /// How long to wait after a failure before it is tried again.
        retry_after: Duration,
    },
    /// Provider: remove the machine; the row goes with it.
    DeleteMachine {
        /// The runner.
        runner: RunnerId,
        /// How long to wait after a failure before it is tried again.
        retry_after: Duration,
    },
    /// Forge: ask how a job stands; deliveries about it may have been lost.
    CheckJob {
        /// The job.
        job: JobId,
    },
    /// Forge: list its runners.
    ListForgeRunners,
    /// Forge: fetch the runner downloads.
    RefreshTools,
    /// Provider: list the machines of a pool.
    ListMachines {
        /// The pool.
        pool: PoolId,
    },
    /// Forge: remove a runner that carries our mark and has no row.
    RemoveForgeOrphan {
        /// The forge's number.
        agent_id: i64,
        /// Its name.
        name: RunnerName,
    },
    /// Provider: remove a machine that has no row.
    RemoveMachineOrphan {
        /// The pool it was listed under.
        pool: PoolId,
        /// The provider's name for it.
        provider_id: String,
        /// The name it was asked for under.
        name: RunnerName,
    },
}

/// A runner to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRunner {
    /// Its identity.
    pub id: RunnerId,
    /// Its name.
    pub name: RunnerName,
    /// The pool it is for.
    pub pool: PoolId,
    /// The job it is made for: our row and the forge's number.
    pub job: Option<(JobId, i64)>,
    /// Why it is made.
    pub reason: Reason,
}

impl Action {
    /// What is under way while the action runs; `None` for actions that end before the next plan: they change rows, or end what is under way.
    #[must_use]
    pub fn target(&self) -> Option<Target> {
        match self {
            Self::CreateMachine { runner, .. } => Some(Target::Creation(*runner)),
            Self::Register { runner, .. }
            | Self::RetryCreate { runner, .. }
            | Self::Deregister { runner, .. }
            | Self::DeleteMachine { runner, .. } => Some(Target::Runner(*runner)),
            Self::CheckJob { job } => Some(Target::Job(*job)),
            Self::ListForgeRunners => Some(Target::ForgeRunners),
            Self::RefreshTools => Some(Target::Tools),
            Self::ListMachines { pool } => Some(Target::Machines(*pool)),
            Self::RemoveForgeOrphan { agent_id, .. } => Some(Target::ForgeOrphan(*agent_id)),
            Self::RemoveMachineOrphan { pool, provider_id, .. } => Some(Target::MachineOrphan(*pool, provider_id.clone())),
            Self::ReleaseJob { .. }
            | Self::CreateRunner(_)
            | Self::AdoptMachine { .. }
            | Self::EndCreation { .. }
            | Self::AbandonCreate { .. }
            | Self::SetRunnerStatus { .. }
            | Self::MarkForDeletion { .. } => None,
        }
    }
}
