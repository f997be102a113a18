//! Webhooks: the routes that installing and removing one needs.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{OriginalUri, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::page::{Page, bare_list};
use super::place::Place;
use super::refused::{Refused, error};
use crate::model::SecretString;
use crate::sim::face::Face;
use crate::sim::nouns::{Hook, Scope};
use crate::sim::payloads;
use crate::sim::settings::KeptHooks;
use crate::sim::state::Error;

pub(super) async fn list_hooks(Shared(face): Shared<Face>, place: Place, OriginalUri(uri): OriginalUri) -> Response {
    let url = face.forge.url();
    let items = face.forge.read(|state| {
        let of_scope = state.hooks().filter(|hook| hook.scope == place.scope);
        of_scope.map(|hook| hook_object(&url, hook)).collect()
    });
    bare_list(&Page::of(&uri, url.clone()), items)
}

/// The forge refuses a second hook with the same address and events.
pub(super) async fn create_hook(Shared(face): Shared<Face>, place: Place, body: Bytes) -> Result<Response, Refused> {
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return Ok(error(StatusCode::BAD_REQUEST, "Problems parsing JSON"));
    };
    let config = |key: &str| body["config"][key].as_str().unwrap_or_default().to_owned();
    let (address, secret) = (config("url"), config("secret"));
    if address.is_empty() {
        return Ok(error(StatusCode::UNPROCESSABLE_ENTITY, "Validation Failed"));
    }
    let events: Vec<String> =
        body["events"].as_array().into_iter().flatten().filter_map(|event| event.as_str().map(str::to_owned)).collect();
    let url = face.forge.url();
    let made = face.forge.write(|state| {
        if state.hooks().any(|hook| hook.scope == place.scope && hook.url == address) {
            return None;
        }
        let kept = state.settings.kept_hooks;
        let id = state.add_hook(place.scope.clone(), &address, SecretString::from(secret));
        let hook = state.hook_mut(&place.scope, id)?;
        (hook.events, hook.active) = match kept {
            KeptHooks::AsAsked => (events, true),
            KeptHooks::Inactive => (events, false),
            KeptHooks::ForPushes => (vec!["push".to_owned()], true),
        };
        hook.insecure_ssl = config("insecure_ssl") == "1";
        Some(hook_object(&url, hook))
    });
    Ok(match made {
        Some(hook) => (StatusCode::CREATED, Json(hook)).into_response(),
        None => error(StatusCode::UNPROCESSABLE_ENTITY, "Hook already exists on this repository"),
    })
}

pub(super) async fn remove_hook(Shared(face): Shared<Face>, place: Place) -> Result<StatusCode, Refused> {
    let id = place.number("hook_id")?;
    face.forge.write(|state| {
        state.hook_mut(&place.scope, id).ok_or(Error::NotFound)?;
        state.remove_hook(id);
        Ok(StatusCode::NO_CONTENT)
    })
}

pub(super) async fn ping_hook(Shared(face): Shared<Face>, place: Place) -> Result<StatusCode, Refused> {
    let id = place.number("hook_id")?;
    face.forge.write(|state| {
        state.hook_mut(&place.scope, id).ok_or(Error::NotFound)?.pings += 1;
        Ok(StatusCode::NO_CONTENT)
    })
}

fn hook_object(url: &str, hook: &Hook) -> Value {
    let kind = if matches!(hook.scope, Scope::Repository { .. }) { "Repository" } else { "Organization" };
    let api = format!("{url}/api/v3/{}/hooks/{}", hook.scope.api_path(), hook.id);
    let time = payloads::time(hook.created_at);
    json!({
        "type": kind,
        "id": hook.id,
        "name": "web",
        "active": hook.active,
        "events": hook.events,
        "config": {
            "content_type": "json",
            "insecure_ssl": if hook.insecure_ssl { "1" } else { "0" },
            "secret": "********",
            "url": hook.url,
        },
        "updated_at": time,
        "created_at": time,
        "url": api,
        "test_url": format!("{api}/test"),
        "ping_url": format!("{api}/pings"),
        "deliveries_url": format!("{api}/deliveries"),
        "last_response": { "code": null, "status": "unused", "message": null },
    })
}
