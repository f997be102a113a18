//! The state as it will be once a plan was acted upon: tests of the planner step through it.
//!
//! Runners change by the very functions that the server uses ([`Runner`]), at two moments that must not be confused. After [`begun()`] rows are
//! changed and every effect is under way; after [`done()`] every effect has succeeded as well.

use std::sync::Arc;

use super::outside::Outside;
use super::{Effect, JobCheck, NewRunner, Observed, Plan, RowChange, RunnerSetView, Snapshot, Standing, Target};
use crate::model::{Job, JobStatus, LostJob, Runner, RunnerId, RunnerName, RunnerSetId};

/// What an effect of the prediction takes.
const EFFECT: std::time::Duration = std::time::Duration::from_secs(1);

/// Rows are changed, and every effect is under way; no time has passed.
pub(crate) fn begun(before: &Snapshot, plan: &Plan) -> Snapshot {
    let mut after = Snapshot { seed: before.seed.wrapping_add(1), ..before.clone() };
    for effect in &plan.effects {
        after.in_flight.insert(effect.target());
        if let (Some((importance, kind)), Some((_, budget))) = (effect.forge_call(), &mut after.forge.budget) {
            budget.take(after.now, importance, kind);
        }
        match effect {
            Effect::CreateMachine { runner, within, .. } => {
                let Some(view) = view_for(&after, *runner) else { continue };
                let (generation, offers) = (view.set.generation, view.offers);
                let deadline = after.now.after(*within);
                after.change(*runner, |row| row.creation_begun(generation, deadline)?.installs(offers));
            }
            Effect::DeleteMachine { runner, .. } => after.change(*runner, Runner::deletion_begun),
            Effect::RetryCreate { runner, .. } => after.change(*runner, Runner::clearing_begun),
            Effect::Register { .. }
            | Effect::Deregister { .. }
            | Effect::CheckJob { .. }
            | Effect::RerunJob { .. }
            | Effect::ListForgeRunners
            | Effect::RefreshTools
            | Effect::ListMachines { .. }
            | Effect::RemoveForgeOrphan { .. }
            | Effect::RemoveMachineOrphan { .. } => {}
        }
    }
    for runner in &plan.ends {
        after.in_flight.remove(&Target::Creation(*runner));
    }
    for change in &plan.changes {
        match change {
            RowChange::ReleaseJob { job } => {
                let ours = after.entity_id;
                for job in after.jobs.iter_mut().filter(|row| row.id == *job && row.claimed_by == Some(ours)).map(Arc::make_mut) {
                    job.claimed_by = None;
                }
            }
            RowChange::NoteLoss { job, loss } => {
                let row = after.jobs.iter().find(|row| row.id == *job).map(|row| Job::clone(row));
                after.lost.extend(row.map(|job| LostJob { job, loss: loss.clone() }));
            }
            RowChange::CreateRunner(new) => insert(&mut after, new),
            RowChange::AdoptMachine { runner, machine } => after.change(*runner, |row| row.machine_found(machine.clone())),
            RowChange::AbandonCreate { runner, retry_after } => {
                let retry_at = after.now.after(*retry_after);
                after.change(*runner, |row| row.creation_failed(None, "the provider does not have the machine".into(), true, retry_at));
            }
            RowChange::SetRunnerStatus { runner, status } => after.change(*runner, |row| row.listed(*status)),
            RowChange::ProveRunner { runner } => after.change(*runner, Runner::stayed),
            RowChange::KeepFailed { runner, until, timed_out } => after.change(*runner, |row| row.kept(*until, *timed_out)),
            RowChange::Promise { set, capacity } => {
                let views = after.sets.iter_mut().filter(|view| view.set.id == *set);
                views.filter_map(|view| view.service.as_mut()).for_each(|demand| demand.capacity = *capacity);
            }
            RowChange::KeepIgnored { runner, until } => after.change(*runner, |row| row.ignored(*until)),
            RowChange::MarkForDeletion { runner, reason } => after.change(*runner, |row| row.marked_for_deletion(reason.clone())),
        }
    }
    after
}

/// Every effect has succeeded, outside and in the rows, and took a second.
pub(crate) fn done(before: &Snapshot, plan: &Plan, outside: &mut Outside) -> Snapshot {
    let mut after = begun(before, plan);
    let asked_at = before.now;
    after.now = asked_at.after(EFFECT);
    for effect in &plan.effects {
        after.in_flight.remove(&effect.target());
        if let (Some((_, kind)), Some((_, budget))) = (effect.forge_call(), &mut after.forge.budget) {
            budget.end(after.now, kind, None);
        }
        match effect {
            Effect::Register { runner, .. } => {
                let Some(name) = name_of(&after, *runner) else { continue };
                let agent_id = outside.register(&name);
                after.change(*runner, |row| row.registered(agent_id));
            }
            Effect::CreateMachine { runner, .. } => {
                let Some((set, name)) = place_of(&after, *runner) else { continue };
                let machine = outside.create_machine(set, &name, after.now);
                after.change(*runner, |row| row.machine_made(machine));
            }
            Effect::RetryCreate { runner, .. } => {
                let Some((set, name)) = place_of(&after, *runner) else { continue };
                outside.delete_machine(set, &name, after.now);
                after.change(*runner, Runner::next_attempt);
            }
            Effect::Deregister { runner, .. } => {
                let Some(name) = name_of(&after, *runner) else { continue };
                let answer = outside.deregister(&name);
                after.change(*runner, if answer.is_ok() { Runner::deregistered } else { Runner::found_busy });
            }
            Effect::DeleteMachine { runner, .. } => {
                let Some((set, name)) = place_of(&after, *runner) else { continue };
                outside.delete_machine(set, &name, after.now);
                delete_row(&mut after, *runner);
            }
            Effect::CheckJob { job } => {
                let standing = if outside.status_of(*job) == Some(JobStatus::Queued) { Standing::Waits } else { Standing::NotWaiting };
                outside.tell(&mut after, *job);
                after.jobs_checked.insert(*job, JobCheck { at: asked_at, standing });
                after.jobs_unshown.remove(job);
            }
            Effect::RerunJob { job, .. } => after.lost.retain(|lost| lost.job.id != *job),
            Effect::ListForgeRunners => {
                let list = outside.forge_runners(&after.controller_label, asked_at);
                after.forge.runners = Some(Observed::next(after.forge.runners.take(), asked_at, list));
            }
            Effect::RefreshTools => after.forge.tools_at = Some(asked_at),
            Effect::ListMachines { set } => {
                let list = outside.machines_of(*set, asked_at);
                for view in after.sets.iter_mut().filter(|view| view.set.id == *set) {
                    view.machines = Some(Observed::next(view.machines.take(), asked_at, list.clone()));
                }
            }
            Effect::RemoveForgeOrphan { name, .. } => {
                // One that works is left to finish.
                let _busy = outside.deregister(name);
                after.gone.insert(name.clone(), after.now);
            }
            Effect::RemoveMachineOrphan { set, name, .. } => {
                outside.delete_machine(*set, name, after.now);
                after.gone.insert(name.clone(), after.now);
            }
        }
    }
    after
}

/// The runner set that a machine is made in for the runner now.
fn view_for(snapshot: &Snapshot, id: RunnerId) -> Option<&RunnerSetView> {
    let (set, _) = place_of(snapshot, id)?;
    snapshot.set(set)
}

fn name_of(snapshot: &Snapshot, id: RunnerId) -> Option<RunnerName> {
    place_of(snapshot, id).map(|(_, name)| name)
}

fn place_of(snapshot: &Snapshot, id: RunnerId) -> Option<(RunnerSetId, RunnerName)> {
    snapshot.runners.iter().find(|row| row.id == id).map(|row| (row.set_id, row.name.clone()))
}

/// The intent, unless another entity has the job.
fn insert(snapshot: &mut Snapshot, new: &NewRunner) {
    if let Some((job, _)) = new.job {
        let ours = snapshot.entity_id;
        let mut free = snapshot.jobs.iter_mut().filter(|row| row.id == job && row.claimed_by.is_none_or(|entity| entity == ours));
        let Some(job) = free.next() else { return };
        Arc::make_mut(job).claimed_by = Some(ours);
    }
    let Some(view) = snapshot.set(new.set) else { return };
    let row = Runner::new(new.id, new.name.clone(), &view.set, snapshot.now);
    Arc::make_mut(&mut snapshot.runners).push(Arc::new(row.wanted(new.job.map(|(_, number)| number), new.reason.clone())));
}

/// The row goes with the machine, unless an earlier call may still make the machine.
fn delete_row(snapshot: &mut Snapshot, id: RunnerId) {
    let Some(row) = snapshot.runners.iter().find(|row| row.id == id) else { return };
    if let Some(deadline) = row.may_appear_until().filter(|deadline| *deadline > snapshot.now) {
        let again = snapshot.now.after(snapshot.policy.observe_again).min(deadline);
        return snapshot.change(id, |row| row.deletion_failed("its creation may still finish", again));
    }
    let name = row.name.clone();
    Arc::make_mut(&mut snapshot.runners).retain(|row| row.id != id);
    snapshot.gone.insert(name, snapshot.now);
}
