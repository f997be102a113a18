//! The routes of the service.

use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::address::{below, service_address};
use super::connection::Connection;
use super::exchange::{Answer, Purpose, Request, garbled};
use super::json::number;
use super::message::message;
use super::refusal::{Fault, Refusal};
use super::wire::{group, list, long_text, named, runner, scale_set, session, settings_body};
use crate::forge::error::Error;
use crate::forge::github::wire::decode_jit;
use crate::forge::registration::Registered;
use crate::forge::scale_sets::{Recoveries, ScaleSetService};
use crate::model::{
    MessageSession, RunnerGroup, RunnerName, ScaleSetMessage, ScaleSetSettings, SecretString, ServiceRunner, ServiceScaleSet,
    ServiceScaleSetId, SessionId,
};

const SCALE_SETS: &str = "_apis/runtime/runnerscalesets";
const RUNNERS: &str = "_apis/distributedtask/pools/0/agents";
const GROUPS: &str = "_apis/runtime/runnergroups/";
/// The number of the default runner group, which every entity has.
const DEFAULT_GROUP: i64 = 1;

const DEADLINE: Duration = Duration::from_secs(30);
/// The service holds a poll open for about 50 s.
const POLL_DEADLINE: Duration = Duration::from_secs(65);
/// The end of a session is sometimes never answered, and nothing depends on the answer.
const END_DEADLINE: Duration = Duration::from_secs(10);

const fn purpose(name: &'static str, what: &'static str) -> Purpose {
    Purpose { name, what }
}

const FIND_GROUP: Purpose = purpose("GetRunnerGroupByName", "look up a runner group");
const FIND: Purpose = purpose("GetRunnerScaleSetByNameAndRunnerGroup", "look up a scale set by its name");
const GET: Purpose = purpose("GetRunnerScaleSetByID", "look up a scale set");
const CREATE: Purpose = purpose("CreateRunnerScaleSet", "make a scale set");
const UPDATE: Purpose = purpose("UpdateRunnerScaleSet", "change a scale set");
const DELETE: Purpose = purpose("DeleteRunnerScaleSet", "remove a scale set");
const OPEN: Purpose = purpose("CreateMessageSession", "open a message session");
const REFRESH: Purpose = purpose("RefreshMessageSession", "renew a message session");
const END: Purpose = purpose("DeleteMessageSession", "end a message session");
const POLL: Purpose = purpose("GetMessage", "wait for a message");
const ACKNOWLEDGE: Purpose = purpose("DeleteMessage", "acknowledge a message");
const ACQUIRE: Purpose = purpose("AcquireJobs", "acquire jobs");
const REGISTER: Purpose = purpose("GenerateJitRunnerConfig", "register a runner of a scale set");
const LIST_RUNNERS: Purpose = purpose("ListAllRunners", "list the runners of scale sets");
const FIND_RUNNER: Purpose = purpose("GetRunnerByName", "look up a runner of a scale set");
const REMOVE_RUNNER: Purpose = purpose("RemoveRunner", "remove a runner of a scale set");

/// The service of one entity.
#[derive(Debug)]
pub(super) struct Service {
    connection: Connection,
    recoveries: Recoveries,
}

/// A call of the service itself, and not of the messages of a session.
struct Call<'a> {
    purpose: Purpose,
    method: Method,
    /// Below the address of the service.
    path: String,
    query: &'a [(&'a str, &'a str)],
    body: Option<Value>,
    deadline: Duration,
    /// Authorizes the call in place of the token of the service.
    token: Option<&'a SecretString>,
}

impl<'a> Call<'a> {
    fn new(purpose: Purpose, method: Method, path: String) -> Self {
        Self { purpose, method, path, query: &[], body: None, deadline: DEADLINE, token: None }
    }

    fn get(purpose: Purpose, path: impl Into<String>) -> Self {
        Self::new(purpose, Method::GET, path.into())
    }

    fn with_query(self, query: &'a [(&'a str, &'a str)]) -> Self {
        Self { query, ..self }
    }

    fn with_body(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }
}

impl Service {
    pub(super) fn new(connection: Connection, recoveries: Recoveries) -> Self {
        Self { connection, recoveries }
    }

    async fn send(&self, call: Call<'_>) -> Result<Answer, Fault> {
        let admin = self.connection.admin().await?;
        let request = Request {
            purpose: call.purpose,
            method: call.method,
            url: below(&admin.url, &call.path, call.query),
            scheme: "Bearer",
            token: call.token.unwrap_or(&admin.token),
            body: call.body,
            capacity: None,
            deadline: call.deadline,
        };
        let answer = self.connection.exchange().send(request, self.connection.scope()).await;
        if let (Err(Fault::Refused(refusal)), None) = (&answer, call.token)
            && refusal.status == StatusCode::UNAUTHORIZED.as_u16()
        {
            self.connection.forget(&admin.token).await;
        }
        answer
    }

    /// Sends a call about messages, to the address and with the token of their session.
    async fn send_to_queue(&self, session: &MessageSession, queue: Queue) -> Result<Answer, Fault> {
        let Queue { purpose, method, deadline, message, last, capacity } = queue;
        let own = self.connection.forge()?;
        let mut url = service_address(&session.queue_url, &own).map_err(|why| garbled(purpose, &why))?;
        if let Some(message) = message {
            url.set_path(&format!("{}/{message}", url.path().trim_end_matches('/')));
        }
        if let Some(last) = last.filter(|last| *last > 0) {
            url.query_pairs_mut().append_pair("lastMessageId", &last.to_string());
        }
        let token = &session.token;
        let request = Request { purpose, method, url, scheme: "Bearer", token, body: None, capacity, deadline };
        self.connection.exchange().send(request, self.connection.scope()).await
    }

    /// The error of a call, where a thing that is not there is told by `missing`.
    fn error(&self, fault: Fault, purpose: Purpose, missing: impl FnOnce(&Refusal) -> Option<Error>) -> Error {
        if let Fault::Refused(refusal) = &fault
            && let Some(error) = missing(refusal)
        {
            return error;
        }
        fault.into_error(purpose.what, self.connection.credentials())
    }

    /// The answer to a call about a scale set, as JSON.
    async fn about_scale_set<T>(&self, call: Call<'_>, read: impl Fn(&Value) -> Result<T, String>) -> Result<T, Error> {
        let purpose = call.purpose;
        let answer = self.send(call).await.map_err(|fault| self.error(fault, purpose, scale_set_gone))?;
        read(&answer.json(purpose)?).map_err(|why| garbled(purpose, &why))
    }

    /// The answer to a call about the things of a list, as JSON.
    async fn about_all<T>(&self, call: Call<'_>, read: impl Fn(&Value) -> Result<T, String>) -> Result<T, Error> {
        let purpose = call.purpose;
        let answer = self.send(call).await.map_err(|fault| self.error(fault, purpose, |_| None))?;
        read(&answer.json(purpose)?).map_err(|why| garbled(purpose, &why))
    }

    /// A session as the service answers with it.
    async fn session(&self, call: Call<'_>, missing: impl FnOnce(&Refusal) -> Option<Error>) -> Result<MessageSession, Error> {
        let (purpose, now) = (call.purpose, self.connection.exchange().clock.now());
        let answer = self.send(call).await.map_err(|fault| self.error(fault, purpose, missing))?;
        session(&answer.json(purpose)?, now).map_err(|why| garbled(purpose, &why))
    }

    async fn poll_once(&self, session: &MessageSession, last: i64, capacity: u32) -> Result<Option<ScaleSetMessage>, Error> {
        let queue = Queue {
            purpose: POLL,
            method: Method::GET,
            deadline: POLL_DEADLINE,
            message: None,
            last: Some(last),
            capacity: Some(capacity),
        };
        let answer = self.send_to_queue(session, queue).await.map_err(|fault| self.error(fault, POLL, session_gone))?;
        if matches!(answer.status, StatusCode::ACCEPTED | StatusCode::NO_CONTENT) {
            return Ok(None);
        }
        message(&answer.json(POLL)?).map(Some).map_err(|why| garbled(POLL, &why))
    }
}

/// A call about the messages of a session.
struct Queue {
    purpose: Purpose,
    method: Method,
    deadline: Duration,
    /// The message that it is about.
    message: Option<i64>,
    /// The number of the last message.
    last: Option<i64>,
    capacity: Option<u32>,
}

impl ScaleSetService for Service {
    fn find_group<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<RunnerGroup>, Error>> {
        Box::pin(async move {
            if name.is_empty() {
                return Ok(Some(RunnerGroup { id: DEFAULT_GROUP, name: "Default".to_owned(), is_default: true }));
            }
            let call = Call::get(FIND_GROUP, GROUPS);
            self.about_all(call.with_query(&[("groupName", name)]), |answer| named(answer, name, group, |group| &group.name)).await
        })
    }

    fn find_scale_set<'a>(&'a self, group_id: i64, name: &'a str) -> BoxFuture<'a, Result<Option<ServiceScaleSet>, Error>> {
        Box::pin(async move {
            let (call, group_id) = (Call::get(FIND, SCALE_SETS), group_id.to_string());
            let query = [("runnerGroupId", group_id.as_str()), ("name", name)];
            self.about_all(call.with_query(&query), |answer| named(answer, name, scale_set, |found| &found.name)).await
        })
    }

    fn get_scale_set(&self, id: ServiceScaleSetId) -> BoxFuture<'_, Result<ServiceScaleSet, Error>> {
        Box::pin(self.about_scale_set(Call::get(GET, route(id)), scale_set))
    }

    fn create_scale_set<'a>(&'a self, settings: &'a ScaleSetSettings) -> BoxFuture<'a, Result<ServiceScaleSet, Error>> {
        Box::pin(async move {
            let call = Call::new(CREATE, Method::POST, SCALE_SETS.to_owned()).with_body(settings_body(settings));
            let exists = |refusal: &Refusal| {
                let is_taken = refusal.status == 409 || refusal.is("ScaleSetExists");
                is_taken.then(|| Error::ScaleSetExists { status: refusal.status, words: refusal.words.clone() })
            };
            let answer = self.send(call).await.map_err(|fault| self.error(fault, CREATE, exists))?;
            scale_set(&answer.json(CREATE)?).map_err(|why| garbled(CREATE, &why))
        })
    }

    fn update_scale_set<'a>(
        &'a self,
        id: ServiceScaleSetId,
        settings: &'a ScaleSetSettings,
    ) -> BoxFuture<'a, Result<ServiceScaleSet, Error>> {
        Box::pin(self.about_scale_set(Call::new(UPDATE, Method::PATCH, route(id)).with_body(settings_body(settings)), scale_set))
    }

    fn delete_scale_set(&self, id: ServiceScaleSetId) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let answer = self.send(Call::new(DELETE, Method::DELETE, route(id))).await;
            match answer.map_err(|fault| self.error(fault, DELETE, scale_set_gone)) {
                Ok(_) | Err(Error::ScaleSetGone { .. }) => Ok(()),
                Err(fault) => Err(fault),
            }
        })
    }

    fn create_session<'a>(&'a self, id: ServiceScaleSetId, owner: &'a str) -> BoxFuture<'a, Result<MessageSession, Error>> {
        Box::pin(async move {
            let call = Call::new(OPEN, Method::POST, format!("{}/sessions", route(id))).with_body(json!({ "ownerName": owner }));
            let answer = self.session(call, |refusal| {
                if refusal.status == 409 || refusal.is("SessionConflictException") {
                    return Some(Error::SessionConflict { owner: refusal.owner(), words: refusal.words.clone() });
                }
                scale_set_gone(refusal)
            });
            let answer = answer.await;
            self.recoveries.note(&answer);
            answer
        })
    }

    fn refresh_session(&self, id: ServiceScaleSetId, session: SessionId) -> BoxFuture<'_, Result<MessageSession, Error>> {
        Box::pin(async move {
            let call = Call::new(REFRESH, Method::PATCH, format!("{}/sessions/{session}", route(id)));
            let answer = self.session(call, session_gone).await;
            self.recoveries.note(&answer);
            answer
        })
    }

    fn delete_session(&self, id: ServiceScaleSetId, session: SessionId) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let call = Call::new(END, Method::DELETE, format!("{}/sessions/{session}", route(id)));
            let answer = self.send(Call { deadline: END_DEADLINE, ..call }).await;
            match answer.map_err(|fault| self.error(fault, END, session_gone)) {
                Ok(_) | Err(Error::SessionGone { .. }) => Ok(()),
                Err(fault) => Err(fault),
            }
        })
    }

    fn poll<'a>(&'a self, session: &'a MessageSession, last: i64, capacity: u32) -> BoxFuture<'a, Result<Option<ScaleSetMessage>, Error>> {
        Box::pin(async move {
            let answer = self.poll_once(session, last, capacity).await;
            self.recoveries.note(&answer);
            answer
        })
    }

    fn acknowledge<'a>(&'a self, session: &'a MessageSession, message: i64) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let message = Some(message);
            let queue = Queue { purpose: ACKNOWLEDGE, method: Method::DELETE, deadline: DEADLINE, message, last: None, capacity: None };
            match self.send_to_queue(session, queue).await.map_err(|fault| self.error(fault, ACKNOWLEDGE, session_gone)) {
                Ok(_) | Err(Error::SessionGone { .. }) => Ok(()),
                Err(fault) => Err(fault),
            }
        })
    }

    fn acquire<'a>(
        &'a self,
        id: ServiceScaleSetId,
        session: &'a MessageSession,
        requests: &'a [i64],
    ) -> BoxFuture<'a, Result<Option<Vec<i64>>, Error>> {
        Box::pin(async move {
            let call = Call::new(ACQUIRE, Method::POST, format!("{}/acquirejobs", route(id))).with_body(json!(requests));
            match self.send(Call { token: Some(&session.token), ..call }).await {
                Ok(answer) => {
                    let read = |answer: &Value| list(answer, |item| item.as_i64().ok_or_else(|| "a request that is no number".to_owned()));
                    read(&answer.json(ACQUIRE)?).map(Some).map_err(|why| garbled(ACQUIRE, &why))
                }
                // github.com assigns jobs by itself, and does not have the route.
                Err(Fault::Refused(refusal))
                    if refusal.status == 404 && !refusal.is("ScaleSetNotFound") && !refusal.is("SessionNotFound") =>
                {
                    Ok(None)
                }
                Err(fault) => Err(self.error(fault, ACQUIRE, session_gone)),
            }
        })
    }

    fn register_jit<'a>(&'a self, id: ServiceScaleSetId, name: &'a RunnerName) -> BoxFuture<'a, Result<Registered, Error>> {
        Box::pin(async move {
            let body = json!({ "name": name, "workFolder": "_work" });
            let call = Call::new(REGISTER, Method::POST, format!("{}/generatejitconfig", route(id))).with_body(body);
            let exists = |refusal: &Refusal| {
                let is_taken = refusal.is("AgentExistsException") || (refusal.status == 409 && refusal.words.is_empty());
                if is_taken { Some(Error::Exists) } else { scale_set_gone(refusal) }
            };
            let answer = self.send(call).await.map_err(|fault| self.error(fault, REGISTER, exists))?.json(REGISTER)?;
            let read = |read: Result<String, String>| read.map_err(|why| garbled(REGISTER, &why));
            let agent_id = number(answer.get("runner").unwrap_or(&Value::Null), "id").map_err(|why| garbled(REGISTER, &why))?;
            if agent_id <= 0 {
                return Err(garbled(REGISTER, "a runner without a number"));
            }
            let encoded = SecretString::from(read(long_text(&answer, "encodedJITConfig"))?);
            Ok(Registered { agent_id, jit: decode_jit(&encoded)? })
        })
    }

    fn list_runners(&self) -> BoxFuture<'_, Result<Vec<ServiceRunner>, Error>> {
        Box::pin(self.about_all(Call::get(LIST_RUNNERS, RUNNERS), |answer| list(answer, runner)))
    }

    fn find_runner<'a>(&'a self, name: &'a RunnerName) -> BoxFuture<'a, Result<Option<ServiceRunner>, Error>> {
        Box::pin(async move {
            let query = [("agentName", name.as_str())];
            let call = Call::get(FIND_RUNNER, RUNNERS).with_query(&query);
            self.about_all(call, |answer| named(answer, name.as_str(), runner, |found| found.runner.name.as_str())).await
        })
    }

    fn remove_runner(&self, agent_id: i64) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            match self.send(Call::new(REMOVE_RUNNER, Method::DELETE, format!("{RUNNERS}/{agent_id}"))).await {
                Ok(_) => Ok(()),
                Err(Fault::Refused(refusal)) if refusal.status == 404 || refusal.is("AgentNotFoundException") => Ok(()),
                Err(fault) => Err(self.error(fault, REMOVE_RUNNER, |_| None)),
            }
        })
    }

    fn recoveries(&self) -> watch::Receiver<u64> {
        self.recoveries.subscribe()
    }
}

/// Where a scale set is below the address of the service.
fn route(id: ServiceScaleSetId) -> String {
    format!("{SCALE_SETS}/{id}")
}

/// A 404 to a call about a scale set.
fn scale_set_gone(refusal: &Refusal) -> Option<Error> {
    (refusal.status == 404).then(|| Error::ScaleSetGone { words: refusal.words.clone() })
}

/// A 404 to a call about a session, which may also mean that its scale set is gone.
fn session_gone(refusal: &Refusal) -> Option<Error> {
    let is_gone = refusal.status == 404 && !refusal.is("RunnerScaleSetNotFoundException");
    is_gone.then(|| Error::SessionGone { words: refusal.words.clone() })
}
