//! Drives leased tasks of every kind through one life.
//!
//! A task is started when this replica gets its lease, rung by changes, begun again after a panic, and stopped when the lease is lost.
//!
//! A task that was stopped may still wait for its effects while its successor runs; the generation of the lease tells the two apart.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, error, info, warn};

use super::services::Services;
use super::signals::{Bell, Ended};
use super::tasks::{self, Ring};
use crate::model::{Change, Generation, LeasedTask, describe};
use crate::store::Fence;

/// Wait before a task that panicked is started again; doubles with each further panic.
const AFTER_PANIC: Duration = Duration::from_secs(1);
/// The longest wait before a task that keeps panicking is started again.
const AFTER_PANIC_MAX: Duration = Duration::from_mins(1);

/// How a task ended: by itself, or by a panic.
pub(super) type End = Result<(Id, Ended), JoinError>;

/// A task that this replica has the lease of.
struct Slot {
    /// The generation of the lease.
    generation: Generation,
    /// The task that acts; an earlier one may still wait for what it began.
    running: Option<Id>,
    bell: Arc<Bell>,
    stop: CancellationToken,
    panics: u32,
}

/// The tasks of this replica.
pub(super) struct Driver {
    services: Services,
    /// Ends all tasks.
    stop: CancellationToken,
    slots: BTreeMap<LeasedTask, Slot>,
    running: JoinSet<Ended>,
    /// For which lease each of the running was started.
    started_for: HashMap<Id, LeasedTask>,
}

impl Driver {
    pub(super) fn new(services: Services, stop: CancellationToken) -> Self {
        Self { services, stop, slots: BTreeMap::new(), running: JoinSet::new(), started_for: HashMap::new() }
    }

    /// How many tasks this replica has the lease of.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Makes sure that exactly the tasks of these leases act.
    pub(super) fn hold(&mut self, leases: BTreeMap<LeasedTask, Generation>) {
        self.slots.retain(|task, slot| {
            let kept = leases.get(task) == Some(&slot.generation);
            if !kept {
                tasks::span(*task).in_scope(|| warn!("another replica acts for the {} now, or it is gone", task.noun()));
                slot.stop.cancel();
            }
            kept
        });
        for (task, generation) in leases {
            if !self.slots.contains_key(&task) {
                tasks::span(task).in_scope(|| info!(generation = generation.0, "acting for the {}", task.noun()));
                let bell = Arc::new(Bell::default());
                let mut slot = Slot { generation, running: None, bell, stop: self.stop.child_token(), panics: 0 };
                self.spawn(task, &mut slot, Duration::ZERO);
                self.slots.insert(task, slot);
            }
        }
    }

    /// Stops all tasks, because the leases could not be renewed.
    pub(super) fn give_up(&mut self) {
        for (task, slot) in std::mem::take(&mut self.slots) {
            tasks::span(task).in_scope(|| warn!("stopped acting for the {}: the lease could not be renewed", task.noun()));
            slot.stop.cancel();
        }
    }

    /// Rings the tasks that the change concerns. Answers whether it is about a thing that may need a task and has none here.
    pub(super) fn follow(&self, change: &Change) -> bool {
        let mut unknown = false;
        for ring in tasks::rung_by(change) {
            match ring {
                Ring::All => self.slots.values().for_each(|slot| slot.bell.ring_and_unblock()),
                Ring::Owner(task) => match self.slots.get(&task) {
                    Some(slot) => slot.bell.ring_and_unblock(),
                    None => unknown = true,
                },
                Ring::Task(task) => {
                    if let Some(slot) = self.slots.get(&task) {
                        slot.bell.ring(change.seq);
                    }
                }
            }
        }
        unknown
    }

    /// Has every task look, because changes were missed.
    pub(super) fn ring_all(&self) {
        self.slots.values().for_each(|slot| slot.bell.ring_for_missed());
    }

    /// Waits until a task ends; `None` while none runs. Nothing is lost when the wait is given up.
    pub(super) async fn next_end(&mut self) -> Option<End> {
        self.running.join_next_with_id().await
    }

    /// Frees the slot of a task that ended by itself, and begins again one that panicked.
    pub(super) async fn after_end(&mut self, end: End) {
        let id = match &end {
            Ok((id, _)) => *id,
            Err(fault) => fault.id(),
        };
        let Some(task) = self.started_for.remove(&id) else { return };
        // A task that lost its lease may end after its successor was started.
        if self.slots.get(&task).is_none_or(|slot| slot.running != Some(id)) {
            return;
        }
        let Some(mut slot) = self.slots.remove(&task) else { return };
        match end {
            // Should the thing be back already, or the lease come back, the next round starts the task.
            Ok((_, Ended::Gone | Ended::LeaseLost | Ended::Stopped)) => {}
            Err(fault) => {
                slot.panics += 1;
                let panics = slot.panics;
                self.services.defects.add(format!("the task of the {} panicked: {fault}", task.noun()));
                let delay = AFTER_PANIC.saturating_mul(1 << (panics - 1).min(6)).min(AFTER_PANIC_MAX);
                let span = tasks::span(task);
                span.in_scope(|| error!(panics, error = %fault, "the task of the {} panicked; starting it again", task.noun()));
                self.spawn(task, &mut slot, delay);
                self.slots.insert(task, slot);
                if let Err(fault) = tasks::record_panic(task, &self.services.store, panics, &fault.to_string()).await {
                    span.in_scope(|| error!(error = %describe(&fault), "cannot record that a task panicked"));
                }
            }
        }
    }

    /// Stops all tasks, and waits until the effects under way have ended.
    pub(super) async fn drain(mut self) {
        self.slots.values().for_each(|slot| slot.stop.cancel());
        while self.running.join_next().await.is_some() {}
    }

    fn spawn(&mut self, task: LeasedTask, slot: &mut Slot, delay: Duration) {
        let services = self.services.fenced(Fence { task, generation: slot.generation });
        let (bell, stop) = (Arc::clone(&slot.bell), slot.stop.clone());
        let run = async move {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ended::Stopped,
                () = tokio::time::sleep(delay) => {}
            }
            tasks::run(task, services, bell, stop).await
        };
        let handle = self.running.spawn(run.instrument(tasks::span(task)));
        slot.running = Some(handle.id());
        self.started_for.insert(handle.id(), task);
    }
}
