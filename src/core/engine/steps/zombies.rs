//! Removes runners that are connected and never take a job although jobs that fit wait. Where the version of their software may be to blame, one of them is
//! kept instead, and no more of that version are made ([`super::versions`]).

use super::supply::assigned_job_waits_since;
use super::versions::{blamed, ignores_since, is_over, is_superseded, retired};
use crate::engine::action::RowChange;
use crate::engine::plan::Draft;
use crate::engine::roster::idle_since;
use crate::engine::snapshot::{RunnerSetView, Snapshot};
use crate::model::{Reason, Runner};
use crate::time::Timestamp;

/// A runner that stays idle while a job waits, as the forge itself confirms, will not take the next job either. It is removed at the forge first, which
/// refuses if the runner has a job after all.
pub(crate) fn zombies(snapshot: &Snapshot, draft: &mut Draft) {
    snapshot.forge.retires.values().filter(|at| **at > snapshot.now).for_each(|at| draft.wait(*at));
    let is_over = snapshot.forge.retires.values().any(|at| *at <= snapshot.now);
    for view in &snapshot.sets {
        // Where no version is over and no job is known to wait, one that rests is none.
        let assigned = assigned_job_waits_since(snapshot, draft, view);
        let may_ignore = !draft.index.confirmed().is_empty() || assigned.is_some();
        let mut idle: Vec<&Runner> =
            if is_over || may_ignore { draft.index.idle_of(view.set.id).collect() } else { draft.awake_and_idle_of(view.set.id).collect() };
        idle.sort_by_key(|runner| idle_since(runner));
        let memory = &view.set.memory;
        memory.ignored.iter().map(|ignored| ignored.until).filter(|until| *until > snapshot.now).for_each(|until| draft.wait(until));
        // Others of the version stay as well: they cost no more, and each can show that the version gets jobs.
        let mut is_known =
            memory.ignored.as_ref().is_some_and(|ignored| ignored.until > snapshot.now && !is_superseded(view, ignored.offered));
        for runner in idle {
            if draft.is_free(runner.id) {
                is_known |= judge(snapshot, draft, view, assigned, runner, is_known);
            }
        }
    }
}

/// Decides about an idle runner; answers whether its version is to blame from now on.
fn judge(
    snapshot: &Snapshot,
    draft: &mut Draft,
    view: &RunnerSetView,
    assigned: Option<Timestamp>,
    runner: &Runner,
    is_known: bool,
) -> bool {
    if let Some(reason) = runner.version().and_then(|version| is_over(snapshot, version)).filter(|_| has_newer(snapshot, view, runner)) {
        draft.remove(runner.id, reason);
        return false;
    }
    if let Some(until) = runner.ignored_until() {
        if until <= snapshot.now || is_superseded(view, runner.offered) {
            draft.remove(runner.id, Reason::Zombie);
        } else {
            draft.wait(until);
        }
        return false;
    }
    let Some(since) = ignores_since(snapshot, draft, view, assigned, runner) else { return false };
    let version = blamed(snapshot, view, runner, since);
    let patience = if version.is_some() { snapshot.policy.ignored_after } else { snapshot.policy.zombie_after };
    let until = since.after(patience);
    if version.is_some() && is_known {
        return false;
    }
    if until > snapshot.now {
        draft.wait(until);
        return false;
    }
    let Some(version) = version else {
        draft.remove(runner.id, Reason::Zombie);
        return false;
    };
    let before = view.set.memory.ignored.as_ref().filter(|known| known.version == version).map_or(0, |known| known.times);
    let until = snapshot.now.after(snapshot.policy.ignored_hold(before));
    draft.change(RowChange::KeepIgnored { runner: runner.id, until });
    draft.wait(until);
    true
}

/// Whether a new machine would have another version, which is not retired.
fn has_newer(snapshot: &Snapshot, view: &RunnerSetView, runner: &Runner) -> bool {
    view.set.enabled && is_superseded(view, runner.offered) && retired(snapshot, view).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::action::RowChange;
    use crate::engine::snapshot::{JobCheck, Standing};
    use crate::engine::testing::{World, changes_of};

    #[test]
    fn an_idle_runner_that_ignores_a_job_for_too_long_goes() {
        let mut world = World::with_pool(2, 0);
        let id = world.idle_runner();
        let job = world.queue_job(&["linux"]);
        world.pass_secs(60);
        assert_eq!(world.run(zombies).wake_at, None, "the forge was not asked yet");
        world.snapshot.jobs_checked.insert(job, JobCheck { at: world.snapshot.now, standing: Standing::Waits });
        assert_eq!(world.run(zombies).wake_at, Some(world.in_secs(60)));
        world.pass_secs(60);
        assert_eq!(changes_of(&world, zombies), [RowChange::MarkForDeletion { runner: id, reason: Reason::Zombie }]);
    }

    #[test]
    fn a_job_that_the_forge_cannot_confirm_costs_no_runner() {
        let mut world = World::with_pool(2, 0);
        world.idle_runner();
        let job = world.queue_job(&["linux"]);
        world.pass_secs(600);
        world.snapshot.jobs_checked.insert(job, JobCheck { at: world.snapshot.now, standing: Standing::NotWaiting });
        assert!(world.run(zombies).does_nothing());
    }

    #[test]
    fn a_runner_that_does_not_fit_or_has_just_become_idle_ignores_nobody() {
        let mut world = World::with_pool(2, 0);
        world.idle_runner();
        let job = world.queue_job(&["linux", "gpu"]);
        world.pass_secs(600);
        world.snapshot.jobs_checked.insert(job, JobCheck { at: world.snapshot.now, standing: Standing::Waits });
        assert!(world.run(zombies).does_nothing());
    }
}
