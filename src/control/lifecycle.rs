//! Start, supervision and end of the shell.
//!
//! One task for each entity whose lease this replica holds. The supervisor renews the leases, starts the tasks of those it gets and stops
//! those it loses; a task that panics is started again. It follows the store's feed of commits, whichever replica made them: a change rings
//! the task of its entity, a change that concerns everybody rings all.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, error, error_span, info, warn};

use super::reconcile::{Ended, reconcile};
use super::world::{Bell, Error, World};
use crate::crypto::random;
use crate::model::{Change, ChangeKind, EntityId, EventLevel, Generation, ReplicaId, describe};
use crate::store::{Feed, Fence};

/// Wait before a task that panicked is started again (doubles with each further panic), and before a feed that failed is read again.
const AFTER_FAULT: Duration = Duration::from_secs(1);
/// The longest wait before a task that keeps panicking is started again.
const AFTER_FAULT_MAX: Duration = Duration::from_mins(1);
/// How often a replica says that it is alive, and looks for leases that nobody holds.
const LEASE_ROUND: Duration = Duration::from_secs(2);
/// How long others wait for a sign of life before they take over: with a round on top, under ten seconds.
const LEASE_LIFETIME: Duration = Duration::from_secs(6);

/// The running shell.
#[derive(Debug)]
pub struct Running {
    world: World,
    identity: Identity,
    stop: CancellationToken,
    supervisor: tokio::task::JoinHandle<()>,
}

/// As whom this process holds leases. Once its life has lapsed it is somebody else: what it gets back has a new generation then, so that
/// nothing that is still under way for the old one can be taken for the new one's.
type Identity = Arc<Mutex<ReplicaId>>;

fn me(identity: &Identity) -> ReplicaId {
    *identity.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the supervisor, which starts a task for every entity it may act for.
///
/// # Errors
/// When the database cannot be read.
pub async fn start(world: World) -> Result<Running, Error> {
    // The feed before the leases: an entity added in between is seen twice rather than never.
    let feed = world.store.feed_from(None).await?;
    let identity = Identity::new(Mutex::new(ReplicaId(random::uuid())));
    let stop = CancellationToken::new();
    let mut supervisor = Supervisor {
        world: world.clone(),
        identity: Arc::clone(&identity),
        stop: stop.clone(),
        held: BTreeMap::new(),
        alive_until: None,
        next_round: None,
        tasks: JoinSet::new(),
        entities: HashMap::new(),
    };
    supervisor.renew_leases().await?;
    info!(replica.id = %me(&identity), entities = supervisor.held.len(), "watching");
    let supervisor = tokio::spawn(supervisor.run(feed));
    Ok(Running { world, identity, stop, supervisor })
}

impl Running {
    /// Stops planning, then waits for the effects under way; answers whether all of them ended within `grace`. Those that did not
    /// are cut off: their provider processes are ended, and the next start finds out how far they came. Other replicas may take over at once.
    pub async fn stop(mut self, grace: Duration) -> bool {
        self.stop.cancel();
        let ended = tokio::time::timeout(grace, &mut self.supervisor).await.is_ok();
        if !ended {
            warn!("effects are cut off; the next start looks for what they left");
            self.supervisor.abort();
        }
        if let Err(fault) = self.world.store.release_leases(me(&self.identity)).await {
            warn!(error = %describe(&fault), "could not hand over to other replicas; they take over by themselves");
        }
        ended
    }

    /// Ends everything at once and leaves everything as it is: for simulations of a crash.
    pub fn kill(self) {
        self.supervisor.abort();
    }
}

/// A task and what belongs to it.
struct Attended {
    generation: Generation,
    /// The task that acts; an earlier one may still wait for what it began.
    task: Option<Id>,
    bell: Arc<Bell>,
    stop: CancellationToken,
    panics: u32,
}

struct Supervisor {
    world: World,
    identity: Identity,
    stop: CancellationToken,
    held: BTreeMap<EntityId, Attended>,
    /// Until when others believe that this replica is alive.
    alive_until: Option<Instant>,
    /// When the leases are renewed next.
    next_round: Option<Instant>,
    tasks: JoinSet<Ended>,
    entities: HashMap<Id, EntityId>,
}

impl Supervisor {
    async fn run(mut self, mut feed: Feed) {
        let mut read_feed_at = None;
        loop {
            let stop = self.stop.clone();
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(ended) = self.tasks.join_next_with_id() => self.task_ended(ended).await,
                () = until(self.next_round) => {
                    if let Err(fault) = self.renew_leases().await {
                        warn!(error = %describe(&fault), "cannot renew the leases");
                        self.give_up_expired();
                        self.next_round = Some(Instant::now() + LEASE_ROUND);
                    }
                }
                changes = next_changes(&mut feed, read_feed_at) => match changes {
                    Ok(changes) => {
                        read_feed_at = None;
                        let strangers = changes.iter().filter(|change| self.follow(change)).count();
                        if strangers > 0 {
                            self.next_round = Some(Instant::now());
                        }
                    }
                    Err(fault) => {
                        error!(error = %describe(&fault), "the feed of changes failed; reading it again");
                        // Whatever was missed, a look at everything finds it.
                        self.held.values().for_each(|attended| attended.bell.ring());
                        self.next_round = Some(Instant::now());
                        read_feed_at = Some(Instant::now() + AFTER_FAULT);
                    }
                },
            }
        }
        self.held.values().for_each(|attended| attended.stop.cancel());
        while self.tasks.join_next().await.is_some() {}
    }

    /// Says that this replica is alive, and makes sure that exactly the entities it may act for have a task.
    async fn renew_leases(&mut self) -> Result<(), Error> {
        let asked_at = Instant::now();
        // An answer that comes when nobody believes any more that this replica is alive is of no use.
        let patience = self.alive_until.map_or(LEASE_LIFETIME, |until| until.saturating_duration_since(asked_at));
        let leases = match tokio::time::timeout(patience, self.world.store.hold_leases(me(&self.identity), LEASE_LIFETIME)).await {
            Ok(leases) => leases?,
            Err(_) => return Err(Error::Unready("the database does not answer".to_owned())),
        };
        // Where only this process uses the database there is nobody to tell; it is enough to look when entities come.
        let shared = self.world.store.is_shared();
        self.alive_until = shared.then(|| asked_at + LEASE_LIFETIME);
        self.next_round = shared.then(|| asked_at + LEASE_ROUND);
        self.held.retain(|entity, attended| {
            let kept = leases.get(entity) == Some(&attended.generation);
            if !kept {
                warn!(entity.id = %entity, "another replica acts for the entity now, or it is gone");
                attended.stop.cancel();
            }
            kept
        });
        for (entity, generation) in leases {
            if !self.held.contains_key(&entity) {
                info!(entity.id = %entity, generation = generation.0, "acting for the entity");
                let bell = Arc::new(Bell::default());
                let mut attended = Attended { generation, task: None, bell, stop: self.stop.child_token(), panics: 0 };
                self.spawn(entity, &mut attended, Duration::ZERO);
                self.held.insert(entity, attended);
            }
        }
        Ok(())
    }

    /// Nobody believes any more that this replica is alive: it stops before another one begins, and comes back as somebody else.
    fn give_up_expired(&mut self) {
        if self.alive_until.is_some_and(|until| until <= Instant::now()) {
            self.alive_until = None;
            *self.identity.lock().unwrap_or_else(PoisonError::into_inner) = ReplicaId(random::uuid());
            for (entity, attended) in std::mem::take(&mut self.held) {
                warn!(entity.id = %entity, "stopped acting for the entity: the lease could not be renewed");
                attended.stop.cancel();
            }
        }
    }

    fn spawn(&mut self, entity: EntityId, attended: &mut Attended, delay: Duration) {
        let fence = Fence { entity, generation: attended.generation };
        let world = self.world.fenced(fence);
        let (bell, stop) = (Arc::clone(&attended.bell), attended.stop.clone());
        let task = async move {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ended::Stopped,
                () = tokio::time::sleep(delay) => {}
            }
            reconcile(world, entity, bell, stop).await
        };
        // Of the highest level, so that lines of every level say what they are about.
        let handle = self.tasks.spawn(task.instrument(error_span!("entity", entity.id = %entity)));
        attended.task = Some(handle.id());
        self.entities.insert(handle.id(), entity);
    }

    /// Rings whom the change concerns. Answers whether it is about an entity that nobody here attends to.
    fn follow(&self, change: &Change) -> bool {
        match change.kind {
            // Settings, credentials and endpoints may concern anybody.
            ChangeKind::Controller | ChangeKind::GithubCredentials | ChangeKind::GithubEndpoint => {
                self.held.values().for_each(|attended| attended.bell.ring_and_unblock());
                false
            }
            kind => {
                let Some(entity) = change.entity else { return false };
                let is_entity =
                    matches!(kind, ChangeKind::Repository | ChangeKind::Organization | ChangeKind::Enterprise | ChangeKind::ForgeInstance);
                match self.held.get(&entity) {
                    Some(attended) if is_entity => attended.bell.ring_and_unblock(),
                    Some(attended) => attended.bell.ring(),
                    None => return is_entity,
                }
                false
            }
        }
    }

    async fn task_ended(&mut self, ended: Result<(Id, Ended), JoinError>) {
        let id = match &ended {
            Ok((id, _)) => *id,
            Err(fault) => fault.id(),
        };
        let Some(entity) = self.entities.remove(&id) else { return };
        // A task that lost its lease may end after its successor was started.
        if self.held.get(&entity).is_none_or(|attended| attended.task != Some(id)) {
            return;
        }
        let Some(mut attended) = self.held.remove(&entity) else { return };
        match ended {
            // Should the entity be back already, or the lease come back, the next round attends to it.
            Ok((_, Ended::Gone | Ended::LeaseLost | Ended::Stopped)) => {}
            Err(fault) => {
                attended.panics += 1;
                self.world.panics.add();
                let delay = AFTER_FAULT.saturating_mul(1 << (attended.panics - 1).min(6)).min(AFTER_FAULT_MAX);
                error!(entity.id = %entity, panics = attended.panics, error = %fault, "the task of an entity panicked; starting it again");
                self.spawn(entity, &mut attended, delay);
                let message =
                    format!("planning for this entity failed unexpectedly (time {}); it is begun again: {fault}", attended.panics);
                self.held.insert(entity, attended);
                if let Err(fault) = self.world.store.add_entity_event(entity, EventLevel::Error, message).await {
                    error!(error = %describe(&fault), "cannot record that a task panicked");
                }
            }
        }
    }
}

/// The next changes of the feed, at the earliest at the given time.
async fn next_changes(feed: &mut Feed, at: Option<Instant>) -> Result<Vec<Change>, crate::store::Error> {
    if let Some(at) = at {
        tokio::time::sleep_until(at).await;
    }
    feed.next().await
}

/// Waits until then; without a time, for good.
async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
