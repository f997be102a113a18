//! The settings of this installation.

use std::time::Duration;

use super::ControllerId;

/// The one row of installation-wide settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controller {
    /// Identity of this installation.
    pub id: ControllerId,
    /// Base URL of the metadata API as runners reach it; empty = not set yet.
    pub metadata_url: String,
    /// Base URL of the callback API as runners reach it; empty = not set yet.
    pub callback_url: String,
    /// Base URL of the webhook receiver as forges reach it; empty = not set yet.
    pub webhook_url: String,
    /// URL that agents connect to; empty = derived from `callback_url`.
    pub agent_url: String,
    /// How long a job may wait for an idle runner that could take it before another is started (DESIGN: demand).
    pub minimum_job_age_backoff: Duration,
    /// PEM bundle that validates this server's certificate, for runners.
    pub ca_cert_bundle: Option<Vec<u8>>,
    /// Where agent releases are listed; empty = the default location.
    pub agent_releases_url: String,
    /// Whether agent binaries are downloaded automatically.
    pub sync_agent_tools: bool,
    /// Pinned agent version; empty = newest.
    pub agent_version: String,
    /// Whether agents may use plain http.
    pub allow_insecure_agent: bool,
}

impl Controller {
    /// Where agent releases are listed when nothing else is set: upstream's agent is the one there is.
    pub const AGENT_RELEASES_URL: &str = "https://api.github.com/repos/cloudbase/garm-agent/releases";

    /// The webhook URL that carries this installation's id; only the id while no webhook URL is set, as upstream shows it.
    #[must_use]
    pub fn controller_webhook_url(&self) -> String {
        match self.webhook_url.trim_end_matches('/') {
            "" => self.id.to_string(),
            base => format!("{base}/{}", self.id),
        }
    }
}
