//! The pure core: the nouns of the domain, and the planner that decides about them.
//!
//! A package of its own, so that the compiler holds the rule: nothing here does I/O, reads a clock or draws lots, because no crate that could
//! is among its dependencies. Its tests build and run in seconds.

pub mod engine;
pub mod model;
pub mod time;
