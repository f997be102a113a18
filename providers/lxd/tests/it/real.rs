//! A real LXD, where `tests/lxd/up` has started one.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::call::{Caller, bootstrap};

/// What a real LXD is asked beside the program. Nothing where there is none.
struct Real {
    caller: Caller,
    image: String,
    socket: PathBuf,
}

impl Real {
    fn find(controller: &str) -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "where the test server is comes from the environment")]
        let variable = |name: &str| std::env::var(name).ok();
        let Some(socket) = variable("GARM_TEST_LXD").map(PathBuf::from) else {
            #[expect(clippy::print_stderr, reason = "a skipped test must be visible")]
            {
                eprintln!("skipped on LXD: GARM_TEST_LXD is not set");
            }
            return None;
        };
        let mut caller = Caller::new(&socket);
        caller.controller = format!("{controller}-{}", std::process::id());
        Some(Self { caller, image: variable("GARM_TEST_LXD_IMAGE").expect("GARM_TEST_LXD_IMAGE is set where GARM_TEST_LXD is"), socket })
    }

    /// A name of its own.
    fn name(number: usize) -> String {
        format!("real-{}-{number}", std::process::id())
    }

    /// What LXD says of an instance.
    fn instance(&self, name: &str) -> Value {
        let http = reqwest::blocking::Client::builder().unix_socket(self.socket.as_path()).no_proxy().build().expect("a client");
        let bytes = http.get(format!("http://lxd/1.0/instances/{name}")).send().expect("it answers").bytes().expect("an answer");
        serde_json::from_slice::<Value>(&bytes).expect("JSON")["metadata"].take()
    }
}

/// What a test leaves when it fails must not stay.
impl Drop for Real {
    fn drop(&mut self) {
        self.caller.call("RemoveAllInstances", "").is(0, "");
    }
}

#[test]
fn a_container_lives_and_dies() {
    let Some(real) = Real::find("lives") else { return };
    let (caller, name) = (&real.caller, Real::name(1));
    let made = caller.create(&bootstrap(&name, &real.image)).json();
    assert_eq!((&made["status"], &made["name"], &made["provider_id"]), (&json!("running"), &json!(name), &json!(name)));
    assert!(made["addresses"][0]["address"].is_string(), "{made}");
    assert_eq!(made["os_name"], "garm");
    let config = real.instance(&name)["config"].clone();
    assert!(config["user.user-data"].is_null() && config["user.runner-pool-id"] == "pool-1", "its user data is gone");
    caller.create(&bootstrap(&name, &real.image)).is(31, "exists already");
    assert_eq!(caller.call("GetInstance", &name).json()["status"], "running");
    assert_eq!(caller.call("ListInstances", "").json()[0]["name"], name.as_str());
    for (command, status) in [("StopInstance", "stopped"), ("StartInstance", "running")] {
        for _ in 0..2 {
            caller.call(command, &name).is(0, "");
            assert_eq!(caller.call("GetInstance", &name).json()["status"], status);
        }
    }
    for _ in 0..2 {
        caller.call("DeleteInstance", &name).is(0, "");
    }
    caller.call("GetInstance", &name).is(30, "there is no instance");
    assert_eq!(caller.call("ListInstances", "").json(), json!([]));
}

#[test]
fn several_are_made_and_removed_at_once_and_deletions_may_meet() {
    let Some(real) = Real::find("several") else { return };
    let (caller, image) = (&real.caller, &real.image);
    std::thread::scope(|scope| {
        for number in 10..13 {
            scope.spawn(move || caller.create(&bootstrap(&Real::name(number), image)).json());
        }
    });
    assert_eq!(caller.call("ListInstances", "").json().as_array().map(Vec::len), Some(3));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| caller.call("DeleteInstance", &Real::name(10)).is(0, ""));
        }
    });
    caller.call("RemoveAllInstances", "").is(0, "");
    assert_eq!(caller.call("ListInstances", "").json(), json!([]));
}

#[test]
fn what_lxd_refuses_is_passed_on() {
    let Some(real) = Real::find("refused") else { return };
    let mut document = bootstrap(&Real::name(20), &real.image);
    document["flavor"] = "no-such-profile".into();
    real.caller.create(&document).is(1, "no-such-profile");
    real.caller.create(&bootstrap("bad_name.1", &real.image)).is(1, "cannot create bad_name.1: Invalid instance name");
    real.caller.create(&bootstrap(&Real::name(21), "no-such-image")).is(1, "neither alias nor fingerprint");
    assert_eq!(real.caller.call("ListInstances", "").json(), json!([]));
}
