//! Deliveries that are lost for good: the servers hear of jobs from the list of the forge.

use super::told;
use super::useless::{count, jobs, passes, pool, world};
use crate::model::{EntityKind, EntityRef};
use crate::trial::faults::Fault;
use crate::trial::scenario::Scenario;

/// No delivery arrives for long enough: a repository without jobs is listed every half an hour.
fn silent(kind: EntityKind, servers: usize, lists_jobs: bool) -> Scenario {
    let mut scenario = world(vec![pool(40, 0, None)], jobs(40, None), 45);
    if kind == EntityKind::Repository {
        scenario.entities[0].at = EntityRef { kind, owner: "acme".into(), name: "widgets".into() };
    }
    Scenario { servers, lists_jobs, rates: [(Fault::DeliveryLost, 10_000)].into(), ..scenario }
}

#[test]
fn jobs_that_no_delivery_tells_of_have_one_machine_each_and_none_where_jobs_are_not_listed() {
    for kind in [EntityKind::Repository, EntityKind::Organization] {
        for servers in [1, 2] {
            for (lists_jobs, served) in [(true, 40), (false, 0)] {
                let verdict = passes(silent(kind, servers, lists_jobs));
                let silence = verdict.lines.split(|line| line.contains("nothing goes wrong any more")).next().expect("it begins with that");
                let of_silence = |words: &str| silence.iter().filter(|line| line.contains(words)).count();
                let found = (of_silence("begins job"), of_silence("is there"), of_silence("queued: true"));
                assert_eq!(found, (served, served, 0), "{kind} {servers}\n{}", told(&verdict));
            }
        }
    }
}

#[test]
fn whatever_goes_wrong_beside_no_listed_job_is_lost() {
    for seed in 41..=43 {
        let mut rates = Scenario::mixed(seed).rates;
        rates.insert(Fault::DeliveryLost, 10_000);
        let verdict = passes(Scenario { seed, rates, ..silent(EntityKind::Organization, 2, true) });
        // A job can also end because its machine dies.
        assert!(count(&verdict, &["begins job"]) >= 40, "{}", told(&verdict));
    }
}
