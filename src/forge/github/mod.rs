//! GitHub and GitHub Enterprise Server.
//!
//! [`family`] is what the server knows without asking, [`client`] asks by the REST API, [`delivery`] reads what the webhooks send. [`scale_sets`] asks
//! the service that assigns jobs to scale sets.

mod auth;
mod client;
mod connect;
mod delivery;
mod family;
mod place;
mod rest;
mod scale_sets;
mod service;
pub mod signature;
mod wire;

pub(super) use family::FAMILY;
