//! After `garm pool rotate` idle runners of older generations are replaced.

use crate::engine::plan::Draft;
use crate::engine::snapshot::Snapshot;
use crate::model::{Reason, Runner};

/// Sends outdated idle runners away, oldest first. Half of the minimum stays ready while the others are replaced. A runner that a job
/// counts on stays for it.
pub(crate) fn rotate(snapshot: &Snapshot, draft: &mut Draft) {
    for view in snapshot.sets.iter().filter(|view| view.set.enabled) {
        let set = view.set.id;
        let is_ready = |runner: &&Runner| draft.is_free(runner.id) && !draft.is_reserved(runner.id);
        let awake: Vec<&Runner> = draft.awake_and_idle_of(set).filter(is_ready).collect();
        let is_outdated = |generation: i64| generation < view.set.rotate_below;
        let has_outdated = draft.index.roster.oldest_generation(set).is_some_and(is_outdated);
        let resting = draft.resting_of(set).take_while(|_| has_outdated);
        let mut outdated: Vec<_> = awake
            .iter()
            .copied()
            .chain(resting)
            .filter(|runner| is_outdated(runner.generation))
            .map(|runner| (runner.created_at, runner.id))
            .collect();
        outdated.sort();
        let may_go = (awake.len() + draft.resting_count(set)).saturating_sub(view.set.min_idle_runners as usize / 2);

        for (_, runner) in outdated.into_iter().take(may_go) {
            draft.remove(runner, Reason::Outdated);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::action::RowChange;
    use crate::engine::testing::{World, changes_of};

    #[test]
    fn outdated_idle_runners_go_half_of_the_minimum_at_a_time() {
        let mut world = World::with_pool(9, 4);
        let old: Vec<_> = (0..4).map(|_| world.idle_runner()).collect();
        assert!(world.run(rotate).does_nothing());
        let set = &mut world.snapshot.sets[0].set;
        (set.generation, set.rotate_below) = (1, 1);
        let gone = |id| RowChange::MarkForDeletion { runner: id, reason: Reason::Outdated };
        assert_eq!(changes_of(&world, rotate), [gone(old[0]), gone(old[1])]);
    }

    #[test]
    fn runners_of_the_new_generation_and_those_that_work_stay() {
        let mut world = World::with_pool(9, 0);
        let works = world.idle_runner();
        world.runner(works).runner_status = crate::model::RunnerStatus::Active;
        let set = &mut world.snapshot.sets[0].set;
        (set.generation, set.rotate_below) = (1, 1);
        let new = world.idle_runner();
        assert_eq!(world.runner(new).generation, 1);
        assert!(world.run(rotate).does_nothing());
    }
}
