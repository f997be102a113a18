//! Forge credentials.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Base64, Entity, ForgeEndpoint, Secret, is_default};
use crate::model;
use crate::time::Timestamp;

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
    /// What remains of their budget, as the forge's last answer said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
}

/// What remains of an API budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RateLimit {
    /// Calls per window.
    pub limit: i64,
    /// Calls made.
    pub used: i64,
    /// Calls left.
    pub remaining: i64,
    /// End of the window, Unix seconds.
    pub reset: i64,
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
            auth_type: credentials.secret.kind().as_str().to_owned(),
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

/// A personal access token.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PatParams {
    /// The token.
    pub oauth2_token: Secret,
}

/// The key of a GitHub App installation.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AppParams {
    /// The App's number.
    pub app_id: i64,
    /// The installation's number.
    pub installation_id: i64,
    /// PEM text of the key, in base64.
    pub private_key_bytes: Secret,
}

/// Credentials to be added.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateCredentialsParams {
    /// Unique name.
    pub name: String,
    /// Free text.
    #[serde(skip_serializing_if = "is_default")]
    pub description: String,
    /// Name of the endpoint.
    pub endpoint: String,
    /// `pat` or `app`; with an underscore in requests.
    pub auth_type: String,
    /// The token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pat: Option<PatParams>,
    /// The App.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<AppParams>,
}

/// What to change of credentials; absent = unchanged.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateCredentialsParams {
    /// New name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// New token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pat: Option<PatParams>,
    /// New key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<AppParams>,
}
