//! Runner sets: groups of runners of one shape. Each is a pool or a scale set.
//!
//! The planner and a new runner see this one shape only. Each kind has a variant of [`RunnerSetId`] and a conversion to [`RunnerSet`].

use std::time::Duration;

use super::{EntityId, Job, OsArch, OsType, Pool, PoolMemory, ProviderName, Reason, RunnerSetId, ScaleSet};
use crate::time::Timestamp;

/// Runners of one shape for one entity, made by one provider: the settings that all kinds of runner sets have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunnerSet {
    /// Identity.
    pub id: RunnerSetId,
    /// The entity its runners register with.
    pub entity_id: EntityId,
    /// The provider that makes the machines.
    pub provider: ProviderName,
    /// Operating system of the machines.
    pub os_type: OsType,
    /// Architecture of the machines.
    pub os_arch: OsArch,
    /// Labels the runners get; a job fits when all of its labels are among them, ignoring case. A scale set has none here.
    pub labels: Vec<String>,
    /// Whether runners are made at all.
    pub enabled: bool,
    /// Upper bound of machines, in every state.
    pub max_runners: u32,
    /// How many idle runners are kept ready.
    pub min_idle_runners: u32,
    /// How long a machine may take from creation to an idle runner.
    pub bootstrap_timeout: Duration,
    /// Prefix of runner names.
    pub runner_prefix: String,
    /// Runner group at the forge; empty = the default group.
    pub runner_group: String,
    /// Higher wins when several runner sets fit a job.
    pub priority: u32,
    /// Raised when a setting that shapes runners changes.
    pub generation: i64,
    /// Idle runners made before this generation are to be replaced.
    pub rotate_below: i64,
    /// How long the machine of a runner that failed is held for a look, one at a time; zero = none is held.
    pub keep_failed: Duration,
    /// Which of its machines were of use.
    pub memory: PoolMemory,
    /// When it was made.
    pub created_at: Timestamp,
}

impl From<&Pool> for RunnerSet {
    fn from(pool: &Pool) -> Self {
        Self {
            id: RunnerSetId::Pool(pool.id),
            entity_id: pool.entity_id,
            provider: pool.provider.clone(),
            os_type: pool.os_type,
            os_arch: pool.os_arch,
            labels: pool.tags.clone(),
            enabled: pool.enabled,
            max_runners: pool.max_runners,
            min_idle_runners: pool.min_idle_runners,
            bootstrap_timeout: pool.bootstrap_timeout,
            runner_prefix: pool.runner_prefix.clone(),
            runner_group: pool.runner_group.clone(),
            priority: pool.priority,
            generation: pool.generation,
            rotate_below: pool.rotate_below,
            keep_failed: pool.keep_failed,
            memory: pool.memory.clone(),
            created_at: pool.created_at,
        }
    }
}

impl From<&ScaleSet> for RunnerSet {
    fn from(scale_set: &ScaleSet) -> Self {
        Self {
            id: RunnerSetId::ScaleSet(scale_set.id),
            entity_id: scale_set.entity_id,
            provider: scale_set.provider.clone(),
            os_type: scale_set.os_type,
            os_arch: scale_set.os_arch,
            // No job gets to it by its labels: the service chooses.
            labels: Vec::new(),
            enabled: scale_set.enabled,
            max_runners: scale_set.max_runners,
            min_idle_runners: scale_set.min_idle_runners,
            bootstrap_timeout: scale_set.bootstrap_timeout,
            runner_prefix: scale_set.runner_prefix.clone(),
            runner_group: scale_set.runner_group.clone(),
            priority: 0,
            generation: scale_set.generation,
            rotate_below: scale_set.rotate_below,
            keep_failed: scale_set.keep_failed,
            memory: scale_set.memory.clone(),
            created_at: scale_set.created_at,
        }
    }
}

impl RunnerSet {
    /// Whether a job with these labels could run here: all of them are among the runners' labels, ignoring case. No labels fit nothing.
    #[must_use]
    pub fn fits(&self, labels: &[String]) -> bool {
        Pool::tags_fit(&self.labels, labels)
    }

    /// Whether the runner group is closed to the job's repository, as far as is known: the forge gives the job to no runner of this set.
    #[must_use]
    pub fn is_closed_to(&self, job: &Job, now: Timestamp) -> bool {
        self.closed_until(job, now).is_some()
    }

    /// Until when that is believed.
    #[must_use]
    pub fn closed_until(&self, job: &Job, now: Timestamp) -> Option<Timestamp> {
        if self.memory.closed_to.is_empty() { None } else { self.memory.closed_until(&job.repository_key(), now) }
    }

    /// Whether the job could run here, as far as is known: its labels fit, and the runner group is open to it.
    #[must_use]
    pub fn serves(&self, job: &Job, now: Timestamp) -> bool {
        self.fits(&job.labels) && !self.is_closed_to(job, now)
    }

    /// That it has as many runners as it may have.
    #[must_use]
    pub const fn full(&self) -> Reason {
        Reason::PoolsFull { set: self.id, max_runners: self.max_runners }
    }
}
