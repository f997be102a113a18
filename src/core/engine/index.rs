//! Ways into a snapshot, made for one plan. A step that asks for the runners of a runner set or of a job does not look at all of them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, btree_map};
use std::iter::Peekable;
use std::rc::Rc;
use std::sync::Arc;

use super::roster::{IdleSince, Roster};
use super::snapshot::{RunnerSetView, Snapshot, Standing};
use super::starts::StartLimits;
use crate::model::{Job, JobStatus, Runner, RunnerId, RunnerSetId};
use crate::time::Timestamp;

/// The ways into one snapshot.
pub(crate) struct Index<'a> {
    pub(crate) roster: &'a Roster,
    snapshot: &'a Snapshot,
    views: BTreeMap<RunnerSetId, &'a RunnerSetView>,
    /// How long starts may take, as far as a step has asked.
    start_limits: RefCell<BTreeMap<RunnerSetId, Rc<StartLimits>>>,
    /// The runner sets that have all of some labels.
    by_labels: BTreeMap<&'a [String], Vec<&'a RunnerSetView>>,
    waiting: BTreeSet<i64>,
    confirmed: Vec<(&'a Job, Timestamp)>,
}

impl<'a> Index<'a> {
    pub(crate) fn of(snapshot: &'a Snapshot, roster: &'a Roster) -> Self {
        let queued = || snapshot.jobs.iter().map(AsRef::as_ref).filter(|job: &&Job| job.status == JobStatus::Queued);
        let mut by_labels: BTreeMap<&'a [String], Vec<&'a RunnerSetView>> = BTreeMap::new();
        for job in queued() {
            let fitting = || snapshot.sets.iter().filter(|view| view.set.fits(&job.labels)).collect();
            by_labels.entry(&job.labels).or_insert_with(fitting);
        }
        let confirmed = |job: &'a Job| {
            let check = snapshot.jobs_checked.get(&job.id).filter(|check| check.standing == Standing::Waits)?;
            Some((job, check.at))
        };
        Self {
            roster,
            snapshot,
            start_limits: RefCell::default(),
            views: snapshot.sets.iter().map(|view| (view.set.id, view)).collect(),
            by_labels,
            waiting: queued().map(|job| job.workflow_job_id).collect(),
            confirmed: queued().filter_map(confirmed).collect(),
        }
    }

    /// The runner set with this id.
    pub(crate) fn set(&self, id: RunnerSetId) -> Option<&'a RunnerSetView> {
        self.views.get(&id).copied()
    }

    /// How long the starts of a runner set may take.
    pub(crate) fn start_limits(&self, set: RunnerSetId) -> Rc<StartLimits> {
        let of = || self.set(set).map(|view| StartLimits::of(view, self.snapshot, self.roster)).unwrap_or_default();
        Rc::clone(self.start_limits.borrow_mut().entry(set).or_insert_with(|| Rc::new(of())))
    }

    pub(crate) fn runner(&self, id: RunnerId) -> Option<&'a Runner> {
        self.roster.get(id)
    }

    /// The runner with this name.
    pub(crate) fn named(&self, name: &str) -> Option<&'a Runner> {
        self.roster.named(name)
    }

    /// All runners of a runner set, in no order.
    pub(crate) fn runners_of(&self, set: RunnerSetId) -> impl Iterator<Item = &'a Runner> + use<'a> {
        let roster = self.roster;
        roster.awake_of(set).map(|(_, runner)| runner).chain(roster.resting_of(set))
    }

    /// Those that are idle and have no job, in no order.
    pub(crate) fn idle_of(&self, set: RunnerSetId) -> impl Iterator<Item = &'a Runner> + use<'a> {
        self.roster.idle_of(set).flat_map(BTreeMap::values).map(AsRef::as_ref)
    }

    /// Those whose machine could not be made so far, and all others with an effect that failed last.
    pub(crate) fn troubled_of(&self, set: RunnerSetId) -> impl Iterator<Item = &'a Runner> + use<'a> {
        self.roster.troubled_of(set)
    }

    /// How many runners of a runner set are still without a machine.
    pub(crate) fn to_be_made_of(&self, set: RunnerSetId) -> usize {
        self.roster.to_be_made_of(set)
    }

    /// The runners that were made for the job with this number.
    pub(crate) fn made_for(&self, number: i64) -> impl Iterator<Item = &'a Runner> + use<'a> {
        self.roster.made_for(number)
    }

    /// The runner sets that have the labels of a waiting job.
    pub(crate) fn fitting(&self, job: &Job) -> impl Iterator<Item = &'a RunnerSetView> + use<'a, '_> {
        self.by_labels.get(job.labels.as_slice()).into_iter().flatten().copied()
    }

    /// The idle runners of these sets, those first that have been idle for longest.
    pub(crate) fn idle_fitting(&self, job: &Job) -> impl Iterator<Item = &'a Runner> + use<'a> {
        let of_sets = self.fitting(job).flat_map(|view| self.roster.idle_of(view.set.id)).filter(|idle| !idle.is_empty());
        let mut sources: Vec<Peekable<btree_map::Iter<'a, IdleSince, Arc<Runner>>>> = of_sets.map(|idle| idle.iter().peekable()).collect();
        std::iter::from_fn(move || {
            let next = sources.iter_mut().enumerate().filter_map(|(at, source)| Some((source.peek()?.0, at))).min();
            let (_, runner) = next.and_then(|(_, at)| sources[at].next())?;
            Some(runner.as_ref())
        })
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
