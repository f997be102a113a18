//! What a session needs to know after a restart, or on another server. The listener keeps it in the row of the scale set.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::pace::doubled;
use crate::model::{ServiceScaleSetId, SessionId};
use crate::time::Timestamp;

/// After a scale set was made again: from that to the next time at least. Doubles with each further one.
const MADE_PAUSE_FIRST: Duration = Duration::from_mins(1);
const MADE_PAUSE_MAX: Duration = Duration::from_hours(1);
/// A scale set that lasts so long was not made in vain.
const LASTING: Duration = Duration::from_hours(6);

/// What is kept of a session in the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// The service's number of the scale set; `None` = it is to be looked for by its name, and made if there is none.
    pub scale_set: Option<ServiceScaleSetId>,
    /// The session that is open, as far as is known.
    pub session: Option<SessionId>,
    /// How often the session made the scale set since one lasted, and when it last did.
    pub made: Option<(u32, Timestamp)>,
}

impl Kept {
    /// When the scale set may be made again.
    pub(super) fn make_at(&self, now: Timestamp) -> Timestamp {
        match self.made {
            Some((times, at)) if at <= now && now.since(at) < LASTING => at.after(doubled(MADE_PAUSE_FIRST, times, MADE_PAUSE_MAX)),
            _ => now,
        }
    }

    /// The scale set was made.
    pub(super) fn made(&mut self, scale_set: ServiceScaleSetId, now: Timestamp) {
        let before = self.made.filter(|(_, at)| now.since(*at) < LASTING).map_or(0, |(times, _)| times);
        self.made = Some((before.saturating_add(1), now));
        self.scale_set = Some(scale_set);
    }
}
