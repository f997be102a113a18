//! What the cloud knows, and how it fails when it is told to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::caller::Caller;
use crate::servers::Server;
use crate::wire::refusal;

/// How the cloud misbehaves; with nothing set it does not.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Faults {
    /// How many servers a project may have.
    pub(crate) quota: Option<usize>,
    /// Servers go to ERROR for this reason.
    pub(crate) build_error: Option<String>,
    /// How long a server is built.
    pub(crate) build_ms: u64,
    /// How long a server takes to go.
    pub(crate) delete_ms: u64,
    /// How many of the next requests are answered 503.
    pub(crate) unavailable: u32,
    /// All tokens given so far are worth nothing any more.
    pub(crate) expire_tokens: bool,
    /// Whether there is a volume service.
    pub(crate) volumes: bool,
    /// Servers are refused with a message that quotes their user data, as Nova does when it does not like it.
    pub(crate) quote_user_data: bool,
    /// How many items a page has.
    pub(crate) page: usize,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            quota: None,
            build_error: None,
            build_ms: 50,
            delete_ms: 50,
            unavailable: 0,
            expire_tokens: false,
            volumes: false,
            quote_user_data: false,
            page: 1000,
        }
    }
}

/// The cloud.
pub(crate) struct Cloud {
    pub(crate) url: String,
    pub(crate) faults: Faults,
    /// Who has which token.
    pub(crate) tokens: BTreeMap<String, &'static str>,
    pub(crate) tokens_given: u32,
    pub(crate) requests: Vec<String>,
    pub(crate) servers: Vec<Server>,
    /// Counts what was made, which is also what time it is here.
    pub(crate) made: u32,
}

impl Cloud {
    pub(crate) fn new(url: String) -> Self {
        Self {
            url,
            faults: Faults::default(),
            tokens: BTreeMap::new(),
            tokens_given: 0,
            requests: Vec::new(),
            servers: Vec::new(),
            made: 0,
        }
    }

    /// A new number.
    pub(crate) fn next(&mut self) -> u32 {
        self.made += 1;
        self.made
    }
}

/// The cloud, shared by requests.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Mutex<Cloud>>);

impl Shared {
    pub(crate) fn new(cloud: Cloud) -> Self {
        Self(Arc::new(Mutex::new(cloud)))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Cloud> {
        self.0.lock().expect("no handler panics")
    }
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
        let mut cloud = shared.lock();
        cloud.requests.push(format!("{} {}", parts.method, parts.uri));
        if cloud.faults.unavailable > 0 {
            cloud.faults.unavailable -= 1;
            return Err((StatusCode::SERVICE_UNAVAILABLE, "No server is available to handle this request.").into_response());
        }
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let Some(project) = cloud.tokens.get(header("X-Auth-Token")) else {
            return Err(refusal(401, "error", "The request you have made requires authentication."));
        };
        let asked =
            header("OpenStack-API-Version").strip_prefix("compute 2.").or(header("X-OpenStack-Nova-API-Version").strip_prefix("2."));
        Ok(Self { project, microversion: asked.and_then(|version| version.parse().ok()).unwrap_or(1) })
    }
}
