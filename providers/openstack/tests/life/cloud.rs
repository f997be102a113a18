//! The fake cloud as a process, and calls of the provider against it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const CONTROLLER: &str = "026d374d-6a8a-4241-8ed9-a246fff6762f";
pub(crate) const POOL: &str = "9a2b6f3e-1111-4c3d-8f00-000000000001";
pub(crate) const NETWORK: &str = "00000005-0000-4000-8000-000000000001";
pub(crate) const INSTANCE_TOKEN: &str = "planted-instance-token";

/// Everything that must not be seen in an answer or on standard error; all of it begins so.
const PLANTED: &str = "planted";

/// A running fake cloud with a configuration for it.
pub(crate) struct Cloud {
    process: Child,
    pub(crate) url: String,
    dir: TempDir,
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.process.kill().expect("the cloud runs until here");
        self.process.wait().expect("it has ended");
    }
}

/// What a call came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Answer {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("text");
        let answer = Self { status: output.status.code().expect("not killed"), stdout: text(output.stdout), stderr: text(output.stderr) };
        for said in [&answer.stdout, &answer.stderr] {
            assert!(!said.contains(PLANTED) && !said.contains(&base64(PLANTED)), "a secret is shown: {said}");
        }
        answer
    }

    /// The answer's document, of a call that succeeded.
    pub(crate) fn json(self) -> Value {
        assert_eq!((self.status, self.stderr.as_str()), (0, ""));
        serde_json::from_str(&self.stdout).expect("JSON")
    }

    /// Nothing was printed and nothing went wrong.
    pub(crate) fn done(&self) {
        assert_eq!((self.status, self.stdout.as_str(), self.stderr.as_str()), (0, "", ""));
    }

    /// The reason of a failure with this exit status.
    pub(crate) fn fails_with(self, status: i32) -> String {
        assert_eq!((self.status, self.stdout.as_str()), (status, ""), "{}", self.stderr);
        let reason = self.stderr.strip_suffix('\n').expect("a line");
        assert!(!reason.contains('\n') && !reason.ends_with('.') && !reason.starts_with(char::is_uppercase), "{reason}");
        reason.to_owned()
    }
}

impl Cloud {
    pub(crate) fn start() -> Self {
        // Cargo builds examples before tests, beside the binaries.
        let fake = PathBuf::from(env!("CARGO_BIN_EXE_garm-provider-openstack")).with_file_name("examples").join("fake-openstack");
        #[expect(clippy::disallowed_methods, reason = "the cloud outlives every deadline and is ended by Drop")]
        let mut process = Command::new(fake).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the fake is built");
        let mut url = String::new();
        BufReader::new(process.stdout.take().expect("piped")).read_line(&mut url).expect("it says where it is");
        let cloud = Self { process, url: url.trim_end().to_owned(), dir: tempfile::tempdir().expect("a directory") };
        cloud.write_clouds("username: garm, password: garm, project_name: garm", "");
        cloud.configure("");
        cloud
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    }

    /// Writes clouds.yaml with this `auth` beside the address, and more of the cloud.
    pub(crate) fn write_clouds(&self, auth: &str, more: &str) {
        let url = &self.url;
        self.write(
            "clouds.yaml",
            &format!("clouds:\n  test:\n    region_name: RegionOne\n    auth: {{auth_url: '{url}/identity', {auth}}}\n{more}"),
        );
    }

    /// Writes the provider's configuration with these keys more.
    pub(crate) fn configure(&self, more: &str) {
        let clouds = self.dir.path().join("clouds.yaml");
        let clouds = clouds.display();
        let network = if more.contains("network_id") { String::new() } else { format!("network_id = \"{NETWORK}\"\n") };
        self.write("openstack.toml", &format!("cloud = \"test\"\n{network}{more}\n[credentials]\nclouds = \"{clouds}\"\n"));
    }

    fn http(&self, method: &str, path: &str, headers: &str, body: &Value) -> (String, Value) {
        let mut stream = std::net::TcpStream::connect(self.url.trim_start_matches("http://")).expect("it listens");
        let body = body.to_string();
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: fake\r\nConnection: close\r\nContent-Type: application/json\r\n");
        write!(stream, "{head}{headers}Content-Length: {length}\r\n\r\n{body}").expect("sent");
        let answer = std::io::read_to_string(stream).expect("answered");
        let (head, body) = answer.split_once("\r\n\r\n").expect("HTTP");
        assert!(head.starts_with("HTTP/1.1 2"), "{answer}");
        (head.to_owned(), serde_json::from_str(body).unwrap_or_default())
    }

    /// Lets the cloud misbehave.
    pub(crate) fn misbehave(&self, faults: &Value) {
        self.http("PUT", "/fake/faults", "", faults);
    }

    /// How many tokens were given, and which requests came.
    pub(crate) fn seen(&self) -> (u64, Vec<String>) {
        let (_, seen) = self.http("GET", "/fake/seen", "", &Value::Null);
        let requests = seen["requests"].as_array().expect("a list").iter().map(|request| request.as_str().expect("text").to_owned());
        (seen["tokens"].as_u64().expect("a number"), requests.collect())
    }

    /// Waits until this was asked.
    pub(crate) fn until_asked(&self, request: &str) {
        self.until(&format!("{request} is asked"), || self.seen().1.iter().any(|seen| seen == request).then_some(()));
    }

    fn until<T>(&self, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
        for _ in 0..1_000 {
            if let Some(answer) = ask() {
                return answer;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("in vain: {what}; the cloud has seen {:?}", self.seen());
    }

    /// Asks Nova as a user with his own token.
    fn nova(&self, user: &str, method: &str, path: &str, body: &Value) -> Value {
        let domain = json!({"id": "default"});
        let request = json!({"auth": {
            "identity": {"methods": ["password"], "password": {"user": {"name": user, "password": user, "domain": domain}}},
            "scope": {"project": {"name": user, "domain": domain}},
        }});
        let (head, _) = self.http("POST", "/identity/v3/auth/tokens", "", &request);
        let token = head.lines().find_map(|line| line.strip_prefix("x-subject-token: ")).expect("a token");
        let headers = format!("X-Auth-Token: {token}\r\nOpenStack-API-Version: compute 2.67\r\n");
        self.http(method, &format!("/compute/v2.1{path}"), &headers, body).1
    }

    /// The servers of that name as an administrator sees them.
    pub(crate) fn shown(&self, name: &str) -> Vec<Value> {
        let mut all = self.nova("admin", "GET", "/servers/detail?all_tenants=1", &Value::Null);
        let Value::Array(mut servers) = all["servers"].take() else { panic!("no list: {all}") };
        servers.retain(|server| server["name"] == name);
        servers
    }

    /// Makes a second server of that name and with the same tags, and returns its id when it runs.
    pub(crate) fn copy_server(&self, name: &str) -> String {
        let original = self.shown(name).remove(0);
        let image = &original["image"]["id"];
        let server = json!({
            "name": name, "flavorRef": "1", "imageRef": image, "networks": [{"uuid": NETWORK}],
            "metadata": original["metadata"], "tags": original["tags"],
        });
        let made = self.nova("garm", "POST", "/servers", &json!({"server": server}));
        let id = made["server"]["id"].as_str().expect("an id").to_owned();
        self.until("the copy runs", || {
            self.shown(name).iter().any(|server| server["id"] == id && server["status"] == "ACTIVE").then_some(())
        });
        id
    }

    /// A call of the provider, with these variables beside or instead of the usual ones.
    pub(crate) fn command(&self, command: &str, variables: &[(&str, &str)]) -> Command {
        #[expect(clippy::disallowed_methods, reason = "the provider is what is tested; it has limits of its own")]
        let mut provider = Command::new(env!("CARGO_BIN_EXE_garm-provider-openstack"));
        provider
            .env_clear()
            .env("GARM_COMMAND", command)
            .env("GARM_CONTROLLER_ID", CONTROLLER)
            .env("GARM_POOL_ID", POOL)
            .env("GARM_PROVIDER_CONFIG_FILE", self.dir.path().join("openstack.toml"))
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        provider
    }

    pub(crate) fn call(&self, command: &str, variables: &[(&str, &str)]) -> Answer {
        Answer::of(self.command(command, variables).stdin(Stdio::null()).output().expect("it runs"))
    }

    /// Any command about one machine.
    pub(crate) fn on(&self, command: &str, instance: &str) -> Answer {
        self.call(command, &[("GARM_INSTANCE_ID", instance)])
    }

    /// Starts the creation of a machine.
    pub(crate) fn begin(&self, bootstrap: &Value) -> Child {
        let mut child = self.command("CreateInstance", &[]).spawn().expect("it runs");
        child.stdin.take().expect("piped").write_all(bootstrap.to_string().as_bytes()).expect("it reads");
        child
    }

    pub(crate) fn create(&self, bootstrap: &Value) -> Answer {
        Answer::of(self.begin(bootstrap).wait_with_output().expect("it ends"))
    }

    /// The names of the pool's machines.
    pub(crate) fn names(&self) -> Vec<String> {
        let list = self.call("ListInstances", &[]).json();
        list.as_array().expect("a list").iter().map(|instance| instance["name"].as_str().expect("a name").to_owned()).collect()
    }
}

/// Base64 as far as it is the same wherever in a text the planted words begin: none of it is.
fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD_NO_PAD.encode(text)
}

/// The document for a machine, with these extra specs.
pub(crate) fn bootstrap(name: &str, specs: &Value) -> Value {
    let mut specs = specs.clone();
    // `echo {{ .CallbackToken }}`
    specs["runner_install_template"] = json!("ZWNobyB7eyAuQ2FsbGJhY2tUb2tlbiB9fQ==");
    json!({
        "name": name,
        "tools": [{"os": "linux", "architecture": "x64", "download_url": "http://127.0.0.1:1/runner.tar.gz", "filename": "runner.tar.gz"}],
        "repo_url": "https://github.example/acme/widgets",
        "callback-url": "http://127.0.0.1:1/callbacks",
        "metadata-url": "http://127.0.0.1:1/metadata",
        "instance-token": INSTANCE_TOKEN,
        "extra_specs": specs,
        "arch": "amd64",
        "os_type": "linux",
        "flavor": "m1.tiny",
        "image": "debian-12",
        "pool_id": POOL,
        "jit_config_enabled": true,
    })
}

/// The same with other values for some keys.
pub(crate) fn with(mut bootstrap: Value, changes: &[(&str, &str)]) -> Value {
    for (key, value) in changes {
        bootstrap[*key] = json!(value);
    }
    bootstrap
}
