//! Why the store refused or failed.

use crate::model::{LeasedTask, Refusal, RunnerSetId};

/// Why a store function failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such row.
    #[error("{what} {key} does not exist")]
    NotFound {
        /// The kind of thing.
        what: &'static str,
        /// The kind of thing that was looked for.
        key: String,
    },
    /// There is such a row already.
    #[error("{what} {key} exists already")]
    Conflict {
        /// The kind of thing.
        what: &'static str,
        /// The kind of thing that was to be made.
        key: String,
    },
    /// Others depend on it.
    #[error("{what} {key} is in use by {by}")]
    InUse {
        /// The kind of thing.
        what: &'static str,
        /// The kind of thing that was to be removed.
        key: String,
        /// Who uses it.
        by: String,
    },
    /// The change would make the row contradict itself.
    #[error("{0}")]
    Invalid(String),
    /// The runner stays as it is; nothing was written.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The runner set has as many runners as it may have.
    #[error("{set} has its maximum of {max} runners")]
    Full {
        /// The runner set.
        set: RunnerSetId,
        /// Its maximum.
        max: u32,
    },
    /// Another replica has the task's lease now; nothing was written.
    #[error("another replica acts for {task} now")]
    Stale {
        /// The task.
        task: LeasedTask,
    },
    /// The changes after the reader's position were thrown away before it read them.
    #[error("the feed was read too slowly: changes up to {through} are gone")]
    FeedGap {
        /// The last change that is gone.
        through: i64,
    },
    /// A sealed value cannot be opened: another passphrase, or a damaged row.
    #[error("the sealed value {place} cannot be opened; replace it, or delete its row")]
    Sealed {
        /// Table, column and row.
        place: String,
        /// The seal's fault.
        #[source]
        source: crate::crypto::Error,
    },
    /// The database was sealed with a passphrase that is not configured.
    #[error(
        "the secrets in it were sealed with another passphrase than database.passphrase. Put that one back. If it is being replaced, name the \
         one before in database.old_passphrases"
    )]
    Passphrase,
    /// Values are to be sealed with a passphrase that no server has started with.
    #[error(
        "no server has started with this database.passphrase yet, so none could read what is sealed with it. Start every server with this \
         configuration first"
    )]
    PassphraseUnused,
    /// The files of the database are not those any more that were opened.
    #[error("{0}; nothing can be kept any more")]
    Lost(String),
    /// A column holds what the program never wrote.
    #[error("the database holds {value:?} as {what}")]
    Corrupt {
        /// The kind of value.
        what: &'static str,
        /// The value that was found.
        value: String,
    },
    /// The database refused.
    #[error("the database failed")]
    Database(#[from] diesel::result::Error),
    /// The group of writes this one was part of could not be made durable; nothing of it happened.
    #[error("the database could not commit: {0}")]
    NotCommitted(String),
    /// A fault of the program cut the unit off; nothing of it happened.
    #[error("a fault of this program ended the unit of work; nothing of it happened, and the log says where")]
    Panicked,
    /// No connection to the database.
    #[error("cannot connect to the database: {0}")]
    Connect(String),
    /// The schema could not be brought up to date.
    #[error("cannot bring the database schema up to date: {0}")]
    Migrate(String),
    /// The writer is gone, because the program is stopping.
    #[error("the store is closed")]
    Closed,
}

impl Error {
    /// Turns the database's complaint about a unique key into a conflict.
    pub(super) fn on_unique(self, what: &'static str, key: impl Into<String>) -> Self {
        use diesel::result::{DatabaseErrorKind, Error as Diesel};
        match self {
            Self::Database(Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Self::Conflict { what, key: key.into() },
            other => other,
        }
    }
}

/// Who uses something: how many, and the first few by name.
pub(super) fn users((one, many): (&str, &str), names: &[String]) -> String {
    const SHOWN: usize = 3;
    let more = if names.len() > SHOWN { ", ..." } else { "" };
    let kind = if names.len() == 1 { one } else { many };
    format!("{} {kind} ({}{more})", names.len(), names[..names.len().min(SHOWN)].join(", "))
}
