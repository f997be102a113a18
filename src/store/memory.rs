//! A database in memory, used where it is asked: no thread, no waiting, so that a simulation on virtual time is the same every time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use diesel::sqlite::SqliteConnection;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::Error;
use super::bell::{self, Bell};
use crate::clock::Clock;

/// The database itself, which several stores may share as replicas share a server.
pub(super) struct Memory {
    conn: Mutex<SqliteConnection>,
    /// The database's own clock; those of the replicas may differ.
    pub(super) clock: Clock,
    /// The stores that want to know of commits, rung in this order, so that a simulation is the same every time.
    bells: Mutex<Vec<watch::Sender<Bell>>>,
}

impl Memory {
    pub(super) fn new(conn: SqliteConnection, clock: Clock) -> Arc<Self> {
        Arc::new(Self { conn: Mutex::new(conn), clock, bells: Mutex::default() })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, SqliteConnection> {
        self.conn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells this one of commits, as long as anybody listens to it.
    pub(super) fn add_bell(&self, bell: watch::Sender<Bell>) {
        let mut bells = self.bells.lock().unwrap_or_else(PoisonError::into_inner);
        bells.retain(|bell| bell.receiver_count() > 0);
        bells.push(bell);
    }

    pub(super) fn ring(&self, last_change: i64) {
        let bells = self.bells.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for bell in &bells {
            bell::ring(bell, Some(last_change));
        }
    }
}

/// The fate of a unit of work on its way to a database in memory, and of the answer on its way back. For simulations.
pub trait Interference: Send + Sync {
    /// Before the unit: it may take time, never arrive, or fail without effect.
    fn before(&self) -> BoxFuture<'_, Result<(), Error>>;

    /// After the unit: its effect is there, with or without the answer.
    fn after(&self) -> BoxFuture<'_, Result<(), Error>>;
}
