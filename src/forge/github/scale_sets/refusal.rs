//! Answers of the service that are no success. The service names an exception of its own, which says more than the status.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use crate::forge::error::Error;
use crate::forge::words::Words;
use crate::model::FORGE_WAIT_MAX;

/// How long is waited when the service has too many calls and does not say for how long.
const DEFAULT_WAIT: Duration = Duration::from_mins(1);
/// The longest name of an owner that is told, in characters.
const OWNER_MAX: usize = 200;

/// A refusal.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// The name of the exception, with that of its package; empty = there is none.
    exception: String,
    /// What it says, for the owner of a session.
    message: String,
    pub(super) words: Words,
    /// How long the service asks to wait.
    wait: Option<Duration>,
}

/// Why a call had no success.
#[derive(Debug)]
pub(super) enum Fault {
    /// The service refused, or failed.
    Refused(Refusal),
    /// There is no answer, or none that can be used.
    Failed(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Refusal {
    pub(super) fn new(status: u16, headers: &HeaderMap, body: &[u8], sent: &[&str]) -> Self {
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |key: &str| json.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let asked = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok()).map(Duration::from_secs);
        let words = Words::of(status, body, sent);
        let is_many = status == 429 || (matches!(status, 403 | 503) && asked.is_some()) || (status == 403 && words.contain("rate limit"));
        let wait = is_many.then(|| asked.unwrap_or(DEFAULT_WAIT).min(FORGE_WAIT_MAX));
        Self { status, exception: text("typeName"), message: text("message"), words, wait }
    }

    /// Whether the service names this exception. Names come with their package and its version, so that a part is looked for.
    pub(super) fn is(&self, exception: &str) -> bool {
        self.exception.contains(exception)
    }

    /// Whether the service does not accept the token, or not for this.
    pub(super) fn is_of_token(&self) -> bool {
        matches!(self.status, 401 | 403) && self.wait.is_none()
    }

    /// The owner of the session that is in the way, if the service says that.
    pub(super) fn owner(&self) -> Option<String> {
        let (_, owner) = self.message.split_once("session for owner ")?;
        let owner = owner.split_whitespace().next()?.trim_end_matches(['.', ',']).trim_matches(['"', '\'']);
        let is_plain = !owner.is_empty() && owner.chars().count() <= OWNER_MAX && owner.chars().all(|c| c.is_ascii_graphic());
        is_plain.then(|| owner.to_owned())
    }

    /// The error of a call that was to do `what`, with these credentials.
    pub(super) fn into_error(self, what: &'static str, credentials: &str) -> Error {
        let (status, words) = (self.status, self.words.clone());
        if let Some(wait) = self.wait {
            return Error::RateLimited { status, wait, words };
        }
        match status {
            _ if self.is("JobStillRunningException") => Error::Busy,
            _ if self.is("RunnerScaleSetNotFoundException") => Error::ScaleSetGone { words },
            401 => Error::TokenExpired { status, words },
            403 => Error::Forbidden { credentials: credentials.to_owned(), what, words },
            404 => Error::NotFound { what: format!("how to {what}"), words },
            400..=499 => Error::Refused { what, status, words },
            _ => Error::Server { what, status, words },
        }
    }
}

impl Fault {
    /// The error of a call that was to do `what`, with these credentials.
    pub(super) fn into_error(self, what: &'static str, credentials: &str) -> Error {
        match self {
            Self::Refused(refusal) => refusal.into_error(what, credentials),
            Self::Failed(error) => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;
    use serde_json::json;

    use super::*;

    fn refusal(status: u16, exception: &str, message: &str) -> Refusal {
        let body =
            json!({ "typeName": format!("GitHub.Actions.Runtime.WebApi.{exception}, GitHub.Actions.Runtime.WebApi"), "message": message });
        Refusal::new(status, &HeaderMap::new(), body.to_string().as_bytes(), &[])
    }

    #[test]
    fn the_owner_of_a_session_is_found_where_the_service_says_it() {
        let owner = |message: &str| refusal(409, "RunnerScaleSetSessionConflictException", message).owner();
        assert_eq!(
            owner("The runner scale set linux already has an active session for owner arc-5f-listener."),
            Some("arc-5f-listener".into())
        );
        assert_eq!(owner("the runner scale set x has a session for owner \"garm-1\", since noon"), Some("garm-1".into()));
        assert_eq!(owner("The actions runner scaleset dev already has an active session."), None);
        assert_eq!(owner("a session for owner "), None);
        assert_eq!(owner(&format!("session for owner {}", "x".repeat(300))), None);
        assert_eq!(owner("session for owner \u{1b}[31m"), None);
    }

    #[test]
    fn the_exception_says_more_than_the_status() {
        let error = |status, exception| refusal(status, exception, "no").into_error("do it", "c");
        assert!(matches!(error(400, "JobStillRunningException"), Error::Busy));
        assert!(matches!(error(404, "RunnerScaleSetNotFoundException"), Error::ScaleSetGone { .. }));
        assert!(matches!(error(400, "SomethingException"), Error::Refused { status: 400, .. }));
        assert!(matches!(error(401, "X"), Error::TokenExpired { status: 401, .. }));
        assert!(matches!(error(403, "X"), Error::Forbidden { .. }));
        assert!(matches!(error(502, "X"), Error::Server { status: 502, .. }));
        assert!(error(400, "SomethingException").to_string().contains("(400 no)"));
    }

    #[test]
    fn a_wait_is_as_long_as_the_service_says_and_bounded() {
        let wait = |status, after: Option<&'static str>| {
            let headers = after.map(|after| (RETRY_AFTER, HeaderValue::from_static(after))).into_iter().collect();
            match Refusal::new(status, &headers, b"", &[]).into_error("do it", "c") {
                Error::RateLimited { wait, .. } => Some(wait.as_secs()),
                _ => None,
            }
        };
        assert_eq!((wait(429, None), wait(429, Some("7")), wait(403, Some("9"))), (Some(60), Some(7), Some(9)));
        assert_eq!((wait(503, Some("5")), wait(503, None), wait(403, None)), (Some(5), None, None));
        assert_eq!(wait(429, Some("99999999")), Some(3_600));
    }
}
