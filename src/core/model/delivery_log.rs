//! The forge's log of the deliveries to a hook: an entry of it, and how far it was read.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// An attempt of the forge to deliver something to a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedDelivery {
    /// The forge's number of the attempt.
    pub id: i64,
    /// The id of the delivery; the same for every attempt.
    pub guid: String,
    /// When the forge made the attempt.
    pub delivered_at: Timestamp,
    /// Whether the receiver answered with 2xx.
    pub is_accepted: bool,
    /// The event.
    pub event: String,
    /// What happened, in the forge's word.
    pub action: String,
}

/// How far a log was read, and when it may be asked again. Durable, because another server may go on from here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogPlace {
    /// The forge's number of the hook; `None` = it is looked for.
    pub hook: Option<i64>,
    /// Everything that was delivered before this, by the forge's clock, was looked at. `None` = nothing was.
    pub read_to: Option<Timestamp>,
    /// The reading that is under way; `None` = the log was read to its end.
    pub pass: Option<LogPass>,
    /// When the last page was read.
    pub read_at: Option<Timestamp>,
    /// The hour in which calls are counted.
    pub hour: Option<Timestamp>,
    /// How many calls were made in that hour.
    pub calls: u32,
    /// Before this no call is made.
    pub not_before: Option<Timestamp>,
    /// How many calls in a row failed.
    pub failures: u32,
    /// How many rounds in a row found that nothing had arrived of what was asked for.
    pub fruitless: u32,
    /// The trouble that the events of the entity tell of already; empty = none.
    pub told: String,
}

/// A reading of the log, from its latest entry back to where the last reading began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPass {
    /// When the latest entry was made.
    pub top: Timestamp,
    /// Where the next page begins, in the forge's word.
    pub cursor: String,
    /// How many pages were read.
    pub pages: u32,
}

/// A delivery that the forge is to make again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redelivery {
    /// The id of the delivery.
    pub guid: String,
    /// The forge's number of the attempt that is to be made again.
    pub delivery_id: i64,
    /// How often the forge was asked.
    pub asked: u32,
}
