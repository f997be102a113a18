//! GitHub and GitHub Enterprise Server.
//!
//! [`family`] is what the server knows without asking, [`client`] asks by the REST API, [`delivery`] reads what the webhooks send.

mod auth;
mod client;
mod delivery;
mod family;
mod rest;
mod service;
pub mod signature;
mod wire;

pub(super) use family::FAMILY;
