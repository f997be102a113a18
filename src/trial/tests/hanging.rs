//! A provider that never answers some of its calls: the jobs get other machines.

use std::collections::BTreeMap;
use std::time::Duration;

use super::told;
use super::useless::{jobs, machines, passes, pool, world};
use crate::trial::faults::Fault;
use crate::trial::fuzz::Verdict;
use crate::trial::scenario::{JobPlan, Pace, PoolPlan, Scenario};
use crate::trial::spread::Spread;

/// Ten seconds until the provider answers, and eight until the runner is ready.
const PACE: Pace = Pace {
    create_time: Duration::from_secs(10),
    boot_time: Spread { min: Duration::from_secs(5), median: Duration::from_secs(8), p99: Duration::from_secs(12) },
};

/// Jobs twenty seconds apart in a pool whose creations hang now and then, for as long as they may take.
fn hanging(rate: u32, history: usize) -> Scenario {
    let spread = |(at, job): (u64, JobPlan)| JobPlan { at: Duration::from_secs(20 * at), ..job };
    let jobs: Vec<JobPlan> = (0..).zip(jobs(150, None)).map(spread).collect();
    let pool = PoolPlan { bootstrap_timeout: Duration::from_mins(20), ..pool(60, 0, None) };
    let mut scenario = Scenario { rates: [(Fault::CreateHang, rate)].into(), ..world(vec![pool], jobs, 60) };
    scenario.policy.late_history = history;
    scenario
}

/// How long each job waited for its runner.
fn waits(verdict: &Verdict) -> Vec<Duration> {
    let mut queued: BTreeMap<&str, f64> = BTreeMap::new();
    let mut waits = Vec::new();
    for line in &verdict.lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            [at, "job", number, "is", "queued"] => drop(queued.insert(number, at.parse().expect("seconds"))),
            [at, "runner", _, "begins", "job", number] => {
                let at: f64 = at.parse().expect("seconds");
                waits.extend(queued.remove(number).map(|since| Duration::from_secs_f64(at - since)));
            }
            _ => {}
        }
    }
    waits
}

#[test]
fn a_job_does_not_wait_for_a_creation_that_hangs() {
    let late = |verdict: &Verdict| waits(verdict).into_iter().filter(|wait| *wait > Duration::from_mins(2)).count();
    let without = passes(hanging(1_000, usize::MAX));
    let with = passes(hanging(1_000, 10));
    assert!(late(&without) >= 8, "{} of 150 jobs\n{}", late(&without), told(&without));
    assert!(late(&with) <= 2, "{} of 150 jobs\n{}", late(&with), told(&with));
    assert!(machines(&with) <= 157, "{} machines for 150 jobs", machines(&with));
}

#[test]
fn a_burst_of_which_creations_hang_is_served_in_minutes() {
    let at_once = |job| JobPlan { at: Duration::from_secs(1), takes: Duration::from_secs(20), ..job };
    let pool = PoolPlan { bootstrap_timeout: Duration::from_mins(20), ..pool(130, 0, None) };
    let jobs = jobs(100, None).into_iter().map(at_once).collect();
    let verdict = passes(Scenario { rates: [(Fault::CreateHang, 1_000)].into(), ..world(vec![pool], jobs, 60) });
    let slowest = waits(&verdict).into_iter().max().expect("jobs begin");
    assert!(slowest < Duration::from_mins(5), "{slowest:?}\n{}", told(&verdict));
    assert_eq!((waits(&verdict).len(), machines(&verdict)), (100, 100));
}

#[test]
fn a_burst_that_stands_in_the_line_of_its_provider_gets_no_more_machines() {
    let first = (0..15).map(|number| (Duration::from_secs(20 * number), Duration::from_secs(20)));
    let burst = (0..120).map(|_| (Duration::from_mins(10), Duration::from_mins(30)));
    let plan = |((at, takes), job): ((Duration, Duration), JobPlan)| JobPlan { at, takes, ..job };
    let jobs = first.chain(burst).zip(jobs(135, None)).map(plan).collect();
    let pool = PoolPlan { bootstrap_timeout: Duration::from_mins(20), pace: Some(PACE), ..pool(200, 0, None) };
    let verdict = passes(world(vec![pool], jobs, 60));
    assert_eq!(machines(&verdict), 135, "{}", told(&verdict));
}
