//! The installation and its providers.

use std::time::Duration;

use axum::Json;
use axum::extract::State;

use super::params::{check_pem, optional};
use crate::api::{ControllerInfo, ErrorBody, UpdateControllerParams, paths};
use crate::http::auth::{Admin, AdminBeforeUrls};
use crate::http::body::Body;
use crate::http::{App, Error};
use crate::model::{Controller, values};

/// The settings.
#[utoipa::path(get, path = paths::CONTROLLER.template(), tag = "controller", responses((status = 200, body = ControllerInfo), (status = 401, body = ErrorBody)))]
pub(in crate::http) async fn get_controller(_: AdminBeforeUrls, State(app): State<App>) -> Result<Json<ControllerInfo>, Error> {
    info(&app).await
}

/// The settings, by an older path that wants the URLs to be set.
#[utoipa::path(get, path = paths::CONTROLLER_INFO.template(), tag = "controller",
    responses((status = 200, body = ControllerInfo), (status = 401, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(in crate::http) async fn get_controller_info(_: Admin, State(app): State<App>) -> Result<Json<ControllerInfo>, Error> {
    info(&app).await
}

async fn info(app: &App) -> Result<Json<ControllerInfo>, Error> {
    Ok(Json(show(&app.store().controller().await?, app.hostname.to_string())))
}

fn show(controller: &Controller, hostname: String) -> ControllerInfo {
    ControllerInfo { agent_url: agent_url(controller), ..ControllerInfo::new(controller, hostname) }
}

/// Where agents connect: derived from the callback URL when it is not set.
pub(super) fn agent_url(controller: &Controller) -> String {
    match url::Url::parse(&controller.callback_url) {
        Ok(url) if controller.agent_url.is_empty() => url.origin().ascii_serialization(),
        _ => controller.agent_url.clone(),
    }
}

/// Changes the settings.
#[utoipa::path(put, path = paths::CONTROLLER.template(), tag = "controller", request_body = UpdateControllerParams,
    responses((status = 200, body = ControllerInfo), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub(in crate::http) async fn update_controller(
    _: AdminBeforeUrls,
    State(app): State<App>,
    Body(params): Body<UpdateControllerParams>,
) -> Result<Json<ControllerInfo>, Error> {
    let metadata_url = optional("metadata_url", params.metadata_url, |url| values::unless_empty(&url, values::base_url))?;
    let callback_url = optional("callback_url", params.callback_url, |url| values::unless_empty(&url, values::base_url))?;
    let webhook_url = optional("webhook_url", params.webhook_url, |url| values::unless_empty(&url, values::base_url))?;
    let agent_url = optional("agent_url", params.agent_url, |url| values::unless_empty(&url, values::base_url))?;
    let releases_url = optional("garm_agent_releases_url", params.garm_agent_releases_url, |url| values::unless_empty(&url, values::url))?;
    let agent_version = optional("garm_agent_version", params.garm_agent_version, |version| values::agent_version(&version))?;
    let backoff = params.minimum_job_age_backoff.map(job_age_backoff).transpose()?;
    let clear = params.clear_ca_cert_bundle == Some(true);
    let bundle = match &params.ca_cert_bundle {
        Some(_) if clear => return Err(Error::bad_request("ca_cert_bundle and clear_ca_cert_bundle exclude each other")),
        Some(bundle) => check_pem("ca_cert_bundle", &bundle.0)?,
        None => None,
    };
    let changed = app
        .store()
        .update_controller(move |controller| {
            let texts = [
                (&mut controller.metadata_url, metadata_url),
                (&mut controller.callback_url, callback_url),
                (&mut controller.webhook_url, webhook_url),
                (&mut controller.agent_url, agent_url),
                (&mut controller.agent_releases_url, releases_url),
                (&mut controller.agent_version, agent_version),
            ];
            for (setting, given) in texts {
                if let Some(given) = given {
                    *setting = given;
                }
            }
            if let Some(sync) = params.enable_agent_tools_sync {
                controller.sync_agent_tools = sync;
            }
            if let Some(allow) = params.allow_insecure_garm_agent {
                controller.allow_insecure_agent = allow;
            }
            if let Some(backoff) = backoff {
                controller.minimum_job_age_backoff = backoff;
            }
            if clear || bundle.is_some() {
                controller.ca_cert_bundle = bundle;
            }
            Ok(())
        })
        .await?;
    Ok(Json(show(&changed, String::new())))
}

/// The longest time in seconds that jobs may be made to wait: a day, after which GitHub gives a job up.
const BACKOFF_SECONDS_MAX: u64 = 24 * 60 * 60;

fn job_age_backoff(seconds: u64) -> Result<Duration, Error> {
    if seconds <= BACKOFF_SECONDS_MAX {
        return Ok(Duration::from_secs(seconds));
    }
    Err(Error::bad_request(format!("minimum_job_age_backoff: {seconds} is not between 0 and {BACKOFF_SECONDS_MAX} (seconds)")))
}
