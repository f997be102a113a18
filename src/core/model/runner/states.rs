//! The two states of a runner, and which state may follow which: the tables for what is asked for and reported.

use crate::model::words::words;

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
        /// To be removed, even against the provider's word.
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

    /// The states of a machine on its way out.
    pub const LEAVING: [Self; 4] = [Self::PendingDelete, Self::PendingForceDelete, Self::Deleting, Self::Deleted];

    /// Whether the machine is on its way out.
    #[must_use]
    pub fn is_leaving(self) -> bool {
        Self::LEAVING.contains(&self)
    }
}

impl RunnerStatus {
    /// Whether the transition table allows the change. The table is upstream's. A runner may be ready without a report of its installation:
    /// those reports may have been lost.
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
