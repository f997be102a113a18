//! Where rows have drifted from what forge and provider say, forge and provider win.
//!
//! Deliveries and callbacks can be lost; the lists remain. Where a list costs a runner, the list before must agree: one list alone can be
//! older than the row that it is compared with.

use std::collections::BTreeSet;

use crate::engine::action::{Effect, RowChange};
use crate::engine::observed::{Named, Observed};
use crate::engine::phase::{is_idle, settled_at};
use crate::engine::plan::Draft;
use crate::engine::snapshot::{RunnerSetView, Snapshot};
use crate::model::{CallKind, ForgeRunner, Importance, InstanceStatus, ProviderMachine, Reason, Runner, RunnerStatus};
use crate::time::Timestamp;

/// Corrects states, sends away what is gone, removes orphans in both directions.
pub(crate) fn drift(snapshot: &Snapshot, draft: &mut Draft) {
    let index = draft.index;
    if let Some(list) = &snapshot.forge.runners {
        for runner in draft.awake().into_iter().filter(|runner| stays(runner)) {
            compare_with_forge(snapshot, runner, list, draft);
        }
        for orphan in orphans(snapshot, list, index.roster.strangers_at_forge())
            .filter(|runner| !runner.busy && runner.labels.contains(&snapshot.controller_label))
        {
            let effect = Effect::RemoveForgeOrphan { agent_id: orphan.agent_id, name: orphan.name.clone() };
            match draft.forge_closed(Importance::Act, CallKind::Write) {
                None => remove_orphan(snapshot, draft, effect),
                Some((until, _)) => draft.wait(until),
            }
        }
    }
    for view in snapshot.sets.iter().filter(|view| view.provider_configured) {
        if let Some(list) = &view.machines {
            compare_with_provider(snapshot, view, list, draft);
        }
    }
}

/// Whether the runner has a machine and is not on its way out.
fn stays(runner: &Runner) -> bool {
    matches!(runner.status, InstanceStatus::Running | InstanceStatus::Stopped | InstanceStatus::Unknown)
}

fn compare_with_forge(snapshot: &Snapshot, runner: &Runner, list: &Observed<ForgeRunner>, draft: &mut Draft) {
    if !draft.is_free(runner.id) || runner.runner_status.is_terminal() {
        return;
    }
    if is_registered(runner) && list.lacks(runner.name.as_str(), settled_at(runner)) {
        draft.remove(runner.id, Reason::GoneAtForge);
    } else if let Some(status) = status_at_forge(snapshot, runner, list) {
        draft.change(RowChange::SetRunnerStatus { runner: runner.id, status });
    } else if has_stayed(snapshot, draft, runner, list) {
        draft.change(RowChange::ProveRunner { runner: runner.id });
    }
}

/// Whether the runner has been idle and in contact with the forge for a while. That shows nothing of a runner whose own job still waits, unless its runner
/// set keeps idle runners: the forge may never give it a job.
fn has_stayed(snapshot: &Snapshot, draft: &Draft, runner: &Runner, list: &Observed<ForgeRunner>) -> bool {
    let waits = |number| draft.index.waits(number);
    let keeps_idle = draft.index.set(runner.set_id).is_some_and(|view| view.set.min_idle_runners > 0);
    let is_new = !runner.proven && is_idle(runner) && !runner.is_busy() && (keeps_idle || !runner.made_for.is_some_and(waits));
    let by_now = runner.runner_status_at.after(snapshot.policy.stays_after) <= list.at();
    is_new && by_now && list.find(runner.name.as_str()).is_some_and(|it| it.online)
}

/// Whether the forge must know the runner: its number there is known, or it was ready, though it may never have told its number.
pub(super) fn is_registered(runner: &Runner) -> bool {
    runner.agent_id.is_some() || !matches!(runner.runner_status, RunnerStatus::Pending | RunnerStatus::Installing)
}

/// The state of the runner software according to the forge, where it differs from the row.
fn status_at_forge(snapshot: &Snapshot, runner: &Runner, list: &Observed<ForgeRunner>) -> Option<RunnerStatus> {
    use RunnerStatus as S;
    let name = runner.name.as_str();
    let at_forge = list.find(name).filter(|_| list.at() > runner.runner_status_at)?;
    let twice_since = |since, holds: fn(&ForgeRunner) -> bool| list.find_twice(name, since, holds).is_some();
    let twice = |holds| twice_since(runner.runner_status_at, holds);
    let connects_by = runner.runner_status_at.after(snapshot.policy.connects_within);
    match runner.runner_status {
        S::Pending | S::Installing | S::Idle | S::Online | S::Offline if at_forge.busy => Some(S::Active),
        S::Offline if at_forge.online => Some(S::Idle),
        // It lost its job: the forge took the job back, or the delivery about another job was a mistake.
        S::Active if twice(|it| !it.busy && it.online) => Some(S::Idle),
        S::Active if twice(|it| !it.busy && !it.online) => Some(S::Offline),
        S::Idle | S::Online if twice_since(connects_by, |it| !it.online) => Some(S::Offline),
        _ => None,
    }
}

fn compare_with_provider(snapshot: &Snapshot, view: &RunnerSetView, list: &Observed<ProviderMachine>, draft: &mut Draft) {
    let index = draft.index;
    let ended = |machine: &ProviderMachine| matches!(machine.status, InstanceStatus::Stopped | InstanceStatus::Error);
    for runner in draft.awake_of(view.set.id).into_iter().filter(|runner| stays(runner)) {
        // A runner that works is proof of its machine, even against the provider's word.
        if !draft.is_free(runner.id) || runner.is_busy() {
            continue;
        }
        // While it boots a machine may stop and start; the boot timeout watches it.
        // A person may stop one that is held for a look.
        let booted = !matches!(runner.runner_status, RunnerStatus::Pending | RunnerStatus::Installing) && runner.kept_until().is_none();
        if list.lacks(runner.name.as_str(), settled_at(runner)) {
            draft.remove(runner.id, Reason::GoneAtProvider);
        } else if booted && list.find_twice(runner.name.as_str(), settled_at(runner), ended).is_some() {
            draft.remove(runner.id, Reason::MachineStopped);
        }
    }
    for orphan in index.roster.strangers_of(view.set.id).into_iter().flat_map(|strangers| orphans(snapshot, list, strangers)) {
        let (set, provider_id) = (view.set.id, orphan.provider_id.clone());
        remove_orphan(snapshot, draft, Effect::RemoveMachineOrphan { set, provider_id, name: orphan.name.clone() });
    }
}

/// Removes an orphan, unless that is under way, or failed a short while ago.
fn remove_orphan(snapshot: &Snapshot, draft: &mut Draft, effect: Effect) {
    let target = effect.target();
    match snapshot.orphans_left.get(&target).filter(|until| **until > snapshot.now) {
        _ if snapshot.in_flight.contains(&target) => {}
        Some(until) => draft.wait(*until),
        None => draft.begin(effect),
    }
}

/// The items that stand on both lists and had no row when either was asked for.
fn orphans<'a, T: Named>(snapshot: &'a Snapshot, list: &'a Observed<T>, strangers: &'a BTreeSet<String>) -> impl Iterator<Item = &'a T> {
    let was_there = |name: &str, at: Timestamp| snapshot.gone.get(name).is_some_and(|gone| *gone >= at);
    let lasting = strangers.iter().filter_map(|name| list.find_lasting(name));
    lasting.filter(move |(item, at)| !was_there(item.name(), *at)).map(|(item, _)| item)
}

#[cfg(test)]
mod tests;
