//! Why a job waits or a runner is as it is, in full. Only in replies about one job or one runner.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{is_default, pool_id, scale_set_id};
use crate::model::{self, NoForecast};
use crate::time::Timestamp;

/// The decision about a waiting job or a runner.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Decision {
    /// The kind of reason for which a job waits; the words that `garm_jobs_waiting` counts by.
    #[serde(skip_serializing_if = "is_default")]
    pub kind: String,
    /// The reason that the last plan recorded: an object whose `reason` names it, with its values.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub reason: Option<serde_json::Value>,
    /// The pools of the entity that serves the job; those that fit come first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pools: Vec<PoolDecision>,
    /// The runner itself, or the one that the job counts on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runner: Option<RunnerStage>,
    /// How many waiting jobs come before it for the same pools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ahead: Option<usize>,
    /// When the job probably begins, or the runner is probably ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forecast: Option<Forecast>,
    /// Why there is no forecast: `open` (the wait does not end by itself), `no_starts` or `no_runs` (there is no history yet).
    #[serde(skip_serializing_if = "is_default")]
    pub no_forecast: String,
    /// The server that plans for it.
    #[serde(skip_serializing_if = "is_default")]
    pub server: String,
    /// Whether that server is alive.
    #[serde(skip_serializing_if = "is_default")]
    pub server_alive: bool,
    /// The entity that serves the job, where several have reported it.
    #[serde(skip_serializing_if = "is_default")]
    pub served_by: String,
    /// All of it in sentences, the cause first.
    pub told: Vec<String>,
}

/// A pool or scale set, seen from a job.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PoolDecision {
    /// The pool; absent for a scale set.
    #[serde(skip_serializing_if = "is_default")]
    pub pool_id: String,
    /// The number of the scale set; absent for a pool.
    #[serde(skip_serializing_if = "is_default")]
    pub scale_set_id: i64,
    /// The labels that it lacks; none = it fits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// How many runners it has.
    pub runners: usize,
    /// Its maximum.
    pub max_runners: u32,
    /// What keeps it from making a machine now: an object whose `reason` names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub obstacle: Option<serde_json::Value>,
    /// Its runner group, where that is not open to the job's repository; empty = the default group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_group: Option<String>,
    /// A runner that failed, whose machine is held for a look and takes a place.
    #[serde(skip_serializing_if = "is_default")]
    pub held: String,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub held_until: Option<Timestamp>,
}

/// A runner, and how far it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct RunnerStage {
    /// Its name.
    pub name: String,
    /// Its pool.
    #[serde(skip_serializing_if = "is_default")]
    pub pool_id: String,
    /// The number of its scale set.
    #[serde(skip_serializing_if = "is_default")]
    pub scale_set_id: i64,
    /// How far it is: `wanted`, `creating`, `booting`, `installing`, `idle`, `working`, `failed`, `held`, `leaving` or `lost`.
    pub stage: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// When the next step is tried, or until when it is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Timestamp>,
    /// The last words of the provider or the forge.
    #[serde(skip_serializing_if = "is_default")]
    pub fault: String,
}

/// A time that is not known yet: in eight cases of ten it lies between the first and the last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Forecast {
    /// One in ten is earlier.
    #[schema(value_type = String, format = DateTime)]
    pub earliest: Timestamp,
    /// As many are earlier as later.
    #[schema(value_type = String, format = DateTime)]
    pub likely: Timestamp,
    /// One in ten is later.
    #[schema(value_type = String, format = DateTime)]
    pub latest: Timestamp,
}

impl Decision {
    /// Of a job.
    #[must_use]
    pub fn of_job(why: &model::JobWhy, now: Timestamp) -> Self {
        Self {
            kind: why.kind.map(|kind| kind.to_string()).unwrap_or_default(),
            reason: why.reason.as_ref().map(as_object),
            pools: why.pools.iter().map(PoolDecision::from).collect(),
            runner: why.runner.as_ref().map(RunnerStage::from),
            ahead: why.ahead,
            served_by: why.served_by.clone().unwrap_or_default(),
            told: why.sentences(now),
            ..Self::with(&why.begins, why.lease)
        }
    }

    /// Of a runner.
    #[must_use]
    pub fn of_runner(why: &model::RunnerWhy, now: Timestamp) -> Self {
        Self {
            reason: why.reason.as_ref().map(as_object),
            runner: Some(RunnerStage::from(&why.stage)),
            told: why.sentences(now),
            ..Self::with(&why.ready, why.lease)
        }
    }

    fn with(forecast: &Result<model::Forecast, NoForecast>, lease: Option<model::LeaseHolder>) -> Self {
        let missing = match forecast {
            Ok(_) | Err(NoForecast::NotNeeded) => "",
            Err(NoForecast::Open) => "open",
            Err(NoForecast::NoStarts(_)) => "no_starts",
            Err(NoForecast::NoRuns) => "no_runs",
        };
        Self {
            forecast: forecast.as_ref().ok().map(|told| Forecast { earliest: told.earliest, likely: told.likely, latest: told.latest }),
            no_forecast: missing.to_owned(),
            server: lease.map(|lease| lease.replica.to_string()).unwrap_or_default(),
            server_alive: lease.is_some_and(|lease| lease.alive),
            ..Self::default()
        }
    }
}

impl From<&model::PoolWhy> for PoolDecision {
    fn from(why: &model::PoolWhy) -> Self {
        Self {
            pool_id: pool_id(why.set),
            scale_set_id: scale_set_id(why.set),
            missing: why.missing.clone(),
            runners: why.runners,
            max_runners: why.max_runners,
            obstacle: why.obstacle.as_ref().map(as_object),
            closed_group: why.closed_group.clone(),
            held: why.held.as_ref().map(|(runner, _)| runner.to_string()).unwrap_or_default(),
            held_until: why.held.as_ref().map(|(_, until)| *until),
        }
    }
}

impl From<&model::RunnerStage> for RunnerStage {
    fn from(stage: &model::RunnerStage) -> Self {
        Self {
            name: stage.runner.to_string(),
            pool_id: pool_id(stage.set),
            scale_set_id: scale_set_id(stage.set),
            stage: stage.stage.to_string(),
            since: stage.since,
            next_at: stage.next_at,
            fault: stage.fault.clone(),
        }
    }
}

fn as_object(reason: &model::Reason) -> serde_json::Value {
    serde_json::to_value(reason).expect("a reason is plain data")
}
