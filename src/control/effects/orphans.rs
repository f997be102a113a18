//! `RemoveForgeOrphan` and `RemoveMachineOrphan`: remove what carries our mark and has no row.

use tracing::warn;

use super::context::EffectContext;
use super::deregister::{deregistration, remove_of_service};
use super::outcome::Outcome;
use super::provider::Purpose;
use crate::control::services::{Error, ForgeTurn};
use crate::model::{RunnerName, RunnerSetId, describe};

pub(super) async fn run_forge(context: &EffectContext, agent_id: i64, name: RunnerName) -> Result<Outcome, Error> {
    let at = &context.view.entity.at;
    let call = async |forge: ForgeTurn| {
        let of_service = !context.view.scale_sets.is_empty();
        let removed = match if of_service { remove_of_service(&forge, at, &name).await } else { Ok(false) } {
            Ok(false) => forge.remove_runner(at, agent_id).await,
            answer => answer.map(drop),
        };
        deregistration(removed)
    };
    context
        .ask_forge(call, async |answer| {
            Ok(match answer {
                // A runner that works is left to finish; the next lists show whether it is still there.
                Ok(_) => Outcome::OrphanRemoved { name: name.clone(), at: context.now() },
                Err(_) => Outcome::OrphanStays,
            })
        })
        .await
}

/// The forge is blocked for a while: no row with a backoff stands behind an orphan.
pub(super) fn died_forge(fault: String) -> Outcome {
    Outcome::ForgeBlocked { until: None, fault }
}

pub(super) async fn run_machine(context: &EffectContext, set: RunnerSetId, provider_id: &str, name: RunnerName) -> Result<Outcome, Error> {
    let Some(provider) = context.provider(set) else { return Ok(Outcome::InRows) };
    // A provider that lists machines of other pools must not cost those pools their machines.
    if context.services.store.find_runner_by_name(&name).await?.is_some() {
        return Ok(Outcome::OrphanRemoved { name, at: context.now() });
    }
    match provider.delete(provider_id, Purpose::Removal).await {
        Ok(()) => Ok(Outcome::OrphanRemoved { name, at: context.now() }),
        Err(Error::Provider(fault)) => {
            let fault = describe(&fault);
            warn!(runner.name = %name, provider = %provider.shape.provider, error = %fault, "the provider could not remove an orphan");
            Ok(Outcome::OrphanStays)
        }
        Err(fault) => Err(fault),
    }
}
