//! Senders of deliveries that cannot be believed or served: owners who are no entity here, hooks that speak for what is not theirs, and jobs that no
//! runner can take. Each is named in the log once a minute at most, so that a hook which was left behind, or a stranger, cannot fill the log.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::model::{EndpointName, EntityId};
use crate::time::Timestamp;

/// How long an owner is not named again.
const SILENCE: Duration = Duration::from_mins(1);

/// The most owners that are named within that time: who sends more of them invents them.
const OWNERS_MAX: usize = 64;

/// The most jobs of old deliveries that the forge is asked about within that time: GitHub answers 5,000 calls an hour, and who knows one secret can sign
/// any number of old deliveries.
const JOBS_MAX: usize = 60;

/// The most refused deliveries that are recorded within that time: anybody can send them, and each costs a write to the database.
const RECORDED_MAX: usize = 20;

/// The longest name that is kept and shown, in bytes. GitHub's longest is 140.
const NAME_MAX: usize = 200;

/// The senders that were named lately. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Strangers {
    owners: Lately,
    hooks: Lately,
    unfit: Lately,
    jobs: Lately,
    refused: Lately,
}

impl Default for Strangers {
    fn default() -> Self {
        Self {
            owners: Lately::of_at_most(OWNERS_MAX),
            hooks: Lately::of_at_most(OWNERS_MAX),
            unfit: Lately::of_at_most(OWNERS_MAX),
            jobs: Lately::of_at_most(JOBS_MAX),
            refused: Lately::of_at_most(RECORDED_MAX),
        }
    }
}

impl Strangers {
    /// A delivery of this owner came, about something at this address.
    pub(super) fn came(&self, owner: &str, web_url: &str, now: Timestamp) {
        let owner = &owner[..owner.floor_char_boundary(NAME_MAX)];
        // Forges ignore case in names.
        if self.owners.is_news(&owner.to_lowercase(), now) {
            let web_url = &web_url[..web_url.floor_char_boundary(NAME_MAX)];
            tracing::warn!(
                owner = ?owner,
                url = ?web_url,
                "deliveries come of an owner that is no entity here; add the owner, correct the address of its endpoint, or remove the webhook"
            );
        }
    }

    /// A delivery that is signed with the secret of this entity tells of a job that the entity's hook does not speak for.
    pub(super) fn spoke_for_others(&self, entity: EntityId, why: &str, now: Timestamp) {
        if self.hooks.is_news(&entity.to_string(), now) {
            tracing::warn!(
                entity.id = %entity,
                reason = ?why,
                "refused deliveries about jobs of others, signed with the webhook secret of this entity; who knows the secret may be up to something: change it"
            );
        }
    }

    /// A delivery of this entity tells of a job that no pool can ever fit.
    pub(super) fn asked_too_much(&self, entity: EntityId, job: i64, why: &str, now: Timestamp) {
        if self.unfit.is_news(&entity.to_string(), now) {
            tracing::warn!(entity.id = %entity, job.workflow_job_id = job, reason = ?why, "a job is not served; correct runs-on of its workflow");
        }
    }

    /// Whether a refused delivery of this kind may be recorded.
    pub(super) fn may_record(&self, kind: &str, now: Timestamp) -> bool {
        self.refused.is_news(&kind[..kind.floor_char_boundary(NAME_MAX)], now)
    }

    /// Whether the forge may be asked about the job of an old delivery. The same delivery can be sent without end, and each answer costs a part of
    /// the budget at the forge.
    pub(super) fn may_ask(&self, endpoint: &EndpointName, job: i64, now: Timestamp) -> bool {
        self.jobs.is_news(&format!("{endpoint} {job}"), now)
    }
}

/// Texts that were seen within the last minute.
#[derive(Clone, Debug)]
struct Lately {
    at: Arc<Mutex<HashMap<String, Timestamp>>>,
    most: usize,
}

impl Lately {
    fn of_at_most(most: usize) -> Self {
        Self { at: Arc::default(), most }
    }

    fn is_news(&self, text: &str, now: Timestamp) -> bool {
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        at.retain(|_, at| now < at.after(SILENCE));
        if at.len() >= self.most || at.contains_key(text) {
            return false;
        }
        at.insert(text.to_owned(), now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn each_owner_is_named_once_a_minute() {
        let strangers = Lately::of_at_most(OWNERS_MAX);
        assert!(strangers.is_news("octo", at(0)));
        assert!(strangers.is_news("hubot", at(30)));
        assert!(!strangers.is_news("octo", at(59)));
        assert!(strangers.is_news("octo", at(60)));
        assert!(!strangers.is_news("hubot", at(61)));
    }

    #[test]
    fn of_refused_deliveries_without_end_a_few_are_recorded() {
        let strangers = Strangers::default();
        let recorded = (0..1000).filter(|number| strangers.may_record(&format!("octo/{number} no signature"), at(0))).count();
        assert_eq!(recorded, RECORDED_MAX);
        assert!(!strangers.may_record("octo/hello no signature", at(59)));
        assert!(strangers.may_record("octo/hello no signature", at(60)));
    }

    #[test]
    fn owners_without_end_cost_neither_memory_nor_log() {
        let strangers = Lately::of_at_most(OWNERS_MAX);
        let named = (0..1000).filter(|number| strangers.is_news(&format!("owner-{number}"), at(0))).count();
        assert_eq!((named, strangers.at.lock().expect("no panic").len()), (OWNERS_MAX, OWNERS_MAX));
        assert!(strangers.is_news("octo", at(60)), "a minute later all is forgotten");
        assert_eq!(strangers.at.lock().expect("no panic").len(), 1);
    }
}
