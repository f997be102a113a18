//! What may be spent for nothing: the cloud counts each machine that it makes, by the job that the machine is for and by the pool.
//!
//! | For | At most |
//! |---|---|
//! | a job | 6 machines in the first 20 minutes after its first one, and 2 more for each hour that begins then |
//! | each idle runner that a pool is to keep, while none of the pool's runners serves | the same, and one more for each job that waits meanwhile |
//! | a pool none of whose runners ever served | its maximum in 10 minutes |
//! | a job that the forge holds back, while the forge answers | 1 machine until its release |
//!
//! A runner serves that takes a job or, made for no job, stays connected for five minutes. A machine counts that the provider says it made,
//! or that a server hears of; the attempts for one runner count as one. A machine on which another job ran counts for no job. A server that is
//! killed gets no allowance, because the database has what it spent. A pool that an operator changed gets another chance: its own counts begin
//! again, and each job may have one machine more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long the first machines of a job, or of an idle runner that is missing, may follow each other, and how many there may be.
const FIRST: Duration = Duration::from_mins(20);
const FIRST_MAX: usize = 6;
/// How many more there may be for each hour that begins then.
const LATER_MAX: usize = 2;
/// How long a pool that never served may not make more machines than its maximum.
const UNPROVEN: Duration = Duration::from_mins(10);
/// How much sooner that time is over by the clock of a server, which may run 0.2 percent fast.
const FAST: Duration = Duration::from_millis(1200);
/// How long a runner that was made for no job must be connected to serve; so long the planner waits, too.
pub(super) const STAYS: Duration = Duration::from_mins(5);

/// What was spent so far.
#[derive(Default)]
pub(super) struct Spending(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// The runners that machines were made for.
    names: BTreeSet<String>,
    /// When machines were made for each job, without those on which another job ran.
    jobs: BTreeMap<i64, BTreeMap<String, Duration>>,
    pools: BTreeMap<String, Account>,
    /// When operators changed a pool.
    changes: Vec<Duration>,
}

/// What a pool spent.
#[derive(Default)]
struct Account {
    /// Machines since an operator changed the pool.
    made: Vec<Duration>,
    /// Machines for no job since then, or since a runner served.
    unasked: Vec<Duration>,
    served: bool,
}

/// A machine that the cloud has made.
pub(super) struct Bought<'a> {
    /// The runner that it is for.
    pub(super) name: &'a str,
    /// When, from the beginning.
    pub(super) at: Duration,
    /// The pool that it is of.
    pub(super) pool: &'a str,
    /// The most machines that the pool may make in ten minutes before a runner served.
    pub(super) pool_max: usize,
    /// How many idle runners the pool is to keep.
    pub(super) idle_wanted: usize,
    /// From when to when jobs waited for which an idle runner of the pool may have been kept, and then replaced although another pool ran the job.
    pub(super) jobs: &'a [(Duration, Duration)],
    /// The job that it is for, and whether the forge holds that job back.
    pub(super) job: Option<(i64, bool)>,
}

impl Spending {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A runner of the pool serves.
    pub(super) fn pool_serves(&self, pool: &str) {
        let mut inner = self.lock();
        let account = inner.pools.entry(pool.to_owned()).or_default();
        account.served = true;
        account.unasked.clear();
    }

    /// A runner takes a job. If that is not the one that its machine was made for, the machine was not made for nothing either.
    pub(super) fn job_begins(&self, pool: &str, name: &str, job: i64) {
        self.pool_serves(pool);
        for (_, machines) in self.lock().jobs.iter_mut().filter(|(made_for, _)| **made_for != job) {
            machines.remove(name);
        }
    }

    /// An operator changed something about the pool.
    pub(super) fn pool_is_changed(&self, at: Duration, pool: &str) {
        let mut inner = self.lock();
        inner.changes.push(at);
        let account = inner.pools.entry(pool.to_owned()).or_default();
        account.made.clear();
        account.unasked.clear();
    }

    /// How many machines were made in all.
    pub(super) fn made_in_all(&self) -> usize {
        self.lock().names.len()
    }

    /// How many machines were made for the job and did not run another one.
    pub(super) fn made_for(&self, job: i64) -> usize {
        self.lock().jobs.get(&job).map_or(0, BTreeMap::len)
    }

    /// Counts a machine. Answers the bounds that it breaks.
    pub(super) fn machine_is_made(&self, bought: &Bought<'_>) -> Vec<String> {
        let Bought { name, at: now, pool, pool_max, idle_wanted, jobs: queued, job } = *bought;
        let mut broken = Vec::new();
        let mut inner = self.lock();
        if !inner.names.insert(name.to_owned()) {
            return broken;
        }
        let account = inner.pools.entry(pool.to_owned()).or_default();
        account.made.push(now);
        let recent = account.made.iter().filter(|at| **at + UNPROVEN > now + FAST).count();
        if !account.served && recent > pool_max {
            broken
                .push(format!("{recent} machines in {} s of pool {pool}, which never served and may have {pool_max}", UNPROVEN.as_secs()));
        }
        let Some((job, held)) = job else {
            account.unasked.push(now);
            let since = account.unasked[0];
            let replaced = queued.iter().filter(|(queued, begun)| *queued <= now && *begun >= since).count();
            broken.extend(
                too_many(&account.unasked, idle_wanted, replaced)
                    .map(|what| format!("{what} for {idle_wanted} idle runners of pool {pool}")),
            );
            return broken;
        };
        let Inner { jobs, changes, .. } = &mut *inner;
        let machines = jobs.entry(job).or_default();
        machines.insert(name.to_owned(), now);
        let mut times: Vec<Duration> = machines.values().copied().collect();
        times.sort_unstable();
        let chances = changes.iter().filter(|at| **at >= times[0]).count();
        if held && times.len() > 1 {
            broken.push(format!("{} machines for job {job}, which the forge holds back", times.len()));
        }
        broken.extend(too_many(&times, 1, chances).map(|what| format!("{what} for job {job}")));
        broken
    }
}

/// Whether there are more machines than may be made for so many runners, with so many further chances.
fn too_many(times: &[Duration], runners: usize, chances: usize) -> Option<String> {
    let passed = times.last()?.saturating_sub(*times.first()?);
    let hours = passed.checked_sub(FIRST).map_or(0, |after| 1 + after.as_secs() / 3600);
    let each = FIRST_MAX + LATER_MAX * usize::try_from(hours).unwrap_or(usize::MAX / 4);
    (times.len() > each * runners + chances).then(|| format!("{} machines in {} s", times.len(), passed.as_secs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts machines that are made at these seconds; answers the last one's violations.
    fn last(spending: &Spending, seconds: &[u64], pool_max: usize, idle_wanted: usize, job: Option<(i64, bool)>) -> Vec<String> {
        let buy = |at: &u64| {
            let name = crate::crypto::random::uuid().to_string();
            spending.machine_is_made(&Bought {
                name: &name,
                at: Duration::from_secs(*at),
                pool: "a",
                pool_max,
                idle_wanted,
                jobs: &[],
                job,
            })
        };
        let broken: Vec<Vec<String>> = seconds.iter().map(buy).collect();
        let (last, before) = broken.split_last().expect("there are machines");
        assert!(before.iter().all(Vec::is_empty), "{before:?}");
        last.clone()
    }

    #[test]
    fn a_job_may_have_six_machines_first_and_two_an_hour_then() {
        let spending = Spending::default();
        let fine = [0, 1, 2, 3, 4, 1199, 1200, 1201, 4800, 4801];
        assert_eq!(last(&spending, &fine, 99, 0, Some((7, false))), Vec::<String>::new());
        assert_eq!(last(&spending, &[8399], 99, 0, Some((7, false))), ["11 machines in 8399 s for job 7"]);
        assert_eq!(last(&spending, &[0, 1, 2, 3, 4, 5, 6], 99, 0, Some((8, false))), ["7 machines in 6 s for job 8"]);
        assert_eq!(spending.made_for(8), 7);
        assert_eq!(last(&spending, &[0; 6], 99, 0, Some((9, false))), Vec::<String>::new());
        spending.pool_is_changed(Duration::from_secs(7), "b");
        assert_eq!(last(&spending, &[8], 99, 0, Some((9, false))), Vec::<String>::new());
        assert_eq!(last(&spending, &[9], 99, 0, Some((9, false))), ["8 machines in 9 s for job 9"]);
    }

    #[test]
    fn a_job_that_is_held_back_may_have_one() {
        let held = Some((7, true));
        assert_eq!(last(&Spending::default(), &[0, 900], 9, 0, held), ["2 machines for job 7, which the forge holds back"]);
    }

    #[test]
    fn an_idle_runner_may_cost_as_much_as_a_job_until_one_serves() {
        let spending = Spending::default();
        assert_eq!(last(&spending, &[0; 12], 99, 2, None), Vec::<String>::new());
        spending.pool_serves("a");
        assert_eq!(last(&spending, &[1; 13], 99, 2, None), ["13 machines in 0 s for 2 idle runners of pool a"]);
        spending.pool_is_changed(Duration::from_secs(2), "a");
        assert_eq!(last(&spending, &[2], 99, 2, None), Vec::<String>::new());
    }

    #[test]
    fn a_pool_that_never_served_may_make_its_maximum_in_ten_minutes() {
        let spending = Spending::default();
        assert_eq!(last(&spending, &[0, 0, 600], 2, 9, None), Vec::<String>::new());
        let broken = ["3 machines in 600 s of pool a, which never served and may have 2"];
        assert_eq!(last(&spending, &[601, 602], 2, 9, None), broken);
        spending.pool_serves("a");
        assert_eq!(last(&spending, &[603, 604], 2, 9, None), Vec::<String>::new());
    }

    #[test]
    fn an_idle_runner_may_be_replaced_for_each_job_that_waits_meanwhile() {
        let (spending, secs) = (Spending::default(), Duration::from_secs);
        // Queued long before and waiting, run before the first machine was made, run meanwhile, queued later.
        let jobs = [(secs(1), Duration::MAX), (secs(2), secs(9)), (secs(3), secs(11)), (secs(99), Duration::MAX)];
        let made = |name| {
            spending.machine_is_made(&Bought { name, at: secs(10), pool: "a", pool_max: 99, idle_wanted: 1, jobs: &jobs, job: None })
        };
        assert!(["1", "2", "3", "4", "5", "6", "7", "8"].into_iter().all(|name| made(name).is_empty()));
        assert_eq!(made("9"), ["9 machines in 0 s for 1 idle runners of pool a"]);
    }

    #[test]
    fn a_machine_on_which_another_job_ran_is_not_made_for_nothing() {
        let spending = Spending::default();
        let made = |name| Bought { name, at: Duration::ZERO, pool: "a", pool_max: 9, idle_wanted: 0, jobs: &[], job: Some((7, true)) };
        assert_eq!(spending.machine_is_made(&made("one")), Vec::<String>::new());
        spending.job_begins("a", "one", 7);
        assert_eq!(spending.made_for(7), 1, "its own job");
        spending.job_begins("a", "one", 8);
        assert_eq!(spending.machine_is_made(&made("two")), Vec::<String>::new());
        assert_eq!(spending.machine_is_made(&made("three")).len(), 1);
    }

    #[test]
    fn the_attempts_for_one_runner_count_as_one() {
        let spending = Spending::default();
        let attempt = Bought { name: "one", at: Duration::ZERO, pool: "a", pool_max: 1, idle_wanted: 1, jobs: &[], job: None };
        assert_eq!((spending.machine_is_made(&attempt), spending.machine_is_made(&attempt)), (Vec::new(), Vec::new()));
    }
}
