//! Arbitrary worlds: small values that can be shrunk, and read when a property fails, and the snapshots they stand for.
//!
//! Times are seconds before or after the present, chosen at and around the durations of the policy, where rules change their mind.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any};
use proptest::sample::select;
use uuid::Uuid;

use crate::engine::testing::World;
use crate::engine::{JobCheck, Observed, Policy, Snapshot, Standing, Target, Unshown};
use crate::model::{
    Balancer, Budget, BudgetLimits, CallKind, EntityId, ForgeRunner, IgnoredVersion, Importance, InstanceStatus, JobId, JobMemory,
    JobStatus, PoolId, PoolMemory, ProviderMachine, Rate, Reason, Runner, RunnerId, RunnerName, RunnerRecord, RunnerSet, RunnerSetId,
    RunnerStatus, RunnerVersion, StartTime, Streak,
};
use crate::time::Timestamp;

/// Limits that a world of this size can reach. They suffice for its jobs within hours.
const SMALL_BUDGET: BudgetLimits =
    BudgetLimits { calls: 300, registrations: 60, points: Rate { limit: 100, within: Duration::from_mins(1) } };

/// A world.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) entity: EntityCase,
    pub(super) pools: Vec<PoolCase>,
    pub(super) runners: Vec<RunnerCase>,
    pub(super) jobs: Vec<JobCase>,
    pub(super) strangers: Vec<StrangerCase>,
}

/// The facts of the whole entity.
#[derive(Clone, Debug)]
pub(super) struct EntityCase {
    seed: u64,
    pack: bool,
    pub(super) urls_known: bool,
    /// Durations that are zero, and a creation that is tried once only.
    pub(super) hasty: bool,
    /// How long the forge is blocked for; zero or less = it was.
    forge_blocked: Option<i64>,
    tools_age: Option<u64>,
    lists: Lists,
    in_flight: (bool, bool),
    /// How many registrations were made just now, of a budget that is small.
    registered: Option<u32>,
}

/// How old the last list is, and how much older the one before.
type Lists = Option<(u64, Option<u64>)>;

/// A pool.
#[derive(Clone, Debug)]
pub(super) struct PoolCase {
    tags: Vec<&'static str>,
    pub(super) max: u32,
    pub(super) min_idle: u32,
    pub(super) enabled: bool,
    pub(super) configured: bool,
    priority: u32,
    jit: bool,
    rotate: bool,
    keep_failed: u64,
    boot_timeout: u64,
    blocked: Option<i64>,
    lists: Lists,
    in_flight: bool,
    memory: MemoryCase,
    pub(super) versions: VersionsCase,
}

/// The versions of a pool, as ages: 0 is the older one.
#[derive(Clone, Copy, Debug)]
pub(super) struct VersionsCase {
    /// The one that new machines install.
    offers: Option<u32>,
    /// The one that the forge gives no jobs, and for how long no machine is made.
    ignored: Option<(u32, i64)>,
    /// The one of the runner that took a job last, and how long ago.
    served: Option<(u32, u64)>,
    /// When the one that is offered retires.
    pub(super) retires: Option<i64>,
}

/// What a pool remembers of its machines.
#[derive(Clone, Debug)]
struct MemoryCase {
    /// Machines in vain, and creations that failed: how many in a row, and how long ago the last one was.
    in_vain: (u32, u64),
    failed: (u32, u64),
    proven: bool,
    /// How many were made on probation, and how long ago the last one was.
    probation: Option<(u32, u64)>,
    /// How long ago the forge said that the runner group is closed to the repository of the jobs.
    closed: Option<u64>,
    /// How many starts are known, and how long ago the last ones were wanted.
    starts: (usize, u64),
}

/// A runner, and what stands of it on the list before and on the last one.
#[derive(Clone, Debug)]
pub(super) struct RunnerCase {
    pool: usize,
    pub(super) status: InstanceStatus,
    pub(super) runner_status: RunnerStatus,
    pub(super) agent: bool,
    pub(super) token: bool,
    pub(super) deregistered: bool,
    /// Has a job that is none of the open ones.
    pub(super) old_job: bool,
    made_for: Option<usize>,
    attempt: u32,
    failures: u32,
    not_before: Option<i64>,
    deadline: Option<i64>,
    earlier_deadline: Option<i64>,
    status_age: u64,
    runner_status_age: u64,
    generation: i64,
    proven: bool,
    /// Until when it is held for a look, if it failed.
    kept: Option<i64>,
    /// The version of its software, and until when it is kept if that gets no jobs.
    version: Option<(u32, Option<i64>)>,
    pub(super) in_flight: bool,
    at_forge: [Option<Seen>; 2],
    pub(super) at_provider: [Option<InstanceStatus>; 2],
}

/// How the forge lists a runner.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    online: bool,
    busy: bool,
}

/// A job.
#[derive(Clone, Debug)]
pub(super) struct JobCase {
    labels: Vec<&'static str>,
    pub(super) status: JobStatus,
    /// The runner that has it, or had it last.
    pub(super) runner: Option<usize>,
    /// Whether that runner knows of it.
    pub(super) known: bool,
    claimed: Claim,
    pub(super) age: u64,
    /// How long ago the forge was asked, and how the job stood.
    checked: Option<(u64, Standing)>,
    /// How many machines were made for it in vain, and how long ago the last one went.
    memory: Option<(u32, u64)>,
    pub(super) in_flight: bool,
}

/// Who makes runners for a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    Nobody,
    Us,
    Others,
}

/// Something that has no row: a runner at the forge and a machine at a provider, on the list before and on the last one.
#[derive(Clone, Debug)]
pub(super) struct StrangerCase {
    pool: usize,
    ours: bool,
    at_forge: [Option<Seen>; 2],
    at_provider: [Option<InstanceStatus>; 2],
    /// It had a row or was removed; how long ago.
    gone: Option<u64>,
    /// A list that is paged can have it twice.
    twice: bool,
    in_flight: bool,
}

/// Any world at all, also one that cannot come about.
pub(super) fn worlds() -> impl Strategy<Value = Case> {
    (entities(), vec(pools(), 1..4), vec(runners(), 0..8), vec(jobs(), 0..6), vec(strangers(), 0..3))
        .prop_map(|(entity, pools, runners, jobs, strangers)| Case { entity, pools, runners, jobs, strangers })
}

fn ages() -> impl Strategy<Value = u64> {
    select(vec![0, 1, 4, 5, 29, 30, 31, 59, 60, 119, 120, 299, 300, 301, 1200, 1800, 2400, 3600, 86_400])
}

fn offsets() -> impl Strategy<Value = i64> {
    select(vec![1, 5, 30, 60, 600, 0, -1, -30, -600])
}

fn rarely() -> impl Strategy<Value = bool> {
    proptest::bool::weighted(0.1)
}

fn mostly() -> impl Strategy<Value = bool> {
    proptest::bool::weighted(0.9)
}

fn lists() -> impl Strategy<Value = Lists> {
    option::weighted(0.9, (ages(), option::weighted(0.9, select(vec![1, 5, 30, 300, 3600]))))
}

fn entities() -> impl Strategy<Value = EntityCase> {
    let blocked = option::weighted(0.2, offsets());
    let tools = option::weighted(0.9, ages());
    let registered = option::weighted(0.3, select(vec![0, 5, 18, 19, 20]));
    (any::<u64>(), any::<bool>(), mostly(), rarely(), blocked, tools, lists(), (rarely(), rarely(), registered)).prop_map(
        |(seed, pack, urls_known, hasty, forge_blocked, tools_age, lists, (lists_in_flight, tools_in_flight, registered))| EntityCase {
            seed,
            pack,
            urls_known,
            hasty,
            forge_blocked,
            tools_age,
            lists,
            in_flight: (lists_in_flight, tools_in_flight),
            registered,
        },
    )
}

fn pools() -> impl Strategy<Value = PoolCase> {
    let tags = select(vec![vec!["linux"], vec!["linux", "gpu"], vec!["windows"]]);
    let first = (tags, 0..5_u32, select(vec![0, 0, 1, 3]), mostly(), mostly(), 0..2_u32);
    let second = (any::<bool>(), rarely(), select(vec![300, 1200]), option::weighted(0.1, offsets()), lists(), rarely());
    let second = (second, select(vec![0, 0, 0, 60, 7200]));
    (first, second, memories(), versions()).prop_map(
        |(
            (tags, max, min_idle, enabled, configured, priority),
            ((jit, rotate, boot_timeout, blocked, lists, in_flight), keep_failed),
            memory,
            versions,
        )| PoolCase {
            tags,
            max,
            min_idle,
            enabled,
            configured,
            priority,
            jit,
            rotate,
            keep_failed,
            boot_timeout,
            blocked,
            lists,
            in_flight,
            memory,
            versions,
        },
    )
}

fn versions() -> impl Strategy<Value = VersionsCase> {
    let number = || 0..3_u32;
    let ignored = option::weighted(0.3, (number(), offsets()));
    let served = option::weighted(0.3, (number(), ages()));
    (option::weighted(0.7, number()), ignored, served, option::weighted(0.2, offsets()))
        .prop_map(|(offers, ignored, served, retires)| VersionsCase { offers, ignored, served, retires })
}

fn memories() -> impl Strategy<Value = MemoryCase> {
    let streak = || (select(vec![0, 0, 0, 1, 2, 3, 4, 9]), ages());
    let probation = option::weighted(0.3, (1..4_u32, ages()));
    let starts = (select(vec![0, 0, 9, 10, 50]), ages());
    (streak(), streak(), mostly(), probation, option::weighted(0.1, ages()), starts)
        .prop_map(|(in_vain, failed, proven, probation, closed, starts)| MemoryCase { in_vain, failed, proven, probation, closed, starts })
}

fn runners() -> impl Strategy<Value = RunnerCase> {
    use InstanceStatus as I;
    use RunnerStatus as R;
    let status = select(vec![
        I::Running,
        I::Running,
        I::Running,
        I::PendingCreate,
        I::Creating,
        I::Error,
        I::PendingDelete,
        I::Deleting,
        I::PendingForceDelete,
        I::Stopped,
        I::Unknown,
    ]);
    let runner_status =
        select(vec![R::Idle, R::Idle, R::Active, R::Pending, R::Installing, R::Terminated, R::Failed, R::Offline, R::Online, R::Unknown]);
    let first = (0..3_usize, status, runner_status, any::<bool>(), any::<bool>(), rarely(), rarely(), option::weighted(0.3, 0..6_usize));
    let second = (0..7_u32, 0..3_u32, option::weighted(0.3, offsets()), option::weighted(0.3, offsets()), ages(), ages(), 0..2_i64);
    let held = (
        option::weighted(0.3, offsets()),
        option::weighted(0.7, (0..3_u32, option::weighted(0.2, offsets()))),
        option::weighted(0.2, offsets()),
    );
    let third = (rarely(), [seen(), seen()], [machine_states(), machine_states()], any::<bool>(), held);
    (first, second, third).prop_map(|(first, second, third)| {
        let (pool, status, runner_status, agent, token, deregistered, old_job, made_for) = first;
        let (attempt, failures, not_before, deadline, status_age, runner_status_age, generation) = second;
        let (in_flight, at_forge, at_provider, proven, (kept, version, earlier)) = third;
        RunnerCase {
            pool,
            status,
            runner_status,
            agent,
            token,
            deregistered,
            old_job,
            made_for,
            attempt,
            failures,
            not_before,
            deadline,
            earlier_deadline: earlier.filter(|_| attempt > 0),
            status_age,
            runner_status_age,
            generation,
            proven,
            kept,
            version,
            in_flight,
            at_forge,
            at_provider,
        }
    })
}

fn seen() -> impl Strategy<Value = Option<Seen>> {
    option::weighted(0.6, (mostly(), proptest::bool::weighted(0.3)).prop_map(|(online, busy)| Seen { online, busy }))
}

fn machine_states() -> impl Strategy<Value = Option<InstanceStatus>> {
    use InstanceStatus as I;
    option::weighted(0.6, select(vec![I::Running, I::Running, I::Stopped, I::Error]))
}

fn jobs() -> impl Strategy<Value = JobCase> {
    let labels = select(vec![vec!["linux"], vec!["linux"], vec!["LINUX", "gpu"], vec!["windows"], vec!["mac"], vec![]]);
    let status = select(vec![JobStatus::Queued, JobStatus::Queued, JobStatus::InProgress]);
    let claimed = select(vec![Claim::Nobody, Claim::Us, Claim::Others]);
    let standings = select(vec![Standing::Waits, Standing::Waits, Standing::HeldBack, Standing::NotWaiting]);
    let checked = option::of((ages(), standings));
    let memory = option::weighted(0.2, (1..8_u32, ages()));
    (labels, status, option::weighted(0.3, 0..8_usize), any::<bool>(), claimed, ages(), checked, (rarely(), memory)).prop_map(
        |(labels, status, runner, known, claimed, age, checked, (in_flight, memory))| JobCase {
            labels,
            status,
            runner,
            known,
            claimed,
            age,
            checked,
            memory,
            in_flight,
        },
    )
}

fn strangers() -> impl Strategy<Value = StrangerCase> {
    let lists = ([seen(), seen()], [machine_states(), machine_states()]);
    (0..3_usize, mostly(), lists, option::weighted(0.2, ages()), rarely(), rarely()).prop_map(
        |(pool, ours, (at_forge, at_provider), gone, twice, in_flight)| StrangerCase {
            pool,
            ours,
            at_forge,
            at_provider,
            gone,
            twice,
            in_flight,
        },
    )
}

/// A line for each thing.
impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}", self.entity)?;
        self.pools.iter().enumerate().try_for_each(|(index, case)| writeln!(f, "{index}: {case:?}"))?;
        self.runners.iter().enumerate().try_for_each(|(index, case)| writeln!(f, "{index}: {case:?}"))?;
        self.jobs.iter().enumerate().try_for_each(|(index, case)| writeln!(f, "{index}: {case:?}"))?;
        self.strangers.iter().enumerate().try_for_each(|(index, case)| writeln!(f, "{index}: {case:?}"))
    }
}

impl Case {
    /// The snapshot the case stands for.
    pub(super) fn snapshot(&self) -> Snapshot {
        let mut snapshot = World::with_pool(0, 0).snapshot;
        let template = snapshot.sets.remove(0);
        self.entity.write(&mut snapshot);
        for (index, case) in self.pools.iter().enumerate() {
            let mut view = template.clone();
            case.write(index, &mut view, &mut snapshot);
            snapshot.sets.push(view);
        }
        for (index, case) in self.runners.iter().enumerate() {
            let runner = case.runner(index, self.set_of(case.pool, &snapshot), snapshot.now);
            if case.in_flight {
                // A creation may still be under way, in every later state of its runner.
                let creation = index % 2 == 1 || runner.status == InstanceStatus::Creating;
                snapshot.in_flight.insert(if creation { Target::Creation(runner.id) } else { Target::Runner(runner.id) });
            }
            Arc::make_mut(&mut snapshot.runners).push(Arc::new(runner));
        }
        self.add_jobs(&mut snapshot);
        self.add_lists(&mut snapshot);
        snapshot
    }

    fn set_of<'a>(&self, index: usize, snapshot: &'a Snapshot) -> &'a RunnerSet {
        &snapshot.sets[index % self.pools.len()].set
    }

    fn add_jobs(&self, snapshot: &mut Snapshot) {
        let mut world = World { snapshot: snapshot.clone(), next: 500 };
        for case in &self.jobs {
            let id = world.queue_job(&case.labels);
            let now = world.snapshot.now;
            if case.in_flight {
                world.snapshot.in_flight.insert(Target::Job(id));
            }
            if let Some((age, standing)) = case.checked {
                world.snapshot.jobs_checked.insert(id, JobCheck { at: ago(now, age), standing });
                if standing == Standing::NotWaiting {
                    let unshown =
                        Unshown { said: "502".into(), may_pass: age.is_multiple_of(2), times: u32::try_from(age % 9).unwrap_or(1) };
                    world.snapshot.jobs_unshown.insert(id, unshown);
                }
            }
            let ours = world.snapshot.entity_id;
            let job = world.job(id);
            job.status = case.status;
            job.memory = case.memory.map(|(machines, age)| JobMemory {
                machines,
                last_at: ago(now, age),
                taken_at: None,
                reason: String::new(),
                may_have_served: false,
                another_chance: false,
            });
            (job.queued_at, job.created_at, job.updated_at) = (ago(now, case.age), ago(now, case.age), ago(now, case.age));
            job.claimed_by = match case.claimed {
                Claim::Nobody => None,
                Claim::Us => Some(ours),
                Claim::Others => Some(EntityId(Uuid::from_u128(2))),
            };
            if let Some(runner) = case.runner.filter(|_| case.status == JobStatus::InProgress) {
                job.runner_id = Some(runner_id(runner));
                let has_it = Arc::make_mut(&mut world.snapshot.runners).get_mut(runner).filter(|_| case.known);
                if let Some(runner) = has_it.map(Arc::make_mut) {
                    runner.job_id = Some(id);
                    runner.token_fetched |= runner.agent_id.is_none();
                }
            }
        }
        let numbers: Vec<_> = world.snapshot.jobs.iter().map(|job| job.workflow_job_id).collect();
        for (runner, case) in Arc::make_mut(&mut world.snapshot.runners).iter_mut().zip(&self.runners) {
            Arc::make_mut(runner).made_for = case.made_for.and_then(|index| numbers.get(index).copied());
        }
        *snapshot = world.snapshot;
    }

    fn add_lists(&self, snapshot: &mut Snapshot) {
        let now = snapshot.now;
        let mark = snapshot.controller_label.clone();
        snapshot.forge.runners = two_lists(self.entity.lists, now, |list| {
            let known = self.runners.iter().enumerate().filter_map(|(index, case)| {
                let seen = case.at_forge[list]?;
                Some(forge_runner(runner_name(index), index, seen, vec![mark.clone()]))
            });
            let strangers = self.strangers.iter().enumerate().flat_map(|(index, case)| {
                let labels = if case.ours { vec![mark.clone()] } else { Vec::new() };
                let runner = case.at_forge[list].map(|seen| forge_runner(stranger_name(index), 100 + index, seen, labels));
                std::iter::repeat_n(runner, if case.twice { 2 } else { 1 }).flatten()
            });
            known.chain(strangers).collect()
        });
        for (pool, case) in self.pools.iter().enumerate() {
            let here = |of: usize| of % self.pools.len() == pool;
            snapshot.sets[pool].machines = two_lists(case.lists, now, |list| {
                let known = self.runners.iter().enumerate().filter(|(_, case)| here(case.pool));
                let known = known.filter_map(|(index, case)| Some(machine(&runner_name(index), case.at_provider[list]?)));
                let strangers = self.strangers.iter().enumerate().filter(|(_, case)| here(case.pool)).flat_map(|(index, case)| {
                    let machine = case.at_provider[list].map(|status| machine(&stranger_name(index), status));
                    std::iter::repeat_n(machine, if case.twice { 2 } else { 1 }).flatten()
                });
                known.chain(strangers).collect()
            });
        }
        for (index, case) in self.strangers.iter().enumerate() {
            let name = stranger_name(index);
            if case.in_flight {
                let set = self.set_of(case.pool, snapshot).id;
                snapshot.in_flight.extend([Target::ForgeOrphan(100 + agent_id(index)), Target::MachineOrphan(set, name.to_string())]);
            }
            snapshot.gone.extend(case.gone.map(|age| (name, ago(now, age))));
        }
    }
}

impl EntityCase {
    fn write(&self, snapshot: &mut Snapshot) {
        let now = snapshot.now;
        snapshot.seed = self.seed;
        snapshot.balancer = if self.pack { Balancer::Pack } else { Balancer::RoundRobin };
        snapshot.urls_known = self.urls_known;
        snapshot.forge.blocked = self.forge_blocked.map(|secs| (offset(now, secs), "the forge is down".to_owned()));
        snapshot.forge.tools_at = self.tools_age.map(|age| ago(now, age));
        snapshot.forge.budget = self.registered.map(|registered| {
            let mut budget = Budget::new(SMALL_BUDGET, now);
            for _ in 0..registered {
                budget.take(now, Importance::Act, CallKind::Register);
                budget.end(now, CallKind::Register, None);
            }
            ("app".to_owned(), budget)
        });
        let (lists, tools) = self.in_flight;
        snapshot.in_flight.extend(lists.then_some(Target::ForgeRunners));
        snapshot.in_flight.extend(tools.then_some(Target::Tools));
        if self.hasty {
            snapshot.minimum_job_age_backoff = Duration::ZERO;
            snapshot.policy = Policy {
                create_retries: 0,
                pause_first: Duration::ZERO,
                settle: Duration::ZERO,
                patience_own: Duration::ZERO,
                failed_hold: Duration::ZERO,
                idle_time_min: Duration::ZERO,
                offline_hold: Duration::ZERO,
                zombie_after: Duration::ZERO,
                ..Policy::default()
            };
        }
    }
}

impl PoolCase {
    fn write(&self, index: usize, view: &mut crate::engine::RunnerSetView, snapshot: &mut Snapshot) {
        let set = &mut view.set;
        set.id = RunnerSetId::Pool(PoolId(Uuid::from_u128(10 + index as u128)));
        set.provider = format!("provider-{index}").as_str().into();
        set.labels = self.tags.iter().map(ToString::to_string).collect();
        (set.enabled, set.max_runners, set.min_idle_runners, set.priority) = (self.enabled, self.max, self.min_idle, self.priority);
        set.bootstrap_timeout = Duration::from_secs(self.boot_timeout);
        set.keep_failed = Duration::from_secs(self.keep_failed);
        (set.generation, set.rotate_below) = if self.rotate { (1, 1) } else { (1, 0) };
        snapshot.in_flight.extend(self.in_flight.then_some(Target::Machines(set.id)));
        (view.provider_configured, view.jit) = (self.configured, self.jit);
        let streak = |(in_a_row, age): (u32, u64)| Streak {
            in_a_row,
            pause: in_a_row.saturating_sub(Streak::LIMIT - 1),
            paused_at: (in_a_row >= Streak::LIMIT).then(|| ago(snapshot.now, age)),
            last_at: (in_a_row > 0).then(|| ago(snapshot.now, age)),
            fault: String::new(),
        };
        let (in_vain, failed) = (streak(self.memory.in_vain), streak(self.memory.failed));
        let (on_probation, made_at) = self.memory.probation.map_or((0, None), |(made, age)| (made, Some(ago(snapshot.now, age))));
        let served = u64::from(self.memory.proven);
        let ignored = self.versions.ignored.map(|(number, secs)| IgnoredVersion {
            version: version(number),
            offered: Some(version(number)),
            times: 1,
            until: offset(snapshot.now, secs),
        });
        let served_by = self.versions.served.map(|(number, age)| (version(number), ago(snapshot.now, age)));
        let closed_to = self.memory.closed.map(|age| ("acme/widgets".to_owned(), ago(snapshot.now, age))).into_iter().collect();
        view.set.memory =
            PoolMemory { served, in_vain, failed, ignored, served_by, on_probation, made_at, closed_to, ..PoolMemory::default() };
        let (starts, age) = self.memory.starts;
        for number in 0..starts {
            let wanted_at = ago(snapshot.now, age + (starts - number) as u64);
            view.set.memory.times.started(StartTime::new(Duration::from_secs(10), Duration::from_secs(20)), wanted_at);
        }
        view.offers = self.versions.offers.map(version);
        if let (Some(offers), Some(secs)) = (view.offers, self.versions.retires) {
            snapshot.forge.retires.insert(offers, offset(snapshot.now, secs));
        }
        view.machines_blocked = self.blocked.map(|secs| (offset(snapshot.now, secs), "the provider is down".to_owned()));
    }
}

impl RunnerCase {
    fn runner(&self, index: usize, set: &RunnerSet, now: Timestamp) -> Runner {
        use RunnerStatus as R;
        // Only a runner that was registered can be ready, let alone have a job.
        let ready = self.old_job || matches!(self.runner_status, R::Idle | R::Online | R::Active | R::Offline);
        let new = Runner::new(runner_id(index), runner_name(index), set, ago(now, self.status_age.max(self.runner_status_age)));
        let kept = self.kept.filter(|_| self.runner_status == R::Failed && self.status == InstanceStatus::Running);
        let is_idle = matches!(self.runner_status, R::Idle | R::Online) && self.status == InstanceStatus::Running && !self.old_job;
        let of_version = self.version.filter(|_| is_idle).and_then(|(number, secs)| {
            let version = version(number);
            Some(Reason::Ignored { version, offered: Some(version), until: offset(now, secs?) })
        });
        let of_look = kept.map(|secs| Reason::Kept { until: offset(now, secs), timed_out: false });
        Runner::stored(RunnerRecord {
            offered: self.version.map(|(number, _)| version(number)),
            status: self.status,
            runner_status: self.runner_status,
            agent_id: (self.agent || (ready && !self.token)).then_some(agent_id(index)),
            token_fetched: self.token,
            deregistered: self.deregistered,
            proven: self.proven || self.old_job || self.runner_status == R::Active,
            job_id: self.old_job.then_some(JobId(1)),
            create_attempt: self.attempt,
            failures: self.failures,
            fault: if self.failures > 0 { "no quota".into() } else { String::new() },
            not_before: self.not_before.map(|secs| offset(now, secs)),
            create_deadline: self.deadline.map(|secs| offset(now, secs)),
            earlier_deadline: self.earlier_deadline.map(|secs| offset(now, secs)),
            generation: self.generation,
            reason: of_look.or(of_version),
            status_at: ago(now, self.status_age),
            runner_status_at: ago(now, self.runner_status_age),
            ..(*new).clone()
        })
    }
}

/// The list before and the last one, where there are any; `items` has the items of the list of that number.
fn two_lists<T: crate::engine::Named>(lists: Lists, now: Timestamp, items: impl Fn(usize) -> Vec<T>) -> Option<Observed<T>> {
    let (age, older) = lists?;
    let before = older.map(|older| Observed::next(None, ago(now, age + older), items(0)));
    Some(Observed::next(before, ago(now, age), items(1)))
}

fn forge_runner(name: RunnerName, index: usize, seen: Seen, labels: Vec<String>) -> ForgeRunner {
    ForgeRunner { agent_id: agent_id(index), name, online: seen.online, busy: seen.busy, labels, version: None }
}

fn machine(name: &RunnerName, status: InstanceStatus) -> ProviderMachine {
    ProviderMachine {
        provider_id: name.to_string(),
        name: name.clone(),
        status,
        os_name: String::new(),
        os_version: String::new(),
        addresses: Vec::new(),
    }
}

fn version(number: u32) -> RunnerVersion {
    RunnerVersion::parse(&format!("2.{}.0", 330 + number)).expect("a version")
}

fn agent_id(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

fn runner_id(index: usize) -> RunnerId {
    RunnerId(Uuid::from_u128(100 + index as u128))
}

fn runner_name(index: usize) -> RunnerName {
    RunnerName(format!("garm-{index}"))
}

fn stranger_name(index: usize) -> RunnerName {
    RunnerName(format!("garm-stranger-{index}"))
}

fn ago(now: Timestamp, secs: u64) -> Timestamp {
    now.before(Duration::from_secs(secs))
}

fn offset(now: Timestamp, secs: i64) -> Timestamp {
    if secs < 0 { ago(now, secs.unsigned_abs()) } else { now.after(Duration::from_secs(secs.unsigned_abs())) }
}

/// An order to put things in.
pub(super) fn orders() -> impl Strategy<Value = Vec<usize>> {
    Just((0..8).collect::<Vec<_>>()).prop_shuffle()
}
