//! What a server costs that has much to wait for. The tables of `docs/performance.md` come from here (`benches/serve`).

mod answers;
mod bare;
mod bursts;
mod deliveries;
mod large_entity;
pub(crate) mod usage;

use std::time::Duration;

use garm::clock::Clock;
use garm::model::JobStatus;
use garm::sim::{DeliveryState, NewJob};

use crate::harness::{Database, Installation, Plan, databases, numbered_job};
use crate::slow_cloud::Event;

use large_entity::{CANNED, with_idle};
use usage::{Usage, at_share, name_of, print_row};

const TAG: &str = "waits";
/// How many jobs are timed.
const JOBS: u16 = 50;
/// So many jobs are in one run.
const RUN: usize = 50;
/// How long the server is watched.
const WATCHED: Duration = Duration::from_mins(1);

/// A pool of one runner, whose machine never speaks, and so many jobs.
async fn waiting(plan: Plan, jobs: usize) -> Installation {
    let garm = Installation::set_up(plan).await;
    garm.add_pool_of("hello", "slow", TAG, |pool| pool.max_runners = 1).await;
    let all: Vec<NewJob> = (0..jobs).map(|number| numbered_job("hello", TAG, number)).collect();
    for run in all.chunks(RUN) {
        garm.forge.queue_run(run.to_vec());
    }
    garm.until("all jobs are known", async |garm| {
        let taken = garm.forge.deliveries().iter().filter(|delivery| delivery.state == DeliveryState::Accepted).count();
        (taken >= jobs).then_some(())
    })
    .await;
    garm
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; benches/serve runs it"]
async fn what_waiting_jobs_cost() {
    for jobs in [0, 1_000, 5_000] {
        for database in databases().await {
            let name = name_of(&database);
            let garm = waiting(plan(&database), jobs).await;
            // What came in is written down and explained.
            tokio::time::sleep(Duration::from_secs(20)).await;
            let before = Usage::of(garm.process());
            tokio::time::sleep(WATCHED).await;
            let after = Usage::of(garm.process());
            let share = 100.0 * (after.cpu - before.cpu) / WATCHED.as_secs_f64();
            print_row(&format!("{jobs} jobs wait"), name, &[("core_percent", share), ("resident_mib", after.resident)]);
        }
    }
}

/// Runs jobs one after the other, and tells how long each of them waited until its provider ran. The shortest wait comes first.
async fn delays(garm: &Installation, jobs: u16) -> Vec<Duration> {
    let mut delays = Vec::new();
    for number in 0..jobs {
        let queued_at = Clock::System.now();
        let job = garm.forge.queue_job(numbered_job("hello", TAG, usize::from(number)));
        let is_over = garm.forge.wait_until(|state| state.find_job(job).is_some_and(|job| job.status == JobStatus::Completed));
        tokio::time::timeout(Duration::from_mins(1), is_over).await.expect("the job has a runner");
        let log = garm.slow_cloud().log();
        let begun =
            log.iter().find(|entry| entry.event == Event::CreateBegins && entry.at >= queued_at).expect("a machine was made for it");
        delays.push(begun.at.since(queued_at));
    }
    delays.sort_unstable();
    delays
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; benches/serve runs it"]
async fn what_a_job_costs_in_a_large_entity() {
    for runners in sizes() {
        for database in databases().await {
            let name = name_of(&database);
            let (garm, _guests) = with_idle(Plan { scripts: vec![CANNED], ..plan(&database) }, runners).await;
            let before = Usage::of(garm.process());
            let delays = delays(&garm, JOBS).await;
            let after = Usage::of(garm.process());
            let delays: Vec<f64> = delays.iter().map(|delay| delay.as_secs_f64() * 1_000.0).collect();
            print_row(
                &format!("a job beside {runners} idle runners"),
                name,
                &[
                    ("wait_ms_p50", at_share(&delays, 0.5)),
                    ("wait_ms_p99", at_share(&delays, 0.99)),
                    ("cpu_ms", 1_000.0 * (after.cpu - before.cpu) / f64::from(JOBS)),
                    ("resident_mib", after.resident),
                ],
            );
        }
    }
}

/// How many idle runners the entity has.
fn sizes() -> Vec<u32> {
    #[expect(clippy::disallowed_methods, reason = "the sizes are chosen by who measures")]
    let sizes = std::env::var("GARM_TEST_RUNNERS").unwrap_or_else(|_| "10,1000".to_owned());
    sizes.split(',').map(|size| size.parse().expect("GARM_TEST_RUNNERS has numbers, with commas between")).collect()
}

fn plan(database: &Database) -> Plan {
    Plan {
        database: database.clone(),
        slow_creates: vec![Duration::from_millis(20)],
        patience: Duration::from_mins(30),
        watch: false,
        logging: "log_level = \"info\"\n",
        ..Plan::default()
    }
}
