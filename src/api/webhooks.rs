//! The webhook of an entity at its forge.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::is_default;
use crate::model;

/// A webhook, as the forge has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct HookInfo {
    /// Number at the forge.
    #[serde(skip_serializing_if = "is_default")]
    pub id: i64,
    /// Where deliveries go.
    #[serde(skip_serializing_if = "is_default")]
    pub url: String,
    /// The events it delivers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
    /// Whether it delivers anything.
    #[serde(skip_serializing_if = "is_default")]
    pub active: bool,
    /// Whether the certificate of the receiver is not looked at.
    #[serde(skip_serializing_if = "is_default")]
    pub insecure_ssl: bool,
}

impl From<model::ForgeHook> for HookInfo {
    fn from(hook: model::ForgeHook) -> Self {
        Self { id: hook.id, url: hook.url, events: hook.events, active: hook.active, insecure_ssl: hook.insecure_ssl }
    }
}

/// How a webhook is to be installed.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct InstallWebhookParams {
    /// Accepted for older clients; webhooks always come directly.
    #[serde(skip_serializing_if = "is_default")]
    pub webhook_endpoint_type: String,
    /// Whether the forge is not to look at the certificate of the receiver.
    #[serde(skip_serializing_if = "is_default")]
    pub insecure_ssl: bool,
}
