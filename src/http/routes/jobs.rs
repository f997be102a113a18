//! Jobs.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::Response;

use super::params::parse_id;
use crate::api::{Decision, ErrorBody, Job, JobLoss, paths};
use crate::control::why_job;
use crate::http::auth::Admin;
use crate::http::path::Path;
use crate::http::{App, Error, list};
use crate::model::values::trim;
use crate::model::{EntityId, JobId, JobStatus, PoolId};
use crate::store::{JobFilter, Matched};
use crate::time::{Timestamp, parse_duration};

/// Jobs, in the order they were queued. Without a query they are those that a pool fits or fitted.
#[utoipa::path(get, path = paths::JOBS.template(), tag = "jobs",
    params(
        ("unmatched" = Option<String>, Query, description = "`only` those that no pool fits so far, or `also` those"),
        ("status" = Option<String>, Query, description = "queued, in_progress or completed"),
        ("entity" = Option<String>, Query, description = "id of the repository, organization or enterprise whose webhook reported the job"),
        ("pool" = Option<String>, Query, description = "id of a pool that has all of the job's labels"),
        ("label" = Option<String>, Query, description = "a label that the job asks for"),
        ("since" = Option<String>, Query, description = "queued then or later: a time (RFC 3339), or a duration such as 90m, which counts back from now"),
        ("workflow_job_id" = Option<i64>, Query, description = "the job's number at the forge"),
        ("limit" = Option<usize>, Query, description = "so many jobs at most"),
        ("after" = Option<i64>, Query, description = "begins behind the job of this row number, which ends the page before")),
    responses((status = 200, body = Vec<Job>), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn list_jobs(
    _: Admin,
    State(app): State<App>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let filter = filter(&query, app.clock().now())?;
    if let Some(pool) = filter.pool
        && app.store().find_pool(pool).await?.is_none()
    {
        return Err(Error::not_found("pool", pool));
    }
    let limit = match given(&query, "limit") {
        Some(text) => text.parse().ok().filter(|limit| *limit > 0).ok_or_else(|| wrong("limit", text, "must be a number above 0"))?,
        None => usize::MAX,
    };
    let begin = match given(&query, "after") {
        Some(text) => {
            let id = text.parse().map_err(|_| wrong("after", text, "must be the row number of a job"))?;
            let place = app.store().job_position(JobId(id)).await?;
            Some(place.ok_or_else(|| wrong("after", text, "there is no such job any more; begin with the first page"))?)
        }
        None => None,
    };
    list::array(move |next| {
        let (store, filter) = (app.store().clone(), filter.clone());
        let (after, left) = next.map_or((begin, limit), |(place, left)| (Some(place), left));
        Box::pin(async move {
            let (mut jobs, next) = store.page_of_jobs(filter, after).await?;
            jobs.truncate(left);
            let left = left - jobs.len();
            Ok((jobs.iter().map(Job::from).collect(), next.filter(|_| left > 0).map(|place| (place, left))))
        })
    })
    .await
}

/// A parameter of the query that says something.
fn given<'a>(query: &'a HashMap<String, String>, key: &str) -> Option<&'a str> {
    query.get(key).map(|text| trim(text)).filter(|text| !text.is_empty())
}

fn wrong(key: &str, value: &str, why: &str) -> Error {
    Error::bad_request(format!("{key} = {value:?}: {why}"))
}

fn filter(query: &HashMap<String, String>, now: Timestamp) -> Result<JobFilter, Error> {
    let matched = match given(query, "unmatched") {
        None => Matched::Yes,
        Some("only") => Matched::NotSoFar,
        Some("also") => Matched::Either,
        Some(other) => return Err(wrong("unmatched", other, "must be only or also")),
    };
    let status = given(query, "status")
        .map(|word| JobStatus::from_word(word).ok_or_else(|| wrong("status", word, "must be queued, in_progress or completed")));
    let since = given(query, "since").map(|text| {
        let back = parse_duration(text).map(|span| now.before(span));
        back.or_else(|| Timestamp::parse_rfc3339(text).ok())
            .ok_or_else(|| wrong("since", text, "must be a duration such as 90m, or a time such as 2026-01-31T08:00:00Z"))
    });
    let number = given(query, "workflow_job_id").map(|text| text.parse().map_err(|_| wrong("workflow_job_id", text, "must be a number")));
    Ok(JobFilter {
        matched,
        status: status.transpose()?,
        entity: given(query, "entity").map(|text| parse_id("an entity", text).map(EntityId)).transpose()?,
        pool: given(query, "pool").map(|text| parse_id("a pool", text).map(PoolId)).transpose()?,
        label: given(query, "label").map(ToOwned::to_owned),
        since: since.transpose()?,
        number: number.transpose()?,
    })
}

/// One job, by row number, with the decision about it in full.
#[utoipa::path(get, path = paths::JOB.template(), tag = "jobs", params(("id" = i64, Path)), responses((status = 200, body = Job), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn get_job(_: Admin, State(app): State<App>, Path(id): Path<String>) -> Result<Json<Job>, Error> {
    let number = id.parse().map_err(|_| Error::bad_request(format!("{id:?} is not the number of a job")))?;
    let job = app.store().find_job(JobId(number)).await?.ok_or_else(|| Error::not_found("job", number))?;
    let why = why_job(&app.services, &job).await?;
    let decision = why.map(|why| Decision::of_job(&why, app.clock().now()));
    let loss = app.store().find_loss(job.id).await?.as_ref().map(JobLoss::from);
    Ok(Json(Job { decision, loss, ..Job::from(&job) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_understood_whole_or_refused_with_the_value_and_the_way_out() {
        let asked = |pairs: &[(&str, &str)]| {
            let query = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            filter(&query, Timestamp::EPOCH.after(std::time::Duration::from_hours(2)))
        };
        let plain = asked(&[("status", " "), ("else", "x")]).expect("as upstream asks");
        assert_eq!((plain.matched, plain.status, plain.since), (Matched::Yes, None, None));
        let whole = asked(&[("unmatched", "only"), ("status", "queued"), ("label", "gpu"), ("since", "1h"), ("workflow_job_id", "7")]);
        let whole = whole.expect("good");
        assert_eq!((whole.matched, whole.status, whole.number), (Matched::NotSoFar, Some(JobStatus::Queued), Some(7)));
        assert_eq!(whole.since, Some(Timestamp::EPOCH.after(std::time::Duration::from_hours(1))));
        assert_eq!(asked(&[("since", "1970-01-01T00:00:00Z")]).expect("good").since, Some(Timestamp::EPOCH));
        for (key, value) in
            [("unmatched", "yes"), ("status", "done"), ("since", "lately"), ("entity", "x"), ("pool", "x"), ("workflow_job_id", "x")]
        {
            let told = format!("{:?}", asked(&[(key, value)]).expect_err(value));
            assert!(told.contains(value), "{told}");
        }
    }
}
