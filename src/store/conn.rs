//! One connection to either database, and the unit of writing.

use std::fmt;

use diesel::connection::{SimpleConnection, TransactionManager};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryResult};
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;

use super::Error;
use crate::crypto::seal::Sealer;
use crate::model::{ChangeKind, ChangeOp, EntityId, SecretString, expose};
use crate::time::Timestamp;

/// Diesel's blocking face of a pure Rust PostgreSQL connection.
pub(super) type PgConnection = AsyncConnectionWrapper<AsyncPgConnection>;

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
macro_rules! load_locked {
    ($conn:expr, $query:expr, $row:ty) => {
        match $conn {
            $crate::store::conn::Conn::Sqlite(c) => $query.select(<$row>::as_select()).load(&mut **c),
            $crate::store::conn::Conn::Postgres(c) => $query.select(<$row>::as_select()).for_update().load(&mut **c),
        }
    };
    ($conn:expr, $query:expr) => {
        match $conn {
            $crate::store::conn::Conn::Sqlite(c) => $query.load(&mut **c),
            $crate::store::conn::Conn::Postgres(c) => $query.for_update().load(&mut **c),
        }
    };
}
pub(super) use load_locked;

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
        self.begin()?;
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(c) => c.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"),
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

/// A change to be recorded with the unit that made it.
pub(super) struct Made {
    pub(super) kind: ChangeKind,
    pub(super) op: ChangeOp,
    pub(super) key: String,
    pub(super) entity: Option<EntityId>,
}

/// One unit of work on the database: everything in it happens or nothing does.
pub(super) struct Tx<'a> {
    pub(super) conn: Conn<'a>,
    pub(super) sealer: &'a Sealer,
    pub(super) now: Timestamp,
    pub(super) made: Vec<Made>,
}

impl Tx<'_> {
    /// Records a change for the feed.
    pub(super) fn changed(&mut self, kind: ChangeKind, op: ChangeOp, key: impl fmt::Display, entity: Option<EntityId>) {
        self.made.push(Made { kind, op, key: key.to_string(), entity });
    }

    /// Seals a secret text.
    pub(super) fn seal(&self, secret: &SecretString) -> Vec<u8> {
        self.sealer.seal(expose(secret).as_bytes())
    }

    /// Opens a sealed column; `what` names the row for the error.
    pub(super) fn open(&self, sealed: &[u8], what: impl FnOnce() -> String) -> Result<SecretString, Error> {
        self.sealer.open_text(sealed).map_err(|source| Error::Sealed { what: what(), source })
    }

    /// Opens a sealed column that holds JSON.
    pub(super) fn open_json<T: serde::de::DeserializeOwned>(&self, sealed: &[u8], what: impl Fn() -> String) -> Result<T, Error> {
        let text = self.open(sealed, &what)?;
        // The parser's own words could repeat a part of the secret.
        serde_json::from_str(expose(&text)).map_err(|_| Error::Corrupt { what: "sealed column", value: what() })
    }

    /// Runs one unit inside its own transaction or savepoint; its changes become part of it.
    ///
    /// Answers the unit's value, and whether it changed anything.
    pub(super) fn unit<T>(
        conn: Conn<'_>,
        sealer: &Sealer,
        now: Timestamp,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Error>,
    ) -> Result<(T, bool), Error> {
        let mut tx = Tx { conn, sealer, now, made: Vec::new() };
        tx.conn.begin()?;
        match work(&mut tx).and_then(|value| super::feed::record(&mut tx).map(|()| value)) {
            Ok(value) => {
                tx.conn.commit()?;
                Ok((value, !tx.made.is_empty()))
            }
            Err(error) => {
                tx.conn.roll_back()?;
                Err(error)
            }
        }
    }

    /// Runs queries that see one state of the database.
    pub(super) fn snapshot<T>(
        conn: Conn<'_>,
        sealer: &Sealer,
        now: Timestamp,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut tx = Tx { conn, sealer, now, made: Vec::new() };
        tx.conn.begin_snapshot()?;
        let result = work(&mut tx);
        tx.conn.roll_back()?;
        result
    }
}
