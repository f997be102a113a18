//! What templates are rendered with. The names of the fields are upstream's, because stored templates use them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::{Pool, SecretString, expose};

/// What the install script of a runner is rendered with.
#[derive(Clone, Debug)]
pub struct InstallContext {
    /// File name of the runner archive.
    pub file_name: String,
    /// Where the archive is.
    pub download_url: String,
    /// Bearer for the download; empty = none is needed.
    pub temp_download_token: SecretString,
    /// SHA-256 of the archive in hexadecimal; empty = not known.
    pub sha256_checksum: String,
    /// The user the runner runs as.
    pub runner_username: String,
    /// That user's group.
    pub runner_group: String,
    /// The URL that the runner registers with.
    pub repo_url: String,
    /// The runner's name.
    pub runner_name: String,
    /// Its labels, joined by commas; empty with a just-in-time configuration.
    pub runner_labels: String,
    /// The metadata API.
    pub metadata_url: String,
    /// The callback API.
    pub callback_url: String,
    /// The token for both.
    pub callback_token: SecretString,
    /// The runner group at the forge; empty = the default one.
    pub forge_runner_group: String,
    /// PEM bundle of the forge; empty = none.
    pub ca_bundle: String,
    /// From the pool's extra specs, for people's own templates.
    pub extra_context: BTreeMap<String, String>,
    /// Whether the script should say more.
    pub enable_boot_debug: bool,
    /// Whether the runner has a just-in-time configuration.
    pub use_jit_config: bool,
    /// Whether the agent is installed.
    pub agent_mode: bool,
    /// Where the agent is.
    pub agent_download_url: String,
    /// What the agent connects to.
    pub agent_url: String,
    /// The agent's token.
    pub agent_token: SecretString,
    /// Whether the agent offers a shell.
    pub agent_shell: bool,
    /// Whether the agent may use plain http.
    pub force_insecure_garm_agent: bool,
    /// Proxy for http.
    pub http_proxy: String,
    /// Proxy for https.
    pub https_proxy: String,
    /// What is reached without proxy.
    pub no_proxy: String,
    /// How long the server waits for the runner from now on, in seconds.
    pub seconds_left: u64,
}

impl InstallContext {
    /// The user runners run as, and its group.
    pub const USER: &str = "runner";

    pub(super) fn to_value(&self) -> Value {
        json!({
            "FileName": self.file_name,
            "DownloadURL": self.download_url,
            "TempDownloadToken": expose(&self.temp_download_token),
            "SHA256Checksum": self.sha256_checksum,
            "RunnerUsername": self.runner_username,
            "RunnerGroup": self.runner_group,
            "RepoURL": self.repo_url,
            "RunnerName": self.runner_name,
            "RunnerLabels": self.runner_labels,
            "MetadataURL": self.metadata_url,
            "CallbackURL": self.callback_url,
            "CallbackToken": expose(&self.callback_token),
            "GitHubRunnerGroup": self.forge_runner_group,
            "CABundle": self.ca_bundle,
            "ExtraContext": self.extra_context,
            "EnableBootDebug": self.enable_boot_debug,
            "UseJITConfig": self.use_jit_config,
            "AgentMode": self.agent_mode,
            "AgentDownloadURL": self.agent_download_url,
            "AgentURL": self.agent_url,
            "AgentToken": expose(&self.agent_token),
            "AgentShell": if self.agent_shell { "true" } else { "false" },
            "ForceInsecureGARMAgent": self.force_insecure_garm_agent,
            "HTTPProxy": self.http_proxy,
            "HTTPSProxy": self.https_proxy,
            "NoProxy": self.no_proxy,
            "SecondsLeft": self.seconds_left,
        })
    }
}

impl Default for InstallContext {
    fn default() -> Self {
        let (text, secret) = (String::new, || SecretString::from(""));
        Self {
            file_name: text(),
            download_url: text(),
            temp_download_token: secret(),
            sha256_checksum: text(),
            runner_username: Self::USER.to_owned(),
            runner_group: Self::USER.to_owned(),
            repo_url: text(),
            runner_name: text(),
            runner_labels: text(),
            metadata_url: text(),
            callback_url: text(),
            callback_token: secret(),
            forge_runner_group: text(),
            ca_bundle: text(),
            extra_context: BTreeMap::new(),
            enable_boot_debug: false,
            use_jit_config: false,
            agent_mode: false,
            agent_download_url: text(),
            agent_url: text(),
            agent_token: secret(),
            agent_shell: false,
            force_insecure_garm_agent: false,
            http_proxy: text(),
            https_proxy: text(),
            no_proxy: text(),
            seconds_left: Pool::DEFAULT_BOOTSTRAP_TIMEOUT.as_secs(),
        }
    }
}

/// What the first script of a machine is rendered with.
#[derive(Clone, Debug)]
pub struct WrapperContext {
    /// The callback API.
    pub callback_url: String,
    /// The metadata API.
    pub metadata_url: String,
    /// The token for both.
    pub callback_token: SecretString,
    /// PEM bundle of what the machine must trust to reach forge and server; empty = none.
    pub ca_bundle: String,
    /// Proxy for http.
    pub http_proxy: String,
    /// Proxy for https.
    pub https_proxy: String,
    /// What is reached without proxy.
    pub no_proxy: String,
}

impl WrapperContext {
    pub(super) fn to_value(&self) -> Value {
        json!({
            "CallbackURL": self.callback_url,
            "MetadataURL": self.metadata_url,
            "CallbackToken": expose(&self.callback_token),
            "CABundle": self.ca_bundle,
            "HTTPProxy": self.http_proxy,
            "HTTPSProxy": self.https_proxy,
            "NoProxy": self.no_proxy,
        })
    }
}

impl Default for WrapperContext {
    fn default() -> Self {
        Self {
            callback_url: String::new(),
            metadata_url: String::new(),
            callback_token: SecretString::from(""),
            ca_bundle: String::new(),
            http_proxy: String::new(),
            https_proxy: String::new(),
            no_proxy: String::new(),
        }
    }
}
