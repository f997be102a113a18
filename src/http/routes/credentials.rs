//! Credentials of the kind of forge that the paths name.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::params::{field, optional};
use crate::api::{
    AppParams, CreateCredentialsParams, Entity, ErrorBody, ForgeCredentials, PatParams, Secret, UpdateCredentialsParams, paths,
};
use crate::crypto::app_key;
use crate::http::auth::Admin;
use crate::http::body::Body;
use crate::http::path::Path;
use crate::http::{App, Error};
use crate::model::{
    AppKey, Credentials, CredentialsId, CredentialsSecret, EndpointName, EntityKind, ForgeKind, SecretString, expose, values,
};
use crate::store::{self, EntityFilter, NewCredentials};

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
    let name = field("name", values::name(&params.name))?;
    let description = field("description", values::text(&params.description))?;
    let secret = match values::trim(&params.auth_type).to_lowercase().as_str() {
        "pat" => pat(&params.pat.unwrap_or_default())?,
        "app" => app_key(&params.app.unwrap_or_default())?,
        other => return Err(Error::bad_request(format!("auth_type: {other:?} is neither \"pat\" nor \"app\""))),
    };
    let secret = match webhook_secret(&params.app_webhook_secret)? {
        Some(webhook_secret) => with_webhook_secret(secret, webhook_secret).map_err(Error::bad_request)?,
        None => secret,
    };
    let endpoint = EndpointName(values::trim(&params.endpoint).to_owned());
    let new = NewCredentials { name, description, endpoint, secret };
    let made = app.store().create_credentials(new).await?;
    app.directory.reload(app.store()).await?;
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
    let name = optional("name", params.name.filter(|name| !name.is_empty()), |name| values::name(&name))?;
    let description = optional("description", params.description, |text| values::text(&text))?;
    let secret = match (params.pat, params.app) {
        (None, None) => None,
        (Some(_), Some(_)) => return Err(Error::bad_request("pat and app exclude each other")),
        (Some(token), None) => Some(pat(&token)?),
        (None, Some(key)) => Some(app_key(&key)?),
    };
    if let (Some(secret), Some(kind)) = (&secret, known.secret.kind())
        && secret.kind() != Some(kind)
    {
        return Err(Error::bad_request(format!("credentials {} are of kind {kind:?}, which cannot change", known.name)));
    }
    let webhook_secret = webhook_secret(&params.app_webhook_secret)?;
    let changed = app
        .store()
        .update_credentials(known.id, move |credentials| {
            if let Some(name) = name {
                credentials.name = name;
            }
            if let Some(description) = description {
                credentials.description = description;
            }
            if let Some(secret) = secret {
                credentials.secret = match (secret, &credentials.secret) {
                    // A new key of the App does not change its webhook.
                    (CredentialsSecret::App(key), CredentialsSecret::App(known)) => {
                        CredentialsSecret::App(AppKey { webhook_secret: known.webhook_secret.clone(), ..key })
                    }
                    (secret, _) => secret,
                };
            }
            if let Some(webhook_secret) = webhook_secret {
                credentials.secret = with_webhook_secret(credentials.secret.clone(), webhook_secret).map_err(store::Error::Invalid)?;
            }
            Ok(())
        })
        .await?;
    app.directory.reload(app.store()).await?;
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

fn webhook_secret(given: &Secret) -> Result<Option<SecretString>, Error> {
    if given.is_empty() { Ok(None) } else { field("app_webhook_secret", values::webhook_secret(&given.0)).map(Some) }
}

/// The secret part of credentials with the secret of the App's webhook.
fn with_webhook_secret(secret: CredentialsSecret, webhook_secret: SecretString) -> Result<CredentialsSecret, String> {
    match secret {
        CredentialsSecret::App(key) => Ok(CredentialsSecret::App(AppKey { webhook_secret: Some(webhook_secret), ..key })),
        CredentialsSecret::Pat(_) | CredentialsSecret::Unopenable => {
            Err("app_webhook_secret: only the credentials of an App have one; the webhook of a repository or organization has its own"
                .into())
        }
    }
}

fn pat(params: &PatParams) -> Result<CredentialsSecret, Error> {
    field("pat.oauth2_token", values::token(&params.oauth2_token.0)).map(CredentialsSecret::Pat)
}

fn app_key(params: &AppParams) -> Result<CredentialsSecret, Error> {
    if params.app_id <= 0 || params.installation_id <= 0 {
        return Err(Error::bad_request("app.app_id and app.installation_id: both must be positive numbers"));
    }
    // Tools that encode files break the line every 76 characters.
    let encoded: String = expose(&params.private_key_bytes.0).split_ascii_whitespace().collect();
    let refused = |why: &str| Error::bad_request(format!("app.private_key_bytes: {why}"));
    let bytes = STANDARD.decode(encoded).map_err(|_| refused("it is not base64; send the PEM file of the key in base64"))?;
    let pem = SecretString::from(String::from_utf8(bytes).map_err(|_| refused(&app_key::Unusable::NotPem.to_string()))?);
    let private_key = app_key::check(&pem).map_err(|fault| refused(&fault.to_string()))?;
    Ok(CredentialsSecret::App(AppKey { app_id: params.app_id, installation_id: params.installation_id, private_key, webhook_secret: None }))
}
