//! The task of one entity: read, plan, execute, wait.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, error, error_span, info};

use super::decisions::{Changed, PoolReasons, log_action};
use super::execute::{Subject, execute, failed_unexpectedly};
use super::observations::{Lesson, Observations};
use super::rows::{self, new_runner};
use super::signals::{Bell, Ended};
use super::world::{Error, World, controller_label};
use crate::crypto::random;
use crate::engine::{self, Action, ForgeView, Plan, PoolView, Snapshot, Target};
use crate::model::{EntityId, describe};
use crate::store::{self, EntityView};
use crate::time::Timestamp;

/// How long a task sleeps at most: a full pass that finds what no bell told, should one ever be missed.
const FULL_PASS: Duration = Duration::from_mins(1);
/// Wait after the database failed.
const AFTER_FAULT: Duration = Duration::from_secs(1);

/// Runs until the entity is gone, its lease is lost, or `stop` is cancelled; then it begins nothing more and waits for what is under way.
/// Dropped before that, it cuts off what is under way, as a crash would.
pub(super) async fn reconcile(world: World, entity: EntityId, bell: Arc<Bell>, stop: CancellationToken) -> Ended {
    let mut task = Task {
        world,
        entity,
        effects: JoinSet::new(),
        under_way: HashMap::new(),
        memory: Observations::default(),
        pool_reasons: PoolReasons::default(),
    };
    let mut patience = Duration::ZERO;
    let ended = loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => break Ended::Stopped,
            Some(ended) = task.effects.join_next_with_id() => task.effect_ended(ended).await,
            () = bell.rung_within(patience) => {}
        }
        while let Some(ended) = task.effects.try_join_next_with_id() {
            task.effect_ended(ended).await;
        }
        if bell.take_unblock() {
            task.memory.unblock_forge();
        }
        if task.memory.take_rest() {
            // The database is in trouble: what could not be written down is not tried again in a hurry.
            tokio::select! {
                biased;
                () = stop.cancelled() => break Ended::Stopped,
                () = tokio::time::sleep(AFTER_FAULT) => {}
            }
        }
        patience = match task.pass().await {
            Ok(Some(patience)) => patience,
            Ok(None) => break Ended::Gone,
            Err(Error::Store(store::Error::Stale { .. })) => break Ended::LeaseLost,
            Err(fault) => {
                error!(entity.id = %entity, error = %describe(&fault), "planning failed; trying again");
                AFTER_FAULT
            }
        };
    };
    while task.effects.join_next().await.is_some() {}
    ended
}

struct Task {
    world: World,
    entity: EntityId,
    effects: JoinSet<Result<Lesson, Error>>,
    under_way: HashMap<Id, UnderWay>,
    memory: Observations,
    pool_reasons: PoolReasons,
}

/// An effect that runs.
struct UnderWay {
    subject: Subject,
    action: Action,
    handle: AbortHandle,
}

impl Task {
    async fn effect_ended(&mut self, ended: Result<(Id, Result<Lesson, Error>), JoinError>) {
        let id = match &ended {
            Ok((id, _)) => *id,
            Err(fault) => fault.id(),
        };
        let Some(UnderWay { subject, action, .. }) = self.under_way.remove(&id) else { return };
        let lesson = match ended {
            Ok((_, lesson)) => lesson,
            Err(fault) if fault.is_cancelled() => Ok(Lesson::None),
            Err(fault) => {
                self.world.panics.add();
                failed_unexpectedly(&subject, &action, &fault.to_string()).await
            }
        };
        let lesson = lesson.unwrap_or_else(|fault| {
            error!(entity.id = %self.entity, error = %describe(&fault), "an effect could not be recorded; the next plan sees how far it came");
            self.memory.rest();
            Lesson::None
        });
        let policy = &self.world.policy;
        self.memory.learn(action.target().as_ref(), lesson, self.world.clock.now(), |failures| policy.backoff(failures));
    }

    /// One pass: how long to wait for the next, or `None` when the entity is gone.
    async fn pass(&mut self) -> Result<Option<Duration>, Error> {
        let Some(view) = self.world.store.entity_view(self.entity).await? else { return Ok(None) };
        let view = Arc::new(view);
        let now = self.world.clock.now();
        self.memory.look_at(&view, now);
        let snapshot = self.snapshot(&view, now);
        let plan = engine::plan(&snapshot);
        self.explain(&view, &plan).await?;
        plan.actions.iter().for_each(|action| log_action(action, &view));

        let (effects, rows): (Vec<_>, Vec<_>) = plan.actions.into_iter().partition(|action| action.target().is_some());
        for action in effects {
            self.begin(&view, action);
        }
        for action in &rows {
            self.end_creation(action);
        }
        let changes = rows.into_iter().map(|action| change_row(&self.world, &view, action, now));
        // Together, so that the store can commit them as one group.
        for result in join_all(changes).await {
            result?;
        }
        Ok(Some(plan.wake_at.map_or(FULL_PASS, |at| at.since(now).min(FULL_PASS))))
    }

    fn snapshot(&self, view: &EntityView, now: Timestamp) -> Snapshot {
        let pools = view.pools.iter().map(|pool| {
            let facts = self.world.providers.get(&pool.provider);
            PoolView {
                provider_configured: facts.is_some(),
                jit: facts.is_some_and(|facts| facts.jit),
                machines_blocked: self.memory.machines_blocked.get(&pool.id).map(|(at, fault, _)| (*at, fault.clone())),
                machines: self.memory.machines.get(&pool.id).cloned(),
                pool: pool.clone(),
            }
        });
        Snapshot {
            now,
            seed: random::seed(),
            policy: self.world.policy.clone(),
            entity_id: view.entity.id,
            balancer: view.entity.balancer,
            controller_label: controller_label(view.controller.id),
            minimum_job_age_backoff: view.controller.minimum_job_age_backoff,
            urls_known: !view.controller.callback_url.is_empty() && !view.controller.metadata_url.is_empty(),
            forge: ForgeView {
                blocked: self.memory.forge_blocked.clone(),
                tools_at: view.tools_at,
                runners: self.memory.forge_runners.clone(),
            },
            pools: pools.collect(),
            runners: view.runners.clone(),
            jobs: view.jobs.clone(),
            jobs_checked: self.memory.jobs_checked.clone(),
            gone: self.memory.gone.clone(),
            in_flight: self.memory.in_flight.clone(),
        }
    }

    /// Records and says why, where it differs from what was recorded before.
    async fn explain(&mut self, view: &EntityView, plan: &Plan) -> Result<(), Error> {
        self.pool_reasons.log_changes(plan);
        let changed = Changed::by(plan, view);
        if !changed.is_empty() {
            self.world.store.set_reasons(changed.jobs.clone(), changed.runners.clone()).await?;
            changed.log(plan, view);
        }
        Ok(())
    }

    /// Begins an effect; what it teaches is learned when it has ended.
    fn begin(&mut self, view: &Arc<EntityView>, action: Action) {
        let Some(target) = action.target() else { return };
        let subject = Subject { world: self.world.clone(), view: Arc::clone(view) };
        let span = error_span!("effect", target = %target);
        self.memory.in_flight.insert(target);
        let (on, doing) = (subject.clone(), action.clone());
        let effect = async move {
            match tokio::time::timeout(on.world.policy.deadline(&doing), execute(&on, doing.clone())).await {
                Ok(lesson) => lesson,
                Err(_) => failed_unexpectedly(&on, &doing, "it did not end in time").await,
            }
        };
        let handle = self.effects.spawn(effect.instrument(span));
        self.under_way.insert(handle.id(), UnderWay { subject, action, handle });
    }

    /// Cuts off a call that makes a machine, if that is what is to be done.
    fn end_creation(&self, action: &Action) {
        let Action::EndCreation { runner } = action else { return };
        let creation = Some(Target::Creation(*runner));
        self.under_way.values().filter(|effect| effect.action.target() == creation).for_each(|effect| effect.handle.abort());
    }
}

/// Executes an action that only changes rows.
async fn change_row(world: &World, view: &EntityView, action: Action, now: Timestamp) -> Result<(), Error> {
    let store = &world.store;
    match action {
        Action::CreateRunner(new) => {
            let Some(pool) = view.pools.iter().find(|pool| pool.id == new.pool) else { return Ok(()) };
            let runner = new_runner(&new, pool, now, &view.controller.callback_url, &view.controller.metadata_url);
            match store.insert_runner(runner, new.job.map(|(job, _)| job)).await {
                Ok(true) => {}
                // Another entity claimed the job, or others filled the pool: the next plan sees it.
                Ok(false) | Err(store::Error::Full { .. }) => {
                    info!(runner.name = %new.name, pool.id = %pool.id, "runner not wanted any more");
                }
                Err(fault) => return Err(fault.into()),
            }
        }
        // Not a matter of rows: it is done.
        Action::EndCreation { .. } => {}
        Action::ReleaseJob { job } => store.release_job(job, view.entity.id).await?,
        Action::AdoptMachine { runner, machine } => {
            rows::machine_exists(store, runner, machine).await?;
        }
        Action::AbandonCreate { runner, retry_after } => {
            let fault = "the server stopped while the machine was being made, and the provider does not have it".to_owned();
            rows::create_failed(store, runner, None, fault, false, now.after(retry_after)).await?;
        }
        Action::SetRunnerStatus { runner, status } => rows::set_runner_status(store, runner, status).await?,
        Action::MarkForDeletion { runner, reason } => {
            rows::mark_for_deletion(store, runner, reason).await?;
        }
        Action::Register { .. }
        | Action::CreateMachine { .. }
        | Action::RetryCreate { .. }
        | Action::Deregister { .. }
        | Action::DeleteMachine { .. }
        | Action::CheckJob { .. }
        | Action::ListForgeRunners
        | Action::RefreshTools
        | Action::ListMachines { .. }
        | Action::RemoveForgeOrphan { .. }
        | Action::RemoveMachineOrphan { .. } => unreachable!("an action with a target is an effect"),
    }
    Ok(())
}

async fn join_all<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    futures_util::future::join_all(futures).await
}
