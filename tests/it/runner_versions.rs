//! Versions of the runner that the forge serves no more, with real processes: one machine is lost at most, and a newer version heals the pool.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use garm::api::Pool;
use garm::clock::Clock;
use garm::model::EntityKind;
use garm::sim::RUNNER_VERSION;
use garm::time::Timestamp;

use crate::guests::Guests;
use crate::harness::{Installation, Plan};
use crate::slow_cloud::Event;

/// The version that comes after [`RUNNER_VERSION`].
const NEWER: &str = "2.999.0";
/// How long machines are counted while the pool waits.
const COUNTED: Duration = Duration::from_secs(20);

fn plan() -> Plan {
    // Downloads are looked at every minute while a pool waits for a newer version.
    Plan { slow_creates: vec![Duration::from_millis(50)], patience: Duration::from_mins(4), watch: false, ..Plan::default() }
}

fn made(garm: &Installation) -> usize {
    garm.slow_cloud().log().into_iter().filter(|entry| entry.event == Event::Created).count()
}

fn now() -> Timestamp {
    Clock::System.now()
}

async fn show(garm: &Installation, pool: &Pool) -> Pool {
    garm.client().pools().get(&pool.id).await.expect("shown")
}

/// The forge offers a newer version, and all jobs are run without a person.
async fn heals(garm: &Installation, pool: &Pool, jobs: &[i64]) {
    garm.forge.configure(|settings| NEWER.clone_into(&mut settings.runner_version));
    for job in jobs {
        garm.until("the job is over", async |garm| garm.forge.job(*job).filter(|job| job.completed_at.is_some())).await;
    }
    let shown = show(garm, pool).await;
    assert_eq!((shown.runner_version.as_str(), shown.paused_until, shown.pause_reason.as_str()), (NEWER, None, ""));
}

/// The repository has an event with these words.
async fn says(garm: &Installation, level: &str, words: &str) {
    let repositories = garm.client().entities(EntityKind::Repository);
    let id = garm.repositories().await.swap_remove(0).id;
    garm.until(words, async |_| {
        let events = repositories.get(&id).await.expect("shown").events;
        events.into_iter().find(|event| event.event_level == level && event.message.contains(words))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_whose_end_is_announced_costs_no_machine_after_its_end_and_a_newer_one_heals_the_pool() {
    let garm = Installation::set_up(plan()).await;
    let _guests = Guests::start(garm.slow_cloud());
    // Less is left than a week.
    let end = now().after(Duration::from_secs(20));
    garm.forge.configure(|settings| settings.announced_ends = BTreeMap::from([(RUNNER_VERSION.to_owned(), end)]));
    let pool = garm.add_pool("slow", "single", 20, 0).await;
    says(&garm, "warning", "the forge gives no jobs to runners of version").await;
    assert_eq!(show(&garm, &pool).await.runner_version_retires_at.map(Timestamp::as_secs), Some(end.as_secs()));

    tokio::time::sleep(end.since(now())).await;
    let jobs: Vec<i64> = (0..5).map(|number| garm.queue_job(&format!("job-{number}"), "single")).collect();
    garm.until("the job says that the version is retired", async |garm| {
        garm.job(jobs[0]).await.filter(|job| job.why.contains("the forge gives no jobs to runners of version"))
    })
    .await;
    tokio::time::sleep(COUNTED).await;
    assert_eq!(made(&garm), 0);
    heals(&garm, &pool, &jobs).await;
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_is_retired_without_a_word_costs_one_machine_and_a_newer_one_heals_the_pool() {
    let garm = Installation::set_up(plan()).await;
    let _guests = Guests::start(garm.slow_cloud());
    garm.forge.configure(|settings| settings.retired_versions = BTreeSet::from([RUNNER_VERSION.to_owned()]));
    let pools = [garm.add_pool("slow", "one", 20, 0).await, garm.add_pool("slow", "two", 20, 0).await];
    let mut jobs = vec![garm.queue_job("first", "one"), garm.queue_job("second", "two")];
    for pool in &pools {
        garm.until("the pool pauses", async |garm| Some(show(garm, pool).await).filter(|pool| pool.paused_until.is_some())).await;
    }
    says(&garm, "error", "the forge gives it no job although jobs wait").await;
    for number in 0..5 {
        jobs.push(garm.queue_job(&format!("job-{number}"), "one"));
    }
    garm.until("the job says that the pool waits", async |garm| {
        garm.job(jobs[0]).await.filter(|job| job.why.contains("a newer version is tried at once"))
    })
    .await;
    tokio::time::sleep(COUNTED).await;
    assert_eq!(made(&garm), pools.len(), "one machine for each pool");
    let runner = garm.instances().await.swap_remove(0);
    assert_eq!(runner.runner_version, RUNNER_VERSION);
    for pool in &pools {
        heals(&garm, pool, &jobs).await;
    }
    garm.finish().await;
}
