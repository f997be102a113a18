//! Holds the fake GitHub's answers against GitHub's published schemas, where that data is present.

use std::path::Path;

use garm::sim::Exchange;
use serde_json::{Value, json};

/// Checks answers. Without the data it accepts everything, and says so once.
pub(crate) struct Schemas {
    file: Option<Value>,
}

impl Schemas {
    /// Reads the data.
    pub(crate) fn load() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/github-rest-schemas.json");
        let file = std::fs::read(path).ok().map(|bytes| serde_json::from_slice(&bytes).expect("the schemas are JSON"));
        if file.is_none() {
            crate::harness::skipped("GitHub's published schemas are not here: answers are not validated");
        }
        Self { file }
    }

    /// What is wrong with an answer; nothing when it is as published.
    pub(crate) fn violation(&self, exchange: &Exchange) -> Option<String> {
        let file = self.file.as_ref()?;
        // Answers of a forge that is down are not the API's.
        if exchange.status.is_server_error() || exchange.status == 204 || exchange.status == 304 {
            return None;
        }
        let told = || format!("{} {} {}", exchange.method, exchange.template.as_deref().unwrap_or(&exchange.path), exchange.status);
        let body: Value = match serde_json::from_slice(&exchange.body) {
            Ok(body) => body,
            Err(fault) => return Some(format!("{}: not JSON: {fault}", told())),
        };
        let more = Self::more(exchange);
        let Some(schema) = more.as_ref().or_else(|| Self::schema(file, exchange)) else {
            return Some(format!("{}: the published description has no such answer", told()));
        };
        let whole = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": file["$defs"], "allOf": [schema] });
        let validator = jsonschema::validator_for(&whole).expect("a valid schema");
        let faults: Vec<String> = validator.iter_errors(&body).map(|fault| format!("{} at {}", fault, fault.instance_path())).collect();
        (!faults.is_empty()).then(|| format!("{}: {}", told(), faults.join("; ")))
    }

    /// The schemas of answers whose operations the data does not have.
    fn more(exchange: &Exchange) -> Option<Value> {
        let template = exchange.template.as_deref().filter(|_| exchange.status == 200)?;
        if template == "/orgs/{org}/repos" {
            return Some(json!({ "type": "array", "items": { "$ref": "#/$defs/minimal-repository" } }));
        }
        // Newer than the data: since September 2026.
        let date = json!({ "type": ["string", "null"], "format": "date-time" });
        let dates = json!({ "runner_version": { "type": "string" }, "runtime_deprecates_at": date, "registration_deprecates_at": date });
        template
            .ends_with("/actions/runners/deprecations/{version}")
            .then(|| json!({ "type": "object", "required": ["runner_version"], "additionalProperties": false, "properties": dates }))
    }

    /// The schema of an operation's status; refusals and redirects that are not described one by one are `basic-error`s.
    fn schema<'a>(file: &'a Value, exchange: &Exchange) -> Option<&'a Value> {
        let operations = file["operations"].as_array().expect("a list");
        let described = exchange.template.as_deref().and_then(|template| {
            let method = exchange.method.as_str();
            operations
                .iter()
                .find(|operation| operation["method"] == method && same_route(operation["path"].as_str().unwrap_or_default(), template))
        });
        let answer =
            described.map(|operation| &operation["responses"][exchange.status.as_str()]["schema"]).filter(|schema| !schema.is_null());
        let is_common = exchange.status.is_client_error() || exchange.status.is_redirection();
        answer.or_else(|| is_common.then(|| &file["$defs"]["basic-error"]).filter(|schema| !schema.is_null()))
    }
}

/// Whether two templates are the same but for the names of their parameters.
fn same_route(a: &str, b: &str) -> bool {
    let parts = |route: &str| {
        route.split('/').map(|part| if part.starts_with('{') { "{}".to_owned() } else { part.to_owned() }).collect::<Vec<_>>()
    };
    parts(a) == parts(b)
}

#[test]
fn a_wrong_answer_is_noticed() {
    let schemas = Schemas::load();
    if schemas.file.is_none() {
        return;
    }
    let exchange = |body: &str| Exchange {
        method: "GET".parse().expect("a method"),
        template: Some("/orgs/{org}/actions/runners".into()),
        path: "/orgs/octo/actions/runners".into(),
        query: None,
        request_body: axum::body::Bytes::new(),
        status: axum::http::StatusCode::OK,
        headers: axum::http::HeaderMap::new(),
        body: body.to_owned().into(),
    };
    assert_eq!(schemas.violation(&exchange(r#"{"total_count":0,"runners":[]}"#)), None);
    assert!(schemas.violation(&exchange(r#"{"total_count":"0","runners":[]}"#)).is_some());
    assert!(schemas.violation(&exchange(r#"{"runners":[{"id":1}],"total_count":1}"#)).is_some());
}
