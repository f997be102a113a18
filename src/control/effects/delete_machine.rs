//! `DeleteMachine`: has the provider remove the machine of a runner; the row goes with the machine.

use std::time::Duration;

use tracing::{info, warn};

use super::context::EffectContext;
use super::outcome::Outcome;
use super::provider::{Purpose, Removal};
use crate::control::rows;
use crate::control::services::Error;
use crate::model::{EventLevel, Runner, RunnerId, first_line};
use crate::time::Timestamp;

pub(super) async fn run(
    context: &EffectContext,
    runner: RunnerId,
    retry_after: Duration,
    look_again_after: Duration,
) -> Result<Outcome, Error> {
    let store = &context.services.store;
    let Some(deletion) = rows::begin_delete(store, runner).await? else { return Ok(Outcome::InRows) };
    let row = &deletion.runner;
    match context.remove_machine(row, Purpose::Removal).await? {
        Removal::Done if row.may_appear_until().is_none() || deletion.forced => {
            store.delete_runner(runner).await?;
            info!(runner.name = %row.name, "runner and machine are gone");
        }
        // An interrupted create call may still make the machine: the row stays until it cannot, and a list agrees.
        Removal::Done => match may_still_appear(context, row, look_again_after).await {
            None => {
                store.delete_runner(runner).await?;
                info!(runner.name = %row.name, "runner and machine are gone");
            }
            Some((why, until)) => rows::delete_again(store, runner, why, until).await?,
        },
        Removal::Failed(fault) if deletion.forced => {
            warn!(runner.name = %row.name, error = %first_line(&fault), "the provider could not remove the machine; its row goes as was asked");
            let message = format!("{} was removed by force; its machine may still exist: {fault}", row.name);
            store.add_entity_event(row.entity_id, EventLevel::Warning, message).await?;
            store.delete_runner(runner).await?;
        }
        Removal::Failed(fault) => {
            warn!(runner.name = %row.name, error = %first_line(&fault), "the provider could not remove the machine");
            rows::delete_again(store, runner, fault, context.after(retry_after)).await?;
        }
    }
    Ok(Outcome::InRows)
}

/// Whether the machine is gone is found out by the next attempt: removing a machine that is gone succeeds.
pub(super) async fn died(context: &EffectContext, runner: RunnerId, retry_after: Duration, fault: String) -> Result<Outcome, Error> {
    rows::delete_again(&context.services.store, runner, fault, context.after(retry_after)).await?;
    Ok(Outcome::InRows)
}

/// Whether the machine of an interrupted creation may still appear after it was removed: why, and when to look again.
async fn may_still_appear(context: &EffectContext, row: &Runner, look_again_after: Duration) -> Option<(String, Timestamp)> {
    let again = context.after(look_again_after);
    if let Some(until) = row.may_appear_until().filter(|until| *until > context.now()) {
        return Some((format!("its creation may still finish until {until}"), again.min(until)));
    }
    match context.provider(row.set_id)?.list().await {
        Ok((_, machines)) if machines.iter().any(|machine| machine.name == row.name) => {
            Some(("its machine is there again".to_owned(), again))
        }
        Ok(_) => None,
        Err(fault) => Some((fault.fault(), again)),
    }
}
