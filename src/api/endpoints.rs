//! Forge endpoints.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Base64, is_default};
use crate::model;
use crate::time::Timestamp;

/// Where a forge is.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ForgeEndpoint {
    /// Unique name.
    #[serde(skip_serializing_if = "is_default")]
    pub name: String,
    /// Free text.
    #[serde(skip_serializing_if = "is_default")]
    pub description: String,
    /// API address.
    #[serde(skip_serializing_if = "is_default")]
    pub api_base_url: String,
    /// Upload address.
    #[serde(skip_serializing_if = "is_default")]
    pub upload_base_url: String,
    /// Web address.
    #[serde(skip_serializing_if = "is_default")]
    pub base_url: String,
    /// PEM bundle that validates the forge's certificate.
    #[serde(skip_serializing_if = "is_default")]
    pub ca_cert_bundle: Option<Base64>,
    /// When it was added.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// `github` or `gitea`.
    #[serde(skip_serializing_if = "is_default")]
    pub endpoint_type: String,
}

impl From<&model::Endpoint> for ForgeEndpoint {
    fn from(endpoint: &model::Endpoint) -> Self {
        Self {
            name: endpoint.name.to_string(),
            description: endpoint.description.clone(),
            api_base_url: endpoint.api_base_url.clone(),
            upload_base_url: endpoint.upload_base_url.clone(),
            base_url: endpoint.base_url.clone(),
            ca_cert_bundle: endpoint.ca_cert_bundle.clone().map(Base64),
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
            endpoint_type: endpoint.kind.to_string(),
        }
    }
}

/// An endpoint to be added.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateEndpointParams {
    /// Unique name.
    pub name: String,
    /// Free text.
    #[serde(skip_serializing_if = "is_default")]
    pub description: String,
    /// API address.
    pub api_base_url: String,
    /// Upload address.
    #[serde(skip_serializing_if = "is_default")]
    pub upload_base_url: String,
    /// Web address.
    pub base_url: String,
    /// PEM bundle that validates the forge's certificate.
    #[serde(skip_serializing_if = "is_default")]
    pub ca_cert_bundle: Option<Base64>,
}

/// The changes of an endpoint; absent = unchanged.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateEndpointParams {
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// API address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_base_url: Option<String>,
    /// Upload address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upload_base_url: Option<String>,
    /// Web address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// PEM bundle that validates the forge's certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_cert_bundle: Option<Base64>,
}
