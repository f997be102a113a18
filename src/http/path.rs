//! The parameters of a path, with refusals of the same form as all others.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::Error;

/// The parameters of a path.
pub(super) struct Path<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        // PostgreSQL refuses to look for a text with NUL in it.
        if parts.uri.path().contains("%00") {
            return Err(Error::bad_request("the path cannot be read: it has a NUL in it"));
        }
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(fault) => Err(Error::bad_request(format!("the path cannot be read: {}", fault.body_text()))),
        }
    }
}
