//! The operations of the contract.

use garm_guest::common_specs_schema;
use garm_provider_protocol::{BootstrapInstance, Call, ExternalProvider, Failure, ProviderInstance};
use serde_json::json;

use crate::api::Api;
use crate::config::{Config, SCHEMA};
use crate::create::create;
use crate::instance::{Instance, key};
use crate::remove::{remove, remove_all};
use crate::specs::specs;
use crate::{blank, power};

/// The provider; everything it knows is in the call.
pub(crate) struct Lxd;

impl ExternalProvider for Lxd {
    fn create_instance(&self, call: &Call, bootstrap: &BootstrapInstance) -> Result<ProviderInstance, Failure> {
        let config = config(call)?;
        create(&connect(&config)?, &config, call, bootstrap)
    }

    fn delete_instance(&self, call: &Call, instance: &str) -> Result<(), Failure> {
        remove(&connect(&config(call)?)?, instance, &call.controller_id)
    }

    fn get_instance(&self, call: &Call, instance: &str) -> Result<ProviderInstance, Failure> {
        find(&connect(&config(call)?)?, call, instance).map(|found| found.describe())
    }

    fn list_instances(&self, call: &Call) -> Result<Vec<ProviderInstance>, Failure> {
        let api = connect(&config(call)?)?;
        let mut instances =
            Instance::all(&api, &call.controller_id).map_err(|fault| Failure::Failed(format!("cannot list the instances: {fault}")))?;
        instances.retain(|instance| instance.config(key::POOL) == call.pool_id);
        blank::overdue(&api, &instances);
        Ok(instances.iter().map(Instance::describe).collect())
    }

    fn remove_all_instances(&self, call: &Call) -> Result<(), Failure> {
        remove_all(&connect(&config(call)?)?, &call.controller_id)
    }

    fn start_instance(&self, call: &Call, instance: &str) -> Result<(), Failure> {
        let api = connect(&config(call)?)?;
        let found = find(&api, call, instance)?;
        power::start(&api, found.name()).map_err(|fault| Failure::Failed(format!("cannot start {instance}: {fault}")))
    }

    fn stop_instance(&self, call: &Call, instance: &str) -> Result<(), Failure> {
        let api = connect(&config(call)?)?;
        let found = find(&api, call, instance)?;
        power::stop(&api, found.name()).map_err(|fault| Failure::Failed(format!("cannot stop {instance}: {fault}")))
    }

    fn version(&self) -> String {
        concat!("v", env!("CARGO_PKG_VERSION")).to_owned()
    }

    fn validate_pool_info(&self, call: &Call) -> Result<(), Failure> {
        specs(Some(&call.extra_specs)).map(drop)
    }

    fn config_json_schema(&self) -> String {
        SCHEMA.to_owned()
    }

    fn extra_specs_json_schema(&self) -> String {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Extra specs of garm-provider-lxd",
            "type": "object",
            "properties": common_specs_schema(),
            "additionalProperties": false,
        });
        schema.to_string()
    }
}

fn config(call: &Call) -> Result<Config, Failure> {
    Config::load(call.config_file.as_deref()).map_err(Failure::Failed)
}

fn connect(config: &Config) -> Result<Api, Failure> {
    Api::connect(config).map_err(|fault| Failure::Failed(format!("cannot use LXD: {fault}")))
}

fn find(api: &Api, call: &Call, instance: &str) -> Result<Instance, Failure> {
    let found = Instance::find(api, instance, &call.controller_id);
    let found = found.map_err(|fault| Failure::Failed(format!("cannot look for {instance}: {fault}")))?;
    found.ok_or_else(|| Failure::NotFound(format!("there is no instance {instance} of this controller")))
}
