//! A history of jobs from a file: CSV with a header, or JSON lines.
//!
//! Both have the same keys: `queued_at` (RFC 3339, or seconds), `labels` (separated by spaces or `;`; in JSON also a list) and `duration`
//! (seconds, or text such as `90s` or `5m`). Other columns and keys are ignored, and named once.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value};

use super::Job;
use crate::time::{Timestamp, parse_duration};

const QUEUED_AT: &str = "queued_at";
const LABELS: &str = "labels";
const DURATION: &str = "duration";
const KEYS: [&str; 3] = [QUEUED_AT, LABELS, DURATION];

/// Why a history cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    /// A line does not follow the format.
    #[error("{file}: line {line}: {text}")]
    Line {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: u64,
        /// The fault, and the way out.
        text: String,
    },
    /// A value cannot be understood.
    #[error("{file}: line {line}: {key} = {value}: {allowed}")]
    Value {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: u64,
        /// Column or key.
        key: &'static str,
        /// The value.
        value: String,
        /// The allowed values.
        allowed: &'static str,
    },
    /// There is nothing to replay.
    #[error("{file}: there are no jobs in it; a line of CSV has {}, in the order of the header", KEYS.join(", "))]
    Empty {
        /// The file.
        file: String,
    },
}

/// A history, and the names of the columns or keys that were ignored.
#[derive(Debug, PartialEq, Eq)]
pub struct History {
    /// The jobs, as they stand in the file; at least one.
    pub jobs: Vec<Job>,
    /// Columns or keys without meaning here.
    pub ignored: BTreeSet<String>,
}

/// Reads a history. The file's extension tells the format, or else its first character.
///
/// # Errors
/// With file, line, column, value and what is allowed.
pub fn read(path: &Path, text: &str) -> Result<History, Error> {
    let reader = Reader { file: path.display().to_string() };
    let history = match path.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => reader.csv(text),
        Some("jsonl" | "ndjson" | "json") => reader.json_lines(text),
        _ if text.trim_start().starts_with(['{', '[']) => reader.json_lines(text),
        _ => reader.csv(text),
    }?;
    if history.jobs.is_empty() { Err(Error::Empty { file: reader.file }) } else { Ok(history) }
}

struct Reader {
    file: String,
}

impl Reader {
    fn line(&self, line: u64, text: impl Into<String>) -> Error {
        Error::Line { file: self.file.clone(), line, text: text.into() }
    }

    fn csv(&self, text: &str) -> Result<History, Error> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let broken = |fault: &csv::Error| {
            let line = fault.position().map_or(1, csv::Position::line);
            match fault.kind() {
                csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                    self.line(line, format!("has {len} values where the header has {expected_len}; labels are separated by spaces or ;"))
                }
                _ => self.line(line, fault.to_string()),
            }
        };
        let header = reader.headers().map_err(|fault| broken(&fault))?.clone();
        let column = |key: &str| {
            header.iter().position(|name| name == key).ok_or_else(|| {
                let found = header.iter().collect::<Vec<_>>().join(", ");
                self.line(1, format!("there is no column {key}; the header must have {}, and has {found}", KEYS.join(", ")))
            })
        };
        let (queued_at, labels, duration) = (column(QUEUED_AT)?, column(LABELS)?, column(DURATION)?);
        let mut jobs = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|fault| broken(&fault))?;
            let line = record.position().map_or(0, csv::Position::line);
            let value = |column: usize| Value::from(&record[column]);
            jobs.push(self.job(line, &value(queued_at), &value(labels), &value(duration))?);
        }
        Ok(History { jobs, ignored: header.iter().filter(|name| !KEYS.contains(name)).map(str::to_owned).collect() })
    }

    fn json_lines(&self, text: &str) -> Result<History, Error> {
        let mut history = History { jobs: Vec::new(), ignored: BTreeSet::new() };
        for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
            if text.trim_start().starts_with('[') {
                return Err(self.line(line, "begins a list; each line must be one object: `jq -c '.[]'` makes lines of a list"));
            }
            let object: Map<String, Value> = serde_json::from_str(text).map_err(|fault| {
                // The error names the line already.
                let fault = fault.to_string();
                let fault = fault.split(" at line ").next().unwrap_or_default();
                self.line(line, format!("is not a JSON object: {fault}"))
            })?;
            let value = |key: &str| {
                let keys = KEYS.join(", ");
                object.get(key).ok_or_else(|| self.line(line, format!("there is no {key}; each line must have {keys}")))
            };
            history.jobs.push(self.job(line, value(QUEUED_AT)?, value(LABELS)?, value(DURATION)?)?);
            history.ignored.extend(object.keys().filter(|key| !KEYS.contains(&key.as_str())).cloned());
        }
        Ok(history)
    }

    fn job(&self, line: u64, queued_at: &Value, labels: &Value, duration: &Value) -> Result<Job, Error> {
        let wrong = |key, value: &Value, allowed| Error::Value { file: self.file.clone(), line, key, value: value.to_string(), allowed };
        Ok(Job {
            queued_at: read_time(queued_at)
                .ok_or_else(|| wrong(QUEUED_AT, queued_at, "must be a time such as 2026-03-10T09:30:00Z, or seconds"))?,
            labels: read_labels(labels).ok_or_else(|| wrong(LABELS, labels, "must be labels, separated by spaces or ;"))?,
            duration: read_duration(duration)
                .ok_or_else(|| wrong(DURATION, duration, "must be seconds, or a duration such as 90s or 5m"))?,
        })
    }
}

/// A number, or a text that is one.
fn read_number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|number| number.is_finite())
}

fn read_time(value: &Value) -> Option<Timestamp> {
    match read_number(value) {
        Some(seconds) => Duration::try_from_secs_f64(seconds).ok().map(|passed| Timestamp::EPOCH.after(passed)),
        None => Timestamp::parse_rfc3339(value.as_str()?.trim()).ok(),
    }
}

pub(super) fn split_labels(text: &str) -> Vec<String> {
    text.split([' ', ';']).filter(|label| !label.is_empty()).map(str::to_owned).collect()
}

fn read_labels(value: &Value) -> Option<Vec<String>> {
    let labels = match value {
        Value::Array(labels) => labels.iter().map(|label| label.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()?,
        _ => split_labels(value.as_str()?),
    };
    (!labels.is_empty()).then_some(labels)
}

fn read_duration(value: &Value) -> Option<Duration> {
    match read_number(value) {
        Some(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        None => parse_duration(value.as_str()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(file: &str, text: &str) -> Result<History, Error> {
        read(Path::new(file), text)
    }

    fn jobs(file: &str, text: &str) -> Vec<(i64, String, u64)> {
        let history = parse(file, text).expect("good");
        history.jobs.iter().map(|job| (job.queued_at.as_secs(), job.labels.join("+"), job.duration.as_secs())).collect()
    }

    #[test]
    fn both_formats_say_the_same() {
        let expected = vec![(1_773_135_000, "linux".to_owned(), 300), (1_773_135_060, "linux+gpu".to_owned(), 90)];
        let csv = "labels,queued_at,repository,duration\nlinux,2026-03-10T09:30:00Z,acme/app,300\nlinux;gpu, 2026-03-10T10:31:00+01:00 ,x,1m30s\n";
        assert_eq!(jobs("jobs.csv", csv), expected);
        assert_eq!(jobs("jobs", csv), expected, "told by its first character");
        assert_eq!(parse("jobs.csv", csv).expect("good").ignored, BTreeSet::from(["repository".to_owned()]));
        let lines = "{\"queued_at\":1773135000,\"labels\":[\"linux\"],\"duration\":300,\"id\":1}\n\n\
                     {\"queued_at\":\"2026-03-10T09:31:00Z\",\"labels\":\"linux gpu\",\"duration\":\"90s\"}\n";
        assert_eq!(jobs("jobs.jsonl", lines), expected);
        assert_eq!(jobs("jobs", lines), expected, "told by its first character");
        assert_eq!(parse("jobs", lines).expect("good").ignored, BTreeSet::from(["id".to_owned()]));
    }

    #[test]
    fn what_is_wrong_is_told_with_file_line_key_and_the_way_out() {
        let header = "queued_at,labels,duration\n";
        let table = [
            ("a.csv", format!("{header}0,linux,60\nnoon,linux,60\n"), "a.csv: line 3: queued_at = \"noon\": must be a time such as"),
            (
                "a.csv",
                format!("{header}0,linux,long\n"),
                "a.csv: line 2: duration = \"long\": must be seconds, or a duration such as 90s or 5m",
            ),
            ("a.csv", format!("{header}0,linux,-1\n"), "a.csv: line 2: duration = \"-1\": must be seconds"),
            ("a.csv", format!("{header}0, ; ,60\n"), "a.csv: line 2: labels = \";\": must be labels, separated by spaces or ;"),
            ("a.csv", format!("{header}0,linux,gpu,60\n"), "a.csv: line 2: has 4 values where the header has 3; labels are separated by"),
            (
                "a.csv",
                "queued_at,label,duration\n".into(),
                "a.csv: line 1: there is no column labels; the header must have queued_at, labels",
            ),
            ("a.csv", header.into(), "a.csv: there are no jobs in it"),
            ("a.csv", String::new(), "a.csv: line 1: there is no column queued_at"),
            ("a.jsonl", "{\"queued_at\":1,\"labels\":\"x\"}".into(), "a.jsonl: line 1: there is no duration; each line must have"),
            ("a.jsonl", "\n{\"queued_at\":1,".into(), "a.jsonl: line 2: is not a JSON object: EOF while parsing"),
            ("a.jsonl", "[{}]".into(), "a.jsonl: line 1: begins a list; each line must be one object: `jq -c '.[]'`"),
            ("a.jsonl", "{\"queued_at\":1,\"labels\":[1],\"duration\":1}".into(), "a.jsonl: line 1: labels = [1]: must be labels"),
        ];
        for (file, text, expected) in table {
            let error = parse(file, &text).expect_err(&text).to_string();
            assert!(error.starts_with(expected), "{error}\n{expected}");
        }
    }
}
