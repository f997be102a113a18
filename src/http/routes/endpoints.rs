//! Endpoints of the kind of forge that the paths name.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::params::{check_pem, field, optional};
use crate::api::{CreateEndpointParams, ErrorBody, ForgeEndpoint, UpdateEndpointParams, paths};
use crate::http::auth::Admin;
use crate::http::body::Body;
use crate::http::path::Path;
use crate::http::{App, Error};
use crate::model::{Endpoint, EndpointName, ForgeKind, values};
use crate::time::Timestamp;

/// The kind of forge that the paths of this file name.
const FORGE: ForgeKind = ForgeKind::Github;

/// All GitHub endpoints.
#[utoipa::path(get, path = paths::ENDPOINTS.template(), tag = "endpoints", responses((status = 200, body = Vec<ForgeEndpoint>), (status = 401, body = ErrorBody)))]
pub(in crate::http) async fn list_endpoints(_: Admin, State(app): State<App>) -> Result<Json<Vec<ForgeEndpoint>>, Error> {
    let endpoints = app.store().list_endpoints(Some(FORGE)).await?;
    Ok(Json(endpoints.iter().map(ForgeEndpoint::from).collect()))
}

/// Adds an endpoint.
#[utoipa::path(post, path = paths::ENDPOINTS.template(), tag = "endpoints", request_body = CreateEndpointParams,
    responses((status = 200, body = ForgeEndpoint), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(in crate::http) async fn create_endpoint(
    _: Admin,
    State(app): State<App>,
    Body(params): Body<CreateEndpointParams>,
) -> Result<Json<ForgeEndpoint>, Error> {
    let endpoint = Endpoint {
        name: EndpointName(field("name", values::path_name(&params.name))?),
        description: field("description", values::text(&params.description))?,
        kind: FORGE,
        base_url: field("base_url", values::host_url(&params.base_url))?,
        api_base_url: field("api_base_url", values::root_url(&params.api_base_url))?,
        upload_base_url: field("upload_base_url", values::unless_empty(&params.upload_base_url, values::root_url))?,
        ca_cert_bundle: params.ca_cert_bundle.map(|bundle| check_pem("ca_cert_bundle", &bundle.0)).transpose()?.flatten(),
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
    };
    let made = app.store().create_endpoint(endpoint).await?;
    app.directory.reload(app.store()).await?;
    Ok(Json(ForgeEndpoint::from(&made)))
}

/// One endpoint.
#[utoipa::path(get, path = paths::ENDPOINT.template(), tag = "endpoints", params(("name" = String, Path)),
    responses((status = 200, body = ForgeEndpoint), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn get_endpoint(
    _: Admin,
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Json<ForgeEndpoint>, Error> {
    Ok(Json(ForgeEndpoint::from(&find(&app, &name).await?)))
}

/// Changes an endpoint. Its addresses stay while credentials for it exist.
#[utoipa::path(put, path = paths::ENDPOINT.template(), tag = "endpoints", params(("name" = String, Path)), request_body = UpdateEndpointParams,
    responses((status = 200, body = ForgeEndpoint), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn update_endpoint(
    _: Admin,
    State(app): State<App>,
    Path(name): Path<String>,
    Body(params): Body<UpdateEndpointParams>,
) -> Result<Json<ForgeEndpoint>, Error> {
    let known = find(&app, &name).await?;
    let description = optional("description", params.description, |text| values::text(&text))?;
    let base_url = optional("base_url", params.base_url, |url| values::host_url(&url))?;
    let api_base_url = optional("api_base_url", params.api_base_url, |url| values::root_url(&url))?;
    let upload_base_url = optional("upload_base_url", params.upload_base_url, |url| values::unless_empty(&url, values::root_url))?;
    let moves = [(&base_url, &known.base_url), (&api_base_url, &known.api_base_url), (&upload_base_url, &known.upload_base_url)]
        .into_iter()
        .any(|(given, stored)| given.as_ref().is_some_and(|given| values::stored_url(given.clone()) != values::stored_url(stored.clone())));
    if moves && app.store().list_credentials(None).await?.iter().any(|credentials| credentials.endpoint == known.name) {
        return Err(Error::bad_request(format!("the addresses of {} cannot change while there are credentials for it", known.name)));
    }
    let bundle = params.ca_cert_bundle.map(|bundle| check_pem("ca_cert_bundle", &bundle.0)).transpose()?;
    let changed = app
        .store()
        .update_endpoint(&known.name, move |endpoint| {
            let texts = [
                (&mut endpoint.description, description),
                (&mut endpoint.base_url, base_url),
                (&mut endpoint.api_base_url, api_base_url),
                (&mut endpoint.upload_base_url, upload_base_url),
            ];
            for (setting, given) in texts {
                if let Some(given) = given {
                    *setting = given;
                }
            }
            if let Some(bundle) = bundle {
                endpoint.ca_cert_bundle = bundle;
            }
            Ok(())
        })
        .await?;
    app.directory.reload(app.store()).await?;
    Ok(Json(ForgeEndpoint::from(&changed)))
}

/// Removes an endpoint that is not in use.
#[utoipa::path(delete, path = paths::ENDPOINT.template(), tag = "endpoints", params(("name" = String, Path)),
    responses((status = 204), (status = 400, body = ErrorBody)))]
pub(in crate::http) async fn delete_endpoint(_: Admin, State(app): State<App>, Path(name): Path<String>) -> Result<StatusCode, Error> {
    app.store().delete_endpoint(&EndpointName(name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn find(app: &App, name: &str) -> Result<Endpoint, Error> {
    let found = app.store().find_endpoint(&EndpointName::from(name)).await?;
    found.filter(|endpoint| endpoint.kind == FORGE).ok_or_else(|| Error::not_found("endpoint", name))
}
