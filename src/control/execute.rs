//! Executes effects: one call to the forge or the provider each, with its outcome written down.
//!
//! The intent is a row already. Each effect reads its row again before it begins, because the plan may be a moment old, and writes what
//! came of it in one transaction. An error returned from here means that the *database* failed; failures of forge and provider
//! are outcomes.

use std::sync::Arc;
use std::time::Duration;

use tracing::{debug, error, info, warn};

use super::observations::Lesson;
use super::world::{Error, ForgeTurn, ProviderFacts, World, controller_label, pool_label};
use super::{bootstrap, rows};
use crate::engine::{Action, JobCheck};
use crate::forge::{self, JitRequest};
use crate::model::{
    EventLevel, ForgeJob, InstanceStatus, Job, JobId, JobStatus, Pool, PoolId, ProviderMachine, Retry, Runner, RunnerId, RunnerName,
    describe,
};
use crate::provider::{self, Made, PoolContext};
use crate::store::{EntityView, JobReport};
use crate::time::Timestamp;

/// What an effect is executed for: the world, and the entity as the plan saw it.
#[derive(Clone)]
pub(crate) struct Subject {
    pub(crate) world: World,
    pub(crate) view: Arc<EntityView>,
}

/// Executes one effect.
pub(crate) async fn execute(subject: &Subject, action: Action) -> Result<Lesson, Error> {
    match action {
        Action::Register { runner, retry_after } => register(subject, runner, retry_after).await,
        Action::CreateMachine { runner, within, retry_after } => create_machine(subject, runner, within, retry_after).await,
        Action::RetryCreate { runner, retry_after } => retry_create(subject, runner, retry_after).await,
        Action::Deregister { runner, retry_after } => deregister(subject, runner, retry_after).await,
        Action::DeleteMachine { runner, retry_after } => delete_machine(subject, runner, retry_after).await,
        Action::CheckJob { job } => check_job(subject, job).await,
        Action::ListForgeRunners => list_forge_runners(subject).await,
        Action::RefreshTools => refresh_tools(subject).await,
        Action::ListMachines { pool } => list_machines(subject, pool).await,
        Action::RemoveForgeOrphan { agent_id, name } => remove_forge_orphan(subject, agent_id, &name).await,
        Action::RemoveMachineOrphan { pool, provider_id, name } => remove_machine_orphan(subject, pool, &provider_id, &name).await,
        Action::ReleaseJob { .. }
        | Action::CreateRunner(_)
        | Action::AdoptMachine { .. }
        | Action::EndCreation { .. }
        | Action::AbandonCreate { .. }
        | Action::SetRunnerStatus { .. }
        | Action::MarkForDeletion { .. } => unreachable!("an action without a target is no effect"),
    }
}

/// What is to be learned and written down of an action that ended without saying how.
pub(crate) async fn failed_unexpectedly(subject: &Subject, action: &Action, why: &str) -> Result<Lesson, Error> {
    let store = &subject.world.store;
    error!(entity.id = %subject.view.entity.id, action = ?action, error = why, "an effect failed unexpectedly");
    let fault = format!("failed unexpectedly: {why}");
    match action {
        Action::Register { runner, retry_after }
        | Action::RetryCreate { runner, retry_after }
        | Action::Deregister { runner, retry_after } => {
            rows::effect_failed(store, *runner, fault, subject.after(*retry_after)).await?;
        }
        Action::CreateMachine { runner, retry_after, .. } => {
            rows::create_failed(store, *runner, None, fault, true, subject.after(*retry_after)).await?;
        }
        Action::DeleteMachine { runner, retry_after } => rows::delete_again(store, *runner, fault, subject.after(*retry_after)).await?,
        Action::CheckJob { job } => return Ok(Lesson::JobChecked { job: *job, check: JobCheck { at: subject.now(), waits: false } }),
        Action::ListForgeRunners | Action::RefreshTools | Action::RemoveForgeOrphan { .. } => {
            return Ok(Lesson::ForgeBlocked { until: None, fault });
        }
        Action::ListMachines { pool } | Action::RemoveMachineOrphan { pool, .. } => {
            return Ok(Lesson::MachinesUnknown { pool: *pool, fault });
        }
        Action::ReleaseJob { .. }
        | Action::CreateRunner(_)
        | Action::AdoptMachine { .. }
        | Action::EndCreation { .. }
        | Action::AbandonCreate { .. }
        | Action::SetRunnerStatus { .. }
        | Action::MarkForDeletion { .. } => {}
    }
    Ok(Lesson::None)
}

impl Subject {
    fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    fn after(&self, wait: Duration) -> Timestamp {
        self.now().after(wait)
    }

    async fn runner(&self, id: RunnerId) -> Result<Option<Runner>, Error> {
        Ok(self.world.store.find_runner(id).await?)
    }

    fn pool(&self, id: PoolId) -> Option<&Pool> {
        self.view.pools.iter().find(|pool| pool.id == id)
    }

    fn provider(&self, pool: &Pool) -> Option<&ProviderFacts> {
        self.world.providers.get(&pool.provider)
    }

    /// How the provider of a pool is called.
    fn pool_context(&self, pool: &Pool) -> PoolContext {
        PoolContext { controller_id: self.view.controller.id, pool_id: pool.id.to_string(), extra_specs: pool.extra_specs.clone() }
    }

    /// The forge, when the turn for a call has come.
    async fn forge(&self) -> Result<ForgeTurn, forge::Error> {
        self.world.forge(&self.view.endpoint, &self.view.credentials).await
    }

    /// The forge worked: whatever was wrong with the entity is over.
    async fn forge_answered(&self) -> Result<Lesson, Error> {
        self.world.store.set_entity_failure(self.view.entity.id, None).await?;
        Ok(Lesson::ForgeAnswered)
    }

    /// The forge failed. When the fault is not about this one call, nothing else is asked of it for a while.
    async fn forge_failed(&self, fault: &forge::Error) -> Result<Lesson, Error> {
        if !fault.concerns_everything() {
            return Ok(Lesson::None);
        }
        let text = describe(fault);
        warn!(entity.id = %self.view.entity.id, error = %text, "the forge cannot be used");
        if self.view.entity.failure.as_ref() != Some(&text) {
            self.world.store.add_entity_event(self.view.entity.id, EventLevel::Error, text.clone()).await?;
        }
        self.world.store.set_entity_failure(self.view.entity.id, Some(text.clone())).await?;
        let until = match fault.retry() {
            Retry::After(wait) => Some(self.now().after(wait)),
            Retry::Never | Retry::Soon => None,
        };
        Ok(Lesson::ForgeBlocked { until, fault: text })
    }
}

async fn register(subject: &Subject, runner: RunnerId, retry_after: Duration) -> Result<Lesson, Error> {
    let store = &subject.world.store;
    let Some(row) = subject.runner(runner).await?.filter(|row| row.status == InstanceStatus::PendingCreate && row.agent_id.is_none())
    else {
        return Ok(Lesson::None);
    };
    let Some(pool) = subject.pool(row.pool_id) else { return Ok(Lesson::None) };
    let mut labels = pool.tags.clone();
    labels.extend([controller_label(subject.view.controller.id), pool_label(pool.id)]);
    let request = JitRequest { name: row.name.clone(), group: row.runner_group.clone(), labels };
    let at = subject.view.entity.at.clone();

    match async { subject.forge().await?.register_jit(&at, request).await }.await {
        Ok(registered) => {
            store.set_registration(runner, registered.agent_id, registered.jit).await?;
            subject.forge_answered().await
        }
        Err(forge::Error::Exists) => {
            // The answer to an earlier request was lost, and with it the configuration: clear the name and ask again. Unless another server
            // got the answer, and acts for the entity now.
            store.check_lease().await?;
            if subject.runner(runner).await?.is_none_or(|row| row.agent_id.is_some()) {
                return Ok(Lesson::None);
            }
            match async { remove_by_name(&subject.forge().await?, &at, &row.name).await }.await {
                Ok(_) => {
                    rows::effect_failed(store, runner, "the name was taken at the forge by a lost registration".into(), subject.now())
                        .await?;
                }
                Err(fault) => {
                    rows::effect_failed(store, runner, describe(&fault), subject.after(retry_after)).await?;
                    return subject.forge_failed(&fault).await;
                }
            }
            Ok(Lesson::None)
        }
        Err(fault) if fault.retry() == Retry::Never && !fault.concerns_everything() => {
            // Somebody has to change something: the pool, which is noticed at once, or the forge.
            let text = format!("pool {}: {}", pool.id, describe(&fault));
            if row.failures == 0 {
                store.add_entity_event(row.entity_id, EventLevel::Error, text).await?;
            }
            rows::effect_failed(store, runner, describe(&fault), subject.after(REFUSED.max(retry_after))).await?;
            Ok(Lesson::None)
        }
        Err(fault) => {
            rows::effect_failed(store, runner, describe(&fault), subject.after(retry_after)).await?;
            subject.forge_failed(&fault).await
        }
    }
}

/// How long a registration waits that the forge refused for what it is, such as one into a group that does not exist.
const REFUSED: Duration = Duration::from_mins(5);

/// Removes a runner by name; answers whether there was one.
async fn remove_by_name(forge: &ForgeTurn, at: &crate::model::EntityRef, name: &RunnerName) -> Result<bool, forge::Error> {
    let Some(found) = forge.list_runners(at).await?.into_iter().find(|runner| runner.name == *name) else { return Ok(false) };
    forge.remove_runner(at, found.agent_id).await?;
    Ok(true)
}

async fn create_machine(subject: &Subject, runner: RunnerId, within: Duration, retry_after: Duration) -> Result<Lesson, Error> {
    let store = &subject.world.store;
    let Some(pool) = subject.runner(runner).await?.and_then(|row| subject.pool(row.pool_id)) else { return Ok(Lesson::None) };
    let Some(facts) = subject.provider(pool) else { return Ok(Lesson::None) };
    // The row says `creating` only while somebody is: who waits for a turn has not begun.
    let _turn = facts.create_turn().await;
    let deadline = subject.after(within).after(CREATE_SLACK);
    let Some(row) = rows::begin_create(store, runner, pool.generation, deadline).await? else { return Ok(Lesson::None) };

    if let Some(job) = subject.view.jobs.iter().find(|job| Some(job.workflow_job_id) == row.made_for).filter(|_| row.create_attempt == 0) {
        subject.world.metrics.machine_wanted(subject.now().since(job.created_at));
    }

    let bootstrap = match bootstrap::bootstrap(&subject.world, &subject.view, pool, &row).await {
        Ok(bootstrap) => bootstrap,
        Err(Error::Store(fault)) => return Err(fault.into()),
        Err(fault) => {
            rows::create_failed(store, runner, None, describe(&fault), false, subject.after(retry_after)).await?;
            return Ok(Lesson::None);
        }
    };
    info!(runner.name = %row.name, provider = %pool.provider, attempt = row.create_attempt + 1, "asking the provider for the machine");
    match facts.provider.create_instance(&subject.pool_context(pool), &bootstrap, within).await {
        Ok(Made { instance, stderr }) if instance.status == "error" => {
            let fault = match (instance.provider_fault.trim(), stderr.trim()) {
                ("", "") => "the provider reports an error and says no more".to_owned(),
                ("", text) | (text, _) => text.to_owned(),
            };
            rows::create_failed(store, runner, Some(instance.provider_id), fault, false, subject.after(retry_after)).await?;
        }
        Ok(Made { instance, stderr }) => {
            rows::machine_exists(store, runner, Some(machine(instance))).await?;
            if !stderr.trim().is_empty() {
                let message = format!("the provider said while it made the machine:\n{}", stderr.trim());
                store.add_runner_message(runner, EventLevel::Info, message).await?;
            }
        }
        Err(fault) => {
            warn!(runner.name = %row.name, provider = %pool.provider, error = %describe(&fault), "the provider could not make the machine");
            rows::create_failed(store, runner, None, fault.fault(), fault.may_have_made(), subject.after(retry_after)).await?;
        }
    }
    Ok(Lesson::None)
}

/// What a creation may take beyond the time it is given: for the provider's turn and for ending it.
const CREATE_SLACK: Duration = Duration::from_secs(30);

async fn retry_create(subject: &Subject, runner: RunnerId, retry_after: Duration) -> Result<Lesson, Error> {
    let store = &subject.world.store;
    let Some(row) = subject.runner(runner).await?.filter(|row| row.status == InstanceStatus::Error) else { return Ok(Lesson::None) };
    match remove_machine(subject, &row).await? {
        Ok(()) => rows::next_attempt(store, runner).await?,
        Err(fault) => rows::effect_failed(store, runner, fault, subject.after(retry_after)).await?,
    }
    Ok(Lesson::None)
}

async fn deregister(subject: &Subject, runner: RunnerId, retry_after: Duration) -> Result<Lesson, Error> {
    let store = &subject.world.store;
    let Some(row) = subject.runner(runner).await?.filter(|row| row.status.is_leaving() || row.status == InstanceStatus::Error) else {
        return Ok(Lesson::None);
    };
    store.check_lease().await?;
    let forced = row.status == InstanceStatus::PendingForceDelete;
    let at = subject.view.entity.at.clone();
    let answer = async {
        let forge = subject.forge().await?;
        match row.agent_id {
            Some(agent_id) => forge.remove_runner(&at, agent_id).await,
            None => remove_by_name(&forge, &at, &row.name).await.map(|_| ()),
        }
    }
    .await;
    match answer {
        Ok(()) => {
            rows::deregistered(store, runner).await?;
            subject.forge_answered().await
        }
        Err(forge::Error::Busy) => {
            info!(runner.name = %row.name, "the forge says the runner has a job; it stays");
            rows::found_busy(store, runner).await?;
            subject.forge_answered().await
        }
        Err(fault) if forced => {
            warn!(runner.name = %row.name, error = %describe(&fault), "could not remove the runner at the forge; going on as was asked");
            rows::deregistered(store, runner).await?;
            subject.forge_failed(&fault).await
        }
        Err(fault) => {
            rows::effect_failed(store, runner, describe(&fault), subject.after(retry_after)).await?;
            subject.forge_failed(&fault).await
        }
    }
}

async fn delete_machine(subject: &Subject, runner: RunnerId, retry_after: Duration) -> Result<Lesson, Error> {
    let store = &subject.world.store;
    let Some(deletion) = rows::begin_delete(store, runner).await? else { return Ok(Lesson::None) };
    let row = &deletion.runner;
    match remove_machine(subject, row).await? {
        Ok(()) if row.create_deadline.is_none() || deletion.forced => {
            store.delete_runner(runner).await?;
            info!(runner.name = %row.name, "runner and machine are gone");
        }
        // A create call nobody waits for any more may still make the machine: the row stays until it cannot, and a list agrees.
        Ok(()) => match may_still_appear(subject, row).await {
            None => {
                store.delete_runner(runner).await?;
                info!(runner.name = %row.name, "runner and machine are gone");
            }
            Some((why, until)) => rows::delete_again(store, runner, why, until).await?,
        },
        Err(fault) if deletion.forced => {
            warn!(runner.name = %row.name, error = %fault, "the provider could not remove the machine; its row goes as was asked");
            let message = format!("{} was removed by force; its machine may still exist: {fault}", row.name);
            store.add_entity_event(row.entity_id, EventLevel::Warning, message).await?;
            store.delete_runner(runner).await?;
        }
        Err(fault) => {
            warn!(runner.name = %row.name, error = %fault, "the provider could not remove the machine");
            rows::delete_again(store, runner, fault, subject.after(retry_after)).await?;
        }
    }
    Ok(Lesson::None)
}

/// Whether the machine of an interrupted creation may still appear after it was removed: why, and when to look again.
async fn may_still_appear(subject: &Subject, row: &Runner) -> Option<(String, Timestamp)> {
    let again = subject.after(subject.world.policy.observe_again);
    if let Some(until) = row.create_deadline.filter(|until| *until > subject.now()) {
        return Some((format!("its creation may still finish until {until}"), again.min(until)));
    }
    let (pool, facts) = subject.pool(row.pool_id).and_then(|pool| Some((pool, subject.provider(pool)?)))?;
    let _turn = facts.turn().await;
    match facts.provider.list_instances(&subject.pool_context(pool)).await {
        Ok(machines) if machines.iter().any(|machine| machine.name == row.name.as_str()) => {
            Some(("its machine is there again".to_owned(), again))
        }
        Ok(_) => None,
        Err(fault) => Some((fault.fault(), again)),
    }
}

/// Removes the machine of a runner at its provider, under the provider's name for it or, where that is not known, under its own.
async fn remove_machine(subject: &Subject, row: &Runner) -> Result<Result<(), String>, Error> {
    let Some(pool) = subject.pool(row.pool_id) else { return Ok(Err(format!("pool {} is gone", row.pool_id))) };
    let Some(facts) = subject.provider(pool) else {
        return Ok(Err(format!("provider {} is not in the server's configuration", row.provider)));
    };
    let _turn = facts.turn().await;
    // The name may be used again: whoever acts for the entity since the wait began may have made the next machine by now.
    subject.world.store.check_lease().await?;
    let instance = row.provider_id.as_deref().unwrap_or(row.name.as_str());
    Ok(facts.provider.delete_instance(&subject.pool_context(pool), instance).await.map_err(|fault| fault.fault()))
}

/// Asks the forge how a job stands, and takes in the answer as if a delivery had brought it.
async fn check_job(subject: &Subject, job: JobId) -> Result<Lesson, Error> {
    let at = subject.now();
    let checked = |waits| Lesson::JobChecked { job, check: JobCheck { at, waits } };
    let Some(row) = subject.view.jobs.iter().find(|known| known.id == job) else { return Ok(Lesson::None) };
    let number = row.workflow_job_id;
    let answer = async { subject.forge().await?.find_job(&row.repository_owner, &row.repository_name, number).await }.await;
    let told = match answer {
        Ok(told) => told,
        Err(fault) if fault.concerns_everything() => return subject.forge_failed(&fault).await,
        Err(_) => None,
    };
    let Some(told) = told else {
        debug!(job.workflow_job_id = number, "the forge does not show the job");
        return Ok(checked(false));
    };
    if told.status != row.status {
        info!(job.workflow_job_id = number, before = %row.status, now = %told.status, "the forge says more of the job than its deliveries did");
    }
    let waits = told.status == JobStatus::Queued;
    subject.world.store.record_job(report(&subject.view, row, told)).await?;
    Ok(checked(waits))
}

/// What the forge said of a job, as a delivery would have told it.
fn report(view: &EntityView, job: &Job, told: ForgeJob) -> JobReport {
    JobReport {
        entity: view.entity.id,
        entity_kind: view.entity.at.kind,
        endpoint: job.endpoint.clone(),
        workflow_job_id: job.workflow_job_id,
        run_id: job.run_id,
        name: job.name.clone(),
        status: told.status,
        conclusion: told.conclusion,
        labels: job.labels.clone(),
        repository_owner: job.repository_owner.clone(),
        repository_name: job.repository_name.clone(),
        run_url: job.run_url.clone(),
        forge_runner_id: told.runner_id,
        runner_name: told.runner_name,
        runner_group_id: told.runner_group_id,
        runner_group_name: told.runner_group_name,
        queued_at: Some(job.queued_at),
        started_at: told.started_at,
        completed_at: told.completed_at,
    }
}

async fn list_forge_runners(subject: &Subject) -> Result<Lesson, Error> {
    let at = subject.now();
    let entity = subject.view.entity.at.clone();
    match async { subject.forge().await?.list_runners(&entity).await }.await {
        Ok(runners) => {
            subject.forge_answered().await?;
            Ok(Lesson::ForgeRunners { at, runners })
        }
        Err(fault) => blocked_even_if_single(subject, &fault).await,
    }
}

async fn refresh_tools(subject: &Subject) -> Result<Lesson, Error> {
    let entity = subject.view.entity.at.clone();
    match async { subject.forge().await?.list_tools(&entity).await }.await {
        Ok(tools) => {
            subject.world.store.set_tools(subject.view.entity.id, tools).await?;
            subject.forge_answered().await
        }
        Err(fault) => blocked_even_if_single(subject, &fault).await,
    }
}

/// A list has no row whose backoff could hold it back, so a fault of its own blocks the forge as well.
async fn blocked_even_if_single(subject: &Subject, fault: &forge::Error) -> Result<Lesson, Error> {
    Ok(match subject.forge_failed(fault).await? {
        Lesson::None => {
            let fault = describe(fault);
            subject.world.store.set_entity_failure(subject.view.entity.id, Some(fault.clone())).await?;
            Lesson::ForgeBlocked { until: None, fault }
        }
        lesson => lesson,
    })
}

async fn list_machines(subject: &Subject, pool: PoolId) -> Result<Lesson, Error> {
    let Some((pool, facts)) = subject.pool(pool).and_then(|pool| Some((pool, subject.provider(pool)?))) else { return Ok(Lesson::None) };
    let _turn = facts.turn().await;
    let at = subject.now();
    Ok(match facts.provider.list_instances(&subject.pool_context(pool)).await {
        Ok(instances) => Lesson::Machines { pool: pool.id, at, machines: instances.into_iter().map(machine).collect() },
        Err(fault) => {
            let fault = fault.fault();
            warn!(pool.id = %pool.id, provider = %pool.provider, error = %fault, "the provider could not list its machines");
            Lesson::MachinesUnknown { pool: pool.id, fault }
        }
    })
}

async fn remove_forge_orphan(subject: &Subject, agent_id: i64, name: &RunnerName) -> Result<Lesson, Error> {
    let at = subject.view.entity.at.clone();
    match async { subject.forge().await?.remove_runner(&at, agent_id).await }.await {
        // One that works is left to finish; the next lists tell.
        Ok(()) | Err(forge::Error::Busy) => {
            subject.forge_answered().await?;
            Ok(Lesson::OrphanRemoved { name: name.clone(), at: subject.now() })
        }
        Err(fault) => subject.forge_failed(&fault).await,
    }
}

async fn remove_machine_orphan(subject: &Subject, pool: PoolId, provider_id: &str, name: &RunnerName) -> Result<Lesson, Error> {
    let Some((pool, facts)) = subject.pool(pool).and_then(|pool| Some((pool, subject.provider(pool)?))) else { return Ok(Lesson::None) };
    // A provider that lists machines of other pools must not cost those pools their machines.
    if subject.world.store.find_runner_by_name(name).await?.is_some() {
        return Ok(Lesson::OrphanRemoved { name: name.clone(), at: subject.now() });
    }
    let _turn = facts.turn().await;
    subject.world.store.check_lease().await?;
    if let Err(fault) = facts.provider.delete_instance(&subject.pool_context(pool), provider_id).await {
        warn!(runner.name = %name, provider = %pool.provider, error = %describe(&fault), "the provider could not remove an orphan");
        return Ok(Lesson::MachinesUnknown { pool: pool.id, fault: describe(&fault) });
    }
    Ok(Lesson::OrphanRemoved { name: name.clone(), at: subject.now() })
}

fn machine(instance: provider::ProviderInstance) -> ProviderMachine {
    ProviderMachine {
        status: InstanceStatus::from_word(&instance.status).unwrap_or(InstanceStatus::Unknown),
        name: RunnerName(instance.name),
        provider_id: instance.provider_id,
        os_name: instance.os_name,
        os_version: instance.os_version,
        addresses: instance.addresses.into_iter().map(bootstrap::address).collect(),
    }
}
