//! Scale sets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::pools::pause_reason;
use super::{ForgeEndpoint, Instance, StatusMessage, Tag, is_default};
use crate::model::{self, EntityKind, SessionStanding};
use crate::time::Timestamp;

/// A scale set: runners of one shape that a service of the forge assigns jobs to.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScaleSet {
    /// Prefix of runner names.
    #[serde(skip_serializing_if = "is_default")]
    pub runner_prefix: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Identity: the number in the paths of the API.
    pub id: i64,
    /// The number that the forge gave it; absent = not known yet.
    #[serde(skip_serializing_if = "is_default")]
    pub scale_set_id: i64,
    /// Its name, which is also the label that jobs ask for.
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    /// Whether its runners must not update themselves.
    pub disable_update: bool,
    /// How far it is at the forge: `pending_create`, `created`, `error`, `pending_delete` or `pending_force_delete`.
    pub state: String,
    /// Words about the state.
    #[serde(skip_serializing_if = "is_default")]
    pub extended_state: String,
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
    /// Whether jobs are taken and runners are made.
    #[serde(skip_serializing_if = "is_default")]
    pub enabled: bool,
    /// Its runners; only when one is read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    pub instances: Vec<Instance>,
    /// Runners that the forge asks for.
    #[serde(skip_serializing_if = "is_default")]
    pub desired_runner_count: u32,
    /// Whether the agent may offer a shell.
    pub enable_shell: bool,
    /// Raised when a setting that shapes runners changes.
    pub generation: i64,
    /// Where its entity is.
    pub endpoint: ForgeEndpoint,
    /// Minutes a runner may take to come up.
    #[serde(skip_serializing_if = "is_default")]
    pub runner_bootstrap_timeout: u64,
    /// Opaque object for the provider; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub extra_specs: Option<Box<RawValue>>,
    /// Runner group at the forge.
    #[serde(rename = "github-runner-group", skip_serializing_if = "is_default")]
    pub github_runner_group: String,
    /// Labels beside its name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// Upstream keeps none either: always `null`. The events of the entity tell of its scale sets.
    pub status_messages: Option<Vec<StatusMessage>>,
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
    /// Install template: its own, or the shipped one that is used without.
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
    /// Version of the runner software that its new machines install; absent = not known.
    #[serde(skip_serializing_if = "is_default")]
    pub runner_version: String,
    /// From when on the forge gives no jobs to runners of that version, if it has set a date.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub runner_version_retires_at: Option<Timestamp>,
    /// Why it pauses: its last machines were of no use, or could not be made, or the forge gives their version no jobs.
    #[serde(skip_serializing_if = "is_default")]
    pub pause_reason: String,
    /// When the pause is, or was, over. After it one machine is made on trial.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub paused_until: Option<Timestamp>,
    /// How many runners the forge is promised, those that are there included.
    #[serde(skip_serializing_if = "is_default")]
    pub promised_runners: u32,
    /// How its message session stands; absent = there was none so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<ScaleSetSession>,
}

/// How the message session of a scale set stands.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ScaleSetSession {
    /// `preparing`, `opening`, `listening`, `closing` or `closed`.
    pub stage: String,
    /// The forge's id of it; absent = none is open.
    #[serde(skip_serializing_if = "is_default")]
    pub id: String,
    /// When the forge last answered, to within five minutes while all is well; absent = never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_good_at: Option<Timestamp>,
    /// The error that happened last, since the forge last answered.
    #[serde(skip_serializing_if = "is_default")]
    pub error: String,
    /// When the first of these errors in a row happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub failing_since: Option<Timestamp>,
    /// How many there were in a row.
    #[serde(skip_serializing_if = "is_default")]
    pub failures: u32,
    /// When the next try is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_try_at: Option<Timestamp>,
    /// Something odd that stops nothing: the forge has another name for the scale set, or calls it outdated.
    #[serde(skip_serializing_if = "is_default")]
    pub remark: String,
}

impl From<&SessionStanding> for ScaleSetSession {
    fn from(standing: &SessionStanding) -> Self {
        let fault = standing.fault.as_ref();
        Self {
            stage: standing.stage.to_string(),
            id: standing.session.map(|id| id.to_string()).unwrap_or_default(),
            last_good_at: standing.last_good.map(|(at, _)| at),
            error: fault.map(|fault| fault.text.clone()).unwrap_or_default(),
            failing_since: fault.map(|fault| fault.since),
            failures: fault.map_or(0, |fault| fault.times),
            next_try_at: standing.next_try,
            remark: standing.remark.clone().unwrap_or_default(),
        }
    }
}

impl ScaleSet {
    /// As the API shows a scale set in a list.
    #[must_use]
    pub fn new(set: &model::ScaleSet, entity: &model::Entity, endpoint: &model::Endpoint) -> Self {
        let mut shown = Self {
            runner_prefix: set.runner_prefix.clone(),
            created_at: set.created_at,
            updated_at: set.updated_at,
            id: set.id.0,
            scale_set_id: set.service_id.map_or(0, |id| id.0),
            name: set.name.clone(),
            disable_update: set.disable_update,
            state: set.state.to_string(),
            extended_state: set.extended_state.clone(),
            provider_name: set.provider.to_string(),
            max_runners: set.max_runners,
            min_idle_runners: set.min_idle_runners,
            image: set.image.clone(),
            flavor: set.flavor.clone(),
            os_type: set.os_type.to_string(),
            os_arch: set.os_arch.to_string(),
            enabled: set.enabled,
            desired_runner_count: set.demand.assigned,
            enable_shell: set.enable_shell,
            generation: set.generation,
            endpoint: endpoint.into(),
            runner_bootstrap_timeout: set.bootstrap_timeout.as_secs() / 60,
            github_runner_group: set.runner_group.clone(),
            tags: set.labels.iter().map(|label| Tag::new(label)).collect(),
            template_id: set.template_id.map_or(0, |id| id.0),
            machines_made: set.memory.made,
            machines_served: set.memory.served,
            machines_in_vain: set.memory.useless.clone(),
            failures: set.memory.causes.iter().map(|(cause, count)| (cause.to_string(), *count)).collect(),
            keep_failed_seconds: set.keep_failed.as_secs(),
            pause_reason: pause_reason(&set.memory),
            promised_runners: set.demand.capacity,
            ..Self::default()
        };
        let (id, name) = match entity.at.kind {
            EntityKind::Repository => (&mut shown.repo_id, &mut shown.repo_name),
            EntityKind::Organization => (&mut shown.org_id, &mut shown.org_name),
            // A forge instance has no scale sets.
            EntityKind::Enterprise | EntityKind::Instance => (&mut shown.enterprise_id, &mut shown.enterprise_name),
        };
        *id = entity.id.to_string();
        *name = entity.at.path();
        shown
    }

    /// With the version that its new machines install.
    pub fn set_version(&mut self, set: &model::ScaleSet, versions: &model::RunnerVersions) {
        let version = versions.offered_for(set.os_type, set.os_arch);
        self.runner_version = version.map(String::from).unwrap_or_default();
        self.runner_version_retires_at = version.and_then(|version| versions.retires_at(version));
    }

    /// The entity it is for, as people call it.
    #[must_use]
    pub fn entity_name(&self) -> &str {
        [&self.repo_name, &self.org_name].into_iter().find(|name| !name.is_empty()).unwrap_or(&self.enterprise_name)
    }
}

/// A scale set to be made.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateScaleSetParams {
    /// Prefix of runner names; empty = `garm`.
    #[serde(skip_serializing_if = "is_default")]
    pub runner_prefix: String,
    /// Its name, which is also the label that jobs ask for.
    pub name: String,
    /// Whether its runners must not update themselves.
    pub disable_update: bool,
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
    /// Whether jobs are taken and runners are made.
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
    /// Runner group at the forge; empty = `Default`.
    #[serde(rename = "github-runner-group", skip_serializing_if = "is_default")]
    pub github_runner_group: String,
    /// Install template; absent = the shipped one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<i64>,
    /// Labels beside its name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// A proxy; there are none in this version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_id: Option<u64>,
    /// How long the machine of a runner that failed is held for a look, in seconds; 0 = not.
    #[serde(skip_serializing_if = "is_default")]
    pub keep_failed_seconds: u64,
}

/// The changes of a scale set; empty or absent = unchanged.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateScaleSetParams {
    /// Prefix of runner names.
    #[serde(skip_serializing_if = "is_default")]
    pub runner_prefix: String,
    /// Its name.
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    /// Whether its runners must not update themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_update: Option<bool>,
    /// Whether jobs are taken and runners are made.
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
    /// Runner group at the forge. The field has another name than elsewhere, as upstream has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runner_group: Option<String>,
    /// How far it is at the forge. Only the state that it has is accepted: the server sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Words about the state. Only those that it has are accepted: the server sets them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_state: Option<String>,
    /// Install template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<i64>,
    /// Labels beside its name; an empty list takes all of them away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
    /// A proxy; there are none in this version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_id: Option<u64>,
    /// How long the machine of a runner that failed is held for a look, in seconds; 0 = not, and one that is held goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_failed_seconds: Option<u64>,
}
