//! The rows that the planner needs of one entity, as of one moment.

use super::runners::RunnerFilter;
use super::{Error, Store, api_budgets, controller, credentials, endpoints, entities, jobs, machine_memory, pools, runners, tools};
use crate::model::{Controller, Credentials, Endpoint, Entity, EntityId, Job, Pool, Runner, Slots};
use crate::time::Timestamp;

/// One entity with the rows that belong to it.
#[derive(Clone, Debug)]
pub struct EntityView {
    /// The settings of the installation.
    pub controller: Controller,
    /// The entity.
    pub entity: Entity,
    /// The forge that has it.
    pub endpoint: Endpoint,
    /// The credentials for calls about it.
    pub credentials: Credentials,
    /// Its pools.
    pub pools: Vec<Pool>,
    /// Its runners.
    pub runners: Vec<Runner>,
    /// The jobs its hooks reported that are not over. Machines that other entities made for them, and that do not serve them, count in their memory.
    pub jobs: Vec<Job>,
    /// When the forge's runner downloads were last fetched for it.
    pub tools_at: Option<Timestamp>,
    /// How many runners were registered for it lately.
    pub registered: Slots,
}

impl Store {
    /// Reads an entity and the rows that belong to it; `None` when it is gone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn entity_view(&self, id: EntityId) -> Result<Option<EntityView>, Error> {
        self.read(move |tx| {
            let Some(entity) = entities::find(tx, id)? else { return Ok(None) };
            let endpoint = endpoints::find(tx, &entity.endpoint)?
                .ok_or_else(|| Error::NotFound { what: "endpoint", key: entity.endpoint.to_string() })?;
            let mut jobs = jobs::open_of_entity(tx, id, entity.at.kind)?;
            machine_memory::count_machines_elsewhere(tx, id, &mut jobs)?;
            Ok(Some(EntityView {
                controller: controller::get(tx)?,
                credentials: credentials::get(tx, entity.credentials_id)?,
                pools: pools::list(tx, Some(id))?,
                runners: runners::list(tx, RunnerFilter { entity: Some(id), pool: None })?,
                jobs,
                tools_at: tools::fetched_at(tx, id)?,
                registered: api_budgets::registered(tx, id)?,
                endpoint,
                entity,
            }))
        })
        .await
    }
}
