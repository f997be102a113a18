//! How long many machines at once take to be asked for.

use std::time::Duration;

use garm::clock::Clock;
use garm::sim::NewJob;
use garm::time::Timestamp;

use super::usage::{Usage, at_share, name_of, print_row};
use super::{RUN, plan};
use crate::guests::Guests;
use crate::harness::{Installation, Plan, databases, numbered_job};
use crate::slow_cloud::Event;

/// What a creation takes.
const CREATION: Duration = Duration::from_millis(100);
/// An entity may register 1,490 runners in five minutes, so the jobs are of two repositories.
const REPOSITORIES: [&str; 2] = ["hello", "world"];
const JOBS_EACH: usize = 800;

/// Waits until so many creations have begun since then, and tells how many seconds after it each of them did.
async fn creations(garm: &Installation, since: Timestamp, count: usize) -> Vec<f64> {
    garm.until("all machines are asked for", async |garm| {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let log = garm.slow_cloud().log();
        let begun = log.iter().filter(|entry| entry.event == Event::CreateBegins && entry.at >= since);
        let mut begun: Vec<f64> = begun.map(|entry| entry.at.since(since).as_secs_f64()).collect();
        begun.sort_unstable_by(f64::total_cmp);
        (begun.len() >= count).then_some(begun)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; benches/serve runs it"]
async fn what_a_burst_costs() {
    for database in databases().await {
        let name = name_of(&database);
        let garm = Installation::set_up(Plan { slow_creates: vec![CREATION], ..plan(&database) }).await;
        garm.forge.configure(|settings| settings.rate_limit = None);
        garm.add_repository(REPOSITORIES[1]).await;
        for repository in REPOSITORIES {
            garm.add_pool_of(repository, "slow", "burst", |pool| pool.max_runners = 800).await;
        }
        let (queued_at, before) = (Clock::System.now(), Usage::of(garm.process()));
        for repository in REPOSITORIES {
            let jobs: Vec<NewJob> = (0..JOBS_EACH).map(|number| numbered_job(repository, "burst", number)).collect();
            for run in jobs.chunks(RUN) {
                garm.forge.queue_run(run.to_vec());
            }
        }
        let asked_for = creations(&garm, queued_at, JOBS_EACH * REPOSITORIES.len()).await;
        let after = Usage::of(garm.process());
        let figures = [("last_s", at_share(&asked_for, 1.0)), ("p50_s", at_share(&asked_for, 0.5)), ("cpu_s", after.cpu - before.cpu)];
        print_row("1,600 jobs at once, a creation takes 100 ms", name, &figures);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; benches/serve runs it"]
async fn what_many_warm_pools_cost() {
    for database in databases().await {
        let name = name_of(&database);
        let garm = Installation::set_up(Plan { slow_creates: vec![Duration::from_millis(1)], ..plan(&database) }).await;
        garm.forge.configure(|settings| settings.rate_limit = None);
        let repositories: Vec<String> = (0..20).map(|number| format!("many-{number}")).collect();
        for repository in &repositories {
            garm.add_repository(repository).await;
        }
        let (queued_at, before) = (Clock::System.now(), Usage::of(garm.process()));
        for repository in &repositories {
            for pool in 0..25 {
                garm.add_pool_of(repository, "slow", &format!("many-{pool}"), |pool| (pool.max_runners, pool.min_idle_runners) = (10, 10))
                    .await;
            }
        }
        let asked_for = creations(&garm, queued_at, 5_000).await;
        let after = Usage::of(garm.process());
        let figures = [("last_s", at_share(&asked_for, 1.0)), ("cpu_s", after.cpu - before.cpu), ("resident_mib", after.resident)];
        print_row("5,000 warm runners in 500 pools of 20 repositories", name, &figures);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; benches/serve runs it"]
async fn what_single_jobs_make() {
    for database in databases().await {
        let garm = Installation::set_up(plan(&database)).await;
        garm.client()
            .update_controller(&garm::api::UpdateControllerParams { minimum_job_age_backoff: Some(0), ..Default::default() })
            .await
            .expect("set");
        let _guests = Guests::start(garm.slow_cloud());
        garm.add_pool_of("hello", "slow", super::TAG, |pool| pool.max_runners = 30).await;
        super::delays(&garm, 30).await;
        let made = garm.slow_cloud().log().iter().filter(|entry| entry.event == Event::CreateBegins).count();
        print_row(
            "machines for 30 single jobs, minimum_job_age_backoff 0",
            name_of(&database),
            &[("machines", f64::from(u32::try_from(made).expect("few")))],
        );
    }
}
