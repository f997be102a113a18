//! The response to a call, as the checks judge it and a report shows it.

use std::time::Duration;

use super::judgement::{Evidence, Judgement};

/// How much of an output is shown, in characters from its end.
const SHOWN: usize = 1500;

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With a status.
    Exited(i32),
    /// By a signal.
    Signal(i32),
    /// Killed at the time limit.
    TimedOut,
    /// Killed because it did not stop printing.
    Flooded,
    /// It could not be started.
    NotStarted(String),
    /// The command had hung before and was not called again.
    NotAsked,
}

/// The response to a call.
#[derive(Clone, Debug)]
pub(super) struct Response {
    pub(super) command: String,
    pub(super) end: End,
    pub(super) stdout: Vec<u8>,
    pub(super) took: Duration,
    /// The call as a person would type it.
    pub(super) call: String,
    pub(super) shown_stdout: String,
    pub(super) shown_stderr: String,
}

impl Response {
    /// The exit status; without one, the judgement of a check that cannot go on. Another check reports the fault itself.
    pub(super) fn status(&self) -> Result<i32, Judgement> {
        let command = &self.command;
        match &self.end {
            End::Exited(status) => Ok(*status),
            End::Signal(signal) => Err(Judgement::skip(format!("{command} ended by signal {signal}: see no-crash"))),
            End::TimedOut | End::NotAsked => Err(Judgement::skip(format!("{command} does not end: see time-limit"))),
            End::Flooded => Err(Judgement::skip(format!("{command} does not stop printing: see bounded-output"))),
            End::NotStarted(fault) => Err(Judgement::skip(format!("it cannot be started: {fault}"))),
        }
    }

    pub(super) fn succeeded(&self) -> bool {
        self.end == End::Exited(0)
    }

    /// How it ended, for people.
    pub(super) fn ending(&self) -> String {
        match &self.end {
            End::Exited(status) => format!("exit status {status}"),
            End::Signal(signal) => format!("signal {signal}"),
            End::TimedOut => "ended at the time limit".to_owned(),
            End::Flooded => "ended because it did not stop printing".to_owned(),
            End::NotStarted(fault) => format!("not started: {fault}"),
            End::NotAsked => "not called again".to_owned(),
        }
    }

    pub(super) fn said_nothing_on_stderr(&self) -> bool {
        self.shown_stderr.trim().is_empty()
    }
}

impl From<&Response> for Evidence {
    fn from(response: &Response) -> Self {
        Self {
            call: response.call.clone(),
            status: response.ending(),
            milliseconds: u64::try_from(response.took.as_millis()).unwrap_or(u64::MAX),
            stdout: response.shown_stdout.clone(),
            stderr: response.shown_stderr.clone(),
        }
    }
}

/// The end of a text, fit for a terminal.
pub(super) fn excerpt(text: &str) -> String {
    let text = text.trim_end();
    let skipped = text.chars().count().saturating_sub(SHOWN);
    let end: String = text.chars().skip(skipped).map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect();
    if skipped > 0 { format!("...{end}") } else { end }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_the_end_and_controls_no_terminal() {
        assert_eq!(excerpt("a\u{1b}[2J\tb\n\n"), "a\u{fffd}[2J\tb");
        let long = excerpt(&format!("x{}", "y".repeat(SHOWN)));
        assert!(long.starts_with("...y") && long.len() == SHOWN + 3);
    }
}
