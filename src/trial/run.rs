//! How a trial runs: on virtual time, with its servers, deliveries and jobs, first with faults and then without.

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::renames::OWNER;
use super::state::Trial;
use super::useless::Burden;
use super::{bounds, checks, courier, replica};
use crate::crypto::random;
use crate::sim::NewJob;
use crate::store;

impl Trial {
    /// Runs both phases.
    pub(super) async fn run(self: &Arc<Self>) -> Result<(), store::Error> {
        let mut tasks = JoinSet::new();
        self.ledger().servers = vec![None; self.scenario.servers];
        for place in 0..self.scenario.servers {
            tasks.spawn(replica::run(Arc::clone(self), place));
        }
        tasks.spawn(courier::run(Arc::clone(self)));
        tasks.spawn(jobs(Arc::clone(self)));
        self.faults.switch(true);
        self.troubled_phase().await?;
        self.faults.switch(self.scenario.endless);
        self.ledger().forge_out_until = None;
        self.end_of_troubles().await?;
        self.note(format_args!("nothing goes wrong any more"));
        checks::all_begin(self).await;
        checks::converges(self).await?;
        checks::no_defect_showed(self);
        bounds::all_is_over(self);
        tasks.shutdown().await;
        Ok(())
    }
}

/// Runs the work on a runtime whose clock jumps to the next timer when no task can run. Chance is the same for the same seed.
pub(super) fn on_virtual_time<T>(seed: u64, work: impl Future<Output = T>) -> T {
    random::repeatable(seed, || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime without I/O can be built");
        runtime.block_on(work)
    })
}

/// Queues the jobs of the scenario when their time has come.
pub(super) async fn jobs(trial: Arc<Trial>) {
    let mut plans = trial.scenario.jobs.clone();
    plans.sort_by_key(|plan| plan.at);
    let began = Instant::now();
    for plan in plans {
        tokio::time::sleep_until(began + plan.at).await;
        let mut takes = Some(plan.takes);
        let burden = plan.burden;
        let new =
            NewJob { owner: OWNER.into(), repo: trial.repository().into(), name: "build".into(), labels: plan.labels, steps: Vec::new() };
        let id = trial.forge.write(|state| {
            let id = match burden {
                Some(Burden::Held { .. } | Burden::RepositoryGone) => state.queue_held_job(new),
                Some(Burden::Old) | None => state.queue_job(new),
            };
            let mut ledger = trial.ledger();
            match burden {
                Some(Burden::Held { .. }) => ledger.held.insert(id),
                Some(Burden::RepositoryGone) => ledger.gone.insert(id),
                Some(Burden::Old) => ledger.old.insert(id),
                None => false,
            };
            if let Some(takes) = takes.take() {
                ledger.durations.insert(id, takes);
            }
            id
        });
        trial.note(format_args!("job {id} is queued{}", burden.map(|burden| format!(", {burden:?}")).unwrap_or_default()));
        if let Some(Burden::Held { until, told }) = burden {
            let trial = Arc::clone(&trial);
            tokio::spawn(async move {
                tokio::time::sleep_until(began + until).await;
                trial.release(id, told);
            });
        }
    }
}
