//! Errors, accounts, tokens.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Secret, is_default};
use crate::model;
use crate::time::Timestamp;

/// The body of every error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ErrorBody {
    /// Short class of the error.
    pub error: String,
    /// Explanation; empty on 401 and 500.
    pub details: String,
}

/// The administrator to be made.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct NewUserParams {
    /// Login name: letters and digits.
    pub username: String,
    /// Mail address.
    pub email: String,
    /// Display name.
    pub full_name: String,
    /// Password.
    pub password: Secret,
    /// The one-time code that the log of the server shows, for a first run from elsewhere that comes late.
    #[serde(skip_serializing_if = "Secret::is_empty")]
    pub code: Secret,
}

/// An account.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct User {
    /// Identity.
    pub id: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Mail address.
    pub email: String,
    /// Login name.
    pub username: String,
    /// Display name.
    #[serde(default, skip_serializing_if = "is_default")]
    pub full_name: String,
    /// Whether it may be used.
    #[serde(default, skip_serializing_if = "is_default")]
    pub enabled: bool,
    /// Whether it administers the installation.
    #[serde(default, skip_serializing_if = "is_default")]
    pub is_admin: bool,
}

impl From<&model::User> for User {
    fn from(user: &model::User) -> Self {
        Self {
            id: user.id.to_string(),
            created_at: user.created_at,
            updated_at: user.updated_at,
            email: user.email.clone(),
            username: user.username.clone(),
            full_name: user.full_name.clone(),
            enabled: user.enabled,
            is_admin: user.is_admin,
        }
    }
}

/// Who logs in.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct LoginParams {
    /// Login name or mail address.
    pub username: String,
    /// Password.
    pub password: Secret,
}

/// A token.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct JwtResponse {
    /// The JWT.
    pub token: Secret,
}
