//! The deliveries of forges that came in.

use std::collections::HashMap;
use std::str::FromStr;

use axum::Json;
use axum::extract::{Query, State};

use crate::api::{Delivery, ErrorBody, paths};
use crate::http::auth::Admin;
use crate::http::{App, Error};
use crate::model::{DeliveryVerdict, values};
use crate::store::DeliveryFilter;
use crate::time::Timestamp;

/// How many deliveries an answer has where the caller says nothing.
const LIMIT: u32 = 100;

/// The most deliveries of one answer: about 400 KB.
const LIMIT_MAX: u32 = 1000;

/// The deliveries that came in, the latest first. `entity` is an id or a path, `since` a time, `before` the row number that the last page ended with.
#[utoipa::path(get, path = paths::DELIVERIES.template(), tag = "deliveries",
    params(("entity" = Option<String>, Query), ("verdict" = Option<String>, Query), ("event" = Option<String>, Query),
        ("since" = Option<String>, Query), ("job" = Option<i64>, Query), ("before" = Option<i64>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = Vec<Delivery>), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub(in crate::http) async fn list_deliveries(
    _: Admin,
    State(app): State<App>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Vec<Delivery>>, Error> {
    let given = |name: &str| query.get(name).map(|text| values::trim(text)).filter(|text| !text.is_empty());
    let verdict = given("verdict").map(|word| DeliveryVerdict::from_word(word).ok_or_else(|| no_verdict(word))).transpose()?;
    let since = given("since").map(|text| Timestamp::parse_rfc3339(text).map_err(|_| no_time(text))).transpose()?;
    let filter = DeliveryFilter {
        entity: given("entity").unwrap_or_default().to_owned(),
        verdict,
        event: given("event").unwrap_or_default().to_owned(),
        since,
        job: given("job").map(|text| number("job", text)).transpose()?,
        before: given("before").map(|text| number("before", text)).transpose()?,
    };
    let limit = given("limit").map_or(Ok(LIMIT), |text| number("limit", text))?;
    if limit == 0 || limit > LIMIT_MAX {
        return Err(Error::bad_request(format!("limit: {limit} is not between 1 and {LIMIT_MAX}")));
    }
    let found = app.store().list_deliveries(filter, limit).await?;
    Ok(Json(found.iter().map(Delivery::from).collect()))
}

fn number<T: FromStr>(name: &str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::bad_request(format!("{name}: {text:?} is not a number")))
}

fn no_verdict(word: &str) -> Error {
    let known: Vec<&str> = DeliveryVerdict::ALL.iter().map(|verdict| verdict.as_str()).collect();
    Error::bad_request(format!("verdict: {word:?} is none; known are {}", known.join(", ")))
}

fn no_time(text: &str) -> Error {
    Error::bad_request(format!("since: {text:?} is not a time such as 2026-01-31T12:00:00Z"))
}
