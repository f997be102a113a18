//! The output of the demo: each event as it happens, and how long each step took.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::cli::{Error, output};
use crate::model::JobStatus;
use crate::sim::{Conclusion, Forge, Job, State};
use crate::time::Timestamp;

/// One line of the story.
pub(super) fn say(what: &str, more: &str) {
    output::note(&if more.is_empty() { format!("==> {what}") } else { format!("==> {what}: {more}") });
}

/// The jobs as the forge sees them.
pub(super) struct Story {
    forge: Forge,
    ids: Vec<i64>,
    told: BTreeMap<i64, JobStatus>,
    /// When each job's runner was registered and first connected.
    runners: BTreeMap<String, (Timestamp, Option<Timestamp>)>,
}

impl Story {
    pub(super) fn begin(forge: Forge, ids: Vec<i64>) -> Self {
        Self { forge, told: ids.iter().map(|id| (*id, JobStatus::Queued)).collect(), ids, runners: BTreeMap::new() }
    }

    fn jobs(&self, state: &State) -> Vec<Job> {
        self.ids.iter().filter_map(|id| state.find_job(*id).cloned()).collect()
    }

    /// Tells every change until the condition holds.
    pub(super) async fn follow_until(&mut self, holds: impl Fn(&[Job]) -> bool) {
        loop {
            let (told, runners) = (self.told.clone(), self.runners.clone());
            let forge = self.forge.clone();
            let ids = self.ids.clone();
            forge
                .wait_until(|state| {
                    let jobs: Vec<&Job> = ids.iter().filter_map(|id| state.find_job(*id)).collect();
                    let jobs_changed = jobs.iter().any(|job| told.get(&job.id) != Some(&job.status));
                    let runners_changed =
                        state.runners().any(|runner| runners.get(&runner.name) != Some(&(runner.registered_at, runner.connected_at)));
                    jobs_changed || runners_changed || holds(&jobs.into_iter().cloned().collect::<Vec<_>>())
                })
                .await;
            let jobs = forge.read(|state| {
                for runner in state.runners() {
                    self.runners.insert(runner.name.clone(), (runner.registered_at, runner.connected_at));
                }
                self.jobs(state)
            });
            for job in &jobs {
                if self.told.insert(job.id, job.status) != Some(job.status) {
                    tell(job);
                }
            }
            if holds(&jobs) {
                return;
            }
        }
    }

    /// Checks that every job succeeded and that its steps printed the expected line.
    pub(super) fn check(&self) -> Result<(), Error> {
        for job in self.forge.read(|state| self.jobs(state)) {
            if job.conclusion != Some(Conclusion::Success) {
                let how = job.conclusion.map_or("no conclusion", Conclusion::as_str);
                return Err(Error::new(format!("job {} ended with {how}:\n{}", job.name, job.log())));
            }
            let on = job.runner.as_ref().map(|runner| runner.name.clone()).unwrap_or_default();
            if !job.log().contains(&format!("building on {on}")) {
                return Err(Error::new(format!("job {} did not print the expected line:\n{}", job.name, job.log())));
            }
        }
        Ok(())
    }

    /// How long each step of each job took.
    pub(super) fn print_table(&self) -> Result<(), Error> {
        let mut lines =
            vec![format!("{:<10} {:<22} {:>12} {:>12} {:>12} {:>12}", "JOB", "RUNNER", "REGISTERED", "CONNECTED", "RUNNING", "DONE")];
        for job in self.forge.read(|state| self.jobs(state)) {
            let name = job.runner.as_ref().map(|runner| runner.name.clone()).unwrap_or_default();
            let (registered, connected) = self.runners.get(&name).copied().map_or((None, None), |(at, connected)| (Some(at), connected));
            let after =
                |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), |at| format!("+{:.3} s", at.since(job.queued_at).as_secs_f64()));
            lines.push(format!(
                "{:<10} {:<22} {:>12} {:>12} {:>12} {:>12}",
                job.name,
                name,
                after(registered),
                after(connected),
                after(job.started_at),
                after(job.completed_at)
            ));
        }
        say("how long after it was queued", "");
        output::line(&lines.join("\n"))
    }
}

fn tell(job: &Job) {
    let on = job.runner.as_ref().map(|runner| runner.name.as_str()).unwrap_or_default();
    match job.status {
        JobStatus::Queued => {}
        JobStatus::InProgress => {
            say(&format!("{} runs", job.name), &format!("on {on}, {:.3} s after it was queued", since_queued(job, job.started_at)));
        }
        JobStatus::Completed => say(&format!("{} is done", job.name), job.conclusion.map_or("", Conclusion::as_str)),
    }
}

fn since_queued(job: &Job, at: Option<Timestamp>) -> f64 {
    at.map_or(Duration::ZERO, |at| at.since(job.queued_at)).as_secs_f64()
}

/// When the server was told of jobs, and how.
pub(super) struct Told {
    at: Vec<Timestamp>,
    how: &'static str,
}

impl Told {
    /// When the deliveries that queued jobs were accepted.
    pub(super) fn delivered(forge: &Forge, jobs: &[i64]) -> Self {
        let deliveries = forge.deliveries();
        let queued = deliveries.iter().filter(|delivery| delivery.action == JobStatus::Queued && jobs.contains(&delivery.job_id));
        let mut at: Vec<Timestamp> = queued
            .filter_map(|delivery| delivery.attempts.iter().find(|attempt| attempt.outcome.is_accepted()))
            .map(|attempt| attempt.at.after(attempt.took))
            .collect();
        at.sort_unstable();
        Self { at, how: "delivery accepted" }
    }

    /// When jobs were queued: the service assigns them at once, as it is promised enough runners.
    pub(super) fn assigned(forge: &Forge, jobs: &[i64]) -> Self {
        let mut at: Vec<Timestamp> = jobs.iter().filter_map(|id| forge.job(*id)).map(|job| job.queued_at).collect();
        at.sort_unstable();
        Self { at, how: "job assigned" }
    }
}

/// From the n-th word of a job to the n-th start of the provider: the delay of the server, with its calls to the forge.
pub(super) fn print_latency(told: &Told, started: &[Timestamp], killed: bool) -> Result<(), Error> {
    if killed {
        return Ok(());
    }
    let mut spans: Vec<Duration> = told.at.iter().zip(started).map(|(told, started)| started.since(*told)).collect();
    spans.sort_unstable();
    let (Some(least), Some(most)) = (spans.first(), spans.last()) else { return Err(Error::new("no provider was started")) };
    let ms = |span: &Duration| format!("{:.1} ms", span.as_secs_f64() * 1000.0);
    let median = &spans[spans.len() / 2];
    output::line(&format!(
        "{} to provider process started: {} (median; least {}, most {}), with a call to the forge in between",
        told.how,
        ms(median),
        ms(least),
        ms(most)
    ))
}
