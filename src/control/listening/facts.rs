//! What a message says of jobs, as facts.

use crate::engine::session::Batch;
use crate::model::{DemandSource, Entity, JobFact, JobMessage, JobMessageKind, JobStatus, ScaleSet, ServiceJob, ServingRunner};
use crate::time::Timestamp;

/// One thing that the service of a scale set tells of a job.
#[derive(Clone, Debug)]
pub(super) struct AssignedFact {
    /// Its place in the message.
    pub(super) place: usize,
    /// What is told.
    pub(super) fact: JobFact,
    /// The job as the service knows it.
    pub(super) job: ServiceJob,
}

/// The facts of a message. A job that was offered and not acquired is not for this scale set.
pub(super) fn of(batch: &Batch, set: &ScaleSet, entity: &Entity, now: Timestamp) -> Vec<AssignedFact> {
    let fact = |(place, item): (usize, &JobMessage)| {
        let (status, at, by, result) = match &item.kind {
            JobMessageKind::Available if !batch.acquired.contains(&item.request_id) => return None,
            JobMessageKind::Available | JobMessageKind::Assigned => (JobStatus::Queued, item.assigned_at, None, ""),
            JobMessageKind::Started { by } => (JobStatus::InProgress, item.runner_assigned_at, Some(by), ""),
            JobMessageKind::Completed { result, by } => (JobStatus::Completed, item.finished_at, Some(by), result.as_str()),
            JobMessageKind::Unknown(_) => return None,
        };
        let nobody = ServingRunner::default();
        let by = by.unwrap_or(&nobody);
        let id = if item.job_id.is_empty() { format!("request {}", item.request_id) } else { item.job_id.clone() };
        let job = ServiceJob { scale_set: set.id, id };
        let at = at.unwrap_or(now);
        let fact = JobFact {
            source: DemandSource::Session,
            at,
            entity: entity.id,
            entity_kind: entity.at.kind,
            endpoint: entity.endpoint.clone(),
            workflow_job_id: job.number(),
            run_id: item.run_id,
            run_attempt: 0,
            name: item.job_name.clone(),
            status,
            conclusion: conclusion(result).to_owned(),
            labels: item.labels.clone(),
            repository_number: None,
            repository_owner: item.repository_owner.clone(),
            repository_name: item.repository_name.clone(),
            run_url: String::new(),
            forge_runner_id: by.agent_id,
            runner_name: by.name.clone(),
            runner_group_id: 0,
            runner_group_name: if by.name.is_empty() { String::new() } else { set.runner_group.clone() },
            queued_at: item.queued_at,
            started_at: item.runner_assigned_at.or((status == JobStatus::InProgress).then_some(at)),
            completed_at: (status == JobStatus::Completed).then_some(at),
        };
        Some(AssignedFact { place, fact, job })
    };
    batch.items.iter().enumerate().filter_map(fact).collect()
}

/// The word for the end of a job that the rest of the forge has, for the service's word.
fn conclusion(result: &str) -> &str {
    match result {
        "succeeded" => "success",
        "failed" => "failure",
        "canceled" => "cancelled",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sources_have_one_word_for_the_end_of_a_job() {
        let words = ["succeeded", "failed", "canceled", "skipped", ""].map(conclusion);
        assert_eq!(words, ["success", "failure", "cancelled", "skipped", ""]);
    }
}
