//! An installation to test: the real binary as a server process, the fake GitHub, a real database, real providers.
//!
//! A test writes a [`Plan`], starts an [`Installation`] from it, and ends with `finish`, which checks what must hold after every test.

mod database;
mod files;
mod forge_client;
mod installation;
mod plan;
mod routes;
mod secrets;
mod server;
mod setup;
mod skip;
mod waits;
mod watch;

pub(crate) use database::{Database, databases};
pub(crate) use forge_client::forge_client;
pub(crate) use installation::Installation;
pub(crate) use plan::Plan;
pub(crate) use routes::{REPOSITORIES, at};
pub(crate) use secrets::{JWT_SECRET, PASSPHRASE, PASSWORD, PAT, WEBHOOK_SECRET};
pub(crate) use server::binary;
pub(crate) use setup::numbered_job;
pub(crate) use skip::skipped;
