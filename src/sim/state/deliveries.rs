//! Hooks, and the deliveries to them. For every change of a job's status each hook that it concerns gets one, in the order of the changes.

use axum::body::Bytes;
use uuid::Uuid;

use super::{Error, State};
use crate::model::SecretString;
use crate::sim::nouns::{Attempt, Delivery, DeliveryState, Hook, Job, Scope};
use crate::sim::payloads;
use crate::sim::settings::lot;

/// The login that deliveries name as the sender.
const SENDER: &str = "octo-committer";

impl State {
    pub(in crate::sim) fn add_hook(&mut self, scope: Scope, url: &str, secret: SecretString) -> i64 {
        let (id, scope_id, created_at) = (self.number(), self.scope_id(&scope), self.now());
        let events = vec!["workflow_job".to_owned()];
        let hook =
            Hook { id, scope, scope_id, url: url.to_owned(), secret, events, active: true, insecure_ssl: false, pings: 0, created_at };
        self.hooks.insert(id, hook);
        id
    }

    /// A hook of a scope, to be changed.
    pub(in crate::sim) fn hook_mut(&mut self, scope: &Scope, id: i64) -> Option<&mut Hook> {
        self.hooks.get_mut(&id).filter(|hook| hook.scope == *scope)
    }

    pub(in crate::sim) fn remove_hook(&mut self, id: i64) {
        self.hooks.remove(&id);
    }

    /// Puts a delivery about the job's present status into the outbox of every hook it concerns.
    pub(super) fn announce(&mut self, job_id: i64) {
        let Some(job) = self.jobs.get(&job_id).cloned() else { return };
        let covers = |hook: &&Hook| self.covers(&hook.scope, &job.owner, &job.repo);
        let hook_ids: Vec<i64> = self.hooks.values().filter(covers).map(|hook| hook.id).collect();
        if hook_ids.is_empty() {
            return;
        }
        let owner = self.owner(&job.owner, false);
        let repository = self.repository(&job.owner, &job.repo);
        let sender = self.owner(SENDER, false);
        let body = payloads::workflow_job(&self.url, &job, &repository, &owner, self.enterprise_of(&job.owner), &sender);
        let body = Bytes::from(body.to_string());
        // The deliveries of all hooks for one event have the same id.
        let seed = self.digest("delivery");
        let guid = uuid::Builder::from_random_bytes(std::array::from_fn(|index| seed[index])).into_uuid();
        let unmade = self.settings.courier.unmade_percent;
        for hook_id in hook_ids.into_iter().filter(|hook_id| lot(&format!("{guid} {hook_id} unmade")) >= unmade) {
            let id = self.number();
            self.add_delivery(id, guid, hook_id, &job, body.clone());
        }
    }

    fn add_delivery(&mut self, id: i64, guid: Uuid, hook_id: i64, job: &Job, body: Bytes) {
        let delivery = Delivery {
            id,
            guid,
            hook_id,
            action: job.status,
            job_id: job.id,
            created_at: self.now(),
            state: DeliveryState::Pending,
            attempts: Vec::new(),
            body,
        };
        self.deliveries.insert(id, delivery);
        self.outbox.push_back(id);
    }

    /// Takes the oldest delivery out of the outbox, with its hook. A delivery whose hook is gone has failed.
    pub(in crate::sim) fn next_delivery(&mut self) -> Option<(Delivery, Hook)> {
        while let Some(id) = self.outbox.pop_front() {
            let Some(delivery) = self.deliveries.get_mut(&id) else { continue };
            match self.hooks.get(&delivery.hook_id) {
                Some(hook) => {
                    delivery.state = DeliveryState::Sending;
                    return Some((delivery.clone(), hook.clone()));
                }
                None => delivery.state = DeliveryState::Failed,
            }
        }
        None
    }

    /// Records the outcome of an attempt.
    pub(crate) fn note_attempt(&mut self, id: i64, attempt: Attempt) {
        let is_first = self.deliveries.get(&id).is_some_and(|delivery| delivery.attempts.is_empty());
        let attempt = Attempt { id: if is_first { id } else { self.number() }, ..attempt };
        let Some(delivery) = self.deliveries.get_mut(&id) else { return };
        if attempt.outcome.is_accepted() {
            delivery.state = DeliveryState::Accepted;
            if attempt.arrived {
                delivery.body = Bytes::new();
            }
        } else {
            delivery.state = DeliveryState::Failed;
        }
        if delivery.attempts.len() == Delivery::ATTEMPTS_KEPT {
            delivery.attempts.remove(0);
        }
        delivery.attempts.push(attempt);
    }

    /// Puts failed deliveries back into the outbox. Returns how many.
    pub(in crate::sim) fn redeliver_failed(&mut self) -> usize {
        self.requeue(DeliveryState::Failed)
    }

    /// Puts a delivery to a hook back into the outbox, told by the number of one of its attempts. One that is on its way stays there.
    pub(in crate::sim) fn redeliver(&mut self, hook_id: i64, attempt: i64) -> Result<(), Error> {
        let is_asked_for =
            |delivery: &&mut Delivery| delivery.hook_id == hook_id && delivery.attempts.iter().any(|made| made.id == attempt);
        let delivery = self.deliveries.values_mut().find(is_asked_for).ok_or(Error::NotFound)?;
        if delivery.body.is_empty() {
            return Err(Error::NotFound);
        }
        if !matches!(delivery.state, DeliveryState::Pending | DeliveryState::Sending) {
            delivery.state = DeliveryState::Pending;
            self.outbox.push_back(delivery.id);
        }
        Ok(())
    }

    /// Puts back the deliveries that were on their way when the server stopped: whether they arrived is unknown.
    pub(in crate::sim) fn recall_sending(&mut self) -> usize {
        self.requeue(DeliveryState::Sending)
    }

    fn requeue(&mut self, state: DeliveryState) -> usize {
        let mut count = 0;
        for delivery in self.deliveries.values_mut().filter(|delivery| delivery.state == state) {
            delivery.state = DeliveryState::Pending;
            self.outbox.push_back(delivery.id);
            count += 1;
        }
        count
    }
}
