//! The log.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

/// How lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Begins to log. `level` is for our own code; libraries are heard from `warn` on. `file` is appended to; without one, standard error is used.
///
/// # Errors
/// When the file cannot be opened.
pub fn start(level: &str, format: Format, file: Option<&Path>, source: bool) -> io::Result<()> {
    let writer = match file {
        None => BoxMakeWriter::new(io::stderr),
        Some(path) => BoxMakeWriter::new(Mutex::new(OpenOptions::new().create(true).append(true).open(path)?)),
    };
    let filter = EnvFilter::new(format!("warn,garm={level}"));
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_file(source).with_line_number(source).with_target(false);
    let started = match format {
        Format::Text => builder.with_ansi(file.is_none() && io::IsTerminal::is_terminal(&io::stderr())).try_init(),
        Format::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(|fault| io::Error::other(fault.to_string()))
}
