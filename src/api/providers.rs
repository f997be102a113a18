//! Providers.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::is_default;
use crate::time::Timestamp;

/// A provider of the server's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Provider {
    /// Its name.
    pub name: String,
    /// Its kind; `external` is the only one.
    #[serde(rename = "type")]
    pub kind: String,
    /// Free text.
    #[serde(skip_serializing_if = "is_default")]
    pub description: String,
}

/// A provider, with what it says of itself and how its calls went on the server that answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProviderDetails {
    /// As in lists.
    #[serde(flatten)]
    pub provider: Provider,
    /// The executable.
    pub executable: String,
    /// Its own configuration file.
    #[serde(skip_serializing_if = "is_default")]
    pub config_file: String,
    /// Whether its runners get just-in-time configurations.
    pub jit: bool,
    /// The version of the provider interface it is called with.
    pub interface_version: String,
    /// The time limit of a call that has no narrower one, in seconds.
    pub time_limit: f64,
    /// How many calls may run at once.
    pub max_parallel_calls: usize,
    /// Its version; absent = it cannot say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Versions of the provider interface it speaks; empty = it cannot say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub supported_interface_versions: Vec<String>,
    /// JSON schema of its configuration file; absent = it offers none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub config_schema: Option<Value>,
    /// JSON schema of a pool's extra specs; absent = it offers none. Pools are checked against it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub extra_specs_schema: Option<Value>,
    /// How its calls went since the server started.
    pub calls: Vec<ProviderCalls>,
}

/// The calls of one command.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProviderCalls {
    /// The command.
    pub command: String,
    /// How many are under way.
    pub running: u64,
    /// How many ended.
    pub ended: u64,
    /// How many of those failed.
    pub failed: u64,
    /// How long those that ended took together, in seconds.
    pub seconds: f64,
    /// How many took no longer than each bound; ascending.
    pub buckets: Vec<DurationBucket>,
    /// The one that ended last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<ProviderCall>,
}

/// How many calls took no longer than a bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct DurationBucket {
    /// The bound, in seconds.
    pub le: f64,
    /// How many.
    pub count: u64,
}

/// A call that ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProviderCall {
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// How long it took.
    pub seconds: f64,
    /// Its fault; absent = none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// The end of what it printed to standard error.
    #[serde(skip_serializing_if = "is_default")]
    pub stderr: String,
}
