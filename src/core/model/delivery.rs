//! Deliveries: what is recorded of each one that came in.

use super::EntityId;
use super::words::words;
use crate::time::Timestamp;

words! {
    /// What became of a delivery. A verdict that stands before another one counts more.
    DeliveryVerdict {
        /// Its content is stored.
        Taken = "taken",
        /// The job was further on already.
        Late = "late",
        /// It is about a job that no pool could run, or about a state that is none of ours.
        NotWanted = "not_wanted",
        /// It is about a job that was queued long ago, and the forge does not show that the job waits.
        Old = "old",
        /// It is not believed.
        Refused = "refused",
    }
}

/// The part of a delivery that is read before anything else: what the forge says about the delivery itself. None of it is signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryHead {
    /// The forge's id of the delivery. A delivery that is sent again has the same one, and so have the deliveries of
    /// other hooks for the same event. `None` = it is missing, or has another form.
    pub guid: Option<String>,
    /// The forge's number of the hook.
    pub hook_id: Option<i64>,
    /// The kind of thing that the hook belongs to, in the forge's word; empty = not told.
    pub target: String,
    /// The forge's number of that thing.
    pub target_id: Option<i64>,
    /// The event.
    pub event: String,
}

/// A delivery that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedDelivery {
    /// What the forge says about the delivery itself.
    pub head: DeliveryHead,
    /// What happened to the job, in the forge's word; empty = not known, because the body was not read.
    pub action: String,
    /// The job's number at the forge.
    pub job: Option<i64>,
    /// The entity that took it in or judged it; `None` for a delivery that is not believed.
    pub entity: Option<EntityId>,
    /// The path of the entity, such as `octo/hello`; of a delivery that is not believed, the one that it claims.
    pub place: String,
    /// When it came in.
    pub at: Timestamp,
}

/// A delivery as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Row number; a later delivery has a higher one.
    pub id: i64,
    /// The delivery when it came in last.
    pub received: ReceivedDelivery,
    /// What became of it.
    pub verdict: DeliveryVerdict,
    /// Why, in words; empty where the verdict says all.
    pub reason: String,
    /// How often it came in. More than once = it was sent again.
    pub copies: u32,
    /// When it came in first.
    pub first_at: Timestamp,
}
