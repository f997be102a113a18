//! Everything the planner may see.
//!
//! `control` assembles a snapshot from the rows of one entity and the last lists of its forge and providers. Tests and the simulator build
//! the same value by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::model::{
    Balancer, Budget, EntityId, ForgeRunner, Job, JobId, LostJob, ProviderMachine, Rows, Runner, RunnerId, RunnerName, RunnerSet,
    RunnerSetId, RunnerVersion, ServiceDemand, Slots,
};
use crate::time::Timestamp;

use super::action::Target;
use super::observed::Observed;
use super::policy::Policy;

/// One entity with its runner sets, runners and jobs at one moment.
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
    /// The label that marks runners of this installation at the forge.
    pub controller_label: String,
    /// How long a job may wait for an idle runner before another is started.
    pub minimum_job_age_backoff: Duration,
    /// Whether runners could reach this server: callback and metadata URL are set.
    pub urls_known: bool,
    /// The known facts about the forge.
    pub forge: ForgeView,
    /// The entity's runner sets.
    pub sets: Vec<RunnerSetView>,
    /// The entity's runners, in any order.
    pub runners: Rows,
    /// Jobs that the entity's hook reported and that are not over.
    pub jobs: Vec<Arc<Job>>,
    /// Jobs that services have assigned to the entity's scale sets, and that are not over, as far as the services told of them.
    pub assigned: Vec<Arc<Job>>,
    /// Jobs that lost a machine of the entity, and of which is still to be decided whether they are run again.
    pub lost: Vec<LostJob>,
    /// When the forge was last asked how a job stands, answered or not.
    pub jobs_checked: BTreeMap<JobId, JobCheck>,
    /// Jobs that the forge did not show when it was last asked.
    pub jobs_unshown: BTreeMap<JobId, Unshown>,
    /// Runners whose row, or whose orphan, is gone, and since when. A list that was asked for before then may still have them.
    pub gone: BTreeMap<RunnerName, Timestamp>,
    /// Orphans whose removal failed, and the time before which it is not tried again.
    pub orphans_left: BTreeMap<Target, Timestamp>,
    /// The targets of effects that run: nothing else is planned for them.
    pub in_flight: BTreeSet<Target>,
}

/// One question to the forge how a job stands, and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobCheck {
    /// When the forge was asked.
    pub at: Timestamp,
    /// How the job stands.
    pub standing: Standing,
}

/// How a job that is not over stands at the forge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It waits for a runner.
    Waits,
    /// The forge holds it back: it waits for an approval or for other jobs.
    HeldBack,
    /// It runs or is over, the forge did not answer, or does not show us the job.
    NotWaiting,
}

/// Why the forge does not show a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unshown {
    /// Its status and words.
    pub said: String,
    /// Whether that may pass by itself.
    pub may_pass: bool,
    /// How many answers in a row were of this kind.
    pub times: u32,
}

/// The known facts about the entity's forge.
#[derive(Clone, Debug, Default)]
pub struct ForgeView {
    /// Nothing is asked of the forge before this time, because of this fault.
    pub blocked: Option<(Timestamp, String)>,
    /// When runner downloads were last fetched; `None` = they are not known.
    pub tools_at: Option<Timestamp>,
    /// Its runners, as last listed.
    pub runners: Option<Observed<ForgeRunner>>,
    /// The API budget of the entity's credentials, and their name; `None` = calls are not limited.
    pub budget: Option<(String, Budget)>,
    /// How many runners were registered for the entity lately.
    pub registered: Slots,
    /// From when on runners of a version get no jobs, where the forge has set a date.
    pub retires: BTreeMap<RunnerVersion, Timestamp>,
}

/// A runner set and what is known about its provider.
#[derive(Clone, Debug)]
pub struct RunnerSetView {
    /// The runner set.
    pub set: RunnerSet,
    /// Whether the configuration has its provider.
    pub provider_configured: bool,
    /// Whether its runners get just-in-time configurations; otherwise they fetch a registration token.
    pub jit: bool,
    /// The version of the runner software that a new machine installs; `None` = not known.
    pub offers: Option<RunnerVersion>,
    /// Its machines are not listed before this time, because listing failed with this fault.
    pub machines_blocked: Option<(Timestamp, String)>,
    /// Its machines, as the provider last listed them.
    pub machines: Option<Observed<ProviderMachine>>,
    /// What its service wants; `None` = no service assigns jobs to it.
    pub service: Option<ServiceDemand>,
}

impl RunnerSetView {
    /// Whether a job gets to it by its labels. To a scale set, the service of the forge assigns jobs.
    #[must_use]
    pub const fn takes_jobs_of_labels(&self) -> bool {
        self.service.is_none()
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

    /// The words with which the forge did not show a job; empty = it showed the job, or was not asked.
    #[must_use]
    pub fn said_of_unshown(&self, job: JobId) -> String {
        self.jobs_unshown.get(&job).map(|unshown| unshown.said.clone()).unwrap_or_default()
    }

    /// Whether the forge may be asked something now.
    #[must_use]
    pub fn forge_is_open(&self) -> bool {
        self.forge.blocked.as_ref().is_none_or(|(until, _)| *until <= self.now)
    }

    /// The runner set with this id.
    #[must_use]
    pub fn set(&self, id: RunnerSetId) -> Option<&RunnerSetView> {
        self.sets.iter().find(|view| view.set.id == id)
    }

    /// Runners of a runner set.
    pub fn runners_of(&self, set: RunnerSetId) -> impl Iterator<Item = &Runner> {
        self.runners.iter().map(Arc::as_ref).filter(move |runner| runner.set_id == set)
    }

    /// How many machines of each runner set exist or may exist. Every row counts, in every state.
    #[must_use]
    pub fn occupancy(&self) -> BTreeMap<RunnerSetId, usize> {
        let mut count = BTreeMap::new();
        for runner in self.runners.iter() {
            *count.entry(runner.set_id).or_default() += 1;
        }
        count
    }
}
