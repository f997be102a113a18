//! Instances (runners and their machines), and the messages between machines and the server.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{Base64, Decision, Job, is_default, pool_id, scale_set_id};
use crate::model;
use crate::time::Timestamp;

/// A runner and its machine.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Instance {
    /// Identity.
    pub id: String,
    /// The provider's name for the machine.
    #[serde(skip_serializing_if = "is_default")]
    pub provider_id: String,
    /// The provider.
    pub provider_name: String,
    /// The forge's number of the runner; 0 = not known.
    #[serde(skip_serializing_if = "is_default")]
    pub agent_id: i64,
    /// Name of the runner.
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    /// Operating system.
    #[serde(skip_serializing_if = "is_default")]
    pub os_type: String,
    /// Name of the system.
    #[serde(skip_serializing_if = "is_default")]
    pub os_name: String,
    /// Version of the system.
    #[serde(skip_serializing_if = "is_default")]
    pub os_version: String,
    /// Architecture.
    #[serde(skip_serializing_if = "is_default")]
    pub os_arch: String,
    /// Version of the runner software: the one that the forge lists, or else the one that was handed out.
    #[serde(skip_serializing_if = "is_default")]
    pub runner_version: String,
    /// Network addresses; not in lists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Address>,
    /// State of the machine.
    #[serde(skip_serializing_if = "is_default")]
    pub status: String,
    /// State of the runner software.
    #[serde(skip_serializing_if = "is_default")]
    pub runner_status: String,
    /// Its pool.
    #[serde(skip_serializing_if = "is_default")]
    pub pool_id: String,
    /// The number of its scale set.
    #[serde(skip_serializing_if = "is_default")]
    pub scale_set_id: i64,
    /// The last fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_fault: Option<Base64>,
    /// Its messages, oldest first; not in lists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub status_messages: Vec<StatusMessage>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Runner group at the forge.
    #[serde(rename = "github-runner-group", skip_serializing_if = "is_default")]
    pub github_runner_group: String,
    /// The job it works on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<Job>,
    /// When its agent was last heard of.
    #[schema(value_type = String, format = DateTime)]
    pub heartbeat: Timestamp,
    /// The abilities of its agent.
    pub capabilities: AgentCapabilities,
    /// The generation of its pool or scale set when it was made.
    pub generation: i64,
    /// Why it was made, waits or goes; in one sentence.
    #[serde(skip_serializing_if = "is_default")]
    pub why: String,
    /// How far it is, in full, and when it is probably ready; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// The cause of its failure, as one word; not in lists.
    #[serde(skip_serializing_if = "is_default")]
    pub cause: String,
    /// The cause in words; not in lists.
    #[serde(skip_serializing_if = "is_default")]
    pub cause_explained: String,
    /// Until when its machine is held for a look.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub kept_until: Option<Timestamp>,
    /// The end of its install log, if it failed; not in lists.
    #[serde(skip_serializing_if = "is_default")]
    pub install_log: String,
}

impl From<&model::Runner> for Instance {
    fn from(runner: &model::Runner) -> Self {
        Self {
            id: runner.id.to_string(),
            provider_id: runner.provider_id.clone().unwrap_or_default(),
            provider_name: runner.provider.to_string(),
            agent_id: runner.agent_id.unwrap_or(0),
            name: runner.name.to_string(),
            os_type: runner.os_type.to_string(),
            os_name: runner.os_name.clone(),
            os_version: runner.os_version.clone(),
            os_arch: runner.os_arch.to_string(),
            runner_version: runner.version().map(String::from).unwrap_or_default(),
            addresses: Vec::new(),
            status: runner.status.to_string(),
            runner_status: runner.runner_status.to_string(),
            pool_id: pool_id(runner.set_id),
            scale_set_id: scale_set_id(runner.set_id),
            provider_fault: (!runner.fault.is_empty()).then(|| Base64(runner.fault.clone().into_bytes())),
            status_messages: Vec::new(),
            created_at: runner.created_at,
            updated_at: runner.updated_at,
            github_runner_group: runner.runner_group.clone(),
            job: None,
            heartbeat: Timestamp::ZERO,
            capabilities: AgentCapabilities::default(),
            generation: runner.generation,
            why: runner.reason.as_ref().map(ToString::to_string).unwrap_or_default(),
            decision: None,
            cause: String::new(),
            cause_explained: String::new(),
            kept_until: runner.kept_until(),
            install_log: String::new(),
        }
    }
}

/// A network address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Address {
    /// IP address or host name.
    pub address: String,
    /// `public` or `private`.
    #[serde(rename = "type")]
    pub kind: String,
}

impl From<&model::Address> for Address {
    fn from(address: &model::Address) -> Self {
        let kind = match address.kind {
            model::AddressKind::Public => "public",
            model::AddressKind::Private => "private",
        };
        Self { address: address.address.clone(), kind: kind.to_owned() }
    }
}

/// Something that was said about an instance.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct StatusMessage {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// The text.
    #[serde(skip_serializing_if = "is_default")]
    pub message: String,
    /// Its subject.
    #[serde(skip_serializing_if = "is_default")]
    pub event_type: String,
    /// How important it is.
    #[serde(skip_serializing_if = "is_default")]
    pub event_level: String,
}

impl From<&model::StatusMessage> for StatusMessage {
    fn from(message: &model::StatusMessage) -> Self {
        Self {
            created_at: message.created_at,
            message: message.message.clone(),
            event_type: message.kind.as_str().to_owned(),
            event_level: message.level.as_str().to_owned(),
        }
    }
}

/// The abilities of an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AgentCapabilities {
    /// It offers a shell.
    pub has_shell: bool,
}

/// A machine's report about itself.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct InstanceUpdateMessage {
    /// The runner's state; empty = only the message counts.
    pub status: String,
    /// The text.
    pub message: String,
    /// The forge's number of the runner.
    pub agent_id: Option<i64>,
}

/// A machine's report about its system.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SystemInfo {
    /// Name of the system.
    pub os_name: String,
    /// Version of the system.
    pub os_version: String,
    /// The forge's number of the runner.
    pub agent_id: Option<i64>,
}

/// The facts that a machine may know about itself.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct InstanceMetadata {
    /// Where to ask and report.
    pub metadata_access: MetadataAccess,
    /// `github` or `gitea`.
    pub forge_type: String,
    /// The URL that the runner registers with.
    pub runner_registration_url: String,
    /// Its name.
    pub runner_name: String,
    /// Labels to register with; absent with a just-in-time configuration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runner_labels: Vec<String>,
    /// PEM bundles by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ca_bundles: BTreeMap<String, Base64>,
    /// The settings of the pool or scale set for the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub extra_specs: Option<Box<RawValue>>,
    /// Whether the agent is to be installed.
    pub agent_mode: bool,
    /// Whether there are just-in-time files.
    pub jit_enabled: bool,
    /// The runner software for this machine.
    pub runner_tools: RunnerDownload,
}

/// Where a machine asks and reports.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MetadataAccess {
    /// The callback API.
    pub callback_url: String,
    /// The metadata API.
    pub metadata_url: String,
    /// The URL that agents connect to.
    pub agent_url: String,
}

/// Runner software to be downloaded.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RunnerDownload {
    /// Operating system, in the forge's word.
    pub os: String,
    /// Architecture, in the forge's word.
    pub architecture: String,
    /// Where to fetch it.
    pub download_url: String,
    /// File name.
    pub filename: String,
    /// Token for the download.
    #[serde(default)]
    pub temp_download_token: String,
    /// Hex SHA-256.
    #[serde(default, skip_serializing_if = "is_default")]
    pub sha256_checksum: String,
}

impl From<&model::RunnerTool> for RunnerDownload {
    fn from(tool: &model::RunnerTool) -> Self {
        Self {
            os: tool.os.clone(),
            architecture: tool.architecture.clone(),
            download_url: tool.download_url.clone(),
            filename: tool.filename.clone(),
            temp_download_token: tool.temp_download_token.clone(),
            sha256_checksum: tool.sha256_checksum.clone(),
        }
    }
}
