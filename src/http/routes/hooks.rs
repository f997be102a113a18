//! The webhook of an entity at its forge: shown, installed, removed. Only where the configuration allows it.

use axum::Json;
use axum::extract::State;

use super::entities;
use crate::api::{ErrorBody, HookInfo, InstallWebhookParams, paths};
use crate::control::{HookError, find_hook, install_hook, remove_hook};
use crate::forge;
use crate::http::auth::Admin;
use crate::http::body::Body;
use crate::http::path::Path;
use crate::http::{App, Error};
use crate::model::{Entity, EntityKind};

/// The webhook that delivers to this installation.
#[utoipa::path(get, path = paths::ENTITY_WEBHOOK.template(), tag = "entities", params(("entities" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = HookInfo), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn get_hook(
    _: Admin,
    State(app): State<App>,
    Path((entities, id)): Path<(String, String)>,
) -> Result<Json<HookInfo>, Error> {
    let entity = managed(&app, &entities, &id).await?;
    Ok(Json(find_hook(&app.services, &entity).await?.into()))
}

/// Installs the webhook, and has the forge send a ping.
#[utoipa::path(post, path = paths::ENTITY_WEBHOOK.template(), tag = "entities", params(("entities" = String, Path), ("id" = String, Path)),
    request_body = InstallWebhookParams,
    responses((status = 200, body = HookInfo), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(in crate::http) async fn create_hook(
    _: Admin,
    State(app): State<App>,
    Path((entities, id)): Path<(String, String)>,
    Body(params): Body<InstallWebhookParams>,
) -> Result<Json<HookInfo>, Error> {
    let entity = managed(&app, &entities, &id).await?;
    Ok(Json(install_hook(&app.services, &entity, params.insecure_ssl).await?.into()))
}

/// Removes the webhook. Without one there is nothing to do.
#[utoipa::path(delete, path = paths::ENTITY_WEBHOOK.template(), tag = "entities", params(("entities" = String, Path), ("id" = String, Path)),
    responses((status = 200), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn delete_hook(
    _: Admin,
    State(app): State<App>,
    Path((entities, id)): Path<(String, String)>,
) -> Result<(), Error> {
    let entity = managed(&app, &entities, &id).await?;
    Ok(remove_hook(&app.services, &entity).await?)
}

/// The entity, where webhooks of its kind are managed at all.
async fn managed(app: &App, entities: &str, id: &str) -> Result<Entity, Error> {
    let entity = entities::find(app, entities, id).await?;
    let has_hooks = matches!(entity.at.kind, EntityKind::Repository | EntityKind::Organization);
    if app.manages_webhooks && has_hooks { Ok(entity) } else { Err(Error::no_route()) }
}

impl From<HookError> for Error {
    fn from(fault: HookError) -> Self {
        match fault {
            HookError::Store(fault) => fault.into(),
            HookError::Missing => Self::hook_not_found(),
            HookError::Installed(_) => Self::conflict(fault.to_string()),
            HookError::Forge(forge::Error::NotFound { words, .. }) => Self::bad_request(format!(
                "the forge does not know it, or the credentials may not manage its webhooks (404{words}; permission: webhooks, read and write)"
            )),
            HookError::NoUrl
            | HookError::NoSecret
            | HookError::ByHand(_)
            | HookError::OtherEvents { .. }
            | HookError::Inactive { .. }
            | HookError::Forge(_) => Self::bad_request(fault.to_string()),
        }
    }
}
