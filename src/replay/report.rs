//! The figures of a replay.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::Policy;
use crate::trial::calm::{JobOutcome, Outcome};
use crate::trial::record::{Life, Phase};

/// The figures of one policy. Hours and cost are those between the first job being queued and the last being over.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Name of the policy.
    pub policy: String,
    /// How many hours were between the first job being queued and the last being over.
    pub hours: f64,
    /// How many jobs were queued.
    pub jobs: usize,
    /// How many of them a runner began.
    pub served: usize,
    /// Those that no runner began.
    pub not_served: Vec<NotServed>,
    /// How long jobs waited for their runner.
    pub wait_seconds: Percentiles,
    /// The part of machine time in which a job ran, from 0 to 1.
    pub utilisation: f64,
    /// The use of the machines' time.
    pub machine_hours: MachineHours,
    /// The cost of the machines, in the currency of the prices.
    pub cost: f64,
    /// How many machines there were.
    pub machines: usize,
    /// The most machines at one moment.
    pub peak_machines: usize,
    /// How many calls providers got.
    pub provider_calls: u64,
    /// How many calls the forge got.
    pub forge_calls: u64,
    /// The same for each pool.
    pub pools: Vec<PoolReport>,
    /// Violations of what must never happen; each is a defect of the engine.
    pub violations: Vec<String>,
}

/// Jobs that no runner began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotServed {
    /// Their labels.
    pub labels: Vec<String>,
    /// How many.
    pub jobs: usize,
    /// Why.
    pub reason: &'static str,
}

/// Percentiles of times, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Percentiles {
    /// Half.
    pub p50: f64,
    /// Nine in ten.
    pub p90: f64,
    /// Ninety-nine in a hundred.
    pub p99: f64,
    /// All.
    pub max: f64,
}

/// The use of the machines' time, in hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct MachineHours {
    /// All of it.
    pub total: f64,
    /// With a job.
    pub busy: f64,
    /// Ready, and without a job.
    pub idle: f64,
    /// Not ready yet.
    pub starting: f64,
    /// Being removed.
    pub ending: f64,
}

/// The figures of a pool.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PoolReport {
    /// Its name.
    pub name: String,
    /// How many machines there were.
    pub machines: usize,
    /// The most machines at one moment.
    pub peak_machines: usize,
    /// How long they existed.
    pub machine_hours: f64,
    /// Their cost.
    pub cost: f64,
}

impl Report {
    pub(super) fn new(policy: &Policy, outcome: &Outcome, lasted: Duration) -> Self {
        // Machines that were gone before the first job, or made after the last one, do not count.
        let lives: Vec<&Life> =
            outcome.machines.iter().filter(|life| life.made < lasted && life.gone.is_none_or(|gone| gone > Duration::ZERO)).collect();
        let pools: Vec<PoolReport> = policy
            .pools
            .iter()
            .enumerate()
            .map(|(number, pool)| {
                let of_pool: Vec<&Life> = lives.iter().copied().filter(|life| life.pool == number).collect();
                let machine_hours = MachineHours::of(&of_pool, lasted).total;
                PoolReport {
                    name: pool.name.clone(),
                    machines: of_pool.len(),
                    peak_machines: peak(&of_pool, lasted),
                    machine_hours,
                    cost: machine_hours * pool.price_per_hour,
                }
            })
            .collect();
        let waits: Vec<f64> = outcome.jobs.iter().filter_map(wait).collect();
        let machine_hours = MachineHours::of(&lives, lasted);
        Self {
            policy: policy.name.clone(),
            hours: hours(lasted),
            jobs: outcome.jobs.len(),
            served: waits.len(),
            not_served: not_served(policy, &outcome.jobs),
            wait_seconds: Percentiles::of(waits),
            utilisation: if machine_hours.total > 0.0 { machine_hours.busy / machine_hours.total } else { 0.0 },
            machine_hours,
            cost: pools.iter().map(|pool| pool.cost).sum(),
            machines: lives.len(),
            peak_machines: peak(&lives, lasted),
            provider_calls: outcome.provider_calls,
            forge_calls: outcome.forge_calls,
            pools,
            violations: outcome.violations.clone(),
        }
    }
}

/// How long the job waited for its runner, in seconds.
pub(super) fn wait(job: &JobOutcome) -> Option<f64> {
    Some(job.started?.saturating_sub(job.queued).as_secs_f64())
}

fn hours(time: Duration) -> f64 {
    time.as_secs_f64() / 3600.0
}

fn not_served(policy: &Policy, jobs: &[JobOutcome]) -> Vec<NotServed> {
    let mut count: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for job in jobs.iter().filter(|job| job.started.is_none()) {
        *count.entry(job.labels.clone()).or_default() += 1;
    }
    let reason = |labels: &[String]| if policy.serves(labels) { "no runner became free within a day" } else { "no pool has these labels" };
    count.into_iter().map(|(labels, jobs)| NotServed { reason: reason(&labels), labels, jobs }).collect()
}

impl Percentiles {
    /// By nearest rank; zero where there is nothing.
    #[must_use]
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let rank = |percent: usize| (values.len() * percent).div_ceil(100).saturating_sub(1);
        let at = |percent| values.get(rank(percent)).copied().unwrap_or_default();
        Self { p50: at(50), p90: at(90), p99: at(99), max: at(100) }
    }
}

impl MachineHours {
    fn of(lives: &[&Life], end: Duration) -> Self {
        let mut sum = Self::default();
        for (phase, from, to) in lives.iter().flat_map(|life| life.phases(end)) {
            let hours = hours(to.saturating_sub(from));
            sum.total += hours;
            match phase {
                Phase::Starting => sum.starting += hours,
                Phase::Idle => sum.idle += hours,
                Phase::Busy => sum.busy += hours,
                Phase::Ending => sum.ending += hours,
            }
        }
        sum
    }
}

/// The most machines at one moment.
fn peak(lives: &[&Life], end: Duration) -> usize {
    let mut changes: Vec<(Duration, isize)> = lives.iter().flat_map(|life| [(life.made, 1), (life.gone.unwrap_or(end), -1)]).collect();
    // At the same moment, the end of one machine counts before the beginning of another.
    changes.sort_unstable();
    let mut now = 0;
    let counts = changes.into_iter().map(|(_, change)| {
        now += change;
        now
    });
    usize::try_from(counts.max().unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn percentiles_are_values_that_occurred() {
        assert_eq!(Percentiles::of(Vec::new()), Percentiles::default());
        assert_eq!(Percentiles::of(vec![7.0]), Percentiles { p50: 7.0, p90: 7.0, p99: 7.0, max: 7.0 });
        let hundred = (1..=100).rev().map(f64::from).collect();
        assert_eq!(Percentiles::of(hundred), Percentiles { p50: 50.0, p90: 90.0, p99: 99.0, max: 100.0 });
    }

    #[test]
    fn machine_time_is_what_lies_between_the_first_job_and_the_last() {
        let life = Life { pool: 0, made: secs(0), ready: Some(secs(10)), busy: Some(secs(30)), done: Some(secs(90)), gone: Some(secs(93)) };
        let hours = MachineHours::of(&[&life], secs(1000));
        let seconds = |hours: f64| format!("{:.0}", hours * 3600.0);
        let told = [hours.starting, hours.idle, hours.busy, hours.ending, hours.total].map(seconds);
        assert_eq!(told, ["10", "20", "60", "3", "93"]);
        let cut_off = MachineHours::of(&[&life], secs(20));
        assert_eq!([cut_off.idle, cut_off.total].map(seconds), ["10", "20"]);
        let never_ready = Life { made: secs(5), gone: Some(secs(65)), ..Life::default() };
        assert_eq!(seconds(MachineHours::of(&[&never_ready], secs(1000)).starting), "60");
    }

    #[test]
    fn the_peak_counts_machines_that_exist_at_the_same_moment() {
        let life = |made, gone| Life { made: secs(made), gone, ..Life::default() };
        let (one, two, three) = (life(0, Some(secs(10))), life(10, Some(secs(30))), life(20, None));
        assert_eq!(peak(&[&one, &two, &three], secs(100)), 2);
        assert_eq!(peak(&[], secs(100)), 0);
    }
}
