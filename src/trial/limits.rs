//! What the forge allows: the calls of all servers with one set of credentials, by the forge's own clock. A server that keeps to its budget is never
//! refused a call.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::model::{BudgetLimits, CallKind};

/// What arrived at the forge, by name of the credentials.
#[derive(Default)]
pub(super) struct Arrived(Mutex<BTreeMap<String, Vec<(Duration, u32)>>>);

impl Arrived {
    /// A call arrives at the forge. Answers the limit that it breaks.
    pub(super) fn call(&self, limits: BudgetLimits, now: Duration, credentials: &str, kind: CallKind) -> Option<String> {
        let mut arrived = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = arrived.entry(credentials.to_owned()).or_default();
        calls.retain(|(at, _)| *at + limits.points.within > now);
        calls.push((now, kind.points()));
        let spent: u32 = calls.iter().map(|(_, points)| points).sum();
        let allowed = limits.points.limit;
        (spent > allowed).then(|| format!("credentials {credentials} spend {spent} points in a minute, and {allowed} are allowed"))
    }
}
