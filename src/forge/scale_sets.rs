//! The server's requests to the service that assigns jobs to scale sets.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::error::Error;
use super::registration::Registered;
use crate::model::{
    MessageSession, RunnerGroup, RunnerName, ScaleSetMessage, ScaleSetSettings, ServiceRunner, ServiceScaleSet, ServiceScaleSetId,
    SessionId,
};

/// The service of one entity, as seen with one set of credentials. All callers share its tokens.
///
/// Calls about a scale set that the service does not know end with [`Error::ScaleSetGone`].
pub trait ScaleSetService: Send + Sync + fmt::Debug {
    /// The runner group of this name; an empty name means the default one. `None` = there is none.
    fn find_group<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<RunnerGroup>, Error>>;

    /// The scale set of this name in a runner group; `None` = there is none.
    fn find_scale_set<'a>(&'a self, group_id: i64, name: &'a str) -> BoxFuture<'a, Result<Option<ServiceScaleSet>, Error>>;

    /// The scale set of this number.
    fn get_scale_set(&self, id: ServiceScaleSetId) -> BoxFuture<'_, Result<ServiceScaleSet, Error>>;

    /// Makes a scale set. [`Error::ScaleSetExists`] when its group has one of that name.
    fn create_scale_set<'a>(&'a self, settings: &'a ScaleSetSettings) -> BoxFuture<'a, Result<ServiceScaleSet, Error>>;

    /// Changes a scale set. Its session goes on.
    fn update_scale_set<'a>(
        &'a self,
        id: ServiceScaleSetId,
        settings: &'a ScaleSetSettings,
    ) -> BoxFuture<'a, Result<ServiceScaleSet, Error>>;

    /// Removes a scale set; one that is not there is removed.
    fn delete_scale_set(&self, id: ServiceScaleSetId) -> BoxFuture<'_, Result<(), Error>>;

    /// Opens the message session of a scale set. [`Error::SessionConflict`] while it has one.
    fn create_session<'a>(&'a self, id: ServiceScaleSetId, owner: &'a str) -> BoxFuture<'a, Result<MessageSession, Error>>;

    /// Renews the token of a session. [`Error::SessionGone`] when the service does not know the session.
    fn refresh_session(&self, id: ServiceScaleSetId, session: SessionId) -> BoxFuture<'_, Result<MessageSession, Error>>;

    /// Ends a session; one that is not there is ended.
    fn delete_session(&self, id: ServiceScaleSetId, session: SessionId) -> BoxFuture<'_, Result<(), Error>>;

    /// Waits for the message after the one of number `last` (0 = none) and promises `capacity` runners, which includes those that are there. The service
    /// answers within a minute. `None` = there is none. [`Error::TokenExpired`] when the token of the session has to be renewed.
    fn poll<'a>(&'a self, session: &'a MessageSession, last: i64, capacity: u32) -> BoxFuture<'a, Result<Option<ScaleSetMessage>, Error>>;

    /// Acknowledges a message: the service does not send it again. One that is not there is acknowledged.
    fn acknowledge<'a>(&'a self, session: &'a MessageSession, message: i64) -> BoxFuture<'a, Result<(), Error>>;

    /// Acquires available jobs, by the numbers of their requests. Answers those that were acquired; `None` = the service assigns jobs by itself and has
    /// nothing to acquire.
    fn acquire<'a>(
        &'a self,
        id: ServiceScaleSetId,
        session: &'a MessageSession,
        requests: &'a [i64],
    ) -> BoxFuture<'a, Result<Option<Vec<i64>>, Error>>;

    /// Registers an ephemeral runner of a scale set. [`Error::Exists`] when the name is taken.
    fn register_jit<'a>(&'a self, id: ServiceScaleSetId, name: &'a RunnerName) -> BoxFuture<'a, Result<Registered, Error>>;

    /// All runners of the entity, also those of no scale set.
    fn list_runners(&self) -> BoxFuture<'_, Result<Vec<ServiceRunner>, Error>>;

    /// The runner of this name; `None` = there is none.
    fn find_runner<'a>(&'a self, name: &'a RunnerName) -> BoxFuture<'a, Result<Option<ServiceRunner>, Error>>;

    /// Removes a runner; one that is not there is removed. [`Error::Busy`] while it runs a job.
    fn remove_runner(&self, agent_id: i64) -> BoxFuture<'_, Result<(), Error>>;

    /// Changes whenever the service answers a session after it failed one. The sessions that wait for a try of their own had better make it then.
    fn recoveries(&self) -> watch::Receiver<u64>;
}

/// How often services that fail together were found to work again. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Recoveries {
    is_failing: Arc<AtomicBool>,
    count: watch::Sender<u64>,
}

impl Default for Recoveries {
    fn default() -> Self {
        Self { is_failing: Arc::default(), count: watch::Sender::new(0) }
    }
}

impl Recoveries {
    /// What came of a call of a session.
    pub(crate) fn note<T>(&self, answer: &Result<T, Error>) {
        match answer {
            Ok(_) if self.is_failing.swap(false, Ordering::Relaxed) => self.count.send_modify(|count| *count += 1),
            Err(Error::Server { .. } | Error::Unreachable { .. } | Error::Garbled(_)) => self.is_failing.store(true, Ordering::Relaxed),
            _ => {}
        }
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.count.subscribe()
    }
}
