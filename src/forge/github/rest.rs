//! One request to GitHub's REST API: sent with a deadline, its answer classified, what it says about the budget kept.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, LINK, RETRY_AFTER};
use reqwest::{Client, Method, Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing::warn;
use url::{Url, form_urlencoded};

use super::auth::{Identity, InstallationToken, RENEW_BEFORE, app_statement};
use super::connect::{Protocol, built, connector};
use super::wire::TokenAnswer;
use crate::clock::Clock;
use crate::forge::budgets::{Purse, Request};
use crate::forge::error::Error;
use crate::forge::interface::ListPage;
use crate::forge::redirect::{HOPS_MAX, Redirect, redirect, told};
use crate::forge::words::Words;
use crate::model::{CallKind, Credentials, Endpoint, FORGE_WAIT_MAX, Importance, RateLimit, SecretString, Told, describe, expose};
use crate::proxies::Proxies;
use crate::telemetry::Metrics;
use crate::time::Timestamp;

/// GitHub answers within ten seconds or not at all.
const DEADLINE: Duration = Duration::from_secs(30);
/// The largest answer that is read: a page of a hundred runners has about 100 KB.
const BODY_MAX: usize = 16 * 1024 * 1024;
/// The most pages of one list: GitHub has at most 10,000 runners in a group.
const PAGES_MAX: usize = 1000;
/// How long an App waits when it is refused a token and GitHub does not say for how long; what GitHub's documentation asks for.
const DEFAULT_WAIT: Duration = Duration::from_mins(1);
/// The limit that just-in-time configurations count for, in GitHub's word.
const OF_REGISTRATIONS: &str = "actions_runner_registration";

/// The longest tag of an answer that is kept; GitHub's have 70 characters.
const TAG_MAX: usize = 200;

/// The purpose of a request.
#[derive(Clone, Copy)]
pub(super) struct Operation {
    /// Its name among the figures; upstream's, where upstream has it.
    pub(super) name: &'static str,
    /// In words, for errors.
    pub(super) what: &'static str,
    importance: Importance,
    kind: CallKind,
}

/// A refusal for too many calls, and how long it asks to wait if it says so.
struct TooMany(Option<Duration>);

impl Operation {
    pub(super) const fn new(name: &'static str, what: &'static str, importance: Importance, kind: CallKind) -> Self {
        Self { name, what, importance, kind }
    }

    /// The same for a further page of a list.
    const fn next_page(self) -> Self {
        Self { importance: Importance::Finish, ..self }
    }
}

/// The App makes it, and it does not count for the budget of the installation.
const MAKE_INSTALLATION_TOKEN: Operation =
    Operation::new("CreateInstallationToken", "make a token of the App's installation", Importance::Finish, CallKind::Write);

/// A request.
pub(super) struct Call {
    method: Method,
    operation: Operation,
    /// Below the API's root, without a slash in front.
    path: String,
    query: Option<String>,
    sent: Sent,
}

/// What a request carries beside its address.
#[derive(Default)]
struct Sent {
    body: Option<Value>,
    /// The tag of the answer that is known already: the forge answers 304 while it would send the same.
    tag: Option<String>,
    /// Whether the App makes the call by itself, and not its installation.
    by_app: bool,
}

/// A page of a list whose pages are numbered, as the forge sends it.
pub(super) struct NumberedPage<T> {
    answer: T,
    is_last: bool,
    tag: Option<String>,
}

impl<T> NumberedPage<T> {
    /// The page with the items that the answer has.
    pub(super) fn map<I>(self, items: impl FnOnce(T) -> Vec<I>) -> ListPage<I> {
        ListPage { items: items(self.answer), is_last: self.is_last, tag: self.tag }
    }
}

impl Call {
    pub(super) fn new(method: Method, operation: Operation, path: String) -> Self {
        Self { method, operation, path, query: None, sent: Sent::default() }
    }

    pub(super) fn get(operation: Operation, path: String) -> Self {
        Self::new(Method::GET, operation, path)
    }

    /// A page of a list that is paged with a cursor; `None` = the first one.
    pub(super) fn with_cursor(self, cursor: Option<&str>) -> Self {
        let mut query = form_urlencoded::Serializer::new("per_page=100".to_owned());
        if let Some(cursor) = cursor {
            query.append_pair("cursor", cursor);
        }
        Self { query: Some(query.finish()), ..self }
    }

    /// A page of a list whose pages are numbered from 1, with what else narrows the list.
    pub(super) fn with_page(self, page: u32, narrowed: &[(&str, &str)]) -> Self {
        let mut query = form_urlencoded::Serializer::new("per_page=100".to_owned());
        query.append_pair("page", &page.to_string()).extend_pairs(narrowed);
        Self { query: Some(query.finish()), ..self }
    }

    /// Asks only for what is new since the answer with this tag.
    pub(super) fn with_tag(self, tag: Option<&str>) -> Self {
        Self { sent: Sent { tag: tag.map(str::to_owned), ..self.sent }, ..self }
    }

    /// Made by the App itself. GitHub does not count it for the budget of the installation.
    pub(super) fn by_app(self) -> Self {
        Self { sent: Sent { by_app: true, ..self.sent }, ..self }
    }

    pub(super) fn with_body(self, body: Value) -> Self {
        Self { sent: Sent { body: Some(body), ..self.sent }, ..self }
    }
}

/// A connection to one forge with one set of credentials.
pub(super) struct Rest {
    client: Client,
    root: Url,
    identity: Identity,
    /// The installation's token, renewed by one caller while the others wait.
    installation: tokio::sync::Mutex<Option<InstallationToken>>,
    purse: Purse,
    limit: Mutex<Option<RateLimit>>,
    /// The end of the window of which was told that the budget will be empty.
    told_empty: AtomicI64,
    /// The entities whose calls were sent on to another place, by their place in the API; `true` = not told yet.
    moved: Mutex<HashMap<String, bool>>,
    clock: Clock,
    metrics: Metrics,
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest").field("root", &self.root.as_str()).field("identity", &self.identity).finish_non_exhaustive()
    }
}

impl Rest {
    pub(super) fn new(
        endpoint: &Endpoint,
        credentials: &Credentials,
        proxies: &Proxies,
        clock: Clock,
        metrics: Metrics,
        purse: Purse,
    ) -> Result<Self, Error> {
        Ok(Self {
            client: client(endpoint, proxies)?,
            root: api_root(&endpoint.api_base_url)?,
            identity: Identity::new(&credentials.secret)?,
            installation: tokio::sync::Mutex::default(),
            purse,
            limit: Mutex::default(),
            told_empty: AtomicI64::new(0),
            moved: Mutex::default(),
            clock,
            metrics,
        })
    }

    /// The name of the credentials.
    pub(super) fn credentials(&self) -> &str {
        self.purse.name()
    }

    pub(super) fn rate_limit(&self) -> Option<RateLimit> {
        *self.limit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a call and reads its answer as JSON.
    pub(super) async fn json<T: DeserializeOwned>(&self, call: Call) -> Result<T, Error> {
        let operation = call.operation;
        let (_, body) = self.send(call).await?;
        decode(operation, &body)
    }

    /// Reads all pages of a list. `Link` is followed within the API only: it comes from outside.
    pub(super) async fn pages<T: DeserializeOwned>(&self, call: Call) -> Result<Vec<T>, Error> {
        let mut operation = call.operation;
        let mut pages = Vec::new();
        let query = call.query.or_else(|| Some("per_page=100".to_owned()));
        let mut url = self.url(&Call { query, ..call })?;
        while pages.len() < PAGES_MAX {
            let (headers, body) = self.request(Method::GET, operation, url.clone(), Sent::default()).await?;
            pages.push(decode(operation, &body)?);
            operation = operation.next_page();
            match next_page(&headers).and_then(|link| url.join(&link).ok()) {
                None => return Ok(pages),
                Some(next) if next.origin() == self.root.origin() => url = next,
                Some(_) => return Err(Error::Garbled("a page links to another host".into())),
            }
        }
        Err(Error::Garbled(format!("a list has more than {PAGES_MAX} pages")))
    }

    /// Reads one page of a list, and the cursor of the next one.
    pub(super) async fn page<T: DeserializeOwned>(&self, call: Call) -> Result<(T, Option<String>), Error> {
        let operation = call.operation;
        let (headers, body) = self.send(call).await?;
        let next = next_page(&headers).and_then(|link| self.root.join(&link).ok());
        let cursor = next.and_then(|url| url.query_pairs().find(|(name, _)| name == "cursor").map(|(_, cursor)| cursor.into_owned()));
        Ok((decode(operation, &body)?, cursor))
    }

    /// Reads one page of a list whose pages are numbered; `None` = it is as it was when it had the tag of the call.
    pub(super) async fn numbered_page<T: DeserializeOwned>(&self, call: Call) -> Result<Option<NumberedPage<T>>, Error> {
        let (operation, is_conditional) = (call.operation, call.sent.tag.is_some());
        let (headers, body) = self.send(call).await?;
        if body.is_empty() && is_conditional {
            return Ok(None);
        }
        let tag = headers.get(ETAG).and_then(|tag| tag.to_str().ok()).filter(|tag| tag.len() <= TAG_MAX).map(str::to_owned);
        Ok(Some(NumberedPage { answer: decode(operation, &body)?, is_last: next_page(&headers).is_none(), tag }))
    }

    /// Sends a call that is authorized with the credentials.
    pub(super) async fn send(&self, call: Call) -> Result<(HeaderMap, Vec<u8>), Error> {
        let url = self.url(&call)?;
        let (headers, body) = self.request(call.method, call.operation, url, call.sent).await?;
        only_json(&body)?;
        Ok((headers, body))
    }

    async fn request(&self, method: Method, operation: Operation, url: Url, sent: Sent) -> Result<(HeaderMap, Vec<u8>), Error> {
        if sent.by_app {
            let statement = self.statement()?;
            return self.attempt(method, operation, url, &sent, &statement, None).await;
        }
        let answer = self.priced(method, operation, url, &sent).await;
        if let Err(Error::Unauthorized { .. }) = &answer {
            self.purse.not_accepted();
        }
        answer
    }

    /// Sends a request that takes its price from the API budget.
    async fn priced(&self, method: Method, operation: Operation, url: Url, sent: &Sent) -> Result<(HeaderMap, Vec<u8>), Error> {
        let token = self.token().await?;
        let mut request = self.purse.begin(operation.importance, operation.kind)?;
        match self.attempt(method.clone(), operation, url.clone(), sent, &token, Some(&mut request)).await {
            // An installation's token can be revoked before its end: a new one tells whether the App itself is refused.
            Err(Error::Unauthorized { .. }) if matches!(self.identity, Identity::App { .. }) => {
                self.forget(&token).await;
                let token = self.token().await?;
                request.again();
                self.attempt(method, operation, url, sent, &token, Some(&mut request)).await
            }
            answer => answer,
        }
    }

    /// The statement of the App that these credentials are of.
    fn statement(&self) -> Result<SecretString, Error> {
        match &self.identity {
            Identity::App { app_id, key, .. } => app_statement(*app_id, key, self.clock.now()),
            Identity::Pat(_) => Err(Error::Unusable("a token is of no App".into())),
        }
    }

    /// The token to authorize with.
    async fn token(&self) -> Result<SecretString, Error> {
        let installation_id = match &self.identity {
            Identity::Pat(token) => return Ok(token.clone()),
            Identity::App { installation_id, .. } => *installation_id,
        };
        let mut installation = self.installation.lock().await;
        let now = self.clock.now();
        if let Some(known) = installation.as_ref().filter(|known| now.after(RENEW_BEFORE) < known.ends_at) {
            return Ok(known.token.clone());
        }
        let statement = self.statement()?;
        let call = Call::new(Method::POST, MAKE_INSTALLATION_TOKEN, format!("app/installations/{installation_id}/access_tokens"));
        let asked = self.attempt(call.method.clone(), call.operation, self.url(&call)?, &call.sent, &statement, None).await;
        let (_, body) = asked.map_err(|fault| self.of_app(fault))?;
        let answer: TokenAnswer = decode(call.operation, &body)?;
        let ends_at =
            answer.expires_at.as_deref().and_then(|text| Timestamp::parse_rfc3339(text).ok()).unwrap_or(now.after(Duration::from_hours(1)));
        *installation = Some(InstallationToken { token: answer.token.clone(), ends_at });
        Ok(answer.token)
    }

    /// An App whose installation is suspended (403) or gone (404) is not accepted, for whatever the call is.
    fn of_app(&self, fault: Error) -> Error {
        let (status, words) = match fault {
            Error::Forbidden { words, .. } => (StatusCode::FORBIDDEN, words),
            Error::NotFound { words, .. } => (StatusCode::NOT_FOUND, words),
            other => return other,
        };
        Error::Unauthorized { credentials: self.purse.name().to_owned(), status: status.as_u16(), words }
    }

    async fn forget(&self, token: &SecretString) {
        let mut installation = self.installation.lock().await;
        if installation.as_ref().is_some_and(|known| expose(&known.token) == expose(token)) {
            *installation = None;
        }
    }

    /// Sends one request, and counts it.
    async fn attempt(
        &self,
        method: Method,
        operation: Operation,
        url: Url,
        sent: &Sent,
        token: &SecretString,
        request: Option<&mut Request<'_>>,
    ) -> Result<(HeaderMap, Vec<u8>), Error> {
        let (began, scope) = (self.clock.now(), scope(url.path().strip_prefix(self.root.path()).unwrap_or_default()));
        let answer = self.exchange(method, operation.what, url, sent, token, request).await;
        self.metrics.forge_call(operation.name, scope, self.clock.now().since(began), answer.is_err());
        answer
    }

    async fn exchange(
        &self,
        method: Method,
        what: &'static str,
        url: Url,
        sent: &Sent,
        token: &SecretString,
        mut priced: Option<&mut Request<'_>>,
    ) -> Result<(HeaderMap, Vec<u8>), Error> {
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", expose(token)))
            .map_err(|_| Error::Unusable("the token has characters that no token has; was it copied whole?".into()))?;
        authorization.set_sensitive(true);
        let (asked, mut url, mut hops) = (url.path().to_owned(), url, 0);
        loop {
            let mut request = self.client.request(method.clone(), url.clone()).header(AUTHORIZATION, authorization.clone());
            if let Some(body) = &sent.body {
                request = request.json(body);
            }
            if let Some(tag) = &sent.tag {
                request = request.header(IF_NONE_MATCH, tag);
            }
            let response = request.send().await.map_err(|fault| self.unreachable(&fault))?;
            let (status, headers) = (response.status(), response.headers().clone());
            if let Some(priced) = priced.as_deref_mut() {
                self.remember_limit(&headers, priced);
            }
            let body = self.read(response).await?;
            if status.is_success() || (status == StatusCode::NOT_MODIFIED && sent.tag.is_some()) {
                priced.inspect(|priced| priced.served());
                return Ok((headers, body));
            }
            if status == StatusCode::NOT_FOUND {
                only_json(&body)?;
            }
            let next = redirect(&method, &url, status, &headers);
            if let Some(Redirect::Follow(next)) = &next
                && hops < HOPS_MAX
            {
                // The same place with TLS is no other one.
                if next.path() != url.path() {
                    self.remember_move(&asked);
                }
                url.clone_from(next);
                if let Some(priced) = &priced {
                    priced.again();
                }
                hops += 1;
                continue;
            }
            // What the forge says may repeat what it was sent.
            let secret = sent.body.as_ref().and_then(|body| body.pointer("/config/secret")?.as_str()).unwrap_or_default();
            let words = Words::of(status.as_u16(), &body, &[expose(token), secret]);
            let (target, why) = match next {
                Some(Redirect::Follow(next)) => (told(&next), "it points from place to place without end"),
                Some(Redirect::Refuse { target, why }) => (target, why),
                None => {
                    let moved = if hops == 0 { String::new() } else { format!(", which has moved to {}", url.path()) };
                    return Err(self.classify(what, format!("{asked}{moved}"), status, &headers, words, priced.as_deref()));
                }
            };
            return Err(Error::Redirected { what, status: status.as_u16(), target, why, words });
        }
    }

    async fn read(&self, mut response: Response) -> Result<Vec<u8>, Error> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|fault| self.unreachable(&fault))? {
            if body.len() + chunk.len() > BODY_MAX {
                return Err(Error::Garbled(format!("it has more than {BODY_MAX} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn unreachable(&self, fault: &reqwest::Error) -> Error {
        let fault = if fault.is_timeout() {
            "no answer in time".to_owned()
        } else {
            std::error::Error::source(fault).map_or_else(|| fault.to_string(), describe)
        };
        Error::Unreachable { host: self.root.host_str().unwrap_or_default().to_owned(), fault }
    }

    fn classify(
        &self,
        what: &'static str,
        about: String,
        status: StatusCode,
        headers: &HeaderMap,
        words: Words,
        priced: Option<&Request<'_>>,
    ) -> Error {
        if let Some(TooMany(told)) = self.too_many(status, headers, &words) {
            let wait = priced.map_or_else(|| told.unwrap_or(DEFAULT_WAIT).min(FORGE_WAIT_MAX), |priced| priced.refused(told));
            return Error::RateLimited { status: status.as_u16(), wait, words };
        }
        match status {
            StatusCode::UNAUTHORIZED => Error::Unauthorized { credentials: self.purse.name().to_owned(), status: status.as_u16(), words },
            StatusCode::FORBIDDEN => Error::Forbidden { credentials: self.purse.name().to_owned(), what, words },
            StatusCode::NOT_FOUND => Error::NotFound { what: about, words },
            _ if status.is_client_error() => Error::Refused { what, status: status.as_u16(), words },
            _ => Error::Server { what, status: status.as_u16(), words },
        }
    }

    /// Whether a refusal is one for too many calls.
    /// <https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api>
    fn too_many(&self, status: StatusCode, headers: &HeaderMap, words: &Words) -> Option<TooMany> {
        if !matches!(status, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS) {
            return None;
        }
        if let Some(seconds) = number(headers, RETRY_AFTER.as_str()) {
            return Some(TooMany(Some(Duration::from_secs(seconds.unsigned_abs()))));
        }
        if number(headers, "x-ratelimit-remaining") == Some(0) {
            let reset = number(headers, "x-ratelimit-reset").map(seconds);
            return Some(TooMany(reset.map(|reset| reset.since(self.clock.now()).max(Duration::from_secs(1)))));
        }
        let secondary = status == StatusCode::TOO_MANY_REQUESTS || words.contain("rate limit");
        secondary.then_some(TooMany(None))
    }

    /// Keeps what an answer says of the budget. An Enterprise Server has no limits unless its administrator switched them on.
    fn remember_limit(&self, headers: &HeaderMap, priced: &mut Request<'_>) {
        let get = |name| number(headers, name);
        let (Some(limit), Some(remaining), Some(reset)) =
            (get("x-ratelimit-limit"), get("x-ratelimit-remaining"), get("x-ratelimit-reset"))
        else {
            if headers.contains_key("x-github-enterprise-version") {
                priced.told_unlimited();
            }
            return;
        };
        let of_registrations = headers.get("x-ratelimit-resource").is_some_and(|resource| resource == OF_REGISTRATIONS);
        let count = |number: i64| u32::try_from(number.max(0)).unwrap_or(u32::MAX);
        priced.told(Told { of_registrations, limit: count(limit), remaining: count(remaining), reset: seconds(reset) });
        if of_registrations {
            return;
        }
        let used = get("x-ratelimit-used").unwrap_or(limit - remaining);
        let told = RateLimit { limit, used, remaining, reset };
        *self.limit.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
        // Once for each window.
        if let Some(empty_at) = told.empty_at(self.clock.now())
            && self.told_empty.swap(reset, Ordering::Relaxed) != reset
        {
            warn!(credentials = self.purse.name(), remaining, limit, %empty_at, "the API budget will be empty before the forge renews it");
        }
    }

    /// Notes that what was asked for at this path is elsewhere now.
    fn remember_move(&self, asked: &str) {
        let path = asked.strip_prefix(self.root.path()).unwrap_or_default();
        let length = if path.starts_with("repos/") { 3 } else { 2 };
        let place = path.split('/').take(length).collect::<Vec<_>>().join("/");
        self.moved.lock().unwrap_or_else(PoisonError::into_inner).entry(place).or_insert(true);
    }

    /// Whether a call about what is at this place of the API was sent on to another one. Told once.
    pub(super) fn take_move(&self, place: &str) -> bool {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner).get_mut(place).is_some_and(std::mem::take)
    }

    fn url(&self, call: &Call) -> Result<Url, Error> {
        self.address(&call.path, call.query.as_deref())
    }

    /// The address of a path of the API.
    pub(super) fn address(&self, path: &str, query: Option<&str>) -> Result<Url, Error> {
        let mut url = self.root.join(path).map_err(|_| Error::Unusable(format!("{path} is no path of the API")))?;
        url.set_query(query);
        // A name with dots or slashes in it must not lead elsewhere.
        if url.origin() == self.root.origin() && url.path().starts_with(self.root.path()) && !path.contains("..") {
            return Ok(url);
        }
        Err(Error::Unusable(format!("{path} is no path of the API")))
    }
}

/// The kind of entity a path is about, as the figures name it.
fn scope(path: &str) -> &'static str {
    match path.split('/').next() {
        Some("repos" | "repositories") => "Repository",
        Some("orgs" | "organizations") => "Organization",
        Some("enterprises") => "Enterprise",
        _ => "",
    }
}

fn decode<T: DeserializeOwned>(operation: Operation, body: &[u8]) -> Result<T, Error> {
    // The parser's own words could repeat a part of a token. A page has none: something in front of the forge answered.
    serde_json::from_slice(body).map_err(|fault| {
        let told =
            Words::of_page(body, &[]).map_or_else(|| format!(" (column {})", fault.column()), |title| format!(", but a page:{title}"));
        Error::Garbled(format!("asked to {}, it sent no such JSON{told}", operation.what))
    })
}

fn seconds(at: i64) -> Timestamp {
    Timestamp::from_micros(at.saturating_mul(1_000_000))
}

fn number(headers: &HeaderMap, name: &str) -> Option<i64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// The address behind `rel="next"` of a `Link` header (RFC 8288).
fn next_page(headers: &HeaderMap) -> Option<String> {
    let links = headers.get(LINK)?.to_str().ok()?;
    links.split(',').find_map(|link| {
        let (target, params) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = params.split(';').any(|param| matches!(param.trim(), "rel=\"next\"" | "rel=next"));
        is_next.then(|| target.to_owned())
    })
}

/// Where the API begins: GHES has it below `/api/v3/`, github.com and its kin on a host of their own (the rule upstream's client follows).
fn api_root(base: &str) -> Result<Url, Error> {
    let unusable = || Error::Unusable(format!("the endpoint's API URL {base:?} is not an http or https URL"));
    let mut url = Url::parse(base.trim()).map_err(|_| unusable())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(unusable());
    }
    let host = url.host_str().ok_or_else(unusable)?.to_owned();
    let mut path = url.path().trim_end_matches('/').to_owned();
    if !path.ends_with("/api/v3") && !host.starts_with("api.") && !host.contains(".api.") {
        path.push_str("/api/v3");
    }
    path.push('/');
    url.set_path(&path);
    url.set_query(None);
    Ok(url)
}

fn client(endpoint: &Endpoint, proxies: &Proxies) -> Result<Client, Error> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
    headers.insert("x-github-api-version", HeaderValue::from_static("2022-11-28"));
    built(endpoint, connector(endpoint, proxies, Protocol::Any)?.default_headers(headers).timeout(DEADLINE))
}

/// Refuses an answer that has a body without JSON. Something in front of the forge may answer with a page of its own, whatever was asked: that does
/// not mean that the forge did something, or does not know something.
fn only_json(body: &[u8]) -> Result<(), Error> {
    if body.is_empty() || serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok() {
        return Ok(());
    }
    Err(Error::Garbled(format!("it is no JSON:{}", Words::of(0, body, &[]))))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderName;

    use super::*;
    use crate::forge::budgets::Budgets;
    use crate::model::{BudgetLimits, CredentialsId, CredentialsSecret};

    #[test]
    fn the_api_is_where_each_kind_of_github_has_it() {
        let root = |base: &str| api_root(base).map(|url| url.to_string());
        assert_eq!(root("https://api.github.com").expect("good"), "https://api.github.com/");
        assert_eq!(root("https://ghes.example.com/").expect("good"), "https://ghes.example.com/api/v3/");
        assert_eq!(root("https://ghes.example.com/api/v3/").expect("good"), "https://ghes.example.com/api/v3/");
        assert_eq!(root("https://api.tenant.ghe.com").expect("good"), "https://api.tenant.ghe.com/");
        assert!(root("ftp://example.com").is_err());
        assert!(root("ghes").is_err());
    }

    #[test]
    fn a_forge_can_ask_to_wait_for_an_hour_at_most() {
        let endpoint = crate::forge::first_endpoints().remove(0);
        let credentials = Credentials {
            id: CredentialsId(1),
            name: "c".into(),
            description: String::new(),
            endpoint: endpoint.name.clone(),
            secret: CredentialsSecret::Pat(SecretString::from("t")),
            created_at: Timestamp::EPOCH,
            updated_at: Timestamp::EPOCH,
        };
        let purse = Purse::new(&Budgets::new(BudgetLimits::default()), &credentials, Clock::System);
        let rest = Rest::new(&endpoint, &credentials, &Proxies::default(), Clock::System, Metrics::default(), purse).expect("usable");
        let wait = |sent: &[(&'static str, &str)]| {
            let headers = sent.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("a value"))).collect();
            match rest.classify("x", String::new(), StatusCode::FORBIDDEN, &headers, Words::of(403, b"", &[]), None) {
                Error::RateLimited { wait, .. } => wait.as_secs(),
                other => panic!("{other}"),
            }
        };
        assert_eq!(wait(&[("retry-after", "30")]), 30);
        for long in ["3601", "86400", "9223372036854775807"] {
            assert_eq!(wait(&[("retry-after", long)]), 3600);
            assert_eq!(wait(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "9223372036854775807")]), 3600);
        }
    }

    #[test]
    fn the_next_page_is_found_among_links() {
        let mut headers = HeaderMap::new();
        let links = "<https://x/a?page=1>; rel=\"prev\", <https://x/a?page=3>; rel=\"next\", <https://x/a?page=9>; rel=\"last\"";
        headers.insert(LINK, HeaderValue::from_static(links));
        assert_eq!(next_page(&headers).as_deref(), Some("https://x/a?page=3"));
        headers.insert(LINK, HeaderValue::from_static("<https://x/a?page=1>; rel=\"first\""));
        assert_eq!(next_page(&headers), None);
    }
}
