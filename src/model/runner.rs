//! Runners, their two states and the rules by which those change.

use serde::{Deserialize, Serialize};

use super::words::words;
use super::{EntityId, EventKind, EventLevel, JobId, OsArch, OsType, Pool, PoolId, ProviderName, Reason, RunnerId, RunnerName};
use crate::time::Timestamp;

words! {
    /// The state of a runner's machine.
    InstanceStatus {
        /// To be made; no provider call yet.
        PendingCreate = "pending_create",
        /// The provider was asked to make it and has not answered.
        Creating = "creating",
        /// The provider says it runs.
        Running = "running",
        /// The provider says it exists but does not run.
        Stopped = "stopped",
        /// Making or removing it failed.
        Error = "error",
        /// To be removed.
        PendingDelete = "pending_delete",
        /// To be removed, whatever the provider says.
        PendingForceDelete = "pending_force_delete",
        /// The provider was asked to remove it and has not answered.
        Deleting = "deleting",
        /// Removed; the row goes with it.
        Deleted = "deleted",
        /// The provider does not know.
        Unknown = "unknown",
    }
}

words! {
    /// The state of the runner software on the machine.
    RunnerStatus {
        /// Registered, waits for a job.
        Idle = "idle",
        /// Not heard of yet.
        Pending = "pending",
        /// Its job is over.
        Terminated = "terminated",
        /// Being installed.
        Installing = "installing",
        /// The installation failed.
        Failed = "failed",
        /// Runs a job.
        Active = "active",
        /// The forge lost contact with it.
        Offline = "offline",
        /// The forge has contact with it.
        Online = "online",
        /// Not known.
        Unknown = "unknown",
    }
}

/// A change of state that the transition tables do not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot transition {what} from {from} to {to}")]
pub struct TransitionError {
    /// `instance` or `runner`.
    pub what: &'static str,
    /// The present state.
    pub from: &'static str,
    /// The state asked for.
    pub to: &'static str,
}

impl InstanceStatus {
    /// Whether the transition table allows the change; the table is upstream's.
    ///
    /// # Errors
    /// When it does not.
    pub fn check_transition(self, to: Self) -> Result<(), TransitionError> {
        use InstanceStatus as S;
        let allowed: &[S] = match self {
            S::PendingCreate => &[S::PendingDelete, S::Creating, S::PendingForceDelete],
            S::Creating => &[S::Error, S::Running],
            S::Running => &[S::PendingDelete, S::PendingForceDelete, S::Stopped, S::Unknown],
            S::Stopped => &[S::PendingDelete, S::PendingForceDelete, S::Running, S::Unknown],
            S::Error => &[S::PendingDelete, S::PendingForceDelete, S::Unknown, S::Deleting],
            S::PendingDelete => &[S::Deleting, S::PendingForceDelete],
            S::PendingForceDelete => &[S::Deleting],
            S::Deleting => &[S::Error, S::Deleted],
            S::Deleted => &[],
            S::Unknown => return Ok(()),
        };
        if self == to || allowed.contains(&to) {
            return Ok(());
        }
        Err(TransitionError { what: "instance", from: self.as_str(), to: to.as_str() })
    }

    /// Whether the machine is on its way out.
    #[must_use]
    pub const fn is_leaving(self) -> bool {
        matches!(self, Self::PendingDelete | Self::PendingForceDelete | Self::Deleting | Self::Deleted)
    }
}

impl RunnerStatus {
    /// Whether the transition table allows the change; the table is upstream's, and a runner that is ready need not have said that it
    /// was being installed: those reports may have been lost.
    ///
    /// # Errors
    /// When it does not.
    pub fn check_transition(self, to: Self) -> Result<(), TransitionError> {
        use RunnerStatus as S;
        let allowed: &[S] = match self {
            S::Pending => &[S::Failed, S::Installing, S::Idle, S::Terminated, S::Active],
            S::Installing => &[S::Failed, S::Idle, S::Terminated, S::Active, S::Offline],
            S::Idle => &[S::Offline, S::Active, S::Terminated],
            S::Active | S::Failed => &[S::Terminated],
            S::Offline => &[S::Idle, S::Active, S::Terminated],
            S::Terminated | S::Online | S::Unknown => &[],
        };
        if self == to || allowed.contains(&to) {
            return Ok(());
        }
        Err(TransitionError { what: "runner", from: self.as_str(), to: to.as_str() })
    }

    /// Whether the runner will take no (further) job.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Terminated | Self::Failed)
    }
}

/// Whether an address can be reached from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AddressKind {
    /// Reachable from outside.
    Public,
    /// Reachable from inside only.
    Private,
}

/// A network address of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// IP address or host name.
    pub address: String,
    /// Who can reach it.
    #[serde(rename = "type")]
    pub kind: AddressKind,
}

/// Something a runner said about itself, or the server about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusMessage {
    /// When.
    pub created_at: Timestamp,
    /// What it is about.
    pub kind: EventKind,
    /// How important it is.
    pub level: EventLevel,
    /// The text.
    pub message: String,
}

/// A runner and its machine.
#[derive(Clone, Debug)]
pub struct Runner {
    /// Identity.
    pub id: RunnerId,
    /// Unique name; the idempotency key towards forge and provider.
    pub name: RunnerName,
    /// The pool it belongs to.
    pub pool_id: PoolId,
    /// The entity of that pool.
    pub entity_id: EntityId,
    /// The provider that makes its machine.
    pub provider: ProviderName,
    /// The provider's name for the machine; `None` until it told us.
    pub provider_id: Option<String>,
    /// The forge's number of the runner; `None` until it is known.
    pub agent_id: Option<i64>,
    /// State of the machine.
    pub status: InstanceStatus,
    /// State of the runner software.
    pub runner_status: RunnerStatus,
    /// Operating system.
    pub os_type: OsType,
    /// Architecture.
    pub os_arch: OsArch,
    /// Name of the system, for example `ubuntu`; empty = not told.
    pub os_name: String,
    /// Version of the system; empty = not told.
    pub os_version: String,
    /// Network addresses.
    pub addresses: Vec<Address>,
    /// Runner group it registers in; empty = the default.
    pub runner_group: String,
    /// The forge's number of the job it was made for; `None` = made as an idle runner. Another job may take it.
    pub made_for: Option<i64>,
    /// The job it works on.
    pub job_id: Option<JobId>,
    /// Whether the one registration token of this attempt was handed out.
    pub token_fetched: bool,
    /// How many attempts to make the machine failed so far. Part of the instance token.
    pub create_attempt: u32,
    /// Callback URL as it was when the runner was made.
    pub callback_url: String,
    /// Metadata URL as it was when the runner was made.
    pub metadata_url: String,
    /// The pool's generation when the runner was made.
    pub generation: i64,
    /// What the provider or the forge said when something failed last; empty = nothing did.
    pub fault: String,
    /// A create call is or was outstanding and may still make the machine until then, even if nobody waits for its answer any more.
    pub create_deadline: Option<Timestamp>,
    /// How many effects for it failed in a row; sets the backoff.
    pub failures: u32,
    /// Nothing is tried before this time (backoff).
    pub not_before: Option<Timestamp>,
    /// Whether the forge has no (longer any) runner of this name, so that the machine may go.
    pub deregistered: bool,
    /// Why it was made or is being removed.
    pub reason: Option<Reason>,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When the machine's state last changed.
    pub status_at: Timestamp,
    /// When the runner software's state last changed.
    pub runner_status_at: Timestamp,
}

impl Runner {
    /// A runner of a pool that nothing was done for yet.
    #[must_use]
    pub fn new(id: RunnerId, name: RunnerName, pool: &Pool, now: Timestamp) -> Self {
        Self {
            id,
            name,
            pool_id: pool.id,
            entity_id: pool.entity_id,
            provider: pool.provider.clone(),
            provider_id: None,
            agent_id: None,
            status: InstanceStatus::PendingCreate,
            runner_status: RunnerStatus::Pending,
            os_type: pool.os_type,
            os_arch: pool.os_arch,
            os_name: String::new(),
            os_version: String::new(),
            addresses: Vec::new(),
            runner_group: pool.runner_group.clone(),
            made_for: None,
            job_id: None,
            token_fetched: false,
            create_attempt: 0,
            callback_url: String::new(),
            metadata_url: String::new(),
            generation: pool.generation,
            fault: String::new(),
            create_deadline: None,
            failures: 0,
            not_before: None,
            deregistered: false,
            reason: None,
            created_at: now,
            updated_at: now,
            status_at: now,
            runner_status_at: now,
        }
    }

    /// Whether its machine, as made in this attempt, may still speak for it: until the runner is ready, and only while the machine should exist.
    #[must_use]
    pub fn hears_machine(&self, create_attempt: u32) -> bool {
        create_attempt == self.create_attempt
            && matches!(self.runner_status, RunnerStatus::Pending | RunnerStatus::Installing)
            && matches!(self.status, InstanceStatus::Creating | InstanceStatus::Running | InstanceStatus::Error)
    }

    /// Whether the runner software was heard of in this attempt: proof that the machine exists, whatever the provider said.
    #[must_use]
    pub fn is_heard_of(&self) -> bool {
        matches!(self.runner_status, RunnerStatus::Installing | RunnerStatus::Idle | RunnerStatus::Online | RunnerStatus::Active)
    }

    /// Whether the runner software was heard of in this attempt, whatever became of it since.
    #[must_use]
    pub fn has_spoken(&self) -> bool {
        let had_its_job = self.runner_status == RunnerStatus::Terminated && self.job_id.is_some();
        self.is_heard_of() || had_its_job || self.runner_status == RunnerStatus::Failed
    }

    /// Whether it works on a job or may be about to.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.runner_status == RunnerStatus::Active || (self.job_id.is_some() && !self.runner_status.is_terminal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_may_always_stay_as_it_is() {
        for word in ["pending_create", "creating", "running", "deleted", "unknown"] {
            let status = InstanceStatus::from_word(word).expect("a known word");
            assert_eq!(status.check_transition(status), Ok(()));
        }
    }

    #[test]
    fn a_machine_being_made_cannot_be_marked_for_deletion() {
        let error = InstanceStatus::Creating.check_transition(InstanceStatus::PendingDelete).expect_err("not in the table");
        assert_eq!(error.to_string(), "cannot transition instance from creating to pending_delete");
    }

    #[test]
    fn an_idle_runner_does_not_install_again() {
        assert!(RunnerStatus::Idle.check_transition(RunnerStatus::Installing).is_err());
        assert!(RunnerStatus::Installing.check_transition(RunnerStatus::Idle).is_ok());
    }
}
