//! Who calls: the holder of an admin token of an entity, or the listener of a session.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::sim::access::{authorization, bearer};
use crate::sim::face::Face;
use crate::sim::nouns::Scope;
use crate::sim::scale_sets::error::Exception;
use crate::sim::scale_sets::settings::Manner;
use crate::sim::scale_sets::tokens::Use;
use crate::sim::state::State;

/// Where the service of an entity is, below the server's URL.
pub(super) const SERVICE: &str = "/_services/{tenant}/rest";
/// The query that the URL of the service has.
const ROUTE: (&str, &str) = ("route", "scale-sets");
const API_VERSION: &str = "6.0-preview";

/// The service of an entity.
#[derive(Clone, Debug)]
pub(super) struct Service {
    url: String,
    tenant: i64,
}

impl Service {
    /// The service of an entity.
    pub(super) fn of(state: &mut State, scope: &Scope) -> Self {
        Self { url: state.url.clone(), tenant: state.scope_id(scope) }
    }

    /// The URL that clients put paths behind.
    pub(super) fn url(&self) -> String {
        format!("{}?{}={}", self.at(""), ROUTE.0, ROUTE.1)
    }

    /// The URL of a path of the service, without its query.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{}/{path}", self.url, SERVICE.replace("{tenant}", &self.tenant.to_string()))
    }

    /// The URL of the queue of a session. At github.com the token alone says whose queue it is.
    pub(super) fn queue(&self, manner: Manner, scale_set: i64, session: Uuid) -> String {
        let path = format!("{}/_queues/{scale_set}/message", self.url);
        match manner {
            Manner::Assigns => path,
            Manner::Offers => format!("{path}?sessionId={session}"),
        }
    }
}

type Words = BTreeMap<String, String>;

/// The words in the path of a request and those in its query.
async fn words(parts: &mut Parts, face: &Face) -> Result<(Words, Words), Exception> {
    let Path(path) = Path::<Words>::from_request_parts(parts, face).await.map_err(|_| Exception::NoRoute)?;
    let Query(query) =
        Query::<Words>::from_request_parts(parts, face).await.map_err(|_| Exception::BadRequest("The query is not valid.".into()))?;
    Ok((path, query))
}

fn check_query(query: &Words) -> Result<(), Exception> {
    if query.get("api-version").map(String::as_str) != Some(API_VERSION) {
        return Err(Exception::BadRequest("No api-version was supplied for the request, or an unknown one.".into()));
    }
    if query.get(ROUTE.0).map(String::as_str) != Some(ROUTE.1) {
        return Err(Exception::BadRequest("The query of the service's URL is missing.".into()));
    }
    Ok(())
}

/// What the token of a request is good for.
fn granted(face: &Face, headers: &HeaderMap) -> Result<Use, Exception> {
    let token = bearer(authorization(headers)).ok_or(Exception::BadToken)?;
    face.forge.read(|state| state.scale_sets.grants.find(token, state.now()).cloned()).ok_or(Exception::BadToken)
}

fn number(path: &Words, key: &str) -> Option<i64> {
    path.get(key)?.parse().ok()
}

/// The holder of an admin token, at the service of the token's entity.
pub(super) struct Admin {
    pub(super) scope: Scope,
    pub(super) service: Service,
    pub(super) query: Words,
    path: Words,
}

impl Admin {
    /// The scale set that the path names; 0, which there is never, for what is no number.
    pub(super) fn scale_set(&self) -> i64 {
        number(&self.path, "scale_set").unwrap_or(0)
    }

    /// The runner that the path names; 0, which there is never, for what is no number.
    pub(super) fn agent(&self) -> i64 {
        number(&self.path, "agent").unwrap_or(0)
    }

    /// The session that the path names.
    pub(super) fn session(&self) -> Result<Uuid, Exception> {
        self.path.get("session").and_then(|text| text.parse().ok()).ok_or(Exception::NoSession)
    }
}

impl FromRequestParts<Face> for Admin {
    type Rejection = Exception;

    async fn from_request_parts(parts: &mut Parts, face: &Face) -> Result<Self, Exception> {
        let (path, query) = words(parts, face).await?;
        let Use::Admin(scope) = granted(face, &parts.headers)? else { return Err(Exception::BadToken) };
        check_query(&query)?;
        let service = face.forge.change(|state| Service::of(state, &scope));
        if number(&path, "tenant") != Some(service.tenant) {
            return Err(Exception::BadToken);
        }
        Ok(Self { scope, service, query, path })
    }
}

/// The listener of a session, at its queue or at the service.
pub(super) struct Listener {
    pub(super) scale_set: i64,
    pub(super) session: Uuid,
    path: Words,
}

impl Listener {
    /// The message that the path names; 0, which there is never, for what is no number.
    pub(super) fn message(&self) -> i64 {
        number(&self.path, "message").unwrap_or(0)
    }
}

impl FromRequestParts<Face> for Listener {
    type Rejection = Exception;

    async fn from_request_parts(parts: &mut Parts, face: &Face) -> Result<Self, Exception> {
        let (path, query) = words(parts, face).await?;
        let Use::Queue { scale_set, session } = granted(face, &parts.headers)? else { return Err(Exception::BadToken) };
        // The token is good for as long as its session.
        face.forge.change(|state| state.in_message_session(scale_set, session).map(|_| ())).map_err(|_| Exception::BadToken)?;
        if number(&path, "scale_set") != Some(scale_set) {
            return Err(Exception::BadToken);
        }
        if path.contains_key("tenant") {
            check_query(&query)?;
        } else if face.forge.settings().scale_sets.manner == Manner::Offers && query.get("sessionId") != Some(&session.to_string()) {
            return Err(Exception::BadRequest("The query of the queue's URL is missing.".into()));
        }
        Ok(Self { scale_set, session, path })
    }
}

/// Reads the body of a request.
pub(super) fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Exception> {
    serde_json::from_slice(body).map_err(|fault| Exception::BadRequest(format!("The body cannot be read: {fault}.").into()))
}

/// Whether a request for messages says in `Accept` which version of the API it wants.
pub(super) fn accepts_version(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.contains(&format!("api-version={API_VERSION}"))
}
