//! What the server asks of a provider.

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use garm_provider_protocol::{BootstrapInstance, ProviderInstance};
use serde_json::value::RawValue;

use super::Error;
use crate::model::{ControllerId, ProviderName};

/// On whose behalf a provider acts; sent with every operation.
#[derive(Clone, Debug)]
pub struct PoolContext {
    /// This installation. Providers mark machines with it and touch no others.
    pub controller_id: ControllerId,
    /// A pool's id, or the pseudo id `<scale set name>-<entity id>` of a scale set.
    pub pool_id: String,
    /// The pool's settings for the provider, as they are stored.
    pub extra_specs: Option<Box<RawValue>>,
}

/// Makes and removes machines. Operations are safe to repeat; the runner's name finds a machine from the first effect on.
///
/// A dropped future ends the operation at once, which may leave a half-made machine: `delete_instance` by name removes it.
pub trait Provider: Send + Sync + fmt::Debug {
    /// The provider's name in the configuration.
    fn name(&self) -> &ProviderName;

    /// Makes a machine within `time_limit`. A machine of that name that exists already is returned as it is.
    fn create_instance<'a>(
        &'a self,
        pool: &'a PoolContext,
        bootstrap: &'a BootstrapInstance,
        time_limit: Duration,
    ) -> BoxFuture<'a, Result<ProviderInstance, Error>>;

    /// Removes a machine, by provider id or name. A machine that does not exist is removed.
    fn delete_instance<'a>(&'a self, pool: &'a PoolContext, instance: &'a str) -> BoxFuture<'a, Result<(), Error>>;

    /// Describes a machine, by provider id or name; `None` when the provider knows for sure that there is none.
    fn get_instance<'a>(&'a self, pool: &'a PoolContext, instance: &'a str) -> BoxFuture<'a, Result<Option<ProviderInstance>, Error>>;

    /// Describes all machines of the pool.
    fn list_instances<'a>(&'a self, pool: &'a PoolContext) -> BoxFuture<'a, Result<Vec<ProviderInstance>, Error>>;

    /// Starts a stopped machine, by provider id or name.
    fn start<'a>(&'a self, pool: &'a PoolContext, instance: &'a str) -> BoxFuture<'a, Result<(), Error>>;

    /// Stops a machine, by provider id or name.
    fn stop<'a>(&'a self, pool: &'a PoolContext, instance: &'a str) -> BoxFuture<'a, Result<(), Error>>;

    /// Removes all machines of this installation, whatever their pool.
    fn remove_all<'a>(&'a self, pool: &'a PoolContext) -> BoxFuture<'a, Result<(), Error>>;
}
