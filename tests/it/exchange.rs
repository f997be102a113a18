//! Exchanges captured from upstream's server: what is asked, and what must be the same in our answer.
//!
//! The same means: status, content type, the keys of every object (also which are left out), the type of every value, and the value itself
//! where it does not depend on when and where the exchange was captured. What does depend is translated ([`Translation`]) or known to
//! ([`VOLATILE`]).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use garm::forge::github::signature;
use garm::model::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The secret of every webhook in the captured exchanges.
pub(crate) const SECRET: &str = "s3cr3t-webhook";

/// Values that are another one each time, or are words for people; of these the type is compared, and of times whether there is one.
const VOLATILE: &[&str] =
    &["id", "token", "hostname", "version", "details", "message", "sha256_checksum", "reset", "used", "remaining", "limit"];

/// How upstream writes a time that there is not.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// A question and its answer.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Exchange {
    pub(crate) request: Request,
    response: Response,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// What is sent as JSON.
    body: Option<Value>,
    /// What is sent as it is.
    raw_body: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Response {
    status: u16,
    headers: BTreeMap<String, String>,
    json: Option<Value>,
    text: Option<String>,
}

/// Our answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

/// Where the exchanges are, if they are here.
pub(crate) fn directory() -> Option<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/samples");
    directory.is_dir().then_some(directory)
}

/// The names of all exchanges.
pub(crate) fn names(directory: &Path) -> BTreeSet<String> {
    let files = fs::read_dir(directory).expect("the directory can be read").map(|entry| entry.expect("readable").path());
    let is_exchange = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "json") && fs::read_to_string(path).expect("readable").contains("\"request\"")
    };
    files.filter(is_exchange).map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned()).collect()
}

impl Exchange {
    pub(crate) fn load(directory: &Path, name: &str) -> Self {
        let text = fs::read(directory.join(format!("{name}.json"))).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        serde_json::from_slice(&text).unwrap_or_else(|fault| panic!("{name}: {fault}"))
    }

    /// What is sent, in our terms. A delivery that was signed is signed again, because what it says is not the same.
    pub(crate) fn send(&self, translation: &Translation) -> (String, BTreeMap<String, String>, String) {
        let request = &self.request;
        let captured = request.raw_body.clone().unwrap_or_default();
        let sent = request.body.clone().or_else(|| serde_json::from_str(&captured).ok());
        let body = sent.map_or_else(|| captured.clone(), |body| translation.value(&body).to_string());
        let mut headers = request.headers.clone();
        let secret = SecretString::from(SECRET);
        for (name, value) in &mut headers {
            if name.eq_ignore_ascii_case(signature::HEADER) && *value == signature::sign(&secret, captured.as_bytes()) {
                *value = signature::sign(&secret, body.as_bytes());
            }
        }
        (translation.text(&request.path), headers, body)
    }

    /// A value that is sent.
    pub(crate) fn sent(&self, key: &str) -> Value {
        self.request.body.as_ref().expect("a body")[key].clone()
    }

    /// What is different in our answer. What it names is learned first: the next exchanges speak of it.
    pub(crate) fn differences(&self, ours: &Answer, translation: &mut Translation) -> Vec<String> {
        let theirs = &self.response;
        let mut found = Vec::new();
        if theirs.status != ours.status {
            return vec![format!("status {} is {}: {}", theirs.status, ours.status, ours.body)];
        }
        for name in ["content-type", "content-disposition"] {
            let given = theirs.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| translation.text(value));
            if given.as_ref() != ours.headers.get(name) {
                found.push(format!("{name} {given:?} is {:?}", ours.headers.get(name)));
            }
        }
        match (&theirs.json, serde_json::from_str::<Value>(&ours.body)) {
            (Some(theirs), Ok(ours)) => {
                translation.learn_from(theirs, &ours);
                compare("body", &translation.value(theirs), &ours, &mut found);
            }
            (Some(_), Err(_)) => found.push(format!("the body is no JSON: {:?}", ours.body)),
            (None, _) => {
                let text = translation.text(theirs.text.as_deref().unwrap_or_default());
                if text != ours.body {
                    found.push(format!("the text {text:?} is {:?}", ours.body));
                }
            }
        }
        found
    }
}

/// What things are called there and here.
#[derive(Debug, Default)]
pub(crate) struct Translation {
    texts: Vec<(String, String)>,
    /// Numbers by the key they stand at.
    numbers: BTreeMap<(String, i64), i64>,
    /// Keys that are not sent, and not expected.
    left_out: BTreeSet<String>,
}

impl Translation {
    pub(crate) fn learn(&mut self, theirs: &str, ours: &str) {
        if theirs != ours && !self.texts.iter().any(|(known, _)| known == theirs) {
            self.texts.push((theirs.to_owned(), ours.to_owned()));
        }
    }

    /// Learns a number that stands at a key.
    pub(crate) fn learn_number(&mut self, key: &str, theirs: i64, ours: i64) {
        self.numbers.insert((key.to_owned(), theirs), ours);
    }

    /// Leaves a key out from now on.
    pub(crate) fn leave_out(&mut self, key: &str) {
        self.left_out.insert(key.to_owned());
    }

    /// Learns the ids of what is in both.
    fn learn_from(&mut self, theirs: &Value, ours: &Value) {
        match (theirs, ours) {
            (Value::Object(theirs), Value::Object(ours)) => {
                for (key, theirs) in theirs {
                    let Some(ours) = ours.get(key) else { continue };
                    match (theirs.as_str(), ours.as_str()) {
                        (Some(theirs), Some(ours)) if key == "id" || key.ends_with("_id") => {
                            self.learn(theirs, ours);
                        }
                        _ => self.learn_from(theirs, ours),
                    }
                }
            }
            (Value::Array(theirs), Value::Array(ours)) if theirs.len() == ours.len() => {
                theirs.iter().zip(ours).for_each(|(theirs, ours)| self.learn_from(theirs, ours));
            }
            _ => {}
        }
    }

    pub(crate) fn text(&self, text: &str) -> String {
        self.texts.iter().fold(text.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours))
    }

    fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::Object(entries) => Value::Object(
                entries
                    .iter()
                    .filter(|(key, _)| !self.left_out.contains(*key))
                    .map(|(key, value)| (key.clone(), self.entry(key, value)))
                    .collect::<Map<_, _>>(),
            ),
            other => other.clone(),
        }
    }

    fn entry(&self, key: &str, value: &Value) -> Value {
        let number = value.as_i64().and_then(|number| self.numbers.get(&(key.to_owned(), number)));
        number.map_or_else(|| self.value(value), |number| Value::from(*number))
    }
}

/// What is different, with the place it is at.
fn compare(at: &str, theirs: &Value, ours: &Value, found: &mut Vec<String>) {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => {
            found.extend(theirs.keys().filter(|key| !ours.contains_key(*key)).map(|key| format!("{at}.{key} is missing")));
            found.extend(
                ours.iter().filter(|(key, _)| !theirs.contains_key(*key)).map(|(key, value)| format!("{at}.{key} is new: {value}")),
            );
            for (key, theirs) in theirs {
                if let Some(ours) = ours.get(key) {
                    compare(&format!("{at}.{key}"), theirs, ours, found);
                }
            }
        }
        (Value::Array(theirs), Value::Array(ours)) => compare_lists(at, theirs, ours, found),
        (Value::String(theirs), Value::String(ours))
            if at.ends_with("_at") && (theirs == NEVER) == (ours == NEVER) && ours.ends_with('Z') => {}
        _ if std::mem::discriminant(theirs) != std::mem::discriminant(ours) => found.push(format!("{at} {theirs} is {ours}")),
        _ if VOLATILE.contains(&at.rsplit('.').next().unwrap_or_default()) => {}
        _ if theirs != ours => found.push(format!("{at} {theirs} is {ours}")),
        _ => {}
    }
}

/// Lists of as many items are compared item by item. Of others, what upstream lists beside, each of our items must be like one of theirs.
fn compare_lists(at: &str, theirs: &[Value], ours: &[Value], found: &mut Vec<String>) {
    if theirs.len() == ours.len() {
        for (number, (theirs, ours)) in theirs.iter().zip(ours).enumerate() {
            compare(&format!("{at}.{number}"), theirs, ours, found);
        }
        return;
    }
    if theirs.is_empty() != ours.is_empty() {
        found.push(format!("{at} has {} items instead of {}", ours.len(), theirs.len()));
        return;
    }
    for (number, ours) in ours.iter().enumerate() {
        let differences = theirs.iter().map(|theirs| {
            let mut found = Vec::new();
            compare(&format!("{at}.{number}"), theirs, ours, &mut found);
            found
        });
        found.extend(differences.min_by_key(Vec::len).unwrap_or_default());
    }
}

#[test]
fn what_is_different_is_found() {
    use serde_json::json;

    let theirs = json!({ "id": 1, "name": "a", "gone": false, "at": [{ "x": 1 }], "created_at": "2026-11-23T20:30:30Z", "done_at": NEVER });
    let ours =
        json!({ "id": 2, "name": 5, "new": true, "at": [], "created_at": "2026-11-24T20:30:30Z", "done_at": "2026-11-24T20:30:30Z" });
    let mut found = Vec::new();
    compare("body", &theirs, &ours, &mut found);
    found.sort();
    let expected = [
        "body.at has 0 items instead of 1",
        "body.done_at \"0001-01-01T00:00:00Z\" is \"2026-11-24T20:30:30Z\"",
        "body.gone is missing",
        "body.name \"a\" is 5",
        "body.new is new: true",
    ];
    assert_eq!(found, expected);
}
