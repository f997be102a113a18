//! Placeholder.
pub mod model;
pub mod time;
