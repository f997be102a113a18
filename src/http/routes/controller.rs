//! The installation and its providers.

use std::time::Duration;

use axum::Json;
use axum::extract::State;

use super::params::{check_pem, check_url};
use crate::api::{ControllerInfo, ErrorBody, UpdateControllerParams, paths};
use crate::http::auth::{Admin, AdminBeforeUrls};
use crate::http::body::Body;
use crate::http::{App, Error};
use crate::model::Controller;

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
    let urls = [
        ("metadata_url", &params.metadata_url),
        ("callback_url", &params.callback_url),
        ("webhook_url", &params.webhook_url),
        ("agent_url", &params.agent_url),
        ("garm_agent_releases_url", &params.garm_agent_releases_url),
    ];
    for (field, url) in urls {
        if let Some(url) = url.as_ref().filter(|url| !url.is_empty()) {
            check_url(field, url)?;
        }
    }
    let agent_version = params.garm_agent_version.map(agent_version).transpose()?;
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
                (&mut controller.metadata_url, params.metadata_url),
                (&mut controller.callback_url, params.callback_url),
                (&mut controller.webhook_url, params.webhook_url),
                (&mut controller.agent_url, params.agent_url),
                (&mut controller.agent_releases_url, params.garm_agent_releases_url),
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

/// A version to pin agents to; nothing for the newest.
fn agent_version(text: String) -> Result<String, Error> {
    if text.is_empty() || text == "latest" {
        return Ok(String::new());
    }
    let core = text.strip_prefix('v').unwrap_or(&text).split(['-', '+']).next().unwrap_or_default();
    let numbers: Vec<_> = core.split('.').map(str::parse::<u32>).collect();
    let is_good = numbers.len() == 3 && numbers.iter().all(Result::is_ok);
    if is_good {
        Ok(text)
    } else {
        Err(Error::bad_request(format!("garm_agent_version: {text:?} is neither \"latest\" nor a version like v1.2.3")))
    }
}

/// The longest time in seconds that jobs may be made to wait: a day, after which GitHub gives a job up.
const BACKOFF_SECONDS_MAX: u64 = 24 * 60 * 60;

fn job_age_backoff(seconds: u64) -> Result<Duration, Error> {
    if seconds <= BACKOFF_SECONDS_MAX {
        return Ok(Duration::from_secs(seconds));
    }
    Err(Error::bad_request(format!("minimum_job_age_backoff: {seconds} is not between 0 and {BACKOFF_SECONDS_MAX} (seconds)")))
}
