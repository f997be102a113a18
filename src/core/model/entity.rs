//! Entities: what runners are registered with.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::RerunLimits;
use super::words::words;
use super::{CredentialsId, EndpointName, EntityId, SecretString};
use crate::time::Timestamp;

words! {
    /// The kind of an entity at the forge, in the order of lists. The word is also the `scope` claim of instance tokens.
    #[derive(PartialOrd, Ord)]
    EntityKind {
        /// One repository.
        Repository = "repository",
        /// An organization.
        Organization = "organization",
        /// A GitHub enterprise.
        Enterprise = "enterprise",
        /// A whole Gitea or Forgejo instance.
        Instance = "instance",
    }
}

/// How jobs are spread over pools of equal priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Balancer {
    /// Each job goes to the next pool.
    #[default]
    RoundRobin,
    /// Fill one pool before the next.
    Pack,
}

impl Balancer {
    /// The word of the wire format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RoundRobin => "roundrobin",
            Self::Pack => "pack",
        }
    }

    /// Reads the word of the wire format; the empty word means round robin.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "" | "roundrobin" => Some(Self::RoundRobin),
            "pack" => Some(Self::Pack),
            _ => None,
        }
    }
}

/// Where an entity is found at its forge. Equality ignores case, as forges do.
#[derive(Clone, Debug, Eq)]
pub struct EntityRef {
    /// Which kind of entity.
    pub kind: EntityKind,
    /// Owner of a repository; empty for every other kind.
    pub owner: String,
    /// Repository or organization name, enterprise slug; the endpoint's name for an instance.
    pub name: String,
}

impl EntityRef {
    /// `owner/name` for a repository, the name for everything else.
    #[must_use]
    pub fn path(&self) -> String {
        if self.owner.is_empty() { self.name.clone() } else { format!("{}/{}", self.owner, self.name) }
    }
}

impl PartialEq for EntityRef {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.owner.eq_ignore_ascii_case(&other.owner) && self.name.eq_ignore_ascii_case(&other.name)
    }
}

impl fmt::Display for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.path())
    }
}

impl Entity {
    /// How many sets of credentials an entity can have beside the first.
    pub const MORE_CREDENTIALS_MAX: usize = 9;
}

/// A repository, organization, enterprise or forge instance that has runners.
#[derive(Clone, Debug)]
pub struct Entity {
    /// Identity.
    pub id: EntityId,
    /// Where it is at the forge.
    pub at: EntityRef,
    /// The endpoint it lives on; the same as its credentials'.
    pub endpoint: EndpointName,
    /// The credentials used for calls about it.
    pub credentials_id: CredentialsId,
    /// Credentials of the same endpoint that share the calls with those, in turn.
    pub more_credentials: Vec<CredentialsId>,
    /// The secret that signs the forge's deliveries; `None` = the stored one cannot be opened, and another one is to be set.
    pub webhook_secret: Option<SecretString>,
    /// How jobs are spread over pools.
    pub balancer: Balancer,
    /// Whether runners install the agent.
    pub agent_mode: bool,
    /// How often jobs that lost their machine are run again.
    pub rerun: RerunLimits,
    /// The forge's number of it, which stays when its name changes; `None` until the forge has told it.
    pub number: Option<i64>,
    /// Why nothing can be done for it at present (bad credentials, forge down); `None` = all is well.
    pub failure: Option<String>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}
