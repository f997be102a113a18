//! What the readers of the feed in one process share: the bell that tells of commits, and the last look.

use tokio::sync::watch;

use crate::model::Change;

/// What a process knows of commits without asking the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bell {
    /// The number of the newest change that this process has committed.
    pub(super) newest: i64,
    /// How often there may have been commits whose numbers are not known here: those of other processes.
    pub(super) others: u64,
}

/// The last look into the feed. The readers of a process wake at the same commit and stand at the same place, so one of them reads for all.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) position: i64,
    /// The bell before the look.
    pub(super) bell: Bell,
    pub(super) found: Found,
}

/// Up to where changes are gone, if any are, and the changes that are there.
pub(super) type Found = (Option<i64>, Vec<Change>);

/// Tells of a commit; `None` = the number of its last change is not known.
pub(super) fn ring(bell: &watch::Sender<Bell>, last_change: Option<i64>) {
    bell.send_if_modified(|bell| {
        match last_change {
            Some(last_change) if last_change <= bell.newest => return false,
            Some(last_change) => bell.newest = last_change,
            None => bell.others += 1,
        }
        true
    });
}
