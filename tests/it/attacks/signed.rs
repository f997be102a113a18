//! Deliveries as somebody writes them who knows the secret of one hook.

use garm::api::{CreateEntityParams, CreatePoolParams, Entity, Secret, paths};
use garm::clock::Clock;
use garm::forge::github::signature;
use garm::model::{EntityKind, SecretString};
use garm::time::Timestamp;
use serde_json::{Value, json};

use crate::harness::Installation;

/// A job, as a delivery tells of it.
pub(super) struct Told<'a> {
    pub(super) id: i64,
    pub(super) action: &'a str,
    pub(super) owner: &'a str,
    pub(super) name: &'a str,
    /// The number of the repository, if the delivery has one.
    pub(super) number: Option<i64>,
    pub(super) labels: &'a [&'a str],
    pub(super) queued_at: Timestamp,
}

impl Default for Told<'_> {
    fn default() -> Self {
        let queued_at = Clock::System.now();
        Self { id: 1, action: "queued", owner: "octo", name: "hello", number: None, labels: &["self-hosted", "held"], queued_at }
    }
}

impl Told<'_> {
    /// The body, with these other members beside it.
    pub(super) fn body(&self, garm: &Installation, beside: &Value) -> Vec<u8> {
        let (web, Self { id, owner, name, .. }) = (garm.forge_url(), self);
        let mut body = json!({
            "action": self.action,
            "workflow_job": {
                "id": id, "run_id": 1, "html_url": format!("{web}/{owner}/{name}/actions/runs/1/job/{id}"), "name": "build",
                "created_at": self.queued_at.to_string(), "started_at": self.queued_at.to_string(), "labels": self.labels,
                "conclusion": if self.action == "completed" { Some("success") } else { None },
            },
            "repository": { "id": self.number, "name": name, "owner": { "login": owner } }
        });
        let members = body.as_object_mut().expect("an object");
        members.extend(beside.as_object().cloned().unwrap_or_default());
        body.to_string().into_bytes()
    }
}

/// Sends a body that is signed with a secret, as the hook of a repository would. Answers the status and the text that the forge would show.
pub(super) async fn send(garm: &Installation, secret: &str, body: Vec<u8>) -> (u16, String) {
    let request = reqwest::Client::new()
        .post(format!("{}{}", garm.url, paths::WEBHOOKS.template()))
        .header("x-github-event", "workflow_job")
        .header("x-github-hook-installation-target-type", "repository")
        .header(signature::HEADER, signature::sign(&SecretString::from(secret), &body));
    let answer = request.body(body).send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a text"))
}

/// Adds an entity with a secret of its own and a pool that takes the jobs in.
pub(super) async fn add(garm: &Installation, kind: EntityKind, owner: &str, name: &str, secret: &str) -> Entity {
    let entities = garm.client().entities(kind);
    let entity = CreateEntityParams {
        owner: owner.into(),
        name: name.into(),
        credentials_name: "pat".into(),
        webhook_secret: Secret::from(secret),
        ..CreateEntityParams::default()
    };
    let entity = entities.create(&entity).await.expect("added");
    let pool = CreatePoolParams {
        provider_name: "local".into(),
        image: "image".into(),
        flavor: "flavor".into(),
        tags: vec!["self-hosted".into(), "held".into()],
        max_runners: 1,
        enabled: true,
        ..CreatePoolParams::default()
    };
    entities.create_pool(&entity.id, &pool).await.expect("made");
    entity
}
