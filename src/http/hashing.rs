//! The one thread that hashes passwords and judges them, and the queue before it.
//!
//! A hash takes 19 MiB and tens of milliseconds, on purpose. With one thread, logins never take more than that of memory and one core, however many
//! come. Who finds the queue full is sent away at once, before the database is asked.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::mpsc::{self, OwnedPermit};
use tokio::sync::oneshot;

use super::Error;
use crate::crypto::password::Hasher;

/// How many pieces of work may wait: a second's worth on a slow machine.
const QUEUE: usize = 32;

/// After which time the queue is likely to have room again.
const FULL_FOR: Duration = Duration::from_secs(2);

type Work = Box<dyn FnOnce(&mut Hasher) + Send>;

/// The queue. Clones share it; the thread ends with the last one.
#[derive(Clone, Debug)]
pub(super) struct Hashing {
    queue: mpsc::Sender<Work>,
}

/// A place in the queue.
#[derive(Debug)]
pub(super) struct Place(OwnedPermit<Work>);

impl Hashing {
    /// Starts the thread.
    pub(super) fn start() -> Self {
        let (queue, work) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new().name("passwords".into());
        let hash = move || {
            give_way();
            hash_all(work);
        };
        thread.spawn(hash).expect("a server that starts can have one more thread");
        Self { queue }
    }

    /// A place in the queue, if there is one.
    ///
    /// # Errors
    /// How long to wait when there is none.
    pub(super) fn place(&self) -> Result<Place, Duration> {
        self.queue.clone().try_reserve_owned().map(Place).map_err(|_| FULL_FOR)
    }
}

impl Place {
    /// Runs work on the thread. Work whose caller is gone is left out.
    pub(super) async fn run<T: Send + 'static>(self, work: impl FnOnce(&mut Hasher) -> T + Send + 'static) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let work = move |hasher: &mut Hasher| {
            if !answer.is_closed() {
                // The caller may have left meanwhile.
                drop(answer.send(work(hasher)));
            }
        };
        self.0.send(Box::new(work));
        // The thread answers all it took, unless the work itself panicked.
        answered.await.map_err(|_| Error::panicked())
    }
}

/// Lets all other threads go first: who logs in can wait, a job's machine cannot. Only Linux has priorities of single threads.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(fault) = rustix::process::nice(19) {
        tracing::warn!(error = %fault, "logins run at the same priority as all else");
    }
}

/// Does all work in turn. The memory is kept from one hash to the next, and given back when nothing waits.
fn hash_all(mut queue: mpsc::Receiver<Work>) {
    let mut hasher = Hasher::default();
    loop {
        let next = match queue.try_recv() {
            Ok(work) => Some(work),
            Err(TryRecvError::Disconnected) => None,
            Err(TryRecvError::Empty) => {
                hasher = Hasher::default();
                queue.blocking_recv()
            }
        };
        let Some(work) = next else { return };
        if catch_unwind(AssertUnwindSafe(|| work(&mut hasher))).is_err() {
            tracing::error!("the work on a password panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[tokio::test]
    async fn who_finds_the_queue_full_is_sent_away_and_it_goes_on_afterwards() {
        let hashing = Hashing::start();
        let (go, gone) = channel::<()>();
        let first = hashing.place().expect("it is empty");
        let first = tokio::spawn(first.run(move |_| gone.recv().is_err()));
        // The thread has taken the first one from the queue, or will.
        let mut places: Vec<Place> = std::iter::from_fn(|| hashing.place().ok()).take(QUEUE + 2).collect();
        assert!((QUEUE - 1..=QUEUE).contains(&places.len()), "{} places", places.len());
        drop(go);
        assert!(first.await.expect("no panic").expect("answered"));
        assert_eq!(places.pop().expect("one").run(|_| 7).await.expect("answered"), 7);
    }

    #[tokio::test]
    async fn work_that_panics_takes_nothing_else_along() {
        let hashing = Hashing::start();
        let place = hashing.place().expect("it is empty");
        assert!(place.run(|_| assert!(std::hint::black_box(false), "of no interest outside")).await.is_err());
        assert_eq!(hashing.place().expect("it is empty").run(|_| 7).await.expect("answered"), 7);
    }
}
