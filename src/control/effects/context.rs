//! The context of every effect, and the way to the forge: asking it and telling the outcome.

use std::sync::Arc;
use std::time::Duration;

use tracing::warn;

use super::outcome::Outcome;
use crate::control::places::{self, Looked};
use crate::control::rows;
use crate::control::services::{Error, ForgeTurn, Services};
use crate::forge::{self, Forge};
use crate::model::{EntityKind, EventLevel, Job, Retry, Runner, RunnerId, describe};
use crate::store::EntityView;
use crate::time::Timestamp;

/// The context of an effect: the services, and the entity as the plan saw it.
#[derive(Clone)]
pub(crate) struct EffectContext {
    pub(crate) services: Services,
    pub(crate) view: Arc<EntityView>,
}

impl EffectContext {
    pub(super) fn now(&self) -> Timestamp {
        self.services.clock.now()
    }

    pub(super) fn after(&self, wait: Duration) -> Timestamp {
        self.now().after(wait)
    }

    /// The row as it is now.
    pub(super) async fn runner(&self, id: RunnerId) -> Result<Option<Runner>, Error> {
        Ok(self.services.store.find_runner(id).await?)
    }

    /// The repository of a job. It may have another name than when it reported the job, and its old name may be another's.
    pub(super) fn repository_of<'a>(&'a self, job: &'a Job) -> (&'a str, &'a str) {
        let at = &self.view.entity.at;
        match at.kind {
            EntityKind::Repository => (&at.owner, &at.name),
            EntityKind::Organization | EntityKind::Enterprise | EntityKind::Instance => (&job.repository_owner, &job.repository_name),
        }
    }

    /// Records that an effect for a runner failed, and when to try again.
    pub(super) async fn effect_failed(&self, runner: RunnerId, fault: String, retry_after: Duration) -> Result<(), Error> {
        rows::effect_failed(&self.services.store, runner, fault, self.after(retry_after)).await
    }

    /// Calls the forge, when the turn for a call has come.
    pub(super) async fn call_forge<T>(&self, call: impl AsyncFnOnce(ForgeTurn) -> Result<T, forge::Error>) -> Result<T, forge::Error> {
        call(self.services.forge(&self.view).await?).await
    }

    /// Asks the forge and tells the outcome. First `record` writes down the answer's meaning for the effect. Then the entity is told
    /// whether its forge works. The outcome is that of `record`, unless that is all in rows. A call that the API budget does not allow was not made, and
    /// nothing is written down: the planner sees the budget.
    pub(super) async fn ask_forge<T>(
        &self,
        call: impl AsyncFnOnce(ForgeTurn) -> Result<T, forge::Error>,
        record: impl AsyncFnOnce(Result<T, forge::Error>) -> Result<Outcome, Error>,
    ) -> Result<Outcome, Error> {
        let answer = self.call_forge(call).await;
        if matches!(answer, Err(forge::Error::BudgetSpent { .. })) {
            return Ok(Outcome::BudgetSpent);
        }
        let fault = answer.as_ref().err().cloned();
        let recorded = record(answer).await?;
        let told = match fault {
            None => self.forge_answered().await?,
            Some(fault) => self.forge_failed(&fault).await?,
        };
        Ok(if matches!(recorded, Outcome::InRows) { told } else { recorded })
    }

    /// Whether calls about the entity were sent on to another place, so that it may have another name.
    fn take_move(&self) -> bool {
        let view = &self.view;
        let takes = |forge: Arc<dyn Forge>| forge.take_move(&view.entity.at);
        view.all_credentials().any(|credentials| self.services.forges.get(&view.endpoint, credentials).is_ok_and(takes))
    }

    /// The forge worked, so the entity has no fault any more. One that was not there when the plan was made is cleared by a later answer.
    async fn forge_answered(&self) -> Result<Outcome, Error> {
        if self.view.entity.failure.is_some() {
            self.services.store.set_entity_failure(self.view.entity.id, None).await?;
        }
        if self.take_move() {
            places::follow(&self.services, &self.view.entity).await?;
        }
        Ok(Outcome::ForgeAnswered)
    }

    /// The forge failed. When the fault is not about this one call, nothing else is asked of the forge for a while.
    pub(super) async fn forge_failed(&self, fault: &forge::Error) -> Result<Outcome, Error> {
        if !fault.concerns_everything() {
            return Ok(Outcome::InRows);
        }
        if matches!(fault, forge::Error::BudgetSpent { .. }) {
            return Ok(Outcome::BudgetSpent);
        }
        if self.services.passes_over(&self.view, fault) {
            self.services.tell_passed_over(&self.view, fault).await?;
            return Ok(Outcome::InRows);
        }
        let (store, entity) = (&self.services.store, &self.view.entity);
        let is_lost = self.take_move() || (entity.number.is_some() && matches!(fault, forge::Error::NotFound { .. }));
        if is_lost && places::look_up(&self.services, entity.id).await? == Looked::Moved {
            return Ok(Outcome::InRows);
        }
        let text = describe(fault);
        warn!(entity.id = %entity.id, error = %text, "the forge cannot be used");
        if entity.failure.as_ref() != Some(&text) {
            store.add_entity_event(entity.id, EventLevel::Error, text.clone()).await?;
        }
        store.set_entity_failure(entity.id, Some(text.clone())).await?;
        let until = match fault.retry() {
            Retry::After(wait) => Some(self.after(wait)),
            Retry::Never | Retry::Soon => None,
        };
        Ok(Outcome::ForgeBlocked { until, fault: text })
    }

    /// Records a fault of a list. No row with a backoff stands behind a list, so a fault of this one call blocks the forge as well.
    pub(super) async fn list_failed(&self, fault: &forge::Error) -> Result<Outcome, Error> {
        if fault.concerns_everything() {
            return Ok(Outcome::InRows);
        }
        let fault = describe(fault);
        self.services.store.set_entity_failure(self.view.entity.id, Some(fault.clone())).await?;
        Ok(Outcome::ForgeBlocked { until: None, fault })
    }
}
