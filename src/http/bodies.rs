//! The room for bodies of requests in memory. Where there is none left, the oldest body that has not wholly arrived makes room. A
//! delivery arrives within moments; a body that is held back costs others nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The room for bodies. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Bodies(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    max: usize,
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct State {
    taken: usize,
    /// Bytes of bodies that were told to make room, and have not yet.
    leaving: usize,
    /// Bodies that are arriving, from the oldest on.
    arriving: BTreeMap<u64, Arriving>,
    next: u64,
}

#[derive(Debug)]
struct Arriving {
    bytes: usize,
    give_way: CancellationToken,
}

/// The room of one body, free again when this is dropped.
#[derive(Debug)]
pub(super) struct Room {
    bodies: Bodies,
    number: u64,
    bytes: usize,
    give_way: CancellationToken,
}

/// The body must make room for others.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct GivesWay;

impl Bodies {
    /// Room for so many bytes.
    pub(super) fn new(max: usize) -> Self {
        Self(Arc::new(Shared { max, state: Mutex::default(), freed: Notify::new() }))
    }

    /// The room of a body that begins to arrive.
    pub(super) fn begin(&self) -> Room {
        let give_way = CancellationToken::new();
        let mut state = self.lock();
        let number = state.next;
        state.next += 1;
        state.arriving.insert(number, Arriving { bytes: 0, give_way: give_way.clone() });
        drop(state);
        Room { bodies: self.clone(), number, bytes: 0, give_way }
    }

    /// Takes room if there is enough; otherwise the oldest bodies are told to make it.
    fn try_take(&self, room: &mut Room, bytes: usize) -> bool {
        let mut state = self.lock();
        if room.give_way.is_cancelled() {
            return false;
        }
        if state.taken + bytes <= self.0.max {
            state.taken += bytes;
            room.bytes += bytes;
            if let Some(own) = state.arriving.get_mut(&room.number) {
                own.bytes += bytes;
            }
            return true;
        }
        while state.taken + bytes > self.0.max + state.leaving {
            // One of which nothing has arrived has no room to give.
            let oldest = state.arriving.iter().find(|(_, own)| own.bytes > 0).map(|(number, _)| *number);
            let Some(oldest) = oldest.and_then(|number| state.arriving.remove(&number)) else { break };
            oldest.give_way.cancel();
            state.leaving += oldest.bytes;
        }
        false
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room {
    /// Waits until there is room for more bytes of the body.
    pub(super) async fn grow(&mut self, bytes: usize) -> Result<(), GivesWay> {
        let shared = Arc::clone(&self.bodies.0);
        loop {
            let mut freed = std::pin::pin!(shared.freed.notified());
            freed.as_mut().enable();
            if self.bodies.clone().try_take(self, bytes) {
                return Ok(());
            }
            tokio::select! {
                biased;
                () = self.give_way.cancelled() => return Err(GivesWay),
                () = freed => {}
            }
        }
    }

    /// Ends when others need the room.
    pub(super) async fn gives_way(&self) {
        self.give_way.cancelled().await;
    }

    /// The body is there, and its handling takes a moment only.
    pub(super) fn is_whole(&self) {
        self.bodies.lock().arriving.remove(&self.number);
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut state = self.bodies.lock();
        state.taken -= self.bytes;
        if self.give_way.is_cancelled() {
            state.leaving -= self.bytes;
        }
        state.arriving.remove(&self.number);
        drop(state);
        self.bodies.0.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_oldest_body_that_is_held_back_makes_room_and_one_that_has_arrived_does_not() {
        let bodies = Bodies::new(100);
        let (mut whole, mut oldest, mut other) = (bodies.begin(), bodies.begin(), bodies.begin());
        whole.grow(20).await.expect("room");
        whole.is_whole();
        oldest.grow(30).await.expect("room");
        other.grow(50).await.expect("room");
        let mut new = bodies.begin();
        {
            let mut grows = std::pin::pin!(new.grow(25));
            timeout(Duration::from_secs(1), grows.as_mut()).await.expect_err("the room is not free yet");
            oldest.gives_way().await;
            assert_eq!(oldest.grow(1).await, Err(GivesWay));
            drop(oldest);
            grows.await.expect("room");
        }
        timeout(Duration::from_secs(1), other.gives_way()).await.expect_err("there is room enough");
        drop((whole, other, new));
        let state = bodies.lock();
        assert_eq!((state.taken, state.leaving, state.arriving.len()), (0, 0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_of_which_nothing_has_arrived_is_not_given_up() {
        let bodies = Bodies::new(100);
        let (mut new, mut large) = (bodies.begin(), bodies.begin());
        large.grow(100).await.expect("room");
        {
            let mut grows = std::pin::pin!(new.grow(25));
            timeout(Duration::from_secs(1), grows.as_mut()).await.expect_err("the room is not free yet");
            large.gives_way().await;
            drop(large);
            grows.await.expect("room");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_is_itself_the_oldest_gives_way() {
        let bodies = Bodies::new(100);
        let (mut first, mut second) = (bodies.begin(), bodies.begin());
        first.grow(60).await.expect("room");
        second.grow(40).await.expect("room");
        assert_eq!(first.grow(1).await, Err(GivesWay));
    }
}
