//! Placeholder.
pub mod model;
pub mod sim;
pub mod time;
