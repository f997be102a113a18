//! Deliveries as anybody on the internet may send them.

use garm::api::{
    CreateCredentialsParams, CreateEndpointParams, CreateEntityParams, CreatePoolParams, PatParams, Secret, UpdatePoolParams, paths,
};
use garm::client::DeliveryFilter;
use garm::clock::Clock;
use garm::forge::github::signature;
use garm::model::{EntityKind, SecretString, expose};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::cli::{run, set_up};
use crate::harness::{Installation, PAT, Plan, WEBHOOK_SECRET, at};
use crate::metrics::scrape;

const WEBHOOKS: &str = paths::WEBHOOKS.template();

fn delivery(id: i64, action: &str, web: &str) -> Value {
    json!({
        "action": action,
        "workflow_job": {
            "id": id, "run_id": 1, "html_url": format!("{web}/octo/hello/actions/runs/1/job/{id}"), "status": action, "conclusion": null,
            "created_at": Clock::System.now().to_string(), "started_at": Clock::System.now().to_string(), "completed_at": null, "name": "build",
            "labels": ["self-hosted", "none"], "runner_id": null, "runner_name": null, "runner_group_id": null, "runner_group_name": null
        },
        "repository": { "name": "hello", "owner": { "login": "octo" } }
    })
}

struct Sender<'a> {
    garm: &'a Installation,
    http: reqwest::Client,
}

impl Sender<'_> {
    async fn send(&self, path: &str, event: &str, body: Vec<u8>, signature: Option<String>) -> StatusCode {
        let mut request = self
            .http
            .post(format!("{}{path}", self.garm.url))
            .header("x-github-event", event)
            .header("x-github-hook-installation-target-type", "repository");
        if let Some(signature) = signature {
            request = request.header(signature::HEADER, signature);
        }
        request.body(body).send().await.expect("an answer").status()
    }

    async fn signed(&self, path: &str, body: &[u8]) -> StatusCode {
        self.send(path, "workflow_job", body.to_vec(), Some(signature::sign(&SecretString::from(WEBHOOK_SECRET), body))).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_signed_with_the_hooks_secret_is_believed() {
    let garm = Installation::set_up(Plan::default()).await;
    garm.add_pool("local", "none", 1, 0).await;
    let sender = Sender { garm: &garm, http: reqwest::Client::new() };
    let web = garm.forge.url();
    let good = delivery(1, "queued", &web).to_string().into_bytes();
    let wrong = signature::sign(&SecretString::from("another"), &good);
    let sha1 = "sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709".to_owned();

    assert_eq!(sender.send(WEBHOOKS, "workflow_job", good.clone(), None).await, 401, "no signature");
    assert_eq!(sender.send(WEBHOOKS, "workflow_job", good.clone(), Some(wrong)).await, 401, "another secret");
    assert_eq!(sender.send(WEBHOOKS, "workflow_job", good.clone(), Some(sha1)).await, 401, "another algorithm");
    assert_eq!(sender.send(WEBHOOKS, "workflow_job", b"{".to_vec(), None).await, 401, "no JSON");
    assert_eq!(sender.signed(WEBHOOKS, b"{").await, 400, "no JSON, signed");
    assert_eq!(sender.signed(WEBHOOKS, b"[]").await, 400, "no delivery");
    assert_eq!(sender.signed(WEBHOOKS, &vec![b' '; 1024 * 1024 + 1]).await, 413, "too large");
    for number in [0, -1] {
        assert_eq!(
            sender.signed(WEBHOOKS, delivery(number, "queued", &web).to_string().as_bytes()).await,
            400,
            "no job has number {number}"
        );
    }
    assert!(garm.jobs().await.is_empty(), "nothing of all that had an effect");

    assert_eq!(sender.send(WEBHOOKS, "ping", b"{}".to_vec(), None).await, 200, "a greeting");
    assert_eq!(sender.send(WEBHOOKS, "push", b"anything".to_vec(), None).await, 200, "not for us");
    let elsewhere = delivery(2, "queued", "https://github.example.com").to_string().into_bytes();
    assert_eq!(sender.signed(WEBHOOKS, &elsewhere).await, 401, "a forge we do not know");
    let other_controller = at(paths::CONTROLLER_WEBHOOKS, [&garm::crypto::random::uuid()]);
    assert_eq!(sender.signed(&other_controller, &good).await, 200, "another installation's");
    assert!(garm.job(1).await.is_none());

    let mut strange = delivery(3, "queued", &web);
    strange["workflow_job"]["labels"] = json!(["nobody-has-this"]);
    assert_eq!(sender.signed(WEBHOOKS, strange.to_string().as_bytes()).await, 200, "no pool fits");
    assert!(garm.job(3).await.is_none());

    assert_eq!(sender.signed(&format!("{WEBHOOKS}/"), &good).await, 200, "a slash at the end");
    assert!(garm.job(1).await.is_some());
    let done = delivery(1, "completed", &web).to_string().into_bytes();
    assert_eq!(sender.signed(WEBHOOKS, &done).await, 200);
    assert_eq!(sender.signed(WEBHOOKS, &good).await, 200, "late");
    assert_eq!(garm.job(1).await.expect("there").status, "completed", "a late delivery changes nothing");
    garm.until("the runner made for it may go", async |garm| garm.forge.deliveries().is_empty().then_some(())).await;
    garm.finish().await;
}

/// Adds an organization or enterprise with a secret of its own and a pool for these labels, which makes no runner for any test here.
/// Answers the pool's id.
async fn add_with_pool(garm: &Installation, kind: EntityKind, name: &str, credentials: &str, secret: &str, tag: &str) -> String {
    let entities = garm.client().entities(kind);
    let entity = CreateEntityParams {
        name: name.into(),
        credentials_name: credentials.into(),
        webhook_secret: Secret::from(secret),
        ..CreateEntityParams::default()
    };
    let entity = entities.create(&entity).await.expect("added");
    let pool = CreatePoolParams {
        provider_name: "local".into(),
        image: "image".into(),
        flavor: "flavor".into(),
        tags: vec!["self-hosted".into(), tag.into()],
        max_runners: 1,
        enabled: true,
        ..CreatePoolParams::default()
    };
    entities.create_pool(&entity.id, &pool).await.expect("made").id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_taken_in_by_the_entity_whose_secret_signed_it_wherever_its_hook_is() {
    const OF_ORGANIZATION: &str = "Planted7OrganizationSecretQx9vLmZ2r";
    const OF_ENTERPRISE: &str = "Planted7EnterpriseSecretQx9vLmZ2r";
    const ELSEWHERE: &str = "Planted7ElsewhereSecretQx9vLmZ2r";
    let garm = Installation::set_up(Plan::default()).await;
    // Another endpoint of the same forge, for other credentials.
    let second = CreateEndpointParams {
        name: "second".into(),
        base_url: format!("{}/", garm.forge_url()),
        api_base_url: format!("{}{}", garm.forge_url(), garm::sim::API_PREFIX),
        ..CreateEndpointParams::default()
    };
    garm.client().endpoints().create(&second).await.expect("added");
    let credentials = CreateCredentialsParams {
        name: "second".into(),
        endpoint: "second".into(),
        auth_type: "pat".into(),
        pat: Some(PatParams { oauth2_token: Secret::from(PAT) }),
        ..CreateCredentialsParams::default()
    };
    garm.client().credentials().create(&credentials).await.expect("added");
    garm.add_pool("local", "of-repository", 1, 0).await;
    add_with_pool(&garm, EntityKind::Organization, "octo", "pat", OF_ORGANIZATION, "of-organization").await;
    add_with_pool(&garm, EntityKind::Enterprise, "octo-corp", "pat", OF_ENTERPRISE, "of-enterprise").await;
    add_with_pool(&garm, EntityKind::Organization, "octo", "second", ELSEWHERE, "of-second").await;
    // The same secret as that of the repository, which has no pool for the job.
    let labs = add_with_pool(&garm, EntityKind::Enterprise, "octo-labs", "pat", WEBHOOK_SECRET, "of-labs").await;

    let sender = Sender { garm: &garm, http: reqwest::Client::new() };
    let web = garm.forge.url();
    let send = async |id: i64, tag: &str, enterprise: &str, secret: &str| {
        let mut told = delivery(id, "queued", &web);
        told["workflow_job"]["labels"] = json!(["self-hosted", tag]);
        told["organization"] = json!({ "login": "Octo" });
        told["enterprise"] = json!({ "slug": enterprise });
        told["repository"]["html_url"] = json!(format!("{web}/octo/hello"));
        let body = told.to_string().into_bytes();
        let signature = signature::sign(&SecretString::from(secret), &body);
        let status = sender.send(WEBHOOKS, "workflow_job", body, Some(signature)).await;
        (status, garm.job(id).await)
    };
    // Each is sent by the hook of the repository.
    let table = [
        (21, "of-repository", WEBHOOK_SECRET),
        (22, "of-organization", OF_ORGANIZATION),
        (23, "of-enterprise", OF_ENTERPRISE),
        (24, "of-second", ELSEWHERE),
    ];
    for (id, tag, secret) in table {
        let (status, job) = send(id, tag, "octo-corp", secret).await;
        assert_eq!(status, 200, "{tag}");
        let job = job.expect("it is stored");
        let reporters = [job.repo_id.is_some(), job.org_id.is_some(), job.enterprise_id.is_some()];
        assert_eq!(reporters, [tag == "of-repository", tag == "of-organization" || tag == "of-second", tag == "of-enterprise"], "{tag}");
        assert_eq!(job.workflow_run_url, format!("{web}/octo/hello/actions/runs/1"));
    }
    let (status, job) = send(25, "of-labs", "octo-labs", WEBHOOK_SECRET).await;
    assert!(status == 200 && job.expect("it is stored").enterprise_id.is_some(), "another entity with the same secret has a pool for it");
    // The repository knows the job by now. The runner that takes it is the enterprise's all the same, and must hear of it.
    let runner = garm.until("its runner is wanted", async |garm| garm.instances().await.into_iter().find(|row| row.pool_id == labs)).await;
    let mut began = delivery(25, "in_progress", &web);
    began["workflow_job"]["labels"] = json!(["self-hosted", "of-labs"]);
    began["workflow_job"]["runner_name"] = json!(runner.name);
    began["enterprise"] = json!({ "slug": "octo-labs" });
    began["repository"]["html_url"] = json!(format!("{web}/octo/hello"));
    let body = began.to_string().into_bytes();
    let signature = signature::sign(&SecretString::from(WEBHOOK_SECRET), &body);
    assert_eq!(sender.send(WEBHOOKS, "workflow_job", body, Some(signature)).await, 200);
    assert_eq!(garm.client().instances().get(&runner.name).await.expect("shown").runner_status, "active");
    let (status, job) = send(26, "of-enterprise", "octo-corp", "a secret of nobody").await;
    assert!(status == 401 && job.is_none(), "nobody here has signed it");
    garm.finish().await;
}

/// A job may go to a runner that somebody else has added at the forge. Clients look up each name that they are told here.
#[tokio::test(flavor = "multi_thread")]
async fn the_runner_of_a_job_is_named_only_where_it_is_one_of_ours() {
    let garm = Installation::set_up(Plan::default()).await;
    garm.add_pool("local", "none", 1, 0).await;
    let sender = Sender { garm: &garm, http: reqwest::Client::new() };
    let web = garm.forge.url();
    let send = async |id: i64, action: &str, runner: Option<(i64, &str)>| {
        let mut told = delivery(id, action, &web);
        if let Some((number, name)) = runner {
            told["workflow_job"]["runner_id"] = json!(number);
            told["workflow_job"]["runner_name"] = json!(name);
        }
        assert_eq!(sender.signed(WEBHOOKS, told.to_string().as_bytes()).await, 200, "{action} {id}");
    };
    send(61, "queued", None).await;
    send(62, "queued", None).await;
    let ours = garm.until("a runner is made", async |garm| garm.instances().await.into_iter().next()).await.name;
    send(61, "in_progress", Some((9001, &ours))).await;
    send(62, "in_progress", Some((9002, "under-somebodys-desk"))).await;
    let named = async || {
        let mut jobs = garm.jobs().await;
        jobs.sort_by_key(|job| job.workflow_job_id);
        jobs.into_iter().map(|job| (job.status, job.runner_id, job.runner_name)).collect::<Vec<_>>()
    };
    let told = |status: &str, ours: &str| vec![(status.to_owned(), 9001, ours.to_owned()), (status.to_owned(), 9002, String::new())];
    assert_eq!(named().await, told("in_progress", &ours));
    send(62, "completed", Some((9002, "under-somebodys-desk"))).await;
    assert_eq!(named().await[1], told("completed", &ours)[1], "nor afterwards");
    send(61, "completed", Some((9001, &ours))).await;
    garm.until("the runner is gone", async |garm| garm.instances().await.is_empty().then_some(())).await;
    garm.finish().await;
}

/// Sends a delivery about a job to be queued, signed with this secret, from a hook of this kind.
async fn send_queued(garm: &Installation, id: i64, tag: &str, target: &str, secret: &str) -> u16 {
    let mut told = delivery(id, "queued", &garm.forge.url());
    told["workflow_job"]["labels"] = json!(["self-hosted", tag]);
    told["organization"] = json!({ "login": "octo" });
    let body = told.to_string().into_bytes();
    let request = reqwest::Client::new().post(format!("{}{WEBHOOKS}", garm.url)).header("x-github-event", "workflow_job");
    let request = request.header("x-github-hook-installation-target-type", target);
    let request = request.header(signature::HEADER, signature::sign(&SecretString::from(secret), &body));
    request.body(body).send().await.expect("an answer").status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_secret_is_good_for_the_time_that_is_said() {
    const SECOND: &str = "Planted7SecondSecretQx9vLmZ2rKq";
    const THIRD: &str = "Planted7ThirdSecretQx9vLmZ2rKqW";
    let garm = set_up(Plan::default()).await;
    garm.add_pool("local", "none", 1, 0).await;
    let send = async |id: i64, secret: &str| send_queued(&garm, id, "none", "repository", secret).await;
    let replace = |by: &str, overlap: &[&str]| {
        let (code, _, told) = run(&garm, &[&["repo", "update", "octo/hello", "--webhook-secret", by], overlap].concat());
        assert_eq!(code, Some(0), "{told}");
    };
    replace(SECOND, &[]);
    assert_eq!((send(51, WEBHOOK_SECRET).await, send(52, SECOND).await, send(53, THIRD).await), (200, 200, 401));
    let (_, shown, _) = run(&garm, &["repo", "show", "octo/hello"]);
    assert!(shown.contains("the webhook secret is replaced"), "{shown}");
    replace(THIRD, &["--webhook-secret-overlap", "2s"]);
    assert_eq!((send(51, WEBHOOK_SECRET).await, send(51, SECOND).await, send(51, THIRD).await), (401, 200, 200));
    garm.until("the time is over", async |garm| (send_queued(garm, 51, "none", "repository", SECOND).await == 401).then_some(())).await;
    replace(SECOND, &["--webhook-secret-overlap", "0s"]);
    assert_eq!((send(51, THIRD).await, send(51, SECOND).await), (401, 200));
    let (code, _, told) = run(&garm, &["repo", "update", "octo/hello", "--webhook-secret", THIRD, "--webhook-secret-overlap", "1000h"]);
    assert!(code == Some(1) && told.contains("1000h") && told.contains("720h"), "{told}");
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_webhook_of_an_app_delivers_for_every_entity_with_its_credentials_and_for_no_other() {
    const OF_APP: &str = "Planted7AppSecretQx9vLmZ2rKqWe";
    const OF_ORGANIZATION: &str = "Planted7OrganizationSecretQx9vLmZ2r";
    let garm = set_up(Plan::default()).await;
    garm.forge.add_app(11, 12, None).expect("no key");
    let key = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/keys/app.pem");
    let add = ["github", "credentials", "add", "--name", "app", "--endpoint", "fake", "--auth-type", "app", "--app-id", "11"];
    let (code, _, told) = run(&garm, &[&add[..], &["--app-installation-id", "12", "--private-key-path", key]].concat());
    assert_eq!(code, Some(0), "{told}");
    garm.add_pool("local", "of-repository", 1, 0).await;
    add_with_pool(&garm, EntityKind::Organization, "octo", "app", OF_ORGANIZATION, "of-organization").await;
    let send = async |id: i64, tag: &str, secret: &str| send_queued(&garm, id, tag, "integration", secret).await;
    assert_eq!(send(61, "of-organization", OF_APP).await, 401, "the App has no secret yet");
    let (code, _, told) = run(&garm, &["github", "credentials", "update", "app", "--app-webhook-secret", OF_APP]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(send(61, "of-organization", OF_APP).await, 200);
    assert!(garm.job(61).await.expect("it is stored").org_id.is_some());
    assert_eq!(send(62, "of-organization", OF_ORGANIZATION).await, 401, "that is the secret of another hook");
    assert_eq!(send_queued(&garm, 62, "of-organization", "organization", OF_APP).await, 401, "and the other way round");
    assert_eq!(send(63, "of-repository", OF_APP).await, 200, "the organization has no pool for it");
    assert!(garm.job(63).await.is_none(), "the repository has other credentials");
    let (code, _, told) = run(&garm, &["github", "credentials", "update", "pat", "--app-webhook-secret", OF_APP]);
    assert!(code == Some(1) && told.contains("only the credentials of an App"), "{told}");
    // With the App's credentials the repository hears of its jobs, too.
    let (code, _, told) = run(&garm, &["repo", "update", "octo/hello", "--credentials", "app"]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(send(63, "of-repository", OF_APP).await, 200);
    assert!(garm.job(63).await.expect("it is stored").repo_id.is_some());
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_in_and_what_became_of_it_can_be_read() {
    let garm = set_up(Plan::default()).await;
    let pool = garm.add_pool("local", "none", 1, 0).await;
    let http = reqwest::Client::new();
    let send = async |guid: &str, body: &Value, secret: &str| {
        let body = body.to_string().into_bytes();
        let request = http.post(format!("{}{WEBHOOKS}", garm.url)).header("x-github-event", "workflow_job");
        let request = request.header("x-github-hook-installation-target-type", "repository").header("x-github-delivery", guid);
        let request = request.header(signature::HEADER, signature::sign(&SecretString::from(secret), &body));
        request.body(body).send().await.expect("an answer").status().as_u16()
    };
    let web = garm.forge.url();
    let queued = delivery(41, "queued", &web);
    assert_eq!(send("guid-1", &queued, WEBHOOK_SECRET).await, 200);
    assert_eq!(send("guid-1", &queued, WEBHOOK_SECRET).await, 200, "sent again");
    assert_eq!(send("guid-2", &delivery(41, "completed", &web), WEBHOOK_SECRET).await, 200);
    assert_eq!(send("guid-3", &queued, WEBHOOK_SECRET).await, 200);
    assert_eq!(send("guid-4", &delivery(42, "waiting", &web), WEBHOOK_SECRET).await, 200);
    for number in 0..50 {
        assert_eq!(send(&format!("wrong-{number}"), &queued, "another").await, 401);
    }
    let all = garm.client().deliveries(&DeliveryFilter::default()).await.expect("listed");
    let told: Vec<_> = all.iter().map(|row| (row.guid.as_str(), row.action.as_str(), row.verdict.as_str(), row.copies)).collect();
    let expected = [
        ("wrong-0", "queued", "refused", 1),
        ("guid-4", "waiting", "not_wanted", 1),
        ("guid-3", "queued", "late", 1),
        ("guid-2", "completed", "taken", 1),
        ("guid-1", "queued", "taken", 2),
    ];
    assert_eq!(told, expected, "of those that are refused for one reason the first is recorded");
    assert!(all.iter().all(|row| row.entity == "octo/hello" && row.entity_id.is_empty() == (row.verdict == "refused")));
    let (code, shown, told) =
        run(&garm, &["webhook", "deliveries", "--entity", "OCTO/hello", "--job", "41", "--verdict", "taken", "--since", "1h"]);
    assert!(code == Some(0) && shown.contains("guid-1") && shown.contains("guid-2") && !shown.contains("guid-3"), "{shown} {told}");
    let (code, _, told) = run(&garm, &["webhook", "deliveries", "--verdict", "lost"]);
    assert!(code == Some(1) && told.contains("known are taken, late, not_wanted, old, refused"), "{told}");
    // Where the machine was made before its job was over, the runner would be idle for a while.
    let off = UpdatePoolParams { enabled: Some(false), ..UpdatePoolParams::default() };
    garm.client().pools().update(&pool.id, &off).await.expect("changed");
    garm.until("the runner made for the job is gone", async |garm| garm.instances().await.is_empty().then_some(())).await;
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_is_no_entity_here_is_told_once_and_counted() {
    let garm = Installation::set_up(Plan::default()).await;
    let sender = Sender { garm: &garm, http: reqwest::Client::new() };
    let mut told = delivery(31, "queued", &garm.forge.url());
    told["repository"]["owner"]["login"] = json!("hubot\u{1b}[2J");
    let unknown = told.to_string().into_bytes();
    for _ in 0..5 {
        assert_eq!(sender.signed(WEBHOOKS, &unknown).await, 401);
    }
    let log = garm.log();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("an owner that is no entity here")).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("hubot") && !lines[0].contains('\u{1b}'), "{}", lines[0]);

    let token = garm.client().metrics_token().await.expect("made").token;
    let (_, figures) = scrape(&garm, expose(&token.0)).await;
    assert!(figures.contains(r#"garm_webhook_received{reason="owner_unknown",valid="false"} 5"#), "{figures}");
    garm.finish().await;
}
