//! Workflow runs. A run is what its jobs are.

use super::job::{Conclusion, Job};
use crate::model::JobStatus;
use crate::time::Timestamp;

/// A workflow run.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Run {
    /// Number at the forge.
    pub(in crate::sim) id: i64,
    /// Where it stands, in the forge's word.
    pub(in crate::sim) status: &'static str,
    /// How it ended.
    pub(in crate::sim) conclusion: Option<Conclusion>,
    /// Its latest attempt, counted from 1.
    pub(in crate::sim) attempt: i64,
    /// When its first job was queued.
    pub(in crate::sim) created_at: Timestamp,
    /// When one of its jobs changed last.
    pub(in crate::sim) updated_at: Timestamp,
}

impl Run {
    /// The run of these jobs; there is at least one. Of a job that was run again only the latest attempt counts.
    pub(in crate::sim) fn of(id: i64, all: &[&Job]) -> Self {
        let attempt = all.iter().map(|job| job.run_attempt).max().unwrap_or(1);
        let jobs = latest(all);
        let some = |status| jobs.iter().any(|job| job.status == status);
        let status = if !some(JobStatus::Queued) && !some(JobStatus::InProgress) {
            "completed"
        } else if some(JobStatus::InProgress) || some(JobStatus::Completed) {
            "in_progress"
        } else if jobs.iter().all(|job| job.held) {
            "waiting"
        } else {
            "queued"
        };
        let ended_as = |wanted: Conclusion| jobs.iter().any(|job| job.conclusion == Some(wanted)).then_some(wanted);
        let bad = ended_as(Conclusion::Cancelled).or_else(|| ended_as(Conclusion::Failure)).or_else(|| ended_as(Conclusion::Skipped));
        let changes = jobs.iter().flat_map(|job| [Some(job.queued_at), job.started_at, job.completed_at]).flatten();
        Self {
            id,
            status,
            attempt,
            conclusion: (status == "completed").then_some(bad.unwrap_or(Conclusion::Success)),
            created_at: jobs.iter().map(|job| job.queued_at).min().unwrap_or(Timestamp::EPOCH),
            updated_at: changes.max().unwrap_or(Timestamp::EPOCH),
        }
    }
}

/// Of the jobs of a run those that no later attempt has replaced.
pub(in crate::sim) fn latest<'a>(jobs: &[&'a Job]) -> Vec<&'a Job> {
    let last = jobs.iter().map(|job| job.run_attempt).max();
    let is_replaced = |job: &Job| jobs.iter().any(|other| other.name == job.name && other.run_attempt > job.run_attempt);
    jobs.iter().copied().filter(|job| Some(job.run_attempt) == last || !is_replaced(job)).collect()
}
