//! Why a call to the service had no success, as far as a session has to tell causes apart.

use std::time::Duration;

/// The cause of a failed call. The words for people stand beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceFault {
    /// The token of the session's messages has ended.
    TokenExpired,
    /// The service does not know the scale set.
    ScaleSetGone,
    /// The service does not know the session.
    SessionGone,
    /// The scale set has a session already.
    SessionConflict {
        /// The name of its owner; `None` = the service does not say.
        owner: Option<String>,
    },
    /// The service asks to wait so long, or the API budget is spent for so long.
    Wait(Duration),
    /// Anything else: the service fails, cannot be reached, refuses, or answers nonsense.
    Other,
}
