//! The contract between the server and a provider.
//!
//! A provider is any executable that creates and deletes machines. It is started once per operation, without arguments. The operation and
//! its subject are in [environment variables](mod@env). `CreateInstance` also gets a [`BootstrapInstance`] as JSON on standard input. The
//! answer, a [`ProviderInstance`] or a list of them, goes to standard output. The exit status is 0, one of [`exit_code`], or any other
//! number for a failure whose reason is on standard error.
//!
//! The server uses the types of this crate to call providers; a provider written in Rust implements [`ExternalProvider`] and calls [`run`] from
//! `main`. There is nothing asynchronous here: a provider process does one thing and ends.

mod bootstrap;
mod call;
mod instance;
mod provider;
mod wire;

pub use bootstrap::{BootstrapInstance, ProxyConfig, Tool, UserDataOptions};
pub use call::{Call, CallError, Command, InterfaceVersion, env, exit_code};
pub use instance::{Address, AddressKind, InvalidInstance, ProviderInstance, ProviderStatus};
pub use provider::{ExternalProvider, Failure, run};
