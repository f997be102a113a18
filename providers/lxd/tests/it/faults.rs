//! What LXD refuses, fails at, or does while somebody else is at the same instance.

use std::path::Path;

use serde_json::json;

use crate::call::{Caller, bootstrap};
use crate::fake::{Fake, IMAGE, Wrong};

const LONG_AGO: &str = "2026-01-02T03:04:05Z";

#[test]
fn an_operation_that_fails_says_what_lxd_said() {
    let fake = Fake::start();
    let caller = Caller::new(&fake.socket());
    fake.goes_wrong("POST instances", Wrong::Fails("Failed creating instance from image:\n no space left on device"));
    let outcome = caller.create(&bootstrap("garm-1", IMAGE));
    outcome.is(1, "cannot create garm-1: Failed creating instance from image: no space left on device");
    fake.goes_wrong("PUT instances/garm-1/state", Wrong::Fails("Failed to run: forkstart garm-1"));
    caller.create(&bootstrap("garm-1", IMAGE)).is(1, "cannot start garm-1: Failed to run: forkstart garm-1");
    fake.goes_wrong("POST instances", Wrong::Refused(400, "Invalid instance name"));
    caller.create(&bootstrap("bad_name", IMAGE)).is(1, "cannot create bad_name: Invalid instance name (400)");
}

#[test]
fn a_machine_that_stops_while_it_boots_is_no_machine() {
    let fake = Fake::start();
    fake.world().dies = true;
    Caller::new(&fake.socket()).create(&bootstrap("garm-1", IMAGE)).is(1, "garm-1 has stopped while it booted");
}

#[test]
fn a_machine_deleted_while_it_boots_is_no_machine() {
    let fake = Fake::start();
    // The first look is for one of that name, the second at the new one.
    fake.goes_wrong("GET instances/garm-1", Wrong::Nothing);
    fake.goes_wrong("GET instances/garm-1", Wrong::Deleted);
    Caller::new(&fake.socket()).create(&bootstrap("garm-1", IMAGE)).is(1, "garm-1 was deleted while it booted");
}

#[test]
fn one_that_somebody_else_makes_at_the_same_time_is_a_duplicate() {
    let fake = Fake::start();
    let caller = Caller::new(&fake.socket());
    fake.goes_wrong("GET instances/garm-1", Wrong::Refused(404, "Instance not found"));
    fake.has("garm-1", "controller-1", "Running", LONG_AGO);
    fake.goes_wrong("POST instances", Wrong::Fails("Add instance info to the database: This \"instances\" entry already exists"));
    caller.create(&bootstrap("garm-1", IMAGE)).is(31, "an instance named garm-1 exists already");
}

#[test]
fn user_data_that_cannot_be_blanked_yet_does_not_stop_the_machine() {
    let fake = Fake::start();
    let caller = Caller::new(&fake.socket());
    fake.goes_wrong("PATCH instances/garm-1", Wrong::Refused(500, "database is locked"));
    let outcome = caller.create(&bootstrap("garm-1", IMAGE));
    outcome.is(0, "warning: cannot blank the user data of garm-1 yet: database is locked (500)");
    assert!(fake.world().instances["garm-1"]["config"]["user.user-data"].is_null(), "it is tried again");
}

#[test]
fn stopping_what_somebody_else_stops_is_fine() {
    let fake = Fake::start();
    let caller = Caller::new(&fake.socket());
    for command in ["StopInstance", "DeleteInstance"] {
        fake.has("garm-1", "controller-1", "Running", LONG_AGO);
        fake.goes_wrong("PUT instances/garm-1/state", Wrong::Stopped);
        caller.call(command, "garm-1").is(0, "");
    }
    assert!(fake.world().instances.is_empty());
}

#[test]
fn deleting_what_somebody_else_deletes_is_fine() {
    let fake = Fake::start();
    let caller = Caller::new(&fake.socket());
    for step in ["PUT instances/garm-1/state", "DELETE instances/garm-1"] {
        fake.has("garm-1", "controller-1", "Running", LONG_AGO);
        fake.goes_wrong(step, Wrong::Deleted);
        caller.call("DeleteInstance", "garm-1").is(0, "");
    }
}

#[test]
fn deletion_waits_for_a_creation_that_goes_on_without_its_caller() {
    let fake = Fake::start();
    let caller = Caller::new(&fake.socket());
    fake.has("garm-1", "controller-1", "Stopped", LONG_AGO);
    let operation =
        |id: &str, name: &str| json!({"id": id, "resources": {"instances": [format!("/1.0/instances/{name}?project=default")]}});
    for (id, name) in [("creation", "garm-1"), ("unrelated", "garm-12")] {
        fake.world().under_way.insert(id.to_owned(), operation(id, name));
    }
    fake.goes_wrong("DELETE instances/garm-1", Wrong::Refused(400, "Instance is busy running a \"create\" operation"));
    caller.call("DeleteInstance", "garm-1").is(0, "");
    assert_eq!((fake.asked("GET operations/creation/wait"), fake.asked("GET operations/unrelated/wait")), (1, 0));
    assert!(fake.world().instances.is_empty());
}

#[test]
fn a_deletion_that_cannot_succeed_is_given_up_with_its_reason_and_stops_no_other() {
    let fake = Fake::start();
    let caller = Caller::new(&fake.socket());
    fake.has("garm-1", "controller-1", "Stopped", LONG_AGO);
    fake.has("garm-2", "controller-1", "Stopped", LONG_AGO);
    for _ in 0..6 {
        fake.goes_wrong("DELETE instances/garm-1", Wrong::Refused(400, "Instance is protected"));
    }
    caller.call("RemoveAllInstances", "").is(1, "cannot delete garm-1: Instance is protected (400)");
    assert_eq!(fake.world().instances.keys().collect::<Vec<_>>(), ["garm-1"]);
    assert_eq!(fake.asked("DELETE instances/garm-1"), 6);
}

#[test]
fn without_its_project_nothing_is_said_to_be_absent() {
    let fake = Fake::start();
    let caller = Caller::new(&fake.socket());
    caller.configure(&format!("unix_socket_path = \"{}\"\nproject_name = \"other\"\n", fake.socket().display()));
    for command in ["GetInstance", "DeleteInstance", "ListInstances"] {
        caller.call(command, "garm-1").is(1, "there is no project \"other\": make it or change project_name");
    }
}

#[test]
fn an_lxd_that_is_not_there_or_is_something_else_is_said() {
    let caller = Caller::new(Path::new("/nowhere/socket"));
    caller.call("DeleteInstance", "garm-1").is(1, "cannot use LXD: GET /1.0/projects/default: error sending request");
    assert!(caller.call("DeleteInstance", "garm-1").stderr.contains("No such file or directory"));
    caller.configure("unix_socket_path = \"/x\"\ncolour = 1\ninstance_type = \"vm\"\n");
    caller.call("GetInstance", "garm-1").is(1, "line 3: unknown variant `vm`");
}

#[test]
fn unknown_keys_of_the_configuration_are_told_and_ignored() {
    let fake = Fake::start();
    let caller = Caller::new(&fake.socket());
    caller.configure(&format!("unix_socket_path = \"{}\"\nproject_name = \"default\"\ncolour = 1\n", fake.socket().display()));
    let outcome = caller.call("ListInstances", "");
    outcome.is(0, "lxd.toml: unknown key colour is ignored");
}

#[test]
fn what_cannot_be_made_is_refused_before_anything_is() {
    let fake = Fake::start();
    let caller = Caller::new(&fake.socket());
    let with = |key: &str, value: serde_json::Value| {
        let mut document = bootstrap("garm-1", IMAGE);
        document[key] = value;
        document
    };
    let table = [
        ("image", json!("nope"), "image \"nope\" is neither alias nor fingerprint of an image here"),
        ("image", json!("ubuntu:22.04"), "image \"ubuntu:22.04\" is of the remote \"ubuntu\", image_remotes has none"),
        ("arch", json!("sparc"), "architecture \"sparc\" is not known; known are amd64, i386, arm64 and arm"),
        ("tools", json!([]), "there is no runner for os_type linux and arch"),
        ("os_type", json!("plan9"), "os_type \"plan9\" is not supported"),
        ("flavor", json!(""), "the pool has no flavor"),
        ("extra_specs", json!({"no_such_key": 1}), "extra_specs: no_such_key is not known; known are"),
        ("extra_specs", json!({}), "extra_specs has no runner_install_template"),
    ];
    for (key, value, said) in table {
        caller.create(&with(key, value)).is(1, said);
    }
    caller.configure(&format!("unix_socket_path = \"{}\"\nproject_name = \"default\"\n", fake.socket().display()));
    caller.create(&bootstrap("garm-1", IMAGE)).is(1, "is for a container, not for a virtual-machine: see instance_type");
    assert_eq!(fake.asked("POST"), 0);
}
