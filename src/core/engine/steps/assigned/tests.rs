//! Scale sets with jobs that their service counts.

use super::*;
use crate::engine::action::Effect;
use crate::engine::steps::{minimum_idle, surplus, zombies};
use crate::engine::testing::{World, changes_of};
use crate::model::{InstanceStatus, RunnerStatus, RunnerVersion, ScaleSetId, ServiceJob};
use crate::time::Timestamp;

/// A scale set with so many assigned jobs, counted now, and a promise that is kept.
fn scale_set(max_runners: u32, jobs: u32) -> World {
    let mut world = World::with_pool(max_runners, 0);
    let (id, counted_at) = (ScaleSetId(7), world.snapshot.now);
    let view = &mut world.snapshot.sets[0];
    view.set.id = id.into();
    view.set.labels.clear();
    view.service = Some(ServiceDemand { assigned: jobs, counted_at, is_current: true, capacity: max_runners });
    world
}

fn demand(world: &mut World) -> &mut ServiceDemand {
    world.snapshot.sets[0].service.as_mut().expect("a scale set")
}

fn created(changes: &[RowChange]) -> usize {
    changes.iter().filter(|change| matches!(change, RowChange::CreateRunner(_))).count()
}

fn service_job(world: &mut World, number: i64, queued_at: Timestamp) {
    let id = world.queue_job(&["linux"]);
    let job = world.snapshot.jobs.pop().expect("queued");
    let mut job = (*job).clone();
    assert_eq!(job.id, id);
    (job.id.0, job.queued_at, job.service) =
        (number, queued_at, Some(ServiceJob { scale_set: ScaleSetId(7), id: format!("job-{number}") }));
    world.snapshot.assigned.push(job.into());
}

#[test]
fn as_many_runners_are_made_as_the_service_counts_jobs_up_to_the_maximum() {
    let world = scale_set(5, 3);
    let changes = changes_of(&world, assigned);
    assert_eq!(created(&changes), 3);
    assert!(
        changes
            .iter()
            .all(|change| matches!(change, RowChange::CreateRunner(new) if new.reason == Reason::ForAssignedJob && new.job.is_none()))
    );
    let plan = scale_set(2, 3).run(assigned);
    assert_eq!(created(&plan.changes), 2);
    assert!(plan.report.sets.values().any(|reason| matches!(reason, Reason::PoolsFull { max_runners: 2, .. })), "{plan:?}");
}

#[test]
fn runners_that_work_start_or_wait_count() {
    let mut world = scale_set(9, 4);
    let busy = world.idle_runner();
    world.runner(busy).runner_status = RunnerStatus::Active;
    world.idle_runner();
    world.starting_runner();
    assert_eq!(created(&changes_of(&world, assigned)), 1);
}

#[test]
fn a_job_that_is_over_is_not_replaced_before_the_service_counts_again() {
    let mut world = scale_set(9, 1);
    world.pass_secs(5);
    let done = world.idle_runner();
    let now = world.snapshot.now;
    let row = world.runner(done);
    (row.status, row.runner_status, row.runner_status_at) = (InstanceStatus::PendingDelete, RunnerStatus::Terminated, now);
    row.job_id = Some(crate::model::JobId(3));
    assert_eq!(created(&changes_of(&world, assigned)), 0, "its job is in the count");
    world.pass_secs(1);
    demand(&mut world).counted_at = world.snapshot.now;
    assert_eq!(created(&changes_of(&world, assigned)), 1, "another job is");
}

#[test]
fn while_the_session_fails_no_machine_is_made_for_a_count_that_may_be_old() {
    let mut world = scale_set(5, 2);
    world.idle_runner();
    demand(&mut world).is_current = false;
    let plan = world.run(assigned);
    assert!(plan.does_nothing());
    assert!(plan.report.sets.values().any(|reason| matches!(reason, Reason::SessionFails { .. })), "{plan:?}");
    let keeps = |snapshot: &Snapshot, draft: &mut Draft| {
        assigned(snapshot, draft);
        surplus(snapshot, draft);
    };
    world.pass_secs(3600);
    assert!(world.run(keeps).does_nothing(), "a job may still wait for the runner that is there");
}

#[test]
fn the_minimum_of_idle_runners_is_beside_those_that_jobs_count_on() {
    let mut world = scale_set(9, 2);
    world.snapshot.sets[0].set.min_idle_runners = 1;
    for _ in 0..2 {
        world.idle_runner();
    }
    let both = |snapshot: &Snapshot, draft: &mut Draft| {
        assigned(snapshot, draft);
        minimum_idle(snapshot, draft);
    };
    assert!(matches!(&changes_of(&world, both)[..], [RowChange::CreateRunner(new)] if new.reason == Reason::ForMinimumIdle));
}

#[test]
fn runners_that_no_job_needs_any_more_go_and_those_without_a_machine_at_once() {
    let mut world = scale_set(9, 0);
    let pending = world.pending_runner();
    let idle = world.idle_runner();
    assert_eq!(changes_of(&world, surplus), [RowChange::MarkForDeletion { runner: pending, reason: Reason::NotNeeded }]);
    world.snapshot.change(pending, |row| row.marked_for_deletion(Reason::NotNeeded));
    world.pass_secs(3600);
    assert_eq!(changes_of(&world, surplus), [RowChange::MarkForDeletion { runner: idle, reason: Reason::IdleSurplus }]);
}

#[test]
fn a_job_says_which_runner_it_counts_on_or_what_is_in_the_way() {
    let mut world = scale_set(2, 3);
    let now = world.snapshot.now;
    for number in 1..=3 {
        service_job(&mut world, number, now);
    }
    let (idle, starting) = (world.idle_runner(), world.starting_runner());
    let names = [idle, starting].map(|id| world.runner(id).name.clone());
    let plan = world.run(assigned);
    let why = |number| &plan.report.jobs[&crate::model::JobId(number)];
    assert_eq!(why(1), &Reason::IdleRunner { runner: names[0].clone() });
    assert_eq!(why(2), &Reason::RunnerStarting { runner: names[1].clone() });
    assert!(matches!(why(3), Reason::PoolsFull { max_runners: 2, .. }), "{:?}", why(3));
}

#[test]
fn a_job_of_labels_never_takes_a_runner_of_a_scale_set() {
    let mut world = scale_set(5, 0);
    let job = world.queue_job(&["linux"]);
    world.idle_runner();
    let plan = world.run(crate::engine::steps::demand);
    assert!(matches!(plan.report.jobs[&job], Reason::NoPoolFits { .. }), "{plan:?}");
}

/// The promise that a plan makes; `None` = that of before holds.
fn promised(world: &World) -> Option<u32> {
    let plan = world.run(promise);
    plan.changes.iter().find_map(|change| match change {
        RowChange::Promise { capacity, .. } => Some(*capacity),
        _ => None,
    })
}

#[test]
fn as_many_runners_are_promised_as_can_be_had() {
    let mut world = scale_set(5, 0);
    assert_eq!(promised(&world), None, "the promise holds");
    demand(&mut world).capacity = 0;
    assert_eq!(promised(&world), Some(5));
    let busy = world.idle_runner();
    world.runner(busy).runner_status = RunnerStatus::Active;
    demand(&mut world).capacity = 5;
    for (cannot, change) in [
        ("its provider is missing", (|world| world.snapshot.sets[0].provider_configured = false) as fn(&mut World)),
        ("machines cannot reach the server", |world| world.snapshot.urls_known = false),
        ("the forge registers none", |world| world.block_forge("500")),
    ] {
        let mut world = World { snapshot: world.snapshot.clone(), next: 900 };
        change(&mut world);
        assert_eq!(promised(&world), Some(1), "the one that is there, as {cannot}");
    }
    world.snapshot.sets[0].set.enabled = false;
    assert_eq!(promised(&world), Some(0));
}

#[test]
fn a_scale_set_that_makes_a_pause_promises_only_what_is_there() {
    let mut world = scale_set(5, 0);
    let now = world.snapshot.now;
    let failed = &mut world.snapshot.sets[0].set.memory.failed;
    (failed.in_a_row, failed.last_at, failed.fault) = (Streak::LIMIT, Some(now), "quota".into());
    assert_eq!(promised(&world), Some(0));
    world.pass_secs(24 * 3600);
    assert_eq!(promised(&world), Some(1), "after it one machine is made on trial");
}

#[test]
fn a_runner_of_a_scale_set_is_registered_whatever_its_provider_can() {
    let mut world = scale_set(5, 1);
    world.snapshot.sets[0].jit = true;
    let id = world.pending_runner();
    let plan = world.run(crate::engine::steps::create);
    assert!(matches!(plan.only_effects(), [Effect::Register { runner, .. }] if *runner == id));
}

#[test]
fn creations_that_a_killed_server_left_behind_hold_up_no_job() {
    let mut world = scale_set(9, 3);
    let now = world.snapshot.now;
    for _ in 0..3 {
        let id = world.pending_runner();
        world.snapshot.change(id, |row| row.creation_begun(0, now.after(std::time::Duration::from_mins(20))));
    }
    world.list_no_machines();
    world.pass_secs(1);
    let plan = world.run(assigned);
    assert_eq!(created(&plan.changes), 3, "{plan:?}");
}

#[test]
fn an_idle_runner_that_ignores_an_assigned_job_goes_and_is_replaced() {
    let mut world = scale_set(1, 1);
    let id = world.idle_runner();
    let queued_at = world.snapshot.now;
    service_job(&mut world, 1, queued_at);
    assert!(world.run(zombies).changes.is_empty(), "the service assigns it in a moment");
    world.pass_secs(world.snapshot.policy.zombie_after.as_secs());
    let gone = RowChange::MarkForDeletion { runner: id, reason: Reason::Zombie };
    demand(&mut world).is_current = false;
    assert!(world.run(zombies).changes.is_empty(), "the count may be old");
    demand(&mut world).is_current = true;
    assert_eq!(changes_of(&world, zombies), [gone]);
    demand(&mut world).assigned = 0;
    assert!(world.run(zombies).changes.is_empty(), "no job waits");
}

#[test]
fn no_job_counts_on_a_runner_that_is_kept_to_see_whether_its_version_gets_any() {
    let mut world = scale_set(2, 1);
    let id = world.idle_runner();
    let queued_at = world.snapshot.now;
    service_job(&mut world, 1, queued_at);
    let why = |world: &mut World| world.run(assigned).report.jobs.into_values().next().expect("a reason");
    assert!(matches!(why(&mut world), Reason::IdleRunner { .. }));
    let until = world.in_secs(600);
    let version = RunnerVersion::parse("2.330.0").expect("a version");
    world.snapshot.change(id, |runner| runner.version_listed(version));
    world.snapshot.change(id, |runner| runner.ignored(until));
    let reason = why(&mut world);
    assert!(!matches!(reason, Reason::IdleRunner { .. }), "{reason:?}");
}
