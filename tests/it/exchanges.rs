//! The exchanges captured from upstream's server, replayed against ours in the order of a life: first run, endpoints, credentials, entities,
//! pools, runners, jobs.

use std::collections::BTreeSet;
use std::path::PathBuf;

use base64::Engine;
use garm::api::{CreateScaleSetParams, UpdateControllerParams, UpdateEndpointParams, UpdateScaleSetParams};
use garm::client::TemplateFilter;
use garm::clock::Clock;
use garm::model::{EntityKind, SecretString};
use serde_json::Value;

use crate::exchange::{Answer, Exchange, Translation, directory, names};
use crate::harness::{Installation, Plan, databases, skipped};

/// Makes machines that say nothing of themselves, and keeps what it was told about each.
const FAKE: &str = r#"#!/bin/sh
made=@DIR@/made
mkdir -p "$made"
instance() {
    printf '{"provider_id": "pid-%s", "name": "%s", "os_type": "linux", "os_name": "ubuntu", "os_version": "24.04", "os_arch": "amd64"' "$1" "$1"
    printf ', "addresses": [{"address": "10.0.0.5", "type": "private"}], "status": "running"}'
}
case $GARM_COMMAND in
CreateInstance) cat >"$made/$$"
    name=$(sed -n 's/.*"name" *: *"\([^"]*\)".*/\1/p' "$made/$$" | head -n 1)
    mv "$made/$$" "$made/$GARM_POOL_ID.$name.json"
    instance "$name" ;;
DeleteInstance) rm -f "$made"/*."${GARM_INSTANCE_ID#pid-}.json" ;;
GetInstance) instance "${GARM_INSTANCE_ID#pid-}" ;;
ListInstances) printf '['
    comma=
    for file in "$made/$GARM_POOL_ID".*.json; do
        [ -e "$file" ] || continue
        name=${file##*/"$GARM_POOL_ID".}
        printf '%s' "$comma"
        instance "${name%.json}"
        comma=,
    done
    printf ']' ;;
esac
"#;

/// Exchanges about what this server does not have yet, by the beginning or a part of their names.
const LATER: &[(&str, &str)] = &[
    ("gitea", "Gitea and Forgejo"),
    ("forge-instance", "Gitea and Forgejo"),
    ("err-pool-template-mismatch", "Gitea and Forgejo: the template is for the other forge"),
    ("proxy", "proxies"),
    ("object", "the object store"),
    ("tool", "the agent and its downloads"),
    ("metadata-runner-metadata-agent", "the agent and its downloads"),
];

/// What is different on purpose: exchange, difference, and why.
const ON_PURPOSE: &[(&str, &str, &str)] = &[
    ("*", "body*.why is new", "why there is a runner, and why a job waits, is what this server says beside"),
    ("err-controller-bad-releases-url", "status 400 is 200", "releases of the agent are not looked at before there is one"),
    ("providers", "body.2.", "the installation under test has a third provider"),
    ("err-github-credentials-bad-key", "status 500 is 400", "a key that is none is the caller's mistake"),
    ("*-create", "body.pool_manager_status.running is new", "an entity is served from the moment it is added"),
    ("templates-list", "body.*.description", "other words"),
    ("pool-get", "body.instances is new", "the first runner is there already"),
    ("pool-update", "body.instances is new", "the first runner is there already"),
    ("pool*", "body*.machines_made is new", "how many machines were made is what this server says beside"),
    ("*", "body*.runner_version is new", "the version of a runner, or of the next one, is what this server says beside"),
    ("controller-*", "body.server_version is new", "the version is that of the API; our own stands beside it"),
    ("repo-get", "body.events.0.event_level", "the secret of the webhook is easy to guess, which is told"),
    ("repo-get", "body.pool.0.*", "the pools of an entity are shown as they are everywhere, not without label and endpoint"),
    (
        "github-credentials-get-with-rate-limit",
        "body.*.0.*endpoint",
        "entities are shown with their endpoint and credentials, not with empty ones",
    ),
    (
        "github-credentials-get-with-rate-limit",
        "body.*.0.credentials",
        "entities are shown with their endpoint and credentials, not with empty ones",
    ),
    ("metadata-credentials-runner", "body", "the file is what the forge made it"),
    ("metadata-registration-token", "the text", "the forge made another token"),
    ("metadata-cert-bundle-with-ca", "body.root_certificates.", "certificates are numbered in their order, not by their serial numbers"),
    ("webhook-workflow-job", "status 422 is 200", "a delivery that is of no use here did not fail"),
    (
        "err-webhook-bad-format",
        "status 400 is 401",
        "a signature in a wrong form is refused like any other that does not hold, before its body",
    ),
    ("err-webhook-bad-target", "status 400 is 401", "an App's own webhook is believed where its secret is known"),
    ("err-webhook-job-regress", "status 400 is 200", "deliveries come late and twice; the forge is not told that it failed"),
    ("jobs-list", "body.0.started_at", "a job that waits has not started"),
    ("jobs-list", "body.0.labels.0", "the job is kept since the delivery that no pool fitted, and its labels stay as they were told first"),
    ("jobs-list-in-progress", "body.0.labels.0", "the same"),
    ("instance-get*", "body.decision", "it says why the runner is as it is"),
    ("instance-get-active", "body.job.*", "the job is shown as it is in the list of jobs"),
    ("scaleset*", "body*.state", "a scale set that the forge has is not to be made any more"),
    ("pool-instances", "body.1.", "the second runner is another one"),
    ("pool-instances", "body.0.job.*", "the job is shown as it is in the list of jobs"),
];

/// The pools of the captured exchanges.
const REPO_POOL: &str = "2ff1fbbc-cf1b-48b3-91b0-54402003faf6";
const ORG_POOL: &str = "ed89cce1-6e61-4fa6-8bc7-33b20bc2e925";

/// A replay under way.
struct Replay {
    garm: Installation,
    directory: PathBuf,
    left: BTreeSet<String>,
    translation: Translation,
    token: String,
    found: Vec<String>,
}

impl Replay {
    /// Replays exchanges with a token.
    async fn with(&mut self, token: &str, names: &[&str]) {
        for name in names {
            let answer = self.one(name, token).await;
            if *name == "login" {
                let login: Value = serde_json::from_str(&answer.body).expect("JSON");
                login["token"].as_str().expect("a token").clone_into(&mut self.token);
            }
        }
    }

    /// Replays exchanges of the administrator.
    async fn admin(&mut self, names: &[&str]) {
        let token = self.token.clone();
        self.with(&token, names).await;
    }

    async fn one(&mut self, name: &str, token: &str) -> Answer {
        assert!(self.left.remove(name), "{name} is replayed once");
        let exchange = Exchange::load(&self.directory, name);
        let (path, headers, body) = exchange.send(&self.translation);
        let method = exchange.request.method.parse().expect("a method");
        let mut request = reqwest::Client::new().request(method, format!("{}{path}", self.garm.url)).body(body);
        for (header, value) in headers {
            request = request.header(header, value);
        }
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.expect("it answers");
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned())).collect();
        let answer = Answer { status: response.status().as_u16(), headers, body: response.text().await.expect("a body") };
        let differences = exchange.differences(&answer, &mut self.translation);
        self.found.extend(differences.into_iter().map(|difference| format!("{name}: {difference}")));
        answer
    }

    /// Waits for the machine of the only runner of a pool, and learns what it is called; its token.
    async fn machine(&mut self, pool: &str, captured_name: &str) -> String {
        let pool = self.translation.text(pool);
        let runner = self
            .garm
            .until("the machine runs", async |garm| {
                let known = garm.client().pools().instances(&pool, false).await.expect("listed");
                known.into_iter().find(|runner| runner.status == "running" && !runner.provider_id.is_empty())
            })
            .await;
        self.translation.learn(captured_name, &runner.name);
        let told = self.garm.directory().join(format!("made/{pool}.{}.json", runner.name));
        let told: Value = serde_json::from_slice(&std::fs::read(told).expect("the provider kept it")).expect("JSON");
        told["instance-token"].as_str().expect("a token").to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn captured_exchanges_are_answered_as_upstream_answered_them() {
    let Some(directory) = directory() else {
        return skipped("the replay: upstream's captured exchanges are not here");
    };
    for database in databases().await {
        let scripts = vec![("fake_jit", FAKE), ("fake_nojit", FAKE)];
        let garm = Installation::start(Plan { database, scripts, without_jit: vec!["fake_nojit"], ..Plan::default() }).await;
        replay(garm, directory.clone()).await;
    }
}

/// Replays all of them, and judges what is different.
async fn replay(garm: Installation, directory: PathBuf) {
    garm.forge.add_token(&SecretString::from("ghp_dummy"));
    let mut translation = Translation::default();
    let forge = garm.forge_url().to_owned();
    translation.learn("http://127.0.0.1:19101", &forge);
    translation.learn("http://127.0.0.1:19100", &garm.url);
    translation.learn("fake provider, JIT", "what fake_jit makes");
    translation.learn("fake provider, registration token", "what fake_nojit makes");
    translation.learn("/dl/", "/_runner/downloads/");
    // When the job of the deliveries was queued: an old one would need the word of the forge.
    translation.learn("2026-11-23T20:00:00Z", &Clock::System.now().to_string());
    // Of proxies there are none.
    translation.leave_out("proxy_id");
    translation.leave_out("proxy_name");
    let left = names(&directory);
    let mut replay = Replay { garm, directory, left, translation, token: String::new(), found: Vec::new() };
    let r = &mut replay;
    first_run(r).await;
    endpoints_and_credentials(r).await;
    entities(r).await;
    let jit = templates_and_pools(r).await;
    scale_sets(r).await;
    machines(r, &jit).await;
    jobs(r).await;

    let Replay { garm, left, found, .. } = replay;
    garm.finish().await;
    judge(&left, &found);
}

/// Before there is an administrator, before the URLs are set, and after.
async fn first_run(r: &mut Replay) {
    r.with("", &["err-init-required-list", "err-init-required-login", "err-first-run-bad-json", "err-first-run-missing-fields"]).await;
    r.with("", &["err-first-run-bad-email", "err-first-run-bad-username", "err-first-run-weak-password", "first-run"]).await;
    r.with("", &["err-first-run-already", "err-login-bad-json", "err-login-bad-password", "login"]).await;
    r.with("", &["err-auth-missing"]).await;
    r.with("garbage", &["err-auth-garbage-token"]).await;
    r.admin(&["controller-before-urls", "err-urls-required", "err-controller-bad-url", "controller-update"]).await;
    r.admin(&["err-controller-ca-exclusive", "err-controller-bad-agent-version", "err-controller-bad-releases-url"]).await;
    r.garm.use_token(&r.token);
    let settings = UpdateControllerParams {
        minimum_job_age_backoff: Some(0),
        agent_url: Some(format!("{}/agent", r.garm.url)),
        garm_agent_releases_url: Some(String::new()),
        ..UpdateControllerParams::default()
    };
    r.garm.client().update_controller(&settings).await.expect("changed");
    r.admin(&["controller-info", "err-not-found-route", "providers", "metrics-token", "err-metrics-user-token", "repositories-empty"])
        .await;
}

/// Where the forge is, and how to speak with it.
async fn endpoints_and_credentials(r: &mut Replay) {
    r.admin(&["github-endpoints-default", "github-endpoint-create", "github-endpoint-get", "err-github-endpoint-duplicate"]).await;
    r.admin(&["err-github-endpoint-missing", "err-bad-base64", "err-github-endpoint-404", "github-endpoint-create-ca"]).await;
    r.admin(&["github-endpoint-delete", "github-endpoint-update"]).await;

    r.admin(&["github-credentials-create-pat", "err-github-credentials-duplicate", "err-github-credentials-bad-endpoint"]).await;
    r.admin(&["err-github-credentials-bad-auth-type", "err-github-credentials-bad-key"]).await;
    let key = base64::prelude::BASE64_STANDARD.encode(include_bytes!("../../testdata/keys/app.pem"));
    r.translation.learn("<base64 of a PKCS#1 PEM key>", &key);
    r.admin(&["github-credentials-create-app", "github-credentials-list", "github-credentials-get", "err-github-credentials-404"]).await;
    r.admin(&["err-github-credentials-bad-id", "github-credentials-update", "err-github-credentials-update-both"]).await;
    r.admin(&["github-credentials-delete", "err-endpoint-url-with-creds"]).await;
}

/// What has runners, and its webhook.
async fn entities(r: &mut Replay) {
    r.admin(&["repo-create", "err-repo-duplicate", "err-repo-bad-creds", "err-repo-missing-secret", "err-repo-bad-balancer"]).await;
    r.admin(&["err-repo-bad-uuid", "err-repo-404", "org-create", "org-list", "enterprise-create", "enterprise-list"]).await;
    r.admin(&["enterprise-delete", "repo-list-filter", "err-credentials-in-use", "err-endpoint-delete-in-use"]).await;
    r.admin(&["webhook-info-404", "webhook-install", "err-webhook-install-twice", "webhook-info", "webhook-uninstall"]).await;
}

/// How runners are installed, and how many of what kind there are. The token of the first machine.
async fn templates_and_pools(r: &mut Replay) -> String {
    r.admin(&["templates-list", "template-create"]).await;
    let templates = r.garm.client().templates().list(&TemplateFilter::default()).await.expect("listed");
    let template = templates.iter().find(|template| template.name == "lab_linux").expect("it was made").id;
    r.translation.learn_number("template_id", 5, template);
    r.translation.learn("templates/5", &format!("templates/{template}"));
    r.admin(&["template-get", "template-update", "err-template-duplicate", "err-template-bad-os", "err-template-bad-syntax"]).await;
    r.admin(&["err-template-404", "err-template-bad-id"]).await;

    r.admin(&["err-pool-404", "err-pool-bad-uuid", "err-pool-bad-os", "err-pool-bad-provider", "err-pool-idle-gt-max"]).await;
    r.admin(&["err-pool-missing-tags", "pool-create-repo"]).await;
    let jit = r.machine(REPO_POOL, "garm-ajjd1hphoxsf").await;
    r.admin(&["pool-get", "pool-update", "pool-create-org", "pools-list"]).await;
    r.admin(&["err-pool-bootstrap-zero", "repo-update", "repo-list", "err-template-in-use"]).await;
    jit
}

/// What machines ask and say, and what is seen of them.
async fn machines(r: &mut Replay, jit: &str) {
    let no_jit = r.machine(ORG_POOL, "acmeorg-k12ih9r4ug4n").await;
    let runner = r.garm.client().instances().get(&r.translation.text("garm-ajjd1hphoxsf")).await.expect("shown");
    for key in ["agent_id", "runner_id"] {
        r.translation.learn_number(key, 101, runner.agent_id);
    }
    r.admin(&["instance-get", "instances-list", "repo-get", "github-credentials-get-with-rate-limit", "err-metadata-user-token"]).await;
    r.with(jit, &["err-api-instance-token", "metadata-runner-metadata-jit", "metadata-credentials-runner", "err-metadata-credentials-404"])
        .await;
    r.with(jit, &["err-metadata-regtoken-jit", "metadata-service-name", "metadata-install-script", "metadata-cert-bundle"]).await;
    r.with(&no_jit, &["metadata-runner-metadata-token", "err-metadata-credentials-nojit", "metadata-registration-token"]).await;
    r.with(&no_jit, &["err-metadata-regtoken-twice"]).await;
    let bundle = Exchange::load(&r.directory, "github-endpoint-create-ca").sent("ca_cert_bundle");
    let bundle =
        UpdateEndpointParams { ca_cert_bundle: serde_json::from_value(bundle).expect("base64"), ..UpdateEndpointParams::default() };
    r.garm.client().endpoints().update("mock", &bundle).await.expect("changed");
    r.with(jit, &["metadata-cert-bundle-with-ca"]).await;

    r.with(jit, &["callback-status-installing", "err-callback-bad-json", "callback-system-info", "err-callback-agent-id-mismatch"]).await;
    r.with(jit, &["err-callback-bad-transition", "callback-status-idle", "err-callback-after-idle"]).await;
    let runner = r.garm.client().instances().get(&runner.name).await.expect("shown");
    let said: Vec<&str> = runner.status_messages.iter().map(|message| message.message.as_str()).collect();
    assert_eq!(said, ["downloading tools", "runner successfully installed"], "of what was refused nothing is kept");
    r.admin(&["instance-get-idle"]).await;
}

/// What a service of the forge assigns jobs to.
async fn scale_sets(r: &mut Replay) {
    // The service of the test numbers them from 1.
    r.translation.learn_number("scale_set_id", 8, 1);
    r.admin(&["err-scaleset-404", "err-scaleset-bad-id", "scaleset-create"]).await;
    r.admin(&["scalesets-list", "scaleset-update", "scaleset-instances"]).await;
    let other = CreateScaleSetParams {
        name: "other".into(),
        provider_name: "fake_jit".into(),
        image: "image".into(),
        flavor: "flavor".into(),
        max_runners: 1,
        enabled: true,
        ..CreateScaleSetParams::default()
    };
    let repository = r.garm.repositories().await.swap_remove(0);
    let other = r.garm.client().scale_sets().create(EntityKind::Repository, &repository.id, &other).await.expect("made");
    assert_eq!(other.id, 2);
    r.admin(&["err-scaleset-delete-enabled", "scaleset-delete"]).await;
    let disabled = UpdateScaleSetParams { enabled: Some(false), ..UpdateScaleSetParams::default() };
    r.garm.client().scale_sets().update(other.id, &disabled).await.expect("changed");
    r.garm.client().scale_sets().delete(other.id, false).await.expect("removed");
}

/// What the forge delivers, and what is in use.
async fn jobs(r: &mut Replay) {
    r.with("", &["webhook-workflow-job", "err-webhook-bad-format", "err-webhook-bad-json", "err-webhook-bad-signature"]).await;
    r.with("", &["err-webhook-bad-target", "webhook-workflow-job-queued"]).await;
    r.admin(&["jobs-list"]).await;
    r.with("", &["webhook-workflow-job-in-progress"]).await;
    r.admin(&["jobs-list-in-progress"]).await;
    r.with("", &["err-webhook-job-regress"]).await;
    let pool = r.translation.text(REPO_POOL);
    r.garm
        .until("another runner waits", async |garm| {
            (garm.client().pools().instances(&pool, false).await.expect("listed").len() == 2).then_some(())
        })
        .await;
    r.admin(&["instance-get-active", "pool-instances", "err-pool-delete-has-runners", "err-pool-delete-has-runners-repo"]).await;
    r.admin(&["err-repo-delete-has-pools", "instance-delete", "err-instance-404"]).await;
}

/// Every exchange was replayed or is of what comes later; every difference is on purpose, and there is no purpose without a difference.
fn judge(left: &BTreeSet<String>, found: &[String]) {
    let mut faults: Vec<String> = Vec::new();
    let is_later = |name: &str| LATER.iter().any(|(part, _)| name.contains(part));
    faults.extend(left.iter().filter(|name| !is_later(name)).map(|name| format!("{name} was not replayed")));
    faults.extend(found.iter().filter(|found| !ON_PURPOSE.iter().any(|purpose| fits(purpose, found))).cloned());
    for purpose in ON_PURPOSE.iter().filter(|purpose| !found.iter().any(|found| fits(purpose, found))) {
        faults.push(format!("no longer different: {}: {} ({})", purpose.0, purpose.1, purpose.2));
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

/// Whether a difference is the one that is on purpose.
fn fits((exchange, difference, _): &(&str, &str, &str), found: &str) -> bool {
    let (name, rest) = found.split_once(": ").expect("a name");
    begins(&format!("{exchange}$"), &format!("{name}$")) && begins(difference, rest)
}

/// Whether a text begins as a pattern says, in which `*` stands for anything.
fn begins(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => text.starts_with(pattern),
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| rest.char_indices().any(|(at, _)| begins(tail, &rest[at..]))),
    }
}
