//! Machines that are killed while their jobs run, among tests that fail and runs that are cancelled: what was lost is run again once, and nothing
//! else, also when the server is killed between its question to the forge and its row. `GARM_TEST_JOBS` sets the number of jobs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use garm::api::UpdateEntityParams;
use garm::client::JobFilter;
use garm::model::{EntityKind, JobStatus};
use garm::sim::{Conclusion, Job, NewJob};

use crate::guests::{Guests, steps};
use crate::harness::{Installation, Plan};

const TAG: &str = "rerun";
/// So long the forge waits for a runner before it counts as offline, and then before it ends the job.
const SILENCE: Duration = Duration::from_secs(10);
const GIVEN_UP: Duration = Duration::from_mins(1);
/// So soon after the forge has ended a lost job it must be run again.
const SOON: Duration = Duration::from_secs(30);

/// What is to become of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Succeeds,
    Fails,
    /// Its run is cancelled while it runs.
    Cancelled,
    /// Its machine is killed while it runs.
    Lost,
    /// The same, after a step of it has failed.
    FailedAndLost,
    /// The same, and its run is cancelled before the forge gives the job up.
    LostAndCancelled,
}

impl Fate {
    fn of(number: usize) -> Self {
        match number % 10 {
            0..4 => Self::Lost,
            4 => Self::Fails,
            5 => Self::Cancelled,
            6 => Self::FailedAndLost,
            7 => Self::LostAndCancelled,
            _ => Self::Succeeds,
        }
    }

    fn step(self) -> &'static str {
        match self {
            Self::Succeeds => "true",
            Self::Fails => steps::FAILS,
            Self::Cancelled | Self::LostAndCancelled => steps::HANGS,
            Self::Lost => steps::HANGS_ONCE,
            Self::FailedAndLost => steps::FAILS_AND_HANGS,
        }
    }

    fn loses_its_machine(self) -> bool {
        matches!(self, Self::Lost | Self::FailedAndLost | Self::LostAndCancelled)
    }
}

/// Queues the jobs, each in a run of its own. Answers the fate of each by its number.
fn queue(garm: &Installation, count: usize) -> BTreeMap<i64, Fate> {
    let queued = (0..count).map(|number| {
        let fate = Fate::of(number);
        let job = NewJob {
            owner: "octo".into(),
            repo: "hello".into(),
            name: format!("job-{number}"),
            labels: vec!["self-hosted".into(), TAG.into()],
            steps: vec!["true".into(), fate.step().into(), "true".into()],
        };
        (garm.forge.queue_job(job), fate)
    });
    queued.collect()
}

fn of(fates: &BTreeMap<i64, Fate>, wanted: impl Fn(Fate) -> bool) -> Vec<i64> {
    fates.iter().filter(|(_, fate)| wanted(**fate)).map(|(id, _)| *id).collect()
}

/// Whether a job is as far as it gets by itself.
fn hangs(job: &Job, fate: Fate) -> bool {
    let failed = job.steps.iter().any(|step| step.conclusion == Some(Conclusion::Failure));
    job.status == JobStatus::InProgress && (fate != Fate::FailedAndLost || failed)
}

async fn until(garm: &Installation, holds: impl Fn(&garm::sim::State) -> bool) {
    tokio::time::timeout(Duration::from_mins(5), garm.forge.wait_until(|state| holds(state))).await.expect("in time");
}

/// Takes machines away as a cloud does that reclaims them: nobody says a word.
async fn kill_machines(garm: &Installation, jobs: &[i64]) {
    let cloud = garm.slow_cloud();
    for id in jobs {
        let name = garm.forge.job(*id).and_then(|job| job.runner).expect("it runs").name;
        let machine = cloud.machines().into_iter().find(|machine| machine.name == name).expect("it is there");
        fs::remove_file(&machine.file).expect("removed");
        // Not all at once.
        tokio::time::sleep(Duration::from_millis(u64::try_from(id % 7).unwrap_or_default() * 10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_infrastructure_lost_is_run_again_once_and_nothing_else() {
    #[expect(clippy::disallowed_methods, reason = "the size is chosen by who measures")]
    let count = std::env::var("GARM_TEST_JOBS").map_or(40, |jobs| jobs.parse().expect("GARM_TEST_JOBS is a number"));
    let plan = Plan {
        slow_creates: vec![Duration::from_millis(20)],
        patience: Duration::from_mins(5),
        watch: false,
        logging: "log_level = \"info\"\n",
        ..Plan::default()
    };
    let mut garm = Installation::set_up(plan).await;
    let most = u32::try_from(count).expect("few");
    garm.add_pool_with("slow", TAG, |pool| pool.max_runners = most).await;
    let repository = garm.repositories().await.swap_remove(0);
    let limits = UpdateEntityParams { rerun_lost: Some(1), rerun_lost_per_day: Some(10_000), ..UpdateEntityParams::default() };
    garm.client().entities(EntityKind::Repository).update(&repository.id, &limits).await.expect("changed");
    garm.forge.configure(|settings| (settings.session_timeout, settings.lost_job_timeout, settings.rate_limit) = (SILENCE, GIVEN_UP, None));
    let _guests = Guests::start(garm.slow_cloud());

    let fates = queue(&garm, count);
    until(&garm, |state| {
        fates
            .iter()
            .all(|(id, fate)| matches!(fate, Fate::Succeeds | Fate::Fails) || state.find_job(*id).is_some_and(|job| hangs(job, *fate)))
    })
    .await;
    kill_machines(&garm, &of(&fates, Fate::loses_its_machine)).await;
    for id in of(&fates, |fate| matches!(fate, Fate::Cancelled | Fate::LostAndCancelled)) {
        garm.forge.cancel_run(garm.forge.job(id).expect("there").run_id);
    }

    // The forge has begun the first attempt, and has not answered yet: the server is killed then.
    garm.forge.configure(|settings| settings.latency = Duration::from_secs(1));
    until(&garm, |state| state.jobs().any(|job| job.run_attempt > 1)).await;
    garm.kill_server().await;
    garm.forge.configure(|settings| settings.latency = Duration::ZERO);
    garm.start_server().await;

    let lost = of(&fates, |fate| fate == Fate::Lost);
    until(&garm, |state| {
        let again = state.jobs().filter(|job| job.run_attempt == 2 && job.conclusion == Some(Conclusion::Success)).count();
        again * 100 >= lost.len() * 99
    })
    .await;
    // Whatever would be run again by mistake, or twice, would be by now.
    tokio::time::sleep(Duration::from_secs(20)).await;
    judge(&garm, &fates);
    told(&garm, &fates).await;
    garm.finish().await;
}

/// Each lost job has one more attempt, in time, and no other job has one.
fn judge(garm: &Installation, fates: &BTreeMap<i64, Fate>) {
    let jobs = garm.forge.jobs();
    let of_run = |run_id: i64| jobs.iter().filter(move |job| job.run_id == run_id);
    let (mut in_time, mut lost) = (0_usize, 0_usize);
    for (id, fate) in fates {
        let first = jobs.iter().find(|job| job.id == *id).expect("it stays");
        let attempts: Vec<&Job> = of_run(first.run_id).collect();
        if *fate != Fate::Lost {
            assert_eq!(attempts.len(), 1, "{fate:?} is not run again: {attempts:?}");
            continue;
        }
        assert!(attempts.len() <= 2, "twice: {attempts:?}");
        lost += 1;
        let ended_at = first.completed_at.expect("the forge gave it up");
        in_time += usize::from(attempts.iter().any(|job| job.run_attempt == 2 && job.queued_at.since(ended_at) <= SOON));
    }
    say(&format!("{in_time} of {lost} lost jobs of {} were run again within {} s", fates.len(), SOON.as_secs()));
    assert!(in_time * 100 >= lost * 99, "{in_time} of {lost} in time");
}

/// The server tells of each what became of it, and why.
async fn told(garm: &Installation, fates: &BTreeMap<i64, Fate>) {
    let client = garm.client();
    let mut outcomes: BTreeMap<Fate, BTreeSet<String>> = BTreeMap::new();
    for job in client.jobs().list(&JobFilter::default()).await.expect("listed") {
        let Some(fate) = fates.get(&job.workflow_job_id).filter(|fate| fate.loses_its_machine()) else { continue };
        let loss = client.jobs().get(job.id).await.expect("there").loss;
        outcomes.entry(*fate).or_default().insert(loss.map_or_else(|| "none".to_owned(), |loss| loss.outcome));
    }
    // A run that is cancelled before the loss is known has no evidence.
    let cancelled = outcomes.remove(&Fate::LostAndCancelled).expect("some are");
    assert!(cancelled.iter().all(|outcome| ["none", "cancelled"].contains(&outcome.as_str())), "{cancelled:?}");
    let expected = [(Fate::Lost, "rerun"), (Fate::FailedAndLost, "step_failed")];
    assert_eq!(outcomes, expected.map(|(fate, outcome)| (fate, BTreeSet::from([outcome.to_owned()]))).into());
    let hello = client.entities(EntityKind::Repository).get(&garm.repositories().await[0].id).await.expect("there");
    assert!(hello.events.iter().any(|event| event.message.contains("; it is run again as attempt 2 of its run")), "{:?}", hello.events);
}

#[expect(clippy::print_stderr, reason = "the numbers of a run are its result")]
fn say(what: &str) {
    eprintln!("{what}");
}
