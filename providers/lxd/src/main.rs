//! Provider for garm: containers and virtual machines of LXD and Incus.
//!
//! It speaks their REST API on the unix socket, or over https with a client certificate. It reads the configuration of upstream's providers
//! for LXD and for Incus. Its marks on instances are upstream's, too, so that either finds what the other has made.
//!
//! The process does one thing and ends ([`garm_provider_protocol::run`]); nothing is kept between two calls but what LXD knows. Only instances
//! that carry the mark of the calling controller are ever looked at or touched.

use std::process::ExitCode;

mod api;
mod blank;
mod config;
mod create;
mod image;
mod instance;
mod power;
mod provider;
mod remove;
mod specs;
mod warning;

fn main() -> ExitCode {
    garm_provider_protocol::run(&provider::Lxd)
}
