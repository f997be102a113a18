//! How a session stands, for a person who asks.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ScaleSetStatistics, SessionId};
use crate::model::words::words;
use crate::time::Timestamp;

words! {
    /// What a session is at.
    SessionStage {
        /// The scale set is looked for, or made.
        Preparing = "preparing",
        /// A session is to be opened.
        Opening = "opening",
        /// The session is open, and messages are waited for.
        Listening = "listening",
        /// A message is being handled.
        Handling = "handling",
        /// The session is ended.
        Closing = "closing",
        /// There is none any more.
        Closed = "closed",
    }
}

/// What went wrong last. It is forgotten when a poll is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionFault {
    /// In one line.
    pub text: String,
    /// When the first of these failures in a row happened.
    pub since: Timestamp,
    /// When the last one happened.
    pub at: Timestamp,
    /// How many there were in a row.
    pub times: u32,
}

impl SessionFault {
    /// A session that fails for so long is told among the events of the entity.
    const OUTAGE: Duration = Duration::from_mins(1);

    /// Whether the failures last, and are no hiccup.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        self.since.after(Self::OUTAGE) <= self.at
    }
}

/// How a session stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionStanding {
    /// What it is at.
    pub stage: SessionStage,
    /// The open session.
    pub session: Option<SessionId>,
    /// When the service last answered a poll, and how many runners were promised with it.
    pub last_good: Option<(Timestamp, u32)>,
    /// What went wrong since.
    pub fault: Option<SessionFault>,
    /// When the next try is made; `None` = one is under way, or all is well.
    pub next_try: Option<Timestamp>,
    /// What is odd and stops nothing: the service has another name for the scale set, or calls it outdated.
    pub remark: Option<String>,
    /// The jobs and runners of the scale set, as the service last counted them.
    pub statistics: Option<ScaleSetStatistics>,
    /// Whether jobs have to be acquired, or are assigned by the service itself; `None` = not known yet.
    pub acquires: Option<bool>,
}
