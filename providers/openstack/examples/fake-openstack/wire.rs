//! Pieces of documents that several services share: ids, errors, filters of lists.

use std::collections::BTreeSet;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An error document as all services but Neutron and Glance have it.
pub(crate) fn refusal(status: u16, kind: &str, message: &str) -> Response {
    let status_code = StatusCode::from_u16(status).expect("a status");
    (status_code, Json(json!({kind: {"code": status, "message": message}}))).into_response()
}

/// Ids that look like those of OpenStack.
pub(crate) fn id(kind: u32, number: u32) -> String {
    format!("{kind:08x}-0000-4000-8000-{number:012x}")
}

/// Whether an item of a list fits a query of exact values; of some keys only.
pub(crate) fn fits(item: &serde_json::Value, query: &[(String, String)], keys: &[&str]) -> bool {
    let keys: BTreeSet<_> = keys.iter().copied().collect();
    query.iter().filter(|(key, _)| keys.contains(key.as_str())).all(|(key, value)| item[key].as_str() == Some(value))
}
