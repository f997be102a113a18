//! Deletes instances in every state.

use std::time::Duration;

use garm_provider_protocol::Failure;
use reqwest::Method;

use crate::api::{Api, Fault};
use crate::instance::{Instance, key};
use crate::power;

/// How often deletion is tried, and the pause after the first time; it doubles.
const ATTEMPTS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(200);
/// How long one step, or what else LXD does with the instance, may take.
const PATIENCE: Duration = Duration::from_mins(5);
/// How many are deleted at a time.
const TOGETHER: usize = 4;

/// Deletes an instance; success means that it is not there.
///
/// LXD refuses while another operation runs on the instance: a creation that was cut off here goes on there, or another client stops or
/// deletes the instance. So what is under way is waited for, and then tried again from what there is.
pub(crate) fn remove(api: &Api, name: &str, controller: &str) -> Result<(), Failure> {
    let failed = |fault: Fault| Failure::Failed(format!("cannot delete {name}: {fault}"));
    let mut attempt = 0;
    loop {
        let Some(instance) = Instance::any(api, name).map_err(failed)? else { return Ok(()) };
        if instance.config(key::CONTROLLER) != controller {
            return Err(Failure::NotFound(format!("there is an instance named {name}, but this controller has not made it")));
        }
        match stop_and_delete(api, &instance) {
            Ok(()) => return Ok(()),
            Err(fault) if fault.is_absent() => return Ok(()),
            Err(fault) if attempt + 1 == ATTEMPTS => return Err(failed(fault)),
            Err(_) => {}
        }
        api.settle(name, PATIENCE).map_err(failed)?;
        std::thread::sleep(PAUSE * 2_u32.pow(attempt));
        attempt += 1;
    }
}

fn stop_and_delete(api: &Api, instance: &Instance) -> Result<(), Fault> {
    if !instance.is_stopped() {
        power::stop(api, instance.name())?;
    }
    api.change(&Method::DELETE, &["instances", instance.name()], None, PATIENCE)
}

/// Deletes all instances of a controller, and goes on when one will not go.
pub(crate) fn remove_all(api: &Api, controller: &str) -> Result<(), Failure> {
    let instances = Instance::all(api, controller).map_err(|fault| Failure::Failed(format!("cannot list the instances: {fault}")))?;
    let mut failures = Vec::new();
    for some in instances.chunks(TOGETHER) {
        std::thread::scope(|scope| {
            let tasks: Vec<_> = some.iter().map(|instance| scope.spawn(|| remove(api, instance.name(), controller))).collect();
            failures.extend(tasks.into_iter().filter_map(|task| task.join().expect("deletion does not panic").err()));
        });
    }
    if failures.is_empty() {
        return Ok(());
    }
    Err(Failure::Failed(failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))
}
