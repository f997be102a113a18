//! Answers that the fake GitHub does not give: refusals in many words, pages of something in front of the forge, redirects of every kind.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use garm::clock::Clock;
use garm::forge::{Clients, Error, Forge, JitRequest, NewHook, Place};
use garm::model::{CredentialsSecret, EntityKind, EntityRef, RunnerName, SecretString};

use crate::harness::forge_client;

const TOKEN: &str = "a-token-of-this-test";
const HOOK_SECRET: &str = "a-webhook-secret-of-this-test";

/// A request as it came in: method, path with query, token, body.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked {
    method: String,
    path: String,
    authorized: bool,
    body: String,
}

/// An answer: of requests whose path contains the word, with this status, place and body.
#[derive(Clone, Debug)]
struct Script {
    word: &'static str,
    status: u16,
    location: String,
    body: String,
}

/// A web server that answers as it is told to.
#[derive(Clone, Default)]
struct Web {
    scripts: Arc<Mutex<Vec<Script>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    url: String,
}

impl Web {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let web = Self { url: format!("http://{}", listener.local_addr().expect("an address")), ..Self::default() };
        let router = Router::new().fallback(answer).with_state(web.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        web
    }

    fn say(&self, word: &'static str, status: u16, location: &str, body: &str) {
        let script = Script { word, status, location: location.to_owned(), body: body.to_owned() };
        self.scripts.lock().expect("no panic").insert(0, script);
    }

    fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().expect("no panic"))
    }

    fn client(&self) -> Arc<dyn Forge> {
        forge_client(&Clients::new(Clock::System), &self.url, CredentialsSecret::Pat(SecretString::from(TOKEN)))
    }
}

async fn answer(State(web): State<Web>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().expect("a path").to_string();
    let body: Bytes = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
    let authorized = parts.headers.get("authorization").is_some_and(|value| *value == format!("Bearer {TOKEN}"));
    let script = web.scripts.lock().expect("no panic").iter().find(|script| path.contains(script.word)).cloned();
    let body = String::from_utf8(body.to_vec()).expect("text");
    web.asked.lock().expect("no panic").push(Asked { method: parts.method.to_string(), path, authorized, body });
    let script = script.unwrap_or(Script { word: "", status: 404, location: String::new(), body: "{}".into() });
    let mut response = Response::new(Body::from(script.body));
    *response.status_mut() = StatusCode::from_u16(script.status).expect("a status");
    if !script.location.is_empty() {
        response.headers_mut().insert("location", script.location.parse().expect("a header's value"));
    }
    response
}

fn repository() -> EntityRef {
    EntityRef { kind: EntityKind::Repository, owner: "octo".into(), name: "old".into() }
}

fn request() -> JitRequest {
    JitRequest { name: RunnerName::from("one"), group: String::new(), labels: vec!["x".into()] }
}

fn hook() -> NewHook {
    NewHook { url: "https://garm.test/webhooks".into(), secret: SecretString::from(HOOK_SECRET), insecure_ssl: false }
}

#[tokio::test]
async fn the_words_of_every_kind_of_answer_are_told() {
    let web = Web::start().await;
    let client = web.client();
    let long = format!(r#"{{"message":"Validation Failed","errors":[{{"resource":"Hook","message":"{}"}}]}}"#, "blocked ".repeat(200));
    for (status, body, told) in [
        (300, r#"{"message":"Choose one of two"}"#, "Choose one of two"),
        (304, "", "304"),
        (400, r#"{"message":"Problems parsing JSON"}"#, "Problems parsing JSON"),
        (401, r#"{"message":"Bad credentials"}"#, "Bad credentials"),
        (403, r#"{"message":"Your IP is not on the allow list"}"#, "Your IP is not on the allow list"),
        (404, r#"{"message":"Runners are switched off here"}"#, "Runners are switched off here"),
        (410, "Gone: the feature ended\n in 2025", "Gone: the feature ended in 2025"),
        (413, "<html><head><title>413 Request Entity Too Large</title></head></html>", "(413 Request Entity Too Large)"),
        (422, long.as_str(), "Validation Failed; blocked blocked"),
        (429, r#"{"message":"Slow down, please"}"#, "Slow down, please"),
        (500, r#"{"message":"Server Error","documentation_url":"https://docs.example.com/status"}"#, "see https://docs.example.com/status"),
        (503, "<!DOCTYPE html><title>Upgrade in progress</title>", "Upgrade in progress"),
    ] {
        web.say("/hooks", status, "", body);
        // A new one each time: after the refusal for too many calls a client makes none for a while.
        let fault = web.client().create_hook(&repository(), hook()).await.expect_err("refused");
        assert!(fault.to_string().contains(told) && fault.to_string().len() < 700, "{status}: {fault}");
    }
    web.say("/hooks", 200, "", "<html><title>Sign in to the network</title>");
    let fault = client.list_hooks(&repository()).await.expect_err("no JSON").to_string();
    assert!(fault.contains("Sign in to the network"), "{fault}");
}

#[tokio::test]
async fn no_answer_brings_a_secret_back() {
    let web = Web::start().await;
    let client = web.client();
    for body in [
        format!(r#"{{"message":"wrong token {TOKEN}","errors":["secret {HOOK_SECRET} is weak"]}}"#),
        format!("<title>{TOKEN} {HOOK_SECRET}</title>"),
        format!("you sent Bearer {TOKEN}, {HOOK_SECRET} and ghs_16C7e42F292c6912E7710c838347Ae178B4a"),
    ] {
        for status in [302, 401, 422, 500] {
            web.say("/hooks", status, "https://elsewhere.test/x?token=parameter", &body);
            let fault = client.create_hook(&repository(), hook()).await.expect_err("refused");
            let told = format!("{fault} {fault:?}");
            for secret in [TOKEN, HOOK_SECRET, "ghs_16C7", "parameter"] {
                assert!(!told.contains(secret), "{told}");
            }
            assert!(told.contains("***"), "{told}");
        }
    }
}

#[tokio::test]
async fn a_conflict_or_refusal_of_another_kind_is_not_taken_for_a_name_or_a_job() {
    let web = Web::start().await;
    let client = web.client();
    web.say("/generate-jitconfig", 409, "", r#"{"message":"The enterprise is suspended"}"#);
    let fault = client.register_jit(&repository(), request()).await.expect_err("refused");
    assert!(matches!(fault, Error::Refused { status: 409, .. }) && fault.to_string().contains("suspended"), "{fault}");
    web.say("/generate-jitconfig", 409, "", r#"{"message":"Already exists - a runner with this name"}"#);
    assert!(matches!(client.register_jit(&repository(), request()).await, Err(Error::Exists)));

    web.say("/actions/runners/7", 422, "", r#"{"message":"Validation Failed"}"#);
    assert!(matches!(client.remove_runner(&repository(), 7).await, Err(Error::Refused { status: 422, .. })));
    web.say("/actions/runners/7", 422, "", r#"{"message":"Runner is currently running a job and cannot be deleted."}"#);
    assert!(matches!(client.remove_runner(&repository(), 7).await, Err(Error::Busy)));
}

#[tokio::test]
async fn a_redirect_is_followed_with_method_and_body_and_told_once() {
    let web = Web::start().await;
    let client = web.client();
    web.say("/repositories/9/hooks", 201, "", r#"{"id":3,"active":true,"events":["workflow_job"],"config":{"url":"u"}}"#);
    for status in [307, 308] {
        web.say("/repos/octo/old/hooks", status, &format!("{}/api/v3/repositories/9/hooks", web.url), r#"{"message":"Moved"}"#);
        assert_eq!(client.create_hook(&repository(), hook()).await.expect("made at the new place").id, 3);
        let [first, second] = web.asked().try_into().expect("two requests");
        assert_eq!((first.method.as_str(), first.path.as_str()), ("POST", "/api/v3/repos/octo/old/hooks"));
        assert_eq!((second.method.as_str(), second.path.as_str(), second.authorized), ("POST", "/api/v3/repositories/9/hooks", true));
        assert!(second.body == first.body && second.body.contains(HOOK_SECRET), "the body goes along");
    }
    assert_eq!((client.take_move(&repository()), client.take_move(&repository())), (true, false));

    web.say("/repositories/9/actions/runners", 200, "", r#"{"total_count":0,"runners":[]}"#);
    web.say("/repos/octo/old/actions/runners", 301, "/api/v3/repositories/9/actions/runners?per_page=100", "");
    assert!(client.list_runners(&repository()).await.expect("listed at the new place").is_empty());

    web.say("/repositories/9/x", 404, "", r#"{"message":"Not Found"}"#);
    web.say("/repos/octo/old/actions/runners", 301, "/api/v3/repositories/9/x", "");
    let fault = client.list_runners(&repository()).await.expect_err("moved where it cannot be seen").to_string();
    assert!(fault.contains("has moved to /api/v3/repositories/9/x"), "{fault}");

    let place = r#"{"id":9,"name":"new","owner":{"login":"Octo"}}"#;
    web.say("/repositories/9", 200, "", place);
    web.say("/repos/octo/old", 301, "/api/v3/repositories/9", "");
    let at = EntityRef { kind: EntityKind::Repository, owner: "Octo".into(), name: "new".into() };
    let found = Some(Place { number: 9, at });
    assert_eq!(client.find_place(&repository(), None).await.expect("found by its old name"), found);
    assert_eq!(client.find_place(&repository(), Some(9)).await.expect("found by its number"), found);
}

#[tokio::test]
async fn a_redirect_elsewhere_or_without_end_is_told_and_the_token_stays() {
    let (web, other) = (Web::start().await, Web::start().await);
    let client = web.client();
    web.say("/loop", 307, "/api/v3/loop", "");
    for (status, to, why) in [
        (307, format!("{}/api/v3/repositories/9", other.url), "another port"),
        (307, other.url.replace("127.0.0.1", "localhost"), "another host"),
        (301, format!("{}/api/v3/repositories/9", web.url), "307 and 308"),
        (307, "/api/v3/loop".to_owned(), "without end"),
    ] {
        web.say("/generate-jitconfig", status, &to, r#"{"message":"Moved Permanently"}"#);
        let fault = client.register_jit(&repository(), request()).await.expect_err("not followed");
        let told = fault.to_string();
        assert!(matches!(fault, Error::Redirected { .. }) && fault.concerns_everything(), "{fault:?}");
        let target = to.split("/api").next().expect("a host");
        assert!(told.contains(why) && told.contains(target), "{told}");
    }
    assert!(other.asked().is_empty());
    assert!(web.asked().len() < 16, "a few hops");
    // How one job's repository stands is no fault of the entity. The words do not name the job: they are told once.
    for (status, body, said) in [
        (301, "", "301, which points to another place"),
        (403, r#"{"message":"Resource not accessible by integration"}"#, "403 Resource not accessible by integration"),
        (404, r#"{"message":"Not Found"}"#, "404 Not Found"),
        (409, r#"{"message":"Repository is empty"}"#, "409 Repository is empty"),
        (451, r#"{"message":"Repository access blocked"}"#, "451 Repository access blocked"),
        (502, "<title>502 Bad Gateway</title>", "502 Bad Gateway"),
        (200, "<title>Please log in</title>", "Please log in"),
    ] {
        web.say("/actions/jobs/5", status, "https://elsewhere.test/jobs", body);
        let fault = client.find_job("octo", "gone", 5).await.expect_err("not shown");
        let told = fault.of_one().expect("it is about this job");
        assert!(told.contains(said) && !told.contains('/'), "{told}");
    }
    for (status, body) in [(401, "{}"), (429, "{}")] {
        web.say("/actions/jobs/5", status, "", body);
        assert_eq!(web.client().find_job("octo", "gone", 5).await.expect_err("refused").of_one(), None, "{status}");
    }
}

#[tokio::test]
async fn a_page_of_something_in_front_of_the_forge_removes_nothing() {
    let (web, at) = (Web::start().await, EntityRef { kind: EntityKind::Organization, owner: String::new(), name: "octo".into() });
    for (status, body, is_gone) in [
        (204, "", true),
        (200, "{}", true),
        (404, r#"{"message":"Not Found"}"#, true),
        (404, "", true),
        (200, "<html><title>Please log in</title></html>", false),
        (404, "<html><title>No such site</title></html>", false),
        (404, "default backend - 404", false),
    ] {
        web.say("/actions/runners/7", status, "", body);
        web.say("/hooks/8", status, "", body);
        let client = web.client();
        for (what, answer) in [("runner", client.remove_runner(&at, 7).await), ("hook", client.remove_hook(&at, 8).await)] {
            assert_eq!(answer.is_ok(), is_gone, "{what}: {status} {body}: {answer:?}");
            assert!(is_gone || matches!(&answer, Err(Error::Garbled(_))), "{answer:?}");
        }
    }
}
