//! What the service for scale sets may be asked.
//!
//! | For | At most |
//! |---|---|
//! | calls about sessions in any minute | [`CALLS`] for each scale set, [`CALLS_AFTER_START`] more for each start of a server, [`CALLS_OF_MESSAGE`] more for each message |

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many calls about its session a scale set may cost in a minute without a message.
const CALLS: usize = 30;
/// How many more there may be for each server that starts in that minute, and for each scale set.
const CALLS_AFTER_START: usize = 10;
/// How many more there may be for each message: a poll, an acknowledgement, the acquiring, and one of them again.
const CALLS_OF_MESSAGE: usize = 4;
/// The time that these counts are for.
const SPAN: Duration = Duration::from_mins(1);

/// What the service was asked, and what allows more of it.
#[derive(Default)]
pub(super) struct Asked(Mutex<VecDeque<(Duration, Asking)>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asking {
    Call,
    Message,
    Start,
}

impl Asked {
    /// Counts a call. Answers the bound that it breaks.
    pub(super) fn call(&self, at: Duration, sets: usize) -> Option<String> {
        self.note(at, Asking::Call);
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = |of: Asking| noted.iter().filter(|(_, noted)| *noted == of).count();
        let most = sets * (CALLS + CALLS_AFTER_START * count(Asking::Start)) + CALLS_OF_MESSAGE * count(Asking::Message);
        let calls = count(Asking::Call);
        (calls > most).then(|| format!("{calls} calls about the sessions of {sets} scale sets in a minute, where {most} may be"))
    }

    pub(super) fn note(&self, at: Duration, asking: Asking) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.push_back((at, asking));
        while noted.front().is_some_and(|(first, _)| *first + SPAN < at) {
            noted.pop_front();
        }
    }

    /// A server starts.
    pub(super) fn server_starts(&self, at: Duration) {
        self.note(at, Asking::Start);
    }
}
