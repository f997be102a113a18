//! What people should know although nothing failed.

use std::fmt::Display;
use std::io::Write as _;

/// Says it on standard error, which the server keeps.
pub(crate) fn warn(warning: impl Display) {
    // Nobody is left to tell when standard error is closed.
    drop(writeln!(std::io::stderr(), "warning: {warning}"));
}
