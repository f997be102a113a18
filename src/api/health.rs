//! Whether the server can do its work.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::is_default;

/// Whether the server can do its work.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Readiness {
    /// `ready` or `not ready`.
    pub status: String,
    /// The parts of the server, for administrators only.
    #[serde(skip_serializing_if = "is_default")]
    pub parts: Vec<PartReadiness>,
}

/// A part of the server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PartReadiness {
    /// `listener`, `database`, `leases` or `tasks`.
    pub name: String,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "is_default")]
    pub fault: String,
}
