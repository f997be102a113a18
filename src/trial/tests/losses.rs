//! Jobs whose machine dies while they run: they are run again, those that fail by themselves are not.

use std::collections::BTreeSet;

use super::told;
use super::useless::{jobs, passes, pool, world};
use crate::model::RerunLimits;
use crate::trial::faults::Fault;
use crate::trial::fuzz::Verdict;
use crate::trial::scenario::Scenario;

/// Machines die in a third of all jobs, and nothing else goes wrong.
fn dying(servers: usize, reruns: Option<RerunLimits>) -> Scenario {
    let scenario = world(vec![pool(40, 0, None)], jobs(40, None), 45);
    Scenario { servers, reruns, rates: [(Fault::DiesInJob, 3_300)].into(), ..scenario }
}

/// The jobs of the lines that end with these words.
fn of_lines<'a>(verdict: &'a Verdict, begin: &str, end: &str) -> Vec<&'a str> {
    verdict.lines.iter().filter_map(|line| line.split_once(begin)?.1.split_once(end).map(|(number, _)| number)).collect()
}

#[test]
fn each_job_that_lost_its_machine_is_run_again_until_it_has_come_to_its_end_and_none_where_that_is_off() {
    for servers in [1, 2] {
        let verdict = passes(dying(servers, Some(RerunLimits { per_run: 10, per_day: 1_000 })));
        let again = of_lines(&verdict, "job ", " is run again");
        let died = verdict.injected.len();
        assert!(died >= 10 && again.len() == died, "{died} of 40 died, {} are run again\n{}", again.len(), told(&verdict));
        let distinct: BTreeSet<&str> = again.iter().copied().collect();
        assert_eq!(distinct.len(), again.len(), "each of them once");

        let verdict = passes(dying(servers, None));
        assert_eq!(of_lines(&verdict, "job ", " is run again"), Vec::<&str>::new());
    }
}

#[test]
fn no_job_is_run_again_more_often_than_is_allowed() {
    for (limits, most) in [(RerunLimits { per_run: 1, per_day: 1_000 }, 40), (RerunLimits { per_run: 10, per_day: 3 }, 3)] {
        let verdict = passes(dying(2, Some(limits)));
        let again = of_lines(&verdict, "job ", " is run again").len();
        assert!((3..=most).contains(&again) && again < verdict.injected.len(), "{again} of {}", verdict.injected.len());
    }
}

#[test]
fn whatever_goes_wrong_beside_only_lost_jobs_are_run_again() {
    for seed in 51..=54 {
        let mut rates = Scenario::mixed(seed).rates;
        rates.insert(Fault::DiesInJob, 3_300);
        let limits = RerunLimits { per_run: 2, per_day: 30 };
        passes(Scenario { seed, rates, ..dying(2, Some(limits)) });
    }
}
