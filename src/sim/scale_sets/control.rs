//! What a test may do to the service, and what it may ask.

use std::time::Duration;

use uuid::Uuid;

use super::calls::{Called, ServiceCall, ServiceFault};
use super::nouns::{ScaleSet, Statistics};
use crate::sim::forge::Forge;

impl Forge {
    /// All scale sets, oldest first.
    #[must_use]
    pub fn scale_sets(&self) -> Vec<ScaleSet> {
        self.read(|state| state.scale_sets().cloned().collect())
    }

    /// How many jobs and runners a scale set has.
    #[must_use]
    pub fn scale_set_statistics(&self, id: i64) -> Statistics {
        self.read(|state| state.statistics(id))
    }

    /// Makes calls of the service fail. Of several faults for a call the oldest strikes.
    pub fn break_service(&self, fault: ServiceFault) {
        self.change(|state| state.scale_sets.calls.add_fault(fault));
    }

    /// Ends all faults of [`Forge::break_service`]. Calls that hang stay unanswered.
    pub fn heal_service(&self) {
        self.change(|state| state.scale_sets.calls.heal());
    }

    /// Gives a scale set to the session of somebody else, whose listener never polls. Returns the session, or `None` without such a scale set.
    pub fn take_message_session(&self, id: i64, owner: &str) -> Option<Uuid> {
        self.end_message_session(id);
        self.write(|state| state.open_message_session(id, owner).ok())
    }

    /// Ends the session of a scale set behind the back of its listener.
    pub fn end_message_session(&self, id: i64) {
        self.write(|state| {
            let session = state.find_scale_set(id)?.session.as_ref()?.id;
            state.close_message_session(id, session).ok()
        });
    }

    /// Removes a scale set, as the service did to some by mistake.
    pub fn remove_scale_set(&self, id: i64) {
        self.write(|state| state.remove_scale_set(id));
    }

    /// Gives a scale set another name. Its labels stay.
    pub fn rename_scale_set(&self, id: i64, name: &str) {
        self.change_scale_set(id, |set| name.clone_into(&mut set.name));
    }

    /// Gives a scale set a status, such as `Outdated`: it gets no jobs until it has none.
    pub fn mark_scale_set(&self, id: i64, status: Option<&str>) {
        self.change_scale_set(id, |set| set.status = status.map(str::to_owned));
    }

    fn change_scale_set(&self, id: i64, change: impl FnOnce(&mut ScaleSet)) {
        self.write(|state| {
            state.scale_sets.sets.get_mut(&id).map(change);
            state.fill_scale_set(id);
        });
    }

    /// How often a call of the service was made, refused ones included.
    #[must_use]
    pub fn service_calls(&self, call: ServiceCall) -> u64 {
        self.read(|state| state.scale_sets.calls.count(call))
    }

    /// The most of the wanted calls of the service within any minute. Of very many calls only the latest are remembered.
    #[must_use]
    pub fn busiest_minute(&self, is_wanted: impl Fn(&Called) -> bool) -> usize {
        self.read(|state| state.scale_sets.calls.most_within(Duration::from_mins(1), is_wanted))
    }
}
