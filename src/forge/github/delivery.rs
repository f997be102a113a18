//! GitHub's deliveries: <https://docs.github.com/webhooks/webhook-events-and-payloads#workflow_job>.

use reqwest::header::HeaderMap;
use serde::Deserialize;

use super::signature;
use crate::forge::delivery::{Decoder, DeliveryError, Reporter, Sender};
use crate::model::{DemandSource, EntityKind, EntityRef, JobFact, JobStatus, SecretString};
use crate::time::Timestamp;

/// The event that tells of jobs.
pub(super) const JOB_EVENT: &str = "workflow_job";

pub(super) const DECODER: Decoder = Decoder { tells_of_jobs, hook, sender, open };

fn tells_of_jobs(headers: &HeaderMap) -> bool {
    text(headers, "x-github-event") == Some(JOB_EVENT)
}

fn hook(headers: &HeaderMap) -> Result<EntityKind, DeliveryError> {
    match text(headers, "x-github-hook-installation-target-type") {
        Some("repository") => Ok(EntityKind::Repository),
        Some("organization") => Ok(EntityKind::Organization),
        Some("business") => Ok(EntityKind::Enterprise),
        other => {
            let told = other.map_or_else(|| "it is missing".to_owned(), |word| format!("{word:?} is not known"));
            Err(DeliveryError::Malformed(format!(
                "X-GitHub-Hook-Installation-Target-Type: {told}; it must be repository, organization or business"
            )))
        }
    }
}

fn sender(body: &[u8], kind: EntityKind) -> Result<Option<Sender>, DeliveryError> {
    let claim: Claim = serde_json::from_slice(body).map_err(malformed)?;
    let place = match kind {
        EntityKind::Repository => claim.repository.and_then(|repository| Some((repository.id, repository.owner.login?, repository.name))),
        EntityKind::Organization => claim.organization.and_then(|own| Some((own.id, String::new(), own.login?))),
        EntityKind::Enterprise => claim.enterprise.map(|enterprise| (enterprise.id, String::new(), enterprise.slug)),
        EntityKind::Instance => None,
    };
    Ok(claim.workflow_job.zip(place).map(|(job, (number, owner, name))| {
        let at = EntityRef { kind, owner, name };
        Sender { web_url: job.html_url, at, number }
    }))
}

fn open(headers: &HeaderMap, body: &[u8], secret: &SecretString, reporter: Reporter) -> Result<Option<JobFact>, DeliveryError> {
    signature::verify(secret, body, text(headers, signature::HEADER))?;
    let payload: Payload = serde_json::from_slice(body).map_err(malformed)?;
    if payload.workflow_job.id <= 0 {
        return Err(DeliveryError::Malformed(format!("workflow_job.id: {} is not a positive number", payload.workflow_job.id)));
    }
    Ok(payload.fact(reporter))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The parser's own words may repeat parts of an unverified body; the place where it stopped is enough.
#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn malformed(fault: serde_json::Error) -> DeliveryError {
    let (line, column) = (fault.line(), fault.column());
    DeliveryError::Malformed(format!("the body is not the JSON of a workflow_job delivery (line {line}, column {column})"))
}

#[derive(Deserialize)]
struct Login {
    id: Option<i64>,
    login: Option<String>,
}

#[derive(Deserialize)]
struct RepositoryOwner {
    id: Option<i64>,
    name: String,
    owner: Login,
}

#[derive(Deserialize)]
struct Slug {
    id: Option<i64>,
    slug: String,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    html_url: String,
}

/// The part of a body that is read before the signature is verified.
#[derive(Deserialize)]
struct Claim {
    workflow_job: Option<Page>,
    repository: Option<RepositoryOwner>,
    organization: Option<Login>,
    enterprise: Option<Slug>,
}

/// The part of a verified body that is read.
#[derive(Deserialize)]
struct Payload {
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

impl Payload {
    /// The fact that the delivery tells; `None` for states before `queued`.
    fn fact(self, reporter: Reporter) -> Option<JobFact> {
        let status = JobStatus::from_word(&self.action)?;
        let job = self.workflow_job;
        let time = |text: Option<String>| text.and_then(|text| Timestamp::parse_rfc3339(&text).ok());
        let queued_at = time(job.created_at);
        // GitHub fills it with the time of queueing while the job waits.
        let started_at = time(job.started_at).filter(|_| status != JobStatus::Queued);
        let completed_at = time(job.completed_at).filter(|_| status == JobStatus::Completed);
        let at = match status {
            JobStatus::Queued => queued_at,
            JobStatus::InProgress => started_at,
            JobStatus::Completed => completed_at,
        };
        Some(JobFact {
            source: DemandSource::Delivery,
            at: at.unwrap_or(reporter.received_at),
            entity: reporter.entity,
            entity_kind: reporter.kind,
            endpoint: reporter.endpoint,
            workflow_job_id: job.id,
            run_id: job.run_id,
            name: job.name,
            status,
            conclusion: job.conclusion.unwrap_or_default(),
            labels: job.labels,
            repository_owner: self.repository.owner.login.unwrap_or_default(),
            repository_name: self.repository.name,
            run_url: job.html_url,
            forge_runner_id: job.runner_id.unwrap_or(0),
            runner_name: job.runner_name.unwrap_or_default(),
            runner_group_id: job.runner_group_id.unwrap_or(0),
            runner_group_name: job.runner_group_name.unwrap_or_default(),
            queued_at,
            started_at,
            completed_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::forge::delivery::SignatureError;
    use crate::model::{EndpointName, EntityId};

    fn body(action: &str) -> Vec<u8> {
        let times = json!({ "created_at": "2026-01-01T00:00:00Z", "started_at": "2026-01-01T00:00:05Z", "completed_at": null });
        let mut job = json!({ "id": 7, "html_url": "https://forge.test/octo/hello/runs/1", "labels": ["linux"] });
        job.as_object_mut().expect("an object").extend(times.as_object().expect("an object").clone());
        let repository = json!({ "id": 4, "name": "hello", "owner": { "id": 3, "login": "octo" } });
        json!({ "action": action, "workflow_job": job, "repository": repository }).to_string().into_bytes()
    }

    fn opened(body: &[u8], signature: Option<String>) -> Result<Option<JobFact>, DeliveryError> {
        let reporter = Reporter {
            entity: EntityId("00000000-0000-0000-0000-000000000001".parse().expect("an id")),
            kind: EntityKind::Repository,
            endpoint: EndpointName::from("forge"),
            received_at: Timestamp::EPOCH,
        };
        let mut headers = HeaderMap::new();
        if let Some(signature) = signature {
            headers.insert(signature::HEADER, signature.parse().expect("a header's value"));
        }
        open(&headers, body, &SecretString::from("s"), reporter)
    }

    fn signed(body: &[u8]) -> Result<Option<JobFact>, DeliveryError> {
        opened(body, Some(signature::sign(&SecretString::from("s"), body)))
    }

    #[test]
    fn a_body_is_read_only_after_its_signature_holds() {
        assert_eq!(opened(b"no JSON", None).expect_err("refused"), SignatureError::Missing.into());
        let another = signature::sign(&SecretString::from("another"), b"no JSON");
        assert_eq!(opened(b"no JSON", Some(another)).expect_err("refused"), SignatureError::Mismatch.into());
        assert!(matches!(signed(b"no JSON").expect_err("refused"), DeliveryError::Malformed(_)));
    }

    #[test]
    fn a_fact_is_of_the_time_at_which_the_job_came_to_its_state() {
        let at = |action: &str| signed(&body(action)).expect("opened").map(|fact| (fact.at, fact.started_at));
        let time = |text: &str| Timestamp::parse_rfc3339(text).expect("a time");
        let (queued, started) = (time("2026-01-01T00:00:00Z"), time("2026-01-01T00:00:05Z"));
        assert_eq!(at("queued"), Some((queued, None)));
        assert_eq!(at("in_progress"), Some((started, Some(started))));
        assert_eq!(at("completed"), Some((Timestamp::EPOCH, Some(started))), "the time of receipt, as the forge gives none");
        assert_eq!(at("waiting"), None);
    }

    #[test]
    fn the_sender_is_the_entity_of_the_hooks_kind() {
        let found = sender(&body("queued"), EntityKind::Repository).expect("well-formed").expect("named");
        let told = (found.web_url.as_str(), found.at.path(), found.number);
        assert_eq!(told, ("https://forge.test/octo/hello/runs/1", "octo/hello".to_owned(), Some(4)));
        assert_eq!(sender(&body("queued"), EntityKind::Enterprise).expect("well-formed"), None);
    }
}
