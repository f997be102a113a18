//! Starts and stops instances. Both may be repeated, and what is as wanted already is fine.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::api::{Api, Fault};
use crate::instance::Instance;

const PATIENCE: Duration = Duration::from_mins(5);

/// Starts an instance.
pub(crate) fn start(api: &Api, name: &str) -> Result<(), Fault> {
    turn(api, name, "start", Instance::is_running)
}

/// Stops an instance at once: a runner that is to go has no work to finish.
pub(crate) fn stop(api: &Api, name: &str) -> Result<(), Fault> {
    turn(api, name, "stop", Instance::is_stopped)
}

fn turn(api: &Api, name: &str, action: &str, is_there: impl Fn(&Instance) -> bool) -> Result<(), Fault> {
    let body = json!({"action": action, "force": action == "stop", "timeout": -1});
    let Err(fault) = api.change(&Method::PUT, &["instances", name, "state"], Some(&body), PATIENCE) else { return Ok(()) };
    // LXD refuses to start what runs and to stop what does not, in words that differ between versions.
    if Instance::any(api, name)?.is_some_and(|instance| is_there(&instance)) { Ok(()) } else { Err(fault) }
}
