//! How long the starts of a runner set may take, and which take longer.

use std::time::Duration;

use super::roster::Roster;
use super::snapshot::{RunnerSetView, Snapshot};
use crate::model::{InstanceStatus, Runner, RunnerStatus};
use crate::time::Timestamp;

/// So many runners must have become ready for each one that is late beside another.
const READY_FOR_EACH: usize = 4;

/// How long the starts of a runner set may take, as those before show, and those that take longer.
#[derive(Clone, Debug, Default)]
pub(crate) struct StartLimits {
    /// From when the provider is asked until it answers; `None` = too few starts are known. The whole start of others counts, which is longer.
    creation: Option<Duration>,
    /// From when the machine is made until the runner is ready.
    boot: Option<Duration>,
    /// When the runners were wanted that take longer.
    late: Vec<Timestamp>,
    /// When the last ones were wanted that became ready, and how many at that time.
    ready: Vec<(Timestamp, u32)>,
}

impl StartLimits {
    pub(crate) fn of(view: &RunnerSetView, snapshot: &Snapshot, roster: &Roster) -> Self {
        let times = &view.set.memory.times;
        // The slowest of twenty starts, and as long again.
        let limit = |took: &[u32]| {
            let slow = took.get(took.len().saturating_sub(1) * 95 / 100).filter(|_| took.len() >= snapshot.policy.late_history)?;
            Some((Duration::from_millis((*slow).into()) * 2).max(snapshot.policy.late_after_min))
        };
        let mut limits = Self { creation: limit(&times.starts()), boot: limit(&times.boots()), ..Self::default() };
        let awake = roster.awake_of(view.set.id).map(|(_, runner)| runner);
        // They are in the order in which they were wanted.
        limits.late = awake.filter(|runner| limits.has_passed(snapshot, runner)).map(|runner| runner.created_at).collect();
        if !limits.late.is_empty() {
            limits.ready = times.ready().collect();
        }
        limits
    }

    /// When the start of the runner will have taken too long; `None` = it is not under way, or too little is known of others.
    pub(super) fn late_at(&self, runner: &Runner) -> Option<Timestamp> {
        let limit = match (runner.status, runner.runner_status) {
            (InstanceStatus::Creating, RunnerStatus::Pending) => self.creation,
            (InstanceStatus::Running, RunnerStatus::Pending | RunnerStatus::Installing) => self.boot,
            _ => None,
        };
        Some(runner.status_at.after(limit?))
    }

    pub(super) fn has_passed(&self, snapshot: &Snapshot, runner: &Runner) -> bool {
        self.late_at(runner).is_some_and(|at| at <= snapshot.now)
    }

    /// Whether few of those that were wanted at that time or later are late, beside one that is.
    pub(super) fn are_few(&self, wanted_at: Timestamp) -> bool {
        let late = self.late.len() - self.late.partition_point(|at| *at < wanted_at);
        let ready = self.ready.iter().filter(|(at, _)| *at >= wanted_at).map(|(_, count)| *count as usize).sum::<usize>();
        late.saturating_sub(1) <= ready / READY_FOR_EACH
    }
}
