//! `RetryCreate`: removes what a failed creation may have left, and begins the next attempt.

use std::time::Duration;

use super::context::EffectContext;
use super::outcome::Outcome;
use super::provider::{Purpose, Removal};
use crate::control::rows;
use crate::control::services::Error;
use crate::model::{InstanceStatus, RunnerId};

pub(super) async fn run(context: &EffectContext, runner: RunnerId, retry_after: Duration) -> Result<Outcome, Error> {
    let has_failed = context.runner(runner).await?.filter(|row| row.status == InstanceStatus::Error);
    let Some(row) = has_failed else { return Ok(Outcome::InRows) };
    rows::clearing_begun(&context.services.store, runner).await?;
    match context.remove_machine(&row, Purpose::NextAttempt).await? {
        Removal::Done => rows::next_attempt(&context.services.store, runner).await?,
        Removal::Failed(fault) => context.effect_failed(runner, fault, retry_after).await?,
    }
    Ok(Outcome::InRows)
}

/// The machine is removed again before the next attempt.
pub(super) async fn died(context: &EffectContext, runner: RunnerId, retry_after: Duration, fault: String) -> Result<Outcome, Error> {
    context.effect_failed(runner, fault, retry_after).await?;
    Ok(Outcome::InRows)
}
