//! The imperative shell: runs the planner against the world.
//!
//! One task per entity this replica has the lease of ([`reconcile`]) reads the rows, adds what it last observed ([`observations`]), plans, and executes
//! ([`execute`]). Anything that changes a row rings the entity's [`Bell`]; the supervisor ([`lifecycle`]) follows the store's
//! feed of commits and rings. There is one code path for a delivery, a timer, a restart and a person's request.
//!
//! Nothing here decides: an action carries every detail. Nothing here remembers what must survive: what a task holds in memory
//! can be asked for again.
//!
//! What it must not do: retry an effect by itself (the planner does, as data), or hold a lock while it waits for somebody outside.

mod bootstrap;
mod callbacks;
mod decisions;
mod execute;
mod hooks;
mod lifecycle;
mod observations;
mod reconcile;
mod rows;
mod templates;
#[cfg(test)]
mod tests;
mod world;

pub use bootstrap::{POLLING_INTERVAL, find_tool, install_context, instance_token_claims, registration_url};
pub use callbacks::{StatusReport, SystemReport, report_status, report_system};
pub use hooks::{HookError, find_hook, install_hook, remove_hook};
pub use lifecycle::{Running, start};
pub use templates::shipped_templates;
pub use world::{Bell, Error, Panics, ProviderFacts, World, controller_label, pool_label};
