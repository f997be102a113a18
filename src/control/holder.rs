//! The name of this process among the replicas.

use std::sync::{Arc, Mutex, PoisonError};

use crate::crypto::random;
use crate::model::ReplicaId;

/// The name under which this process holds leases now. All clones share it.
#[derive(Clone, Debug)]
pub(super) struct Holder(Arc<Mutex<ReplicaId>>);

impl Holder {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(ReplicaId(random::uuid()))))
    }

    pub(super) fn id(&self) -> ReplicaId {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn rename(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = ReplicaId(random::uuid());
    }
}
