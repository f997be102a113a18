//! The pure core: the nouns of the domain, and the planner that decides about them.
//!
//! It is a package of its own, so that the compiler holds the rule. Nothing here does I/O, reads a clock or draws lots: no crate that could
//! is among its dependencies. Its tests build and run in seconds.

pub mod engine;
pub mod model;
pub mod time;
