//! Tables with the frames and the order of upstream's client, because scripts cut them into pieces.

use tabled::Table;
use tabled::builder::Builder;
use tabled::settings::object::{Columns, Object, Rows};
use tabled::settings::style::HorizontalLine;
use tabled::settings::{Alignment, Modify, Style};

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
            Content::Text(text) | Content::Number(text) => column.width.map_or_else(|| text(item), |width| wrapped(&text(item), width)),
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

/// A table of fields and values. A value may have several lines.
pub(in crate::cli) fn fields_table(fields: &[(&str, String)]) -> String {
    let mut table = Builder::default();
    table.push_record(["FIELD", "VALUE"]);
    for (name, value) in fields {
        table.push_record([*name, wrapped(value, VALUE_WIDTH).as_str()]);
    }
    dense(table).to_string()
}

/// Breaks long lines of a text: between words, or within a word that is too long itself.
fn wrapped(text: &str, width: usize) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut rest: Vec<char> = line.chars().collect();
        while rest.len() > width {
            let space = rest[..=width].iter().rposition(|c| *c == ' ').filter(|at| *at > 0);
            let tail = rest.split_off(space.unwrap_or(width));
            lines.push(std::mem::replace(&mut rest, if space.is_some() { tail[1..].to_vec() } else { tail }));
        }
        lines.push(rest);
    }
    lines.into_iter().map(String::from_iter).collect::<Vec<_>>().join("\n")
}

/// A table that compares things: a column for each thing, a row for each figure.
pub(in crate::cli) fn comparison_table(header: &[&str], rows: &[Vec<String>]) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_long_words_within() {
        assert_eq!(wrapped("a bc def\nghi", 8), "a bc def\nghi");
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
}
