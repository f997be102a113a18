//! Placeholder.
pub mod model;
pub mod provider;
pub mod time;
