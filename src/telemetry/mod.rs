//! What the server says about itself: its log, and figures for Prometheus.

mod log;
mod metrics;

pub use log::{Format, start};
pub use metrics::{Metrics, ProviderCall};
