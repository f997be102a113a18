//! Takes the user data away from an instance that has fetched it.
//!
//! User data holds the machine's token, and all programs in an instance may read `/dev/lxd/sock`. The server refuses a token once its
//! runner is idle; this makes sure that it is not even seen. User data is needed until cloud-init has read it at first boot. Cloud-init
//! keeps a copy that only root of the instance can read.
//!
//! Two rules, because neither is enough. Cloud-init writes a file when it has read its data; LXD can look for it in containers, and in
//! virtual machines that run its agent. Creation waits for that file for a while. An instance may boot slowly, lack that file, or the call
//! may be cut off. Then a later listing blanks its data: when the file is there, or when the instance has been up long enough to have read
//! its data. The server lists every few minutes.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde_json::json;

use crate::api::{Api, Fault};
use crate::instance::{Instance, key};
use crate::warning::warn;

/// Templates of older images copy user data into the instance, for everybody to read. This empties the copy from inside.
pub(crate) const SEED: &str = "seed=/var/lib/cloud/seed/nocloud-net/user-data; [ ! -e $seed ] || : >$seed";
/// What cloud-init writes when it has read its data, before it runs anything of it.
const FETCHED: &str = "/var/lib/cloud/instance/user-data.txt";
/// After this no instance reads its data for the first time.
const LONG: Duration = Duration::from_mins(10);
const PATIENCE: Duration = Duration::from_mins(1);

/// Blanks the user data if cloud-init has read it; answers whether there is none any more.
pub(crate) fn if_fetched(api: &Api, instance: &Instance) -> Result<bool, Fault> {
    if !has_data(instance) {
        return Ok(true);
    }
    if !api.has_file(instance.name(), FETCHED) {
        return Ok(false);
    }
    blank(api, instance).map(|()| true)
}

/// Blanks what an earlier call could not.
pub(crate) fn overdue(api: &Api, instances: &[Instance]) {
    for instance in instances.iter().filter(|instance| instance.is_running() && has_data(instance)) {
        let blanked = if has_been_up(instance) { blank(api, instance) } else { if_fetched(api, instance).map(drop) };
        match blanked {
            // Gone since it was listed.
            Err(fault) if fault.is_absent() => {}
            Err(fault) => warn(format_args!("cannot blank the user data of {}: {fault}", instance.name())),
            Ok(()) => {}
        }
    }
}

fn has_data(instance: &Instance) -> bool {
    !instance.config(key::USER_DATA).is_empty()
}

fn has_been_up(instance: &Instance) -> bool {
    #[expect(clippy::disallowed_methods, reason = "a process that does one thing and ends is handed no clock")]
    let now: DateTime<Utc> = SystemTime::now().into();
    let start = instance.last_start().and_then(|at| DateTime::parse_from_rfc3339(at).ok());
    start.and_then(|start| now.signed_duration_since(start).to_std().ok()).is_some_and(|up| up > LONG)
}

fn blank(api: &Api, instance: &Instance) -> Result<(), Fault> {
    // A change without a description would take that away, too.
    let change = json!({"config": {key::USER_DATA: ""}, "description": instance.description()});
    api.change(&Method::PATCH, &["instances", instance.name()], Some(&change), PATIENCE)
}
