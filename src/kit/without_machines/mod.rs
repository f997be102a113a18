//! Checks that make no machine: they ask for machines that do not exist, and their creations must fail.

pub(super) mod absent;
pub(super) mod descriptions;
pub(super) mod executable;
pub(super) mod refusals;
