//! The routes for machines: their reports, and the data that make them runners. Good only for the machine whose token is sent.

use std::collections::{BTreeMap, HashMap};

use axum::Json;
use axum::extract::{Query, Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::controller::agent_url;
use crate::api::{Base64, ErrorBody, InstanceMetadata, InstanceUpdateMessage, MetadataAccess, RunnerDownload, SystemInfo, paths};
use crate::control::{self, StatusReport, SystemReport, install_context, runner_labels};
use crate::forge;
use crate::http::auth::Machine;
use crate::http::body::{Body, Whole};
use crate::http::path::Path;
use crate::http::{App, Error};
use crate::model::{EventKind, EventLevel, MachineShape, Runner, RunnerStatus, expose};
use crate::store::{self, EntitySettings};
use crate::template;

const TEXT: (axum::http::HeaderName, &str) = (CONTENT_TYPE, "text/plain");

/// A machine says how far its runner is.
#[utoipa::path(post, path = paths::CALLBACK_STATUS.template(), tag = "machines", request_body = InstanceUpdateMessage,
    responses((status = 200), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub(in crate::http) async fn report_status(
    machine: Machine,
    State(app): State<App>,
    Body(report): Body<InstanceUpdateMessage>,
) -> Result<(), Error> {
    let status = match report.status.as_str() {
        "" => None,
        word => Some(RunnerStatus::from_word(word).ok_or_else(|| Error::bad_request(format!("status: {word:?} is no runner status")))?),
    };
    let report = StatusReport { status, agent_id: report.agent_id, message: report.message };
    control::report_status(app.store(), &machine.runner, &machine.token, report).await?;
    if status == Some(RunnerStatus::Idle) {
        // The token is dead from now on, so a runner says this once.
        app.services.metrics.runner_ready(machine.runner.provider.as_str(), app.clock().now().since(machine.runner.created_at));
    }
    Ok(())
}

/// A machine says what system it has.
#[utoipa::path(post, path = paths::CALLBACK_SYSTEM_INFO.template(), tag = "machines", request_body = SystemInfo,
    responses((status = 200), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub(in crate::http) async fn report_system_info(
    machine: Machine,
    State(app): State<App>,
    Body(info): Body<SystemInfo>,
) -> Result<(), Error> {
    let report = SystemReport { os_name: info.os_name, os_version: info.os_version, agent_id: info.agent_id };
    Ok(control::report_system(app.store(), machine.runner.id, report).await?)
}

/// The most bytes of an install log that a machine may send.
const INSTALL_LOG_MAX: usize = 64 * 1024;

/// A machine sends the end of its install log, as text, before it reports that it failed. A later one replaces an earlier one.
#[utoipa::path(post, path = paths::CALLBACK_INSTALL_LOG.template(), tag = "machines", request_body(content = String, content_type = "text/plain"),
    responses((status = 200), (status = 401, body = ErrorBody), (status = 413, body = ErrorBody)))]
pub(in crate::http) async fn report_install_log(machine: Machine, State(app): State<App>, request: Request) -> Result<(), Error> {
    let log = Whole::read(&app.bodies, request, INSTALL_LOG_MAX).await?.parse(<[u8]>::to_vec).await?;
    // A log that is about as long as it may be was cut at its beginning, which may be in the middle of a secret.
    let is_cut = log.len() > INSTALL_LOG_MAX / 2;
    Ok(control::report_install_log(app.store(), &machine.runner, &machine.token, &log, is_cut).await?)
}

/// The facts that a machine may know about itself.
#[utoipa::path(get, path = paths::METADATA_RUNNER.template(), tag = "machines",
    responses((status = 200, body = InstanceMetadata), (status = 401, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(in crate::http) async fn get_runner_metadata(machine: Machine, State(app): State<App>) -> Result<Json<InstanceMetadata>, Error> {
    let (view, shape) = view(&app, &machine.runner).await?;
    let runner = &machine.runner;
    let jit = app.store().runner_jit(runner.id).await?.is_some();
    let tools = app.store().tools(runner.entity_id).await?.map(|(_, tools)| tools).unwrap_or_default();
    let family = forge::family(&view.endpoint).map_err(control::Error::from)?;
    let tool = family
        .find_tool(&tools, runner.os_type, runner.os_arch)
        .ok_or_else(|| Error::conflict("the forge's runner downloads are not known yet"))?;
    Ok(Json(InstanceMetadata {
        metadata_access: MetadataAccess {
            callback_url: runner.callback_url.clone(),
            metadata_url: runner.metadata_url.clone(),
            agent_url: agent_url(&view.controller),
        },
        forge_type: view.endpoint.kind.to_string(),
        runner_registration_url: (family.registration_url)(&view.endpoint.base_url, &view.entity.at),
        runner_name: runner.name.to_string(),
        runner_labels: if jit { Vec::new() } else { runner_labels(&view, &shape) },
        ca_bundles: view.endpoint.ca_cert_bundle.clone().map(|bundle| ("forge_ca".to_owned(), Base64(bundle))).into_iter().collect(),
        extra_specs: shape.extra_specs.clone(),
        agent_mode: false,
        jit_enabled: jit,
        runner_tools: RunnerDownload::from(tool),
    }))
}

/// A token to register with, once per attempt to make the machine; never for runners that have a just-in-time configuration.
#[utoipa::path(get, path = paths::METADATA_REGISTRATION_TOKEN.template(), tag = "machines",
    responses((status = 200, body = String), (status = 401, body = ErrorBody)))]
pub(in crate::http) async fn get_registration_token(machine: Machine, State(app): State<App>) -> Result<Response, Error> {
    let id = machine.runner.id;
    if machine.runner.agent_id.is_some() {
        return Err(Error::unauthorized());
    }
    match app.store().update_runner(id, Runner::token_fetched).await {
        Ok(Some(_)) => {}
        Ok(None) | Err(store::Error::Refused(_)) => return Err(Error::unauthorized()),
        Err(fault) => return Err(fault.into()),
    }
    match app.services.registration_token(machine.runner.entity_id).await {
        Ok(token) => {
            let message = "runner registration token was retrieved".to_owned();
            app.store().report_status(id, EventKind::FetchToken, EventLevel::Info, message, Ok).await?;
            // Upstream's label for the bare text, which scripts may ask for.
            Ok(([(CONTENT_TYPE, "application/json")], expose(&token).to_owned()).into_response())
        }
        Err(fault) => {
            // None was handed out: the machine may ask again.
            app.store().update_runner(id, Runner::token_not_given).await?;
            Err(fault.into())
        }
    }
}

/// One file of the just-in-time configuration.
#[utoipa::path(get, path = paths::METADATA_CREDENTIALS.template(), tag = "machines", params(("name" = String, Path)),
    responses((status = 200, body = Vec<u8>), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn get_credential_file(
    machine: Machine,
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Response, Error> {
    let file = format!(".{name}");
    let jit = app.store().runner_jit(machine.runner.id).await?;
    let content = jit.as_ref().and_then(|jit| jit.files.get(&file)).ok_or_else(|| Error::not_found("file", &file))?;
    let bytes = STANDARD.decode(expose(content)).map_err(|fault| Error::internal(&fault))?;
    let headers = [(CONTENT_TYPE, "octet-stream".to_owned()), (CONTENT_DISPOSITION, format!("attachment; filename={file}"))];
    Ok((headers, bytes).into_response())
}

/// The name of the runner's service.
#[utoipa::path(get, path = paths::METADATA_SERVICE_NAME.template(), tag = "machines", responses((status = 200, body = String), (status = 401, body = ErrorBody)))]
pub(in crate::http) async fn get_service_name(machine: Machine, State(app): State<App>) -> Result<Response, Error> {
    let (view, _) = view(&app, &machine.runner).await?;
    let family = forge::family(&view.endpoint).map_err(control::Error::from)?;
    Ok(([TEXT], (family.service_name)(&view.entity.at)).into_response())
}

/// The unit file of the runner's service.
#[utoipa::path(get, path = paths::METADATA_UNIT_FILE.template(), tag = "machines", params(("runAsUser" = Option<String>, Query)),
    responses((status = 200, body = String), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub(in crate::http) async fn get_unit_file(
    machine: Machine,
    State(app): State<App>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let user = query.get("runAsUser").map_or(template::InstallContext::USER, String::as_str);
    if !user.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) || user.is_empty() {
        return Err(Error::bad_request(format!("runAsUser: {user:?} is not a user name")));
    }
    let (view, _) = view(&app, &machine.runner).await?;
    let family = forge::family(&view.endpoint).map_err(control::Error::from)?;
    Ok(([TEXT], (family.unit_file)(&(family.service_name)(&view.entity.at), user)).into_response())
}

/// The certificates that validate the forge.
#[utoipa::path(get, path = paths::METADATA_CERT_BUNDLE.template(), tag = "machines", responses((status = 200), (status = 401, body = ErrorBody)))]
pub(in crate::http) async fn get_cert_bundle(machine: Machine, State(app): State<App>) -> Result<Response, Error> {
    let (view, _) = view(&app, &machine.runner).await?;
    let text = view.endpoint.ca_cert_bundle.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
    let certificates: BTreeMap<String, Base64> =
        pem_certificates(&text).enumerate().map(|(at, pem)| (at.to_string(), Base64(pem.into_bytes()))).collect();
    let body = if certificates.is_empty() { json!({}) } else { json!({ "root_certificates": certificates }) };
    Ok(Json(body).into_response())
}

/// The certificates of a bundle, one by one.
fn pem_certificates(bundle: &str) -> impl Iterator<Item = String> {
    const END: &str = "-----END CERTIFICATE-----";
    bundle.split_inclusive(END).filter_map(|part| Some(format!("{}\n", &part[part.find("-----BEGIN CERTIFICATE-----")?..])))
}

/// The install script of this machine's runner.
#[utoipa::path(get, path = paths::METADATA_INSTALL_SCRIPT.template(), tag = "machines",
    responses((status = 200, body = String), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(in crate::http) async fn get_install_script(machine: Machine, State(app): State<App>) -> Result<Response, Error> {
    let (view, shape) = view(&app, &machine.runner).await?;
    let tools = app.store().tools(view.entity.id).await?.map(|(_, tools)| tools).unwrap_or_default();
    let jit = app.store().runner_jit(machine.runner.id).await?.is_some();
    let context = install_context(&view, &shape, &machine.runner, &tools, &machine.token, jit, app.clock().now())?;
    let (name, text) = template_text(&app, &view, &shape).await?;
    match template::install(&text, &context) {
        Ok(script) => Ok(([TEXT], script).into_response()),
        Err(fault) => {
            let refused = format!("{name}: {fault}");
            // Not every first script reports what it was told.
            app.store().add_runner_message(machine.runner.id, EventLevel::Error, refused.clone()).await?;
            Err(Error::bad_request(refused))
        }
    }
}

/// The runner set's own template, from its extra specs or by number; otherwise the shipped one. With what to call it.
async fn template_text(app: &App, view: &EntitySettings, shape: &MachineShape) -> Result<(String, String), Error> {
    #[derive(serde::Deserialize)]
    struct Own {
        runner_install_template: String,
    }
    if let Some(own) = shape.extra_specs.as_ref().and_then(|specs| serde_json::from_str::<Own>(specs.get()).ok()) {
        let name = "runner_install_template of the pool's extra specs";
        let text = STANDARD.decode(own.runner_install_template).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        return text.map(|text| (name.to_owned(), text)).ok_or_else(|| Error::bad_request(format!("{name} is not base64 of text")));
    }
    let stored = match shape.template_id {
        Some(id) => app.store().find_template(id).await?,
        None => app.store().find_system_template(shape.os_type, view.endpoint.kind).await?,
    };
    let none = || {
        Error::conflict(format!("there is no install template for {} on {} forges; set one in the pool", shape.os_type, view.endpoint.kind))
    };
    stored.map(|template| (format!("template {}", template.name), template.data)).ok_or_else(none)
}

async fn view(app: &App, runner: &Runner) -> Result<(EntitySettings, MachineShape), Error> {
    let view = app.store().entity_settings(runner.entity_id).await?.ok_or_else(|| Error::not_found("entity", runner.entity_id))?;
    let shape = view.shape(runner.set_id).ok_or_else(|| Error::not_found("runner set", runner.set_id))?;
    Ok((view, shape))
}
