//! Why a job waits or a runner is as it is, in full: as data, and as sentences for people.

use std::time::Duration;

use super::words::words;
use super::{Reason, ReplicaId, RunnerName, RunnerSetId, WaitKind, group_named};
use crate::time::{Timestamp, spoken};

words! {
    /// How far a runner is.
    Stage {
        /// It is to be registered and made.
        Wanted = "wanted",
        /// The provider makes its machine.
        Creating = "creating",
        /// Its machine runs, and has not been heard of.
        Booting = "booting",
        /// It is being installed.
        Installing = "installing",
        /// It waits for a job.
        Idle = "idle",
        /// It works.
        Working = "working",
        /// Making its machine failed.
        Failed = "failed",
        /// It failed, and its machine is held for a look.
        Held = "held",
        /// It is being removed.
        Leaving = "leaving",
        /// Its machine does not run, or the forge lost contact with it.
        Lost = "lost",
    }
}

/// A runner, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunnerStage {
    /// The runner.
    pub runner: RunnerName,
    /// Its pool.
    pub set: RunnerSetId,
    /// How far it is.
    pub stage: Stage,
    /// Since when.
    pub since: Timestamp,
    /// When the next step is tried, or until when it is held.
    pub next_at: Option<Timestamp>,
    /// The last words of the provider or the forge; empty = there were none.
    pub fault: String,
}

/// A pool, seen from a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolWhy {
    /// The pool.
    pub set: RunnerSetId,
    /// The labels that it lacks; none = it fits.
    pub missing: Vec<String>,
    /// How many runners it has.
    pub runners: usize,
    /// Its maximum.
    pub max_runners: u32,
    /// What keeps it from making a machine now; always `None` where it does not fit.
    pub obstacle: Option<Reason>,
    /// Its runner group, where that is not open to the job's repository; empty = the default group.
    pub closed_group: Option<String>,
    /// A failed machine that takes a place, and until when it is held for a look.
    pub held: Option<(RunnerName, Timestamp)>,
}

/// A time that is not known yet, as the history tells it: four in five lie between the first and the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// One in ten is earlier.
    pub earliest: Timestamp,
    /// As many are earlier as later.
    pub likely: Timestamp,
    /// One in ten is later.
    pub latest: Timestamp,
}

/// Why there is no forecast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoForecast {
    /// It runs or is over.
    NotNeeded,
    /// The wait does not end by itself, or its end is not known.
    Open,
    /// No runner of the pool has become ready so far.
    NoStarts(RunnerSetId),
    /// No job like one of those before it was over so far.
    NoRuns,
}

/// The server that plans for an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseHolder {
    /// It.
    pub replica: ReplicaId,
    /// Whether it is alive.
    pub alive: bool,
}

/// Why a job waits, in full.
#[derive(Clone, Debug)]
pub struct JobWhy {
    /// The kind of reason; `None` = it does not wait.
    pub kind: Option<WaitKind>,
    /// The reason that the last plan recorded.
    pub reason: Option<Reason>,
    /// The pools of the entity that serves it, or could.
    pub pools: Vec<PoolWhy>,
    /// The runner that it counts on.
    pub runner: Option<RunnerStage>,
    /// How many waiting jobs come before it for the same pools; `None` = it is not in line.
    pub ahead: Option<usize>,
    /// When it will probably begin.
    pub begins: Result<Forecast, NoForecast>,
    /// Who plans for it.
    pub lease: Option<LeaseHolder>,
    /// The entity that serves it, where several have reported it.
    pub served_by: Option<String>,
}

/// Why a runner is as it is, in full.
#[derive(Clone, Debug)]
pub struct RunnerWhy {
    /// The reason that the last plan recorded.
    pub reason: Option<Reason>,
    /// How far it is.
    pub stage: RunnerStage,
    /// When it will probably be ready.
    pub ready: Result<Forecast, NoForecast>,
    /// Who plans for it.
    pub lease: Option<LeaseHolder>,
}

impl JobWhy {
    /// The answer in sentences, the cause first.
    #[must_use]
    pub fn sentences(&self, now: Timestamp) -> Vec<String> {
        let Some(kind) = self.kind else { return self.reason.iter().map(ToString::to_string).collect() };
        let mut told: Vec<String> =
            self.served_by.iter().map(|entity| format!("{entity} serves it, of the entities that reported it")).collect();
        if kind == WaitKind::NoServer {
            told.push(no_server(self.lease));
        }
        told.push(self.reason.as_ref().map_or_else(|| "nothing was planned for it yet".to_owned(), ToString::to_string));
        told.extend(self.runner.as_ref().map(|runner| runner.sentence(now)));
        told.extend(self.pools.iter().filter(|pool| pool.missing.is_empty()).map(PoolWhy::sentence));
        let (lacking, more) = self.lacking();
        told.extend(lacking.iter().map(|pool| pool.sentence()));
        if more > 0 {
            told.push(format!("{more} more pools lack labels"));
        }
        match self.ahead {
            Some(0) => told.push("it is the first in line for its pools".to_owned()),
            Some(1) => told.push("1 job is before it in line for the same pools".to_owned()),
            Some(ahead) => told.push(format!("{ahead} jobs are before it in line for the same pools")),
            None => {}
        }
        told.extend(forecast("it probably begins", &self.begins, now));
        told
    }

    /// The pools that lack labels, those that lack the fewest first; and how many more there are.
    fn lacking(&self) -> (Vec<&PoolWhy>, usize) {
        /// More of them say little.
        const SHOWN: usize = 5;
        let mut lacking: Vec<&PoolWhy> = self.pools.iter().filter(|pool| !pool.missing.is_empty()).collect();
        lacking.sort_by_key(|pool| (pool.missing.len(), pool.set));
        let more = lacking.len().saturating_sub(SHOWN);
        lacking.truncate(SHOWN);
        (lacking, more)
    }
}

impl RunnerWhy {
    /// The answer in sentences.
    #[must_use]
    pub fn sentences(&self, now: Timestamp) -> Vec<String> {
        let mut told = vec![self.stage.sentence(now)];
        told.extend(self.reason.as_ref().map(ToString::to_string));
        if self.lease.is_none_or(|lease| !lease.alive) {
            told.push(no_server(self.lease));
        }
        told.extend(forecast("it is probably ready", &self.ready, now));
        told
    }
}

impl RunnerStage {
    fn sentence(&self, now: Timestamp) -> String {
        let (name, set, since) = (&self.runner, self.set, spoken(now.since(self.since)));
        let state = match self.stage {
            Stage::Wanted => format!("has waited {since} to be registered and made"),
            Stage::Creating => format!("is being made by the provider, which was asked {since} ago"),
            Stage::Booting => format!("boots: its machine was made {since} ago and has not been heard of"),
            Stage::Installing => format!("has been installing for {since}"),
            Stage::Idle => format!("has been idle for {since}"),
            Stage::Working => format!("has worked for {since}"),
            Stage::Failed => format!("could not be made, {since} ago"),
            Stage::Held => format!("failed {since} ago, and its machine is held for a look"),
            Stage::Leaving => format!("has been on its way out for {since}"),
            Stage::Lost => format!("has been out of reach for {since}"),
        };
        let next = match (self.stage, self.next_at) {
            (_, None) => String::new(),
            (Stage::Held, Some(at)) => format!(", until {at}"),
            (_, Some(at)) => format!("; the next try is at {at}"),
        };
        let fault = if self.fault.is_empty() { String::new() } else { format!(": {}", self.fault) };
        format!("runner {name} of {set} {state}{next}{fault}")
    }
}

impl PoolWhy {
    fn sentence(&self) -> String {
        let Self { set, runners, max_runners, .. } = self;
        if !self.missing.is_empty() {
            return format!("{set} does not fit: it lacks {}", self.missing.join(", "));
        }
        if let Some(group) = &self.closed_group {
            return format!("{set} has the labels, but its {} is not open to the repository", group_named(group));
        }
        let obstacle = match &self.obstacle {
            None => format!("it has {runners} of {max_runners} runners"),
            Some(Reason::PoolsFull { .. }) => format!("it has its maximum of {max_runners} runners"),
            Some(Reason::PoolDisabled) => "it is disabled".to_owned(),
            Some(reason) => reason.to_string(),
        };
        let held = self.held.as_ref().map(|(runner, until)| format!("; the failed machine of {runner} takes a place until {until}"));
        format!("{set} fits: {obstacle}{}", held.unwrap_or_default())
    }
}

fn no_server(lease: Option<LeaseHolder>) -> String {
    match lease {
        Some(LeaseHolder { replica, .. }) => format!("no server plans for it now: server {replica}, which did last, is gone"),
        None => "no server has planned for its entity so far".to_owned(),
    }
}

fn forecast(what: &str, forecast: &Result<Forecast, NoForecast>, now: Timestamp) -> Option<String> {
    match forecast {
        Ok(Forecast { likely, latest, .. }) if latest.since(now) < Duration::from_secs(5) => Some(format!("{what} at once, at {likely}")),
        Ok(Forecast { earliest, likely, latest }) => {
            let (from, middle, to) = (spoken(earliest.since(now)), spoken(likely.since(now)), spoken(latest.since(now)));
            let spread = if from == to { String::new() } else { format!(" (between {from} and {to})") };
            Some(format!("{what} in {middle}{spread}"))
        }
        Err(NoForecast::NotNeeded) => None,
        Err(NoForecast::Open) => Some("when that ends cannot be told".to_owned()),
        Err(NoForecast::NoStarts(set)) => Some(format!("there is no forecast: {set} has no history of starts yet")),
        Err(NoForecast::NoRuns) => Some("there is no forecast: there is no history yet of how long the jobs before it take".to_owned()),
    }
}
