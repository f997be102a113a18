//! What a plan costs: worlds of two sizes, each planned once in a function of its own, so that a counter of instructions can look at nothing else.
//! `benches/plan` counts and judges.

use std::collections::BTreeMap;
use std::hint::black_box;

use super::roster::Roster;
use super::testing::World;
use super::{Plan, Snapshot, with_roster};
use crate::model::{JobStatus, RunnerStatus};

/// The work that is measured: what a task does that has planned before.
#[inline(never)]
fn planned(roster: &mut Roster, snapshot: &Snapshot) -> Plan {
    roster.follow(black_box(snapshot));
    with_roster(snapshot, roster)
}

/// The yardstick: each row is looked at and sorted once.
#[inline(never)]
fn sorted(snapshot: &Snapshot) -> usize {
    let runners: BTreeMap<_, _> = black_box(snapshot).runners.iter().map(|runner| (runner.name.as_str(), runner)).collect();
    let jobs: BTreeMap<_, _> = black_box(snapshot).jobs.iter().map(|job| (job.id, job)).collect();
    runners.len() + jobs.len()
}

/// A job is queued, and one runner changes.
fn count(mut world: World) {
    let mut roster = Roster::of(&world.snapshot);
    world.queue_job(&["linux"]);
    if let Some(id) = world.snapshot.runners.first().map(|runner| runner.id) {
        world.runner(id).os_version = "13".into();
    }
    let plan = planned(&mut roster, &world.snapshot);
    let rows = sorted(&world.snapshot);
    assert_eq!((plan.report.jobs.len(), rows), (world.snapshot.jobs.len(), world.snapshot.runners.len() + world.snapshot.jobs.len()));
}

/// Each job has a runner of its own that starts.
fn starting(jobs: u32) -> World {
    let mut world = World::with_pool(10_000, 0);
    for _ in 0..jobs {
        let job = world.queue_job(&["linux"]);
        let (number, runner) = (world.job(job).workflow_job_id, world.starting_runner());
        world.runner(runner).made_for = Some(number);
    }
    world
}

/// A new job beside jobs that run.
fn running(jobs: u32) -> World {
    let mut world = World::with_pool(10_000, 0);
    for _ in 0..jobs {
        let (job, id) = (world.queue_job(&["linux"]), world.idle_runner());
        let runner = world.runner(id);
        (runner.runner_status, runner.job_id) = (RunnerStatus::Active, Some(job));
        (world.job(job).status, world.job(job).runner_id) = (JobStatus::InProgress, Some(id));
    }
    world.queue_job(&["linux"]);
    world
}

/// All but a hundred jobs wait, because the pool is full.
fn behind_a_full_pool(jobs: u32) -> World {
    let mut world = running(100);
    world.snapshot.sets[0].set.max_runners = 100;
    for _ in 100..jobs {
        world.queue_job(&["linux"]);
    }
    world
}

/// A new job and idle runners.
fn idle(runners: u32) -> World {
    let mut world = World::with_pool(10_000, runners);
    for _ in 0..runners {
        world.idle_runner();
    }
    world.queue_job(&["linux"]);
    world
}

macro_rules! sizes {
    ($($world:ident: $small:ident, $large:ident;)+) => {$(
        #[test]
        #[ignore = "benches/plan counts it"]
        fn $small() {
            count($world(1_000));
        }

        #[test]
        #[ignore = "benches/plan counts it"]
        fn $large() {
            count($world(4_000));
        }
    )+};
}

sizes! {
    starting: starting_1000, starting_4000;
    running: running_1000, running_4000;
    behind_a_full_pool: behind_a_full_pool_1000, behind_a_full_pool_4000;
    idle: idle_1000, idle_4000;
}
