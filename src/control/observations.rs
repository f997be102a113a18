//! The memory of an entity's task between two plans: the last lists, and the running effects. All of it can be asked for again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::effects::Outcome;
use crate::engine::{JobCheck, Observed, Policy, Standing, Target, Unshown};
use crate::model::{ForgeRunner, JobId, ProviderMachine, Rows, RunnerName, RunnerSetId, changed_rows};
use crate::store::EntityView;
use crate::time::Timestamp;

/// How long nothing is asked of the forge after others spent what a plan had counted on.
const BUDGET_PAUSE: Duration = Duration::from_millis(500);

/// The memory of one entity's task.
#[derive(Debug, Default)]
pub(crate) struct Observations {
    /// Nothing is asked of the forge before this time, because of this fault.
    pub(crate) forge_blocked: Option<(Timestamp, String)>,
    /// How often the forge failed in a row.
    pub(crate) forge_failures: u32,
    /// Others were faster to spend the API budget that a plan counted on: nothing is asked of the forge for a moment.
    pub(crate) budget_pause: Option<Timestamp>,
    /// The forge's runners, as last listed.
    pub(crate) forge_runners: Option<Observed<ForgeRunner>>,
    /// Each runner set's machines, as last listed.
    pub(crate) machines: BTreeMap<RunnerSetId, Observed<ProviderMachine>>,
    /// Runner sets whose machines could not be listed.
    pub(crate) machines_blocked: BTreeMap<RunnerSetId, (Timestamp, String, u32)>,
    /// When the forge was last asked how a job stands.
    pub(crate) jobs_checked: BTreeMap<JobId, JobCheck>,
    /// Jobs that it did not show then.
    pub(crate) jobs_unshown: BTreeMap<JobId, Unshown>,
    /// Orphans whose removal failed: not before when it is tried again, and how often it failed.
    orphans: BTreeMap<Target, (Timestamp, u32)>,
    /// Runners whose row, or whose orphan, is gone, and since when.
    pub(crate) gone: BTreeMap<RunnerName, Timestamp>,
    /// The runners of the last view.
    known: Rows,
    /// The targets of effects that run.
    pub(crate) in_flight: BTreeSet<Target>,
}

impl Observations {
    /// Takes in what came of the effect that ran for `target`.
    pub(crate) fn effect_ended(&mut self, target: &Target, outcome: Outcome, now: Timestamp, policy: &Policy) {
        self.in_flight.remove(target);
        match outcome {
            Outcome::InRows => {}
            Outcome::ForgeAnswered => self.unblock_forge(),
            Outcome::BudgetSpent => self.budget_pause = Some(now.after(BUDGET_PAUSE)),
            Outcome::ForgeBlocked { until, fault } => {
                self.forge_failures += 1;
                let at = now.after(policy.backoff(self.forge_failures));
                self.forge_blocked = Some((until.map_or(at, |until| until.max(at)), fault));
            }
            Outcome::ForgeRunners { at, runners } => {
                self.unblock_forge();
                self.forge_runners = Some(Observed::next(self.forge_runners.take(), at, runners));
            }
            Outcome::Machines { set, at, machines } => {
                self.machines_blocked.remove(&set);
                let list = Observed::next(self.machines.remove(&set), at, machines);
                self.machines.insert(set, list);
            }
            Outcome::OrphanStays => {
                let failures = self.orphans.get(target).map_or(1, |(_, failures)| failures.saturating_add(1));
                self.orphans.insert(target.clone(), (now.after(policy.pause(failures)), failures));
            }
            Outcome::OrphanRemoved { name, at } => {
                self.orphans.remove(target);
                self.gone.insert(name, at);
            }
            Outcome::JobChecked { job, at, answer, was_held_back } => {
                let times = self.jobs_unshown.remove(&job).map_or(0, |unshown| unshown.times);
                if let Err(unshown) = &answer {
                    self.jobs_unshown.insert(job, Unshown { times: times.saturating_add(1), ..unshown.clone() });
                }
                // Silence does not release a job that the forge holds back, also if it was another server that asked before.
                let is_held_back = self.jobs_checked.get(&job).map_or(was_held_back, |before| before.standing == Standing::HeldBack);
                let silent = if is_held_back { Standing::HeldBack } else { Standing::NotWaiting };
                let standing = answer.unwrap_or(silent);
                self.jobs_checked.insert(job, JobCheck { at, standing });
            }
            Outcome::MachinesUnknown { set, fault } => {
                let failures = self.machines_blocked.get(&set).map_or(1, |(_, _, failures)| failures + 1);
                self.machines_blocked.insert(set, (now.after(policy.backoff(failures)), fault, failures));
            }
        }
    }

    /// Takes in a new view: notes which runners are gone, and forgets what concerns neither a runner set nor an open job of the entity.
    pub(crate) fn look_at(&mut self, view: &EntityView, now: Timestamp, policy: &Policy) {
        let before = std::mem::replace(&mut self.known, Arc::clone(&view.runners));
        let (went, came) = changed_rows(&before, &view.runners);
        let there: BTreeSet<&RunnerName> = came.into_iter().map(|row| &row.name).collect();
        let gone = went.into_iter().map(|row| &row.name).filter(|name| !there.contains(name));
        self.gone.extend(gone.map(|name| (name.clone(), now)));
        self.gone.retain(|_, at| now.since(*at) < policy.gone_remembered);
        self.orphans.retain(|_, (until, _)| now.since(*until) < policy.gone_remembered);

        let sets: BTreeSet<RunnerSetId> = view.runner_sets().collect();
        self.machines.retain(|set, _| sets.contains(set));
        self.machines_blocked.retain(|set, _| sets.contains(set));
        if !self.jobs_checked.is_empty() {
            let open: BTreeSet<JobId> = view.jobs.iter().map(|job| job.id).collect();
            self.jobs_checked.retain(|job, _| open.contains(job));
            self.jobs_unshown.retain(|job, _| open.contains(job));
        }
    }

    /// Orphans whose removal failed, and until when it is not tried again.
    pub(crate) fn orphans_left(&self) -> BTreeMap<Target, Timestamp> {
        self.orphans.iter().map(|(target, (until, _))| (target.clone(), *until)).collect()
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
        let policy = Policy { backoff_first: Duration::from_secs(10), ..Policy::default() };
        let mut ends_with = |outcome| {
            memory.effect_ended(&Target::ForgeRunners, outcome, Timestamp::EPOCH, &policy);
            (memory.forge_blocked.clone(), memory.forge_failures)
        };
        let blocked = |until| Outcome::ForgeBlocked { until, fault: "down".into() };
        ends_with(blocked(None));
        assert_eq!(ends_with(blocked(None)), (Some((Timestamp::EPOCH.after(Duration::from_secs(20)), "down".into())), 2));
        let later = Timestamp::EPOCH.after(Duration::from_hours(1));
        assert_eq!(ends_with(blocked(Some(later))).0, Some((later, "down".into())), "the forge's own word on when to come back counts");
        assert_eq!(ends_with(Outcome::ForgeAnswered), (None, 0));
    }

    #[test]
    fn a_forge_that_says_nothing_does_not_release_a_job_that_it_held_back() {
        // The row tells only of answers that this server does not know.
        for (was_held_back, first) in [(false, Standing::NotWaiting), (true, Standing::HeldBack)] {
            let mut memory = Observations::default();
            let job = JobId(7);
            let mut checked = |secs, standing: Option<Standing>| {
                let at = Timestamp::EPOCH.after(Duration::from_secs(secs));
                let answer = standing.ok_or(Unshown { said: "404".into(), may_pass: false, times: 0 });
                let outcome = Outcome::JobChecked { job, at, answer, was_held_back };
                memory.effect_ended(&Target::Job(job), outcome, at, &Policy::default());
                memory.jobs_checked[&job]
            };
            assert_eq!(checked(1, None).standing, first);
            checked(2, Some(Standing::HeldBack));
            let at = Timestamp::EPOCH.after(Duration::from_secs(3));
            assert_eq!(checked(3, None), JobCheck { at, standing: Standing::HeldBack });
            assert_eq!(checked(4, Some(Standing::Waits)).standing, Standing::Waits);
            assert_eq!(checked(5, None).standing, Standing::NotWaiting);
        }
    }

    #[test]
    fn answers_that_do_not_show_a_job_are_counted_until_one_does() {
        let mut memory = Observations::default();
        let job = JobId(7);
        let mut times_after = |answer| {
            let outcome = Outcome::JobChecked { job, at: Timestamp::EPOCH, answer, was_held_back: false };
            memory.effect_ended(&Target::Job(job), outcome, Timestamp::EPOCH, &Policy::default());
            memory.jobs_unshown.get(&job).map(|unshown| (unshown.said.clone(), unshown.times))
        };
        let unshown = |said: &str| Err(Unshown { said: said.into(), may_pass: true, times: 0 });
        assert_eq!(times_after(unshown("502")), Some(("502".into(), 1)));
        assert_eq!(times_after(unshown("403 Not for you")), Some(("403 Not for you".into(), 2)));
        assert_eq!(times_after(Ok(Standing::Waits)), None);
        assert_eq!(times_after(unshown("502")), Some(("502".into(), 1)));
    }
}
