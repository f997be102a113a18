//! Providers: who makes and removes the machines.
//!
//! The rest of the server sees a [`Provider`]. [`External`] is the only kind: an executable started once per operation, as the crate
//! `garm_provider_protocol` describes. [`exec`] starts it, in a process group of its own, with a deadline and bounded output, and leaves
//! nothing behind. Nothing here retries or decides: an [`Error`] says what went wrong, the engine acts on it. Only figures are remembered
//! ([`CommandCalls`]).
//!
//! The instance token goes to the provider's standard input and environment only. A provider's output is cleaned of secrets, and of all that looks like
//! a token, before it becomes an error text ([`redact`]).

mod calls;
mod commands;
mod description;
mod error;
pub mod exec;
mod external;
mod extra_specs;
mod interface;
mod redact;
mod tokens;

#[cfg(test)]
mod test_scripts;

pub use calls::{CommandCalls, LastCall};
pub use description::{Description, SelfDescription, faults_of};
pub use error::{Error, ProcessOutput};
pub use external::{DEFAULT_PARALLEL, DEFAULT_TIME_LIMIT, External, ExternalSettings};
pub use extra_specs::with_install_template;
pub use garm_provider_protocol::{
    Address, AddressKind, BootstrapInstance, InterfaceVersion, ProviderInstance, ProviderStatus, ProxyConfig, Tool, UserDataOptions,
};
pub use interface::{CreatedInstance, PoolContext, Provider};
pub use redact::Secrets;
