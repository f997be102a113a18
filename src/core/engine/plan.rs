//! The result of planning, and the draft the steps write it into.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Budget, CallKind, Importance, InstanceStatus, JobId, Reason, Runner, RunnerId, RunnerName, RunnerSetId, Window};
use crate::time::Timestamp;

use super::action::{Effect, NewRunner, RowChange, Target};
use super::chance::Chance;
use super::index::Index;
use super::phase::is_idle;
use super::roster::Age;
use super::snapshot::Snapshot;

/// The actions of now, their reasons, and the time of the next look.
///
/// Effects are begun first, then creations are ended, then rows are changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The effects to begin, in this order.
    pub effects: Vec<Effect>,
    /// Runners the creation of whose machine is ended, because the provider's answer to it is waited for no longer.
    pub ends: Vec<RunnerId>,
    /// The rows to change.
    pub changes: Vec<RowChange>,
    /// Why.
    pub report: Report,
    /// When to plan again; `None` = only when something changes.
    pub wake_at: Option<Timestamp>,
}

/// One reason for each job, runner and runner set that was or was not acted upon.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Why jobs wait.
    pub jobs: BTreeMap<JobId, Reason>,
    /// Why runners wait, or go.
    pub runners: BTreeMap<RunnerId, Reason>,
    /// Why runner sets make no runners although they should.
    pub sets: BTreeMap<RunnerSetId, Reason>,
}

/// A plan being made. Steps run one after the other; each sees what the steps before it took.
pub(crate) struct Draft<'a> {
    snapshot: &'a Snapshot,
    pub(crate) index: &'a Index<'a>,
    plan: Plan,
    /// Runners that a waiting job counts on.
    reserved: BTreeSet<RunnerId>,
    /// Runners that this plan acts on already.
    touched: BTreeSet<RunnerId>,
    /// Runners that this plan sends away.
    leaving: BTreeSet<RunnerId>,
    /// Runners that rest but for this plan: it acts on them, a job counts on them, or an effect runs for them.
    stirred: BTreeMap<Age, &'a Runner>,
    /// Rows per runner set, including those this plan makes.
    occupied: BTreeMap<RunnerSetId, usize>,
    /// How many runners this plan makes in each runner set.
    made: BTreeMap<RunnerSetId, usize>,
    /// The API budget of the entity's credentials, as this plan leaves it.
    budget: Option<Budget>,
    /// The runners registered for the entity, those of this plan included.
    registered: Window,
    /// When the forge's list of runners is wanted at the latest: a job counts on an idle runner, and the forge should have given it the job.
    runners_wanted: Option<Timestamp>,
    names: Names,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(snapshot: &'a Snapshot, index: &'a Index<'a>) -> Self {
        let mut draft = Self {
            snapshot,
            index,
            plan: Plan::default(),
            reserved: BTreeSet::new(),
            touched: BTreeSet::new(),
            leaving: BTreeSet::new(),
            stirred: BTreeMap::new(),
            occupied: index.roster.occupancy(),
            made: BTreeMap::new(),
            budget: snapshot.forge.budget.as_ref().map(|(_, budget)| budget.clone()),
            registered: registered(snapshot, index),
            runners_wanted: None,
            names: Names(Chance(snapshot.seed)),
        };
        snapshot.in_flight.iter().filter_map(Target::runner).for_each(|runner| draft.stir(runner));
        draft
    }

    pub(crate) fn finish(self) -> Plan {
        self.plan
    }

    /// Begins an effect. If it concerns a runner, later steps leave that runner alone.
    pub(crate) fn begin(&mut self, effect: Effect) {
        effect.target().runner().into_iter().for_each(|runner| self.touch(runner));
        if let (Some((importance, kind)), Some(budget)) = (effect.forge_call(), &mut self.budget) {
            budget.take(self.snapshot.now, importance, kind);
        }
        if matches!(effect, Effect::Register { .. }) {
            self.registered.spend(self.snapshot.now, 1);
        }
        self.plan.effects.push(effect);
    }

    /// Until when no such call to the forge can be begun, and why; `None` = now.
    pub(crate) fn forge_closed(&self, importance: Importance, kind: CallKind) -> Option<(Timestamp, Reason)> {
        let (snapshot, now) = (self.snapshot, self.snapshot.now);
        if let Some((until, fault)) = snapshot.forge.blocked.as_ref().filter(|_| !snapshot.forge_is_open()) {
            return Some((*until, Reason::ForgeUnavailable { fault: fault.clone() }));
        }
        if kind == CallKind::Register && self.registered.room(now) == 0 {
            let until = self.registered.room_at(now, 1);
            let reason = Reason::RegistrationsSpent { until: until.to_next_minute(), limit: snapshot.policy.registrations.limit };
            return Some((until, reason));
        }
        let (name, _) = snapshot.forge.budget.as_ref()?;
        let spent = self.budget.as_ref()?.check(now, importance, kind).err()?;
        // To the minute, so that the rows of all that waits do not change with every call that is over.
        let until = spent.until.to_next_minute();
        Some((spent.until, Reason::BudgetSpent { credentials: name.clone(), limit: spent.limit, until }))
    }

    /// Changes a row. If it is the row of a runner, later steps leave that runner alone.
    pub(crate) fn change(&mut self, change: RowChange) {
        change.runner().into_iter().for_each(|runner| self.touch(runner));
        self.plan.changes.push(change);
    }

    /// Ends the creation of a runner's machine. Later steps leave that runner alone.
    pub(crate) fn end_creation(&mut self, runner: RunnerId) {
        self.touch(runner);
        self.plan.ends.push(runner);
    }

    fn touch(&mut self, runner: RunnerId) {
        self.touched.insert(runner);
        self.stir(runner);
    }

    fn stir(&mut self, id: RunnerId) {
        if let Some(runner) = self.index.runner(id).filter(|_| self.index.roster.rests(id)) {
            self.stirred.insert((runner.created_at, id), runner);
        }
    }

    /// Whether the runner rests, for this plan too.
    pub(crate) fn rests(&self, runner: &Runner) -> bool {
        self.index.roster.rests(runner.id) && !self.stirred.contains_key(&(runner.created_at, runner.id))
    }

    /// The runners that are looked at one by one, in the order in which they are served where calls are few.
    pub(crate) fn awake(&self) -> Vec<&'a Runner> {
        self.with_stirred(self.index.roster.awake(), |_| true)
    }

    /// Those of a runner set.
    pub(crate) fn awake_of(&self, set: RunnerSetId) -> Vec<&'a Runner> {
        self.with_stirred(self.index.roster.awake_of(set), |runner| runner.set_id == set)
    }

    /// Those of a runner set that are idle and have no job, and do not rest.
    pub(crate) fn awake_and_idle_of(&self, set: RunnerSetId) -> impl Iterator<Item = &'a Runner> + use<'a> {
        self.awake_of(set).into_iter().filter(|runner| is_idle(runner) && !runner.is_busy())
    }

    fn with_stirred(&self, awake: impl Iterator<Item = (&'a Age, &'a Runner)>, concerns: impl Fn(&Runner) -> bool) -> Vec<&'a Runner> {
        if self.stirred.is_empty() {
            return awake.map(|(_, runner)| runner).collect();
        }
        let stirred = self.stirred.iter().map(|(age, runner)| (*age, *runner)).filter(|(_, runner)| concerns(runner));
        let all: BTreeMap<Age, &'a Runner> = awake.map(|(age, runner)| (*age, runner)).chain(stirred).collect();
        all.into_values().collect()
    }

    /// How many of a runner set rest. Each of them can take a job, and nothing else is to be done for it.
    pub(crate) fn resting_count(&self, set: RunnerSetId) -> usize {
        let stirred = self.stirred.values().filter(|runner| runner.set_id == set).count();
        self.index.roster.resting_count(set) - stirred
    }

    /// The runners of a set that rest, those first that have been idle for longest.
    pub(crate) fn resting_of(&self, set: RunnerSetId) -> impl Iterator<Item = &'a Runner> + use<'a, '_> {
        self.index.roster.resting_of(set).filter(|runner| self.rests(runner))
    }

    /// Sends a runner away. A runner with a job stays, unless the forge itself says that the runner is gone.
    pub(crate) fn remove(&mut self, runner: RunnerId, reason: Reason) {
        let busy = self.index.runner(runner).is_some_and(Runner::is_busy);
        if busy && reason != Reason::GoneAtForge {
            return;
        }
        self.leaving.insert(runner);
        self.explain_runner(runner, reason.clone());
        self.change(RowChange::MarkForDeletion { runner, reason });
    }

    /// Whether this plan sends the runner away.
    pub(crate) fn is_leaving(&self, runner: RunnerId) -> bool {
        self.leaving.contains(&runner)
    }

    /// Plan again at this time at the latest.
    pub(crate) fn wait(&mut self, until: Timestamp) {
        self.plan.wake_at = Some(self.plan.wake_at.map_or(until, |at| at.min(until)));
    }

    /// The forge's list of runners is wanted at this time at the latest.
    pub(crate) fn want_runners(&mut self, at: Timestamp) {
        self.runners_wanted = Some(self.runners_wanted.map_or(at, |before| before.min(at)));
    }

    /// When the forge's list of runners is wanted at the latest, as far as this plan has said.
    pub(crate) const fn runners_wanted(&self) -> Option<Timestamp> {
        self.runners_wanted
    }

    pub(crate) fn explain_job(&mut self, job: JobId, reason: Reason) {
        self.plan.report.jobs.insert(job, reason);
    }

    /// Why the job waits, as far as this plan has said.
    pub(crate) fn why(&self, job: JobId) -> Option<&Reason> {
        self.plan.report.jobs.get(&job)
    }

    pub(crate) fn explain_runner(&mut self, runner: RunnerId, reason: Reason) {
        self.plan.report.runners.insert(runner, reason);
    }

    pub(crate) fn explain_set(&mut self, set: RunnerSetId, reason: Reason) {
        self.plan.report.sets.insert(set, reason);
    }

    pub(crate) fn reserve(&mut self, runner: RunnerId) {
        self.reserved.insert(runner);
        self.stir(runner);
    }

    pub(crate) fn is_reserved(&self, runner: RunnerId) -> bool {
        self.reserved.contains(&runner)
    }

    /// Whether a step may act on the runner: no effect runs for it, and no earlier step of this plan acted on it.
    pub(crate) fn is_free(&self, runner: RunnerId) -> bool {
        self.snapshot.is_free(runner) && !self.touched.contains(&runner)
    }

    /// The same, whether or not the provider has answered for the machine.
    pub(crate) fn is_free_but_for_its_creation(&self, runner: RunnerId) -> bool {
        !self.snapshot.in_flight.contains(&Target::Runner(runner)) && !self.touched.contains(&runner)
    }

    /// How many more runners the runner set may have.
    pub(crate) fn room(&self, set: RunnerSetId) -> usize {
        let max = self.index.set(set).map_or(0, |view| view.set.max_runners as usize);
        max.saturating_sub(self.occupied.get(&set).copied().unwrap_or_default())
    }

    /// Whether the runner set has no place left for another runner, so that the place of a failed one is needed.
    pub(crate) fn is_full(&self, set: RunnerSetId) -> bool {
        self.room(set) == 0
    }

    /// How many runners this plan makes in the runner set.
    pub(crate) fn made_in(&self, set: RunnerSetId) -> usize {
        self.made.get(&set).copied().unwrap_or_default()
    }

    /// A random number that is the same for a runner set all through one plan, and another in the next plan.
    pub(crate) fn lot(&self, set: RunnerSetId) -> u64 {
        Chance(self.snapshot.seed ^ set.bits()).next_u64()
    }

    /// Makes one more runner in the runner set; the caller has seen that there is room.
    pub(crate) fn create(&mut self, set: RunnerSetId, prefix: &str, job: Option<(JobId, i64)>, reason: Reason) -> RunnerName {
        debug_assert!(self.room(set) > 0, "the maximum of {set} must hold");
        *self.occupied.entry(set).or_default() += 1;
        *self.made.entry(set).or_default() += 1;
        let (id, name) = self.names.next(prefix);
        self.change(RowChange::CreateRunner(NewRunner { id, name: name.clone(), set, job, reason }));
        name
    }
}

/// The runners registered for the entity lately, and those that are being registered.
fn registered(snapshot: &Snapshot, index: &Index<'_>) -> Window {
    let mut registered = Window::with(snapshot.policy.registrations, snapshot.forge.registered.clone());
    let is_new = |runner: &&Runner| runner.status == InstanceStatus::PendingCreate && runner.agent_id.is_none();
    let of_runner = |target: &Target| if let Target::Runner(id) = target { index.runner(*id) } else { None };
    let under_way = snapshot.in_flight.iter().filter_map(of_runner).filter(is_new).count();
    registered.spend(snapshot.now, u32::try_from(under_way).unwrap_or(u32::MAX));
    registered
}

/// Names and ids of new runners, from the snapshot's seed: equal seeds give equal names.
struct Names(Chance);

impl Names {
    /// Characters of the random part of a name; 12 of 36 leave no room for chance, and the store's unique key has the last word.
    const LENGTH: usize = 12;

    fn next(&mut self, prefix: &str) -> (RunnerId, RunnerName) {
        const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
        let id = uuid::Builder::from_random_bytes((u128::from(self.0.next_u64()) << 64 | u128::from(self.0.next_u64())).to_be_bytes());
        let mut bits = self.0.next_u64();
        let mut name = format!("{}-", prefix.to_lowercase());
        for _ in 0..Self::LENGTH {
            name.push(DIGITS[usize::try_from(bits % 36).unwrap_or_default()].into());
            bits /= 36;
        }
        (RunnerId(id.into_uuid()), RunnerName(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_give_equal_names_and_no_two_names_are_equal() {
        let list = |seed| {
            let mut names = Names(Chance(seed));
            (0..1000).map(|_| names.next("garm").1.0).collect::<Vec<_>>()
        };
        assert_eq!(list(7), list(7));
        assert_ne!(list(7), list(8));
        assert_eq!(list(7).into_iter().collect::<BTreeSet<_>>().len(), 1000);
    }

    #[test]
    fn a_name_is_the_prefix_and_twelve_lower_case_characters() {
        let (_, name) = Names(Chance(1)).next("ACME");
        let random = name.as_str().strip_prefix("acme-").expect("the prefix, in lower case");
        assert_eq!(random.len(), 12);
        assert!(random.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{random}");
    }
}
