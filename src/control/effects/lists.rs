//! `ListForgeRunners` and `ListMachines`: what forge and provider say is there.

use std::collections::BTreeSet;

use tracing::warn;

use super::context::EffectContext;
use super::outcome::Outcome;
use crate::control::decisions::{pool, scale_set};
use crate::control::places::{self, Looked};
use crate::control::rows;
use crate::control::services::{Error, ForgeTurn, controller_label};
use crate::forge;
use crate::model::{ForgeRunner, RunnerSetId, RunnerStatus, first_line};

pub(super) async fn run_forge(context: &EffectContext) -> Result<Outcome, Error> {
    let at = context.now();
    let call = async |forge: ForgeTurn| list_all(context, &forge).await;
    context
        .ask_forge(call, async |answer| match answer {
            // Not to be believed if something else has the entity's name: runners would go under their jobs.
            Ok(runners) if has_none_of_ours(context, &runners) => match places::look_up(&context.services, context.view.entity.id).await? {
                Looked::Same => Ok(Outcome::ForgeRunners { at, runners }),
                Looked::Moved => Ok(Outcome::InRows),
                Looked::Unknown => Ok(Outcome::ForgeBlocked { until: None, fault: NOT_THE_SAME.into() }),
            },
            Ok(runners) => {
                learn_numbers(context, &runners).await?;
                learn_versions(context, &runners).await?;
                Ok(Outcome::ForgeRunners { at, runners })
            }
            Err(fault) => context.list_failed(&fault).await,
        })
        .await
}

/// The forge's runners, with those of the service of scale sets. The service alone knows which scale set a runner is of: those of ours carry our mark.
/// One of another scale set is left out unless it works: if it is ours, its scale set was removed and made again, and it gets no job any more.
async fn list_all(context: &EffectContext, forge: &ForgeTurn) -> Result<Vec<ForgeRunner>, forge::Error> {
    let view = &context.view;
    let mut runners = forge.list_runners(&view.entity.at).await?;
    if view.scale_sets.is_empty() {
        return Ok(runners);
    }
    let ours: BTreeSet<_> = view.scale_sets.iter().filter_map(|set| set.service_id).collect();
    let mark = controller_label(view.controller.id);
    for listed in forge.scale_sets(&view.entity.at)?.list_runners().await? {
        let Some(set) = listed.scale_set_id else { continue };
        let is_ours = ours.contains(&set);
        runners.retain(|runner| runner.name != listed.runner.name || (!is_ours && listed.runner.busy));
        if !is_ours {
            continue;
        }
        let mut runner = listed.runner;
        runner.labels.push(mark.clone());
        runners.push(runner);
    }
    Ok(runners)
}

const NOT_THE_SAME: &str = "the forge lists none of the runners that are connected, and does not say whether the name still means the same; \
     look whether it was transferred, and whether the credentials may see it. If it was made anew, remove its runners by force";

/// Whether runners of ours are connected, as far as is known, and the forge lists none of them.
fn has_none_of_ours(context: &EffectContext, listed: &[ForgeRunner]) -> bool {
    let is_connected = |status| matches!(status, RunnerStatus::Idle | RunnerStatus::Active);
    let mut ours = context.view.runners.iter().filter(|runner| is_connected(runner.runner_status)).peekable();
    ours.peek().is_some() && !ours.any(|own| listed.iter().any(|runner| runner.name == own.name))
}

/// Keeps the numbers of runners that registered themselves. What their machines told of that is not believed.
async fn learn_numbers(context: &EffectContext, listed: &[ForgeRunner]) -> Result<(), Error> {
    for own in context.view.runners.iter().filter(|own| own.token_fetched && own.agent_id.is_none()) {
        let Some(found) = listed.iter().find(|runner| runner.name == own.name) else { continue };
        rows::found_at_forge(&context.services.store, own.id, found.agent_id).await?;
    }
    Ok(())
}

/// Keeps the versions that runners turned out to have: an image can bring its own.
async fn learn_versions(context: &EffectContext, listed: &[ForgeRunner]) -> Result<(), Error> {
    for own in context.view.runners.iter().filter(|own| !own.runner_status.is_terminal()) {
        let version = listed.iter().find(|runner| runner.name == own.name).and_then(|runner| runner.version);
        if let Some(version) = version.filter(|version| own.reported != Some(*version)) {
            rows::version_listed(&context.services.store, own.id, version).await?;
        }
    }
    Ok(())
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
            warn!(pool.id = pool(set), scale_set.id = scale_set(set), provider = %provider.shape.provider, error = %first_line(&fault), "the provider could not list its machines");
            Outcome::MachinesUnknown { set, fault }
        }
    })
}

/// A list that was not answered is not asked for again for a while.
pub(super) fn died_machines(set: RunnerSetId, fault: String) -> Outcome {
    Outcome::MachinesUnknown { set, fault }
}
