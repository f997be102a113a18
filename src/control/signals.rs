//! The signals between a leased task and its driver: a bell wakes the task, and the task says why it ended.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// Wakes a task. Ringing twice before the task looks is the same as ringing once.
#[derive(Debug, Default)]
pub(super) struct Bell {
    notify: Notify,
    /// The number of the newest change that it rang for.
    newest: AtomicI64,
    /// Changes were missed.
    missed: AtomicBool,
    unblock: AtomicBool,
}

impl Bell {
    /// Something that the task looks at changed, with this number in the feed.
    pub(super) fn ring(&self, change: i64) {
        self.newest.fetch_max(change, Ordering::SeqCst);
        self.notify.notify_one();
    }

    /// Anything may have changed.
    pub(super) fn ring_for_missed(&self) {
        self.missed.store(true, Ordering::SeqCst);
        self.notify.notify_one();
    }

    /// Credentials, endpoint or settings changed: a call that was not worth making may be worth making now.
    pub(super) fn ring_and_unblock(&self) {
        self.unblock.store(true, Ordering::SeqCst);
        self.notify.notify_one();
    }

    /// Waits until the bell rings.
    pub(super) async fn rung(&self) {
        self.notify.notified().await;
    }

    /// Whether it rang for more than a task has seen that knows all changes up to this number.
    pub(super) fn tells_more_than(&self, known: Option<i64>) -> bool {
        let missed = self.missed.swap(false, Ordering::SeqCst);
        missed || self.unblock.load(Ordering::SeqCst) || known.is_none_or(|known| known < self.newest.load(Ordering::SeqCst))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bell_tells_a_task_only_of_more_than_it_knows() {
        let bell = Bell::default();
        assert!(bell.tells_more_than(None), "a task that knows nothing looks");
        bell.ring(7);
        bell.ring(5);
        assert!(bell.tells_more_than(Some(6)));
        assert!(!bell.tells_more_than(Some(7)), "it has seen the change that was rung for");
        bell.ring_for_missed();
        assert!(bell.tells_more_than(Some(7)) && !bell.tells_more_than(Some(7)), "once");
        bell.ring_and_unblock();
        assert!(bell.tells_more_than(Some(7)), "whatever it knows");
    }
}
