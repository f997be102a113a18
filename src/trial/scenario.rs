//! The plan of a trial: servers, entities with their pools, jobs, and the rate of every fault. A seed decides all of it.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::faults::{Fault, Rates};
use super::spread::Spread;
use super::useless::{Burden, Flaw, FlawPlan};
use crate::engine::Policy;
use crate::model::{Balancer, BudgetLimits, EntityKind, EntityRef, Rate, RerunLimits};

/// Least and most of something that varies.
pub type Span = (Duration, Duration);

/// A pool.
#[derive(Clone, Debug)]
pub struct PoolPlan {
    /// Labels of its runners.
    pub tags: Vec<String>,
    /// The most runners it may have.
    pub max_runners: u32,
    /// How many idle ones it keeps.
    pub min_idle_runners: u32,
    /// Higher ones are used first.
    pub priority: u32,
    /// How long a machine may take to become a runner.
    pub bootstrap_timeout: Duration,
    /// Times of its machines, where they differ from those of the scenario.
    pub pace: Option<Pace>,
    /// What is wrong with it.
    pub flaws: Vec<FlawPlan>,
}

/// How long the machines of a pool take.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// To be made by the provider.
    pub create_time: Duration,
    /// To become a runner after that.
    pub boot_time: Spread,
}

/// An entity with its pools.
#[derive(Clone, Debug)]
pub struct EntityPlan {
    /// Where it is.
    pub at: EntityRef,
    /// How jobs are spread.
    pub balancer: Balancer,
    /// Its pools.
    pub pools: Vec<PoolPlan>,
}

/// A scale set.
#[derive(Clone, Debug)]
pub struct ScaleSetPlan {
    /// The place of its entity among those of the scenario.
    pub entity: usize,
    /// Its name, which is its label.
    pub name: String,
    /// The most runners it may have.
    pub max_runners: u32,
    /// How many idle ones it keeps.
    pub min_idle_runners: u32,
    /// How long a machine may take to become a runner.
    pub bootstrap_timeout: Duration,
}

/// A pool that is there only after a while. Jobs that it fits may wait by then.
#[derive(Clone, Debug)]
pub struct LatePool {
    /// When it is there, from the beginning.
    pub at: Duration,
    /// The place of its entity among those of the scenario.
    pub entity: usize,
    /// The pool.
    pub pool: PoolPlan,
}

/// A job.
#[derive(Clone, Debug)]
pub struct JobPlan {
    /// When it is queued, from the beginning.
    pub at: Duration,
    /// Labels that a runner must have.
    pub labels: Vec<String>,
    /// How long it runs.
    pub takes: Duration,
    /// What is special about it.
    pub burden: Option<Burden>,
    /// Jobs with one number are of one run, and queued at one time; `None` = a run of its own.
    pub run: Option<u32>,
}

/// Something an operator does.
#[derive(Clone, Debug)]
pub enum Deed {
    /// Rotates a pool.
    Rotate,
    /// Disables a pool for a minute.
    Disable,
    /// Sets another maximum, for good.
    Resize(u32),
    /// Asks for the removal of a runner.
    Remove,
    /// Removes a runner by force.
    Force,
}

/// A trial before it begins.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// How many servers share the database.
    pub servers: usize,
    /// The entities.
    pub entities: Vec<EntityPlan>,
    /// The jobs.
    pub jobs: Vec<JobPlan>,
    /// What operators do, and when.
    pub deeds: Vec<(Duration, Deed)>,
    /// Pools that are there only after a while.
    pub late_pools: Vec<LatePool>,
    /// The scale sets.
    pub scale_sets: Vec<ScaleSetPlan>,
    /// Whether their service offers jobs, as that of GHES does. That of github.com assigns them.
    pub offers_jobs: bool,
    /// When the repository gets another name at the forge.
    pub renamed_at: Option<Duration>,
    /// Whether servers list the jobs of the forge. No delivery is sent again then.
    pub lists_jobs: bool,
    /// What the forge allows each set of credentials; `None` = everything. No server may ever call more often.
    pub limits: Option<BudgetLimits>,
    /// How often jobs that lost their machine are run again; `None` = never. Some jobs fail by themselves then.
    pub reruns: Option<RerunLimits>,
    /// How often each fault strikes.
    pub rates: Rates,
    /// How long faults may strike.
    pub troubled: Duration,
    /// Whether the faults never stop; for tests of the checks.
    pub endless: bool,
    /// How long the installation may take to recover after that.
    pub patience: Duration,
    /// In the end all servers are killed. So soon after they are there again each job has a runner; `None` = neither of it.
    pub begins_within: Option<Duration>,
    /// How long a call to the provider takes.
    pub provider_latency: Span,
    /// How long a call to the forge takes.
    pub forge_latency: Span,
    /// How long a machine takes to become a runner.
    pub boot_time: Span,
    /// How long a job may wait for an idle runner.
    pub job_age: Duration,
    /// The durations of the planner.
    pub policy: Policy,
}

const LABELS: [&[&str]; 5] = [&["linux"], &["linux", "gpu"], &["linux", "arm"], &["LINUX"], &["windows"]];

impl Scenario {
    /// A scenario of its own for every seed, small enough to run many.
    #[must_use]
    pub fn mixed(seed: u64) -> Self {
        let mut chance = StdRng::seed_from_u64(seed);
        let secs = Duration::from_secs;
        let places = [
            EntityRef { kind: EntityKind::Repository, owner: "acme".into(), name: "widgets".into() },
            EntityRef { kind: EntityKind::Organization, owner: String::new(), name: "acme".into() },
            EntityRef { kind: EntityKind::Enterprise, owner: String::new(), name: "corp".into() },
        ];
        let mut entities = Vec::new();
        for at in places {
            if entities.is_empty() || chance.random_bool(0.35) {
                let pools = (0..chance.random_range(1..=2)).map(|number| pool(&mut chance, number)).collect();
                let balancer = if chance.random_bool(0.5) { Balancer::RoundRobin } else { Balancer::Pack };
                entities.push(EntityPlan { at, balancer, pools });
            }
        }
        let troubled = secs(chance.random_range(180..480));
        let jobs = (0..chance.random_range(4..=24)).map(|_| JobPlan {
            at: secs(chance.random_range(0..troubled.as_secs())),
            labels: LABELS[[0, 0, 0, 1, 2, 3, 4][chance.random_range(0..7)]].iter().map(ToString::to_string).collect(),
            takes: secs(chance.random_range(2..90)),
            burden: None,
            run: None,
        });
        let jobs = jobs.collect();
        let deeds = (0..chance.random_range(0..4)).map(|_| {
            let deed = match chance.random_range(0..5) {
                0 => Deed::Rotate,
                1 => Deed::Disable,
                2 => Deed::Resize(chance.random_range(1..8)),
                3 => Deed::Remove,
                _ => Deed::Force,
            };
            (secs(chance.random_range(20..troubled.as_secs())), deed)
        });
        let deeds = deeds.collect();
        let rates = rates(&mut chance);
        let mut scenario = Self {
            seed,
            servers: [1, 1, 2, 3][chance.random_range(0..4)],
            entities,
            jobs,
            deeds,
            late_pools: Vec::new(),
            scale_sets: Vec::new(),
            offers_jobs: false,
            renamed_at: None,
            lists_jobs: false,
            limits: None,
            reruns: None,
            rates,
            troubled,
            endless: false,
            patience: Duration::from_hours(1),
            begins_within: None,
            provider_latency: (Duration::from_millis(50), secs(chance.random_range(1..15))),
            forge_latency: (Duration::from_millis(20), Duration::from_millis(chance.random_range(40..2000))),
            boot_time: (secs(1), secs(chance.random_range(2..40))),
            job_age: secs([0, 10, 30][chance.random_range(0..3)]),
            policy: Policy {
                idle_time_min: secs(60),
                forge_deadline: secs(30),
                observe_period_idle: secs(300),
                view_compared: Duration::ZERO,
                ..Policy::default()
            },
        };
        add_useless(&mut scenario, &mut chance);
        // Chance of its own, so that the rest of a scenario is as it was before there were late pools.
        add_late_pool(&mut scenario, &mut StdRng::seed_from_u64(!seed));
        refuse_registrations(&mut scenario, &mut StdRng::seed_from_u64(seed.rotate_left(32)));
        list_jobs(&mut scenario, &mut StdRng::seed_from_u64(seed.rotate_left(16)));
        limit_calls(&mut scenario, &mut StdRng::seed_from_u64(seed.rotate_left(48)));
        run_again(&mut scenario, &mut StdRng::seed_from_u64(seed.rotate_left(8)));
        add_scale_sets(&mut scenario, &mut StdRng::seed_from_u64(seed.rotate_left(24)));
        scenario
    }

    /// 250 jobs in ten minutes, and one or two servers that are killed now and then. A few deliveries, a third of them or all are lost for good.
    /// Others are late, doubled and overtaken. The servers list the jobs of the forge. In the end all servers are killed. A minute after they are
    /// there again each job has a runner.
    #[must_use]
    pub fn large(seed: u64) -> Self {
        const RUNS: u32 = 25;
        const OF_RUN: usize = 10;
        let mut chance = StdRng::seed_from_u64(seed);
        let (secs, troubled) = (Duration::from_secs, Duration::from_mins(10));
        let at = match chance.random_range(0..2) {
            0 => EntityRef { kind: EntityKind::Repository, owner: "acme".into(), name: "widgets".into() },
            _ => EntityRef { kind: EntityKind::Organization, owner: String::new(), name: "acme".into() },
        };
        let pool = PoolPlan {
            tags: LABELS[0].iter().map(ToString::to_string).collect(),
            max_runners: 100,
            min_idle_runners: 0,
            priority: 0,
            bootstrap_timeout: secs(60),
            pace: None,
            flaws: Vec::new(),
        };
        let runs = (0..RUNS).flat_map(|run| {
            let at = Duration::from_millis(chance.random_range(0..600_000));
            std::iter::repeat_n((run, at), OF_RUN)
        });
        let queued: Vec<(u32, Duration)> = runs.collect();
        let jobs = queued.into_iter().map(|(run, at)| JobPlan {
            at,
            labels: pool.tags.clone(),
            takes: secs(chance.random_range(2..20)),
            burden: None,
            run: Some(run),
        });
        let jobs = jobs.collect();
        let lost = [500, 3_000, 10_000][chance.random_range(0..3)];
        let rates = [(Fault::DeliveryLost, lost), (Fault::DeliveryLate, 1_000), (Fault::DeliveryDoubled, 1_000), (Fault::Crash, 1)];
        Self {
            servers: chance.random_range(1..=2),
            entities: vec![EntityPlan { at, balancer: Balancer::RoundRobin, pools: vec![pool] }],
            jobs,
            deeds: Vec::new(),
            late_pools: Vec::new(),
            scale_sets: Vec::new(),
            offers_jobs: false,
            renamed_at: None,
            lists_jobs: true,
            limits: None,
            reruns: None,
            rates: rates.into(),
            troubled,
            begins_within: Some(Duration::from_mins(1)),
            provider_latency: (Duration::from_millis(50), secs(1)),
            forge_latency: (Duration::from_millis(20), Duration::from_millis(200)),
            boot_time: (secs(1), secs(3)),
            job_age: Duration::ZERO,
            policy: Policy::default(),
            ..Self::mixed(seed)
        }
    }

    /// Whether nothing goes wrong but with deliveries and servers, and operators do nothing.
    #[must_use]
    pub fn spares_machines(&self) -> bool {
        use Fault as F;
        let is_of_these = |fault: &F| matches!(fault, F::DeliveryLost | F::DeliveryLate | F::DeliveryDoubled | F::Crash);
        self.deeds.is_empty() && self.rates.keys().all(is_of_these)
    }

    /// Whether nothing goes wrong beside what is wrong with pools and jobs, and operators do nothing.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.rates.is_empty() && self.deeds.is_empty()
    }

    /// Whether several servers share the database.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.servers > 1
    }
}

fn pool(chance: &mut StdRng, number: u32) -> PoolPlan {
    let tags = LABELS[if number == 0 { 0 } else { chance.random_range(0..3) }];
    PoolPlan {
        tags: tags.iter().map(ToString::to_string).collect(),
        max_runners: chance.random_range(1..=5),
        min_idle_runners: [0, 0, 1, 2][chance.random_range(0..4)],
        priority: chance.random_range(0..2),
        bootstrap_timeout: Duration::from_secs(chance.random_range(60..150)),
        pace: None,
        flaws: Vec::new(),
    }
}

/// Adds useless machines and burdened jobs to a scenario, by chance.
fn add_useless(scenario: &mut Scenario, chance: &mut StdRng) {
    // Without other faults the bounds are as narrow as they can be.
    if chance.random_bool(0.25) {
        scenario.rates.clear();
        scenario.deeds.clear();
    }
    let has_flaws = chance.random_bool(0.6);
    // Long enough for the bound that holds after the first twenty minutes.
    if has_flaws && chance.random_bool(0.1) {
        scenario.troubled = Duration::from_mins(chance.random_range(30..100));
    }
    let troubled = scenario.troubled;
    for entity in scenario.entities.iter_mut().filter(|_| has_flaws) {
        let mut beside = Vec::new();
        for pool in &mut entity.pools {
            if chance.random_bool(0.6) {
                beside.extend(spoil(pool, troubled, chance));
            }
        }
        entity.pools.extend(beside);
    }
    if chance.random_bool(0.5) {
        for job in &mut scenario.jobs {
            job.burden = burden(job.at, troubled, chance);
        }
    }
    if chance.random_bool(0.3) {
        scenario.renamed_at = Some(chance.random_range(Duration::ZERO..troubled));
    }
}

/// Adds a pool to some scenarios after a while, and jobs that no other pool fits.
fn add_late_pool(scenario: &mut Scenario, chance: &mut StdRng) {
    if chance.random_bool(0.7) {
        return;
    }
    let tags: Vec<String> = LABELS[4].iter().map(ToString::to_string).collect();
    let troubled = scenario.troubled;
    scenario.jobs.extend((0..chance.random_range(1..=8)).map(|_| JobPlan {
        at: Duration::from_secs(chance.random_range(0..troubled.as_secs())),
        labels: tags.clone(),
        takes: Duration::from_secs(chance.random_range(2..90)),
        burden: None,
        run: None,
    }));
    let pool = PoolPlan { tags, min_idle_runners: 0, ..pool(chance, 0) };
    let entity = chance.random_range(0..scenario.entities.len());
    scenario.late_pools.push(LatePool { at: chance.random_range(Duration::ZERO..troubled), entity, pool });
}

/// Adds scale sets to some scenarios, with jobs of their own. Sessions end behind the back of their listeners there, and scale sets vanish at the service.
fn add_scale_sets(scenario: &mut Scenario, chance: &mut StdRng) {
    if chance.random_bool(0.75) {
        return;
    }
    scenario.offers_jobs = chance.random_bool(0.5);
    for number in 0..chance.random_range(1..=2) {
        let name = format!("set-{number}");
        let troubled = scenario.troubled.as_secs();
        scenario.jobs.extend((0..chance.random_range(1..=8)).map(|_| JobPlan {
            at: Duration::from_secs(chance.random_range(0..troubled)),
            labels: vec![name.clone()],
            takes: Duration::from_secs(chance.random_range(2..90)),
            burden: None,
            run: None,
        }));
        scenario.scale_sets.push(ScaleSetPlan {
            entity: chance.random_range(0..scenario.entities.len()),
            name,
            max_runners: chance.random_range(1..=5),
            min_idle_runners: [0, 0, 1, 2][chance.random_range(0..4)],
            bootstrap_timeout: Duration::from_secs(chance.random_range(60..150)),
        });
    }
    if !scenario.is_quiet() {
        for fault in [Fault::SessionEnds, Fault::SessionTaken, Fault::ScaleSetGone] {
            if chance.random_bool(0.5) {
                scenario.rates.insert(fault, usual(fault));
            }
        }
    }
}

/// In some scenarios deliveries are lost for good, a few or all of them, and the servers list the jobs of the forge.
fn list_jobs(scenario: &mut Scenario, chance: &mut StdRng) {
    scenario.lists_jobs = chance.random_bool(0.3);
    if scenario.lists_jobs && !scenario.is_quiet() {
        scenario.rates.insert(Fault::DeliveryLost, [600, 3_000, 10_000][chance.random_range(0..3)]);
    }
}

/// In some scenarios the forge allows few calls, so that bursts must wait.
fn limit_calls(scenario: &mut Scenario, chance: &mut StdRng) {
    if !scenario.is_quiet() && chance.random_bool(0.25) {
        let points = Rate { limit: chance.random_range(150..400), within: Duration::from_mins(1) };
        scenario.limits = Some(BudgetLimits { points, ..BudgetLimits::default() });
    }
}

/// In some scenarios jobs that lost their machine are run again.
fn run_again(scenario: &mut Scenario, chance: &mut StdRng) {
    if scenario.is_quiet() || chance.random_bool(0.7) {
        return;
    }
    scenario.reruns = Some(RerunLimits { per_run: chance.random_range(1..4), per_day: chance.random_range(1..40) });
    scenario.rates.insert(Fault::DiesInJob, [600, 3_000][chance.random_range(0..2)]);
}

/// What is drawn for a pool.
const DRAWN: [Flaw; 7] = [
    Flaw::FailsAtOnce,
    Flaw::NeverConnects,
    Flaw::NeverGivenJob,
    Flaw::VersionRetired,
    Flaw::EndsAtOnce,
    Flaw::CreationFails,
    Flaw::OrphanStays,
];

/// Something is wrong with a pool for a while or the whole time. Answers a pool beside that serves meanwhile, where there is to be one.
fn spoil(pool: &mut PoolPlan, troubled: Duration, chance: &mut StdRng) -> Option<PoolPlan> {
    let flaw = DRAWN[chance.random_range(0..DRAWN.len())];
    let from = if chance.random_bool(0.5) { Duration::ZERO } else { chance.random_range(Duration::ZERO..troubled / 2) };
    let until = if chance.random_bool(0.6) { Duration::MAX } else { chance.random_range(from..troubled) };
    let beside = (flaw == Flaw::CreationFails || chance.random_bool(0.3)).then(|| pool.clone());
    if beside.is_some() {
        pool.priority = 10;
    }
    pool.flaws.push(FlawPlan { flaw, from, until });
    beside
}

/// Some pools that would fail at their provider fail at the forge.
fn refuse_registrations(scenario: &mut Scenario, chance: &mut StdRng) {
    let plans = scenario.entities.iter_mut().flat_map(|entity| &mut entity.pools).flat_map(|pool| &mut pool.flaws);
    for plan in plans.filter(|plan| plan.flaw == Flaw::CreationFails) {
        if chance.random_bool(0.4) {
            plan.flaw = Flaw::RegistrationRefused;
        }
    }
}

/// What is special about a job that is queued at this time; nothing about most.
fn burden(at: Duration, troubled: Duration, chance: &mut StdRng) -> Option<Burden> {
    match chance.random_range(0..24) {
        0 => Some(Burden::RepositoryGone),
        1 => Some(Burden::Old),
        2 | 3 => Some(Burden::Held { until: at + chance.random_range(Duration::ZERO..troubled), told: chance.random_bool(0.5) }),
        _ => None,
    }
}

/// Each fault is possible in about half of all trials, and then rare or frequent.
/// So trials also find defects that another fault would hide.
fn rates(chance: &mut StdRng) -> Rates {
    let mut rates = Rates::new();
    for fault in Fault::ALL.iter().filter(|fault| !fault.is_of_scale_sets()) {
        if chance.random_bool(0.5) {
            let frequent = chance.random_bool(0.4);
            rates.insert(*fault, usual(*fault) * if frequent { 3 } else { 1 });
        }
    }
    rates
}

/// How often a fault strikes where it is rare, in ten thousandths; opportunities for some are far more frequent than for others.
const fn usual(fault: Fault) -> u32 {
    match fault {
        Fault::Crash => 12,
        Fault::DatabaseError | Fault::DatabaseAnswerLost => 25,
        Fault::DatabasePartition => 4,
        Fault::WrongClock => 3000,
        Fault::ForgeOutage => 800,
        Fault::StrangeMachine | Fault::StrangeRunner => 500,
        Fault::Restart
        | Fault::ForgeError
        | Fault::ForgeUnreachable
        | Fault::ForgeAnswerLost
        | Fault::ForgeHang
        | Fault::ForgeRateLimit
        | Fault::SessionEnds
        | Fault::SessionTaken => 250,
        Fault::ListError | Fault::ListIncomplete => 400,
        Fault::ScaleSetGone => 60,
        _ => 600,
    }
}
