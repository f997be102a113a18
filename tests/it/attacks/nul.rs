//! NUL, which PostgreSQL refuses in texts: wherever it comes from outside, it is refused or replaced, and never a failure of the server.

use std::collections::BTreeSet;

use garm::api::paths;
use garm::clock::Clock;
use garm::forge::github::signature;
use garm::model::SecretString;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::access::KEEPS;
use crate::harness::{Installation, PASSWORD, Plan, REPOSITORIES, WEBHOOK_SECRET, at, databases};

/// Makes machines, with a NUL in every word about them.
const WORDS: &str = r#"#!/bin/sh
case $GARM_COMMAND in
CreateInstance) name=$(sed -n 's/.*"name" *: *"\([^"]*\)".*/\1/p' | head -n 1)
    printf 'it\000was made' >&2
    echo "{\"provider_id\": \"id\", \"name\": \"$name\", \"os_type\": \"linux\", \"os_arch\": \"amd64\", \"os_name\": \"os\\u0000\",
        \"os_version\": \"v\\u0000\", \"status\": \"running\", \"addresses\": [{\"address\": \"10.0.0.1\\u0000\", \"type\": \"public\"}]}" ;;
ListInstances) echo '[]' ;;
esac
"#;

/// Makes none, and says so with a NUL.
const FAULTS: &str = r"#!/bin/sh
case $GARM_COMMAND in
CreateInstance) cat >/dev/null; printf 'no\000quota' >&2; exit 1 ;;
ListInstances) echo '[]' ;;
esac
";

/// The value once for each text in it, with a NUL in that text.
fn with_nul(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) => vec![Value::String(format!("{text}\0")), Value::String(format!("\0{text}")), json!("a\0b")],
        Value::Array(items) => (0..items.len())
            .flat_map(|at| {
                with_nul(&items[at]).into_iter().map(move |one| {
                    let mut items = items.clone();
                    items[at] = one;
                    Value::Array(items)
                })
            })
            .collect(),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, field)| {
                with_nul(field).into_iter().map(move |one| {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), one);
                    Value::Object(fields)
                })
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Good bodies of the routes that take one.
fn bodies(garm: &Installation, repository: &str, pool: &str) -> Vec<(Method, String, Value)> {
    let url = &garm.url;
    let pool_body = json!({
        "provider_name": "local", "image": "image", "flavor": "flavor", "os_type": "linux", "os_arch": "amd64", "tags": ["one", "two"],
        "runner_prefix": "garm", "github-runner-group": "group", "extra_specs": { "key": "value" }, "max_runners": 1
    });
    let entity = json!({ "owner": "octo", "name": "new", "credentials_name": "pat", "webhook_secret": WEBHOOK_SECRET,
        "pool_balancer_type": "pack", "forge_type": "github" });
    let template = json!({ "name": "mine", "description": "text", "os_type": "linux", "forge_type": "github", "data": "IyEvYmluL3NoCg==" });
    let endpoint = json!({ "name": "new", "description": "text", "base_url": "https://new.example.com", "upload_base_url": "https://new.example.com",
        "api_base_url": "https://new.example.com", "ca_cert_bundle": "" });
    vec![
        (Method::POST, paths::LOG_IN.template().into(), json!({ "username": "admin", "password": "Quokka-Vellum#72-marzipan" })),
        (
            Method::POST,
            paths::FIRST_RUN.template().into(),
            json!({ "username": "admin", "email": "a@example.com", "full_name": "A", "password": PASSWORD }),
        ),
        (
            Method::POST,
            paths::CREDENTIALS.template().into(),
            json!({ "name": "new", "description": "text", "endpoint": "fake", "auth_type": "pat", "pat": { "oauth2_token": "ghp_new" } }),
        ),
        (Method::PUT, at(paths::CREDENTIAL, [&"1"]), json!({ "name": "pat", "description": "text" })),
        (Method::POST, paths::ENDPOINTS.template().into(), endpoint.clone()),
        (Method::PUT, at(paths::ENDPOINT, [&"fake"]), json!({ "description": "text" })),
        (Method::POST, at(paths::ENTITIES, [&REPOSITORIES]), entity),
        (
            Method::PUT,
            at(paths::ENTITY, [&REPOSITORIES, &repository]),
            json!({ "credentials_name": "pat", "webhook_secret": WEBHOOK_SECRET, "pool_balancer_type": "pack" }),
        ),
        (Method::POST, at(paths::ENTITY_POOLS, [&REPOSITORIES, &repository]), pool_body.clone()),
        (Method::PUT, at(paths::POOL, [&pool]), pool_body),
        (Method::POST, paths::TEMPLATES.template().into(), template),
        (
            Method::PUT,
            paths::CONTROLLER.template().into(),
            json!({ "metadata_url": format!("{url}{}", paths::METADATA), "callback_url": format!("{url}{}", paths::CALLBACKS) }),
        ),
    ]
}

/// Every route with a parameter in its path, with NUL in one parameter.
fn paths_with_nul() -> BTreeSet<(Word, String)> {
    let document = serde_json::to_value(garm::http::openapi()).expect("JSON");
    let mut all = BTreeSet::new();
    for (template, operations) in document["paths"].as_object().expect("paths") {
        let segments: Vec<&str> = template.split('/').collect();
        for parameter in (0..segments.len()).filter(|at| segments[*at].starts_with('{')) {
            let path: Vec<&str> = segments
                .iter()
                .enumerate()
                .map(|(at, segment)| match *segment {
                    _ if at == parameter => "a%00b",
                    "{entities}" => REPOSITORIES,
                    segment if segment.starts_with('{') => "1",
                    segment => segment,
                })
                .collect();
            all.extend(operations.as_object().expect("operations").keys().map(|method| (method.to_uppercase(), path.join("/"))));
        }
    }
    all
}

/// A method of HTTP, in capitals.
type Word = String;

struct Caller<'a> {
    garm: &'a Installation,
    http: Client,
}

impl Caller<'_> {
    async fn call(&self, method: Method, path: &str, token: &str, body: Option<&Value>) -> StatusCode {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.garm.url)).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("a body");
        assert!(!status.is_server_error(), "{method} {path} {body:?}: {status} {text}");
        status
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nul_in_any_text_of_a_request_is_refused_or_replaced_and_never_a_failure() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database, scripts: vec![("keeps", KEEPS)], exec_timeout: 60, ..Plan::default() }).await;
        let caller = Caller { garm: &garm, http: Client::new() };
        let pool = garm.add_pool("keeps", "kept", 1, 1).await;
        let repository = garm.repositories().await.swap_remove(0).id;
        let bootstrap = garm.directory().join("bootstrap");
        let bootstrap = garm.until("the provider is asked for a machine", async |_| std::fs::read(&bootstrap).ok()).await;
        let bootstrap: Value = serde_json::from_slice(&bootstrap).expect("JSON");
        let machine = bootstrap["instance-token"].as_str().expect("a token").to_owned();

        let mut tried = 0;
        for (method, path, body) in bodies(&garm, &repository, &pool.id) {
            for body in with_nul(&body) {
                caller.call(method.clone(), &path, garm.token(), Some(&body)).await;
                tried += 1;
            }
        }
        for (method, path) in paths_with_nul() {
            for token in [garm.token(), machine.as_str()] {
                let status = caller.call(method.parse().expect("a method"), &path, token, Some(&json!({}))).await;
                assert!(status.is_client_error(), "{method} {path}: {status}");
                tried += 1;
            }
        }
        let entities = at(paths::ENTITIES, [&REPOSITORIES]);
        let instances = at(paths::POOL_INSTANCES, [&pool.id]);
        for (path, query) in [
            (entities.as_str(), "owner=%00"),
            (&entities, "name=a%00b"),
            (&entities, "endpoint=%00"),
            (paths::TEMPLATES.template(), "partialName=%00"),
            (paths::TEMPLATES.template(), "osType=%00"),
            (&instances, "outdatedOnly=%00"),
        ] {
            caller.call(Method::GET, &format!("{path}?{query}"), garm.token(), None).await;
            tried += 1;
        }

        let report = json!({ "status": "installing", "message": "installs", "agent_id": 1 });
        let system = json!({ "os_name": "name", "os_version": "version", "agent_id": 1 });
        for (route, body) in [(paths::CALLBACK_STATUS, report), (paths::CALLBACK_SYSTEM_INFO, system)] {
            for body in with_nul(&body) {
                caller.call(Method::POST, route.template(), &machine, Some(&body)).await;
                tried += 1;
            }
        }
        let now = Clock::System.now().to_string();
        let delivery = json!({
            "action": "queued",
            "workflow_job": {
                "id": 1, "run_id": 1, "html_url": format!("{}/octo/hello/actions/runs/1/job/1", garm.forge_url()), "status": "queued",
                "conclusion": "none", "created_at": now, "started_at": now, "name": "build",
                "labels": ["one", "two"], "runner_name": "runner", "runner_group_name": "group"
            },
            "repository": { "name": "hello", "full_name": "octo/hello", "owner": { "login": "octo" } }
        });
        for (number, mut body) in (1_000_000_i64..).zip(with_nul(&delivery)) {
            body["workflow_job"]["id"] = number.into();
            let body = body.to_string().into_bytes();
            let answer = caller
                .http
                .post(format!("{}{}", garm.url, paths::WEBHOOKS.template()))
                .header("x-github-event", "workflow_job")
                .header("x-github-hook-installation-target-type", "repository")
                .header(signature::HEADER, signature::sign(&SecretString::from(WEBHOOK_SECRET), &body))
                .body(body);
            let status = answer.send().await.expect("an answer").status();
            assert!(!status.is_server_error(), "delivery {number}: {status}");
            tried += 1;
        }
        assert!(tried > 250, "{tried} tried");
        let names: Vec<String> = garm.jobs().await.into_iter().map(|job| job.name).collect();
        assert!(names.iter().any(|name| name == "build\u{fffd}"), "the job is known: {names:?}");
        std::fs::write(garm.directory().join("go"), "").expect("written");
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nul_in_the_words_of_a_provider_keeps_no_runner_from_going_on() {
    for database in databases().await {
        let scripts = vec![("words", WORDS), ("faults", FAULTS)];
        let garm = Installation::set_up(Plan { database, scripts, ..Plan::default() }).await;
        garm.add_pool("words", "words", 1, 1).await;
        garm.add_pool("faults", "faults", 1, 1).await;
        let made =
            garm.until("the machine is made", async |garm| garm.instances().await.into_iter().find(|one| one.status == "running")).await;
        assert_eq!((made.provider_id.as_str(), made.os_name.as_str(), made.os_version.as_str()), ("id", "os\u{fffd}", "v\u{fffd}"));
        let shown = garm.client().instances().get(&made.name).await.expect("shown");
        assert_eq!(shown.addresses[0].address, "10.0.0.1\u{fffd}");
        let said = garm
            .until("the fault is told", async |garm| {
                let instances = garm.instances().await;
                let failed = instances.into_iter().find(|one| one.provider_name == "faults" && one.status != "creating")?;
                failed.provider_fault.map(|fault| String::from_utf8_lossy(&fault.0).into_owned())
            })
            .await;
        assert!(said.contains("no\u{fffd}quota") || said.contains("no\\u{0}quota"), "{said:?}");
        garm.finish().await;
    }
}
