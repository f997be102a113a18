//! The JSON objects of the service.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::caller::Service;
use crate::sim::nouns::{DEFAULT_GROUP, Runner, RunnerGroup};
use crate::sim::scale_sets::nouns::{JobMessage, Message, News, ScaleSet, Statistics};
use crate::sim::state::State;
use crate::time::Timestamp;

/// A list, as the service has it: all on one page.
pub(super) fn list(items: impl Iterator<Item = Value>) -> Value {
    let items: Vec<Value> = items.collect();
    json!({ "count": items.len(), "value": items })
}

/// With seven fractional digits; `0001-01-01T00:00:00Z` = not known.
fn time(time: Option<Timestamp>) -> String {
    let time = time.unwrap_or(Timestamp::ZERO);
    let fraction = time.as_micros().rem_euclid(1_000_000) * 10;
    if fraction == 0 { format!("{}Z", time.to_short_string()) } else { format!("{}.{fraction:07}Z", time.to_short_string()) }
}

pub(super) fn scale_set(state: &State, service: &Service, set: &ScaleSet) -> Value {
    let at = |path: &str| service.at(&format!("_apis/runtime/runnerscalesets/{}/{path}", set.id));
    let mut object = json!({
        "id": set.id,
        "name": set.name,
        "runnerGroupId": set.group_id,
        "runnerGroupName": state.group_name(set.group_id),
        "labels": set.labels.iter().map(|label| json!({ "type": label.kind, "name": label.name })).collect::<Vec<_>>(),
        "RunnerSetting": {
            "ephemeral": set.setting.ephemeral,
            "isElastic": set.setting.is_elastic,
            "disableUpdate": set.setting.disable_update,
        },
        "createdOn": time(Some(set.created_at)),
        "runnerJitConfigUrl": at("generatejitconfig"),
        "getAcquirableJobsUrl": at("acquirablejobs"),
        "acquireJobsUrl": at("acquirejobs"),
        "statistics": statistics(&state.statistics(set.id)),
        "enabled": true,
    });
    if let Some(status) = &set.status {
        object["status"] = status.as_str().into();
    }
    object
}

pub(super) fn statistics(statistics: &Statistics) -> Value {
    json!({
        "totalAvailableJobs": statistics.available,
        "totalAcquiredJobs": 0,
        "totalAssignedJobs": statistics.assigned,
        "totalRunningJobs": statistics.running,
        "totalRegisteredRunners": statistics.registered,
        "totalBusyRunners": statistics.busy,
        "totalIdleRunners": statistics.idle,
    })
}

pub(super) fn message(service: &Service, scale_set: i64, message: &Message, numbers: &Statistics) -> Value {
    let items: Vec<Value> = message.items.iter().map(|item| job(service, scale_set, item)).collect();
    json!({
        "messageId": message.id,
        "messageType": "RunnerScaleSetJobMessages",
        // A text that holds JSON, as the service has it.
        "body": Value::from(items).to_string(),
        "statistics": statistics(numbers),
    })
}

/// An item in the body of a message.
pub(super) fn job(service: &Service, scale_set: i64, job: &JobMessage) -> Value {
    let mut object = json!({
        "messageType": match job.news {
            News::Available => "JobAvailable",
            News::Assigned => "JobAssigned",
            News::Started => "JobStarted",
            News::Completed => "JobCompleted",
        },
        "runnerRequestId": job.request,
        "repositoryName": job.repo,
        "ownerName": job.owner,
        "jobId": job_id(job.job),
        "jobWorkflowRef": format!("{}/{}/.github/workflows/ci.yml@refs/heads/main", job.owner, job.repo),
        "jobDisplayName": job.name,
        "workflowRunId": job.run_id,
        "eventName": "push",
        "requestLabels": job.labels,
        "queueTime": time(Some(job.queued_at)),
        "scaleSetAssignTime": time(job.assigned_at),
        "runnerAssignTime": time(job.started_at),
        "finishTime": time(job.finished_at),
    });
    if job.news == News::Available {
        object["acquireJobUrl"] = service.at(&format!("_apis/runtime/runnerscalesets/{scale_set}/acquirejobs")).into();
    }
    if matches!(job.news, News::Started | News::Completed) {
        let (id, name) = job.runner.as_ref().map_or((0, ""), |(id, name)| (*id, name));
        object["runnerId"] = id.into();
        object["runnerName"] = name.into();
    }
    if let Some(result) = job.result {
        object["result"] = result.into();
    }
    object
}

/// The identifier of a job at the service, which is not the number that webhooks and the REST API have.
fn job_id(job: i64) -> Uuid {
    let digest = Sha256::digest(format!("job {job}"));
    uuid::Builder::from_random_bytes(std::array::from_fn(|index| digest[index])).into_uuid()
}

pub(super) fn runner(state: &State, runner: &Runner) -> Value {
    json!({
        "id": runner.id,
        "name": runner.name,
        "os": if runner.version.is_some() { "Linux" } else { "" },
        "runnerScaleSetId": runner.scale_set.unwrap_or(0),
        "createdOn": time(Some(runner.registered_at)),
        "runnerGroupId": runner.group_id,
        "runnerGroupName": state.group_name(runner.group_id),
        "version": runner.version.as_deref().unwrap_or_default(),
        "enabled": true,
        "ephemeral": runner.ephemeral,
        "status": if runner.online() { "online" } else { "offline" },
        "disableUpdate": false,
        "provisioningState": "Provisioned",
        "busy": runner.busy(),
        "labels": runner.labels.iter().map(|label| json!({ "type": "System", "name": label.name })).collect::<Vec<_>>(),
    })
}

pub(super) fn group(state: &State, group: &RunnerGroup) -> Value {
    json!({
        "id": group.id,
        "name": group.name,
        "size": state.runners().filter(|runner| runner.group_id == group.id).count(),
        "isDefaultGroup": group.id == DEFAULT_GROUP,
    })
}
