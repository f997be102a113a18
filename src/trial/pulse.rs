//! Whether one life of a server goes on. A server may be killed at any point where it waits, and be cut off from the database.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::faults::Fault;
use super::life::Life;
use super::state::Trial;
use crate::store::{Error, Interference};

/// How long a server that cannot reach the database is cut off.
const PARTITION: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(40));

/// Whether one life of a server goes on.
pub(super) struct Pulse {
    trial: Arc<Trial>,
    life: Arc<Life>,
    cut_off_until: Mutex<Option<Instant>>,
}

impl Pulse {
    pub(super) fn new(trial: Arc<Trial>) -> Arc<Self> {
        let life = Arc::<Life>::default();
        trial.ledger().lives.push(Arc::clone(&life));
        Arc::new(Self { trial, life, cut_off_until: Mutex::default() })
    }

    /// Whether the server is alive.
    pub(super) fn beats(&self) -> bool {
        self.life.goes_on()
    }

    pub(super) fn stop(&self) {
        self.life.end();
    }

    /// Waits until the server is killed.
    pub(super) async fn killed(&self) {
        self.life.over().await;
    }

    /// A point at which the server may be killed: a task that comes here afterwards never goes on.
    pub(super) async fn checkpoint(&self) {
        if self.beats() && self.trial.faults.strikes(Fault::Crash) {
            self.stop();
        }
        if !self.beats() {
            std::future::pending::<()>().await;
        }
    }

    fn cut_off(&self) -> Option<Instant> {
        let mut until = self.cut_off_until.lock().unwrap_or_else(PoisonError::into_inner);
        if self.trial.faults.strikes(Fault::DatabasePartition) {
            *until = Some(Instant::now() + self.trial.faults.between(PARTITION.0, PARTITION.1));
        }
        until.filter(|until| *until > Instant::now())
    }
}

impl Interference for Pulse {
    fn before(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async {
            self.checkpoint().await;
            tokio::time::sleep(Duration::from_millis(1)).await;
            if self.cut_off().is_some() {
                tokio::time::sleep(Duration::from_secs(1)).await;
                return Err(Error::Connect("no route to host".to_owned()));
            }
            if self.trial.faults.strikes(Fault::DatabaseError) {
                return Err(Error::Connect("the server closed the connection".to_owned()));
            }
            Ok(())
        })
    }

    fn after(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async {
            self.checkpoint().await;
            if self.trial.faults.strikes(Fault::DatabaseAnswerLost) {
                return Err(Error::Connect("connection reset".to_owned()));
            }
            Ok(())
        })
    }
}
