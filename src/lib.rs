//! Runner manager for GitHub, GitHub Enterprise Server, Gitea and Forgejo.

pub mod engine;
pub mod model;
pub mod provider;
pub mod time;
