//! Instances: runners and their machines.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::Response;

use super::params::is_true;
use crate::api::{Address, Decision, ErrorBody, Instance, Job, StatusMessage, paths};
use crate::control::{forge_says_busy, why_runner};
use crate::http::auth::Admin;
use crate::http::path::Path;
use crate::http::{App, Error};
use crate::model::{Cause, InstanceStatus, Runner, RunnerId, RunnerName};
use crate::store::{self, RunnerFilter, Store};

/// All runners, in short.
#[utoipa::path(get, path = paths::INSTANCES.template(), tag = "instances", responses((status = 200, body = Vec<Instance>), (status = 401, body = ErrorBody)))]
pub(in crate::http) async fn list_instances(_: Admin, State(app): State<App>) -> Result<Response, Error> {
    list(&app, RunnerFilter::default(), |_| true).await
}

/// Answers the runners that fit, page by page.
pub(super) async fn list(
    app: &App,
    filter: RunnerFilter,
    fits: impl Fn(&Runner) -> bool + Clone + Send + Sync + 'static,
) -> Result<Response, Error> {
    let store = app.store().clone();
    crate::http::list::array(move |after| {
        let (store, fits) = (store.clone(), fits.clone());
        Box::pin(async move {
            let (mut runners, next) = store.page_of_runners(filter, after).await?;
            runners.retain(fits);
            Ok((show(&store, &runners).await?, next))
        })
    })
    .await
}

/// Runners in short, with their jobs.
pub(super) async fn show(store: &Store, runners: &[Runner]) -> Result<Vec<Instance>, Error> {
    let jobs = store.find_jobs(runners.iter().filter_map(|runner| runner.job_id).collect()).await?;
    let shown = runners.iter().map(|runner| {
        let job = runner.job_id.and_then(|id| jobs.get(&id)).map(Job::from);
        Instance { job, ..Instance::from(runner) }
    });
    Ok(shown.collect())
}

/// One runner, by name or id, with addresses, messages and job.
#[utoipa::path(get, path = paths::INSTANCE.template(), tag = "instances", params(("name" = String, Path)),
    responses((status = 200, body = Instance), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn get_instance(_: Admin, State(app): State<App>, Path(name): Path<String>) -> Result<Json<Instance>, Error> {
    let runner = find(&app, &name).await?;
    let mut shown = Instance::from(&runner);
    shown.addresses = runner.addresses.iter().map(Address::from).collect();
    let messages = app.store().status_messages(vec![runner.id]).await?;
    shown.status_messages = messages.get(&runner.id).into_iter().flatten().map(StatusMessage::from).collect();
    let (cause, log) = match app.store().find_autopsy(&runner.id.to_string()).await? {
        Some(autopsy) => (Some(autopsy.cause), autopsy.log),
        // It may be made again, so there is no autopsy yet.
        None if runner.status == InstanceStatus::Error => (Some(Cause::of_creation(&runner.fault)), String::new()),
        None => (None, String::new()),
    };
    shown.cause = cause.map(|cause| cause.to_string()).unwrap_or_default();
    shown.cause_explained = cause.map(|cause| cause.explained().to_owned()).unwrap_or_default();
    shown.install_log = log;
    if let Some(job) = runner.job_id {
        shown.job = app.store().find_job(job).await?.as_ref().map(Job::from);
    }
    let why = why_runner(&app.services, &runner).await?;
    shown.decision = why.map(|why| Decision::of_runner(&why, app.clock().now()));
    Ok(Json(shown))
}

/// Marks a runner for removal. One with a job stays, unless the refusal of the forge is to be bypassed.
#[utoipa::path(delete, path = paths::INSTANCE.template(), tag = "instances",
    params(("name" = String, Path), ("forceRemove" = Option<bool>, Query), ("bypassGHUnauthorized" = Option<bool>, Query)),
    responses((status = 200), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn delete_instance(
    _: Admin,
    State(app): State<App>,
    Path(name): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<(), Error> {
    let runner = find(&app, &name).await?;
    let bypass = is_true(query.get("bypassGHUnauthorized"));
    let by_force = is_true(query.get("forceRemove")) || bypass;
    // First of all, because the forge is not to lose a runner that stays.
    runner.clone().removal_requested(by_force).map_err(store::Error::Refused)?;
    if !bypass && (runner.is_busy() || (by_force && forge_says_busy(&app.services, &runner).await?)) {
        let way_out = "cancel the job, or remove runner and machine under it with bypassGHUnauthorized";
        return Err(Error::bad_request(format!("runner {} has a job; {way_out}", runner.name)));
    }
    let marked = app.store().update_runner(runner.id, move |runner| runner.removal_requested(by_force)).await?;
    marked.map(drop).ok_or_else(|| Error::not_found("instance", name))
}

async fn find(app: &App, name: &str) -> Result<Runner, Error> {
    let by_name = app.store().find_runner_by_name(&RunnerName::from(name)).await?;
    let found = match (by_name, name.parse::<RunnerId>()) {
        (None, Ok(id)) => app.store().find_runner(id).await?,
        (found, _) => found,
    };
    found.ok_or_else(|| Error::not_found("instance", name))
}
