//! Many scale sets: what open sessions cost, and jobs whose servers are killed again and again. `docs/scale-sets.md` has the figures.

use std::time::Duration;

use garm::api::CreateScaleSetParams;
use garm::clock::Clock;
use garm::model::{EntityKind, JobStatus};
use garm::sim::{Conclusion, NewJob, ScaleSet};
use garm::time::Timestamp;

use crate::cost::usage::{Usage, at_share, print_row};
use crate::guests::Guests;
use crate::harness::{Database, Installation, Plan, databases};
use crate::slow_cloud::{Account, Event};

/// Adds scale sets to repositories in turn, and waits until each of them has an open poll. Answers the label of each, with its repository.
async fn add(garm: &Installation, repositories: usize, sets: usize, max_runners: u32) -> Vec<(String, String)> {
    let mut ids = Vec::new();
    for number in 0..repositories {
        let name = if number == 0 { "hello".to_owned() } else { format!("hello-{number}") };
        let id = if number == 0 { garm.repositories().await.swap_remove(0).id } else { garm.add_repository(&name).await.id };
        ids.push((name, id));
    }
    let mut labels = Vec::new();
    for number in 0..sets {
        let (repository, id) = &ids[number % repositories];
        let params = CreateScaleSetParams {
            name: format!("set-{number}"),
            provider_name: "slow".into(),
            image: "image".into(),
            flavor: "flavor".into(),
            os_arch: if cfg!(target_arch = "aarch64") { "arm64".into() } else { "amd64".into() },
            max_runners,
            enabled: true,
            ..CreateScaleSetParams::default()
        };
        garm.client().scale_sets().create(EntityKind::Repository, id, &params).await.expect("made");
        labels.push((params.name, repository.clone()));
    }
    garm.until("all sessions listen", async |garm| {
        let sets = garm.forge.scale_sets();
        sets.iter().all(|set| set.capacity() == Some(max_runners as usize)).then_some(())
    })
    .await;
    labels
}

fn job((label, repository): &(String, String), number: usize) -> NewJob {
    NewJob {
        owner: "octo".into(),
        repo: repository.clone(),
        name: format!("job-{number}"),
        labels: vec![label.clone()],
        steps: vec!["true".into()],
    }
}

fn plan(database: Database, servers: usize) -> Plan {
    Plan {
        database,
        servers,
        slow_creates: vec![Duration::from_millis(20)],
        patience: Duration::from_mins(15),
        watch: false,
        logging: "log_level = \"info\"\n",
        ..Plan::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; it measures figures of docs/scale-sets.md"]
async fn what_five_hundred_open_sessions_cost() {
    const SETS: usize = 500;
    const JOBS: usize = 100;
    const WATCHED: Duration = Duration::from_mins(1);
    let garm = Installation::set_up(plan(Database::Sqlite, 1)).await;
    garm.forge.configure(|settings| settings.rate_limit = None);
    let _guests = Guests::start(garm.slow_cloud());
    tokio::time::sleep(Duration::from_secs(5)).await;
    let empty = Usage::of(garm.process());
    let labels = add(&garm, 10, SETS, 5).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    let before = Usage::of(garm.process());
    tokio::time::sleep(WATCHED).await;
    let after = Usage::of(garm.process());
    let share = 100.0 * (after.cpu - before.cpu) / WATCHED.as_secs_f64();
    let mut delays = Vec::new();
    for number in 0..JOBS {
        let queued_at = Clock::System.now();
        let id = garm.forge.queue_job(job(&labels[number * SETS / JOBS], number));
        let is_over = garm.forge.wait_until(|state| state.find_job(id).is_some_and(|job| job.status == JobStatus::Completed));
        tokio::time::timeout(Duration::from_mins(1), is_over).await.expect("the job has a runner");
        let log = garm.slow_cloud().log();
        let begun =
            log.iter().find(|entry| entry.event == Event::CreateBegins && entry.at >= queued_at).expect("a machine was made for it");
        delays.push(begun.at.since(queued_at).as_secs_f64() * 1_000.0);
    }
    delays.sort_unstable_by(f64::total_cmp);
    let figures = [
        ("more_mib", after.resident - empty.resident),
        ("core_percent", share),
        ("message_ms_p50", at_share(&delays, 0.5)),
        ("message_ms_p99", at_share(&delays, 0.99)),
    ];
    print_row("500 open sessions", "SQLite", &figures);
    assert!(share < 2.0, "{share} % of a core");
    assert!(after.resident - empty.resident < 60.0, "{} MiB more", after.resident - empty.resident);
    assert!(at_share(&delays, 0.99) < 50.0, "{delays:?}");
    garm.finish().await;
}

/// By then the forge has noticed that the polls of a killed server are cut off.
const CUT_OFF: Duration = Duration::from_millis(500);

/// Whether somebody listens to the scale set after the kill: in a poll that is open then, or in one that ended since.
fn is_listened_to(set: &ScaleSet, killed_at: Timestamp) -> bool {
    let noticed_at = killed_at.after(CUT_OFF);
    let has_poll = set.capacity().is_some() && Clock::System.now() > noticed_at;
    has_poll || set.session.as_ref().is_some_and(|session| session.seen_at > noticed_at)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; it measures figures of docs/scale-sets.md"]
async fn two_thousand_jobs_over_twenty_scale_sets_survive_servers_that_are_killed_every_few_seconds() {
    #[expect(clippy::disallowed_methods, reason = "the size is chosen by who measures")]
    let jobs: usize = std::env::var("GARM_TEST_JOBS").map_or(2_000, |jobs| jobs.parse().expect("GARM_TEST_JOBS is a number"));
    let postgres = databases().await.into_iter().find(|database| matches!(database, Database::Postgres { .. }));
    let Some(database) = postgres else { return };
    let mut garm = Installation::set_up(plan(database, 2)).await;
    garm.forge.configure(|settings| settings.rate_limit = None);
    let _guests = Guests::start(garm.slow_cloud());
    let labels = add(&garm, 2, 20, 15).await;
    let began = Clock::System.now();
    for number in 0..jobs {
        garm.forge.queue_job(job(&labels[number % labels.len()], number));
    }
    let done = |garm: &Installation| garm.forge.read(|state| state.jobs().filter(|job| job.status == JobStatus::Completed).count());
    let (mut replica, mut kills, mut took) = (0, 0, Vec::new());
    while done(&garm) < jobs {
        tokio::time::sleep(Duration::from_secs(3)).await;
        if done(&garm) == jobs {
            break;
        }
        let killed_at = Clock::System.now();
        garm.kill_replica(replica).await;
        garm.start_replica(replica).await;
        kills += 1;
        garm.until("all scale sets are listened to", async |garm| {
            garm.forge.scale_sets().iter().all(|set| is_listened_to(set, killed_at)).then_some(())
        })
        .await;
        took.push(Clock::System.now().since(killed_at).as_secs_f64());
        replica = 1 - replica;
    }
    let lasted = Clock::System.now().since(began).as_secs_f64();
    let failed = garm.forge.read(|state| state.jobs().filter(|job| job.conclusion != Some(Conclusion::Success)).count());
    tokio::time::sleep(Duration::from_secs(3)).await;
    let account = Account::of(&garm.slow_cloud().log());
    took.sort_unstable_by(f64::total_cmp);
    print_row(
        &format!("{jobs} jobs of 20 scale sets, two servers, {kills} kills"),
        "PostgreSQL",
        &[
            ("done_s", lasted),
            ("take_over_s_p50", at_share(&took, 0.5)),
            ("take_over_s_max", at_share(&took, 1.0)),
            #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
            ("machines", account.created as f64),
        ],
    );
    assert_eq!((failed, account.doubled), (0, Vec::<String>::new()));
    assert!(account.created <= jobs + jobs / 20 + 15 * kills, "{} machines for {jobs} jobs", account.created);
    garm.finish().await;
}
