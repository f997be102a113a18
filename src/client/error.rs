//! Why a request failed, with the way out.
//!
//! The text of a server's refusal ends with the HTTP status in brackets, because scripts look for it there.

use reqwest::StatusCode;

use crate::api::paths::NotASegment;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is not a URL.
    #[error("{0:?} is not an http or https URL")]
    Url(String),
    /// The text is not a name.
    #[error(transparent)]
    Name(#[from] NotASegment),
    /// There was no answer.
    #[error("cannot reach the server at {url}: {fault}")]
    Unreachable {
        /// The URL of the server.
        url: String,
        /// The fault of the connection.
        fault: String,
    },
    /// The answer cannot be read.
    #[error("the answer of {url} is not that of a garm server: {fault}")]
    Garbled {
        /// The URL of the server.
        url: String,
        /// The fault of the answer.
        fault: String,
    },
    /// There is no administrator yet.
    #[error("the server is not initialised [409]")]
    NotInitialised,
    /// Runners have no URLs to reach the server.
    #[error("the server's metadata and callback URLs are not set [409]")]
    UrlsNotSet,
    /// Name or password is wrong.
    #[error("name or password is wrong [401]")]
    WrongLogin,
    /// The token is missing or has expired.
    #[error("the login is missing or has expired [401]")]
    NotLoggedIn,
    /// The server failed, and the answer does not say why: the log does.
    #[error("the server failed: {} [{}]", status.canonical_reason().unwrap_or_default(), status.as_u16())]
    Failed {
        /// The HTTP status.
        status: StatusCode,
    },
    /// The server refused.
    #[error("{details} [{status}]")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The server's own text.
        details: String,
    },
}

impl Error {
    /// The way out. `{garm}` stands for the name the program was called by.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Url(_) | Self::Name(_) | Self::WrongLogin | Self::Refused { .. } => None,
            Self::Garbled { .. } => {
                Some("something else may have answered, such as a proxy or a login page; `{garm} profile list` shows the URL that is used")
            }
            Self::Unreachable { .. } => Some("is `garm serve` running, and is this its URL? `{garm} profile list` shows what is used"),
            Self::Failed { .. } => Some("its log says why"),
            Self::NotInitialised => Some("run `{garm} init` to make the administrator"),
            Self::UrlsNotSet => Some(
                "set them: {garm} controller update --metadata-url URL/api/v1/metadata --callback-url URL/api/v1/callbacks --webhook-url URL/webhooks",
            ),
            Self::NotLoggedIn => Some("log in again: {garm} profile login"),
        }
    }
}
