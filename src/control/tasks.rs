//! The kinds of leased tasks: how each runs, which changes ring it, what its log lines are about, where people read that it failed.
//!
//! The rest of a kind is its key ([`LeasedTask`]), and the query for the tasks there are (`store/leases.rs`).

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tracing::{Span, error_span};

use super::job_listing::list_jobs;
use super::listening::listen;
use super::reconcile::reconcile;
use super::redelivery::read_log;
use super::services::Services;
use super::signals::{Bell, Ended};
use crate::model::{Change, ChangeKind, ChangeOp, EventLevel, LeasedTask, ScaleSetId};
use crate::store::{self, Store};

/// Which tasks a change rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ring {
    /// Every task; what blocks its forge is forgotten.
    All,
    /// The task of the thing that was itself added, changed or removed; what blocks its forge is forgotten. Where no such task runs here,
    /// there may be a lease to take.
    Owner(LeasedTask),
    /// A task that looks at the thing that changed.
    Task(LeasedTask),
}

/// Runs a task until it ends. The world's store is fenced with the task's lease.
pub(super) async fn run(task: LeasedTask, services: Services, bell: Arc<Bell>, stop: CancellationToken) -> Ended {
    match task {
        LeasedTask::Reconcile(entity) => reconcile(services, entity, bell, stop).await,
        LeasedTask::ReadLog(entity) | LeasedTask::ReadAppLog(entity) => read_log(services, task, entity, bell, stop).await,
        LeasedTask::ListJobs(entity) => list_jobs(services, entity, bell, stop).await,
        LeasedTask::Listen(scale_set) => listen(services, scale_set, bell, stop).await,
    }
}

/// Which tasks of any kind a change rings.
pub(super) fn rung_by(change: &Change) -> Vec<Ring> {
    let reconcile = change.entity.map(LeasedTask::Reconcile);
    match change.kind {
        // Settings, credentials and endpoints may concern every task.
        ChangeKind::Controller | ChangeKind::Credentials | ChangeKind::Endpoint => vec![Ring::All],
        ChangeKind::Repository | ChangeKind::Organization | ChangeKind::Enterprise | ChangeKind::ForgeInstance => {
            let kinds = [LeasedTask::Reconcile, LeasedTask::ReadLog, LeasedTask::ReadAppLog, LeasedTask::ListJobs];
            change.entity.into_iter().flat_map(|entity| kinds.map(|kind| Ring::Owner(kind(entity)))).collect()
        }
        ChangeKind::ScaleSet => {
            let listener = change.key.parse().ok().map(|id| LeasedTask::Listen(ScaleSetId(id)));
            // A new one has a lease that is free.
            let ring = if change.op == ChangeOp::Create { Ring::Owner } else { Ring::Task };
            reconcile.map(Ring::Task).into_iter().chain(listener.map(ring)).collect()
        }
        ChangeKind::Pool | ChangeKind::Instance | ChangeKind::Job | ChangeKind::User | ChangeKind::Template => {
            reconcile.into_iter().map(Ring::Task).collect()
        }
    }
}

/// The common part of a task's log lines.
pub(super) fn span(task: LeasedTask) -> Span {
    // Of the highest level, so that lines of every level say what they are about.
    match task {
        LeasedTask::Reconcile(entity) => error_span!("entity", entity.id = %entity),
        LeasedTask::ReadLog(entity) => error_span!("log_of_deliveries", entity.id = %entity),
        LeasedTask::ReadAppLog(entity) => error_span!("log_of_deliveries_of_app", entity.id = %entity),
        LeasedTask::ListJobs(entity) => error_span!("list_of_jobs", entity.id = %entity),
        LeasedTask::Listen(scale_set) => error_span!("session", scale_set.id = scale_set.0),
    }
}

/// Records for people that a task panicked, for the given time in a row.
pub(super) async fn record_panic(task: LeasedTask, store: &Store, time: u32, fault: &str) -> Result<(), store::Error> {
    let (entity, what) = match task {
        LeasedTask::Reconcile(entity) => (entity, "planning for this entity"),
        LeasedTask::ReadLog(entity) => (entity, "reading the forge's log of deliveries"),
        LeasedTask::ReadAppLog(entity) => (entity, "reading the forge's log of deliveries of the App"),
        LeasedTask::ListJobs(entity) => (entity, "listing the forge's jobs"),
        LeasedTask::Listen(scale_set) => match store.find_scale_set(scale_set).await? {
            Some(set) => (set.entity_id, "listening for messages about a scale set"),
            None => return Ok(()),
        },
    };
    let message = format!("{what} failed unexpectedly (time {time}); it is begun again: {fault}");
    store.add_entity_event(entity, EventLevel::Error, message).await
}
