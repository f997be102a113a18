//! The webhook receiver.
//!
//! Of a body that is not verified only its owner is read, to find the secret; the rest is decoded after the signature holds. The effect is
//! durable before 2xx is answered. Deliveries that are none of our business are 200, so that the forge does not count them as failures.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::any;
use serde::Deserialize;

use crate::api::paths;
use crate::crypto::signature;
use crate::http::body::bytes;
use crate::http::directory::Signer;
use crate::http::path::Path;
use crate::http::{App, Error};
use crate::model::{EntityKind, JobId, JobStatus};
use crate::store::{JobReport, Recorded};
use crate::time::Timestamp;

/// GitHub caps payloads at 25 MB.
const BODY_MAX: usize = 25 * 1024 * 1024;

/// Any method, as upstream; forges use POST.
pub(in crate::http) fn routes() -> Router<App> {
    Router::new()
        .route(paths::WEBHOOKS.template(), any(receive))
        .route(paths::CONTROLLER_WEBHOOKS.template(), any(receive_for_controller))
        .layer(DefaultBodyLimit::max(BODY_MAX))
}

async fn receive_for_controller(State(app): State<App>, Path(controller_id): Path<String>, request: Request) -> Result<StatusCode, Error> {
    if !app.controller_id.to_string().eq_ignore_ascii_case(&controller_id) {
        return ignored("it is for another controller");
    }
    receive(State(app), request).await
}

async fn receive(State(app): State<App>, request: Request) -> Result<StatusCode, Error> {
    if text(request.headers(), "x-github-event") != Some("workflow_job") {
        return ignored("its event is none of ours");
    }
    let began = app.clock().now();
    let answer = take_in(&app, request).await;
    let (valid, reason) = match &answer {
        Ok(Taken::In) => (true, ""),
        Ok(Taken::NotOurs) => (true, "not_ours"),
        Ok(Taken::OwnerUnknown) => (false, "owner_unknown"),
        Err(fault) if fault.is_unauthorized() => (false, "signature_invalid"),
        Err(_) => (false, "unknown"),
    };
    app.world.metrics.delivery(valid, reason, app.clock().now().since(began));
    answer.map(|_| StatusCode::OK)
}

/// What became of a delivery that is no failure.
enum Taken {
    /// What it says is stored.
    In,
    /// It is about a job that none of our pools could run, or a state that is none of ours.
    NotOurs,
    /// No entity here has the hook it came from.
    OwnerUnknown,
}

async fn take_in(app: &App, request: Request) -> Result<Taken, Error> {
    let headers = request.headers().clone();
    let kind = match text(&headers, "x-github-hook-installation-target-type") {
        Some("repository") => EntityKind::Repository,
        Some("organization") => EntityKind::Organization,
        Some("business") => EntityKind::Enterprise,
        other => {
            let told = other.map_or_else(|| "it is missing".to_owned(), |word| format!("{word:?} is not known"));
            return Err(Error::bad_request(format!(
                "X-GitHub-Hook-Installation-Target-Type: {told}; it must be repository, organization or business"
            )));
        }
    };
    let body = bytes(request, BODY_MAX).await?;
    let Some(signer) = owner(&body, kind)?.and_then(|(url, path)| app.directory.find(&url, kind, &path)) else {
        tracing::debug!("a delivery of a hook that no entity here has");
        return Ok(Taken::OwnerUnknown);
    };
    if let Err(why) = signature::verify(&signer.secret, &body, text(&headers, signature::HEADER)) {
        tracing::warn!(entity.id = %signer.entity, reason = %why, "refused a delivery");
        return Err(match why {
            signature::SignatureError::Malformed | signature::SignatureError::UnknownAlgorithm => Error::bad_request(why.to_string()),
            signature::SignatureError::Missing | signature::SignatureError::Mismatch => Error::unauthorized(),
        });
    }
    let delivery: Delivery = serde_json::from_slice(&body).map_err(malformed)?;
    if delivery.workflow_job.id <= 0 {
        return Err(Error::bad_request(format!("workflow_job.id: {} is not a positive number", delivery.workflow_job.id)));
    }
    let action = delivery.action.as_str();
    let Some(report) = delivery.report(kind, &signer) else { return Ok(Taken::NotOurs) };
    let (id, taken) = (report.workflow_job_id, report.status == JobStatus::InProgress);
    match app.store().record_job(report).await? {
        Recorded::Stored(job) => {
            tracing::debug!(entity.id = %signer.entity, job.workflow_job_id = id, action, "delivery");
            if taken {
                count_wait(app, job).await?;
            }
        }
        Recorded::Late(_) => tracing::debug!(entity.id = %signer.entity, job.workflow_job_id = id, action, "late delivery"),
        Recorded::Uninteresting => {
            tracing::debug!(entity.id = %signer.entity, job.workflow_job_id = id, action, "no pool has the job's labels");
            return Ok(Taken::NotOurs);
        }
    }
    Ok(Taken::In)
}

/// One of our runners has taken a job: how long it waited, in the forge's own times.
async fn count_wait(app: &App, job: JobId) -> Result<(), Error> {
    let Some(job) = app.store().find_job(job).await? else { return Ok(()) };
    let (Some(runner), Some(started)) = (job.runner_id, job.started_at) else { return Ok(()) };
    if let Some(runner) = app.store().find_runner(runner).await? {
        app.world.metrics.job_taken(&runner.pool_id.to_string(), started.since(job.queued_at));
    }
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "it is what handlers return")]
fn ignored(why: &str) -> Result<StatusCode, Error> {
    tracing::debug!(reason = why, "delivery ignored");
    Ok(StatusCode::OK)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The parser's words may repeat parts of a body nobody vouches for; where it stopped is enough.
#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn malformed(fault: serde_json::Error) -> Error {
    Error::bad_request(format!("the body is not the JSON of a workflow_job delivery (line {}, column {})", fault.line(), fault.column()))
}

#[derive(Deserialize)]
struct Login {
    login: Option<String>,
}

#[derive(Deserialize)]
struct RepositoryOwner {
    name: String,
    owner: Login,
}

#[derive(Deserialize)]
struct Slug {
    slug: String,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    html_url: String,
}

/// What is read of a body before its signature holds.
#[derive(Deserialize)]
struct Owner {
    workflow_job: Option<Page>,
    repository: Option<RepositoryOwner>,
    organization: Option<Login>,
    enterprise: Option<Slug>,
}

/// The web address of the job, and the path of the entity whose hook sent the body.
fn owner(body: &[u8], kind: EntityKind) -> Result<Option<(String, String)>, Error> {
    let owner: Owner = serde_json::from_slice(body).map_err(malformed)?;
    let path = match kind {
        EntityKind::Repository => owner.repository.and_then(|repository| Some(format!("{}/{}", repository.owner.login?, repository.name))),
        EntityKind::Organization => owner.organization.and_then(|organization| organization.login),
        EntityKind::Enterprise => owner.enterprise.map(|enterprise| enterprise.slug),
        EntityKind::Instance => None,
    };
    Ok(owner.workflow_job.zip(path).map(|(job, path)| (job.html_url, path)))
}

/// What is read of a verified body: <https://docs.github.com/webhooks/webhook-events-and-payloads#workflow_job>.
#[derive(Deserialize)]
struct Delivery {
    action: String,
    workflow_job: WorkflowJob,
    repository: RepositoryOwner,
}

#[derive(Deserialize)]
struct WorkflowJob {
    id: i64,
    #[serde(default)]
    run_id: i64,
    #[serde(default)]
    html_url: String,
    conclusion: Option<String>,
    created_at: Option<String>,
    started_at: Option<String>,
    completed_at: Option<String>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    labels: Vec<String>,
    runner_id: Option<i64>,
    runner_name: Option<String>,
    runner_group_id: Option<i64>,
    runner_group_name: Option<String>,
}

impl Delivery {
    /// What the delivery says about the job; `None` for states before `queued`.
    fn report(&self, kind: EntityKind, signer: &Signer) -> Option<JobReport> {
        let status = JobStatus::from_word(&self.action)?;
        let job = &self.workflow_job;
        let time = |text: &Option<String>| text.as_deref().and_then(|text| Timestamp::parse_rfc3339(text).ok());
        let begun = status != JobStatus::Queued;
        Some(JobReport {
            entity: signer.entity,
            entity_kind: kind,
            endpoint: signer.endpoint.clone(),
            workflow_job_id: job.id,
            run_id: job.run_id,
            name: job.name.clone(),
            status,
            conclusion: job.conclusion.clone().unwrap_or_default(),
            labels: job.labels.clone(),
            repository_owner: self.repository.owner.login.clone().unwrap_or_default(),
            repository_name: self.repository.name.clone(),
            run_url: job.html_url.clone(),
            forge_runner_id: job.runner_id.unwrap_or(0),
            runner_name: job.runner_name.clone().unwrap_or_default(),
            runner_group_id: job.runner_group_id.unwrap_or(0),
            runner_group_name: job.runner_group_name.clone().unwrap_or_default(),
            queued_at: time(&job.created_at),
            // GitHub fills it with the time of queueing while the job waits.
            started_at: time(&job.started_at).filter(|_| begun),
            completed_at: time(&job.completed_at).filter(|_| status == JobStatus::Completed),
        })
    }
}
