//! The whole way of a job on a server in OpenStack.
//!
//! No server boots here, neither in the real services that `tests/openstack/up` starts nor in the fast fake: a [host](Host) plays the guests. It
//! watches the servers as an administrator, reads the user data of each that runs and does what cloud-init would, as a machine of the provider
//! `local`; when the server is gone, so is the machine.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use garm::clock::Clock;
use garm::model::{ControllerId, ProviderName};
use garm::provider::{BootstrapInstance, External, ExternalSettings, PoolContext, Provider as _, with_install_template};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::harness::{Installation, Plan, skipped};

/// How often the host looks for servers that have come or gone.
const LOOK: Duration = Duration::from_millis(100);

/// What pools of the cloud ask for.
pub(crate) const IMAGE: &str = "debian-12";
pub(crate) const FLAVOR: &str = "m1.tiny";

/// A cloud to test with.
pub(crate) struct Cloud {
    /// Where its Keystone is.
    keystone: String,
    pub(crate) plan: Plan,
    /// The fake, where it is one.
    _fake: Option<Fake>,
}

/// The fast fake as a process.
struct Fake {
    process: Child,
    _dir: TempDir,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.process.kill().expect("the fake runs until here");
        self.process.wait().expect("it has ended");
    }
}

impl Cloud {
    /// The real cloud where there is one for tests, else the fake where it is built.
    pub(crate) fn find() -> Option<Self> {
        let binaries = Path::new(env!("CARGO_BIN_EXE_garm")).parent().expect("a directory");
        let (provider, fake) = (binaries.join("garm-provider-openstack"), binaries.join("examples/fake-openstack"));
        #[expect(clippy::disallowed_methods, reason = "where the test cloud is comes from the environment")]
        let variable = std::env::var("GARM_TEST_OPENSTACK").ok();
        match variable {
            Some(dir) => {
                assert!(provider.exists(), "{} is not there: cargo build -p garm-provider-openstack", provider.display());
                let read = |name: &str| std::fs::read_to_string(Path::new(&dir).join(name)).expect("GARM_TEST_OPENSTACK is what up prints");
                Some(Self { keystone: read("auth_url").trim().to_owned(), plan: plan(provider, read("openstack.toml")), _fake: None })
            }
            None if provider.exists() && fake.exists() => Some(Self::fake(provider, &fake)),
            None => {
                skipped(
                    "on OpenStack: GARM_TEST_OPENSTACK is not set, and provider and fake are not built: cargo build -p garm-provider-openstack --bins --examples",
                );
                None
            }
        }
    }

    fn fake(provider: PathBuf, executable: &Path) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the fake outlives every deadline and is ended by Drop")]
        let mut process = Command::new(executable).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the fake starts");
        let mut url = String::new();
        BufReader::new(process.stdout.take().expect("piped")).read_line(&mut url).expect("it says where it is");
        let keystone = format!("{}/identity/v3", url.trim());
        let dir = tempfile::tempdir().expect("a directory");
        let clouds = dir.path().join("clouds.yaml");
        let auth = json!({"auth_url": keystone, "username": "garm", "password": "garm", "project_name": "garm"});
        std::fs::write(&clouds, json!({"clouds": {"fake": {"auth": auth}}}).to_string()).expect("written");
        let config = format!("cloud = \"fake\"\nnetwork_id = \"testnet\"\n[credentials]\nclouds = \"{}\"\n", clouds.display());
        Self { keystone, plan: plan(provider, config), _fake: Some(Fake { process, _dir: dir }) }
    }
}

fn plan(provider: PathBuf, config: String) -> Plan {
    Plan { program: Some(("openstack", provider, config)), patience: Duration::from_mins(3), ..Plan::default() }
}

/// Nova as an administrator sees it.
#[derive(Clone)]
struct Admin {
    http: reqwest::Client,
    compute: String,
    token: String,
}

impl Admin {
    async fn sign_in(keystone: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let domain = json!({"id": "default"});
        let request = json!({"auth": {
            "identity": {"methods": ["password"], "password": {"user": {"name": "admin", "password": "admin", "domain": domain}}},
            "scope": {"project": {"name": "admin", "domain": domain}},
        }});
        let response = http.post(format!("{keystone}/auth/tokens")).json(&request).send().await.expect("Keystone answers");
        let token = response.headers()["x-subject-token"].to_str().expect("a token").to_owned();
        let answer: Value = response.json().await.expect("JSON");
        let services = answer["token"]["catalog"].as_array().expect("a catalogue");
        let compute = services.iter().find(|service| service["type"] == "compute").expect("Nova");
        let compute = compute["endpoints"][0]["url"].as_str().expect("a URL").to_owned();
        Self { http, compute, token }
    }

    /// The servers of an installation.
    async fn servers(&self, controller: ControllerId) -> Vec<Value> {
        let url = format!("{}/servers/detail?all_tenants=1&tags=garm-controller-id={controller}", self.compute);
        let request = self.http.get(url);
        let request = request.header("X-Auth-Token", &self.token).header("OpenStack-API-Version", "compute 2.67");
        let mut answer: Value = request.send().await.expect("Nova answers").json().await.expect("JSON");
        answer["servers"].as_array_mut().map(std::mem::take).expect("a list")
    }
}

/// Plays the guests of an installation's servers until it is dropped.
struct Host {
    work: JoinHandle<()>,
}

impl Drop for Host {
    fn drop(&mut self) {
        self.work.abort();
    }
}

impl Host {
    fn of(garm: &Installation, admin: Admin, controller: ControllerId) -> Self {
        let mut settings = ExternalSettings::new(ProviderName::from("host"), garm.directory().join("provider-local"));
        settings.config_file = Some(garm.directory().join("local.conf"));
        let (local, pool) = (
            External::new(settings, Clock::System),
            PoolContext { controller_id: controller, pool_id: "guests".into(), extra_specs: None },
        );
        let work = tokio::spawn(async move {
            let mut guests = BTreeSet::new();
            loop {
                let servers = admin.servers(controller).await;
                let names: BTreeSet<String> = servers.iter().map(name).collect();
                for server in servers.iter().filter(|server| server["status"] == "ACTIVE") {
                    if guests.insert(name(server)) {
                        boot(&local, &pool, server).await;
                    }
                }
                for gone in guests.extract_if(.., |guest| !names.contains(guest)) {
                    local.delete_instance(&pool, &gone).await.expect("a guest ends");
                }
                tokio::time::sleep(LOOK).await;
            }
        });
        Self { work }
    }
}

fn name(server: &Value) -> String {
    server["name"].as_str().expect("a name").to_owned()
}

/// Does what cloud-init does with the user data of a runner: writes the install script and runs it.
async fn boot(local: &External, pool: &PoolContext, server: &Value) {
    let decode = |value: &Value| String::from_utf8(STANDARD.decode(value.as_str().expect("a text")).expect("base64")).expect("UTF-8");
    let user_data = decode(&server["OS-EXT-SRV-ATTR:user_data"]);
    let (first, config) = user_data.split_once('\n').expect("two lines");
    assert_eq!(first, "#cloud-config");
    let config: Value = serde_json::from_str(config).expect("cloud-config is written as JSON");
    let script = decode(&config["write_files"][0]["content"]);
    let run = config["runcmd"].as_array().expect("commands").iter().any(|command| command[3] == config["write_files"][0]["path"]);
    assert!(run, "the first file is what is run");
    let bootstrap = BootstrapInstance {
        name: name(server),
        os_type: "linux".into(),
        extra_specs: Some(with_install_template(None, &script)),
        ..BootstrapInstance::default()
    };
    local.create_instance(pool, &bootstrap, Duration::from_mins(1)).await.expect("a guest boots");
}

async fn add_pool(garm: &Installation) {
    garm.add_pool_with("openstack", "cloudy", |pool| {
        pool.image = IMAGE.into();
        pool.flavor = FLAVOR.into();
        pool.max_runners = 2;
        pool.extra_specs = Some(serde_json::from_str(r#"{"disable_updates": true}"#).expect("JSON"));
    })
    .await;
}

async fn controller(garm: &Installation) -> ControllerId {
    garm.client().controller().await.expect("shown").controller_id.parse().expect("an id")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queued_job_runs_on_a_server_that_is_gone_afterwards() {
    let Some(Cloud { keystone, plan, _fake }) = Cloud::find() else { return };
    let garm = Installation::set_up(plan).await;
    let (admin, controller) = (Admin::sign_in(&keystone).await, controller(&garm).await);
    let host = Host::of(&garm, admin.clone(), controller);
    add_pool(&garm).await;
    let jobs = [garm.queue_job("one", "cloudy"), garm.queue_job("two", "cloudy")];
    let server = garm
        .until("a server runs", async |_| admin.servers(controller).await.into_iter().find(|server| server["status"] == "ACTIVE"))
        .await;
    garm.jobs_succeed(&jobs).await;
    let runners = jobs.map(|job| garm.forge.job(job).and_then(|job| job.runner).expect("a runner had it").name);
    assert!(runners.contains(&name(&server)), "{runners:?}");
    garm.all_gone().await;
    assert_eq!(admin.servers(controller).await, Vec::<Value>::new());
    drop(host);
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_process_that_is_killed_leaves_no_server_in_the_cloud() {
    let Some(Cloud { keystone, plan, _fake }) = Cloud::find() else { return };
    let mut garm = Installation::set_up(plan).await;
    let (admin, controller) = (Admin::sign_in(&keystone).await, controller(&garm).await);
    let host = Host::of(&garm, admin.clone(), controller);
    add_pool(&garm).await;
    let jobs = [garm.queue_job("one", "cloudy"), garm.queue_job("two", "cloudy")];
    // As soon as Nova knows of both: their providers are at work. A provider that was killed before it reached Nova would keep its row until the
    // creation can no longer come true, which is longer than this test waits.
    garm.until("two servers are being built", async |_| (admin.servers(controller).await.len() == 2).then_some(())).await;
    garm.kill_server().await;
    garm.start_server().await;
    garm.jobs_succeed(&jobs).await;
    garm.all_gone_but_what_is_idle().await;
    assert_eq!(admin.servers(controller).await, Vec::<Value>::new());
    drop(host);
    garm.finish().await;
}
