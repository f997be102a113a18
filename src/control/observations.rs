//! What an entity's task remembers between two plans: what it last observed, what is under way. All of it can be asked for again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::engine::{JobCheck, Observed, Target};
use crate::model::{ForgeRunner, JobId, PoolId, ProviderMachine, RunnerName};
use crate::store::EntityView;
use crate::time::Timestamp;

/// The memory of one entity's task.
#[derive(Debug, Default)]
pub(crate) struct Observations {
    /// Nothing is asked of the forge before this time, because of this fault.
    pub(crate) forge_blocked: Option<(Timestamp, String)>,
    /// How often the forge failed in a row.
    pub(crate) forge_failures: u32,
    /// The forge's runners, as last listed.
    pub(crate) forge_runners: Option<Observed<ForgeRunner>>,
    /// Each pool's machines, as last listed.
    pub(crate) machines: BTreeMap<PoolId, Observed<ProviderMachine>>,
    /// Pools whose machines could not be listed.
    pub(crate) machines_blocked: BTreeMap<PoolId, (Timestamp, String, u32)>,
    /// When the forge was last asked how a job stands.
    pub(crate) jobs_checked: BTreeMap<JobId, JobCheck>,
    /// Runners whose row, or whose orphan, is gone, and since when.
    pub(crate) gone: BTreeMap<RunnerName, Timestamp>,
    /// The runners of the last view.
    known: BTreeSet<RunnerName>,
    /// What an action is under way for.
    pub(crate) in_flight: BTreeSet<Target>,
    /// Whether something could not be written down, so that the next plan had better wait a moment.
    tired: bool,
}

/// What an executed action teaches the task, beyond the rows it changed.
#[derive(Debug)]
pub(crate) enum Lesson {
    /// Nothing.
    None,
    /// The forge answered.
    ForgeAnswered,
    /// The forge cannot be used for anything, at least until the given time if there is one.
    ForgeBlocked { until: Option<Timestamp>, fault: String },
    /// The forge's runners.
    ForgeRunners { at: Timestamp, runners: Vec<ForgeRunner> },
    /// The machines of a pool.
    Machines { pool: PoolId, at: Timestamp, machines: Vec<ProviderMachine> },
    /// How a job stands at the forge was recorded, or could not be learned.
    JobChecked { job: JobId, check: JobCheck },
    /// Something that had no row was removed.
    OrphanRemoved { name: RunnerName, at: Timestamp },
    /// The machines of a pool could not be listed.
    MachinesUnknown { pool: PoolId, fault: String },
}

/// How long it is remembered that a runner is gone: longer than two lists are apart.
const GONE_REMEMBERED: Duration = Duration::from_hours(3);

impl Observations {
    /// Takes in what an action that was under way for `target` taught.
    pub(crate) fn learn(&mut self, target: Option<&Target>, lesson: Lesson, now: Timestamp, backoff: impl Fn(u32) -> Duration) {
        if let Some(target) = target {
            self.in_flight.remove(target);
        }
        match lesson {
            Lesson::None => {}
            Lesson::ForgeAnswered => self.unblock_forge(),
            Lesson::ForgeBlocked { until, fault } => {
                self.forge_failures += 1;
                let at = now.after(backoff(self.forge_failures));
                self.forge_blocked = Some((until.map_or(at, |until| until.max(at)), fault));
            }
            Lesson::ForgeRunners { at, runners } => {
                self.unblock_forge();
                self.forge_runners = Some(Observed::next(self.forge_runners.take(), at, runners));
            }
            Lesson::Machines { pool, at, machines } => {
                self.machines_blocked.remove(&pool);
                let list = Observed::next(self.machines.remove(&pool), at, machines);
                self.machines.insert(pool, list);
            }
            Lesson::OrphanRemoved { name, at } => {
                self.gone.insert(name, at);
            }
            Lesson::JobChecked { job, check } => {
                self.jobs_checked.insert(job, check);
            }
            Lesson::MachinesUnknown { pool, fault } => {
                let failures = self.machines_blocked.get(&pool).map_or(1, |(_, _, failures)| failures + 1);
                self.machines_blocked.insert(pool, (now.after(backoff(failures)), fault, failures));
            }
        }
    }

    /// Something could not be written down.
    pub(crate) fn rest(&mut self) {
        self.tired = true;
    }

    /// Whether something could not be written down since this was last asked.
    pub(crate) fn take_rest(&mut self) -> bool {
        std::mem::take(&mut self.tired)
    }

    /// Takes in a new view: notes which runners are gone, and forgets what concerns neither a pool nor an open job of the entity.
    pub(crate) fn look_at(&mut self, view: &EntityView, now: Timestamp) {
        let known: BTreeSet<RunnerName> = view.runners.iter().map(|runner| runner.name.clone()).collect();
        let before = std::mem::replace(&mut self.known, known);
        let gone: Vec<_> = before.difference(&self.known).cloned().collect();
        self.gone.extend(gone.into_iter().map(|name| (name, now)));
        self.gone.retain(|_, at| now.since(*at) < GONE_REMEMBERED);

        let is_there = |pool: &PoolId| view.pools.iter().any(|known| known.id == *pool);
        self.machines.retain(|pool, _| is_there(pool));
        self.machines_blocked.retain(|pool, _| is_there(pool));
        if !self.jobs_checked.is_empty() {
            let open: BTreeSet<JobId> = view.jobs.iter().map(|job| job.id).collect();
            self.jobs_checked.retain(|job, _| open.contains(job));
        }
    }

    /// The forge works, or something changed that may make it work.
    pub(crate) fn unblock_forge(&mut self) {
        self.forge_blocked = None;
        self.forge_failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forge_that_keeps_failing_is_asked_ever_more_rarely_and_one_answer_ends_that() {
        let mut memory = Observations::default();
        let backoff = |failures: u32| Duration::from_secs(u64::from(failures) * 10);
        let blocked = |until| Lesson::ForgeBlocked { until, fault: "down".into() };
        memory.learn(None, blocked(None), Timestamp::EPOCH, backoff);
        memory.learn(None, blocked(None), Timestamp::EPOCH, backoff);
        assert_eq!(memory.forge_blocked, Some((Timestamp::EPOCH.after(Duration::from_secs(20)), "down".into())));
        let later = Timestamp::EPOCH.after(Duration::from_hours(1));
        memory.learn(None, blocked(Some(later)), Timestamp::EPOCH, backoff);
        assert_eq!(memory.forge_blocked, Some((later, "down".into())), "the forge's own word on when to come back counts");
        memory.learn(None, Lesson::ForgeAnswered, Timestamp::EPOCH, backoff);
        assert_eq!((memory.forge_blocked, memory.forge_failures), (None, 0));
    }
}
