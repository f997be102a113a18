//! Many seeds, and for one that fails the shortest script of faults that still does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::faults::{Fault, Faults, Injection};
use super::run::on_virtual_time;
use super::scenario::Scenario;
use super::state::Trial;

/// How many shorter scripts are tried.
const SHRINK_RUNS: usize = 120;

/// The result of one trial.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The seed.
    pub seed: u64,
    /// Violations of what must never happen; empty = passed.
    pub violations: Vec<String>,
    /// The faults that struck.
    pub injected: Vec<Injection>,
    /// Equal for equal trials.
    pub hash: u64,
    /// How much virtual time passed.
    pub lasted: Duration,
    /// How many jobs were queued.
    pub jobs: usize,
    /// How many machines were asked for.
    pub creates: u64,
    /// How many calls the forge got.
    pub forge_calls: u64,
    /// What happened, line by line.
    pub lines: Vec<String>,
}

impl Verdict {
    /// Whether nothing was violated.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.violations.is_empty()
    }
}

/// Runs one trial.
///
/// # Panics
/// When the runtime cannot be built or the database in memory fails by itself.
#[must_use]
pub fn run(scenario: Scenario, script: Option<BTreeSet<Injection>>) -> Verdict {
    let seed = scenario.seed;
    let faults = Faults::new(seed, scenario.rates.clone(), script);
    on_virtual_time(seed, async {
        let trial = Trial::set_up(scenario, faults).await.expect("the database in memory works");
        trial.run().await.expect("the database in memory works");
        let ledger = std::mem::take(&mut *trial.ledger());
        Verdict {
            seed,
            violations: ledger.violations,
            injected: trial.faults.done(),
            hash: ledger.hash,
            lasted: trial.passed(),
            jobs: trial.scenario.jobs.len(),
            creates: ledger.creates.values().map(|count| u64::from(*count)).sum(),
            forge_calls: trial.forge_calls.load(Ordering::SeqCst),
            lines: ledger.lines,
        }
    })
}

/// Runs the trial of a seed.
#[must_use]
pub fn run_seed(seed: u64) -> Verdict {
    run(Scenario::mixed(seed), None)
}

/// Which scenario a seed stands for.
pub type Plan = fn(u64) -> Scenario;

/// A trial that failed, with the shortest script found that still fails.
#[derive(Clone, Debug)]
pub struct Failure {
    /// As it first failed.
    pub first: Verdict,
    /// With the faults that are needed for it.
    pub shortest: Verdict,
}

/// Leaves out faults as long as the trial still fails.
#[must_use]
pub fn shrink(first: Verdict) -> Failure {
    let mut shortest = first.clone();
    let mut runs = 0;
    let mut chunk = shortest.injected.len().div_ceil(2).max(1);
    while runs < SHRINK_RUNS && !shortest.injected.is_empty() {
        let mut shorter = None;
        for start in (0..shortest.injected.len()).step_by(chunk) {
            let kept = shortest.injected.iter().enumerate().filter(|(at, _)| !(start..start + chunk).contains(at));
            let script: BTreeSet<Injection> = kept.map(|(_, injection)| *injection).collect();
            runs += 1;
            let verdict = run(Scenario::mixed(first.seed), Some(script));
            if !verdict.passed() && verdict.injected.len() < shortest.injected.len() {
                shorter = Some(verdict);
                break;
            }
            if runs >= SHRINK_RUNS {
                break;
            }
        }
        match shorter {
            Some(verdict) => {
                shortest = verdict;
                chunk = chunk.min(shortest.injected.len().max(1));
            }
            None if chunk == 1 => break,
            None => chunk = chunk.div_ceil(2),
        }
    }
    Failure { first, shortest }
}

/// The result of many trials.
#[derive(Debug, Default)]
pub struct Tally {
    /// How many trials there were.
    pub trials: u64,
    /// The seeds that failed.
    pub failed: Vec<u64>,
    /// How often each fault struck.
    pub injected: BTreeMap<Fault, u64>,
    /// Virtual time of all trials.
    pub lasted: Duration,
    /// Jobs of all trials.
    pub jobs: u64,
    /// Machines asked for in all trials.
    pub creates: u64,
    /// Calls to the forge in all trials.
    pub forge_calls: u64,
}

impl Tally {
    fn add(&mut self, verdict: &Verdict) {
        self.trials += 1;
        if !verdict.passed() {
            self.failed.push(verdict.seed);
        }
        for injection in &verdict.injected {
            *self.injected.entry(injection.fault).or_default() += 1;
        }
        self.lasted += verdict.lasted;
        self.jobs += verdict.jobs as u64;
        self.creates += verdict.creates;
        self.forge_calls += verdict.forge_calls;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults: u64 = self.injected.values().sum();
        write!(
            f,
            "{} trials, {} failed; {} jobs, {} creations, {} forge calls, {faults} faults in {:.1} h of virtual time",
            self.trials,
            self.failed.len(),
            self.jobs,
            self.creates,
            self.forge_calls,
            self.lasted.as_secs_f64() / 3600.0
        )
    }
}

/// Runs the trials of `count` seeds from `first` on as many threads as given. `seen` gets each verdict and ends the run with `false`.
pub fn run_many(plan: Plan, first: u64, count: u64, threads: usize, seen: impl Fn(&Verdict, u64) -> bool + Sync) -> Tally {
    let next = AtomicU64::new(0);
    let tally = Mutex::new(Tally::default());
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::SeqCst);
                    if index >= count {
                        return;
                    }
                    let verdict = run(plan(first.wrapping_add(index)), None);
                    let done = {
                        let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
                        tally.add(&verdict);
                        tally.trials
                    };
                    if !seen(&verdict, done) {
                        next.store(count, Ordering::SeqCst);
                        return;
                    }
                }
            });
        }
    });
    let mut tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    tally.failed.sort_unstable();
    tally
}
