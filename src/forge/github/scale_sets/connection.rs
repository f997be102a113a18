//! The way to the service of one entity: a registration token is traded for the address of the service and a token for it. All callers share both, and
//! one fetches them while the others wait.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::sync::Mutex;
use url::Url;

use super::address::service_address;
use super::exchange::{Exchange, Purpose, Request, garbled};
use super::lifetime::ends_at;
use super::refusal::Fault;
use super::wire::long_text;
use crate::clock::Clock;
use crate::forge::error::Error;
use crate::forge::github::place::path;
use crate::forge::github::rest::{Call, Operation, Rest};
use crate::forge::github::wire::TokenAnswer;
use crate::model::{CallKind, EntityRef, Importance, SecretString, expose};
use crate::time::Timestamp;

const MAKE_TOKEN: Operation = Operation::new(
    "CreateEntityRegistrationToken",
    "make a registration token for the service of scale sets",
    Importance::Act,
    CallKind::Write,
);
const CONNECT: Purpose = Purpose { name: "GetActionServiceInfo", what: "tell the address of the service of scale sets" };

/// A token for the service is renewed so long before its end.
const RENEW_BEFORE: Duration = Duration::from_mins(1);
/// A registration token is good for an hour, and used for less.
const REGISTRATION_LIFE: Duration = Duration::from_mins(55);
const DEADLINE: Duration = Duration::from_secs(30);
/// A registration token may not be known everywhere at once: it is asked with again after these pauses. GitHub's own client does so, too.
const FRESH_PAUSES: [Duration; 3] = [Duration::from_millis(250), Duration::from_millis(500), Duration::from_secs(1)];
/// A registration token that was refused all the same is replaced after this: the fault is that of the credentials.
const REFUSED_LIFE: Duration = Duration::from_mins(10);
/// All callers within this time share one failure: the sessions of an entity must not ask one after the other.
const FAILURE_SHARED: Duration = Duration::from_secs(5);

/// The way to the service of one entity.
pub(super) struct Connection {
    rest: Arc<Rest>,
    exchange: Exchange,
    at: EntityRef,
    /// The page of the entity, by which the forge knows it here.
    page: String,
    clock: Clock,
    state: Mutex<State>,
}

/// The address of the service, and a token for it.
#[derive(Clone)]
pub(super) struct Admin {
    pub(super) url: Url,
    pub(super) token: SecretString,
    got_at: Timestamp,
    renew_at: Timestamp,
}

struct Registration {
    token: SecretString,
    got_at: Timestamp,
    renew_at: Timestamp,
    /// Whether it was refused when it was new.
    was_refused: bool,
}

#[derive(Default)]
struct State {
    admin: Option<Admin>,
    registration: Option<Registration>,
    failed: Option<(Timestamp, Error)>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("at", &self.at).finish_non_exhaustive()
    }
}

impl Connection {
    pub(super) fn new(rest: Arc<Rest>, exchange: Exchange, at: EntityRef, page: String) -> Self {
        let clock = exchange.clock.clone();
        Self { rest, exchange, at, page, clock, state: Mutex::default() }
    }

    pub(super) fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// The name of the credentials.
    pub(super) fn credentials(&self) -> &str {
        self.rest.credentials()
    }

    /// The address of the forge itself.
    pub(super) fn forge(&self) -> Result<Url, Error> {
        self.rest.address("", None)
    }

    /// The kind of the entity, as the figures name it.
    pub(super) fn scope(&self) -> &'static str {
        super::exchange::scope(self.at.kind)
    }

    /// The address of the service and a token that is good for a while.
    pub(super) async fn admin(&self) -> Result<Admin, Error> {
        let mut state = self.state.lock().await;
        let now = self.clock.now();
        let is_between = |from: Timestamp, until: Timestamp| from <= now && now < until;
        if let Some(admin) = state.admin.as_ref().filter(|admin| is_between(admin.got_at, admin.renew_at)) {
            return Ok(admin.clone());
        }
        if let Some((_, fault)) = state.failed.as_ref().filter(|(at, _)| is_between(*at, at.after(FAILURE_SHARED))) {
            return Err(fault.clone());
        }
        let connected = self.connect(&mut state).await;
        state.failed = connected.as_ref().err().map(|fault| (self.clock.now(), fault.clone()));
        state.admin = connected.as_ref().ok().cloned();
        connected
    }

    /// The service does not accept this token any more.
    pub(super) async fn forget(&self, refused: &SecretString) {
        let mut state = self.state.lock().await;
        if state.admin.as_ref().is_some_and(|admin| expose(&admin.token) == expose(refused)) {
            state.admin = None;
        }
    }

    async fn connect(&self, state: &mut State) -> Result<Admin, Error> {
        let now = self.clock.now();
        let known = state.registration.take().filter(|known| known.got_at <= now && now < known.renew_at);
        if let Some(known) = known {
            match self.ask(&known.token).await {
                Err(Fault::Refused(refusal)) if refusal.is_of_token() && known.was_refused => {
                    // Another one would be refused, too.
                    state.registration = Some(known);
                    return Err(self.refused(Fault::Refused(refusal)));
                }
                // It may have ended early.
                Err(Fault::Refused(refusal)) if refusal.is_of_token() => {}
                answer => {
                    state.registration = Some(known);
                    return answer.map_err(|fault| self.refused(fault));
                }
            }
        }
        let call = Call::new(Method::POST, MAKE_TOKEN, format!("{}/actions/runners/registration-token", path(&self.at)?));
        let token = self.rest.json::<TokenAnswer>(call).await?.token;
        let got_at = self.clock.now();
        let mut registration = Registration { token, got_at, renew_at: got_at.after(REGISTRATION_LIFE), was_refused: false };
        let mut pauses = FRESH_PAUSES.iter();
        let answer = loop {
            match (self.ask(&registration.token).await, pauses.next()) {
                (Err(Fault::Refused(refusal)), Some(pause)) if refusal.is_of_token() => tokio::time::sleep(*pause).await,
                (answer, _) => break answer,
            }
        };
        if matches!(&answer, Err(Fault::Refused(refusal)) if refusal.is_of_token()) {
            (registration.renew_at, registration.was_refused) = (got_at.after(REFUSED_LIFE), true);
        }
        state.registration = Some(registration);
        answer.map_err(|fault| self.refused(fault))
    }

    /// Trades a registration token for a connection.
    async fn ask(&self, registration: &SecretString) -> Result<Admin, Fault> {
        let request = Request {
            purpose: CONNECT,
            method: Method::POST,
            url: self.rest.address("actions/runner-registration", None)?,
            scheme: "RemoteAuth",
            token: registration,
            body: Some(json!({ "url": self.page, "runner_event": "register" })),
            capacity: None,
            deadline: DEADLINE,
        };
        let own = request.url.clone();
        let answer = self.exchange.send(request, self.scope()).await?.json(CONNECT)?;
        let read = |read: Result<String, String>| read.map_err(|why| garbled(CONNECT, &why));
        let (url, token) = (read(long_text(&answer, "url"))?, read(long_text(&answer, "token"))?);
        if token.is_empty() {
            return Err(garbled(CONNECT, "no token").into());
        }
        let (url, token, now) =
            (service_address(&url, &own).map_err(|why| garbled(CONNECT, &why))?, SecretString::from(token), self.clock.now());
        let ends_at = ends_at(&token, now);
        let margin = RENEW_BEFORE.min(ends_at.since(now) / 4);
        Ok(Admin { url, token, got_at: now, renew_at: ends_at.before(margin) })
    }

    fn refused(&self, fault: Fault) -> Error {
        fault.into_error(CONNECT.what, self.credentials())
    }
}
