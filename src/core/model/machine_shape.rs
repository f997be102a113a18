//! The shape of machines: what a provider and an install script are told of a runner set.

use std::time::Duration;

use serde_json::value::RawValue;

use super::{OsArch, OsType, Pool, ProviderName, RunnerSetId, ScaleSet, TemplateId};

/// The settings of a runner set that its machines are made by.
#[derive(Clone, Debug)]
pub struct MachineShape {
    /// The runner set.
    pub set: RunnerSetId,
    /// Its id towards the provider, which lists machines by this id.
    pub provider_pool: String,
    /// Who makes the machines.
    pub provider: ProviderName,
    /// Provider-specific image.
    pub image: String,
    /// Provider-specific size.
    pub flavor: String,
    /// Operating system.
    pub os_type: OsType,
    /// Architecture.
    pub os_arch: OsArch,
    /// Opaque JSON object handed to the provider.
    pub extra_specs: Option<Box<RawValue>>,
    /// The install template; `None` = the one shipped for the operating system and forge.
    pub template_id: Option<TemplateId>,
    /// The labels that its runners register with; none = the forge knows them from the runner set.
    pub labels: Vec<String>,
    /// How long a machine may take from creation to an idle runner.
    pub bootstrap_timeout: Duration,
    /// Raised when a setting that shapes runners changes.
    pub generation: i64,
}

impl From<&Pool> for MachineShape {
    fn from(pool: &Pool) -> Self {
        Self {
            set: RunnerSetId::Pool(pool.id),
            provider_pool: pool.id.to_string(),
            provider: pool.provider.clone(),
            image: pool.image.clone(),
            flavor: pool.flavor.clone(),
            os_type: pool.os_type,
            os_arch: pool.os_arch,
            extra_specs: pool.extra_specs.clone(),
            template_id: pool.template_id,
            labels: pool.tags.clone(),
            bootstrap_timeout: pool.bootstrap_timeout,
            generation: pool.generation,
        }
    }
}

impl From<&ScaleSet> for MachineShape {
    fn from(scale_set: &ScaleSet) -> Self {
        Self {
            set: RunnerSetId::ScaleSet(scale_set.id),
            provider_pool: scale_set.pseudo_pool_id.clone(),
            provider: scale_set.provider.clone(),
            image: scale_set.image.clone(),
            flavor: scale_set.flavor.clone(),
            os_type: scale_set.os_type,
            os_arch: scale_set.os_arch,
            extra_specs: scale_set.extra_specs.clone(),
            template_id: scale_set.template_id,
            labels: Vec::new(),
            bootstrap_timeout: scale_set.bootstrap_timeout,
            generation: scale_set.generation,
        }
    }
}
