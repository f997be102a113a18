//! The deliveries of forges that came in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::is_default;
use crate::model;
use crate::time::Timestamp;

/// A delivery of a forge, and what became of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Delivery {
    /// Row number; a later delivery has a higher one.
    pub id: i64,
    /// The forge's id of the delivery. A delivery that is sent again has the same one.
    #[serde(skip_serializing_if = "is_default")]
    pub guid: String,
    /// The forge's number of the hook.
    #[serde(skip_serializing_if = "is_default")]
    pub hook_id: i64,
    /// The kind of thing that the hook belongs to, in the forge's word.
    #[serde(skip_serializing_if = "is_default")]
    pub hook_target: String,
    /// The forge's number of that thing.
    #[serde(skip_serializing_if = "is_default")]
    pub hook_target_id: i64,
    /// The event.
    pub event: String,
    /// What happened to the job.
    #[serde(skip_serializing_if = "is_default")]
    pub action: String,
    /// The job's number at the forge.
    #[serde(skip_serializing_if = "is_default")]
    pub workflow_job_id: i64,
    /// The entity that took it in or judged it.
    #[serde(skip_serializing_if = "is_default")]
    pub entity_id: String,
    /// The path of the entity. A delivery that is not believed can claim any.
    #[serde(skip_serializing_if = "is_default")]
    pub entity: String,
    /// What became of it: `taken`, `late`, `not_wanted`, `old` or `refused`.
    pub verdict: String,
    /// Why, in words.
    #[serde(skip_serializing_if = "is_default")]
    pub reason: String,
    /// How often it came in.
    pub copies: u32,
    /// When it came in first.
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    /// When it came in last.
    #[schema(value_type = String, format = DateTime)]
    pub last_received_at: Timestamp,
}

impl From<&model::Delivery> for Delivery {
    fn from(delivery: &model::Delivery) -> Self {
        let received = &delivery.received;
        Self {
            id: delivery.id,
            guid: received.head.guid.clone().unwrap_or_default(),
            hook_id: received.head.hook_id.unwrap_or_default(),
            hook_target: received.head.target.clone(),
            hook_target_id: received.head.target_id.unwrap_or_default(),
            event: received.head.event.clone(),
            action: received.action.clone(),
            workflow_job_id: received.job.unwrap_or_default(),
            entity_id: received.entity.map(|id| id.to_string()).unwrap_or_default(),
            entity: received.place.clone(),
            verdict: delivery.verdict.to_string(),
            reason: delivery.reason.clone(),
            copies: delivery.copies,
            received_at: delivery.first_at,
            last_received_at: received.at,
        }
    }
}
