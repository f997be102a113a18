//! How often the service is called while it does not work.
//!
//! Two limits pull apart: fewer than two calls a minute while the service is broken, and assigning again within ten seconds of its recovery. One
//! scale set alone cannot have both: two calls a minute are half a minute apart. So:
//!
//! - The first failures are followed quickly ([`QUICK`]): an outage of ten seconds ends within ten.
//! - Later tries stand on a grid of [`PERIOD`]. Each scale set has its own place there ([`Pace::new`]). The tries of any five scale sets that were made
//!   one after the other are less than ten seconds apart. The first that is served tells the others ([`Pace::may_hurry`]).
//! - Whatever happens, calls that bring nothing draw on a store of [`BURST`] that gets one back in [`REFILL`].

use std::time::Duration;

use crate::time::Timestamp;

/// In this time the store gets one call back: fewer than two a minute.
const REFILL: Duration = Duration::from_secs(31);
/// The store: a scale set that was deleted is found to be so, made again and polled with nine calls.
pub(super) const BURST: u32 = 10;
/// The waits after the first failures in a row, before jitter.
const QUICK: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(9)];
/// From one later try to the next.
pub(super) const PERIOD: Duration = Duration::from_secs(38);
/// Such a try comes no sooner after a failure: each place on the grid is tried once.
const PERIOD_GAP: Duration = Duration::from_millis(500);
/// Servers that began together part by up to so much.
const JITTER: Duration = Duration::from_millis(300);
/// A poll that lasted so long was held open, as it should be.
const LONG: Duration = Duration::from_secs(10);
/// After so many polls in a row that brought nothing and were not held open, from the begin of one to that of the next.
const EARLY: [Duration; 7] = [
    Duration::ZERO,
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(7),
    Duration::from_secs(9),
];

const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// The pace of one session.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pace {
    /// The place on the grid, in parts of [`PERIOD`].
    phase: f64,
    /// Until when the calls that were made use up what the store gets back.
    spent_until: Timestamp,
    /// Failures in a row.
    failures: u32,
    /// Polls in a row that brought nothing and were not held open.
    early: u32,
}

impl Pace {
    /// The pace of the scale set of this number. Multiples of the golden ratio leave no large gap on the grid, however many there are.
    pub(super) fn new(number: i64, now: Timestamp) -> Self {
        // The number is wrapped: the product of a large one would have no fraction.
        let number = u32::try_from(number.rem_euclid(1 << 20)).unwrap_or_default();
        Self { phase: (f64::from(number) * GOLDEN).fract(), spent_until: now, failures: 0, early: 0 }
    }

    /// When a call can be made.
    pub(super) fn open_at(&mut self, now: Timestamp) -> Timestamp {
        // Where the clock was set back, the store is empty and no less than that.
        self.spent_until = self.spent_until.min(now.after(REFILL * BURST));
        self.spent_until.before(REFILL * (BURST - 1))
    }

    /// A call is made.
    pub(super) fn began(&mut self, now: Timestamp) {
        self.spent_until = self.spent_until.max(now).after(REFILL);
    }

    /// A call failed. Answers when to try again; `jitter` is between 0 and 1.
    pub(super) fn failed(&mut self, now: Timestamp, jitter: f64) -> Timestamp {
        let quick = usize::try_from(self.failures).ok().and_then(|failures| QUICK.get(failures));
        self.failures = self.failures.saturating_add(1);
        match quick {
            Some(wait) => now.after(wait.mul_f64(0.9 + 0.2 * jitter)),
            None => self.grid(now.after(PERIOD_GAP)).after(JITTER.mul_f64(jitter)),
        }
    }

    /// The first place of this scale set on the grid that is not before this time. The grid is the same for all servers.
    fn grid(&self, from: Timestamp) -> Timestamp {
        let period = i64::try_from(PERIOD.as_micros()).unwrap_or(i64::MAX);
        let place = Timestamp::EPOCH.after(PERIOD.mul_f64(self.phase)).as_micros();
        let wait = place.saturating_sub(from.as_micros()).rem_euclid(period);
        from.after(Duration::from_micros(wait.unsigned_abs()))
    }

    /// The service did what it was asked for.
    pub(super) fn worked(&mut self) {
        self.failures = 0;
    }

    /// A poll that began then was answered. Answers when the next one can begin.
    pub(super) fn polled(&mut self, began: Timestamp, now: Timestamp, has_news: bool) -> Timestamp {
        self.failures = 0;
        if has_news || now.since(began) >= LONG {
            (self.spent_until, self.early) = (now, 0);
            return now;
        }
        self.given_back();
        self.early = self.early.saturating_add(1);
        let gap = usize::try_from(self.early).ok().and_then(|early| EARLY.get(early - 1)).unwrap_or(&EARLY[EARLY.len() - 1]);
        began.after(*gap)
    }

    /// The last call does not count.
    pub(super) fn given_back(&mut self) {
        self.spent_until = self.spent_until.before(REFILL);
    }

    /// Whether a try can be made now, although it is not due, because the service is said to work again.
    pub(super) fn may_hurry(&mut self, now: Timestamp) -> bool {
        self.open_at(now) <= now
    }
}

/// The pause after so many failures in a row, where each doubles it.
pub(super) fn doubled(first: Duration, times: u32, max: Duration) -> Duration {
    first.saturating_mul(1 << times.saturating_sub(1).min(16)).min(max)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

    /// The times of the tries after a call that failed at the start, while all fail at once.
    fn tries(number: i64, span: Duration) -> Vec<Timestamp> {
        let mut pace = Pace::new(number, START);
        let (mut now, mut tries) = (START, Vec::new());
        while now.since(START) < span {
            pace.began(now);
            tries.push(now);
            now = pace.failed(now, 0.5).max(pace.open_at(now));
        }
        tries
    }

    #[test]
    fn the_first_failures_are_followed_within_ten_seconds() {
        let tries = tries(0, Duration::from_mins(1));
        let gaps: Vec<u64> = tries.windows(2).map(|pair| pair[1].since(pair[0]).as_secs()).collect();
        assert_eq!(gaps[..2], [2, 9]);
    }

    #[test]
    fn in_an_outage_of_hours_there_are_fewer_than_two_calls_a_minute() {
        for number in [0, 1, 5, 9] {
            for minutes in [10, 60, 600] {
                let count = tries(number, Duration::from_mins(minutes)).len() as u64;
                assert!(count < minutes * 2, "{count} in {minutes} minutes");
            }
        }
    }

    #[test]
    fn the_tries_of_five_neighbours_are_less_than_ten_seconds_apart() {
        for first in [1, 77, 123_456_789] {
            let mut all: Vec<Timestamp> = Vec::new();
            for number in first..first + 5 {
                all.extend(tries(number, Duration::from_mins(20)));
            }
            all.sort();
            let gap = all.windows(2).map(|pair| pair[1].since(pair[0])).max().unwrap_or_default();
            assert!(gap < Duration::from_secs(10), "{gap:?}");
        }
    }

    #[test]
    fn the_store_is_used_up_and_filled_again() {
        let mut pace = Pace::new(0, START);
        for _ in 0..BURST {
            assert!(pace.may_hurry(START));
            pace.began(START);
        }
        assert!(!pace.may_hurry(START));
        assert_eq!(pace.open_at(START), START.after(REFILL));
        pace.polled(START, START.after(LONG), false);
        assert!(pace.may_hurry(START.after(LONG)), "a poll that was held open fills the store");
    }

    #[test]
    fn a_clock_that_is_set_back_delays_for_seconds_and_not_for_its_whole_way() {
        let mut pace = Pace::new(0, START);
        pace.began(START);
        let back = START.before(Duration::from_hours(24));
        assert!(pace.open_at(back) <= back.after(REFILL));
    }

    #[test]
    fn polls_that_come_back_at_once_are_spread() {
        let mut pace = Pace::new(0, START);
        let (mut now, mut count) = (START, 0_u32);
        while now.since(START) < Duration::from_mins(10) {
            pace.began(now);
            count += 1;
            now = pace.polled(now, now, false).max(pace.open_at(now));
        }
        assert!(count < 75, "{count}");
    }
}
