//! The name that the program was called by.

use std::path::Path;

/// The name of upstream's client.
pub(super) const CLIENT: &str = "garm-cli";

/// Whether the program was called as upstream's client.
pub(super) fn is_client() -> bool {
    std::env::args_os().next().is_some_and(|called| Path::new(&called).file_stem().is_some_and(|name| name == CLIENT))
}

/// The name that people call the program by.
pub(super) fn program() -> &'static str {
    if is_client() { CLIENT } else { "garm" }
}
