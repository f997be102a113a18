//! The life of every machine and the number of provider calls: a replay takes its figures from them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::scenario::Pace;

/// Something that happens to a machine after it was made.
#[derive(Clone, Copy, Debug)]
pub(super) enum Moment {
    /// Its runner is connected.
    Ready,
    /// Its runner begins its one job.
    Busy,
    /// The job is over.
    Done,
    /// It no longer exists.
    Gone,
}

/// The life of a machine. Times are counted from the beginning of the trial; `None` where it did not come that far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Life {
    /// The pool, counted in the order of the scenario.
    pub pool: usize,
    /// When the provider had made it.
    pub made: Duration,
    /// When its runner was connected.
    pub ready: Option<Duration>,
    /// When its runner began its one job.
    pub busy: Option<Duration>,
    /// When the job was over.
    pub done: Option<Duration>,
    /// When it was removed.
    pub gone: Option<Duration>,
}

/// What a machine is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It boots and installs its runner.
    Starting,
    /// Its runner waits for a job.
    Idle,
    /// Its runner has a job.
    Busy,
    /// The job is over and it is being removed.
    Ending,
}

impl Life {
    /// Its phases with their beginnings and ends, until `end` at the latest.
    pub fn phases(&self, end: Duration) -> [(Phase, Duration, Duration); 4] {
        let gone = self.gone.unwrap_or(end).min(end);
        let or_gone = |at: Option<Duration>| at.unwrap_or(gone).min(gone);
        let (ready, busy, done) = (or_gone(self.ready), or_gone(self.busy), or_gone(self.done));
        [(Phase::Starting, self.made.min(ready), ready), (Phase::Idle, ready, busy), (Phase::Busy, busy, done), (Phase::Ending, done, gone)]
    }
}

#[derive(Default)]
pub(super) struct Record(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    pools: BTreeMap<String, (usize, Option<Pace>)>,
    machines: BTreeMap<u64, Life>,
    provider_calls: u64,
}

impl Record {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn pool_is_there(&self, id: String, pace: Option<Pace>) {
        let mut inner = self.lock();
        let number = inner.pools.len();
        inner.pools.insert(id, (number, pace));
    }

    pub(super) fn pace_of(&self, pool: &str) -> Option<Pace> {
        self.lock().pools.get(pool)?.1
    }

    pub(super) fn pace_of_machine(&self, serial: u64) -> Option<Pace> {
        let inner = self.lock();
        let pool = inner.machines.get(&serial)?.pool;
        inner.pools.values().find(|(number, _)| *number == pool)?.1
    }

    pub(super) fn machine_is_made(&self, serial: u64, pool: &str, at: Duration) {
        let mut inner = self.lock();
        let pool = inner.pools.get(pool).map(|(number, _)| *number).unwrap_or_default();
        inner.machines.insert(serial, Life { pool, made: at, ..Life::default() });
    }

    pub(super) fn note(&self, serial: u64, moment: Moment, at: Duration) {
        if let Some(life) = self.lock().machines.get_mut(&serial) {
            let place = match moment {
                Moment::Ready => &mut life.ready,
                Moment::Busy => &mut life.busy,
                Moment::Done => &mut life.done,
                Moment::Gone => &mut life.gone,
            };
            *place = Some(at);
        }
    }

    pub(super) fn provider_is_called(&self) {
        self.lock().provider_calls += 1;
    }

    /// All machines in the order in which they were made, and how many calls providers got.
    pub(super) fn take(&self) -> (Vec<Life>, u64) {
        let inner = std::mem::take(&mut *self.lock());
        (inner.machines.into_values().collect(), inner.provider_calls)
    }
}
