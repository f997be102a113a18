//! The rows of runners in the ways in which steps look for them. A task keeps them from one plan to the next.
//!
//! A runner *rests* when its row and the last lists agree that it is idle and well. No step acts on such a runner for its own sake: one is taken where a
//! job or a removal needs any of them. So steps look at the rows that are awake one by one, and at those that rest by count or in order. A plan in an
//! entity with thousands of idle runners costs what is awake.
//!
//! All this is derived from the snapshot. A kept roster gives the same plan as a new one, and a plan does not depend on which runners rest: tests of the
//! planner make each plan both ways.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::observed::{Named, Observed};
use super::phase::{creation_fails, is_idle, is_to_be_made, settled_at};
use super::snapshot::{RunnerSetView, Snapshot};
use crate::model::{ForgeRunner, InstanceStatus, ProviderMachine, Rows, Runner, RunnerId, RunnerName, RunnerSetId, changed_rows};
use crate::time::Timestamp;

/// The order in which runners are served where calls are few.
pub(super) type Age = (Timestamp, RunnerId);

/// The order in which idle runners are taken: those first that have been idle for longest.
pub(super) type IdleSince = (Timestamp, RunnerId);

/// The rows, and the lists that they are held against.
#[derive(Clone, Debug, Default)]
pub(crate) struct Roster {
    /// As the last snapshot had them.
    rows: Rows,
    by_id: BTreeMap<RunnerId, Arc<Runner>>,
    by_name: BTreeMap<RunnerName, Arc<Runner>>,
    made_for: BTreeMap<i64, BTreeMap<Age, Arc<Runner>>>,
    sets: BTreeMap<RunnerSetId, OfSet>,
    awake: BTreeMap<Age, Arc<Runner>>,
    resting: BTreeSet<RunnerId>,
    forge: Listed<ForgeRunner>,
    stays_after: Duration,
    /// Whether no runner rests, so that each step looks at all of them.
    is_sleepless: bool,
}

/// The runners of a runner set.
#[derive(Clone, Debug, Default)]
struct OfSet {
    count: usize,
    to_be_made: usize,
    awake: BTreeMap<Age, Arc<Runner>>,
    troubled: BTreeMap<Age, Arc<Runner>>,
    /// Those that are idle and do not rest.
    idle: BTreeMap<IdleSince, Arc<Runner>>,
    resting: BTreeMap<IdleSince, Arc<Runner>>,
    resting_names: BTreeMap<RunnerName, Arc<Runner>>,
    /// How many of those that rest are of each generation.
    generations: BTreeMap<i64, usize>,
    /// What the snapshot says of the set, as far as runners are held against that.
    is_known: bool,
    provider_configured: bool,
    machines: Listed<ProviderMachine>,
}

/// A list, and the names on it that no row has.
#[derive(Clone, Debug)]
struct Listed<T> {
    list: Option<Observed<T>>,
    strangers: BTreeSet<String>,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self { list: None, strangers: BTreeSet::new() }
    }
}

impl<T: Named> Listed<T> {
    /// Takes in the list of a snapshot; answers whether that is another one than before.
    fn take(&mut self, now: Option<&Observed<T>>, names: &BTreeMap<RunnerName, Arc<Runner>>) -> bool {
        let is_same = match (&self.list, now) {
            (None, None) => true,
            (Some(known), Some(now)) => known.is_same(now),
            _ => false,
        };
        if !is_same {
            let of_list = now.into_iter().flat_map(Observed::items).map(T::name);
            self.strangers = of_list.filter(|name| !names.contains_key(*name)).map(ToOwned::to_owned).collect();
            self.list = now.cloned();
        }
        !is_same
    }

    fn row_came(&mut self, name: &RunnerName) {
        self.strangers.remove(name.as_str());
    }

    fn row_went(&mut self, name: &RunnerName) {
        if self.list.as_ref().is_some_and(|list| list.find(name.as_str()).is_some()) {
            self.strangers.insert(name.to_string());
        }
    }
}

impl Roster {
    /// The roster of one snapshot.
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let mut roster = Self::default();
        roster.follow(snapshot);
        roster
    }

    /// The same, in which no runner rests.
    #[cfg(test)]
    pub(crate) fn sleepless(snapshot: &Snapshot) -> Self {
        let mut roster = Self { is_sleepless: true, ..Self::default() };
        roster.follow(snapshot);
        roster
    }

    /// All that steps may see of it.
    #[cfg(test)]
    pub(crate) fn contents(&self) -> impl PartialEq + std::fmt::Debug + use<> {
        let keys = |rows: &BTreeMap<Age, Arc<Runner>>| rows.keys().copied().collect::<Vec<_>>();
        let of_set = |(id, of_set): (&RunnerSetId, &OfSet)| {
            let resting: Vec<_> = of_set.resting.iter().map(|(since, row)| (*since, row.name.clone())).collect();
            let names: Vec<_> = of_set.resting_names.iter().map(|(name, row)| (name.clone(), row.id)).collect();
            let counts = (of_set.count, of_set.to_be_made, of_set.generations.clone());
            let awake = [&of_set.awake, &of_set.troubled, &of_set.idle].map(keys);
            (*id, counts, awake, resting, names, of_set.machines.strangers.clone())
        };
        let sets: Vec<_> = self.sets.iter().filter(|(_, of_set)| of_set.is_known || of_set.count > 0).map(of_set).collect();
        let made_for: Vec<_> = self.made_for.iter().map(|(number, rows)| (*number, keys(rows))).collect();
        let names: Vec<_> = self.by_name.iter().map(|(name, row)| (name.clone(), row.id)).collect();
        (self.by_id.clone(), names, made_for, sets, keys(&self.awake), self.resting.clone(), self.forge.strangers.clone())
    }

    /// Takes in the rows and lists of a snapshot. That costs what is different from the snapshot before, and a comparison of addresses for each row.
    pub(crate) fn follow(&mut self, snapshot: &Snapshot) {
        self.take_lists(snapshot);
        let before = std::mem::replace(&mut self.rows, Arc::clone(&snapshot.runners));
        let (went, came) = changed_rows(&before, &snapshot.runners);
        for row in went {
            self.take(row);
        }
        for row in came {
            self.put(row);
        }
    }

    /// The runners that are held against other lists than before may rest no longer, or rest from now on.
    fn take_lists(&mut self, snapshot: &Snapshot) {
        let mut changed: BTreeSet<RunnerSetId> = BTreeSet::new();
        let names = &self.by_name;
        let is_other_forge = self.forge.take(snapshot.forge.runners.as_ref(), names);
        if is_other_forge || self.stays_after != snapshot.policy.stays_after {
            self.stays_after = snapshot.policy.stays_after;
            changed.extend(self.sets.keys());
        }
        let known: BTreeMap<RunnerSetId, &RunnerSetView> = snapshot.sets.iter().map(|view| (view.set.id, view)).collect();
        for (id, of_set) in &mut self.sets {
            if of_set.is_known && !known.contains_key(id) {
                (of_set.is_known, of_set.machines) = (false, Listed::default());
                changed.insert(*id);
            }
        }
        for (id, view) in known {
            let of_set = self.sets.entry(id).or_default();
            let is_other_list = of_set.machines.take(view.machines.as_ref(), names);
            if is_other_list || !of_set.is_known || of_set.provider_configured != view.provider_configured {
                (of_set.is_known, of_set.provider_configured) = (true, view.provider_configured);
                changed.insert(id);
            }
        }
        self.sets.retain(|_, of_set| of_set.is_known || of_set.count > 0);
        for id in changed {
            let Some(of_set) = self.sets.get(&id) else { continue };
            let rows: Vec<Arc<Runner>> = of_set.awake.values().chain(of_set.resting.values()).cloned().collect();
            for row in rows {
                if self.may_rest(&row) != self.resting.contains(&row.id) {
                    self.take(&row);
                    self.put(&row);
                }
            }
        }
    }

    fn put(&mut self, row: &Arc<Runner>) {
        let (age, may_rest) = ((row.created_at, row.id), self.may_rest(row));
        self.by_id.insert(row.id, Arc::clone(row));
        self.by_name.insert(row.name.clone(), Arc::clone(row));
        if let Some(number) = row.made_for {
            self.made_for.entry(number).or_default().insert(age, Arc::clone(row));
        }
        self.forge.row_came(&row.name);
        self.sets.values_mut().for_each(|of_set| of_set.machines.row_came(&row.name));
        let of_set = self.sets.entry(row.set_id).or_default();
        of_set.count += 1;
        of_set.to_be_made += usize::from(is_to_be_made(row));
        if is_troubled(row) {
            of_set.troubled.insert(age, Arc::clone(row));
        }
        if may_rest {
            self.resting.insert(row.id);
            of_set.resting.insert(idle_since(row), Arc::clone(row));
            of_set.resting_names.insert(row.name.clone(), Arc::clone(row));
            *of_set.generations.entry(row.generation).or_default() += 1;
        } else {
            self.awake.insert(age, Arc::clone(row));
            of_set.awake.insert(age, Arc::clone(row));
            if is_idle(row) && !row.is_busy() {
                of_set.idle.insert(idle_since(row), Arc::clone(row));
            }
        }
    }

    fn take(&mut self, row: &Arc<Runner>) {
        let age = (row.created_at, row.id);
        self.by_id.remove(&row.id);
        self.by_name.remove(&row.name);
        if let Some((number, own)) = row.made_for.and_then(|number| Some((number, self.made_for.get_mut(&number)?))) {
            own.remove(&age);
            if own.is_empty() {
                self.made_for.remove(&number);
            }
        }
        self.forge.row_went(&row.name);
        self.sets.values_mut().for_each(|of_set| of_set.machines.row_went(&row.name));
        self.awake.remove(&age);
        let rested = self.resting.remove(&row.id);
        let Some(of_set) = self.sets.get_mut(&row.set_id) else { return };
        of_set.count -= 1;
        of_set.to_be_made -= usize::from(is_to_be_made(row));
        of_set.troubled.remove(&age);
        of_set.awake.remove(&age);
        of_set.idle.remove(&idle_since(row));
        if rested {
            of_set.resting.remove(&idle_since(row));
            of_set.resting_names.remove(&row.name);
            if let Some(count) = of_set.generations.get_mut(&row.generation) {
                *count -= 1;
                if *count == 0 {
                    of_set.generations.remove(&row.generation);
                }
            }
        }
    }

    /// Whether nothing is to be done about the runner itself, however late it is: neither its row nor the last lists give a step a reason.
    fn may_rest(&self, row: &Runner) -> bool {
        let is_calm = is_idle(row) && !row.is_busy() && !is_troubled(row) && row.kept_until().is_none() && row.ignored_until().is_none();
        // One that was made for a job and has not shown that it takes jobs is looked at each time: whether its job waits counts.
        let is_of_none = row.proven || row.made_for.is_none();
        let Some(of_set) = self.sets.get(&row.set_id).filter(|of_set| of_set.is_known && is_calm && is_of_none && !self.is_sleepless)
        else {
            return false;
        };
        let agrees_with_forge = |list: &Observed<ForgeRunner>| match list.find(row.name.as_str()) {
            Some(at_forge) => {
                let has_stayed = !row.proven && row.runner_status_at.after(self.stays_after) <= list.at();
                at_forge.online && !at_forge.busy && !has_stayed
            }
            None => is_older(list, row),
        };
        let agrees_with_provider = |list: &Observed<ProviderMachine>| match list.find(row.name.as_str()) {
            Some(machine) => machine.status == InstanceStatus::Running,
            None => is_older(list, row) && list.at() <= row.status_at,
        };
        self.forge.list.as_ref().is_none_or(agrees_with_forge)
            && (!of_set.provider_configured || of_set.machines.list.as_ref().is_none_or(agrees_with_provider))
    }

    pub(super) fn get(&self, id: RunnerId) -> Option<&Runner> {
        self.by_id.get(&id).map(Arc::as_ref)
    }

    pub(super) fn named(&self, name: &str) -> Option<&Runner> {
        self.by_name.get(name).map(Arc::as_ref)
    }

    pub(super) fn made_for(&self, number: i64) -> impl Iterator<Item = &Runner> {
        self.made_for.get(&number).into_iter().flat_map(BTreeMap::values).map(Arc::as_ref)
    }

    /// Whether the runner rests.
    pub(super) fn rests(&self, id: RunnerId) -> bool {
        self.resting.contains(&id)
    }

    /// How many runners rest.
    pub(super) fn resting(&self) -> usize {
        self.resting.len()
    }

    /// The runners that do not rest, by age.
    pub(super) fn awake(&self) -> impl Iterator<Item = (&Age, &Runner)> {
        self.awake.iter().map(|(age, row)| (age, row.as_ref()))
    }

    /// Those of a runner set.
    pub(super) fn awake_of(&self, set: RunnerSetId) -> impl Iterator<Item = (&Age, &Runner)> {
        self.sets.get(&set).into_iter().flat_map(|of_set| of_set.awake.iter()).map(|(age, row)| (age, row.as_ref()))
    }

    /// Those of a runner set that are idle and have no job: those that are awake, and those that rest.
    pub(super) fn idle_of(&self, set: RunnerSetId) -> impl Iterator<Item = &BTreeMap<IdleSince, Arc<Runner>>> + use<'_> {
        self.sets.get(&set).into_iter().flat_map(|of_set| [&of_set.idle, &of_set.resting])
    }

    /// Those that rest, of a runner set, those first that have been idle for longest.
    pub(super) fn resting_of(&self, set: RunnerSetId) -> impl Iterator<Item = &Runner> + use<'_> {
        self.sets.get(&set).into_iter().flat_map(|of_set| of_set.resting.values()).map(Arc::as_ref)
    }

    /// The same in the order of their names, from a name on.
    pub(super) fn resting_from(&self, set: RunnerSetId, name: Option<&RunnerName>) -> impl Iterator<Item = &Runner> + use<'_> {
        let from = name.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Included);
        let of_set = self.sets.get(&set).map(|of_set| of_set.resting_names.range::<RunnerName, _>((from, std::ops::Bound::Unbounded)));
        of_set.into_iter().flatten().map(|(_, row)| row.as_ref())
    }

    /// How many of a runner set rest.
    pub(super) fn resting_count(&self, set: RunnerSetId) -> usize {
        self.sets.get(&set).map_or(0, |of_set| of_set.resting.len())
    }

    /// The oldest generation of those that rest.
    pub(super) fn oldest_generation(&self, set: RunnerSetId) -> Option<i64> {
        self.sets.get(&set)?.generations.keys().next().copied()
    }

    /// Those whose machine could not be made so far, and all others with an effect that failed last.
    pub(super) fn troubled_of(&self, set: RunnerSetId) -> impl Iterator<Item = &Runner> {
        self.sets.get(&set).into_iter().flat_map(|of_set| of_set.troubled.values()).map(Arc::as_ref)
    }

    /// How many runners of each runner set there are, in every state.
    pub(super) fn occupancy(&self) -> BTreeMap<RunnerSetId, usize> {
        self.sets.iter().map(|(id, of_set)| (*id, of_set.count)).collect()
    }

    /// How many runners of a runner set are still without a machine.
    pub(super) fn to_be_made_of(&self, set: RunnerSetId) -> usize {
        self.sets.get(&set).map_or(0, |of_set| of_set.to_be_made)
    }

    /// The names on the forge's list that no row has.
    pub(super) fn strangers_at_forge(&self) -> &BTreeSet<String> {
        &self.forge.strangers
    }

    /// The names on the list of a runner set's machines that no row has.
    pub(super) fn strangers_of(&self, set: RunnerSetId) -> Option<&BTreeSet<String>> {
        self.sets.get(&set).map(|of_set| &of_set.machines.strangers)
    }
}

/// Where an idle runner stands among all of them.
pub(super) fn idle_since(runner: &Runner) -> IdleSince {
    (runner.runner_status_at, runner.id)
}

fn is_troubled(row: &Runner) -> bool {
    creation_fails(row) || row.failures > 0
}

/// Whether the list, which lacks the runner, is too old to say anything of it.
fn is_older<T: Named>(list: &Observed<T>, row: &Runner) -> bool {
    let since = settled_at(row);
    list.at() <= since && !list.lacks(row.name.as_str(), since)
}
