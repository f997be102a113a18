//! Who may do what, and what people are told who may not or cannot.

use garm::api::{Pool, paths};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Installation, PASSWORD, PAT, Plan, REPOSITORIES, WEBHOOK_SECRET, at};

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
        call(
            &garm,
            Method::POST,
            paths::CALLBACK_STATUS.template(),
            token,
            Some(json!({ "status": status, "message": format!("is {status}") })),
        )
        .await
        .0
    };

    let repositories = at(paths::ENTITIES, [&REPOSITORIES]);
    let of_admins = [paths::CONTROLLER, paths::INSTANCES, paths::JOBS, paths::POOLS, paths::PROVIDERS, paths::CREDENTIALS];
    for refused in of_admins.map(paths::Route::template).into_iter().chain([repositories.as_str()]) {
        assert_eq!(get(refused).await, 401, "{refused}");
    }
    assert_eq!(
        call(&garm, Method::GET, paths::METADATA_INSTALL_SCRIPT.template(), garm.token(), None).await.0,
        401,
        "a login is no machine's token"
    );

    // All of this while the provider has not answered yet: the instance is still being made.
    let instances = garm.instances().await;
    assert_eq!(instances[0].status, "creating");
    assert_eq!(get(&format!("{}/", paths::METADATA_INSTALL_SCRIPT.template())).await, 200, "with a slash at the end");
    assert_eq!(get(&at(paths::METADATA_CREDENTIALS, [&"runner"])).await, 200);
    assert_eq!(get(&at(paths::METADATA_CREDENTIALS, [&"nothing"])).await, 404);
    assert_eq!(get(paths::METADATA_REGISTRATION_TOKEN.template()).await, 401, "it has a just-in-time configuration");
    assert_eq!(get(paths::METADATA_CERT_BUNDLE.template()).await, 200);
    let (code, metadata) = call(&garm, Method::GET, paths::METADATA_RUNNER.template(), token, None).await;
    assert_eq!((code.as_u16(), metadata.contains(&format!("\"agent_url\":\"{}\"", garm.url))), (200, true), "{metadata}");
    let unit = format!("{}?runAsUser=bob", paths::METADATA_UNIT_FILE.template());
    let unit = call(&garm, Method::GET, &unit, token, None).await.1;
    assert!(unit.contains("User=bob\n"), "{unit}");
    assert_eq!(call(&garm, Method::GET, paths::METADATA_SERVICE_NAME.template(), token, None).await.1, "actions.runner.octo.hello");
    assert_eq!(report("installing").await, 200);
    assert_eq!(report("nonsense").await, 400);
    let info = json!({ "os_name": "ubuntu", "os_version": "24.04", "agent_id": null });
    assert_eq!(call(&garm, Method::POST, &format!("{}/", paths::CALLBACK_SYSTEM_INFO.template()), token, Some(info)).await.0, 200);
    assert_eq!(report("idle").await, 200, "before the provider has answered");
    assert_eq!(report("installing").await, 401, "the token is dead once the runner is idle");
    assert_eq!(get(paths::METADATA_INSTALL_SCRIPT.template()).await, 401);

    std::fs::write(garm.directory().join("go"), "").expect("written");
    let name = &instances[0].name;
    let shown = garm
        .until("what the provider answers is kept, although the machine was faster", async |garm| {
            let shown = garm.client().instances().get(name).await.expect("shown");
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
    let lasts = claims["exp"].as_i64().expect("a time") - garm::clock::Clock::System.now().as_secs();
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
    let (code, body) = status(paths::POOLS.template()).await;
    assert_eq!((code, body.contains("init_required")), (StatusCode::CONFLICT, true), "{body}");
    assert_eq!(status(paths::LOGIN.template()).await.0, 409);

    let first = |password: &str| json!({ "username": "admin", "email": "a@example.com", "password": password });
    let (code, body) = call(&garm, Method::POST, paths::FIRST_RUN.template(), "none", Some(first("weak"))).await;
    assert_eq!((code, body.contains("too weak")), (StatusCode::BAD_REQUEST, true), "{body}");
    assert_eq!(call(&garm, Method::POST, paths::FIRST_RUN.template(), "none", Some(first(PASSWORD))).await.0, 200);
    assert_eq!(call(&garm, Method::POST, paths::FIRST_RUN.template(), "none", Some(first(PASSWORD))).await.0, 409, "once");
    assert_eq!(status(paths::LOGIN.template()).await.0, 200);

    let login = |password: &str| json!({ "username": "admin", "password": password });
    assert_eq!(call(&garm, Method::POST, paths::LOG_IN.template(), "none", Some(login("wrong"))).await.0, 401);
    let (code, body) = call(&garm, Method::POST, paths::LOG_IN.template(), "none", Some(login(PASSWORD))).await;
    assert_eq!(code, 200);
    let token = serde_json::from_str::<Value>(&body).expect("JSON")["token"].as_str().expect("a token").to_owned();
    let (code, body) = call(&garm, Method::GET, paths::POOLS.template(), &token, None).await;
    assert_eq!((code, body.contains("urls_required")), (StatusCode::CONFLICT, true), "{body}");
    assert_eq!(call(&garm, Method::GET, paths::CONTROLLER.template(), &token, None).await.0, 200);
    assert_eq!(call(&garm, Method::GET, paths::CONTROLLER.template(), "forged", None).await.0, 401);
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_input_is_named_and_changes_nothing() {
    let garm = Installation::set_up(Plan::default()).await;
    let pool: Pool = garm.add_pool("local", "fast", 2, 0).await;
    let nobody = garm::crypto::random::uuid();
    let table = [
        (Method::GET, at(paths::POOL, [&nobody]), None, 404, "pool"),
        (Method::GET, at(paths::POOL, [&"nonsense"]), None, 400, "UUIDs"),
        (Method::GET, at(paths::INSTANCE, [&"nobody"]), None, 404, "nobody"),
        (Method::GET, at(paths::ENTITY, [&REPOSITORIES, &nobody]), None, 404, "repository"),
        (Method::GET, at(paths::CREDENTIAL, [&99]), None, 404, "credentials"),
        (Method::GET, at(paths::ENDPOINT, [&"nowhere"]), None, 404, "nowhere"),
        (Method::GET, format!("{}/nothing", paths::PREFIX), None, 404, "not found"),
        (Method::GET, format!("{}/%ff", paths::INSTANCES.template()), None, 400, "the path cannot be read"),
        (Method::PUT, at(paths::CONTROLLER, []), Some(json!(["http://x/metadata"])), 400, "a JSON object"),
        (Method::PUT, at(paths::CONTROLLER, []), Some(json!({ "ca_cert_bundle": "bm9uZQ==" })), 400, "ca_cert_bundle"),
        (
            Method::POST,
            at(paths::ENTITIES, [&REPOSITORIES]),
            Some(json!({ "owner": "octo", "name": "hello", "credentials_name": "pat", "webhook_secret": PASSWORD })),
            409,
            "exists already",
        ),
        (
            Method::POST,
            at(paths::ENTITIES, [&REPOSITORIES]),
            Some(json!({ "owner": "octo", "name": "x", "credentials_name": "pat", "webhook_secret": "" })),
            400,
            "webhook_secret",
        ),
        (
            Method::POST,
            at(paths::ENTITIES, [&REPOSITORIES]),
            Some(json!({ "owner": "octo", "name": "../x", "credentials_name": "pat", "webhook_secret": PASSWORD })),
            400,
            "name",
        ),
        (
            Method::POST,
            at(paths::ENTITIES, [&REPOSITORIES]),
            Some(json!({ "owner": "octo", "name": "x", "credentials_name": "nope", "webhook_secret": PASSWORD })),
            400,
            "nope",
        ),
        (
            Method::POST,
            at(paths::ENDPOINTS, []),
            Some(json!({ "name": "FAKE", "base_url": "http://x", "api_base_url": "http://x" })),
            409,
            "exists already",
        ),
        (
            Method::POST,
            at(paths::ENDPOINTS, []),
            Some(json!({ "name": "y", "base_url": "ftp://x", "api_base_url": "http://x" })),
            400,
            "base_url",
        ),
        (
            Method::POST,
            at(paths::ENDPOINTS, []),
            Some(json!({ "name": "a?b", "base_url": "http://x", "api_base_url": "http://x" })),
            400,
            "name: \\\"a?b\\\"",
        ),
        (Method::PUT, at(paths::POOL, [&pool.id]), Some(json!({ "min_idle_runners": 3 })), 400, "max_runners"),
        (Method::PUT, at(paths::POOL, [&pool.id]), Some(json!({ "max_runners": -1 })), 400, "max_runners"),
        (Method::PUT, at(paths::POOL, [&pool.id]), Some(json!({ "extra_specs": [1] })), 400, "extra_specs"),
        (Method::PUT, at(paths::POOL, [&pool.id]), Some(json!({ "runner_bootstrap_timeout": u64::MAX })), 400, "between 1 and 10080"),
        (Method::PUT, at(paths::POOL, [&pool.id]), Some(json!({ "runner_bootstrap_timeout": 0 })), 400, "runner_bootstrap_timeout: 0"),
        (
            Method::POST,
            at(paths::ENTITY_POOLS, [&REPOSITORIES, &pool.repo_id]),
            Some(json!({
                "provider_name": "local", "image": "i", "flavor": "f", "tags": ["x"], "max_runners": 1, "runner_bootstrap_timeout": 10081
            })),
            400,
            "runner_bootstrap_timeout: 10081",
        ),
        (Method::PUT, at(paths::POOL, [&pool.id]), Some(json!({ "proxy_id": 7 })), 400, "proxy_id: 7"),
        (Method::PUT, at(paths::CONTROLLER, []), Some(json!({ "garm_agent_version": "1.2" })), 400, "v1.2.3"),
        (Method::PUT, at(paths::CONTROLLER, []), Some(json!({ "minimum_job_age_backoff": u64::MAX })), 400, "minimum_job_age_backoff"),
        (Method::PUT, at(paths::CONTROLLER, []), Some(json!({ "metadata_url": "nonsense" })), 400, "metadata_url"),
        (Method::DELETE, at(paths::CREDENTIAL, [&1]), None, 400, "in use by 1 entity (octo/hello)"),
        (Method::DELETE, at(paths::ENDPOINT, [&"fake"]), None, 400, "in use by 1 set of credentials (pat) and 1 entity (octo/hello)"),
        (Method::DELETE, at(paths::ENTITY, [&REPOSITORIES, &pool.repo_id]), None, 400, pool.id.as_str()),
    ];
    for (method, path, body, expected, said) in table {
        let (code, text) = call(&garm, method.clone(), &path, garm.token(), body).await;
        assert_eq!(code.as_u16(), expected, "{method} {path}: {text}");
        assert!(text.contains(said), "{method} {path} does not speak of {said}: {text}");
        let error: garm::api::ErrorBody = serde_json::from_str(&text).expect("every error has the same form");
        assert!(!error.error.is_empty());
    }
    assert_eq!(garm.client().pools().get(&pool.id).await.expect("shown").max_runners, 2);
    let description: Value =
        serde_json::from_str(&call(&garm, Method::GET, paths::DESCRIPTION.template(), "none", None).await.1).expect("JSON");
    assert!(description["paths"][paths::INSTANCE.template()]["delete"].is_object(), "the API describes itself");
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_for_the_system_of_its_pool_as_it_is_or_as_it_is_to_be() {
    let garm = Installation::set_up(Plan::default()).await;
    let pool: Pool = garm.add_pool("local", "fast", 2, 0).await;
    let change = async |body: Value| call(&garm, Method::PUT, &at(paths::POOL, [&pool.id]), garm.token(), Some(body)).await;
    let linux = 2;
    assert_eq!(change(json!({ "template_id": linux })).await.0, 200);
    let (code, text) = change(json!({ "os_type": "windows" })).await;
    assert_eq!((code.as_u16(), text.contains("is for linux")), (400, true), "{text}");
    let other: Pool = garm.add_pool("local", "windows", 1, 0).await;
    let change = async |body: Value| call(&garm, Method::PUT, &at(paths::POOL, [&other.id]), garm.token(), Some(body)).await;
    assert_eq!(change(json!({ "os_type": "windows" })).await.0, 200);
    assert_eq!(change(json!({ "template_id": linux })).await.0, 400);
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_does_not_repeat_the_secrets_of_its_request() {
    let garm = Installation::set_up(Plan::default()).await;
    let table = [
        (at(paths::CREDENTIALS, []), json!({ "name": "x", "auth_type": "nope", "endpoint": "fake", "pat": { "oauth2_token": PAT } })),
        (at(paths::CREDENTIALS, []), json!({ "name": "pat", "auth_type": "pat", "endpoint": "fake", "pat": { "oauth2_token": PAT } })),
        (at(paths::CREDENTIALS, []), json!({ "name": "x", "auth_type": "pat", "pat": PAT })),
        (at(paths::CREDENTIALS, []), json!({ "name": "x", "auth_type": "pat", "pat": { "oauth2_token": [PAT] } })),
        (at(paths::CREDENTIALS, []), json!({ "name": "x", "auth_type": "app", "app": { "private_key_bytes": PAT, "app_id": 1 } })),
        (
            at(paths::ENTITIES, [&REPOSITORIES]),
            json!({ "owner": "octo", "name": "hello", "credentials_name": "pat", "webhook_secret": WEBHOOK_SECRET }),
        ),
        (
            at(paths::ENTITIES, [&REPOSITORIES]),
            json!({ "owner": "octo", "name": "x", "credentials_name": "pat", "webhook_secret": { "is": WEBHOOK_SECRET } }),
        ),
        (at(paths::FIRST_RUN, []), json!({ "username": "a b", "email": "none", "password": PASSWORD })),
        (at(paths::LOG_IN, []), json!({ "username": "nobody", "password": PASSWORD })),
        (at(paths::LOG_IN, []), json!({ "username": "admin", "password": [PASSWORD] })),
    ];
    for (path, body) in table {
        let (code, text) = call(&garm, Method::POST, &path, garm.token(), Some(body)).await;
        assert!(code.is_client_error(), "{path}: {code} {text}");
        assert!(![PAT, WEBHOOK_SECRET, PASSWORD, garm.token()].iter().any(|secret| text.contains(secret)), "{path}: {text}");
    }
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn web_pages_of_the_configuration_may_call_and_no_others() {
    let garm = Installation::set_up(Plan { cors_origins: &["https://ui.example.com"], ..Plan::default() }).await;
    let http = reqwest::Client::new();
    let url = format!("{}{}", garm.url, at(paths::ENTITIES, [&REPOSITORIES]));
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
