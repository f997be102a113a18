//! `RerunJob`: has a job run again that lost its machine, if the forge's words about it agree with the evidence.
//!
//! The intent is a row before the forge is asked. A server that is killed, or that gets no answer, looks first whether the forge has begun
//! another attempt.

use std::time::Duration;

use tracing::{info, warn};

use super::context::EffectContext;
use super::outcome::Outcome;
use crate::control::services::{Error, ForgeTurn};
use crate::forge;
use crate::model::{
    CallKind, EventLevel, ForgeJob, ForgeRun, Importance, JobId, Loss, LostJob, Rerun, RerunEvidence, RerunLimits, RerunVerdict,
    RunnerSetId, describe,
};

pub(super) async fn run(context: &EffectContext, job: JobId, retry_after: Duration) -> Result<Outcome, Error> {
    let Some((lost, past)) = context.services.store.find_lost_job(job, context.view.entity.id).await? else { return Ok(Outcome::InRows) };
    let limits = limits(context, lost.loss.set);
    // Where it is switched off, the forge is asked only for what was begun before.
    let is_asked = matches!(lost.loss.rerun, Rerun::Asked { .. });
    let Looked { job: told, run, unshown } = if limits.per_run == 0 && !is_asked {
        Looked::default()
    } else {
        match look(context, &lost).await {
            Ok(answers) => answers,
            Err(fault) => {
                wait(context, &lost, retry_after, describe(&fault)).await?;
                return context.forge_failed(&fault).await;
            }
        }
    };
    let evidence = RerunEvidence { lost: &lost, job: told.as_ref(), run: run.as_ref(), past, limits, now: context.now() };
    match evidence.decide() {
        RerunVerdict::Ask { attempt } => ask(context, &lost, attempt, limits, retry_after).await,
        RerunVerdict::Wait(what) => {
            let said = unshown.map(|said| format!(": {said}")).unwrap_or_default();
            wait(context, &lost, retry_after, format!("{what}{said}")).await
        }
        RerunVerdict::Done { attempt } => end(context, &lost, Rerun::Done { at: context.now(), attempt }).await,
        RerunVerdict::Leave(because) => end(context, &lost, Rerun::Left { at: context.now(), because }).await,
    }
}

/// The effect ended without saying how.
pub(super) async fn died(context: &EffectContext, job: JobId, retry_after: Duration, fault: String) -> Result<Outcome, Error> {
    match context.services.store.find_lost_job(job, context.view.entity.id).await? {
        Some((lost, _)) => wait(context, &lost, retry_after, fault).await,
        None => Ok(Outcome::InRows),
    }
}

/// The limits for a machine of this pool. That of a pool that is gone is the entity's.
fn limits(context: &EffectContext, set: RunnerSetId) -> RerunLimits {
    let of_entity = context.view.entity.rerun;
    let of_pool = context.view.pools.iter().find(|known| RunnerSetId::Pool(known.id) == set).and_then(|pool| pool.rerun_lost);
    RerunLimits { per_run: of_pool.unwrap_or(of_entity.per_run), ..of_entity }
}

/// What the forge shows of a job and its run.
#[derive(Default)]
struct Looked {
    job: Option<ForgeJob>,
    run: Option<ForgeRun>,
    /// Its words, where it does not show one of them.
    unshown: Option<String>,
}

/// Asks the forge about the job and its run. A fault is one of all calls.
async fn look(context: &EffectContext, lost: &LostJob) -> Result<Looked, forge::Error> {
    let (owner, repository) = context.repository_of(&lost.job);
    let ask = async |forge: ForgeTurn| {
        let mut unshown = None;
        let job = shown(forge.find_job(owner, repository, lost.job.workflow_job_id).await, &mut unshown)?;
        let run = shown(forge.find_run(owner, repository, lost.job.run_id).await, &mut unshown)?;
        Ok(Looked { job, run, unshown })
    };
    context.call_forge(ask).await
}

/// What the forge shows. Where it shows nothing, the words of the first such answer are kept.
fn shown<T>(answer: Result<T, forge::Error>, unshown: &mut Option<String>) -> Result<Option<T>, forge::Error> {
    let fault = match answer {
        Ok(shown) => return Ok(Some(shown)),
        Err(fault) => fault,
    };
    let said = fault.of_one().ok_or(fault)?;
    unshown.get_or_insert(said);
    Ok(None)
}

/// Writes down the intent, and asks the forge.
async fn ask(context: &EffectContext, lost: &LostJob, attempt: i64, limits: RerunLimits, retry_after: Duration) -> Result<Outcome, Error> {
    let (store, entity) = (&context.services.store, context.view.entity.id);
    if let Err(fault) = context.services.may_call(&context.view, Importance::Act, CallKind::Write) {
        wait(context, lost, retry_after, describe(&fault)).await?;
        return Ok(Outcome::BudgetSpent);
    }
    let again_at = context.after(retry_after);
    let asked = lost.loss.clone().asked(context.now(), attempt, again_at);
    if !store.begin_rerun(lost.job.id, entity, limits, asked.clone()).await? {
        return wait(context, lost, retry_after, "another job of its run, or of the entity".to_owned()).await;
    }
    let (owner, repository) = context.repository_of(&lost.job);
    let answer = context.call_forge(async |forge: ForgeTurn| forge.rerun_job(owner, repository, lost.job.workflow_job_id).await).await;
    let Err(fault) = answer else {
        return end(context, lost, Rerun::Done { at: context.now(), attempt: attempt + 1 }).await;
    };
    let words = match &fault {
        forge::Error::Forbidden { words, .. } => {
            format!("a run that is over, and the permission Actions, read and write: the forge refuses (403{words})")
        }
        forge::Error::NotFound { .. }
        | forge::Error::Refused { .. }
        | forge::Error::Redirected { .. }
        | forge::Error::Unauthorized { .. }
        | forge::Error::RateLimited { .. }
        | forge::Error::BudgetSpent { .. } => describe(&fault),
        // It is not known whether the forge has heard. The next look shows it.
        _ if fault.of_one().is_some() => {
            let unclear = Loss { waits_for: format!("the answer of the forge: {}", describe(&fault)), ..asked };
            store.set_loss(lost.job.id, entity, unclear, None).await?;
            return Ok(Outcome::InRows);
        }
        _ => return context.forge_failed(&fault).await,
    };
    warn!(job.workflow_job_id = lost.job.workflow_job_id, error = %describe(&fault), "the forge does not run a job again that lost its machine");
    store.set_loss(lost.job.id, entity, asked.refused(again_at, words), None).await?;
    match fault.of_one() {
        // That is about this job, or about this one permission.
        Some(_) => Ok(Outcome::InRows),
        None => context.forge_failed(&fault).await,
    }
}

async fn wait(context: &EffectContext, lost: &LostJob, retry_after: Duration, waits_for: String) -> Result<Outcome, Error> {
    let later = lost.loss.clone().later(context.after(retry_after), waits_for);
    context.services.store.set_loss(lost.job.id, context.view.entity.id, later, None).await?;
    Ok(Outcome::InRows)
}

async fn end(context: &EffectContext, LostJob { job, loss }: &LostJob, rerun: Rerun) -> Result<Outcome, Error> {
    let loss = loss.clone().ended(rerun);
    let told = format!("job {} ({}) of {}/{}: {loss}", job.name, job.workflow_job_id, job.repository_owner, job.repository_name);
    info!(job.workflow_job_id = job.workflow_job_id, "{told}");
    let (outcome, level) = match rerun {
        Rerun::Left { because, .. } => (because.as_str(), because.is_notable().then_some(EventLevel::Warning)),
        Rerun::Waits | Rerun::Asked { .. } | Rerun::Done { .. } => ("rerun", Some(EventLevel::Info)),
    };
    let told = level.map(|level| (level, told));
    context.services.store.set_loss(job.id, context.view.entity.id, loss, told).await?;
    context.services.metrics.job_lost(outcome);
    Ok(Outcome::InRows)
}
