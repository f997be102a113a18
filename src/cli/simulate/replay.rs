//! `garm simulate replay`: how long jobs would have waited, and what machines would have cost, under settings to be tried.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgGroup, Args};
use serde::Serialize;

use crate::cli::output::{Format, comparison_table, line, note, spinner};
use crate::cli::{Context, Error, read_file};
use crate::config::{closest_key, read_toml};
use crate::replay::policy::{KEYS, PolicyFile};
use crate::replay::report::Report;
use crate::replay::synthetic::Synthetic;
use crate::replay::{self, Load, Policy, Replay, history};
use crate::time::Timestamp;

/// Replays a history of jobs, or a synthetic load, against pool settings.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("load").args(["history", "synthetic"]).required(true))]
pub(in crate::cli) struct ReplayArgs {
    /// The jobs, in CSV or JSON lines; docs/simulate.md describes both
    history: Option<PathBuf>,
    /// Jobs by chance instead, such as jobs-per-hour=60,hours=24,duration=5m,p99=20m,labels=linux;x64,shape=workday; several add up
    #[arg(long, value_name = "SPEC")]
    synthetic: Vec<Synthetic>,
    /// A file with the settings to try; several are compared
    #[arg(long, value_name = "FILE", required = true)]
    policy: Vec<PathBuf>,
    /// Draw queue, machines and waits over time
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
    /// Decides what is left to chance; the same seed gives the same result
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// The JSON output.
#[derive(Serialize)]
struct Comparison<'a> {
    seed: u64,
    jobs: usize,
    first_queued_at: Timestamp,
    last_queued_at: Timestamp,
    policies: Vec<&'a Report>,
}

impl ReplayArgs {
    pub(in crate::cli) fn run(self, context: &Context) -> Result<(), Error> {
        let load = self.load()?;
        let policies = self.policy.iter().map(|path| read_policy(path)).collect::<Result<Vec<_>, _>>()?;
        if let Some(twice) = policies.iter().enumerate().find(|(at, policy)| policies[..*at].iter().any(|other| other.name == policy.name))
        {
            return Err(Error::new(format!("two policies have the name {:?}", twice.1.name)).hint("give them names that tell them apart"));
        }
        let bar = spinner(&format!("replaying {} jobs", load.jobs().len()));
        let replays = replay::compare(&load, policies, self.seed);
        bar.finish_and_clear();
        self.show(context, &load, &replays)?;
        if let Some(path) = &self.plot {
            fs::write(path, replay::plot::plot(&load, &replays))
                .map_err(|fault| Error::from_fault(&format!("cannot write {}", path.display()), &fault))?;
            note(&format!("drawn in {}", path.display()));
        }
        let violated: Vec<&str> = replays.iter().flat_map(|replay| &replay.report.violations).map(String::as_str).collect();
        if violated.is_empty() {
            return Ok(());
        }
        Err(Error::new(format!("this must never happen: {}", violated.join("; ")))
            .hint("this is a defect of garm: please report it with the history, the policy and the seed"))
    }

    fn load(&self) -> Result<Load, Error> {
        let Some(path) = &self.history else {
            // Each has a seed of its own, so that the others stay the same when one is added.
            let jobs = (0..).zip(&self.synthetic).flat_map(|(number, synthetic)| synthetic.jobs(self.seed.wrapping_add(number << 32)));
            return Load::new(jobs.collect())
                .ok_or_else(|| Error::new("by chance there is no job at all").hint("ask for more jobs or hours"));
        };
        let history = history::read(path, &read_text(path)?).map_err(|fault| Error::new(fault.to_string()))?;
        if !history.ignored.is_empty() {
            let ignored: Vec<&str> = history.ignored.iter().map(String::as_str).collect();
            note(&format!("{}: not used: {}", path.display(), ignored.join(", ")));
        }
        Load::new(history.jobs).ok_or_else(|| Error::new(format!("{}: there are no jobs in it", path.display())))
    }

    fn show(&self, context: &Context, load: &Load, replays: &[Replay]) -> Result<(), Error> {
        let reports: Vec<&Report> = replays.iter().map(|replay| &replay.report).collect();
        if context.out.format == Format::Json {
            let comparison = Comparison {
                seed: self.seed,
                jobs: load.jobs().len(),
                first_queued_at: load.began_at(),
                last_queued_at: load.ended_at(),
                policies: reports,
            };
            return context.out.object(&comparison, &[]);
        }
        let header: Vec<&str> = std::iter::once("").chain(reports.iter().map(|report| report.policy.as_str())).collect();
        line(&comparison_table(&header, &rows(&reports)))?;
        for report in reports {
            for group in &report.not_served {
                note(&format!("{}: {} jobs with {} were not served: {}", report.policy, group.jobs, group.labels.join(" "), group.reason));
            }
        }
        Ok(())
    }
}

fn read_text(path: &Path) -> Result<String, Error> {
    String::from_utf8(read_file(path)?).map_err(|_| Error::new(format!("{} is not text in UTF-8", path.display())))
}

fn read_policy(path: &Path) -> Result<Policy, Error> {
    let (file, unknown): (PolicyFile, _) = read_toml(path, &read_text(path)?)?;
    // In a server's configuration a key without effect may be one of another version; here it would falsify the comparison.
    if let Some(key) = unknown.first() {
        let hint =
            closest_key(key, KEYS).map_or_else(|| format!("there are {}", KEYS.join(", ")), |known| format!("did you mean {known}?"));
        return Err(Error::new(format!("{}: unknown key {key}", path.display())).hint(hint));
    }
    let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    file.check(&name).map_err(|wrong| Error::new(format!("{}: {} = {}: {}", path.display(), wrong.key, wrong.value, wrong.allowed)))
}

/// A row for each measure, a column for each policy.
fn rows(reports: &[&Report]) -> Vec<Vec<String>> {
    let row = |name: &str, value: &dyn Fn(&Report) -> String| {
        std::iter::once(name.to_owned()).chain(reports.iter().map(|report| value(report))).collect::<Vec<_>>()
    };
    let mut rows = vec![
        row("Jobs served", &|report| report.served.to_string()),
        row("Jobs not served", &|report| (report.jobs - report.served).to_string()),
        row("Wait p50", &|report| seconds(report.wait_seconds.p50)),
        row("Wait p90", &|report| seconds(report.wait_seconds.p90)),
        row("Wait p99", &|report| seconds(report.wait_seconds.p99)),
        row("Wait max", &|report| seconds(report.wait_seconds.max)),
        row("Cost", &|report| format!("{:.2}", report.cost)),
        row("Utilisation", &|report| format!("{:.1} %", report.utilisation * 100.0)),
        row("Machine hours", &|report| format!("{:.1}", report.machine_hours.total)),
        row("  busy", &|report| format!("{:.1}", report.machine_hours.busy)),
        row("  idle", &|report| format!("{:.1}", report.machine_hours.idle)),
        row("  starting, ending", &|report| format!("{:.1}", report.machine_hours.starting + report.machine_hours.ending)),
        row("Machines", &|report| report.machines.to_string()),
        row("Machines at the peak", &|report| report.peak_machines.to_string()),
        row("Provider calls", &|report| report.provider_calls.to_string()),
        row("Forge calls", &|report| report.forge_calls.to_string()),
        row("Hours measured", &|report| format!("{:.1}", report.hours)),
    ];
    // Policies need not have the same pools.
    let mut pools: Vec<&str> = Vec::new();
    for pool in reports.iter().flat_map(|report| &report.pools) {
        if !pools.contains(&pool.name.as_str()) {
            pools.push(&pool.name);
        }
    }
    for name in pools.iter().filter(|_| pools.len() > 1) {
        rows.push(row(&format!("Pool {name}: cost"), &|report| {
            let pool = report.pools.iter().find(|pool| pool.name == *name);
            pool.map(|pool| format!("{:.2} ({:.1} h, peak {})", pool.cost, pool.machine_hours, pool.peak_machines)).unwrap_or_default()
        }));
    }
    rows
}

/// `0.7 s`, `54 s`, `12 min 3 s`, `3 h 4 min`.
fn seconds(seconds: f64) -> String {
    let whole = Duration::from_secs_f64(seconds.round()).as_secs();
    match whole {
        0..10 => format!("{seconds:.1} s"),
        10..120 => format!("{whole} s"),
        120..7200 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_told_as_people_tell_them() {
        let told = [0.04, 9.44, 54.4, 119.6, 723.0, 11_040.0].map(seconds);
        assert_eq!(told, ["0.0 s", "9.4 s", "54 s", "2 min 0 s", "12 min 3 s", "3 h 4 min"]);
    }
}
