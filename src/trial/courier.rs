//! Brings deliveries of the forge to a server that answers: late, twice, out of order, or not at all.

use std::sync::Arc;
use std::time::Duration;

use super::faults::Fault;
use super::renames::NUMBER;
use super::state::{ENDPOINT, Trial};
use crate::model::{DemandSource, EndpointName, EntityId, EntityKind, JobFact, JobStatus};
use crate::sim::State;
use crate::sim::{Attempt, Conclusion, Delivery, Hook, Outcome};

/// How long the forge waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often failed deliveries about queued jobs are sent again, where no server lists jobs. On GitHub a person or a tool does this.
const AGAIN: Duration = Duration::from_secs(45);

/// Delivers until the trial ends.
pub(super) async fn run(trial: Arc<Trial>) {
    let mut next_again = tokio::time::Instant::now() + AGAIN;
    loop {
        tokio::select! {
            biased;
            () = trial.forge.outbox().notified() => {}
            () = tokio::time::sleep_until(next_again) => {
                next_again = tokio::time::Instant::now() + AGAIN;
                trial.forge.redeliver_failed();
            }
        }
        while let Some((delivery, hook)) = trial.forge.next_delivery() {
            let copies = if trial.faults.strikes(Fault::DeliveryDoubled) { 2 } else { 1 };
            for copy in 0..copies {
                tokio::spawn(deliver(Arc::clone(&trial), delivery.clone(), hook.clone(), copy == 0));
            }
        }
    }
}

async fn deliver(trial: Arc<Trial>, delivery: Delivery, hook: Hook, counts: bool) {
    let fault = trial.faults.pick(&[Fault::DeliveryLost, Fault::DeliveryLate]);
    let late = if fault == Some(Fault::DeliveryLate) { Duration::from_mins(3) } else { Duration::from_millis(150) };
    tokio::time::sleep(trial.faults.between(Duration::from_millis(5), late)).await;
    let arrived = fault != Some(Fault::DeliveryLost) && arrives(&trial, &delivery, &hook).await;
    if !counts {
        return;
    }
    trial.note(format_args!("delivery of job {} {}: {arrived}", delivery.job_id, delivery.action));
    if arrived && delivery.action == JobStatus::Queued {
        trial.was_told_of(delivery.job_id);
    }
    // Any other delivery is lost for good, and the forge counts it as accepted.
    let is_sent_again = !arrived && delivery.action == JobStatus::Queued && !trial.scenario.lists_jobs;
    let outcome = Outcome::Answered(if is_sent_again { 502 } else { 200 });
    trial.forge.write(|state| {
        let at = State::now(state);
        state.note_attempt(delivery.id, Attempt { id: 0, arrived: true, at, took: Duration::ZERO, outcome });
    });
}

async fn arrives(trial: &Trial, delivery: &Delivery, hook: &Hook) -> bool {
    let Some(store) = trial.some_server() else { return false };
    let Some((entity, kind)) = trial.entity_of(&hook.scope) else { return false };
    let Some(report) = report(trial, delivery, entity, kind) else { return false };
    matches!(tokio::time::timeout(PATIENCE, store.record_job(report)).await, Ok(Ok(_)))
}

/// The content of the delivery, as of its event.
fn report(trial: &Trial, delivery: &Delivery, entity: EntityId, entity_kind: EntityKind) -> Option<JobFact> {
    let job = trial.forge.read(|state| state.find_job(delivery.job_id).cloned())?;
    let created_at = trial.created_at(&job);
    let begun = delivery.action != JobStatus::Queued;
    let over = delivery.action == JobStatus::Completed;
    let runner = job.runner.filter(|_| begun);
    Some(JobFact {
        source: DemandSource::Delivery,
        at: trial.clock.now(),
        entity,
        entity_kind,
        endpoint: EndpointName::from(ENDPOINT),
        workflow_job_id: job.id,
        run_id: job.run_id,
        run_attempt: 1,
        name: job.name,
        status: delivery.action,
        conclusion: job.conclusion.filter(|_| over).map(Conclusion::as_str).unwrap_or_default().to_owned(),
        labels: job.labels,
        repository_number: Some(NUMBER),
        repository_owner: job.owner,
        repository_name: job.repo,
        run_url: String::new(),
        forge_runner_id: runner.as_ref().map_or(0, |runner| runner.id),
        runner_name: runner.map(|runner| runner.name).unwrap_or_default(),
        runner_group_id: 0,
        runner_group_name: String::new(),
        queued_at: Some(created_at),
        started_at: job.started_at.filter(|_| begun),
        completed_at: job.completed_at.filter(|_| over),
    })
}
