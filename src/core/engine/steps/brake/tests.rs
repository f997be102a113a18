//! Tests of the brakes, with the steps that ask them.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::engine::action::RowChange;
use crate::engine::snapshot::{JobCheck, Standing};
use crate::engine::steps::{check_jobs, demand, failed, minimum_idle};
use crate::engine::testing::{World, effects_of};
use crate::engine::{Effect, Plan};
use crate::model::InstanceStatus;
use crate::model::{JobId, JobMemory, RunnerId, RunnerStatus};

fn made(plan: &Plan) -> usize {
    plan.changes.iter().filter(|change| matches!(change, RowChange::CreateRunner(_))).count()
}

/// A machine that was made for nothing, by the very functions of the server.
fn useless(world: &mut World, job: Option<JobId>) -> RunnerId {
    let number = job.map(|job| world.job(job).workflow_job_id);
    let id = world.pending_runner();
    (world.runner(id).agent_id, world.runner(id).made_for) = (Some(1), number);
    world.snapshot.change(id, |runner| runner.creation_begun(0, Timestamp::EPOCH));
    world.snapshot.change(id, |runner| runner.machine_found(None));
    world.snapshot.change(id, |runner| runner.reported(Some(RunnerStatus::Failed), None, "no disk"));
    world.snapshot.change(id, |runner| runner.marked_for_deletion(Reason::RunnerFailed));
    Arc::make_mut(&mut world.snapshot.runners).retain(|runner| runner.id != id);
    id
}

fn room_in(world: &World) -> Result<usize, Held> {
    let roster = Roster::of(&world.snapshot);
    room(&world.snapshot, &Draft::new(&world.snapshot, &Index::of(&world.snapshot, &roster)), &world.snapshot.sets[0], Streak::LIMIT)
}

fn asked(world: &mut World, job: JobId, standing: Standing) {
    let at = world.snapshot.now;
    world.snapshot.jobs_checked.insert(job, JobCheck { at, standing });
}

#[test]
fn three_useless_machines_in_a_row_pause_a_pool_longer_each_time_and_then_it_makes_one() {
    let mut world = World::with_pool(9, 9);
    world.snapshot.sets[0].set.memory.served = 1;
    let mut pauses = Vec::new();
    for _ in 0..2 {
        useless(&mut world, None);
    }
    for _ in 0..7 {
        useless(&mut world, None);
        let until = room_in(&world).err().and_then(|held| held.until).expect("a pause that ends");
        pauses.push(until.since(world.snapshot.now).as_secs());
        world.snapshot.now = until;
        assert_eq!(room_in(&world).ok(), Some(1), "one machine on trial");
    }
    assert_eq!(pauses, [30, 60, 120, 240, 480, 600, 600]);
}

#[test]
fn while_a_machine_is_on_trial_no_other_is_made_and_one_that_takes_a_job_ends_that() {
    let mut world = World::with_pool(9, 3);
    for _ in 0..3 {
        useless(&mut world, None);
    }
    world.pass_secs(3600);
    assert_eq!(made(&world.run(minimum_idle)), 1);
    let id = world.idle_runner();
    let plan = world.run(minimum_idle);
    assert!(matches!(plan.report.sets.values().next(), Some(Reason::PoolOnTrial { fault, .. }) if fault.contains("no disk")), "{plan:?}");
    assert_eq!(made(&plan), 0);
    world.snapshot.change(id, |runner| runner.job_began(JobId(7)));
    assert_eq!(made(&world.run(minimum_idle)), 3);
}

#[test]
fn a_hundred_machines_that_fail_together_cost_the_first_pause_only() {
    let mut world = World::with_pool(200, 200);
    let ids: Vec<_> = (0..100).map(|_| world.starting_runner()).collect();
    world.pass_secs(60);
    for id in ids {
        world.snapshot.change(id, |runner| runner.marked_for_deletion(Reason::BootTimeout));
    }
    let streak = &world.snapshot.sets[0].set.memory.in_vain;
    assert_eq!((streak.in_a_row, streak.pause), (100, 1));
}

#[test]
fn a_pool_that_never_served_makes_its_maximum_of_machines_in_ten_minutes_at_most() {
    let mut world = World::with_pool(2, 0);
    let mut times = Vec::new();
    for secs in 0..3600 {
        let job = world.queue_job(&["linux"]);
        asked(&mut world, job, Standing::Waits);
        if made(&world.run(demand)) > 0 {
            times.push(secs);
            useless(&mut world, Some(job));
        }
        world.snapshot.jobs.clear();
        world.pass_secs(1);
    }
    assert!(times.len() > 4, "{times:?}");
    for window in times.windows(3) {
        assert!(window[2] - window[0] >= 600, "{times:?}");
    }
}

#[test]
fn a_job_gets_six_machines_in_twenty_minutes_and_two_an_hour_afterwards() {
    let mut world = World::with_pool(50, 0);
    world.snapshot.sets[0].set.memory.served = 1;
    let job = world.queue_job(&["linux"]);
    let mut times = Vec::new();
    for secs in 0..4 * 3600_u64 {
        asked(&mut world, job, Standing::Waits);
        if made(&world.run(demand)) > 0 {
            times.push(secs);
            useless(&mut world, Some(job));
            // Other jobs are served meanwhile: it is the job that is in the way.
            world.snapshot.sets[0].set.memory.in_vain = Streak::default();
        }
        world.pass_secs(1);
    }
    assert_eq!(times.iter().filter(|at| **at < 1200).count(), 6, "{times:?}");
    for hour in times.iter().filter(|at| **at >= 1200) {
        assert!(times.iter().filter(|at| (*hour..hour + 3600).contains(at)).count() <= 2, "{times:?}");
    }
}

#[test]
fn a_job_waits_less_after_a_runner_that_vanished_when_it_was_ready() {
    // Why the runners of a job went that were idle, and how long the job waits for the next machine, in seconds.
    let vanished = Reason::GoneAtForge;
    for (reasons, waits) in [
        (vec![vanished.clone()], 0),
        (vec![vanished.clone(); 2], 5),
        (vec![vanished.clone(); 3], 10),
        (vec![vanished.clone(); 4], 300),
        (vec![Reason::Offline], 5),
        (vec![vanished.clone(), Reason::Offline], 10),
        (vec![Reason::Offline, vanished], 5),
    ] {
        let mut world = World::with_pool(50, 0);
        world.snapshot.sets[0].set.memory.served = 1;
        let job = world.queue_job(&["linux"]);
        let number = world.job(job).workflow_job_id;
        for reason in &reasons {
            let id = world.idle_runner();
            world.runner(id).made_for = Some(number);
            world.snapshot.change(id, |runner| runner.marked_for_deletion(reason.clone()));
        }
        assert_eq!(made(&world.run(demand)), 0, "the forge is asked in any case: {reasons:?}");
        world.pass_secs(waits);
        asked(&mut world, job, Standing::Waits);
        assert_eq!(made(&world.run(demand)), 1, "{reasons:?}");
        world.snapshot.now = world.snapshot.now.before(Duration::from_secs(1));
        assert_eq!(made(&world.run(demand)), 0, "not a moment before: {reasons:?}");
    }
}

#[test]
fn after_a_runner_took_an_unknown_job_the_forge_is_asked_anew_whatever_was_asked_before() {
    let mut world = World::with_pool(50, 0);
    world.snapshot.sets[0].set.memory.served = 1;
    let job = world.queue_job(&["linux"]);
    let number = world.job(job).workflow_job_id;
    let gone = world.idle_runner();
    world.runner(gone).made_for = Some(number);
    world.snapshot.change(gone, |runner| runner.marked_for_deletion(Reason::GoneAtForge));
    asked(&mut world, job, Standing::Waits);
    let second = world.idle_runner();
    world.runner(second).made_for = Some(number);
    world.pass_secs(5);
    // The list of the forge says so; no delivery says which job it is.
    world.snapshot.change(second, |runner| runner.listed(RunnerStatus::Active));
    world.pass_secs(60);
    assert_eq!(made(&world.run(demand)), 0, "it may be this job");
    asked(&mut world, job, Standing::Waits);
    assert_eq!(made(&world.run(demand)), 1);
}

#[test]
fn before_each_further_machine_the_forge_is_asked_how_the_job_stands() {
    let mut world = World::with_pool(9, 0);
    let job = world.queue_job(&["linux"]);
    useless(&mut world, Some(job));
    let both = |snapshot: &Snapshot, draft: &mut Draft| {
        demand(snapshot, draft);
        check_jobs(snapshot, draft);
    };
    let plan = world.run(both);
    assert!(matches!(&plan.report.jobs[&job], Reason::MadeInVain { machines: 1, fault, .. } if fault.contains("failed")), "{plan:?}");
    assert_eq!(plan.wake_at, Some(world.in_secs(5)));
    world.pass_secs(5);
    assert_eq!(effects_of(&world, both), [Effect::CheckJob { job }]);
    asked(&mut world, job, Standing::Waits);
    assert_eq!(made(&world.run(both)), 1);
}

#[test]
fn a_job_that_the_forge_holds_back_costs_no_further_machine_until_it_is_released() {
    let mut world = World::with_pool(9, 0);
    let job = world.queue_job(&["linux"]);
    useless(&mut world, Some(job));
    world.pass_secs(5);
    for _ in 0..20 {
        asked(&mut world, job, Standing::HeldBack);
        let plan = world.run(|snapshot, draft| {
            demand(snapshot, draft);
            check_jobs(snapshot, draft);
        });
        assert_eq!((made(&plan), &plan.report.jobs[&job]), (0, &Reason::HeldBack));
        assert_eq!(plan.wake_at, Some(world.in_secs(300)), "asked again after a while");
        world.pass_secs(300);
    }
    asked(&mut world, job, Standing::Waits);
    assert_eq!(made(&world.run(demand)), 1);
}

#[test]
fn the_minimum_of_idle_runners_is_tried_as_rarely_as_a_job() {
    let mut world = World::with_pool(4, 1);
    world.snapshot.sets[0].set.memory.served = 1;
    let mut times = Vec::new();
    for secs in 0..2 * 3600_u64 {
        if made(&world.run(minimum_idle)) > 0 {
            times.push(secs);
            useless(&mut world, None);
        }
        world.pass_secs(1);
    }
    assert_eq!(times.iter().filter(|at| **at < 1200).count(), 6, "{times:?}");
    assert!(times.windows(2).filter(|pair| pair[1] >= 1200).all(|pair| pair[1] - pair[0] >= 1800), "{times:?}");
}

#[test]
fn a_pool_whose_creations_fail_is_passed_over_at_once_where_another_is_free() {
    let mut world = World::with_pool(9, 0);
    world.snapshot.sets[0].set.priority = 10;
    let second = world.add_pool(9, 0);
    let job = world.queue_job(&["linux"]);
    let id = world.pending_runner();
    let number = world.job(job).workflow_job_id;
    (world.runner(id).agent_id, world.runner(id).made_for) = (Some(1), Some(number));
    world.snapshot.change(id, |runner| runner.creation_begun(0, Timestamp::EPOCH));
    let retry_at = world.in_secs(5);
    world.snapshot.change(id, |runner| runner.creation_failed(None, "quota".into(), false, retry_at));
    let plan = world.run(demand);
    let made_in: Vec<_> =
        plan.changes.iter().filter_map(|change| if let RowChange::CreateRunner(new) = change { Some(new.set) } else { None }).collect();
    assert_eq!(made_in, [second]);

    // The next job does not try the first pool either, until its pause is over.
    let next = world.queue_job(&["linux"]);
    let set_of = |plan: &Plan, job| {
        plan.changes.iter().find_map(|change| match change {
            RowChange::CreateRunner(new) if new.job.map(|(id, _)| id) == Some(job) => Some(new.set),
            _ => None,
        })
    };
    assert_eq!(set_of(&world.run(demand), next), Some(second));
    Arc::make_mut(&mut world.snapshot.runners).clear();
    world.pass_secs(30);
    assert_eq!(set_of(&world.run(demand), job), Some(world.set().id), "the machine on trial");
    assert_eq!(set_of(&world.run(demand), next), Some(second), "one machine on trial");
}

#[test]
fn a_pool_that_fails_alone_tries_again_by_itself() {
    let mut world = World::with_pool(9, 0);
    let job = world.queue_job(&["linux"]);
    let at = world.in_secs(5);
    let id = world.failed_creation("quota", at);
    world.runner(id).made_for = Some(world.snapshot.jobs[0].workflow_job_id);
    let plan = world.run(demand);
    assert_eq!((made(&plan), &plan.report.jobs[&job]), (0, &Reason::RetryLater { at, fault: "quota".into() }));
}

#[test]
fn a_change_of_the_pool_gives_it_another_chance() {
    let mut world = World::with_pool(1, 0);
    for _ in 0..5 {
        useless(&mut world, None);
    }
    assert!(room_in(&world).is_err());
    world.snapshot.sets[0].set.memory.give_another_chance();
    assert!(room_in(&world).is_ok());
}

#[test]
fn waits_grow_and_end_at_half_an_hour() {
    let policy = crate::engine::Policy::default();
    let waits: Vec<_> = (0..9).map(|machines| policy.next_machine(machines).as_secs()).collect();
    assert_eq!(waits, [0, 5, 10, 60, 300, 600, 1800, 1800, 1800]);
    let taken: Vec<_> = (0..9).map(|machines| policy.next_machine_after_taken(machines).as_secs()).collect();
    assert_eq!(taken, [0, 0, 5, 10, 300, 600, 1800, 1800, 1800]);
    // Whichever of the two it is each time: the seventh machine comes after twenty minutes at the earliest.
    let least: u64 = (1..=6).map(|machines| policy.next_machine_after_taken(machines).min(policy.next_machine(machines)).as_secs()).sum();
    assert!(least >= 1200, "{least}");
    assert_eq!(policy.pause(0), Duration::from_secs(30));
}

#[test]
fn the_plan_that_sends_a_machine_away_makes_no_other_in_its_place_at_once() {
    for minimum in [0, 1] {
        let mut world = World::with_pool(9, minimum);
        let made_for = (minimum == 0).then(|| {
            let job = world.queue_job(&["linux"]);
            world.job(job).workflow_job_id
        });
        let id = world.idle_runner();
        (world.runner(id).made_for, world.runner(id).runner_status) = (made_for, RunnerStatus::Terminated);
        let plan = world.run(|snapshot: &Snapshot, draft: &mut Draft| {
            failed(snapshot, draft);
            demand(snapshot, draft);
            minimum_idle(snapshot, draft);
        });
        assert_eq!((made(&plan), plan.wake_at), (0, Some(world.in_secs(5))), "{plan:?}");
    }
}

#[test]
fn a_failed_machine_that_stays_visible_for_a_while_counts_for_the_minimum() {
    let mut world = World::with_pool(9, 1);
    let id = world.idle_runner();
    world.runner(id).runner_status = RunnerStatus::Failed;
    let plan = world.run(minimum_idle);
    assert_eq!((made(&plan), plan.wake_at), (0, Some(world.in_secs(5))));
    assert!(matches!(plan.report.sets.values().next(), Some(Reason::PoolPaused { in_a_row: 1, .. })), "{plan:?}");
    world.pass_secs(5);
    assert_eq!(made(&world.run(minimum_idle)), 1);
}

/// The forge is asked about the job before another machine is made for it, and nothing else is waited for.
fn is_asked_for_first(world: &mut World, job: JobId) {
    let plan = world.run(demand);
    assert_eq!((made(&plan), plan.report.jobs.get(&job)), (0, Some(&Reason::AskingForge)));
    asked(world, job, Standing::HeldBack);
    assert_eq!(made(&world.run(demand)), 0);
    asked(world, job, Standing::Waits);
    assert_eq!(made(&world.run(demand)), 1, "without a pause");
}

#[test]
fn when_another_job_took_the_runner_the_forge_is_asked_before_another_one_is_made() {
    let mut world = World::with_pool(9, 0);
    let job = world.queue_job(&["linux"]);
    let id = world.idle_runner();
    let number = world.job(job).workflow_job_id;
    world.runner(id).made_for = Some(number);
    world.snapshot.change(id, |runner| runner.job_began(JobId(77)));
    is_asked_for_first(&mut world, job);
}

#[test]
fn when_a_person_sent_the_runner_away_the_forge_is_asked_before_another_one_is_made() {
    for reason in [Reason::Requested, Reason::Outdated] {
        let mut world = World::with_pool(9, 0);
        let job = world.queue_job(&["linux"]);
        let id = world.idle_runner();
        let number = world.job(job).workflow_job_id;
        world.runner(id).made_for = Some(number);
        world.snapshot.change(id, |runner| runner.marked_for_deletion(reason));
        Arc::make_mut(&mut world.snapshot.runners).clear();
        assert_eq!(world.job(job).memory.as_ref().map(|memory| memory.machines), Some(0), "nothing is said against the job");
        is_asked_for_first(&mut world, job);
    }
}

#[test]
fn a_runner_that_a_person_sent_away_before_its_machine_was_begun_leaves_no_memory() {
    let mut world = World::with_pool(9, 0);
    let job = world.queue_job(&["linux"]);
    let id = world.pending_runner();
    let number = world.job(job).workflow_job_id;
    world.runner(id).made_for = Some(number);
    world.snapshot.change(id, |runner| runner.marked_for_deletion(Reason::Requested));
    Arc::make_mut(&mut world.snapshot.runners).clear();
    assert_eq!(world.job(job).memory, None);
    assert_eq!(made(&world.run(demand)), 1);
}

#[test]
fn a_job_that_pauses_counts_on_no_runner_but_its_own() {
    let mut world = World::with_pool(9, 1);
    let pauses = world.queue_job(&["linux"]);
    let later = world.queue_job(&["linux"]);
    let last_at = world.snapshot.now;
    world.job(pauses).memory =
        Some(JobMemory { machines: 1, last_at, taken_at: None, reason: "no disk".into(), may_have_served: false, another_chance: false });
    let idle = world.idle_runner();
    let both = |snapshot: &Snapshot, draft: &mut Draft| {
        demand(snapshot, draft);
        minimum_idle(snapshot, draft);
    };
    let plan = world.run(both);
    assert!(matches!(&plan.report.jobs[&pauses], Reason::MadeInVain { machines: 1, .. }), "{plan:?}");
    assert!(matches!(&plan.report.jobs[&later], Reason::IdleRunner { .. }), "{plan:?}");
    assert_eq!(made(&plan), 1, "the idle runner that the later job takes is replaced");
    world.snapshot.jobs.retain(|job| job.id != later);
    assert_eq!(made(&world.run(both)), 0);
    let number = world.job(pauses).workflow_job_id;
    world.runner(idle).made_for = Some(number);
    let plan = world.run(both);
    assert!(matches!(&plan.report.jobs[&pauses], Reason::IdleRunner { .. }), "{plan:?}");
}

#[test]
fn jobs_that_the_forge_holds_back_keep_no_runner_from_others() {
    let mut world = World::with_pool(40, 1);
    world.idle_runner();
    for _ in 0..30 {
        let job = world.queue_job(&["linux"]);
        asked(&mut world, job, Standing::HeldBack);
    }
    let both = |snapshot: &Snapshot, draft: &mut Draft| {
        demand(snapshot, draft);
        minimum_idle(snapshot, draft);
    };
    let plan = world.run(both);
    assert_eq!(made(&plan), 0, "{plan:?}");
    assert!(plan.report.jobs.values().all(|reason| *reason == Reason::HeldBack));
}

#[test]
fn a_delivery_about_a_job_that_is_held_back_brings_the_question_forward() {
    let mut world = World::with_pool(9, 0);
    let job = world.queue_job(&["linux"]);
    asked(&mut world, job, Standing::HeldBack);
    assert_eq!(world.run(check_jobs).wake_at, Some(world.in_secs(300)));
    world.pass_secs(60);
    world.job(job).updated_at = world.snapshot.now;
    assert_eq!(effects_of(&world, check_jobs), [Effect::CheckJob { job }]);
    asked(&mut world, job, Standing::HeldBack);
    world.pass_secs(1);
    world.job(job).updated_at = world.snapshot.now;
    assert_eq!(world.run(check_jobs).wake_at, Some(world.in_secs(29)), "however often the delivery comes");
}

#[test]
fn a_trial_that_cannot_end_is_over() {
    let mut world = World::with_pool(9, 1);
    for _ in 0..3 {
        useless(&mut world, None);
    }
    world.pass_secs(3600);
    let id = world.pending_runner();
    let deadline = world.in_secs(60);
    world.snapshot.change(id, |runner| runner.creation_begun(0, deadline));
    assert!(room_in(&world).is_err(), "its machine may still come");
    world.pass_secs(60);
    assert_eq!(room_in(&world).ok(), Some(1));
}

#[test]
fn after_a_creation_that_was_interrupted_the_forge_is_asked_before_another_machine_is_made() {
    let mut world = World::with_pool(9, 0);
    let job = world.queue_job(&["linux"]);
    let number = world.job(job).workflow_job_id;
    let id = world.pending_runner();
    world.runner(id).made_for = Some(number);
    let deadline = world.in_secs(1200);
    world.snapshot.change(id, |runner| runner.creation_begun(0, deadline));
    world.list_no_machines();
    assert!(matches!(world.run(demand).report.jobs[&job], Reason::MadeInVain { machines: 1, .. }));
    world.pass_secs(5);
    asked(&mut world, job, Standing::HeldBack);
    assert_eq!(made(&world.run(demand)), 0);
    asked(&mut world, job, Standing::Waits);
    assert_eq!(made(&world.run(demand)), 1);
}

#[test]
fn an_attempt_that_is_under_way_is_not_passed_over() {
    let mut world = World::with_pool(9, 0);
    let free = world.add_pool(9, 0);
    let job = world.queue_job(&["linux"]);
    let at = world.in_secs(5);
    let id = world.failed_creation("quota", at);
    let number = world.job(job).workflow_job_id;
    (world.runner(id).made_for, world.runner(id).create_attempt) = (Some(number), 1);
    let pools = |plan: &Plan| -> Vec<_> {
        plan.changes.iter().filter_map(|change| if let RowChange::CreateRunner(new) = change { Some(new.set) } else { None }).collect()
    };
    world.runner(id).status = InstanceStatus::Creating;
    world.snapshot.in_flight.insert(crate::engine::Target::Creation(id));
    assert_eq!(pools(&world.run(demand)), []);
    world.snapshot.in_flight.clear();
    world.runner(id).status = InstanceStatus::Error;
    assert_eq!(pools(&world.run(demand)), [free]);
}

#[test]
fn a_runner_that_stayed_and_then_takes_a_job_has_served() {
    let mut world = World::with_pool(9, 1);
    let id = world.idle_runner();
    world.snapshot.change(id, Runner::stayed);
    world.snapshot.change(id, |runner| runner.job_began(JobId(7)));
    world.snapshot.change(id, |runner| runner.job_over(JobId(7)));
    let memory = &world.snapshot.sets[0].set.memory;
    assert_eq!((memory.stayed, memory.served), (1, 1));
}

#[test]
fn where_runners_served_one_that_vanishes_may_have_had_a_job_that_no_delivery_told_of() {
    let mut world = World::with_pool(9, 1);
    let vanish = |world: &mut World| {
        let id = world.idle_runner();
        world.snapshot.change(id, |runner| runner.marked_for_deletion(Reason::GoneAtForge));
        world.snapshot.sets[0].set.memory.in_vain.in_a_row
    };
    assert_eq!(vanish(&mut world), 1);
    let id = world.idle_runner();
    world.snapshot.change(id, |runner| runner.job_began(JobId(7)));
    assert_eq!(vanish(&mut world), 0);
    useless(&mut world, None);
    assert_eq!(world.snapshot.sets[0].set.memory.in_vain.in_a_row, 1, "one that failed had none");
}

#[test]
fn a_machine_that_speaks_against_its_providers_word_counts_as_made() {
    let mut world = World::with_pool(9, 1);
    let at = world.in_secs(5);
    let id = world.failed_creation("timeout", at);
    let before = world.snapshot.sets[0].set.memory.made;
    world.snapshot.change(id, |runner| runner.reported(Some(RunnerStatus::Failed), None, "no disk"));
    assert_eq!(world.snapshot.sets[0].set.memory.made, before + 1);
}

#[test]
fn a_job_whose_runner_an_earlier_job_counts_on_gets_another_after_a_question() {
    let mut world = World::with_pool(9, 0);
    let earlier = world.queue_job(&["linux"]);
    let job = world.queue_job(&["linux"]);
    useless(&mut world, Some(earlier));
    world.pass_secs(5);
    let number = world.job(job).workflow_job_id;
    let id = world.starting_runner();
    world.runner(id).made_for = Some(number);
    let both = |snapshot: &Snapshot, draft: &mut Draft| {
        demand(snapshot, draft);
        check_jobs(snapshot, draft);
    };
    assert_eq!(effects_of(&world, both), [Effect::CheckJob { job: earlier }], "it may be over");
    asked(&mut world, earlier, Standing::Waits);
    let plan = world.run(both);
    assert!(matches!(&plan.report.jobs[&job], Reason::MadeInVain { machines: 1, .. }), "{plan:?}");
    world.pass_secs(5);
    assert_eq!(effects_of(&world, both), [Effect::CheckJob { job }]);
    asked(&mut world, job, Standing::Waits);
    assert_eq!(made(&world.run(both)), 1);
}
