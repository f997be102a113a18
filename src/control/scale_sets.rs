//! Scale sets at their service: made, changed, removed. Each is asked for by a person who waits for the answer, so nothing of it is an effect of the
//! planner.
//!
//! A new scale set is looked for first, then it is a row, then the service is asked to make it. So the service has one of that name only because it was
//! asked for that row. After a lost answer or a crash the scale set is looked for by its name, and adopted. A change goes to the service first. While
//! it is not known whether the service agrees with a row, the row is [`ScaleSetState::PendingCreate`]. Then the row is right, and the next change
//! settles it. A removal is a state of the row before the service is asked.

use std::sync::Arc;

use tracing::{info, warn};

use super::services::{ForgeTurn, Services};
use crate::forge::{self, ScaleSetService};
use crate::model::{
    Entity, EntityId, EventLevel, Retry, RunnerGroup, ScaleSet, ScaleSetId, ScaleSetSettings, ScaleSetState, ServiceScaleSetId, describe,
};
use crate::store;

/// Why a scale set could not be made, changed or removed.
#[derive(Debug, thiserror::Error)]
pub enum ScaleSetError {
    /// The database failed or refused.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The forge or its service refused or failed.
    #[error(transparent)]
    Forge(#[from] forge::Error),
    /// There is no such runner group.
    #[error("the forge has no runner group {0:?}; make it there, or name another one")]
    NoGroup(String),
    /// The runner group has another scale set of this name.
    #[error(
        "runner group {group} has a scale set {name} already, number {number} at the forge; take another name, or remove that one there"
    )]
    Exists {
        /// The name.
        name: String,
        /// The runner group.
        group: String,
        /// The service's number of it.
        number: ServiceScaleSetId,
    },
}

/// The service of the scale sets of one entity.
struct Service {
    calls: Arc<dyn ScaleSetService>,
    /// One call at a time is made with these credentials.
    _turn: ForgeTurn,
}

impl Service {
    async fn open(services: &Services, entity: EntityId) -> Result<Self, ScaleSetError> {
        let gone = || store::Error::NotFound { what: "entity", key: entity.to_string() };
        let view = services.store.entity_settings(entity).await?.ok_or_else(gone)?;
        let turn = services.forge(&view).await?;
        Ok(Self { calls: turn.scale_sets(&view.entity.at)?, _turn: turn })
    }

    async fn group(&self, set: &ScaleSet) -> Result<RunnerGroup, ScaleSetError> {
        let found = self.calls.find_group(set.group_of_service()).await?;
        found.ok_or_else(|| ScaleSetError::NoGroup(set.runner_group.clone()))
    }

    /// The service's number of a scale set; one that is not known is looked for by the name. `None` = there is none.
    async fn number(&self, set: &ScaleSet) -> Result<Option<ServiceScaleSetId>, ScaleSetError> {
        if set.service_id.is_some() {
            return Ok(set.service_id);
        }
        let group = match self.group(set).await {
            Err(ScaleSetError::NoGroup(_)) => return Ok(None),
            group => group?,
        };
        Ok(self.calls.find_scale_set(group.id, &set.name).await?.map(|found| found.id))
    }

    /// Makes a scale set that was not there when it was looked for.
    async fn make(&self, set: &ScaleSet, group: &RunnerGroup) -> Result<ServiceScaleSetId, ScaleSetError> {
        match self.calls.create_scale_set(&settings(set, group)).await {
            Ok(made) => Ok(made.id),
            // The answer to an earlier request was lost.
            Err(fault @ forge::Error::ScaleSetExists { .. }) => {
                let found = self.calls.find_scale_set(group.id, &set.name).await?;
                Ok(found.ok_or(fault)?.id)
            }
            Err(fault) => Err(fault.into()),
        }
    }

    /// Makes the service agree with `wanted`, whatever it has of `known`. One that the service does not have is made.
    async fn settle(&self, known: &ScaleSet, wanted: &ScaleSet) -> Result<ServiceScaleSetId, ScaleSetError> {
        let group = self.group(wanted).await?;
        if let Some(number) = self.number(known).await? {
            match self.calls.update_scale_set(number, &settings(wanted, &group)).await {
                Ok(set) => return Ok(set.id),
                Err(forge::Error::ScaleSetGone { .. }) => {}
                Err(fault) => return Err(fault.into()),
            }
        }
        match self.calls.find_scale_set(group.id, &wanted.name).await? {
            Some(other) => Err(exists(wanted, other.id)),
            None => self.make(wanted, &group).await,
        }
    }
}

fn settings(set: &ScaleSet, group: &RunnerGroup) -> ScaleSetSettings {
    ScaleSetSettings { name: set.name.clone(), group_id: group.id, labels: set.all_labels(), disable_update: set.disable_update }
}

fn exists(set: &ScaleSet, number: ServiceScaleSetId) -> ScaleSetError {
    ScaleSetError::Exists { name: set.name.clone(), group: set.runner_group.clone(), number }
}

/// Makes a scale set. Where the service's answer is lost, the row stays and says so: the scale set is settled with its next change.
///
/// # Errors
/// [`ScaleSetError::Exists`], [`ScaleSetError::NoGroup`]; when the service refuses, or was not asked. Nothing stays then.
pub async fn create_scale_set(services: &Services, entity: &Entity, new: ScaleSet) -> Result<ScaleSet, ScaleSetError> {
    let service = Service::open(services, entity.id).await?;
    let group = service.group(&new).await?;
    if let Some(other) = service.calls.find_scale_set(group.id, &new.name).await? {
        return Err(exists(&new, other.id));
    }
    let set = services.store.create_scale_set(new).await?;
    match service.make(&set, &group).await {
        Ok(number) => {
            info!(scale_set.id = set.id.0, entity.id = %entity.id, provider = %set.provider, "scale set made");
            made(services, &set, number).await
        }
        Err(fault) if is_undone(&fault) => {
            services.store.delete_scale_set(set.id).await?;
            Err(fault)
        }
        Err(fault) => unsettled(services, &set, &fault).await,
    }
}

/// Changes a scale set. What the service has to know goes there first. One that it may not have yet is made, or adopted.
///
/// # Errors
/// What `change` refuses; when the service refuses or fails. Nothing is changed then.
pub async fn update_scale_set(
    services: &Services,
    id: ScaleSetId,
    change: impl Fn(&mut ScaleSet) -> Result<(), store::Error> + Send + 'static,
) -> Result<ScaleSet, ScaleSetError> {
    let gone = || store::Error::NotFound { what: "scale set", key: id.to_string() };
    let known = services.store.find_scale_set(id).await?.ok_or_else(gone)?;
    let mut wanted = known.clone();
    change(&mut wanted)?;
    if !known.is_being_removed() && as_told(&known) == as_told(&wanted) {
        let set = services.store.update_scale_set(id, change).await?;
        return if set.state == ScaleSetState::Created { Ok(set) } else { mend(services, set).await };
    }
    check_free(services, &wanted).await?;
    match settle(services, &known, &wanted).await {
        Ok(number) => {
            services.store.update_scale_set(id, change).await?;
            made(services, &wanted, number).await
        }
        Err(fault) => {
            if !is_undone(&fault) {
                unsettled(services, &known, &fault).await?;
            }
            Err(fault)
        }
    }
}

/// Refuses a name that another row has, of which the service may not know yet.
async fn check_free(services: &Services, wanted: &ScaleSet) -> Result<(), ScaleSetError> {
    if wanted.is_being_removed() {
        return Err(store::Error::Invalid(format!("scale set {} is being removed", wanted.id)).into());
    }
    let place = |set: &ScaleSet| (set.runner_group.to_lowercase(), set.name.to_lowercase());
    let of_entity = services.store.list_scale_sets(Some(wanted.entity_id)).await?;
    match of_entity.iter().find(|other| other.id != wanted.id && place(other) == place(wanted)) {
        Some(other) => Err(store::Error::Conflict { what: "scale set", key: other.name.clone() }.into()),
        None => Ok(()),
    }
}

async fn settle(services: &Services, known: &ScaleSet, wanted: &ScaleSet) -> Result<ServiceScaleSetId, ScaleSetError> {
    Service::open(services, known.entity_id).await?.settle(known, wanted).await
}

/// Makes sure that the service has a scale set which it may not have. Where that fails, the row says why.
async fn mend(services: &Services, set: ScaleSet) -> Result<ScaleSet, ScaleSetError> {
    match settle(services, &set, &set).await {
        Ok(number) => made(services, &set, number).await,
        Err(ScaleSetError::Store(fault)) => Err(fault.into()),
        Err(fault) => unsettled(services, &set, &fault).await,
    }
}

/// Removes a scale set without runners that is not enabled. One that does not exist is removed, here and at the service. `forced` = the row goes also if
/// the service fails or refuses.
///
/// # Errors
/// When it has runners or is enabled; when the service refuses or fails. The row stays then.
pub async fn remove_scale_set(services: &Services, id: ScaleSetId, forced: bool) -> Result<(), ScaleSetError> {
    let store = &services.store;
    let Some(before) = store.begin_scale_set_removal(id, forced).await? else { return Ok(()) };
    match remove_at_service(services, &before).await {
        Ok(()) => {}
        Err(fault) if forced => {
            let message = format!("scale set {} was removed by force; it may still exist at the forge: {}", before.name, describe(&fault));
            warn!(scale_set.id = id.0, entity.id = %before.entity_id, "{message}");
            store.add_entity_event(before.entity_id, EventLevel::Warning, message).await?;
        }
        Err(fault) => {
            let state = match (before.is_being_removed(), before.service_id) {
                (false, _) => before.state,
                (true, Some(_)) => ScaleSetState::Created,
                (true, None) => ScaleSetState::PendingCreate,
            };
            let words = format!("it could not be removed: {}", describe(&fault));
            store.set_scale_set_state(id, state, before.service_id, words).await?;
            return Err(fault);
        }
    }
    store.delete_scale_set(id).await?;
    info!(scale_set.id = id.0, entity.id = %before.entity_id, "scale set removed");
    Ok(())
}

async fn remove_at_service(services: &Services, set: &ScaleSet) -> Result<(), ScaleSetError> {
    let service = Service::open(services, set.entity_id).await?;
    if let Some(number) = service.number(set).await? {
        service.calls.delete_scale_set(number).await?;
    }
    Ok(())
}

/// What the service is told of a scale set.
fn as_told(set: &ScaleSet) -> (&str, &str, bool, Vec<String>) {
    (&set.name, set.group_of_service(), set.disable_update, set.all_labels())
}

/// The service has the scale set, under this number.
async fn made(services: &Services, set: &ScaleSet, number: ServiceScaleSetId) -> Result<ScaleSet, ScaleSetError> {
    let gone = || store::Error::NotFound { what: "scale set", key: set.id.to_string() };
    let stored = services.store.set_scale_set_state(set.id, ScaleSetState::Created, Some(number), String::new()).await?;
    Ok(stored.ok_or_else(gone)?)
}

/// The service refuses the scale set, or it is not known whether the service agrees with the row: the row and the entity say so.
async fn unsettled(services: &Services, set: &ScaleSet, fault: &ScaleSetError) -> Result<ScaleSet, ScaleSetError> {
    let gone = || store::Error::NotFound { what: "scale set", key: set.id.to_string() };
    let state = if is_refused(fault) { ScaleSetState::Error } else { ScaleSetState::PendingCreate };
    let words = describe(fault);
    warn!(scale_set.id = set.id.0, entity.id = %set.entity_id, error = %words, "the scale set may not be at its service as its row says");
    services.store.add_entity_event(set.entity_id, EventLevel::Error, format!("scale set {}: {words}", set.name)).await?;
    let stored = services.store.set_scale_set_state(set.id, state, set.service_id, words).await?;
    Ok(stored.ok_or_else(gone)?)
}

/// Whether the service has certainly not done what it was to be asked.
fn is_undone(fault: &ScaleSetError) -> bool {
    use forge::Error::{BudgetSpent, RateLimited};
    is_refused(fault) || matches!(fault, ScaleSetError::Forge(RateLimited { .. } | BudgetSpent { .. }))
}

/// Whether the service does not do it before a person changes something.
fn is_refused(fault: &ScaleSetError) -> bool {
    match fault {
        ScaleSetError::Store(_) => false,
        ScaleSetError::NoGroup(_) | ScaleSetError::Exists { .. } => true,
        ScaleSetError::Forge(fault) => matches!(fault.retry(), Retry::Never),
    }
}

#[cfg(test)]
mod tests;
