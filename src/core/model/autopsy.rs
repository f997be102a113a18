//! The record of a runner that failed, timed out or vanished. It stays after the machine and its row are gone.

use super::{Cause, EntityId, ProviderName, RunnerId, RunnerName, RunnerSetId, StatusMessage};
use crate::time::Timestamp;

/// What is kept of a runner that failed, after its machine is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Autopsy {
    /// The runner.
    pub runner_id: RunnerId,
    /// Its name.
    pub name: RunnerName,
    /// Its pool.
    pub set_id: RunnerSetId,
    /// The entity of the pool.
    pub entity_id: EntityId,
    /// The provider that made its machine.
    pub provider: ProviderName,
    /// The provider's name for the machine; `None` = the provider never told one.
    pub provider_id: Option<String>,
    /// The forge's number of the job it was made for; `None` = made as an idle runner.
    pub made_for: Option<i64>,
    /// The cause.
    pub cause: Cause,
    /// The reason that the server has for its end, in one sentence.
    pub reason: String,
    /// The last words of the machine or of the provider.
    pub fault: String,
    /// Its messages, oldest first.
    pub messages: Vec<StatusMessage>,
    /// The end of its install log; empty = it sent none.
    pub log: String,
    /// When the runner was wanted.
    pub created_at: Timestamp,
    /// When it failed.
    pub failed_at: Timestamp,
}
