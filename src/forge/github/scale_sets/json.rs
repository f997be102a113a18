//! JSON of the service, read leniently: what is not known is passed over, what is missing or null is empty, and numbers may be texts. What is there and
//! means nothing is an error.

use serde_json::Value;

use crate::forge::words::bounded;
use crate::time::Timestamp;

/// The longest text that is believed to be a name, an id or a reference, in characters.
const TEXT_MAX: usize = 2_000;
/// The most texts of a list.
const TEXTS_MAX: usize = 200;
/// How much of a wrong value is told.
const TOLD_MAX: usize = 40;

/// A number; 0 where there is none.
pub(super) fn number(object: &Value, key: &str) -> Result<i64, String> {
    let wrong = |value: &Value| format!("{key} is no number but {}", bounded(&value.to_string(), TOLD_MAX));
    match object.get(key) {
        None | Some(Value::Null) => Ok(0),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(0),
        Some(value @ Value::String(text)) => text.trim().parse().map_err(|_| wrong(value)),
        Some(value) => value.as_i64().ok_or_else(|| wrong(value)),
    }
}

/// A count; 0 where there is none, and where it is below.
pub(super) fn count(object: &Value, key: &str) -> Result<u32, String> {
    Ok(u32::try_from(number(object, key)?.max(0)).unwrap_or(u32::MAX))
}

/// A text; empty where there is none.
pub(super) fn text(object: &Value, key: &str) -> Result<String, String> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) if text.chars().nth(TEXT_MAX).is_some() => Err(format!("{key} has more than {TEXT_MAX} characters")),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(value) => Err(format!("{key} is no text but {}", bounded(&value.to_string(), TOLD_MAX))),
    }
}

/// Texts; none where there is no list.
pub(super) fn texts(object: &Value, key: &str) -> Result<Vec<String>, String> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) if items.len() > TEXTS_MAX => Err(format!("{key} has more than {TEXTS_MAX} items")),
        Some(Value::Array(items)) => {
            items.iter().map(|item| item.as_str().map(str::to_owned).ok_or(format!("{key} has more than texts"))).collect()
        }
        Some(value) => Err(format!("{key} is no list but {}", bounded(&value.to_string(), TOLD_MAX))),
    }
}

/// A switch; off where there is none.
pub(super) fn flag(object: &Value, key: &str) -> bool {
    match object.get(key) {
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        value => value.and_then(Value::as_bool).unwrap_or(false),
    }
}

/// A time; `None` where there is none. The service writes the year 1 for one that is not set.
pub(super) fn time(object: &Value, key: &str) -> Option<Timestamp> {
    let time = Timestamp::parse_rfc3339(object.get(key)?.as_str()?).ok()?;
    (time > Timestamp::EPOCH).then_some(time)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_missing_is_empty_and_what_means_nothing_is_an_error() {
        let object =
            json!({ "a": 7, "b": " 8 ", "c": null, "d": "", "e": "x", "f": [1], "g": -3, "h": 1e30, "s": "text", "n": ["p", "q"] });
        for (key, expected) in [("a", 7), ("b", 8), ("c", 0), ("d", 0), ("missing", 0), ("g", -3)] {
            assert_eq!(number(&object, key), Ok(expected), "{key}");
        }
        for key in ["e", "f", "h"] {
            assert!(number(&object, key).is_err_and(|why| why.starts_with(key)), "{key}");
        }
        assert_eq!((count(&object, "a"), count(&object, "g")), (Ok(7), Ok(0)));
        assert_eq!((text(&object, "s"), text(&object, "a"), text(&object, "c")), (Ok("text".into()), Ok("7".into()), Ok(String::new())));
        assert!(text(&object, "f").is_err() && text(&json!({ "l": "x".repeat(TEXT_MAX + 1) }), "l").is_err());
        assert_eq!(texts(&object, "n"), Ok(vec!["p".to_owned(), "q".to_owned()]));
        assert_eq!(texts(&object, "c"), Ok(Vec::new()));
        assert!(texts(&object, "f").is_err() && texts(&object, "s").is_err());
        assert!(texts(&json!({ "l": vec!["x"; TEXTS_MAX + 1] }), "l").is_err());
        assert!(flag(&json!({ "x": true }), "x") && flag(&json!({ "x": "True" }), "x") && !flag(&object, "a"));
    }

    #[test]
    fn a_time_that_is_not_set_is_none() {
        let object = json!({ "set": "2026-05-01T10:00:00.1234567Z", "unset": "0001-01-01T00:00:00Z", "wrong": "soon" });
        assert_eq!(time(&object, "set").map(Timestamp::as_micros), Some(1_777_629_600_123_456));
        assert_eq!((time(&object, "unset"), time(&object, "wrong"), time(&object, "missing")), (None, None, None));
    }
}
