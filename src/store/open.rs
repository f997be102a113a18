//! Opens the store: connects, checks or migrates the schema, and makes sure of the first rows.

use std::path::PathBuf;
use std::time::Duration;

use diesel::sqlite::SqliteConnection;
use tokio::sync::Semaphore;

use super::memory::Memory;
use super::postgres::{self, PostgresSettings};
use super::store::Backend;
use super::{Error, Store, controller, migrate, sqlite};
use crate::clock::Clock;
use crate::crypto::seal::Sealer;
use crate::model::Endpoint;

/// Which database to open.
#[derive(Clone, Debug)]
pub enum Database {
    /// A file, made when it does not exist.
    Sqlite {
        /// Where it is.
        path: PathBuf,
        /// How long to wait for another process that has it locked.
        busy_timeout: Duration,
    },
    /// An embedded database that is gone with the program; for tests and simulations.
    Memory,
    /// A PostgreSQL server.
    Postgres(PostgresSettings),
}

impl Store {
    /// Opens the database and brings its schema up to date. Then it makes the rows that everything builds on: the controller and, on the
    /// very first start, these endpoints.
    ///
    /// # Errors
    /// When the database cannot be reached or its schema is newer than this program.
    pub async fn open(database: Database, sealer: Sealer, clock: Clock, first_endpoints: Vec<Endpoint>) -> Result<Self, Error> {
        let backend = match database {
            Database::Memory => Backend::Memory { memory: Memory::new(open_memory()?, clock.clone()), shared: false, interference: None },
            database => tokio::task::spawn_blocking(move || open_backend(database, false)).await.map_err(|_| Error::Closed)??,
        };
        let store = Self::on(backend, sealer, clock);
        store.write(move |tx| controller::ensure(tx, &first_endpoints)).await?;
        store.follow_other_processes();
        Ok(store)
    }

    /// Opens the database of a server that may be running: nothing is locked, made or migrated.
    ///
    /// # Errors
    /// When it does not exist, cannot be opened, or is of another version than this program.
    pub async fn open_beside(database: Database, sealer: Sealer, clock: Clock) -> Result<Self, Error> {
        let backend = tokio::task::spawn_blocking(move || open_backend(database, true)).await.map_err(|_| Error::Closed)??;
        Ok(Self::on(backend, sealer, clock))
    }
}

fn open_memory() -> Result<SqliteConnection, Error> {
    let mut conn = sqlite::connect(None, Duration::ZERO)?;
    migrate::sqlite(&mut conn)?;
    Ok(conn)
}

fn open_backend(database: Database, beside: bool) -> Result<Backend, Error> {
    match database {
        Database::Sqlite { path, .. } if beside && !path.exists() => {
            Err(Error::Connect(format!("{} does not exist: no server has run with this configuration yet", path.display())))
        }
        Database::Sqlite { path, busy_timeout } => {
            let lock = (!beside).then(|| sqlite::lock(&path)).transpose()?;
            let mut conn = sqlite::connect(Some(&path), busy_timeout)?;
            if beside {
                migrate::check_sqlite(&mut conn)?;
            } else {
                migrate::sqlite(&mut conn)?;
            }
            let readers = sqlite::readers(&path, busy_timeout)?;
            Ok(Backend::Sqlite { writer: sqlite::start_writer(conn)?, readers, _lock: lock })
        }
        Database::Memory => Err(Error::Connect("a database in memory has no connections".to_owned())),
        Database::Postgres(settings) => {
            let pool = postgres::open(&settings)?;
            {
                let mut conn = pool.get().map_err(|fault| Error::Connect(fault.to_string()))?;
                if beside { migrate::check_postgres(&mut conn)? } else { migrate::postgres(&mut conn)? }
            }
            let permits = Semaphore::new(pool.max_size() as usize);
            Ok(Backend::Postgres { pool, permits, settings })
        }
    }
}
