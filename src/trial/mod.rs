//! Trials: the whole installation in one process on virtual time, with everything that can go wrong.
//!
//! What is real: the planner, the shell and its supervision, the store with its queries and leases on an SQLite database in memory, used inline.
//! What is modelled: the forge (the same model that has an HTTP face elsewhere), the cloud with its machines, the network, the killing of servers.
//! A seed decides the world, its jobs and its faults ([`scenario`], [`faults`]); the same seed gives the same trial to the microsecond.
//!
//! A trial has two phases. While things go wrong, what must never happen is looked for at every step: more machines than a pool may
//! have, a machine removed under its job, a task that panicked. Then the faults stop, and within a bounded time every job must be done and
//! nothing left over: no machine or runner without a row, no row in between two states for more than a minute ([`checks`]).
//!
//! | File | What it models |
//! |---|---|
//! | [`state`], [`set_up`] | what all parts share, and how a scenario becomes it |
//! | [`run`] | the two phases |
//! | [`faults`] | what may go wrong, and who decides when |
//! | [`scenario`] | the world of a seed |
//! | [`operators`] | what operators do, and what appears that belongs to no row |
//! | [`replica`], [`pulse`] | servers that are killed at any point where they wait, cut off from the database, started with a wrong clock |
//! | [`link`] | the forge as a server reaches it |
//! | [`cloud`], [`provider`], [`guest`] | machines, the provider that makes them, what happens on them |
//! | [`courier`] | deliveries: lost, doubled, late |
//! | [`checks`] | what must never happen, and what must hold in the end |
//! | [`fuzz`] | many seeds, and the shortest script of faults that still fails |
//! | [`calm`], [`record`] | a trial in which nothing goes wrong, and what becomes of every machine in it |
//! | [`spread`] | times that vary |

pub mod calm;
mod checks;
mod cloud;
mod courier;
pub mod faults;
pub mod fuzz;
mod guest;
mod link;
mod operators;
mod provider;
mod pulse;
pub mod record;
mod replica;
mod run;
pub mod scenario;
mod set_up;
pub mod spread;
mod state;
#[cfg(test)]
mod tests;
