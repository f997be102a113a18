//! `garm simulate fuzz`: trials of many seeds; for one that fails, the shortest script of faults that still does.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;

use clap::Args;
use serde::Serialize;

use crate::cli::output::{Format, line, note, spinner};
use crate::cli::{Context, Error};
use crate::crypto::random;
use crate::trial::faults::Fault;
use crate::trial::fuzz::{self, Failure, Tally, Verdict};
use crate::trial::scenario::Scenario;

/// How many lines of a trial that failed are shown.
const LINES_SHOWN: usize = 60;

/// Attacks the engine with everything that can go wrong, seed after seed.
#[derive(Debug, Args)]
pub(in crate::cli) struct FuzzArgs {
    /// How many seeds
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// The first of them [default: chance]
    #[arg(long)]
    first_seed: Option<u64>,
    /// Trials of 250 jobs each: deliveries are lost, late and doubled, and servers are killed
    #[arg(long)]
    large: bool,
    /// How many trials run at the same time [default: one for each processor]
    #[arg(long)]
    threads: Option<usize>,
    /// Show everything that happened in a trial that failed, or, of a single seed, in any case
    #[arg(long)]
    trace: bool,
}

/// The JSON output.
#[derive(Serialize)]
struct Summary<'a> {
    first_seed: u64,
    trials: u64,
    failed: &'a [u64],
    injected: BTreeMap<&'static str, u64>,
    jobs: u64,
    creations: u64,
    forge_calls: u64,
    virtual_seconds: u64,
}

impl FuzzArgs {
    pub(in crate::cli) fn run(self, context: &Context) -> Result<(), Error> {
        // Short enough to be typed.
        let first = self.first_seed.unwrap_or_else(|| random::seed() >> 24);
        let threads = self.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        let bar = spinner("trials");
        let failed: Mutex<Vec<Verdict>> = Mutex::default();
        let tally = fuzz::run_many(self.plan(), first, self.seeds, threads, |verdict, done| {
            bar.set_message(format!("{done} of {} trials", self.seeds));
            if !verdict.passed() {
                // At once, so that nothing is lost when a person stops the rest.
                bar.suspend(|| note(&format!("seed {} failed: {}", verdict.seed, verdict.violations.first().map_or("", String::as_str))));
            }
            if !verdict.passed() || (self.trace && self.seeds == 1) {
                failed.lock().unwrap_or_else(PoisonError::into_inner).push(verdict.clone());
            }
            true
        });
        bar.finish_and_clear();
        let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
        for verdict in failed.iter().filter(|verdict| self.trace || !verdict.passed()).take(3) {
            self.show(verdict)?;
        }
        report(context, first, &tally)?;
        if tally.failed.is_empty() {
            return Ok(());
        }
        Err(Error::new(format!("{} of {} trials failed", tally.failed.len(), tally.trials)).hint(format!(
            "garm simulate fuzz --seeds 1 --first-seed {}{} --trace repeats the first of them",
            tally.failed[0],
            if self.large { " --large" } else { "" }
        )))
    }

    fn plan(&self) -> fuzz::Plan {
        if self.large { Scenario::large } else { Scenario::mixed }
    }

    fn show(&self, verdict: &Verdict) -> Result<(), Error> {
        if verdict.passed() {
            return verdict.lines.iter().try_for_each(|text| line(text));
        }
        let shortest = if self.large { verdict.clone() } else { shortest(verdict)? };
        for violation in &shortest.violations {
            line(&format!("  {violation}"))?;
        }
        let script: Vec<String> = shortest.injected.iter().map(ToString::to_string).collect();
        line(&format!("  faults: {}", if script.is_empty() { "none".to_owned() } else { script.join(" ") }))?;
        let skipped = if self.trace { 0 } else { shortest.lines.len().saturating_sub(LINES_SHOWN) };
        if skipped > 0 {
            line(&format!("  ... {skipped} lines (--trace shows them)"))?;
        }
        shortest.lines.iter().skip(skipped).try_for_each(|text| line(&format!("  {text}")))
    }
}

/// The trial with the fewest faults that still fails.
fn shortest(verdict: &Verdict) -> Result<Verdict, Error> {
    note(&format!("seed {} failed; looking for the shortest script of faults that still does", verdict.seed));
    // On a thread of its own, because a trial brings its own runtime.
    let Failure { first, shortest } = std::thread::scope(|scope| scope.spawn(|| fuzz::shrink(verdict.clone())).join())
        .map_err(|_| Error::new("the search for a shorter script failed"))?;
    line(&format!("seed {}: {} faults at first, {} are enough", first.seed, first.injected.len(), shortest.injected.len()))?;
    Ok(shortest)
}

fn report(context: &Context, first: u64, tally: &Tally) -> Result<(), Error> {
    if context.out.format == Format::Json {
        let summary = Summary {
            first_seed: first,
            trials: tally.trials,
            failed: &tally.failed,
            injected: tally.injected.iter().map(|(fault, count)| (fault.as_str(), *count)).collect(),
            jobs: tally.jobs,
            creations: tally.creates,
            forge_calls: tally.forge_calls,
            virtual_seconds: tally.lasted.as_secs(),
        };
        return context.out.object(&summary, &[]);
    }
    for fault in Fault::ALL {
        line(&format!("{:>24} {}", fault.as_str(), tally.injected.get(fault).copied().unwrap_or_default()))?;
    }
    line(&format!("seeds {first} to {}: {tally}", first.wrapping_add(tally.trials.saturating_sub(1))))
}
