//! Scale sets: whatever their service does, each job that fits one is done once it behaves.

use std::time::Duration;

use super::told;
use super::useless::{count, passes, pool, world};
use crate::trial::faults::Fault;
use crate::trial::fuzz;
use crate::trial::scenario::{JobPlan, ScaleSetPlan, Scenario};

/// Two scale sets with twelve jobs each, beside a pool that fits none of them.
fn sets(seed: u64, servers: usize, offers_jobs: bool, rates: &[(Fault, u32)]) -> Scenario {
    let plan = |number: usize| ScaleSetPlan {
        entity: 0,
        name: format!("set-{number}"),
        max_runners: 3,
        min_idle_runners: u32::try_from(number).expect("small"),
        bootstrap_timeout: Duration::from_mins(1),
    };
    let job = |number: u64| JobPlan {
        at: Duration::from_secs(number * 15),
        labels: vec![format!("set-{}", number % 2)],
        takes: Duration::from_secs(5 + number),
        burden: None,
        run: None,
    };
    let quiet = world(vec![pool(1, 0, None)], (0..24).map(job).collect(), 10);
    Scenario { seed, servers, offers_jobs, scale_sets: (0..2).map(plan).collect(), rates: rates.iter().copied().collect(), ..quiet }
}

#[test]
fn each_job_of_a_scale_set_costs_one_machine_in_both_manners_of_the_service() {
    for (servers, offers) in [(1, false), (2, true)] {
        let verdict = passes(sets(1, servers, offers, &[]));
        assert_eq!((count(&verdict, &["runner", "begins job"]), verdict.jobs), (24, 24), "{}", told(&verdict));
        assert!((24..=26).contains(&verdict.creates), "{} machines: one for each job, and one to be idle", verdict.creates);
        assert_eq!(count(&verdict, &["Available"]) > 0, offers);
    }
}

#[test]
fn jobs_are_assigned_again_when_sessions_end_are_taken_and_scale_sets_vanish() {
    for (fault, rate) in [(Fault::SessionEnds, 1_000), (Fault::SessionTaken, 400), (Fault::ScaleSetGone, 200)] {
        for (seed, offers) in [(1, false), (2, true)] {
            let verdict = passes(sets(seed, 2, offers, &[(fault, rate)]));
            assert!(verdict.injected.iter().filter(|injection| injection.fault == fault).count() > 1, "{fault}: {}", told(&verdict));
        }
    }
}

#[test]
fn no_answer_kill_or_broken_database_costs_a_job_of_a_scale_set() {
    use Fault as F;
    let faults = [F::ForgeError, F::ForgeAnswerLost, F::ForgeHang, F::DatabaseAnswerLost, F::Crash, F::SessionEnds];
    let rates = faults.map(|fault| (fault, if fault == F::Crash { 30 } else { 300 }));
    for seed in 1..=6 {
        passes(sets(seed, 1 + usize::from(seed % 2 == 0), seed % 3 == 0, &rates));
    }
}

/// The checks themselves: they notice jobs that no runner can be made for.
#[test]
fn a_scale_set_that_may_have_no_runner_is_noticed() {
    let mut scenario = Scenario { patience: Duration::from_mins(5), ..sets(1, 1, false, &[]) };
    scenario.scale_sets[0].max_runners = 0;
    let verdict = fuzz::run(scenario, None);
    assert!(verdict.violations.iter().any(|violation| violation.contains("is not done")), "{}", told(&verdict));
}
