//! What the forge allows: the calls of all servers with one set of credentials, by the forge's own clock. A server that keeps to its budget is never
//! refused a call.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::state::Trial;
use crate::model::CallKind;

/// What arrived at the forge, by name of the credentials.
#[derive(Default)]
pub(super) struct Arrived(Mutex<BTreeMap<String, Vec<(Duration, u32)>>>);

/// A call arrives at the forge.
pub(super) fn call_arrives(trial: &Trial, credentials: &str, what: &str, kind: CallKind) {
    let Some(limits) = trial.scenario.limits else { return };
    let now = trial.passed();
    let spent = {
        let mut arrived = trial.arrived.0.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = arrived.entry(credentials.to_owned()).or_default();
        calls.retain(|(at, _)| *at + limits.points.within > now);
        calls.push((now, kind.points()));
        calls.iter().map(|(_, points)| points).sum::<u32>()
    };
    if spent > limits.points.limit {
        trial.violated(format!(
            "to {what}, credentials {credentials} spend {spent} points in a minute, and {} are allowed",
            limits.points.limit
        ));
    }
}
