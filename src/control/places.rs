//! Where an entity is at its forge. A repository or organization can be renamed or transferred, and its old name be given to something else.
//!
//! The forge's number of an entity stays. The forge is asked for it with the first delivery and with every list of downloads, and it is kept. The
//! name follows the number. It is looked up when calls are sent on to another place, when the forge does not know the name, and when a delivery has
//! another name or number. Only the forge is believed: a repeated delivery has the name of its time, and who knows one secret can sign any number.

use std::time::Duration;

use tracing::{debug, info, warn};

use super::services::{Error, Services};
use crate::forge;
use crate::forge::Place;
use crate::model::{Entity, EntityId, EntityKind, EventLevel, describe};
use crate::store::{self, EntityFilter};

/// How long a delivery waits for the forge to say whose it is. Forges wait about 10 s for the answer to a delivery.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

const MINUTE: Duration = Duration::from_mins(1);

/// How often within a minute deliveries of one entity make the server ask the forge.
const ASKED_MAX: usize = 10;

/// The outcome of a question where an entity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looked {
    /// It is where it was, as far as can be asked.
    Same,
    /// It has another name or number than before.
    Moved,
    /// The forge did not say, or what it said cannot be believed.
    Unknown,
}

/// Asks the forge where an entity is, and keeps the answer.
pub(super) async fn look_up(services: &Services, id: EntityId) -> Result<Looked, Error> {
    let (entity, found) = match ask(services, id).await? {
        Answer::Place(entity, place) => (entity, place),
        Answer::NotAsked => return Ok(Looked::Same),
        Answer::Unknown => return Ok(Looked::Unknown),
    };
    // What holds the new name here may have lost it at the forge.
    if entity.at != found.at
        && let Some(holder) = holder(services, &entity, &found).await?
        && let Answer::Place(holder, place) = ask(services, holder).await?
    {
        keep(services, &holder, place).await?;
    }
    let has_moved = keep(services, &entity, found).await?;
    Ok(if has_moved { Looked::Moved } else { Looked::Same })
}

/// Looks up an entity whose calls the forge sent on to another place, and says so if the forge does not tell the new name.
pub(super) async fn follow(services: &Services, entity: &Entity) -> Result<(), Error> {
    look_up(services, entity.id).await?;
    if services.store.find_entity(entity.id).await?.is_some_and(|now| now.at == entity.at) {
        let told = format!("the forge sends calls about {} on to another place: it was renamed or transferred there", entity.at);
        warn!(entity.id = %entity.id, "{told}");
        services.store.add_entity_event(entity.id, EventLevel::Warning, told).await?;
    }
    Ok(())
}

/// The entity whose secret has signed a delivery about this place, as the forge knows it now; `None` when the delivery is not the entity's. Something
/// else may have its old name.
pub(super) async fn find_signer(services: &Services, id: EntityId, told: &Place) -> Result<Option<Entity>, Error> {
    let Some(entity) = services.store.find_entity(id).await? else { return Ok(None) };
    if entity.number == Some(told.number) && entity.at == told.at {
        return Ok(Some(entity));
    }
    if entity.at.kind == EntityKind::Enterprise {
        // Forges cannot be asked where an enterprise is: the delivery is all there is.
        if entity.number.is_none_or(|number| number == told.number) {
            keep(services, &entity, told.clone()).await?;
        }
        let now = services.store.find_entity(id).await?;
        return Ok(now.filter(|entity| entity.number == Some(told.number) || entity.at == told.at));
    }
    let asked = if let Ok(asked) = tokio::time::timeout(PATIENCE, look_up_for(services, id, told)).await {
        asked?
    } else {
        warn!(entity.id = %id, "the forge does not say in time where the entity of a delivery is");
        true
    };
    let now = services.store.find_entity(id).await?;
    Ok(now.filter(|entity| match entity.number {
        Some(number) => number == told.number || (asked && entity.at == told.at),
        None => entity.at == told.at,
    }))
}

/// Looks up an entity because of a delivery, one at a time: a burst of deliveries is one question. Returns whether the entity is known as it was after the
/// delivery came. Without end it is not asked, because who knows a secret must not use up the budget of the credentials.
async fn look_up_for(services: &Services, id: EntityId, told: &Place) -> Result<bool, Error> {
    let began = services.clock.now();
    let asked = services.asked_for_place(id);
    let mut asked = asked.lock().await;
    let is_known = |entity: Entity| entity.number == Some(told.number) && entity.at == told.at;
    if asked.last().is_some_and(|at| *at >= began) || services.store.find_entity(id).await?.is_some_and(is_known) {
        return Ok(true);
    }
    asked.retain(|at| began < at.after(MINUTE));
    if asked.len() >= ASKED_MAX {
        return Ok(false);
    }
    asked.push(services.clock.now());
    look_up(services, id).await?;
    Ok(true)
}

/// The forge's answer to the question where an entity is.
enum Answer {
    Place(Box<Entity>, Place),
    /// Forges cannot be asked where this entity is; or the entity is gone here.
    NotAsked,
    Unknown,
}

async fn ask(services: &Services, id: EntityId) -> Result<Answer, Error> {
    let Some(view) = services.store.entity_view(id).await? else { return Ok(Answer::NotAsked) };
    let (at, number) = (&view.entity.at, view.entity.number);
    let answer = async {
        let forge = services.forge(&view).await?;
        match (forge.find_place(at, None).await, number) {
            // Something else has the name. If the forge does not know the number any more, that was made in place of the entity. Or the entity went
            // to where the credentials see nothing: as long as runners of it have jobs, it is not given up for the other.
            (Ok(Some(named)), Some(number)) if named.number != number => match forge.find_place(at, Some(number)).await {
                Err(fault @ forge::Error::NotFound { .. }) if view.runners.iter().any(|runner| runner.is_busy()) => Err(fault),
                Err(forge::Error::NotFound { .. }) => Ok(Some(named)),
                numbered => numbered,
            },
            (Err(forge::Error::NotFound { .. }), Some(number)) => forge.find_place(at, Some(number)).await,
            (named, _) => named,
        }
    };
    match answer.await {
        Ok(Some(place)) => Ok(Answer::Place(Box::new(view.settings.entity), place)),
        Ok(None) => Ok(Answer::NotAsked),
        Err(fault) => {
            debug!(entity.id = %id, error = %describe(&fault), "the forge does not say where the entity is");
            Ok(Answer::Unknown)
        }
    }
}

/// Another entity that has the place's name here.
async fn holder(services: &Services, entity: &Entity, place: &Place) -> Result<Option<EntityId>, Error> {
    let filter = EntityFilter { kind: Some(entity.at.kind), endpoint: entity.endpoint.to_string(), ..EntityFilter::default() };
    let others = services.store.list_entities(filter).await?;
    Ok(others.into_iter().find(|other| other.id != entity.id && other.at == place.at).map(|other| other.id))
}

/// Keeps where an entity is. Returns whether it has another name or number than before.
async fn keep(services: &Services, entity: &Entity, place: Place) -> Result<bool, Error> {
    let (store, before, now) = (&services.store, &entity.at, place.at.clone());
    match store.set_entity_place(entity.id, place.number, place.at).await {
        Ok(is_other) => {
            if is_other && *before != now {
                info!(entity.id = %entity.id, entity.name = %before, entity.new_name = %now, "renamed at the forge");
            }
            Ok(is_other)
        }
        Err(store::Error::Conflict { .. }) => {
            let told = format!(
                "renamed from {} to {} at the forge, but that is here by itself already; remove one of the two",
                before.path(),
                now.path()
            );
            if !store.list_entity_events(entity.id).await?.iter().any(|event| event.message == told) {
                warn!(entity.id = %entity.id, "{told}");
                store.add_entity_event(entity.id, EventLevel::Warning, told).await?;
            }
            Ok(false)
        }
        Err(fault) => Err(fault.into()),
    }
}
