//! What happened: messages people read, and the ordered feed of committed changes that machines follow.

use serde::{Deserialize, Serialize};

use super::EntityId;
use crate::time::Timestamp;

/// How important an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventLevel {
    /// The ordinary course of things.
    Info,
    /// Something to look at.
    Warning,
    /// Something failed.
    Error,
}

impl EventLevel {
    /// The word of the wire format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// Reads the word of the wire format.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Info, Self::Warning, Self::Error].into_iter().find(|level| level.as_str() == word)
    }
}

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// A change of state.
    #[serde(rename = "status")]
    Status,
    /// A registration token was handed out.
    #[serde(rename = "fetchToken")]
    FetchToken,
}

impl EventKind {
    /// The word of the wire format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::FetchToken => "fetchToken",
        }
    }

    /// Reads the word of the wire format.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Status, Self::FetchToken].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A message about an entity, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityEvent {
    /// Row number.
    pub id: i64,
    /// When it happened.
    pub created_at: Timestamp,
    /// What it is about.
    pub kind: EventKind,
    /// How important it is.
    pub level: EventLevel,
    /// The text.
    pub message: String,
}

/// The kind of thing a committed change is about; the words of the wire format's `entity-type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the variants are the words of the wire format and mean what they say")]
pub enum ChangeKind {
    Repository,
    Organization,
    Enterprise,
    ForgeInstance,
    Pool,
    Instance,
    Job,
    Controller,
    User,
    GithubCredentials,
    GithubEndpoint,
    Template,
}

impl ChangeKind {
    const ALL: [Self; 12] = [
        Self::Repository,
        Self::Organization,
        Self::Enterprise,
        Self::ForgeInstance,
        Self::Pool,
        Self::Instance,
        Self::Job,
        Self::Controller,
        Self::User,
        Self::GithubCredentials,
        Self::GithubEndpoint,
        Self::Template,
    ];

    /// The word of the wire format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Repository => "repository",
            Self::Organization => "organization",
            Self::Enterprise => "enterprise",
            Self::ForgeInstance => "forge_instance",
            Self::Pool => "pool",
            Self::Instance => "instance",
            Self::Job => "job",
            Self::Controller => "controller",
            Self::User => "user",
            Self::GithubCredentials => "github_credentials",
            Self::GithubEndpoint => "github_endpoint",
            Self::Template => "template",
        }
    }

    /// Reads the word of the wire format.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the variants are the words of the wire format and mean what they say")]
pub enum ChangeOp {
    Create,
    Update,
    Delete,
}

impl ChangeOp {
    /// The word of the wire format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    /// Reads the word of the wire format.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Create, Self::Update, Self::Delete].into_iter().find(|op| op.as_str() == word)
    }
}

/// One committed change. Changes are numbered in the order of their commits, without loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Position in the feed.
    pub seq: i64,
    /// What kind of thing changed.
    pub kind: ChangeKind,
    /// What was done to it.
    pub op: ChangeOp,
    /// The thing's id (or name, where the name is its key) as text.
    pub key: String,
    /// The entity it belongs to, whose reconcile task is to be rung; `None` for installation-wide things.
    pub entity: Option<EntityId>,
}
