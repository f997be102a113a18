//! The two kinds of things a plan does: effects on the world outside, and changes of rows.
//!
//! Both carry every detail, and every wait, so that the code that executes them has nothing left to decide. These decisions remain with an
//! effect, because only the answer to it, or the row as it is when the effect begins, can tell:
//!
//! - `Register` finds its name taken at the forge. The answer to an earlier request was lost, so that registration is removed by name.
//!   No row says that the name is taken, and nothing else could be planned for it.
//! - `Register` is refused, or fails. Which of its two waits applies depends on the answer.
//! - `Deregister` and `DeleteMachine` go on in spite of a fault when an administrator has forced the removal, which may be after the plan.
//! - `RerunJob` asks the forge about the job and its run, and decides by the answers (`model::RerunEvidence`).
//! - `DeleteMachine` keeps the row while an interrupted creation may still make the machine.

use std::fmt;
use std::time::Duration;

use crate::model::{CallKind, Importance, JobId, Loss, ProviderMachine, Reason, RunnerId, RunnerName, RunnerSetId, RunnerStatus};
use crate::time::Timestamp;

/// A call to the forge or to a provider. At most one runs for each [`Target`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Forge: get a just-in-time configuration for the runner and keep it.
    Register {
        /// The runner.
        runner: RunnerId,
        /// How long to wait after a failure before it is tried again.
        retry_after: Duration,
        /// How long to wait when the forge refuses this registration for what it is.
        refused_retry_after: Duration,
    },
    /// Provider: make the machine.
    CreateMachine {
        /// The runner.
        runner: RunnerId,
        /// How long the provider may take, counted from its start.
        within: Duration,
        /// How long after its start the call can no longer make the machine, even if the server stops waiting for it.
        deadline_after: Duration,
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
        /// How long to wait before it is repeated while an interrupted creation may still make the machine.
        look_again_after: Duration,
    },
    /// Forge: ask how a job stands; deliveries about it may have been lost.
    CheckJob {
        /// The job.
        job: JobId,
    },
    /// Forge: have a job run again that lost its machine, if the forge's word about it agrees.
    RerunJob {
        /// The job.
        job: JobId,
        /// How long to wait before the forge is asked again, if that is needed.
        retry_after: Duration,
    },
    /// Forge: list its runners.
    ListForgeRunners,
    /// Forge: fetch the runner downloads.
    RefreshTools,
    /// Provider: list the machines of a runner set.
    ListMachines {
        /// The runner set.
        set: RunnerSetId,
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
        /// The runner set it was listed under.
        set: RunnerSetId,
        /// The provider's name for it.
        provider_id: String,
        /// The name it was asked for under.
        name: RunnerName,
    },
}

impl Effect {
    /// The call to the forge that the effect consists of, as its budget counts it; `None` = it makes none. A list may have more pages.
    #[must_use]
    pub const fn forge_call(&self) -> Option<(Importance, CallKind)> {
        match self {
            Self::Register { .. } => Some((Importance::Act, CallKind::Register)),
            Self::Deregister { .. } | Self::RerunJob { .. } | Self::RemoveForgeOrphan { .. } => Some((Importance::Act, CallKind::Write)),
            Self::CheckJob { .. } => Some((Importance::Act, CallKind::Read)),
            Self::ListForgeRunners | Self::RefreshTools => Some((Importance::Look, CallKind::Read)),
            Self::CreateMachine { .. }
            | Self::RetryCreate { .. }
            | Self::DeleteMachine { .. }
            | Self::ListMachines { .. }
            | Self::RemoveMachineOrphan { .. } => None,
        }
    }

    /// The target of the effect: no other effect is planned for the same target while this one runs.
    #[must_use]
    pub fn target(&self) -> Target {
        match self {
            Self::CreateMachine { runner, .. } => Target::Creation(*runner),
            Self::Register { runner, .. }
            | Self::RetryCreate { runner, .. }
            | Self::Deregister { runner, .. }
            | Self::DeleteMachine { runner, .. } => Target::Runner(*runner),
            Self::CheckJob { job } | Self::RerunJob { job, .. } => Target::Job(*job),
            Self::ListForgeRunners => Target::ForgeRunners,
            Self::RefreshTools => Target::Tools,
            Self::ListMachines { set } => Target::Machines(*set),
            Self::RemoveForgeOrphan { agent_id, .. } => Target::ForgeOrphan(*agent_id),
            Self::RemoveMachineOrphan { set, provider_id, .. } => Target::MachineOrphan(*set, provider_id.clone()),
        }
    }
}

/// The target of an effect.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A runner of ours, its machine and its registration.
    Runner(RunnerId),
    /// The creation of the machine of a runner of ours. It alone may still run when its runner is to go, and can be ended.
    Creation(RunnerId),
    /// How a job stands at the forge.
    Job(JobId),
    /// The list of runners at the forge.
    ForgeRunners,
    /// The list of runner downloads.
    Tools,
    /// The list of machines of a runner set.
    Machines(RunnerSetId),
    /// A runner at the forge that has no row.
    ForgeOrphan(i64),
    /// A machine at the provider that has no row.
    MachineOrphan(RunnerSetId, String),
}

impl Target {
    /// The runner of ours that is concerned, if one is.
    #[must_use]
    pub fn runner(&self) -> Option<RunnerId> {
        match self {
            Self::Runner(runner) | Self::Creation(runner) => Some(*runner),
            Self::Job(_) | Self::ForgeRunners | Self::Tools | Self::Machines(_) | Self::ForgeOrphan(_) | Self::MachineOrphan(..) => None,
        }
    }
}

/// As log lines name it.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runner(id) => write!(f, "runner {id}"),
            Self::Creation(id) => write!(f, "machine of runner {id}"),
            Self::Job(id) => write!(f, "job {id} at the forge"),
            Self::ForgeRunners => f.write_str("runners at the forge"),
            Self::Tools => f.write_str("runner downloads"),
            Self::Machines(set) => write!(f, "machines of {set}"),
            Self::ForgeOrphan(agent_id) => write!(f, "orphan {agent_id} at the forge"),
            Self::MachineOrphan(set, machine) => write!(f, "orphan {machine} of {set}"),
        }
    }
}

/// A change of rows, and of nothing else. It is done before the next plan is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowChange {
    /// This entity gives up its claim on a job, so that another that reported it may act.
    ReleaseJob {
        /// The job.
        job: JobId,
    },
    /// The intent to have one more runner. Claims the job it is for; if another entity was faster, nothing is made.
    CreateRunner(NewRunner),
    /// The machine of a creation that was interrupted or failed is there; it is ours and runs.
    AdoptMachine {
        /// The runner.
        runner: RunnerId,
        /// The provider's description of its machine; `None` = the machine spoke for itself.
        machine: Option<ProviderMachine>,
    },
    /// The create call of an interrupted creation can no longer succeed; the attempt failed.
    AbandonCreate {
        /// The runner.
        runner: RunnerId,
        /// How long to wait before the next attempt.
        retry_after: Duration,
    },
    /// The forge reports another state of the runner software than the row has.
    SetRunnerStatus {
        /// The runner.
        runner: RunnerId,
        /// Its state according to the forge.
        status: RunnerStatus,
    },
    /// The idle runner connected and stayed.
    ProveRunner {
        /// The runner.
        runner: RunnerId,
    },
    /// The machine of a runner that failed is held for a look.
    KeepFailed {
        /// The runner.
        runner: RunnerId,
        /// Until when.
        until: Timestamp,
        /// Whether it did not become ready in time.
        timed_out: bool,
    },
    /// The machine of a job that runs is lost.
    NoteLoss {
        /// The job.
        job: JobId,
        /// The evidence.
        loss: Loss,
    },
    /// The forge gives the idle runner no job, perhaps because of its version. It is kept for a while, and others of the version are not made.
    KeepIgnored {
        /// The runner.
        runner: RunnerId,
        /// Until when.
        until: Timestamp,
    },
    /// The service of a scale set is promised another number of runners.
    Promise {
        /// The scale set.
        set: RunnerSetId,
        /// How many, those that are there included.
        capacity: u32,
    },
    /// The runner is to go.
    MarkForDeletion {
        /// The runner.
        runner: RunnerId,
        /// Why.
        reason: Reason,
    },
}

impl RowChange {
    /// The runner whose row changes; `None` = another row changes.
    #[must_use]
    pub fn runner(&self) -> Option<RunnerId> {
        match self {
            Self::ReleaseJob { .. } | Self::NoteLoss { .. } | Self::Promise { .. } => None,
            Self::CreateRunner(new) => Some(new.id),
            Self::AdoptMachine { runner, .. }
            | Self::AbandonCreate { runner, .. }
            | Self::SetRunnerStatus { runner, .. }
            | Self::ProveRunner { runner }
            | Self::KeepFailed { runner, .. }
            | Self::KeepIgnored { runner, .. }
            | Self::MarkForDeletion { runner, .. } => Some(*runner),
        }
    }
}

/// A runner to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRunner {
    /// Its identity.
    pub id: RunnerId,
    /// Its name.
    pub name: RunnerName,
    /// The runner set it is for.
    pub set: RunnerSetId,
    /// The job it is made for: our row and the forge's number.
    pub job: Option<(JobId, i64)>,
    /// Why it is made.
    pub reason: Reason,
}
