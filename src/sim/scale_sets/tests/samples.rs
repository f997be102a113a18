//! The shapes of what the service answers, held against samples of GitHub's own client, where those are present: each field of a sample must be
//! there, with a value of the same kind.

use std::path::PathBuf;

use reqwest::Method;
use serde_json::{Value, json};

use super::job;
use super::routes::{AGENTS, Client, SETS, items};
use crate::sim::nouns::Conclusion;
use crate::sim::scale_sets::settings::Manner;

#[expect(clippy::print_stderr, reason = "a test that does less than it could says so")]
fn directory() -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/scaleset-samples");
    if !path.exists() {
        eprintln!("skipped the samples of GitHub's client are not here: shapes are not compared");
        return None;
    }
    Some(path)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// What of the sample is missing, or of another kind.
fn differences(at: &str, sample: &Value, own: &Value) -> Vec<String> {
    if kind(sample) != kind(own) {
        return vec![format!("{at}: {} in the sample, {} here", kind(sample), kind(own))];
    }
    let fields = sample.as_object().into_iter().flatten().flat_map(|(key, sample)| match own.get(key) {
        Some(own) => differences(&format!("{at}.{key}"), sample, own),
        None => vec![format!("{at}.{key}: missing")],
    });
    let first = sample.as_array().and_then(|items| items.first());
    let items = first.into_iter().flat_map(|first| match own.get(0) {
        Some(own) => differences(&format!("{at}[]"), first, own),
        None => vec![format!("{at}: empty")],
    });
    fields.chain(items).collect()
}

#[test]
fn differences_are_seen() {
    let sample = json!({ "a": 1, "b": [{ "c": "text" }], "d": {} });
    assert_eq!(differences("s", &sample, &json!({ "a": 7, "b": [{ "c": "", "e": 1 }], "d": { "f": 1 }, "g": 1 })), [""; 0]);
    assert_eq!(differences("s", &sample, &json!({ "a": "1", "b": [{}], "d": {} })).len(), 2);
    assert_eq!(differences("s", &sample, &json!({ "a": 1, "b": [] })), ["s.b: empty", "s.d: missing"]);
}

#[tokio::test]
async fn answers_have_the_fields_and_kinds_of_the_samples() {
    let Some(directory) = directory() else { return };
    let read = |name: &str| -> Value {
        let text = std::fs::read(directory.join(name)).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        serde_json::from_slice(&text).expect("JSON")
    };
    let mut found = Vec::new();
    let mut compare = |name: &str, own: &Value| found.extend(differences(name, &read(name), own));

    let mut client = Client::new().await;
    compare("registration-token.response.json", &client.registration_token().await);
    compare("runner-registration.response.json", &client.connect().await);
    compare("list.empty.json", &client.get(SETS).await);
    // Both manners, so that there are messages of all kinds.
    client.forge.configure(|settings| settings.scale_sets.manner = Manner::Offers);
    let session = client.session().await;
    compare("session.created.json", &session.object);
    compare("scaleset.json", &client.get(&format!("{SETS}/{}", session.id)).await);
    compare("scalesets.list.json", &client.get(&format!("{SETS}?runnerGroupId=1&name=x64")).await);
    compare("runner-groups.list.json", &client.get("_apis/runtime/runnergroups/?groupName=default").await);
    compare("error.actions-exception.json", &client.call(Method::GET, &format!("{SETS}/99"), None).await.1);

    let message = async |compare: &mut dyn FnMut(&str, &Value), samples: &[&str]| {
        let (_, message) = session.poll(1).await;
        compare("message.no-body.json", &message);
        compare("message.batch.json", &message);
        for (sample, item) in samples.iter().zip(items(&message)) {
            compare(sample, &item);
        }
        assert_eq!((items(&message).len(), session.acknowledge(&message).await), (samples.len(), 204));
    };
    let work = client.forge.queue_job(job(&["x64"]));
    message(&mut compare, &["job.available.json"]).await;
    client.forge.cancel_job(work).expect("waits");
    client.forge.configure(|settings| settings.scale_sets.manner = Manner::Assigns);
    let work = client.forge.queue_job(job(&["x64"]));
    message(&mut compare, &["job.assigned.json"]).await;
    let made = client.post(&format!("{SETS}/{}/generatejitconfig", session.id), json!({ "name": "r", "workFolder": "_work" })).await;
    compare("jitconfig.response.json", &made);
    compare("runner-by-name.list.json", &client.get(&format!("{AGENTS}?agentName=r")).await);
    let id = made["runner"]["id"].as_i64().expect("a number");
    client.forge.write(|state| {
        let own = state.open_session(id, "2.330.0").expect("connected");
        state.begin_poll(id, own).expect("waits");
        state.begin_job(id, own, work).expect("begun");
        state.end_job(id, own, work, Conclusion::Success).expect("ended");
    });
    message(&mut compare, &["job.started.json", "job.completed.json"]).await;
    assert_eq!(found, [""; 0]);
}
