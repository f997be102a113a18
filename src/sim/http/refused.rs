//! Errors, worded as GitHub words them.

use axum::Json;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::sim::payloads::DOCUMENTATION;
use crate::sim::state::Error;

/// A refusal, as GitHub words it.
pub(super) struct Refused(pub(super) StatusCode, pub(super) String);

impl Refused {
    /// A request whose values the forge does not accept.
    pub(super) fn invalid(message: &str) -> Self {
        Self(StatusCode::UNPROCESSABLE_ENTITY, format!("Invalid request.\n\n{message}"))
    }
}

impl From<Error> for Refused {
    fn from(err: Error) -> Self {
        match err {
            Error::Exists(name) => Self(StatusCode::CONFLICT, format!("Already exists - A runner with the name {name} already exists.")),
            Error::Busy(name) => {
                let message = format!("Bad request - Runner \"{name}\" is currently running a job and cannot be deleted.");
                Self(StatusCode::UNPROCESSABLE_ENTITY, message)
            }
            Error::NotOver => Self(StatusCode::FORBIDDEN, "This workflow is already running".to_owned()),
            _ => Self(StatusCode::NOT_FOUND, "Not Found".to_owned()),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        error(self.0, &self.1)
    }
}

/// An error with GitHub's body.
pub(super) fn error(status: StatusCode, message: &str) -> Response {
    let body = json!({ "message": message, "documentation_url": DOCUMENTATION, "status": status.as_str() });
    (status, Json(body)).into_response()
}

/// The answer of every unknown route.
pub(super) async fn not_found() -> Response {
    error(StatusCode::NOT_FOUND, "Not Found")
}

/// The text as the value of a header; empty where a header cannot hold it.
pub(super) fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}
