//! How long things took: the last starts and removals of a pool's machines, and the last runs of jobs. Forecasts are made of them.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// How long the last machines of a pool took. Kept with the memory of the pool, and bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MachineTimes {
    /// The last starts, oldest first.
    starts: VecDeque<StartTime>,
    /// How long the last removals took, from the end of the job until the place was free, in milliseconds; oldest first.
    removals: VecDeque<u32>,
    /// When the last runners that became ready were wanted, in microseconds, and how many at that time.
    #[serde(skip_serializing_if = "VecDeque::is_empty")]
    ready: VecDeque<(i64, u32)>,
}

/// How long a runner took to be ready, in milliseconds: until its machine was made, and from then on. Two numbers in the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartTime(u32, u32);

impl StartTime {
    /// From when the runner was wanted until its machine was made, and from then until the runner was ready.
    #[must_use]
    pub fn new(creation: Duration, boot: Duration) -> Self {
        Self(millis(creation), millis(boot))
    }

    /// The whole.
    #[must_use]
    pub const fn whole(self) -> u32 {
        self.0.saturating_add(self.1)
    }

    /// The part after the machine was made.
    #[must_use]
    pub const fn boot(self) -> u32 {
        self.1
    }
}

impl MachineTimes {
    /// So many of each are kept: enough for quartiles, and old ones say little of today's cloud.
    const KEPT: usize = 50;

    /// Nothing was measured yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty() && self.removals.is_empty()
    }

    /// One more start, of a runner that was wanted at this time.
    pub fn started(&mut self, time: StartTime, wanted_at: Timestamp) {
        push(&mut self.starts, time);
        let wanted_at = wanted_at.as_micros();
        match self.ready.iter_mut().find(|(at, _)| *at == wanted_at) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => push(&mut self.ready, (wanted_at, 1)),
        }
    }

    /// When the last runners that became ready were wanted, and how many at that time.
    pub fn ready(&self) -> impl Iterator<Item = (Timestamp, u32)> {
        self.ready.iter().map(|(at, count)| (Timestamp::from_micros(*at), *count))
    }

    /// One more removal.
    pub fn removed(&mut self, took: Duration) {
        push(&mut self.removals, millis(took));
    }

    /// The whole starts, in milliseconds, shortest first.
    #[must_use]
    pub fn starts(&self) -> Vec<u32> {
        sorted(self.starts.iter().map(|start| start.whole()))
    }

    /// The starts from when the machine was made, in milliseconds, shortest first.
    #[must_use]
    pub fn boots(&self) -> Vec<u32> {
        sorted(self.starts.iter().map(|start| start.boot()))
    }

    /// The removals, in milliseconds, shortest first.
    #[must_use]
    pub fn removals(&self) -> Vec<u32> {
        sorted(self.removals.iter().copied())
    }
}

/// One run of a job that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRun {
    /// The repository, as `owner/name`.
    pub repository: String,
    /// Its name in the workflow.
    pub name: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// How long it ran.
    pub took: Duration,
}

/// In milliseconds, at most 49 days.
pub(crate) fn millis(span: Duration) -> u32 {
    u32::try_from(span.as_millis()).unwrap_or(u32::MAX)
}

fn push<T>(kept: &mut VecDeque<T>, value: T) {
    kept.push_back(value);
    while kept.len() > MachineTimes::KEPT {
        kept.pop_front();
    }
}

fn sorted(values: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut values: Vec<u32> = values.collect();
    values.sort_unstable();
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_kept_and_the_row_stays_small() {
        let mut times = MachineTimes::default();
        for number in 0..1000 {
            let wanted_at = Timestamp::from_micros(1_800_000_000_000_000 + i64::try_from(number / 2).expect("small"));
            times.started(StartTime::new(Duration::from_secs(number), Duration::from_secs(1000)), wanted_at);
            times.removed(Duration::from_secs(number));
        }
        assert_eq!((times.starts().len(), times.removals().len()), (MachineTimes::KEPT, MachineTimes::KEPT));
        assert_eq!((times.removals()[0], times.starts()[0], times.boots()[0]), (950_000, 1_950_000, 1_000_000));
        let counts: Vec<u32> = times.ready().map(|(_, count)| count).collect();
        assert_eq!(counts, [2; MachineTimes::KEPT]);
        let row = serde_json::to_string(&times).expect("writes");
        assert!(row.len() < 2400, "{} bytes", row.len());
        assert_eq!(serde_json::from_str::<MachineTimes>(&row).expect("reads"), times);
    }
}
