//! Removes runners that no job and no minimum needs. Idle ones stay for a while; those that have no machine yet go at once.

use super::supply::{is_supply, refused_until};
use crate::engine::plan::Draft;
use crate::engine::roster::idle_since;
use crate::engine::snapshot::Snapshot;
use crate::model::{InstanceStatus, Reason, Runner};

/// Removes idle runners beyond the minimum, oldest first. A runner that a job counts on stays, and so does one that is not idle for the set
/// time yet. A disabled runner set keeps none and waits for nothing.
pub(crate) fn surplus(snapshot: &Snapshot, draft: &mut Draft) {
    not_needed(snapshot, draft);
    for view in &snapshot.sets {
        let keep = if view.set.enabled { view.set.min_idle_runners as usize } else { 0 };
        let idle = draft.awake_and_idle_of(view.set.id);
        let mut idle: Vec<_> = idle
            .filter(|runner| draft.is_free(runner.id) && !draft.is_reserved(runner.id))
            // What the forge ignores is kept for a time of its own.
            .filter(|runner| !view.set.enabled || runner.ignored_until().is_none())
            .map(idle_since)
            .collect();
        let surplus = (idle.len() + draft.resting_count(view.set.id)).saturating_sub(keep);
        // No further than to the first that may stay for now.
        let mut may_go = true;
        let goes = |runner: &&Runner| {
            let is_due = !view.set.enabled || runner.runner_status_at.after(snapshot.policy.idle_time_min) <= snapshot.now;
            std::mem::replace(&mut may_go, is_due)
        };
        idle.extend(draft.resting_of(view.set.id).take(surplus).take_while(goes).map(idle_since));
        idle.sort_unstable();

        for (since, runner) in idle.into_iter().take(surplus) {
            let until = since.after(snapshot.policy.idle_time_min);
            if !view.set.enabled {
                draft.remove(runner, Reason::PoolDisabled);
            } else if snapshot.now < until {
                draft.wait(until);
                break;
            } else {
                draft.remove(runner, Reason::IdleSurplus);
            }
        }
    }
}

/// A machine that was to be made for a job is not made when no job counts on its runner any more. The minimum may still need it. A runner that the forge
/// has refused stays until it could be asked again: until then it shows that its runner set serves nothing.
fn not_needed(snapshot: &Snapshot, draft: &mut Draft) {
    for view in snapshot.sets.iter().filter(|view| view.set.enabled) {
        let is_spare = |runner: &&Runner| {
            is_supply(snapshot, draft, runner) && !draft.is_reserved(runner.id) && refused_until(snapshot, draft, runner).is_none()
        };
        let awake = draft.awake_of(view.set.id);
        let spare = draft.resting_count(view.set.id) + awake.iter().copied().filter(is_spare).count();
        let surplus = spare.saturating_sub(view.set.min_idle_runners as usize);
        let is_to_be_made = |runner: &&Runner| {
            matches!(runner.status, InstanceStatus::PendingCreate | InstanceStatus::Error)
                && (runner.made_for.is_some() || view.service.is_some())
                && is_spare(runner)
                && draft.is_free(runner.id)
        };
        let mut not_needed: Vec<_> = awake.into_iter().filter(is_to_be_made).map(|runner| runner.id).collect();
        not_needed.sort();
        for runner in not_needed.into_iter().take(surplus) {
            draft.remove(runner, Reason::NotNeeded);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::action::RowChange;
    use crate::engine::testing::{World, changes_of};

    #[test]
    fn idle_runner_above_minimum_is_removed_after_grace_oldest_first() {
        let mut world = World::with_pool(5, 1);
        let oldest = world.idle_runner();
        world.pass_secs(10);
        world.idle_runner();
        let plan = world.run(surplus);
        assert!(plan.does_nothing());
        assert_eq!(plan.wake_at, Some(world.in_secs(290)));
        world.pass_secs(290);
        assert_eq!(changes_of(&world, surplus), [RowChange::MarkForDeletion { runner: oldest, reason: Reason::IdleSurplus }]);
    }

    #[test]
    fn a_machine_that_is_still_to_be_made_is_not_made_when_no_job_needs_it() {
        let mut world = World::with_pool(5, 0);
        let id = world.pending_runner();
        world.runner(id).made_for = Some(7);
        assert_eq!(changes_of(&world, surplus), [RowChange::MarkForDeletion { runner: id, reason: Reason::NotNeeded }]);
        world.snapshot.sets[0].set.min_idle_runners = 1;
        assert!(world.run(surplus).does_nothing(), "the minimum needs it");
    }

    #[test]
    fn a_runner_that_the_forge_refuses_stays_until_it_may_be_asked_again() {
        let mut world = World::with_pool(5, 0);
        let (id, until) = (world.pending_runner(), world.in_secs(300));
        world.runner(id).made_for = Some(7);
        world.snapshot.change(id, |runner| runner.effect_failed("no such group".into(), until));
        assert!(world.run(surplus).does_nothing());
        world.snapshot.now = until;
        assert_eq!(changes_of(&world, surplus), [RowChange::MarkForDeletion { runner: id, reason: Reason::NotNeeded }]);
    }

    #[test]
    fn a_disabled_pool_drains_at_once() {
        let mut world = World::with_pool(5, 1);
        let id = world.idle_runner();
        world.snapshot.sets[0].set.enabled = false;
        assert_eq!(changes_of(&world, surplus), [RowChange::MarkForDeletion { runner: id, reason: Reason::PoolDisabled }]);
    }
}
