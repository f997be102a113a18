//! What a server costs that has much to wait for. The tables of `docs/performance.md` come from here (`benches/serve`).

use std::fs;
use std::time::Duration;

use garm::clock::Clock;
use garm::model::JobStatus;
use garm::sim::{DeliveryState, NewJob};

use crate::guests::Guests;
use crate::harness::{Database, Installation, Plan, databases, numbered_job};
use crate::slow_cloud::Event;

const TAG: &str = "waits";
/// How many jobs are timed.
const JOBS: u16 = 50;
/// So many jobs are in one run.
const RUN: usize = 50;
/// How long the server is watched.
const WATCHED: Duration = Duration::from_mins(1);

/// What a process has used so far.
struct Usage {
    /// Processor time, in seconds.
    cpu: f64,
    /// Resident memory, in MiB.
    resident: f64,
}

impl Usage {
    fn of(process: u32) -> Self {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("it runs");
        // After the name, which may have blanks: user and system time are the 12th and 13th.
        let fields: Vec<&str> = stat.rsplit_once(')').expect("a name in brackets").1.split_whitespace().collect();
        let ticks: f64 = fields[11..13].iter().map(|ticks| ticks.parse::<f64>().expect("a number")).sum();
        let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")).expect("it is told");
        // Linux counts 100 ticks a second on every machine that this runs on (`getconf CLK_TCK`).
        Self { cpu: ticks / 100.0, resident: resident.parse::<f64>().expect("a number") / 1024.0 }
    }
}

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
    for database in databases().await {
        let name = name_of(&database);
        for jobs in [0, 1_000, 5_000] {
            let garm = waiting(plan(&database), jobs).await;
            // What came in is written down and explained.
            tokio::time::sleep(Duration::from_secs(20)).await;
            let before = Usage::of(garm.process());
            tokio::time::sleep(WATCHED).await;
            let after = Usage::of(garm.process());
            let share = 100.0 * (after.cpu - before.cpu) / WATCHED.as_secs_f64();
            say(&format!("{jobs} jobs wait, {name}: {share:.2} % of a core, {:.0} MiB", after.resident));
        }
    }
}

/// A pool of so many idle runners, beside another that makes a runner for each job.
async fn with_idle(plan: Plan, runners: u32) -> (Installation, Guests) {
    let garm = Installation::set_up(plan).await;
    garm.forge.configure(|settings| settings.rate_limit = None);
    let guests = Guests::start(garm.slow_cloud());
    garm.add_pool_of("hello", "slow", "warm", |pool| (pool.max_runners, pool.min_idle_runners) = (runners, runners)).await;
    garm.add_pool_of("hello", "slow", TAG, |pool| pool.max_runners = 10).await;
    garm.until("all are idle", async |garm| {
        // A list of a thousand runners every 20 ms would slow down what is waited for.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let idle = garm.instances().await.iter().filter(|instance| instance.runner_status == "idle").count();
        (idle >= runners as usize).then_some(())
    })
    .await;
    (garm, guests)
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
    #[expect(clippy::disallowed_methods, reason = "the sizes are chosen by who measures")]
    let sizes = std::env::var("GARM_TEST_RUNNERS").unwrap_or_else(|_| "10,1000".to_owned());
    for database in databases().await {
        let name = name_of(&database);
        for runners in sizes.split(',').map(|size| size.parse().expect("GARM_TEST_RUNNERS has numbers, with commas between")) {
            let (garm, _guests) = with_idle(plan(&database), runners).await;
            let before = Usage::of(garm.process());
            let delays = delays(&garm, JOBS).await;
            let after = Usage::of(garm.process());
            let milliseconds = |place: usize| delays[place].as_secs_f64() * 1_000.0;
            say(&format!(
                "{runners} idle runners, {name}: a job waits {:.0} ms for its provider (median), {:.0} ms at most, and costs {:.0} ms of a core; {:.0} MiB",
                milliseconds(delays.len() / 2),
                milliseconds(delays.len() - 1),
                1_000.0 * (after.cpu - before.cpu) / f64::from(JOBS),
                after.resident
            ));
        }
    }
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

fn name_of(database: &Database) -> &'static str {
    if matches!(database, Database::Sqlite) { "SQLite" } else { "PostgreSQL" }
}

#[expect(clippy::print_stderr, reason = "the numbers of a run are its result")]
fn say(what: &str) {
    eprintln!("{what}");
}
