//! Probes of load balancers and service managers. Neither asks the database, whoever calls.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::api::{PartReadiness, Readiness, paths};
use crate::control::Part;
use crate::http::App;
use crate::http::auth::MayBeAdmin;

/// Says that the process lives.
#[utoipa::path(get, path = paths::HEALTH.template(), tag = "health",
    responses((status = 200, body = String, content_type = "text/plain", description = "the process lives")))]
pub(in crate::http) async fn show_health() -> &'static str {
    "ok\n"
}

/// Says whether the server can do its work; to administrators also what is wrong. While the database does not answer, the signature of a login is enough
/// for that.
#[utoipa::path(get, path = paths::READINESS.template(), tag = "health",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness, description = "part of the server does not work, or it stops")))]
pub(in crate::http) async fn show_readiness(caller: MayBeAdmin, State(app): State<App>) -> (StatusCode, Json<Readiness>) {
    let stops = app.sockets.stop.is_cancelled();
    let listener = Part { name: "listener", fault: stops.then(|| "the server stops".to_owned()) };
    let parts: Vec<Part> = [listener].into_iter().chain(app.services.vitals.parts()).collect();
    let is_ready = parts.iter().all(|part| part.fault.is_none());
    let (code, status) = if is_ready { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready") };
    let shown = if caller.is_admin { parts } else { Vec::new() };
    let shown = shown.into_iter().map(|part| PartReadiness { name: part.name.to_owned(), fault: part.fault.unwrap_or_default() });
    (code, Json(Readiness { status: status.to_owned(), parts: shown.collect() }))
}
