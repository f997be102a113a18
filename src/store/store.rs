//! The store itself: how it is opened, and the two doors through which everything goes.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use diesel::r2d2::{ConnectionManager, Pool};
use diesel::sqlite::SqliteConnection;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use super::conn::Conn;
use super::postgres::{self, PostgresSettings};
use super::sqlite::{self, Unit};
use super::unit::Tx;
use super::{Error, migrate};
use crate::crypto::seal::Sealer;
use crate::time::Clock;

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

/// All rows of the installation. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    backend: Backend,
    sealer: Sealer,
    clock: Clock,
    /// Counts commits that changed something, to wake whoever follows the feed.
    commits: watch::Sender<u64>,
}

enum Backend {
    Sqlite {
        writer: mpsc::Sender<Unit>,
        readers: Option<Pool<ConnectionManager<SqliteConnection>>>,
    },
    /// The permits keep blocking threads from waiting for connections.
    Postgres {
        pool: Pool<postgres::Manager>,
        permits: Semaphore,
    },
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let backend = if self.is_shared() { "postgres" } else { "sqlite" };
        f.debug_struct("Store").field("backend", &backend).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database, brings its schema up to date and makes sure that the rows everything builds on are there: the
    /// controller and the endpoint `github.com`.
    ///
    /// # Errors
    /// When the database cannot be reached or its schema is newer than this program.
    pub async fn open(database: Database, sealer: Sealer, clock: Clock) -> Result<Self, Error> {
        let backend = tokio::task::spawn_blocking(move || open_backend(database)).await.map_err(|_| Error::Closed)??;
        let store = Self { inner: Arc::new(Inner { backend, sealer, clock, commits: watch::Sender::new(0) }) };
        store.write(super::controller::ensure).await?;
        Ok(store)
    }

    /// Whether other processes may write to the same database.
    pub(super) fn is_shared(&self) -> bool {
        matches!(self.inner.backend, Backend::Postgres { .. })
    }

    /// Tells of commits that changed something.
    pub(super) fn commits(&self) -> watch::Receiver<u64> {
        self.inner.commits.subscribe()
    }

    /// Runs one unit of writing. When this returns, what it did is durable, or undone.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (value, changed) = match &self.inner.backend {
            Backend::Sqlite { writer, .. } => self.write_grouped(writer, work).await?,
            Backend::Postgres { .. } => {
                self.on_pool(move |inner, conn| Tx::unit(Conn::Postgres(conn), &inner.sealer, inner.clock.now(), work)).await?
            }
        };
        if changed {
            self.inner.commits.send_modify(|count| *count += 1);
        }
        Ok(value)
    }

    /// Runs queries that must see one state of the database.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        match &self.inner.backend {
            Backend::Sqlite { readers: Some(readers), .. } => {
                let (inner, readers) = (Arc::clone(&self.inner), readers.clone());
                let read = move || {
                    let mut conn = readers.get().map_err(|fault| Error::Connect(fault.to_string()))?;
                    Tx::unit(Conn::Sqlite(&mut conn), &inner.sealer, inner.clock.now(), work)
                };
                Ok(tokio::task::spawn_blocking(read).await.map_err(|_| Error::Closed)??.0)
            }
            Backend::Sqlite { writer, readers: None } => Ok(self.write_grouped(writer, work).await?.0),
            Backend::Postgres { .. } => {
                let read = move |inner: &Inner, conn: &mut super::conn::PgConnection| {
                    Tx::snapshot(Conn::Postgres(conn), &inner.sealer, inner.clock.now(), work)
                };
                self.on_pool(read).await
            }
        }
    }

    async fn write_grouped<T: Send + 'static>(
        &self,
        writer: &mpsc::Sender<Unit>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<(T, bool), Error> {
        let (answer, answered) = oneshot::channel();
        let inner = Arc::clone(&self.inner);
        let unit: Unit = Box::new(move |conn| {
            let result = Tx::unit(Conn::Sqlite(conn), &inner.sealer, inner.clock.now(), work);
            Box::new(move |committed| {
                let result = result.and_then(|done| committed.map(|()| done).map_err(|fault| Error::NotCommitted(fault.to_string())));
                // Whoever asked may have stopped waiting.
                drop(answer.send(result));
            })
        });
        writer.send(unit).await.map_err(|_| Error::Closed)?;
        answered.await.map_err(|_| Error::Closed)?
    }

    async fn on_pool<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner, &mut super::conn::PgConnection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let Backend::Postgres { permits, .. } = &self.inner.backend else { return Err(Error::Closed) };
        let _permit = permits.acquire().await.map_err(|_| Error::Closed)?;
        let inner = Arc::clone(&self.inner);
        let run = move || {
            let Backend::Postgres { pool, .. } = &inner.backend else { return Err(Error::Closed) };
            let mut conn = pool.get().map_err(|fault| Error::Connect(fault.to_string()))?;
            work(&inner, &mut conn)
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| Error::Closed)?
    }
}

fn open_backend(database: Database) -> Result<Backend, Error> {
    let sqlite = |path: Option<PathBuf>, busy_timeout| {
        let mut conn = sqlite::connect(path.as_deref(), busy_timeout)?;
        migrate::sqlite(&mut conn)?;
        let readers = path.map(|path| sqlite::readers(&path, busy_timeout)).transpose()?;
        Ok(Backend::Sqlite { writer: sqlite::start_writer(conn)?, readers })
    };
    match database {
        Database::Sqlite { path, busy_timeout } => sqlite(Some(path), busy_timeout),
        Database::Memory => sqlite(None, Duration::ZERO),
        Database::Postgres(settings) => {
            let pool = postgres::open(&settings)?;
            migrate::postgres(&mut *pool.get().map_err(|fault| Error::Connect(fault.to_string()))?)?;
            let permits = Semaphore::new(pool.max_size() as usize);
            Ok(Backend::Postgres { pool, permits })
        }
    }
}
