//! One world for each kind of machines and jobs on which money is spent for nothing, so that a failure names the kind.
//!
//! The trial itself holds the bounds. The tests add that the kind did occur, and how many machines there were.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::told;
use crate::engine::Policy;
use crate::model::{Balancer, EntityKind, EntityRef};
use crate::trial::fuzz::{self, Verdict};
use crate::trial::scenario::{EntityPlan, JobPlan, PoolPlan, Scenario};
use crate::trial::useless::{Burden, Flaw, FlawPlan};

/// A pool with something wrong from the beginning until an operator mends it.
pub(super) fn pool(max_runners: u32, min_idle_runners: u32, flaw: Option<Flaw>) -> PoolPlan {
    let flaws = flaw.into_iter().map(|flaw| FlawPlan { flaw, from: Duration::ZERO, until: Duration::MAX });
    PoolPlan {
        tags: vec!["linux".into()],
        max_runners,
        min_idle_runners,
        priority: 0,
        bootstrap_timeout: Duration::from_mins(1),
        pace: None,
        flaws: flaws.collect(),
    }
}

/// Jobs a second apart.
pub(super) fn jobs(count: u64, burden: Option<Burden>) -> Vec<JobPlan> {
    let job = |at| JobPlan { at: Duration::from_secs(at), labels: vec!["linux".into()], takes: Duration::from_secs(20), burden, run: None };
    (1..=count).map(job).collect()
}

/// An organization with these pools; an operator mends everything after so many minutes.
pub(super) fn world(pools: Vec<PoolPlan>, jobs: Vec<JobPlan>, minutes: u64) -> Scenario {
    let millis = Duration::from_millis;
    let at = EntityRef { kind: EntityKind::Organization, owner: String::new(), name: "acme".into() };
    Scenario {
        seed: 1,
        servers: 1,
        entities: vec![EntityPlan { at, balancer: Balancer::RoundRobin, pools }],
        jobs,
        deeds: Vec::new(),
        late_pools: Vec::new(),
        scale_sets: Vec::new(),
        offers_jobs: false,
        lists_jobs: false,
        limits: None,
        reruns: None,
        renamed_at: None,
        rates: BTreeMap::new(),
        troubled: Duration::from_mins(minutes),
        endless: false,
        patience: Duration::from_hours(1),
        begins_within: None,
        provider_latency: (millis(50), millis(1000)),
        forge_latency: (millis(20), millis(200)),
        boot_time: (millis(1000), millis(3000)),
        job_age: Duration::from_secs(30),
        policy: Policy { idle_time_min: Duration::from_mins(1), ..Policy::default() },
    }
}

/// Runs the trial, which must pass.
pub(super) fn passes(scenario: Scenario) -> Verdict {
    let verdict = fuzz::run(scenario, None);
    assert!(verdict.passed(), "{}", told(&verdict));
    verdict
}

/// How many lines of the trial have all these words.
pub(super) fn count(verdict: &Verdict, words: &[&str]) -> usize {
    verdict.lines.iter().filter(|line| words.iter().all(|word| line.contains(word))).count()
}

pub(super) fn machines(verdict: &Verdict) -> usize {
    count(verdict, &["machine", "is there"])
}

/// Two hours in which a job waits for a pool with this flaw, and two hours in which the pool wants two idle runners.
fn costs_little(flaw: Flaw) {
    let job = passes(world(vec![pool(8, 0, Some(flaw))], jobs(1, None), 120));
    // Six, two in each further hour, and the one that serves.
    assert!((3..=12).contains(&machines(&job)), "{} machines for a job\n{}", machines(&job), told(&job));
    for (max, wanted) in [(8, 2), (20, 1)] {
        let idle = passes(world(vec![pool(max, wanted, Some(flaw))], Vec::new(), 120));
        let most = 12 * usize::try_from(wanted).expect("a few");
        assert!((3..=most).contains(&machines(&idle)), "{} machines for {wanted} idle runners\n{}", machines(&idle), told(&idle));
    }
    let burst = passes(world(vec![pool(4, 0, Some(flaw))], jobs(20, None), 30));
    assert!(machines(&burst) <= 20 + 12, "{} machines for a burst\n{}", machines(&burst), told(&burst));
}

#[test]
fn machines_that_fail_at_once() {
    costs_little(Flaw::FailsAtOnce);
}

#[test]
fn machines_whose_runner_never_connects() {
    costs_little(Flaw::NeverConnects);
}

#[test]
fn runners_of_a_version_that_the_forge_no_longer_takes() {
    costs_little(Flaw::VersionRetired);
}

#[test]
fn machines_that_end_at_once() {
    costs_little(Flaw::EndsAtOnce);
}

#[test]
fn runners_that_are_never_given_a_job() {
    let verdict = passes(world(vec![pool(8, 0, Some(Flaw::NeverGivenJob))], jobs(1, None), 120));
    assert!((3..=12).contains(&machines(&verdict)), "{} machines\n{}", machines(&verdict), told(&verdict));
}

#[test]
fn a_job_that_the_forge_holds_back_costs_one_machine() {
    for told_again in [true, false] {
        let held = Burden::Held { until: Duration::from_mins(50), told: told_again };
        let verdict = passes(world(vec![pool(8, 0, None)], jobs(1, Some(held)), 60));
        let before = verdict.lines.iter().take_while(|line| !line.contains("releases"));
        assert_eq!(before.filter(|line| line.contains("is there")).count(), 1, "{}", told(&verdict));
        assert_eq!(count(&verdict, &["ends job"]), 1);
        let done = verdict.lines.iter().position(|line| line.contains("ends job"));
        let ended = verdict.lines.iter().position(|line| line.contains("nothing goes wrong any more"));
        assert!(done < ended, "served ten minutes after the release\n{}", told(&verdict));
    }
}

#[test]
fn a_job_whose_repository_is_gone() {
    let verdict = passes(world(vec![pool(8, 0, None)], jobs(1, Some(Burden::RepositoryGone)), 120));
    assert!((1..=9).contains(&machines(&verdict)), "{} machines\n{}", machines(&verdict), told(&verdict));
}

#[test]
fn a_job_that_was_created_long_before_it_was_queued_is_served_as_any_other() {
    let verdict = passes(world(vec![pool(8, 0, None)], jobs(3, Some(Burden::Old)), 5));
    assert_eq!((machines(&verdict), count(&verdict, &["ends job"])), (3, 3), "{}", told(&verdict));
    assert!(verdict.lasted < Duration::from_mins(8), "{}", told(&verdict));
}

#[test]
fn a_pool_whose_provider_fails_is_passed_over() {
    for first in [1, 6] {
        let failing = PoolPlan { priority: 10, ..pool(8, 0, Some(Flaw::CreationFails)) };
        let verdict = passes(world(vec![failing, pool(8, 0, None)], jobs(first, None), 30));
        assert_eq!(machines(&verdict), usize::try_from(first).expect("a few"), "{}", told(&verdict));
        assert!(verdict.creates > first, "the failing pool was tried\n{}", told(&verdict));
    }
}

#[test]
fn a_pool_whose_runners_the_forge_refuses_is_passed_over() {
    for first in [1, 6] {
        let failing = PoolPlan { priority: 10, ..pool(8, 0, Some(Flaw::RegistrationRefused)) };
        let verdict = passes(world(vec![failing, pool(8, 0, None)], jobs(first, None), 30));
        assert_eq!(machines(&verdict), usize::try_from(first).expect("a few"), "{}", told(&verdict));
        let refused = count(&verdict, &["refuses to register"]);
        assert!((1..=8).contains(&refused), "{refused} refused\n{}", told(&verdict));
    }
}

#[test]
fn where_jobs_do_not_wait_for_idle_runners_each_costs_one_machine() {
    for (count, apart) in [(10, 60), (10, 5), (30, 0)] {
        let mut jobs = jobs(count, None);
        jobs.iter_mut().zip(0..).for_each(|(job, number)| job.at = Duration::from_secs(1 + number * apart));
        let scenario = Scenario { job_age: Duration::ZERO, ..world(vec![pool(40, 0, None)], jobs, 15) };
        let verdict = passes(scenario);
        assert_eq!(machines(&verdict), usize::try_from(count).expect("a few"), "{}", told(&verdict));
    }
}

#[test]
fn a_machine_that_cannot_be_removed_is_tried_again_and_again_with_longer_pauses() {
    let verdict = passes(world(vec![pool(2, 1, Some(Flaw::OrphanStays))], Vec::new(), 60));
    let tried = count(&verdict, &["cannot be removed"]);
    assert!((5..=12).contains(&tried), "{tried}\n{}", told(&verdict));
}

/// The seeds of the tests draw each kind.
#[test]
fn chance_draws_each_kind() {
    let (mut flaws, mut burdens) = (BTreeSet::new(), BTreeSet::new());
    for seed in 1_000..1_200 {
        let scenario = Scenario::mixed(seed);
        flaws.extend(scenario.entities.iter().flat_map(|entity| &entity.pools).flat_map(|pool| &pool.flaws).map(|plan| plan.flaw));
        burdens.extend(scenario.jobs.iter().filter_map(|job| job.burden).map(|burden| match burden {
            Burden::Held { told, .. } => format!("held {told}"),
            other => format!("{other:?}"),
        }));
    }
    assert_eq!(flaws.len(), Flaw::ALL.len());
    assert_eq!(burdens.len(), 4, "{burdens:?}");
}
