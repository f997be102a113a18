//! A database in memory, used where it is asked: no thread, no waiting, so that a simulation on virtual time is the same every time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use diesel::sqlite::SqliteConnection;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::Error;
use crate::time::Clock;

/// The database itself, which several stores may share as replicas share a server.
pub(super) struct Memory {
    conn: Mutex<SqliteConnection>,
    /// The database's own clock; those of the replicas may differ.
    pub(super) clock: Clock,
    /// Counts commits that changed something, whoever made them.
    pub(super) commits: watch::Sender<u64>,
}

impl Memory {
    pub(super) fn new(conn: SqliteConnection, clock: Clock) -> Arc<Self> {
        Arc::new(Self { conn: Mutex::new(conn), clock, commits: watch::Sender::new(0) })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, SqliteConnection> {
        self.conn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What may happen to a unit of work on its way to a database in memory, and to the answer on its way back. For simulations.
pub trait Interference: Send + Sync {
    /// Before the unit: it may take time, never arrive, or fail without effect.
    fn before(&self) -> BoxFuture<'_, Result<(), Error>>;

    /// After the unit: its effect is there, whatever becomes of the answer.
    fn after(&self) -> BoxFuture<'_, Result<(), Error>>;
}
