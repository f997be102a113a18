//! Jobs.

use axum::Json;
use axum::extract::State;
use axum::response::Response;

use crate::api::{ErrorBody, Job, paths};
use crate::http::auth::Admin;
use crate::http::path::Path;
use crate::http::{App, Error, list};
use crate::model::JobId;

/// All jobs, in the order they were queued.
#[utoipa::path(get, path = paths::JOBS.template(), tag = "jobs", responses((status = 200, body = Vec<Job>), (status = 401, body = ErrorBody)))]
pub(in crate::http) async fn list_jobs(_: Admin, State(app): State<App>) -> Result<Response, Error> {
    list::array(move |after| {
        let store = app.store().clone();
        Box::pin(async move {
            let (jobs, next) = store.page_of_jobs(after).await?;
            Ok((jobs.iter().map(Job::from).collect(), next))
        })
    })
    .await
}

/// One job, by row number.
#[utoipa::path(get, path = paths::JOB.template(), tag = "jobs", params(("id" = i64, Path)), responses((status = 200, body = Job), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn get_job(_: Admin, State(app): State<App>, Path(id): Path<String>) -> Result<Json<Job>, Error> {
    let number = id.parse().map_err(|_| Error::bad_request(format!("{id:?} is not the number of a job")))?;
    let job = app.store().find_job(JobId(number)).await?.ok_or_else(|| Error::not_found("job", number))?;
    Ok(Json(Job::from(&job)))
}
