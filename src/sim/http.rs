//! The REST face: GitHub's routes as a GHES has them, below [`super::API_PREFIX`].
//!
//! The same handler serves repositories, organizations and enterprises: [`Place`] tells them apart. Whatever can refuse a call before it is
//! handled is in [`admit`].

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{FromRequestParts, OriginalUri, Path, Request, State as Shared};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::access::{Fault, Operation, Quota, Refusal};
use super::hooks;
use super::nouns::Target;
use super::payloads::{self, DOCUMENTATION};
use super::runner_archive::{ARCHITECTURES, RunnerArchive};
use super::server::{Face, template};
use super::state::{Error, Registration, State, TokenUse};
use crate::time::Timestamp;

/// Page size when a request names none, and the largest that is given.
const PER_PAGE: (usize, usize) = (30, 100);
/// How many labels a JIT configuration may have.
const LABELS_MAX: usize = 100;

pub(super) fn routes(face: Face) -> Router {
    let mut router = Router::new()
        .route("/rate_limit", get(get_rate_limit))
        .route("/app/installations/{installation_id}/access_tokens", post(create_installation_token))
        .route("/repos/{owner}/{repo}/actions/jobs/{job_id}", get(get_job));
    for place in ["/repos/{owner}/{repo}", "/orgs/{org}", "/enterprises/{enterprise}"] {
        let runners = format!("{place}/actions/runners");
        router = router
            .route(&runners, get(list_runners))
            .route(&format!("{runners}/{{runner_id}}"), get(get_runner).delete(remove_runner))
            .route(&format!("{runners}/downloads"), get(list_downloads))
            .route(&format!("{runners}/generate-jitconfig"), post(generate_jit_config))
            .route(&format!("{runners}/registration-token"), post(create_registration_token))
            .route(&format!("{runners}/remove-token"), post(create_remove_token));
    }
    // Those of enterprises are on their page only.
    for place in ["/repos/{owner}/{repo}", "/orgs/{org}"] {
        let hooks = format!("{place}/hooks");
        router = router
            .route(&hooks, get(hooks::list_hooks).post(hooks::create_hook))
            .route(&format!("{hooks}/{{hook_id}}"), delete(hooks::remove_hook))
            .route(&format!("{hooks}/{{hook_id}}/pings"), post(hooks::ping_hook));
    }
    // Repositories have no groups of their own.
    for place in ["/orgs/{org}", "/enterprises/{enterprise}"] {
        router = router.route(&format!("{place}/actions/runner-groups"), get(list_groups));
    }
    router.fallback(not_found).method_not_allowed_fallback(not_found).with_state(face)
}

// --- before a call is handled ---

/// Counts the call, delays it, refuses it where it must be refused, and adds the headers that every answer has.
pub(super) async fn admit(Shared(face): Shared<Face>, request: Request, next: Next) -> Response {
    let operation = template(&request).and_then(|template| Operation::of(request.method().as_str(), &template));
    let delay = face.forge.settings().latency / 2;
    tokio::time::sleep(delay).await;
    let now = face.forge.read(State::now);
    let request_id = face.forge.account(|access, _| access.next_request_id());
    let budget = check(&face, operation, request.headers(), now);
    let mut response = match &budget {
        Ok(_) => next.run(request).await,
        Err((_, refusal)) => refuse(refusal, now),
    };
    let headers = response.headers_mut();
    headers.insert("x-github-request-id", header_value(&request_id));
    headers.insert("x-github-enterprise-version", HeaderValue::from_static("3.19.0"));
    let (Ok(budget) | Err((budget, _))) = budget;
    if let Some(budget) = budget
        && let Some(quota) = face.forge.account(|access, settings| Some(access.quota(&budget, settings.rate_limit?, now)))
    {
        add_limit_headers(headers, quota);
    }
    tokio::time::sleep(delay).await;
    response
}

/// Whether the call may go on: whose budget it counts for, and why not.
fn check(
    face: &Face,
    operation: Option<Operation>,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<Option<String>, (Option<String>, Refusal)> {
    face.forge.account(|access, settings| {
        if let Some(operation) = operation {
            access.count(operation);
            if let Some(fault) = access.next_fault(operation) {
                return Err((None, Refusal::Injected(fault)));
            }
        }
        // Comes with the JWT of an App, which its handler checks.
        if operation == Some(Operation::CreateInstallationToken) {
            return Ok(None);
        }
        let budget = access.authenticate(authorization(headers), now).map_err(|refusal| (None, refusal))?;
        // Asking for the limit is free.
        if operation != Some(Operation::GetRateLimit)
            && let Some(limit) = settings.rate_limit
        {
            access.spend(&budget, limit, now).map_err(|refusal| (Some(budget.clone()), refusal))?;
        }
        Ok(Some(budget))
    })
}

fn refuse(refusal: &Refusal, now: Timestamp) -> Response {
    match refusal {
        Refusal::Injected(fault) => injected(fault),
        Refusal::Anonymous => error(StatusCode::UNAUTHORIZED, "Requires authentication"),
        Refusal::BadCredentials => error(StatusCode::UNAUTHORIZED, "Bad credentials"),
        Refusal::BadJwt(reason) => error(StatusCode::UNAUTHORIZED, reason),
        Refusal::LimitExceeded => {
            let request_time = payloads::time(now);
            error(StatusCode::FORBIDDEN, &format!("API rate limit exceeded for this token at {request_time}."))
        }
    }
}

/// The answer of a fault somebody asked for, worded as GitHub words that status.
fn injected(fault: &Fault) -> Response {
    let status = StatusCode::from_u16(fault.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let message = match (fault.status, fault.retry_after) {
        (403 | 429, Some(_)) => "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
        (401, _) => "Bad credentials",
        (403, _) => "Resource not accessible by personal access token",
        (404, _) => "Not Found",
        (409, _) => "Already exists",
        (422, _) => "Validation Failed",
        _ => status.canonical_reason().unwrap_or("Server Error"),
    };
    let mut response = error(status, message);
    if let Some(wait) = fault.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs()));
    }
    response
}

fn add_limit_headers(headers: &mut HeaderMap, quota: Quota) {
    let values = [
        ("x-ratelimit-limit", i64::from(quota.limit)),
        ("x-ratelimit-remaining", i64::from(quota.remaining())),
        ("x-ratelimit-used", i64::from(quota.used)),
        ("x-ratelimit-reset", quota.reset_at.as_secs()),
    ];
    for (name, value) in values {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
    headers.insert("x-ratelimit-resource", HeaderValue::from_static("core"));
}

fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()
}

fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}

// --- errors ---

/// A refusal, as GitHub words it.
pub(super) struct Refused(StatusCode, String);

impl Refused {
    fn invalid(message: &str) -> Self {
        Self(StatusCode::UNPROCESSABLE_ENTITY, format!("Invalid request.\n\n{message}"))
    }
}

impl From<Error> for Refused {
    fn from(err: Error) -> Self {
        match err {
            Error::Exists(name) => Self(StatusCode::CONFLICT, format!("Already exists - A runner with the name {name} already exists.")),
            Error::Busy(name) => {
                let message = format!("Bad request - Runner \"{name}\" is currently running a job and cannot be deleted.");
                Self(StatusCode::UNPROCESSABLE_ENTITY, message)
            }
            _ => Self(StatusCode::NOT_FOUND, "Not Found".to_owned()),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        error(self.0, &self.1)
    }
}

pub(super) fn error(status: StatusCode, message: &str) -> Response {
    let body = json!({ "message": message, "documentation_url": DOCUMENTATION, "status": status.as_str() });
    (status, Json(body)).into_response()
}

async fn not_found() -> Response {
    error(StatusCode::NOT_FOUND, "Not Found")
}

// --- where a call is about ---

/// The target of a route and what else its path names.
pub(super) struct Place {
    pub(super) target: Target,
    params: HashMap<String, String>,
}

impl Place {
    pub(super) fn number(&self, key: &str) -> Result<i64, Refused> {
        self.params.get(key).and_then(|text| text.parse().ok()).ok_or_else(|| Error::NotFound.into())
    }
}

impl FromRequestParts<Face> for Place {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, face: &Face) -> Result<Self, Refused> {
        let Path(params) =
            Path::<HashMap<String, String>>::from_request_parts(parts, face).await.map_err(|_| Refused::from(Error::NotFound))?;
        let get = |key: &str| params.get(key).map(String::as_str);
        let target = match (get("owner"), get("repo"), get("org"), get("enterprise")) {
            (Some(owner), Some(repo), _, _) => Target::repository(owner, repo),
            (_, _, Some(org), _) => Target::organization(org),
            (_, _, _, Some(slug)) => Target::enterprise(slug),
            _ => return Err(Error::NotFound.into()),
        };
        Ok(Self { target, params })
    }
}

// --- pages ---

/// One page of a list, with the links to the others.
pub(super) struct Page<'a> {
    uri: &'a Uri,
    base: String,
    number: usize,
    size: usize,
}

impl<'a> Page<'a> {
    pub(super) fn of(uri: &'a Uri, base: String) -> Self {
        let number = |key| query(uri, key).and_then(|text| text.parse::<usize>().ok()).filter(|&number| number > 0);
        Self { uri, base, number: number("page").unwrap_or(1), size: number("per_page").unwrap_or(PER_PAGE.0).min(PER_PAGE.1) }
    }

    fn of_items<T>(&self, items: Vec<T>) -> Vec<T> {
        items.into_iter().skip((self.number - 1).saturating_mul(self.size)).take(self.size).collect()
    }

    /// The `Link` header for a list of this many items; none when all are on one page.
    fn links(&self, total: usize) -> Option<HeaderValue> {
        let last = total.div_ceil(self.size).max(1);
        let mut links = Vec::new();
        if self.number > 1 {
            links.push(self.link((self.number - 1).min(last), "prev"));
        }
        if self.number < last {
            links.push(self.link(self.number + 1, "next"));
            links.push(self.link(last, "last"));
        }
        if self.number > 1 {
            links.push(self.link(1, "first"));
        }
        (!links.is_empty()).then(|| header_value(&links.join(", ")))
    }

    fn link(&self, page: usize, rel: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let old = self.uri.query().unwrap_or_default();
        query.extend_pairs(form_urlencoded::parse(old.as_bytes()).filter(|(key, _)| key != "page"));
        query.append_pair("page", &page.to_string());
        format!("<{}{}?{}>; rel=\"{rel}\"", self.base, self.uri.path(), query.finish())
    }
}

/// A query parameter.
fn query(uri: &Uri, key: &str) -> Option<String> {
    let query = uri.query()?;
    form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == key).map(|(_, value)| value.into_owned())
}

/// A page of a list whose items are under `key`.
fn list(page: &Page<'_>, key: &str, items: Vec<Value>) -> Response {
    let total = items.len();
    let body = json!({ "total_count": total, key: page.of_items(items) });
    let mut response = Json(body).into_response();
    if let Some(links) = page.links(total) {
        response.headers_mut().insert(header::LINK, links);
    }
    response
}

/// A page of a list that is nothing but its items.
pub(super) fn bare_list(page: &Page<'_>, items: Vec<Value>) -> Response {
    let links = page.links(items.len());
    let mut response = Json(page.of_items(items)).into_response();
    if let Some(links) = links {
        response.headers_mut().insert(header::LINK, links);
    }
    response
}

// --- runners ---

async fn list_runners(Shared(face): Shared<Face>, place: Place, OriginalUri(uri): OriginalUri) -> Response {
    let name = query(&uri, "name");
    let wanted = |own: &str| name.as_deref().is_none_or(|name| own.eq_ignore_ascii_case(name));
    let items = face.forge.read(|state| {
        let runners = state.runners().filter(|runner| runner.target == place.target && wanted(&runner.name));
        runners.map(payloads::runner_object).collect()
    });
    list(&Page::of(&uri, face.forge.url()), "runners", items)
}

async fn get_runner(Shared(face): Shared<Face>, place: Place) -> Result<Response, Refused> {
    let id = place.number("runner_id")?;
    let found = face.forge.read(|state| state.find_runner(id).filter(|runner| runner.target == place.target).map(payloads::runner_object));
    Ok(Json(found.ok_or(Error::NotFound)?).into_response())
}

async fn remove_runner(Shared(face): Shared<Face>, place: Place) -> Result<Response, Refused> {
    let id = place.number("runner_id")?;
    face.forge.write(|state| state.remove_runner(&place.target, id))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn list_downloads(Shared(face): Shared<Face>, _place: Place) -> Response {
    let url = face.forge.url();
    let token = face.forge.settings().download_token;
    let application = |os: &str, architecture: &str, filename: String| {
        let mut object = json!({
            "os": os,
            "architecture": architecture,
            "download_url": format!("{url}/_runner/downloads/{filename}"),
            "filename": filename,
            "sha256_checksum": face.archive.sha256,
        });
        if let Some(token) = &token {
            object["temp_download_token"] = Value::from(token.as_str());
        }
        object
    };
    let linux = ARCHITECTURES.into_iter().map(|architecture| application("linux", architecture, RunnerArchive::filename(architecture)));
    // Offered, but not to be had: no runner of the fake forge runs there.
    let windows = application("win", "x64", RunnerArchive::filename_for_windows());
    Json(linux.chain([windows]).collect::<Vec<_>>()).into_response()
}

/// The body of a request for a JIT configuration. Everything is optional, so that what is missing can be named.
#[derive(Deserialize)]
struct JitRequest {
    name: Option<String>,
    runner_group_id: Option<i64>,
    labels: Option<Vec<String>>,
    work_folder: Option<String>,
}

async fn generate_jit_config(Shared(face): Shared<Face>, place: Place, body: Bytes) -> Result<Response, Refused> {
    let request: JitRequest =
        serde_json::from_slice(&body).map_err(|_| Refused(StatusCode::BAD_REQUEST, "Problems parsing JSON".to_owned()))?;
    let name = request.name.filter(|name| !name.is_empty()).ok_or_else(|| Refused::invalid("\"name\" wasn't supplied."))?;
    let group_id = request.runner_group_id.ok_or_else(|| Refused::invalid("\"runner_group_id\" wasn't supplied."))?;
    let labels = request.labels.ok_or_else(|| Refused::invalid("\"labels\" wasn't supplied."))?;
    if labels.is_empty() || labels.len() > LABELS_MAX {
        return Err(Refused::invalid("\"labels\" must have between 1 and 100 items."));
    }
    let work_folder = request.work_folder.unwrap_or_else(|| "_work".to_owned());
    // The labels are exactly those of the request: a JIT configuration gets no default ones.
    let registration = Registration { name, labels, default_labels: false, group_id, ephemeral: true, jit: true };
    let (runner, group) = face.forge.write(|state| {
        let runner = state.register_runner(place.target.clone(), registration)?;
        let group = state.find_group(&place.target, group_id).ok_or(Error::NotFound)?;
        Ok::<_, Error>((runner, group))
    })?;
    let files = payloads::runner_files(&face.forge.url(), &runner, &group.name, &work_folder);
    let body = json!({ "runner": payloads::runner_object(&runner), "encoded_jit_config": payloads::encode_jit_config(&files) });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

async fn create_registration_token(Shared(face): Shared<Face>, place: Place) -> Response {
    target_token(&face, place, TokenUse::Registration)
}

async fn create_remove_token(Shared(face): Shared<Face>, place: Place) -> Response {
    target_token(&face, place, TokenUse::Removal)
}

fn target_token(face: &Face, place: Place, purpose: TokenUse) -> Response {
    let (token, expires_at) = face.forge.write(|state| state.issue_target_token(place.target, purpose));
    (StatusCode::CREATED, Json(json!({ "token": token, "expires_at": payloads::time(expires_at) }))).into_response()
}

async fn list_groups(Shared(face): Shared<Face>, place: Place, OriginalUri(uri): OriginalUri) -> Response {
    let url = face.forge.url();
    let items = face.forge.read(|state| {
        let groups = state.groups(&place.target);
        groups.iter().map(|group| payloads::group_object(&url, &place.target, group)).collect()
    });
    list(&Page::of(&uri, url), "runner_groups", items)
}

// --- the rest ---

async fn get_job(Shared(face): Shared<Face>, place: Place) -> Result<Response, Refused> {
    let id = place.number("job_id")?;
    let found = face.forge.read(|state| {
        let job = state.find_job(id).filter(|job| Target::repository(&job.owner, &job.repo) == place.target)?;
        Some(payloads::job_object(&state.url, job))
    });
    Ok(Json(found.ok_or(Error::NotFound)?).into_response())
}

async fn get_rate_limit(Shared(face): Shared<Face>, headers: HeaderMap) -> Response {
    let now = face.forge.read(State::now);
    let quota = face.forge.account(|access, settings| {
        let budget = access.authenticate(authorization(&headers), now).ok()?;
        Some(access.quota(&budget, settings.rate_limit?, now))
    });
    let Some(quota) = quota else { return error(StatusCode::NOT_FOUND, "Rate limiting is not enabled.") };
    let object = |quota: Quota| json!({ "limit": quota.limit, "used": quota.used, "remaining": quota.remaining(), "reset": quota.reset_at.as_secs() });
    let untouched = |limit| object(Quota { limit, used: 0, reset_at: quota.reset_at });
    let resources = json!({
        "core": object(quota),
        "search": untouched(30),
        "graphql": untouched(5_000),
        "actions_runner_registration": untouched(10_000),
    });
    Json(json!({ "resources": resources, "rate": object(quota) })).into_response()
}

async fn create_installation_token(Shared(face): Shared<Face>, Path(installation_id): Path<i64>, headers: HeaderMap) -> Response {
    let now = face.forge.read(State::now);
    let app_id = match face.forge.account(|access, _| access.authenticate_app(authorization(&headers), now)) {
        Ok(app_id) => app_id,
        Err(refusal) => return refuse(&refusal, now),
    };
    let issued = face.forge.write(|state| {
        if !state.access.is_installation_of(installation_id, app_id) {
            return None;
        }
        let token = state.token("ghs_");
        let expires_at = state.access.add_installation_token(installation_id, token.clone(), now);
        Some((token, expires_at))
    });
    let Some((token, expires_at)) = issued else { return error(StatusCode::NOT_FOUND, "Not Found") };
    let permissions = json!({ "administration": "write", "metadata": "read", "organization_self_hosted_runners": "write" });
    let body = json!({
        "token": token,
        "expires_at": payloads::time(expires_at),
        "permissions": permissions,
        "repository_selection": "all",
    });
    (StatusCode::CREATED, Json(body)).into_response()
}
