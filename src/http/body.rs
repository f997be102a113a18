//! Reading bodies as upstream does: JSON whatever the content type says, because machines send it labelled as a form.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use super::{App, Error};

/// The largest body of an API request: certificates and templates are the largest things sent.
pub(super) const API_BODY_MAX: usize = 2 * 1024 * 1024;

/// The first JSON value of a body; `null` and nothing at all are an empty object.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        let bytes = bytes(request, app, API_BODY_MAX).await?;
        let text = bytes.trim_ascii();
        let text = if text.is_empty() || text == b"null" { b"{}" } else { text };
        let mut reader = serde_json::Deserializer::from_slice(text);
        serde_path_to_error::deserialize(&mut reader).map(Self).map_err(|fault| {
            let path = fault.path().to_string();
            let cause = fault.into_inner();
            match cause.classify() {
                serde_json::error::Category::Data => Error::bad_request(format!("invalid request: {path}: {cause}")),
                _ => Error::bad_request(format!("invalid request: not JSON (line {}, column {})", cause.line(), cause.column())),
            }
        })
    }
}

/// The raw body, up to a limit that the router set.
pub(super) async fn bytes(request: Request, app: &App, limit: usize) -> Result<Bytes, Error> {
    Bytes::from_request(request, app).await.map_err(|fault: BytesRejection| match fault.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::too_large(limit),
        _ => Error::bad_request("the body could not be read"),
    })
}
