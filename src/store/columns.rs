//! Columns to values and back: words, identifiers, JSON, spans, points in time.

use std::str::FromStr;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Error;
use crate::model::values;
use crate::time::Timestamp;

/// A word of one of the model's vocabularies.
pub(super) fn word<T>(what: &'static str, word: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, Error> {
    read(word).ok_or_else(|| corrupt(what, word))
}

/// A text of others, as every database can hold it and every text is looked for.
pub(super) fn text(text: &str) -> String {
    values::told(text, values::TEXT_MAX)
}

/// A name or another short text of others.
pub(super) fn name(text: &str) -> String {
    values::told(text, values::LINE_MAX)
}

/// An identifier.
pub(super) fn id<T: FromStr>(what: &'static str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| corrupt(what, text))
}

/// An identifier that may be missing.
pub(super) fn optional_id<T: FromStr>(what: &'static str, text: Option<&str>) -> Result<Option<T>, Error> {
    text.map(|text| id(what, text)).transpose()
}

/// A value kept as JSON.
pub(super) fn json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|_| corrupt(what, text))
}

/// A value kept as JSON that may be missing.
pub(super) fn optional_json<T: DeserializeOwned>(what: &'static str, text: Option<&str>) -> Result<Option<T>, Error> {
    text.map(|text| json(what, text)).transpose()
}

/// A value as JSON.
pub(super) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain values have a JSON form")
}

/// A count.
pub(super) fn count(what: &'static str, number: i64) -> Result<u32, Error> {
    u32::try_from(number).map_err(|_| corrupt(what, &number.to_string()))
}

/// A span kept in whole seconds.
pub(super) fn seconds(what: &'static str, number: i64) -> Result<Duration, Error> {
    u64::try_from(number).map(Duration::from_secs).map_err(|_| corrupt(what, &number.to_string()))
}

/// A span in whole seconds.
pub(super) fn to_seconds(span: Duration) -> i64 {
    i64::try_from(span.as_secs()).unwrap_or(i64::MAX)
}

/// A point in time.
pub(super) fn time(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

/// A point in time that may be missing.
pub(super) fn optional_time(micros: Option<i64>) -> Option<Timestamp> {
    micros.map(Timestamp::from_micros)
}

fn corrupt(what: &'static str, value: &str) -> Error {
    Error::Corrupt { what, value: value.to_owned() }
}
