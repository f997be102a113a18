//! The paths and the wire types of the HTTP API, shared by server and client. The fields are upstream's, and some of our own.
//!
//! Replies leave out fields that are empty, zero or false, as upstream's do, except times and nested objects. In requests, an absent, `null` or empty
//! field means "unchanged" where it does so upstream. Plain data: no I/O, no clock.

mod autopsies;
mod controller;
mod credentials;
mod deliveries;
mod endpoints;
mod entities;
mod health;
mod instances;
mod jobs;
pub mod paths;
mod pools;
mod providers;
mod scalar;
mod scale_sets;
mod session;
mod templates;
mod webhooks;
mod why;

use crate::model::RunnerSetId;

pub use autopsies::Autopsy;
pub use controller::{ControllerInfo, UpdateControllerParams};
pub use credentials::{AppParams, CreateCredentialsParams, PatParams, RateLimit, UpdateCredentialsParams};
pub use deliveries::Delivery;
pub use endpoints::{CreateEndpointParams, ForgeEndpoint, UpdateEndpointParams};
pub use entities::{CreateEntityParams, Entity, EntityEvent, ForgeCredentials, PoolManagerStatus, UpdateEntityParams};
pub use health::{PartReadiness, Readiness};
pub use instances::{
    Address, AgentCapabilities, Instance, InstanceMetadata, InstanceUpdateMessage, MetadataAccess, RunnerDownload, StatusMessage,
    SystemInfo,
};
pub use jobs::{Job, JobLoss};
pub use pools::{CreatePoolParams, Pool, Tag, UpdatePoolParams};
pub use providers::{DurationBucket, Provider, ProviderCall, ProviderCalls, ProviderDetails};
pub use scalar::{Base64, Secret};
pub use scale_sets::{CreateScaleSetParams, ScaleSet, ScaleSetSession, UpdateScaleSetParams};
pub use session::{ErrorBody, JwtResponse, LoginParams, NewUserParams, User};
pub use templates::{CreateTemplateParams, RestoreTemplatesParams, Template, UpdateTemplateParams};
pub use webhooks::{HookInfo, InstallWebhookParams};
pub use why::{Decision, Forecast, PoolDecision, RunnerStage};

/// The pool that a runner set is; empty = it is none.
fn pool_id(set: RunnerSetId) -> String {
    set.pool().map(|id| id.to_string()).unwrap_or_default()
}

/// The number of the scale set that a runner set is; 0 = it is none.
fn scale_set_id(set: RunnerSetId) -> i64 {
    set.scale_set().map_or(0, |id| id.0)
}

/// Whether a field is left out of a reply.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
