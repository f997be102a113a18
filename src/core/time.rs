//! Points in time and durations, as text and as numbers.
//!
//! Everything that waits is a value with a [`Timestamp`]. No code of this package asks which time it is now.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A point in time: microseconds since 1970-01-01T00:00:00Z. Stored as an integer, shown as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The zero time of the wire format, `0001-01-01T00:00:00Z`: what clients expect where a time is not known.
    pub const ZERO: Self = Self(-62_135_596_800_000_000);
    /// 1970-01-01T00:00:00Z, where virtual clocks start.
    pub const EPOCH: Self = Self(0);

    /// From microseconds since the Unix epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down; what a JWT's `exp` holds.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This time plus `duration`, at most the largest representable time.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// This time minus `duration`, at least the smallest representable time.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// How long ago `earlier` was; zero when it lies in the future.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The first whole minute that is not before this time.
    #[must_use]
    pub const fn to_next_minute(self) -> Self {
        const MINUTE: i64 = 60_000_000;
        let over = self.0.rem_euclid(MINUTE);
        Self(if over == 0 { self.0 } else { self.0.saturating_add(MINUTE - over) })
    }

    /// Parses RFC 3339, as forges and clients send it.
    ///
    /// # Errors
    /// When the text is not RFC 3339.
    pub fn parse_rfc3339(text: &str) -> Result<Self, chrono::ParseError> {
        Ok(DateTime::parse_from_rfc3339(text)?.with_timezone(&Utc).into())
    }

    fn to_datetime(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// `2022-05-05T11:32:41.500Z`: to the millisecond, always with three digits, as lines of the log have it.
    #[must_use]
    pub fn to_millisecond_string(self) -> String {
        self.to_datetime().to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    /// `2022-05-05 11:32:41.25 +0000 UTC`: with all that is known, as tables show when a thing was made.
    #[must_use]
    pub fn to_table_string(self) -> String {
        let text = self.to_datetime().format("%Y-%m-%d %H:%M:%S%.6f").to_string();
        format!("{} +0000 UTC", text.trim_end_matches('0').trim_end_matches('.'))
    }

    /// `2022-05-05T11:32:41`: to the second and without zone, as tables show when something happened.
    #[must_use]
    pub fn to_short_string(self) -> String {
        self.to_datetime().format("%Y-%m-%dT%H:%M:%S").to_string()
    }
}

/// Where a time is not known, clients expect [`Timestamp::ZERO`].
impl Default for Timestamp {
    fn default() -> Self {
        Self::ZERO
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(value: DateTime<Utc>) -> Self {
        Self(value.timestamp_micros())
    }
}

/// RFC 3339 in UTC with up to six fractional digits, trailing zeros cut, as upstream's JSON has it.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.to_datetime().to_rfc3339_opts(SecondsFormat::Micros, true);
        match text.strip_suffix('Z').map(|t| t.trim_end_matches('0').trim_end_matches('.')) {
            Some(trimmed) => write!(f, "{trimmed}Z"),
            None => f.write_str(&text),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse_rfc3339(&text).map_err(de::Error::custom)
    }
}

/// A duration as people say it: `40 seconds`, `3 minutes`, `5 hours`, `3 days`.
#[must_use]
pub fn spoken(span: Duration) -> String {
    let seconds = span.as_millis().saturating_add(500) / 1000;
    match seconds {
        0 | 1 => "a second".to_owned(),
        2..=119 => format!("{seconds} seconds"),
        120..=7_199 => format!("{} minutes", (seconds + 30) / 60),
        7_200..=172_799 => format!("{} hours", (seconds + 1_800) / 3_600),
        _ => format!("{} days", (seconds + 43_200) / 86_400),
    }
}

/// A duration as Go writes it: `1h30m`, `90s`, `1.5h`.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit_end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let seconds = match &rest[..unit_end] {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        total = total.checked_add(Duration::try_from_secs_f64(number * seconds).ok()?)?;
        rest = &rest[unit_end..];
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_said_in_its_largest_unit_that_is_not_too_coarse() {
        let table = [(0, "a second"), (40, "40 seconds"), (119, "119 seconds"), (170, "3 minutes"), (7300, "2 hours"), (260_000, "3 days")];
        for (seconds, expected) in table {
            assert_eq!(spoken(Duration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn fractions_lose_trailing_zeros_and_nothing_else() {
        assert_eq!(Timestamp::from_micros(1_500_000).to_string(), "1970-01-01T00:00:01.5Z");
        assert_eq!(Timestamp::from_micros(10_000_000).to_string(), "1970-01-01T00:00:10Z");
        assert_eq!(Timestamp::ZERO.to_string(), "0001-01-01T00:00:00Z");
        assert_eq!(Timestamp::from_micros(1_250_000).to_table_string(), "1970-01-01 00:00:01.25 +0000 UTC");
        assert_eq!(Timestamp::EPOCH.to_table_string(), "1970-01-01 00:00:00 +0000 UTC");
    }

    #[test]
    fn text_round_trips_through_json() {
        let time = Timestamp::from_micros(1_795_465_976_729_162);
        let json = serde_json::to_string(&time).expect("a timestamp serialises");
        assert_eq!(json, r#""2026-11-23T20:32:56.729162Z""#);
        assert_eq!(serde_json::from_str::<Timestamp>(&json).expect("and parses"), time);
    }

    #[test]
    fn the_past_is_never_a_negative_duration() {
        assert_eq!(Timestamp::EPOCH.since(Timestamp::from_micros(5)), Duration::ZERO);
    }

    #[test]
    fn durations_are_read_as_go_writes_them() {
        let table = [
            ("8760h", Some(8760 * 3600)),
            ("1h30m", Some(5400)),
            ("1.5h", Some(5400)),
            ("90s", Some(90)),
            ("1y", None),
            ("", None),
            ("5", None),
        ];
        for (text, seconds) in table {
            assert_eq!(parse_duration(text), seconds.map(Duration::from_secs), "{text}");
        }
    }
}
