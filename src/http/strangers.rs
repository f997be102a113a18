//! Owners whose deliveries come here and who are no entity here. Each is named in the log once a minute at most, so that a hook which was left behind,
//! or sent by a stranger, cannot fill the log.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::time::Timestamp;

/// How long an owner is not named again.
const SILENCE: Duration = Duration::from_mins(1);

/// The most owners that are named within that time: who sends more of them invents them.
const OWNERS_MAX: usize = 64;

/// The longest name that is kept and shown, in bytes. GitHub's longest is 140.
const NAME_MAX: usize = 200;

/// The owners that were named lately. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Strangers {
    named_at: Arc<Mutex<HashMap<String, Timestamp>>>,
}

impl Strangers {
    /// A delivery of this owner came, about something at this address.
    pub(super) fn came(&self, owner: &str, web_url: &str, now: Timestamp) {
        let owner = &owner[..owner.floor_char_boundary(NAME_MAX)];
        if self.is_news(owner, now) {
            let web_url = &web_url[..web_url.floor_char_boundary(NAME_MAX)];
            tracing::warn!(
                owner = ?owner,
                url = ?web_url,
                "deliveries come of an owner that is no entity here; add the owner, correct the address of its endpoint, or remove the webhook"
            );
        }
    }

    fn is_news(&self, owner: &str, now: Timestamp) -> bool {
        let mut named_at = self.named_at.lock().unwrap_or_else(PoisonError::into_inner);
        named_at.retain(|_, at| now < at.after(SILENCE));
        // Forges ignore case in names.
        let owner = owner.to_lowercase();
        if named_at.len() >= OWNERS_MAX || named_at.contains_key(&owner) {
            return false;
        }
        named_at.insert(owner, now);
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
        let strangers = Strangers::default();
        assert!(strangers.is_news("octo", at(0)));
        assert!(strangers.is_news("hubot", at(30)));
        assert!(!strangers.is_news("Octo", at(59)));
        assert!(strangers.is_news("octo", at(60)));
        assert!(!strangers.is_news("hubot", at(61)));
    }

    #[test]
    fn owners_without_end_cost_neither_memory_nor_log() {
        let strangers = Strangers::default();
        let named = (0..1000).filter(|number| strangers.is_news(&format!("owner-{number}"), at(0))).count();
        assert_eq!((named, strangers.named_at.lock().expect("no panic").len()), (OWNERS_MAX, OWNERS_MAX));
        assert!(strangers.is_news("octo", at(60)), "a minute later all is forgotten");
        assert_eq!(strangers.named_at.lock().expect("no panic").len(), 1);
    }
}
