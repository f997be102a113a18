//! Checks that make no machine: every machine they ask for does not exist, and every creation they try must fail.

pub(super) mod absent;
pub(super) mod descriptions;
pub(super) mod executable;
pub(super) mod refusals;
