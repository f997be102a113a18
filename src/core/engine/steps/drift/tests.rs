//! Each behaviour of the step `drift`.

use super::*;
use crate::engine::testing::{World, changes_of, effects_of};
use crate::model::JobStatus;

#[test]
fn a_runner_missing_once_stays_and_missing_twice_goes() {
    let mut world = World::with_pool(2, 0);
    let id = world.idle_runner();
    world.pass_secs(1);
    world.list_forge_runners(vec![]);
    assert!(world.run(drift).does_nothing());
    world.pass_secs(5);
    world.list_forge_runners(vec![]);
    assert_eq!(changes_of(&world, drift), [RowChange::MarkForDeletion { runner: id, reason: Reason::GoneAtForge }]);
}

#[test]
fn a_runner_that_worked_and_never_told_its_number_goes_when_it_is_missing() {
    let mut world = World::with_pool(2, 0);
    let id = world.idle_runner();
    let runner = world.runner(id);
    (runner.runner_status, runner.agent_id, runner.token_fetched) = (RunnerStatus::Active, None, true);
    for _ in 0..2 {
        world.pass_secs(5);
        world.list_forge_runners(vec![]);
    }
    assert_eq!(changes_of(&world, drift), [RowChange::MarkForDeletion { runner: id, reason: Reason::GoneAtForge }]);
    world.runner(id).runner_status = RunnerStatus::Installing;
    assert!(world.run(drift).does_nothing(), "it has not registered yet");
}

#[test]
fn lists_older_than_the_runner_prove_nothing() {
    let mut world = World::with_pool(2, 0);
    world.list_forge_runners(vec![]);
    world.list_forge_runners(vec![]);
    world.pass_secs(1);
    world.idle_runner();
    assert!(world.run(drift).does_nothing());
}

#[test]
fn a_lost_in_progress_delivery_is_seen_on_the_list() {
    let mut world = World::with_pool(2, 0);
    let id = world.idle_runner();
    world.pass_secs(1);
    let busy = world.at_forge(id, true);
    world.list_forge_runners(vec![busy]);
    assert_eq!(changes_of(&world, drift), [RowChange::SetRunnerStatus { runner: id, status: RunnerStatus::Active }]);
}

#[test]
fn an_orphan_at_the_forge_goes_unless_it_works_or_is_not_ours() {
    let mut world = World::with_pool(2, 0);
    let ours = world.orphan_at_forge("garm-orphan", 7, false);
    let works = world.orphan_at_forge("garm-works", 8, true);
    let foreign = ForgeRunner { labels: vec!["linux".into()], ..world.orphan_at_forge("other", 9, false) };
    for _ in 0..2 {
        world.pass_secs(5);
        world.list_forge_runners(vec![ours.clone(), works.clone(), foreign.clone()]);
    }
    assert_eq!(effects_of(&world, drift), [Effect::RemoveForgeOrphan { agent_id: 7, name: "garm-orphan".into() }]);
}

#[test]
fn an_orphan_that_stands_on_a_list_twice_goes_once() {
    let mut world = World::with_pool(2, 0);
    let orphan = world.orphan_at_forge("garm-orphan", 7, false);
    for _ in 0..2 {
        world.list_forge_runners(vec![orphan.clone(), orphan.clone()]);
    }
    assert_eq!(effects_of(&world, drift), [Effect::RemoveForgeOrphan { agent_id: 7, name: "garm-orphan".into() }]);
}

#[test]
fn a_machine_without_a_row_goes_after_the_second_list() {
    let mut world = World::with_pool(2, 0);
    world.list_machine("garm-lost");
    assert!(world.run(drift).does_nothing());
    world.list_machine("garm-lost");
    assert!(matches!(&effects_of(&world, drift)[..], [Effect::RemoveMachineOrphan { name, .. }] if name.as_str() == "garm-lost"));
}

#[test]
fn what_stands_on_the_second_list_only_is_no_orphan_yet() {
    let mut world = World::with_pool(2, 0);
    world.list_forge_runners(vec![]);
    world.list_machine("garm-other");
    world.list_forge_runners(vec![world.orphan_at_forge("garm-orphan", 7, false)]);
    world.list_machine("garm-new");
    let all = world.run(drift).effects;
    assert!(!all.iter().any(|effect| matches!(effect, Effect::RemoveForgeOrphan { .. } | Effect::RemoveMachineOrphan { .. })), "{all:?}");
}

#[test]
fn what_had_a_row_when_the_lists_were_made_is_no_orphan() {
    let mut world = World::with_pool(2, 0);
    for _ in 0..2 {
        world.pass_secs(5);
        world.list_machine("garm-done");
    }
    world.snapshot.gone.insert("garm-done".into(), world.snapshot.now);
    assert!(world.run(drift).does_nothing());
    for _ in 0..2 {
        world.pass_secs(5);
        world.list_machine("garm-done");
    }
    assert_eq!(effects_of(&world, drift).len(), 1, "new lists still have it");
}

#[test]
fn a_runner_whose_machine_is_gone_goes_unless_it_works() {
    let mut world = World::with_pool(3, 0);
    let idle = world.idle_runner();
    let busy = world.idle_runner();
    world.runner(busy).runner_status = RunnerStatus::Active;
    for _ in 0..2 {
        world.pass_secs(5);
        world.list_no_machines();
    }
    assert_eq!(changes_of(&world, drift), [RowChange::MarkForDeletion { runner: idle, reason: Reason::GoneAtProvider }]);
}

#[test]
fn a_runner_that_the_forge_lost_contact_with_is_offline_and_back_when_it_is_back() {
    let mut world = World::with_pool(2, 0);
    let id = world.idle_runner();
    let gone = ForgeRunner { online: false, ..world.at_forge(id, false) };
    for _ in 0..3 {
        world.pass_secs(5);
        world.list_forge_runners(vec![gone.clone()]);
        assert!(world.run(drift).does_nothing(), "it may not be connected yet");
    }
    world.pass_secs(5);
    world.list_forge_runners(vec![gone.clone()]);
    assert!(world.run(drift).does_nothing(), "one list may be wrong");
    world.pass_secs(5);
    world.list_forge_runners(vec![gone]);
    assert_eq!(changes_of(&world, drift), [RowChange::SetRunnerStatus { runner: id, status: RunnerStatus::Offline }]);
    world.runner(id).runner_status = RunnerStatus::Offline;
    world.pass_secs(5);
    let back = world.at_forge(id, false);
    world.list_forge_runners(vec![back]);
    assert_eq!(changes_of(&world, drift), [RowChange::SetRunnerStatus { runner: id, status: RunnerStatus::Idle }]);
}

#[test]
fn a_runner_that_lost_its_job_is_idle_again() {
    let mut world = World::with_pool(2, 0);
    let id = world.idle_runner();
    world.runner(id).runner_status = RunnerStatus::Active;
    let free = world.at_forge(id, false);
    for expected in [0, 1] {
        world.pass_secs(5);
        world.list_forge_runners(vec![free.clone()]);
        assert_eq!(changes_of(&world, drift).len(), expected);
    }
    assert_eq!(changes_of(&world, drift), [RowChange::SetRunnerStatus { runner: id, status: RunnerStatus::Idle }]);
}

#[test]
fn an_idle_runner_whose_machine_stopped_goes() {
    let mut world = World::with_pool(2, 0);
    let id = world.idle_runner();
    for _ in 0..2 {
        world.pass_secs(5);
        world.list_machines_of_all_runners_as(InstanceStatus::Stopped);
    }
    assert_eq!(changes_of(&world, drift), [RowChange::MarkForDeletion { runner: id, reason: Reason::MachineStopped }]);
    world.runner(id).runner_status = RunnerStatus::Installing;
    assert!(world.run(drift).does_nothing(), "while it boots it may");
}

#[test]
fn an_orphan_whose_removal_failed_is_left_for_a_while() {
    let mut world = World::with_pool(2, 0);
    for _ in 0..2 {
        world.list_machine("garm-stays");
        world.pass_secs(5);
    }
    let effects = effects_of(&world, drift);
    let [effect] = &effects[..] else { panic!("{effects:?}") };
    let until = world.in_secs(30);
    world.snapshot.orphans_left.insert(effect.target(), until);
    let plan = world.run(drift);
    assert!(plan.does_nothing());
    assert_eq!(plan.wake_at, Some(until));
    world.pass_secs(30);
    assert_eq!(effects_of(&world, drift).len(), 1);
}

#[test]
fn a_runner_that_is_idle_and_in_contact_with_the_forge_for_five_minutes_has_stayed() {
    let mut world = World::with_pool(2, 0);
    let id = world.idle_runner();
    let listed = |world: &mut World, secs, online| {
        world.pass_secs(secs);
        let runner = world.at_forge(id, false);
        world.list_forge_runners(vec![ForgeRunner { online, ..runner }]);
        changes_of(world, drift)
    };
    assert_eq!(listed(&mut world, 299, true), []);
    assert_eq!(listed(&mut world, 1, true), [RowChange::ProveRunner { runner: id }]);
    assert_eq!(listed(&mut world, 1, false), [], "it may be about to go");
    assert_eq!(listed(&mut world, 1, true), [RowChange::ProveRunner { runner: id }]);
    let job = world.queue_job(&["linux"]);
    world.runner(id).made_for = Some(world.job(job).workflow_job_id);
    assert_eq!(listed(&mut world, 1, true), [], "its own job still waits");
    world.snapshot.sets[0].set.min_idle_runners = 1;
    assert_eq!(listed(&mut world, 1, true), [RowChange::ProveRunner { runner: id }], "it is one of the idle runners that are kept");
    world.snapshot.sets[0].set.min_idle_runners = 0;
    world.job(job).status = JobStatus::InProgress;
    assert_eq!(listed(&mut world, 1, true), [RowChange::ProveRunner { runner: id }]);
    world.runner(id).proven = true;
    assert_eq!(listed(&mut world, 1, true), []);
}
