//! Deliveries as anybody on the internet may send them.

use garm::api::paths;
use garm::forge::github::signature;
use garm::model::SecretString;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Installation, Plan, WEBHOOK_SECRET, at};

const WEBHOOKS: &str = paths::WEBHOOKS.template();

fn delivery(id: i64, action: &str, web: &str) -> Value {
    json!({
        "action": action,
        "workflow_job": {
            "id": id, "run_id": 1, "html_url": format!("{web}/octo/hello/actions/runs/1/job/{id}"), "status": action, "conclusion": null,
            "created_at": "2026-01-01T00:00:00Z", "started_at": "2026-01-01T00:00:00Z", "completed_at": null, "name": "build",
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
    assert_eq!(sender.send(WEBHOOKS, "workflow_job", good.clone(), Some(sha1)).await, 400, "another algorithm");
    assert_eq!(sender.send(WEBHOOKS, "workflow_job", b"{".to_vec(), None).await, 400, "no JSON");
    assert_eq!(sender.signed(WEBHOOKS, b"[]").await, 400, "no delivery");
    assert_eq!(sender.signed(WEBHOOKS, &vec![b' '; 26 * 1024 * 1024]).await, 413, "too large");
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
    assert_eq!(sender.signed(WEBHOOKS, &elsewhere).await, 200, "a forge we do not know");
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
