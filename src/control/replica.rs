//! This process among the replicas: its signs of life, the rounds in which it renews its leases.
//!
//! When the life of a replica has lapsed, it takes a new name. Every lease that it gets back then has a new generation. So work under the
//! old name cannot pass for that of the new one.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::holder::Holder;
use super::services::Error;
use crate::model::{Generation, LeasedTask};
use crate::store::Store;

/// How often a replica says that it is alive, and looks for leases without a living holder.
const LEASE_ROUND: Duration = Duration::from_secs(2);
/// How long others wait for a sign of life before they take over: with a round on top, under ten seconds.
const LEASE_LIFETIME: Duration = Duration::from_secs(6);

/// The rounds in which this replica renews its leases.
pub(super) struct Rounds {
    store: Store,
    holder: Holder,
    /// Until when others believe that this replica is alive.
    alive_until: Option<Instant>,
    next: Option<Instant>,
}

impl Rounds {
    pub(super) const fn new(store: Store, holder: Holder) -> Self {
        Self { store, holder, alive_until: None, next: None }
    }

    /// When the next round is due; `None` = not before a thing is added.
    pub(super) const fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Makes the next round due at once.
    pub(super) fn hasten(&mut self) {
        self.next = Some(Instant::now());
    }

    /// Says that this replica is alive. Answers the leases that it holds, for tasks of every kind.
    ///
    /// # Errors
    /// When the database fails, or does not answer in time; another round is due soon.
    pub(super) async fn renew(&mut self) -> Result<BTreeMap<LeasedTask, Generation>, Error> {
        let asked_at = Instant::now();
        // An answer is of no use when the others no longer believe that this replica is alive.
        let patience = self.alive_until.map_or(LEASE_LIFETIME, |until| until.saturating_duration_since(asked_at));
        let leases = match tokio::time::timeout(patience, self.store.hold_leases(self.holder.id(), LEASE_LIFETIME)).await {
            Ok(leases) => leases?,
            Err(_) => return Err(Error::Unready("the database does not answer".to_owned())),
        };
        // Where only this process uses the database, no other has to be told; it is enough to look when things are added.
        let shared = self.store.is_shared();
        self.alive_until = shared.then(|| asked_at + LEASE_LIFETIME);
        self.next = shared.then(|| asked_at + LEASE_ROUND);
        Ok(leases)
    }

    /// After a round that failed: whether the others no longer believe that this replica is alive. Then it has a new name, and must stop
    /// all its tasks before another replica begins them.
    pub(super) fn has_lapsed(&mut self) -> bool {
        self.next = Some(Instant::now() + LEASE_ROUND);
        let lapsed = self.alive_until.is_some_and(|until| until <= Instant::now());
        if lapsed {
            self.alive_until = None;
            self.holder.rename();
        }
        lapsed
    }
}
