//! What the forge says where it does not show a job. A person needs these words: they tell which permission the credentials lack.

use super::services::{Error, Services};
use crate::model::{EntityId, EventLevel};

/// How such an event begins.
const TOPIC: &str = "the forge does not show a job";

/// Tells the forge's words as an event of the entity: the same words once, however many jobs it does not show.
pub(super) async fn tell(services: &Services, entity: EntityId, said: &str) -> Result<(), Error> {
    let told = format!("{TOPIC}: {said}. If the credentials may not see jobs, give them the permission to read Actions (Actions: read)");
    if services.store.add_entity_event_once(entity, EventLevel::Warning, TOPIC, told.clone()).await? {
        tracing::warn!(entity.id = %entity, "{told}");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
