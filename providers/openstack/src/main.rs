//! A provider for OpenStack: one server in Nova per runner.
//!
//! The process answers one call and ends. It signs in once, asks Nova, Glance and Neutron what it must know, all at the same time, and keeps
//! nothing. What it knows about a server is on the server: tags say which installation and pool it belongs to, metadata what system it has, under
//! the same names as upstream's provider, so that each finds the machines of the other.
//!
//! [`provider`] has the operations; [`config`], [`clouds`] and [`specs`] read what people wrote; [`session`] speaks HTTP with a token from
//! [`keystone`]; [`nova`], [`glance`] and [`neutron`] are the services; [`server`] says what a server is to the caller.

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
