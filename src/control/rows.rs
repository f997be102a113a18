//! Actions and outcomes that only change rows. Each is one transaction that checks the state it expects, so that a late outcome
//! cannot undo what a delivery, a callback or a person did in the meantime.

use crate::engine::{Machine, NewRunner};
use crate::model::{InstanceStatus, Pool, Reason, Runner, RunnerId, RunnerStatus};
use crate::store::Store;
use crate::time::Timestamp;

use super::Error;

/// An effect for the runner failed: what was said, and when to try again.
pub(crate) async fn effect_failed(store: &Store, runner: RunnerId, fault: String, retry_at: Timestamp) -> Result<(), Error> {
    change(store, runner, move |row| fail(row, fault, retry_at)).await
}

/// The next attempt to make the machine begins. Its tokens of the last attempt die.
pub(crate) async fn next_attempt(store: &Store, runner: RunnerId) -> Result<(), Error> {
    change(store, runner, |row| {
        if row.status == InstanceStatus::Error {
            row.status = InstanceStatus::PendingCreate;
            row.runner_status = RunnerStatus::Pending;
            row.create_attempt += 1;
            row.provider_id = None;
            // What it was registered with is gone from the forge.
            row.agent_id = row.agent_id.filter(|_| !row.deregistered);
            row.deregistered = false;
            row.token_fetched = false;
            row.not_before = None;
        }
    })
    .await
}

/// The provider is about to be asked for the machine. Answers whether it may be: somebody may have marked the runner for deletion.
pub(crate) async fn begin_create(store: &Store, runner: RunnerId, generation: i64, deadline: Timestamp) -> Result<Option<Runner>, Error> {
    let row = store
        .update_runner(runner, move |row| {
            if row.status == InstanceStatus::PendingCreate {
                row.status = InstanceStatus::Creating;
                row.create_deadline = Some(deadline);
                row.generation = generation;
            }
        })
        .await?;
    Ok(row.filter(|row| row.status == InstanceStatus::Creating && row.create_deadline == Some(deadline)))
}

/// The provider has made the machine, or it was found there.
pub(crate) async fn machine_exists(store: &Store, runner: RunnerId, machine: Option<Machine>) -> Result<(), Error> {
    change(store, runner, move |row| {
        if let Some(machine) = machine {
            row.provider_id = Some(machine.provider_id);
            for (field, told) in [(&mut row.os_name, machine.os_name), (&mut row.os_version, machine.os_version)] {
                if !told.is_empty() {
                    *field = told;
                }
            }
            if !machine.addresses.is_empty() {
                row.addresses = machine.addresses;
            }
        }
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
    })
    .await
}

/// The provider could not make the machine. As long as it may have made it all the same, the row remembers until when.
pub(crate) async fn create_failed(
    store: &Store,
    runner: RunnerId,
    provider_id: Option<String>,
    fault: String,
    may_have_made: bool,
    retry_at: Timestamp,
) -> Result<(), Error> {
    change(store, runner, move |row| {
        row.create_deadline = row.create_deadline.filter(|_| may_have_made);
        row.provider_id = row.provider_id.take().or(provider_id);
        if row.status == InstanceStatus::Creating {
            row.status = InstanceStatus::Error;
            fail(row, fault, retry_at);
        }
    })
    .await
}

/// What the forge says about the runner software.
pub(crate) async fn set_runner_status(store: &Store, runner: RunnerId, status: RunnerStatus) -> Result<(), Error> {
    change(store, runner, move |row| {
        if !row.runner_status.is_terminal() {
            row.runner_status = status;
            if status != RunnerStatus::Active {
                row.job_id = None;
            }
        }
    })
    .await
}

/// The runner is to go, unless it began to work since this was planned.
pub(crate) async fn mark_for_deletion(store: &Store, runner: RunnerId, reason: Reason) -> Result<(), Error> {
    change(store, runner, move |row| {
        let works = row.is_busy() && reason != Reason::GoneAtForge;
        if !row.status.is_leaving() && !works {
            row.status = InstanceStatus::PendingDelete;
            row.reason = Some(reason);
            row.failures = 0;
            row.not_before = None;
        }
    })
    .await
}

/// The forge has no such runner (any more).
pub(crate) async fn deregistered(store: &Store, runner: RunnerId) -> Result<(), Error> {
    change(store, runner, |row| {
        row.deregistered = true;
        row.failures = 0;
        row.not_before = None;
    })
    .await
}

/// The forge will not let go of the runner because it works: it stays, and the forge knows better than we did.
pub(crate) async fn found_busy(store: &Store, runner: RunnerId) -> Result<(), Error> {
    change(store, runner, |row| {
        if row.status == InstanceStatus::PendingForceDelete {
            row.deregistered = true;
        } else if row.status.is_leaving() || row.status == InstanceStatus::Error {
            row.status = InstanceStatus::Running;
            row.runner_status = RunnerStatus::Active;
            row.reason = None;
            row.create_deadline = None;
            row.not_before = None;
            row.fault.clear();
        }
    })
    .await
}

/// The provider is about to be asked to remove the machine.
pub(crate) async fn begin_delete(store: &Store, runner: RunnerId) -> Result<Option<Deletion>, Error> {
    let (forced, row) = store
        .update_runner_with(runner, |row| {
            let forced = row.status == InstanceStatus::PendingForceDelete;
            if row.status.is_leaving() {
                row.status = InstanceStatus::Deleting;
            }
            forced
        })
        .await?
        .map_or((false, None), |(forced, row)| (forced, Some(row)));
    Ok(row.filter(|row| row.status == InstanceStatus::Deleting).map(|runner| Deletion { runner, forced }))
}

/// A deletion under way.
pub(crate) struct Deletion {
    /// The runner.
    pub(crate) runner: Runner,
    /// Whether the row goes whatever the provider says.
    pub(crate) forced: bool,
}

/// The provider could not remove the machine, or may still be making it.
pub(crate) async fn delete_again(store: &Store, runner: RunnerId, fault: String, retry_at: Timestamp) -> Result<(), Error> {
    change(store, runner, move |row| {
        if row.status == InstanceStatus::Deleting {
            row.status = InstanceStatus::PendingDelete;
            fail(row, fault, retry_at);
        }
    })
    .await
}

/// The row of a new runner: the intent.
pub(crate) fn new_runner(new: &NewRunner, pool: &Pool, now: Timestamp, callback_url: &str, metadata_url: &str) -> Runner {
    Runner {
        made_for: new.job.map(|(_, number)| number),
        callback_url: callback_url.to_owned(),
        metadata_url: metadata_url.to_owned(),
        reason: Some(new.reason.clone()),
        ..Runner::new(new.id, new.name.clone(), pool, now)
    }
}

fn fail(row: &mut Runner, fault: String, retry_at: Timestamp) {
    row.fault = fault;
    row.failures += 1;
    row.not_before = Some(retry_at);
}

/// Changes a row; a row that is gone needs no change.
async fn change(store: &Store, runner: RunnerId, with: impl FnOnce(&mut Runner) + Send + 'static) -> Result<(), Error> {
    store.update_runner(runner, with).await?;
    Ok(())
}
