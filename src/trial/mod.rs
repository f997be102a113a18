//! Trials: the whole installation in one process on virtual time, with everything that can go wrong.
//!
//! What is real: the planner, the shell and its supervision, the store with its queries and leases on an SQLite database in memory, used inline.
//! What is modelled: the forge (the same model that has an HTTP face elsewhere), the cloud with its machines, the network, the killing of servers.
//! A seed decides the world, its jobs and its faults ([`Scenario`], [`Faults`]); the same seed gives the same trial to the microsecond.
//!
//! A trial has two phases. While things go wrong, what must never happen is looked for at every step: more machines than a pool may
//! have, a machine removed under its job, a task that panicked. Then the faults stop, and within a bounded time every job must be done and
//! nothing left over: no machine or runner without a row, no row in between two states for more than a minute ([`checks`]).
//!
//! | File | What it models |
//! |---|---|
//! | [`faults`] | what may go wrong, and who decides when |
//! | [`scenario`] | the world of a seed |
//! | [`replica`] | servers that are killed at any point where they wait, cut off from the database, started with a wrong clock |
//! | [`link`] | the forge as a server reaches it |
//! | [`cloud`], [`guest`] | machines, the provider that makes them, what happens on them |
//! | [`courier`] | deliveries: lost, doubled, late |
//! | [`checks`] | what must never happen, and what must hold in the end |
//! | [`fuzz`] | many seeds, and the shortest script of faults that still fails |
//! | [`calm`], [`record`] | a trial in which nothing goes wrong, and what becomes of every machine in it |
//! | [`spread`] | times that vary |

pub mod calm;
pub mod checks;
mod cloud;
mod courier;
pub mod faults;
pub mod fuzz;
mod guest;
mod link;
pub mod record;
mod replica;
pub mod scenario;
pub mod spread;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use self::cloud::Cloud;
use self::faults::Fault;
pub use self::faults::{Faults, Injection};
use self::record::Record;
pub use self::scenario::Scenario;
use self::scenario::{Deed, EntityPlan};
use crate::control::{Panics, controller_label, pool_label};
use crate::crypto::random;
use crate::crypto::seal::Sealer;
use crate::model::{
    CredentialsSecret, Endpoint, EndpointName, EntityId, EntityKind, ForgeKind, OsArch, OsType, Pool, PoolId, ProviderName, RunnerName,
    SecretString,
};
use crate::sim::{DEFAULT_GROUP, Forge, NewJob, Registration, Target};
use crate::store::{self, Database, NewCredentials, NewEntity, RunnerFilter, Store};
use crate::time::{Clock, RuntimeClock, Timestamp};

/// The name of the one endpoint.
const ENDPOINT: &str = "forge.test";
/// Where virtual time begins: some day in 2001.
const BEGINNING: Timestamp = Timestamp::from_micros(1_000_000_000_000_000);
/// How many lines of what happened are kept to be shown.
const LINES: usize = 20_000;

/// One trial that runs.
pub struct Trial {
    scenario: Scenario,
    faults: Faults,
    clock: Clock,
    forge: Forge,
    cloud: Cloud,
    /// The database, reached without troubles: for set-up, operators and checks.
    database: Store,
    ledger: Mutex<Ledger>,
    serial: AtomicU64,
    forge_calls: AtomicU64,
    record: Record,
}

/// What a trial keeps count of.
#[derive(Default)]
struct Ledger {
    servers: Vec<Option<Store>>,
    entities: Vec<(Target, EntityId, EntityKind)>,
    /// The largest maximum each pool ever had.
    maxima: BTreeMap<String, usize>,
    durations: BTreeMap<i64, Duration>,
    told: BTreeSet<i64>,
    forced: BTreeSet<String>,
    forge_out_until: Option<Instant>,
    creates: BTreeMap<String, u32>,
    panics: Vec<Panics>,
    violations: Vec<String>,
    lines: Vec<String>,
    hash: u64,
}

impl Trial {
    /// Builds the world of a scenario. Must be called on a runtime with paused time.
    async fn set_up(scenario: Scenario, faults: Faults) -> Result<Arc<Self>, store::Error> {
        let clock = Clock::Runtime(RuntimeClock::starting(BEGINNING, 0));
        let sealer = Sealer::new(&SecretString::from("0123456789abcdef0123456789abcdef")).expect("32 bytes");
        let database = Store::open(Database::Memory, sealer, clock.clone(), crate::forge::first_endpoints()).await?;
        let trial = Arc::new(Self {
            forge: Forge::new(clock.clone()),
            cloud: Cloud::default(),
            ledger: Mutex::default(),
            serial: AtomicU64::new(0),
            forge_calls: AtomicU64::new(0),
            record: Record::default(),
            database,
            clock,
            faults,
            scenario,
        });
        trial.furnish().await?;
        Ok(trial)
    }

    async fn furnish(&self) -> Result<(), store::Error> {
        let job_age = self.scenario.job_age;
        self.database
            .update_controller(move |controller| {
                controller.callback_url = "http://garm.test/api/v1/callbacks".into();
                controller.metadata_url = "http://garm.test/api/v1/metadata".into();
                controller.minimum_job_age_backoff = job_age;
                Ok(())
            })
            .await?;
        let endpoint = Endpoint {
            name: EndpointName::from(ENDPOINT),
            description: String::new(),
            kind: ForgeKind::Github,
            base_url: "https://forge.test".into(),
            api_base_url: "https://forge.test/api/v3".into(),
            upload_base_url: String::new(),
            ca_cert_bundle: None,
            created_at: self.clock.now(),
            updated_at: self.clock.now(),
        };
        self.database.create_endpoint(endpoint).await?;
        let secret = CredentialsSecret::Pat(SecretString::from("token"));
        let new = NewCredentials { name: "token".into(), description: String::new(), endpoint: EndpointName::from(ENDPOINT), secret };
        let credentials = self.database.create_credentials(new).await?;
        self.forge.add_organization("corp", "acme");
        self.forge.configure(|settings| settings.session_timeout = Duration::from_hours(24 * 365));
        for plan in self.scenario.entities.clone() {
            self.add_entity(&plan, credentials.id).await?;
        }
        Ok(())
    }

    async fn add_entity(&self, plan: &EntityPlan, credentials_id: crate::model::CredentialsId) -> Result<(), store::Error> {
        let new = NewEntity {
            at: plan.at.clone(),
            credentials_id,
            webhook_secret: SecretString::from("secret"),
            balancer: plan.balancer,
            agent_mode: false,
        };
        let entity = self.database.create_entity(new).await?;
        let target = link::target(&plan.at);
        self.forge.add_hook(target.clone(), "http://garm.test/webhooks", SecretString::from("secret"));
        self.ledger().entities.push((target, entity.id, plan.at.kind));
        for pool in &plan.pools {
            let made = Pool {
                id: PoolId(random::uuid()),
                entity_id: entity.id,
                provider: ProviderName::from("sim"),
                image: "image".into(),
                flavor: "small".into(),
                os_type: OsType::Linux,
                os_arch: OsArch::Amd64,
                tags: pool.tags.clone(),
                enabled: true,
                max_runners: pool.max_runners,
                min_idle_runners: pool.min_idle_runners,
                bootstrap_timeout: pool.bootstrap_timeout,
                runner_prefix: Pool::DEFAULT_PREFIX.into(),
                runner_group: String::new(),
                extra_specs: None,
                priority: pool.priority,
                template_id: None,
                enable_shell: false,
                generation: 0,
                rotate_below: 0,
                created_at: self.clock.now(),
                updated_at: self.clock.now(),
            };
            let made = self.database.create_pool(made).await?;
            self.allow(made.id, made.max_runners);
            self.record.pool_is_there(made.id.to_string(), pool.pace);
        }
        Ok(())
    }

    /// Runs both phases.
    async fn run(self: &Arc<Self>) -> Result<(), store::Error> {
        let mut tasks = JoinSet::new();
        self.ledger().servers = vec![None; self.scenario.servers];
        for place in 0..self.scenario.servers {
            tasks.spawn(replica::run(Arc::clone(self), place));
        }
        tasks.spawn(courier::run(Arc::clone(self)));
        tasks.spawn(jobs(Arc::clone(self)));
        self.faults.switch(true);
        self.troubled_phase().await?;
        self.faults.switch(self.scenario.endless);
        self.ledger().forge_out_until = None;
        self.end_of_troubles().await?;
        self.note(format_args!("nothing goes wrong any more"));
        checks::converges(self).await?;
        checks::nobody_panicked(self);
        tasks.shutdown().await;
        Ok(())
    }

    /// Things go wrong by themselves; operators and strangers are added here.
    async fn troubled_phase(self: &Arc<Self>) -> Result<(), store::Error> {
        let mut deeds = self.scenario.deeds.clone();
        deeds.sort_by_key(|(at, _)| *at);
        let mut deeds = deeds.into_iter().peekable();
        let began = Instant::now();
        while began.elapsed() < self.scenario.troubled {
            tokio::time::sleep(Duration::from_secs(5)).await;
            while let Some((_, deed)) = deeds.next_if(|(at, _)| *at <= began.elapsed()) {
                self.perform(&deed).await?;
            }
            if self.faults.strikes(Fault::ForgeOutage) {
                let lasts = self.faults.between(Duration::from_secs(10), Duration::from_mins(2));
                self.note(format_args!("the forge is down for {} s", lasts.as_secs()));
                self.ledger().forge_out_until = Some(Instant::now() + lasts);
            }
            let pools = self.database.list_pools(None).await?;
            let pool = pools[self.faults.below(pools.len())].id.to_string();
            if self.faults.strikes(Fault::StrangeMachine) {
                cloud::strange_machine(self, &pool);
            }
            if self.faults.strikes(Fault::StrangeRunner) {
                self.register_stranger().await?;
            }
        }
        Ok(())
    }

    async fn perform(&self, deed: &Deed) -> Result<(), store::Error> {
        self.note(format_args!("an operator does {deed:?}"));
        let pools = self.database.list_pools(None).await?;
        let pool = pools[self.faults.below(pools.len())].clone();
        match deed {
            Deed::Rotate => drop(self.database.rotate_pool(pool.id).await?),
            Deed::Disable => drop(self.update_pool(pool.id, |pool| pool.enabled = false).await?),
            Deed::Resize(max) => {
                let max = *max;
                self.allow(pool.id, max);
                let resize = move |pool: &mut Pool| {
                    pool.max_runners = max;
                    pool.min_idle_runners = pool.min_idle_runners.min(max);
                };
                self.update_pool(pool.id, resize).await?;
            }
            Deed::Remove | Deed::Force => {
                let runners = self.database.list_runners(RunnerFilter { entity: None, pool: Some(pool.id) }).await?;
                let Some(runner) = runners.get(self.faults.below(runners.len())) else { return Ok(()) };
                let forced = matches!(deed, Deed::Force);
                if forced {
                    self.ledger().forced.insert(runner.name.to_string());
                }
                match self.database.update_runner(runner.id, move |runner| runner.removal_requested(forced)).await {
                    Ok(_) | Err(store::Error::Refused(_)) => {}
                    Err(fault) => return Err(fault),
                }
            }
        }
        Ok(())
    }

    /// A pool may have so many machines from now on; those it had may stay.
    fn allow(&self, pool: PoolId, max: u32) {
        let mut ledger = self.ledger();
        let most = ledger.maxima.entry(pool.to_string()).or_default();
        *most = (*most).max(max as usize);
    }

    async fn update_pool(&self, id: PoolId, change: impl FnOnce(&mut Pool) + Send + 'static) -> Result<Pool, store::Error> {
        self.database
            .update_pool(id, |pool| {
                change(pool);
                Ok(())
            })
            .await
    }

    /// A runner that carries our mark and has no row.
    async fn register_stranger(&self) -> Result<(), store::Error> {
        let controller = self.database.controller().await?;
        let pool = self.database.list_pools(None).await?.remove(0);
        let (target, ..) = self.ledger().entities[0].clone();
        let registration = Registration {
            name: format!("garm-strange-{}", self.next_serial()),
            labels: vec![controller_label(controller.id), pool_label(pool.id)],
            default_labels: false,
            group_id: DEFAULT_GROUP,
            ephemeral: true,
            jit: true,
        };
        self.forge.write(|state| state.register_runner(target, registration)).expect("its name is new");
        Ok(())
    }

    /// Whoever disabled pools enables them again.
    async fn end_of_troubles(&self) -> Result<(), store::Error> {
        for pool in self.database.list_pools(None).await? {
            self.update_pool(pool.id, |pool| pool.enabled = true).await?;
        }
        Ok(())
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what happened; the sum of all notes tells whether two trials were the same.
    fn note(&self, what: fmt::Arguments<'_>) {
        let now = self.clock.now().since(BEGINNING);
        let line = format!("{:>8.3} {what}", now.as_secs_f64());
        let mut ledger = self.ledger();
        ledger.hash = line
            .bytes()
            .fold(ledger.hash ^ 0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        if ledger.lines.len() < LINES {
            ledger.lines.push(line);
        }
    }

    fn violated(&self, what: String) {
        self.note(format_args!("VIOLATION: {what}"));
        self.ledger().violations.push(what);
    }

    fn next_serial(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::SeqCst)
    }

    /// How long it is since the beginning.
    fn passed(&self) -> Duration {
        self.clock.now().since(BEGINNING)
    }

    fn count_forge_call(&self) {
        self.forge_calls.fetch_add(1, Ordering::SeqCst);
    }

    fn count_create(&self, name: &str) {
        *self.ledger().creates.entry(name.to_owned()).or_default() += 1;
    }

    fn maximum(&self, pool: &str) -> Option<usize> {
        self.ledger().maxima.get(pool).copied()
    }

    fn was_forced(&self, name: &str) -> bool {
        self.ledger().forced.contains(name)
    }

    fn duration_of(&self, job: i64) -> Duration {
        self.ledger().durations.get(&job).copied().unwrap_or(Duration::from_secs(1))
    }

    fn was_told_of(&self, job: i64) {
        self.ledger().told.insert(job);
    }

    fn entity_of(&self, target: &Target) -> Option<(EntityId, EntityKind)> {
        self.ledger().entities.iter().find(|(known, ..)| known == target).map(|(_, id, kind)| (*id, *kind))
    }

    fn forge_is_out(&self) -> bool {
        self.ledger().forge_out_until.is_some_and(|until| until > Instant::now())
    }

    fn server_is_up(&self, place: usize, store: Option<Store>) {
        self.ledger().servers[place] = store;
    }

    /// A server that answers, if there is one.
    fn some_server(&self) -> Option<Store> {
        let up: Vec<Store> = self.ledger().servers.iter().flatten().cloned().collect();
        if up.is_empty() { None } else { Some(up[self.faults.below(up.len())].clone()) }
    }

    /// What a machine learns from the server to register its runner with.
    async fn registration_of(&self, name: &str) -> Option<i64> {
        for _ in 0..60 {
            if let Some(store) = self.some_server() {
                let asked = async {
                    let Some(runner) = store.find_runner_by_name(&RunnerName(name.to_owned())).await? else { return Ok(None) };
                    let jit = store.runner_jit(runner.id).await?;
                    Ok::<_, store::Error>(jit.and(runner.agent_id))
                };
                if let Ok(Ok(answer)) = tokio::time::timeout(Duration::from_secs(5), asked).await {
                    return answer;
                }
            }
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
        None
    }
}

/// Runs something on a runtime whose time passes as fast as nothing is left to do, with chance that is the same for the same seed.
fn on_virtual_time<T>(seed: u64, work: impl Future<Output = T>) -> T {
    random::repeatable(seed, || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime without I/O can be built");
        runtime.block_on(work)
    })
}

/// Queues the jobs of the scenario when their time has come.
async fn jobs(trial: Arc<Trial>) {
    let mut plans = trial.scenario.jobs.clone();
    plans.sort_by_key(|plan| plan.at);
    let began = Instant::now();
    for plan in plans {
        tokio::time::sleep_until(began + plan.at).await;
        let mut takes = Some(plan.takes);
        let new = NewJob { owner: "acme".into(), repo: "widgets".into(), name: "build".into(), labels: plan.labels, steps: Vec::new() };
        let id = trial.forge.write(|state| {
            let id = state.queue_job(new);
            if let Some(takes) = takes.take() {
                trial.ledger().durations.insert(id, takes);
            }
            id
        });
        trial.note(format_args!("job {id} is queued"));
    }
}
