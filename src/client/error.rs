//! Why a request had no success, with the way out.

use reqwest::StatusCode;

/// Why a request had no success.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is no URL.
    #[error("{0:?} is not an http or https URL")]
    Url(String),
    /// The text is no name.
    #[error("{0:?} is not a name")]
    Name(String),
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
    #[error("the server is not initialised")]
    NotInitialised,
    /// Runners could not reach the server.
    #[error("the server's metadata and callback URLs are not set")]
    UrlsNotSet,
    /// Name or password is wrong.
    #[error("name or password is wrong")]
    WrongLogin,
    /// The token is missing or over.
    #[error("the login is missing or has expired")]
    NotLoggedIn,
    /// The server could not do what it was asked for; it does not say why to those who ask.
    #[error("the server failed ({status})")]
    Failed {
        /// The HTTP status.
        status: StatusCode,
    },
    /// The server refused.
    #[error("{details} ({status} {error})")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Class of the error.
        error: String,
        /// What the server says.
        details: String,
    },
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Url(_) | Self::Name(_) | Self::WrongLogin | Self::Garbled { .. } | Self::Refused { .. } => None,
            Self::Unreachable { .. } => Some("is `garm serve` running, and is this its URL? `garm profile list` shows what is used"),
            Self::Failed { .. } => Some("its log says why"),
            Self::NotInitialised => Some("run `garm init` to make the administrator"),
            Self::UrlsNotSet => Some(
                "set them: garm controller update --metadata-url URL/api/v1/metadata --callback-url URL/api/v1/callbacks --webhook-url URL/webhooks",
            ),
            Self::NotLoggedIn => Some("log in again: garm profile login"),
        }
    }
}
