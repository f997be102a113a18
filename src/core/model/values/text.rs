//! Texts: of one line, and of several.

/// The longest text of one line, in bytes: images, flavors and runner groups. The longest that are known are paths of cloud images.
pub const LINE_MAX: usize = 1024;
/// The longest text of several lines, in bytes: descriptions.
pub const TEXT_MAX: usize = 8 * 1024;
/// How much of a refused value an error shows, in characters.
const SHOWN_MAX: usize = 80;

/// The reason why a value is refused: the value and the way out. The caller adds the name of the field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidValue(String);

impl InvalidValue {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The refusal of a value that an error may show.
    pub(super) fn of(value: &str, why: &str) -> Self {
        let mut shown: String = value.chars().take(SHOWN_MAX).collect();
        if shown.len() < value.len() {
            shown.push('…');
        }
        Self(format!("{shown:?} {why}"))
    }
}

/// Whether a character cannot be seen and cannot be meant: control characters, marks of direction, blanks without width.
pub(super) fn is_unseen(c: char) -> bool {
    let is_mark =
        matches!(c, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    c.is_control() || is_mark
}

/// A text without what stands around it and cannot be meant.
#[must_use]
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_unseen(c))
}

/// A text of one line; empty is allowed.
///
/// # Errors
/// When it is longer than `max` bytes, or a character in it cannot be seen.
pub fn line(text: &str, max: usize) -> Result<String, InvalidValue> {
    let line = trim(text);
    if line.contains(is_unseen) {
        return Err(InvalidValue::of(
            line,
            "has a line end or another character in it that cannot be seen; write it in one line, without that",
        ));
    }
    bounded(line, max).map(str::to_owned)
}

/// A text of several lines; empty is allowed. Its lines end with a line feed.
///
/// # Errors
/// When it is longer than [`TEXT_MAX`], or a character in it cannot be seen.
pub fn text(text: &str) -> Result<String, InvalidValue> {
    let lines = trim(text).replace("\r\n", "\n");
    if lines.contains(|c: char| is_unseen(c) && !matches!(c, '\n' | '\t')) {
        return Err(InvalidValue::of(&lines, "has a control character in it; leave that out"));
    }
    bounded(&lines, TEXT_MAX).map(str::to_owned)
}

/// A value that may be left empty; otherwise it goes through its door.
///
/// # Errors
/// Those of the door.
pub fn unless_empty(text: &str, door: impl FnOnce(&str) -> Result<String, InvalidValue>) -> Result<String, InvalidValue> {
    if trim(text).is_empty() { Ok(String::new()) } else { door(text) }
}

/// A text of others, such as a job's name or the words of a provider, as it is kept: whole up to a number of bytes, and without NUL, which
/// PostgreSQL refuses. It is not refused, because a delivery or a fault must not be lost for its words, and would come again and again.
#[must_use]
pub fn told(text: &str, max: usize) -> String {
    let text = text.replace('\0', "\u{fffd}");
    if text.len() <= max {
        return text;
    }
    format!("{}…", &text[..text.floor_char_boundary(max - '…'.len_utf8())])
}

pub(super) fn bounded(text: &str, max: usize) -> Result<&str, InvalidValue> {
    if text.len() <= max {
        return Ok(text);
    }
    Err(InvalidValue::of(text, &format!("has {} bytes; at most {max} are allowed", text.len())))
}
