//! The signals between a leased task and its driver: a bell wakes the task, and the task says why it ended.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// Wakes a task. Ringing twice before the task looks is the same as ringing once.
#[derive(Debug, Default)]
pub(super) struct Bell {
    notify: Notify,
    unblock: AtomicBool,
}

impl Bell {
    /// Something that the task looks at changed.
    pub(super) fn ring(&self) {
        self.notify.notify_one();
    }

    /// Credentials, endpoint or settings changed: a call that was not worth making may be worth making now.
    pub(super) fn ring_and_unblock(&self) {
        self.unblock.store(true, Ordering::SeqCst);
        self.notify.notify_one();
    }

    /// Waits until the bell rings, at most as long as given.
    pub(super) async fn rung_within(&self, patience: Duration) {
        // Running out of patience is as good as being rung: the next plan finds out what is due.
        tokio::time::timeout(patience, self.notify.notified()).await.unwrap_or_default();
    }

    /// Whether a ring since the last call asked to forget what blocks the forge.
    pub(super) fn take_unblock(&self) -> bool {
        self.unblock.swap(false, Ordering::SeqCst)
    }
}

/// Why a task ended by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The thing that it works for is gone.
    Gone,
    /// Another replica has its lease.
    LeaseLost,
    /// It was told to stop, and what was under way has ended.
    Stopped,
}
