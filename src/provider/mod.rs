//! Providers: who makes and removes the machines.
//!
//! [`Provider`] is what the rest of the server sees; [`External`] is the only kind there is: an executable started once per operation, as the
//! crate `garm_provider_protocol` describes. [`exec`] starts it, in a process group of its own, with a deadline and bounded output, and leaves
//! nothing behind. Nothing here retries, remembers or decides: an [`Error`] carries a verdict, the engine acts on it.
//!
//! The instance token goes to the provider's standard input and environment only; what a provider prints is cleaned of it before it becomes an
//! error text ([`redact`]).

mod error;
pub mod exec;
mod external;
mod extra_specs;
mod interface;
mod redact;

#[cfg(test)]
mod test_scripts;

pub use error::{Error, Said};
pub use external::{External, ExternalSettings};
pub use extra_specs::with_install_template;
pub use garm_provider_protocol::{
    Address, AddressKind, BootstrapInstance, InterfaceVersion, ProviderInstance, ProviderStatus, ProxyConfig, Tool, UserDataOptions,
};
pub use interface::{PoolContext, Provider};
pub use redact::Secrets;
