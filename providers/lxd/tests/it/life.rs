//! What happens when nothing goes wrong.

use serde_json::json;

use crate::call::{Caller, TOKEN, bootstrap};
use crate::fake::{Fake, IMAGE};

const LONG_AGO: &str = "2026-01-02T03:04:05Z";
const NEVER: &str = "1970-01-01T00:00:00Z";
/// No clock is ahead of it: an instance that was started then has not been up for long.
const FUTURE: &str = "2999-01-02T03:04:05Z";

#[test]
fn an_instance_is_made_found_stopped_started_and_deleted() {
    let fake = Fake::start();
    let caller = Caller::new(&fake.socket());
    let told = caller.create(&bootstrap("garm-1", IMAGE)).json();
    let arch = told["os_arch"].clone();
    let expected = json!({
        "provider_id": "garm-1", "name": "garm-1", "os_type": "linux", "os_name": "debian", "os_version": "bookworm", "os_arch": arch,
        "addresses": [{"address": "10.0.0.7", "type": "private"}], "status": "running",
    });
    assert_eq!(told, expected);
    let made = fake.world().instances["garm-1"].clone();
    assert_eq!(made["type"], "container");
    assert_eq!(made["profiles"], json!(["default"]));
    assert_eq!(made["source"], json!({"type": "image", "fingerprint": "aabbccddeeff"}));
    assert_eq!(made["description"], "runner of garm");
    assert_eq!(
        made["config"],
        json!({
            "user.runner-controller-id": "controller-1", "user.runner-pool-id": "pool-1", "user.os-type": "linux", "user.os-arch": arch,
        }),
        "the user data is gone as soon as it was read"
    );
    assert_eq!(caller.call("GetInstance", "garm-1").json(), expected);
    assert_eq!(caller.call("ListInstances", "").json(), json!([expected]));
    for _ in 0..2 {
        caller.call("StopInstance", "garm-1").is(0, "");
    }
    assert_eq!(caller.call("GetInstance", "garm-1").json()["status"], "stopped");
    for _ in 0..2 {
        caller.call("StartInstance", "garm-1").is(0, "");
    }
    for _ in 0..2 {
        caller.call("DeleteInstance", "garm-1").is(0, "");
    }
    assert_eq!(caller.call("ListInstances", "").json(), json!([]));
    for command in ["GetInstance", "StartInstance", "StopInstance"] {
        caller.call(command, "garm-1").is(30, "there is no instance garm-1 of this controller");
    }
}

#[test]
fn a_virtual_machine_has_its_secure_boot_and_profiles() {
    let fake = Fake::start();
    let caller = Caller::new(&fake.socket());
    caller.configure(&format!(
        "unix_socket_path = \"{}\"\nproject_name = \"default\"\ninclude_default_profile = true\nsecure_boot = true\n\
         [image_remotes.far]\naddr = \"https://images.example\"\n",
        fake.socket().display()
    ));
    let mut machine = bootstrap("garm-1", "far:debian/12");
    machine["flavor"] = "default, big".into();
    caller.create(&machine).json();
    let made = fake.world().instances["garm-1"].clone();
    assert_eq!((&made["type"], &made["config"]["security.secureboot"]), (&json!("virtual-machine"), &json!("true")));
    assert_eq!(made["profiles"], json!(["default", "big"]));
    let source =
        json!({"type": "image", "mode": "pull", "server": "https://images.example", "protocol": "simplestreams", "alias": "debian/12"});
    assert_eq!(made["source"], source);
}

#[test]
fn a_creation_that_was_cut_off_is_begun_again_and_one_that_came_true_is_not() {
    let fake = Fake::start();
    let caller = Caller::new(&fake.socket());
    fake.has("garm-1", "controller-1", "Stopped", NEVER);
    caller.create(&bootstrap("garm-1", IMAGE)).json();
    assert_eq!((fake.asked("DELETE instances/garm-1"), fake.asked("POST instances")), (1, 1));
    caller.create(&bootstrap("garm-1", IMAGE)).is(31, "an instance named garm-1 exists already");
    // It has run, though it does not any more.
    caller.call("StopInstance", "garm-1").is(0, "");
    caller.create(&bootstrap("garm-1", IMAGE)).is(31, "an instance named garm-1 exists already");
    assert_eq!((fake.asked("DELETE instances/garm-1"), fake.asked("POST instances")), (1, 1));
}

#[test]
fn what_others_have_made_is_neither_seen_nor_touched() {
    let fake = Fake::start();
    let caller = Caller::new(&fake.socket());
    fake.has("garm-1", "controller-2", "Running", LONG_AGO);
    fake.has("garm-2", "", "Running", LONG_AGO);
    assert_eq!(caller.call("ListInstances", "").json(), json!([]));
    for name in ["garm-1", "garm-2"] {
        caller.call("GetInstance", name).is(30, "there is no instance");
        caller.call("StopInstance", name).is(30, "there is no instance");
        caller.call("DeleteInstance", name).is(30, "but this controller has not made it");
        caller.create(&bootstrap(name, IMAGE)).is(1, "an instance of that name exists that this controller has not made");
    }
    caller.call("RemoveAllInstances", "").is(0, "");
    assert_eq!(fake.world().instances.len(), 2);
    assert_eq!(fake.asked("PUT") + fake.asked("PATCH") + fake.asked("DELETE") + fake.asked("POST"), 0);
}

#[test]
fn pools_see_their_own_and_everything_of_the_controller_can_be_removed() {
    let fake = Fake::start();
    let mut caller = Caller::new(&fake.socket());
    for number in 0..6 {
        fake.has(&format!("garm-{number}"), "controller-1", if number % 2 == 0 { "Running" } else { "Stopped" }, LONG_AGO);
    }
    fake.has("other", "controller-2", "Running", LONG_AGO);
    assert_eq!(caller.call("ListInstances", "").json().as_array().map(Vec::len), Some(6));
    caller.pool = "pool-2".into();
    assert_eq!(caller.call("ListInstances", "").json(), json!([]));
    caller.call("RemoveAllInstances", "").is(0, "");
    assert_eq!(fake.world().instances.keys().collect::<Vec<_>>(), ["other"]);
}

#[test]
fn user_data_that_was_not_blanked_in_time_is_blanked_when_instances_are_listed() {
    let fake = Fake::start();
    let caller = Caller::new(&fake.socket());
    fake.has("long", "controller-1", "Running", LONG_AGO);
    fake.has("young", "controller-1", "Running", FUTURE);
    fake.has("waiting", "controller-1", "Stopped", NEVER);
    let left = |fake: &Fake| {
        let world = fake.world();
        let has_data =
            |(name, instance): (&String, &serde_json::Value)| instance["config"]["user.user-data"].is_string().then(|| name.clone());
        world.instances.iter().filter_map(has_data).collect::<Vec<_>>()
    };
    fake.world().has_fetched = false;
    caller.call("ListInstances", "").is(0, "");
    assert_eq!(left(&fake), ["waiting", "young"], "up for long: it has read its data, whether it says so or not");
    fake.world().has_fetched = true;
    caller.call("ListInstances", "").is(0, "");
    assert_eq!(left(&fake), ["waiting"], "what never ran still needs its data");
}

#[test]
fn the_program_describes_itself_without_any_lxd() {
    let caller = Caller::new(std::path::Path::new("/nowhere"));
    let version = caller.call("GetVersion", "");
    version.is(0, "");
    assert_eq!(version.stdout, concat!("v", env!("CARGO_PKG_VERSION"), "\n"));
    assert_eq!(caller.call("GetSupportedInterfaceVersions", "").json(), json!(["v0.1.0", "v0.1.1"]));
    assert!(caller.call("GetConfigJSONSchema", "").json()["properties"]["unix_socket_path"].is_object());
    assert!(caller.call("GetExtraSpecsJSONSchema", "").json()["properties"]["pre_install_scripts"].is_object());
    caller.call_with("ValidatePoolInfo", "", r#"{"disable_updates": true}"#, "").is(0, "");
    let secret = format!(r#"{{"disable_updates": "{TOKEN}"}}"#);
    caller.call_with("ValidatePoolInfo", "", &secret, "").is(1, "extra_specs: disable_updates must be of type boolean, not string");
}
