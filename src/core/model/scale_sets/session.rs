//! The message session of a scale set. A scale set has at most one at a time.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{ScaleSetStatistics, ServiceScaleSet};
use crate::model::SecretString;
use crate::time::Timestamp;

/// The service's id of a message session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub Uuid);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for SessionId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Uuid::parse_str(text).map(Self)
    }
}

/// A message session, as the service made or refreshed it.
#[derive(Clone, Debug)]
pub struct MessageSession {
    /// Its id.
    pub id: SessionId,
    /// The name of its owner.
    pub owner: String,
    /// The address of its messages; empty = the service gave none, and the session is of no use.
    pub queue_url: String,
    /// The token for its messages.
    pub token: SecretString,
    /// When the token ends, by this server's clock.
    pub token_ends_at: Timestamp,
    /// The scale set; `None` = the service does not say.
    pub scale_set: Option<ServiceScaleSet>,
    /// The jobs and runners of the scale set; `None` = the service does not say.
    pub statistics: Option<ScaleSetStatistics>,
}
