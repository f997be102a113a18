//! A plan that was begun leaves nothing to plan: what is rung again and again comes to rest.

use super::arbitrary::worlds;
use super::for_all;
use crate::engine::predict::begun;
use crate::engine::{Plan, Planner, Snapshot, plan};

const WORLDS: u32 = 4000;

/// So many plans in a row may each change rows: what is adopted may have to be corrected, sent away, and removed at the forge.
const ROUNDS: usize = 5;

/// Begins plan after plan until there is nothing more to begin; no time passes.
fn at_rest(snapshot: Snapshot) -> (Snapshot, Plan, Vec<Plan>) {
    let mut rounds = Vec::new();
    let mut snapshot = snapshot;
    let mut kept = Planner::default();
    loop {
        let plan = plan(&snapshot);
        assert_eq!(kept.plan(&snapshot), plan, "a planner that is kept plans as a new one");
        if plan.does_nothing() {
            return (snapshot, plan, rounds);
        }
        snapshot = begun(&snapshot, &plan);
        rounds.push(plan);
        assert!(rounds.len() <= ROUNDS, "it does not come to rest: {rounds:#?}");
    }
}

#[test]
fn planning_what_was_begun_comes_to_rest() {
    for_all(WORLDS, &worlds(), |case| drop(at_rest(case.snapshot())));
}

/// Only a row that has changed can make a next step.
#[test]
fn a_plan_that_changes_no_row_is_followed_by_none() {
    for_all(WORLDS, &worlds(), |case| {
        let (_, _, rounds) = at_rest(case.snapshot());
        for pair in rounds.windows(2) {
            assert!(!pair[0].changes.is_empty() || !pair[0].ends.is_empty(), "no row changed, and yet: {pair:#?}");
        }
    });
}

/// What waits has said until when: nothing is to be done a moment before that time.
#[test]
fn nothing_is_to_be_done_before_the_time_to_look_again() {
    for_all(WORLDS, &worlds(), |case| {
        let (mut snapshot, last, _) = at_rest(case.snapshot());
        let now = snapshot.now;
        let never = now.after(std::time::Duration::from_hours(48));
        let until = last.wake_at.unwrap_or(never);
        let moment = std::time::Duration::from_micros(1);
        snapshot.now = until.before(moment).max(now);
        let early = plan(&snapshot);
        let waited = snapshot.now.since(now);
        assert!(early.does_nothing(), "{waited:?} later, and planned for {:?}: {early:#?}", last.wake_at.map(|at| at.since(now)));
    });
}
