//! The way to the service: a registration token of the REST API is changed for the URL of the service and an admin token.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::caller::{Service, read};
use crate::sim::access::authorization;
use crate::sim::face::Face;
use crate::sim::nouns::{Scope, TokenUse};
use crate::sim::scale_sets::error::Exception;
use crate::sim::scale_sets::tokens::Use;

#[derive(Deserialize)]
struct Body {
    url: String,
    runner_event: String,
}

pub(super) async fn connect(Shared(face): Shared<Face>, headers: HeaderMap, body: Bytes) -> Result<Json<Value>, Exception> {
    let (_, token) = authorization(&headers)
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("RemoteAuth"))
        .ok_or(Exception::BadToken)?;
    let body: Body = read(&body)?;
    if body.runner_event != "register" {
        return Err(Exception::BadRequest("The event is not known.".into()));
    }
    let scope = Url::parse(&body.url).ok().and_then(|url| Scope::from_web_path(url.path()));
    let scope = scope.ok_or_else(|| Exception::BadRequest("The URL names no repository, organization or enterprise.".into()))?;
    face.forge.change(|state| {
        state.check_scope_token(token, &scope, &[TokenUse::Registration]).map_err(|_| Exception::BadToken)?;
        let (now, number) = (state.now(), state.number());
        let (lifetime, ahead) = (state.settings.scale_sets.admin_token_lifetime, state.settings.scale_sets.clock_ahead);
        let token = state.scale_sets.grants.issue(Use::Admin(scope.clone()), lifetime, number, now, ahead);
        Ok(Json(json!({ "url": Service::of(state, &scope).url(), "token": token })))
    })
}
