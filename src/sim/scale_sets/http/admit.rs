//! The steps around the handler of a call: the record of calls, faults on request, and the headers of every answer.

use axum::Json;
use axum::body::Body;
use axum::extract::{MatchedPath, RawPathParams, Request, State as Shared};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::DateTime;
use serde_json::{Value, json};

use crate::sim::face::Face;
use crate::sim::scale_sets::calls::{Called, FaultKind, ServiceCall};
use crate::sim::scale_sets::error::Exception;

impl IntoResponse for Exception {
    fn into_response(self) -> Response {
        let (status, type_name) = self.kind();
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let key = type_name.split(',').next().and_then(|name| name.rsplit('.').next()).unwrap_or_default();
        let body = json!({
            "$id": "1",
            "innerException": null,
            "message": self.to_string(),
            "typeName": type_name,
            "typeKey": key,
            "errorCode": 0,
            "eventId": 3000,
        });
        (status, Json(body)).into_response()
    }
}

/// Notes the call, lets it fail where that was asked for, and adds the headers that every answer has.
pub(super) async fn admit(Shared(face): Shared<Face>, params: RawPathParams, request: Request, next: Next) -> Response {
    let template = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
    let call = ServiceCall::of(request.method().as_str(), template);
    let scale_set = params.iter().find(|(name, _)| *name == "scale_set").and_then(|(_, id)| id.parse().ok());
    let (fault, number, clock) = face.forge.change(|state| {
        let at = state.now();
        let fault = call.and_then(|call| state.scale_sets.calls.note(Called { at, call, scale_set }));
        (fault, state.number(), at.as_secs() + state.settings.scale_sets.clock_ahead)
    });
    let mut response = match fault {
        Some(FaultKind::Status(status)) => Exception::OnRequest(status).into_response(),
        Some(FaultKind::Hangs) => {
            face.stop.cancelled().await;
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        Some(fault) => spoiled(next.run(request).await, fault).await,
        None => next.run(request).await,
    };
    let text = |text: &str| HeaderValue::from_str(text).expect("digits, letters and punctuation");
    let headers = response.headers_mut();
    headers.insert("activityid", text(&format!("{number:032x}")));
    headers.insert("x-github-request-id", text(&format!("5E71:{number:X}")));
    let date = DateTime::from_timestamp_secs(clock).unwrap_or_default();
    headers.insert(header::DATE, text(&date.format("%a, %d %b %Y %H:%M:%S GMT").to_string()));
    response
}

/// The answer of a call that has had its effect, with what is wrong with its body.
async fn spoiled(response: Response, fault: FaultKind) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if !parts.status.is_success() || body.is_empty() {
        return Response::from_parts(parts, Body::from(body));
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    let body = match fault {
        FaultKind::Cut(kept) => body.slice(..kept.min(body.len())).to_vec(),
        FaultKind::ByteOrderMark => [b"\xef\xbb\xbf", &*body].concat(),
        FaultKind::EmptyQueueUrl => without_queue(&body),
        FaultKind::Status(_) | FaultKind::Hangs => body.to_vec(),
    };
    Response::from_parts(parts, Body::from(body))
}

fn without_queue(body: &[u8]) -> Vec<u8> {
    match serde_json::from_slice::<Value>(body) {
        Ok(mut object) if object.get("messageQueueUrl").is_some() => {
            object["messageQueueUrl"] = "".into();
            object.to_string().into_bytes()
        }
        _ => body.to_vec(),
    }
}
