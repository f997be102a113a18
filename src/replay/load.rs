//! The jobs of a replay, each with the time when it was queued.

use std::time::Duration;

use crate::time::Timestamp;

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// When it was queued.
    pub queued_at: Timestamp,
    /// Labels that a runner must have to take it.
    pub labels: Vec<String>,
    /// How long it ran.
    pub duration: Duration,
}

/// Jobs in the order in which they were queued; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load(Vec<Job>);

impl Load {
    /// Puts jobs in order; `None` when there are none.
    #[must_use]
    pub fn new(mut jobs: Vec<Job>) -> Option<Self> {
        jobs.sort_by_key(|job| job.queued_at);
        (!jobs.is_empty()).then_some(Self(jobs))
    }

    /// The jobs.
    #[must_use]
    pub fn jobs(&self) -> &[Job] {
        &self.0
    }

    /// When the first job was queued.
    #[must_use]
    pub fn began_at(&self) -> Timestamp {
        self.0[0].queued_at
    }

    /// When the last job was queued.
    #[must_use]
    pub fn ended_at(&self) -> Timestamp {
        self.0[self.0.len() - 1].queued_at
    }
}
