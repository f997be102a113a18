//! Why there is no configuration.

use std::path::PathBuf;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("cannot read the configuration file {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The words of the operating system.
        #[source]
        source: std::io::Error,
    },
    /// The file is not TOML, or a value has the wrong type.
    #[error("{}: {text}", .path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and what, in the words of the parser.
        text: String,
    },
    /// A value is not allowed.
    #[error("{}: {key} = {value}: {allowed}", .path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// The key with its section.
        key: String,
        /// The value; secrets are not shown.
        value: String,
        /// The allowed values.
        allowed: String,
    },
    /// A value is not allowed or missing, and an unknown key may be the cause.
    #[error("{error} ({})", .unknown.join("; "))]
    Unknown {
        /// The fault.
        error: Box<Error>,
        /// The remarks about the keys.
        unknown: Vec<String>,
    },
    /// The user's data directory cannot be used.
    #[error("cannot make {}", .path.display())]
    Defaults {
        /// The file or directory that could not be made.
        path: PathBuf,
        /// The words of the operating system.
        #[source]
        source: std::io::Error,
    },
    /// There is no home directory to keep data in.
    #[error("there is no home directory to keep data in; give a configuration file with --config")]
    NoHome,
}
