//! Keeps the minimum of idle runners ready: a runner that takes a job is replaced at once.

use super::brake;
use super::late::looks_again_at;
use super::supply::is_supply;
use crate::engine::plan::Draft;
use crate::engine::snapshot::Snapshot;
use crate::model::{Reason, Runner, Streak};

/// Makes what is missing of each runner set's minimum. Runners that waiting jobs count on are no idle ones.
pub(crate) fn minimum_idle(snapshot: &Snapshot, draft: &mut Draft) {
    for view in snapshot.sets.iter().filter(|view| view.set.enabled && view.set.min_idle_runners > 0) {
        let set = &view.set;
        let is_spare = |runner: &&Runner| is_supply(snapshot, draft, runner) && !draft.is_reserved(runner.id);
        let awake: Vec<&Runner> = draft.awake_of(set.id).into_iter().filter(is_spare).collect();
        for at in awake.iter().filter_map(|runner| looks_again_at(snapshot, draft.index, runner)) {
            draft.wait(at);
        }
        let spare = draft.resting_count(set.id) + awake.len();
        let missing = (set.min_idle_runners as usize).saturating_sub(spare);
        if missing == 0 {
            continue;
        }
        if !view.provider_configured {
            draft.explain_set(set.id, Reason::ProviderMissing { provider: set.provider.clone() });
        } else if !snapshot.urls_known {
            draft.explain_set(set.id, Reason::UrlsMissing);
        } else if let Some((at, reason)) = brake::minimum_waits(snapshot, draft, set) {
            draft.wait(at);
            draft.explain_set(set.id, reason);
        } else {
            for _ in 0..missing {
                if let Err(held) = brake::room(snapshot, draft, view, Streak::LIMIT) {
                    held.until.into_iter().for_each(|at| draft.wait(at));
                    draft.explain_set(set.id, held.reason);
                    break;
                }
                draft.create(set.id, &set.runner_prefix, None, Reason::ForMinimumIdle);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::steps::demand;
    use crate::engine::testing::{World, changes_of};

    #[test]
    fn the_minimum_is_filled_up_to_the_maximum() {
        let world = World::with_pool(3, 2);
        assert_eq!(changes_of(&world, minimum_idle).len(), 2);
        let mut world = World::with_pool(3, 5);
        world.starting_runner();
        let plan = world.run(minimum_idle);
        assert_eq!(plan.only_changes().len(), 2);
        assert!(matches!(plan.report.sets[&world.set().id], Reason::PoolsFull { .. }));
    }

    #[test]
    fn a_runner_that_a_job_counts_on_is_replaced() {
        let mut world = World::with_pool(3, 1);
        world.idle_runner();
        assert!(world.run(minimum_idle).does_nothing());
        world.queue_job(&["linux"]);
        let both = |snapshot: &Snapshot, draft: &mut Draft| {
            demand(snapshot, draft);
            minimum_idle(snapshot, draft);
        };
        assert_eq!(changes_of(&world, both).len(), 1);
    }

    #[test]
    fn a_disabled_pool_makes_nothing() {
        let mut world = World::with_pool(3, 2);
        world.snapshot.sets[0].set.enabled = false;
        assert!(world.run(minimum_idle).does_nothing());
    }
}
