//! What a server costs that has much to wait for. The tables of `docs/performance.md` come from here (`benches/serve`).

use std::fs;
use std::time::Duration;

use garm::sim::{DeliveryState, NewJob};

use crate::harness::{Database, Installation, Plan, databases};

const TAG: &str = "waits";
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
    let job = |number: usize| NewJob {
        owner: "octo".into(),
        repo: "hello".into(),
        name: format!("job-{number}"),
        labels: vec!["self-hosted".into(), TAG.into()],
        steps: vec!["true".into()],
    };
    let all: Vec<NewJob> = (0..jobs).map(job).collect();
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
        let name = if matches!(database, Database::Sqlite) { "SQLite" } else { "PostgreSQL" };
        for jobs in [0, 1_000, 5_000] {
            let plan = Plan {
                database: database.clone(),
                slow_creates: vec![Duration::from_millis(20)],
                patience: Duration::from_mins(5),
                watch: false,
                logging: "log_level = \"info\"\n",
                ..Plan::default()
            };
            let garm = waiting(plan, jobs).await;
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

#[expect(clippy::print_stderr, reason = "the numbers of a run are its result")]
fn say(what: &str) {
    eprintln!("{what}");
}
