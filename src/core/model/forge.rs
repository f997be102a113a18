//! Forges: endpoints, credentials, and what they tell about runners.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::words::words;
use super::{CredentialsId, EndpointName, JobStatus, RunnerName, RunnerVersion, SecretString};
use crate::time::Timestamp;

words! {
    /// The family of a forge, which decides how to talk to it.
    ForgeKind {
        /// github.com and GitHub Enterprise Server.
        Github = "github",
        /// Gitea and Forgejo.
        Gitea = "gitea",
    }
}

/// Where a forge is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Unique name, without regard to case.
    pub name: EndpointName,
    /// Free text.
    pub description: String,
    /// The family of the forge.
    pub kind: ForgeKind,
    /// Web address; deliveries are matched to it.
    pub base_url: String,
    /// API address.
    pub api_base_url: String,
    /// Upload address (GitHub only), kept for clients.
    pub upload_base_url: String,
    /// PEM bundle that validates the forge's certificate; replaces the machine's own roots.
    pub ca_cert_bundle: Option<Vec<u8>>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

words! {
    /// How credentials authenticate.
    AuthKind {
        /// A personal access token.
        Pat = "pat",
        /// A GitHub App installation.
        App = "app",
    }
}

/// The key of a GitHub App installation.
#[derive(Clone, Debug)]
pub struct AppKey {
    /// The App's number.
    pub app_id: i64,
    /// The installation's number.
    pub installation_id: i64,
    /// PEM text of the RSA key.
    pub private_key: SecretString,
    /// The secret of the App's own webhook; `None` = its deliveries are not believed.
    pub webhook_secret: Option<SecretString>,
}

/// The secret part of credentials.
#[derive(Clone, Debug)]
pub enum CredentialsSecret {
    /// A personal access token.
    Pat(SecretString),
    /// A GitHub App installation.
    App(AppKey),
    /// The stored secret cannot be opened: its row is damaged, or was sealed with another passphrase. Another secret replaces it.
    Unopenable,
}

impl CredentialsSecret {
    /// Which kind it is; `None` = not known, because it cannot be opened.
    #[must_use]
    pub const fn kind(&self) -> Option<AuthKind> {
        match self {
            Self::Pat(_) => Some(AuthKind::Pat),
            Self::App(_) => Some(AuthKind::App),
            Self::Unopenable => None,
        }
    }
}

/// Credentials for one endpoint.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Row number.
    pub id: CredentialsId,
    /// Unique name, without regard to case.
    pub name: String,
    /// Free text.
    pub description: String,
    /// The endpoint they are for.
    pub endpoint: EndpointName,
    /// Token or key.
    pub secret: CredentialsSecret,
    /// When they were added.
    pub created_at: Timestamp,
    /// When they were last changed.
    pub updated_at: Timestamp,
}

/// A just-in-time runner configuration: the files a runner needs instead of registering.
#[derive(Clone)]
pub struct JitConfig {
    /// File name (with its leading dot) to base64 content, as the forge sent them.
    pub files: BTreeMap<String, SecretString>,
}

/// The names of the files, never their contents.
impl fmt::Debug for JitConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.files.keys()).finish()
    }
}

/// A runner as the forge lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgeRunner {
    /// The forge's number.
    pub agent_id: i64,
    /// Its name.
    pub name: RunnerName,
    /// Whether the forge has contact with it.
    pub online: bool,
    /// Whether it runs a job.
    pub busy: bool,
    /// Its labels.
    pub labels: Vec<String>,
    /// The version of its software; `None` = the forge does not say.
    pub version: Option<RunnerVersion>,
}

/// A job as the forge describes it when it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgeJob {
    /// Where it stands; states before `queued` count as that.
    pub status: JobStatus,
    /// Whether it stands before `queued`: it waits for an approval or for other jobs, and no runner may take it.
    pub held_back: bool,
    /// How it ended; empty while it has not.
    pub conclusion: String,
    /// Whether one of its steps failed. A job whose runner was lost ends without one.
    pub failed_step: bool,
    /// The forge's number of the runner that has it; 0 = none.
    pub runner_id: i64,
    /// Name of that runner; empty = none.
    pub runner_name: String,
    /// Number of its group.
    pub runner_group_id: i64,
    /// Name of that group.
    pub runner_group_name: String,
    /// When it began to run.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
}

/// A workflow run as the forge describes it when it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgeRun {
    /// Its latest attempt, counted from 1.
    pub attempt: i64,
    /// Whether that attempt is over.
    pub is_over: bool,
    /// How the attempt ended; empty while it has not.
    pub conclusion: String,
}

/// A job as the forge lists it among those of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedJob {
    /// Its number; each attempt has its own.
    pub number: i64,
    /// The run that it belongs to.
    pub run_id: i64,
    /// Which attempt of that run; 0 = the forge does not say.
    pub run_attempt: i64,
    /// Its name in the workflow.
    pub name: String,
    /// The labels that a runner must have.
    pub labels: Vec<String>,
    /// Page of the run.
    pub run_url: String,
    /// When it was made; `None` = the forge does not say.
    pub queued_at: Option<Timestamp>,
    /// How it stands.
    pub state: ForgeJob,
}

/// A repository as the forge lists it among those of its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRepository {
    /// The forge's number of it, which stays when it is renamed.
    pub number: i64,
    /// Its owner.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// When something was last pushed to it.
    pub pushed_at: Option<Timestamp>,
}

/// A runner download as the forge lists it. The fields are GitHub's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunnerTool {
    /// GitHub's word for the operating system.
    pub os: String,
    /// GitHub's word for the architecture.
    pub architecture: String,
    /// Where to fetch it.
    pub download_url: String,
    /// File name.
    pub filename: String,
    /// Hex SHA-256; empty when the forge gives none.
    pub sha256_checksum: String,
    /// Bearer token for the download (GHES); empty when none is needed.
    pub temp_download_token: String,
}

/// The rest of an API budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateLimit {
    /// Calls per window.
    pub limit: i64,
    /// Calls made in this window.
    pub used: i64,
    /// Calls left in this window.
    pub remaining: i64,
    /// End of the window, Unix seconds.
    pub reset: i64,
}

impl RateLimit {
    /// When the budget is empty, if calls go on as in this window so far; `None` = not before the window ends, or that cannot be told yet.
    #[must_use]
    pub fn empty_at(&self, now: Timestamp) -> Option<Timestamp> {
        const WINDOW: Duration = Duration::from_hours(1);
        /// Less says nothing of the rest.
        const SEEN: Duration = Duration::from_mins(2);
        let reset = Timestamp::from_micros(self.reset.saturating_mul(1_000_000));
        let seen = now.since(reset.before(WINDOW));
        let (used, remaining) = (u32::try_from(self.used).ok()?, u32::try_from(self.remaining.max(0)).ok()?);
        if reset <= now || used == 0 || (seen < SEEN && remaining > 0) {
            return None;
        }
        Some(now.after(seen.mul_f64(f64::from(remaining) / f64::from(used)))).filter(|at| *at < reset)
    }
}

/// A webhook, as the forge has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgeHook {
    /// Number at the forge.
    pub id: i64,
    /// Where deliveries go.
    pub url: String,
    /// The events it delivers.
    pub events: Vec<String>,
    /// Whether it delivers anything.
    pub active: bool,
    /// Whether the certificate of the receiver is not looked at.
    pub insecure_ssl: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_budget_is_told_when_it_comes_before_the_next_window() {
        let begins = Timestamp::EPOCH.after(Duration::from_hours(100));
        let reset = begins.after(Duration::from_hours(1));
        let limit = |used, remaining| RateLimit { limit: 5_000, used, remaining, reset: reset.as_secs() };
        let minutes = |minutes| begins.after(Duration::from_mins(minutes));
        assert_eq!(limit(4_000, 1_000).empty_at(minutes(20)), Some(minutes(25)));
        assert_eq!(limit(1_000, 4_000).empty_at(minutes(20)), None, "it lasts until the next window");
        assert_eq!(limit(500, 4_500).empty_at(minutes(1)), None, "it is too early to tell");
        assert_eq!(limit(5_000, 0).empty_at(minutes(1)), Some(minutes(1)), "it is empty");
        assert_eq!(limit(4_000, 1_000).empty_at(minutes(61)), None, "the window is over");
        assert_eq!(limit(0, 5_000).empty_at(minutes(30)), None);
    }
}
