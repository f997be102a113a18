//! The task of one entity: read, plan, execute, wait.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, error, error_span, info};

use super::decisions::{Changed, SetReasons, log_plan, pool, scale_set};
use super::effects::{self, EffectContext, Outcome};
use super::observations::Observations;
use super::rows::{self, new_runner};
use super::services::{Error, Services, controller_label};
use super::signals::{Bell, Ended};
use crate::crypto::random;
use crate::engine::{self, Effect, ForgeView, Planner, RowChange, RunnerSetView, Snapshot, Target};
use crate::model::{EntityId, RunnerId, RunnerSet, RunnerSetId, describe};
use crate::store::{self, EntityView, KeptView, Refresh};
use crate::time::Timestamp;

/// Runs until the entity is gone, its lease is lost, or `stop` is cancelled. Then it begins nothing more, and waits for the effects that
/// run. Dropped before that, it cuts these off, as a crash would.
pub(super) async fn reconcile(services: Services, entity: EntityId, bell: Arc<Bell>, stop: CancellationToken) -> Ended {
    let mut task = Task {
        services,
        entity,
        effects: JoinSet::new(),
        under_way: HashMap::new(),
        memory: Observations::default(),
        write_failed: false,
        set_reasons: SetReasons::default(),
        kept: None,
        planner: Planner::default(),
        compared_at: Timestamp::EPOCH,
    };
    let mut patience = Duration::ZERO;
    let ended = 'task: loop {
        let mut over = std::pin::pin!(tokio::time::sleep(patience));
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break 'task Ended::Stopped,
                Some(ended) = task.effects.join_next_with_id() => {
                    task.effect_ended(ended).await;
                    break;
                }
                // The feed tells of changes, too, that the last pass has seen: those of the effect that it followed.
                () = bell.rung() => if bell.tells_more_than(task.kept.as_ref().map(KeptView::through)) {
                    break;
                },
                () = &mut over => break,
            }
        }
        while let Some(ended) = task.effects.try_join_next_with_id() {
            task.effect_ended(ended).await;
        }
        if bell.take_unblock() {
            task.memory.unblock_forge();
        }
        if std::mem::take(&mut task.write_failed) {
            // The database is in trouble: the effect whose outcome was lost is not planned again in a hurry.
            tokio::select! {
                biased;
                () = stop.cancelled() => break Ended::Stopped,
                () = tokio::time::sleep(task.services.policy.database_retry) => {}
            }
        }
        patience = match task.pass().await {
            Ok(Some(patience)) => patience,
            Ok(None) => break Ended::Gone,
            Err(Error::Store(store::Error::Stale { .. })) => break Ended::LeaseLost,
            Err(fault) => {
                error!(entity.id = %entity, error = %describe(&fault), "planning failed; trying again");
                task.services.policy.database_retry
            }
        };
    };
    while task.effects.join_next().await.is_some() {}
    ended
}

struct Task {
    services: Services,
    entity: EntityId,
    effects: JoinSet<Result<Outcome, Error>>,
    under_way: HashMap<Id, UnderWay>,
    memory: Observations,
    /// Whether the outcome of an effect could not be written, so that the next plan had better wait a moment.
    write_failed: bool,
    set_reasons: SetReasons,
    /// The rows of the last pass.
    kept: Option<KeptView>,
    planner: Planner,
    /// When they were last compared with the database.
    compared_at: Timestamp,
}

/// An effect that runs.
struct UnderWay {
    context: EffectContext,
    effect: Effect,
    handle: AbortHandle,
}

impl Task {
    async fn effect_ended(&mut self, ended: Result<(Id, Result<Outcome, Error>), JoinError>) {
        let id = match &ended {
            Ok((id, _)) => *id,
            Err(fault) => fault.id(),
        };
        let Some(UnderWay { context, effect, .. }) = self.under_way.remove(&id) else { return };
        let outcome = match ended {
            Ok((_, outcome)) => outcome,
            Err(fault) if fault.is_cancelled() => Ok(Outcome::InRows),
            Err(fault) => {
                self.services.defects.add(format!("an effect of entity {} panicked: {fault}", self.entity));
                effects::died(&context, &effect, &fault.to_string()).await
            }
        };
        let outcome = outcome.unwrap_or_else(|fault| {
            error!(entity.id = %self.entity, error = %describe(&fault), "an effect could not be recorded; the next plan sees how far it came");
            self.write_failed = true;
            Outcome::InRows
        });
        self.memory.effect_ended(&effect.target(), outcome, self.services.clock.now(), &self.services.policy);
    }

    /// One pass: how long to wait for the next, or `None` when the entity is gone.
    async fn pass(&mut self) -> Result<Option<Duration>, Error> {
        let Some((view, is_compared)) = self.view().await? else { return Ok(None) };
        let now = self.services.clock.now();
        self.memory.look_at(&view, now, &self.services.policy);
        let snapshot = snapshot_of(&self.services, &self.memory, &view, now);
        let plan = self.planner.plan(&snapshot);
        if is_compared && plan != engine::plan(&snapshot) {
            error!(entity.id = %self.entity, "the rows that the planner keeps in memory were not those of the entity, and are read again; please report this");
            self.services.defects.add(format!("the kept planner of entity {} was wrong", self.entity));
            self.planner = Planner::default();
        }
        self.set_reasons.log_changes(&plan);
        let remarks = Changed::by(&plan, &view, &self.planner);
        remarks.log(&plan, &view);
        log_plan(&plan, &view);

        for effect in plan.effects {
            self.begin(&view, effect);
        }
        for runner in plan.ends {
            self.end_creation(runner);
        }
        // Together, so that the store can commit them as one group. A job that waits for a change does not wait for the words about it.
        let services = self.services.clone();
        let changes = plan.changes.into_iter().map(|change| change_row(&services, &view, change, now));
        let (results, explained) = futures_util::future::join(futures_util::future::join_all(changes), self.explain(remarks)).await;
        for result in results {
            result?;
        }
        explained?;
        let full_pass = self.services.policy.full_pass;
        Ok(Some(plan.wake_at.map_or(full_pass, |at| at.since(now).min(full_pass))))
    }

    /// The rows as they are now, and whether they were compared with the database; `None` when the entity is gone. Where reading or planning fails, the
    /// next pass reads all.
    async fn view(&mut self) -> Result<Option<(Arc<EntityView>, bool)>, Error> {
        let (now, period) = (self.services.clock.now(), self.services.policy.view_compared);
        let is_due = now.since(self.compared_at) >= period;
        let how = if is_due { Refresh::Compared } else { Refresh::Changed };
        let Some((kept, wrong)) = self.services.store.refresh_view(self.entity, self.kept.take(), how).await? else { return Ok(None) };
        if is_due {
            self.compared_at = now;
        }
        if let Some(wrong) = wrong {
            error!(entity.id = %self.entity, "the rows that are kept in memory were not those of the database, and are read again; please report this");
            self.services.defects.add(format!("the kept view of entity {} was wrong: {wrong}", self.entity));
        }
        let view = Arc::clone(kept.rows());
        self.kept = Some(kept);
        Ok(Some((view, is_due)))
    }

    /// Records why, where it differs from what was recorded before.
    async fn explain(&mut self, changed: Changed) -> Result<(), Error> {
        if !changed.is_empty() {
            if let Some(kept) = &mut self.kept {
                kept.doubt(changed.jobs.iter().map(|remark| remark.job), changed.runners.iter().map(|remark| remark.runner));
            }
            self.services.store.set_reasons(changed.jobs, changed.runners).await?;
        }
        Ok(())
    }

    /// Begins an effect; its outcome is taken in when it has ended.
    fn begin(&mut self, view: &Arc<EntityView>, effect: Effect) {
        let target = effect.target();
        let context = EffectContext { services: self.services.clone(), view: Arc::clone(view) };
        let span = error_span!("effect", target = %target);
        self.memory.in_flight.insert(target);
        let (with, doing) = (context.clone(), effect.clone());
        let task = async move {
            match tokio::time::timeout(with.services.policy.deadline(&doing), effects::run(&with, doing.clone())).await {
                Ok(outcome) => outcome,
                Err(_) => effects::died(&with, &doing, "it did not end in time").await,
            }
        };
        let handle = self.effects.spawn(task.instrument(span));
        self.under_way.insert(handle.id(), UnderWay { context, effect, handle });
    }

    /// Cuts off the call that makes a runner's machine.
    fn end_creation(&self, runner: RunnerId) {
        let creation = Target::Creation(runner);
        self.under_way.values().filter(|running| running.effect.target() == creation).for_each(|running| running.handle.abort());
    }
}

/// Everything the planner may see: the rows, and what was observed last.
pub(super) fn snapshot_of(services: &Services, memory: &Observations, view: &EntityView, now: Timestamp) -> Snapshot {
    let of_pools = view.pools.iter().map(|pool| (RunnerSet::from(pool), None));
    let of_scale_sets = view.scale_sets.iter().map(|set| (RunnerSet::from(set), Some(set.demand)));
    let sets = of_pools.chain(of_scale_sets).map(|(set, service)| {
        let facts = services.providers.get(&set.provider);
        RunnerSetView {
            provider_configured: facts.is_some(),
            // A service registers in no other way.
            jit: service.is_some() || facts.is_some_and(|facts| facts.jit),
            service,
            machines_blocked: memory.machines_blocked.get(&set.id).map(|(at, fault, _)| (*at, fault.clone())),
            machines: memory.machines.get(&set.id).cloned(),
            offers: view.versions.offered_for(set.os_type, set.os_arch),
            set,
        }
    });
    let credentials = services.credentials(view);
    Snapshot {
        now,
        seed: random::seed(),
        policy: services.policy.clone(),
        entity_id: view.entity.id,
        balancer: view.entity.balancer,
        controller_label: controller_label(view.controller.id),
        minimum_job_age_backoff: view.controller.minimum_job_age_backoff,
        urls_known: !view.controller.callback_url.is_empty() && !view.controller.metadata_url.is_empty(),
        forge: ForgeView {
            blocked: memory.forge_blocked.clone(),
            tools_at: view.tools_at,
            runners: memory.forge_runners.clone(),
            budget: services.budget(credentials).map(|budget| match memory.budget_pause.filter(|until| *until > now) {
                Some(until) => (credentials.name.clone(), budget.not_before(until)),
                None => (credentials.name.clone(), budget),
            }),
            registered: view.registered.clone(),
            retires: view.versions.asked.iter().filter_map(|(version, known)| Some((*version, known.retires_at?))).collect(),
        },
        sets: sets.collect(),
        runners: Arc::clone(&view.runners),
        jobs: view.jobs.iter().filter(|job| job.service.is_none()).cloned().collect(),
        assigned: view.jobs.iter().filter(|job| job.service.is_some()).cloned().collect(),
        lost: view.lost.clone(),
        jobs_checked: memory.jobs_checked.clone(),
        jobs_unshown: memory.jobs_unshown.clone(),
        orphans_left: memory.orphans_left(),
        gone: memory.gone.clone(),
        in_flight: memory.in_flight.clone(),
    }
}

/// Changes rows, as the plan says.
pub(super) async fn change_row(services: &Services, view: &EntityView, change: RowChange, now: Timestamp) -> Result<(), Error> {
    let store = &services.store;
    match change {
        RowChange::CreateRunner(new) => {
            let Some(set) = view.runner_set(new.set) else { return Ok(()) };
            let runner = new_runner(&new, &set, now, &view.controller.callback_url, &view.controller.metadata_url);
            match store.insert_runner(runner, new.job.map(|(job, _)| job)).await {
                Ok(true) => {}
                // Another entity claimed the job, or others filled the runner set: the next plan sees it.
                Ok(false) | Err(store::Error::Full { .. }) => {
                    let (pool, scale_set) = (pool(set.id), scale_set(set.id));
                    info!(runner.name = %new.name, pool.id = pool, scale_set.id = scale_set, "runner not wanted any more");
                }
                Err(fault) => return Err(fault.into()),
            }
        }
        RowChange::ReleaseJob { job } => store.release_job(job, view.entity.id).await?,
        RowChange::Promise { set, capacity } => match set {
            RunnerSetId::ScaleSet(id) => store.promise_runners(id, capacity).await?,
            RunnerSetId::Pool(_) => {}
        },
        RowChange::NoteLoss { job, loss } => store.note_loss(job, view.entity.id, loss).await?,
        RowChange::AdoptMachine { runner, machine } => {
            rows::machine_found(store, runner, machine).await?;
        }
        RowChange::AbandonCreate { runner, retry_after } => {
            let fault = "the server stopped while the machine was being made, and the provider does not have it".to_owned();
            // The machine may have been there and gone again: the pool pays for that.
            rows::create_failed(store, runner, None, fault, true, now.after(retry_after)).await?;
        }
        RowChange::SetRunnerStatus { runner, status } => rows::set_runner_status(store, runner, status).await?,
        RowChange::ProveRunner { runner } => rows::stayed(store, runner).await?,
        RowChange::KeepFailed { runner, until, timed_out } => rows::keep(store, runner, until, timed_out).await?,
        RowChange::KeepIgnored { runner, until } => rows::keep_ignored(store, runner, until).await?,
        RowChange::MarkForDeletion { runner, reason } => {
            rows::mark_for_deletion(store, runner, reason).await?;
        }
    }
    Ok(())
}
