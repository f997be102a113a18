//! The runtime of one connection to PostgreSQL.

use std::cell::RefCell;

use diesel_async::async_connection_wrapper::BlockOn;
use tokio::runtime::{Builder, Runtime};

/// The runtime of one connection. Who waits for an answer reads it from the socket himself: a statement wakes no other thread, and waits for nothing
/// that the server does besides.
pub(super) struct OwnRuntime(Option<Runtime>);

thread_local! {
    /// The runtime that a connection was made in, for its blocking face that is made next.
    static MADE: RefCell<Option<OwnRuntime>> = const { RefCell::new(None) };
}

impl OwnRuntime {
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self(Some(Builder::new_current_thread().enable_all().build()?)))
    }

    /// Keeps the runtime for the blocking face that this thread makes next.
    pub(super) fn hand_over(self) {
        MADE.set(Some(self));
    }
}

impl BlockOn for OwnRuntime {
    fn block_on<F: Future>(&self, work: F) -> F::Output {
        self.0.as_ref().expect("it is taken at the end only").block_on(work)
    }

    fn get_runtime() -> Self {
        MADE.take().expect("a connection is made before its blocking face, on the same thread")
    }
}

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        // The last user of a store may be a task, which must not wait.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
