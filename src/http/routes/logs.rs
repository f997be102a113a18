//! The log, line by line as it is written.

use axum::extract::State;
use axum::response::Response;
use futures_util::{Stream, stream};

use crate::api::{ErrorBody, paths};
use crate::http::auth::Login;
use crate::http::socket::{Farewell, Handshake, Utf8Bytes};
use crate::http::{App, Error};
use crate::telemetry::{Behind, Follower};

/// Follows the log: a WebSocket that gets each line as a JSON object (`time`, `level`, `msg` and attributes), from now on. A client that falls behind by
/// more than 1024 lines is dropped.
#[utoipa::path(get, path = paths::LOGS.template(), tag = "logs",
    responses((status = 101, description = "lines follow"), (status = 400, body = ErrorBody, description = "the log cannot be followed, or this is no handshake"),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody, description = "not for pages of this origin"), (status = 409, body = ErrorBody)))]
pub(in crate::http) async fn follow_log(
    login: Login,
    State(app): State<App>,
    handshake: Result<Handshake, Error>,
) -> Result<Response, Error> {
    let feed = app.log.as_ref().ok_or_else(|| Error::bad_request("log streamer is disabled"))?;
    Ok(handshake?.send_all(&app, login, lines(feed.follow())))
}

/// Follows the log, by an older path.
#[utoipa::path(get, path = paths::LOGS_OLD.template(), tag = "logs",
    responses((status = 101, description = "lines follow"), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(in crate::http) async fn follow_log_by_old_path(
    login: Login,
    state: State<App>,
    handshake: Result<Handshake, Error>,
) -> Result<Response, Error> {
    follow_log(login, state, handshake).await
}

fn lines(follower: Follower) -> impl Stream<Item = Result<Utf8Bytes, Farewell>> {
    stream::unfold(follower, async |mut follower| {
        let line = follower.next().await.map_err(|behind: Behind| Farewell::too_slow(behind.to_string())).transpose()?;
        Some((line.map(|line| Utf8Bytes::from(&*line)), follower))
    })
}
