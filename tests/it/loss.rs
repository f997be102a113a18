//! Jobs against deliveries that are lost, late, doubled, overtaken or never made, with a server that is down for a while and killed in the middle.
//!
//! The measured table of `docs/reliability.md` is from `the_loss_that_each_source_leaves`; `GARM_TEST_JOBS` sets how many jobs each row
//! has, and `GARM_TEST_ROW` chooses rows, as `30 %` or `100 % and listing`.

use std::time::Duration;

use garm::clock::Clock;
use garm::sim::NewJob;

use crate::guests::Guests;
use crate::harness::{Installation, Plan, numbered_job};
use crate::slow_cloud::Account;

const TAG: &str = "loss";
/// So soon after the end of all trouble each job must have a runner.
const RECOVERY: Duration = Duration::from_mins(1);
/// How many jobs are in one run.
const RUN: usize = 50;
/// Of so many jobs that are lost, the reason is told.
const SHOWN: usize = 5;
/// How many jobs one repository has at most: GitHub registers 1,500 runners of one in five minutes.
const OF_ONE: usize = 1_000;

const WEBHOOK: &str = "enable_webhook_redelivery = false\nenable_job_listing = false\n";
const AND_LOG: &str = "enable_job_listing = false\n";
const AND_LISTING: &str = "";

/// What became of the jobs.
#[derive(Debug)]
struct Loss {
    jobs: usize,
    /// How many had no runner a minute after the end of all trouble.
    lost: usize,
    /// How many machines were made.
    machines: usize,
    /// When the last job got its runner, in seconds after the end of all trouble.
    took: f64,
    /// How the server saw some of those that had none, and what became of the machines that did not end as they should.
    why: Vec<String>,
}

/// Queues jobs, in runs of the repositories in turn.
fn queue(garm: &Installation, repositories: &[String], count: usize) {
    let job = |number: usize| numbered_job(&repositories[number / RUN % repositories.len()], TAG, number);
    let jobs: Vec<NewJob> = (0..count).map(job).collect();
    for run in jobs.chunks(RUN) {
        garm.forge.queue_run(run.to_vec());
    }
}

/// Of all deliveries so many percent do not arrive: half of them are never made, the others fail on the way.
async fn loss(jobs: usize, percent: u8, sources: &'static str) -> Loss {
    let plan = Plan {
        slow_creates: vec![Duration::from_millis(20)],
        patience: Duration::from_mins(3),
        watch: false,
        settings: sources,
        logging: "log_level = \"info\"\n",
        ..Plan::default()
    };
    let mut garm = Installation::set_up(plan).await;
    let most = u32::try_from(jobs).expect("few");
    let repositories: Vec<String> =
        (0..jobs.div_ceil(OF_ONE)).map(|number| if number == 0 { "hello".to_owned() } else { format!("hello-{number}") }).collect();
    for repository in &repositories {
        if repository != "hello" {
            garm.add_repository(repository).await;
        }
        garm.add_pool_of(repository, "slow", TAG, |pool| pool.max_runners = most).await;
    }
    let guests = Guests::start(garm.slow_cloud());
    garm.forge.configure(|settings| {
        (settings.retry_deliveries, settings.rate_limit) = (false, None);
        let courier = &mut settings.courier;
        courier.unmade_percent = percent / 2;
        courier.lost_percent = u8::try_from(u32::from(percent - percent / 2) * 100 / (100 - u32::from(percent / 2))).expect("a percentage");
        (courier.doubled_percent, courier.delay, courier.jitter) = (20, Duration::from_millis(20), Duration::from_millis(800));
    });
    let quarter = jobs / 4;
    queue(&garm, &repositories, quarter);
    tokio::time::sleep(Duration::from_secs(2)).await;
    garm.kill_server().await;
    queue(&garm, &repositories, quarter);
    tokio::time::sleep(Duration::from_secs(5)).await;
    garm.start_server().await;
    queue(&garm, &repositories, quarter);
    // In the middle of it.
    tokio::time::sleep(Duration::from_millis(700)).await;
    garm.kill_server().await;
    queue(&garm, &repositories, jobs - 3 * quarter);
    tokio::time::sleep(Duration::from_secs(3)).await;
    garm.forge.configure(|settings| settings.courier.lost_percent = 0);
    let recovered_at = Clock::System.now();
    garm.start_server().await;
    let without = |garm: &Installation| garm.forge.read(|state| state.jobs().filter(|job| job.runner.is_none()).count());
    while without(&garm) > 0 && Clock::System.now().since(recovered_at) < RECOVERY {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (lost, took) = (without(&garm), Clock::System.now().since(recovered_at).as_secs_f64());
    let mut why = if lost > 0 { guests.failures() } else { Vec::new() };
    let waiting: Vec<i64> =
        garm.forge.read(|state| state.jobs().filter(|job| job.runner.is_none()).map(|job| job.id).take(SHOWN).collect());
    for id in waiting {
        why.push(format!("job {id} is {:?}", garm.job(id).await));
    }
    // A second machine for a job would be made by now.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let account = Account::of(&garm.slow_cloud().log());
    assert_eq!(account.doubled, Vec::<String>::new(), "created a second time");
    // A job may run on another's machine before any source tells of it, and a kill interrupts the creations that are under way.
    assert!(account.created <= jobs + 3 + jobs / 20, "{} machines for {jobs} jobs", account.created);
    garm.finish().await;
    Loss { jobs, lost, machines: account.created, took, why }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_job_has_one_runner_a_minute_after_recovery_although_a_third_of_the_deliveries_is_lost() {
    let loss = loss(60, 30, AND_LISTING).await;
    assert_eq!(loss.lost, 0, "{loss:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; it measures the table of docs/reliability.md"]
async fn the_loss_that_each_source_leaves() {
    #[expect(clippy::disallowed_methods, reason = "the size is chosen by who measures")]
    let jobs = std::env::var("GARM_TEST_JOBS").map_or(200, |jobs| jobs.parse().expect("GARM_TEST_JOBS is a number"));
    #[expect(clippy::disallowed_methods, reason = "the rows are chosen by who measures")]
    let only = std::env::var("GARM_TEST_ROW").unwrap_or_default();
    let mut late = Vec::new();
    for percent in [0, 5, 30, 100] {
        for (name, sources) in [("webhook", WEBHOOK), ("and log", AND_LOG), ("and listing", AND_LISTING)] {
            let row = format!("{percent} % {name}");
            if !row.contains(&only) {
                continue;
            }
            let loss = loss(jobs, percent, sources).await;
            let Loss { jobs, lost: waiting, machines, took, why } = &loss;
            say(&format!("{row}: {waiting} of {jobs} without a runner, {machines} machines, {took:.1} s"));
            for line in why {
                say(line);
            }
            late.extend((sources == AND_LISTING && loss.lost > 0).then_some(loss));
        }
    }
    assert!(late.is_empty(), "{late:?}");
}

#[expect(clippy::print_stderr, reason = "the numbers of a run are its result")]
fn say(what: &str) {
    eprintln!("{what}");
}
