//! The only door to the clock.
//!
//! Only [`Clock`] may read the time. So the same code runs on real time in the server, and on virtual time in tests and in the simulator.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::Utc;

use crate::time::Timestamp;

/// Where a component gets the time from.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's wall clock.
    #[default]
    System,
    /// A clock that moves only when told to; clones share the time.
    Virtual(VirtualClock),
    /// The clock of the asynchronous runtime, which a simulation pauses and moves.
    Runtime(RuntimeClock),
    /// Another clock, put right; clones share the correction.
    Corrected(Box<Self>, Correction),
}

impl Clock {
    /// The current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the door to the wall clock")]
            Self::System => Utc::now().into(),
            Self::Virtual(clock) => clock.now(),
            Self::Runtime(clock) => clock.now(),
            Self::Corrected(clock, correction) => Timestamp::from_micros(clock.now().as_micros().saturating_add(correction.micros())),
        }
    }
}

/// The difference between the right time and a clock, in microseconds.
#[derive(Clone, Debug, Default)]
pub struct Correction(Arc<AtomicI64>);

impl Correction {
    /// The clock said `said` when it was `right`.
    pub fn set(&self, said: Timestamp, right: Timestamp) {
        self.0.store(right.as_micros().saturating_sub(said.as_micros()), Ordering::SeqCst);
    }

    /// The correction, in microseconds.
    #[must_use]
    pub fn micros(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A clock for tests and simulations: starts at [`Timestamp::EPOCH`], moves when told to.
#[derive(Clone, Debug, Default)]
pub struct VirtualClock(Arc<AtomicI64>);

impl VirtualClock {
    /// The current virtual time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.0.store(self.now().after(by).as_micros(), Ordering::SeqCst);
    }
}

/// The runtime's clock, counted from where it began, as seen through a clock that may be wrong.
#[derive(Clone, Debug)]
pub struct RuntimeClock {
    origin: tokio::time::Instant,
    began_at: Timestamp,
    /// How many microseconds the clock gains in a second; negative = it is slow.
    drift: i64,
}

impl RuntimeClock {
    /// A clock that says `now` now and gains `drift` microseconds in a second.
    #[must_use]
    pub fn starting(now: Timestamp, drift: i64) -> Self {
        Self { origin: tokio::time::Instant::now(), began_at: now, drift }
    }

    fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.origin.elapsed().as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(self.began_at.as_micros().saturating_add(passed).saturating_add(passed / 1_000_000 * self.drift))
    }
}
