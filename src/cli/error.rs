//! The error that a failed command ends with.

use std::fmt;

use super::program::program;
use crate::client;
use crate::model::{describe, visible, visible_lines};

/// The exit code of a command that failed.
pub(super) const EXIT_FAILURE: u8 = 1;

/// The exit code for wrong usage; under the name `garm-cli` it is [`EXIT_FAILURE`].
pub(super) const EXIT_USAGE: u8 = 2;

/// A failure, with hints at the way out.
#[derive(Debug)]
pub struct Error {
    text: String,
    hints: Vec<String>,
}

impl Error {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), hints: Vec::new() }
    }

    /// Adds a hint. `{garm}` in it becomes the name that the program was called by.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The failure of a lower layer, with its causes.
    pub(super) fn from_fault(doing: &str, fault: &(dyn std::error::Error + 'static)) -> Self {
        Self::new(format!("{doing}: {}", describe(fault)))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Further lines are indented, so that no text of others can pass for a hint.
        write!(f, "error: {}", visible_lines(&self.text).replace('\n', "\n  "))?;
        self.hints.iter().try_for_each(|hint| write!(f, "\nhint: {}", visible(&hint.replace("{garm}", program()))))
    }
}

impl From<client::Error> for Error {
    fn from(error: client::Error) -> Self {
        let told = Self::new(describe(&error));
        match error.hint() {
            Some(hint) => told.hint(hint),
            None => told,
        }
    }
}

impl From<crate::config::Error> for Error {
    fn from(error: crate::config::Error) -> Self {
        Self::new(describe(&error))
    }
}
