//! Why a forge refused or failed.

use std::time::Duration;

use super::words::Words;
use crate::model::{Retry, ServiceFault, SpentLimit};
use crate::time::Timestamp;

/// Why a call to a forge had no success. The texts are for operators: they say what to do.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The credentials are not accepted.
    #[error(
        "the forge does not accept the credentials {credentials} ({status}{words}); renew the token or key with `garm github credentials update`"
    )]
    Unauthorized {
        /// Their name.
        credentials: String,
        /// The HTTP status: 401, or another one to an App that asks for a token of its installation.
        status: u16,
        /// The forge's words.
        words: Words,
    },
    /// The credentials are accepted, but not for this.
    #[error("the credentials {credentials} may not {what} (403{words}); give them the permission to administer self-hosted runners")]
    Forbidden {
        /// Their name.
        credentials: String,
        /// The request.
        what: &'static str,
        /// The forge's words.
        words: Words,
    },
    /// The entity does not exist, or the credentials cannot see it; forges do not tell which.
    #[error("the forge does not know {what}, or the credentials cannot see it (404{words})")]
    NotFound {
        /// The thing that was asked about.
        what: String,
        /// The forge's words.
        words: Words,
    },
    /// A runner of that name is registered already.
    #[error("a runner of that name is registered already (409)")]
    Exists,
    /// The runner has a job.
    #[error("the runner has a job (422)")]
    Busy,
    /// The service of scale sets does not know the scale set.
    #[error("the service does not know the scale set (404{words})")]
    ScaleSetGone {
        /// The service's words.
        words: Words,
    },
    /// The runner group has a scale set of that name.
    #[error("the runner group has a scale set of that name already ({status}{words})")]
    ScaleSetExists {
        /// The HTTP status.
        status: u16,
        /// The service's words.
        words: Words,
    },
    /// The scale set has a message session already.
    #[error("the scale set has a message session already{} (409{words})", .owner.as_ref().map(|owner| format!(", of {owner}")).unwrap_or_default())]
    SessionConflict {
        /// The name of its owner; `None` = the service does not say.
        owner: Option<String>,
        /// The service's words.
        words: Words,
    },
    /// The service of scale sets does not know the message session.
    #[error("the service does not know the message session (404{words})")]
    SessionGone {
        /// The service's words.
        words: Words,
    },
    /// The service of scale sets does not accept the token that it gave. Another one is fetched for the next call; that of a session by
    /// [`super::ScaleSetService::refresh_session`].
    #[error("the service does not accept its own token any more ({status}{words})")]
    TokenExpired {
        /// The HTTP status.
        status: u16,
        /// The service's words.
        words: Words,
    },
    /// Too many calls.
    #[error("the forge's rate limit is used up ({status}{words}); it asks to wait {} s", .wait.as_secs())]
    RateLimited {
        /// The HTTP status.
        status: u16,
        /// How long to wait.
        wait: Duration,
        /// The forge's words.
        words: Words,
    },
    /// No call was made, because the API budget of the credentials is spent.
    #[error("the API budget of credentials {credentials} is spent until {until} ({limit})")]
    BudgetSpent {
        /// The name of the credentials.
        credentials: String,
        /// The limit.
        limit: SpentLimit,
        /// When to look again.
        until: Timestamp,
    },
    /// There is no such runner group.
    #[error("there is no runner group {name:?}; make it at the forge or change the pool's runner group")]
    NoGroup {
        /// The group asked for.
        name: String,
    },
    /// The request is wrong in the forge's eyes.
    #[error("the forge refused to {what} ({status}{words})")]
    Refused {
        /// The request.
        what: &'static str,
        /// The HTTP status.
        status: u16,
        /// The forge's words.
        words: Words,
    },
    /// The forge points to another place, and the call is not sent there.
    #[error("asked to {what}, the forge points to {target} ({status}{words}): {why}")]
    Redirected {
        /// The request.
        what: &'static str,
        /// The HTTP status.
        status: u16,
        /// The other place.
        target: String,
        /// Why the call is not sent there, and the way out.
        why: &'static str,
        /// The forge's words.
        words: Words,
    },
    /// The forge itself failed.
    #[error("the forge failed to {what} ({status}{words})")]
    Server {
        /// The request.
        what: &'static str,
        /// The HTTP status.
        status: u16,
        /// The forge's words.
        words: Words,
    },
    /// No answer.
    #[error("cannot reach the forge at {host}: {fault}")]
    Unreachable {
        /// Where it was looked for.
        host: String,
        /// The fault.
        fault: String,
    },
    /// An answer that cannot be understood.
    #[error("the forge's answer cannot be understood: {0}")]
    Garbled(String),
    /// Endpoint or credentials cannot be used at all.
    #[error("{0}")]
    Unusable(String),
}

impl Error {
    /// The remedy.
    #[must_use]
    pub fn retry(&self) -> Retry {
        match self {
            Self::RateLimited { wait, .. } => Retry::After(*wait),
            Self::Server { .. }
            | Self::Unreachable { .. }
            | Self::Garbled(_)
            | Self::Busy
            | Self::Exists
            | Self::SessionConflict { .. }
            | Self::SessionGone { .. }
            | Self::TokenExpired { .. }
            | Self::BudgetSpent { .. } => Retry::Soon,
            Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::NoGroup { .. }
            | Self::ScaleSetGone { .. }
            | Self::ScaleSetExists { .. }
            | Self::Refused { .. }
            | Self::Redirected { .. }
            | Self::Unusable(_) => Retry::Never,
        }
    }

    /// The forge's status and words, where the fault may be that of the one thing which the call was about: calls about others may be answered.
    /// `None` = no call would have success. The words name no thing, so that the same cause has the same words.
    #[must_use]
    pub fn of_one(&self) -> Option<String> {
        match self {
            Self::Forbidden { words, .. } => Some(format!("403{words}")),
            Self::NotFound { words, .. } => Some(format!("404{words}")),
            Self::Refused { status, words, .. } | Self::Server { status, words, .. } => Some(format!("{status}{words}")),
            Self::Redirected { status, words, why, .. } => Some(format!("{status}{words}, which points to another place: {why}")),
            Self::Exists
            | Self::Busy
            | Self::NoGroup { .. }
            | Self::ScaleSetGone { .. }
            | Self::ScaleSetExists { .. }
            | Self::SessionConflict { .. }
            | Self::SessionGone { .. }
            | Self::TokenExpired { .. }
            | Self::Garbled(_) => Some(self.to_string()),
            Self::Unauthorized { .. }
            | Self::RateLimited { .. }
            | Self::BudgetSpent { .. }
            | Self::Unreachable { .. }
            | Self::Unusable(_) => None,
        }
    }

    /// Whether other calls for the same entity would fail the same way, so that they had better wait.
    #[must_use]
    pub fn concerns_everything(&self) -> bool {
        match self {
            Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::RateLimited { .. }
            | Self::BudgetSpent { .. }
            | Self::Redirected { .. }
            | Self::Server { .. }
            | Self::Unreachable { .. }
            | Self::Garbled(_)
            | Self::Unusable(_) => true,
            Self::Exists
            | Self::Busy
            | Self::NoGroup { .. }
            | Self::ScaleSetGone { .. }
            | Self::ScaleSetExists { .. }
            | Self::SessionConflict { .. }
            | Self::SessionGone { .. }
            | Self::TokenExpired { .. }
            | Self::Refused { .. } => false,
        }
    }

    /// The cause as a session of a scale set tells it apart.
    #[must_use]
    pub fn service_fault(&self, now: Timestamp) -> ServiceFault {
        match self {
            Self::TokenExpired { .. } => ServiceFault::TokenExpired,
            Self::ScaleSetGone { .. } => ServiceFault::ScaleSetGone,
            Self::SessionGone { .. } => ServiceFault::SessionGone,
            Self::SessionConflict { owner, .. } => ServiceFault::SessionConflict { owner: owner.clone() },
            Self::ScaleSetExists { .. } => ServiceFault::NameTaken,
            Self::RateLimited { wait, .. } => ServiceFault::Wait(*wait),
            Self::BudgetSpent { until, .. } => ServiceFault::Wait(until.since(now)),
            _ if self.retry() == Retry::Never => ServiceFault::Refused,
            _ => ServiceFault::Other,
        }
    }
}
