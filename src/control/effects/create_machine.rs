//! `CreateMachine`: has the provider make the machine of a runner.

use std::time::Duration;

use tracing::{info, warn};

use super::context::EffectContext;
use super::outcome::Outcome;
use super::provider::machine;
use crate::control::services::Error;
use crate::control::{bootstrap, rows};
use crate::model::{EventLevel, RunnerId, describe, first_line};
use crate::provider::CreatedInstance;
use crate::store;

pub(super) async fn run(
    context: &EffectContext,
    runner: RunnerId,
    within: Duration,
    deadline_after: Duration,
    retry_after: Duration,
) -> Result<Outcome, Error> {
    let store = &context.services.store;
    let planned = context.view.runners.iter().find(|row| row.id == runner);
    let Some(provider) = planned.and_then(|row| context.provider(row.set_id)) else { return Ok(Outcome::InRows) };
    let shape = &provider.shape;
    // The row says `creating` only while a call runs: an effect that waits for its turn has not begun.
    let _turn = provider.facts.create_turn().await;
    let deadline = context.after(deadline_after);
    let version = context.view.versions.offered_for(shape.os_type, shape.os_arch);
    let Some(row) = rows::begin_create(store, runner, shape.generation, version, deadline).await? else { return Ok(Outcome::InRows) };

    let made_for = context.view.jobs.iter().find(|job| Some(job.workflow_job_id) == row.made_for);
    if let Some(job) = made_for.filter(|_| row.create_attempt == 0) {
        context.services.metrics.machine_wanted(context.now().since(job.created_at));
    }

    let bootstrap = match bootstrap::bootstrap(&context.services, &context.view, shape, &row).await {
        Ok(bootstrap) => bootstrap,
        // What the row itself makes impossible is a failed attempt.
        Err(Error::Store(fault)) if !matches!(fault, store::Error::Sealed { .. }) => return Err(fault.into()),
        Err(fault) => {
            rows::create_failed(store, runner, None, describe(&fault), false, context.after(retry_after)).await?;
            return Ok(Outcome::InRows);
        }
    };
    info!(runner.name = %row.name, provider = %shape.provider, attempt = row.create_attempt + 1, "asking the provider for the machine");
    match provider.facts.provider.create_instance(&provider.context, &bootstrap, within).await {
        Ok(CreatedInstance { instance, stderr }) if instance.status == "error" => {
            let fault = match (instance.provider_fault.trim(), stderr.trim()) {
                ("", "") => "the provider reports an error and says no more".to_owned(),
                ("", text) | (text, _) => text.to_owned(),
            };
            warn!(runner.name = %row.name, provider = %shape.provider, error = %first_line(&fault), "the provider made a machine that does not work");
            rows::create_failed(store, runner, Some(instance.provider_id), fault, false, context.after(retry_after)).await?;
        }
        Ok(CreatedInstance { instance, stderr }) => {
            rows::machine_made(store, runner, machine(instance)).await?;
            if !stderr.trim().is_empty() {
                let message = format!("the provider said while it made the machine:\n{}", stderr.trim());
                store.add_runner_message(runner, EventLevel::Info, message).await?;
            }
        }
        Err(fault) => {
            warn!(runner.name = %row.name, provider = %shape.provider, error = %first_line(&describe(&fault)), "the provider could not make the machine");
            rows::create_failed(store, runner, None, fault.fault(), fault.may_have_made(), context.after(retry_after)).await?;
        }
    }
    Ok(Outcome::InRows)
}

/// The attempt has failed, though the machine may have been made all the same.
pub(super) async fn died(context: &EffectContext, runner: RunnerId, retry_after: Duration, fault: String) -> Result<Outcome, Error> {
    rows::create_failed(&context.services.store, runner, None, fault, true, context.after(retry_after)).await?;
    Ok(Outcome::InRows)
}
