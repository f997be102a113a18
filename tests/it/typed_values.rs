//! Values as people type and paste them, through the API and the command line: what is kept of them, and what is refused.

use garm::api::paths;
use garm::clock::Clock;
use garm::forge::github::signature;
use garm::model::SecretString;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::cli;
use crate::harness::{Installation, PASSWORD, Plan, WEBHOOK_SECRET, at};

const REPOSITORIES: &str = "repositories";

async fn call(garm: &Installation, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
    let request = reqwest::Client::new().request(method, format!("{}{path}", garm.url)).bearer_auth(garm.token());
    let answer = request.json(&body).send().await.expect("an answer");
    let status = answer.status();
    (status, answer.json().await.expect("JSON"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_meant_is_dropped_and_the_answer_shows_what_is_kept() {
    let garm = Installation::set_up(Plan::default()).await;
    let pool = garm.add_pool("local", "fast", 2, 0).await;
    let (pool_path, settings) = (at(paths::POOL, [&pool.id]), at(paths::CONTROLLER, []));
    let endpoint = at(paths::ENDPOINT, [&"fake"]);
    let labels = |names: &[&str]| json!(names);
    let table = [
        (&pool_path, json!({ "tags": [" gpu", "large\n", "GPU"] }), "tags", labels(&["gpu", "large"])),
        (&pool_path, json!({ "tags": ["gpu, large,"] }), "tags", labels(&["gpu", "large"])),
        (&pool_path, json!({ "image": " ubuntu\r\n" }), "image", json!("ubuntu")),
        (&pool_path, json!({ "flavor": "\tlarge " }), "flavor", json!("large")),
        (&pool_path, json!({ "runner_prefix": "build_farm." }), "runner_prefix", json!("build-farm")),
        (&pool_path, json!({ "os_arch": "x86_64" }), "os_arch", json!("amd64")),
        (&pool_path, json!({ "github-runner-group": "big ones\n" }), "github-runner-group", json!("big ones")),
        (
            &settings,
            json!({ "metadata_url": "HTTP://Garm.example.org:80/api/v1/metadata/\n" }),
            "metadata_url",
            json!("http://garm.example.org/api/v1/metadata"),
        ),
        (
            &settings,
            json!({ "webhook_url": " https://garm.example.org:443/webhooks" }),
            "webhook_url",
            json!("https://garm.example.org/webhooks"),
        ),
        (&endpoint, json!({ "description": "the\r\nfake\n" }), "description", json!("the\nfake")),
    ];
    for (path, body, field, expected) in table {
        let (status, shown) = call(&garm, Method::PUT, path, body.clone()).await;
        let names = |tag: &Value| tag["name"].clone();
        let kept =
            if field == "tags" { shown[field].as_array().expect("labels").iter().map(names).collect() } else { shown[field].clone() };
        assert_eq!((status.as_u16(), kept), (200, expected), "{body}: {shown}");
    }
    // The same addresses in another form are no change, although credentials use the endpoint.
    let same = json!({ "base_url": format!("{}/", garm.forge_url().to_uppercase()) });
    assert_eq!(call(&garm, Method::PUT, &endpoint, same).await.0, 200);
    let new = json!({ "owner": "octo ", "name": "new.git\n", "credentials_name": "pat\n", "webhook_secret": format!("{PASSWORD}\n") });
    let (_, shown) = call(&garm, Method::POST, &at(paths::ENTITIES, [&REPOSITORIES]), new).await;
    assert_eq!((&shown["owner"], &shown["name"]), (&json!("octo"), &json!("new")), "{shown}");
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_cannot_be_meant_is_refused_with_the_value_and_the_way_out() {
    let garm = Installation::set_up(Plan::default()).await;
    let pool = garm.add_pool("local", "fast", 2, 0).await;
    let (pool_path, settings) = (at(paths::POOL, [&pool.id]), at(paths::CONTROLLER, []));
    let (endpoints, repositories) = (at(paths::ENDPOINTS, []), at(paths::ENTITIES, [&REPOSITORIES]));
    let endpoint = |field: &str, url: &str| {
        let mut body = json!({ "name": "new", "base_url": "https://f.example.org", "api_base_url": "https://f.example.org/api/v3" });
        body[field] = json!(url);
        body
    };
    let many: Vec<String> = (0..60_000).map(|number| format!("l{number}")).collect();
    let repository =
        |name: &str, secret: &str| json!({ "owner": "octo", "name": name, "credentials_name": "pat", "webhook_secret": secret });
    let table = [
        (Method::PUT, &pool_path, json!({ "tags": many }), "tags: there are more than 98 labels"),
        (Method::PUT, &pool_path, json!({ "tags": ["x".repeat(300)] }), "has 300 bytes; at most 256"),
        (Method::PUT, &pool_path, json!({ "tags": ["gpu\nlarge"] }), "tags: \"gpu\\nlarge\" has a line end"),
        (Method::PUT, &pool_path, json!({ "tags": [" ", ","] }), "tags: there is no label"),
        (Method::PUT, &pool_path, json!({ "image": "a\u{1b}[31mb" }), "image: "),
        (Method::PUT, &pool_path, json!({ "flavor": "a\u{0}b" }), "flavor: "),
        (Method::PUT, &pool_path, json!({ "runner_prefix": "büild" }), "runner_prefix: \"büild\" has"),
        (Method::PUT, &pool_path, json!({ "os_arch": "riscv64" }), "os_arch: \"riscv64\" is none of"),
        (Method::PUT, &settings, json!({ "callback_url": "https://garm example.org/callbacks" }), "callback_url: "),
        (Method::PUT, &settings, json!({ "webhook_url": "garm.example.org/webhooks" }), "write it like https://"),
        (
            Method::POST,
            &endpoints,
            endpoint("base_url", "https://f.example.org/login"),
            "write the address of the host alone, https://f.example.org",
        ),
        (Method::POST, &endpoints, endpoint("base_url", "f.example.org"), "write it like https://"),
        (Method::POST, &endpoints, endpoint("api_base_url", "https://me:planted@f.example.org"), "leave them out"),
        (Method::POST, &endpoints, endpoint("name", "one\u{202e}two"), "name: "),
        (Method::POST, &repositories, repository("https://f.example.org/octo/hello", PASSWORD), "such as \"hello\" alone"),
        (Method::POST, &repositories, repository("new", "\n"), "webhook_secret: it must not be empty"),
    ];
    for (method, path, body, expected) in table {
        let (status, told) = call(&garm, method, path, body.clone()).await;
        let details = told["details"].as_str().unwrap_or_default();
        assert_eq!(status, 400, "{path}: {told}");
        assert!(details.contains(expected) && !details.contains("planted") && !details.contains(char::is_control), "{path}: {details}");
    }
    for (field, key) in
        [("public", include_str!("../../testdata/keys/app.pub.pem")), ("bits", include_str!("../../testdata/keys/app-1024-bits.pem"))]
    {
        let key = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, key);
        let app = json!({ "name": "app", "endpoint": "fake", "auth_type": "app", "app": { "app_id": 1, "installation_id": 2, "private_key_bytes": key } });
        let (status, told) = call(&garm, Method::POST, &at(paths::CREDENTIALS, []), app).await;
        assert!(status == 400 && told["details"].as_str().is_some_and(|details| details.contains(field)), "{told}");
    }
    assert_eq!(garm.client().pools().get(&pool.id).await.expect("shown").tags.len(), 2, "what was refused changed nothing");
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_with_blanks_serves_jobs_and_two_endpoints_of_one_address_both_hear() {
    let garm = cli::set_up(Plan::default()).await;
    let web = garm.forge_url().replace("http://", "HTTP://");
    let run = |arguments: &[&str]| {
        let (code, shown, told) = cli::run(&garm, arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {shown}{told}");
    };
    run(&["profile", "add", "--name", "typed", "--url", &format!(" {}/\n", garm.url), "--username", "admin "]);
    let (_, profiles, _) = cli::run(&garm, &["profile", "list", "--format", "json"]);
    assert_eq!(profiles.matches(&format!("\"{}\"", garm.url)).count(), 2, "both profiles have one address: {profiles}");
    let (code, _, told) = cli::run(&garm, &["profile", "add", "--name", "other", "--url", "garm.example.org"]);
    assert!(code == Some(2) && told.contains("write it like https://"), "{told}");
    run(&["github", "endpoint", "add", "--name", "again", "--base-url", &format!("{web}/ "), "--api-base-url", garm.forge_url()]);
    run(&["github", "credentials", "add", "--name", "second", "--endpoint", "again", "--auth-type", "pat"]);
    run(&[
        "repo",
        "add",
        "--owner",
        "octo",
        "--name",
        "hello",
        "--credentials",
        "second",
        "--webhook-secret",
        "another long secret of the second",
    ]);
    for endpoint in ["fake", "again"] {
        run(&[
            "pool",
            "add",
            "--repo",
            "octo/hello",
            "--endpoint",
            endpoint,
            "--provider-name",
            "local",
            "--image",
            "i",
            "--flavor",
            "f",
            "--tags",
            "gpu, large ",
            "--max-runners",
            "1",
            "--min-idle-runners",
            "0",
        ]);
    }
    for (id, secret) in [(1, WEBHOOK_SECRET), (2, "another long secret of the second")] {
        let body = json!({
            "action": "queued",
            "workflow_job": {
                "id": id, "run_id": 1, "html_url": format!("{}/octo/hello/actions/runs/1/job/{id}", garm.forge_url()), "name": "build",
                "labels": ["GPU", "large"], "created_at": Clock::System.now().to_string()
            },
            "repository": { "name": "hello", "owner": { "login": "octo" } }
        });
        let body = body.to_string();
        let request = reqwest::Client::new()
            .post(format!("{}{}", garm.url, paths::WEBHOOKS.template()))
            .header("x-github-event", "workflow_job")
            .header("x-github-hook-installation-target-type", "repository")
            .header(signature::HEADER, signature::sign(&SecretString::from(secret), body.as_bytes()));
        assert_eq!(request.body(body).send().await.expect("an answer").status(), 200);
    }
    let repository_of = async |id| garm.job(id).await.expect("the delivery was taken in").repo_id.expect("a repository reported it");
    assert_ne!(repository_of(1).await, repository_of(2).await);
    garm.finish().await;
}
