//! Ways into a snapshot, made once for a plan. A step that asks for the runners of a runner set or of a job does not look at all of them.

use std::collections::{BTreeMap, BTreeSet};

use super::phase::{creation_fails, is_idle, is_to_be_made};
use super::snapshot::{RunnerSetView, Snapshot, Standing};
use crate::model::{Job, JobStatus, Runner, RunnerId, RunnerSetId};
use crate::time::Timestamp;

/// The ways into one snapshot.
pub(crate) struct Index<'a> {
    sets: BTreeMap<RunnerSetId, OfSet<'a>>,
    runners: BTreeMap<RunnerId, &'a Runner>,
    names: BTreeMap<&'a str, &'a Runner>,
    made_for: BTreeMap<i64, Vec<&'a Runner>>,
    by_labels: BTreeMap<&'a [String], OfLabels<'a>>,
    waiting: BTreeSet<i64>,
    confirmed: Vec<(&'a Job, Timestamp)>,
}

/// A runner set, and its runners.
#[derive(Default)]
struct OfSet<'a> {
    view: Option<&'a RunnerSetView>,
    all: Vec<&'a Runner>,
    idle: Vec<&'a Runner>,
    troubled: Vec<&'a Runner>,
    to_be_made: usize,
}

/// The runner sets that have all of some labels, and their idle runners, those first that have been idle for longest.
struct OfLabels<'a> {
    sets: Vec<&'a RunnerSetView>,
    idle: Vec<&'a Runner>,
}

impl<'a> OfLabels<'a> {
    fn of(labels: &[String], snapshot: &'a Snapshot, sets: &BTreeMap<RunnerSetId, OfSet<'a>>) -> Self {
        let fitting: Vec<&RunnerSetView> = snapshot.sets.iter().filter(|view| view.set.fits(labels)).collect();
        let of_sets = fitting.iter().filter_map(|view| sets.get(&view.set.id));
        let mut idle: Vec<&Runner> = of_sets.flat_map(|of_set| of_set.idle.iter().copied()).collect();
        idle.sort_by_key(|runner| (runner.runner_status_at, runner.id));
        Self { sets: fitting, idle }
    }
}

impl<'a> Index<'a> {
    pub(crate) fn of(snapshot: &'a Snapshot) -> Self {
        let mut sets: BTreeMap<RunnerSetId, OfSet<'a>> = BTreeMap::new();
        let (mut runners, mut names, mut made_for) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::<i64, Vec<&'a Runner>>::new());
        for view in &snapshot.sets {
            sets.entry(view.set.id).or_default().view = Some(view);
        }
        for runner in &snapshot.runners {
            runners.insert(runner.id, runner);
            names.insert(runner.name.as_str(), runner);
            if let Some(number) = runner.made_for {
                made_for.entry(number).or_default().push(runner);
            }
            let of_set = sets.entry(runner.set_id).or_default();
            of_set.all.push(runner);
            if is_idle(runner) && !runner.is_busy() {
                of_set.idle.push(runner);
            }
            if creation_fails(runner) || runner.failures > 0 {
                of_set.troubled.push(runner);
            }
            of_set.to_be_made += usize::from(is_to_be_made(runner));
        }
        let queued = || snapshot.jobs.iter().filter(|job| job.status == JobStatus::Queued);
        let mut by_labels: BTreeMap<&'a [String], OfLabels<'a>> = BTreeMap::new();
        for job in queued() {
            by_labels.entry(&job.labels).or_insert_with(|| OfLabels::of(&job.labels, snapshot, &sets));
        }
        let confirmed = |job: &'a Job| {
            let check = snapshot.jobs_checked.get(&job.id).filter(|check| check.standing == Standing::Waits)?;
            Some((job, check.at))
        };
        Self {
            sets,
            runners,
            names,
            made_for,
            by_labels,
            waiting: queued().map(|job| job.workflow_job_id).collect(),
            confirmed: queued().filter_map(confirmed).collect(),
        }
    }

    /// The runner set with this id.
    pub(crate) fn set(&self, id: RunnerSetId) -> Option<&'a RunnerSetView> {
        self.sets.get(&id)?.view
    }

    pub(crate) fn runner(&self, id: RunnerId) -> Option<&'a Runner> {
        self.runners.get(&id).copied()
    }

    /// The runner with this name.
    pub(crate) fn named(&self, name: &str) -> Option<&'a Runner> {
        self.names.get(name).copied()
    }

    /// Whether a row has this name.
    pub(crate) fn has_name(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    /// The runners of a runner set.
    pub(crate) fn runners_of(&self, set: RunnerSetId) -> impl Iterator<Item = &'a Runner> {
        self.sets.get(&set).into_iter().flat_map(|of_set| of_set.all.iter().copied())
    }

    /// Those that are idle and have no job.
    pub(crate) fn idle_of(&self, set: RunnerSetId) -> impl Iterator<Item = &'a Runner> {
        self.sets.get(&set).into_iter().flat_map(|of_set| of_set.idle.iter().copied())
    }

    /// Those whose machine could not be made so far, and all others with an effect that failed last.
    pub(crate) fn troubled_of(&self, set: RunnerSetId) -> impl Iterator<Item = &'a Runner> {
        self.sets.get(&set).into_iter().flat_map(|of_set| of_set.troubled.iter().copied())
    }

    /// How many runners of a runner set are still without a machine.
    pub(crate) fn to_be_made_of(&self, set: RunnerSetId) -> usize {
        self.sets.get(&set).map_or(0, |of_set| of_set.to_be_made)
    }

    /// The runners that were made for the job with this number.
    pub(crate) fn made_for(&self, number: i64) -> impl Iterator<Item = &'a Runner> {
        self.made_for.get(&number).into_iter().flatten().copied()
    }

    /// The runner sets that have the labels of a waiting job.
    pub(crate) fn fitting(&self, job: &Job) -> impl Iterator<Item = &'a RunnerSetView> + use<'a, '_> {
        self.by_labels.get(job.labels.as_slice()).into_iter().flat_map(|of_labels| of_labels.sets.iter().copied())
    }

    /// The idle runners of these sets, those first that have been idle for longest.
    pub(crate) fn idle_fitting(&self, job: &Job) -> impl Iterator<Item = &'a Runner> + use<'a, '_> {
        self.by_labels.get(job.labels.as_slice()).into_iter().flat_map(|of_labels| of_labels.idle.iter().copied())
    }

    /// Whether a job with this number waits.
    pub(crate) fn waits(&self, number: i64) -> bool {
        self.waiting.contains(&number)
    }

    /// The waiting jobs of which the forge has said so, and when.
    pub(crate) fn confirmed(&self) -> &[(&'a Job, Timestamp)] {
        &self.confirmed
    }
}
