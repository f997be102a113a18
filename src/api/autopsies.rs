//! Runners that failed: what is kept of them after their machines are gone.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{StatusMessage, is_default, pool_id, scale_set_id};
use crate::model;
use crate::time::Timestamp;

/// A runner that failed, timed out or vanished.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Autopsy {
    /// Identity of the runner.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its pool.
    #[serde(skip_serializing_if = "is_default")]
    pub pool_id: String,
    /// The number of its scale set.
    #[serde(skip_serializing_if = "is_default")]
    pub scale_set_id: i64,
    /// The entity of the pool or scale set: a repository, an organization or an enterprise.
    pub entity_id: String,
    /// Its name; empty when it is gone.
    #[serde(skip_serializing_if = "is_default")]
    pub entity_name: String,
    /// The provider that made its machine.
    pub provider_name: String,
    /// The provider's name for the machine.
    #[serde(skip_serializing_if = "is_default")]
    pub provider_id: String,
    /// The forge's number of the job it was made for; absent for an idle runner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_for: Option<i64>,
    /// The cause, as one word: `dns`, `disk_full`, `quota`, ...; `unknown` when the words name none.
    pub cause: String,
    /// The cause in words.
    pub cause_explained: String,
    /// Why it went; in one sentence.
    #[serde(skip_serializing_if = "is_default")]
    pub why: String,
    /// The last words of the machine or of the provider.
    #[serde(skip_serializing_if = "is_default")]
    pub fault: String,
    /// Its messages, oldest first; not in lists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub status_messages: Vec<StatusMessage>,
    /// The end of its install log, without secrets and control characters; not in lists.
    #[serde(skip_serializing_if = "is_default")]
    pub install_log: String,
    /// When the runner was wanted.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it failed.
    #[schema(value_type = String, format = DateTime)]
    pub failed_at: Timestamp,
}

impl From<&model::Autopsy> for Autopsy {
    fn from(autopsy: &model::Autopsy) -> Self {
        Self {
            id: autopsy.runner_id.to_string(),
            name: autopsy.name.to_string(),
            pool_id: pool_id(autopsy.set_id),
            scale_set_id: scale_set_id(autopsy.set_id),
            entity_id: autopsy.entity_id.to_string(),
            entity_name: String::new(),
            provider_name: autopsy.provider.to_string(),
            provider_id: autopsy.provider_id.clone().unwrap_or_default(),
            made_for: autopsy.made_for,
            cause: autopsy.cause.to_string(),
            cause_explained: autopsy.cause.explained().to_owned(),
            why: autopsy.reason.clone(),
            fault: autopsy.fault.clone(),
            status_messages: autopsy.messages.iter().map(StatusMessage::from).collect(),
            install_log: autopsy.log.clone(),
            created_at: autopsy.created_at,
            failed_at: autopsy.failed_at,
        }
    }
}
