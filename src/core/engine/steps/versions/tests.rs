//! Tests of the rules about versions: a retired one, announced or not, costs one machine at most, and a newer one heals the pool.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::engine::action::{Effect, RowChange};
use crate::engine::index::Index;
use crate::engine::plan::Plan;
use crate::engine::predict::begun;
use crate::engine::roster::Roster;
use crate::engine::snapshot::{JobCheck, Standing};
use crate::engine::testing::World;
use crate::model::{JobId, RunnerId};

fn version(minor: u32) -> RunnerVersion {
    RunnerVersion::parse(&format!("2.{minor}.0")).expect("a version")
}

/// A world whose forge offers the version 2.330.0.
fn world(max_runners: u32, min_idle: u32) -> World {
    let mut world = World::with_pool(max_runners, min_idle);
    world.snapshot.sets[0].offers = Some(version(330));
    world
}

/// An idle runner of the version that is offered.
fn idle(world: &mut World) -> RunnerId {
    let id = world.idle_runner();
    world.runner(id).offered = world.snapshot.sets[0].offers;
    id
}

/// The forge says now that the job waits.
fn confirm(world: &mut World, job: JobId) {
    let check = JobCheck { at: world.snapshot.now, standing: Standing::Waits };
    world.snapshot.jobs_checked.insert(job, check);
}

fn made(plan: &Plan) -> usize {
    plan.changes.iter().filter(|change| matches!(change, RowChange::CreateRunner(_))).count()
}

/// Plans, and acts on it; answers how many machines that makes.
fn go(world: &mut World) -> usize {
    let plan = crate::engine::plan(&world.snapshot);
    world.snapshot = begun(&world.snapshot, &plan);
    world.snapshot.in_flight.clear();
    made(&plan)
}

/// A pool one of whose runners, which waits with a job, is kept for its version.
fn ignored(max_runners: u32) -> (World, RunnerId, JobId) {
    let mut world = world(max_runners, 0);
    let id = idle(&mut world);
    let job = world.queue_job(&["linux"]);
    world.pass_secs(40);
    confirm(&mut world, job);
    world.pass_secs(20);
    go(&mut world);
    assert!(world.runner(id).ignored_until().is_some());
    (world, id, job)
}

#[test]
fn a_version_is_not_blamed_where_the_runner_group_is_closed_to_the_job() {
    let mut world = world(5, 0);
    let id = idle(&mut world);
    let job = world.queue_job(&["linux"]);
    world.pass_secs(40);
    confirm(&mut world, job);
    let (now, key) = (world.snapshot.now, world.job(job).repository_key());
    world.snapshot.sets[0].set.memory.told_of_group(&key, true, now);
    world.pass_secs(20);
    go(&mut world);
    assert_eq!(world.runner(id).ignored_until(), None, "the runner serves other repositories");
}

#[test]
fn a_retired_version_makes_no_runner_and_its_successor_does() {
    let mut world = world(5, 1);
    let job = world.queue_job(&["linux"]);
    let since = world.in_secs(10);
    world.snapshot.forge.retires.insert(version(330), since);
    assert_eq!(made(&crate::engine::plan(&world.snapshot)), 2, "its end is ahead");
    let waits = world.pending_runner();
    world.pass_secs(10);
    let plan = crate::engine::plan(&world.snapshot);
    let reason = Reason::VersionRetired { version: version(330), since };
    assert_eq!((made(&plan), &plan.report.jobs[&job], &plan.report.runners[&waits]), (0, &reason, &reason));
    assert!(!plan.effects.iter().any(|effect| matches!(effect, Effect::Register { .. } | Effect::CreateMachine { .. })), "{plan:?}");
    assert_eq!(reason.wait_kind(), Some(crate::model::WaitKind::Version));
    world.snapshot.sets[0].offers = Some(version(331));
    let plan = crate::engine::plan(&world.snapshot);
    assert!(plan.effects.iter().any(|effect| matches!(effect, Effect::Register { .. })), "{plan:?}");
}

#[test]
fn idle_runners_of_a_retired_version_are_replaced_once_there_is_a_newer_one() {
    let mut world = world(5, 1);
    let id = idle(&mut world);
    let since = world.snapshot.now;
    world.snapshot.forge.retires.insert(version(330), since);
    assert_eq!(crate::engine::plan(&world.snapshot).changes, [], "nothing better is to be had");
    world.snapshot.sets[0].offers = Some(version(331));
    let plan = crate::engine::plan(&world.snapshot);
    let reason = Reason::VersionRetired { version: version(330), since };
    assert!(plan.changes.contains(&RowChange::MarkForDeletion { runner: id, reason }), "{plan:?}");
    world.snapshot = begun(&world.snapshot, &plan);
    world.pass_secs(5);
    assert_eq!(go(&mut world), 1);
}

#[test]
fn of_a_version_that_gets_no_jobs_one_machine_is_made_and_it_is_kept() {
    let mut world = world(20, 0);
    let first = idle(&mut world);
    let job = world.queue_job(&["linux"]);
    let number = world.job(job).workflow_job_id;
    world.runner(first).made_for = Some(number);
    // Ten minutes in steps of five seconds; the forge always says that the job waits. Other jobs come.
    for step in 0..120 {
        world.pass_secs(5);
        confirm(&mut world, job);
        if step % 20 == 19 {
            let other = world.queue_job(&["linux"]);
            confirm(&mut world, other);
            continue;
        }
        let jobs: Vec<_> = world.snapshot.jobs.iter().map(|job| job.id).collect();
        for job in jobs {
            confirm(&mut world, job);
        }
        assert_eq!(go(&mut world), 0, "step {step}");
    }
    assert_eq!(world.snapshot.runners.len(), 1);
    let memory = world.set().memory;
    assert_eq!(memory.ignored.as_ref().map(|ignored| (ignored.version, ignored.times)), Some((version(330), 1)));
    assert!(matches!(crate::engine::plan(&world.snapshot).report.jobs[&job], Reason::VersionIgnored { .. }));
}

#[test]
fn a_newer_version_is_tried_with_one_machine_and_a_job_that_it_takes_ends_the_pause() {
    let (mut world, old, _) = ignored(20);
    for _ in 0..5 {
        world.queue_job(&["linux"]);
    }
    world.pass_secs(60);
    world.snapshot.sets[0].offers = Some(version(331));
    assert_eq!(go(&mut world), 1, "one machine on trial");
    assert!(world.runner(old).status.is_leaving(), "the place of the old one is free");
    assert_eq!(go(&mut world), 0);
    let trial = world.snapshot.runners.last().expect("the trial").id;
    let taken = world.snapshot.jobs[1].id;
    world.snapshot.change(trial, |runner| runner.installs(Some(version(331)))?.job_began(taken));
    assert_eq!(world.set().memory.ignored, None);
    assert!(go(&mut world) >= 4, "the others get theirs at once");
}

#[test]
fn a_newer_version_that_gets_no_jobs_either_costs_one_machine_too() {
    let (mut world, _, job) = ignored(20);
    world.snapshot.sets[0].offers = Some(version(331));
    assert_eq!(go(&mut world), 1);
    let trial = world.snapshot.runners.last().expect("the trial").id;
    Arc::make_mut(&mut world.snapshot.runners).retain(|runner| runner.id == trial);
    let now = world.snapshot.now;
    let row = world.runner(trial);
    (row.status, row.runner_status, row.offered) = (crate::model::InstanceStatus::Running, RunnerStatus::Idle, Some(version(331)));
    (row.status_at, row.runner_status_at) = (now, now);
    for _ in 0..60 {
        world.pass_secs(5);
        confirm(&mut world, job);
        assert_eq!(go(&mut world), 0);
    }
    assert_eq!(world.set().memory.ignored.map(|ignored| ignored.offered), Some(Some(version(331))));
}

#[test]
fn a_runner_that_gets_its_job_late_ends_the_pause() {
    let (mut world, id, job) = ignored(20);
    world.queue_job(&["linux"]);
    world.pass_secs(300);
    assert_eq!(go(&mut world), 0);
    world.snapshot.change(id, |runner| runner.job_began(job));
    world.snapshot.jobs.retain(|row| row.id != job);
    assert_eq!((world.set().memory.ignored, go(&mut world)), (None, 1));
}

#[test]
fn after_its_time_the_kept_runner_goes_and_one_more_is_tried_and_kept_for_twice_as_long() {
    let (mut world, id, job) = ignored(20);
    world.pass_secs(3600);
    confirm(&mut world, job);
    assert_eq!(go(&mut world), 1);
    assert!(world.runner(id).status.is_leaving());
    let policy = &world.snapshot.policy;
    let holds = [0, 1, 2, 9].map(|before| policy.ignored_hold(before).as_secs() / 3600);
    assert_eq!(holds, [1, 2, 4, 12]);
}

#[test]
fn a_version_whose_other_runners_take_jobs_is_not_to_blame() {
    let mut world = world(20, 0);
    let id = idle(&mut world);
    let job = world.queue_job(&["linux"]);
    world.pass_secs(40);
    confirm(&mut world, job);
    let now = world.snapshot.now;
    world.snapshot.sets[0].set.memory.served_by = Some((version(330), now));
    assert_eq!(made(&crate::engine::plan(&world.snapshot)), 1, "the job gets another runner");
    world.pass_secs(80);
    let plan = crate::engine::plan(&world.snapshot);
    assert!(plan.changes.contains(&RowChange::MarkForDeletion { runner: id, reason: Reason::Zombie }), "{plan:?}");
}

#[test]
fn idle_runners_beside_the_kept_one_stay_and_cost_nothing_more() {
    let mut world = world(20, 3);
    let ids = [idle(&mut world), idle(&mut world), idle(&mut world)];
    let job = world.queue_job(&["linux"]);
    for _ in 0..60 {
        world.pass_secs(5);
        confirm(&mut world, job);
        assert_eq!(go(&mut world), 0);
    }
    let kept = ids.into_iter().filter(|id| world.runner(*id).ignored_until().is_some()).count();
    assert_eq!((kept, world.snapshot.runners.iter().filter(|runner| runner.status.is_leaving()).count()), (1, 0));
}

#[test]
fn a_person_who_changes_the_pool_ends_the_pause() {
    let (mut world, _, _) = ignored(20);
    world.snapshot.sets[0].set.memory.give_another_chance();
    let view = &world.snapshot.sets[0];
    let roster = Roster::of(&world.snapshot);
    let index = Index::of(&world.snapshot, &roster);
    let draft = Draft::new(&world.snapshot, &index);
    assert!(matches!(on_trial(&world.snapshot, &draft, view), Ok(false)));
}

#[test]
fn downloads_are_looked_at_every_minute_while_a_pool_waits_for_a_newer_version() {
    let waits = |world: &World| crate::engine::plan(&world.snapshot).effects.contains(&Effect::RefreshTools);
    let (mut world, _, _) = ignored(20);
    world.list_forge_runners(vec![]);
    world.list_no_machines();
    let now = world.snapshot.now;
    world.snapshot.forge.tools_at = Some(now);
    assert!(!waits(&world));
    world.pass_secs(60);
    assert!(waits(&world));
    assert_eq!(world.snapshot.policy.tools_period_waiting, Duration::from_mins(1));
}
