//! The only place that prints: tables for people, JSON for programs, progress on a terminal.
//!
//! Words of others cannot drive the terminal: tables, errors and all that is printed here shows what is invisible as [`visible`] writes it.
//! Only [`styled_line`] prints a text as it is.

mod ask;
mod table;

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use clap::builder::styling::{self, AnsiColor};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

pub(super) use self::ask::{ask, ask_new_password, ask_secret, confirm, somebody_is_there};
use self::table::list_table;
pub(super) use self::table::{Column, comparison_table, field_of_lines, fields_table, first_line};
use super::Error;
use crate::model::{visible, visible_json, visible_lines};
use crate::time::Timestamp;

/// How results are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs: the answer of the API.
    Json,
}

/// Where results go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    pub(super) format: Format,
}

impl Output {
    /// Whether a person reads the results.
    pub(super) fn is_table(self) -> bool {
        self.format == Format::Table
    }

    /// Prints a list: a table with a row for each thing, or the objects themselves.
    pub(super) fn list<T: Serialize>(self, items: &[T], columns: &[Column<T>]) -> Result<(), Error> {
        line(&self.list_text(items, columns)?)
    }

    /// The text that [`Self::list`] prints.
    pub(super) fn list_text<T: Serialize>(self, items: &[T], columns: &[Column<T>]) -> Result<String, Error> {
        match self.format {
            Format::Json => json(&items),
            Format::Table => Ok(list_table(items, columns)),
        }
    }

    /// Prints a list without items: a sentence, or an empty array.
    pub(super) fn nothing(self, text: &str) -> Result<(), Error> {
        line(if self.format == Format::Json { "[]" } else { text })
    }

    /// Prints one object: a table of fields and values, or the object itself.
    pub(super) fn object<T: Serialize>(self, item: &T, fields: &[(&str, String)]) -> Result<(), Error> {
        match self.format {
            Format::Json => line(&json(item)?),
            Format::Table => line(&fields_table(fields)),
        }
    }

    /// Prints a result that is a sentence. For programs the exit code says the same.
    pub(super) fn said(self, text: &str) -> Result<(), Error> {
        if self.format == Format::Json { Ok(()) } else { line(text) }
    }

    /// Prints the things that a sentence was about, for programs only.
    pub(super) fn said_list<T: Serialize>(self, items: &[T]) -> Result<(), Error> {
        if self.format == Format::Json { line(&json(&items)?) } else { Ok(()) }
    }
}

/// A result for programs, on one line.
pub(super) fn json(value: &impl Serialize) -> Result<String, Error> {
    let text = serde_json::to_string(value).map_err(|fault| Error::from_fault("cannot show the result", &fault))?;
    Ok(visible_json(&text).into_owned())
}

/// Prints a line on standard output. A reader that has gone (`| head`) is no failure.
pub(super) fn line(text: &str) -> Result<(), Error> {
    put("", &visible_lines(text)).map(drop)
}

/// Prints a line with colours, which [`toned`] and [`coloured`] add. The rest has passed [`visible`]. False when the reader has gone.
pub(super) fn styled_line(text: &str) -> Result<bool, Error> {
    put("", text)
}

/// Prints a newer version of the text that was shown: in its place on a terminal, after it elsewhere. False when the reader has gone.
pub(super) fn renew(text: &str) -> Result<bool, Error> {
    // Moves to the first line and clears the screen and the scrolled lines.
    put(if io::stdout().is_terminal() { "\x1b[H\x1b[2J\x1b[3J" } else { "" }, &visible_lines(text))
}

fn put(before: &str, text: &str) -> Result<bool, Error> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{before}{text}").and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(fault) if fault.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(fault) => Err(Error::from_fault("cannot write the result", &fault)),
    }
}

/// Prints a message for a person, on standard error.
#[expect(clippy::print_stderr, reason = "this module is where printing happens")]
pub(super) fn note(text: &str) {
    eprintln!("{}", visible_lines(text));
}

/// Tells a person at a terminal that something was done. Elsewhere nothing is printed, as by upstream's client.
pub(super) fn done(text: &str) {
    if io::stderr().is_terminal() {
        note(text);
    }
}

/// A time as tables show it; an unknown one is empty.
pub(super) fn time(at: Timestamp) -> String {
    if at == Timestamp::ZERO { String::new() } else { at.to_table_string() }
}

/// Shows on a terminal that a command is at work; prints nothing elsewhere.
pub(super) fn spinner(text: &str) -> ProgressBar {
    let bar = progress(ProgressBar::new_spinner(), "{spinner} {msg} ({elapsed})");
    bar.set_message(visible(text).into_owned());
    bar
}

/// Shows on a terminal how many of a known number of steps are done; prints nothing elsewhere.
pub(super) fn counter(text: &str, length: usize) -> ProgressBar {
    let bar = progress(ProgressBar::new(length as u64), "{spinner} {msg} {pos}/{len} ({elapsed})");
    bar.set_message(visible(text).into_owned());
    bar
}

fn progress(bar: ProgressBar, template: &str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    bar.set_style(ProgressStyle::with_template(template).expect("a template of our own"));
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// The meaning of a colour.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tone {
    /// The head of a section.
    Head,
    /// As it should be.
    Good,
    /// Worth a look.
    Odd,
    /// Wrong.
    Bad,
    /// Ordinary.
    Plain,
    /// A detail.
    Fine,
    /// Asked for by the user.
    Marked,
    /// Of less weight.
    Dim,
}

/// Whether standard output is a terminal that shows colours; `NO_COLOR` and the like are obeyed.
pub(super) fn wants_colours() -> bool {
    AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// A text on one line, in its tone if standard output shows colours.
pub(super) fn toned(text: &str, tone: Tone) -> String {
    if wants_colours() { coloured(text, tone) } else { visible(text).into_owned() }
}

/// A text on one line, in its tone.
pub(super) fn coloured(text: &str, tone: Tone) -> String {
    let style = match tone {
        Tone::Head => styling::Style::new().bold(),
        Tone::Good => AnsiColor::Green.on_default(),
        Tone::Odd => AnsiColor::Yellow.on_default().bold(),
        Tone::Bad => AnsiColor::Red.on_default().bold(),
        Tone::Plain => AnsiColor::Blue.on_default(),
        Tone::Fine => AnsiColor::Magenta.on_default(),
        Tone::Marked => AnsiColor::Cyan.on_default().bold(),
        Tone::Dim => styling::Style::new().dimmed(),
    };
    format!("{style}{}{style:#}", visible(text))
}
