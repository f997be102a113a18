//! Messages of a session. One item that cannot be read makes none of the others unreadable: it is kept with its text.

use serde_json::Value;
use serde_json::value::RawValue;

use super::json::{number, text, texts, time};
use super::wire::statistics;
use crate::forge::words::bounded;
use crate::model::{JobMessage, JobMessageKind, MessageItem, ScaleSetMessage, ServingRunner};

/// The kind of message that tells of jobs.
const OF_JOBS: &str = "RunnerScaleSetJobMessages";
/// The most items of a message. The service sends fifty.
const ITEMS_MAX: usize = 1_000;
/// The most characters of an item that are kept for a person.
const TEXT_MAX: usize = 2_000;

/// A message. Without a number it is of no use: it could not be acknowledged.
pub(super) fn message(object: &Value) -> Result<ScaleSetMessage, String> {
    let id = number(object, "messageId")?;
    if id <= 0 {
        return Err("a message without a number".to_owned());
    }
    let (kind, body) = (text(object, "messageType").unwrap_or_default(), object.get("body").unwrap_or(&Value::Null));
    let items = match body {
        Value::Null => Vec::new(),
        Value::String(body) if body.trim().is_empty() => Vec::new(),
        Value::String(body) if kind == OF_JOBS || kind.is_empty() => items(body),
        // A body that is no text, or of another kind of message.
        body => vec![unreadable(&body.to_string(), format!("messages of the kind {:?} are not known", bounded(&kind, 100)))],
    };
    // Statistics that cannot be read are as good as none.
    Ok(ScaleSetMessage { id, items, statistics: statistics(object).unwrap_or_default() })
}

/// The items of a body, which is JSON in a text.
fn items(body: &str) -> Vec<MessageItem> {
    let list: Vec<&RawValue> = match serde_json::from_str(body) {
        Ok(list) => list,
        Err(fault) => return vec![unreadable(body, format!("the body is no list: {fault}"))],
    };
    let rest = list.len().saturating_sub(ITEMS_MAX);
    let mut items: Vec<MessageItem> = list.iter().take(ITEMS_MAX).map(|item| item_of(item.get())).collect();
    if rest > 0 {
        items.push(unreadable(list[ITEMS_MAX].get(), format!("it and the {} after it are more than a message may have", rest - 1)));
    }
    items
}

fn unreadable(text: &str, why: String) -> MessageItem {
    MessageItem { text: bounded(text, TEXT_MAX), read: Err(why) }
}

fn item_of(text: &str) -> MessageItem {
    let read = serde_json::from_str(text).map_err(|fault| fault.to_string()).and_then(|item| job(&item));
    MessageItem { text: bounded(text, TEXT_MAX), read }
}

fn job(item: &Value) -> Result<JobMessage, String> {
    let by = || Ok::<_, String>(ServingRunner { agent_id: number(item, "runnerId")?, name: text(item, "runnerName")? });
    let kind = match text(item, "messageType")?.as_str() {
        "" => return Err("it has no messageType".to_owned()),
        "JobAvailable" => JobMessageKind::Available,
        "JobAssigned" => JobMessageKind::Assigned,
        "JobStarted" => JobMessageKind::Started { by: by()? },
        "JobCompleted" => JobMessageKind::Completed { result: text(item, "result")?, by: by()? },
        other => JobMessageKind::Unknown(other.to_owned()),
    };
    Ok(JobMessage {
        kind,
        request_id: number(item, "runnerRequestId")?,
        repository_owner: text(item, "ownerName")?,
        repository_name: text(item, "repositoryName")?,
        job_id: text(item, "jobId")?,
        job_name: text(item, "jobDisplayName")?,
        workflow_ref: text(item, "jobWorkflowRef")?,
        run_id: number(item, "workflowRunId")?,
        event: text(item, "eventName")?,
        labels: texts(item, "requestLabels")?,
        queued_at: time(item, "queueTime"),
        assigned_at: time(item, "scaleSetAssignTime"),
        runner_assigned_at: time(item, "runnerAssignTime"),
        finished_at: time(item, "finishTime"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: &Value) -> ScaleSetMessage {
        message(&json!({ "messageId": 12, "messageType": OF_JOBS, "body": body })).expect("a message")
    }

    /// An item in the vendor's shape, with values of this test.
    fn item(kind: &str) -> Value {
        json!({
            "messageType": kind, "runnerRequestId": 55, "repositoryName": "hello", "ownerName": "octo", "jobId": "9b7c-1",
            "jobWorkflowRef": "octo/hello/.github/workflows/ci.yml@refs/heads/main", "jobDisplayName": "build (x86)", "workflowRunId": 700,
            "eventName": "push", "requestLabels": ["linux"], "queueTime": "2026-06-01T10:00:00.7654321Z",
            "scaleSetAssignTime": "0001-01-01T00:00:00Z", "runnerAssignTime": "0001-01-01T00:00:00Z", "finishTime": null,
            "runnerId": 8, "runnerName": "garm-a", "result": "succeeded", "acquireJobUrl": "https://service.example.invalid/a",
        })
    }

    #[test]
    fn every_kind_of_item_is_read_and_an_unknown_one_keeps_its_word() {
        let kinds = ["JobAvailable", "JobAssigned", "JobStarted", "JobCompleted", "JobPostponed"];
        let body = Value::Array(kinds.map(item).to_vec()).to_string();
        let jobs: Vec<JobMessage> = read(&body.into()).items.into_iter().map(|item| item.read.expect("readable")).collect();
        let by = ServingRunner { agent_id: 8, name: "garm-a".into() };
        let found: Vec<JobMessageKind> = jobs.iter().map(|job| job.kind.clone()).collect();
        assert_eq!(
            found,
            [
                JobMessageKind::Available,
                JobMessageKind::Assigned,
                JobMessageKind::Started { by: by.clone() },
                JobMessageKind::Completed { result: "succeeded".into(), by },
                JobMessageKind::Unknown("JobPostponed".into()),
            ]
        );
        let job = &jobs[0];
        assert_eq!((job.request_id, job.run_id, job.labels.as_slice()), (55, 700, ["linux".to_owned()].as_slice()));
        assert!(job.queued_at.is_some() && job.assigned_at.is_none() && job.finished_at.is_none());
    }

    #[test]
    fn a_job_that_the_service_assigned_by_itself_has_no_request() {
        let body = json!([{ "messageType": "JobAssigned", "runnerRequestId": 0, "jobId": "x", "requestLabels": null }]).to_string();
        let job = read(&body.into()).items.remove(0).read.expect("readable");
        assert_eq!((job.request_id, job.kind, job.labels.len()), (0, JobMessageKind::Assigned, 0));
    }

    #[test]
    fn a_bad_item_is_kept_with_its_text_and_the_others_are_read() {
        let items = [
            item("JobAssigned").to_string(),
            r#"{"messageType":"JobStarted","runnerId":"many"}"#.to_owned(),
            "7".to_owned(),
            r#"{"runnerRequestId":1}"#.to_owned(),
            format!(r#"{{"messageType":"JobAssigned","jobDisplayName":"{}"}}"#, "x".repeat(5_000)),
            item("JobAssigned").to_string(),
        ];
        let items = read(&format!("[{}]", items.join(",")).into()).items;
        let readable: Vec<bool> = items.iter().map(|item| item.read.is_ok()).collect();
        assert_eq!(readable, [true, false, false, false, false, true]);
        assert!(items[1].text.contains(r#""runnerId":"many""#) && items[1].read.as_ref().is_err_and(|why| why.contains("runnerId")));
        assert!(items[4].text.chars().count() <= TEXT_MAX + 1);
    }

    #[test]
    fn a_message_without_a_readable_body_is_one_that_can_be_acknowledged() {
        assert_eq!(read(&Value::Null).items, []);
        assert_eq!(read(&"".into()).items, []);
        let bare = message(&json!({ "messageId": 1, "messageType": OF_JOBS })).expect("a message");
        assert_eq!((bare.id, bare.items.len(), bare.statistics), (1, 0, None));
        for body in [json!("[{\"messageType\":"), json!("{}"), json!("no"), json!([1]), json!(5)] {
            let items = read(&body).items;
            assert!(items.len() == 1 && items[0].read.is_err() && !items[0].text.is_empty(), "{body}");
        }
        let other = message(&json!({ "messageId": "3", "messageType": "Weather", "body": "[]" })).expect("a message");
        assert!(other.id == 3 && other.items[0].read.as_ref().is_err_and(|why| why.contains("Weather")));
        for nameless in [json!({}), json!({ "messageId": 0 }), json!({ "messageId": "x" }), json!([]), json!(null)] {
            assert!(message(&nameless).is_err(), "{nameless}");
        }
    }

    #[test]
    fn what_is_more_than_a_message_may_have_is_told_as_one() {
        let body = Value::Array(vec![item("JobAssigned"); ITEMS_MAX + 5]).to_string();
        let items = read(&body.into()).items;
        assert_eq!(items.len(), ITEMS_MAX + 1);
        assert!(items[ITEMS_MAX].read.as_ref().is_err_and(|why| why.contains("the 4 after it")));
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_strange(text: String, id: i64) {
            for body in [text.clone(), format!("[{text}]"), format!(r#"[{{"messageType":{text}}}]"#)] {
                if let Ok(read) = message(&json!({ "messageId": id, "messageType": OF_JOBS, "body": body })) {
                    proptest::prop_assert!(read.items.iter().all(|item| item.text.chars().count() <= TEXT_MAX + 1));
                }
            }
        }
    }
}
