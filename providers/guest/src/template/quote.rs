//! Quoted text, as Go's `strconv` writes it.

use std::fmt::Write as _;

/// Quotes text with the delimiter; `ascii` escapes all else, too.
pub(super) fn quote(text: &[u8], delimiter: char, ascii: bool) -> String {
    let mut out = String::from(delimiter);
    for chunk in text.utf8_chunks() {
        chunk.valid().chars().for_each(|c| escape(&mut out, c, delimiter, ascii));
        for byte in chunk.invalid() {
            write!(out, "\\x{byte:02x}").expect("writing to a string");
        }
    }
    out.push(delimiter);
    out
}

fn escape(out: &mut String, c: char, delimiter: char, ascii: bool) {
    let code = u32::from(c);
    match c {
        '\\' => out.push_str("\\\\"),
        _ if c == delimiter => out.extend(['\\', c]),
        _ if is_print(c) && (c.is_ascii() || !ascii) => out.push(c),
        '\u{7}' => out.push_str("\\a"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{b}' => out.push_str("\\v"),
        _ if c.is_ascii() => write!(out, "\\x{code:02x}").expect("writing to a string"),
        _ if code < 0x1_0000 => write!(out, "\\u{code:04x}").expect("writing to a string"),
        _ => write!(out, "\\U{code:08x}").expect("writing to a string"),
    }
}

/// Whether text can stand between backquotes as it is.
pub(super) fn can_backquote(text: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(text) else { return false };
    !text.chars().any(|c| matches!(c, '`' | '\u{7f}' | '\u{feff}') || (c < ' ' && c != '\t'))
}

/// Whether Go counts a character as printable: letters, marks, numbers, punctuation, symbols and the ASCII space.
pub(super) fn is_print(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    // What is not printable is what debug output escapes, except that it escapes marks at the beginning of a text.
    let mut buffer = [b'a'; 5];
    let length = 1 + c.encode_utf8(&mut buffer[1..]).len();
    str::from_utf8(&buffer[..length]).is_ok_and(|text| text.escape_debug().nth(1) == Some(c))
}

/// A character by number, and itself where it can be shown.
pub(super) fn code_point(c: char) -> String {
    let code = u32::from(c);
    if is_print(c) { format!("U+{code:04X} '{c}'") } else { format!("U+{code:04X}") }
}
