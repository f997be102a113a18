//! The only place that prints: tables for people, JSON for programs, progress on a terminal.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use clap::builder::styling::{self, AnsiColor};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tabled::Table;
use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::style::HorizontalLine;
use tabled::settings::{Alignment, Modify, Style, Width};

use super::Error;
use crate::model::expose;
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
    /// A list: rows of cells in a table, or the objects themselves.
    pub(super) fn list<T: Serialize>(self, items: &[T], header: &[&str], row: impl Fn(&T) -> Vec<String>) -> Result<(), Error> {
        if self.format == Format::Json {
            return json(&items);
        }
        let mut table = Builder::default();
        table.push_record(header.iter().map(|title| title.to_uppercase()));
        for item in items {
            table.push_record(row(item));
        }
        let mut table = table.build();
        table.with(Style::ascii());
        line(&table.to_string())
    }

    /// A list without items, told in words.
    pub(super) fn nothing(self, text: &str) -> Result<(), Error> {
        line(if self.format == Format::Json { "[]" } else { text })
    }

    /// One object: field and value in a table, or the object itself. A value of several lines belongs to one field.
    pub(super) fn object<T: Serialize>(self, item: &T, fields: &[(&str, String)]) -> Result<(), Error> {
        if self.format == Format::Json {
            return json(item);
        }
        line(&fields_table(fields))
    }

    /// Something that was done.
    pub(super) fn done(self, text: &str) -> Result<(), Error> {
        if self.format == Format::Json { Ok(()) } else { line(text) }
    }
}

/// Field and value, framed as upstream does.
pub(super) fn fields_table(fields: &[(&str, String)]) -> String {
    let mut table = Builder::default();
    table.push_record(["FIELD", "VALUE"]);
    for (name, value) in fields {
        table.push_record([*name, value.as_str()]);
    }
    let mut table = dense(table);
    table.with(Modify::new(Columns::last()).with(Width::wrap(150).keep_words(true)));
    table.to_string()
}

/// What belongs together, side by side: a column for each thing, a row for each of its figures.
pub(super) fn comparison_table(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = Builder::default();
    table.push_record(header.iter().copied());
    for row in rows {
        table.push_record(row);
    }
    let mut table = dense(table);
    table.with(Modify::new(Columns::new(1..)).with(Alignment::right()));
    table.to_string()
}

/// One line below the header and none between rows.
fn dense(table: Builder) -> Table {
    let mut table = table.build();
    table.with(Style::ascii().remove_horizontal().remove_horizontals().horizontals([(1, HorizontalLine::inherit(Style::ascii()))]));
    table
}

fn json(value: &impl Serialize) -> Result<(), Error> {
    line(&serde_json::to_string(value).map_err(|fault| Error::from_fault("cannot show the result", &fault))?)
}

/// A line on standard output. Whoever reads may have gone (`| head`): that is no failure.
pub(super) fn line(text: &str) -> Result<(), Error> {
    line_of_many(text).map(drop)
}

/// A line of those that go on as long as somebody reads: whether somebody does.
pub(super) fn line_of_many(text: &str) -> Result<bool, Error> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
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

/// A time as tables show it, nothing for one that is not known.
pub(super) fn time(at: Timestamp) -> String {
    if at == Timestamp::ZERO { String::new() } else { at.to_short_string() }
}

/// Shows on a terminal that something takes its time; says nothing elsewhere.
pub(super) fn spinner(text: &str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner().with_message(text.to_owned());
    bar.set_style(ProgressStyle::with_template("{spinner} {msg} ({elapsed})").expect("a template of our own"));
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

/// Asks for a secret on the terminal without showing it; without a terminal, the first line of standard input.
pub(super) fn ask_secret(question: &str) -> Result<crate::model::SecretString, Error> {
    use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
    let stdin = io::stdin();
    let shown = tcgetattr(&stdin).ok();
    if let Some(shown) = &shown {
        #[expect(clippy::print_stderr, reason = "this module is where printing happens")]
        {
            eprint!("{question}: ");
        }
        let mut hidden = shown.clone();
        hidden.local_flags.remove(LocalFlags::ECHO);
        tcsetattr(&stdin, SetArg::TCSANOW, &hidden).map_err(|fault| Error::from_fault("cannot hide what is typed", &fault))?;
    }
    let mut text = String::new();
    let read = stdin.read_line(&mut text);
    if let Some(shown) = &shown {
        tcsetattr(&stdin, SetArg::TCSANOW, shown).map_err(|fault| Error::from_fault("cannot restore the terminal", &fault))?;
        note("");
    }
    read.map_err(|fault| Error::from_fault("cannot read from standard input", &fault))?;
    Ok(crate::model::SecretString::from(text.trim_end_matches(['\r', '\n'])))
}

/// Asks for a secret that is to be set: twice on a terminal, where nobody sees what is typed and a slip would lock its author out.
pub(super) fn ask_new_secret(question: &str) -> Result<crate::model::SecretString, Error> {
    let first = ask_secret(question)?;
    if io::stdin().is_terminal() && expose(&ask_secret(&format!("{question}, again"))?) != expose(&first) {
        return Err(Error::new("the two differ; nothing was set"));
    }
    Ok(first)
}
