//! One line of the log, as text and as JSON; the names and the order are upstream's.

use std::fmt::{self, Write};

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::{Level, Metadata};

use crate::model::{visible, visible_json};
use crate::time::Timestamp;

/// How lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `time=... level=INFO msg="..." key=value`
    Text,
    /// `{"time":...,"level":"INFO","msg":"...","key":value}`
    Json,
}

/// What a line says beside time, level and message, in the order in which it was said. What is said again replaces what was said before.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes(Vec<(&'static str, Value)>);

/// A line.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) time: Timestamp,
    pub(super) level: Level,
    /// Where in the source it comes from, if that is to be told.
    pub(super) source: Option<&'a Metadata<'a>>,
    pub(super) message: String,
    pub(super) attributes: Attributes,
}

impl Attributes {
    pub(super) fn set(&mut self, name: &'static str, value: Value) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    pub(super) fn extend(&mut self, others: &Self) {
        for (name, value) in &others.0 {
            self.set(name, value.clone());
        }
    }

    /// Takes out the message, which is an attribute like any other until then.
    pub(super) fn take_message(&mut self) -> String {
        let Some(at) = self.0.iter().position(|(name, _)| *name == "message") else { return String::new() };
        match self.0.remove(at).1 {
            Value::String(text) => text,
            other => other.to_string(),
        }
    }
}

impl Visit for Attributes {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field.name(), Value::String(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field.name(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field.name(), json!(value));
    }
}

impl Line<'_> {
    /// The line in this form, with its line feed.
    pub(super) fn render(&self, format: Format) -> String {
        match format {
            Format::Text => self.to_text(),
            Format::Json => self.to_json(),
        }
    }

    /// `time=... level=INFO msg="..." key=value`, with its line feed.
    fn to_text(&self) -> String {
        let mut text = format!("time={} level={}", self.time.to_millisecond_string(), self.level);
        if let Some((file, number)) = self.place() {
            add(&mut text, "source", &format!("{file}:{number}"));
        }
        add(&mut text, "msg", &self.message);
        for (name, value) in &self.attributes.0 {
            match value {
                Value::String(value) => add(&mut text, name, value),
                other => add(&mut text, name, &other.to_string()),
            }
        }
        text.push('\n');
        text
    }

    /// One JSON object, with its line feed.
    fn to_json(&self) -> String {
        let text = serde_json::to_string(self).expect("a line has a JSON form");
        format!("{}\n", visible_json(&text))
    }

    fn place(&self) -> Option<(&str, u32)> {
        let source = self.source?;
        Some((source.file()?, source.line()?))
    }
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("time", &self.time)?;
        map.serialize_entry("level", &self.level.to_string())?;
        if let Some((file, line)) = self.place() {
            map.serialize_entry("source", &json!({ "file": file, "line": line }))?;
        }
        map.serialize_entry("msg", &self.message)?;
        for (name, value) in &self.attributes.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Adds an attribute. A value that could be mistaken for something else, or that a terminal would obey, is quoted.
fn add(text: &mut String, name: &str, value: &str) {
    let is_plain = !value.is_empty() && !value.contains([' ', '=', '"', '\\']) && visible(value) == value;
    let written = if is_plain { write!(text, " {name}={value}") } else { write!(text, " {name}={}", visible(&format!("{value:?}"))) };
    written.expect("a text takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(attributes: &[(&'static str, Value)]) -> Line<'static> {
        let mut line = Line {
            time: Timestamp::parse_rfc3339("2026-11-23T20:29:50.54Z").expect("a time"),
            level: Level::WARN,
            source: None,
            message: "two words".into(),
            attributes: Attributes::default(),
        };
        for (name, value) in attributes {
            line.attributes.set(name, value.clone());
        }
        line
    }

    #[test]
    fn a_line_of_text_can_be_taken_apart_again() {
        let line = line(&[
            ("plain", "a/b:c'd-é".into()),
            ("count", 3.into()),
            ("is", true.into()),
            ("empty", "".into()),
            ("hidden", "a\u{3164}\u{202e}b".into()),
            ("hostile", "x\nlevel=ERROR msg=\"forged\" \u{1b}[2J\u{9b}2J".into()),
        ]);
        assert_eq!(
            line.to_text(),
            "time=2026-11-23T20:29:50.540Z level=WARN msg=\"two words\" plain=a/b:c'd-é count=3 is=true empty=\"\" \
             hidden=\"a\\u{3164}\\u{202e}b\" hostile=\"x\\nlevel=ERROR msg=\\\"forged\\\" \\u{1b}[2J\\u{9b}2J\"\n"
        );
    }

    #[test]
    fn a_line_of_json_has_upstreams_names_in_upstreams_order_and_what_is_said_again_counts() {
        let line = line(&[("runner.name", "old".into()), ("request_time", 12_345.into()), ("runner.name", "new".into())]);
        assert_eq!(
            line.to_json(),
            "{\"time\":\"2026-11-23T20:29:50.54Z\",\"level\":\"WARN\",\"msg\":\"two words\",\"runner.name\":\"new\",\"request_time\":12345}\n"
        );
    }
}
