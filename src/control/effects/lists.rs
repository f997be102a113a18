//! `ListForgeRunners` and `ListMachines`: what forge and provider say is there.

use tracing::warn;

use super::context::EffectContext;
use super::outcome::Outcome;
use crate::control::services::{Error, ForgeTurn};
use crate::model::RunnerSetId;

pub(super) async fn run_forge(context: &EffectContext) -> Result<Outcome, Error> {
    let at = context.now();
    let call = async |forge: ForgeTurn| forge.list_runners(&context.view.entity.at).await;
    context
        .ask_forge(call, async |answer| match answer {
            Ok(runners) => Ok(Outcome::ForgeRunners { at, runners }),
            Err(fault) => context.list_failed(&fault).await,
        })
        .await
}

/// A list that was not answered blocks the forge for a while.
pub(super) fn died_forge(fault: String) -> Outcome {
    Outcome::ForgeBlocked { until: None, fault }
}

pub(super) async fn run_machines(context: &EffectContext, set: RunnerSetId) -> Result<Outcome, Error> {
    let Some(provider) = context.provider(set) else { return Ok(Outcome::InRows) };
    Ok(match provider.list().await {
        Ok((at, machines)) => Outcome::Machines { set, at, machines },
        Err(fault) => {
            let fault = fault.fault();
            warn!(pool.id = %provider.pool.id, provider = %provider.pool.provider, error = %fault, "the provider could not list its machines");
            Outcome::MachinesUnknown { set, fault }
        }
    })
}

/// A list that was not answered is not asked for again for a while.
pub(super) fn died_machines(set: RunnerSetId, fault: String) -> Outcome {
    Outcome::MachinesUnknown { set, fault }
}
