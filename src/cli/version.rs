//! `garm version`: the versions of this program and of the server in use.

use serde_json::json;

use super::output::{self, Format};
use super::program::is_client;
use super::{Context, Error};

/// This program's version.
const OWN: &str = concat!("v", env!("CARGO_PKG_VERSION"));

/// The word of upstream's client for an unknown version.
const UNKNOWN: &str = "v0.0.0-unknown";

/// Prints the version of this program. As upstream's client, it prints that of the server, too.
pub(super) async fn run(context: &Context) -> Result<(), Error> {
    if context.out.is_table() && !is_client() {
        return output::line(OWN);
    }
    // The version of the server needs no login.
    let server = match context.client() {
        Ok(client) => client.controller_info().await.map(|info| info.version_of_server().to_owned()).unwrap_or_default(),
        Err(_) => String::new(),
    };
    let server = if server.is_empty() { UNKNOWN } else { server.as_str() };
    output::line(&match context.out.format {
        Format::Table => format!("garm-cli: {OWN}\ngarm server: {server}"),
        Format::Json => output::json(&json!({ "client": OWN, "server": server }))?,
    })
}
