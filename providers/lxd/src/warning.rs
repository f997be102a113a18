//! What people should know although nothing failed.

use std::fmt::Display;
use std::io::Write as _;

/// Says it on standard error, which the server keeps.
pub(crate) fn warn(warning: impl Display) {
    // When standard error is closed there is no reader left.
    drop(writeln!(std::io::stderr(), "warning: {warning}"));
}
