//! Machines that are of no use, with a real server: few are made, people are told, and another pool serves meanwhile.

use std::time::Duration;

use garm::api::UpdateControllerParams;
use garm::model::EntityKind;
use garm::sim::Operation;
use garm::time::Timestamp;

use crate::guests::{Conduct, Guests};
use crate::harness::{Installation, Plan};
use crate::slow_cloud::{Entry, Event};

/// How long machines are counted.
const COUNTED: Duration = Duration::from_secs(40);
/// The most machines for one job, or for one idle runner that is wanted, in that time: after the first one 5 s pass, then 10 s, then a minute
/// (`machine_waits` of the policy).
const MOST: usize = 3;
/// The most machines for a job whose runners report `idle`: the job waits 30 s for the first runner (`minimum_job_age_backoff`), and for the second one
/// twice as long.
const MOST_IDLE: usize = 2;
/// How soon the next pool serves a job after its creation failed in another.
const PASSED_OVER: Duration = Duration::from_secs(5);
/// Writes down when it failed.
const FAILS: &str = "#!/bin/bash\ncat >/dev/null\n[ \"$GARM_COMMAND\" != CreateInstance ] || printf '%s\\n' \"${EPOCHREALTIME/./}\" >>@DIR@/failed\n\
                     echo 'quota exceeded' >&2\nexit 1\n";

fn plan() -> Plan {
    // A machine that failed stays visible for a minute, and counts after that.
    Plan { slow_creates: vec![Duration::from_millis(50)], patience: Duration::from_mins(3), watch: false, ..Plan::default() }
}

/// The events of a kind in the log of the cloud.
fn events(garm: &Installation, event: Event) -> Vec<Entry> {
    garm.slow_cloud().log().into_iter().filter(|entry| entry.event == event).collect()
}

/// Lets machines be made for a job, or for an idle runner that is wanted; tells how many there were.
async fn counted(garm: &Installation, guests: &Guests) -> usize {
    tokio::time::sleep(COUNTED).await;
    assert!(!guests.failures().is_empty(), "machines were played");
    events(garm, Event::Created).len()
}

#[tokio::test(flavor = "multi_thread")]
async fn few_machines_are_made_for_a_job_when_each_fails_at_once() {
    let garm = Installation::set_up(plan()).await;
    garm.add_pool("slow", "useless", 20, 0).await;
    let job = garm.queue_job("one", "useless");
    let guests = Guests::behaving(garm.slow_cloud(), Conduct::FailsAtOnce);
    let made = counted(&garm, &guests).await;
    assert!((2..=MOST).contains(&made), "{made} machines");
    garm.until("the job says that machines were made for it in vain", async |garm| {
        garm.job(job).await.filter(|job| job.status == "queued" && job.why.contains("did not take it"))
    })
    .await;
    says_that_it_pauses(&garm).await;
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn few_machines_are_made_for_an_idle_runner_when_each_fails_at_once() {
    let garm = Installation::set_up(plan()).await;
    garm.add_pool("slow", "useless", 20, 1).await;
    let guests = Guests::behaving(garm.slow_cloud(), Conduct::FailsAtOnce);
    let made = counted(&garm, &guests).await;
    assert!((2..=MOST).contains(&made), "{made} machines");
    says_that_it_pauses(&garm).await;
    garm.finish().await;
}

/// The repository has an event that its pool makes a pause, and why.
async fn says_that_it_pauses(garm: &Installation) {
    let repositories = garm.client().entities(EntityKind::Repository);
    let id = garm.repositories().await.swap_remove(0).id;
    garm.until("the repository says that its pool makes a pause", async |_| {
        let events = repositories.get(&id).await.expect("shown").events;
        events.into_iter().find(|event| event.event_level == "error" && event.message.contains("no space left on device"))
    })
    .await;
}

/// What it is that machines are of no use for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// A job.
    Job,
    /// A job whose repository is gone: the forge answers 404.
    JobOfNoRepository,
    /// An idle runner.
    IdleRunner,
}

/// How many machines are made.
async fn made_for(wanted: Wanted, conduct: Conduct) -> usize {
    let mut garm = Installation::set_up(plan()).await;
    let is_idle = wanted == Wanted::IdleRunner;
    garm.add_pool("slow", "useless", 20, u32::from(is_idle)).await;
    if wanted == Wanted::JobOfNoRepository {
        for operation in [Operation::GetJob, Operation::ListRuns, Operation::ListRunJobs] {
            garm.forge.fail_next(operation, 404, u32::MAX);
        }
    }
    if !is_idle {
        garm.queue_job("one", "useless");
    }
    let guests = Guests::behaving(garm.slow_cloud(), conduct);
    if is_idle {
        garm.until("the runner counts as idle", async |garm| garm.instances().await.into_iter().find(|row| row.runner_status == "idle"))
            .await;
        // A server that starts reads the lists of the forge, where the runner is offline.
        garm.kill_server().await;
        garm.start_server().await;
    }
    let made = counted(&garm, &guests).await;
    if wanted == Wanted::JobOfNoRepository {
        assert!(garm.forge.calls(Operation::GetJob) > 0, "the forge was asked before the {made} machines");
    }
    if conduct == Conduct::EndsAtOnce {
        garm.until("machines that ended have given up their places", async |garm| garm.instances().await.is_empty().then_some(())).await;
    }
    garm.finish().await;
    made
}

#[tokio::test(flavor = "multi_thread")]
async fn few_machines_are_made_by_those_that_end_at_once_never_connect_or_get_no_job() {
    let (never_connect, get_no_job, of_no_repository, end_at_once, of_minimum) = tokio::join!(
        made_for(Wanted::Job, Conduct::NeverConnects),
        made_for(Wanted::Job, Conduct::NeverGivenJob),
        made_for(Wanted::JobOfNoRepository, Conduct::NeverGivenJob),
        made_for(Wanted::Job, Conduct::EndsAtOnce),
        made_for(Wanted::IdleRunner, Conduct::NeverConnects),
    );
    assert!((1..=MOST_IDLE).contains(&never_connect), "never connect: {never_connect}");
    assert!((1..=MOST_IDLE).contains(&get_no_job), "get no job: {get_no_job}");
    assert!((1..=MOST_IDLE).contains(&of_no_repository), "of no repository: {of_no_repository}");
    assert!((2..=MOST).contains(&end_at_once), "end at once: {end_at_once}");
    assert!((2..=MOST).contains(&of_minimum), "of a minimum: {of_minimum}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_the_forge_holds_back_costs_one_machine() {
    let garm = Installation::set_up(plan()).await;
    garm.add_pool("slow", "held", 20, 0).await;
    let _guests = Guests::start(garm.slow_cloud());
    let new = garm::sim::NewJob {
        owner: "octo".into(),
        repo: "hello".into(),
        name: "deploy".into(),
        labels: vec!["self-hosted".into(), "held".into()],
        steps: Vec::new(),
    };
    let job = garm.forge.queue_held_job(new);
    tokio::time::sleep(COUNTED).await;
    assert_eq!(events(&garm, Event::Created).len(), 1);
    // Its runner still waits.
    garm.forge.release_job(job, true);
    garm.until("the job is over", async |garm| garm.forge.job(job).filter(|job| job.completed_at.is_some())).await;
    assert_eq!(events(&garm, Event::Created).len(), 1);
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_whose_provider_fails_is_passed_over_within_seconds() {
    let garm = Installation::set_up(Plan { scripts: vec![("fails", FAILS)], ..plan() }).await;
    let _guests = Guests::start(garm.slow_cloud());
    garm.add_pool_with("fails", "either", |pool| (pool.max_runners, pool.priority) = (5, 10)).await;
    garm.add_pool_with("slow", "either", |pool| (pool.max_runners, pool.priority) = (5, 0)).await;
    let jobs: Vec<i64> = (0..3).map(|number| garm.queue_job(&format!("job-{number}"), "either")).collect();
    let job_done =
        async |id: i64| garm.until("the job is over", async |garm| garm.forge.job(id).filter(|job| job.completed_at.is_some())).await;
    for job in jobs {
        job_done(job).await;
    }
    let failed = std::fs::read_to_string(garm.directory().join("failed")).expect("the failing pool was tried first");
    let first = failed.lines().next().and_then(|at| at.parse().ok()).map(Timestamp::from_micros).expect("a time");
    let begun = events(&garm, Event::CreateBegins).last().expect("the other pool served").at;
    assert!(begun.since(first) <= PASSED_OVER, "the other pool was asked {} ms after the first failure", begun.since(first).as_millis());
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_jobs_do_not_wait_for_idle_runners_ten_jobs_cost_ten_machines() {
    let garm = Installation::set_up(plan()).await;
    let _guests = Guests::start(garm.slow_cloud());
    let at_once = UpdateControllerParams { minimum_job_age_backoff: Some(0), ..UpdateControllerParams::default() };
    garm.client().update_controller(&at_once).await.expect("changed");
    garm.add_pool("slow", "single", 20, 0).await;
    for number in 0..10 {
        let job = garm.queue_job(&format!("job-{number}"), "single");
        garm.until("the job is over", async |garm| garm.forge.job(job).filter(|job| job.completed_at.is_some())).await;
    }
    assert_eq!(events(&garm, Event::CreateBegins).len(), 10);
    garm.finish().await;
}
