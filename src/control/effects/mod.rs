//! Executes effects: one call to the forge or to a provider each, with its outcome written down. One file for each effect, or pair of them.
//!
//! The intent is a row already. Each effect reads its row again before it begins, because the plan may be a moment old, and writes
//! its outcome in one transaction. An error returned from here means that the *database* failed; failures of forge and provider
//! are outcomes.
//!
//! Each effect has two functions: `run`, and `died` for an effect that panicked or exceeded its deadline, whose call may or may not have
//! succeeded. The lists and what carries our mark without a row share the one of their side.

mod check_job;
mod context;
mod create_machine;
mod delete_machine;
mod deregister;
mod lists;
mod orphans;
mod outcome;
mod provider;
mod register;
mod rerun_job;
mod retry_create;
mod runner_groups;
mod tools;

use tracing::error;

use super::services::Error;
use crate::engine::Effect;

pub(crate) use context::EffectContext;
pub(crate) use deregister::remove_runner;
pub(crate) use outcome::Outcome;

/// Executes an effect.
pub(crate) async fn run(context: &EffectContext, effect: Effect) -> Result<Outcome, Error> {
    match effect {
        Effect::Register { runner, retry_after, refused_retry_after } => {
            register::run(context, runner, retry_after, refused_retry_after).await
        }
        Effect::CreateMachine { runner, within, deadline_after, retry_after } => {
            create_machine::run(context, runner, within, deadline_after, retry_after).await
        }
        Effect::RetryCreate { runner, retry_after } => retry_create::run(context, runner, retry_after).await,
        Effect::Deregister { runner, retry_after } => deregister::run(context, runner, retry_after).await,
        Effect::DeleteMachine { runner, retry_after, look_again_after } => {
            delete_machine::run(context, runner, retry_after, look_again_after).await
        }
        Effect::CheckJob { job } => check_job::run(context, job).await,
        Effect::RerunJob { job, retry_after } => rerun_job::run(context, job, retry_after).await,
        Effect::ListForgeRunners => lists::run_forge(context).await,
        Effect::RefreshTools => tools::run(context).await,
        Effect::ListMachines { set } => lists::run_machines(context, set).await,
        Effect::RemoveForgeOrphan { agent_id, name } => orphans::run_forge(context, agent_id, name).await,
        Effect::RemoveMachineOrphan { set, provider_id, name } => orphans::run_machine(context, set, &provider_id, name).await,
    }
}

/// Records that an effect ended without saying how.
pub(crate) async fn died(context: &EffectContext, effect: &Effect, why: &str) -> Result<Outcome, Error> {
    error!(entity.id = %context.view.entity.id, effect = ?effect, error = why, "an effect failed unexpectedly");
    let fault = format!("failed unexpectedly: {why}");
    match effect {
        Effect::Register { runner, retry_after, .. } => register::died(context, *runner, *retry_after, fault).await,
        Effect::CreateMachine { runner, retry_after, .. } => create_machine::died(context, *runner, *retry_after, fault).await,
        Effect::RetryCreate { runner, retry_after } => retry_create::died(context, *runner, *retry_after, fault).await,
        Effect::Deregister { runner, retry_after } => deregister::died(context, *runner, *retry_after, fault).await,
        Effect::DeleteMachine { runner, retry_after, .. } => delete_machine::died(context, *runner, *retry_after, fault).await,
        Effect::CheckJob { job } => Ok(check_job::died(context, *job, fault)),
        Effect::RerunJob { job, retry_after } => rerun_job::died(context, *job, *retry_after, fault).await,
        Effect::ListForgeRunners => Ok(lists::died_forge(fault)),
        Effect::RefreshTools => Ok(tools::died(fault)),
        Effect::ListMachines { set } => Ok(lists::died_machines(*set, fault)),
        Effect::RemoveForgeOrphan { .. } => Ok(orphans::died_forge(fault)),
        Effect::RemoveMachineOrphan { .. } => Ok(Outcome::OrphanStays),
    }
}
