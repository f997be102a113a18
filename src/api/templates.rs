//! Runner install templates.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Base64, is_default};
use crate::model;
use crate::time::Timestamp;

/// An install template.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Template {
    /// Number.
    pub id: i64,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Unique name.
    pub name: String,
    /// Free text.
    pub description: String,
    /// The system it installs on: `linux` or `windows`.
    pub os_type: String,
    /// The kind of forge it registers with: `github` or `gitea`.
    #[serde(skip_serializing_if = "is_default")]
    pub forge_type: String,
    /// The text; `null` in lists.
    pub data: Option<Base64>,
    /// Who made it; `system` = it came with the program.
    #[serde(skip_serializing_if = "is_default")]
    pub owner_id: String,
}

impl From<model::Template> for Template {
    fn from(template: model::Template) -> Self {
        Self {
            id: template.id.0,
            created_at: template.created_at,
            updated_at: template.updated_at,
            name: template.name,
            description: template.description,
            os_type: template.os_type.to_string(),
            forge_type: template.forge.to_string(),
            data: Some(Base64(template.data.into_bytes())),
            owner_id: template.owner.unwrap_or_else(|| "system".to_owned()),
        }
    }
}

/// A template to be made.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CreateTemplateParams {
    /// Unique name.
    pub name: String,
    /// Free text.
    pub description: String,
    /// The text, in the language of Go's `text/template`.
    pub data: Base64,
    /// The system it installs on: `linux` or `windows`.
    pub os_type: String,
    /// The kind of forge it registers with: `github` or `gitea`.
    pub forge_type: String,
}

/// The changes of a template; absent = unchanged.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct UpdateTemplateParams {
    /// Unique name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The text; empty = unchanged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Base64>,
}

/// Which shipped templates are to be as they were shipped again.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RestoreTemplatesParams {
    /// The one for this kind of forge,
    #[serde(skip_serializing_if = "is_default")]
    pub forge: String,
    /// and this system.
    #[serde(skip_serializing_if = "is_default")]
    pub os_type: String,
    /// All of them, in spite of other filters.
    #[serde(skip_serializing_if = "is_default")]
    pub restore_all: bool,
}
