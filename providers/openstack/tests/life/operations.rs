//! What every command does when all is well.

use serde_json::json;

use crate::cloud::{Answer, Cloud, POOL, bootstrap};

#[test]
fn a_machine_lives_and_every_command_may_be_repeated() {
    let cloud = Cloud::start();
    let made = cloud.create(&bootstrap("garm-1", &json!({}))).json();
    let id = made["provider_id"].as_str().expect("an id").to_owned();
    assert_eq!(
        made,
        json!({
            "provider_id": id, "name": "garm-1", "os_type": "linux", "os_name": "debian", "os_version": "12", "os_arch": "amd64",
            "addresses": [{"address": "10.196.0.3", "type": "private"}], "status": "running",
        })
    );
    for instance in ["garm-1", &id] {
        assert_eq!(cloud.on("GetInstance", instance).json(), made);
    }
    assert_eq!(cloud.call("ListInstances", &[]).json(), json!([made]));
    let duplicate = cloud.create(&bootstrap("garm-1", &json!({}))).fails_with(31);
    assert_eq!(duplicate, format!("server garm-1 exists already with id {id}"));
    for (command, status) in [("StopInstance", "stopped"), ("StartInstance", "running")] {
        for instance in ["garm-1", &id] {
            cloud.on(command, instance).done();
        }
        assert_eq!(cloud.on("GetInstance", &id).json()["status"], status);
    }
    for instance in ["garm-1", "garm-1", &id] {
        cloud.on("DeleteInstance", instance).done();
    }
    for (command, instance) in [("GetInstance", "garm-1"), ("GetInstance", &id), ("StartInstance", &id), ("StopInstance", "garm-1")] {
        let reason = cloud.on(command, instance).fails_with(30);
        assert_eq!(reason, format!("there is no server {instance} of this installation"));
    }
    assert_eq!(cloud.names(), [""; 0]);
}

#[test]
fn both_versions_of_the_contract_are_spoken() {
    let cloud = Cloud::start();
    cloud.create(&bootstrap("garm-1", &json!({}))).json();
    for version in ["v0.1.0", "v0.1.1"] {
        let version = ("GARM_INTERFACE_VERSION", version);
        assert_eq!(cloud.call("GetInstance", &[version, ("GARM_INSTANCE_ID", "garm-1")]).json()["status"], "running");
        assert_eq!(cloud.call("GetSupportedInterfaceVersions", &[version]).json(), json!(["v0.1.0", "v0.1.1"]));
    }
}

#[test]
fn other_installations_and_pools_are_neither_seen_nor_touched() {
    let cloud = Cloud::start();
    let id = cloud.create(&bootstrap("garm-1", &json!({}))).json()["provider_id"].as_str().expect("an id").to_owned();
    let stranger = ("GARM_CONTROLLER_ID", "00000000-6a8a-4241-8ed9-a246fff6762f");
    for instance in ["garm-1", &id] {
        let instance = ("GARM_INSTANCE_ID", instance);
        cloud.call("GetInstance", &[stranger, instance]).fails_with(30);
        cloud.call("StopInstance", &[stranger, instance]).fails_with(30);
        cloud.call("DeleteInstance", &[stranger, instance]).done();
    }
    cloud.call("RemoveAllInstances", &[stranger]).done();
    assert_eq!(cloud.call("ListInstances", &[stranger]).json(), json!([]));
    assert_eq!(cloud.call("ListInstances", &[("GARM_POOL_ID", "9a2b6f3e-1111-4c3d-8f00-000000000002")]).json(), json!([]));
    assert_eq!(cloud.on("GetInstance", &id).json()["status"], "running");
}

#[test]
fn all_machines_of_the_installation_are_removed_over_pages_and_pools() {
    let cloud = Cloud::start();
    cloud.misbehave(&json!({"page": 2}));
    for number in 0..5 {
        cloud.create(&bootstrap(&format!("garm-{number}"), &json!({}))).json();
    }
    assert_eq!(cloud.names(), ["garm-4", "garm-3", "garm-2", "garm-1", "garm-0"]);
    cloud.call("RemoveAllInstances", &[("GARM_POOL_ID", "")]).done();
    assert_eq!(cloud.names(), [""; 0]);
}

#[test]
fn the_pool_of_a_scale_set_may_have_a_long_name() {
    let cloud = Cloud::start();
    let pool = format!("large/linux,runners-{POOL}");
    let variables = [("GARM_POOL_ID", pool.as_str())];
    let mut call = cloud.command("CreateInstance", &variables).spawn().expect("it runs");
    serde_json::to_writer(call.stdin.take().expect("piped"), &bootstrap("garm-1", &json!({}))).expect("it reads");
    Answer::of(call.wait_with_output().expect("it ends")).json();
    assert_eq!(cloud.call("ListInstances", &variables).json()[0]["name"], "garm-1");
    assert_eq!(cloud.names(), [""; 0], "it is in no other pool");
}

#[test]
fn one_token_and_few_requests_are_enough() {
    let cloud = Cloud::start();
    cloud.create(&bootstrap("garm-1", &json!({}))).json();
    let (tokens, requests) = cloud.seen();
    assert_eq!(tokens, 1);
    let created = requests.iter().position(|request| request == "POST /v2.1/servers").expect("it was created");
    assert_eq!(created, 4, "names, flavor twice, image; the network is given by id: {requests:?}");
    cloud.on("DeleteInstance", "garm-1").done();
    assert_eq!(cloud.seen().0, 2);
}

#[test]
fn an_application_credential_is_as_good_as_a_password() {
    let cloud = Cloud::start();
    let auth = "application_credential_id: runners, application_credential_secret: planted-application-secret";
    for more in ["", "    auth_type: v3applicationcredential\n"] {
        cloud.write_clouds(auth, more);
        assert_eq!(cloud.names(), [""; 0]);
    }
}
