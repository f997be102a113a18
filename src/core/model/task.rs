//! Leased tasks: work that one replica at a time does for a thing.

use std::fmt;

use super::{EntityId, ScaleSetId};

/// A task that runs on one replica at a time: the one that holds its lease. The value is the key of the lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeasedTask {
    /// Gives an entity the runners that its jobs and pools ask for.
    Reconcile(EntityId),
    /// Reads the forge's log of the deliveries to an entity's hook, and has those made again that did not come in.
    ReadLog(EntityId),
    /// The same for the hook of the GitHub App that an entity's credentials are of. Of the entities of one App, one has something to do.
    ReadAppLog(EntityId),
    /// Lists the jobs that wait or run at the forge, for those that no delivery told of.
    ListJobs(EntityId),
    /// Holds the message session of a scale set.
    Listen(ScaleSetId),
}

impl LeasedTask {
    /// The kind of task, as the store spells it.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Reconcile(_) => "reconcile",
            Self::ReadLog(_) => "read_log",
            Self::ReadAppLog(_) => "read_app_log",
            Self::ListJobs(_) => "list_jobs",
            Self::Listen(_) => "listen",
        }
    }

    /// The id of the thing that the task works for, as the store spells it.
    #[must_use]
    pub fn subject(self) -> String {
        match self {
            Self::Reconcile(entity) | Self::ReadLog(entity) | Self::ReadAppLog(entity) | Self::ListJobs(entity) => entity.to_string(),
            Self::Listen(scale_set) => scale_set.to_string(),
        }
    }

    /// The task of a kind for a thing, as the store spells both.
    #[must_use]
    pub fn from_key(kind: &str, subject: &str) -> Option<Self> {
        match kind {
            "reconcile" => subject.parse().ok().map(Self::Reconcile),
            "read_log" => subject.parse().ok().map(Self::ReadLog),
            "read_app_log" => subject.parse().ok().map(Self::ReadAppLog),
            "list_jobs" => subject.parse().ok().map(Self::ListJobs),
            "listen" => subject.parse().ok().map(ScaleSetId).map(Self::Listen),
            _ => None,
        }
    }

    /// The noun for the thing that the task works for, as messages name it.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Reconcile(_) => "entity",
            Self::ReadLog(_) => "log of deliveries of entity",
            Self::ReadAppLog(_) => "log of deliveries of the App of entity",
            Self::ListJobs(_) => "list of jobs of entity",
            Self::Listen(_) => "session of scale set",
        }
    }
}

/// The thing that the task works for, as messages name it.
impl fmt::Display for LeasedTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.noun(), self.subject())
    }
}
