//! `garm version`: of this program and of the server it talks to.

use serde_json::json;

use super::output::{self, Format};
use super::program::is_client;
use super::{Context, Error};

/// This program's version.
const OWN: &str = concat!("v", env!("CARGO_PKG_VERSION"));

/// What upstream's client calls a version that nobody tells.
const UNKNOWN: &str = "v0.0.0-unknown";

/// Upstream's daemon prints its version alone, upstream's client both.
pub(super) async fn run(context: &Context) -> Result<(), Error> {
    if context.out.is_table() && !is_client() {
        return output::line(OWN);
    }
    // Nobody has to be logged in to be told a version.
    let server = match context.client() {
        Ok(client) => client.controller_info().await.map(|info| info.version).unwrap_or_default(),
        Err(_) => String::new(),
    };
    let server = if server.is_empty() { UNKNOWN } else { server.as_str() };
    output::line(&match context.out.format {
        Format::Table => format!("garm-cli: {OWN}\ngarm server: {server}"),
        Format::Json => json!({ "client": OWN, "server": server }).to_string(),
    })
}
