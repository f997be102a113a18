//! The store itself: its backends, and the two functions through which every query goes.

use std::fmt;
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use diesel::r2d2::{ConnectionManager, Pool};
use diesel::sqlite::SqliteConnection;
use tokio::sync::{Mutex, Semaphore, mpsc, oneshot, watch};
use uuid::Uuid;

use super::Error;
use super::bell::{self, Bell, Look};
use super::conn::Conn;
use super::fence::{self, Fence};
use super::memory::{Interference, Memory};
use super::postgres::{self, PostgresSettings};
use super::sqlite::{Files, Unit};
use super::unit::{Context, Tx};
use crate::clock::{Clock, Correction};
use crate::crypto::seal::Sealer;
use crate::time::Timestamp;

/// All rows of the installation. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
    fence: Option<Fence>,
}

struct Inner {
    backend: Backend,
    sealer: Sealer,
    /// This process's own clock, which may be wrong.
    local_clock: Clock,
    /// The correction that makes it agree with the database's.
    correction: Correction,
    /// Wakes the followers of the feed.
    bell: watch::Sender<Bell>,
    /// The last look of a follower.
    last_look: Mutex<Option<Look>>,
    /// How commits tell other processes that they are of this one.
    announced_as: Uuid,
}

/// The open database.
pub(super) enum Backend {
    Sqlite {
        writer: mpsc::Sender<Unit>,
        readers: Pool<ConnectionManager<SqliteConnection>>,
        files: Files,
        /// As below.
        permits: Semaphore,
        /// Keeps other processes out for as long as this one has the database open.
        _lock: Option<File>,
    },
    /// The permits keep blocking threads from waiting for connections.
    Postgres { pool: Pool<postgres::Manager>, permits: Semaphore, settings: PostgresSettings },
    Memory {
        memory: Arc<Memory>,
        /// Whether other stores use the same database.
        shared: bool,
        interference: Option<Arc<dyn Interference>>,
    },
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let backend = if self.is_shared() { "postgres" } else { "sqlite" };
        f.debug_struct("Store").field("backend", &backend).finish_non_exhaustive()
    }
}

impl Store {
    /// A store on an open backend.
    pub(super) fn on(backend: Backend, sealer: Sealer, local_clock: Clock) -> Self {
        let inner = Inner {
            backend,
            sealer,
            local_clock,
            correction: Correction::default(),
            bell: watch::Sender::default(),
            last_look: Mutex::default(),
            announced_as: Uuid::new_v4(),
        };
        Self { inner: Arc::new(inner), fence: None }
    }

    /// Hears of commits by other processes, where there can be any.
    pub(super) fn follow_other_processes(&self) {
        if let Backend::Postgres { settings, .. } = &self.inner.backend {
            let inner = Arc::downgrade(&self.inner);
            let ring = move || inner.upgrade().map(|inner| bell::ring(&inner.bell, None)).is_some();
            tokio::spawn(postgres::listen(settings.clone(), self.inner.announced_as, ring));
        }
    }

    /// The store of a server on the same database in memory, with a clock and troubles of its own. `shared` means one of several that run
    /// at the same time. `None` for other databases.
    #[must_use]
    pub fn replica(&self, clock: Clock, shared: bool, interference: Arc<dyn Interference>) -> Option<Self> {
        let Backend::Memory { memory, .. } = &self.inner.backend else { return None };
        let backend = Backend::Memory { memory: Arc::clone(memory), shared, interference: Some(interference) };
        Some(Self::on(backend, self.inner.sealer.clone(), clock))
    }

    /// The same store for a leased task: it refuses to write once the lease has changed hands.
    #[must_use]
    pub fn fenced(&self, fence: Fence) -> Self {
        Self { inner: Arc::clone(&self.inner), fence: Some(fence) }
    }

    /// The lease without which this store refuses to write.
    pub(super) const fn fence(&self) -> Option<Fence> {
        self.fence
    }

    /// The clock that all users of the database share, as nearly as it is known here.
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock::Corrected(Box::new(self.inner.local_clock.clone()), self.inner.correction.clone())
    }

    pub(super) fn local_clock(&self) -> &Clock {
        &self.inner.local_clock
    }

    /// Puts the clock right: the database was asked what time it is at `asked_at`, and said `answered`.
    pub(super) fn set_clock(&self, asked_at: Timestamp, answered: Timestamp) {
        let took = self.inner.local_clock.now().since(asked_at);
        // After a long wait the time of the database's answer is not known.
        if self.is_shared() && took < CLOCK_PRECISION {
            self.inner.correction.set(asked_at.after(took / 2), answered);
        }
    }

    /// The last look of a follower of the feed.
    pub(super) fn last_look(&self) -> &Mutex<Option<Look>> {
        &self.inner.last_look
    }

    /// Whether other processes may write to the same database.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        matches!(self.inner.backend, Backend::Postgres { .. } | Backend::Memory { shared: true, .. })
    }

    /// Waits until the files of the database are lost, which may never be; answers the error that says so.
    pub async fn lost(&self) -> Error {
        let Backend::Sqlite { files, .. } = &self.inner.backend else { return std::future::pending().await };
        loop {
            let look = files.clone();
            if let Ok(Err(lost)) = tokio::task::spawn_blocking(move || look.check()).await {
                return lost;
            }
            tokio::time::sleep(LOOK_AT_FILES).await;
        }
    }

    /// Tells of commits that changed something.
    pub(super) fn bell(&self) -> watch::Receiver<Bell> {
        let bell = self.inner.bell.subscribe();
        if let Backend::Memory { memory, .. } = &self.inner.backend {
            memory.add_bell(self.inner.bell.clone());
        }
        bell
    }

    /// Runs one unit of writing. When this returns, what it did is durable, or undone.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let fence = self.fence;
        let work = move |tx: &mut Tx<'_>| {
            fence.map_or(Ok(()), |fence| fence::check(tx, fence))?;
            work(tx)
        };
        let (value, last_change) = match &self.inner.backend {
            Backend::Sqlite { writer, .. } => self.write_grouped(writer, work).await?,
            Backend::Postgres { .. } => {
                let done = self.on_pool(move |inner, conn| Tx::unit(Conn::Postgres(conn), inner.context(), work)).await;
                // A unit without an answer may be committed all the same.
                done.inspect_err(|_| bell::ring(&self.inner.bell, None))?
            }
            Backend::Memory { memory, interference, .. } => {
                let done = self.in_memory(memory, interference.as_deref(), work).await?;
                return Ok(done.0);
            }
        };
        if last_change.is_some() {
            bell::ring(&self.inner.bell, last_change);
        }
        Ok(value)
    }

    /// Asks the database for nothing: succeeds while it answers, and what writes to it goes on.
    ///
    /// # Errors
    /// When it does not.
    pub async fn answers(&self) -> Result<(), Error> {
        self.write(|_| Ok(())).await
    }

    /// Runs queries that must see one state of the database.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        match &self.inner.backend {
            Backend::Sqlite { readers, permits, files, .. } => {
                let _permit = permits.acquire().await.map_err(|_| Error::Closed)?;
                let (inner, readers, files) = (Arc::clone(&self.inner), readers.clone(), files.clone());
                let read = move || {
                    files.check()?;
                    let mut conn = readers.get().map_err(|fault| Error::Connect(fault.to_string()))?;
                    Tx::unit(Conn::Sqlite(&mut conn), inner.context(), work)
                };
                Ok(tokio::task::spawn_blocking(read).await.map_err(|_| Error::Closed)??.0)
            }
            Backend::Postgres { .. } => self.on_pool(move |inner, conn| Tx::snapshot(Conn::Postgres(conn), inner.context(), work)).await,
            Backend::Memory { memory, interference, .. } => Ok(self.in_memory(memory, interference.as_deref(), work).await?.0),
        }
    }

    /// Runs a single query, which sees one state of the database by itself, or queries that need not see the same. PostgreSQL is spared a transaction
    /// around them: that would be two more ways to the server and back.
    pub(super) async fn query<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        if matches!(self.inner.backend, Backend::Postgres { .. }) {
            return self.on_pool(move |inner, conn| Tx::query(Conn::Postgres(conn), inner.context(), work)).await;
        }
        self.read(work).await
    }

    async fn write_grouped<T: Send + 'static>(
        &self,
        writer: &mpsc::Sender<Unit>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<(T, Option<i64>), Error> {
        let (answer, answered) = oneshot::channel();
        let inner = Arc::clone(&self.inner);
        let unit: Unit = Box::new(move |conn| {
            let result = Tx::unit(Conn::Sqlite(conn), inner.context(), work);
            Box::new(move |committed| {
                let result = result.and_then(|done| committed.map(|()| done).map_err(|fault| Error::NotCommitted(fault.to_string())));
                // The caller may have stopped waiting.
                drop(answer.send(result));
            })
        });
        writer.send(unit).await.map_err(|_| Error::Closed)?;
        // The writer answers all it took, unless the unit itself panicked.
        answered.await.map_err(|_| Error::Panicked)?
    }

    async fn in_memory<T>(
        &self,
        memory: &Memory,
        interference: Option<&dyn Interference>,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Error>,
    ) -> Result<(T, Option<i64>), Error> {
        if let Some(interference) = interference {
            interference.before().await?;
        }
        let done = Tx::unit(Conn::Sqlite(&mut memory.lock()), self.inner.context(), work);
        if let Ok((_, Some(last_change))) = &done {
            memory.ring(*last_change);
        }
        if let Some(interference) = interference {
            interference.after().await?;
        }
        done
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

impl Inner {
    fn context(&self) -> Context<'_> {
        let corrected = Timestamp::from_micros(self.local_clock.now().as_micros().saturating_add(self.correction.micros()));
        let database_clock = match &self.backend {
            Backend::Memory { memory, .. } => &memory.clock,
            Backend::Sqlite { .. } | Backend::Postgres { .. } => &self.local_clock,
        };
        Context { sealer: &self.sealer, now: corrected, database_clock, announced_as: self.announced_as }
    }
}

/// How often the files of the database are looked at while nothing is read or written.
const LOOK_AT_FILES: Duration = Duration::from_secs(1);

/// How long the database may take to say what time it is for that to be of use.
const CLOCK_PRECISION: Duration = Duration::from_millis(500);
