//! GitHub's deliveries: <https://docs.github.com/webhooks/webhook-events-and-payloads#workflow_job>.

use reqwest::header::HeaderMap;
use serde::Deserialize;

use super::signature;
use crate::forge::delivery::{Decoder, DeliveryError, HookOwner, Reporter, Sender};
use crate::model::{DeliveryHead, DemandSource, EntityKind, EntityRef, JobFact, JobStatus, SecretString};
use crate::time::Timestamp;

/// The event that tells of jobs.
pub(super) const JOB_EVENT: &str = "workflow_job";

pub(super) const DECODER: Decoder = Decoder { tells_of_jobs, head, signature, hook, sender, open };

fn tells_of_jobs(headers: &HeaderMap) -> bool {
    text(headers, "x-github-event") == Some(JOB_EVENT)
}

/// The longest id of a delivery that is kept; GitHub's have 36 characters.
const GUID_MAX: usize = 64;

/// The longest word of a header that is kept.
const WORD_MAX: usize = 32;

fn head(headers: &HeaderMap) -> DeliveryHead {
    let number = |name| text(headers, name).and_then(|text| text.parse().ok());
    let word = |name| text(headers, name).filter(|word| word.len() <= WORD_MAX).unwrap_or_default().to_owned();
    let guid = text(headers, "x-github-delivery").filter(|guid| !guid.is_empty() && guid.len() <= GUID_MAX);
    DeliveryHead {
        guid: guid.map(str::to_lowercase),
        hook_id: number("x-github-hook-id"),
        target: word("x-github-hook-installation-target-type"),
        target_id: number("x-github-hook-installation-target-id"),
        event: word("x-github-event"),
    }
}

fn signature(headers: &HeaderMap) -> Result<(), DeliveryError> {
    signature::parse(text(headers, signature::HEADER))?;
    Ok(())
}

fn hook(headers: &HeaderMap) -> Result<HookOwner, DeliveryError> {
    match text(headers, "x-github-hook-installation-target-type") {
        Some("repository") => Ok(HookOwner::Entity(EntityKind::Repository)),
        Some("organization") => Ok(HookOwner::Entity(EntityKind::Organization)),
        Some("business") => Ok(HookOwner::Entity(EntityKind::Enterprise)),
        Some("integration") => Ok(HookOwner::App),
        other => {
            let told = other.map_or_else(|| "it is missing".to_owned(), |word| format!("{word:?} is not known"));
            Err(DeliveryError::Malformed(format!(
                "X-GitHub-Hook-Installation-Target-Type: {told}; it must be repository, organization, business or integration"
            )))
        }
    }
}

fn sender(body: &[u8], kind: EntityKind) -> Result<Option<Sender>, DeliveryError> {
    let claim: Claim = serde_json::from_slice(body).map_err(malformed)?;
    let repository = claim.repository.and_then(|repository| Some((repository.id, repository.owner.login?, repository.name)));
    let places = [
        (EntityKind::Repository, repository),
        (EntityKind::Organization, claim.organization.and_then(|own| Some((own.id, String::new(), own.login?)))),
        (EntityKind::Enterprise, claim.enterprise.map(|enterprise| (enterprise.id, String::new(), enterprise.slug))),
    ];
    let place = |(kind, place): (EntityKind, Option<_>)| place.map(|(number, owner, name)| (EntityRef { kind, owner, name }, number));
    let mut entities: Vec<_> = places.into_iter().filter_map(place).collect();
    entities.sort_by_key(|(at, _)| at.kind != kind);
    let job = claim.workflow_job.filter(|_| !entities.is_empty());
    Ok(job.map(|job| Sender { web_url: job.html_url, entities, action: claim.action, job: job.id }))
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
struct Repository {
    id: Option<i64>,
    name: String,
    owner: Login,
    #[serde(default)]
    html_url: String,
}

impl Repository {
    /// The page of a run.
    fn run_url(&self, run_id: i64) -> String {
        if self.html_url.is_empty() { String::new() } else { format!("{}/actions/runs/{run_id}", self.html_url) }
    }
}

#[derive(Deserialize)]
struct Slug {
    id: Option<i64>,
    slug: String,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    id: i64,
    #[serde(default)]
    html_url: String,
}

/// The part of a body that is read before the signature is verified.
#[derive(Deserialize)]
struct Claim {
    #[serde(default)]
    action: String,
    workflow_job: Option<Page>,
    repository: Option<Repository>,
    organization: Option<Login>,
    enterprise: Option<Slug>,
}

/// The part of a verified body that is read.
#[derive(Deserialize)]
struct Payload {
    action: String,
    workflow_job: WorkflowJob,
    repository: Repository,
}

#[derive(Deserialize)]
struct WorkflowJob {
    id: i64,
    #[serde(default)]
    run_id: i64,
    #[serde(default)]
    run_attempt: i64,
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
        let started_at = time(job.started_at);
        // GitHub fills it with the time of queueing while the job waits, which can be long after the job was made: it may have needed an approval.
        let last_queued_at = queued_at.max(started_at);
        let started_at = started_at.filter(|_| status != JobStatus::Queued);
        let completed_at = time(job.completed_at).filter(|_| status == JobStatus::Completed);
        let at = match status {
            JobStatus::Queued => last_queued_at,
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
            run_attempt: job.run_attempt,
            name: job.name,
            status,
            conclusion: job.conclusion.unwrap_or_default(),
            labels: job.labels,
            run_url: self.repository.run_url(job.run_id),
            repository_number: self.repository.id,
            repository_owner: self.repository.owner.login.unwrap_or_default(),
            repository_name: self.repository.name,
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
        let started = time("2026-01-01T00:00:05Z");
        assert_eq!(at("queued"), Some((started, None)), "it was put into the queue again, after an approval");
        assert_eq!(at("in_progress"), Some((started, Some(started))));
        assert_eq!(at("completed"), Some((Timestamp::EPOCH, Some(started))), "the time of receipt, as the forge gives none");
        assert_eq!(at("waiting"), None);
    }

    #[test]
    fn the_sender_is_one_of_the_entities_of_the_job_and_most_likely_that_of_the_hooks_kind() {
        use EntityKind::{Enterprise, Organization, Repository};
        let found = |body: &[u8], kind| {
            let sender = sender(body, kind).expect("well-formed")?;
            assert_eq!(sender.web_url, "https://forge.test/octo/hello/runs/1");
            Some(sender.entities.into_iter().map(|(at, number)| (at.kind, at.path(), number)).collect::<Vec<_>>())
        };
        let at = |entities: &[(EntityKind, &str, Option<i64>)]| {
            Some(entities.iter().map(|(kind, path, number)| (*kind, (*path).to_owned(), *number)).collect::<Vec<_>>())
        };
        let repository = (Repository, "octo/hello", Some(4));
        assert_eq!(found(&body("queued"), Repository), at(&[repository]));
        assert_eq!(found(&body("queued"), Enterprise), at(&[repository]));

        let mut whole: serde_json::Value = serde_json::from_slice(&body("queued")).expect("JSON");
        whole["organization"] = json!({ "login": "octo" });
        whole["enterprise"] = json!({ "id": 9, "slug": "octo-corp" });
        let whole = whole.to_string().into_bytes();
        let (organization, enterprise) = ((Organization, "octo", None), (Enterprise, "octo-corp", Some(9)));
        assert_eq!(found(&whole, Repository), at(&[repository, organization, enterprise]));
        assert_eq!(found(&whole, Organization), at(&[organization, repository, enterprise]));
        assert_eq!(found(&whole, Enterprise), at(&[enterprise, repository, organization]));
        assert_eq!(found(br#"{"workflow_job": {"html_url": "https://forge.test/"}}"#, Repository), None);
    }

    #[test]
    fn the_head_of_a_delivery_is_kept_as_far_as_it_has_the_form_of_one() {
        let read = |pairs: &[(&'static str, &str)]| {
            let pair = |(name, value): &(&'static str, &str)| (name.parse().expect("a name"), value.parse().expect("a value"));
            head(&pairs.iter().map(pair).collect::<HeaderMap>())
        };
        let whole = read(&[
            ("x-github-delivery", "72D3162E-cc78-11e3-81ab-4c9367dc0958"),
            ("x-github-event", "workflow_job"),
            ("x-github-hook-id", "292430182"),
            ("x-github-hook-installation-target-type", "repository"),
            ("x-github-hook-installation-target-id", "79929171"),
        ]);
        let expected = DeliveryHead {
            guid: Some("72d3162e-cc78-11e3-81ab-4c9367dc0958".into()),
            hook_id: Some(292_430_182),
            target: "repository".into(),
            target_id: Some(79_929_171),
            event: "workflow_job".into(),
        };
        assert_eq!(whole, expected);
        assert_eq!(read(&[("x-github-delivery", &"a".repeat(65)), ("x-github-hook-id", "none")]), DeliveryHead::default());
        assert_eq!(read(&[]), DeliveryHead::default());
    }

    #[test]
    fn the_page_of_a_run_is_below_its_repository() {
        let mut with_page: serde_json::Value = serde_json::from_slice(&body("queued")).expect("JSON");
        with_page["workflow_job"]["run_id"] = json!(91);
        with_page["repository"]["html_url"] = json!("https://forge.test/octo/hello");
        let page = |body: &serde_json::Value| signed(body.to_string().as_bytes()).expect("opened").expect("a fact").run_url;
        assert_eq!(page(&with_page), "https://forge.test/octo/hello/actions/runs/91");
        with_page["repository"]["html_url"] = json!("");
        assert_eq!(page(&with_page), "", "as upstream, where the forge does not say");
    }

    /// What decoding costs, for a counter of instructions: `benches/intake` counts `sender` and `open`, and judges.
    const COUNT: usize = 100;

    /// A body as large as those of the forge: most of it is addresses that are not read.
    fn large_body() -> Vec<u8> {
        let mut whole: serde_json::Value = serde_json::from_slice(&body("queued")).expect("JSON");
        let repository = whole["repository"].as_object_mut().expect("an object");
        for field in 0..200 {
            repository
                .insert(format!("field_{field}_url"), format!("https://api.forge.test/repos/octo/hello/field_{field}{{/sha}}").into());
        }
        whole.to_string().into_bytes()
    }

    #[test]
    #[ignore = "benches/intake counts it"]
    fn deliveries_are_decoded() {
        let body = large_body();
        for _ in 0..COUNT {
            let found = sender(&body, EntityKind::Repository).expect("well-formed").expect("it names its owner");
            let fact = signed(&body).expect("opened").expect("a fact");
            assert_eq!((found.job, fact.workflow_job_id), (7, 7));
        }
    }

    /// The yardstick: the signature is made, and each byte is looked at once by a parser.
    #[inline(never)]
    fn look_at(body: &[u8]) -> usize {
        let signature = signature::sign(&SecretString::from("s"), body);
        serde_json::from_slice::<serde::de::IgnoredAny>(body).expect("JSON");
        signature.len()
    }

    #[test]
    #[ignore = "benches/intake counts it"]
    fn bodies_are_looked_at() {
        let body = large_body();
        assert_eq!((0..COUNT).map(|_| look_at(&body)).sum::<usize>(), COUNT * 71);
    }
}
