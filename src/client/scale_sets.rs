//! The routes of scale sets as methods.

#![expect(clippy::missing_errors_doc, reason = "each method fails alike: the server refuses, or no answer comes")]

use super::{Client, Error};
use crate::api::paths;
use crate::api::{CreateScaleSetParams, Instance, ScaleSet, UpdateScaleSetParams};
use crate::model::EntityKind;

impl Client {
    /// The scale sets.
    #[must_use]
    pub fn scale_sets(&self) -> ScaleSets<'_> {
        ScaleSets(self)
    }
}

/// The scale sets.
#[derive(Clone, Copy, Debug)]
pub struct ScaleSets<'a>(&'a Client);

impl ScaleSets<'_> {
    /// Those of all entities.
    pub async fn list(self) -> Result<Vec<ScaleSet>, Error> {
        self.0.list(paths::SCALE_SETS.template()).await
    }

    /// Those of one entity.
    pub async fn of_entity(self, kind: EntityKind, id: &str) -> Result<Vec<ScaleSet>, Error> {
        self.0.list(&paths::ENTITY_SCALE_SETS.with([&paths::entities(kind), &id])?).await
    }

    /// Makes one for an entity, here and at the forge.
    pub async fn create(self, kind: EntityKind, id: &str, params: &CreateScaleSetParams) -> Result<ScaleSet, Error> {
        self.0.post(&paths::ENTITY_SCALE_SETS.with([&paths::entities(kind), &id])?, params).await
    }

    /// One, with its runners.
    pub async fn get(self, id: i64) -> Result<ScaleSet, Error> {
        self.0.get(&paths::SCALE_SET.with([&id])?).await
    }

    /// Changes one.
    pub async fn update(self, id: i64, params: &UpdateScaleSetParams) -> Result<ScaleSet, Error> {
        self.0.put(&paths::SCALE_SET.with([&id])?, params).await
    }

    /// Removes one, here and at the forge; without it the server has nothing to do. `force` = here also if the forge fails or refuses.
    pub async fn delete(self, id: i64, force: bool) -> Result<(), Error> {
        self.0.delete(&format!("{}?forceRemove={force}", paths::SCALE_SET.with([&id])?)).await
    }

    /// Begins a new generation of one.
    pub async fn rotate(self, id: i64) -> Result<ScaleSet, Error> {
        self.0.post(&paths::SCALE_SET_ROTATE.with([&id])?, &serde_json::json!({})).await
    }

    /// The runners of one, or those of an older generation.
    pub async fn instances(self, id: i64, outdated_only: bool) -> Result<Vec<Instance>, Error> {
        self.0.list(&format!("{}?outdatedOnly={outdated_only}", paths::SCALE_SET_INSTANCES.with([&id])?)).await
    }
}
