//! The fake service, with a client of ours and a runner.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use garm::clock::{Clock, VirtualClock};
use garm::forge::{Clients, Error, Registered, ScaleSetService};
use garm::model::{
    CredentialsSecret, EntityKind, EntityRef, JobMessage, MessageSession, ScaleSetMessage, ScaleSetSettings, SecretString, ServiceFault,
    ServiceScaleSetId, expose,
};
use garm::sim::{self, FaultEnd, FaultKind, Forge, ForgeServer, Manner, NewJob, RUNNER_VERSION, ServiceCall};
use reqwest::{Client, Method};
use serde_json::Value;

use crate::harness::forge_client;

pub(super) const TOKEN: &str = "ghp_token";
pub(super) const OWNER: &str = "garm-1";

/// A fake forge on virtual time, and a client of ours.
pub(super) struct Scene {
    pub(super) forge: Forge,
    pub(super) clock: VirtualClock,
    pub(super) server: ForgeServer,
    clients: Clients,
}

impl Scene {
    pub(super) async fn new(manner: Manner) -> Self {
        let clock = VirtualClock::default();
        clock.advance(Duration::from_hours(500_000));
        let forge = Forge::new(Clock::Virtual(clock.clone()));
        forge.add_token(&SecretString::from(TOKEN));
        forge.configure(|settings| {
            settings.scale_sets.manner = manner;
            settings.scale_sets.poll_wait = Duration::from_millis(100);
            // Where a test moves the clock, nothing but tokens and jobs is to end.
            settings.scale_sets.session_timeout = Duration::from_hours(24);
        });
        let server = ForgeServer::start(forge.clone(), ([127, 0, 0, 1], 0).into()).await.expect("starts");
        let clients = Clients::new(Clock::Virtual(clock.clone()));
        Self { forge, clock, server, clients }
    }

    pub(super) fn service_of(&self, at: &EntityRef) -> Arc<dyn ScaleSetService> {
        let secret = CredentialsSecret::Pat(SecretString::from(TOKEN));
        forge_client(&self.clients, self.server.url(), secret).scale_sets(at).expect("it has scale sets")
    }

    /// The service of the repository `octo/hello`.
    pub(super) fn service(&self) -> Arc<dyn ScaleSetService> {
        self.service_of(&EntityRef { kind: EntityKind::Repository, owner: "octo".into(), name: "hello".into() })
    }

    pub(super) fn queue(&self, label: &str) -> i64 {
        self.forge.queue_job(NewJob {
            owner: "octo".into(),
            repo: "hello".into(),
            name: "build".into(),
            labels: vec![label.to_owned()],
            steps: vec!["true".into()],
        })
    }

    pub(super) fn break_calls(&self, call: Option<ServiceCall>, kind: FaultKind, end: FaultEnd) {
        self.forge.break_service(sim::ServiceFault { call, kind, end });
    }

    /// How a session tells this fault apart.
    pub(super) fn fault(&self, error: &Error) -> ServiceFault {
        error.service_fault(self.clock.now())
    }

    /// How often the way to the service was gone: registration tokens, and admin connections.
    pub(super) fn connected(&self) -> (u64, u64) {
        (self.forge.calls(sim::Operation::CreateRegistrationToken), self.forge.service_calls(ServiceCall::Connect))
    }
}

/// A scale set for these labels, named after the first one.
pub(super) fn settings(labels: &[&str]) -> ScaleSetSettings {
    let labels: Vec<String> = labels.iter().map(|&label| label.to_owned()).collect();
    ScaleSetSettings { name: labels[0].clone(), group_id: sim::DEFAULT_GROUP, labels, disable_update: false }
}

/// A scale set of this label with an open session.
pub(super) async fn opened(service: &dyn ScaleSetService, label: &str) -> (ServiceScaleSetId, MessageSession) {
    let id = service.create_scale_set(&settings(&[label])).await.expect("made").id;
    (id, service.create_session(id, OWNER).await.expect("opened"))
}

/// The next message.
pub(super) async fn heard(service: &dyn ScaleSetService, session: &MessageSession, capacity: u32) -> ScaleSetMessage {
    service.poll(session, 0, capacity).await.expect("polled").expect("a message")
}

/// What the items of a message tell. All can be read.
pub(super) fn told(message: &ScaleSetMessage) -> Vec<JobMessage> {
    message.items.iter().map(|item| item.read.clone().expect("readable")).collect()
}

/// A runner that does as its configuration says, without a process.
pub(super) struct Runner {
    http: Client,
    url: String,
    secret: String,
    session: String,
}

impl Runner {
    /// Connects with its configuration.
    pub(super) async fn connect(scene: &Scene, registered: &Registered) -> Self {
        let key = STANDARD.decode(expose(&registered.jit.files[".credentials_rsaparams"])).expect("base64");
        let key: Value = serde_json::from_slice(&key).expect("JSON");
        let secret = key["secret"].as_str().expect("a secret").to_owned();
        let http = Client::builder().no_proxy().build().expect("a client");
        let mut runner = Self { http, url: scene.server.url().to_owned(), secret, session: String::new() };
        let opened = runner.call(Method::POST, &format!("session?version={RUNNER_VERSION}")).await;
        opened.lines().find_map(|line| line.strip_prefix("session ")).expect("a session").clone_into(&mut runner.session);
        runner
    }

    async fn call(&self, method: Method, path: &str) -> String {
        let request = self.http.request(method, format!("{}/_runner/{path}", self.url)).bearer_auth(&self.secret);
        let answer = request.header("x-runner-session", &self.session).send().await.expect("an answer");
        answer.error_for_status().expect("allowed").text().await.expect("a text")
    }

    /// Waits for this job, and begins it.
    pub(super) async fn begin(&self, job: i64) {
        let message = self.call(Method::GET, "message").await;
        assert!(message.starts_with(&format!("job {job}\n")), "{message}");
        self.call(Method::POST, &format!("jobs/{job}/started")).await;
    }

    /// Ends this job well.
    pub(super) async fn finish(&self, job: i64) {
        self.call(Method::POST, &format!("jobs/{job}/finished?conclusion=success")).await;
    }
}
