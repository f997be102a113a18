//! The state as it will be once a plan was acted upon: tests of the planner step through it.
//!
//! It repeats in a few lines what `control` and the store do to rows, for two moments that must not be confused: with [`begun()`] rows are
//! changed and every effect is under way, with [`done()`] every effect has succeeded as well.

use super::outside::Outside;
use super::{Action, JobCheck, Machine, NewRunner, Observed, Plan, Snapshot, Target};
use crate::model::{InstanceStatus, JobStatus, Reason, Runner, RunnerId, RunnerName, RunnerStatus};

/// What an effect of the prediction takes.
const EFFECT: std::time::Duration = std::time::Duration::from_secs(1);

/// Rows are changed, and every effect is under way; no time has passed.
pub(crate) fn begun(before: &Snapshot, plan: &Plan) -> Snapshot {
    let mut after = Snapshot { seed: before.seed.wrapping_add(1), ..before.clone() };
    for action in &plan.actions {
        match action {
            Action::ReleaseJob { job } => {
                let ours = after.entity_id;
                for job in after.jobs.iter_mut().filter(|row| row.id == *job && row.claimed_by == Some(ours)) {
                    job.claimed_by = None;
                }
            }
            Action::CreateRunner(new) => insert(&mut after, new),
            Action::AdoptMachine { runner, machine } => change(&mut after, *runner, |row| machine_exists(row, machine.as_ref())),
            Action::AbandonCreate { runner, retry_after } => {
                let retry_at = after.now.after(*retry_after);
                change(&mut after, *runner, |row| {
                    row.create_deadline = None;
                    if row.status == InstanceStatus::Creating {
                        row.status = InstanceStatus::Error;
                        row.failures += 1;
                        row.not_before = Some(retry_at);
                    }
                });
            }
            Action::SetRunnerStatus { runner, status } => change(&mut after, *runner, |row| {
                if !row.runner_status.is_terminal() {
                    row.runner_status = *status;
                    row.job_id = row.job_id.filter(|_| *status == RunnerStatus::Active);
                }
            }),
            Action::MarkForDeletion { runner, reason } => change(&mut after, *runner, |row| {
                if !row.status.is_leaving() && (!row.is_busy() || *reason == Reason::GoneAtForge) {
                    row.status = InstanceStatus::PendingDelete;
                    row.failures = 0;
                    row.not_before = None;
                }
            }),
            Action::CreateMachine { runner, within, .. } => {
                let deadline = after.now.after(*within);
                change(&mut after, *runner, |row| {
                    row.status = InstanceStatus::Creating;
                    row.create_deadline = Some(deadline);
                });
            }
            Action::EndCreation { runner } => {
                after.in_flight.remove(&Target::Creation(*runner));
            }
            Action::DeleteMachine { runner, .. } => change(&mut after, *runner, |row| row.status = InstanceStatus::Deleting),
            Action::Register { .. }
            | Action::RetryCreate { .. }
            | Action::Deregister { .. }
            | Action::CheckJob { .. }
            | Action::ListForgeRunners
            | Action::RefreshTools
            | Action::ListMachines { .. }
            | Action::RemoveForgeOrphan { .. }
            | Action::RemoveMachineOrphan { .. } => {}
        }
        after.in_flight.extend(action.target());
    }
    after
}

/// Every effect has succeeded, outside and in the rows, and took a second.
pub(crate) fn done(before: &Snapshot, plan: &Plan, outside: &mut Outside) -> Snapshot {
    let mut after = begun(before, plan);
    let asked_at = before.now;
    after.now = asked_at.after(EFFECT);
    for action in &plan.actions {
        if let Some(target) = action.target() {
            after.in_flight.remove(&target);
        }
        match action {
            Action::Register { runner, .. } => {
                let Some(name) = name_of(&after, *runner) else { continue };
                let agent_id = outside.register(&name);
                change(&mut after, *runner, |row| row.agent_id = Some(agent_id));
            }
            Action::CreateMachine { runner, .. } => {
                let Some((pool, name)) = place_of(&after, *runner) else { continue };
                let machine = outside.create_machine(pool, &name, after.now);
                change(&mut after, *runner, |row| machine_exists(row, Some(&machine)));
            }
            Action::RetryCreate { runner, .. } => {
                let Some((pool, name)) = place_of(&after, *runner) else { continue };
                outside.delete_machine(pool, &name, after.now);
                change(&mut after, *runner, next_attempt);
            }
            Action::Deregister { runner, .. } => {
                let Some(name) = name_of(&after, *runner) else { continue };
                let answer = outside.deregister(&name);
                change(&mut after, *runner, |row| if answer.is_ok() { deregistered(row) } else { found_busy(row) });
            }
            Action::DeleteMachine { runner, .. } => {
                let Some((pool, name)) = place_of(&after, *runner) else { continue };
                outside.delete_machine(pool, &name, after.now);
                delete_row(&mut after, *runner);
            }
            Action::CheckJob { job } => {
                let waits = outside.status_of(*job) == Some(JobStatus::Queued);
                outside.tell(&mut after, *job);
                after.jobs_checked.insert(*job, JobCheck { at: asked_at, waits });
            }
            Action::ListForgeRunners => {
                let list = outside.forge_runners(&after.controller_label, asked_at);
                after.forge.runners = Some(Observed::next(after.forge.runners.take(), asked_at, list));
            }
            Action::RefreshTools => after.forge.tools_at = Some(asked_at),
            Action::ListMachines { pool } => {
                let list = outside.machines_of(*pool, asked_at);
                for view in after.pools.iter_mut().filter(|view| view.pool.id == *pool) {
                    view.machines = Some(Observed::next(view.machines.take(), asked_at, list.clone()));
                }
            }
            Action::RemoveForgeOrphan { name, .. } => {
                // One that works is left to finish.
                let _busy = outside.deregister(name);
                after.gone.insert(name.clone(), after.now);
            }
            Action::RemoveMachineOrphan { pool, name, .. } => {
                outside.delete_machine(*pool, name, after.now);
                after.gone.insert(name.clone(), after.now);
            }
            Action::ReleaseJob { .. }
            | Action::CreateRunner(_)
            | Action::AdoptMachine { .. }
            | Action::EndCreation { .. }
            | Action::AbandonCreate { .. }
            | Action::SetRunnerStatus { .. }
            | Action::MarkForDeletion { .. } => {}
        }
    }
    after
}

/// Changes a row, and notes when its states changed.
pub(crate) fn change(snapshot: &mut Snapshot, id: RunnerId, with: impl FnOnce(&mut Runner)) {
    let now = snapshot.now;
    let Some(row) = snapshot.runners.iter_mut().find(|row| row.id == id) else { return };
    let before = (row.status, row.runner_status);
    with(row);
    if row.status != before.0 {
        row.status_at = now;
    }
    if row.runner_status != before.1 {
        row.runner_status_at = now;
    }
}

fn name_of(snapshot: &Snapshot, id: RunnerId) -> Option<RunnerName> {
    place_of(snapshot, id).map(|(_, name)| name)
}

fn place_of(snapshot: &Snapshot, id: RunnerId) -> Option<(crate::model::PoolId, RunnerName)> {
    snapshot.runners.iter().find(|row| row.id == id).map(|row| (row.pool_id, row.name.clone()))
}

/// The intent, unless another entity has the job.
fn insert(snapshot: &mut Snapshot, new: &NewRunner) {
    if let Some((job, _)) = new.job {
        let ours = snapshot.entity_id;
        let mut free = snapshot.jobs.iter_mut().filter(|row| row.id == job && row.claimed_by.is_none_or(|entity| entity == ours));
        let Some(job) = free.next() else { return };
        job.claimed_by = Some(ours);
    }
    let Some(view) = snapshot.pool(new.pool) else { return };
    let row = Runner::new(new.id, new.name.clone(), &view.pool, snapshot.now);
    snapshot.runners.push(Runner { made_for: new.job.map(|(_, number)| number), reason: Some(new.reason.clone()), ..row });
}

fn machine_exists(row: &mut Runner, machine: Option<&Machine>) {
    row.provider_id = machine.map(|machine| machine.provider_id.clone()).or(row.provider_id.take());
    row.create_deadline = None;
    let is_there = match row.status {
        InstanceStatus::Creating => true,
        InstanceStatus::PendingCreate => row.has_spoken(),
        InstanceStatus::Error => row.is_heard_of(),
        _ => false,
    };
    if is_there {
        row.status = InstanceStatus::Running;
        row.fault.clear();
        row.failures = 0;
        row.not_before = None;
    }
}

fn next_attempt(row: &mut Runner) {
    row.status = InstanceStatus::PendingCreate;
    row.runner_status = RunnerStatus::Pending;
    row.create_attempt += 1;
    row.provider_id = None;
    row.agent_id = row.agent_id.filter(|_| !row.deregistered);
    row.deregistered = false;
    row.token_fetched = false;
    row.not_before = None;
}

fn deregistered(row: &mut Runner) {
    row.deregistered = true;
    row.failures = 0;
    row.not_before = None;
}

fn found_busy(row: &mut Runner) {
    if row.status == InstanceStatus::PendingForceDelete {
        row.deregistered = true;
    } else {
        row.status = InstanceStatus::Running;
        row.runner_status = RunnerStatus::Active;
        row.create_deadline = None;
        row.not_before = None;
    }
}

/// The row goes with the machine, unless an earlier call may still make the machine.
fn delete_row(snapshot: &mut Snapshot, id: RunnerId) {
    let Some(row) = snapshot.runners.iter().find(|row| row.id == id) else { return };
    if let Some(deadline) = row.create_deadline.filter(|deadline| *deadline > snapshot.now) {
        let again = snapshot.now.after(snapshot.policy.observe_again).min(deadline);
        return change(snapshot, id, |row| {
            row.status = InstanceStatus::PendingDelete;
            row.failures += 1;
            row.not_before = Some(again);
        });
    }
    let name = row.name.clone();
    snapshot.runners.retain(|row| row.id != id);
    snapshot.gone.insert(name, snapshot.now);
}
