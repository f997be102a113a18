//! What must hold once the faults have stopped.

use std::collections::BTreeSet;
use std::time::Duration;

use super::faults::Fault;
use super::operators::OTHERS;
use super::state::Trial;
use super::{guest, replica};
use crate::control::Defects;
use crate::model::{EntityId, EntityKind, InstanceStatus, JobStatus, Pool, Runner, RunnerSetId, RunnerStatus};
use crate::sim::{Job, Runner as AtForge, ScaleSet};
use crate::store::{self, EntityFilter, RunnerFilter};
use crate::time::Timestamp;

/// How often the world is looked at.
const LOOK: Duration = Duration::from_secs(10);
/// How long a row may be between two states.
const TRANSITION_MAX: Duration = Duration::from_mins(1);

/// Waits until nothing is left to do, and reports the rest if that takes too long. Meanwhile no row may stay between two states.
pub(super) async fn converges(trial: &Trial) -> Result<(), store::Error> {
    let recovered_at = trial.clock.now();
    loop {
        tokio::time::sleep(LOOK).await;
        let now = trial.clock.now();
        let runners = trial.database.list_runners(RunnerFilter::default()).await?;
        look_for_stuck(trial, &runners, recovered_at);
        let left = what_is_left(trial, &runners).await?;
        if left.is_empty() || !trial.ledger().violations.is_empty() {
            return Ok(());
        }
        if now.since(recovered_at) > trial.scenario.patience {
            for what in left {
                trial.violated(format!("after {} min of peace: {what}", trial.scenario.patience.as_secs() / 60));
            }
            return Ok(());
        }
    }
}

/// Where the scenario promises so, each job has a runner soon.
pub(super) async fn all_begin(trial: &Trial) {
    let Some(within) = trial.scenario.begins_within else { return };
    tokio::time::sleep(replica::DOWN.1 + within).await;
    let waits = |job: &&Job| job.status == JobStatus::Queued && job.runner.is_none();
    for job in trial.forge.jobs().iter().filter(waits) {
        trial.violated(format!("{} s after the servers are there again job {} has no runner", within.as_secs(), job.id));
    }
}

/// Servers go on after a panic, and after a kept view was wrong. Both are defects.
pub(super) fn no_defect_showed(trial: &Trial) {
    let shown: Vec<(u64, String)> = trial.ledger().defects.iter().map(Defects::shown).collect();
    for (count, last) in shown.into_iter().filter(|(count, _)| *count > 0) {
        trial.violated(format!("{count} defects of a server; the last one: {last}"));
    }
}

/// No row may stay between two states.
pub(super) fn look_for_stuck(trial: &Trial, runners: &[Runner], recovered_at: Timestamp) {
    let now = trial.clock.now();
    for runner in runners.iter().filter(|runner| is_stuck(trial, runner, recovered_at, now)) {
        trial.violated(format!(
            "runner {} is {} for {} s: {} {:?}",
            runner.name,
            runner.status,
            now.since(runner.status_at).as_secs(),
            runner.fault,
            runner.reason
        ));
    }
}

/// Whether the row has been between two states for too long.
fn is_stuck(trial: &Trial, runner: &Runner, recovered_at: Timestamp, now: Timestamp) -> bool {
    let gave_up = runner.status == InstanceStatus::Error && runner.create_attempt >= trial.scenario.policy.create_retries;
    let between = matches!(
        runner.status,
        InstanceStatus::PendingCreate
            | InstanceStatus::Creating
            | InstanceStatus::PendingDelete
            | InstanceStatus::PendingForceDelete
            | InstanceStatus::Deleting
            | InstanceStatus::Error
    );
    let is_over = runner.status == InstanceStatus::Running && runner.runner_status == RunnerStatus::Terminated;
    // A creation whose caller is gone may still succeed until its deadline; until then the row has to wait.
    let changed_at = if is_over { runner.runner_status_at } else { runner.status_at };
    // One that the forge refused is not asked for again for minutes. Once it is registered, its machine is asked for.
    let is_to_be_made = runner.status == InstanceStatus::PendingCreate;
    let refused_until = runner.not_before.filter(|_| is_to_be_made);
    let registered_at = runner.agent_id.filter(|_| is_to_be_made).map(|_| runner.updated_at);
    let waits_until = runner.may_appear_until().max(refused_until).max(registered_at);
    let since = changed_at.max(recovered_at).max(waits_until.unwrap_or(recovered_at));
    // After the clock of a single server was put back, its deadlines come later and its rows look older.
    let put_back = if !trial.scenario.is_shared() && trial.scenario.rates.contains_key(&Fault::WrongClock) {
        replica::WRONG_MAX
    } else {
        Duration::ZERO
    };
    // What comes next may wait for the API budget.
    let spent = trial.scenario.limits.map_or(Duration::ZERO, |limits| limits.points.within * 2);
    (between || is_over) && !gave_up && now.since(since) > TRANSITION_MAX + LOOK + put_back + spent
}

/// Everything that is wrong at the end.
async fn what_is_left(trial: &Trial, runners: &[Runner]) -> Result<Vec<String>, store::Error> {
    let mut left = Vec::new();
    let pools = trial.database.list_pools(None).await?;
    let told = trial.ledger().told.clone();
    let listing = listing_entities(trial);
    let is_heard_of = |job: &Job, pool: &Pool| told.contains(&job.id) || listing.contains(&pool.entity_id);
    let is_of_scale_set = |job: &Job| trial.scenario.scale_sets.iter().any(|set| job.labels == [set.name.as_str()]);
    let is_served = |job: &&Job| is_of_scale_set(job) || pools.iter().any(|pool| pool.fits(&job.labels) && is_heard_of(job, pool));
    let jobs = trial.forge.jobs();
    for job in jobs.iter().filter(|job| !trial.is_gone(job.id)).filter(is_served) {
        if !guest::is_over(trial, job.id) {
            left.push(format!("job {} is not done", job.id));
        }
    }
    // Of a job that no pool of its entities fits, only deliveries tell: it has another's runner, and the forge is not asked about it.
    let matched = store::JobFilter { matched: store::Matched::Yes, ..store::JobFilter::default() };
    for row in trial.database.list_jobs(matched).await? {
        if row.status != JobStatus::Completed && guest::is_over(trial, row.workflow_job_id) {
            left.push(format!("job {} is over and its row says {}", row.workflow_job_id, row.status));
        }
    }
    for runner in runners {
        if runner.status != InstanceStatus::Running || runner.runner_status != RunnerStatus::Idle {
            left.push(format!("runner {} is {} and {}: {:?}", runner.name, runner.status, runner.runner_status, runner.reason));
        }
    }
    let rows: BTreeSet<String> = runners.iter().map(|runner| runner.name.to_string()).collect();
    let machines: BTreeSet<String> = trial.cloud.names().into_iter().collect();
    let sets: Vec<i64> = trial.forge.scale_sets().into_iter().map(|set| set.id).collect();
    // Who made the runners of a scale set that is gone, only their rows tell.
    let is_of_none = |runner: &AtForge| runner.scale_set.is_some_and(|set| !sets.contains(&set)) && !rows.contains(&runner.name);
    let registered: BTreeSet<String> =
        trial.forge.runners().into_iter().filter(|runner| !is_of_none(runner)).map(|runner| runner.name).collect();
    left.extend(machines.difference(&rows).map(|name| format!("machine {name} has no row")));
    left.extend(rows.difference(&machines).map(|name| format!("runner {name} has no machine")));
    left.extend(registered.difference(&rows).map(|name| format!("runner {name} is registered and has no row")));
    left.extend(rows.difference(&registered).map(|name| format!("runner {name} is not registered")));
    left.extend(trial.old_names().await?.into_iter().map(|name| format!("{name} is known by its old name")));
    for pool in &pools {
        let unseen = |job: &&Job| trial.is_gone(job.id) && job.status == JobStatus::Queued && pool.fits(&job.labels);
        left.extend(idle_faults(pool, runners, jobs.iter().filter(unseen).count()));
    }
    for set in trial.database.list_scale_sets(None).await? {
        left.extend(wrong_count(&format!("scale set {}", set.name), set.id.into(), set.min_idle_runners.min(set.max_runners), runners, 0));
        let is_open = |known: &ScaleSet| known.name == set.name && known.session.as_ref().is_some_and(|session| session.owner != OTHERS);
        if !trial.forge.scale_sets().iter().any(is_open) {
            left.push(format!("scale set {} has no session", set.name));
        }
    }
    for entity in trial.database.list_entities(EntityFilter::default()).await? {
        let lost = trial.database.entity_view(entity.id).await?.map(|view| view.lost).unwrap_or_default();
        let open = lost.into_iter().filter(|lost| !trial.is_gone(lost.job.workflow_job_id));
        left.extend(open.map(|lost| format!("job {} lost its machine: {}", lost.job.workflow_job_id, lost.loss)));
        left.extend(entity.failure.map(|failure| format!("entity {} cannot be used: {failure}", entity.at)));
    }
    Ok(left)
}

/// The entities whose servers hear of each job without a delivery. An enterprise has no list of its repositories.
fn listing_entities(trial: &Trial) -> BTreeSet<EntityId> {
    let lists = |kind: EntityKind| trial.scenario.lists_jobs && kind != EntityKind::Enterprise;
    trial.ledger().entities.iter().filter(|(_, _, kind)| lists(*kind)).map(|(_, id, _)| *id).collect()
}

/// A pool keeps its minimum of idle runners, and no more. For each job that waits and that the forge does not show, there may be another one.
fn idle_faults(pool: &Pool, runners: &[Runner], unseen: usize) -> Option<String> {
    wrong_count(&format!("pool {}", pool.id), pool.id.into(), pool.min_idle_runners.min(pool.max_runners), runners, unseen)
}

fn wrong_count(what: &str, id: RunnerSetId, wanted: u32, runners: &[Runner], unseen: usize) -> Option<String> {
    let (count, wanted) = (runners.iter().filter(|runner| runner.set_id == id).count(), wanted as usize);
    (!(wanted..=wanted + unseen).contains(&count)).then(|| format!("{what} has {count} runners where {wanted} are to be kept"))
}
