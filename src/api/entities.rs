//! Repositories, organizations, enterprises and forge instances: one shape, because their replies differ only in what is absent.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ForgeCredentials, ForgeEndpoint, Pool, Secret, is_default};
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
    /// What happened to it last; only when one is read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EntityEvent>,
}

impl Entity {
    /// As the API shows an entity in a list.
    #[must_use]
    pub fn new(entity: &model::Entity, credentials: &model::Credentials, endpoint: &model::Endpoint) -> Self {
        Self {
            id: entity.id.to_string(),
            owner: entity.at.owner.clone(),
            name: if entity.at.kind == EntityKind::Instance { String::new() } else { entity.at.name.clone() },
            pool: Vec::new(),
            credentials_name: credentials.name.clone(),
            credentials_id: credentials.id.0,
            credentials: ForgeCredentials::new(credentials, endpoint, None),
            agent_mode: entity.agent_mode,
            pool_manager_status: PoolManagerStatus {
                running: entity.failure.is_none(),
                failure_reason: entity.failure.clone().unwrap_or_default(),
            },
            pool_balancing_type: entity.balancer.as_str().to_owned(),
            endpoint: endpoint.into(),
            created_at: entity.created_at,
            updated_at: entity.updated_at,
            events: Vec::new(),
        }
    }
}

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
    /// What it is about.
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
    /// What the forge signs its deliveries with.
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
}

/// What to change of an entity; empty or absent = unchanged.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateEntityParams {
    /// Other credentials of the same endpoint.
    #[serde(skip_serializing_if = "is_default")]
    pub credentials_name: String,
    /// What the forge signs its deliveries with.
    #[serde(skip_serializing_if = "Secret::is_empty")]
    pub webhook_secret: Secret,
    /// How jobs are spread over pools.
    #[serde(skip_serializing_if = "is_default")]
    pub pool_balancer_type: String,
    /// Whether runners install the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_mode: Option<bool>,
}
