//! The API budgets of all sets of credentials, as this server knows them. Every request that a client sends takes its price here first.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::error::Error;
use crate::clock::Clock;
use crate::model::{Budget, BudgetLimits, CallKind, Credentials, CredentialsId, Importance, Told};
use crate::time::Timestamp;

/// The budgets, one for each set of credentials. All clones share them.
#[derive(Clone, Debug)]
pub struct Budgets {
    limits: BudgetLimits,
    known: Arc<Mutex<HashMap<CredentialsId, Budget>>>,
}

impl Budgets {
    pub(crate) fn new(limits: BudgetLimits) -> Self {
        Self { limits, known: Arc::default() }
    }

    /// The budget of these credentials as it stands; `None` = no client of theirs was made.
    #[must_use]
    pub fn find(&self, id: CredentialsId) -> Option<Budget> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Reads or changes the budget of these credentials.
    pub fn with<T>(&self, id: CredentialsId, now: Timestamp, act: impl FnOnce(&mut Budget) -> T) -> T {
        act(self.known.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_insert_with(|| Budget::new(self.limits, now)))
    }

    /// The credentials are others now, although they have the same number: what the forge told of the old ones does not count.
    pub(super) fn renew(&self, id: CredentialsId, now: Timestamp) {
        self.with(id, now, |budget| budget.renew(self.limits));
    }
}

/// The budget of one client.
pub(crate) struct Purse {
    budgets: Budgets,
    id: CredentialsId,
    name: String,
    clock: Clock,
}

impl fmt::Debug for Purse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Purse").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Purse {
    pub(crate) fn new(budgets: &Budgets, credentials: &Credentials, clock: Clock) -> Self {
        budgets.with(credentials.id, clock.now(), |_| ());
        Self { budgets: budgets.clone(), id: credentials.id, name: credentials.name.clone(), clock }
    }

    /// The name of the credentials.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Takes the price of a request that is sent now.
    pub(crate) fn begin(&self, importance: Importance, kind: CallKind) -> Result<Request<'_>, Error> {
        let began = self.clock.now();
        self.with(|budget| budget.begin(began, importance, kind)).map_err(|spent| Error::BudgetSpent {
            credentials: self.name.clone(),
            limit: spent.limit,
            until: spent.until,
        })?;
        Ok(Request { purse: self, kind, began, told: None })
    }

    /// The forge does not accept the credentials.
    pub(super) fn not_accepted(&self) {
        let now = self.clock.now();
        self.with(|budget| budget.not_accepted(now));
    }

    fn with<T>(&self, act: impl FnOnce(&mut Budget) -> T) -> T {
        self.budgets.with(self.id, self.clock.now(), act)
    }
}

/// A request whose price was taken. Its end counts also when nobody waits for its answer any more.
pub(crate) struct Request<'a> {
    purse: &'a Purse,
    kind: CallKind,
    began: Timestamp,
    told: Option<Told>,
}

impl Request<'_> {
    /// What the answer says of the budget.
    pub(super) fn told(&mut self, told: Told) {
        self.told = Some(told);
        self.purse.with(|budget| budget.set_unlimited(false));
    }

    /// The answer says that the forge has no limits.
    pub(super) fn told_unlimited(&self) {
        self.purse.with(|budget| budget.set_unlimited(true));
    }

    /// The request was sent on to another place: one more is made.
    pub(super) fn again(&self) {
        let now = self.purse.clock.now();
        self.purse.with(|budget| {
            budget.take(now, Importance::Finish, self.kind);
            budget.end(now, self.kind, None);
        });
    }

    /// The forge has served the request, whatever its answer is.
    pub(super) fn served(&self) {
        self.purse.with(|budget| budget.served(self.began));
    }

    /// The forge refused the request, because there were too many. Answers how long it is left alone.
    pub(super) fn refused(&self, told: Option<Duration>) -> Duration {
        let now = self.purse.clock.now();
        self.purse.with(|budget| budget.refuse(now, self.began, told))
    }
}

impl Drop for Request<'_> {
    fn drop(&mut self) {
        let now = self.purse.clock.now();
        self.purse.with(|budget| budget.end(now, self.kind, self.told.as_ref()));
    }
}
