//! The answers to requests that fail: upstream's classes, with a text that says the way out.

use std::time::Duration;

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::api::{ErrorBody, paths};
use crate::model::describe;
use crate::{control, store};

/// A refusal or failure, as the caller sees it.
#[derive(Debug, Clone)]
pub struct Error {
    status: StatusCode,
    class: &'static str,
    details: String,
    /// After how many seconds the same request may succeed.
    retry_after: Option<u64>,
}

impl Error {
    fn new(status: StatusCode, class: &'static str, details: impl Into<String>) -> Self {
        Self { status, class, details: details.into(), retry_after: None }
    }

    /// The request is wrong.
    pub(super) fn bad_request(details: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "Bad Request", details)
    }

    /// Pages of this origin may not do that.
    pub(super) fn forbidden(details: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "Forbidden", details)
    }

    /// The named thing does not exist.
    pub(super) fn not_found(what: &str, key: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not Found", format!("{what} {key} does not exist"))
    }

    /// The forge has no webhook that delivers here. The words are upstream's, because its client shows them.
    pub(super) fn hook_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not Found", "hook not found")
    }

    /// The route does not exist.
    pub(super) fn no_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found", "Resource not found")
    }

    /// The request contradicts the present state.
    pub(super) fn conflict(details: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "Conflict", details)
    }

    /// The caller, or all callers together, ask too often.
    pub(super) fn too_many(reason: &str, wait: Duration) -> Self {
        let seconds = wait.as_secs().max(1);
        let refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests", format!("{reason}; try again in {seconds} s"));
        Self { retry_after: Some(seconds), ..refusal }
    }

    /// The body is too large.
    pub(super) fn too_large(limit: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Payload Too Large", format!("the body may have at most {limit} bytes"))
    }

    /// The body did not come in time.
    pub(super) fn too_slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "Request Timeout", "the body did not arrive in time")
    }

    /// The body had to make room for others.
    pub(super) fn no_room() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable", "too many bodies arrive at once; send the request again")
    }

    /// The token is missing, wrong, or for other routes.
    pub(super) fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Authentication failed", "")
    }

    /// Name or password is wrong, or a one-time token was used before.
    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Not Authorized", "")
    }

    /// The explanation.
    pub(super) fn details(&self) -> &str {
        &self.details
    }

    /// Whether a name, a password or a signature was wrong.
    pub(super) fn is_unauthorized(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED
    }

    /// Whether something failed in the server: the same request would succeed at another time.
    pub(super) fn is_internal(&self) -> bool {
        self.status == StatusCode::INTERNAL_SERVER_ERROR
    }

    /// There is no administrator yet.
    pub(super) fn init_required() -> Self {
        Self::new(StatusCode::CONFLICT, "init_required", "Missing superuser")
    }

    /// Runners have no URLs to reach this server.
    pub(super) fn urls_required() -> Self {
        let way_out = format!("set them with `garm controller update` or PUT {}", paths::CONTROLLER.template());
        Self::new(StatusCode::CONFLICT, "urls_required", format!("the metadata and callback URLs are not set; {way_out}"))
    }

    /// The forge failed, or cannot be reached. Status and class are those of upstream; the explanation is ours.
    pub(super) fn forge_failed(details: impl Into<String>) -> Self {
        let details = details.into();
        tracing::error!(error = %details, "a request failed at the forge");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Server error", details)
    }

    /// A fault of the program. The log has its text.
    pub(super) fn panicked() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Server error", "")
    }

    /// Something failed in the server. The log has the reason, the answer has not.
    pub(super) fn internal(fault: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = %describe(fault), "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Server error", "")
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match &error {
            store::Error::NotFound { .. } => Self::new(StatusCode::NOT_FOUND, "Not Found", error.to_string()),
            store::Error::Conflict { .. } | store::Error::Full { .. } | store::Error::Sealed { .. } => Self::conflict(error.to_string()),
            store::Error::InUse { .. } | store::Error::Invalid(_) | store::Error::Refused(_) => Self::bad_request(error.to_string()),
            _ => Self::internal(&error),
        }
    }
}

impl From<control::Error> for Error {
    fn from(error: control::Error) -> Self {
        match error {
            control::Error::Store(error) => error.into(),
            control::Error::Unready(details) => Self::conflict(details),
            other => Self::internal(&other),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut answer = (self.status, Json(ErrorBody { error: self.class.to_owned(), details: self.details })).into_response();
        if let Some(seconds) = self.retry_after {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }
}
