//! GitHub's answers, as far as they are read.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::forge::error::Error;
use crate::forge::interface::Place;
use crate::model::{
    EntityKind, EntityRef, ForgeHook, ForgeJob, ForgeRun, ForgeRunner, JitConfig, JobStatus, ListedJob, ListedRepository, LoggedDelivery,
    RunnerName, RunnerTool, RunnerVersion, SecretString, expose,
};
use crate::time::Timestamp;

#[derive(Deserialize)]
pub(super) struct TokenAnswer {
    pub(super) token: SecretString,
    #[serde(default)]
    pub(super) expires_at: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct JitAnswer {
    pub(super) runner: RunnerAnswer,
    pub(super) encoded_jit_config: SecretString,
}

#[derive(Deserialize)]
pub(super) struct RunnerList {
    pub(super) runners: Vec<RunnerAnswer>,
}

#[derive(Deserialize)]
pub(super) struct RunnerAnswer {
    pub(super) id: i64,
    name: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    busy: bool,
    #[serde(default)]
    labels: Vec<LabelAnswer>,
    /// Nothing while it has never connected.
    #[serde(default)]
    version: Option<String>,
}

#[derive(Deserialize)]
struct LabelAnswer {
    name: String,
}

impl From<RunnerAnswer> for ForgeRunner {
    fn from(answer: RunnerAnswer) -> Self {
        Self {
            agent_id: answer.id,
            name: RunnerName(answer.name),
            online: answer.status == "online",
            busy: answer.busy,
            labels: answer.labels.into_iter().map(|label| label.name).collect(),
            version: answer.version.as_deref().and_then(RunnerVersion::parse),
        }
    }
}

/// When a version of the runner ends. The route is there since 3 September 2026; each date is null or absent when it is not set.
#[derive(Deserialize)]
pub(super) struct DeprecationAnswer {
    #[serde(default)]
    runtime_deprecates_at: Option<String>,
    #[serde(default)]
    registration_deprecates_at: Option<String>,
}

impl DeprecationAnswer {
    /// From when on a new runner of the version is of no use: it cannot register, or gets no job.
    pub(super) fn first_date(&self) -> Result<Option<Timestamp>, Error> {
        let dates = [&self.runtime_deprecates_at, &self.registration_deprecates_at].into_iter().flatten();
        let read = |text: &String| Timestamp::parse_rfc3339(text).map_err(|_| Error::Garbled(format!("{text:?} is no time")));
        Ok(dates.map(read).collect::<Result<Vec<_>, _>>()?.into_iter().min())
    }
}

/// <https://docs.github.com/rest/actions/workflow-jobs#get-a-job-for-a-workflow-run>
#[derive(Deserialize)]
pub(super) struct JobAnswer {
    status: String,
    conclusion: Option<String>,
    steps: Option<Vec<StepAnswer>>,
    started_at: Option<String>,
    completed_at: Option<String>,
    runner_id: Option<i64>,
    runner_name: Option<String>,
    runner_group_id: Option<i64>,
    runner_group_name: Option<String>,
}

#[derive(Deserialize)]
struct StepAnswer {
    conclusion: Option<String>,
}

impl From<JobAnswer> for ForgeJob {
    fn from(answer: JobAnswer) -> Self {
        let known = JobStatus::from_word(&answer.status);
        let status = known.unwrap_or(JobStatus::Queued);
        let has_failed = |step: &StepAnswer| matches!(step.conclusion.as_deref(), Some("failure" | "timed_out"));
        Self {
            failed_step: answer.steps.iter().flatten().any(has_failed),
            held_back: known.is_none(),
            conclusion: answer.conclusion.unwrap_or_default(),
            runner_id: answer.runner_id.unwrap_or(0),
            runner_name: answer.runner_name.unwrap_or_default(),
            runner_group_id: answer.runner_group_id.unwrap_or(0),
            runner_group_name: answer.runner_group_name.unwrap_or_default(),
            // GitHub fills it with the time of queueing while the job waits.
            started_at: time(answer.started_at).filter(|_| status != JobStatus::Queued),
            completed_at: time(answer.completed_at),
            status,
        }
    }
}

fn time(text: Option<String>) -> Option<Timestamp> {
    text.and_then(|text| Timestamp::parse_rfc3339(&text).ok())
}

/// <https://docs.github.com/rest/actions/workflow-runs#list-workflow-runs-for-a-repository>
#[derive(Deserialize)]
pub(super) struct RunList {
    pub(super) workflow_runs: Vec<RunAnswer>,
}

#[derive(Deserialize)]
pub(super) struct RunAnswer {
    pub(super) id: i64,
    #[serde(default)]
    run_attempt: i64,
    status: Option<String>,
    conclusion: Option<String>,
}

/// <https://docs.github.com/rest/actions/workflow-runs#get-a-workflow-run>
impl From<RunAnswer> for ForgeRun {
    fn from(answer: RunAnswer) -> Self {
        Self {
            attempt: answer.run_attempt,
            is_over: answer.status.as_deref() == Some("completed"),
            conclusion: answer.conclusion.unwrap_or_default(),
        }
    }
}

/// <https://docs.github.com/rest/actions/workflow-jobs#list-jobs-for-a-workflow-run>
#[derive(Deserialize)]
pub(super) struct JobList {
    pub(super) jobs: Vec<ListedJobAnswer>,
}

#[derive(Deserialize)]
pub(super) struct ListedJobAnswer {
    id: i64,
    run_id: i64,
    #[serde(default)]
    run_attempt: i64,
    #[serde(default)]
    name: String,
    #[serde(default)]
    labels: Vec<String>,
    html_url: Option<String>,
    created_at: Option<String>,
    #[serde(flatten)]
    state: JobAnswer,
}

impl From<ListedJobAnswer> for ListedJob {
    fn from(answer: ListedJobAnswer) -> Self {
        // The page of a job is below that of its run.
        let page = answer.html_url.unwrap_or_default();
        let run_url = page.split_once("/job/").map(|(run, _)| run.to_owned()).unwrap_or_default();
        Self {
            number: answer.id,
            run_id: answer.run_id,
            run_attempt: answer.run_attempt,
            name: answer.name,
            labels: answer.labels,
            run_url,
            queued_at: time(answer.created_at),
            state: answer.state.into(),
        }
    }
}

/// <https://docs.github.com/rest/repos/repos#list-organization-repositories>
#[derive(Deserialize)]
pub(super) struct ListedRepositoryAnswer {
    #[serde(flatten)]
    repository: RepositoryAnswer,
    pushed_at: Option<String>,
    #[serde(default)]
    archived: bool,
    #[serde(default)]
    disabled: bool,
}

impl ListedRepositoryAnswer {
    /// The repository, unless it can have no jobs.
    pub(super) fn open(self) -> Option<ListedRepository> {
        let RepositoryAnswer { id, name, owner } = self.repository;
        let is_open = !self.archived && !self.disabled;
        is_open.then(|| ListedRepository { number: id, owner: owner.login, name, pushed_at: time(self.pushed_at) })
    }
}

/// <https://docs.github.com/rest/repos/webhooks#list-deliveries-for-a-repository-webhook>
#[derive(Deserialize)]
pub(super) struct DeliveryAnswer {
    id: i64,
    guid: String,
    delivered_at: String,
    #[serde(default)]
    status_code: i64,
    #[serde(default)]
    event: String,
    action: Option<String>,
}

impl TryFrom<DeliveryAnswer> for LoggedDelivery {
    type Error = Error;

    fn try_from(answer: DeliveryAnswer) -> Result<Self, Error> {
        let delivered_at = Timestamp::parse_rfc3339(&answer.delivered_at);
        let delivered_at = delivered_at.map_err(|_| Error::Garbled("a delivery of the log has no time".into()))?;
        Ok(Self {
            id: answer.id,
            guid: answer.guid.to_lowercase(),
            delivered_at,
            is_accepted: (200..300).contains(&answer.status_code),
            event: answer.event,
            action: answer.action.unwrap_or_default(),
        })
    }
}

/// <https://docs.github.com/rest/repos/repos#get-a-repository>
#[derive(Deserialize)]
pub(super) struct RepositoryAnswer {
    id: i64,
    name: String,
    owner: OwnerAnswer,
}

#[derive(Deserialize)]
struct OwnerAnswer {
    login: String,
}

impl From<RepositoryAnswer> for Place {
    fn from(answer: RepositoryAnswer) -> Self {
        let at = EntityRef { kind: EntityKind::Repository, owner: answer.owner.login, name: answer.name };
        Self { number: answer.id, at }
    }
}

/// <https://docs.github.com/rest/orgs/orgs#get-an-organization>
#[derive(Deserialize)]
pub(super) struct OrganizationAnswer {
    id: i64,
    login: String,
}

impl From<OrganizationAnswer> for Place {
    fn from(answer: OrganizationAnswer) -> Self {
        let at = EntityRef { kind: EntityKind::Organization, owner: String::new(), name: answer.login };
        Self { number: answer.id, at }
    }
}

#[derive(Deserialize)]
pub(super) struct GroupList {
    pub(super) runner_groups: Vec<GroupAnswer>,
}

#[derive(Deserialize)]
pub(super) struct GroupAnswer {
    pub(super) id: i64,
    pub(super) name: String,
    #[serde(default)]
    pub(super) default: bool,
}

#[derive(Deserialize)]
#[serde(default)]
pub(super) struct ToolAnswer {
    os: String,
    architecture: String,
    download_url: String,
    filename: String,
    sha256_checksum: String,
    temp_download_token: String,
}

impl Default for ToolAnswer {
    fn default() -> Self {
        let empty = String::new;
        Self {
            os: empty(),
            architecture: empty(),
            download_url: empty(),
            filename: empty(),
            sha256_checksum: empty(),
            temp_download_token: empty(),
        }
    }
}

impl From<ToolAnswer> for RunnerTool {
    fn from(answer: ToolAnswer) -> Self {
        Self {
            os: answer.os,
            architecture: answer.architecture,
            download_url: answer.download_url,
            filename: answer.filename,
            sha256_checksum: answer.sha256_checksum,
            temp_download_token: answer.temp_download_token,
        }
    }
}

/// A just-in-time configuration is base64 of a JSON object: file name to base64 content.
pub(super) fn decode_jit(encoded: &SecretString) -> Result<JitConfig, Error> {
    let garbled = || Error::Garbled("the just-in-time configuration is not base64 of a JSON object of files".into());
    let text = STANDARD.decode(expose(encoded)).map_err(|_| garbled())?;
    let files: BTreeMap<String, SecretString> = serde_json::from_slice(&text).map_err(|_| garbled())?;
    if files.is_empty() || files.values().any(|content| STANDARD.decode(expose(content)).is_err()) {
        return Err(garbled());
    }
    Ok(JitConfig { files })
}

/// A webhook: <https://docs.github.com/rest/repos/webhooks>.
#[derive(Deserialize)]
pub(super) struct HookAnswer {
    id: i64,
    #[serde(default)]
    active: bool,
    #[serde(default)]
    events: Vec<String>,
    #[serde(default)]
    config: HookConfig,
}

/// How a webhook delivers: <https://docs.github.com/rest/apps/webhooks>.
#[derive(Default, Deserialize)]
pub(super) struct HookConfig {
    #[serde(default)]
    pub(super) url: Option<String>,
    /// `"0"` or `"1"`, also as a number.
    #[serde(default)]
    insecure_ssl: serde_json::Value,
}

impl From<HookAnswer> for ForgeHook {
    fn from(answer: HookAnswer) -> Self {
        let insecure_ssl = answer.config.insecure_ssl == "1" || answer.config.insecure_ssl == 1;
        Self { id: answer.id, url: answer.config.url.unwrap_or_default(), events: answer.events, active: answer.active, insecure_ssl }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_is_taken_apart_and_never_shown() {
        let encoded = STANDARD.encode(r#"{".runner":"e30=",".credentials":"c2VjcmV0"}"#);
        let jit = decode_jit(&SecretString::from(encoded)).expect("well-formed");
        assert_eq!(expose(&jit.files[".credentials"]), "c2VjcmV0");
        assert!(!format!("{jit:?}").contains("c2VjcmV0"));
    }

    #[test]
    fn a_version_ends_at_the_first_of_its_dates() {
        let first = |runtime: serde_json::Value, registration: serde_json::Value| {
            let answer = serde_json::json!({
                "runner_version": "2.330.0", "runtime_deprecates_at": runtime, "registration_deprecates_at": registration,
            });
            serde_json::from_value::<DeprecationAnswer>(answer).expect("an answer").first_date()
        };
        let date = |text: &str| Timestamp::parse_rfc3339(text).ok();
        let (early, late) = ("2026-11-05T00:00:00Z", "2026-12-05T00:00:00Z");
        assert_eq!(first(late.into(), early.into()).expect("times"), date(early));
        assert_eq!(first(serde_json::Value::Null, late.into()).expect("a time"), date(late));
        assert_eq!(serde_json::from_str::<DeprecationAnswer>("{}").expect("an answer").first_date().expect("no time"), None);
        assert!(first("soon".into(), serde_json::Value::Null).is_err());
    }

    #[test]
    fn states_before_the_queue_hold_a_job_back() {
        let told = |status: &str| {
            let answer: JobAnswer = serde_json::from_value(serde_json::json!({ "status": status })).expect("an answer");
            let job = ForgeJob::from(answer);
            (job.status, job.held_back)
        };
        for status in ["waiting", "pending", "requested"] {
            assert_eq!(told(status), (JobStatus::Queued, true), "{status}");
        }
        assert_eq!(told("queued"), (JobStatus::Queued, false));
        assert_eq!(told("in_progress"), (JobStatus::InProgress, false));
    }

    #[test]
    fn a_job_that_ended_without_a_failed_step_was_lost() {
        let failed = |steps: serde_json::Value| {
            let answer = serde_json::json!({ "status": "completed", "conclusion": "failure", "steps": steps });
            ForgeJob::from(serde_json::from_value::<JobAnswer>(answer).expect("an answer")).failed_step
        };
        let step = |conclusion: Option<&str>| serde_json::json!({ "name": "test", "conclusion": conclusion });
        assert!(!failed(serde_json::json!([step(Some("success")), step(None), step(Some("cancelled")), step(Some("skipped"))])));
        assert!(!failed(serde_json::json!([])) && !failed(serde_json::Value::Null));
        assert!(failed(serde_json::json!([step(Some("failure"))])) && failed(serde_json::json!([step(Some("timed_out"))])));
    }

    #[test]
    fn a_listed_job_has_what_a_delivery_tells_of_it() {
        let answer: ListedJobAnswer = serde_json::from_value(serde_json::json!({
            "id": 7, "run_id": 5, "run_attempt": 2, "name": "build", "labels": ["linux"], "status": "queued", "conclusion": null,
            "created_at": "2026-11-28T10:00:00Z", "started_at": "2026-11-28T10:00:00Z", "completed_at": null,
            "html_url": "https://github.com/octo/hello/actions/runs/5/job/7", "runner_id": null, "runner_name": null,
        }))
        .expect("an answer");
        let job = ListedJob::from(answer);
        assert_eq!((job.number, job.run_id, job.run_attempt, job.labels), (7, 5, 2, vec!["linux".to_owned()]));
        assert_eq!(job.run_url, "https://github.com/octo/hello/actions/runs/5");
        assert_eq!((job.state.status, job.state.started_at), (JobStatus::Queued, None));
        assert_eq!(job.queued_at, Timestamp::parse_rfc3339("2026-11-28T10:00:00Z").ok());
    }

    #[test]
    fn a_repository_that_can_have_no_jobs_is_left_out() {
        let open = |more: serde_json::Value| {
            let mut answer = serde_json::json!({ "id": 3, "name": "hello", "owner": { "login": "octo" }, "pushed_at": null });
            answer.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            serde_json::from_value::<ListedRepositoryAnswer>(answer).expect("an answer").open().map(|repository| repository.number)
        };
        assert_eq!(open(serde_json::json!({})), Some(3));
        assert_eq!(open(serde_json::json!({ "archived": true })), None);
        assert_eq!(open(serde_json::json!({ "disabled": true })), None);
    }

    #[test]
    fn what_is_no_configuration_is_refused_without_repeating_it() {
        for wrong in ["", "!!", "e30=", &STANDARD.encode(r#"{".runner":"not base64!"}"#)] {
            let error = decode_jit(&SecretString::from(wrong)).expect_err("malformed");
            assert!(!error.to_string().contains("not base64!"));
        }
    }
}
