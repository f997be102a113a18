//! Credentials of the kind of forge that the paths name.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::api::{AppParams, CreateCredentialsParams, Entity, ErrorBody, ForgeCredentials, PatParams, UpdateCredentialsParams, paths};
use crate::http::auth::Admin;
use crate::http::body::Body;
use crate::http::path::Path;
use crate::http::{App, Error};
use crate::model::{AppKey, Credentials, CredentialsId, CredentialsSecret, EndpointName, EntityKind, ForgeKind, SecretString, expose};
use crate::store::{EntityFilter, NewCredentials};

/// The kind of forge that the paths of this file name.
const FORGE: ForgeKind = ForgeKind::Github;

/// All GitHub credentials, without their secrets.
#[utoipa::path(get, path = paths::CREDENTIALS.template(), tag = "credentials",
    responses((status = 200, body = Option<Vec<ForgeCredentials>>), (status = 401, body = ErrorBody)))]
pub(in crate::http) async fn list_credentials(_: Admin, State(app): State<App>) -> Result<Json<Option<Vec<ForgeCredentials>>>, Error> {
    list(&app).await
}

/// All GitHub credentials, by an older path.
#[utoipa::path(get, path = paths::CREDENTIALS_OLD.template(), tag = "credentials",
    responses((status = 200, body = Option<Vec<ForgeCredentials>>), (status = 401, body = ErrorBody)))]
pub(in crate::http) async fn list_credentials_by_old_path(
    _: Admin,
    State(app): State<App>,
) -> Result<Json<Option<Vec<ForgeCredentials>>>, Error> {
    list(&app).await
}

/// No credentials are `null`: old clients expect it.
async fn list(app: &App) -> Result<Json<Option<Vec<ForgeCredentials>>>, Error> {
    let mut shown = Vec::new();
    for credentials in app.store().list_credentials(Some(FORGE)).await? {
        shown.push(show(app, &credentials).await?);
    }
    Ok(Json((!shown.is_empty()).then_some(shown)))
}

/// Adds credentials.
#[utoipa::path(post, path = paths::CREDENTIALS.template(), tag = "credentials", request_body = CreateCredentialsParams,
    responses((status = 200, body = ForgeCredentials), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(in crate::http) async fn create_credentials(
    _: Admin,
    State(app): State<App>,
    Body(params): Body<CreateCredentialsParams>,
) -> Result<Json<ForgeCredentials>, Error> {
    if params.name.trim().is_empty() {
        return Err(Error::bad_request("name: it must not be empty"));
    }
    let secret = match params.auth_type.as_str() {
        "pat" => pat(params.pat.unwrap_or_default())?,
        "app" => app_key(&params.app.unwrap_or_default())?,
        other => return Err(Error::bad_request(format!("auth_type: {other:?} is neither \"pat\" nor \"app\""))),
    };
    let new = NewCredentials { name: params.name, description: params.description, endpoint: EndpointName(params.endpoint), secret };
    let made = app.store().create_credentials(new).await?;
    Ok(Json(show(&app, &made).await?))
}

/// One set of credentials, with who uses it.
#[utoipa::path(get, path = paths::CREDENTIAL.template(), tag = "credentials", params(("id" = i64, Path)),
    responses((status = 200, body = ForgeCredentials), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn get_credentials(
    _: Admin,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<ForgeCredentials>, Error> {
    let credentials = find(&app, &id).await?;
    let mut shown = show(&app, &credentials).await?;
    let endpoint =
        app.store().find_endpoint(&credentials.endpoint).await?.ok_or_else(|| Error::not_found("endpoint", &credentials.endpoint))?;
    for entity in app.store().list_entities(EntityFilter::default()).await?.iter().filter(|entity| entity.credentials_id == credentials.id)
    {
        let users = match entity.at.kind {
            EntityKind::Repository => &mut shown.repositories,
            EntityKind::Organization => &mut shown.organizations,
            EntityKind::Enterprise => &mut shown.enterprises,
            EntityKind::Instance => continue,
        };
        users.push(Entity::new(entity, &credentials, &endpoint));
    }
    Ok(Json(shown))
}

/// Changes name, description or secret.
#[utoipa::path(put, path = paths::CREDENTIAL.template(), tag = "credentials", params(("id" = i64, Path)), request_body = UpdateCredentialsParams,
    responses((status = 200, body = ForgeCredentials), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn update_credentials(
    _: Admin,
    State(app): State<App>,
    Path(id): Path<String>,
    Body(params): Body<UpdateCredentialsParams>,
) -> Result<Json<ForgeCredentials>, Error> {
    let known = find(&app, &id).await?;
    let secret = match (params.pat, params.app) {
        (None, None) => None,
        (Some(_), Some(_)) => return Err(Error::bad_request("pat and app exclude each other")),
        (Some(token), None) => Some(pat(token)?),
        (None, Some(key)) => Some(app_key(&key)?),
    };
    if secret.as_ref().is_some_and(|secret| secret.kind() != known.secret.kind()) {
        let kind = known.secret.kind().as_str();
        return Err(Error::bad_request(format!("credentials {} are of kind {kind:?}, which cannot change", known.name)));
    }
    let changed = app
        .store()
        .update_credentials(known.id, move |credentials| {
            if let Some(name) = params.name.filter(|name| !name.is_empty()) {
                credentials.name = name;
            }
            if let Some(description) = params.description {
                credentials.description = description;
            }
            if let Some(secret) = secret {
                credentials.secret = secret;
            }
            Ok(())
        })
        .await?;
    Ok(Json(show(&app, &changed).await?))
}

/// Removes credentials that are not in use.
#[utoipa::path(delete, path = paths::CREDENTIAL.template(), tag = "credentials", params(("id" = i64, Path)),
    responses((status = 204), (status = 400, body = ErrorBody)))]
pub(in crate::http) async fn delete_credentials(_: Admin, State(app): State<App>, Path(id): Path<String>) -> Result<StatusCode, Error> {
    app.store().delete_credentials(number(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn find(app: &App, id: &str) -> Result<Credentials, Error> {
    app.store().find_credentials(number(id)?).await?.ok_or_else(|| Error::not_found("credentials", id))
}

fn number(id: &str) -> Result<CredentialsId, Error> {
    id.parse().map(CredentialsId).map_err(|_| Error::bad_request(format!("{id:?} is not the number of credentials")))
}

async fn show(app: &App, credentials: &Credentials) -> Result<ForgeCredentials, Error> {
    let endpoint =
        app.store().find_endpoint(&credentials.endpoint).await?.ok_or_else(|| Error::not_found("endpoint", &credentials.endpoint))?;
    Ok(ForgeCredentials::new(credentials, &endpoint, app.services.forges.rate_limit(credentials.id)))
}

fn pat(params: PatParams) -> Result<CredentialsSecret, Error> {
    if params.oauth2_token.is_empty() {
        return Err(Error::bad_request("pat.oauth2_token: it must not be empty"));
    }
    Ok(CredentialsSecret::Pat(params.oauth2_token.0))
}

fn app_key(params: &AppParams) -> Result<CredentialsSecret, Error> {
    if params.app_id <= 0 || params.installation_id <= 0 {
        return Err(Error::bad_request("app.app_id and app.installation_id: both must be positive numbers"));
    }
    let malformed = || Error::bad_request("app.private_key_bytes: it must be the PEM file of an RSA key, in base64");
    let bytes = STANDARD.decode(expose(&params.private_key_bytes.0)).map_err(|_| malformed())?;
    jsonwebtoken::EncodingKey::from_rsa_pem(&bytes).map_err(|_| malformed())?;
    let private_key = SecretString::from(String::from_utf8(bytes).map_err(|_| malformed())?);
    Ok(CredentialsSecret::App(AppKey { app_id: params.app_id, installation_id: params.installation_id, private_key }))
}
