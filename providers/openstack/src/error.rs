//! Why a call did not succeed, sorted by what the reader can do about it.

use garm_provider_protocol::Failure;
use reqwest::StatusCode;
use serde_json::Value;

/// The most that is shown; an error is one line for people.
const SHOWN: usize = 600;

/// Why a call did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    /// Something people wrote is wrong.
    #[error("{0}")]
    Input(String),
    /// Keystone does not let us in.
    #[error("authentication failed: {0}")]
    Authentication(String),
    /// The project has as much as it may have.
    #[error("quota exceeded: {0}")]
    Quota(String),
    /// A service does not answer.
    #[error("{0}")]
    Unreachable(String),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// A server of that name exists.
    #[error("{0}")]
    Duplicate(String),
    /// A service said no.
    #[error("{service} answers {status}: {message}")]
    Refused {
        /// Type of the service.
        service: String,
        /// HTTP status.
        status: u16,
        /// The service's own words.
        message: String,
    },
    /// A server did not become what it should.
    #[error("{0}")]
    Server(String),
}

impl Error {
    /// What a service's refusal means.
    pub(crate) fn refused(service: &str, status: StatusCode, body: &str) -> Self {
        let message = message(body);
        let names_quota = is_about_quota(&message);
        match status {
            StatusCode::UNAUTHORIZED => Self::Authentication(message),
            StatusCode::NOT_FOUND => Self::NotFound(message),
            StatusCode::PAYLOAD_TOO_LARGE => Self::Quota(message),
            StatusCode::FORBIDDEN | StatusCode::CONFLICT if names_quota => Self::Quota(message),
            status => Self::Refused { service: service.to_owned(), status: status.as_u16(), message },
        }
    }

    /// What became of a server, in Nova's words where it has some.
    pub(crate) fn fault(name: &str, fault: &str) -> Self {
        let fault = one_line(fault);
        if is_about_quota(&fault) { Self::Quota(fault) } else { Self::Server(format!("server {name} went to ERROR: {fault}")) }
    }

    /// The same without a text that must not be shown: Nova quotes values it does not like.
    pub(crate) fn without(self, secret: &str) -> Self {
        let hide = |text: String| if secret.is_empty() { text } else { text.replace(secret, "(user data)") };
        match self {
            Self::Quota(message) => Self::Quota(hide(message)),
            Self::NotFound(message) => Self::NotFound(hide(message)),
            Self::Refused { service, status, message } => Self::Refused { service, status, message: hide(message) },
            other => other,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        // Services end their sentences; our errors are fragments.
        let text = shortened(error.to_string().trim_end_matches('.'));
        match error {
            Error::NotFound(_) => Self::NotFound(text),
            Error::Duplicate(_) => Self::Duplicate(text),
            _ => Self::Failed(text),
        }
    }
}

impl From<garm_guest::Error> for Error {
    fn from(error: garm_guest::Error) -> Self {
        Self::Input(error.to_string())
    }
}

fn is_about_quota(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    ["quota", "over limit", "limitexceeded", "limit exceeded"].iter().any(|words| message.contains(words))
}

/// The text for people in an error document. Each service has its own form; all have a `message`, in the document or one level below.
fn message(body: &str) -> String {
    let document: Value = serde_json::from_str(body).unwrap_or_default();
    let inner = document.as_object().into_iter().flat_map(|map| map.values()).find_map(|value| value["message"].as_str());
    one_line(document["message"].as_str().or(inner).unwrap_or(if document.is_null() { body } else { "no reason is given" }))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, body: &str) -> String {
        Error::refused("compute", StatusCode::from_u16(status).expect("a status"), body).to_string()
    }

    #[test]
    fn every_service_is_understood() {
        assert_eq!(said(400, r#"{"badRequest": {"code": 400, "message": "Bad\nname"}}"#), "compute answers 400: Bad name");
        assert_eq!(said(401, r#"{"error": {"code": 401, "message": "No.", "title": "Unauthorized"}}"#), "authentication failed: No.");
        assert_eq!(said(409, r#"{"NeutronError": {"type": "X", "message": "In use", "detail": ""}}"#), "compute answers 409: In use");
        assert_eq!(said(500, "It broke"), "compute answers 500: It broke");
        assert_eq!(said(500, "{}"), "compute answers 500: no reason is given");
    }

    #[test]
    fn quotas_are_told_from_what_is_forbidden_or_in_conflict() {
        let nova = r#"{"forbidden": {"code": 403, "message": "Quota exceeded for cores: Requested 1, but already used 20 of 20 cores"}}"#;
        assert!(said(403, nova).starts_with("quota exceeded: Quota exceeded for cores"), "{}", said(403, nova));
        assert!(said(403, r#"{"forbidden": {"message": "Resource instances is over limit of 1"}}"#).starts_with("quota exceeded: "));
        assert!(said(409, r#"{"NeutronError": {"message": "Quota exceeded for resources: ['port']"}}"#).starts_with("quota exceeded: "));
        assert!(said(413, r#"{"overLimit": {"message": "Slow down"}}"#).starts_with("quota exceeded: "));
        assert_eq!(said(403, r#"{"forbidden": {"message": "Policy doesn't allow it"}}"#), "compute answers 403: Policy doesn't allow it");
        assert!(matches!(Error::fault("garm-1", "VolumeLimitExceeded: 10 are allowed"), Error::Quota(_)));
        assert_eq!(Error::fault("garm-1", "No valid host").to_string(), "server garm-1 went to ERROR: No valid host");
    }

    #[test]
    fn user_data_that_a_service_quotes_is_not_shown_and_errors_are_short() {
        let error = Error::refused("compute", StatusCode::BAD_REQUEST, r#"{"badRequest": {"message": "Value: cGxhbnRlZA== is too long"}}"#);
        assert_eq!(error.without("cGxhbnRlZA==").to_string(), "compute answers 400: Value: (user data) is too long");
        let long = Failure::from(Error::Input("x".repeat(10_000)));
        assert_eq!(long.to_string().len(), SHOWN + 3);
    }
}
