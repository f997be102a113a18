//! A machine of the checks that make machines.

use std::time::Duration;

/// A machine that was created.
pub(super) struct Machine {
    pub(super) name: String,
    /// The provider's id; empty when `CreateInstance` printed none.
    pub(super) id: String,
    /// How long the creation took.
    pub(super) took: Duration,
}
