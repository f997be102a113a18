//! Why a request had no success, with the way out.
//!
//! What a server answered has its HTTP status in brackets, because scripts look for it there.

use reqwest::StatusCode;

use crate::api::paths::NotASegment;

/// Why a request had no success.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is no URL.
    #[error("{0:?} is not an http or https URL")]
    Url(String),
    /// The text is no name.
    #[error(transparent)]
    Name(#[from] NotASegment),
    /// No answer.
    #[error("cannot reach the server at {url}: {fault}")]
    Unreachable {
        /// Where it was looked for.
        url: String,
        /// What went wrong.
        fault: String,
    },
    /// An answer that cannot be understood.
    #[error("the answer of {url} is not that of a garm server: {fault}")]
    Garbled {
        /// Who answered.
        url: String,
        /// What is wrong with it.
        fault: String,
    },
    /// There is no administrator yet.
    #[error("the server is not initialised [409]")]
    NotInitialised,
    /// Runners could not reach the server.
    #[error("the server's metadata and callback URLs are not set [409]")]
    UrlsNotSet,
    /// Name or password is wrong.
    #[error("name or password is wrong [401]")]
    WrongLogin,
    /// The token is missing or over.
    #[error("the login is missing or has expired [401]")]
    NotLoggedIn,
    /// The server could not do what it was asked for; it does not say why to those who ask.
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
        /// What the server says.
        details: String,
    },
}

impl Error {
    /// What to do about it. `{garm}` stands for the name the program was called by.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Url(_) | Self::Name(_) | Self::WrongLogin | Self::Garbled { .. } | Self::Refused { .. } => None,
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
