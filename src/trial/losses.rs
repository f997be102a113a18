//! Jobs that lose their machine while they run, and jobs that fail by themselves. Only the former may be run again, and no more often than is allowed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::model::RerunLimits;
use crate::sim::{Conclusion, Job};

/// So long the forge waits for a runner that is silent, before it ends the job. GitHub waits for about ten minutes.
pub(super) const GIVEN_UP_AFTER: Duration = Duration::from_mins(10);
/// One of so many jobs fails by itself.
const FAILS: i64 = 5;

/// What became of jobs.
#[derive(Default)]
pub(super) struct Losses(Mutex<Ledger>);

#[derive(Default)]
struct Ledger {
    /// Jobs whose machine died while they ran.
    died: BTreeSet<i64>,
    /// How often a job of each run was run again.
    again: BTreeMap<i64, u32>,
}

impl Losses {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The machine of a job has died while the job ran.
    pub(super) fn machine_died(&self, job: i64) {
        self.ledger().died.insert(job);
    }

    /// A job is run again. Answers the rule that this breaks.
    pub(super) fn run_again(&self, job: &Job, limits: Option<RerunLimits>, entities: usize) -> Option<String> {
        let Some(RerunLimits { per_run, per_day }) = limits else { return Some("jobs are run again, and that is off".to_owned()) };
        let mut ledger = self.ledger();
        let times = ledger.again.entry(job.run_id).or_default();
        *times += 1;
        let (id, run, times) = (job.id, job.run_id, *times);
        let (all, most) = (ledger.again.values().sum::<u32>(), u64::from(per_day) * entities as u64);
        match () {
            () if !ledger.died.contains(&id) => Some(format!("job {id} has not lost its machine, and is run again")),
            () if times > per_run => Some(format!("run {run} is run again {times} times, where {per_run} are allowed")),
            () if u64::from(all) > most => Some(format!("{all} jobs are run again on one day, where {most} are allowed")),
            () => None,
        }
    }
}

/// The end of a job whose machine lives. Where no job is run again, all succeed.
pub(super) const fn verdict_of(job: i64, limits: Option<RerunLimits>) -> Conclusion {
    if limits.is_some() && job % FAILS == 0 { Conclusion::Failure } else { Conclusion::Success }
}
