//! Events: messages for people, and the ordered feed of committed changes that machines follow.

use super::EntityId;
use super::words::words;
use crate::time::Timestamp;

words! {
    /// How important an event is.
    EventLevel {
        /// The ordinary course of things.
        Info = "info",
        /// Something to look at.
        Warning = "warning",
        /// Something failed.
        Error = "error",
    }
}

words! {
    /// The subject of an event.
    EventKind {
        /// A change of state.
        Status = "status",
        /// A registration token was handed out.
        FetchToken = "fetchToken",
    }
}

/// A message about an entity, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityEvent {
    /// Row number.
    pub id: i64,
    /// When it happened.
    pub created_at: Timestamp,
    /// Its subject.
    pub kind: EventKind,
    /// How important it is.
    pub level: EventLevel,
    /// The text.
    pub message: String,
}

words! {
    /// The kind of thing a committed change is about; the words of the wire format's `entity-type`.
    #[expect(missing_docs, reason = "the variants are the words of the wire format and mean what they say")]
    ChangeKind {
        Repository = "repository",
        Organization = "organization",
        Enterprise = "enterprise",
        ForgeInstance = "forge_instance",
        Pool = "pool",
        ScaleSet = "scaleset",
        Instance = "instance",
        Job = "job",
        Controller = "controller",
        User = "user",
        // Upstream's words on the wire. They also stand in the table `changes`, which a replica of an older version reads.
        Credentials = "github_credentials",
        Endpoint = "github_endpoint",
        Template = "template",
    }
}

words! {
    /// The operation.
    #[expect(missing_docs, reason = "the variants are the words of the wire format and mean what they say")]
    ChangeOp {
        Create = "create",
        Update = "update",
        Delete = "delete",
    }
}

/// One committed change. Changes are numbered in the order of their commits, without loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Position in the feed.
    pub seq: i64,
    /// The kind of thing that changed.
    pub kind: ChangeKind,
    /// The operation on it.
    pub op: ChangeOp,
    /// The thing's id (or name, where the name is its key) as text.
    pub key: String,
    /// The entity it belongs to, whose reconcile task is to be rung; `None` for installation-wide things.
    pub entity: Option<EntityId>,
}
