//! The server's requests to a provider.

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use garm_provider_protocol::{BootstrapInstance, ProviderInstance};
use serde_json::value::RawValue;

use super::{CommandCalls, Description, Error};
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

/// A machine that was made.
#[derive(Clone, Debug)]
pub struct CreatedInstance {
    /// The machine.
    pub instance: ProviderInstance,
    /// The end of the provider's standard error, without secrets.
    pub stderr: String,
}

/// Makes and removes machines. Operations are safe to repeat; the runner's name finds a machine from the first effect on.
///
/// A dropped future ends the operation at once, which may leave a half-made machine: `delete_instance` by name removes it.
pub trait Provider: Send + Sync + fmt::Debug {
    /// The provider's name in the configuration.
    fn name(&self) -> &ProviderName;

    /// How many operations may run at once.
    fn parallel(&self) -> usize;

    /// Makes a machine within `time_limit`. A machine of that name that exists already is returned as it is.
    fn create_instance<'a>(
        &'a self,
        pool: &'a PoolContext,
        bootstrap: &'a BootstrapInstance,
        time_limit: Duration,
    ) -> BoxFuture<'a, Result<CreatedInstance, Error>>;

    /// Removes a machine, by provider id or name. A machine that does not exist is removed.
    fn delete_instance<'a>(&'a self, pool: &'a PoolContext, instance: &'a str) -> BoxFuture<'a, Result<(), Error>>;

    /// Describes all machines of the pool.
    fn list_instances<'a>(&'a self, pool: &'a PoolContext) -> BoxFuture<'a, Result<Vec<ProviderInstance>, Error>>;

    /// Asks whether a pool would do, as far as the provider can tell from pool id and extra specs. Defined by v0.1.1 of the contract alone.
    fn validate_pool<'a>(&'a self, pool: &'a PoolContext) -> BoxFuture<'a, Result<(), Error>>;

    /// The facts about the provider that are known without asking it.
    fn configured(&self) -> Description;

    /// All facts about the provider. Answers that it cannot give are absent; that is never an error.
    fn describe(&self, controller: ControllerId) -> BoxFuture<'_, Description>;

    /// How its calls went since the server started.
    fn calls(&self) -> Vec<CommandCalls>;
}
