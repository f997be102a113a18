//! Runners, how they are registered, and their sessions.

use super::scope::Scope;
use crate::time::Timestamp;

/// A label of a runner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Number at the forge.
    pub id: i64,
    /// Text.
    pub name: String,
    /// `false` for the labels `config.sh` adds by itself.
    pub custom: bool,
}

/// A registered runner.
#[derive(Clone, Debug)]
pub struct Runner {
    /// Number at the forge.
    pub id: i64,
    /// Name, unique within the scope.
    pub name: String,
    /// Where it is registered.
    pub scope: Scope,
    /// Its labels; they decide which jobs it may take.
    pub labels: Vec<Label>,
    /// Whether it takes one job and is then removed.
    pub ephemeral: bool,
    /// Its runner group.
    pub group_id: i64,
    /// Whether it was made by a JIT configuration rather than by a registration token.
    pub jit: bool,
    /// The scale set that it was made for: it gets the jobs of that and no others.
    pub scale_set: Option<i64>,
    /// The job it has been given.
    pub job: Option<i64>,
    /// Version of the runner software; known once it has connected.
    pub version: Option<String>,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// When it first connected.
    pub connected_at: Option<Timestamp>,
    pub(in crate::sim) secret: String,
    pub(crate) session: Option<Session>,
    pub(in crate::sim) spent: bool,
}

impl Runner {
    /// Whether it is connected.
    #[must_use]
    pub const fn online(&self) -> bool {
        self.session.is_some()
    }

    /// Whether it has a job, which it may not yet have begun.
    #[must_use]
    pub const fn busy(&self) -> bool {
        self.job.is_some()
    }

    /// Whether it has all of `wanted`, without regard to case.
    #[must_use]
    pub fn has_labels(&self, wanted: &[String]) -> bool {
        wanted.iter().all(|want| self.labels.iter().any(|label| label.name.eq_ignore_ascii_case(want)))
    }
}

/// The connection of a runner.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: i64,
    /// Long polls that are open now; while there is one, the runner is known to be there.
    pub(in crate::sim) polls: u32,
    pub(in crate::sim) seen_at: Timestamp,
    /// Rings when the runner gets a job or is removed.
    pub(in crate::sim) bell: std::sync::Arc<tokio::sync::Notify>,
}

/// The values of a registration.
#[derive(Clone, Debug)]
pub(crate) struct Registration {
    pub(crate) name: String,
    pub(crate) labels: Vec<String>,
    pub(crate) default_labels: bool,
    pub(crate) group_id: i64,
    pub(crate) ephemeral: bool,
    pub(crate) jit: bool,
}

/// The permission of a short-lived token of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenUse {
    Registration,
    Removal,
}

/// A short-lived token of a scope.
#[derive(Clone, Debug)]
pub(in crate::sim) struct ScopeToken {
    pub(in crate::sim) scope: Scope,
    pub(in crate::sim) use_: TokenUse,
    pub(in crate::sim) expires_at: Timestamp,
}
