//! Tables with the frames and the order of upstream's client, because scripts cut them into pieces.

use tabled::Table;
use tabled::builder::Builder;
use tabled::settings::object::{Columns, Object, Rows};
use tabled::settings::style::HorizontalLine;
use tabled::settings::{Alignment, Modify, Style};

use crate::model::visible;

/// How wide the value of a field may be.
const VALUE_WIDTH: usize = 100;

/// A column of a list: its title and its content.
pub(in crate::cli) struct Column<T> {
    title: &'static str,
    content: Content<T>,
    width: Option<usize>,
}

enum Content<T> {
    /// The place in the list, from 1.
    Place,
    Text(fn(&T) -> String),
    Number(fn(&T) -> String),
}

impl<T> Column<T> {
    /// The place in the list, from 1.
    pub(in crate::cli) const fn place(title: &'static str) -> Self {
        Self { title, content: Content::Place, width: None }
    }

    pub(in crate::cli) const fn text(title: &'static str, text: fn(&T) -> String) -> Self {
        Self { title, content: Content::Text(text), width: None }
    }

    /// A number, aligned to the right.
    pub(in crate::cli) const fn number(title: &'static str, number: fn(&T) -> String) -> Self {
        Self { title, content: Content::Number(number), width: None }
    }

    /// The column with a limit: a longer text goes on in the next line.
    pub(in crate::cli) const fn wrapped_at(self, width: usize) -> Self {
        Self { width: Some(width), ..self }
    }
}

/// A table with a row for each thing and a line between rows.
pub(in crate::cli) fn list_table<T>(items: &[T], columns: &[Column<T>]) -> String {
    let mut table = Builder::default();
    table.push_record(columns.iter().map(|column| column.title.to_uppercase()));
    for (place, item) in items.iter().enumerate() {
        table.push_record(columns.iter().map(|column| match column.content {
            Content::Place => (place + 1).to_string(),
            Content::Text(text) | Content::Number(text) => cell(&text(item), column.width),
        }));
    }
    let mut table = table.build();
    table.with(Style::ascii());
    for (place, column) in columns.iter().enumerate() {
        if !matches!(column.content, Content::Text(_)) {
            table.with(Modify::new(Columns::one(place).intersect(Rows::new(1..))).with(Alignment::right()));
        }
    }
    table.to_string()
}

/// A table of fields and values.
pub(in crate::cli) fn fields_table(fields: &[(&str, String)]) -> String {
    let mut table = Builder::default();
    table.push_record(["FIELD", "VALUE"]);
    for (name, value) in fields {
        table.push_record([cell(name, None), cell(value, Some(VALUE_WIDTH))]);
    }
    dense(table).to_string()
}

/// A field whose value has several lines: its name stands beside the first.
pub(in crate::cli) fn field_of_lines(
    name: &str,
    lines: impl IntoIterator<Item = impl Into<String>>,
) -> impl Iterator<Item = (&str, String)> {
    lines.into_iter().enumerate().map(move |(place, line)| (if place == 0 { name } else { "" }, line.into()))
}

/// The first line of a text: in a list there is room for no more, and `show` has the others.
pub(in crate::cli) fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// What a cell shows of a text. A line break in the text is shown as one; those in the cell are ours.
fn cell(text: &str, width: Option<usize>) -> String {
    let text = visible(text);
    width.map_or_else(|| text.clone().into_owned(), |width| wrapped(&text, width))
}

/// Breaks a long line: between words, or within a word that is too long itself.
fn wrapped(line: &str, width: usize) -> String {
    let mut lines = Vec::new();
    let mut rest: Vec<char> = line.chars().collect();
    while rest.len() > width {
        let space = rest[..=width].iter().rposition(|c| *c == ' ').filter(|at| *at > 0);
        let tail = rest.split_off(space.unwrap_or(width));
        lines.push(std::mem::replace(&mut rest, if space.is_some() { tail[1..].to_vec() } else { tail }));
    }
    lines.push(rest);
    lines.into_iter().map(String::from_iter).collect::<Vec<_>>().join("\n")
}

/// A table that compares things: a column for each thing, a row for each figure.
pub(in crate::cli) fn comparison_table(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = Builder::default();
    table.push_record(header.iter().copied());
    for row in rows {
        table.push_record(row.iter().map(|text| cell(text, None)));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_long_words_within() {
        assert_eq!(wrapped("a bc def", 8), "a bc def");
        assert_eq!(wrapped("a bc def", 7), "a bc\ndef");
        assert_eq!(wrapped("abcdef gh", 4), "abcd\nef\ngh");
        assert_eq!(wrapped("", 4), "");
    }

    #[test]
    fn numbers_are_on_the_right_and_rows_are_kept_apart() {
        let columns = [Column::place("Nr"), Column::text("Name", |name: &&str| (*name).to_owned())];
        let shown = list_table(&["a", "bcdef"], &columns);
        assert_eq!(shown, "+----+-------+\n| NR | NAME  |\n+----+-------+\n|  1 | a     |\n+----+-------+\n|  2 | bcdef |\n+----+-------+");
    }

    #[test]
    fn words_of_others_can_neither_drive_a_terminal_nor_forge_a_line() {
        const HOSTILE: &str = "a\u{1b}[2J\n| Why | b";
        let columns =
            [Column::text("Name", |name: &&str| (*name).to_owned()), Column::text("Short", |_: &&str| HOSTILE.into()).wrapped_at(30)];
        let lists = [list_table(&[HOSTILE], &columns), comparison_table(&["A"], &[vec![HOSTILE.into()]])];
        for shown in lists.into_iter().chain([fields_table(&[(HOSTILE, HOSTILE.into())])]) {
            assert!(shown.contains(r"a\u{1b}[2J\n| Why | b") && !shown.contains('\u{1b}'), "{shown}");
            assert!(!shown.lines().any(|line| line.starts_with("| Why")), "{shown}");
        }
        let shown = fields_table(&field_of_lines("Told", ["one", "two\u{202e}"]).collect::<Vec<_>>());
        assert!(shown.contains("| Told  | one         |\n|       | two\\u{202e} |"), "{shown}");
    }
}
