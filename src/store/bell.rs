//! The bell that tells the readers of the feed of commits.

use tokio::sync::watch;

/// What a process knows of commits without asking the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bell {
    /// The number of the newest change that this process has committed.
    pub(super) newest: i64,
    /// How often there may have been commits whose numbers are not known here: those of other processes.
    pub(super) others: u64,
}

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
