//! The protocol between the fake runner and the fake forge. It is not GitHub's: plain lines and base64, so that a runner needs only sh, curl,
//! sed and awk.
//!
//! | Request | Answer |
//! |---|---|
//! | `POST /_runner/register` form `url`, `name`, `labels`, `group`, `work`, `ephemeral`, `default_labels`, `replace`; `Authorization: RemoteAuth <registration token>` | 201, lines `<file> <base64>` |
//! | `POST /_runner/remove` form `url`, `id`; `RemoteAuth` with a removal or registration token | 204 |
//! | `POST /_runner/session?version=V` | 201, lines `session ID`, `wait SECONDS`, `heartbeat SECONDS` |
//! | `DELETE /_runner/session` | 204 |
//! | `POST /_runner/session/heartbeat` | 204 |
//! | `GET /_runner/message` | 200 with a job (lines `job`, `repository`, `run`, `name` base64, one `step` base64 each) or 204 after a while |
//! | `POST /_runner/jobs/{id}/started` | 204 |
//! | `POST /_runner/jobs/{id}/steps/{number}?exit_code=N`, body = log | 204 |
//! | `POST /_runner/jobs/{id}/finished?conclusion=C` | 204 |
//! | `GET /_runner/downloads/{filename}` | the archive |
//!
//! All but the first two and the last carry `Authorization: Bearer <runner secret>` and, except for the opening of a session,
//! `X-Runner-Session`. Refusals: 401 = the runner is not (any longer) registered, 409 = the session has ended or the job is not the runner's,
//! 410 = its one job is over.

use std::fmt::Write as _;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequestParts, Path, Query, State as Shared};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use url::{Url, form_urlencoded};

use super::access::{authorization, bearer};
use super::face::Face;
use super::forge::Forge;
use super::nouns::{Conclusion, DEFAULT_GROUP, Job, Registration, Runner, Scope, TokenUse};
use super::payloads;
use super::runner_archive::{ARCHITECTURES, RunnerArchive};
use super::state::{Error, State};

pub(super) fn routes(face: Face) -> Router {
    Router::new()
        .route("/_runner/register", post(register_runner))
        .route("/_runner/remove", post(remove_runner))
        .route("/_runner/session", post(open_session).delete(close_session))
        .route("/_runner/session/heartbeat", post(beat))
        .route("/_runner/message", get(wait_for_message))
        .route("/_runner/jobs/{job_id}/started", post(begin_job))
        .route("/_runner/jobs/{job_id}/steps/{number}", post(end_step))
        .route("/_runner/jobs/{job_id}/finished", post(end_job))
        .route("/_runner/downloads/{filename}", get(download))
        .with_state(face)
}

/// A refusal, as the runner sees it.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = match self {
            Self::BadToken | Self::Gone => StatusCode::UNAUTHORIZED,
            Self::NotFound | Self::NoGroup(_) => StatusCode::NOT_FOUND,
            Self::Exists(_) | Self::SessionEnded | Self::NotYours => StatusCode::CONFLICT,
            Self::Busy(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Spent => StatusCode::GONE,
            Self::NotOver => StatusCode::FORBIDDEN,
        };
        (status, self.to_string()).into_response()
    }
}

/// The runner whose secret a request carries, and the session it says it is in.
struct Caller {
    runner_id: i64,
    session_id: i64,
}

impl FromRequestParts<Face> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, face: &Face) -> Result<Self, Error> {
        let secret = bearer(authorization(&parts.headers)).ok_or(Error::Gone)?;
        let runner_id = face.forge.read(|state| state.runner_by_secret(secret).map(|runner| runner.id))?;
        let session = parts.headers.get("x-runner-session").and_then(|value| value.to_str().ok());
        Ok(Self { runner_id, session_id: session.and_then(|text| text.trim().parse().ok()).unwrap_or(0) })
    }
}

/// The scope that a runner's `--url` names and the token it brings.
fn scope_and_token(form: &Form, headers: &HeaderMap) -> Result<(Scope, String), Error> {
    let url = Url::parse(form.get("url")).map_err(|_| Error::NotFound)?;
    let scope = Scope::from_web_path(url.path()).ok_or(Error::NotFound)?;
    let (scheme, token) = authorization(headers).and_then(|value| value.split_once(' ')).ok_or(Error::BadToken)?;
    if scheme.eq_ignore_ascii_case("RemoteAuth") { Ok((scope, token.to_owned())) } else { Err(Error::BadToken) }
}

/// A form, as curl's `--data-urlencode` sends it.
struct Form(Vec<(String, String)>);

impl Form {
    fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// The value of a field; empty when there is none.
    fn get(&self, key: &str) -> &str {
        self.0.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value.as_str())
    }

    fn is_set(&self, key: &str) -> bool {
        self.get(key) == "true"
    }
}

async fn register_runner(Shared(face): Shared<Face>, headers: HeaderMap, body: Bytes) -> Result<Response, Error> {
    let form = Form::parse(&body);
    let (scope, token) = scope_and_token(&form, &headers)?;
    let (runner, group_name) = face.forge.write(|state| {
        state.check_scope_token(&token, &scope, &[TokenUse::Registration])?;
        register(state, scope, &form)
    })?;
    let files = payloads::runner_files(&face.forge.url(), &runner, &group_name, form.get("work"));
    let mut lines = String::new();
    for (name, text) in &files {
        writeln!(lines, "{name} {}", STANDARD.encode(text)).expect("writing to a string");
    }
    Ok((StatusCode::CREATED, lines).into_response())
}

fn register(state: &mut State, scope: Scope, form: &Form) -> Result<(Runner, String), Error> {
    let wanted = form.get("group");
    let fits = |name: &str, id: i64| if wanted.is_empty() { id == DEFAULT_GROUP } else { name.eq_ignore_ascii_case(wanted) };
    let group =
        state.groups(&scope).into_iter().find(|group| fits(&group.name, group.id)).ok_or_else(|| Error::NoGroup(wanted.to_owned()))?;
    if form.is_set("replace") {
        let same = |runner: &&Runner| runner.scope == scope && runner.name.eq_ignore_ascii_case(form.get("name"));
        let known = state.runners().find(same).map(|runner| runner.id);
        if let Some(id) = known {
            state.remove_runner(&scope, id)?;
        }
    }
    let registration = Registration {
        name: form.get("name").to_owned(),
        labels: form.get("labels").split(',').map(str::trim).filter(|label| !label.is_empty()).map(str::to_owned).collect(),
        default_labels: form.is_set("default_labels"),
        group_id: group.id,
        ephemeral: form.is_set("ephemeral"),
        jit: false,
    };
    Ok((state.register_runner(scope, registration)?, group.name))
}

async fn remove_runner(Shared(face): Shared<Face>, headers: HeaderMap, body: Bytes) -> Result<StatusCode, Error> {
    let form = Form::parse(&body);
    let (scope, token) = scope_and_token(&form, &headers)?;
    let id = form.get("id").parse().map_err(|_| Error::NotFound)?;
    face.forge.write(|state| {
        state.check_scope_token(&token, &scope, &[TokenUse::Removal, TokenUse::Registration])?;
        state.remove_runner(&scope, id)
    })?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct SessionQuery {
    version: String,
}

async fn open_session(Shared(face): Shared<Face>, caller: Caller, Query(query): Query<SessionQuery>) -> Result<Response, Error> {
    let (id, settings) =
        face.forge.write(|state| state.open_session(caller.runner_id, &query.version).map(|id| (id, state.settings.clone())))?;
    let lines = format!(
        "session {id}\nwait {}\nheartbeat {:.2}\n",
        settings.poll_wait.as_secs(),
        (settings.session_timeout / 3).max(Duration::from_millis(50)).as_secs_f64()
    );
    Ok((StatusCode::CREATED, lines).into_response())
}

async fn close_session(Shared(face): Shared<Face>, caller: Caller) -> Result<StatusCode, Error> {
    face.forge.write(|state| state.close_session(caller.runner_id, caller.session_id))?;
    Ok(StatusCode::NO_CONTENT)
}

async fn beat(Shared(face): Shared<Face>, caller: Caller) -> Result<StatusCode, Error> {
    face.forge.write(|state| state.beat(caller.runner_id, caller.session_id))?;
    Ok(StatusCode::NO_CONTENT)
}

/// A long poll that is open; ends when the answer is ready and when the runner hangs up.
struct OpenPoll {
    forge: Forge,
    caller: Caller,
}

impl Drop for OpenPoll {
    fn drop(&mut self) {
        self.forge.write(|state| state.end_poll(self.caller.runner_id, self.caller.session_id));
    }
}

async fn wait_for_message(Shared(face): Shared<Face>, caller: Caller) -> Result<Response, Error> {
    let (runner_id, session_id) = (caller.runner_id, caller.session_id);
    let (bell, wait) = face.forge.write(|state| state.begin_poll(runner_id, session_id).map(|bell| (bell, state.settings.poll_wait)))?;
    let _poll = OpenPoll { forge: face.forge.clone(), caller };
    let job = async {
        loop {
            if let Some(job) = face.forge.write(|state| state.assignment(runner_id, session_id))? {
                return Ok(job);
            }
            bell.notified().await;
        }
    };
    tokio::select! {
        found = job => Ok(message(&found?).into_response()),
        () = tokio::time::sleep(wait) => Ok(StatusCode::NO_CONTENT.into_response()),
        () = face.stop.cancelled() => Ok(StatusCode::SERVICE_UNAVAILABLE.into_response()),
    }
}

fn message(job: &Job) -> String {
    let mut lines =
        format!("job {}\nrepository {}/{}\nrun {}\nname {}\n", job.id, job.owner, job.repo, job.run_id, STANDARD.encode(&job.name));
    for step in &job.steps {
        writeln!(lines, "step {}", STANDARD.encode(&step.command)).expect("a string takes everything");
    }
    lines
}

async fn begin_job(Shared(face): Shared<Face>, caller: Caller, Path(job_id): Path<i64>) -> Result<StatusCode, Error> {
    face.forge.write(|state| state.begin_job(caller.runner_id, caller.session_id, job_id))?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct StepQuery {
    exit_code: i32,
}

async fn end_step(
    Shared(face): Shared<Face>,
    caller: Caller,
    Path((job_id, number)): Path<(i64, usize)>,
    Query(query): Query<StepQuery>,
    body: Bytes,
) -> Result<StatusCode, Error> {
    let log = String::from_utf8_lossy(&body).into_owned();
    face.forge.write(|state| state.end_step(caller.runner_id, caller.session_id, job_id, number, query.exit_code, log))?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct FinishedQuery {
    conclusion: String,
}

async fn end_job(
    Shared(face): Shared<Face>,
    caller: Caller,
    Path(job_id): Path<i64>,
    Query(query): Query<FinishedQuery>,
) -> Result<StatusCode, Error> {
    let conclusion = Conclusion::from_word(&query.conclusion).ok_or(Error::NotFound)?;
    face.forge.write(|state| state.end_job(caller.runner_id, caller.session_id, job_id, conclusion))?;
    Ok(StatusCode::NO_CONTENT)
}

async fn download(Shared(face): Shared<Face>, headers: HeaderMap, Path(filename): Path<String>) -> Result<Response, Error> {
    let settings = face.forge.settings();
    let (wanted, version) = (settings.download_token, settings.runner_version);
    if wanted.as_deref().is_some_and(|wanted| bearer(authorization(&headers)) != Some(wanted)) {
        return Err(Error::BadToken);
    }
    if !ARCHITECTURES.iter().any(|architecture| RunnerArchive::filename(architecture, &version) == filename) {
        return Err(Error::NotFound);
    }
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], face.archive_of(&version).bytes).into_response())
}
