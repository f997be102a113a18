//! Each behaviour of the step `demand`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::engine::JobCheck;
use crate::engine::steps::minimum_idle;
use crate::engine::testing::{World, changes_of};
use crate::model::{Budget, BudgetLimits, EntityId, InstanceStatus, JobId, JobMemory, Rate, RunnerStatus};
use uuid::Uuid;

fn created_in(changes: &[RowChange]) -> Vec<RunnerSetId> {
    changes.iter().filter_map(|change| if let RowChange::CreateRunner(new) = change { Some(new.set) } else { None }).collect()
}

fn created(changes: &[RowChange]) -> usize {
    changes.iter().filter(|change| matches!(change, RowChange::CreateRunner(_))).count()
}

#[test]
fn a_queued_job_gets_a_runner_at_once_when_none_fits() {
    let mut world = World::with_pool(2, 0);
    let job = world.queue_job(&["linux"]);
    let plan = world.run(demand);
    let [RowChange::CreateRunner(new)] = plan.only_changes() else { panic!("one runner is made: {plan:?}") };
    assert_eq!(new.job.map(|(id, _)| id), Some(job));
    assert_eq!(plan.report.jobs[&job], Reason::RunnerStarting { runner: new.name.clone() });
}

#[test]
fn a_runner_that_works_on_nobody_knows_what_is_believed_to_have_a_waiting_job_for_a_while() {
    let mut world = World::with_pool(3, 0);
    world.snapshot.minimum_job_age_backoff = Duration::from_secs(30);
    let (job, other) = (world.queue_job(&["linux"]), world.queue_job(&["linux"]));
    let id = world.idle_runner();
    let now = world.snapshot.now;
    let runner = world.runner(id);
    (runner.runner_status, runner.runner_status_at) = (RunnerStatus::Active, now);
    let name = runner.name.clone();
    let plan = world.run(demand);
    assert_eq!(created(plan.only_changes()), 1, "one of the two jobs is believed to run");
    let reasons = [&plan.report.jobs[&job], &plan.report.jobs[&other]];
    assert!(reasons.contains(&&Reason::Running { runner: name }), "{reasons:?}");
    world.pass_secs(30);
    assert_eq!(created(world.run(demand).only_changes()), 2, "the delivery will not come any more");
}

#[test]
fn an_idle_runner_is_waited_for_only_as_long_as_the_backoff_says() {
    let mut world = World::with_pool(2, 0);
    world.idle_runner();
    let job = world.queue_job(&["linux"]);
    let plan = world.run(demand);
    assert!(plan.does_nothing());
    assert_eq!(plan.wake_at, Some(world.in_secs(30)));
    assert!(matches!(plan.report.jobs[&job], Reason::IdleRunner { .. }));
    world.pass_secs(30);
    assert_eq!(created(&changes_of(&world, demand)), 0, "the forge is asked first");
    world.snapshot.jobs_checked.insert(job, JobCheck { at: world.snapshot.now, standing: Standing::Waits });
    assert_eq!(created(&changes_of(&world, demand)), 1);
}

#[test]
fn a_job_of_which_nothing_more_is_heard_does_not_fill_the_pool() {
    let mut world = World::with_pool(50, 0);
    let job = world.queue_job(&["linux"]);
    let mut made = 0;
    for _ in 0..120 {
        let now = world.snapshot.now;
        world.snapshot.jobs_checked.insert(job, JobCheck { at: now, standing: Standing::Waits });
        if created(&changes_of(&world, demand)) > 0 {
            made += 1;
            world.idle_runner();
        }
        world.pass_secs(10);
    }
    assert_eq!(made, 6, "in twenty minutes");
}

#[test]
fn a_job_that_the_forge_has_given_up_is_not_served() {
    let mut world = World::with_pool(5, 0);
    let job = world.queue_job(&["linux"]);
    world.pass_secs(24 * 3600);
    let plan = world.run(demand);
    assert!(plan.does_nothing());
    assert_eq!(plan.report.jobs[&job], Reason::Expired { fault: String::new() });
}

#[test]
fn round_robin_is_fair_across_plans_that_each_serve_one_job() {
    let mut world = World::with_pool(9, 0);
    let first = world.set().id;
    world.add_pool(9, 0);
    world.queue_job(&["linux"]);
    let served_by_first = (0..1000)
        .filter(|seed| {
            world.snapshot.seed = *seed;
            matches!(&changes_of(&world, demand)[..], [RowChange::CreateRunner(new)] if new.set == first)
        })
        .count();
    assert!((400..600).contains(&served_by_first), "{served_by_first} of 1000");
}

#[test]
fn a_claim_is_given_up_when_every_pool_is_full() {
    let mut world = World::with_pool(0, 0);
    let job = world.queue_job(&["linux"]);
    world.job(job).claimed_by = Some(world.snapshot.entity_id);
    assert_eq!(changes_of(&world, demand), [RowChange::ReleaseJob { job }]);
}

#[test]
fn a_runner_serves_one_waiting_job_only() {
    let mut world = World::with_pool(5, 0);
    world.starting_runner();
    world.queue_job(&["linux"]);
    world.queue_job(&["linux"]);
    assert_eq!(created(&changes_of(&world, demand)), 1);
}

#[test]
fn a_job_whose_runner_was_taken_gets_another() {
    let mut world = World::with_pool(5, 0);
    let job = world.queue_job(&["linux"]);
    let number = world.job(job).workflow_job_id;
    let id = world.starting_runner();
    world.runner(id).made_for = Some(number);
    assert_eq!(created(&changes_of(&world, demand)), 0);
    world.runner(id).runner_status = RunnerStatus::Active;
    world.runner(id).job_id = Some(JobId(99));
    assert_eq!(created(&changes_of(&world, demand)), 1);
}

#[test]
fn a_runner_that_nobody_can_make_serves_nobody() {
    let mut world = World::with_pool(5, 0);
    world.pending_runner();
    let at = world.in_secs(5);
    world.failed_creation("crash", at);
    world.snapshot.sets[0].provider_configured = false;
    let other = world.add_pool(5, 0);
    world.queue_job(&["linux"]);
    assert!(matches!(&changes_of(&world, demand)[..], [RowChange::CreateRunner(new)] if new.set == other));
}

#[test]
fn a_pool_whose_runners_the_forge_refuses_is_passed_over_until_the_forge_may_be_asked_again() {
    let mut world = World::with_pool(5, 0);
    world.snapshot.sets[0].set.priority = 10;
    let (refused, until) = (world.pending_runner(), world.in_secs(300));
    world.snapshot.change(refused, |runner| runner.effect_failed("no such group".into(), until));
    let jobs: Vec<_> = (0..2).map(|_| world.queue_job(&["linux"])).collect();
    world.runner(refused).made_for = Some(world.job(jobs[0]).workflow_job_id);
    // Without another pool, the first job counts on the runner, and the pool may make one for the second.
    let plan = world.run(demand);
    assert!(matches!(plan.report.jobs[&jobs[0]], Reason::RetryLater { at, .. } if at == until), "{:?}", plan.report.jobs);
    assert_eq!(created(plan.only_changes()), 1);

    let free = world.add_pool(1, 0);
    let plan = world.run(demand);
    assert_eq!(created_in(plan.only_changes()), [free]);
    assert!(matches!(plan.report.jobs[&jobs[1]], Reason::RetryLater { .. }), "the second pool is full with one: {:?}", plan.report.jobs);
    // A forge that answers nothing says nothing against the pool.
    world.block_forge("503");
    assert!(!created_in(world.run(demand).only_changes()).contains(&free));
    world.snapshot.forge.blocked = None;
    world.snapshot.now = until;
    let plan = world.run(demand);
    assert!(matches!(&plan.report.jobs[&jobs[0]], Reason::RunnerStarting { .. }), "it is tried again: {:?}", plan.report.jobs);
}

#[test]
fn the_maximum_holds_and_is_named() {
    let mut world = World::with_pool(2, 0);
    let jobs: Vec<_> = (0..5).map(|_| world.queue_job(&["linux"])).collect();
    let plan = world.run(demand);
    assert_eq!(created(plan.only_changes()), 2);
    assert_eq!(plan.report.jobs[&jobs[2]], world.set().full());
}

#[test]
fn a_failed_or_leaving_runner_counts_against_the_maximum_and_serves_nobody() {
    let mut world = World::with_pool(1, 0);
    let id = world.idle_runner();
    world.runner(id).status = InstanceStatus::Deleting;
    let job = world.queue_job(&["linux"]);
    let plan = world.run(demand);
    assert!(plan.does_nothing());
    assert!(matches!(plan.report.jobs[&job], Reason::PoolsFull { .. }));
}

#[test]
fn labels_fit_without_regard_to_case_and_all_of_them_must() {
    let mut world = World::with_pool(9, 0);
    world.queue_job(&["LINUX"]);
    let gpu = world.queue_job(&["linux", "gpu"]);
    let plan = world.run(demand);
    assert_eq!(created(plan.only_changes()), 1);
    let set = world.set().id;
    assert_eq!(plan.report.jobs[&gpu], Reason::NoPoolFits { nearest: Some(set), missing: vec!["gpu".into()] });
}

#[test]
fn a_job_that_another_entity_claimed_is_left_to_it() {
    let mut world = World::with_pool(9, 0);
    let job = world.queue_job(&["linux"]);
    world.job(job).claimed_by = Some(EntityId(Uuid::from_u128(99)));
    let plan = world.run(demand);
    assert!(plan.does_nothing());
    assert_eq!(plan.report.jobs[&job], Reason::ClaimedElsewhere);
}

#[test]
fn a_claim_that_cannot_be_honoured_is_given_up() {
    let mut world = World::with_pool(9, 0);
    let job = world.queue_job(&["linux"]);
    world.job(job).claimed_by = Some(world.snapshot.entity_id);
    world.snapshot.sets[0].set.enabled = false;
    assert_eq!(changes_of(&world, demand), [RowChange::ReleaseJob { job }]);
}

#[test]
fn round_robin_spreads_and_pack_fills() {
    for (balancer, expected) in [(Balancer::RoundRobin, [2, 2]), (Balancer::Pack, [4, 0])] {
        let mut world = World::with_pool(9, 0);
        let first = world.set().id;
        world.add_pool(9, 0);
        world.snapshot.balancer = balancer;
        for _ in 0..4 {
            world.queue_job(&["linux"]);
        }
        let changes = changes_of(&world, demand);
        let in_first = changes.iter().filter(|change| matches!(change, RowChange::CreateRunner(new) if new.set == first)).count();
        assert_eq!([in_first, changes.len() - in_first], expected, "{balancer:?}");
    }
}

#[test]
fn priority_comes_before_balance() {
    let mut world = World::with_pool(9, 0);
    let better = world.add_pool(1, 0);
    world.snapshot.sets[1].set.priority = 10;
    world.queue_job(&["linux"]);
    world.queue_job(&["linux"]);
    let sets: Vec<_> = changes_of(&world, demand)
        .into_iter()
        .map(|change| match change {
            RowChange::CreateRunner(new) => new.set,
            other => panic!("only creations: {other:?}"),
        })
        .collect();
    assert_eq!(sets, [better, world.set().id]);
}

#[test]
fn a_machine_of_an_interrupted_creation_serves_nobody() {
    let mut world = World::with_pool(5, 0);
    let id = world.starting_runner();
    world.runner(id).status = InstanceStatus::Creating;
    world.queue_job(&["linux"]);
    assert_eq!(created(&changes_of(&world, demand)), 0, "the provider is asked first whether the machine is there");
    world.list_machines_of_all_runners();
    assert_eq!(created(&changes_of(&world, demand)), 0, "this plan adopts it");
    world.snapshot.sets[0].machines = None;
    world.list_no_machines();
    assert_eq!(created(&changes_of(&world, demand)), 1);
    world.snapshot.sets[0].machines = None;
    world.snapshot.sets[0].machines_blocked = Some((world.snapshot.now, "it does not answer".into()));
    assert_eq!(created(&changes_of(&world, demand)), 1, "a provider that does not answer is not waited for");
}

#[test]
fn without_a_backoff_a_runner_that_has_just_become_idle_is_waited_for() {
    let mut world = World::with_pool(5, 0);
    world.snapshot.minimum_job_age_backoff = Duration::ZERO;
    let job = world.queue_job(&["linux"]);
    let number = world.job(job).workflow_job_id;
    let id = world.idle_runner();
    asked_now(&mut world, job);
    assert_eq!(created(&changes_of(&world, demand)), 0);
    world.pass_secs(5);
    asked_now(&mut world, job);
    assert_eq!(created(&changes_of(&world, demand)), 1, "it is not its own runner");
    world.runner(id).made_for = Some(number);
    assert_eq!(created(&changes_of(&world, demand)), 0, "its own runner is waited for longer");
    world.pass_secs(30);
    asked_now(&mut world, job);
    assert_eq!(created(&changes_of(&world, demand)), 1);
}

#[test]
fn how_long_a_job_waits_for_its_own_runner_does_not_depend_on_the_others() {
    let mut world = World::with_pool(5, 0);
    world.snapshot.minimum_job_age_backoff = Duration::ZERO;
    let job = world.queue_job(&["linux"]);
    let number = world.job(job).workflow_job_id;
    let (other, own) = (world.idle_runner(), world.idle_runner());
    world.runner(own).made_for = Some(number);
    let created = |world: &mut World| {
        asked_now(world, job);
        created(&changes_of(world, demand))
    };
    for (secs, machines) in [(25, 0), (5, 1)] {
        world.pass_secs(secs);
        assert_eq!(created(&mut world), machines);
        let mut alone = World { snapshot: world.snapshot.clone(), next: world.next };
        Arc::make_mut(&mut alone.snapshot.runners).retain(|runner| runner.id != other);
        assert_eq!(created(&mut alone), machines, "once the other one has gone");
    }
}

#[test]
fn a_job_that_machines_were_made_for_in_vain_keeps_no_idle_runner_from_others() {
    let mut world = World::with_pool(5, 1);
    let idle = world.idle_runner();
    let name = world.runner(idle).name.clone();
    let job = world.queue_job(&["linux"]);
    let last_at = world.snapshot.now.before(Duration::from_hours(1));
    world.job(job).memory =
        Some(JobMemory { machines: 2, last_at, taken_at: None, reason: "it died".into(), may_have_served: false, another_chance: false });
    let both = |snapshot: &Snapshot, draft: &mut Draft| {
        demand(snapshot, draft);
        minimum_idle(snapshot, draft);
    };
    let plan = world.run(both);
    assert!(plan.does_nothing(), "the minimum is not filled up for it: {plan:?}");
    assert_eq!(plan.report.jobs[&job], Reason::IdleRunner { runner: name.clone() });
    let next = world.queue_job(&["linux"]);
    let plan = world.run(both);
    assert_eq!(plan.report.jobs[&next], Reason::IdleRunner { runner: name });
    assert_eq!(created(plan.only_changes()), 1, "a job that nothing is held against has the runner, and the minimum is filled up");
}

#[test]
fn an_idle_runner_that_the_last_list_of_the_forge_lacks_serves_nobody_and_stays_until_the_next_agrees() {
    let mut world = World::with_pool(5, 0);
    let idle = world.idle_runner();
    let job = world.queue_job(&["linux"]);
    world.runner(idle).agent_id = Some(7);
    world.pass_secs(5);
    world.list_forge_runners(Vec::new());
    asked_now(&mut world, job);
    assert_eq!(created(&changes_of(&world, demand)), 0, "so young a runner may not be on the list yet");
    world.pass_secs(1);
    world.list_forge_runners(Vec::new());
    asked_now(&mut world, job);
    assert_eq!(created(world.run(demand).only_changes()), 1);
}

#[test]
fn of_two_jobs_that_machines_were_made_for_in_vain_only_one_counts_on_an_idle_runner() {
    let mut world = World::with_pool(5, 0);
    let idle = world.idle_runner();
    let last_at = world.snapshot.now.before(Duration::from_hours(1));
    let jobs: Vec<JobId> = (0..3).map(|_| world.queue_job(&["linux"])).collect();
    for job in &jobs {
        world.job(*job).memory = Some(JobMemory {
            machines: 2,
            last_at,
            taken_at: None,
            reason: "it died".into(),
            may_have_served: false,
            another_chance: false,
        });
        asked_now(&mut world, *job);
    }
    let plan = world.run(demand);
    assert_eq!(plan.report.jobs[&jobs[0]].counted_on(), Some(&world.runner(idle).name.clone()));
    assert_eq!(created(plan.only_changes()), 2, "the others get machines of their own");
}

#[test]
fn a_job_is_served_by_pools_whose_runner_group_is_open_to_its_repository() {
    let mut world = World::with_pool(5, 0);
    (world.snapshot.sets[0].set.priority, world.snapshot.sets[0].set.runner_group) = (10, "gpu".into());
    let open = world.add_pool(5, 0);
    let ignores = world.idle_runner();
    let job = world.queue_job(&["linux"]);
    let number = world.job(job).workflow_job_id;
    world.runner(ignores).made_for = Some(number);
    assert_eq!(created(&changes_of(&world, demand)), 0, "the idle runner is waited for");
    let (now, key) = (world.snapshot.now, world.job(job).repository_key());
    assert!(world.snapshot.sets[0].set.memory.told_of_group(&key, true, now));
    let plan = world.run(demand);
    assert_eq!(created_in(plan.only_changes()), [open], "at once, and not after a pause for the machine of the closed pool");
    let next = world.queue_job(&["linux"]);
    world.job(next).repository_name = "another".into();
    assert!(matches!(world.run(demand).report.jobs[&next], Reason::IdleRunner { .. }), "the group is open to others");
    world.pass_secs(60 * 60);
    asked_now(&mut world, job);
    assert!(created_in(world.run(demand).only_changes()).contains(&world.snapshot.sets[0].set.id), "the forge is not believed for ever");
}

#[test]
fn a_job_that_no_runner_group_is_open_to_costs_no_machine_and_the_forge_is_asked_again() {
    use crate::engine::action::Effect;
    use crate::engine::steps::check_jobs;
    let mut world = World::with_pool(5, 0);
    world.snapshot.sets[0].set.runner_group = "gpu".into();
    let job = world.queue_job(&["linux"]);
    let (ours, now, key) = (world.snapshot.entity_id, world.snapshot.now, world.job(job).repository_key());
    world.job(job).claimed_by = Some(ours);
    world.snapshot.sets[0].set.memory.told_of_group(&key, true, now);
    let plan = world.run(demand);
    assert_eq!(plan.only_changes(), [RowChange::ReleaseJob { job }], "another entity that reported it may serve it");
    let set = world.set().id;
    let reason = &plan.report.jobs[&job];
    assert_eq!(*reason, Reason::GroupClosed { set, group: "gpu".into() });
    assert!(reason.to_string().contains("runner group gpu of pool"), "{reason}");
    world.pass_secs(30 * 60);
    let asked = world.run(|snapshot, draft| {
        demand(snapshot, draft);
        check_jobs(snapshot, draft);
    });
    assert_eq!(asked.effects, [Effect::CheckJob { job }], "the group may be open by now");
    // A disabled pool is the more important word.
    world.snapshot.sets[0].set.enabled = false;
    assert_eq!(world.run(demand).report.jobs[&job], Reason::PoolsDisabled);
}

#[test]
fn for_a_job_that_no_pool_fits_the_forge_is_not_asked_whatever_other_entities_made_for_it() {
    let mut world = World::with_pool(5, 0);
    let job = world.queue_job(&["gpu"]);
    let last_at = world.snapshot.now;
    world.job(job).memory =
        Some(JobMemory { machines: 1, last_at, taken_at: None, reason: "it died".into(), may_have_served: false, another_chance: false });
    for _ in 0..2 {
        let plan = world.run(demand);
        assert!(matches!(plan.report.jobs[&job], Reason::NoPoolFits { .. }), "{plan:?}");
        world.pass_secs(60);
    }
}

#[test]
fn a_pool_remembers_a_few_repositories_that_its_group_is_closed_to() {
    let mut memory = crate::model::PoolMemory::default();
    let at = |secs| Timestamp::EPOCH.after(Duration::from_secs(secs));
    for number in 0..150 {
        assert!(memory.told_of_group(&format!("octo/{number}"), true, at(number)), "it is news");
        assert!(!memory.told_of_group(&format!("octo/{number}"), true, at(number)), "it is none");
    }
    assert_eq!(memory.closed_to.len(), 100);
    assert!(!memory.is_closed_to("octo/49", at(150)) && memory.is_closed_to("octo/50", at(150)), "the oldest are forgotten");
    assert!(memory.is_closed_to("octo/50", at(3649)) && !memory.is_closed_to("octo/50", at(3650)), "for an hour");
    assert!(memory.told_of_group("octo/50", false, at(200)) && !memory.is_closed_to("octo/50", at(200)));
    memory.give_another_chance();
    assert!(memory.closed_to.is_empty(), "a person changed the pool");
}

fn asked_now(world: &mut World, job: JobId) {
    let at = world.snapshot.now;
    world.snapshot.jobs_checked.insert(job, JobCheck { at, standing: Standing::Waits });
}

#[test]
fn a_job_that_was_kept_from_the_queue_for_days_is_served() {
    let mut world = World::with_pool(5, 0);
    let job = world.queue_job(&["linux"]);
    world.job(job).queued_at = world.snapshot.now.before(Duration::from_hours(72));
    assert_eq!(created(&changes_of(&world, demand)), 1);
}

#[test]
fn the_forge_decides_which_job_is_too_old() {
    let mut world = World::with_pool(5, 0);
    let job = world.queue_job(&["linux"]);
    world.pass_secs(25 * 3600);
    assert_eq!(world.run(demand).report.jobs[&job], Reason::Expired { fault: String::new() });
    asked_now(&mut world, job);
    assert_eq!(created(&changes_of(&world, demand)), 1);
}

#[test]
fn a_job_whose_runner_waits_for_the_forge_says_so() {
    let mut world = World::with_pool(5, 0);
    let job = world.queue_job(&["linux"]);
    world.pending_runner();
    world.block_forge("rate limit");
    assert_eq!(world.run(demand).report.jobs[&job], Reason::ForgeUnavailable { fault: "rate limit".into() });
}

/// A job that was kept until now, because no pool fitted. It was heard of so long after it was queued, and waits so long since then.
fn kept(world: &mut World, heard_after: u64, waits: u64) -> JobId {
    let job = world.queue_job(&["linux"]);
    let now = world.snapshot.now;
    let created_at = now.before(Duration::from_secs(waits));
    let row = world.job(job);
    (row.matched_at, row.created_at, row.queued_at) = (Some(now), created_at, created_at.before(Duration::from_secs(heard_after)));
    job
}

fn answers(world: &mut World, job: JobId, standing: Standing) {
    world.snapshot.jobs_checked.insert(job, JobCheck { at: world.snapshot.now, standing });
}

#[test]
fn a_job_that_was_kept_for_long_is_asked_for_once_and_then_served_even_if_the_forge_does_not_say() {
    for standing in [Standing::Waits, Standing::NotWaiting] {
        let mut world = World::with_pool(2, 0);
        let job = kept(&mut world, 0, 600);
        let plan = world.run(demand);
        assert!(plan.does_nothing());
        assert_eq!(plan.report.jobs[&job], Reason::AskingForge);
        answers(&mut world, job, standing);
        assert_eq!(created(world.run(demand).only_changes()), 1, "{standing:?}");
    }
    let mut world = World::with_pool(2, 0);
    kept(&mut world, 0, 60);
    assert_eq!(created(world.run(demand).only_changes()), 1, "the pool came soon");
}

#[test]
fn a_kept_job_that_was_old_when_it_was_heard_of_needs_the_word_of_the_forge() {
    let mut world = World::with_pool(2, 0);
    let job = kept(&mut world, 600, 60);
    assert_eq!(world.run(demand).report.jobs[&job], Reason::Unconfirmed { fault: String::new() });
    answers(&mut world, job, Standing::NotWaiting);
    let unshown = crate::engine::Unshown { said: "403 Not for you".into(), may_pass: false, times: 1 };
    world.snapshot.jobs_unshown.insert(job, unshown);
    let plan = world.run(demand);
    assert!(plan.does_nothing());
    assert_eq!(plan.report.jobs[&job], Reason::Unconfirmed { fault: "403 Not for you".into() });
    answers(&mut world, job, Standing::HeldBack);
    assert_eq!(world.run(demand).report.jobs[&job], Reason::HeldBack);
    answers(&mut world, job, Standing::Waits);
    assert_eq!(created(world.run(demand).only_changes()), 1);
}

#[test]
fn of_many_kept_jobs_those_are_asked_for_that_a_new_pool_has_room_for() {
    let mut world = World::with_pool(1, 0);
    let jobs: Vec<JobId> = (0..3).map(|_| kept(&mut world, 0, 600)).collect();
    answers(&mut world, jobs[0], Standing::Waits);
    let plan = world.run(demand);
    assert_eq!(created(plan.only_changes()), 1);
    assert_eq!(plan.report.jobs[&jobs[2]], world.set().full());
}

#[test]
fn a_job_that_no_pool_fits_is_told_the_nearest_pool_and_the_labels_that_are_missing() {
    let pool = |number| RunnerSetId::Pool(crate::model::PoolId(Uuid::from_u128(number)));
    let labels = |labels: &[&str]| labels.iter().map(ToString::to_string).collect::<Vec<_>>();
    let (far, near) = (labels(&["windows"]), labels(&["LINUX", "x64"]));
    let reason = Reason::no_pool_fits(&labels(&["linux", "x64", "gpu"]), [(pool(1), far.as_slice()), (pool(2), near.as_slice())]);
    assert_eq!(reason, Reason::NoPoolFits { nearest: Some(pool(2)), missing: labels(&["gpu"]) });
    assert!(reason.to_string().ends_with("which lacks gpu"), "{reason}");
    assert_eq!(Reason::no_pool_fits(&labels(&["linux"]), []).to_string(), "no pool has all of the job's labels");
    let before: Reason = serde_json::from_str(r#"{"reason":"no_pool_fits"}"#).expect("as older versions wrote it");
    assert_eq!(before, Reason::no_pool_fits(&[], []));
}

#[test]
fn a_job_that_the_forge_must_be_asked_about_waits_until_there_are_calls_for_that() {
    let mut world = World::with_pool(1, 0);
    let job = world.queue_job(&["linux"]);
    let now = world.snapshot.now;
    let before = now.before(Duration::from_mins(10));
    (world.job(job).queued_at, world.job(job).created_at) = (before, before);
    let limits = BudgetLimits { points: Rate { limit: 5, within: Duration::from_mins(1) }, ..BudgetLimits::default() };
    let mut budget = Budget::new(limits, now);
    budget.take(now, Importance::Act, CallKind::Write);
    budget.end(now, CallKind::Write, None);
    world.snapshot.forge.budget = Some(("app".into(), budget));
    let plan = world.run(demand);
    assert!(matches!(plan.report.jobs[&job], Reason::BudgetSpent { .. }));
    assert!(plan.wake_at.is_some_and(|at| at >= world.in_secs(60) && at < world.in_secs(62)), "{:?}", plan.wake_at);
}

#[test]
fn a_job_whose_machine_cannot_be_made_is_looked_at_again_when_the_pause_of_another_pool_is_over() {
    let mut world = World::with_pool(1, 0);
    let later = world.in_secs(3600);
    world.failed_creation("quota", later);
    world.add_pool(3, 0);
    let now = world.snapshot.now;
    let other = &mut world.snapshot.sets[1].set;
    (other.memory.in_vain.in_a_row, other.memory.in_vain.last_at) = (1, Some(now));
    let until = world.snapshot.policy.paused_until(&world.snapshot.sets[1].set.memory.in_vain).expect("it pauses");
    world.queue_job(&["linux"]);
    let plan = world.run(demand);
    assert!(plan.does_nothing(), "{plan:?}");
    assert_eq!(plan.wake_at, Some(until));
    world.snapshot.now = until;
    assert_eq!(created(world.run(demand).only_changes()), 1, "in the other pool");
}

#[test]
fn a_job_or_runner_that_goes_does_not_change_what_the_other_jobs_count_on() {
    let mut world = World::with_pool(9, 0);
    let runners: Vec<RunnerId> = (0..4).map(|_| world.idle_runner()).collect();
    let jobs: Vec<_> = (0..4).map(|_| world.queue_job(&["linux"])).collect();
    let counts_on = |world: &mut World| {
        let reasons = world.run(demand).report.jobs;
        for job in &mut world.snapshot.jobs {
            Arc::make_mut(job).reason = reasons.get(&job.id).cloned();
        }
        reasons.into_iter().filter_map(|(job, reason)| Some((job, reason.counted_on()?.clone()))).collect::<BTreeMap<_, _>>()
    };
    let before = counts_on(&mut world);
    assert_eq!(before.len(), 4);
    // The first job has found a runner that is none of these.
    world.snapshot.jobs.retain(|job| job.id != jobs[0]);
    let mut others = before.clone();
    others.remove(&jobs[0]);
    assert_eq!(counts_on(&mut world), others);
    // The runner of the second job is gone: that job takes the free one, and the others keep theirs.
    let gone = runners.iter().copied().find(|id| world.runner(*id).name == before[&jobs[1]]).expect("there");
    Arc::make_mut(&mut world.snapshot.runners).retain(|runner| runner.id != gone);
    others.insert(jobs[1], before[&jobs[0]].clone());
    assert_eq!(counts_on(&mut world), others);
    // So is that one: the job takes the runner of the last in line, which has none now.
    Arc::make_mut(&mut world.snapshot.runners).retain(|runner| runner.name != before[&jobs[0]]);
    let now = counts_on(&mut world);
    assert_eq!((&now[&jobs[1]], &now[&jobs[2]]), (&before[&jobs[3]], &before[&jobs[2]]));
    assert!(!runners.iter().any(|id| world.snapshot.runners.iter().any(|row| row.id == *id && Some(&row.name) == now.get(&jobs[3]))));
}

#[test]
fn a_job_whose_runner_another_counts_on_waits_for_the_answer_about_the_other() {
    let mut world = World::with_pool(5, 0);
    let (first, second) = (world.queue_job(&["linux"]), world.queue_job(&["linux"]));
    let runner = world.idle_runner();
    world.runner(runner).made_for = Some(world.job(second).workflow_job_id);
    let (name, now) = (world.runner(runner).name.clone(), world.snapshot.now);
    // Another job took the machine of the first one.
    world.job(first).memory = Some(JobMemory {
        machines: 0,
        last_at: now,
        taken_at: Some(now),
        reason: Reason::GoneAtForge.to_string(),
        may_have_served: false,
        another_chance: false,
    });
    world.pass_secs(5);
    asked_now(&mut world, first);
    asked_now(&mut world, second);
    world.snapshot.in_flight.insert(Target::Job(first));
    let plan = world.run(demand);
    assert_eq!(plan.report.jobs[&first], Reason::IdleRunner { runner: name });
    assert_eq!(plan.report.jobs[&second], Reason::AskingForge);
    assert!(plan.changes.is_empty(), "the first job may be over: {plan:?}");
    world.snapshot.in_flight = std::iter::once(Target::Job(second)).collect();
    assert_eq!(created(world.run(demand).only_changes()), 1, "the first job keeps the runner");
}

#[test]
fn the_forges_list_is_wanted_soon_for_a_job_that_counts_on_an_idle_runner_and_then_more_and_more_rarely() {
    let mut world = World::with_pool(1, 0);
    let id = world.idle_runner();
    world.list_forge_runners(vec![]);
    world.pass_secs(1);
    world.queue_job(&["linux"]);
    world.snapshot.minimum_job_age_backoff = Duration::from_hours(1);
    let mut waits = Vec::new();
    for _ in 0..5 {
        let wanted = std::cell::Cell::new(None);
        world.run(|snapshot, draft| {
            demand(snapshot, draft);
            wanted.set(draft.runners_wanted());
        });
        let wait = wanted.get().expect("a list is wanted").since(world.snapshot.now).as_secs();
        waits.push(wait);
        world.pass_secs(wait);
        let idle = world.at_forge(id, false);
        world.list_forge_runners(vec![idle]);
    }
    assert_eq!(waits, [5, 5, 10, 20, 40]);
}

#[test]
fn a_long_list_is_wanted_later() {
    for (runners, wait) in [(250, 5), (251, 10), (1500, 30)] {
        let mut world = World::with_pool(1, 0);
        let id = world.idle_runner();
        world.queue_job(&["linux"]);
        let idle = world.at_forge(id, false);
        let others = (1..runners).map(|number| world.orphan_at_forge(&format!("other-{number}"), number, true));
        let all = others.chain([idle]).collect();
        world.list_forge_runners(all);
        let wanted = std::cell::Cell::new(None);
        world.run(|snapshot, draft| {
            demand(snapshot, draft);
            wanted.set(draft.runners_wanted());
        });
        assert_eq!(wanted.get(), Some(world.in_secs(wait)), "{runners} runners");
    }
}

#[test]
fn a_job_that_may_be_over_takes_no_runner_of_another_before_the_forge_says_that_it_waits() {
    // Its own machine vanished when it was ready, or another job took that.
    for (machines, is_taken) in [(1, false), (0, true)] {
        let mut world = World::with_pool(5, 0);
        let (first, second) = (world.queue_job(&["linux"]), world.queue_job(&["linux"]));
        let now = world.snapshot.now;
        world.job(first).memory = Some(JobMemory {
            machines,
            last_at: now,
            taken_at: is_taken.then_some(now),
            reason: Reason::GoneAtForge.to_string(),
            may_have_served: !is_taken,
            another_chance: false,
        });
        let runner = world.starting_runner();
        world.runner(runner).made_for = Some(world.job(second).workflow_job_id);
        let name = world.runner(runner).name.clone();
        let plan = world.run(demand);
        assert_eq!(created(plan.only_changes()), 0);
        assert_eq!(plan.report.jobs[&first], Reason::AskingForge);
        assert_eq!(plan.report.jobs[&second], Reason::RunnerStarting { runner: name.clone() });
        world.snapshot.jobs_checked.insert(first, JobCheck { at: now, standing: Standing::Waits });
        let plan = world.run(demand);
        assert_eq!(plan.report.jobs[&first], Reason::RunnerStarting { runner: name });
        assert!(matches!(plan.report.jobs[&second], Reason::MadeInVain { .. }), "{plan:?}");
    }
}

#[test]
fn a_job_that_is_heard_of_late_gets_a_machine_of_its_own_while_there_is_room() {
    for (most, creations) in [(5, 1), (1, 0)] {
        let mut world = World::with_pool(most, 0);
        let late = world.queue_job(&["linux"]);
        world.pass_secs(1);
        let served = world.queue_job(&["linux"]);
        let runner = world.starting_runner();
        world.runner(runner).made_for = Some(world.job(served).workflow_job_id);
        let name = world.runner(runner).name.clone();
        let plan = world.run(demand);
        assert_eq!(created(plan.only_changes()), creations, "the pool has at most {most}");
        let first = if creations == 0 { late } else { served };
        assert_eq!(plan.report.jobs[&first], Reason::RunnerStarting { runner: name }, "the pool has at most {most}");
    }
}
