//! `RefreshTools`: fetches the list of runner downloads from the forge, and asks until when it serves the versions in use.

use std::collections::BTreeSet;

use tracing::{debug, warn};

use super::context::EffectContext;
use super::outcome::Outcome;
use crate::control::places;
use crate::control::services::{Error, ForgeTurn};
use crate::forge;
use crate::model::{EventLevel, OfferedVersion, OsArch, OsType, RetirementStage, RunnerTool, RunnerVersion, RunnerVersions};

/// How many versions are asked about after one list. There are seldom more than two; the others come next time.
const ASKED_AT_ONCE: usize = 4;

pub(super) async fn run(context: &EffectContext) -> Result<Outcome, Error> {
    let entity = &context.view.entity;
    let call = async |forge: ForgeTurn| {
        let tools = forge.list_tools(&entity.at).await?;
        let mut versions = context.view.versions.clone();
        versions.offered = offered(context, &tools)?;
        ask(context, &forge, &mut versions).await;
        Ok((tools, versions))
    };
    context
        .ask_forge(call, async |answer| match answer {
            Ok((tools, mut versions)) => {
                let told: Vec<_> = versions.to_tell(context.now()).into_iter().map(|told| tell(context, &versions, told)).collect();
                context.services.store.set_tools(entity.id, tools, versions, told).await?;
                // Where something else has its name, only its number shows that.
                places::look_up(&context.services, entity.id).await?;
                Ok(Outcome::InRows)
            }
            Err(fault) => context.list_failed(&fault).await,
        })
        .await
}

/// The versions that machines install from now on, by system.
fn offered(context: &EffectContext, tools: &[RunnerTool]) -> Result<Vec<OfferedVersion>, forge::Error> {
    let family = forge::family(&context.view.endpoint)?;
    let systems = OsType::ALL.iter().flat_map(|os| OsArch::ALL.iter().map(|arch| (*os, *arch)));
    let of_system = |(os_type, os_arch)| {
        let version = RunnerVersion::in_file_name(&family.find_tool(tools, os_type, os_arch)?.filename)?;
        Some(OfferedVersion { os_type, os_arch, version })
    };
    Ok(systems.filter_map(of_system).collect())
}

/// Asks about the versions in use that the forge was not asked about lately. One that it does not say anything about is asked for again next time:
/// the list of downloads counts all the same.
async fn ask(context: &EffectContext, forge: &ForgeTurn, versions: &mut RunnerVersions) {
    let of_runners = context.view.runners.iter().filter_map(|runner| runner.version());
    let of_pools = context.view.pools.iter().filter_map(|pool| versions.offered_for(pool.os_type, pool.os_arch));
    let in_use: BTreeSet<RunnerVersion> = of_pools.chain(of_runners).collect();
    let now = context.now();
    for version in versions.due(&in_use, now).into_iter().take(ASKED_AT_ONCE) {
        match forge.retirement(&context.view.entity.at, version).await {
            Ok(retires_at) => versions.answered(version, now, retires_at),
            Err(fault) => {
                debug!(runner.version = %version, %fault, "the forge does not say until when it serves the version");
                return;
            }
        }
    }
}

/// What people are told of the end of a version, which is near or over.
fn tell(
    context: &EffectContext,
    versions: &RunnerVersions,
    (version, stage, at): (RunnerVersion, RetirementStage, crate::time::Timestamp),
) -> (EventLevel, String) {
    let pools = context.view.pools.iter().filter(|pool| versions.offered_for(pool.os_type, pool.os_arch) == Some(version));
    let pools: Vec<String> = pools.map(|pool| pool.id.to_string()).collect();
    let concerned = match pools[..] {
        [] => "no pool installs it, but runners have it: look for an image that brings its own".to_owned(),
        _ => format!("these pools install it until the forge offers a newer one: {}", pools.join(", ")),
    };
    let (level, told) = match stage {
        RetirementStage::Near => {
            (EventLevel::Warning, format!("from {at} on the forge gives no jobs to runners of version {version}; {concerned}"))
        }
        RetirementStage::Over => (
            EventLevel::Error,
            format!("since {at} the forge gives no jobs to runners of version {version}, and none is made; {concerned}"),
        ),
    };
    warn!(entity.id = %context.view.entity.id, runner.version = %version, retires_at = %at, "{told}");
    (level, told)
}

/// A list that was not answered blocks the forge for a while.
pub(super) fn died(fault: String) -> Outcome {
    Outcome::ForgeBlocked { until: None, fault }
}
