//! The properties of each single plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::Strategy;

use super::arbitrary::{Case, orders, worlds};
use super::for_all;
use crate::engine::{Effect, Plan, RowChange, Snapshot, Target, plan};
use crate::model::{CallKind, Importance, InstanceStatus, JobStatus, Reason, Runner, RunnerId, RunnerSetId, RunnerStatus};

/// How many worlds each property is tried on.
const WORLDS: u32 = 4000;

/// Checks a property of plans.
fn of_every_plan(property: impl Fn(&Snapshot, &Plan)) {
    for_all(WORLDS, &worlds(), |case| {
        let snapshot = case.snapshot();
        property(&snapshot, &plan(&snapshot));
    });
}

fn row(snapshot: &Snapshot, id: RunnerId) -> &Runner {
    snapshot.runners.iter().find(|runner| runner.id == id).expect("a plan acts on rows that are there")
}

#[test]
fn a_pool_never_gets_more_than_its_maximum() {
    of_every_plan(|snapshot, plan| {
        let mut made: BTreeMap<RunnerSetId, usize> = BTreeMap::new();
        for change in &plan.changes {
            if let RowChange::CreateRunner(new) = change {
                *made.entry(new.set).or_default() += 1;
            }
        }
        for (set, new) in made {
            let rows = snapshot.runners_of(set).count();
            let max = snapshot.set(set).expect("a runner set that is there").set.max_runners as usize;
            assert!(rows + new <= max, "{set} has {rows} runners, gets {new} and may have {max}: {plan:?}");
        }
    });
}

/// The forge may say that a busy runner is gone, and an administrator may have asked for its end by force. Nothing else ends it.
#[test]
fn a_runner_with_a_job_is_never_removed() {
    of_every_plan(|snapshot, plan| {
        for change in &plan.changes {
            let (runner, excused) = match change {
                RowChange::MarkForDeletion { runner, reason } => (*runner, *reason == Reason::GoneAtForge),
                // Only a row changes, but a machine that speaks is not given up.
                RowChange::AbandonCreate { runner, .. } => (*runner, !row(snapshot, *runner).is_heard_of()),
                _ => continue,
            };
            assert!(excused || !row(snapshot, runner).is_busy(), "it has a job: {change:?}");
        }
        for effect in &plan.effects {
            let (runner, excused) = match effect {
                Effect::RetryCreate { runner, .. } => (*runner, false),
                Effect::DeleteMachine { runner, .. } => {
                    let row = row(snapshot, *runner);
                    (*runner, row.deregistered || row.status == InstanceStatus::PendingForceDelete)
                }
                Effect::RemoveForgeOrphan { agent_id, .. } => {
                    let list = snapshot.forge.runners.as_ref().expect("an orphan stands on a list");
                    let orphan = list.items().iter().find(|runner| runner.agent_id == *agent_id).expect("an orphan stands on the list");
                    assert!(!orphan.busy, "it works: {orphan:?}");
                    continue;
                }
                _ => continue,
            };
            assert!(excused || !row(snapshot, runner).is_busy(), "it has a job: {effect:?}");
        }
    });
}

/// One machine of a pool at a time is held for a look, none with a job, and none for longer than the pool says.
#[test]
fn a_pool_holds_one_failed_machine_at_a_time() {
    of_every_plan(|snapshot, plan| {
        let mut held: BTreeMap<RunnerSetId, usize> = BTreeMap::new();
        for runner in snapshot.runners.iter().filter(|runner| runner.kept_until().is_some() && !runner.status.is_leaving()) {
            *held.entry(runner.set_id).or_default() += 1;
        }
        for change in &plan.changes {
            let RowChange::KeepFailed { runner, until, .. } = change else { continue };
            let row = row(snapshot, *runner);
            let set = &snapshot.set(row.set_id).expect("a runner set that is there").set;
            assert!(!row.is_busy() && held.insert(row.set_id, 1).is_none(), "{change:?} beside {held:?}");
            assert_eq!(*until, snapshot.now.after(set.keep_failed));
            assert!(set.keep_failed > std::time::Duration::ZERO, "nobody asked for it: {change:?}");
        }
    });
}

/// Where a machine is held, as many machines are made for jobs as beside one that is being removed: its place alone is taken.
#[test]
fn a_machine_that_is_held_takes_its_place_and_no_more() {
    of_every_plan(|snapshot, plan| {
        let is_held = |runner: &&Runner| runner.kept_until().is_some() && runner.status == InstanceStatus::Running;
        let held: BTreeSet<_> = snapshot.runners.iter().map(AsRef::as_ref).filter(is_held).map(|runner| runner.id).collect();
        if held.is_empty() || snapshot.in_flight.iter().any(|target| target.runner().is_some_and(|runner| held.contains(&runner))) {
            return;
        }
        let mut without = snapshot.clone();
        for runner in Arc::make_mut(&mut without.runners).iter_mut().filter(|runner| held.contains(&runner.id)) {
            let runner = Arc::make_mut(runner);
            (runner.status, runner.reason) = (InstanceStatus::Deleting, None);
        }
        // No other one is held in its place.
        let sets: BTreeSet<_> = snapshot.runners.iter().filter(|runner| held.contains(&runner.id)).map(|runner| runner.set_id).collect();
        for view in without.sets.iter_mut().filter(|view| sets.contains(&view.set.id)) {
            view.set.keep_failed = std::time::Duration::ZERO;
        }
        let made =
            |plan: &Plan| plan.changes.iter().filter(|change| matches!(change, RowChange::CreateRunner(new) if new.job.is_some())).count();
        let other = crate::engine::plan(&without);
        assert_eq!(made(plan), made(&other), "{plan:?}\n{other:?}");
    });
}

/// Of a version that is retired, or that the forge gives no jobs, no runner is made. After that, one at a time shows whether another is of use.
#[test]
fn a_version_that_gets_no_jobs_makes_no_runner_and_its_successor_one_at_a_time() {
    of_every_plan(|snapshot, plan| {
        for view in &snapshot.sets {
            let of_set = |change: &&RowChange| matches!(change, RowChange::CreateRunner(new) if new.set == view.set.id);
            let made = plan.changes.iter().filter(of_set).count();
            let is_over = view.offers.is_some_and(|version| snapshot.forge.retires.get(&version).is_some_and(|at| *at <= snapshot.now));
            let begun = plan.effects.iter().filter_map(|effect| match effect {
                Effect::Register { runner, .. } | Effect::CreateMachine { runner, .. } => Some(row(snapshot, *runner).set_id),
                _ => None,
            });
            assert!(!is_over || (made == 0 && begun.filter(|set| *set == view.set.id).count() == 0), "it is retired: {plan:?}");
            let Some(ignored) = &view.set.memory.ignored else { continue };
            let is_superseded = view.offers.is_some() && view.offers != ignored.offered;
            assert!(made <= 1, "{made} are made after jobs were ignored: {plan:?}");
            assert!(is_superseded || ignored.until <= snapshot.now || made == 0, "others would be ignored, too: {plan:?}");
        }
    });
}

/// Nothing is removed at the forge or at a provider that has a row, or is not ours.
#[test]
fn orphans_have_no_row_and_carry_our_mark() {
    of_every_plan(|snapshot, plan| {
        for effect in &plan.effects {
            let name = match effect {
                Effect::RemoveForgeOrphan { name, .. } => {
                    let listed = snapshot.forge.runners.as_ref().and_then(|list| list.find(name.as_str()));
                    assert!(listed.is_some_and(|runner| runner.labels.contains(&snapshot.controller_label)), "not ours: {effect:?}");
                    name
                }
                Effect::RemoveMachineOrphan { name, .. } => name,
                _ => continue,
            };
            assert!(snapshot.runners.iter().all(|runner| runner.name != *name), "it has a row: {effect:?}");
        }
    });
}

/// A machine goes only when its runner can take no job any more. When the forge does not answer, it goes only if that was asked for by force, or if
/// its runner never worked.
#[test]
fn a_machine_goes_after_its_registration() {
    of_every_plan(|snapshot, plan| {
        for effect in &plan.effects {
            let (Effect::DeleteMachine { runner, .. } | Effect::RetryCreate { runner, .. }) = effect else { continue };
            let row = row(snapshot, *runner);
            let never_registered = row.agent_id.is_none() && !row.token_fetched;
            let over = row.deregistered || row.runner_status == RunnerStatus::Terminated;
            let by_force = row.status == InstanceStatus::PendingForceDelete;
            let failed = row.runner_status == RunnerStatus::Failed && row.status.is_leaving();
            let excused = (by_force && is_closed(snapshot, plan)) || (failed && !snapshot.forge_is_open());
            assert!(never_registered || over || excused, "it may be registered: {effect:?} of {row:?}");
        }
    });
}

/// Whether no runner could be removed at the forge, at the latest when the plan had spent its calls.
fn is_closed(snapshot: &Snapshot, plan: &Plan) -> bool {
    let mut budget = snapshot.forge.budget.as_ref().map(|(_, budget)| budget.clone());
    for (importance, kind) in plan.effects.iter().filter_map(Effect::forge_call) {
        if let Some(budget) = &mut budget {
            budget.take(snapshot.now, importance, kind);
        }
    }
    let is_spent = budget.is_some_and(|budget| budget.check(snapshot.now, Importance::Act, CallKind::Write).is_err());
    is_spent || !snapshot.forge_is_open()
}

#[test]
fn nothing_is_done_twice_or_while_it_is_under_way() {
    of_every_plan(|snapshot, plan| {
        let mut targets = BTreeSet::new();
        for target in plan.effects.iter().map(Effect::target) {
            assert!(!snapshot.in_flight.contains(&target), "it is under way: {target:?}");
            assert!(targets.insert(target.clone()), "it is done twice: {target:?}");
        }
        let of_effects = plan.effects.iter().filter_map(|effect| effect.target().runner()).map(|runner| (runner, false));
        // A machine that its provider has not answered for may speak for itself, and the answer may not be waited for any longer.
        let of_spoken = |change: &RowChange| match change {
            RowChange::AdoptMachine { .. } => true,
            RowChange::MarkForDeletion { runner, .. } => row(snapshot, *runner).status == InstanceStatus::Running,
            _ => false,
        };
        let of_changes = plan.changes.iter().filter_map(|change| Some((change.runner()?, of_spoken(change))));
        let of_ends = plan.ends.iter().map(|runner| (*runner, true));
        let mut rows = BTreeSet::new();
        for (runner, despite_creation) in of_effects.chain(of_changes).chain(of_ends) {
            let is_free = if despite_creation { !snapshot.in_flight.contains(&Target::Runner(runner)) } else { snapshot.is_free(runner) };
            assert!(is_free, "an effect is under way for runner {runner}: {plan:?}");
            assert!(rows.insert(runner), "the plan acts twice on runner {runner}: {plan:?}");
        }
    });
}

#[test]
fn every_open_job_has_a_reason() {
    of_every_plan(|snapshot, plan| {
        for job in &snapshot.jobs {
            assert!(plan.report.jobs.contains_key(&job.id), "nobody can say why {job:?} waits");
        }
    });
}

/// A job that waits for a runner that is said to start has one that starts.
#[test]
fn a_runner_that_a_job_is_said_to_wait_for_is_there() {
    of_every_plan(|snapshot, plan| {
        let made = plan.changes.iter().filter_map(|change| match change {
            RowChange::CreateRunner(new) => Some(new.name.clone()),
            _ => None,
        });
        let names: BTreeSet<_> = snapshot.runners.iter().map(|runner| runner.name.clone()).chain(made).collect();
        for job in snapshot.jobs.iter().filter(|job| job.status == JobStatus::Queued) {
            if let Reason::RunnerStarting { runner } | Reason::IdleRunner { runner } | Reason::Running { runner } =
                &plan.report.jobs[&job.id]
            {
                assert!(names.contains(runner), "{runner} does not exist: {plan:?}");
            }
        }
    });
}

#[test]
fn the_time_to_look_again_lies_ahead() {
    of_every_plan(|snapshot, plan| {
        assert!(plan.wake_at.is_none_or(|at| at > snapshot.now), "it would be planned without end: {plan:?}");
        let reasons = plan.report.jobs.values().chain(plan.report.runners.values()).chain(plan.report.sets.values());
        for reason in reasons {
            if let Reason::RetryLater { at, .. } = reason {
                assert!(*at > snapshot.now, "a time that is over is waited for: {reason:?}");
            }
        }
    });
}

/// The store answers rows in some order; another order makes no other plan, up to the names of what is new.
#[test]
fn the_order_of_rows_does_not_matter() {
    for_all(WORLDS, &(worlds(), orders()), |(case, order): (Case, Vec<usize>)| {
        let snapshot = case.snapshot();
        let mut shuffled = snapshot.clone();
        shuffle(&mut shuffled.sets, &order);
        shuffle(Arc::<Vec<_>>::make_mut(&mut shuffled.runners), &order);
        shuffle(&mut shuffled.jobs, &order);
        assert_eq!(plan(&snapshot), plan(&snapshot), "equal worlds have equal plans");
        assert_eq!(without_names(&snapshot, plan(&snapshot)), without_names(&shuffled, plan(&shuffled)), "in the order {order:?}");
    });
}

fn shuffle<T: Clone>(items: &mut [T], order: &[usize]) {
    let mut positions: Vec<usize> = order.iter().copied().filter(|index| *index < items.len()).collect();
    let shuffled: Vec<T> = positions.drain(..).map(|index| items[index].clone()).collect();
    items.clone_from_slice(&shuffled);
}

/// A plan as sorted lines, where a runner that is new is named after its runner set.
fn without_names(snapshot: &Snapshot, plan: Plan) -> Vec<String> {
    let mut lines = Vec::new();
    let mut set_of = BTreeMap::new();
    lines.extend(plan.effects.into_iter().map(|effect| format!("{effect:?}")));
    lines.extend(plan.ends.into_iter().map(|runner| format!("end the creation of {runner}")));
    for change in plan.changes {
        if let RowChange::CreateRunner(new) = change {
            lines.push(format!("create in {} for {:?} because {:?}", new.set, new.job, new.reason));
            set_of.insert(new.name, new.set);
        } else {
            lines.push(format!("{change:?}"));
        }
    }
    lines.extend(plan.report.jobs.into_iter().map(|(job, reason)| match reason {
        Reason::RunnerStarting { runner } if set_of.contains_key(&runner) => format!("job {job}: a new runner of {}", set_of[&runner]),
        reason => format!("job {job}: {reason:?}"),
    }));
    lines.extend(plan.report.runners.into_iter().map(|(runner, reason)| format!("runner {runner}: {reason:?}")));
    lines.extend(plan.report.sets.into_iter().map(|(set, reason)| format!("{set}: {reason:?}")));
    lines.push(format!("again {:?}", plan.wake_at.map(|at| at.since(snapshot.now))));
    lines.sort();
    lines
}

/// What [`crate::engine::plan()`] makes of worlds that cannot come about is still a plan: nothing panics.
#[test]
fn every_world_has_a_plan() {
    for_all(WORLDS, &worlds().prop_map(|case| case.snapshot()), |snapshot| drop(plan(&snapshot)));
}
