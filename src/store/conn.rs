//! One connection to either database.

use diesel::connection::{SimpleConnection, TransactionManager};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryResult};
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;

use super::own_runtime::OwnRuntime;

/// Diesel's blocking face of a pure Rust PostgreSQL connection.
pub(super) type PgConnection = AsyncConnectionWrapper<AsyncPgConnection, OwnRuntime>;

/// A connection to the database that is configured.
pub(super) enum Conn<'c> {
    /// The embedded one.
    Sqlite(&'c mut SqliteConnection),
    /// PostgreSQL.
    Postgres(&'c mut PgConnection),
}

/// Compiles one body for each backend, so that each keeps its full query language.
macro_rules! on {
    ($conn:expr, |$c:ident| $body:expr) => {
        match $conn {
            $crate::store::conn::Conn::Sqlite(c) => {
                let $c = &mut **c;
                $body
            }
            $crate::store::conn::Conn::Postgres(c) => {
                let $c = &mut **c;
                $body
            }
        }
    };
}
pub(super) use on;

/// Loads the rows of a query, locked until the transaction ends. The single writer of SQLite needs no locks.
///
/// The locks are those of an `UPDATE` that leaves keys alone, so a new row may point at a row that is locked. The memory of a job can be written
/// while another unit holds the job. That unit may itself wait for a memory.
macro_rules! load_locked {
    ($conn:expr, $query:expr, $row:ty) => {
        match $conn {
            $crate::store::conn::Conn::Sqlite(c) => $query.select(<$row>::as_select()).load(&mut **c),
            $crate::store::conn::Conn::Postgres(c) => $query.select(<$row>::as_select()).for_no_key_update().load(&mut **c),
        }
    };
    ($conn:expr, $query:expr) => {
        match $conn {
            $crate::store::conn::Conn::Sqlite(c) => $query.load(&mut **c),
            $crate::store::conn::Conn::Postgres(c) => $query.for_no_key_update().load(&mut **c),
        }
    };
}
pub(super) use load_locked;

/// As [`load_locked`], without the rows that another unit holds: for a unit that holds rows that come later in the order of locks.
macro_rules! load_free {
    ($conn:expr, $query:expr, $row:ty) => {
        match $conn {
            $crate::store::conn::Conn::Sqlite(c) => $query.select(<$row>::as_select()).load(&mut **c),
            $crate::store::conn::Conn::Postgres(c) => $query.select(<$row>::as_select()).for_update().skip_locked().load(&mut **c),
        }
    };
}
pub(super) use load_free;

impl Conn<'_> {
    /// Begins a transaction, or a savepoint inside one.
    pub(super) fn begin(&mut self) -> QueryResult<()> {
        fn begin<C: Connection>(c: &mut C) -> QueryResult<()> {
            C::TransactionManager::begin_transaction(c)
        }
        on!(self, |c| begin(c))
    }

    /// Begins a transaction whose queries all see the state at its first.
    pub(super) fn begin_snapshot(&mut self) -> QueryResult<()> {
        match self {
            Self::Sqlite(_) => self.begin(),
            // In one statement: each is a way to the server and back.
            Self::Postgres(c) => c.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
        }
    }

    /// Ends what [`Conn::begin_snapshot`] began.
    pub(super) fn end_snapshot(&mut self) -> QueryResult<()> {
        match self {
            Self::Sqlite(_) => self.roll_back(),
            Self::Postgres(c) => c.batch_execute("ROLLBACK"),
        }
    }

    /// Commits what [`Conn::begin`] began.
    pub(super) fn commit(&mut self) -> QueryResult<()> {
        fn commit<C: Connection>(c: &mut C) -> QueryResult<()> {
            C::TransactionManager::commit_transaction(c)
        }
        on!(self, |c| commit(c))
    }

    /// Undoes what was done since [`Conn::begin`].
    pub(super) fn roll_back(&mut self) -> QueryResult<()> {
        fn roll_back<C: Connection>(c: &mut C) -> QueryResult<()> {
            C::TransactionManager::rollback_transaction(c)
        }
        on!(self, |c| roll_back(c))
    }
}
