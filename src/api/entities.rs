//! Repositories, organizations, enterprises and forge instances, and the credentials for them.
//!
//! The entities have one shape, because their replies differ only in absent fields. Credentials are here because the two types hold each other.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Base64, ForgeEndpoint, Pool, RateLimit, Secret, is_default};
use crate::model::{self, EntityKind};
use crate::time::Timestamp;

/// A repository, organization, enterprise or forge instance.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Entity {
    /// Identity.
    pub id: String,
    /// Owner of a repository.
    #[serde(skip_serializing_if = "is_default")]
    pub owner: String,
    /// Name; absent for a forge instance.
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    /// Its pools; only when one is read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    pub pool: Vec<Pool>,
    /// Name of the credentials.
    #[serde(skip_serializing_if = "is_default")]
    pub credentials_name: String,
    /// Number of the credentials.
    #[serde(skip_serializing_if = "is_default")]
    pub credentials_id: i64,
    /// Names of credentials that share the calls with those, in turn.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub more_credentials: Vec<String>,
    /// The credentials.
    #[schema(no_recursion)]
    pub credentials: ForgeCredentials,
    /// Whether runners install the agent.
    pub agent_mode: bool,
    /// Whether all is well.
    pub pool_manager_status: PoolManagerStatus,
    /// How jobs are spread over pools: `roundrobin` or `pack`.
    pub pool_balancing_type: String,
    /// Where it is.
    pub endpoint: ForgeEndpoint,
    /// When it was added.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Its last events; only when one is read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EntityEvent>,
    /// How often one job of a run is run again that lost its machine; absent = not at all.
    #[serde(skip_serializing_if = "is_default")]
    pub rerun_lost: u32,
    /// How many such jobs are run again in 24 hours; absent while none is.
    #[serde(skip_serializing_if = "is_default")]
    pub rerun_lost_per_day: u32,
}

impl Entity {
    /// As the API shows an entity in a list.
    #[must_use]
    pub fn new(entity: &model::Entity, credentials: &model::Credentials, endpoint: &model::Endpoint) -> Self {
        let no_secret = || entity.webhook_secret.is_none().then(|| format!("webhook: {UNOPENABLE}"));
        let failure = entity.failure.clone().or_else(no_secret);
        Self {
            id: entity.id.to_string(),
            owner: entity.at.owner.clone(),
            name: if entity.at.kind == EntityKind::Instance { String::new() } else { entity.at.name.clone() },
            pool: Vec::new(),
            credentials_name: credentials.name.clone(),
            credentials_id: credentials.id.0,
            more_credentials: Vec::new(),
            credentials: ForgeCredentials::new(credentials, endpoint, None),
            agent_mode: entity.agent_mode,
            pool_manager_status: PoolManagerStatus { running: failure.is_none(), failure_reason: failure.unwrap_or_default() },
            pool_balancing_type: entity.balancer.as_str().to_owned(),
            endpoint: endpoint.into(),
            created_at: entity.created_at,
            updated_at: entity.updated_at,
            events: Vec::new(),
            rerun_lost: entity.rerun.per_run,
            rerun_lost_per_day: if entity.rerun == model::RerunLimits::default() { 0 } else { entity.rerun.per_day },
        }
    }
}

/// The fault of a row whose sealed secret cannot be opened.
const UNOPENABLE: &str = "the stored secret cannot be opened; set it again";

/// Whether something can be done for an entity at present.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PoolManagerStatus {
    /// All is well.
    #[serde(skip_serializing_if = "is_default")]
    pub running: bool,
    /// Why not.
    #[serde(skip_serializing_if = "is_default")]
    pub failure_reason: String,
}

/// Something that happened to an entity.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EntityEvent {
    /// Row number.
    pub id: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Its subject.
    pub event_type: String,
    /// How important it is.
    pub event_level: String,
    /// The text.
    pub message: String,
}

impl From<&model::EntityEvent> for EntityEvent {
    fn from(event: &model::EntityEvent) -> Self {
        Self {
            id: event.id,
            created_at: event.created_at,
            event_type: event.kind.as_str().to_owned(),
            event_level: event.level.as_str().to_owned(),
            message: event.message.clone(),
        }
    }
}

/// An entity to be added; each kind uses what it needs.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateEntityParams {
    /// Owner of a repository.
    #[serde(skip_serializing_if = "is_default")]
    pub owner: String,
    /// Name of a repository, organization or enterprise.
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    /// Endpoint of a forge instance.
    #[serde(skip_serializing_if = "is_default")]
    pub endpoint_name: String,
    /// Name of existing credentials.
    pub credentials_name: String,
    /// Names of credentials of the same endpoint that share the calls with those, in turn; at most 9.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub more_credentials: Vec<String>,
    /// The secret that signs the forge's deliveries.
    pub webhook_secret: Secret,
    /// How jobs are spread over pools; empty = round robin.
    #[serde(skip_serializing_if = "is_default")]
    pub pool_balancer_type: String,
    /// The kind of forge the credentials must be for; empty = whichever they are for.
    #[serde(skip_serializing_if = "is_default")]
    pub forge_type: String,
    /// Whether runners install the agent.
    #[serde(skip_serializing_if = "is_default")]
    pub agent_mode: bool,
    /// How often one job of a run is run again that lost its machine, at most 10; absent = not at all.
    #[serde(skip_serializing_if = "is_default")]
    pub rerun_lost: u32,
    /// How many such jobs are run again in 24 hours, at most 10,000; absent = 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rerun_lost_per_day: Option<u32>,
}

/// The changes of an entity; empty or absent = unchanged.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateEntityParams {
    /// Other credentials of the same endpoint.
    #[serde(skip_serializing_if = "is_default")]
    pub credentials_name: String,
    /// Names of credentials of the same endpoint that share the calls with those, in turn; at most 9, and with none the first are used alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more_credentials: Option<Vec<String>>,
    /// The secret that signs the forge's deliveries.
    #[serde(skip_serializing_if = "Secret::is_empty")]
    pub webhook_secret: Secret,
    /// How long the secret before the new one stays good, such as `24h` or `0s`; empty = 24 hours.
    #[serde(skip_serializing_if = "is_default")]
    pub webhook_secret_overlap: String,
    /// How jobs are spread over pools.
    #[serde(skip_serializing_if = "is_default")]
    pub pool_balancer_type: String,
    /// Whether runners install the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_mode: Option<bool>,
    /// How often one job of a run is run again that lost its machine, at most 10; 0 = not at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rerun_lost: Option<u32>,
    /// How many such jobs are run again in 24 hours, at most 10,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rerun_lost_per_day: Option<u32>,
}

/// Credentials, without their secret.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ForgeCredentials {
    /// Row number.
    #[serde(skip_serializing_if = "is_default")]
    pub id: i64,
    /// Unique name.
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    /// Free text.
    #[serde(skip_serializing_if = "is_default")]
    pub description: String,
    /// API address of the endpoint.
    #[serde(skip_serializing_if = "is_default")]
    pub api_base_url: String,
    /// Upload address of the endpoint.
    #[serde(skip_serializing_if = "is_default")]
    pub upload_base_url: String,
    /// Web address of the endpoint.
    #[serde(skip_serializing_if = "is_default")]
    pub base_url: String,
    /// PEM bundle of the endpoint.
    #[serde(skip_serializing_if = "is_default")]
    pub ca_bundle: Option<Base64>,
    /// `pat` or `app`; with a dash in replies.
    #[serde(rename = "auth-type", skip_serializing_if = "is_default")]
    pub auth_type: String,
    /// Why they cannot be used: the stored secret cannot be opened.
    #[serde(skip_serializing_if = "is_default")]
    pub fault: String,
    /// `github` or `gitea`.
    #[serde(skip_serializing_if = "is_default")]
    pub forge_type: String,
    /// Repositories that use them; only when one is read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    pub repositories: Vec<Entity>,
    /// Organizations that use them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    pub organizations: Vec<Entity>,
    /// Enterprises that use them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    pub enterprises: Vec<Entity>,
    /// The endpoint they are for.
    pub endpoint: ForgeEndpoint,
    /// When they were added.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When they were last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// The rest of their budget, as of the forge's last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
}

impl ForgeCredentials {
    /// As the API shows credentials.
    #[must_use]
    pub fn new(credentials: &model::Credentials, endpoint: &model::Endpoint, rate_limit: Option<model::RateLimit>) -> Self {
        Self {
            id: credentials.id.0,
            name: credentials.name.clone(),
            description: credentials.description.clone(),
            api_base_url: endpoint.api_base_url.clone(),
            upload_base_url: endpoint.upload_base_url.clone(),
            base_url: endpoint.base_url.clone(),
            ca_bundle: endpoint.ca_cert_bundle.clone().map(Base64),
            auth_type: credentials.secret.kind().map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
            fault: credentials.secret.kind().map_or_else(|| UNOPENABLE.to_owned(), |_| String::new()),
            forge_type: endpoint.kind.to_string(),
            repositories: Vec::new(),
            organizations: Vec::new(),
            enterprises: Vec::new(),
            endpoint: endpoint.into(),
            created_at: credentials.created_at,
            updated_at: credentials.updated_at,
            rate_limit: rate_limit.map(|limit| RateLimit {
                limit: limit.limit,
                used: limit.used,
                remaining: limit.remaining,
                reset: limit.reset,
            }),
        }
    }
}
