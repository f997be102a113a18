//! Runners, their groups and downloads, and the job that a runner has.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{OriginalUri, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::page::{Page, list, query};
use super::place::Place;
use super::refused::Refused;
use crate::sim::face::Face;
use crate::sim::nouns::{Registration, Scope};
use crate::sim::payloads;
use crate::sim::runner_archive::{ARCHITECTURES, RunnerArchive};
use crate::sim::state::Error;

/// How many labels a JIT configuration may have.
const LABELS_MAX: usize = 100;

pub(super) async fn list_runners(Shared(face): Shared<Face>, place: Place, OriginalUri(uri): OriginalUri) -> Response {
    let name = query(&uri, "name");
    let wanted = |own: &str| name.as_deref().is_none_or(|name| own.eq_ignore_ascii_case(name));
    let items = face.forge.read(|state| {
        let runners = state.runners().filter(|runner| runner.scope == place.scope && wanted(&runner.name));
        runners.map(payloads::runner_object).collect()
    });
    list(&Page::of(&uri, face.forge.url()), "runners", items)
}

pub(super) async fn get_runner(Shared(face): Shared<Face>, place: Place) -> Result<Response, Refused> {
    let id = place.number("runner_id")?;
    let found = face.forge.read(|state| state.find_runner(id).filter(|runner| runner.scope == place.scope).map(payloads::runner_object));
    Ok(Json(found.ok_or(Error::NotFound)?).into_response())
}

pub(super) async fn remove_runner(Shared(face): Shared<Face>, place: Place) -> Result<Response, Refused> {
    let id = place.number("runner_id")?;
    face.forge.write(|state| state.remove_runner(&place.scope, id))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn list_downloads(Shared(face): Shared<Face>, _place: Place) -> Response {
    let url = face.forge.url();
    let settings = face.forge.settings();
    let (token, version) = (settings.download_token, settings.runner_version);
    let digest = face.archive_of(&version).sha256;
    let application = |os: &str, architecture: &str, filename: String| {
        let mut object = json!({
            "os": os,
            "architecture": architecture,
            "download_url": format!("{url}/_runner/downloads/{filename}"),
            "filename": filename,
            "sha256_checksum": digest,
        });
        if let Some(token) = &token {
            object["temp_download_token"] = Value::from(token.as_str());
        }
        object
    };
    let of_linux = |architecture| application("linux", architecture, RunnerArchive::filename(architecture, &version));
    let linux = ARCHITECTURES.into_iter().map(of_linux);
    // Offered, but not to be had: no runner of the fake forge runs there.
    let windows = application("win", "x64", RunnerArchive::filename_for_windows(&version));
    Json(linux.chain([windows]).collect::<Vec<_>>()).into_response()
}

/// Until when the forge serves a version of the runner.
pub(super) async fn get_deprecation(Shared(face): Shared<Face>, place: Place) -> Result<Response, Refused> {
    let version = place.word("version")?;
    let settings = face.forge.settings();
    let end = settings.announced_ends.get(version).map(|end| end.to_millisecond_string());
    if end.is_none() && version != settings.runner_version {
        return Err(Error::NotFound.into());
    }
    let body = json!({ "runner_version": version, "runtime_deprecates_at": end, "registration_deprecates_at": null });
    Ok(Json(body).into_response())
}

/// The body of a request for a JIT configuration. Everything is optional, so that a refusal can name the missing field.
#[derive(Deserialize)]
struct JitRequest {
    name: Option<String>,
    runner_group_id: Option<i64>,
    labels: Option<Vec<String>>,
    work_folder: Option<String>,
}

pub(super) async fn generate_jit_config(Shared(face): Shared<Face>, place: Place, body: Bytes) -> Result<Response, Refused> {
    let request: JitRequest =
        serde_json::from_slice(&body).map_err(|_| Refused(StatusCode::BAD_REQUEST, "Problems parsing JSON".to_owned()))?;
    let name = request.name.filter(|name| !name.is_empty()).ok_or_else(|| Refused::invalid("\"name\" wasn't supplied."))?;
    let group_id = request.runner_group_id.ok_or_else(|| Refused::invalid("\"runner_group_id\" wasn't supplied."))?;
    let labels = request.labels.ok_or_else(|| Refused::invalid("\"labels\" wasn't supplied."))?;
    if labels.is_empty() || labels.len() > LABELS_MAX {
        return Err(Refused::invalid("\"labels\" must have between 1 and 100 items."));
    }
    let work_folder = request.work_folder.unwrap_or_else(|| "_work".to_owned());
    // The labels are exactly those of the request: a JIT configuration gets no default ones.
    let registration = Registration { name, labels, default_labels: false, group_id, ephemeral: true, jit: true };
    let (runner, group) = face.forge.write(|state| {
        let runner = state.register_runner(place.scope.clone(), registration)?;
        let group = state.find_group(&place.scope, group_id).ok_or(Error::NotFound)?;
        Ok::<_, Error>((runner, group))
    })?;
    let files = payloads::runner_files(&face.forge.url(), &runner, &group.name, &work_folder);
    let body = json!({ "runner": payloads::runner_object(&runner), "encoded_jit_config": payloads::encode_jit_config(&files) });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

pub(super) async fn list_groups(Shared(face): Shared<Face>, place: Place, OriginalUri(uri): OriginalUri) -> Response {
    let url = face.forge.url();
    let repository = query(&uri, "visible_to_repository");
    let items = face.forge.read(|state| {
        let groups = state.groups(&place.scope).into_iter();
        let open = groups.filter(|group| repository.as_ref().is_none_or(|name| group.is_open_to(name)));
        open.map(|group| payloads::group_object(&url, &place.scope, &group)).collect()
    });
    list(&Page::of(&uri, url), "runner_groups", items)
}

pub(super) async fn get_job(Shared(face): Shared<Face>, place: Place) -> Result<Response, Refused> {
    let id = place.number("job_id")?;
    let found = face.forge.read(|state| {
        let job = state.find_job(id).filter(|job| Scope::repository(&job.owner, &job.repo) == place.scope)?;
        Some(payloads::job_object(&state.url, job))
    });
    Ok(Json(found.ok_or(Error::NotFound)?).into_response())
}
