//! What the parts of a trial share: the models, the database, and the ledger of everything that happened.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::asked::Asked;
use super::cloud::Cloud;
use super::faults::Faults;
use super::life::Life;
use super::limits::Arrived;
use super::losses::Losses;
use super::record::Record;
use super::scenario::Scenario;
use super::spending::Spending;
use super::useless::{Flaw, FlawPlan};
use crate::clock::Clock;
use crate::control::Defects;
use crate::model::{EntityId, EntityKind, RunnerName};
use crate::sim::{Forge, Job, Scope};
use crate::store::{self, Store};
use crate::time::Timestamp;

/// Where virtual time begins: some day in 2001.
pub(super) const BEGINNING: Timestamp = Timestamp::from_micros(1_000_000_000_000_000);
/// The name of the one endpoint.
pub(super) const ENDPOINT: &str = "forge.test";
/// How long before it is queued an old job was created.
const OLD: Duration = Duration::from_hours(30);
/// How many notes are kept to be shown.
const LINES: usize = 20_000;

/// One trial that runs.
pub(super) struct Trial {
    pub(super) scenario: Scenario,
    pub(super) faults: Faults,
    pub(super) clock: Clock,
    pub(super) forge: Forge,
    pub(super) cloud: Cloud,
    /// The database, reached without troubles: for set-up, operators and checks.
    pub(super) database: Store,
    pub(super) ledger: Mutex<Ledger>,
    pub(super) serial: AtomicU64,
    pub(super) forge_calls: AtomicU64,
    pub(super) record: Record,
    pub(super) spending: Spending,
    pub(super) arrived: Arrived,
    pub(super) asked: Asked,
    pub(super) losses: Losses,
}

/// The counts and notes of a trial.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) servers: Vec<Option<Store>>,
    pub(super) entities: Vec<(Scope, EntityId, EntityKind)>,
    /// The largest maximum each pool ever had.
    pub(super) maxima: BTreeMap<String, usize>,
    /// How many idle runners each pool is to keep.
    pub(super) idle_wanted: BTreeMap<String, usize>,
    /// What is wrong with pools, until an operator mends it.
    pub(super) flaws: Vec<(String, FlawPlan)>,
    /// Jobs that the forge holds back.
    pub(super) held: BTreeSet<i64>,
    /// Jobs whose repository is deleted.
    pub(super) gone: BTreeSet<i64>,
    /// Jobs that were created long before they were queued.
    pub(super) old: BTreeSet<i64>,
    /// Whether the repository has its new name.
    pub(super) renamed: bool,
    pub(super) durations: BTreeMap<i64, Duration>,
    pub(super) told: BTreeSet<i64>,
    pub(super) forced: BTreeSet<String>,
    /// When the removal of each machine without a row was tried that cannot be removed.
    pub(super) removals: BTreeMap<String, Vec<Duration>>,
    pub(super) forge_out_until: Option<Instant>,
    pub(super) creates: BTreeMap<String, u32>,
    pub(super) defects: Vec<Defects>,
    /// The lives of servers.
    pub(super) lives: Vec<Arc<Life>>,
    pub(super) violations: Vec<String>,
    pub(super) lines: Vec<String>,
    pub(super) hash: u64,
}

impl Trial {
    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an event. Two equal trials have the same hash of all notes.
    pub(super) fn note(&self, what: fmt::Arguments<'_>) {
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

    pub(super) fn violated(&self, what: String) {
        self.note(format_args!("VIOLATION: {what}"));
        self.ledger().violations.push(what);
    }

    pub(super) fn next_serial(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::SeqCst)
    }

    /// How long it is since the beginning.
    pub(super) fn passed(&self) -> Duration {
        self.clock.now().since(BEGINNING)
    }

    /// Allows a pool this many machines from now on; machines from before may stay.
    pub(super) fn allow(&self, pool: &str, max: u32) {
        let mut ledger = self.ledger();
        let most = ledger.maxima.entry(pool.to_owned()).or_default();
        *most = (*most).max(max as usize);
    }

    pub(super) fn count_forge_call(&self) {
        self.forge_calls.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn count_create(&self, name: &str) {
        *self.ledger().creates.entry(name.to_owned()).or_default() += 1;
    }

    pub(super) fn maximum(&self, pool: &str) -> Option<usize> {
        self.ledger().maxima.get(pool).copied()
    }

    /// How many idle runners the pool is to keep.
    pub(super) fn idle_wanted(&self, pool: &str) -> usize {
        self.ledger().idle_wanted.get(pool).copied().unwrap_or_default()
    }

    /// What is wrong with the pool now.
    pub(super) fn flaw_of(&self, pool: &str) -> Option<Flaw> {
        let now = self.passed();
        let ledger = self.ledger();
        let found = ledger.flaws.iter().find(|(flawed, plan)| flawed == pool && plan.from <= now && now < plan.until);
        found.map(|(_, plan)| plan.flaw)
    }

    /// Whether the forge holds the job back.
    pub(super) fn is_held(&self, job: i64) -> bool {
        self.ledger().held.contains(&job)
    }

    /// Whether the job's repository is deleted.
    pub(super) fn is_gone(&self, job: i64) -> bool {
        self.ledger().gone.contains(&job)
    }

    /// When the job was created, as the forge tells.
    pub(super) fn created_at(&self, job: &Job) -> Timestamp {
        if self.ledger().old.contains(&job.id) { job.queued_at.before(OLD) } else { job.queued_at }
    }

    /// The forge holds the job back no longer.
    pub(super) fn release(&self, job: i64, told: bool) {
        if self.ledger().held.remove(&job) {
            self.note(format_args!("the forge releases job {job}"));
            self.forge.release_job(job, told);
        }
    }

    pub(super) fn was_forced(&self, name: &str) -> bool {
        self.ledger().forced.contains(name)
    }

    pub(super) fn duration_of(&self, job: i64) -> Duration {
        self.ledger().durations.get(&job).copied().unwrap_or(Duration::from_secs(1))
    }

    /// The forge runs a job again, as a new job.
    pub(super) fn runs_again(&self, job: &Job, again: i64) {
        self.note(format_args!("job {} is run again as job {again}", job.id));
        let takes = self.duration_of(job.id);
        self.ledger().durations.insert(again, takes);
        let broken = self.losses.run_again(job, self.scenario.reruns, self.scenario.entities.len());
        if let Some(rule) = broken {
            self.violated(rule);
        }
    }

    pub(super) fn was_told_of(&self, job: i64) {
        self.ledger().told.insert(job);
    }

    pub(super) fn forge_is_out(&self) -> bool {
        self.ledger().forge_out_until.is_some_and(|until| until > Instant::now())
    }

    pub(super) fn server_is_up(&self, place: usize, store: Option<Store>) {
        self.ledger().servers[place] = store;
    }

    /// A server that answers, if there is one.
    pub(super) fn some_server(&self) -> Option<Store> {
        let up: Vec<Store> = self.ledger().servers.iter().flatten().cloned().collect();
        if up.is_empty() { None } else { Some(up[self.faults.below(up.len())].clone()) }
    }

    /// The job that the row of this name was made for.
    pub(super) async fn job_of(&self, name: &str) -> Option<i64> {
        let row = self.database.find_runner_by_name(&RunnerName(name.to_owned())).await.expect("the database in memory works");
        row.and_then(|runner| runner.made_for)
    }

    /// The registration that a server keeps for a machine.
    pub(super) async fn registration_of(&self, name: &str) -> Option<i64> {
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
