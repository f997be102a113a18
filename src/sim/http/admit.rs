//! The steps before the handler of a REST call: the count of calls, the latency, the refusals, and the headers of every answer.

use axum::extract::{Request, State as Shared};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::refused::{error, header_value};
use crate::sim::access::{Fault, Operation, PricedCall, Quota, Refusal, authorization};
use crate::sim::face::{Face, template};
use crate::sim::payloads;
use crate::sim::state::State;
use crate::time::Timestamp;

/// Counts the call, delays it, refuses it where it must be refused, and adds the headers that every answer has.
pub(super) async fn admit(Shared(face): Shared<Face>, request: Request, next: Next) -> Response {
    let template = template(&request).unwrap_or_default();
    let operation = Operation::of(request.method().as_str(), &template);
    let delay = face.forge.settings().latency / 2;
    tokio::time::sleep(delay).await;
    let now = face.forge.read(State::now);
    let request_id = face.forge.account(|access, _| access.next_request_id());
    let is_registration = operation == Some(Operation::GenerateJitConfig);
    let call = PricedCall {
        is_read: request.method() == Method::GET,
        is_by_app: template.starts_with("/app/"),
        registers_at: is_registration.then(|| request.uri().path()),
    };
    let budget = check(&face, operation, &call, request.headers(), now);
    let mut response = match &budget {
        Ok(_) => next.run(request).await,
        Err((_, refusal)) => {
            if matches!(refusal, Refusal::LimitExceeded | Refusal::TooFast(_)) {
                face.forge.account(|access, _| access.count_limited());
            }
            refuse(refusal, now)
        }
    };
    if response.status() == StatusCode::NOT_MODIFIED
        && let Ok(Some(budget)) = &budget
    {
        face.forge.account(|access, _| access.give_back(budget));
    }
    if let Ok(Some(budget)) = &budget {
        face.forge.account(|access, _| access.leave(budget));
    }
    let headers = response.headers_mut();
    headers.insert("x-github-request-id", header_value(&request_id));
    headers.insert("x-github-enterprise-version", HeaderValue::from_static("3.19.0"));
    let (Ok(budget) | Err((budget, _))) = budget;
    if let Some(budget) = budget
        && let Some(quota) = face.forge.account(|access, settings| Some(access.quota(&budget, settings.rate_limit?, now)))
    {
        add_limit_headers(headers, quota);
    }
    tokio::time::sleep(delay).await;
    response
}

/// The budget that an admitted call counts for; or the refusal, with the budget that it came from.
fn check(
    face: &Face,
    operation: Option<Operation>,
    call: &PricedCall<'_>,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<Option<String>, (Option<String>, Refusal)> {
    face.forge.account(|access, settings| {
        if let Some(operation) = operation {
            access.count(operation);
            if let Some(fault) = access.next_fault(operation) {
                return Err((None, Refusal::Injected(fault)));
            }
        }
        if call.is_by_app {
            return Ok(None);
        }
        let budget = access.authenticate(authorization(headers), now).map_err(|refusal| (None, refusal))?;
        // Asking for the limit is free.
        if operation != Some(Operation::GetRateLimit)
            && let Some(limit) = settings.rate_limit
        {
            access.spend(&budget, limit, now).map_err(|refusal| (Some(budget.clone()), refusal))?;
        }
        if let Some(limits) = &settings.limits {
            access.enter(&budget, call, limits, now).map_err(|refusal| (Some(budget.clone()), refusal))?;
        }
        Ok(Some(budget))
    })
}

/// The answer of a refused call.
pub(super) fn refuse(refusal: &Refusal, now: Timestamp) -> Response {
    match refusal {
        Refusal::Injected(fault) => injected(fault),
        Refusal::Anonymous => error(StatusCode::UNAUTHORIZED, "Requires authentication"),
        Refusal::BadCredentials => error(StatusCode::UNAUTHORIZED, "Bad credentials"),
        Refusal::BadJwt(reason) => error(StatusCode::UNAUTHORIZED, reason),
        Refusal::TooFast(wait) => {
            let message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
            let mut response = error(StatusCode::FORBIDDEN, message);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs()));
            response
        }
        Refusal::LimitExceeded => {
            let request_time = payloads::time(now);
            error(StatusCode::FORBIDDEN, &format!("API rate limit exceeded for this token at {request_time}."))
        }
    }
}

/// The answer of an injected fault, worded as GitHub words that status.
fn injected(fault: &Fault) -> Response {
    let status = StatusCode::from_u16(fault.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let message = match (fault.status, fault.retry_after) {
        (403 | 429, Some(_)) => "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
        (401, _) => "Bad credentials",
        (403, _) => "Resource not accessible by personal access token",
        (404, _) => "Not Found",
        (409, _) => "Already exists",
        (422, _) => "Validation Failed",
        _ => status.canonical_reason().unwrap_or("Server Error"),
    };
    let mut response = error(status, message);
    if let Some(wait) = fault.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs()));
    }
    response
}

fn add_limit_headers(headers: &mut HeaderMap, quota: Quota) {
    let values = [
        ("x-ratelimit-limit", i64::from(quota.limit)),
        ("x-ratelimit-remaining", i64::from(quota.remaining())),
        ("x-ratelimit-used", i64::from(quota.used)),
        ("x-ratelimit-reset", quota.reset_at.as_secs()),
    ];
    for (name, value) in values {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
    headers.insert("x-ratelimit-resource", HeaderValue::from_static("core"));
}
