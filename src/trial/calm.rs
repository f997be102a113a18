//! A trial in which nothing goes wrong. One server, a forge and a cloud do the jobs of a scenario, until the last of them is over.
//!
//! The checks of what must never happen run all the same.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinSet;

use super::faults::{Faults, Rates};
use super::record::Life;
use super::run::{jobs, on_virtual_time};
use super::scenario::Scenario;
use super::state::{BEGINNING, Trial};
use super::{checks, courier, replica};
use crate::model::JobStatus;
use crate::store::{self, RunnerFilter};

/// How often the world is looked at.
const LOOK: Duration = Duration::from_mins(1);
/// Time beyond the shortest idle time until the final checks begin.
const SETTLING: Duration = Duration::from_mins(2);

/// The outcome. Times count from the beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The jobs, in the order in which they were queued.
    pub jobs: Vec<JobOutcome>,
    /// The machines, in the order in which they were made.
    pub machines: Vec<Life>,
    /// How many calls providers got.
    pub provider_calls: u64,
    /// How many calls the forge got.
    pub forge_calls: u64,
    /// Violations of what must never happen.
    pub violations: Vec<String>,
}

/// What became of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobOutcome {
    /// Labels that its runner had to have.
    pub labels: Vec<String>,
    /// When it was queued.
    pub queued: Duration,
    /// When a runner began it.
    pub started: Option<Duration>,
    /// When it was over, run or not.
    pub completed: Option<Duration>,
}

/// Runs a scenario without its faults.
///
/// # Panics
/// When the runtime cannot be built or the database in memory fails by itself.
#[must_use]
pub fn run(scenario: Scenario) -> Outcome {
    let seed = scenario.seed;
    let faults = Faults::new(seed, Rates::new(), None);
    on_virtual_time(seed, async {
        let trial = Trial::set_up(scenario, faults).await.expect("the database in memory works");
        until_all_is_over(&trial).await.expect("the database in memory works");
        let since = |at: crate::time::Timestamp| at.since(BEGINNING);
        let jobs = trial.forge.jobs().into_iter().map(|job| JobOutcome {
            labels: job.labels,
            queued: since(job.queued_at),
            started: job.started_at.map(since),
            completed: job.completed_at.map(since),
        });
        let (machines, provider_calls) = trial.record.take();
        let violations = std::mem::take(&mut trial.ledger().violations);
        Outcome { jobs: jobs.collect(), machines, provider_calls, forge_calls: trial.forge_calls.load(Ordering::SeqCst), violations }
    })
}

/// A forecast for a job that waited, and when the job began.
#[cfg(test)]
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// When the job was queued.
    pub(crate) queued: Duration,
    /// The forecast: the earliest, likely and latest time. `None` = there was no history yet.
    pub(crate) told: Option<[Duration; 3]>,
    /// When a runner began it.
    pub(crate) started: Option<Duration>,
}

/// Runs a scenario without its faults, and asks of each job that still waits after a moment when it will begin.
#[cfg(test)]
pub(crate) fn run_asking(scenario: Scenario) -> Vec<Asked> {
    let seed = scenario.seed;
    let faults = Faults::new(seed, Rates::new(), None);
    on_virtual_time(seed, async {
        let trial = Trial::set_up(scenario, faults).await.expect("the database in memory works");
        let told = Arc::default();
        let asking = tokio::spawn(ask(Arc::clone(&trial), Arc::clone(&told)));
        until_all_is_over(&trial).await.expect("the database in memory works");
        asking.abort();
        assert!(trial.ledger().violations.is_empty(), "{:?}", trial.ledger().violations);
        let since = |at: crate::time::Timestamp| at.since(BEGINNING);
        let mut told = told.lock().expect("nobody panicked");
        let jobs = trial.forge.jobs().into_iter().filter_map(|job| {
            let told: Option<[Duration; 3]> = told.remove(&job.id)?;
            Some(Asked { queued: since(job.queued_at), told, started: job.started_at.map(since) })
        });
        jobs.collect()
    })
}

#[cfg(test)]
type Answers = std::sync::Mutex<std::collections::BTreeMap<i64, Option<[Duration; 3]>>>;

#[cfg(test)]
async fn ask(trial: Arc<Trial>, told: Arc<Answers>) {
    let services = replica::services(&trial, &super::pulse::Pulse::new(Arc::clone(&trial)), trial.database.clone());
    loop {
        tokio::time::sleep(Duration::from_secs(10)).await;
        let waiting = store::JobFilter { status: Some(JobStatus::Queued), ..store::JobFilter::default() };
        for job in trial.database.list_jobs(waiting).await.expect("the database in memory works") {
            if told.lock().expect("nobody panicked").contains_key(&job.workflow_job_id) {
                continue;
            }
            let why = crate::control::why_job(&services, &job).await.expect("the database in memory works");
            let begins = why.expect("its entity is there").begins;
            let at = |at: crate::time::Timestamp| at.since(BEGINNING);
            let answer = begins.ok().map(|told| [told.earliest, told.likely, told.latest].map(at));
            told.lock().expect("nobody panicked").insert(job.workflow_job_id, answer);
        }
    }
}

async fn until_all_is_over(trial: &Arc<Trial>) -> Result<(), store::Error> {
    let mut tasks = JoinSet::new();
    trial.ledger().servers = vec![None; trial.scenario.servers];
    for place in 0..trial.scenario.servers {
        tasks.spawn(replica::run(Arc::clone(trial), place));
    }
    tasks.spawn(courier::run(Arc::clone(trial)));
    let queueing = tokio::spawn(jobs(Arc::clone(trial)));
    let began = trial.clock.now();
    let mut over_since = None;
    while over_since.is_none_or(|since| trial.clock.now().since(since) < trial.scenario.policy.idle_time_min + SETTLING) {
        tokio::time::sleep(LOOK).await;
        let runners = trial.database.list_runners(RunnerFilter::default()).await?;
        checks::look_for_stuck(trial, &runners, began);
        give_up_old(trial);
        if over_since.is_none() && queueing.is_finished() && !trial.forge.read(|state| state.jobs().any(|job| job.completed_at.is_none())) {
            over_since = Some(trial.clock.now());
        }
    }
    checks::converges(trial).await?;
    checks::no_defect_showed(trial);
    tasks.shutdown().await;
    Ok(())
}

/// The forge gives up jobs that have waited for too long.
fn give_up_old(trial: &Trial) {
    let oldest = trial.clock.now().before(trial.scenario.policy.job_lifetime);
    let is_old = |job: &&crate::sim::Job| job.status == JobStatus::Queued && job.queued_at <= oldest;
    let old: Vec<i64> =
        trial.forge.read(|state| state.jobs().take_while(|job| job.queued_at <= oldest).filter(is_old).map(|job| job.id).collect());
    for job in old {
        trial.note(format_args!("the forge gives up job {job}"));
        // The forge does not cancel a job that a runner has just begun.
        trial.forge.write(|state| state.cancel_job(job)).unwrap_or_default();
    }
}
