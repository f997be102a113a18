//! Everything the planner may see.
//!
//! A snapshot is assembled by `control` from rows of one entity and from what was last observed at its forge and providers;
//! tests and the simulator build the same value by hand.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::model::{Balancer, EntityId, ForgeRunner, Job, JobId, Pool, PoolId, ProviderMachine, Runner, RunnerId, RunnerName};
use crate::time::Timestamp;

use super::Policy;

/// One entity with its pools, runners and jobs at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The moment.
    pub now: Timestamp,
    /// Fresh randomness for the names and ids of new runners; the planner has none of its own.
    pub seed: u64,
    /// How patient the planner is.
    pub policy: Policy,
    /// The entity that is planned for.
    pub entity_id: EntityId,
    /// How it wants jobs spread.
    pub balancer: Balancer,
    /// What runners of this installation are marked with at the forge.
    pub controller_label: String,
    /// How long a job may wait for an idle runner before another is started.
    pub minimum_job_age_backoff: Duration,
    /// Whether runners could reach this server: callback and metadata URL are set.
    pub urls_known: bool,
    /// What is known about the forge.
    pub forge: ForgeView,
    /// The entity's pools.
    pub pools: Vec<PoolView>,
    /// The entity's runners, in any order.
    pub runners: Vec<Runner>,
    /// Jobs that the entity's hook reported and that are not over.
    pub jobs: Vec<Job>,
    /// When the forge was last asked how a job stands, answered or not.
    pub jobs_checked: BTreeMap<JobId, JobCheck>,
    /// Runners whose row, or whose orphan, is gone, and since when: a list that was asked for before that may still have them.
    pub gone: BTreeMap<RunnerName, Timestamp>,
    /// What an action is under way for; nothing else is planned for it.
    pub in_flight: BTreeSet<Target>,
}

/// That the forge was asked how a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobCheck {
    /// When.
    pub at: Timestamp,
    /// Whether it said that the job still waits. `false` also when it did not say anything: it may not let us see jobs.
    pub waits: bool,
}

/// What an action concerns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A runner of ours, its machine and its registration.
    Runner(RunnerId),
    /// The making of the machine of a runner of ours: the one effect that may outlast what it is for.
    Creation(RunnerId),
    /// How a job stands at the forge.
    Job(JobId),
    /// The list of runners at the forge.
    ForgeRunners,
    /// The list of runner downloads.
    Tools,
    /// The list of machines of a pool.
    Machines(PoolId),
    /// A runner at the forge that has no row.
    ForgeOrphan(i64),
    /// A machine at the provider that has no row.
    MachineOrphan(PoolId, String),
}

/// As log lines name it.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runner(id) => write!(f, "runner {id}"),
            Self::Creation(id) => write!(f, "machine of runner {id}"),
            Self::Job(id) => write!(f, "job {id} at the forge"),
            Self::ForgeRunners => f.write_str("runners at the forge"),
            Self::Tools => f.write_str("runner downloads"),
            Self::Machines(pool) => write!(f, "machines of pool {pool}"),
            Self::ForgeOrphan(agent_id) => write!(f, "orphan {agent_id} at the forge"),
            Self::MachineOrphan(pool, machine) => write!(f, "orphan {machine} of pool {pool}"),
        }
    }
}

/// What is known about the entity's forge.
#[derive(Clone, Debug, Default)]
pub struct ForgeView {
    /// Nothing is asked of the forge before this time, because of this fault.
    pub blocked: Option<(Timestamp, String)>,
    /// When runner downloads were last fetched; `None` = they are not known.
    pub tools_at: Option<Timestamp>,
    /// Its runners, as last listed.
    pub runners: Option<Observed<ForgeRunner>>,
}

/// A pool and what is known about its provider.
#[derive(Clone, Debug)]
pub struct PoolView {
    /// The pool.
    pub pool: Pool,
    /// Whether the configuration has its provider.
    pub provider_configured: bool,
    /// Whether runners of this pool get just-in-time configurations; otherwise they fetch a registration token.
    pub jit: bool,
    /// Its machines are not listed before this time, because listing failed with this fault.
    pub machines_blocked: Option<(Timestamp, String)>,
    /// Its machines, as the provider last listed them.
    pub machines: Option<Observed<ProviderMachine>>,
}

/// What somebody outside listed last, and the list before: only what is missing twice is gone, and only what stands on both
/// without a row is an orphan, because a list that is paged or eventually consistent may miss what exists. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Observed<T> {
    last: Arc<List<T>>,
    before: Option<Arc<List<T>>>,
}

#[derive(Debug)]
struct List<T> {
    at: Timestamp,
    items: Vec<T>,
    by_name: HashMap<String, usize>,
}

impl<T: Named> List<T> {
    fn new(at: Timestamp, items: Vec<T>) -> Arc<Self> {
        let mut list = Self { at, items: Vec::with_capacity(items.len()), by_name: HashMap::with_capacity(items.len()) };
        for item in items {
            match list.by_name.entry(item.name().to_owned()) {
                Entry::Vacant(free) => {
                    free.insert(list.items.len());
                    list.items.push(item);
                }
                // What moves from one page to the next while a list is read stands on it twice; the later word counts.
                Entry::Occupied(known) => list.items[*known.get()] = item,
            }
        }
        Arc::new(list)
    }

    fn find(&self, name: &str) -> Option<&T> {
        self.items.get(*self.by_name.get(name)?)
    }
}

impl<T: Named> Observed<T> {
    /// The list that follows the one before, if there was one.
    #[must_use]
    pub fn next(before: Option<Self>, at: Timestamp, items: Vec<T>) -> Self {
        Self { last: List::new(at, items), before: before.map(|before| before.last) }
    }

    /// When the list was asked for.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.last.at
    }

    /// The list.
    #[must_use]
    pub fn items(&self) -> &[T] {
        &self.last.items
    }

    /// The item of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&T> {
        self.last.find(name)
    }

    /// Whether both lists lack the name, and both were asked for after `since`.
    #[must_use]
    pub fn lacks(&self, name: &str, since: Timestamp) -> bool {
        self.find(name).is_none() && self.before.as_ref().is_some_and(|before| before.at > since && before.find(name).is_none())
    }

    /// The item of this name, when both lists have it, both were asked for after `since`, and the same holds of it on both.
    #[must_use]
    pub fn find_twice(&self, name: &str, since: Timestamp, holds: impl Fn(&T) -> bool) -> Option<&T> {
        let before = self.before.as_ref().filter(|before| before.at > since)?.find(name)?;
        self.find(name).filter(|item| holds(item) && holds(before))
    }

    /// The items that stand on both lists, each with the time when the older one was asked for.
    pub fn lasting(&self) -> impl Iterator<Item = (&T, Timestamp)> {
        let before = self.before.as_deref();
        self.items()
            .iter()
            .filter_map(move |item| before.filter(|before| before.find(item.name()).is_some()).map(|before| (item, before.at)))
    }
}

/// Something that is found by name.
pub trait Named {
    /// Its name.
    fn name(&self) -> &str;
}

impl Named for ForgeRunner {
    fn name(&self) -> &str {
        self.name.as_str()
    }
}

impl Named for ProviderMachine {
    fn name(&self) -> &str {
        self.name.as_str()
    }
}

impl Snapshot {
    /// Whether nothing is under way for this runner.
    #[must_use]
    pub fn is_free(&self, runner: RunnerId) -> bool {
        !self.in_flight.contains(&Target::Runner(runner)) && !self.is_being_made(runner)
    }

    /// Whether the provider was asked for the machine of this runner and has not answered yet.
    #[must_use]
    pub fn is_being_made(&self, runner: RunnerId) -> bool {
        self.in_flight.contains(&Target::Creation(runner))
    }

    /// Whether the forge may be asked something now.
    #[must_use]
    pub fn forge_is_open(&self) -> bool {
        self.forge.blocked.as_ref().is_none_or(|(until, _)| *until <= self.now)
    }

    /// The pool with this id.
    #[must_use]
    pub fn pool(&self, id: PoolId) -> Option<&PoolView> {
        self.pools.iter().find(|view| view.pool.id == id)
    }

    /// Runners of a pool.
    pub fn runners_of(&self, pool: PoolId) -> impl Iterator<Item = &Runner> {
        self.runners.iter().filter(move |runner| runner.pool_id == pool)
    }

    /// How many machines of each pool exist or may exist. Every row counts, whatever its state.
    #[must_use]
    pub fn occupancy(&self) -> BTreeMap<PoolId, usize> {
        let mut count = BTreeMap::new();
        for runner in &self.runners {
            *count.entry(runner.pool_id).or_default() += 1;
        }
        count
    }
}
