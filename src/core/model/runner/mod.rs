//! The life of a runner: its two states, its record, and everything that can happen to it.
//!
//! | file | what it holds |
//! |---|---|
//! | [`states`] | the states of the machine and of the runner software, and both transition tables |
//! | [`record`] | what is known about a runner |
//! | [`life`] | one function for each thing that can happen to a runner |
//! | [`news`] | the meaning of a change for the memory of machines |
//! | [`rows`] | the rows of many runners, shared |
//! | [`machine`] | a machine as its provider lists it |
//!
//! Production code cannot change a runner in another way: its fields are read-only outside of this folder. The store, the planner's properties
//! and the trials call the same functions.

mod life;
mod machine;
mod news;
mod record;
mod rows;
mod states;

pub use life::Refusal;
pub use machine::{Address, AddressKind, ProviderMachine};
pub use record::{Runner, RunnerRecord, StatusMessage};
pub use rows::{Rows, changed_rows};
pub use states::{InstanceStatus, RunnerStatus, TransitionError};
