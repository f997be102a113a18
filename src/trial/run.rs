//! How a trial runs: on virtual time, with its servers, deliveries and jobs, first with faults and then without.

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::renames::OWNER;
use super::scenario::JobPlan;
use super::state::Trial;
use super::useless::Burden;
use super::{bounds, checks, courier, replica, service};
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
        if !self.scenario.scale_sets.is_empty() {
            tasks.spawn(service::time_passes(Arc::clone(self)));
        }
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

/// Queues the jobs of the scenario when their time has come, those of one run together.
pub(super) async fn jobs(trial: Arc<Trial>) {
    let mut plans = trial.scenario.jobs.clone();
    plans.sort_by_key(|plan| (plan.at, plan.run));
    let began = Instant::now();
    for run in plans.chunk_by(|one, next| one.run.is_some() && one.run == next.run) {
        tokio::time::sleep_until(began + run[0].at).await;
        let new = |plan: &JobPlan| NewJob {
            owner: OWNER.into(),
            repo: trial.repository().into(),
            name: "build".into(),
            labels: plan.labels.clone(),
            steps: trial.scenario.reruns.iter().map(|_| "build".to_owned()).collect(),
        };
        let burden = run[0].burden;
        let ids = trial.forge.write(|state| {
            let ids = match burden {
                Some(Burden::Held { .. } | Burden::RepositoryGone) => vec![state.queue_held_job(new(&run[0]))],
                Some(Burden::Old) | None => state.queue_run(run.iter().map(new).collect()),
            };
            let mut ledger = trial.ledger();
            let burdened = match burden {
                Some(Burden::Held { .. }) => Some(&mut ledger.held),
                Some(Burden::RepositoryGone) => Some(&mut ledger.gone),
                Some(Burden::Old) => Some(&mut ledger.old),
                None => None,
            };
            if let Some(burdened) = burdened {
                burdened.extend(&ids);
            }
            ledger.durations.extend(ids.iter().copied().zip(run.iter().map(|plan| plan.takes)));
            ids
        });
        for id in ids {
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
}
