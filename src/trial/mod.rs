//! Trials: the whole installation in one process on virtual time, with everything that can go wrong.
//!
//! | Real | Modelled |
//! |---|---|
//! | the planner, the shell with its supervision, the store with its queries and leases on SQLite in memory | the forge ([`crate::sim`]), the cloud with its machines, the network, the killing of servers |
//!
//! A seed decides the world, its jobs and its faults ([`scenario`], [`faults`]); the same seed gives the same trial to the microsecond.
//!
//! A trial has two phases. In the first, faults strike, and every step is checked. No pool may exceed its maximum, no machine may be
//! removed under its job, no task may panic. In the second, the faults have stopped. Within a bounded time every job must be done. No
//! machine or runner may be without a row, and no row may stay between two states for more than a minute ([`checks`]).
//!
//! | File | What it models |
//! |---|---|
//! | [`state`], [`set_up`] | what all parts share, and its set-up |
//! | [`run`] | the two phases |
//! | [`faults`] | the faults, and when each strikes |
//! | [`scenario`] | the plan of a trial |
//! | [`operators`] | outages, operators, machines and runners without a row |
//! | [`replica`], [`pulse`] | servers that are killed at any point where they wait, cut off from the database, started with a wrong clock |
//! | [`way`], [`link`], [`service`] | the forge and its service for scale sets, as a server reaches them |
//! | [`asked`] | how often the service may be asked |
//! | [`cloud`], [`provider`], [`guest`] | machines, the provider that makes them, the life on each |
//! | [`courier`] | deliveries: lost, doubled, late |
//! | [`losses`] | jobs that lose their machine and are run again |
//! | [`renames`] | a repository that gets another name |
//! | [`useless`] | kinds of machines and jobs on which money is spent for nothing |
//! | [`spending`], [`bounds`] | what may be spent for nothing, and what must hold meanwhile |
//! | [`checks`] | what must hold in the end |
//! | [`fuzz`] | many seeds, and the shortest script of faults that still fails |
//! | [`calm`], [`record`] | a trial without faults, and the lives of its machines |
//! | [`spread`] | times that vary |

mod asked;
mod bounds;
pub mod calm;
mod checks;
mod cloud;
mod courier;
pub mod faults;
pub mod fuzz;
mod guest;
mod life;
mod limits;
mod link;
mod losses;
mod operators;
mod provider;
mod pulse;
pub mod record;
mod renames;
mod replica;
mod run;
pub mod scenario;
mod service;
mod set_up;
mod spending;
pub mod spread;
mod state;
#[cfg(test)]
mod tests;
pub mod useless;
mod way;
