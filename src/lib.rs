//! Runner manager for GitHub, GitHub Enterprise Server, Gitea and Forgejo.

pub mod engine;
pub mod model;
pub mod sim;
pub mod time;
