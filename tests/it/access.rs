//! Who may do what, and what people are told who may not or cannot.

use garm::api::{Instance, Pool};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Installation, PASSWORD, PAT, Plan, WEBHOOK_SECRET};

/// Keeps what it was told about a machine, and makes none.
pub(crate) const KEEPS: &str = r#"#!/bin/sh
case $GARM_COMMAND in
CreateInstance) cat >@DIR@/bootstrap.new && mv @DIR@/bootstrap.new @DIR@/bootstrap
    while [ ! -e @DIR@/go ]; do sleep 0.05; done
    name=$(sed -n 's/.*"name" *: *"\([^"]*\)".*/\1/p' @DIR@/bootstrap | head -n 1)
    echo "{\"provider_id\": \"kept\", \"name\": \"$name\", \"os_type\": \"linux\", \"os_arch\": \"amd64\", \"status\": \"running\"}" ;;
ListInstances) echo '[]' ;;
esac
"#;

async fn call(garm: &Installation, method: Method, path: &str, token: &str, body: Option<Value>) -> (StatusCode, String) {
    let mut request = reqwest::Client::new().request(method, format!("{}{path}", garm.url)).bearer_auth(token);
    if let Some(body) = body {
        // As scripts send it: JSON labelled as a form.
        request = request.header("content-type", "application/x-www-form-urlencoded").body(body.to_string());
    }
    let response = request.send().await.expect("an answer");
    (response.status(), response.text().await.expect("a body"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machines_token_is_good_for_its_own_reports_until_its_runner_is_idle_and_for_nothing_else() {
    let garm = Installation::set_up(Plan { scripts: vec![("keeps", KEEPS)], exec_timeout: 60, ..Plan::default() }).await;
    garm.add_pool("keeps", "kept", 1, 1).await;
    let path = garm.directory().join("bootstrap");
    let bootstrap = garm.until("the provider is asked for a machine", async |_| std::fs::read(&path).ok()).await;
    let bootstrap: Value = serde_json::from_slice(&bootstrap).expect("JSON");
    let token = bootstrap["instance-token"].as_str().expect("a token");
    let get = async |path: &str| call(&garm, Method::GET, path, token, None).await.0;
    let report = async |status: &str| {
        call(&garm, Method::POST, "/api/v1/callbacks/status", token, Some(json!({ "status": status, "message": format!("is {status}") })))
            .await
            .0
    };

    for refused in ["controller", "instances", "jobs", "pools", "providers", "repositories", "github/credentials"] {
        assert_eq!(get(&format!("/api/v1/{refused}")).await, 401, "{refused}");
    }
    assert_eq!(
        call(&garm, Method::GET, "/api/v1/metadata/install-script", garm.token(), None).await.0,
        401,
        "a login is no machine's token"
    );

    // All of this while the provider has not answered yet: the instance is still being made.
    let instances: Vec<Instance> = garm.get("instances").await;
    assert_eq!(instances[0].status, "creating");
    assert_eq!(get("/api/v1/metadata/install-script/").await, 200, "with a slash at the end");
    assert_eq!(get("/api/v1/metadata/credentials/runner").await, 200);
    assert_eq!(get("/api/v1/metadata/credentials/nothing").await, 404);
    assert_eq!(get("/api/v1/metadata/runner-registration-token").await, 401, "it has a just-in-time configuration");
    assert_eq!(get("/api/v1/metadata/system/cert-bundle").await, 200);
    let (code, metadata) = call(&garm, Method::GET, "/api/v1/metadata/runner-metadata", token, None).await;
    assert_eq!((code.as_u16(), metadata.contains(&format!("\"agent_url\":\"{}\"", garm.url))), (200, true), "{metadata}");
    let unit = call(&garm, Method::GET, "/api/v1/metadata/systemd/unit-file?runAsUser=bob", token, None).await.1;
    assert!(unit.contains("User=bob\n"), "{unit}");
    assert_eq!(call(&garm, Method::GET, "/api/v1/metadata/system/service-name", token, None).await.1, "actions.runner.octo.hello");
    assert_eq!(report("installing").await, 200);
    assert_eq!(report("nonsense").await, 400);
    let info = json!({ "os_name": "ubuntu", "os_version": "24.04", "agent_id": null });
    assert_eq!(call(&garm, Method::POST, "/api/v1/callbacks/system-info/", token, Some(info)).await.0, 200);
    assert_eq!(report("idle").await, 200, "before the provider has answered");
    assert_eq!(report("installing").await, 401, "the token is dead once the runner is idle");
    assert_eq!(get("/api/v1/metadata/install-script").await, 401);

    std::fs::write(garm.directory().join("go"), "").expect("written");
    let name = &instances[0].name;
    let shown = garm
        .until("what the provider answers is kept, although the machine was faster", async |garm| {
            let shown: Instance = garm.get(&format!("instances/{name}")).await;
            (shown.status == "running" && !shown.provider_id.is_empty()).then_some(shown)
        })
        .await;
    assert_eq!((shown.runner_status.as_str(), shown.os_name.as_str(), shown.provider_id.as_str()), ("idle", "ubuntu", "kept"));
    let said: Vec<&str> = shown.status_messages.iter().map(|message| message.message.as_str()).collect();
    assert_eq!(said, ["is installing", "is idle"]);
    let claims: Value = serde_json::from_slice(
        &base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, token.split('.').nth(1).expect("claims")).expect("base64"),
    )
    .expect("JSON");
    let lasts = claims["exp"].as_i64().expect("a time") - garm::time::Clock::System.now().as_secs();
    assert!((24 * 60..=25 * 60).contains(&lasts), "20 minutes to boot and 5 more, but {lasts} s");
    assert_eq!(
        (claims["scope"].as_str(), claims["entity"].as_str(), claims["is_agent"].as_bool()),
        (Some("repository"), Some("octo/hello"), Some(false))
    );
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_run_and_before_the_urls_are_set_the_server_says_what_is_missing() {
    let garm = Installation::start(Plan::default()).await;
    let status = async |path: &str| call(&garm, Method::GET, path, "none", None).await;
    let (code, body) = status("/api/v1/pools").await;
    assert_eq!((code, body.contains("init_required")), (StatusCode::CONFLICT, true), "{body}");
    assert_eq!(status("/api/v1/login").await.0, 409);

    let first = |password: &str| json!({ "username": "admin", "email": "a@example.com", "password": password });
    let (code, body) = call(&garm, Method::POST, "/api/v1/first-run", "none", Some(first("weak"))).await;
    assert_eq!((code, body.contains("too weak")), (StatusCode::BAD_REQUEST, true), "{body}");
    assert_eq!(call(&garm, Method::POST, "/api/v1/first-run", "none", Some(first(PASSWORD))).await.0, 200);
    assert_eq!(call(&garm, Method::POST, "/api/v1/first-run", "none", Some(first(PASSWORD))).await.0, 409, "once");
    assert_eq!(status("/api/v1/login").await.0, 200);

    let login = |password: &str| json!({ "username": "admin", "password": password });
    assert_eq!(call(&garm, Method::POST, "/api/v1/auth/login", "none", Some(login("wrong"))).await.0, 401);
    let (code, body) = call(&garm, Method::POST, "/api/v1/auth/login", "none", Some(login(PASSWORD))).await;
    assert_eq!(code, 200);
    let token = serde_json::from_str::<Value>(&body).expect("JSON")["token"].as_str().expect("a token").to_owned();
    let (code, body) = call(&garm, Method::GET, "/api/v1/pools", &token, None).await;
    assert_eq!((code, body.contains("urls_required")), (StatusCode::CONFLICT, true), "{body}");
    assert_eq!(call(&garm, Method::GET, "/api/v1/controller", &token, None).await.0, 200);
    assert_eq!(call(&garm, Method::GET, "/api/v1/controller", "forged", None).await.0, 401);
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_input_is_named_and_changes_nothing() {
    let garm = Installation::set_up(Plan::default()).await;
    let pool: Pool = garm.add_pool("local", "fast", 2, 0).await;
    let nobody = garm::crypto::random::uuid();
    let table = [
        (Method::GET, format!("pools/{nobody}"), None, 404, "pool"),
        (Method::GET, "pools/nonsense".into(), None, 400, "UUIDs"),
        (Method::GET, "instances/nobody".into(), None, 404, "nobody"),
        (Method::GET, format!("repositories/{nobody}"), None, 404, "repository"),
        (Method::GET, "github/credentials/99".into(), None, 404, "credentials"),
        (Method::GET, "github/endpoints/nowhere".into(), None, 404, "nowhere"),
        (Method::GET, "nothing".into(), None, 404, "not found"),
        (Method::GET, "instances/%ff".into(), None, 400, "the path cannot be read"),
        (Method::PUT, "controller".into(), Some(json!(["http://x/metadata"])), 400, "a JSON object"),
        (Method::PUT, "controller".into(), Some(json!({ "ca_cert_bundle": "bm9uZQ==" })), 400, "ca_cert_bundle"),
        (
            Method::POST,
            "repositories".into(),
            Some(json!({ "owner": "octo", "name": "hello", "credentials_name": "pat", "webhook_secret": PASSWORD })),
            409,
            "exists already",
        ),
        (
            Method::POST,
            "repositories".into(),
            Some(json!({ "owner": "octo", "name": "x", "credentials_name": "pat", "webhook_secret": "" })),
            400,
            "webhook_secret",
        ),
        (
            Method::POST,
            "repositories".into(),
            Some(json!({ "owner": "octo", "name": "../x", "credentials_name": "pat", "webhook_secret": PASSWORD })),
            400,
            "name",
        ),
        (
            Method::POST,
            "repositories".into(),
            Some(json!({ "owner": "octo", "name": "x", "credentials_name": "nope", "webhook_secret": PASSWORD })),
            400,
            "nope",
        ),
        (
            Method::POST,
            "github/endpoints".into(),
            Some(json!({ "name": "FAKE", "base_url": "http://x", "api_base_url": "http://x" })),
            409,
            "exists already",
        ),
        (
            Method::POST,
            "github/endpoints".into(),
            Some(json!({ "name": "y", "base_url": "ftp://x", "api_base_url": "http://x" })),
            400,
            "base_url",
        ),
        (
            Method::POST,
            "github/endpoints".into(),
            Some(json!({ "name": "a?b", "base_url": "http://x", "api_base_url": "http://x" })),
            400,
            "name: \\\"a?b\\\"",
        ),
        (Method::PUT, format!("pools/{}", pool.id), Some(json!({ "min_idle_runners": 3 })), 400, "max_runners"),
        (Method::PUT, format!("pools/{}", pool.id), Some(json!({ "max_runners": -1 })), 400, "max_runners"),
        (Method::PUT, format!("pools/{}", pool.id), Some(json!({ "extra_specs": [1] })), 400, "extra_specs"),
        (Method::PUT, format!("pools/{}", pool.id), Some(json!({ "runner_bootstrap_timeout": u64::MAX })), 400, "between 1 and 10080"),
        (Method::PUT, format!("pools/{}", pool.id), Some(json!({ "runner_bootstrap_timeout": 0 })), 400, "runner_bootstrap_timeout: 0"),
        (
            Method::POST,
            format!("repositories/{}/pools", pool.repo_id),
            Some(json!({
                "provider_name": "local", "image": "i", "flavor": "f", "tags": ["x"], "max_runners": 1, "runner_bootstrap_timeout": 10081
            })),
            400,
            "runner_bootstrap_timeout: 10081",
        ),
        (Method::PUT, format!("pools/{}", pool.id), Some(json!({ "proxy_id": 7 })), 400, "proxy_id: 7"),
        (Method::PUT, "controller".into(), Some(json!({ "garm_agent_version": "1.2" })), 400, "v1.2.3"),
        (Method::PUT, "controller".into(), Some(json!({ "minimum_job_age_backoff": u64::MAX })), 400, "minimum_job_age_backoff"),
        (Method::PUT, "controller".into(), Some(json!({ "metadata_url": "nonsense" })), 400, "metadata_url"),
        (Method::DELETE, "github/credentials/1".into(), None, 400, "in use by 1 entities (octo/hello)"),
        (Method::DELETE, "github/endpoints/fake".into(), None, 400, "in use by 1 credentials (pat) and 1 entities (octo/hello)"),
        (Method::DELETE, format!("repositories/{}", pool.repo_id), None, 400, pool.id.as_str()),
    ];
    for (method, path, body, expected, said) in table {
        let (code, text) = call(&garm, method.clone(), &format!("/api/v1/{path}"), garm.token(), body).await;
        assert_eq!(code.as_u16(), expected, "{method} {path}: {text}");
        assert!(text.contains(said), "{method} {path} does not speak of {said}: {text}");
        let error: garm::api::ErrorBody = serde_json::from_str(&text).expect("every error has the same form");
        assert!(!error.error.is_empty());
    }
    assert_eq!(garm.get::<Pool>(&format!("pools/{}", pool.id)).await.max_runners, 2);
    let description: Value = serde_json::from_str(&call(&garm, Method::GET, "/api/v1/openapi.json", "none", None).await.1).expect("JSON");
    assert!(description["paths"]["/api/v1/instances/{name}"]["delete"].is_object(), "the API describes itself");
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_for_the_system_of_its_pool_as_it_is_or_as_it_is_to_be() {
    let garm = Installation::set_up(Plan::default()).await;
    let pool: Pool = garm.add_pool("local", "fast", 2, 0).await;
    let change = async |body: Value| call(&garm, Method::PUT, &format!("/api/v1/pools/{}", pool.id), garm.token(), Some(body)).await;
    let linux = 2;
    assert_eq!(change(json!({ "template_id": linux })).await.0, 200);
    let (code, text) = change(json!({ "os_type": "windows" })).await;
    assert_eq!((code.as_u16(), text.contains("is for linux")), (400, true), "{text}");
    let other: Pool = garm.add_pool("local", "windows", 1, 0).await;
    let change = async |body: Value| call(&garm, Method::PUT, &format!("/api/v1/pools/{}", other.id), garm.token(), Some(body)).await;
    assert_eq!(change(json!({ "os_type": "windows" })).await.0, 200);
    assert_eq!(change(json!({ "template_id": linux })).await.0, 400);
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_does_not_repeat_the_secrets_of_its_request() {
    let garm = Installation::set_up(Plan::default()).await;
    let table = [
        ("github/credentials", json!({ "name": "x", "auth_type": "nope", "endpoint": "fake", "pat": { "oauth2_token": PAT } })),
        ("github/credentials", json!({ "name": "pat", "auth_type": "pat", "endpoint": "fake", "pat": { "oauth2_token": PAT } })),
        ("github/credentials", json!({ "name": "x", "auth_type": "pat", "pat": PAT })),
        ("github/credentials", json!({ "name": "x", "auth_type": "pat", "pat": { "oauth2_token": [PAT] } })),
        ("github/credentials", json!({ "name": "x", "auth_type": "app", "app": { "private_key_bytes": PAT, "app_id": 1 } })),
        ("repositories", json!({ "owner": "octo", "name": "hello", "credentials_name": "pat", "webhook_secret": WEBHOOK_SECRET })),
        ("repositories", json!({ "owner": "octo", "name": "x", "credentials_name": "pat", "webhook_secret": { "is": WEBHOOK_SECRET } })),
        ("first-run", json!({ "username": "a b", "email": "none", "password": PASSWORD })),
        ("auth/login", json!({ "username": "nobody", "password": PASSWORD })),
        ("auth/login", json!({ "username": "admin", "password": [PASSWORD] })),
    ];
    for (path, body) in table {
        let (code, text) = call(&garm, Method::POST, &format!("/api/v1/{path}"), garm.token(), Some(body)).await;
        assert!(code.is_client_error(), "{path}: {code} {text}");
        assert!(![PAT, WEBHOOK_SECRET, PASSWORD, garm.token()].iter().any(|secret| text.contains(secret)), "{path}: {text}");
    }
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn web_pages_of_the_configuration_may_call_and_no_others() {
    let garm = Installation::set_up(Plan { cors_origins: &["https://ui.example.com"], ..Plan::default() }).await;
    let http = reqwest::Client::new();
    let url = format!("{}/api/v1/repositories", garm.url);
    for (origin, may) in [("https://ui.example.com", true), ("https://evil.example.com", false)] {
        let asked = http.request(Method::OPTIONS, &url).header("origin", origin).header("access-control-request-method", "GET");
        let called = http.get(&url).header("origin", origin).bearer_auth(garm.token());
        for request in [asked, called] {
            let answer = request.send().await.expect("an answer");
            assert_eq!(answer.status(), StatusCode::OK);
            let allowed = answer.headers().get("access-control-allow-origin").map(|value| value.to_str().expect("text"));
            assert_eq!(allowed, may.then_some(origin));
        }
    }
    garm.finish().await;
}
