//! What must hold while machines are of no use: how much may be spent, and how soon the rest goes on.
//!
//! Where nothing goes wrong but with pools and jobs, four more bounds hold beside those of [`super::spending`]:
//! - A job whose creation failed is served by the next pool with room within 5 seconds, unless it waits because machines were made for it in vain.
//! - A machine that is over is removed within a minute.
//! - A machine that cannot be removed is tried again after a pause that grows.
//! - Where nothing at all is wrong, a job costs one machine for each entity that reports it. With those that replace idle runners, there are two for
//!   each job at most, or one for each entity where there are more entities.

use std::sync::Arc;
use std::time::Duration;

use super::spending::Bought;
use super::state::{BEGINNING, Trial};
use super::useless::{Burden, Flaw};
use crate::model::{InstanceStatus, JobStatus, PoolId, Reason, RunnerSetId, Streak};
use crate::store::{self, RunnerFilter};

/// How soon another pool serves a job whose creation failed.
const PASSED_OVER: Duration = Duration::from_secs(5);
/// How soon a machine that is over is removed.
const ENDED_MAX: Duration = Duration::from_mins(1);
/// The first pause after a removal that failed; it doubles up to the longest.
const PAUSE_FIRST: Duration = Duration::from_secs(30);
const PAUSE_MAX: Duration = Duration::from_mins(10);

/// The cloud made a machine then.
pub(super) fn machine_is_made(trial: &Trial, name: &str, pool: &str, at: Duration, job: Option<i64>) {
    // A forge that does not answer does not say what it holds back.
    let answers = trial.scenario.rates.keys().all(|fault| !fault.is_of_forge());
    let waited = |job: &crate::sim::Job| {
        let begun = job.started_at.map_or(Duration::MAX, |at| at.since(BEGINNING));
        (job.queued_at.since(BEGINNING), begun)
    };
    // A job counts on a runner that is starting, whatever becomes of that, and the runner is replaced.
    let jobs: Vec<(Duration, Duration)> = trial.forge.read(|state| state.jobs().map(waited).collect());
    let bought = Bought {
        name,
        at,
        pool,
        pool_max: trial.maximum(pool).unwrap_or_default(),
        idle_wanted: trial.idle_wanted(pool),
        jobs: &jobs,
        job: job.map(|job| (job, answers && trial.is_held(job))),
    };
    trial.spending.machine_is_made(&bought).into_iter().for_each(|what| trial.violated(what));
}

/// When nothing goes wrong, each job costs one machine at most for each entity that reports it.
///
/// An entity does not see the runners of another one. The forge may give one of these to a job that an entity counts on its own runner for.
/// Then a runner is left over there, and one is missing here.
pub(super) fn all_is_over(trial: &Trial) {
    let scenario = &trial.scenario;
    let flawless = scenario.entities.iter().flat_map(|entity| &entity.pools).all(|pool| pool.flaws.is_empty());
    let usual = scenario.jobs.iter().all(|job| matches!(job.burden, None | Some(Burden::Old)));
    // Idle runners, and those of another entity, may be counted on for a job that takes another one.
    let alone = scenario.entities.iter().map(|entity| entity.pools.len()).sum::<usize>() == 1;
    let spared = scenario.spares_machines() && alone && scenario.entities[0].pools[0].min_idle_runners == 0;
    if !((scenario.is_quiet() || spared) && flawless && usual) {
        return;
    }
    let idle: usize = scenario.entities.iter().flat_map(|entity| &entity.pools).map(|pool| pool.min_idle_runners as usize).sum();
    // Each entity counts on an idle runner of its own. Where the job takes another one, that one's pool replaces its runner, too.
    let for_one: usize = scenario.entities.iter().map(|entity| entity.pools.len().min(2)).sum();
    let (all, most) = (trial.spending.made_in_all(), for_one.max(2) * scenario.jobs.len() + idle);
    if all > most {
        trial.violated(format!(
            "{all} machines in all for {} jobs and {idle} idle runners, although nothing went wrong with them",
            scenario.jobs.len()
        ));
    }
    for job in trial.forge.jobs() {
        let count = trial.spending.made_for(job.id);
        if count > scenario.entities.len() {
            trial.violated(format!("{count} machines for job {}, although nothing went wrong with them", job.id));
        }
    }
}

/// A creation has failed in a pool whose provider fails each: its job must be served elsewhere, if there is room.
pub(super) fn creation_failed(trial: &Arc<Trial>, pool: &str, job: Option<i64>) {
    let Some(job) = job.filter(|_| trial.scenario.is_quiet()) else { return };
    let (trial, pool) = (Arc::clone(trial), pool.to_owned());
    tokio::spawn(async move {
        let made_before = trial.spending.made_for(job);
        let takes = trial.scenario.provider_latency.1 + trial.scenario.forge_latency.1 * 2;
        tokio::time::sleep(PASSED_OVER + takes).await;
        let waits = trial.forge.job(job).is_some_and(|job| job.status == JobStatus::Queued && job.runner.is_none());
        if !waits || trial.spending.made_for(job) > made_before {
            return;
        }
        match not_served(&trial, &pool, job).await {
            Ok(Some((free, why))) => {
                trial.violated(format!("job {job} waits although pool {free} is free, because pool {pool} fails: {why}"));
            }
            Ok(None) => {}
            Err(fault) => trial.violated(format!("the database in memory fails: {fault}")),
        }
    });
}

/// The pool that is free for the job, and why the job waits all the same. `None` = no pool is free, or the job counts on a runner of a pool that
/// works, or on a machine that is there. Or the next attempt is under way, begun while no other pool was free.
async fn not_served(trial: &Trial, failing: &str, number: i64) -> Result<Option<(PoolId, String)>, store::Error> {
    let Some(free) = free_beside(trial, failing, number).await? else { return Ok(None) };
    let row = trial.database.list_jobs(store::JobFilter::all()).await?.into_iter().find(|row| row.workflow_job_id == number);
    let (reason, claimed_by) = row.map_or((None, None), |row| (row.reason, row.claimed_by));
    let counted_on = match &reason {
        // The job has a brake of its own, whatever the pools do.
        Some(Reason::MadeInVain { .. }) => return Ok(None),
        Some(Reason::RunnerStarting { runner } | Reason::IdleRunner { runner } | Reason::Running { runner }) => {
            trial.database.find_runner_by_name(runner).await?.into_iter().collect()
        }
        // The other entity may count on any of its runners.
        Some(Reason::ClaimedElsewhere) => {
            let filter = RunnerFilter { entity: claimed_by, ..RunnerFilter::default() };
            trial.database.list_runners(filter).await?
        }
        _ => Vec::new(),
    };
    let works = |set: RunnerSetId| set.pool().is_none_or(|pool| trial.flaw_of(&pool.to_string()).is_none());
    let has_machine = |status| matches!(status, InstanceStatus::Creating | InstanceStatus::Running);
    if counted_on.iter().any(|runner| works(runner.set_id) || has_machine(runner.status)) {
        return Ok(None);
    }
    Ok(Some((free, reason.map_or_else(|| "no reason is recorded".into(), |reason| reason.to_string()))))
}

/// A flawless pool of the same entity that fits, has more room than jobs wait for, and may make a machine: one that never served may make few.
async fn free_beside(trial: &Trial, failing: &str, job: i64) -> Result<Option<PoolId>, store::Error> {
    let (pools, runners) = (trial.database.list_pools(None).await?, trial.database.list_runners(RunnerFilter::default()).await?);
    let Some(failing) = pools.iter().find(|pool| pool.id.to_string() == failing) else { return Ok(None) };
    // Jobs that the forge holds back, or does not show any more, need no machine.
    let is_waiting = |job: &crate::sim::Job| job.status == JobStatus::Queued && !trial.is_held(job.id) && !trial.is_gone(job.id);
    let waiting: Vec<_> = trial.forge.jobs().into_iter().filter(is_waiting).collect();
    let Some(labels) = waiting.iter().find(|waits| waits.id == job).map(|job| job.labels.clone()) else { return Ok(None) };
    // The pool itself may have been mended a moment ago.
    let others = pools.iter().filter(|pool| pool.id != failing.id && pool.entity_id == failing.entity_id);
    let free = others.filter(|pool| pool.fits(&labels)).find(|pool| {
        let machines = runners.iter().filter(|runner| runner.set_id == RunnerSetId::Pool(pool.id)).count();
        let jobs = waiting.iter().filter(|job| pool.fits(&job.labels)).count();
        let made = pool.memory.probation(trial.clock.now()).map_or(0, |(made, _)| made);
        // One that has failed before may pause, though nothing is wrong with it any more.
        let pauses = [&pool.memory.in_vain, &pool.memory.failed].into_iter().any(|streak| streak.in_a_row >= Streak::LIMIT);
        !pauses
            && made < pool.max_runners
            && machines < jobs
            && machines < pool.max_runners as usize
            && trial.flaw_of(&pool.id.to_string()).is_none()
    });
    Ok(free.map(|pool| pool.id))
}

/// A machine has reported that it is over.
pub(super) fn machine_is_over(trial: &Arc<Trial>, name: &str, serial: u64) {
    if !trial.scenario.is_quiet() {
        return;
    }
    let (trial, name) = (Arc::clone(trial), name.to_owned());
    tokio::spawn(async move {
        tokio::time::sleep(ENDED_MAX + trial.scenario.provider_latency.1 + trial.scenario.forge_latency.1).await;
        if trial.cloud.lock().get(&name).is_some_and(|machine| machine.serial == serial) {
            trial.violated(format!("machine {name} is over and still there after {} s", ENDED_MAX.as_secs()));
        }
    });
}

/// The provider is asked to remove an orphan that it cannot remove.
pub(super) fn removal_is_tried(trial: &Trial, name: &str) {
    let now = trial.passed();
    let (failures, before) = {
        let mut ledger = trial.ledger();
        let times = ledger.removals.entry(name.to_owned()).or_default();
        times.push(now);
        (times.len() - 1, times.iter().rev().nth(1).copied())
    };
    trial.note(format_args!("machine {name} cannot be removed"));
    let doublings = u32::try_from(failures.saturating_sub(1).min(16)).unwrap_or_default();
    let pause = PAUSE_FIRST.saturating_mul(1 << doublings).min(PAUSE_MAX);
    if let Some(before) = before.filter(|before| trial.scenario.is_quiet() && *before + pause > now) {
        let after = now.saturating_sub(before).as_secs();
        trial.violated(format!("{after} s after failure {failures} the removal of {name} is tried again"));
    }
}

/// Whether the provider cannot remove this machine: it has no row, and its pool has the flaw.
pub(super) fn stays(trial: &Trial, name: &str) -> bool {
    let pool = trial.cloud.lock().get(name).filter(|machine| machine.guest.is_none()).map(|machine| machine.pool.clone());
    pool.is_some_and(|pool| trial.flaw_of(&pool) == Some(Flaw::OrphanStays))
}
