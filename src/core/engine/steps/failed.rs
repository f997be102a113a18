//! Failed creations are retried with backoff and then given up; runners that failed or never became ready go.

use std::time::Duration;

use super::delete::may_be_registered;
use crate::engine::action::{Effect, RowChange};
use crate::engine::plan::Draft;
use crate::engine::snapshot::{RunnerSetView, Snapshot};
use crate::model::{CallKind, Importance, InstanceStatus, Reason, Runner, RunnerStatus};
use crate::time::Timestamp;

/// Retries or removes every runner that failed. None keeps its place longer than a person needs to see why. One machine of a runner set that says so
/// is held for a look; it counts against the maximum, and nothing waits for it.
pub(crate) fn failed(snapshot: &Snapshot, draft: &mut Draft) {
    let to_keep: Vec<_> = snapshot.sets.iter().filter_map(|view| to_keep(snapshot, draft, view)).collect();
    for (runner, keep_failed) in to_keep {
        let (until, timed_out) = (snapshot.now.after(keep_failed), runner.runner_status != RunnerStatus::Failed);
        draft.explain_runner(runner.id, Reason::Kept { until, timed_out });
        draft.change(RowChange::KeepFailed { runner: runner.id, until, timed_out });
        draft.wait(until);
    }
    for runner in draft.awake() {
        // A machine that has spoken is judged, though its provider has not answered yet: that may take as long as a creation.
        let has_spoken = runner.status == InstanceStatus::Running && draft.is_free_but_for_its_creation(runner.id);
        if !has_spoken && !draft.is_free(runner.id) {
            continue;
        }
        match (runner.status, runner.runner_status) {
            (InstanceStatus::Error, _) => retry_or_give_up(snapshot, runner, draft),
            (InstanceStatus::Running, RunnerStatus::Failed) => {
                if let Some(until) = runner.kept_until() {
                    hold(snapshot, runner, until, draft);
                } else {
                    let until = runner.runner_status_at.after(snapshot.policy.failed_hold);
                    hold_then_remove(snapshot, runner, until, Reason::RunnerFailed, draft);
                }
            }
            (InstanceStatus::Running, RunnerStatus::Offline) => {
                let until = runner.runner_status_at.after(snapshot.policy.offline_hold);
                hold_then_remove(snapshot, runner, until, Reason::Offline, draft);
            }
            // A machine that ends its runner itself: no job can come to it any more.
            (InstanceStatus::Running, RunnerStatus::Terminated) => draft.remove(runner.id, Reason::EndedWithoutJob),
            (InstanceStatus::Running, RunnerStatus::Pending | RunnerStatus::Installing) => time_boot(snapshot, runner, draft),
            _ => {}
        }
    }
}

/// The runner whose machine is to be held, and for how long: of those that failed and stand still, the first. None where one is held already.
fn to_keep<'a>(snapshot: &Snapshot, draft: &Draft<'a>, view: &RunnerSetView) -> Option<(&'a Runner, Duration)> {
    let set = &view.set;
    if set.keep_failed.is_zero() {
        return None;
    }
    let of_set = || draft.awake_of(set.id).into_iter().filter(|runner| !runner.status.is_leaving());
    if of_set().any(|runner| runner.kept_until().is_some()) {
        return None;
    }
    let has_failed = |runner: &&Runner| match runner.runner_status {
        RunnerStatus::Failed => true,
        RunnerStatus::Pending | RunnerStatus::Installing => runner.status_at.after(set.bootstrap_timeout) <= snapshot.now,
        _ => false,
    };
    let stands_still = |runner: &&Runner| runner.status == InstanceStatus::Running && draft.is_free(runner.id) && !runner.is_busy();
    let first = of_set().filter(stands_still).filter(has_failed).min_by_key(|runner| (runner.runner_status_at, runner.id))?;
    Some((first, set.keep_failed))
}

/// Holds a machine until its time is over, or its runner set holds none any more.
fn hold(snapshot: &Snapshot, runner: &Runner, until: Timestamp, draft: &mut Draft) {
    let keeps = draft.index.set(runner.set_id).is_some_and(|view| !view.set.keep_failed.is_zero());
    if keeps && snapshot.now < until {
        draft.wait(until);
    } else {
        draft.remove(runner.id, Reason::KeptLongEnough);
    }
}

fn retry_or_give_up(snapshot: &Snapshot, runner: &Runner, draft: &mut Draft) {
    let Some(view) = draft.index.set(runner.set_id) else { return };
    if runner.is_heard_of() {
        // The provider failed after it had made the machine, and the machine works.
        draft.change(RowChange::AdoptMachine { runner: runner.id, machine: None });
    } else if runner.is_busy() {
        // A job is no reason to make a failed machine again.
    } else if !view.set.enabled {
        draft.remove(runner.id, Reason::PoolDisabled);
    } else if runner.reason == Some(Reason::ClearingUp) {
        // A server before this one has asked for that, and its call may still be under way.
        draft.remove(runner.id, Reason::RemovalCutOff);
    } else if runner.create_attempt >= snapshot.policy.create_retries {
        let reason = Reason::GaveUp { attempts: runner.create_attempt + 1, fault: runner.fault.clone() };
        hold_then_remove(snapshot, runner, runner.status_at.after(snapshot.policy.failed_hold), reason, draft);
    } else if let Some(at) = runner.not_before.filter(|at| *at > snapshot.now) {
        draft.wait(at);
        draft.explain_runner(runner.id, Reason::RetryLater { at, fault: runner.fault.clone() });
    } else if view.provider_configured {
        retry(snapshot, runner, draft);
    } else {
        draft.explain_runner(runner.id, Reason::ProviderMissing { provider: runner.provider.clone() });
    }
}

/// A failed creation may have left a runner that has not been heard of yet. The runner is removed at the forge first, which refuses if it works.
fn retry(snapshot: &Snapshot, runner: &Runner, draft: &mut Draft) {
    let retry_after = snapshot.policy.backoff(runner.failures + 1);
    if !may_be_registered(runner) {
        draft.begin(Effect::RetryCreate { runner: runner.id, retry_after });
    } else if let Some((until, reason)) = draft.forge_closed(Importance::Act, CallKind::Write) {
        draft.wait(until);
        draft.explain_runner(runner.id, reason);
    } else {
        draft.begin(Effect::Deregister { runner: runner.id, retry_after });
    }
}

/// Keeps a runner that is of no use visible for a while, unless its place is needed.
fn hold_then_remove(snapshot: &Snapshot, runner: &Runner, until: Timestamp, reason: Reason, draft: &mut Draft) {
    if runner.is_busy() {
        return;
    }
    if snapshot.now >= until || draft.is_full(runner.set_id) {
        draft.remove(runner.id, reason);
    } else {
        draft.wait(until);
        draft.explain_runner(runner.id, reason);
    }
}

/// The machine runs, so the clock of the runner set's bootstrap timeout runs too.
fn time_boot(snapshot: &Snapshot, runner: &Runner, draft: &mut Draft) {
    let Some(view) = draft.index.set(runner.set_id) else { return };
    let until = runner.status_at.after(view.set.bootstrap_timeout);
    if snapshot.now >= until {
        draft.remove(runner.id, Reason::BootTimeout);
    } else {
        draft.wait(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::action::Target;
    use crate::engine::testing::{World, changes_of, effects_of};
    use crate::model::Pool;

    #[test]
    fn a_failed_creation_is_retried_after_its_backoff() {
        let mut world = World::with_pool(2, 0);
        let at = world.in_secs(5);
        let id = world.failed_creation("quota", at);
        assert_eq!(world.run(failed).report.runners[&id], Reason::RetryLater { at, fault: "quota".into() });
        world.pass_secs(5);
        assert!(matches!(effects_of(&world, failed)[..], [Effect::RetryCreate { runner, .. }] if runner == id));
    }

    #[test]
    fn a_name_is_used_no_more_once_the_removal_of_its_machine_was_cut_off() {
        let mut world = World::with_pool(2, 0);
        let (at, now) = (world.in_secs(0), world.snapshot.now);
        let id = world.failed_creation("quota", at);
        world.snapshot.change(id, Runner::clearing_begun);
        world.snapshot.in_flight.insert(Target::Runner(id));
        assert_eq!(changes_of(&world, failed), [], "it is under way");
        world.snapshot.in_flight.clear();
        let cut_off = RowChange::MarkForDeletion { runner: id, reason: Reason::RemovalCutOff };
        assert_eq!(changes_of(&world, failed), [cut_off], "by a server before this one");
        world.snapshot.change(id, |row| row.effect_failed("the cloud says 500".into(), now));
        assert!(matches!(effects_of(&world, failed)[..], [Effect::RetryCreate { runner, .. }] if runner == id), "it was answered");
    }

    #[test]
    fn a_machine_that_ends_its_runner_goes_though_its_provider_has_not_answered() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        world.runner(id).runner_status = RunnerStatus::Terminated;
        world.snapshot.in_flight.insert(Target::Creation(id));
        let gone = RowChange::MarkForDeletion { runner: id, reason: Reason::EndedWithoutJob };
        assert_eq!(changes_of(&world, failed), [gone]);
        world.snapshot.in_flight.insert(Target::Runner(id));
        assert_eq!(changes_of(&world, failed), [], "not while something is done for it");
    }

    #[test]
    fn what_a_failed_creation_left_is_removed_at_the_forge_before_the_next_attempt() {
        let mut world = World::with_pool(2, 0);
        let at = world.in_secs(0);
        let id = world.failed_creation("cannot tag the machine", at);
        world.runner(id).agent_id = Some(7);
        assert!(matches!(effects_of(&world, failed)[..], [Effect::Deregister { runner, .. }] if runner == id));
        world.runner(id).deregistered = true;
        assert!(matches!(effects_of(&world, failed)[..], [Effect::RetryCreate { runner, .. }] if runner == id));
    }

    #[test]
    fn a_machine_that_works_although_its_creation_failed_is_adopted() {
        let mut world = World::with_pool(2, 0);
        let at = world.in_secs(0);
        let id = world.failed_creation("cannot tag the machine", at);
        world.runner(id).runner_status = RunnerStatus::Active;
        assert_eq!(changes_of(&world, failed), [RowChange::AdoptMachine { runner: id, machine: None }]);
    }

    #[test]
    fn after_the_last_attempt_it_stays_visible_and_then_goes() {
        let mut world = World::with_pool(2, 0);
        let at = world.in_secs(0);
        let id = world.failed_creation("quota", at);
        world.runner(id).create_attempt = 5;
        let plan = world.run(failed);
        assert!(plan.does_nothing());
        let reason = Reason::GaveUp { attempts: 6, fault: "quota".into() };
        assert_eq!(plan.report.runners[&id], reason);
        world.pass_secs(60);
        assert_eq!(changes_of(&world, failed), [RowChange::MarkForDeletion { runner: id, reason }]);
    }

    #[test]
    fn a_machine_that_reports_its_end_without_a_job_goes_at_once_and_is_removed_at_the_forge() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        world.runner(id).runner_status = RunnerStatus::Terminated;
        assert_eq!(changes_of(&world, failed), [RowChange::MarkForDeletion { runner: id, reason: Reason::EndedWithoutJob }]);
        assert!(may_be_registered(world.runner(id)));
    }

    #[test]
    fn a_failed_runner_yields_its_place_when_the_pool_is_full() {
        let mut world = World::with_pool(1, 0);
        let id = world.idle_runner();
        world.runner(id).runner_status = RunnerStatus::Failed;
        assert_eq!(changes_of(&world, failed), [RowChange::MarkForDeletion { runner: id, reason: Reason::RunnerFailed }]);
    }

    fn keeping(max_runners: u32) -> (World, crate::model::RunnerId) {
        let mut world = World::with_pool(max_runners, 0);
        world.snapshot.sets[0].set.keep_failed = Duration::from_hours(2);
        let id = world.idle_runner();
        world.runner(id).runner_status = RunnerStatus::Failed;
        (world, id)
    }

    #[test]
    fn a_failed_machine_is_held_also_in_a_full_pool_and_lets_go_by_itself() {
        let (mut world, id) = keeping(1);
        let until = world.in_secs(7200);
        let plan = world.run(failed);
        assert_eq!(plan.changes, [RowChange::KeepFailed { runner: id, until, timed_out: false }]);
        assert_eq!((plan.wake_at, &plan.report.runners[&id]), (Some(until), &Reason::Kept { until, timed_out: false }));
        world.snapshot = crate::engine::predict::begun(&world.snapshot, &plan);
        let plan = world.run(failed);
        assert!(plan.does_nothing() && plan.wake_at == Some(until), "{plan:?}");
        world.pass_secs(7199);
        assert!(world.run(failed).does_nothing());
        world.pass_secs(1);
        assert_eq!(changes_of(&world, failed), [RowChange::MarkForDeletion { runner: id, reason: Reason::KeptLongEnough }]);
    }

    #[test]
    fn one_machine_of_a_pool_is_held_and_it_goes_when_the_pool_holds_none_any_more() {
        let (mut world, first) = keeping(9);
        let second = world.idle_runner();
        world.pass_secs(5);
        let now = world.snapshot.now;
        (world.runner(second).runner_status, world.runner(second).runner_status_at) = (RunnerStatus::Failed, now);
        let plan = world.run(failed);
        assert!(matches!(plan.changes[..], [RowChange::KeepFailed { runner, .. }] if runner == first), "{plan:?}");
        assert_eq!(plan.report.runners[&second], Reason::RunnerFailed);
        world.snapshot = crate::engine::predict::begun(&world.snapshot, &plan);
        world.pass_secs(60);
        assert_eq!(changes_of(&world, failed), [RowChange::MarkForDeletion { runner: second, reason: Reason::RunnerFailed }]);
        world.snapshot.sets[0].set.keep_failed = Duration::ZERO;
        let marked = changes_of(&world, failed);
        assert!(marked.contains(&RowChange::MarkForDeletion { runner: first, reason: Reason::KeptLongEnough }), "{marked:?}");
    }

    #[test]
    fn a_machine_that_was_late_is_held_and_its_job_gets_another_one_at_once() {
        let mut world = World::with_pool(2, 0);
        world.snapshot.sets[0].set.keep_failed = Duration::from_hours(2);
        let job = world.queue_job(&["linux"]);
        let number = world.job(job).workflow_job_id;
        let id = world.starting_runner();
        world.runner(id).made_for = Some(number);
        world.pass_secs(Pool::DEFAULT_BOOTSTRAP_TIMEOUT.as_secs());
        let plan = world.run(failed);
        assert!(matches!(plan.changes[..], [RowChange::KeepFailed { runner, timed_out: true, .. }] if runner == id), "{plan:?}");
        world.snapshot = crate::engine::predict::begun(&world.snapshot, &plan);
        assert_eq!(world.snapshot.sets[0].set.memory.in_vain.in_a_row, 1, "it was of no use from then on");
        // As long as after any machine in vain, not for the time of the hold.
        world.pass_secs(5);
        let standing = crate::engine::JobCheck { at: world.snapshot.now, standing: crate::engine::Standing::Waits };
        world.snapshot.jobs_checked.insert(job, standing);
        let plan = crate::engine::plan(&world.snapshot);
        let made = plan.changes.iter().filter(|change| matches!(change, RowChange::CreateRunner(new) if new.job.is_some()));
        assert_eq!(made.count(), 1, "{plan:?}");
    }

    #[test]
    fn a_runner_that_never_becomes_ready_goes_after_the_bootstrap_timeout() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        world.runner(id).runner_status = RunnerStatus::Installing;
        let plan = world.run(failed);
        assert!(plan.does_nothing());
        let timeout = Pool::DEFAULT_BOOTSTRAP_TIMEOUT;
        assert_eq!(plan.wake_at, Some(world.snapshot.now.after(timeout)));
        world.pass_secs(timeout.as_secs());
        assert_eq!(changes_of(&world, failed), [RowChange::MarkForDeletion { runner: id, reason: Reason::BootTimeout }]);
    }

    #[test]
    fn a_runner_without_contact_may_come_back_unless_its_place_is_needed() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        world.runner(id).runner_status = RunnerStatus::Offline;
        let plan = world.run(failed);
        assert!(plan.does_nothing());
        assert_eq!(plan.wake_at, Some(world.in_secs(300)));
        world.snapshot.sets[0].set.max_runners = 1;
        assert_eq!(changes_of(&world, failed), [RowChange::MarkForDeletion { runner: id, reason: Reason::Offline }]);
    }
}
