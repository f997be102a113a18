//! Replays: how long jobs would have waited, and what machines would have cost, under settings to be tried.
//!
//! A replay is a trial in which nothing goes wrong ([`crate::trial::calm`]). Planner, shell and store are real; time is virtual, forge and
//! cloud are models. It takes a [`Load`] (a [`history`] of jobs, or a [`synthetic`] one) and a [`Policy`]; the same seed gives the same
//! report.
//!
//! | File | What is found there |
//! |---|---|
//! | [`load`] | the jobs of a replay |
//! | [`history`] | jobs from a file |
//! | [`synthetic`] | jobs by chance |
//! | [`policy`] | the settings that are tried, and the file they are written in |
//! | [`report`] | its figures |
//! | [`series`] | the same over time |
//! | [`plot`], [`svg`] | the same as a picture |
//!
//! Before the first job there is an hour in which pools fill up. Everything is measured from the moment the first job is queued until the
//! last one is over.

pub mod history;
pub mod load;
pub mod plot;
pub mod policy;
pub mod report;
mod series;
mod svg;
pub mod synthetic;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use self::load::{Job, Load};
pub use self::policy::Policy;
pub use self::report::Report;
use crate::engine;
use crate::model::{EntityKind, EntityRef};
use crate::trial::calm::{self, Outcome};
use crate::trial::scenario::{EntityPlan, JobPlan, Pace, PoolPlan, Scenario};

/// How long pools may fill up before the first job is queued.
const LEAD: Duration = Duration::from_hours(1);
/// Latency of calls that a policy does not describe: removing and listing machines, and every call to the forge.
const PROVIDER_LATENCY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(2));
const FORGE_LATENCY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(400));
/// How long the installation may take to settle after the last job.
const PATIENCE: Duration = Duration::from_mins(40);

/// A load under a policy.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The policy.
    pub policy: Policy,
    /// The outcome. Times count from the moment the first job is queued; earlier times are cut to zero.
    pub(super) outcome: Outcome,
    /// From the first job being queued until the last one was over.
    pub lasted: Duration,
    /// Its figures.
    pub report: Report,
}

/// Replays a load under each of the policies, side by side.
///
/// # Panics
/// When the database in memory fails by itself.
#[must_use]
pub fn compare(load: &Load, policies: Vec<Policy>, seed: u64) -> Vec<Replay> {
    std::thread::scope(|scope| {
        let running: Vec<_> = policies.into_iter().map(|policy| scope.spawn(move || replay(load, policy, seed))).collect();
        running.into_iter().map(|replay| replay.join().expect("a replay does not panic")).collect()
    })
}

/// Replays a load under a policy. Must not be called on a runtime: it brings its own.
///
/// # Panics
/// When the database in memory fails by itself.
#[must_use]
pub fn replay(load: &Load, policy: Policy, seed: u64) -> Replay {
    let mut outcome = calm::run(scenario(load, &policy, seed));
    from_first_job(&mut outcome);
    let lasted = outcome.jobs.iter().filter_map(|job| job.completed).max().unwrap_or_default();
    let report = Report::new(&policy, &outcome, lasted);
    Replay { policy, outcome, lasted, report }
}

fn scenario(load: &Load, policy: &Policy, seed: u64) -> Scenario {
    let began_at = load.began_at();
    let jobs = load.jobs().iter().map(|job| JobPlan {
        at: LEAD + job.queued_at.since(began_at),
        labels: job.labels.clone(),
        takes: job.duration,
        burden: None,
        run: None,
    });
    let pools = policy.pools.iter().map(|pool| PoolPlan {
        tags: pool.tags.clone(),
        max_runners: pool.max_runners,
        min_idle_runners: pool.min_idle_runners,
        priority: pool.priority,
        bootstrap_timeout: pool.bootstrap_timeout,
        pace: Some(Pace { create_time: pool.create_time, boot_time: pool.boot }),
        flaws: Vec::new(),
    });
    let at = EntityRef { kind: EntityKind::Repository, owner: "acme".into(), name: "widgets".into() };
    Scenario {
        seed,
        servers: 1,
        entities: vec![EntityPlan { at, balancer: policy.balancer, pools: pools.collect() }],
        jobs: jobs.collect(),
        deeds: Vec::new(),
        late_pools: Vec::new(),
        scale_sets: Vec::new(),
        offers_jobs: false,
        lists_jobs: false,
        limits: None,
        reruns: None,
        renamed_at: None,
        rates: std::collections::BTreeMap::new(),
        troubled: Duration::ZERO,
        endless: false,
        patience: PATIENCE,
        begins_within: None,
        provider_latency: PROVIDER_LATENCY,
        forge_latency: FORGE_LATENCY,
        boot_time: (Duration::ZERO, Duration::ZERO),
        job_age: policy.minimum_job_age_backoff,
        policy: engine::Policy { idle_time_min: policy.idle_time_min, ..engine::Policy::default() },
    }
}

/// Counts times from the moment the first job is queued.
fn from_first_job(outcome: &mut Outcome) {
    let first = outcome.jobs.first().map(|job| job.queued).unwrap_or_default();
    let shift = |at: &mut Duration| *at = at.saturating_sub(first);
    for job in &mut outcome.jobs {
        shift(&mut job.queued);
        job.started.iter_mut().chain(&mut job.completed).for_each(shift);
    }
    for life in &mut outcome.machines {
        shift(&mut life.made);
        [&mut life.ready, &mut life.busy, &mut life.done, &mut life.gone].into_iter().flatten().for_each(shift);
    }
}
