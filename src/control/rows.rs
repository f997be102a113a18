//! Actions and outcomes that only change rows. Each is one transaction that applies one function of the runner's life. The function refuses
//! a change that does not fit the runner's state any more. So a late outcome cannot undo the work of a delivery, a callback or a person
//! meanwhile.

use tracing::debug;

use crate::engine::NewRunner;
use crate::model::{InstanceStatus, ProviderMachine, Reason, Refusal, Runner, RunnerId, RunnerSet, RunnerStatus, RunnerVersion};
use crate::store::{self, RunnerUpdate, Store};
use crate::time::Timestamp;

use super::Error;

/// An effect for the runner failed: what was said, and when to try again.
pub(crate) async fn effect_failed(store: &Store, runner: RunnerId, fault: String, retry_at: Timestamp) -> Result<(), Error> {
    change(store, runner, move |runner| runner.effect_failed(fault, retry_at)).await
}

/// What a failed attempt may have left is about to be removed.
pub(crate) async fn clearing_begun(store: &Store, runner: RunnerId) -> Result<(), Error> {
    change(store, runner, Runner::clearing_begun).await
}

/// The next attempt to make the machine begins.
pub(crate) async fn next_attempt(store: &Store, runner: RunnerId) -> Result<(), Error> {
    change(store, runner, Runner::next_attempt).await
}

/// The provider is about to be asked for the machine. Answers whether it may be: the runner may have been marked for deletion.
/// `version` is that of the software which the machine gets.
pub(crate) async fn begin_create(
    store: &Store,
    runner: RunnerId,
    generation: i64,
    version: Option<RunnerVersion>,
    deadline: Timestamp,
) -> Result<Option<Runner>, Error> {
    let begin = move |runner: Runner| runner.creation_begun(generation, deadline)?.installs(version);
    Ok(update(store, runner, begin).await?.map(|update| update.runner))
}

/// The provider answers that it has made the machine.
pub(crate) async fn machine_made(store: &Store, runner: RunnerId, machine: ProviderMachine) -> Result<(), Error> {
    change(store, runner, move |runner| runner.machine_made(machine)).await
}

/// The machine was found at the provider, or spoke for itself.
pub(crate) async fn machine_found(store: &Store, runner: RunnerId, machine: Option<ProviderMachine>) -> Result<(), Error> {
    change(store, runner, move |runner| runner.machine_found(machine)).await
}

/// The provider could not make the machine. As long as it may have made the machine all the same, the row remembers until when.
pub(crate) async fn create_failed(
    store: &Store,
    runner: RunnerId,
    provider_id: Option<String>,
    fault: String,
    may_have_made: bool,
    retry_at: Timestamp,
) -> Result<(), Error> {
    change(store, runner, move |runner| runner.creation_failed(provider_id, fault, may_have_made, retry_at)).await
}

/// The forge's list shows the runner in another state.
pub(crate) async fn set_runner_status(store: &Store, runner: RunnerId, status: RunnerStatus) -> Result<(), Error> {
    change(store, runner, move |runner| runner.listed(status)).await
}

/// The forge's list has the runner under this number.
pub(crate) async fn found_at_forge(store: &Store, runner: RunnerId, agent_id: i64) -> Result<(), Error> {
    change(store, runner, move |runner| runner.found_at_forge(agent_id)).await
}

/// The idle runner connected to the forge and stayed.
pub(crate) async fn stayed(store: &Store, runner: RunnerId) -> Result<(), Error> {
    change(store, runner, Runner::stayed).await
}

/// The machine of a runner that failed is held for a look.
pub(crate) async fn keep(store: &Store, runner: RunnerId, until: Timestamp, timed_out: bool) -> Result<(), Error> {
    change(store, runner, move |runner| runner.kept(until, timed_out)).await
}

/// The forge's list tells the version of the runner's software.
pub(crate) async fn version_listed(store: &Store, runner: RunnerId, version: RunnerVersion) -> Result<(), Error> {
    change(store, runner, move |runner| runner.version_listed(version)).await
}

/// The forge gives the idle runner no job; it is kept to see whether that changes.
pub(crate) async fn keep_ignored(store: &Store, runner: RunnerId, until: Timestamp) -> Result<(), Error> {
    change(store, runner, move |runner| runner.ignored(until)).await
}

/// The runner is to go, unless it began to work since this was planned.
pub(crate) async fn mark_for_deletion(store: &Store, runner: RunnerId, reason: Reason) -> Result<(), Error> {
    change(store, runner, move |runner| runner.marked_for_deletion(reason)).await
}

/// The forge has no such runner (any more).
pub(crate) async fn deregistered(store: &Store, runner: RunnerId) -> Result<(), Error> {
    change(store, runner, Runner::deregistered).await
}

/// The forge will not let go of the runner because it works.
pub(crate) async fn found_busy(store: &Store, runner: RunnerId) -> Result<(), Error> {
    change(store, runner, Runner::found_busy).await
}

/// The provider is about to be asked to remove the machine.
pub(crate) async fn begin_delete(store: &Store, runner: RunnerId) -> Result<Option<Deletion>, Error> {
    let begun = update(store, runner, Runner::deletion_begun).await?;
    Ok(begun.map(|RunnerUpdate { before, runner }| Deletion { runner, forced: before.status == InstanceStatus::PendingForceDelete }))
}

/// A deletion under way.
pub(crate) struct Deletion {
    /// The runner.
    pub(crate) runner: Runner,
    /// Whether the row goes even against the provider's word.
    pub(crate) forced: bool,
}

/// The provider could not remove the machine, or may still be making it.
pub(crate) async fn delete_again(store: &Store, runner: RunnerId, fault: String, retry_at: Timestamp) -> Result<(), Error> {
    change(store, runner, move |runner| runner.deletion_failed(&fault, retry_at)).await
}

/// The row of a new runner: the intent.
pub(crate) fn new_runner(new: &NewRunner, set: &RunnerSet, now: Timestamp, callback_url: &str, metadata_url: &str) -> Runner {
    let made_for = new.job.map(|(_, number)| number);
    Runner::new(new.id, new.name.clone(), set, now).wanted(made_for, new.reason.clone()).calling(callback_url, metadata_url)
}

/// Changes a row. A row that is gone needs no change.
async fn change(
    store: &Store,
    runner: RunnerId,
    with: impl FnOnce(Runner) -> Result<Runner, Refusal> + Send + 'static,
) -> Result<(), Error> {
    update(store, runner, with).await.map(drop)
}

/// Changes a row; answers `None` when it is gone or refuses.
async fn update(
    store: &Store,
    runner: RunnerId,
    with: impl FnOnce(Runner) -> Result<Runner, Refusal> + Send + 'static,
) -> Result<Option<RunnerUpdate>, Error> {
    match store.update_runner(runner, with).await {
        Err(store::Error::Refused(refusal)) => {
            debug!(runner.id = %runner, reason = %refusal, "a late outcome changes nothing");
            Ok(None)
        }
        answer => Ok(answer?),
    }
}
