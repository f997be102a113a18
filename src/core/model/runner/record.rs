//! The record of a runner. Every field can be read; only [`super::life`] changes one.

use std::ops::Deref;

use super::{Address, InstanceStatus, RunnerStatus};
use crate::model::{
    EntityId, EventKind, EventLevel, JobId, OsArch, OsType, ProviderName, Reason, RunnerId, RunnerName, RunnerSet, RunnerSetId,
    RunnerVersion,
};
use crate::time::Timestamp;

/// A runner and its machine.
///
/// The fields are those of [`RunnerRecord`]. There is no `DerefMut`: the functions of [`super::life`] are the only way to change a runner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runner(pub(super) RunnerRecord);

impl Deref for Runner {
    type Target = RunnerRecord;

    fn deref(&self) -> &RunnerRecord {
        &self.0
    }
}

/// Tests build any runner they like.
#[cfg(test)]
impl std::ops::DerefMut for Runner {
    fn deref_mut(&mut self) -> &mut RunnerRecord {
        &mut self.0
    }
}

/// Everything known about a runner. The store reads it from a row; all other code has it as a [`Runner`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunnerRecord {
    /// Identity.
    pub id: RunnerId,
    /// Unique name; the idempotency key towards forge and provider.
    pub name: RunnerName,
    /// The runner set it belongs to.
    pub set_id: RunnerSetId,
    /// The entity of that runner set.
    pub entity_id: EntityId,
    /// The provider that makes its machine.
    pub provider: ProviderName,
    /// The provider's name for the machine; `None` until it told us.
    pub provider_id: Option<String>,
    /// The forge's number of the runner; `None` until the forge has told it. What its machine tells is not believed: it could name another runner.
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
    /// The version of the runner software that was handed out for its machine; `None` = not known.
    pub offered: Option<RunnerVersion>,
    /// The version that the forge says it has; `None` = the forge has not said so far. An image can have another one than was handed out.
    pub reported: Option<RunnerVersion>,
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
    /// The runner set's generation when the runner was made.
    pub generation: i64,
    /// The words of the provider or the forge at the last failure; empty = there was none.
    pub fault: String,
    /// A create call is or was outstanding and may still make the machine until then, even if no task waits for its answer any more.
    pub create_deadline: Option<Timestamp>,
    /// Until when a create call of an earlier attempt may still make a machine of this name; `None` = each has ended for certain.
    pub earlier_deadline: Option<Timestamp>,
    /// How many effects for it failed in a row; sets the backoff.
    pub failures: u32,
    /// Nothing is tried before this time (backoff).
    pub not_before: Option<Timestamp>,
    /// Whether the forge has no (longer any) runner of this name, so that the machine may go.
    pub deregistered: bool,
    /// Whether it was of use: it took a job, or it connected and stayed.
    pub proven: bool,
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
    /// A runner of a runner set that nothing was done for yet.
    #[must_use]
    pub fn new(id: RunnerId, name: RunnerName, set: &RunnerSet, now: Timestamp) -> Self {
        Self(RunnerRecord {
            id,
            name,
            set_id: set.id,
            entity_id: set.entity_id,
            provider: set.provider.clone(),
            provider_id: None,
            agent_id: None,
            status: InstanceStatus::PendingCreate,
            runner_status: RunnerStatus::Pending,
            os_type: set.os_type,
            os_arch: set.os_arch,
            os_name: String::new(),
            os_version: String::new(),
            offered: None,
            reported: None,
            addresses: Vec::new(),
            runner_group: set.runner_group.clone(),
            made_for: None,
            job_id: None,
            token_fetched: false,
            create_attempt: 0,
            callback_url: String::new(),
            metadata_url: String::new(),
            generation: set.generation,
            fault: String::new(),
            create_deadline: None,
            earlier_deadline: None,
            failures: 0,
            not_before: None,
            deregistered: false,
            proven: false,
            reason: None,
            created_at: now,
            updated_at: now,
            status_at: now,
            runner_status_at: now,
        })
    }

    /// A runner as its row has it.
    #[must_use]
    pub const fn stored(record: RunnerRecord) -> Self {
        Self(record)
    }

    /// With the job it is made for, if it is made for one, and why it is made.
    #[must_use]
    pub fn wanted(mut self, made_for: Option<i64>, reason: Reason) -> Self {
        self.0.made_for = made_for;
        self.0.reason = Some(reason);
        self
    }

    /// With the URLs its machine calls.
    #[must_use]
    pub fn calling(mut self, callback_url: &str, metadata_url: &str) -> Self {
        callback_url.clone_into(&mut self.0.callback_url);
        metadata_url.clone_into(&mut self.0.metadata_url);
        self
    }

    /// Whether its machine, as made in this attempt, may still speak for it: until the runner is ready, and only while the machine should exist.
    #[must_use]
    pub fn hears_machine(&self, create_attempt: u32) -> bool {
        create_attempt == self.create_attempt
            && matches!(self.runner_status, RunnerStatus::Pending | RunnerStatus::Installing)
            && matches!(self.status, InstanceStatus::Creating | InstanceStatus::Running | InstanceStatus::Error)
    }

    /// Whether its machine may still need the just-in-time configuration: until the runner is connected, also if it failed and is made again. Whoever has
    /// the configuration can be the runner.
    #[must_use]
    pub const fn needs_configuration(&self) -> bool {
        matches!(self.0.runner_status, RunnerStatus::Pending | RunnerStatus::Installing | RunnerStatus::Failed)
    }

    /// Whether the runner software was heard of in this attempt: proof that the machine exists, even against the provider's word.
    #[must_use]
    pub fn is_heard_of(&self) -> bool {
        matches!(self.runner_status, RunnerStatus::Installing | RunnerStatus::Idle | RunnerStatus::Online | RunnerStatus::Active)
    }

    /// Whether the runner software was heard of in this attempt, also if it failed or ended since.
    #[must_use]
    pub fn has_spoken(&self) -> bool {
        self.is_heard_of() || self.runner_status.is_terminal()
    }

    /// Until when a create call that was not answered, of whichever attempt, may still make a machine of this name.
    #[must_use]
    pub fn may_appear_until(&self) -> Option<Timestamp> {
        self.create_deadline.max(self.earlier_deadline)
    }

    /// Until when the machine of this runner, which failed, is held for a look.
    #[must_use]
    pub fn kept_until(&self) -> Option<Timestamp> {
        match self.reason {
            Some(Reason::Kept { until, .. }) if !self.status.is_leaving() => Some(until),
            _ => None,
        }
    }

    /// The version of its software, as far as that is known.
    #[must_use]
    pub fn version(&self) -> Option<RunnerVersion> {
        self.reported.or(self.offered)
    }

    /// Until when the runner is kept to see whether its version gets jobs after all.
    #[must_use]
    pub fn ignored_until(&self) -> Option<Timestamp> {
        match self.reason {
            Some(Reason::Ignored { until, .. }) if !self.status.is_leaving() => Some(until),
            _ => None,
        }
    }

    /// Whether it works on a job or may be about to.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.runner_status == RunnerStatus::Active || (self.job_id.is_some() && !self.runner_status.is_terminal())
    }
}

/// Something a runner said about itself, or the server about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusMessage {
    /// When.
    pub created_at: Timestamp,
    /// Its subject.
    pub kind: EventKind,
    /// How important it is.
    pub level: EventLevel,
    /// The text.
    pub message: String,
}
