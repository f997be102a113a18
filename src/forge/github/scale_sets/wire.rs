//! What the service sends of scale sets, groups, sessions and runners, and what it is sent of them.

use serde_json::{Value, json};

use super::json::{count, flag, number, text, texts};
use super::lifetime::ends_at;
use crate::model::{
    ForgeRunner, MessageSession, RunnerGroup, RunnerName, RunnerVersion, ScaleSetSettings, ScaleSetStatistics, SecretString, ServiceRunner,
    ServiceScaleSet, ServiceScaleSetId,
};
use crate::time::Timestamp;

/// The most things of one list. GitHub has at most 10,000 runners in a group.
const LIST_MAX: usize = 100_000;
/// The longest token or address, in bytes.
const LONG_MAX: usize = 64 * 1024;
/// The most labels of one thing.
const LABELS_MAX: usize = 200;

/// A scale set.
pub(super) fn scale_set(object: &Value) -> Result<ServiceScaleSet, String> {
    let id = number(object, "id")?;
    if id <= 0 {
        return Err("a scale set without a number".to_owned());
    }
    let setting = object.get("RunnerSetting").or_else(|| object.get("runnerSetting")).unwrap_or(&Value::Null);
    Ok(ServiceScaleSet {
        id: ServiceScaleSetId(id),
        name: text(object, "name")?,
        group_id: number(object, "runnerGroupId")?,
        group_name: text(object, "runnerGroupName")?,
        labels: labels(object)?,
        disable_update: flag(setting, "disableUpdate"),
        status: text(object, "status").unwrap_or_default(),
        statistics: statistics(object)?,
    })
}

/// The labels of a thing: names, or objects with a name.
fn labels(object: &Value) -> Result<Vec<String>, String> {
    let Some(labels) = object.get("labels").and_then(Value::as_array) else { return Ok(Vec::new()) };
    if labels.iter().all(Value::is_string) {
        return texts(object, "labels");
    }
    if labels.len() > LABELS_MAX {
        return Err(format!("there are more than {LABELS_MAX} labels"));
    }
    labels.iter().map(|label| text(label, "name")).collect()
}

/// The statistics in an answer or a message; `None` = there are none.
pub(super) fn statistics(object: &Value) -> Result<Option<ScaleSetStatistics>, String> {
    let Some(counts) = object.get("statistics").filter(|counts| counts.is_object()) else { return Ok(None) };
    Ok(Some(ScaleSetStatistics {
        available_jobs: count(counts, "totalAvailableJobs")?,
        acquired_jobs: count(counts, "totalAcquiredJobs")?,
        assigned_jobs: count(counts, "totalAssignedJobs")?,
        running_jobs: count(counts, "totalRunningJobs")?,
        registered_runners: count(counts, "totalRegisteredRunners")?,
        busy_runners: count(counts, "totalBusyRunners")?,
        idle_runners: count(counts, "totalIdleRunners")?,
    }))
}

/// A session, as of now.
pub(super) fn session(object: &Value, now: Timestamp) -> Result<MessageSession, String> {
    let id = text(object, "sessionId")?.parse().map_err(|_| "a session without a usable id".to_owned())?;
    let token = SecretString::from(long_text(object, "messageQueueAccessToken")?);
    let known = object.get("runnerScaleSet").filter(|known| known.is_object());
    Ok(MessageSession {
        id,
        owner: text(object, "ownerName")?,
        queue_url: long_text(object, "messageQueueUrl")?,
        token_ends_at: ends_at(&token, now),
        token,
        scale_set: known.map(scale_set).transpose()?,
        statistics: statistics(object)?,
    })
}

/// A token or an address: it may be longer than other texts, and no error repeats it. Empty where there is none.
pub(super) fn long_text(object: &Value, key: &str) -> Result<String, String> {
    let text = object.get(key).and_then(Value::as_str).unwrap_or_default();
    if text.len() > LONG_MAX { Err(format!("{key} is too long")) } else { Ok(text.to_owned()) }
}

/// A runner group.
pub(super) fn group(object: &Value) -> Result<RunnerGroup, String> {
    Ok(RunnerGroup { id: number(object, "id")?, name: text(object, "name")?, is_default: flag(object, "isDefaultGroup") })
}

/// A runner.
pub(super) fn runner(object: &Value) -> Result<ServiceRunner, String> {
    let scale_set_id = Some(number(object, "runnerScaleSetId")?).filter(|id| *id > 0).map(ServiceScaleSetId);
    let runner = ForgeRunner {
        agent_id: number(object, "id")?,
        name: RunnerName(text(object, "name")?),
        online: text(object, "status")?.eq_ignore_ascii_case("online"),
        busy: flag(object, "busy"),
        labels: labels(object)?,
        version: RunnerVersion::parse(&text(object, "version")?),
    };
    Ok(ServiceRunner { scale_set_id, runner })
}

/// The things of a list. Its count is not needed, and may disagree with them.
pub(super) fn list<T>(object: &Value, read: impl Fn(&Value) -> Result<T, String>) -> Result<Vec<T>, String> {
    match object.get("value") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) if items.len() > LIST_MAX => Err(format!("a list of more than {LIST_MAX} things")),
        Some(Value::Array(items)) => items.iter().map(read).collect(),
        Some(_) => Err("a list that is none".to_owned()),
    }
}

/// The one thing of this name in the answer to a question for it. A count of 0 means that there is none, whatever the list has.
pub(super) fn named<T>(
    object: &Value,
    name: &str,
    read: impl Fn(&Value) -> Result<T, String>,
    name_of: impl Fn(&T) -> &str,
) -> Result<Option<T>, String> {
    if object.get("count").is_some() && number(object, "count")? == 0 {
        return Ok(None);
    }
    let mut found = list(object, read)?;
    found.retain(|thing| name_of(thing).to_lowercase() == name.to_lowercase());
    match found.len() {
        0 | 1 => Ok(found.pop()),
        several => Err(format!("{several} things of the name {name:?}")),
    }
}

/// What a scale set is to be, in the service's words. Runners of scale sets are always ephemeral.
pub(super) fn settings_body(settings: &ScaleSetSettings) -> Value {
    let names = if settings.labels.is_empty() { std::slice::from_ref(&settings.name) } else { &settings.labels[..] };
    let labels: Vec<Value> = names.iter().map(|name| json!({ "type": "System", "name": name })).collect();
    json!({
        "name": settings.name,
        "runnerGroupId": settings.group_id,
        "labels": labels,
        "RunnerSetting": { "ephemeral": true, "disableUpdate": settings.disable_update },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::expose;

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).expect("JSON")
    }

    /// A scale set in the vendor's shape, with values of this test.
    const SCALE_SET: &str = r#"{
        "id": 31, "name": "arm-large", "runnerGroupId": 4, "runnerGroupName": "Builders",
        "labels": [{"type": "System", "name": "arm-large"}, {"type": "User", "name": "gpu"}],
        "RunnerSetting": {"disableUpdate": true}, "createdOn": "2026-06-01T08:00:00Z",
        "runnerJitConfigUrl": "https://service.example.invalid/x/generatejitconfig",
        "statistics": {"totalAvailableJobs": 1, "totalAcquiredJobs": 0, "totalAssignedJobs": 5, "totalRunningJobs": 2,
            "totalRegisteredRunners": 4, "totalBusyRunners": 2, "totalIdleRunners": 1}, "somethingNew": {"a": [1]}
    }"#;

    #[test]
    fn a_scale_set_is_read_whatever_else_is_there_or_missing() {
        let read = scale_set(&parsed(SCALE_SET)).expect("a scale set");
        assert_eq!((read.id, read.name.as_str(), read.group_id), (ServiceScaleSetId(31), "arm-large", 4));
        assert_eq!((read.labels, read.disable_update), (vec!["arm-large".to_owned(), "gpu".to_owned()], true));
        let statistics = read.statistics.expect("statistics");
        assert_eq!((statistics.assigned_jobs, statistics.waiting_jobs(), statistics.idle_runners), (5, 3, 1));

        let bare = scale_set(&parsed(r#"{"id": "31", "name": "x", "labels": null, "RunnerSetting": null, "statistics": null}"#));
        let bare = bare.expect("a scale set");
        assert_eq!((bare.id, bare.labels.len(), bare.statistics, bare.disable_update), (ServiceScaleSetId(31), 0, None, false));
        assert_eq!(scale_set(&parsed(r#"{"id": 1, "status": "Outdated"}"#)).expect("a scale set").status, "Outdated");
        assert!(scale_set(&parsed(r#"{"name": "x"}"#)).is_err() && scale_set(&parsed("[]")).is_err());
    }

    #[test]
    fn a_session_is_read_also_without_an_address_and_its_token_is_not_shown() {
        let text = format!(
            r#"{{"sessionId": "6c1f0a52-27a1-4a57-9d0c-5d9a3f2f7b10", "ownerName": "garm-1", "runnerScaleSet": {SCALE_SET},
                "messageQueueUrl": "https://queue.example.invalid/m?sessionId=6c1f", "messageQueueAccessToken": "queue-token-1"}}"#
        );
        let read = session(&parsed(&text), Timestamp::EPOCH).expect("a session");
        assert_eq!((read.owner.as_str(), read.statistics), ("garm-1", None));
        assert_eq!(read.scale_set.as_ref().expect("a scale set").id, ServiceScaleSetId(31));
        assert_eq!(expose(&read.token), "queue-token-1");
        assert!(read.token_ends_at > Timestamp::EPOCH && !format!("{read:?}").contains("queue-token-1"));

        let bare = session(&parsed(r#"{"sessionId": "6c1f0a52-27a1-4a57-9d0c-5d9a3f2f7b10", "messageQueueUrl": null}"#), Timestamp::EPOCH);
        assert_eq!(bare.expect("a session").queue_url, "");
        assert!(session(&parsed(r#"{"sessionId": "../../5"}"#), Timestamp::EPOCH).is_err(), "the id becomes part of a path");
    }

    #[test]
    fn the_count_of_a_list_may_disagree_with_it() {
        let one = |text: &str| named(&parsed(text), "Linux", scale_set, |found| found.name.as_str());
        let id = |text: &str| one(text).map(|found| found.map(|found| found.id.0));
        assert_eq!(id(r#"{"count": 1, "value": [{"id": 3, "name": "linux"}]}"#), Ok(Some(3)));
        assert_eq!(id(r#"{"count": 0, "value": [{"id": 3, "name": "linux"}]}"#), Ok(None));
        assert_eq!(id(r#"{"count": 2, "value": [{"id": 3, "name": "linux"}]}"#), Ok(Some(3)));
        assert_eq!(id(r#"{"value": [{"id": 3, "name": "other"}, {"id": 4, "name": "linux"}]}"#), Ok(Some(4)));
        assert_eq!(id(r#"{"count": 1, "value": []}"#), Ok(None));
        assert_eq!(id(r#"{"count": 1, "value": null}"#), Ok(None));
        assert!(id(r#"{"count": 2, "value": [{"id": 3, "name": "linux"}, {"id": 4, "name": "LINUX"}]}"#).is_err());
        assert!(id(r#"{"count": 1, "value": {}}"#).is_err());
    }

    #[test]
    fn a_runner_of_no_scale_set_has_no_number_of_one() {
        let read = runner(&parsed(
            r#"{"id": 8, "name": "garm-a", "runnerScaleSetId": 31, "status": "online", "busy": true, "version": "2.331.0", "labels": null}"#,
        ))
        .expect("a runner");
        assert_eq!((read.scale_set_id, read.runner.online, read.runner.busy), (Some(ServiceScaleSetId(31)), true, true));
        assert!(read.runner.version.is_some());
        let read = runner(&parsed(r#"{"id": 9, "name": "vm", "runnerScaleSetId": 0, "labels": [{"name": "x"}]}"#)).expect("a runner");
        assert_eq!((read.scale_set_id, read.runner.online, read.runner.labels), (None, false, vec!["x".to_owned()]));
    }

    #[test]
    fn the_name_is_the_label_where_there_is_no_other() {
        let settings = ScaleSetSettings { name: "x".into(), group_id: 1, labels: Vec::new(), disable_update: false };
        let body = settings_body(&settings);
        assert_eq!(body["labels"], json!([{ "type": "System", "name": "x" }]));
        assert_eq!(body["RunnerSetting"], json!({ "ephemeral": true, "disableUpdate": false }), "also what is switched off is told");
        let body = settings_body(&ScaleSetSettings { labels: vec!["a".into(), "b".into()], ..settings });
        assert_eq!(body["labels"].as_array().map(Vec::len), Some(2));
    }
}
