//! One request to the service: sent with a deadline, redirected with care, its answer bounded and without its byte order mark.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::Value;
use tracing::debug;
use url::Url;

use super::refusal::{Fault, Refusal};
use crate::clock::Clock;
use crate::forge::error::Error;
use crate::forge::redirect::{HOPS_MAX, Redirect, redirect, told};
use crate::forge::words::Words;
use crate::model::{EntityKind, SecretString, describe, expose};
use crate::telemetry::Metrics;

/// The largest answer that is read. A list of ten thousand runners has about 5 MB, a message of fifty jobs about 50 KB.
const BODY_MAX: usize = 16 * 1024 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// What the service has for its logs; it helps the forge's support.
const ACTIVITY: &str = "activityid";

/// The purpose of a request.
#[derive(Clone, Copy)]
pub(super) struct Purpose {
    /// Its name among the figures; upstream's, where upstream has it.
    pub(super) name: &'static str,
    /// In words, for errors.
    pub(super) what: &'static str,
}

/// A request.
pub(super) struct Request<'a> {
    pub(super) purpose: Purpose,
    pub(super) method: Method,
    pub(super) url: Url,
    /// The scheme of the authorization.
    pub(super) scheme: &'static str,
    pub(super) token: &'a SecretString,
    pub(super) body: Option<Value>,
    /// How many runners are promised, with a poll.
    pub(super) capacity: Option<u32>,
    pub(super) deadline: Duration,
}

/// An answer that is a success.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// The answer to a request of this purpose, as JSON.
    pub(super) fn json(&self, purpose: Purpose) -> Result<Value, Error> {
        // The parser's own words could repeat a part of a token.
        serde_json::from_slice(&self.body).map_err(|fault| {
            let told = match Words::of_page(&self.body, &[]) {
                Some(title) => format!(", but a page:{title}"),
                None if fault.is_eof() => format!("; it was cut after {} bytes", self.body.len()),
                None => format!(" (column {})", fault.column()),
            };
            garbled(purpose, &format!("no such JSON{told}"))
        })
    }
}

/// That the answer to a request of this purpose means nothing.
pub(super) fn garbled(purpose: Purpose, sent: &str) -> Error {
    Error::Garbled(format!("asked to {}, the service sent {sent}", purpose.what))
}

/// The connections to the service of one forge.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    pub(super) client: Client,
    pub(super) metrics: Metrics,
    pub(super) clock: Clock,
}

impl Exchange {
    /// Sends a request and counts it. `scope` is the kind of the entity, as the figures name it.
    pub(super) async fn send(&self, request: Request<'_>, scope: &'static str) -> Result<Answer, Fault> {
        let (began, name) = (self.clock.now(), request.purpose.name);
        let answer = self.attempt(request).await;
        self.metrics.forge_call(name, scope, self.clock.now().since(began), answer.is_err());
        answer
    }

    async fn attempt(&self, request: Request<'_>) -> Result<Answer, Fault> {
        let Request { purpose, method, mut url, scheme, token, body, capacity, deadline } = request;
        let mut authorization = HeaderValue::from_str(&format!("{scheme} {}", expose(token)))
            .map_err(|_| garbled(purpose, "a token before that has characters which no token has"))?;
        authorization.set_sensitive(true);
        let mut hops = 0;
        loop {
            let mut request = self.client.request(method.clone(), url.clone()).timeout(deadline);
            request = request.header(AUTHORIZATION, authorization.clone()).header(ACCEPT, "application/json; api-version=6.0-preview");
            request = match &body {
                Some(body) => request.json(body),
                // The service reads the version of its interface from the type, too.
                None => request.header(reqwest::header::CONTENT_TYPE, "application/json"),
            };
            if let Some(capacity) = capacity {
                request = request.header("x-scalesetmaxcapacity", capacity);
            }
            let response = request.send().await.map_err(|fault| unreachable(&url, &fault))?;
            let (status, headers) = (response.status(), response.headers().clone());
            let body = read(response, &url, purpose).await?;
            if status.is_success() {
                return Ok(Answer { status, body });
            }
            let next = redirect(&method, &url, status, &headers);
            if let Some(Redirect::Follow(next)) = &next
                && hops < HOPS_MAX
            {
                url.clone_from(next);
                hops += 1;
                continue;
            }
            note(purpose, status, &headers);
            let refusal = Refusal::new(status.as_u16(), &headers, &body, &[expose(token)]);
            let (target, why) = match next {
                Some(Redirect::Follow(next)) => (told(&next), "it points from place to place without end"),
                Some(Redirect::Refuse { target, why }) => (target, why),
                // Something in front of the service does not know what the service knows.
                None if status == StatusCode::NOT_FOUND && !is_json(&body) => {
                    return Err(garbled(purpose, &format!("no JSON (404{})", refusal.words)).into());
                }
                None => return Err(Fault::Refused(refusal)),
            };
            return Err(Error::Redirected { what: purpose.what, status: status.as_u16(), target, why, words: refusal.words }.into());
        }
    }
}

/// The kind of an entity, as the figures name it.
pub(super) const fn scope(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Repository => "Repository",
        EntityKind::Organization => "Organization",
        EntityKind::Enterprise => "Enterprise",
        EntityKind::Instance => "",
    }
}

/// Notes what the support of the forge asks for.
fn note(purpose: Purpose, status: StatusCode, headers: &HeaderMap) {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (activity, id) = (header(ACTIVITY), header("x-github-request-id"));
    debug!(activity.id = activity, request.id = id, status = status.as_u16(), "the service refused to {}", purpose.what);
}

async fn read(mut response: Response, url: &Url, purpose: Purpose) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|fault| unreachable(url, &fault))? {
        if body.len() + chunk.len() > BODY_MAX {
            return Err(garbled(purpose, &format!("more than {BODY_MAX} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    if body.starts_with(BYTE_ORDER_MARK) {
        body.drain(..BYTE_ORDER_MARK.len());
    }
    Ok(body)
}

fn unreachable(url: &Url, fault: &reqwest::Error) -> Error {
    let fault = if fault.is_timeout() {
        "no answer in time".to_owned()
    } else {
        std::error::Error::source(fault).map_or_else(|| "the connection failed".to_owned(), describe)
    };
    Error::Unreachable { host: url.host_str().unwrap_or_default().to_owned(), fault }
}

/// Whether there is no body, or one of JSON.
fn is_json(body: &[u8]) -> bool {
    body.is_empty() || serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok()
}
