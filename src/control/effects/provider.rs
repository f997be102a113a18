//! The way to the provider of a runner set: one call at a time, each in its turn.

use super::context::EffectContext;
use crate::control::bootstrap;
use crate::control::services::{Error, ProviderFacts, Services};
use crate::model::{InstanceStatus, MachineShape, ProviderMachine, Runner, RunnerName, RunnerSetId};
use crate::provider::{self, PoolContext};
use crate::time::Timestamp;

/// The provider of a runner set of this entity.
pub(super) struct SetProvider<'a> {
    services: &'a Services,
    pub(super) shape: MachineShape,
    pub(super) facts: &'a ProviderFacts,
    pub(super) context: PoolContext,
}

/// The outcome of removing a runner's machine.
pub(super) enum Removal {
    /// The machine is gone.
    Done,
    /// The machine may still be there, for this reason.
    Failed(String),
}

/// Why a machine is removed: a job may wait for the next attempt, and for a removal hardly anything does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// The machine is not needed any more.
    Removal,
    /// The machine may be left of a failed attempt, and the next one is to begin.
    NextAttempt,
}

impl EffectContext {
    /// The provider of a runner set; `None` when one of the two is gone.
    pub(super) fn provider(&self, set: RunnerSetId) -> Option<SetProvider<'_>> {
        let shape = self.view.shape(set)?;
        let facts = self.services.providers.get(&shape.provider)?;
        let context = PoolContext {
            controller_id: self.view.controller.id,
            pool_id: shape.provider_pool.clone(),
            extra_specs: shape.extra_specs.clone(),
        };
        Some(SetProvider { services: &self.services, shape, facts, context })
    }

    /// Removes the machine of a runner at its provider, under the provider's name for it or, where that is not known, under its own.
    pub(super) async fn remove_machine(&self, row: &Runner, purpose: Purpose) -> Result<Removal, Error> {
        if self.view.shape(row.set_id).is_none() {
            return Ok(Removal::Failed(format!("{} is gone", row.set_id)));
        }
        let Some(provider) = self.provider(row.set_id) else {
            return Ok(Removal::Failed(format!("provider {} is not in the server's configuration", row.provider)));
        };
        match provider.delete(row.provider_id.as_deref().unwrap_or(row.name.as_str()), purpose).await {
            Ok(()) => Ok(Removal::Done),
            Err(Error::Provider(fault)) => Ok(Removal::Failed(fault.fault())),
            Err(fault) => Err(fault),
        }
    }
}

impl SetProvider<'_> {
    /// Lists the machines of the runner set. Answers also when they were asked for.
    pub(super) async fn list(&self) -> Result<(Timestamp, Vec<ProviderMachine>), provider::Error> {
        let _turn = self.facts.turn().await;
        let at = self.services.clock.now();
        let machines = self.facts.provider.list_instances(&self.context).await?;
        Ok((at, machines.into_iter().map(machine).collect()))
    }

    /// Removes a machine, by the provider's name for it or by that of its runner.
    pub(super) async fn delete(&self, instance: &str, purpose: Purpose) -> Result<(), Error> {
        let _turn = match purpose {
            Purpose::Removal => self.facts.removal_turn().await,
            Purpose::NextAttempt => self.facts.create_turn().await,
        };
        // The name may be used again: another server that has acted for the entity since the wait began may have made the next machine.
        self.services.store.check_lease().await?;
        Ok(self.facts.provider.delete_instance(&self.context, instance).await?)
    }
}

/// A machine in the provider's words, in ours.
pub(super) fn machine(instance: provider::ProviderInstance) -> ProviderMachine {
    ProviderMachine {
        status: InstanceStatus::from_word(&instance.status).unwrap_or(InstanceStatus::Unknown),
        name: RunnerName(instance.name),
        provider_id: instance.provider_id,
        os_name: instance.os_name,
        os_version: instance.os_version,
        addresses: instance.addresses.into_iter().map(bootstrap::address).collect(),
    }
}
