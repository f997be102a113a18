//! NUL, which PostgreSQL refuses in texts: wherever it comes from outside, it is refused or replaced, and never a failure of the server.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use garm::api::{Base64, CreateEntityParams, CreateTemplateParams, Secret, UpdateEntityParams, paths};
use garm::clock::Clock;
use garm::forge::github::signature;
use garm::model::{EntityKind, SecretString};
use garm::sim::NewJob;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::access::KEEPS;
use crate::harness::{Installation, PASSWORD, Plan, WEBHOOK_SECRET, at, databases};

/// The label of the jobs that the forge has.
const TAG: &str = "told";

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

/// Makes a machine, and gives it an id with a NUL.
const IDS: &str = r#"#!/bin/sh
case $GARM_COMMAND in
CreateInstance) name=$(sed -n 's/.*"name" *: *"\([^"]*\)".*/\1/p' | head -n 1)
    echo "{\"provider_id\": \"id\\u0000\", \"name\": \"$name\", \"status\": \"running\"}" ;;
DeleteInstance) echo "$GARM_INSTANCE_ID" >>@DIR@/deleted ;;
ListInstances) echo '[]' ;;
esac
"#;

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

/// A body that a route takes.
struct Good {
    method: Method,
    /// The path as the description has it.
    template: &'static str,
    /// Values of the path's parameters.
    paths: Vec<String>,
    body: Value,
}

/// Good bodies of all routes that take one.
fn bodies(garm: &Installation, ids: &Ids) -> Vec<Good> {
    let url = &garm.url;
    let good = |method: Method, template: &'static str, paths: Vec<String>, body: Value| Good { method, template, paths, body };
    let here = |template: &'static str| vec![template.to_owned()];
    let pool = json!({
        "provider_name": "local", "image": "image", "flavor": "flavor", "os_type": "linux", "os_arch": "amd64", "tags": ["one", "two"],
        "runner_prefix": "garm", "github-runner-group": "group", "extra_specs": { "key": "value" }, "max_runners": 1
    });
    let entity = json!({ "owner": "octo", "name": "new", "credentials_name": "pat", "webhook_secret": WEBHOOK_SECRET,
        "more_credentials": ["new"], "pool_balancer_type": "pack", "forge_type": "github", "endpoint_name": "fake" });
    let template = json!({ "name": "mine", "description": "text", "os_type": "linux", "forge_type": "github", "data": "IyEvYmluL3NoCg==" });
    let endpoint = json!({ "name": "new", "description": "text", "base_url": "https://new.example.com",
        "upload_base_url": "https://new.example.com", "api_base_url": "https://new.example.com", "ca_cert_bundle": "" });
    let credentials = json!({ "name": "new", "description": "text", "endpoint": "fake", "auth_type": "pat",
        "pat": { "oauth2_token": "ghp_new" } });
    let key = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/keys/app.pem")).expect("a key");
    let app = json!({ "name": "new", "description": "text", "endpoint": "fake", "auth_type": "app", "app_webhook_secret": WEBHOOK_SECRET,
        "app": { "app_id": 1, "installation_id": 1, "private_key_bytes": STANDARD.encode(key) } });
    let of_entities = |rest: &str| -> Vec<String> {
        EntityKind::ALL.iter().map(|kind| format!("{}/{}{rest}", at(paths::ENTITIES, [&paths::entities(*kind)]), ids.of(*kind))).collect()
    };
    let pools_of = of_entities("/pools");
    let update_pool = without(&pool, &["provider_name"]);
    let [new_scale_set, changed_scale_set] = bodies_of_scale_sets(&pool, of_entities("/scalesets"));
    vec![
        good(
            Method::POST,
            paths::LOG_IN.template(),
            here(paths::LOG_IN.template()),
            json!({ "username": "admin", "password": "Quokka-Vellum#72-marzipan" }),
        ),
        good(
            Method::POST,
            paths::FIRST_RUN.template(),
            here(paths::FIRST_RUN.template()),
            json!({ "username": "admin", "email": "a@example.com", "full_name": "A", "password": PASSWORD, "code": "code" }),
        ),
        good(Method::POST, paths::CREDENTIALS.template(), here(paths::CREDENTIALS.template()), credentials.clone()),
        good(Method::POST, paths::CREDENTIALS.template(), here(paths::CREDENTIALS.template()), app.clone()),
        good(
            Method::PUT,
            paths::CREDENTIAL.template(),
            vec![at(paths::CREDENTIAL, [&"1"])],
            without(&credentials, &["endpoint", "auth_type"]),
        ),
        good(Method::PUT, paths::CREDENTIAL.template(), vec![at(paths::CREDENTIAL, [&"1"])], without(&app, &["endpoint", "auth_type"])),
        good(Method::POST, paths::ENDPOINTS.template(), here(paths::ENDPOINTS.template()), endpoint.clone()),
        good(Method::PUT, paths::ENDPOINT.template(), vec![at(paths::ENDPOINT, [&"fake"])], without(&endpoint, &["name"])),
        good(
            Method::POST,
            paths::ENTITIES.template(),
            EntityKind::ALL.iter().map(|kind| at(paths::ENTITIES, [&paths::entities(*kind)])).collect(),
            entity,
        ),
        good(
            Method::PUT,
            paths::ENTITY.template(),
            of_entities(""),
            json!({ "credentials_name": "pat", "more_credentials": ["new"], "webhook_secret": WEBHOOK_SECRET, "webhook_secret_overlap": "1h",
                "pool_balancer_type": "pack" }),
        ),
        good(Method::POST, paths::ENTITY_WEBHOOK.template(), of_entities("/webhook"), json!({ "webhook_endpoint_type": "direct" })),
        good(Method::POST, paths::ENTITY_POOLS.template(), pools_of.clone(), pool),
        good(
            Method::PUT,
            paths::ENTITY_POOL.template(),
            pools_of.iter().map(|pools| format!("{pools}/{}", ids.pool)).collect(),
            update_pool.clone(),
        ),
        good(Method::PUT, paths::POOL.template(), vec![at(paths::POOL, [&ids.pool])], update_pool),
        new_scale_set,
        changed_scale_set,
        good(Method::POST, paths::TEMPLATES.template(), here(paths::TEMPLATES.template()), template.clone()),
        good(
            Method::PUT,
            paths::TEMPLATE.template(),
            vec![at(paths::TEMPLATE, [&ids.template])],
            without(&template, &["os_type", "forge_type"]),
        ),
        good(
            Method::POST,
            paths::TEMPLATES_RESTORE.template(),
            here(paths::TEMPLATES_RESTORE.template()),
            json!({ "forge": "github", "os_type": "linux" }),
        ),
        good(
            Method::PUT,
            paths::CONTROLLER.template(),
            here(paths::CONTROLLER.template()),
            json!({
                "metadata_url": format!("{url}{}", paths::METADATA), "callback_url": format!("{url}{}", paths::CALLBACKS),
                "webhook_url": format!("{url}{}", paths::WEBHOOKS.template()), "agent_url": url, "garm_agent_releases_url": url,
                "garm_agent_version": "latest", "ca_cert_bundle": ""
            }),
        ),
    ]
}

/// The value without some fields.
fn without(value: &Value, names: &[&str]) -> Value {
    let mut value = value.clone();
    value.as_object_mut().expect("an object").retain(|name, _| !names.contains(&name.as_str()));
    value
}

/// Good bodies about scale sets, which have most fields of a pool.
fn bodies_of_scale_sets(pool: &Value, of_entities: Vec<String>) -> [Good; 2] {
    let mut new = without(pool, &["tags"]);
    (new["name"], new["labels"]) = (json!("set"), json!(["one", "two"]));
    let mut changed = without(&new, &["provider_name", "github-runner-group"]);
    (changed["runner_group"], changed["state"], changed["extended_state"]) = (json!("group"), json!("created"), json!("words"));
    let (method, template, paths) = (Method::PUT, paths::SCALE_SET.template(), vec![at(paths::SCALE_SET, [&"1"])]);
    [
        Good { method: Method::POST, template: paths::ENTITY_SCALE_SETS.template(), paths: of_entities, body: new },
        Good { method, template, paths, body: changed },
    ]
}

/// Good reports of a machine.
fn reports() -> Vec<Good> {
    let report = json!({ "status": "installing", "message": "installs", "agent_id": 1 });
    let system = json!({ "os_name": "name", "os_version": "version", "agent_id": 1 });
    let all = [(paths::CALLBACK_STATUS, report), (paths::CALLBACK_SYSTEM_INFO, system)];
    let good = |(route, body): (paths::Route<0>, Value)| Good {
        method: Method::POST,
        template: route.template(),
        paths: vec![route.template().to_owned()],
        body,
    };
    all.into_iter().map(good).collect()
}

/// The places of the texts in a schema of the description: names of fields, with a dot between those that lie in each other.
fn texts_of_schema(document: &Value, schema: &Value, place: &str, found: &mut BTreeSet<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let schema = document.pointer(reference.trim_start_matches('#')).expect("it is described");
        return texts_of_schema(document, schema, place, found);
    }
    if let Some(either) = schema["oneOf"].as_array() {
        for schema in either {
            texts_of_schema(document, schema, place, found);
        }
    }
    if let Some(fields) = schema["properties"].as_object() {
        for (name, field) in fields {
            texts_of_schema(document, field, &format!("{place}.{name}"), found);
        }
    }
    if schema["items"].is_object() {
        texts_of_schema(document, &schema["items"], place, found);
    }
    let is_text = |kind: &Value| kind == "string";
    if is_text(&schema["type"]) || schema["type"].as_array().is_some_and(|kinds| kinds.iter().any(is_text)) {
        found.insert(place.to_owned());
    }
}

/// The places of the texts in a value, as [`texts_of_schema`] writes them.
fn texts_of(value: &Value, place: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::String(_) => {
            found.insert(place.to_owned());
        }
        Value::Array(items) => items.iter().for_each(|item| texts_of(item, place, found)),
        Value::Object(fields) => fields.iter().for_each(|(name, field)| texts_of(field, &format!("{place}.{name}"), found)),
        _ => {}
    }
}

/// Every text of every body that the description has is in one of the bodies.
fn check_complete(document: &Value, bodies: &[Good]) {
    let mut described = BTreeSet::new();
    for (template, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            texts_of_schema(document, schema, &format!("{} {template}", method.to_uppercase()), &mut described);
        }
    }
    let mut tried = BTreeSet::new();
    for good in bodies {
        texts_of(&good.body, &format!("{} {}", good.method, good.template), &mut tried);
    }
    let missing: Vec<&String> = described.difference(&tried).collect();
    assert!(missing.is_empty() && described.len() > 70, "{} texts; not tried: {missing:?}", described.len());
}

/// The path of a route with these values of its parameters: the kind of entity, and a value for every other.
fn filled(template: &str, entities: &str, value: impl Fn(usize) -> String) -> String {
    let segment = |(at, segment): (usize, &str)| match segment {
        "{entities}" => entities.to_owned(),
        segment if segment.starts_with('{') => value(at),
        segment => segment.to_owned(),
    };
    template.split('/').enumerate().map(segment).collect::<Vec<_>>().join("/")
}

/// Every route with a parameter in its path, with NUL in one parameter, for each kind of entity.
fn paths_with_nul(document: &Value) -> BTreeSet<(Word, String)> {
    let mut all = BTreeSet::new();
    for (template, operations) in document["paths"].as_object().expect("paths") {
        let methods = || operations.as_object().expect("operations").keys().map(|method| method.to_uppercase());
        for (parameter, name) in template.split('/').enumerate().filter(|(_, segment)| segment.starts_with('{')) {
            for kind in EntityKind::ALL {
                let entities = if name == "{entities}" { "a%00b" } else { paths::entities(*kind) };
                let path = filled(template, entities, |at| if at == parameter { "a%00b".into() } else { "1".into() });
                all.extend(methods().map(|method| (method, path.clone())));
            }
        }
    }
    all
}

/// Every parameter of a query that the description has, with NUL in it, for each kind of entity.
fn queries_with_nul(document: &Value, ids: &Ids) -> BTreeSet<(Word, String)> {
    let mut all = BTreeSet::new();
    for (template, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            for name in
                parameters.filter(|parameter| parameter["in"] == "query").map(|parameter| parameter["name"].as_str().expect("a name"))
            {
                // What is there may be gone by the next request.
                let value = |_: usize| if method == "delete" { "1".to_owned() } else { ids.pool.clone() };
                for (kind, nul) in EntityKind::ALL.iter().flat_map(|kind| ["%00", "a%00b"].map(|nul| (kind, nul))) {
                    all.insert((method.to_uppercase(), format!("{}?{name}={nul}", filled(template, paths::entities(*kind), value))));
                }
            }
        }
    }
    all
}

/// What stands in paths.
struct Ids {
    entities: Vec<(EntityKind, String)>,
    pool: String,
    template: String,
}

impl Ids {
    /// The id of an entity of this kind; of a kind that this forge does not have, that of another kind.
    fn of(&self, kind: EntityKind) -> &str {
        let found = self.entities.iter().find(|(own, _)| *own == kind).unwrap_or(&self.entities[0]);
        &found.1
    }
}

/// Adds an organization and an enterprise, and a template.
async fn more(garm: &Installation, pool: String) -> Ids {
    let mut entities = vec![(EntityKind::Repository, garm.repositories().await.swap_remove(0).id)];
    for kind in [EntityKind::Organization, EntityKind::Enterprise] {
        let new = CreateEntityParams {
            name: "octo".into(),
            credentials_name: "pat".into(),
            webhook_secret: Secret::from(WEBHOOK_SECRET),
            ..CreateEntityParams::default()
        };
        entities.push((kind, garm.client().entities(kind).create(&new).await.expect("added").id));
    }
    let template = CreateTemplateParams {
        name: "spare".into(),
        data: Base64(b"#!/bin/sh".to_vec()),
        os_type: "linux".into(),
        forge_type: "github".into(),
        ..CreateTemplateParams::default()
    };
    let template = garm.client().templates().create(&template).await.expect("made").id.to_string();
    Ids { entities, pool, template }
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
    let document = serde_json::to_value(garm::http::openapi()).expect("JSON");
    for database in databases().await {
        let plan = Plan { database, scripts: vec![("keeps", KEEPS)], exec_timeout: 60, ..Plan::default() };
        let mut garm = Installation::start(plan).await;
        let http = Client::new();
        let first = json!({ "username": "admin", "email": "a@example.com", "full_name": "A", "password": PASSWORD });
        // A NUL at an end is trimmed.
        for body in with_nul(&first).into_iter().filter(|body| body.to_string().contains("a\\u0000b")) {
            let status = Caller { garm: &garm, http: http.clone() }.call(Method::POST, paths::FIRST_RUN.template(), "", Some(&body)).await;
            assert!(status.is_client_error(), "{body}: {status}");
        }
        garm.log_in_first().await;
        garm.add_repository("hello").await;
        let caller = Caller { garm: &garm, http };
        let pool = garm.add_pool("keeps", "kept", 1, 1).await;
        let ids = more(&garm, pool.id).await;
        let bootstrap = garm.directory().join("bootstrap");
        let bootstrap = garm.until("the provider is asked for a machine", async |_| std::fs::read(&bootstrap).ok()).await;
        let bootstrap: Value = serde_json::from_slice(&bootstrap).expect("JSON");
        let machine = bootstrap["instance-token"].as_str().expect("a token").to_owned();

        let (mut all, of_machines) = (bodies(&garm, &ids), reports());
        let of_admins = all.len();
        all.extend(of_machines);
        check_complete(&document, &all);
        let mut tried = 0;
        for (number, good) in all.iter().enumerate() {
            let token = if number < of_admins { garm.token() } else { &machine };
            for body in with_nul(&good.body) {
                for path in &good.paths {
                    caller.call(good.method.clone(), path, token, Some(&body)).await;
                    tried += 1;
                }
            }
        }
        let log = caller.http.post(format!("{}{}", garm.url, paths::CALLBACK_INSTALL_LOG.template())).bearer_auth(&machine);
        let answer = log.body("one\0two").send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
        for (method, path) in paths_with_nul(&document) {
            for token in [garm.token(), machine.as_str()] {
                let status = caller.call(method.parse().expect("a method"), &path, token, Some(&json!({}))).await;
                assert!(status.is_client_error(), "{method} {path}: {status}");
                tried += 1;
            }
        }
        for (method, path) in queries_with_nul(&document, &ids) {
            for token in [garm.token(), machine.as_str()] {
                caller.call(method.parse().expect("a method"), &path, token, None).await;
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
        assert!(tried > 800, "{tried} tried");
        let names: Vec<String> = garm.jobs().await.into_iter().map(|job| job.name).collect();
        assert!(names.iter().any(|name| name == "build\u{fffd}"), "the job is known: {names:?}");
        std::fs::write(garm.directory().join("go"), "").expect("written");
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nul_in_the_words_of_a_forge_holds_up_nothing() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database, patience: Duration::from_mins(3), ..Plan::default() }).await;
        garm.add_pool("local", TAG, 4, 0).await;
        let job = |owner: &str, repo: &str, name: &str| NewJob {
            owner: owner.into(),
            repo: repo.into(),
            name: name.into(),
            labels: vec!["self-hosted".into(), TAG.into()],
            steps: vec!["echo \"on $RUNNER_NAME\"".into()],
        };
        // A delivery tells of it.
        let delivered = garm.forge.queue_job(job("octo", "hello", "build\0one"));
        garm.jobs_succeed(&[delivered]).await;
        assert_eq!(garm.job(delivered).await.expect("known").name, "build\u{fffd}one");

        // A list tells of the next one.
        garm.forge.configure(|settings| {
            settings.retry_deliveries = false;
            settings.courier.unmade_percent = 100;
        });
        let listed = garm.forge.queue_job(job("octo", "hello", "test\0two"));
        let pack = UpdateEntityParams { pool_balancer_type: "pack".into(), ..UpdateEntityParams::default() };
        let hello = garm.repositories().await.swap_remove(0).id;
        garm.client().entities(EntityKind::Repository).update(&hello, &pack).await.expect("changed");
        garm.jobs_succeed(&[listed]).await;
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nul_in_the_words_of_a_provider_keeps_no_runner_from_going_on() {
    for database in databases().await {
        let scripts = vec![("words", WORDS), ("faults", FAULTS), ("ids", IDS)];
        let garm = Installation::set_up(Plan { database, scripts, ..Plan::default() }).await;
        garm.add_pool("words", "words", 1, 1).await;
        garm.add_pool("faults", "faults", 1, 1).await;
        garm.add_pool("ids", "ids", 1, 1).await;
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
        let ids = async |garm: &Installation| garm.instances().await.into_iter().find(|one| one.provider_name == "ids");
        let told = async |garm: &Installation| String::from_utf8(ids(garm).await?.provider_fault?.0).ok();
        let told = garm.until("the fault of the id is told", told).await;
        assert!(told.contains("`provider_id` has a NUL"), "{told}");
        // By its id the machine could not be removed, so by its name.
        let removed = garm.directory().join("deleted");
        let removed = garm.until("the machine with another id goes", async |_| std::fs::read_to_string(&removed).ok()).await;
        assert!(removed.lines().all(|name| name.starts_with("garm-")), "{removed:?}");
        garm.finish().await;
    }
}
