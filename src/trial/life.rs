//! One life of a server: from its start until it is killed or stopped.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// One life of a server.
#[derive(Default)]
pub(super) struct Life {
    is_over: AtomicBool,
    over: Notify,
}

impl Life {
    /// Whether the server is alive.
    pub(super) fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::SeqCst)
    }

    /// Ends it.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::SeqCst);
        self.over.notify_one();
    }

    /// Waits for its end.
    pub(super) async fn over(&self) {
        self.over.notified().await;
    }
}
