//! The machines of the cloud.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::task::AbortHandle;

/// All machines.
#[derive(Default)]
pub(super) struct Cloud {
    machines: Mutex<BTreeMap<String, Machine>>,
}

/// A machine.
pub(super) struct Machine {
    pub(super) pool: String,
    pub(super) running: bool,
    /// The task that plays the machine; a machine without a row has none.
    pub(super) guest: Option<AbortHandle>,
    /// Number of the machine: a new machine with an old name has another.
    pub(super) serial: u64,
}

impl Cloud {
    pub(super) fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Machine>> {
        self.machines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    /// The machine stops by itself.
    pub(super) fn halt(&self, name: &str, serial: u64) {
        if let Some(machine) = self.lock().get_mut(name).filter(|machine| machine.serial == serial) {
            machine.running = false;
        }
    }

    /// The machine vanishes.
    pub(super) fn lose(&self, name: &str, serial: u64) {
        let mut machines = self.lock();
        if machines.get(name).is_some_and(|machine| machine.serial == serial) {
            machines.remove(name);
        }
    }
}
