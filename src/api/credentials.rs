//! How credentials are added and changed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Secret, is_default};

/// The rest of an API budget.
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
    /// The secret of the App's own webhook; empty = none, or unchanged.
    #[serde(skip_serializing_if = "Secret::is_empty")]
    pub app_webhook_secret: Secret,
}

/// The changes of credentials; absent = unchanged.
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
    /// The secret of the App's own webhook; empty = none, or unchanged.
    #[serde(skip_serializing_if = "Secret::is_empty")]
    pub app_webhook_secret: Secret,
}
