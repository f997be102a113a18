//! The whole way of a job on a container of a real LXD. `tests/lxd/up` starts one and says what to export.

use std::path::{Path, PathBuf};

use garm::model::JobStatus;
use garm::sim::NewJob;
use serde_json::Value;

use crate::harness::{Installation, Plan, skipped};

/// What `tests/lxd/up` has started.
pub(crate) struct Lxd {
    socket: PathBuf,
    pub(crate) image: String,
    pub(crate) plan: Plan,
}

impl Lxd {
    /// Nothing where there is no LXD for tests; where there is one, there must be everything else.
    pub(crate) fn find() -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "where the test server is comes from the environment")]
        let variable = |name: &str| std::env::var(name).ok();
        let Some(socket) = variable("GARM_TEST_LXD").map(PathBuf::from) else {
            skipped("on LXD: GARM_TEST_LXD is not set");
            return None;
        };
        let needed = |name| variable(name).unwrap_or_else(|| panic!("{name} is set where GARM_TEST_LXD is"));
        let executable = Path::new(env!("CARGO_BIN_EXE_garm")).with_file_name("garm-provider-lxd");
        assert!(executable.exists(), "{} is not there: cargo build --package garm-provider-lxd", executable.display());
        let config = format!("unix_socket_path = \"{}\"\nproject_name = \"default\"\ninstance_type = \"container\"\n", socket.display());
        let plan = Plan {
            host: needed("GARM_TEST_LXD_ADDRESS").parse().expect("an address"),
            program: Some(("lxd", executable, config)),
            patience: std::time::Duration::from_mins(3),
            ..Plan::default()
        };
        Some(Self { socket, image: needed("GARM_TEST_LXD_IMAGE"), plan })
    }

    /// Adds a pool of containers.
    async fn add_pool(image: String, garm: &Installation) {
        garm.add_pool_with("lxd", "boxed", |pool| {
            pool.image = image;
            pool.flavor = "default".into();
            pool.max_runners = 2;
            pool.extra_specs = Some(serde_json::from_str(r#"{"disable_updates": true}"#).expect("JSON"));
        })
        .await;
    }
}

/// The containers of an installation, as LXD tells of them.
struct Containers {
    http: reqwest::Client,
    controller: String,
}

impl Containers {
    async fn of(garm: &Installation, socket: &Path) -> Self {
        let http = reqwest::Client::builder().unix_socket(socket).no_proxy().build().expect("a client");
        Self { http, controller: garm.client().controller().await.expect("shown").controller_id }
    }

    async fn list(&self) -> Vec<Value> {
        let response = self.http.get("http://lxd/1.0/instances?recursion=1").send().await.expect("LXD answers");
        let mut answer: Value = serde_json::from_slice(&response.bytes().await.expect("an answer")).expect("JSON");
        let all = answer["metadata"].as_array_mut().map(std::mem::take).expect("a list");
        all.into_iter().filter(|instance| instance["config"]["user.runner-controller-id"] == self.controller.as_str()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queued_job_runs_in_a_container_that_is_gone_afterwards() {
    let Some(Lxd { socket, image, plan }) = Lxd::find() else { return };
    let garm = Installation::set_up(plan).await;
    let containers = Containers::of(&garm, &socket).await;
    Lxd::add_pool(image, &garm).await;
    let job = garm.forge.queue_job(NewJob {
        owner: "octo".into(),
        repo: "hello".into(),
        name: "one".into(),
        labels: vec!["self-hosted".into(), "boxed".into()],
        steps: vec!["echo \"on $RUNNER_NAME\"; . /etc/os-release; echo \"in $NAME as $(id -un)\"".into(), "sleep 10".into()],
    });
    let container = garm
        .until("the token is gone from the container while its job runs", async |garm| {
            let is_at_work = garm.forge.job(job).is_some_and(|job| job.status == JobStatus::InProgress);
            let mut found = containers.list().await.into_iter();
            found.find(|container| is_at_work && container["config"]["user.user-data"].is_null())
        })
        .await;
    garm.jobs_succeed(&[job]).await;
    let done = garm.forge.job(job).expect("it was queued");
    assert_eq!(container["name"], done.runner.as_ref().expect("a runner had it").name.as_str());
    assert!(done.log().contains("in garm test as runner"), "{}", done.log());
    garm.all_gone().await;
    assert_eq!(containers.list().await, Vec::<Value>::new());
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_leaves_no_container() {
    let Some(Lxd { socket, image, plan }) = Lxd::find() else { return };
    let mut garm = Installation::set_up(plan).await;
    let containers = Containers::of(&garm, &socket).await;
    Lxd::add_pool(image, &garm).await;
    let jobs = [garm.queue_job("one", "boxed"), garm.queue_job("two", "boxed")];
    // As soon as LXD knows of the first: its provider is at work.
    garm.until("a container is being made", async |_| (!containers.list().await.is_empty()).then_some(())).await;
    garm.kill_server().await;
    garm.start_server().await;
    garm.jobs_succeed(&jobs).await;
    garm.all_gone_but_what_is_idle().await;
    assert_eq!(containers.list().await, Vec::<Value>::new());
    garm.finish().await;
}
