//! The GitHub client against the fake GitHub over HTTP.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use garm::clock::Clock;
use garm::forge::{Clients, Error, HookLog, JitRequest};
use garm::model::{AppKey, CredentialsSecret, EntityKind, EntityRef, JobStatus, Retry, RunnerName, SecretString, expose};
use garm::sim::{DeliveryState, Forge, ForgeServer, NewJob, Observer, Operation, Scope};

use crate::github_schemas::Schemas;
use crate::harness::forge_client;

/// A key made for this test, good for nothing else.
const APP_KEY: &str = include_str!("../../testdata/keys/app.pem");
const APP_PUBLIC_KEY: &str = include_str!("../../testdata/keys/app.pub.pem");

struct Scene {
    forge: Forge,
    server: ForgeServer,
    violations: Arc<Mutex<Vec<String>>>,
    clients: Clients,
}

impl Scene {
    async fn new() -> Self {
        let forge = Forge::new(Clock::System);
        forge.add_token(&SecretString::from("ghp_token"));
        let violations = Arc::new(Mutex::new(Vec::new()));
        let (schemas, seen) = (Schemas::load(), Arc::clone(&violations));
        let observer: Observer = Arc::new(move |exchange| seen.lock().expect("no panic").extend(schemas.violation(exchange)));
        let server = ForgeServer::start_with(forge.clone(), ([127, 0, 0, 1], 0).into(), Some(observer)).await.expect("starts");
        Self { forge, server, violations, clients: Clients::new(Clock::System) }
    }

    fn client(&self, secret: CredentialsSecret) -> Arc<dyn garm::forge::Forge> {
        forge_client(&self.clients, self.server.url(), secret)
    }

    fn pat(&self) -> Arc<dyn garm::forge::Forge> {
        self.client(CredentialsSecret::Pat(SecretString::from("ghp_token")))
    }

    fn finish(self) {
        assert_eq!(*self.violations.lock().expect("no panic"), Vec::<String>::new(), "answers that are not as published");
    }
}

fn organization() -> EntityRef {
    EntityRef { kind: EntityKind::Organization, owner: String::new(), name: "octo".into() }
}

fn request(name: &str, group: &str) -> JitRequest {
    JitRequest { name: RunnerName::from(name), group: group.into(), labels: vec!["self-hosted".into(), "x".into()] }
}

#[tokio::test]
async fn long_lists_are_read_page_by_page() {
    let scene = Scene::new().await;
    let client = scene.pat();
    for number in 0..130 {
        client.register_jit(&organization(), request(&format!("r{number}"), "")).await.expect("registered");
    }
    let before = scene.forge.calls(Operation::ListRunners);
    let runners = client.list_runners(&organization()).await.expect("listed");
    assert_eq!((runners.len(), scene.forge.calls(Operation::ListRunners) - before), (130, 2));
    assert_eq!(runners[0].labels, ["self-hosted", "x"]);
    assert!(client.rate_limit().is_some_and(|limit| limit.remaining < limit.limit));
    scene.finish();
}

fn job(repository: &str, number: usize) -> NewJob {
    NewJob {
        owner: "octo".into(),
        repo: repository.into(),
        name: format!("job-{number}"),
        labels: vec!["self-hosted".into(), "x".into()],
        steps: vec!["true".into()],
    }
}

#[tokio::test]
async fn runs_and_their_jobs_are_listed_and_what_has_not_changed_is_free() {
    let scene = Scene::new().await;
    let client = scene.pat();
    let hello = EntityRef { kind: EntityKind::Repository, owner: "octo".into(), name: "hello".into() };
    let empty = client.list_runs(&hello, JobStatus::Queued, 1, None).await.expect("listed").expect("never asked before");
    assert_eq!((empty.items.len(), empty.is_last), (0, true));
    let tag = empty.tag.expect("a tag");
    let left = |scene: &Scene| scene.forge.quota(&SecretString::from("ghp_token")).expect("limited").remaining();
    let before = left(&scene);
    assert_eq!(client.list_runs(&hello, JobStatus::Queued, 1, Some(&tag)).await.expect("listed"), None);
    assert_eq!((left(&scene), scene.forge.unchanged(Operation::ListRuns)), (before, 1));

    let jobs = scene.forge.queue_run((0..130).map(|number| job("hello", number)).collect());
    let runs = client.list_runs(&hello, JobStatus::Queued, 1, Some(&tag)).await.expect("listed").expect("there is a new one");
    assert!(runs.items.len() == 1 && runs.tag.as_ref() != Some(&tag));
    let first = client.list_run_jobs(&hello, runs.items[0], 1, None).await.expect("listed").expect("new");
    let rest = client.list_run_jobs(&hello, runs.items[0], 2, None).await.expect("listed").expect("new");
    assert_eq!((first.items.len(), first.is_last, rest.items.len(), rest.is_last), (100, false, 30, true));
    let told = &first.items[0];
    assert_eq!((told.number, told.run_id, told.run_attempt, &*told.name), (jobs[0], runs.items[0], 1, "job-0"));
    assert!(told.state.status == JobStatus::Queued && !told.state.held_back && told.labels == ["self-hosted", "x"]);
    assert!(told.queued_at.is_some() && told.run_url.ends_with(&format!("/octo/hello/actions/runs/{}", told.run_id)));

    let held = scene.forge.queue_held_job(job("hello", 1));
    let is_queued = client.list_runs(&hello, JobStatus::Queued, 1, None).await.expect("listed").expect("new").items.len();
    assert_eq!(is_queued, 1, "a run that waits for an approval is not queued");
    let run = scene.forge.job(held).expect("there").run_id;
    let waiting = client.list_run_jobs(&hello, run, 1, None).await.expect("listed").expect("new");
    assert!(waiting.items[0].state.held_back);

    let repositories = client.list_repositories(&organization(), 1).await.expect("listed");
    let names: Vec<&str> = repositories.items.iter().map(|repository| repository.name.as_str()).collect();
    assert_eq!((names, repositories.is_last), (vec!["hello"], true));
    scene.forge.fail_next(Operation::ListRunJobs, 403, 1);
    assert!(matches!(client.list_run_jobs(&hello, run, 1, None).await, Err(Error::Forbidden { .. })));
    assert!(matches!(client.list_run_jobs(&hello, 1, 1, None).await, Err(Error::NotFound { .. })));
    scene.finish();
}

#[tokio::test]
async fn the_log_of_a_hook_is_read_page_by_page_and_a_delivery_is_made_again() {
    let scene = Scene::new().await;
    let client = scene.pat();
    let hook = scene.forge.add_hook(Scope::organization("octo"), "http://127.0.0.1:9/webhooks", SecretString::from("s"));
    let job = |number| NewJob {
        owner: "octo".into(),
        repo: "hello".into(),
        name: format!("job-{number}"),
        labels: vec!["self-hosted".into()],
        steps: Vec::new(),
    };
    for number in 0..130 {
        scene.forge.queue_job(job(number));
    }
    scene.forge.wait_until(|state| state.deliveries().all(|delivery| delivery.state == DeliveryState::Failed)).await;
    let log = HookLog::OfEntity { at: organization(), hook };
    let first = client.list_deliveries(&log, None).await.expect("listed");
    let rest = client.list_deliveries(&log, first.next.as_deref()).await.expect("listed");
    assert_eq!((first.deliveries.len(), rest.deliveries.len(), rest.next), (100, 30, None));
    let all: BTreeSet<&str> = first.deliveries.iter().chain(&rest.deliveries).map(|entry| entry.guid.as_str()).collect();
    assert_eq!(all.len(), 130);
    assert!(first.deliveries.iter().all(|entry| !entry.is_accepted && entry.event == "workflow_job" && entry.action == "queued"));
    assert!(matches!(client.list_deliveries(&log, Some("none")).await, Err(Error::Refused { status: 422, .. })));

    let again = &rest.deliveries[0];
    client.redeliver(&log, again.id).await.expect("asked");
    let attempts =
        |state: &garm::sim::State| state.deliveries().find(|known| known.guid.to_string() == again.guid).map(|known| known.attempts.len());
    scene.forge.wait_until(|state| attempts(state) == Some(2)).await;
    let latest = client.list_deliveries(&log, None).await.expect("listed").deliveries.swap_remove(0);
    assert!(latest.guid == again.guid && latest.id != again.id, "an attempt of its own, of the same delivery");
    assert!(matches!(client.redeliver(&log, 1).await, Err(Error::NotFound { .. })));
    scene.finish();
}

#[tokio::test]
async fn the_log_of_an_app_is_read_by_the_app_itself_and_by_no_token() {
    let scene = Scene::new().await;
    scene.forge.add_app(11, 22, Some(APP_PUBLIC_KEY)).expect("a key");
    let key = AppKey { app_id: 11, installation_id: 22, private_key: SecretString::from(APP_KEY), webhook_secret: None };
    let app = scene.client(CredentialsSecret::App(key));
    assert_eq!(app.app_hook_url().await.expect("answers"), None, "it has no webhook");
    assert!(matches!(app.list_deliveries(&HookLog::OfApp, None).await, Err(Error::NotFound { .. })));
    let url = "http://127.0.0.1:9/webhooks";
    scene.forge.add_hook(Scope::App(11), url, SecretString::from("s"));
    assert_eq!(app.app_hook_url().await.expect("answers").as_deref(), Some(url));
    scene.forge.queue_job(NewJob {
        owner: "octo".into(),
        repo: "hello".into(),
        name: "build".into(),
        labels: vec!["self-hosted".into()],
        steps: Vec::new(),
    });
    scene.forge.wait_until(|state| state.deliveries().any(|delivery| delivery.state == DeliveryState::Failed)).await;
    let listed = app.list_deliveries(&HookLog::OfApp, None).await.expect("listed");
    assert_eq!((listed.deliveries.len(), listed.deliveries[0].is_accepted, listed.next), (1, false, None));
    app.redeliver(&HookLog::OfApp, listed.deliveries[0].id).await.expect("asked");
    scene.forge.wait_until(|state| state.deliveries().any(|delivery| delivery.attempts.len() == 2)).await;
    assert_eq!(scene.forge.calls(Operation::CreateInstallationToken), 0, "the installation has no part in it");
    let token = CredentialsSecret::Pat(SecretString::from("ghp_token"));
    let token = forge_client(&Clients::new(Clock::System), scene.server.url(), token);
    assert!(matches!(token.list_deliveries(&HookLog::OfApp, None).await, Err(Error::Unusable(_))));
    scene.finish();
}

#[tokio::test]
async fn registration_names_its_failures() {
    let scene = Scene::new().await;
    let client = scene.pat();
    let made = client.register_jit(&organization(), request("one", "")).await.expect("registered");
    assert!(made.jit.files.contains_key(".credentials"));
    assert!(matches!(client.register_jit(&organization(), request("one", "")).await, Err(Error::Exists)));
    assert!(matches!(client.register_jit(&organization(), request("two", "gpu")).await, Err(Error::NoGroup { .. })));
    scene.forge.add_group(Scope::organization("octo"), "gpu");
    client.register_jit(&organization(), request("two", "GPU")).await.expect("the group is there now");
    client.remove_runner(&organization(), made.agent_id).await.expect("removed");
    client.remove_runner(&organization(), made.agent_id).await.expect("removed already");
    assert!(!expose(&client.registration_token(&organization()).await.expect("a token")).is_empty());
    assert!(
        client
            .list_tools(&organization())
            .await
            .expect("listed")
            .iter()
            .any(|tool| tool.architecture == "x64" && tool.sha256_checksum.len() == 64)
    );
    scene.finish();
}

#[tokio::test]
async fn runner_groups_that_are_open_to_a_repository_are_listed() {
    let scene = Scene::new().await;
    let client = scene.pat();
    let gpu = scene.forge.add_group(Scope::organization("octo"), "GPU");
    let names = async |repository: &str| client.open_groups("octo", repository).await.expect("listed").expect("GitHub tells");
    let all = [String::new(), "default".to_owned(), "gpu".to_owned()];
    assert_eq!(names("hello").await, BTreeSet::from(all.clone()));
    scene.forge.open_group(gpu, Some(&["Hello", "other"]));
    assert_eq!(names("HELLO").await, BTreeSet::from(all.clone()));
    assert_eq!(names("world & more").await, all[..2].iter().cloned().collect());
    // More than a page of them.
    (0..150).for_each(|number| {
        scene.forge.add_group(Scope::organization("octo"), &format!("group {number}"));
    });
    assert_eq!(names("world").await.len(), 152);
    scene.finish();
}

#[tokio::test]
async fn faults_are_told_apart_and_none_repeats_the_token() {
    let scene = Scene::new().await;
    let client = scene.pat();
    for (status, retry) in [(500, Retry::Soon), (502, Retry::Soon), (403, Retry::Never), (404, Retry::Never)] {
        scene.forge.fail_next(Operation::ListRunners, status, 1);
        let error = client.list_runners(&organization()).await.expect_err("a fault was asked for");
        assert_eq!(error.retry(), retry, "{status}: {error}");
        assert!(error.concerns_everything(), "{status}: {error}");
    }
    let fault = garm::sim::Fault { operation: Operation::ListRunners, status: 429, count: 1, retry_after: Some(Duration::from_secs(7)) };
    scene.forge.inject(fault);
    let error = client.list_runners(&organization()).await.expect_err("a fault was asked for");
    assert_eq!(error.retry(), Retry::After(Duration::from_secs(7)));
    let asked = scene.forge.calls(Operation::ListRunners);
    let error = client.list_runners(&organization()).await.expect_err("the forge is left alone");
    assert!(matches!(error, Error::BudgetSpent { .. }), "{error}");
    assert_eq!(scene.forge.calls(Operation::ListRunners), asked);
    let scene = Scene { clients: Clients::new(Clock::System), ..scene };
    let client = scene.pat();

    scene.forge.revoke_token(&SecretString::from("ghp_token"));
    let error = client.list_runners(&organization()).await.expect_err("the token is revoked");
    assert!(matches!(error, Error::Unauthorized { .. }), "{error}");
    assert!(!format!("{error} {error:?} {client:?}").contains("ghp_token"));

    scene.forge.configure(|settings| settings.outage = true);
    assert!(matches!(client.list_runners(&organization()).await, Err(Error::Server { status: 503, .. })));
    let Scene { server, .. } = scene;
    server.stop().await;
    assert!(matches!(client.list_runners(&organization()).await, Err(Error::Unreachable { .. })));
}

#[tokio::test]
async fn an_app_trades_its_key_for_tokens_and_keeps_them_until_they_end_or_are_refused() {
    let scene = Scene::new().await;
    scene.forge.add_app(11, 22, Some(APP_PUBLIC_KEY)).expect("a key");
    let app = |installation_id| {
        CredentialsSecret::App(AppKey { app_id: 11, installation_id, private_key: SecretString::from(APP_KEY), webhook_secret: None })
    };
    let client = scene.client(app(22));
    client.list_runners(&organization()).await.expect("listed");
    client.list_runners(&organization()).await.expect("listed");
    assert_eq!(scene.forge.calls(Operation::CreateInstallationToken), 1, "one token for both");
    scene.forge.fail_next(Operation::ListRunners, 401, 1);
    client.list_runners(&organization()).await.expect("a token that is refused is renewed once");
    assert_eq!(scene.forge.calls(Operation::CreateInstallationToken), 2);
    assert!(!format!("{client:?}").contains("PRIVATE KEY"));
    scene.finish();
}

#[tokio::test]
async fn an_app_whose_installation_is_suspended_or_gone_is_not_accepted_whatever_the_call_is() {
    for status in [403, 404] {
        let scene = Scene::new().await;
        scene.forge.add_app(11, 22, Some(APP_PUBLIC_KEY)).expect("a key");
        let key = AppKey { app_id: 11, installation_id: 22, private_key: SecretString::from(APP_KEY), webhook_secret: None };
        let client = scene.client(CredentialsSecret::App(key));
        scene.forge.fail_next(Operation::CreateInstallationToken, status, 1);
        let told = client.list_runners(&organization()).await.expect_err("no token").to_string();
        assert!(told.contains("does not accept the credentials") && told.contains(&format!("({status}")), "{told}");
        client.list_runners(&organization()).await.expect("the installation is there again");
        scene.finish();
    }
}
