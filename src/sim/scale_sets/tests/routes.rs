//! The routes: who may call, what they answer, and what goes wrong on request.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::{job, wanted};
use crate::clock::{Clock, VirtualClock};
use crate::model::SecretString;
use crate::sim::forge::Forge;
use crate::sim::nouns::{Conclusion, Scope};
use crate::sim::scale_sets::calls::{FaultEnd, FaultKind, ServiceCall, ServiceFault};
use crate::sim::scale_sets::settings::Manner;
use crate::sim::server::ForgeServer;
use crate::time::Timestamp;

const TOKEN: &str = "ghp_token";
pub(super) const SETS: &str = "_apis/runtime/runnerscalesets";
pub(super) const AGENTS: &str = "_apis/distributedtask/pools/0/agents";

/// A client that takes what it gets.
pub(super) struct Client {
    pub(super) forge: Forge,
    pub(super) clock: VirtualClock,
    server: ForgeServer,
    http: reqwest::Client,
    service: Url,
    token: String,
}

impl Client {
    /// Connected for the repository `octo/hello`.
    pub(super) async fn new() -> Self {
        let clock = VirtualClock::default();
        let forge = Forge::new(Clock::Virtual(clock.clone()));
        forge.add_token(&SecretString::from(TOKEN));
        // Where a test moves the clock, nothing but tokens is to end.
        forge.configure(|settings| settings.scale_sets.session_timeout = Duration::from_hours(24));
        let server = ForgeServer::start(forge.clone(), ([127, 0, 0, 1], 0).into()).await.expect("starts");
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let service = Url::parse(server.url()).expect("a URL");
        let mut client = Self { forge, clock, server, http, service, token: String::new() };
        client.connect().await;
        client
    }

    /// A registration token for the repository.
    pub(super) async fn registration_token(&self) -> Value {
        let url = format!("{}/repos/octo/hello/actions/runners/registration-token", self.server.api_url());
        self.http.post(url).bearer_auth(TOKEN).send().await.expect("an answer").json().await.expect("JSON")
    }

    async fn register(&self, scheme: &str, token: &str, path: &str) -> Response {
        let body = json!({ "url": format!("{}/{path}", self.server.url()), "runner_event": "register" });
        let url = format!("{}/actions/runner-registration", self.server.api_url());
        self.http.post(url).header("authorization", format!("{scheme} {token}")).json(&body).send().await.expect("an answer")
    }

    /// The admin connection, which is used from now on.
    pub(super) async fn connect(&mut self) -> Value {
        let token = self.registration_token().await;
        let answer = self.register("RemoteAuth", token["token"].as_str().expect("a token"), "octo/hello").await;
        assert_eq!(answer.status(), StatusCode::OK);
        let connection: Value = answer.json().await.expect("JSON");
        self.service = Url::parse(connection["url"].as_str().expect("a URL")).expect("a URL");
        connection["token"].as_str().expect("a token").clone_into(&mut self.token);
        connection
    }

    /// The URL of a path of the service, with its query and that of the service.
    fn at(&self, path: &str) -> Url {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut url = self.service.clone();
        url.set_path(&format!("{}{path}", self.service.path()));
        url.query_pairs_mut().append_pair("api-version", "6.0-preview");
        let query = if query.is_empty() { String::new() } else { format!("&{query}") };
        url.set_query(Some(&format!("{}{query}", url.query().unwrap_or_default())));
        url
    }

    async fn send(&self, method: Method, url: Url, token: &str, body: Option<Value>) -> Response {
        let mut request = self.http.request(method, url).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.expect("an answer")
    }

    /// Makes a call; an empty body is `null`.
    pub(super) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        read(self.send(method, self.at(path), &self.token, body).await).await
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(Method::POST, path, Some(body)).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// A scale set for the label `x64`, with a session.
    pub(super) async fn session(&self) -> Session<'_> {
        let set = self.post(SETS, json!({ "name": "x64", "runnerGroupId": 1, "labels": [{ "name": "x64" }] })).await;
        let id = set["id"].as_i64().expect("a number");
        let object = self.post(&format!("{SETS}/{id}/sessions"), json!({ "ownerName": "listener" })).await;
        Session { client: self, id, object }
    }
}

/// An open session.
pub(super) struct Session<'a> {
    client: &'a Client,
    pub(super) id: i64,
    pub(super) object: Value,
}

impl Session<'_> {
    fn word(&self, key: &str) -> &str {
        self.object[key].as_str().expect("a text")
    }

    fn path(&self) -> String {
        format!("{SETS}/{}/sessions/{}", self.id, self.word("sessionId"))
    }

    async fn poll_with(&self, capacity: Option<usize>) -> Response {
        let mut request = self.client.http.get(self.word("messageQueueUrl")).bearer_auth(self.word("messageQueueAccessToken"));
        request = request.header("accept", "application/json; api-version=6.0-preview");
        if let Some(capacity) = capacity {
            request = request.header("X-ScaleSetMaxCapacity", capacity.to_string());
        }
        request.send().await.expect("an answer")
    }

    pub(super) async fn poll(&self, capacity: usize) -> (u16, Value) {
        read(self.poll_with(Some(capacity)).await).await
    }

    pub(super) async fn acknowledge(&self, message: &Value) -> u16 {
        let mut url = Url::parse(self.word("messageQueueUrl")).expect("a URL");
        url.set_path(&format!("{}/{}", url.path(), message["messageId"]));
        self.client.send(Method::DELETE, url, self.word("messageQueueAccessToken"), None).await.status().as_u16()
    }

    async fn acquire(&self, requests: &[i64]) -> (u16, Value) {
        let url = self.client.at(&format!("{SETS}/{}/acquirejobs", self.id));
        read(self.client.send(Method::POST, url, self.word("messageQueueAccessToken"), Some(json!(requests))).await).await
    }

    async fn delete(&self) -> u16 {
        self.client.call(Method::DELETE, &self.path(), None).await.0
    }
}

async fn read(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    let body = answer.bytes().await.expect("a body");
    (status, if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).expect("JSON") })
}

fn type_of(answer: &(u16, Value)) -> (u16, &str) {
    let name = answer.1["typeName"].as_str().unwrap_or_default();
    (answer.0, name.split(',').next().and_then(|name| name.rsplit('.').next()).unwrap_or_default())
}

fn fault(call: Option<ServiceCall>, kind: FaultKind, end: FaultEnd) -> ServiceFault {
    ServiceFault { call, kind, end }
}

/// The items in the body of a message.
pub(super) fn items(message: &Value) -> Vec<Value> {
    serde_json::from_str(message["body"].as_str().expect("a text")).expect("JSON")
}

#[tokio::test]
async fn a_registration_token_leads_to_the_service_and_to_a_token_for_its_entity() {
    let mut client = Client::new().await;
    let token = client.registration_token().await["token"].as_str().expect("a token").to_owned();
    for (scheme, token, path) in
        [("Bearer", &*token, "octo/hello"), ("RemoteAuth", "none", "octo/hello"), ("RemoteAuth", &token, "octo/other")]
    {
        assert_eq!(client.register(scheme, token, path).await.status(), 401, "{scheme} {path}");
    }
    assert!(client.service.path().len() > 1 && client.service.query().is_some(), "the URL has a path and a query: {}", client.service);
    client.get(SETS).await;

    client.forge.configure(|settings| settings.scale_sets.clock_ahead = 3_600);
    let connection = client.connect().await;
    let payload = connection["token"].as_str().and_then(|token| token.split('.').nth(1)).expect("three parts").to_owned();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64")).expect("JSON");
    assert_eq!(claims["exp"], 3_600 + 16 * 60, "by the clock of the service");
    let answer = client.send(Method::GET, client.at(SETS), &client.token, None).await;
    assert_eq!(answer.headers()["date"], "Thu, 01 Jan 1970 01:00:00 GMT");
    client.clock.advance(Duration::from_mins(16));
    assert_eq!(client.call(Method::GET, SETS, None).await.0, 401, "expired");
    client.connect().await;
    client.get(SETS).await;
}

#[tokio::test]
async fn a_call_without_the_query_of_the_service_the_version_or_the_right_token_is_refused() {
    let client = Client::new().await;
    let session = client.session().await;
    let status = async |url: &Url, token: &str| client.send(Method::GET, url.clone(), token, None).await.status().as_u16();
    let good = client.at(SETS);
    assert_eq!(status(&good, &client.token).await, 200);
    for query in [None, Some("route=scale-sets"), Some("api-version=6.0-preview")] {
        let mut url = good.clone();
        url.set_query(query);
        assert_eq!(status(&url, &client.token).await, 400, "{url}");
    }
    let mut elsewhere = good.clone();
    elsewhere.set_path(&good.path().replace("/_services/", "/_services/1"));
    assert_eq!(status(&elsewhere, &client.token).await, 401, "the service of another entity");
    assert_eq!(status(&good, session.word("messageQueueAccessToken")).await, 401);
    let queue = Url::parse(session.word("messageQueueUrl")).expect("a URL");
    assert_eq!(status(&queue, &client.token).await, 401);
    assert_eq!(status(&queue, session.word("messageQueueAccessToken")).await, 400, "no capacity, no version");
    assert_eq!(session.poll_with(None).await.status(), 400, "the capacity is sent also when it is 0");
}

#[tokio::test]
async fn a_poll_is_answered_as_soon_as_there_is_a_job() {
    let client = Client::new().await;
    client.forge.configure(|settings| settings.scale_sets.poll_wait = Duration::from_hours(1));
    let session = client.session().await;
    let queue = async {
        client.forge.wait_until(|state| state.scale_sets().any(|set| set.capacity() == Some(1))).await;
        client.forge.queue_job(job(&["x64"]));
    };
    let ((status, message), ()) = tokio::join!(session.poll(1), queue);
    assert_eq!((status, &message["statistics"]["totalAssignedJobs"]), (200, &json!(1)));
    assert_eq!(items(&message)[0]["runnerRequestId"], 0);
    assert_eq!((session.acknowledge(&message).await, session.acknowledge(&message).await), (204, 204));
    assert_eq!(session.acknowledge(&json!({ "messageId": 7 })).await, 404);
    assert_eq!(type_of(&session.acquire(&[0]).await), (404, "VssResourceNotFoundException"));

    let hang_up = async {
        client.forge.wait_until(|state| state.scale_sets().any(|set| set.capacity() == Some(2))).await;
    };
    tokio::select! {
        answer = session.poll(2) => panic!("there is nothing to tell: {answer:?}"),
        () = hang_up => {}
    }
    client.forge.wait_until(|state| state.scale_sets().all(|set| set.capacity().is_none())).await;
    client.forge.configure(|settings| settings.scale_sets.poll_wait = Duration::ZERO);
    assert_eq!(session.poll(1).await, (202, Value::Null));
}

#[tokio::test]
async fn as_on_ghes_the_queue_has_a_query_and_jobs_are_acquired() {
    let client = Client::new().await;
    client.forge.configure(|settings| settings.scale_sets.manner = Manner::Offers);
    let session = client.session().await;
    assert!(session.word("messageQueueUrl").ends_with(&format!("?sessionId={}", session.word("sessionId"))));
    let path = format!("{SETS}/{}/acquirablejobs", session.id);
    assert_eq!(client.call(Method::GET, &path, None).await, (204, Value::Null));
    client.forge.queue_job(job(&["x64"]));
    let (_, message) = session.poll(1).await;
    let offer = &items(&message)[0];
    assert_eq!(
        (&offer["messageType"], offer["acquireJobUrl"].as_str().is_some_and(|url| url.ends_with("/acquirejobs"))),
        (&json!("JobAvailable"), true)
    );
    assert_eq!(client.get(&path).await["value"][0]["jobId"], offer["jobId"]);
    let request = offer["runnerRequestId"].as_i64().expect("a number");
    assert_eq!(session.acknowledge(&message).await, 204);
    assert_eq!(session.acquire(&[request, 77]).await, (200, json!({ "count": 1, "value": [request] })));
    assert_eq!(items(&session.poll(1).await.1)[0]["messageType"], "JobAssigned");
}

#[tokio::test]
async fn a_queue_token_ends_with_its_time_and_with_its_session() {
    let client = Client::new().await;
    client.forge.configure(|settings| {
        settings.scale_sets.queue_token_lifetime = Duration::from_mins(10);
        settings.scale_sets.poll_wait = Duration::ZERO;
    });
    let mut session = client.session().await;
    assert_eq!(
        type_of(&client.call(Method::POST, &format!("{SETS}/{}/sessions", session.id), Some(json!({ "ownerName": "b" }))).await),
        (409, "RunnerScaleSetSessionConflictException")
    );
    client.clock.advance(Duration::from_mins(10));
    assert_eq!((session.poll(1).await.0, session.acknowledge(&json!({ "messageId": 1 })).await), (401, 401));
    let (status, refreshed) = client.call(Method::PATCH, &session.path(), None).await;
    assert_eq!((status, &refreshed["sessionId"], &refreshed["ownerName"]), (200, &session.object["sessionId"], &json!("listener")));
    session.object = refreshed;
    assert_eq!(session.poll(1).await.0, 202);
    client.forge.end_message_session(session.id);
    assert_eq!(session.poll(1).await.0, 401);
    assert_eq!(type_of(&client.call(Method::PATCH, &session.path(), None).await), (404, "RunnerScaleSetSessionNotFoundException"));
    client.forge.remove_scale_set(session.id);
    assert_eq!(type_of(&client.call(Method::PATCH, &session.path(), None).await), (404, "RunnerScaleSetNotFoundException"));
    assert_eq!(type_of(&client.call(Method::GET, &format!("{SETS}/{}", session.id), None).await), (404, "RunnerScaleSetNotFoundException"));
}

#[tokio::test]
async fn a_poll_that_waits_ends_with_its_session() {
    let client = Client::new().await;
    client.forge.configure(|settings| settings.scale_sets.poll_wait = Duration::from_hours(1));
    let session = client.session().await;
    let end = async {
        client.forge.wait_until(|state| state.scale_sets().any(|set| set.capacity().is_some())).await;
        client.forge.remove_scale_set(session.id);
    };
    let ((status, _), ()) = tokio::join!(session.poll(1), end);
    assert_eq!(status, 401);
}

#[tokio::test]
async fn runners_of_all_kinds_are_listed_and_those_with_a_job_stay() {
    let client = Client::new().await;
    let session = client.session().await;
    let sets = format!("{SETS}/{}/generatejitconfig", session.id);
    let new = |name: &str| json!({ "name": name, "workFolder": "_work" });
    let made = client.post(&sets, new("r1")).await;
    let id = made["runner"]["id"].as_i64().expect("a number");
    assert_eq!((&made["runner"]["runnerScaleSetId"], &made["runner"]["status"]), (&json!(session.id), &json!("offline")));
    assert_eq!(type_of(&client.call(Method::POST, &sets, Some(new("R1"))).await), (409, "TaskAgentExistsException"));
    assert_eq!(type_of(&client.call(Method::POST, &format!("{SETS}/99/generatejitconfig"), Some(new("r2"))).await).0, 404);
    client.forge.write(|state| {
        let other = state.create_scale_set(&Scope::organization("octo"), wanted("of the organization", &[])).expect("made");
        state.register_in_scale_set(&Scope::organization("octo"), other, "elsewhere").expect("registered");
    });
    let list = client.get(AGENTS).await;
    assert_eq!((&list["count"], &list["value"][0]["name"]), (&json!(1), &json!("r1")));
    assert_eq!(client.get(&format!("{AGENTS}?agentName=r1")).await["count"], 1);
    assert_eq!(client.get(&format!("{AGENTS}?agentName=r2")).await, json!({ "count": 0, "value": [] }));

    let work = client.forge.queue_job(job(&["x64"]));
    assert_eq!(session.poll(1).await.0, 200);
    let runner_session = client.forge.write(|state| {
        let own = state.open_session(id, "2.330.0").expect("connected");
        state.begin_poll(id, own).expect("waits");
        state.begin_job(id, own, work).expect("begun");
        own
    });
    let one = format!("{AGENTS}/{id}");
    let busy = client.get(&one).await;
    assert_eq!((&busy["busy"], &busy["status"], &busy["version"]), (&json!(true), &json!("online"), &json!("2.330.0")));
    assert_eq!(type_of(&client.call(Method::DELETE, &one, None).await), (409, "TaskAgentJobStillRunningException"));
    client.forge.write(|state| state.end_job(id, runner_session, work, Conclusion::Failure)).expect("ended");
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(type_of(&client.call(method, &one, None).await), (404, "TaskAgentNotFoundException"));
    }
    let spare = client.post(&sets, new("r2")).await["runner"]["id"].clone();
    assert_eq!(client.call(Method::DELETE, &format!("{AGENTS}/{spare}"), None).await.0, 204);
}

#[tokio::test]
async fn calls_fail_on_request_for_a_while_or_until_they_are_healed() {
    let client = Client::new().await;
    client.forge.configure(|settings| settings.scale_sets.poll_wait = Duration::ZERO);
    let session = client.session().await;
    let forge = &client.forge;
    let status = async || client.call(Method::GET, SETS, None).await.0;
    forge.break_service(fault(Some(ServiceCall::ListScaleSets), FaultKind::Status(500), FaultEnd::AfterCalls(2)));
    assert_eq!((status().await, session.poll(0).await.0, status().await, status().await), (500, 202, 500, 200));
    let until = Timestamp::EPOCH.after(Duration::from_mins(1));
    forge.break_service(fault(None, FaultKind::Status(503), FaultEnd::At(until)));
    assert_eq!((status().await, session.poll(0).await.0, session.delete().await), (503, 503, 503));
    client.clock.advance(Duration::from_mins(1));
    assert_eq!(status().await, 200);
    forge.break_service(fault(None, FaultKind::Status(500), FaultEnd::WhenHealed));
    assert_eq!((status().await, status().await), (500, 500));
    forge.heal_service();
    assert_eq!(status().await, 200);
    assert!(forge.scale_sets()[0].session.is_some(), "a call that fails has no effect");

    assert_eq!((forge.service_calls(ServiceCall::ListScaleSets), forge.service_calls(ServiceCall::Poll)), (8, 2));
    assert_eq!(forge.busiest_minute(|called| called.call == ServiceCall::ListScaleSets), 4);
    assert_eq!(forge.busiest_minute(|called| called.scale_set == Some(session.id)), 4, "a session, two polls, one removal");
}

#[tokio::test]
async fn answers_are_cut_marked_robbed_of_the_queue_or_never_come_on_request() {
    let client = Client::new().await;
    let session = client.session().await;
    client.forge.queue_job(job(&["x64"]));
    let break_poll = |kind| client.forge.break_service(fault(Some(ServiceCall::Poll), kind, FaultEnd::AfterCalls(1)));
    for (kind, length) in [(FaultKind::Cut(0), 0), (FaultKind::Cut(9), 9)] {
        break_poll(kind);
        let answer = session.poll_with(Some(1)).await;
        assert_eq!((answer.status().as_u16(), answer.bytes().await.expect("a body").len()), (200, length));
    }
    break_poll(FaultKind::ByteOrderMark);
    let body = session.poll_with(Some(1)).await.bytes().await.expect("a body");
    let message: Value = serde_json::from_slice(body.strip_prefix(b"\xef\xbb\xbf").expect("the mark")).expect("JSON");
    assert_eq!(session.poll(1).await.1["messageId"], message["messageId"], "what was not acknowledged comes again");

    client.forge.break_service(fault(Some(ServiceCall::RefreshSession), FaultKind::EmptyQueueUrl, FaultEnd::AfterCalls(1)));
    let refresh = async || client.call(Method::PATCH, &session.path(), None).await.1;
    assert_eq!(refresh().await["messageQueueUrl"], "");
    assert_eq!(refresh().await["messageQueueUrl"], session.object["messageQueueUrl"]);

    client.forge.break_service(fault(Some(ServiceCall::DeleteSession), FaultKind::Hangs, FaultEnd::AfterCalls(1)));
    let hangs = async {
        while client.forge.service_calls(ServiceCall::DeleteSession) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        answer = session.delete() => panic!("it was answered: {answer}"),
        () = hangs => {}
    }
    assert_eq!(session.delete().await, 204, "the first had no effect");
    assert_eq!(session.delete().await, 404);
}
