//! Pools.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::{ForgeEndpoint, Instance, is_default};
use crate::model::{self, EntityKind};
use crate::time::Timestamp;

/// A label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Tag {
    /// Identity: a UUID that is the same for the same label, whatever its case.
    #[serde(skip_serializing_if = "is_default")]
    pub id: String,
    /// The label.
    pub name: String,
}

impl Tag {
    /// As the API shows a label. Labels have no rows of their own, so the identity is computed from the text.
    pub(super) fn new(name: &str) -> Self {
        let digest = Sha256::digest(name.to_lowercase());
        let bytes = digest[..16].try_into().expect("a SHA-256 has 32 bytes");
        Self { id: uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string(), name: name.to_owned() }
    }
}

/// A pool.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Pool {
    /// Prefix of runner names.
    #[serde(skip_serializing_if = "is_default")]
    pub runner_prefix: String,
    /// Identity.
    pub id: String,
    /// Who makes the machines.
    #[serde(skip_serializing_if = "is_default")]
    pub provider_name: String,
    /// Upper bound of runners.
    #[serde(skip_serializing_if = "is_default")]
    pub max_runners: u32,
    /// Idle runners kept ready.
    #[serde(skip_serializing_if = "is_default")]
    pub min_idle_runners: u32,
    /// Provider-specific image.
    #[serde(skip_serializing_if = "is_default")]
    pub image: String,
    /// Provider-specific size.
    #[serde(skip_serializing_if = "is_default")]
    pub flavor: String,
    /// `linux` or `windows`.
    #[serde(skip_serializing_if = "is_default")]
    pub os_type: String,
    /// `amd64`, `arm64` or `arm`.
    #[serde(skip_serializing_if = "is_default")]
    pub os_arch: String,
    /// Labels of the runners.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// Whether runners are made.
    #[serde(skip_serializing_if = "is_default")]
    pub enabled: bool,
    /// Its runners; only when one is read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    pub instances: Vec<Instance>,
    /// Whether the agent may offer a shell.
    pub enable_shell: bool,
    /// Raised when a setting that shapes runners changes.
    pub generation: i64,
    /// The repository it is for.
    #[serde(skip_serializing_if = "is_default")]
    pub repo_id: String,
    /// Its `owner/name`.
    #[serde(skip_serializing_if = "is_default")]
    pub repo_name: String,
    /// The organization it is for.
    #[serde(skip_serializing_if = "is_default")]
    pub org_id: String,
    /// Its name.
    #[serde(skip_serializing_if = "is_default")]
    pub org_name: String,
    /// The enterprise it is for.
    #[serde(skip_serializing_if = "is_default")]
    pub enterprise_id: String,
    /// Its name.
    #[serde(skip_serializing_if = "is_default")]
    pub enterprise_name: String,
    /// The forge instance it is for.
    #[serde(skip_serializing_if = "is_default")]
    pub forge_instance_id: String,
    /// Where that is.
    pub endpoint: ForgeEndpoint,
    /// Minutes a runner may take to come up.
    #[serde(skip_serializing_if = "is_default")]
    pub runner_bootstrap_timeout: u64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Opaque object for the provider; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub extra_specs: Option<Box<RawValue>>,
    /// Runner group at the forge.
    #[serde(rename = "github-runner-group", skip_serializing_if = "is_default")]
    pub github_runner_group: String,
    /// Higher wins when several pools fit.
    #[serde(skip_serializing_if = "is_default")]
    pub priority: u32,
    /// Install template: the pool's own, or the shipped one that is used without.
    #[serde(skip_serializing_if = "is_default")]
    pub template_id: i64,
    /// Its name; not in lists.
    #[serde(skip_serializing_if = "is_default")]
    pub template_name: String,
    /// How many machines were made for it.
    #[serde(skip_serializing_if = "is_default")]
    pub machines_made: u64,
    /// How many of them took a job.
    #[serde(skip_serializing_if = "is_default")]
    pub machines_served: u64,
    /// How many were of no use, by reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub machines_in_vain: BTreeMap<String, u64>,
    /// How many failed, or could not be made, by cause.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub failures: BTreeMap<String, u64>,
    /// How long the machine of a runner that failed is held for a look, in seconds; absent = not.
    #[serde(skip_serializing_if = "is_default")]
    pub keep_failed_seconds: u64,
    /// How often one job of a run is run again that lost its machine of this pool; absent = as the entity says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rerun_lost: Option<u32>,
    /// Version of the runner software that its new machines install; absent = not known.
    #[serde(skip_serializing_if = "is_default")]
    pub runner_version: String,
    /// From when on the forge gives no jobs to runners of that version, if it has set a date.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub runner_version_retires_at: Option<Timestamp>,
    /// Why the pool pauses: its last machines were of no use, or could not be made, or the forge gives their version no jobs.
    #[serde(skip_serializing_if = "is_default")]
    pub pause_reason: String,
    /// When the pause is, or was, over. After it the pool makes one machine on trial.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub paused_until: Option<Timestamp>,
}

impl Pool {
    /// As the API shows a pool in a list.
    #[must_use]
    pub fn new(pool: &model::Pool, entity: &model::Entity, endpoint: &model::Endpoint) -> Self {
        let mut shown = Self {
            runner_prefix: pool.runner_prefix.clone(),
            id: pool.id.to_string(),
            provider_name: pool.provider.to_string(),
            max_runners: pool.max_runners,
            min_idle_runners: pool.min_idle_runners,
            image: pool.image.clone(),
            flavor: pool.flavor.clone(),
            os_type: pool.os_type.to_string(),
            os_arch: pool.os_arch.to_string(),
            tags: pool.tags.iter().map(|tag| Tag::new(tag)).collect(),
            enabled: pool.enabled,
            enable_shell: pool.enable_shell,
            generation: pool.generation,
            endpoint: endpoint.into(),
            runner_bootstrap_timeout: pool.bootstrap_timeout.as_secs() / 60,
            created_at: pool.created_at,
            updated_at: pool.updated_at,
            github_runner_group: pool.runner_group.clone(),
            priority: pool.priority,
            template_id: pool.template_id.map_or(0, |id| id.0),
            machines_made: pool.memory.made,
            machines_served: pool.memory.served,
            machines_in_vain: pool.memory.useless.clone(),
            keep_failed_seconds: pool.keep_failed.as_secs(),
            rerun_lost: pool.rerun_lost,
            failures: pool.memory.causes.iter().map(|(cause, count)| (cause.to_string(), *count)).collect(),
            pause_reason: pause_reason(&pool.memory),
            ..Self::default()
        };
        let (id, name) = match entity.at.kind {
            EntityKind::Repository => (&mut shown.repo_id, Some(&mut shown.repo_name)),
            EntityKind::Organization => (&mut shown.org_id, Some(&mut shown.org_name)),
            EntityKind::Enterprise => (&mut shown.enterprise_id, Some(&mut shown.enterprise_name)),
            EntityKind::Instance => (&mut shown.forge_instance_id, None),
        };
        *id = entity.id.to_string();
        if let Some(name) = name {
            *name = entity.at.path();
        }
        shown
    }

    /// With the version that its new machines install.
    pub fn set_version(&mut self, pool: &model::Pool, versions: &model::RunnerVersions) {
        let version = versions.offered_for(pool.os_type, pool.os_arch);
        self.runner_version = version.map(String::from).unwrap_or_default();
        self.runner_version_retires_at = version.and_then(|version| versions.retires_at(version));
    }

    /// The entity it is for, as people call it.
    #[must_use]
    pub fn entity_name(&self) -> &str {
        [&self.repo_name, &self.org_name, &self.enterprise_name]
            .into_iter()
            .find(|name| !name.is_empty())
            .map_or(&self.endpoint.name, |name| name)
    }
}

pub(super) fn pause_reason(memory: &model::PoolMemory) -> String {
    let ignored = memory.ignored.as_ref().map(model::IgnoredVersion::told);
    ignored.or_else(|| memory.paused_for().map(|streak| streak.fault.clone())).unwrap_or_default()
}

/// A pool to be made.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreatePoolParams {
    /// Prefix of runner names; empty = `garm`.
    #[serde(skip_serializing_if = "is_default")]
    pub runner_prefix: String,
    /// Who makes the machines.
    pub provider_name: String,
    /// Upper bound of runners.
    pub max_runners: u32,
    /// Idle runners kept ready.
    pub min_idle_runners: u32,
    /// Provider-specific image.
    pub image: String,
    /// Provider-specific size.
    pub flavor: String,
    /// `linux` or `windows`.
    pub os_type: String,
    /// `amd64`, `arm64` or `arm`.
    pub os_arch: String,
    /// Labels of the runners.
    pub tags: Vec<String>,
    /// Whether runners are made.
    pub enabled: bool,
    /// Minutes a runner may take to come up; 0 = 20.
    #[serde(skip_serializing_if = "is_default")]
    pub runner_bootstrap_timeout: u64,
    /// Opaque object for the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub extra_specs: Option<Box<RawValue>>,
    /// Whether the agent may offer a shell.
    pub enable_shell: bool,
    /// Runner group at the forge.
    #[serde(rename = "github-runner-group", skip_serializing_if = "is_default")]
    pub github_runner_group: String,
    /// Higher wins when several pools fit.
    #[serde(skip_serializing_if = "is_default")]
    pub priority: u32,
    /// Install template; absent = the shipped one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<i64>,
    /// A proxy; there are none in this version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_id: Option<u64>,
    /// How long the machine of a runner that failed is held for a look, in seconds; 0 = not.
    #[serde(skip_serializing_if = "is_default")]
    pub keep_failed_seconds: u64,
    /// How often one job of a run is run again that lost its machine of this pool, at most 10; 0 = not at all, absent = as the entity says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rerun_lost: Option<u32>,
}

/// The changes of a pool; empty or absent = unchanged.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdatePoolParams {
    /// Prefix of runner names.
    #[serde(skip_serializing_if = "is_default")]
    pub runner_prefix: String,
    /// Labels of the runners.
    #[serde(skip_serializing_if = "is_default")]
    pub tags: Option<Vec<String>>,
    /// Whether runners are made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Upper bound of runners.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_runners: Option<u32>,
    /// Idle runners kept ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_idle_runners: Option<u32>,
    /// Minutes a runner may take to come up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runner_bootstrap_timeout: Option<u64>,
    /// Provider-specific image.
    #[serde(skip_serializing_if = "is_default")]
    pub image: String,
    /// Provider-specific size.
    #[serde(skip_serializing_if = "is_default")]
    pub flavor: String,
    /// `linux` or `windows`.
    #[serde(skip_serializing_if = "is_default")]
    pub os_type: String,
    /// `amd64`, `arm64` or `arm`.
    #[serde(skip_serializing_if = "is_default")]
    pub os_arch: String,
    /// Opaque object for the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub extra_specs: Option<Box<RawValue>>,
    /// Whether the agent may offer a shell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_shell: Option<bool>,
    /// Runner group at the forge.
    #[serde(rename = "github-runner-group", skip_serializing_if = "Option::is_none")]
    pub github_runner_group: Option<String>,
    /// Higher wins when several pools fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u32>,
    /// Install template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<i64>,
    /// A proxy; there are none in this version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_id: Option<u64>,
    /// How long the machine of a runner that failed is held for a look, in seconds; 0 = not, and one that is held goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_failed_seconds: Option<u64>,
    /// How often one job of a run is run again that lost its machine of this pool, at most 10; 0 = not at all, -1 = as the entity says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rerun_lost: Option<i64>,
}
