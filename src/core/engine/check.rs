//! Invariants of every plan. They stay on in release builds: a plan that breaks one must not be executed.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Reason, Runner, RunnerSetId};

use super::action::{Effect, RowChange};
use super::plan::Plan;
use super::snapshot::Snapshot;

/// Checks a plan against the snapshot it was made from.
///
/// # Panics
/// When the planner broke an invariant. A runner set may be above its maximum, a runner with a job be sent away, two effects have one
/// target, a name be used twice, two machines of one runner set be held for a look, or
/// more runners be promised than a set may have.
pub fn plan(snapshot: &Snapshot, plan: &Plan) {
    let mut targets = BTreeSet::new();
    let mut names: BTreeSet<&str> = BTreeSet::new();
    let mut keeps = BTreeSet::new();
    let mut made: BTreeMap<RunnerSetId, usize> = BTreeMap::new();

    for target in plan.effects.iter().map(Effect::target) {
        assert!(!snapshot.in_flight.contains(&target), "an effect is under way for {target:?} already");
        assert!(targets.insert(target.clone()), "two effects for {target:?} in one plan");
    }
    for change in &plan.changes {
        match change {
            RowChange::CreateRunner(new) => {
                *made.entry(new.set).or_default() += 1;
                assert!(names.insert(new.name.as_str()), "the name {} is taken", new.name);
            }
            RowChange::MarkForDeletion { runner, reason } => {
                let busy = snapshot.runners.iter().any(|known| known.id == *runner && known.is_busy());
                assert!(!busy || *reason == Reason::GoneAtForge, "runner {runner} has a job and is removed because {reason}");
            }
            RowChange::KeepFailed { runner, .. } => {
                let kept = snapshot.runners.iter().find(|known| known.id == *runner);
                let set = kept.map(|known| known.set_id);
                assert!(kept.is_some_and(|known| !known.is_busy()), "runner {runner} has a job or is gone, and is held");
                let held = |other: &&Runner| Some(other.set_id) == set && other.kept_until().is_some() && !other.status.is_leaving();
                assert!(
                    !snapshot.runners.iter().map(AsRef::as_ref).any(|other| held(&other)) && keeps.insert(set),
                    "two runners of one runner set are held"
                );
            }
            RowChange::Promise { set, capacity } => {
                let max = snapshot.set(*set).map_or(0, |view| view.set.max_runners);
                assert!(*capacity <= max, "{set} promises {capacity} runners, its maximum is {max}");
            }
            RowChange::ReleaseJob { .. }
            | RowChange::NoteLoss { .. }
            | RowChange::AdoptMachine { .. }
            | RowChange::AbandonCreate { .. }
            | RowChange::ProveRunner { .. }
            | RowChange::KeepIgnored { .. }
            | RowChange::SetRunnerStatus { .. } => {}
        }
    }
    if made.is_empty() {
        return;
    }
    let mut occupied = made.clone();
    for runner in snapshot.runners.iter() {
        occupied.entry(runner.set_id).and_modify(|count| *count += 1);
        assert!(!names.contains(runner.name.as_str()), "the name {} is taken", runner.name);
    }
    for (set, new) in made {
        let max = snapshot.set(set).map_or(0, |view| view.set.max_runners as usize);
        assert!(occupied[&set] <= max, "{set} would have {} runners after {new} more, its maximum is {max}", occupied[&set]);
    }
}
