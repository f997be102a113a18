//! The only place that prints: tables for people, JSON for programs, progress on a terminal.

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
pub(super) use self::table::{Column, comparison_table, fields_table};
use super::Error;
use crate::time::Timestamp;

/// How results are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs: what the API answered.
    Json,
}

/// Where results go.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output {
    pub(super) format: Format,
}

impl Output {
    /// Whether a person reads it.
    pub(super) fn is_table(self) -> bool {
        self.format == Format::Table
    }

    /// A list: a row for each thing in a table, or the objects themselves.
    pub(super) fn list<T: Serialize>(self, items: &[T], columns: &[Column<T>]) -> Result<(), Error> {
        line(&self.list_text(items, columns)?)
    }

    /// As [`Self::list`] prints it.
    pub(super) fn list_text<T: Serialize>(self, items: &[T], columns: &[Column<T>]) -> Result<String, Error> {
        match self.format {
            Format::Json => json(&items),
            Format::Table => Ok(list_table(items, columns)),
        }
    }

    /// A list without items, told in words.
    pub(super) fn nothing(self, text: &str) -> Result<(), Error> {
        line(if self.format == Format::Json { "[]" } else { text })
    }

    /// One object: field and value in a table, or the object itself. A value of several lines belongs to one field.
    pub(super) fn object<T: Serialize>(self, item: &T, fields: &[(&str, String)]) -> Result<(), Error> {
        match self.format {
            Format::Json => line(&json(item)?),
            Format::Table => line(&fields_table(fields)),
        }
    }

    /// A result that is a sentence; programs see from the exit code what it says.
    pub(super) fn said(self, text: &str) -> Result<(), Error> {
        if self.format == Format::Json { Ok(()) } else { line(text) }
    }

    /// What a sentence was about, for programs only.
    pub(super) fn said_list<T: Serialize>(self, items: &[T]) -> Result<(), Error> {
        if self.format == Format::Json { line(&json(&items)?) } else { Ok(()) }
    }
}

fn json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|fault| Error::from_fault("cannot show the result", &fault))
}

/// A line on standard output. Whoever reads may have gone (`| head`): that is no failure.
pub(super) fn line(text: &str) -> Result<(), Error> {
    line_of_many(text).map(drop)
}

/// A line of those that go on as long as somebody reads: whether somebody does.
pub(super) fn line_of_many(text: &str) -> Result<bool, Error> {
    put(text, "")
}

/// Prints what was shown before once more: instead of it on a terminal, after it elsewhere. False when nobody reads any more.
pub(super) fn renew(text: &str) -> Result<bool, Error> {
    // Home, and clear from there to the end, with what has scrolled away.
    put(text, if io::stdout().is_terminal() { "\x1b[H\x1b[2J\x1b[3J" } else { "" })
}

fn put(text: &str, before: &str) -> Result<bool, Error> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{before}{text}").and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(fault) if fault.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(fault) => Err(Error::from_fault("cannot write the result", &fault)),
    }
}

/// Something for the person at the terminal, beside the result.
#[expect(clippy::print_stderr, reason = "this module is where printing happens")]
pub(super) fn note(text: &str) {
    eprintln!("{text}");
}

/// Something that was done, for the person who waits for it: nothing is printed where nobody looks, as with upstream's client.
pub(super) fn done(text: &str) {
    if io::stderr().is_terminal() {
        note(text);
    }
}

/// A time as tables show it, nothing for one that is not known.
pub(super) fn time(at: Timestamp) -> String {
    if at == Timestamp::ZERO { String::new() } else { at.to_table_string() }
}

/// Shows on a terminal that something takes its time; says nothing elsewhere.
pub(super) fn spinner(text: &str) -> ProgressBar {
    let bar = progress(ProgressBar::new_spinner(), "{spinner} {msg} ({elapsed})");
    bar.set_message(text.to_owned());
    bar
}

/// Shows on a terminal how far something of known length is; says nothing elsewhere.
pub(super) fn counter(text: &str, length: usize) -> ProgressBar {
    let bar = progress(ProgressBar::new(length as u64), "{spinner} {msg} {pos}/{len} ({elapsed})");
    bar.set_message(text.to_owned());
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

/// What a word is to be to the eye.
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
    /// In the ordinary course of things.
    Plain,
    /// For those who look closely.
    Fine,
    /// What somebody looks for.
    Marked,
    /// Of less weight.
    Dim,
}

/// Whether standard output is a terminal that wants colours; `NO_COLOR` and the like are heeded.
pub(super) fn wants_colours() -> bool {
    AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// A text in its tone where standard output is a terminal that wants colours, as it is elsewhere.
pub(super) fn toned(text: &str, tone: Tone) -> String {
    if wants_colours() { coloured(text, tone) } else { text.to_owned() }
}

/// A text in its tone.
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
    format!("{style}{text}{style:#}")
}
