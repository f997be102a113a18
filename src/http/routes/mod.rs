//! The handlers, one file per resource.

pub(super) mod autopsies;
pub(super) mod controller;
pub(super) mod credentials;
pub(super) mod deliveries;
pub(super) mod endpoints;
pub(super) mod entities;
pub(super) mod health;
pub(super) mod hooks;
pub(super) mod instances;
pub(super) mod jobs;
pub(super) mod logs;
pub(super) mod machines;
pub(super) mod metrics;
pub(super) mod params;
pub(super) mod pools;
pub(super) mod providers;
pub(super) mod scale_sets;
pub(super) mod session;
pub(super) mod sets;
pub(super) mod templates;
pub(super) mod webhooks;
