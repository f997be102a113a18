//! The server's log, and its figures for Prometheus.

mod log;
mod metrics;

pub use log::{Behind, Follower, Format, Log, LogFeed, LogSettings, UNFOLLOWED, start};
pub use metrics::{Metrics, ProviderCall, set_labels};
