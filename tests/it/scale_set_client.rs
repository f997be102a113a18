//! The client of the service of scale sets, against a web server that answers as it is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use garm::clock::Clock;
use garm::forge::{Clients, Error, Forges as _, ScaleSetService};
use garm::model::{
    BudgetLimits, Credentials, CredentialsId, CredentialsSecret, Endpoint, EntityKind, EntityRef, JobMessageKind, MessageSession,
    RunnerName, ScaleSetSettings, SecretString, ServiceFault, ServiceScaleSetId, SessionId,
};
use garm::time::Timestamp;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::harness::forge_client;

/// It signed itself, is marked as one of an authority, and is for `localhost` and 127.0.0.1.
const CERTIFICATE: &[u8] = include_bytes!("../../testdata/tls/first.pem");
const PAT: &str = "a-token-of-the-credentials";
const ADMIN: &str = "a-token-of-the-service";
const QUEUE: &str = "a-token-of-the-queue";
const SESSION: &str = "0b8ce3d2-51f0-4a0e-8d44-90a1f6c1d001";
const SCALE_SET: ServiceScaleSetId = ServiceScaleSetId(31);

/// A request as it came in.
#[derive(Clone, Debug)]
struct Asked {
    /// Method, path and query.
    line: String,
    headers: HeaderMap,
    body: Value,
}

impl Asked {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }
}

/// An answer.
#[derive(Clone, Debug)]
enum Reply {
    Says(u16, String),
    /// The same, from another place.
    PointsTo(u16, String),
    Never,
}

/// The answers to requests whose line contains the word. The last one is repeated.
type Script = (&'static str, VecDeque<Reply>);

/// A web server that answers as it is told to.
#[derive(Clone, Default)]
struct Web {
    scripts: Arc<Mutex<Vec<Script>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    silent: Arc<Notify>,
    url: String,
}

impl Web {
    /// A server that answers nothing so far.
    async fn bare() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let web = Self { url: format!("http://{}", listener.local_addr().expect("an address")), ..Self::default() };
        let router = Router::new().fallback(answer).with_state(web.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        web
    }

    /// A server with a way to the service, whose address has a path and a query of its own.
    async fn start() -> Self {
        let web = Self::bare().await;
        web.say("/actions/runners/registration-token", 201, json!({ "token": "registration-1", "expires_at": "2030-01-01T00:00:00Z" }));
        let connection = json!({ "url": format!("{}/tenant/5/?route=a%20b", web.url), "token": ADMIN });
        web.text("/actions/runner-registration", 200, &format!("\u{feff}{connection}"));
        web
    }

    fn reply(&self, word: &'static str, replies: impl IntoIterator<Item = Reply>) {
        self.scripts.lock().expect("no panic").insert(0, (word, replies.into_iter().collect()));
    }

    fn text(&self, word: &'static str, status: u16, body: &str) {
        self.reply(word, [Reply::Says(status, body.to_owned())]);
    }

    #[expect(clippy::needless_pass_by_value, reason = "answers are written where they are said")]
    fn say(&self, word: &'static str, status: u16, body: Value) {
        self.text(word, status, &body.to_string());
    }

    /// What was asked since the last look.
    fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().expect("no panic"))
    }

    fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }

    fn service(&self) -> Arc<dyn ScaleSetService> {
        self.service_with(&Clients::new(Clock::System))
    }

    fn service_with(&self, clients: &Clients) -> Arc<dyn ScaleSetService> {
        let forge = forge_client(clients, &self.url, CredentialsSecret::Pat(SecretString::from(PAT)));
        forge.scale_sets(&repository()).expect("it has scale sets")
    }

    fn session(&self) -> MessageSession {
        MessageSession {
            id: SESSION.parse().expect("an id"),
            owner: "garm-1".into(),
            queue_url: format!("{}/queue/message?sessionId={SESSION}", self.url),
            token: SecretString::from(QUEUE),
            token_ends_at: Timestamp::EPOCH,
            scale_set: None,
            statistics: None,
        }
    }
}

async fn answer(State(web): State<Web>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let line = format!("{} {}", parts.method, parts.uri.path_and_query().expect("a path"));
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
    let body = serde_json::from_slice(&body).unwrap_or_default();
    web.asked.lock().expect("no panic").push(Asked { line: line.clone(), headers: parts.headers, body });
    let reply = {
        let mut scripts = web.scripts.lock().expect("no panic");
        let replies = scripts.iter_mut().find(|(word, _)| line.contains(word)).map(|(_, replies)| replies);
        replies.and_then(|replies| if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() })
    };
    let mut response = Response::new(Body::empty());
    match reply.unwrap_or(Reply::Says(404, "{}".to_owned())) {
        Reply::Says(status, body) => {
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            *response.body_mut() = Body::from(body);
        }
        Reply::PointsTo(status, place) => {
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            response.headers_mut().insert("location", place.parse().expect("a header's value"));
        }
        Reply::Never => {
            web.silent.notify_one();
            std::future::pending::<()>().await;
        }
    }
    response
}

/// A server with TLS whose certificate it signed itself, as many a GHES has it. Answers also which versions of HTTP its connections agreed on.
async fn with_tls(router: Router) -> (String, Arc<Mutex<Vec<Vec<u8>>>>) {
    let chain = CertificateDer::pem_slice_iter(CERTIFICATE).collect::<Result<Vec<_>, _>>().expect("a certificate");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../../testdata/tls/first.key")).expect("a key");
    let mut config = config.with_no_client_auth().with_single_cert(chain, key).expect("they belong together");
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("https://{}", listener.local_addr().expect("an address"));
    let agreed: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let seen = Arc::clone(&agreed);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, router, seen) = (acceptor.clone(), router.clone(), Arc::clone(&seen));
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let protocol = stream.get_ref().1.alpn_protocol().unwrap_or_default().to_vec();
                let is_h2 = protocol == b"h2";
                seen.lock().expect("no panic").push(protocol);
                let (stream, service) = (TokioIo::new(stream), TowerToHyperService::new(router));
                // How a connection ends does not matter here.
                if is_h2 {
                    drop(hyper::server::conn::http2::Builder::new(TokioExecutor::new()).serve_connection(stream, service).await);
                } else {
                    drop(hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await);
                }
            });
        }
    });
    (url, agreed)
}

fn repository() -> EntityRef {
    EntityRef { kind: EntityKind::Repository, owner: "octo".into(), name: "hello".into() }
}

fn id() -> SessionId {
    SESSION.parse().expect("an id")
}

fn exception(name: &str, message: &str) -> Value {
    json!({ "typeName": format!("GitHub.Actions.Runtime.WebApi.{name}, GitHub.Actions.Runtime.WebApi"), "message": message })
}

fn scale_set(name: &str) -> Value {
    json!({ "id": 31, "name": name, "runnerGroupId": 1, "labels": null, "RunnerSetting": { "disableUpdate": true } })
}

#[tokio::test]
async fn a_registration_token_is_traded_for_the_service_once_and_its_address_is_kept_whole() {
    let web = Web::start().await;
    web.say("/agents", 200, json!({ "count": 0, "value": [] }));
    let service = web.service();
    assert_eq!(service.list_runners().await.expect("listed"), []);
    let [token, connection, call] = web.asked().try_into().expect("three requests");
    assert_eq!(token.line, "POST /api/v3/repos/octo/hello/actions/runners/registration-token");
    assert_eq!(token.header("authorization"), format!("Bearer {PAT}"));
    assert_eq!(connection.line, "POST /api/v3/actions/runner-registration");
    assert_eq!(connection.header("authorization"), "RemoteAuth registration-1");
    assert_eq!(connection.body, json!({ "url": format!("{}/octo/hello", web.url), "runner_event": "register" }));
    assert_eq!(call.line, "GET /tenant/5/_apis/distributedtask/pools/0/agents?route=a%20b&api-version=6.0-preview");
    assert_eq!((call.header("authorization"), call.header("content-type")), (format!("Bearer {ADMIN}").as_str(), "application/json"));

    // Twenty at once, on two clients of the same kind: nothing is fetched again.
    let calls = (0..20).map(|_| service.list_runners());
    assert!(futures_util::future::join_all(calls).await.iter().all(Result::is_ok));
    assert_eq!(web.asked().len(), 20);

    let web = Web::start().await;
    web.say("/agents", 200, json!({ "value": [] }));
    let service = web.service();
    let calls = (0..20).map(|_| service.list_runners());
    assert!(futures_util::future::join_all(calls).await.iter().all(Result::is_ok));
    let fetched = web.lines().iter().filter(|line| line.starts_with("POST")).count();
    assert_eq!(fetched, 2, "those that begin together wait for one");
}

#[tokio::test]
async fn a_token_that_the_service_does_not_accept_is_replaced_with_the_next_call() {
    let web = Web::start().await;
    let empty = Reply::Says(200, json!({ "value": [] }).to_string());
    web.reply("/agents", [Reply::Says(401, String::new()), empty]);
    let service = web.service();
    let fault = service.list_runners().await.expect_err("refused");
    assert!(matches!(fault, Error::TokenExpired { status: 401, .. }) && !fault.concerns_everything(), "{fault:?}");
    assert_eq!(web.asked().len(), 3, "it is not asked again in place");
    service.list_runners().await.expect("listed");
    let lines = web.lines();
    assert!(lines.len() == 2 && lines[0].contains("runner-registration"), "the registration token is still good: {lines:?}");
}

#[tokio::test]
async fn a_new_registration_token_that_is_not_known_everywhere_is_asked_with_again() {
    let web = Web::start().await;
    web.say("/agents", 200, json!({ "value": [] }));
    let good = Reply::Says(200, json!({ "url": web.url, "token": ADMIN }).to_string());
    web.reply("runner-registration", [Reply::Says(403, String::new()), Reply::Says(401, String::new()), good]);
    web.service().list_runners().await.expect("listed");
    let lines = web.lines();
    assert_eq!(lines.iter().filter(|line| line.contains("registration-token")).count(), 1);
    assert_eq!(lines.iter().filter(|line| line.contains("runner-registration")).count(), 3);
}

#[tokio::test]
async fn credentials_that_may_not_do_it_cost_a_bounded_number_of_calls_and_all_callers_share_the_failure() {
    let web = Web::start().await;
    web.say("runner-registration", 403, json!({ "message": "Resource not accessible by personal access token" }));
    let service = web.service();
    let fault = service.list_runners().await.expect_err("refused");
    assert!(matches!(fault, Error::Forbidden { .. }) && fault.to_string().contains("not accessible by personal"), "{fault}");
    assert_eq!(web.asked().len(), 5, "a token, and four times the way to the service");
    for _ in 0..10 {
        assert!(matches!(service.list_runners().await, Err(Error::Forbidden { .. })));
    }
    assert_eq!(web.asked().len(), 0);
}

#[tokio::test]
async fn the_registration_token_counts_for_the_budget_of_the_credentials() {
    let web = Web::start().await;
    let clients = Clients::new(Clock::System).with_limits(BudgetLimits { calls: 0, ..BudgetLimits::default() });
    let fault = web.service_with(&clients).list_runners().await.expect_err("nothing is left");
    assert!(matches!(fault, Error::BudgetSpent { .. }), "{fault}");
    assert!(matches!(fault.service_fault(Timestamp::EPOCH), ServiceFault::Wait(_)));
    assert_eq!(web.asked().len(), 0);
}

#[tokio::test]
async fn an_answer_that_leads_nowhere_is_told_and_no_token_is_sent() {
    for (body, told) in [
        (json!({ "url": "ftp://service.test/", "token": ADMIN }), "an address without TLS"),
        (json!({ "url": "nowhere", "token": ADMIN }), "an address that is none"),
        (json!({ "token": ADMIN }), "an address that is none"),
        (json!({ "url": "https://service.test/", "token": "" }), "no token"),
        (json!([]), "no token"),
    ] {
        let web = Web::start().await;
        web.say("runner-registration", 200, body);
        let fault = web.service().list_runners().await.expect_err("it leads nowhere");
        assert!(matches!(fault, Error::Garbled(_)) && fault.to_string().contains(told), "{fault}");
    }
    let web = Web::start().await;
    web.text("runner-registration", 200, "<title>Sign in to the network</title>");
    let fault = web.service().list_runners().await.expect_err("a page").to_string();
    assert!(fault.contains("Sign in to the network"), "{fault}");
}

#[tokio::test]
async fn scale_sets_are_found_by_names_with_any_character() {
    let web = Web::start().await;
    let service = web.service();
    let name = "big & wide/ü?";
    web.say("/runnerscalesets?", 200, json!({ "count": 1, "value": [scale_set(name)] }));
    web.say("/runnergroups/?", 200, json!({ "count": 1, "value": [{ "id": 4, "name": "a&b", "size": 1, "isDefaultGroup": false }] }));
    assert_eq!(service.find_group("A&B").await.expect("asked").map(|group| group.id), Some(4));
    assert_eq!(service.find_group("").await.expect("known").map(|group| (group.id, group.is_default)), Some((1, true)));
    let found = service.find_scale_set(4, name).await.expect("asked").expect("found");
    assert_eq!((found.id, found.disable_update, found.labels.len(), found.statistics), (SCALE_SET, true, 0, None));
    let lines = web.lines();
    assert!(lines[2].starts_with("GET /tenant/5/_apis/runtime/runnergroups/?route=a%20b&groupName=A%26B&api-version="), "{lines:?}");
    assert!(lines[3].contains("&runnerGroupId=4&name=big+%26+wide%2F%C3%BC%3F&"), "{lines:?}");
    web.say("/runnerscalesets?", 200, json!({ "count": 0, "value": [] }));
    assert_eq!(service.find_scale_set(4, name).await.expect("asked"), None);
}

#[tokio::test]
async fn a_scale_set_is_made_changed_and_removed() {
    let web = Web::start().await;
    let service = web.service();
    let settings = ScaleSetSettings { name: "arm".into(), group_id: 1, labels: vec!["arm".into(), "gpu".into()], disable_update: false };
    web.say("/runnerscalesets", 200, scale_set("arm"));
    assert_eq!(service.create_scale_set(&settings).await.expect("made").id, SCALE_SET);
    assert_eq!(service.update_scale_set(SCALE_SET, &settings).await.expect("changed").name, "arm");
    let asked = web.asked();
    assert!(asked[2].line.starts_with("POST /tenant/5/_apis/runtime/runnerscalesets?"));
    assert!(asked[3].line.starts_with("PATCH /tenant/5/_apis/runtime/runnerscalesets/31?"));
    assert_eq!(asked[3].body["RunnerSetting"], json!({ "ephemeral": true, "disableUpdate": false }), "what is switched off is told, too");
    assert_eq!(asked[3].body["labels"], json!([{ "type": "System", "name": "arm" }, { "type": "System", "name": "gpu" }]));

    web.text("/runnerscalesets/31", 204, "");
    service.delete_scale_set(SCALE_SET).await.expect("removed");
    web.say("/runnerscalesets", 409, exception("RunnerScaleSetExistsException", "arm exists"));
    let fault = service.create_scale_set(&settings).await.expect_err("taken");
    assert!(matches!(fault, Error::ScaleSetExists { status: 409, .. }) && fault.to_string().contains("arm exists"), "{fault}");

    web.say("/runnerscalesets/31", 404, exception("RunnerScaleSetNotFoundException", "No runner scale set found"));
    service.delete_scale_set(SCALE_SET).await.expect("it is gone");
    for fault in [
        service.get_scale_set(SCALE_SET).await.expect_err("gone"),
        service.update_scale_set(SCALE_SET, &settings).await.expect_err("gone"),
        service.create_session(SCALE_SET, "garm-1").await.expect_err("gone"),
        service.refresh_session(SCALE_SET, id()).await.expect_err("gone"),
    ] {
        assert!(matches!(fault, Error::ScaleSetGone { .. }) && fault.to_string().contains("No runner scale set found"), "{fault}");
        assert_eq!(fault.service_fault(Timestamp::EPOCH), ServiceFault::ScaleSetGone);
    }
    web.text("/runnerscalesets/31", 404, "<title>default backend - 404</title>");
    assert!(matches!(service.delete_scale_set(SCALE_SET).await, Err(Error::Garbled(_))), "a page is no word of the service");
}

#[tokio::test]
async fn a_session_is_opened_renewed_and_ended_and_a_conflict_tells_its_owner() {
    let web = Web::start().await;
    let service = web.service();
    let session = json!({
        "sessionId": SESSION, "ownerName": "garm-1", "runnerScaleSet": scale_set("arm"), "messageQueueAccessToken": QUEUE,
        "messageQueueUrl": format!("{}/queue/message?sessionId={SESSION}", web.url), "statistics": { "totalAssignedJobs": "3" },
    });
    web.say("/sessions", 200, session);
    let opened = service.create_session(SCALE_SET, "garm-1").await.expect("opened");
    assert_eq!((opened.id, opened.owner.as_str()), (id(), "garm-1"));
    assert_eq!(opened.statistics.map(|statistics| statistics.assigned_jobs), Some(3));
    service.refresh_session(SCALE_SET, id()).await.expect("renewed");
    let asked = web.asked();
    assert_eq!(asked[2].body, json!({ "ownerName": "garm-1" }));
    assert!(asked[3].line.starts_with(&format!("PATCH /tenant/5/_apis/runtime/runnerscalesets/31/sessions/{SESSION}?")));

    for (message, owner) in [
        ("The runner scale set arm already has an active session for owner garm-0.", Some("garm-0")),
        ("The actions runner scaleset arm already has an active session.", None),
    ] {
        web.say("/sessions", 409, exception("RunnerScaleSetSessionConflictException", message));
        let fault = service.create_session(SCALE_SET, "garm-1").await.expect_err("in the way");
        assert!(fault.to_string().contains("already has an active session"), "{fault}");
        assert_eq!(fault.service_fault(Timestamp::EPOCH), ServiceFault::SessionConflict { owner: owner.map(str::to_owned) });
    }
    web.say("/sessions", 404, exception("SomethingNotFoundException", "no such session"));
    assert!(matches!(service.refresh_session(SCALE_SET, id()).await, Err(Error::SessionGone { .. })));
    service.delete_session(SCALE_SET, id()).await.expect("it is gone");
    web.text("/sessions", 204, "");
    service.delete_session(SCALE_SET, id()).await.expect("ended");
    web.say("/sessions", 200, json!({ "sessionId": SESSION, "messageQueueUrl": null }));
    assert_eq!(service.create_session(SCALE_SET, "garm-1").await.expect("opened").queue_url, "");
}

#[tokio::test]
async fn a_poll_promises_a_capacity_also_none_and_reads_what_comes() {
    let web = Web::start().await;
    let (service, session) = (web.service(), web.session());
    web.text("GET /queue/message", 202, "");
    assert_eq!(service.poll(&session, 0, 0).await.expect("polled"), None);
    let asked = web.asked();
    let poll = asked.last().expect("a poll");
    assert_eq!(poll.line, format!("GET /queue/message?sessionId={SESSION}"));
    assert_eq!((poll.header("x-scalesetmaxcapacity"), poll.header("authorization")), ("0", format!("Bearer {QUEUE}").as_str()));
    assert_eq!(poll.header("accept"), "application/json; api-version=6.0-preview");

    let body = json!([
        { "messageType": "JobAvailable", "runnerRequestId": 101, "jobId": "a" },
        { "messageType": "JobStarted", "runnerId": { } },
        { "messageType": "JobAssigned", "runnerRequestId": 0, "jobId": "b", "requestLabels": ["arm"] },
    ]);
    let message = json!({
        "messageId": 17, "messageType": "RunnerScaleSetJobMessages", "body": body.to_string(), "statistics": { "totalAssignedJobs": 2 },
    });
    web.say("GET /queue/message", 200, message.clone());
    let read = service.poll(&session, 16, 4).await.expect("polled").expect("a message");
    assert_eq!(web.lines(), [format!("GET /queue/message?sessionId={SESSION}&lastMessageId=16")]);
    assert_eq!((read.id, read.statistics.map(|statistics| statistics.assigned_jobs)), (17, Some(2)));
    let kinds: Vec<_> = read.items.iter().map(|item| item.read.as_ref().ok().map(|job| job.kind.clone())).collect();
    assert_eq!(kinds, [Some(JobMessageKind::Available), None, Some(JobMessageKind::Assigned)]);

    let text = message.to_string();
    for (status, body, told) in [
        (200, &text[..text.len() / 2], "it was cut after"),
        (200, "", "it was cut after 0 bytes"),
        (200, "{}", "a message without a number"),
        (200, "<title>Captive portal</title>", "Captive portal"),
        (500, r#"{"message":"TF14045: no database"}"#, "(500 TF14045: no database)"),
        (404, "nothing here", "no JSON (404 nothing here)"),
    ] {
        web.text("GET /queue/message", status, body);
        let fault = service.poll(&session, 0, 1).await.expect_err("no message");
        assert!(fault.to_string().contains(told), "{status} {body}: {fault}");
        assert_eq!(fault.service_fault(Timestamp::EPOCH), ServiceFault::Other, "{fault:?}");
    }
    for (status, fault) in
        [(401, ServiceFault::TokenExpired), (404, ServiceFault::SessionGone), (400, ServiceFault::Refused), (403, ServiceFault::Refused)]
    {
        web.say("GET /queue/message", status, json!({ "message": "no" }));
        assert_eq!(service.poll(&session, 0, 1).await.expect_err("refused").service_fault(Timestamp::EPOCH), fault);
    }
    let elsewhere = MessageSession { queue_url: "file:///etc/passwd".into(), ..session };
    assert!(matches!(service.poll(&elsewhere, 0, 1).await, Err(Error::Garbled(_))));
}

#[tokio::test]
async fn an_answer_without_end_is_read_to_a_bound() {
    let web = Web::start().await;
    web.text("GET /queue/message", 200, &" ".repeat(17 * 1024 * 1024));
    let fault = web.service().poll(&web.session(), 0, 1).await.expect_err("too much");
    assert!(fault.to_string().contains("more than 16777216 bytes"), "{fault}");
}

#[tokio::test]
async fn messages_are_acknowledged_and_jobs_acquired_with_the_token_of_the_queue() {
    let web = Web::start().await;
    let (service, session) = (web.service(), web.session());
    web.text("DELETE /queue/message/17", 204, "");
    service.acknowledge(&session, 17).await.expect("acknowledged");
    let asked = web.asked();
    assert_eq!(asked.last().expect("a request").line, format!("DELETE /queue/message/17?sessionId={SESSION}"));
    web.say("DELETE /queue/message/17", 404, json!({}));
    service.acknowledge(&session, 17).await.expect("it is not there");
    web.asked();

    web.say("/acquirejobs", 200, json!({ "count": 2, "value": [101] }));
    assert_eq!(service.acquire(SCALE_SET, &session, &[101, 102]).await.expect("asked"), Some(vec![101]));
    let asked = web.asked();
    assert!(asked[0].line.starts_with("POST /tenant/5/_apis/runtime/runnerscalesets/31/acquirejobs?"));
    assert_eq!((asked[0].header("authorization"), &asked[0].body), (format!("Bearer {QUEUE}").as_str(), &json!([101, 102])));
    web.say("/acquirejobs", 404, json!({ "message": "No such route" }));
    assert_eq!(service.acquire(SCALE_SET, &session, &[101]).await.expect("asked"), None, "this service assigns by itself");
    web.say("/acquirejobs", 404, exception("RunnerScaleSetNotFoundException", "gone"));
    assert!(matches!(service.acquire(SCALE_SET, &session, &[101]).await, Err(Error::ScaleSetGone { .. })));
    web.say("/acquirejobs", 401, json!({}));
    assert!(matches!(service.acquire(SCALE_SET, &session, &[101]).await, Err(Error::TokenExpired { .. })));
    web.say("/acquirejobs", 200, json!({ "value": [101] }));
    web.asked();
    service.acquire(SCALE_SET, &session, &[101]).await.expect("acquired");
    assert_eq!(web.asked().len(), 1, "the token of the service was not the one that was refused");
}

#[tokio::test]
async fn runners_are_registered_listed_found_and_removed() {
    let web = Web::start().await;
    let service = web.service();
    let jit = "eyIucnVubmVyIjoiZTMwPSJ9";
    web.say(
        "/generatejitconfig",
        200,
        json!({ "runner": { "id": 42, "name": "garm-a", "runnerScaleSetId": 31 }, "encodedJITConfig": jit }),
    );
    let name = RunnerName::from("garm-a");
    let registered = service.register_jit(SCALE_SET, &name).await.expect("registered");
    assert_eq!((registered.agent_id, registered.jit.files.keys().next().map(String::as_str)), (42, Some(".runner")));
    assert_eq!(web.asked().last().expect("a request").body, json!({ "name": "garm-a", "workFolder": "_work" }));
    web.say("/generatejitconfig", 409, exception("AgentExistsException", "garm-a is there"));
    assert!(matches!(service.register_jit(SCALE_SET, &name).await, Err(Error::Exists)));
    web.say("/generatejitconfig", 200, json!({ "runner": { "id": 42 }, "encodedJITConfig": "!!" }));
    assert!(matches!(service.register_jit(SCALE_SET, &name).await, Err(Error::Garbled(_))));

    let agents = json!([
        { "id": 42, "name": "garm-a", "runnerScaleSetId": 31, "status": "online", "busy": true, "labels": null },
        { "id": 43, "name": "vm", "runnerScaleSetId": 0, "status": "offline" },
    ]);
    web.say("/agents?", 200, json!({ "count": 1, "value": agents }));
    let runners = service.list_runners().await.expect("listed");
    let told: Vec<_> = runners.iter().map(|found| (found.runner.agent_id, found.scale_set_id, found.runner.busy)).collect();
    assert_eq!(told, [(42, Some(SCALE_SET), true), (43, None, false)]);
    assert_eq!(service.find_runner(&name).await.expect("asked").map(|found| found.runner.agent_id), Some(42));
    assert!(web.lines().last().expect("a request").contains("&agentName=garm-a&"));

    web.text("/agents/42", 204, "");
    service.remove_runner(42).await.expect("removed");
    web.say("/agents/42", 400, exception("JobStillRunningException", "it works"));
    assert!(matches!(service.remove_runner(42).await, Err(Error::Busy)));
    for (status, body) in [(404, json!({})), (400, exception("AgentNotFoundException", "no such agent"))] {
        web.say("/agents/42", status, body);
        service.remove_runner(42).await.expect("it is not there");
    }
    web.text("/agents/42", 404, "<title>No such site</title>");
    assert!(matches!(service.remove_runner(42).await, Err(Error::Garbled(_))));
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed_and_one_on_the_same_host_is() {
    let (web, other) = (Web::start().await, Web::bare().await);
    let service = web.service();
    web.reply("/agents?", [Reply::PointsTo(307, format!("{}/agents", other.url))]);
    let fault = service.list_runners().await.expect_err("another port");
    assert!(matches!(fault, Error::Redirected { .. }) && other.asked().is_empty(), "{fault}");
    web.say("/agents-moved", 200, json!({ "value": [] }));
    web.reply("/agents?", [Reply::PointsTo(307, "/tenant/5/agents-moved".to_owned())]);
    service.list_runners().await.expect("listed at the other place");
    web.reply("/agents?", [Reply::PointsTo(307, "/tenant/5/_apis/distributedtask/pools/0/agents?x".to_owned())]);
    web.asked();
    assert!(service.list_runners().await.expect_err("in a circle").to_string().contains("without end"));
    assert!(web.asked().len() < 6);
}

#[tokio::test]
async fn the_bundle_of_the_endpoint_holds_for_the_service_and_its_polls_share_no_connection() {
    let mut web = Web::default();
    let (url, agreed) = with_tls(Router::new().fallback(answer).with_state(web.clone())).await;
    web.url.clone_from(&url);
    web.say("/actions/runners/registration-token", 201, json!({ "token": "registration-1" }));
    web.say("/actions/runner-registration", 200, json!({ "url": url, "token": ADMIN }));
    web.say("/agents", 200, json!({ "value": [] }));
    let endpoint = |bundle: Option<&[u8]>| Endpoint {
        base_url: url.clone(),
        api_base_url: url.clone(),
        ca_cert_bundle: bundle.map(<[u8]>::to_vec),
        ..garm::forge::first_endpoints().remove(0)
    };
    let secret = CredentialsSecret::Pat(SecretString::from(PAT));
    let credentials = Credentials {
        id: CredentialsId(1),
        name: "c".into(),
        description: String::new(),
        endpoint: endpoint(None).name,
        secret,
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
    };
    let get = |bundle| Clients::new(Clock::System).scale_sets(&endpoint(bundle), &credentials, &repository()).expect("usable");
    let fault = get(None).list_runners().await.expect_err("the certificate is signed by nobody");
    assert!(matches!(fault, Error::Unreachable { .. }), "{fault}");
    assert_eq!(agreed.lock().expect("no panic").len(), 0);
    get(Some(CERTIFICATE)).list_runners().await.expect("listed");
    assert_eq!(*agreed.lock().expect("no panic"), [b"h2".to_vec(), b"http/1.1".to_vec()], "the REST API, and the service");
}

/// Has the call wait for an answer that never comes, and the clock of the runtime run on. Answers when the call gave up.
async fn given_up<T: std::fmt::Debug>(web: &Web, call: impl Future<Output = Result<T, Error>>) -> Duration {
    let asked = async {
        web.silent.notified().await;
        tokio::time::pause();
        tokio::time::Instant::now()
    };
    let (answer, asked) = futures_util::future::join(call, asked).await;
    let span = asked.elapsed();
    tokio::time::resume();
    assert!(answer.expect_err("no answer").to_string().contains("no answer in time"));
    span
}

#[tokio::test]
async fn calls_that_are_never_answered_are_given_up() {
    let web = Web::start().await;
    web.reply("DELETE /tenant/5/_apis/runtime/runnerscalesets/31/sessions", [Reply::Never]);
    web.reply("GET /queue/message", [Reply::Never]);
    web.reply("/agents", [Reply::Never]);
    let (service, session) = (web.service(), web.session());
    for (least, most, span) in [
        (9, 11, given_up(&web, service.delete_session(SCALE_SET, id())).await),
        (60, 70, given_up(&web, service.poll(&session, 0, 1)).await),
        (29, 31, given_up(&web, service.list_runners()).await),
    ] {
        assert!((least..=most).contains(&span.as_secs()), "{span:?}");
    }
}

#[tokio::test]
async fn a_session_that_is_served_again_tells_the_others() {
    let web = Web::start().await;
    let (service, session) = (web.service(), web.session());
    let mut recoveries = service.recoveries();
    web.text("GET /queue/message", 202, "");
    service.poll(&session, 0, 1).await.expect("polled");
    assert!(!recoveries.has_changed().expect("open"), "nothing had failed");
    web.text("GET /queue/message", 500, "");
    service.poll(&session, 0, 1).await.expect_err("it fails");
    assert!(!recoveries.has_changed().expect("open"));
    web.text("GET /queue/message", 202, "");
    service.poll(&session, 0, 1).await.expect("polled");
    assert!(recoveries.has_changed().expect("open"));
    recoveries.mark_unchanged();
    service.poll(&session, 0, 1).await.expect("polled");
    assert!(!recoveries.has_changed().expect("open"), "once");
}

#[tokio::test]
async fn no_error_brings_a_token_back() {
    let web = Web::start().await;
    let (service, session) = (web.service(), web.session());
    for status in [302, 400, 401, 403, 404, 409, 429, 500] {
        let body = json!({ "typeName": "X", "message": format!("you sent {ADMIN} and {QUEUE}") });
        web.say("/queue/message", status, body.clone());
        web.say("/runnerscalesets", status, body);
        let faults = [
            service.poll(&session, 0, 1).await.expect_err("refused"),
            service.create_session(SCALE_SET, "garm-1").await.expect_err("refused"),
        ];
        let told = [format!("{:?} {}", faults[0], faults[0]), format!("{:?} {}", faults[1], faults[1])];
        assert!(!told[0].contains(QUEUE) && !told[1].contains(ADMIN), "{told:?}");
    }
    assert!(!format!("{service:?} {session:?}").contains("a-token-of"), "{service:?}");
}

#[tokio::test]
async fn an_organization_and_an_enterprise_have_a_service_of_their_own_and_an_instance_has_none() {
    let web = Web::start().await;
    web.say("/agents", 200, json!({ "value": [] }));
    let forge = forge_client(&Clients::new(Clock::System), &web.url, CredentialsSecret::Pat(SecretString::from(PAT)));
    let at = |kind| EntityRef { kind, owner: String::new(), name: "acme".into() };
    for (kind, path, page) in
        [(EntityKind::Organization, "/orgs/acme/", "/acme"), (EntityKind::Enterprise, "/enterprises/acme/", "/enterprises/acme")]
    {
        forge.scale_sets(&at(kind)).expect("it has scale sets").list_runners().await.expect("listed");
        let asked = web.asked();
        assert!(asked[0].line.contains(path), "{}", asked[0].line);
        assert_eq!(asked[1].body["url"], format!("{}{page}", web.url));
    }
    assert!(matches!(forge.scale_sets(&at(EntityKind::Instance)), Err(Error::Unusable(_))));
    let again = forge.scale_sets(&at(EntityKind::Organization)).expect("the same");
    again.list_runners().await.expect("listed");
    assert_eq!(web.asked().len(), 1, "all callers share the tokens");
}
