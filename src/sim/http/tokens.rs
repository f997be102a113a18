//! Short-lived tokens of scopes and of App installations, and the rest of a token's rate limit.

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::admit::refuse;
use super::place::Place;
use super::refused::error;
use crate::sim::access::{Quota, authorization};
use crate::sim::face::Face;
use crate::sim::nouns::TokenUse;
use crate::sim::payloads;
use crate::sim::state::State;

pub(super) async fn create_registration_token(Shared(face): Shared<Face>, place: Place) -> Response {
    scope_token(&face, place, TokenUse::Registration)
}

pub(super) async fn create_remove_token(Shared(face): Shared<Face>, place: Place) -> Response {
    scope_token(&face, place, TokenUse::Removal)
}

fn scope_token(face: &Face, place: Place, purpose: TokenUse) -> Response {
    let (token, expires_at) = face.forge.write(|state| state.issue_scope_token(place.scope, purpose));
    (StatusCode::CREATED, Json(json!({ "token": token, "expires_at": payloads::time(expires_at) }))).into_response()
}

pub(super) async fn get_rate_limit(Shared(face): Shared<Face>, headers: HeaderMap) -> Response {
    let now = face.forge.read(State::now);
    let quota = face.forge.account(|access, settings| {
        let budget = access.authenticate(authorization(&headers), now).ok()?;
        Some(access.quota(&budget, settings.rate_limit?, now))
    });
    let Some(quota) = quota else { return error(StatusCode::NOT_FOUND, "Rate limiting is not enabled.") };
    let object = |quota: Quota| json!({ "limit": quota.limit, "used": quota.used, "remaining": quota.remaining(), "reset": quota.reset_at.as_secs() });
    let untouched = |limit| object(Quota { limit, used: 0, reset_at: quota.reset_at });
    let resources = json!({
        "core": object(quota),
        "search": untouched(30),
        "graphql": untouched(5_000),
        "actions_runner_registration": untouched(10_000),
    });
    Json(json!({ "resources": resources, "rate": object(quota) })).into_response()
}

pub(super) async fn create_installation_token(
    Shared(face): Shared<Face>,
    Path(installation_id): Path<i64>,
    headers: HeaderMap,
) -> Response {
    let now = face.forge.read(State::now);
    let app_id = match face.forge.account(|access, _| access.authenticate_app(authorization(&headers), now)) {
        Ok(app_id) => app_id,
        Err(refusal) => return refuse(&refusal, now),
    };
    let issued = face.forge.write(|state| {
        if !state.access.is_installation_of(installation_id, app_id) {
            return None;
        }
        let token = state.token("ghs_");
        let expires_at = state.access.add_installation_token(installation_id, token.clone(), now);
        Some((token, expires_at))
    });
    let Some((token, expires_at)) = issued else { return error(StatusCode::NOT_FOUND, "Not Found") };
    let permissions = json!({ "administration": "write", "metadata": "read", "organization_self_hosted_runners": "write" });
    let body = json!({
        "token": token,
        "expires_at": payloads::time(expires_at),
        "permissions": permissions,
        "repository_selection": "all",
    });
    (StatusCode::CREATED, Json(body)).into_response()
}
