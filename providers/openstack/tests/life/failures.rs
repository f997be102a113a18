//! What goes wrong in clouds, and what is said about it.

use serde_json::json;

use crate::cloud::{Answer, Cloud, bootstrap, with};

#[test]
fn a_server_in_error_is_deleted_and_its_fault_is_told() {
    let cloud = Cloud::start();
    let said = cloud.create(&with(bootstrap("garm-1", &json!({})), &[("flavor", "m1.huge")])).fails_with(1);
    assert_eq!(said, "server garm-1 went to ERROR: No valid host was found. There are not enough hosts available");
    assert_eq!(cloud.names(), [""; 0]);
    cloud.misbehave(&json!({"build_error": "VolumeLimitExceeded: Maximum number of volumes allowed (10) exceeded for quota 'volumes'."}));
    let said = cloud.create(&bootstrap("garm-1", &json!({}))).fails_with(1);
    assert!(said.starts_with("quota exceeded: VolumeLimitExceeded"), "{said}");
    assert_eq!(cloud.names(), [""; 0]);
}

#[test]
fn a_quota_is_named_as_such() {
    let cloud = Cloud::start();
    cloud.misbehave(&json!({"quota": 1}));
    cloud.create(&bootstrap("garm-1", &json!({}))).json();
    let said = cloud.create(&bootstrap("garm-2", &json!({}))).fails_with(1);
    assert_eq!(said, "quota exceeded: Quota exceeded for instances: Requested 1, but already used 1 of 1 instances");
    assert_eq!(cloud.names(), ["garm-1"]);
}

#[test]
fn a_server_that_is_not_built_in_time_is_deleted() {
    let cloud = Cloud::start();
    cloud.configure("wait_timeout = 1");
    cloud.misbehave(&json!({"build_ms": 3_600_000, "delete_ms": 0}));
    let said = cloud.create(&bootstrap("garm-1", &json!({}))).fails_with(1);
    assert!(said.ends_with(" is not ACTIVE in time; wait_timeout decides how long is waited"), "{said}");
    assert_eq!(cloud.names(), [""; 0]);
}

#[test]
fn a_server_that_does_not_go_is_a_failure_and_one_that_goes_slowly_is_waited_for() {
    let cloud = Cloud::start();
    cloud.configure("wait_timeout = 1");
    let id = cloud.create(&bootstrap("garm-1", &json!({}))).json()["provider_id"].as_str().expect("an id").to_owned();
    cloud.misbehave(&json!({"delete_ms": 3_000}));
    let said = cloud.on("DeleteInstance", "garm-1").fails_with(1);
    assert_eq!(said, format!("server garm-1 ({id}) is still there after its deletion was accepted"));
    cloud.configure("");
    cloud.on("DeleteInstance", "garm-1").done();
    cloud.on("GetInstance", &id).fails_with(30);
}

#[test]
fn two_calls_for_one_machine_at_the_same_time_make_one_server() {
    let cloud = Cloud::start();
    cloud.misbehave(&json!({"build_ms": 500}));
    for _ in 0..5 {
        let calls = [0; 2].map(|_| cloud.begin(&bootstrap("garm-1", &json!({}))));
        let mut answers = calls.map(|call| Answer::of(call.wait_with_output().expect("it ends")));
        answers.sort_by_key(|answer| answer.status);
        assert_eq!(answers.each_ref().map(|answer| answer.status), [0, 31], "{answers:?}");
        assert_eq!(cloud.names(), ["garm-1"], "{answers:?}");
        cloud.call("RemoveAllInstances", &[]).done();
    }
    let creations = cloud.seen().1.iter().filter(|request| *request == "POST /v2.1/servers").count();
    assert!(creations > 5, "some of them were at the same time");
}

#[test]
fn of_several_servers_with_one_name_the_best_is_described_and_all_are_deleted() {
    let cloud = Cloud::start();
    let id = cloud.create(&bootstrap("garm-1", &json!({}))).json()["provider_id"].as_str().expect("an id").to_owned();
    cloud.on("StopInstance", "garm-1").done();
    let copy = cloud.copy_server("garm-1");
    assert_ne!(copy, id);
    assert_eq!(cloud.on("GetInstance", "garm-1").json()["provider_id"], json!(copy), "the one that runs");
    assert_eq!(cloud.names().len(), 2);
    cloud.on("DeleteInstance", "garm-1").done();
    assert_eq!(cloud.names(), [""; 0]);
}

#[test]
fn what_passes_is_tried_again_and_what_creates_is_not() {
    let cloud = Cloud::start();
    cloud.create(&bootstrap("garm-1", &json!({}))).json();
    cloud.misbehave(&json!({"unavailable": 2}));
    assert_eq!(cloud.on("GetInstance", "garm-1").json()["status"], "running");
    cloud.misbehave(&json!({"unavailable": 1}));
    cloud.on("DeleteInstance", "garm-1").done();
    cloud.misbehave(&json!({"unavailable": 1000}));
    let said = cloud.on("GetInstance", "garm-1").fails_with(1);
    assert_eq!(said, "compute answers 503: No server is available to handle this request");
}

#[test]
fn a_token_that_expires_while_a_server_is_waited_for_is_renewed() {
    let cloud = Cloud::start();
    cloud.misbehave(&json!({"build_ms": 1_500}));
    let call = cloud.begin(&bootstrap("garm-1", &json!({})));
    cloud.until_asked("POST /v2.1/servers");
    cloud.misbehave(&json!({"build_ms": 1_500, "expire_tokens": true}));
    Answer::of(call.wait_with_output().expect("it ends")).json();
    assert_eq!(cloud.seen().0, 2);
}

#[test]
fn wrong_credentials_are_named_as_such() {
    let cloud = Cloud::start();
    for auth in [
        "username: garm, password: planted, project_name: garm",
        "username: garm, password: garm, project_name: other",
        "application_credential_id: runners, application_credential_secret: planted",
    ] {
        cloud.write_clouds(auth, "");
        let said = cloud.call("ListInstances", &[]).fails_with(1);
        assert_eq!(said, "authentication failed: The request you have made requires authentication");
    }
    cloud.write_clouds("username: garm, password: garm, project_name: garm", "    interface: planet\n");
    let said = cloud.call("ListInstances", &[]).fails_with(1);
    assert_eq!(said, "the cloud has no planet end point for compute in region RegionOne");
}

#[test]
fn a_cloud_that_is_away_is_named() {
    let cloud = Cloud::start();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let closed = listener.local_addr().expect("an address");
    drop(listener);
    cloud.write(
        "clouds.yaml",
        &format!("clouds: {{test: {{auth: {{auth_url: 'http://{closed}', username: u, password: planted, project_name: p}}}}}}"),
    );
    let said = cloud.call("ListInstances", &[]).fails_with(1);
    assert!(said.starts_with(&format!("no answer from identity at http://{closed}: ")), "{said}");
}

#[test]
fn nothing_is_asked_of_the_cloud_for_what_cannot_be_made() {
    let cloud = Cloud::start();
    let said = |bootstrap| cloud.create(&bootstrap).fails_with(1);
    let scripts = |size: usize| json!({"pre_install_scripts": {"00-big": "QUFB".repeat(size / 4)}});
    let too_long = said(bootstrap("garm-1", &scripts(60_000)));
    assert!(too_long.starts_with("user data has ") && too_long.contains("and Nova takes 65535; shorten pre_install_scripts"), "{too_long}");
    assert!(said(bootstrap("garm-1", &json!({"no_such_key": 1}))).starts_with("extra_specs: no_such_key is not known"));
    assert!(said(with(bootstrap("garm-1", &json!({})), &[("os_type", "plan9")])).contains("plan9"));
    assert!(said(with(bootstrap("garm-1", &json!({})), &[("arch", "arm64")])).contains("there is no runner for"));
    assert_eq!(cloud.seen(), (0, vec![]));
    cloud.create(&bootstrap("garm-1", &scripts(20_000))).json();
}

#[test]
fn user_data_is_not_shown_when_nova_quotes_it() {
    let cloud = Cloud::start();
    cloud.misbehave(&json!({"quote_user_data": true}));
    let said = cloud.create(&bootstrap("garm-1", &json!({}))).fails_with(1);
    assert_eq!(said, "compute answers 400: Invalid input for field/attribute user_data. Value: (user data). '(user data)' is not liked");
}

#[test]
fn a_wrong_configuration_is_named() {
    let cloud = Cloud::start();
    let said = |text: &str| {
        cloud.write("openstack.toml", text);
        let said = cloud.call("ListInstances", &[]).fails_with(1);
        said.rsplit_once("openstack.toml: ").map(|(_, reason)| reason.to_owned()).unwrap_or(said)
    };
    assert_eq!(said(""), "cloud is missing");
    assert!(said("this is not TOML").contains("expected"), "{}", said("this is not TOML"));
    assert!(said("cloud = \"test\"\nnetwork_id = \"n\"\n[credentials]\nclouds = \"/nope.yaml\"").starts_with("cannot read /nope.yaml: "));
    cloud.configure("no_such_key = 1");
    let answer = cloud.call("ListInstances", &[]);
    assert_eq!((answer.status, answer.stdout.as_str()), (0, "[]\n"), "an unknown key is no failure");
    assert!(answer.stderr.ends_with("key no_such_key is not known and has no effect\n"), "{}", answer.stderr);
}
