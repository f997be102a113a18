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
    /// When its first job was queued.
    pub(in crate::sim) created_at: Timestamp,
    /// When one of its jobs changed last.
    pub(in crate::sim) updated_at: Timestamp,
}

impl Run {
    /// The run of these jobs; there is at least one.
    pub(in crate::sim) fn of(id: i64, jobs: &[&Job]) -> Self {
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
        let bad = jobs.iter().filter_map(|job| job.conclusion).find(|conclusion| *conclusion != Conclusion::Success);
        let changes = jobs.iter().flat_map(|job| [Some(job.queued_at), job.started_at, job.completed_at]).flatten();
        Self {
            id,
            status,
            conclusion: (status == "completed").then_some(bad.unwrap_or(Conclusion::Success)),
            created_at: jobs.iter().map(|job| job.queued_at).min().unwrap_or(Timestamp::EPOCH),
            updated_at: changes.max().unwrap_or(Timestamp::EPOCH),
        }
    }
}
