//! The hook of an App: where it delivers to, its log, and the call that has a delivery made again. The App itself calls, with its JWT.

use axum::Json;
use axum::extract::{FromRequestParts, OriginalUri, Path, State as Shared};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::admit::refuse;
use super::deliveries;
use super::refused::Refused;
use crate::sim::access::authorization;
use crate::sim::face::Face;
use crate::sim::nouns::{Hook, Scope};
use crate::sim::state::{Error, State};

/// The hook of the App that calls.
pub(super) struct AppHook(Hook);

impl FromRequestParts<Face> for AppHook {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, face: &Face) -> Result<Self, Response> {
        let now = face.forge.read(State::now);
        let app = face.forge.account(|access, _| access.authenticate_app(authorization(&parts.headers), now));
        let scope = Scope::App(app.map_err(|refusal| refuse(&refusal, now))?);
        let hook = face.forge.read(|state| state.hooks().find(|hook| hook.scope == scope).cloned());
        hook.map(Self).ok_or_else(|| Refused::from(Error::NotFound).into_response())
    }
}

pub(super) async fn get_hook_config(AppHook(hook): AppHook) -> Response {
    let insecure = if hook.insecure_ssl { "1" } else { "0" };
    Json(json!({ "content_type": "json", "insecure_ssl": insecure, "secret": "********", "url": hook.url })).into_response()
}

pub(super) async fn list_deliveries(
    Shared(face): Shared<Face>,
    AppHook(hook): AppHook,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Refused> {
    let url = face.forge.url();
    face.forge.read(|state| deliveries::log(state, hook.id, &uri, &url))
}

pub(super) async fn redeliver(Shared(face): Shared<Face>, AppHook(hook): AppHook, Path(attempt): Path<i64>) -> Result<Response, Refused> {
    face.forge.write(|state| state.redeliver(hook.id, attempt))?;
    Ok((StatusCode::ACCEPTED, Json(json!({}))).into_response())
}
