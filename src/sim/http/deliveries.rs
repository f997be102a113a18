//! The log of the deliveries to a hook, and the call that has one made again.

use axum::Json;
use axum::extract::{OriginalUri, State as Shared};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::page::query;
use super::place::Place;
use super::refused::{Refused, header_value};
use crate::sim::face::Face;
use crate::sim::nouns::{Attempt, Delivery, Outcome};
use crate::sim::payloads;
use crate::sim::state::{Error, State};

/// Page size when a request names none, and the largest that is given.
const PER_PAGE: (usize, usize) = (30, 100);

/// Every attempt is an entry of its own, the latest first. Pages have a cursor, because the log grows at its head.
pub(super) async fn list_deliveries(Shared(face): Shared<Face>, place: Place, OriginalUri(uri): OriginalUri) -> Result<Response, Refused> {
    let hook_id = place.number("hook_id")?;
    let url = face.forge.url();
    face.forge.read(|state| {
        state.hooks().find(|hook| hook.id == hook_id && hook.scope == place.scope).ok_or(Error::NotFound)?;
        log(state, hook_id, &uri, &url)
    })
}

/// The forge makes the delivery again a moment later.
pub(super) async fn redeliver(Shared(face): Shared<Face>, place: Place) -> Result<Response, Refused> {
    let (hook_id, attempt) = (place.number("hook_id")?, place.number("delivery_id")?);
    face.forge.write(|state| {
        state.hook_mut(&place.scope, hook_id).ok_or(Error::NotFound)?;
        state.redeliver(hook_id, attempt)
    })?;
    Ok((StatusCode::ACCEPTED, Json(json!({}))).into_response())
}

/// A page of the log of a hook.
pub(super) fn log(state: &State, hook_id: i64, uri: &Uri, url: &str) -> Result<Response, Refused> {
    let of_hook = state.deliveries().filter(|delivery| delivery.hook_id == hook_id);
    let mut entries: Vec<(&Delivery, &Attempt)> =
        of_hook.flat_map(|delivery| delivery.attempts.iter().map(move |attempt| (delivery, attempt))).collect();
    entries.sort_by_key(|(_, attempt)| std::cmp::Reverse((attempt.at, attempt.id)));
    let size = query(uri, "per_page").and_then(|text| text.parse::<usize>().ok()).filter(|size| *size > 0).unwrap_or(PER_PAGE.0);
    let begin = match query(uri, "cursor") {
        None => 0,
        Some(cursor) => {
            let last = entries.iter().position(|(_, attempt)| format!("v1_{}", attempt.id) == cursor);
            last.ok_or_else(|| Refused::invalid("The cursor is not valid."))? + 1
        }
    };
    let page = &entries[begin..entries.len().min(begin + size.min(PER_PAGE.1))];
    let items: Vec<Value> = page.iter().map(|(delivery, attempt)| item(state, delivery, attempt)).collect();
    let mut response = Json(items).into_response();
    if let Some((_, last)) = page.last().filter(|_| begin + page.len() < entries.len()) {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let old = uri.query().unwrap_or_default();
        query.extend_pairs(form_urlencoded::parse(old.as_bytes()).filter(|(key, _)| key != "cursor"));
        query.append_pair("cursor", &format!("v1_{}", last.id));
        let link = format!("<{url}{}?{}>; rel=\"next\"", uri.path(), query.finish());
        response.headers_mut().insert(header::LINK, header_value(&link));
    }
    Ok(response)
}

fn item(state: &State, delivery: &Delivery, attempt: &Attempt) -> Value {
    let (status, code) = match &attempt.outcome {
        Outcome::Answered(code) => {
            (StatusCode::from_u16(*code).ok().and_then(|status| status.canonical_reason()).unwrap_or("Unknown").to_owned(), *code)
        }
        Outcome::Unreachable(why) if why.contains("in time") => ("timed out".to_owned(), 504),
        Outcome::Unreachable(_) => ("failed to connect to host".to_owned(), 502),
    };
    let job = state.find_job(delivery.job_id);
    json!({
        "id": attempt.id,
        "guid": delivery.guid,
        "delivered_at": payloads::time(attempt.at),
        "redelivery": attempt.id != delivery.id,
        "duration": attempt.took.as_secs_f64(),
        "status": status,
        "status_code": code,
        "event": "workflow_job",
        "action": delivery.action.as_str(),
        "installation_id": null,
        "repository_id": job.and_then(|job| state.repository_number(&job.owner, &job.repo)),
        "throttled_at": null,
    })
}
