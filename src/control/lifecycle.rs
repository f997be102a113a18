//! Start, supervision and end of the shell.
//!
//! One task per entity, restarted when it panics. The supervisor follows the store's feed of commits: a new entity gets a task, a change
//! rings the task of its entity, a change that concerns everybody rings all.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};

use super::reconcile::reconcile;
use super::world::{Bell, Error, World};
use crate::model::{Change, ChangeKind, EntityId};
use crate::store::{EntityFilter, Feed};

/// Wait before a task that panicked is started again, and before a feed that failed is read again.
const AFTER_FAULT: Duration = Duration::from_secs(1);

/// The running shell.
#[derive(Debug)]
pub struct Running {
    stop: CancellationToken,
    effects: TaskTracker,
    supervisor: tokio::task::JoinHandle<()>,
}

/// Starts a task for every entity and the supervisor over them.
///
/// # Errors
/// When the database cannot be read.
pub async fn start(world: World) -> Result<Running, Error> {
    // The feed before the list: an entity added in between is seen twice rather than never.
    let feed = world.store.feed_from(None).await?;
    let entities = world.store.list_entities(EntityFilter::default()).await?;
    let stop = CancellationToken::new();
    let effects = TaskTracker::new();
    let mut supervisor = Supervisor {
        world,
        stop: stop.clone(),
        effects: effects.clone(),
        bells: HashMap::new(),
        tasks: JoinSet::new(),
        ids: HashMap::new(),
    };
    for entity in entities {
        supervisor.attend(entity.id);
    }
    info!(entities = supervisor.bells.len(), "watching");
    let supervisor = tokio::spawn(supervisor.run(feed));
    Ok(Running { stop, effects, supervisor })
}

impl Running {
    /// Stops planning, then waits for the effects under way; answers whether all of them ended within `grace`. Those that did not
    /// are cut off: their provider processes are ended, and the next start finds out how far they came.
    pub async fn stop(self, grace: Duration) -> bool {
        self.stop.cancel();
        self.effects.close();
        let ended = tokio::time::timeout(grace, self.effects.wait()).await.is_ok();
        if !ended {
            warn!(effects = self.effects.len(), "effects are cut off; the next start looks for what they left");
        }
        self.supervisor.abort();
        ended
    }
}

struct Supervisor {
    world: World,
    stop: CancellationToken,
    effects: TaskTracker,
    bells: HashMap<EntityId, Arc<Bell>>,
    tasks: JoinSet<EntityId>,
    ids: HashMap<tokio::task::Id, EntityId>,
}

impl Supervisor {
    async fn run(mut self, mut feed: Feed) {
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                changes = feed.next() => match changes {
                    Ok(changes) => changes.iter().for_each(|change| self.follow(change)),
                    Err(fault) => {
                        error!(error = %fault, "the feed of changes failed; reading it again");
                        // Whatever was missed, a pass over everything finds it.
                        self.bells.values().for_each(|bell| bell.ring());
                        tokio::time::sleep(AFTER_FAULT).await;
                    }
                },
                Some(ended) = self.tasks.join_next_with_id() => self.task_ended(ended).await,
            }
        }
        while self.tasks.join_next().await.is_some() {}
    }

    /// Makes sure the entity has a task.
    fn attend(&mut self, entity: EntityId) {
        if self.bells.contains_key(&entity) {
            return;
        }
        let bell = Arc::new(Bell::default());
        self.bells.insert(entity, Arc::clone(&bell));
        self.spawn(entity, bell);
    }

    fn spawn(&mut self, entity: EntityId, bell: Arc<Bell>) {
        let (world, stop, effects) = (self.world.clone(), self.stop.clone(), self.effects.clone());
        let handle = self.tasks.spawn(async move {
            reconcile(world, entity, bell, stop, effects).await;
            entity
        });
        self.ids.insert(handle.id(), entity);
    }

    fn follow(&mut self, change: &Change) {
        match change.kind {
            // Settings, credentials and endpoints may concern anybody.
            ChangeKind::Controller | ChangeKind::GithubCredentials | ChangeKind::GithubEndpoint => {
                self.bells.values().for_each(|bell| bell.ring_and_unblock());
            }
            kind => {
                let Some(entity) = change.entity else { return };
                self.attend(entity);
                let is_entity =
                    matches!(kind, ChangeKind::Repository | ChangeKind::Organization | ChangeKind::Enterprise | ChangeKind::ForgeInstance);
                if let Some(bell) = self.bells.get(&entity) {
                    if is_entity { bell.ring_and_unblock() } else { bell.ring() }
                }
            }
        }
    }

    async fn task_ended(&mut self, ended: Result<(tokio::task::Id, EntityId), tokio::task::JoinError>) {
        match ended {
            // The entity is gone. Should it be back already, the next change attends to it.
            Ok((id, entity)) => {
                self.ids.remove(&id);
                self.bells.remove(&entity);
            }
            Err(fault) => {
                let Some(entity) = self.ids.remove(&fault.id()) else { return };
                error!(entity.id = %entity, error = %fault, "the task of an entity panicked; starting it again");
                tokio::time::sleep(AFTER_FAULT).await;
                if let Some(bell) = self.bells.get(&entity).cloned() {
                    self.spawn(entity, bell);
                }
            }
        }
    }
}
