//! Workflow runs and their jobs, and the repositories of an organization, as lists. Answers have tags: who sends the latest one gets 304 while nothing
//! is new, and that call is free.

use axum::Json;
use axum::extract::{OriginalUri, State as Shared};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::page::{Page, bare_list, list, query};
use super::place::Place;
use super::refused::{Refused, header_value};
use crate::sim::access::Operation;
use crate::sim::face::Face;
use crate::sim::nouns::{Scope, latest};
use crate::sim::payloads;
use crate::sim::state::Error;

/// The latest run first, as GitHub has it.
pub(super) async fn list_runs(
    Shared(face): Shared<Face>,
    place: Place,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let Scope::Repository { owner, name } = &place.scope else { return Err(Error::NotFound.into()) };
    let wanted = query(&uri, "status");
    let items = face.forge.change(|state| {
        let (repository, account) = (state.repository(owner, name), state.owner(owner, false));
        let mut runs = state.runs(owner, name);
        runs.retain(|run| wanted.as_deref().is_none_or(|word| word == run.status));
        runs.iter().rev().map(|run| payloads::run_object(&state.url, run, &repository, &account)).collect()
    });
    Ok(tagged(&face, Operation::ListRuns, &headers, &uri, |page| list(page, "workflow_runs", items)).await)
}

pub(super) async fn get_run(Shared(face): Shared<Face>, place: Place) -> Result<Response, Refused> {
    let id = place.number("run_id")?;
    let Scope::Repository { owner, name } = &place.scope else { return Err(Error::NotFound.into()) };
    let found = face.forge.change(|state| {
        let run = state.run(&place.scope, id)?;
        let (repository, account) = (state.repository(owner, name), state.owner(owner, false));
        Some(payloads::run_object(&state.url, &run, &repository, &account))
    });
    Ok(Json(found.ok_or(Error::NotFound)?).into_response())
}

pub(super) async fn rerun_job(Shared(face): Shared<Face>, place: Place) -> Result<Response, Refused> {
    let id = place.number("job_id")?;
    face.forge.write(|state| {
        let is_there = state.find_job(id).is_some_and(|job| Scope::repository(&job.owner, &job.repo) == place.scope);
        if is_there { state.rerun_job(id) } else { Err(Error::NotFound) }
    })?;
    Ok((StatusCode::CREATED, Json(json!({}))).into_response())
}

pub(super) async fn list_jobs(
    Shared(face): Shared<Face>,
    place: Place,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let run_id = place.number("run_id")?;
    let items: Vec<Value> = face.forge.read(|state| {
        let jobs = state.jobs().filter(|job| job.run_id == run_id && Scope::repository(&job.owner, &job.repo) == place.scope);
        latest(&jobs.collect::<Vec<_>>()).into_iter().map(|job| payloads::job_object(&state.url, job)).collect()
    });
    if items.is_empty() {
        return Err(Error::NotFound.into());
    }
    Ok(tagged(&face, Operation::ListRunJobs, &headers, &uri, |page| list(page, "jobs", items)).await)
}

pub(super) async fn list_repositories(
    Shared(face): Shared<Face>,
    place: Place,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let Scope::Organization(login) = &place.scope else { return Err(Error::NotFound.into()) };
    let items = face.forge.change(|state| {
        let owner = state.owner(login, true);
        let repositories = state.repositories_of(login);
        repositories.iter().map(|repository| payloads::minimal_repository(&state.url, repository, &owner)).collect()
    });
    Ok(tagged(&face, Operation::ListRepositories, &headers, &uri, |page| bare_list(page, items)).await)
}

/// The page with its tag, or 304 where the caller has it already.
async fn tagged(face: &Face, operation: Operation, headers: &HeaderMap, uri: &Uri, answer: impl FnOnce(&Page<'_>) -> Response) -> Response {
    let page = answer(&Page::of(uri, face.forge.url()));
    let (mut parts, body) = page.into_parts();
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else {
        return (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "message": "Server Error" }))).into_response();
    };
    let tag = format!("W/\"{}\"", hex::encode(Sha256::digest(&body)));
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        face.forge.account(|access, _| access.note_unchanged(operation));
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, header_value(&tag))]).into_response();
    }
    parts.headers.insert(header::ETAG, header_value(&tag));
    Response::from_parts(parts, body.into())
}
