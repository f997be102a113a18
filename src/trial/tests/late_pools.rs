//! A pool is added long after the jobs that it fits were queued.

use std::time::Duration;

use super::told;
use super::useless::{count, jobs, machines, passes, pool, world};
use crate::trial::fuzz;
use crate::trial::scenario::{JobPlan, LatePool, PoolPlan, Scenario};
use crate::trial::useless::Burden;

/// Jobs for which no pool is there, and after ten minutes one is.
fn late(count: u64, servers: usize) -> Scenario {
    let tags = vec!["gpu".to_owned()];
    let jobs = jobs(count, None).into_iter().map(|job| JobPlan { labels: tags.clone(), ..job }).collect();
    let late = LatePool { at: Duration::from_mins(10), entity: 0, pool: PoolPlan { tags, ..pool(6, 0, None) } };
    Scenario { servers, late_pools: vec![late], ..world(vec![pool(2, 0, None)], jobs, 20) }
}

#[test]
fn a_pool_added_ten_minutes_after_its_jobs_were_queued_serves_them_all() {
    for servers in [1, 2] {
        let verdict = passes(late(30, servers));
        let added = verdict.lines.iter().position(|line| line.contains("adds a pool")).expect("it is added");
        assert!(verdict.lines[..added].iter().all(|line| !line.contains("is there")), "no machine before it\n{}", told(&verdict));
        let peace = verdict.lines.iter().position(|line| line.contains("nothing goes wrong any more")).expect("it ends");
        let done = verdict.lines[..peace].iter().filter(|line| line.contains("ends job")).count();
        assert_eq!((done, machines(&verdict)), (30, 30), "one machine for each\n{}", told(&verdict));
        assert_eq!(count(&verdict, &["adds a pool"]), 1);
    }
}

#[test]
fn a_job_that_the_forge_holds_back_when_its_pool_appears_costs_no_machine_before_its_release() {
    for told_again in [true, false] {
        let held = Burden::Held { until: Duration::from_mins(14), told: told_again };
        let mut scenario = late(4, 1);
        scenario.jobs.iter_mut().for_each(|job| job.burden = Some(held));
        let verdict = passes(scenario);
        let released = verdict.lines.iter().position(|line| line.contains("releases")).expect("they are released");
        assert!(verdict.lines[..released].iter().all(|line| !line.contains("is there")), "{}", told(&verdict));
        assert_eq!((count(&verdict, &["ends job"]), machines(&verdict)), (4, 4), "{}", told(&verdict));
    }
}

#[test]
fn whatever_goes_wrong_the_jobs_of_a_late_pool_are_served_once_it_is_there() {
    for seed in 31..=36 {
        let late = late(12, 2);
        let scenario = Scenario { rates: Scenario::mixed(seed).rates, seed, ..late };
        let verdict = fuzz::run(scenario, None);
        // A job can also end because its machine dies.
        assert!(verdict.passed() && count(&verdict, &["begins job"]) >= 12, "{}", told(&verdict));
    }
}
