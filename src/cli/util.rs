//! `garm util`: texts that are generated from the program's own definitions.

use std::path::PathBuf;

use clap::{Command as Definition, Subcommand};

use super::completion::CompletionArgs;
use super::output::line;
use super::{Error, man};

/// Generates completions, manual pages and the description of the API.
#[derive(Debug, Subcommand)]
pub(super) enum UtilCommand {
    /// Prints the lines that register completion with a shell
    Completion(CompletionArgs),
    /// Prints the description of the API
    Openapi,
    /// Writes the manual pages into a directory
    Man {
        /// The directory
        directory: PathBuf,
    },
}

impl UtilCommand {
    pub(super) fn run(self, definition: Definition) -> Result<(), Error> {
        match self {
            Self::Completion(args) => args.run(),
            Self::Openapi => {
                let text = serde_json::to_string_pretty(&crate::http::openapi());
                line(&text.map_err(|fault| Error::from_fault("cannot write the description", &fault))?)
            }
            Self::Man { directory } => man::write(definition, &directory)
                .map_err(|fault| Error::from_fault(&format!("cannot write to {}", directory.display()), &fault)),
        }
    }
}
