//! A forge that allows few calls: bursts wait, and no server calls more often than the forge allows.

use std::time::Duration;

use super::told;
use super::useless::{count, jobs, machines, passes, pool, world};
use crate::model::{BudgetLimits, Rate};
use crate::trial::faults::Fault;
use crate::trial::fuzz::Verdict;
use crate::trial::scenario::{JobPlan, Scenario};

/// Sixty jobs in a minute, of which each costs the forge ten points and more.
fn burst(servers: usize, points: u32) -> Scenario {
    let points = Rate { limit: points, within: Duration::from_mins(1) };
    let limits = Some(BudgetLimits { points, ..BudgetLimits::default() });
    Scenario { servers, limits, ..world(vec![pool(80, 0, None)], jobs(60, None), 20) }
}

/// When the last job has its runner.
fn last_begin(verdict: &Verdict) -> Duration {
    let last = verdict.lines.iter().rfind(|line| line.contains("begins job")).expect("they begin");
    Duration::from_secs_f64(last.trim().split(' ').next().and_then(|text| text.parse().ok()).expect("a time"))
}

#[test]
fn jobs_have_their_runners_in_nearly_the_time_that_the_limits_allow() {
    let points = Rate { limit: 400, within: Duration::from_mins(1) };
    let at_once = |job| JobPlan { at: Duration::from_secs(1), takes: Duration::from_mins(20), ..job };
    let jobs = jobs(300, None).into_iter().map(at_once).collect();
    let limits = Some(BudgetLimits { points, ..BudgetLimits::default() });
    let verdict = passes(Scenario { limits, ..world(vec![pool(300, 0, None)], jobs, 40) });
    assert_eq!((count(&verdict, &["begins job"]), machines(&verdict)), (300, 300), "{}", told(&verdict));
    // Eighty runners at once, and eighty in each further minute.
    let (took, least) = (last_begin(&verdict), Duration::from_mins(3));
    assert!((least..=least.mul_f64(1.1)).contains(&took), "{took:?}, and {least:?} is possible");
}

#[test]
fn a_burst_waits_for_the_budget_and_each_job_has_one_machine() {
    for servers in [1, 2] {
        let verdict = passes(burst(servers, 150));
        assert_eq!((count(&verdict, &["begins job"]), machines(&verdict)), (60, 60), "{}", told(&verdict));
        let took = last_begin(&verdict);
        assert!(took > Duration::from_mins(2), "600 points take three minutes and more, at 150 each: {took:?}");
    }
}

#[test]
fn servers_that_are_killed_spend_no_more_than_the_forge_allows() {
    for seed in 61..=64 {
        let rates = [(Fault::Crash, 30), (Fault::ForgeAnswerLost, 300), (Fault::DatabaseAnswerLost, 50)].into();
        let verdict = passes(Scenario { seed, rates, ..burst(2, 150) });
        assert!(count(&verdict, &["a server is killed"]) > 0, "{}", told(&verdict));
    }
}
