//! `Register`: gets a just-in-time configuration for a runner from the forge, and keeps it.

use std::time::Duration;

use super::context::EffectContext;
use super::deregister::remove_by_name;
use super::outcome::Outcome;
use crate::control::bootstrap;
use crate::control::services::{Error, ForgeTurn};
use crate::forge::{self, JitRequest};
use crate::model::{EventLevel, InstanceStatus, Retry, Runner, RunnerId, RunnerSetId, describe};

pub(super) async fn run(
    context: &EffectContext,
    runner: RunnerId,
    retry_after: Duration,
    refused_retry_after: Duration,
) -> Result<Outcome, Error> {
    let is_wanted = |row: &Runner| row.status == InstanceStatus::PendingCreate && row.agent_id.is_none();
    let Some(row) = context.runner(runner).await?.filter(is_wanted) else { return Ok(Outcome::InRows) };
    let Some(shape) = context.view.shape(row.set_id) else { return Ok(Outcome::InRows) };
    let number = match row.set_id {
        RunnerSetId::Pool(_) => None,
        RunnerSetId::ScaleSet(id) => {
            let Some(number) = context.view.scale_sets.iter().find(|set| set.id == id).and_then(|set| set.service_id) else {
                context.effect_failed(runner, format!("{} is not known to its service yet", row.set_id), retry_after).await?;
                return Ok(Outcome::InRows);
            };
            Some(number)
        }
    };
    let at = &context.view.entity.at;
    let call = async |forge: ForgeTurn| {
        if let Some(number) = number {
            return forge.scale_sets(at)?.register_jit(number, &row.name).await;
        }
        let labels = bootstrap::runner_labels(&context.view, &shape);
        forge.register_jit(at, JitRequest { name: row.name.clone(), group: row.runner_group.clone(), labels }).await
    };
    context
        .ask_forge(call, async |answer| match answer {
            Ok(registered) => {
                context.services.store.set_registration(runner, registered.agent_id, registered.jit).await?;
                Ok(Outcome::InRows)
            }
            Err(forge::Error::Exists) => free_name(context, &row, retry_after).await,
            Err(fault) if fault.retry() == Retry::Never && !fault.concerns_everything() => {
                // A person has to change the pool, which is noticed at once, or the forge.
                if row.failures == 0 {
                    let text = format!("{}: {}", row.set_id, describe(&fault));
                    context.services.store.add_entity_event(row.entity_id, EventLevel::Error, text).await?;
                }
                context.effect_failed(runner, describe(&fault), refused_retry_after).await?;
                Ok(Outcome::InRows)
            }
            Err(fault) => {
                context.effect_failed(runner, describe(&fault), retry_after).await?;
                Ok(Outcome::InRows)
            }
        })
        .await
}

/// Whether the forge has registered the runner is found out by the next attempt: it finds the name taken.
pub(super) async fn died(context: &EffectContext, runner: RunnerId, retry_after: Duration, fault: String) -> Result<Outcome, Error> {
    context.effect_failed(runner, fault, retry_after).await?;
    Ok(Outcome::InRows)
}

/// Frees a name that is taken at the forge, so that the runner can be registered again at once. The answer to an earlier request was lost,
/// and with it the configuration, unless another server got the answer and acts for the entity now.
async fn free_name(context: &EffectContext, row: &Runner, retry_after: Duration) -> Result<Outcome, Error> {
    context.services.store.check_lease().await?;
    if context.runner(row.id).await?.is_none_or(|row| row.agent_id.is_some()) {
        return Ok(Outcome::InRows);
    }
    let at = &context.view.entity.at;
    match context.call_forge(async |forge| remove_by_name(&forge, at, row).await).await {
        Ok(()) => {
            let fault = "the name was taken at the forge by a lost registration".to_owned();
            context.effect_failed(row.id, fault, Duration::ZERO).await?;
            Ok(Outcome::InRows)
        }
        Err(fault) => {
            context.effect_failed(row.id, describe(&fault), retry_after).await?;
            context.forge_failed(&fault).await
        }
    }
}
