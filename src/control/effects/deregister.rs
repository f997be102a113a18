//! `Deregister`: removes a runner at the forge, so that it can take no job any more.

use std::time::Duration;

use tracing::{info, warn};

use super::context::EffectContext;
use super::outcome::Outcome;
use crate::control::rows;
use crate::control::services::{Error, ForgeTurn};
use crate::forge;
use crate::model::{EntityRef, InstanceStatus, Runner, RunnerId, RunnerName, RunnerSetId, describe};

/// The answers of a working forge to the removal of a runner.
pub(super) enum Deregistration {
    /// The forge has no such runner any more.
    Done,
    /// The forge keeps the runner, because it has a job.
    Busy,
}

pub(super) async fn run(context: &EffectContext, runner: RunnerId, retry_after: Duration) -> Result<Outcome, Error> {
    let store = &context.services.store;
    let is_wanted = |row: &Runner| row.status.is_leaving() || row.status == InstanceStatus::Error;
    let Some(row) = context.runner(runner).await?.filter(is_wanted) else { return Ok(Outcome::InRows) };
    store.check_lease().await?;
    let forced = row.status == InstanceStatus::PendingForceDelete;
    let at = &context.view.entity.at;
    let call = async |forge: ForgeTurn| deregistration(remove_runner(&forge, at, &row).await);
    context
        .ask_forge(call, async |answer| {
            match answer {
                Ok(Deregistration::Done) => rows::deregistered(store, runner).await?,
                Ok(Deregistration::Busy) => {
                    info!(runner.name = %row.name, "the forge says the runner has a job; it stays unless its end was forced");
                    rows::found_busy(store, runner).await?;
                }
                Err(fault) if forced => {
                    warn!(runner.name = %row.name, error = %describe(&fault), "could not remove the runner at the forge; going on as was asked");
                    rows::deregistered(store, runner).await?;
                }
                Err(fault) => context.effect_failed(runner, describe(&fault), retry_after).await?,
            }
            Ok(Outcome::InRows)
        })
        .await
}

/// Whether the runner is gone is found out by the next attempt: removing a runner that is gone succeeds.
pub(super) async fn died(context: &EffectContext, runner: RunnerId, retry_after: Duration, fault: String) -> Result<Outcome, Error> {
    context.effect_failed(runner, fault, retry_after).await?;
    Ok(Outcome::InRows)
}

/// A forge that refuses because the runner has a job is a forge that works.
pub(super) fn deregistration(answer: Result<(), forge::Error>) -> Result<Deregistration, forge::Error> {
    match answer {
        Ok(()) => Ok(Deregistration::Done),
        Err(forge::Error::Busy) => Ok(Deregistration::Busy),
        Err(fault) => Err(fault),
    }
}

/// Removes a runner, by the number that the forge has told or, without one, by name. What its machine told of its number is not believed. The service of
/// scale sets removes its own runners.
pub(crate) async fn remove_runner(forge: &ForgeTurn, at: &EntityRef, runner: &Runner) -> Result<(), forge::Error> {
    match (runner.agent_id, runner.set_id) {
        (Some(agent_id), RunnerSetId::Pool(_)) => forge.remove_runner(at, agent_id).await,
        (Some(agent_id), RunnerSetId::ScaleSet(_)) => forge.scale_sets(at)?.remove_runner(agent_id).await,
        (None, _) => remove_by_name(forge, at, runner).await,
    }
}

/// Removes a runner by name; one that is not there is removed.
pub(super) async fn remove_by_name(forge: &ForgeTurn, at: &EntityRef, runner: &Runner) -> Result<(), forge::Error> {
    match runner.set_id {
        RunnerSetId::Pool(_) => match forge.find_runner(at, &runner.name).await? {
            Some(agent_id) => forge.remove_runner(at, agent_id).await,
            None => Ok(()),
        },
        RunnerSetId::ScaleSet(_) => remove_of_service(forge, at, &runner.name).await.map(drop),
    }
}

/// Removes a runner of the service of scale sets by name. Answers whether the service has had one of that name.
pub(super) async fn remove_of_service(forge: &ForgeTurn, at: &EntityRef, name: &RunnerName) -> Result<bool, forge::Error> {
    let service = forge.scale_sets(at)?;
    let found = service.find_runner(name).await?.filter(|found| found.scale_set_id.is_some());
    if let Some(found) = &found {
        service.remove_runner(found.runner.agent_id).await?;
    }
    Ok(found.is_some())
}
