//! Figures for Prometheus: the counters of this process, and gauges read from the database. Names and labels are upstream's.
//!
//! The gauges are read for each request, so no figure is stale.

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use prometheus::{TEXT_FORMAT, TextEncoder};

use crate::api::{ErrorBody, JwtResponse, Secret, paths};
use crate::crypto::random;
use crate::crypto::token::UserClaims;
use crate::http::auth::{Admin, MetricsReader};
use crate::http::gauges::Gauges;
use crate::http::{App, Error};

/// Makes a token that is good for reading figures and for nothing else. It ends with the password of the account that made it.
#[utoipa::path(get, path = paths::METRICS_TOKEN.template(), tag = "metrics",
    responses((status = 200, body = JwtResponse), (status = 401, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(in crate::http) async fn make_metrics_token(Admin(user): Admin, State(app): State<App>) -> Json<JwtResponse> {
    let claims = UserClaims {
        user: user.id.to_string(),
        token_id: random::alphanumeric(16),
        full_name: String::new(),
        is_admin: false,
        read_metrics: true,
        generation: user.generation,
        iss: UserClaims::ISSUER.to_owned(),
        exp: app.clock().now().after(app.login_lasts).as_secs(),
    };
    Json(JwtResponse { token: Secret(app.token_key().issue(&claims)) })
}

/// The figures.
pub(in crate::http) async fn show_metrics(_: MetricsReader, State(app): State<App>) -> Result<impl IntoResponse, Error> {
    let mut families = Gauges::read(&app).await?.families();
    families.extend(app.services.metrics.registry().gather());
    let text = TextEncoder::new().encode_to_string(&families).map_err(|fault| Error::internal(&fault))?;
    Ok(([(CONTENT_TYPE, TEXT_FORMAT)], text))
}
