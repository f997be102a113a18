//! Makes an instance.

use std::time::Duration;

use garm_guest::CommonSpecs;
use garm_provider_protocol::{BootstrapInstance, Call, Failure, ProviderInstance};
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::api::{Api, Fault};
use crate::config::{Config, InstanceType};
use crate::instance::{Instance, key, marks};
use crate::remove::remove;
use crate::specs::specs;
use crate::warning::warn;
use crate::{blank, image, power};

/// An image that comes from far may take long; the server sets a shorter deadline.
const CREATION: Duration = Duration::from_mins(30);
/// How often the new instance is looked at, how many times, and how many times more once it has an address.
const LOOK: Duration = Duration::from_millis(500);
const LOOKS: u32 = 40;
const LOOKS_WITH_ADDRESS: u32 = 10;

/// Makes and starts the instance, and gives it some time to get an address and to read its user data.
pub(crate) fn create(api: &Api, config: &Config, call: &Call, bootstrap: &BootstrapInstance) -> Result<ProviderInstance, Failure> {
    let name = &bootstrap.name;
    let failed = |fault: Fault| Failure::Failed(format!("cannot create {name}: {fault}"));
    let specs = specs(bootstrap.extra_specs.as_deref().map(serde_json::value::RawValue::get))?;
    let document = document(api, config, call, bootstrap, &specs)?;
    make_room(api, name, &call.controller_id)?;
    if let Err(fault) = api.change(&Method::POST, &["instances"], Some(&document), CREATION) {
        // Made by another client since it was looked for.
        let taken =
            fault.to_string().contains("already exists") && Instance::find(api, name, &call.controller_id).map_err(failed)?.is_some();
        return Err(if taken { duplicate(name) } else { failed(fault) });
    }
    power::start(api, name).map_err(|fault| Failure::Failed(format!("cannot start {name}: {fault}")))?;
    watch(api, name, &call.controller_id)
}

fn duplicate(name: &str) -> Failure {
    Failure::Duplicate(format!("an instance named {name} exists already"))
}

/// Deals with an instance of that name. An instance that has never run was left by a creation that was cut off. Its token may be of no use
/// any more, so the instance goes.
fn make_room(api: &Api, name: &str, controller: &str) -> Result<(), Failure> {
    let look = || Instance::any(api, name).map_err(|fault| Failure::Failed(format!("cannot look for {name}: {fault}")));
    let Some(found) = look()? else { return Ok(()) };
    if found.config(key::CONTROLLER) != controller {
        return Err(Failure::Failed(format!("cannot create {name}: an instance of that name exists that this controller has not made")));
    }
    if found.is_running() || found.last_start().is_some() {
        return Err(duplicate(name));
    }
    remove(api, name, controller)
}

fn document(api: &Api, config: &Config, call: &Call, bootstrap: &BootstrapInstance, specs: &CommonSpecs) -> Result<Value, Failure> {
    let architecture = image::architecture(&bootstrap.arch).map_err(Failure::Failed)?;
    let user_data = garm_guest::user_data(bootstrap, specs, &[blank::SEED]).map_err(Failure::failed)?;
    let profiles = profiles(config, &bootstrap.flavor)?;
    let source = image::source(api, config, &bootstrap.image, architecture).map_err(Failure::Failed)?;
    let mut settings = marks(&call.controller_id, &call.pool_id, &bootstrap.os_type, &bootstrap.arch);
    settings.insert(key::USER_DATA.to_owned(), json!(user_data.expose_secret()));
    if config.instance_type == InstanceType::VirtualMachine {
        settings.insert("security.secureboot".to_owned(), json!(config.secure_boot.to_string()));
    }
    Ok(json!({
        "name": bootstrap.name,
        "type": config.instance_type.to_string(),
        "architecture": architecture,
        "description": "runner of garm",
        "profiles": profiles,
        "config": settings,
        "source": source,
    }))
}

/// The flavor is the name of a profile, or of several with commas between.
fn profiles<'a>(config: &Config, flavor: &'a str) -> Result<Vec<&'a str>, Failure> {
    let mut profiles = if config.include_default_profile { vec!["default"] } else { Vec::new() };
    for name in flavor.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if !profiles.contains(&name) {
            profiles.push(name);
        }
    }
    if profiles.is_empty() {
        return Err(Failure::failed("the pool has no flavor: it is the name of a profile, or of several with commas between"));
    }
    Ok(profiles)
}

/// Neither an address nor the end of user data is insisted on: the server hears from the machine itself.
fn watch(api: &Api, name: &str, controller: &str) -> Result<ProviderInstance, Failure> {
    let mut looks = LOOKS;
    loop {
        let found = Instance::find(api, name, controller).map_err(|fault| Failure::Failed(format!("cannot look for {name}: {fault}")))?;
        let Some(instance) = found else { return Err(Failure::Failed(format!("{name} was deleted while it booted"))) };
        if instance.is_stopped() {
            return Err(Failure::Failed(format!("{name} has stopped while it booted: see its console log")));
        }
        let blank = blank::if_fetched(api, &instance).unwrap_or_else(|fault| {
            warn(format_args!("cannot blank the user data of {name} yet: {fault}"));
            false
        });
        if instance.has_address() {
            looks = looks.min(LOOKS_WITH_ADDRESS);
        }
        if looks == 0 || (blank && instance.has_address()) {
            return Ok(instance.describe());
        }
        looks -= 1;
        std::thread::sleep(LOOK);
    }
}
