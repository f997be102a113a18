//! Repositories and organizations by themselves, and the redirects of those that were renamed.

use axum::Json;
use axum::extract::{OriginalUri, Request, State as Shared};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::place::Place;
use super::refused::{Refused, header_value};
use crate::sim::face::{API_PREFIX, Face};
use crate::sim::nouns::Scope;
use crate::sim::payloads;
use crate::sim::state::Error;

pub(super) async fn get_place(Shared(face): Shared<Face>, place: Place) -> Result<Response, Refused> {
    let url = face.forge.url();
    let object = face.forge.write(|state| match &place.scope {
        Scope::Repository { owner, name } => {
            let (repository, owner) = (state.repository(owner, name), state.owner(owner, false));
            Ok(payloads::full_repository(&url, &repository, &owner))
        }
        Scope::Organization(name) | Scope::Enterprise(name) => Ok(payloads::full_organization(&url, &state.owner(name, true))),
        // An App is no place.
        Scope::App(_) => Err(Error::NotFound),
    })?;
    Ok(Json(object).into_response())
}

/// Calls with the old name of a repository are sent to its number: with 301 for GET, with 307 for everything else, as GitHub does.
pub(super) async fn redirect_moved(Shared(face): Shared<Face>, OriginalUri(uri): OriginalUri, request: Request, next: Next) -> Response {
    let path = uri.path().strip_prefix(API_PREFIX).unwrap_or(uri.path());
    let mut parts = path.trim_start_matches('/').splitn(4, '/');
    let (Some("repos"), Some(owner), Some(name)) = (parts.next(), parts.next(), parts.next()) else { return next.run(request).await };
    let Some(id) = face.forge.read(|state| state.moved_repository(owner, name)) else { return next.run(request).await };
    let rest = parts.next().map(|rest| format!("/{rest}")).unwrap_or_default();
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let to = format!("{}{API_PREFIX}/repositories/{id}{rest}{query}", face.forge.url());
    let status = if request.method() == Method::GET { StatusCode::MOVED_PERMANENTLY } else { StatusCode::TEMPORARY_REDIRECT };
    let explained = "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects";
    let body = json!({ "message": "Moved Permanently", "url": to, "documentation_url": explained });
    (status, [(header::LOCATION, header_value(&to))], Json(body)).into_response()
}
