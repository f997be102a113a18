//! The imperative shell: runs the planner against forges, providers and the store.
//!
//! A replica runs the tasks that it has the lease of: one [`reconcile`] per entity. That task reads the rows, adds what it last observed
//! ([`observations`]), plans, and executes ([`effects`], [`rows`]). The supervisor ([`lifecycle`]) follows the store's feed of commits; each change
//! rings the tasks that it concerns. There is one code path for a delivery, a timer, a restart and a person's request.
//!
//! A second kind of task is a variant of [`LeasedTask`](crate::model::LeasedTask), a file beside [`reconcile`], and its lines in [`tasks`].
//!
//! The shell does not decide: effects and changes of rows carry every detail, and the documentation of [`crate::engine::Effect`]'s module
//! lists the exceptions. The shell remembers nothing that must survive: a task can ask again for all that it holds in memory.
//!
//! The shell must not retry an effect by itself; the planner does, as data. It must not hold a lock while it waits for a forge or a
//! provider.

mod bootstrap;
mod busy;
mod callbacks;
mod decisions;
mod deliveries;
mod driver;
mod effects;
mod holder;
mod hooks;
mod job_listing;
mod lifecycle;
mod listening;
mod observations;
mod places;
mod reconcile;
mod redelivery;
mod replica;
mod retention;
mod rounds;
mod rows;
mod scale_sets;
mod services;
mod signals;
mod tasks;
mod templates;
#[cfg(test)]
mod tests;
mod unshown;
mod vitals;
mod why;

pub use bootstrap::{POLLING_INTERVAL, install_context, instance_token_claims, runner_labels};
pub use busy::forge_says_busy;
pub use callbacks::{StatusReport, SystemReport, report_install_log, report_status, report_system};
pub use deliveries::{Delivered, Heard, take_in};
pub use hooks::{HookError, find_hook, install_hook, remove_hook};
pub use lifecycle::{Running, start};
pub use retention::forget_jobs;
pub use scale_sets::{ScaleSetError, create_scale_set, remove_scale_set, update_scale_set};
pub use services::{Defects, Error, ProviderFacts, Services, controller_label, pool_label};
pub use templates::shipped_templates;
pub use vitals::{Part, Vitals};
pub use why::{why_job, why_runner};
