//! Runner manager for GitHub, GitHub Enterprise Server, Gitea and Forgejo.

#![recursion_limit = "256"]

pub mod api;
pub mod cli;
pub mod client;
pub mod config;
pub mod control;
pub mod crypto;
pub mod engine;
pub mod forge;
pub mod http;
pub mod model;
pub mod provider;
pub mod sim;
pub mod store;
pub mod telemetry;
pub mod template;
pub mod time;
