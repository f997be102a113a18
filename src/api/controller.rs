//! The installation and its providers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Base64, is_default};
use crate::model::Controller;

/// The release of upstream's server whose API is served. The operator for Kubernetes, for one, refuses a server below v0.1.5.
const API_LEVEL: &str = "v0.2.1";

/// The settings of the installation.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ControllerInfo {
    /// Identity; part of runner labels and of the controller webhook URL.
    pub controller_id: String,
    /// Host name of the server; only when read.
    #[serde(skip_serializing_if = "is_default")]
    pub hostname: String,
    /// Base URL of the metadata API as runners reach it.
    #[serde(skip_serializing_if = "is_default")]
    pub metadata_url: String,
    /// Base URL of the callback API as runners reach it.
    #[serde(skip_serializing_if = "is_default")]
    pub callback_url: String,
    /// Base URL of the webhook receiver as forges reach it.
    #[serde(skip_serializing_if = "is_default")]
    pub webhook_url: String,
    /// The webhook URL with this installation's id.
    #[serde(skip_serializing_if = "is_default")]
    pub controller_webhook_url: String,
    /// The URL that agents connect to; shown as derived from the callback URL when it is not set.
    #[serde(skip_serializing_if = "is_default")]
    pub agent_url: String,
    /// Where agent releases are listed.
    pub garm_agent_releases_url: String,
    /// Whether agent binaries are downloaded automatically.
    pub enable_agent_tools_sync: bool,
    /// Pinned agent version; empty = newest.
    pub garm_agent_version: String,
    /// Whether agents may use plain http.
    pub allow_insecure_garm_agent: bool,
    /// Seconds a job may wait for an idle runner that fits before another is made.
    #[serde(skip_serializing_if = "is_default")]
    pub minimum_job_age_backoff: u64,
    /// The release of upstream's server whose API is served. Clients compare it with the oldest release that they can work with.
    #[serde(skip_serializing_if = "is_default")]
    pub version: String,
    /// Version of this server.
    #[serde(skip_serializing_if = "is_default")]
    pub server_version: String,
    /// PEM bundle that validates the server's certificate.
    #[serde(skip_serializing_if = "is_default")]
    pub ca_cert_bundle: Option<Base64>,
}

impl ControllerInfo {
    /// As the API shows the settings.
    #[must_use]
    pub fn new(controller: &Controller, hostname: String) -> Self {
        Self {
            controller_id: controller.id.to_string(),
            hostname,
            metadata_url: controller.metadata_url.clone(),
            callback_url: controller.callback_url.clone(),
            webhook_url: controller.webhook_url.clone(),
            controller_webhook_url: controller.controller_webhook_url(),
            agent_url: controller.agent_url.clone(),
            garm_agent_releases_url: match controller.agent_releases_url.as_str() {
                "" => Controller::AGENT_RELEASES_URL.to_owned(),
                set => set.to_owned(),
            },
            enable_agent_tools_sync: controller.sync_agent_tools,
            garm_agent_version: controller.agent_version.clone(),
            allow_insecure_garm_agent: controller.allow_insecure_agent,
            minimum_job_age_backoff: controller.minimum_job_age_backoff.as_secs(),
            version: API_LEVEL.to_owned(),
            server_version: concat!("v", env!("CARGO_PKG_VERSION")).to_owned(),
            ca_cert_bundle: controller.ca_cert_bundle.clone().map(Base64),
        }
    }
}

impl ControllerInfo {
    /// The version of the server that answered. Upstream's server has no other than that of its API.
    #[must_use]
    pub fn version_of_server(&self) -> &str {
        if self.server_version.is_empty() { &self.version } else { &self.server_version }
    }
}

/// The changes of the settings; absent = unchanged.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateControllerParams {
    /// Base URL of the metadata API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata_url: Option<String>,
    /// Base URL of the callback API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_url: Option<String>,
    /// Base URL of the webhook receiver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook_url: Option<String>,
    /// The URL that agents connect to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_url: Option<String>,
    /// Where agent releases are listed; empty = the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub garm_agent_releases_url: Option<String>,
    /// Whether agent binaries are downloaded automatically.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_agent_tools_sync: Option<bool>,
    /// Pinned agent version; `latest` or empty = newest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub garm_agent_version: Option<String>,
    /// Whether agents may use plain http.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_insecure_garm_agent: Option<bool>,
    /// Seconds a job may wait for an idle runner that fits before another is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_job_age_backoff: Option<u64>,
    /// PEM bundle that validates the server's certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_cert_bundle: Option<Base64>,
    /// Drops the stored bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clear_ca_cert_bundle: Option<bool>,
}
