//! What a machine is given to boot.
//!
//! A provider is handed a [`BootstrapInstance`](garm_provider_protocol::BootstrapInstance) and turns it into user data: [`user_data()`]
//! does so for any provider whose machines run cloud-init (or cloudbase-init). The parts are public as well: the [runner archive](tool) for
//! the machine's system, the [extra specs](CommonSpecs) of all providers, the [install script](install_script).
//!
//! Install scripts are Go templates; the server renders the same language with a context of its own, hence [`template`] is public.
//!
//! Nothing here talks to anybody: text in, text out. User data holds the machine's token, so it is a secret until it is handed over.

mod cloud_config;
mod error;
mod script;
mod specs;
pub mod template;
mod tools;
mod user_data;

#[cfg(test)]
mod testing;

pub use cloud_config::cloud_config;
pub use error::Error;
pub use script::install_script;
pub use specs::{CommonSpecs, common_specs_schema, read_specs};
pub use tools::tool;
pub use user_data::user_data;
