//! A provider for OpenStack: one server in Nova per runner.
//!
//! The process answers one call and ends. It signs in once, asks Nova, Glance and Neutron what it must know, all at the same time, and
//! keeps nothing. All it knows about a server is on the server. Tags name the installation and the pool, metadata the system. The names are
//! those of upstream's provider, so that each finds the machines of the other.
//!
//! [`provider`] has the operations. [`config`], [`clouds`] and [`specs`] read the files of people. [`session`] speaks HTTP with a token
//! from [`keystone`]; [`nova`], [`glance`] and [`neutron`] are the services. [`server`] describes a server to the caller.

mod clouds;
mod config;
mod error;
mod glance;
mod keystone;
mod neutron;
mod nova;
mod provider;
mod schema;
mod server;
mod session;
mod specs;
mod wait;

use std::process::ExitCode;

fn main() -> ExitCode {
    garm_provider_protocol::run(&provider::OpenStack)
}
