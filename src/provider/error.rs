//! The faults of a provider.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use garm_provider_protocol::{Command, InvalidInstance};

/// So much of the end of either output is kept in a fault, in bytes. A runner keeps two faults, of its creation and of its removal.
const STDERR_END: usize = 2500;
const STDOUT_END: usize = 1000;

/// Length of the excerpt in the one-line message.
const EXCERPT: usize = 200;

/// A failed operation. The message is one line; [`Error::fault`] has all the provider said. Neither contains the machine's token.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no executable at the configured place.
    #[error("provider executable {} does not exist", .executable.display())]
    Missing {
        /// The configured path.
        executable: PathBuf,
    },
    /// The executable is there and cannot be started.
    #[error("cannot start provider executable {}", .executable.display())]
    Spawn {
        /// The configured path.
        executable: PathBuf,
        /// The words of the operating system.
        source: io::Error,
    },
    /// It ended with a status that means failure.
    #[error("{command} failed with {status}{}", .output.excerpt())]
    Failed {
        /// The request.
        command: Command,
        /// The exit status or the signal.
        status: String,
        /// The output.
        output: ProcessOutput,
    },
    /// It was ended because it took too long.
    #[error("{command} did not end within {} s{}", .limit.as_secs_f32(), .output.excerpt())]
    TimedOut {
        /// The request.
        command: Command,
        /// How long it was given.
        limit: Duration,
        /// The output until then.
        output: ProcessOutput,
    },
    /// It was ended because it did not stop printing.
    #[error("{command} printed more than {limit} bytes")]
    TooMuchOutput {
        /// The request.
        command: Command,
        /// How much is accepted, in bytes.
        limit: usize,
        /// The end of what it printed to standard error.
        output: ProcessOutput,
    },
    /// It ended well and printed something that is not the JSON asked for.
    #[error("{command} did not print the JSON that was asked for: {reason}")]
    Garbage {
        /// The request.
        command: Command,
        /// The fault of the text.
        reason: String,
        /// The output.
        output: ProcessOutput,
    },
    /// It described a machine in a way that is of no use.
    #[error("{command} described an instance wrongly")]
    Invalid {
        /// The request.
        command: Command,
        /// The missing or wrong part.
        source: InvalidInstance,
    },
    /// It described another machine than the one that was asked for.
    #[error("{command} described another machine than {asked}, which was asked for")]
    OtherName {
        /// The request.
        command: Command,
        /// The runner's name.
        asked: String,
    },
    /// The machine exists for `CreateInstance` and does not for `GetInstance`.
    #[error("{command}: the provider has no instance {instance}")]
    NotFound {
        /// The request.
        command: Command,
        /// Provider id or name.
        instance: String,
    },
    /// The extra specs do not fit into an environment variable, as the newer interface version wants it.
    #[error(
        "the pool's extra specs need {size} bytes, an environment variable holds {limit}; use interface version v0.1.0 or shorten them"
    )]
    ExtraSpecsTooLarge {
        /// How much they need.
        size: usize,
        /// How much there is room for.
        limit: usize,
    },
    /// The request cannot be written as JSON.
    #[error("cannot write the description of the instance")]
    Bootstrap(#[source] serde_json::Error),
}

impl Error {
    /// The provider's output, where it ran.
    #[must_use]
    pub fn output(&self) -> Option<&ProcessOutput> {
        match self {
            Self::Failed { output, .. }
            | Self::TimedOut { output, .. }
            | Self::TooMuchOutput { output, .. }
            | Self::Garbage { output, .. } => Some(output),
            _ => None,
        }
    }

    /// Whether a creation that failed so may have made the machine all the same, or may still: its end was not seen.
    #[must_use]
    pub fn may_have_made(&self) -> bool {
        matches!(
            self,
            Self::TimedOut { .. } | Self::TooMuchOutput { .. } | Self::Garbage { .. } | Self::Invalid { .. } | Self::OtherName { .. }
        )
    }

    /// Everything there is to know, for the person who looks at the instance: message, causes, and the end of what the provider printed. What
    /// the message says already is not told again.
    #[must_use]
    pub fn fault(&self) -> String {
        let text = crate::model::describe(self);
        let sections = self.output().map(|output| output.sections(&text)).unwrap_or_default();
        text + &sections
    }
}

/// The end of a text, in at most this many bytes of it.
fn end_of(text: &str, bytes: usize) -> String {
    match text.len().checked_sub(bytes).filter(|cut| *cut > 0) {
        Some(cut) => format!("[...]{}", &text[text.ceil_char_boundary(cut)..]),
        None => text.to_owned(),
    }
}

/// The end of what a provider printed, without secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcessOutput {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl ProcessOutput {
    /// `: ` and the last line of the output, shortened; empty without output.
    fn excerpt(&self) -> impl fmt::Display {
        let last_line = |text: &str| text.trim_end().lines().next_back().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty());
        let line = last_line(&self.stderr).or_else(|| last_line(&self.stdout));
        line.map_or_else(String::new, |line| match line.char_indices().nth(EXCERPT) {
            Some((end, _)) => format!(": {}...", &line[..end]),
            None => format!(": {line}"),
        })
    }

    /// The output below a message that may have the end of it.
    fn sections(&self, message: &str) -> String {
        let section = |name: &str, text: &str, most: usize| match text.trim() {
            text if message.ends_with(text) => String::new(),
            text => format!("\n{name}:\n{}", end_of(text, most)),
        };
        section("stderr", &self.stderr, STDERR_END) + &section("stdout", &self.stdout, STDOUT_END)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_one_line_and_the_fault_tells_all() {
        let output = ProcessOutput { stdout: "half\n".to_owned(), stderr: "connecting\nno quota left\n".to_owned() };
        let error = Error::Failed { command: Command::CreateInstance, status: "exit status 1".to_owned(), output };
        assert_eq!(error.to_string(), "CreateInstance failed with exit status 1: no quota left");
        let fault = "CreateInstance failed with exit status 1: no quota left\nstderr:\nconnecting\nno quota left\nstdout:\nhalf";
        assert_eq!(error.fault(), fault);
    }

    #[test]
    fn an_output_of_one_line_is_told_once() {
        let output = ProcessOutput { stdout: "\n".to_owned(), stderr: "no quota left\n".to_owned() };
        let error = Error::Failed { command: Command::DeleteInstance, status: "exit status 1".to_owned(), output };
        assert_eq!(error.fault(), "DeleteInstance failed with exit status 1: no quota left");
    }

    #[test]
    fn causes_are_told_once() {
        let error = Error::Invalid { command: Command::GetInstance, source: InvalidInstance::Missing("name") };
        assert_eq!(error.fault(), "GetInstance described an instance wrongly: `name` is missing");
    }
}
