//! The phase with faults: outages of the forge, operators, and machines and runners that appear without a row.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::faults::Fault;
use super::provider;
use super::renames::OLD_NAME;
use super::scenario::Deed;
use super::state::Trial;
use super::useless::Flaw;
use crate::control::{controller_label, pool_label};
use crate::model::{Pool, PoolId};
use crate::sim::{DEFAULT_GROUP, Registration};
use crate::store::{self, RunnerFilter};

/// Who else opens sessions.
pub(super) const OTHERS: &str = "somebody else";

impl Trial {
    /// The phase with faults. Most strike by themselves; outages, operators and things without a row are added here.
    pub(super) async fn troubled_phase(self: &Arc<Self>) -> Result<(), store::Error> {
        let mut deeds = self.scenario.deeds.clone();
        deeds.sort_by_key(|(at, _)| *at);
        let mut deeds = deeds.into_iter().peekable();
        let mut late_pools = self.scenario.late_pools.clone();
        late_pools.sort_by_key(|late| late.at);
        let mut late_pools = late_pools.into_iter().peekable();
        let mut orphaned = BTreeSet::new();
        let began = Instant::now();
        while began.elapsed() < self.scenario.troubled {
            tokio::time::sleep(Duration::from_secs(5)).await;
            if self.scenario.renamed_at.is_some_and(|at| at <= began.elapsed()) && self.repository() == OLD_NAME {
                self.rename_repository();
            }
            while let Some(late) = late_pools.next_if(|late| late.at <= began.elapsed()) {
                let entity = self.ledger().entities[late.entity].1;
                self.note(format_args!("an operator adds a pool for {:?}", late.pool.tags));
                self.add_pool(entity, &late.pool).await?;
            }
            while let Some((_, deed)) = deeds.next_if(|(at, _)| *at <= began.elapsed()) {
                self.perform(&deed).await?;
            }
            if self.faults.strikes(Fault::ForgeOutage) {
                let lasts = self.faults.between(Duration::from_secs(10), Duration::from_mins(2));
                self.note(format_args!("the forge is down for {} s", lasts.as_secs()));
                self.ledger().forge_out_until = Some(Instant::now() + lasts);
            }
            self.trouble_scale_sets();
            let pools = self.database.list_pools(None).await?;
            for pool in pools.iter().map(|pool| pool.id.to_string()).filter(|pool| self.flaw_of(pool) == Some(Flaw::OrphanStays)) {
                if orphaned.insert(pool.clone()) {
                    provider::strange_machine(self, &pool);
                }
            }
            let pool = pools[self.faults.below(pools.len())].id.to_string();
            if self.faults.strikes(Fault::StrangeMachine) {
                provider::strange_machine(self, &pool);
            }
            if self.faults.strikes(Fault::StrangeRunner) {
                self.register_stranger().await?;
            }
        }
        Ok(())
    }

    /// The service ends sessions, somebody else opens one, and scale sets vanish.
    fn trouble_scale_sets(self: &Arc<Self>) {
        for set in self.forge.scale_sets() {
            match self.faults.pick(&[Fault::SessionEnds, Fault::SessionTaken, Fault::ScaleSetGone]) {
                Some(Fault::SessionEnds) => {
                    self.note(format_args!("the session of {} is ended", set.name));
                    self.forge.end_message_session(set.id);
                }
                Some(Fault::SessionTaken) => {
                    self.note(format_args!("somebody else has the session of {}", set.name));
                    let (session, trial) = (self.forge.take_message_session(set.id, OTHERS), Arc::clone(self));
                    let lasts = self.faults.between(Duration::from_secs(5), Duration::from_mins(2));
                    tokio::spawn(async move {
                        tokio::time::sleep(lasts).await;
                        let still = trial.forge.read(|state| state.find_scale_set(set.id)?.session.as_ref().map(|open| open.id));
                        if session.is_some() && still == session {
                            trial.forge.end_message_session(set.id);
                        }
                    });
                }
                Some(_) => {
                    self.note(format_args!("scale set {} is removed at the service", set.name));
                    self.forge.remove_scale_set(set.id);
                }
                None => {}
            }
        }
    }

    /// Enables all pools again, mends what is wrong with them, and releases all jobs.
    pub(super) async fn end_of_troubles(&self) -> Result<(), store::Error> {
        if self.scenario.begins_within.is_some() {
            let lives = std::mem::take(&mut self.ledger().lives);
            for life in lives {
                life.end();
            }
        }
        self.ledger().flaws.clear();
        let held = self.ledger().held.clone();
        for job in held {
            self.release(job, false);
        }
        for pool in self.database.list_pools(None).await?.into_iter().filter(|pool| !pool.enabled) {
            self.update_pool(pool.id, |pool| pool.enabled = true).await?;
        }
        Ok(())
    }

    async fn perform(&self, deed: &Deed) -> Result<(), store::Error> {
        self.note(format_args!("an operator does {deed:?}"));
        let pools = self.database.list_pools(None).await?;
        let pool = pools[self.faults.below(pools.len())].clone();
        self.spending.pool_is_changed(self.passed(), &pool.id.to_string());
        match deed {
            Deed::Rotate => drop(self.database.rotate_pool(pool.id).await?),
            Deed::Disable => drop(self.update_pool(pool.id, |pool| pool.enabled = false).await?),
            Deed::Resize(max) => {
                let max = *max;
                self.allow(&pool.id.to_string(), max);
                let resize = move |pool: &mut Pool| {
                    pool.max_runners = max;
                    pool.min_idle_runners = pool.min_idle_runners.min(max);
                };
                self.update_pool(pool.id, resize).await?;
            }
            Deed::Remove | Deed::Force => {
                let runners = self.database.list_runners(RunnerFilter { entity: None, set: Some(pool.id.into()) }).await?;
                let Some(runner) = runners.get(self.faults.below(runners.len())) else { return Ok(()) };
                let forced = matches!(deed, Deed::Force);
                if forced {
                    self.ledger().forced.insert(runner.name.to_string());
                }
                match self.database.update_runner(runner.id, move |runner| runner.removal_requested(forced)).await {
                    Ok(_) | Err(store::Error::Refused(_)) => {}
                    Err(fault) => return Err(fault),
                }
            }
        }
        Ok(())
    }

    async fn update_pool(&self, id: PoolId, change: impl FnOnce(&mut Pool) + Send + 'static) -> Result<Pool, store::Error> {
        self.spending.pool_is_changed(self.passed(), &id.to_string());
        self.database
            .update_pool(id, |pool| {
                change(pool);
                Ok(())
            })
            .await
    }

    /// Registers a runner with our label and without a row.
    async fn register_stranger(&self) -> Result<(), store::Error> {
        let controller = self.database.controller().await?;
        let pool = self.database.list_pools(None).await?.remove(0);
        let (scope, ..) = self.ledger().entities[0].clone();
        let registration = Registration {
            name: format!("garm-strange-{}", self.next_serial()),
            labels: vec![controller_label(controller.id), pool_label(pool.id)],
            default_labels: false,
            group_id: DEFAULT_GROUP,
            ephemeral: true,
            jit: true,
        };
        self.forge.write(|state| state.register_runner(scope, registration)).expect("its name is new");
        Ok(())
    }
}
