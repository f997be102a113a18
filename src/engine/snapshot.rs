//! Everything the planner may see.
//!
//! A snapshot is assembled by `control` from rows of one entity and from what was last observed at its forge and providers;
//! tests and the simulator build the same value by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use crate::model::{Address, Balancer, EntityId, ForgeRunner, InstanceStatus, Job, Pool, PoolId, Runner, RunnerId, RunnerName};
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
    /// What an action is under way for; nothing else is planned for it.
    pub in_flight: BTreeSet<Target>,
}

/// What an action concerns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A runner of ours, its machine and its registration.
    Runner(RunnerId),
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
    pub machines: Option<Observed<Machine>>,
}

/// A list somebody outside gave us, with the names of the list before: only what is missing twice is gone, because a list
/// that is paged or eventually consistent may miss what exists.
#[derive(Clone, Debug)]
pub struct Observed<T> {
    /// When the list was asked for.
    pub at: Timestamp,
    /// The list.
    pub items: Vec<T>,
    /// When the list before was asked for, and the names on it.
    pub before: Option<(Timestamp, BTreeSet<String>)>,
}

impl<T: Named> Observed<T> {
    /// The first list of something.
    #[must_use]
    pub fn first(at: Timestamp, items: Vec<T>) -> Self {
        Self { at, items, before: None }
    }

    /// The list that follows this one.
    #[must_use]
    pub fn next(self, at: Timestamp, items: Vec<T>) -> Self {
        let names = self.items.iter().map(|item| item.name().to_owned()).collect();
        Self { at, items, before: Some((self.at, names)) }
    }

    /// The item of this name.
    pub fn find(&self, name: &str) -> Option<&T> {
        self.items.iter().find(|item| item.name() == name)
    }

    /// Whether both lists lack the name, and both were asked for after `since`.
    #[must_use]
    pub fn lacks(&self, name: &str, since: Timestamp) -> bool {
        self.find(name).is_none() && self.before.as_ref().is_some_and(|(at, names)| *at > since && !names.contains(name))
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

/// A machine as its provider lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The provider's name for it.
    pub provider_id: String,
    /// The name it was asked for under.
    pub name: RunnerName,
    /// Its state.
    pub status: InstanceStatus,
    /// Name of the operating system; empty = not told.
    pub os_name: String,
    /// Version of the operating system; empty = not told.
    pub os_version: String,
    /// Network addresses.
    pub addresses: Vec<Address>,
}

impl Named for Machine {
    fn name(&self) -> &str {
        self.name.as_str()
    }
}

impl Snapshot {
    /// Whether nothing is under way for this runner.
    #[must_use]
    pub fn is_free(&self, runner: RunnerId) -> bool {
        !self.in_flight.contains(&Target::Runner(runner))
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
