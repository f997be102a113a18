//! Words of others, made fit for a terminal and for a line of the log.
//!
//! Names of jobs, messages of machines and the output of providers come from strangers. An escape sequence in them would drive the terminal,
//! and a line break would forge a line. A mark that changes the direction of writing would show another text than there is.

use std::borrow::Cow;
use std::fmt::Write;

/// The text on one line. What cannot be seen, and what a terminal obeys, is written as an escape: `\n`, `\u{1b}`, `\u{202e}`.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, "", |c, shown| shown.extend(c.escape_default()))
}

/// As [`visible`], but line feeds and tabs stay: for a text whose lines are known to be ours.
#[must_use]
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(text, "\n\t", |c, shown| shown.extend(c.escape_default()))
}

/// The same JSON, with what cannot be seen as an escape of JSON: `\u009b`. Who reads the JSON gets the exact text.
#[must_use]
pub fn visible_json(json: &str) -> Cow<'_, str> {
    escaped(json, "\n\t", |c, shown| {
        c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| write!(shown, "\\u{unit:04x}").expect("a text takes everything"));
    })
}

fn escaped<'a>(text: &'a str, kept: &str, escape: impl Fn(char, &mut String)) -> Cow<'a, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut before = None;
    for c in text.chars() {
        if kept.contains(c) || is_visible(c, before) {
            shown.push(c);
        } else {
            escape(c, &mut shown);
        }
        before = Some(c);
    }
    Cow::Owned(shown)
}

/// Whether a person sees the character where it stands.
fn is_visible(c: char, before: Option<char>) -> bool {
    match (c, before) {
        (' '..='~', _) => true,
        // The usual form of an emoji is a symbol and this mark. After a letter the mark would only hide.
        ('\u{fe0e}' | '\u{fe0f}', Some(symbol)) if symbol > '\u{a0}' && !symbol.is_alphanumeric() => true,
        // Nothing to see, although they count as letters, marks or symbols (Default_Ignorable_Code_Point of Unicode; the empty Braille pattern).
        (
            '\u{34f}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{e0000}'..='\u{e0fff}',
            _,
        ) => false,
        // Without a letter before, a mark would join with the frame of a table.
        (_, None) => c.escape_debug().count() == 1,
        // The tables of the standard library: no control or format characters, no separators but the blank, nothing unassigned or private.
        // The letter keeps marks that join with the character before, as many languages need them.
        (_, Some(_)) => String::from_iter(['a', c]).escape_debug().count() == 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_drives_a_terminal_or_hides_is_written_as_an_escape() {
        let table = [
            ("log\u{1b}]8;;http://a.example\u{1b}\\link\u{7}", r"log\u{1b}]8;;http://a.example\u{1b}\link\u{7}"),
            ("one\r\ntwo\tthree\0", r"one\r\ntwo\tthree\u{0}"),
            ("csi \u{9b}2J del \u{7f}", r"csi \u{9b}2J del \u{7f}"),
            ("\u{202a}\u{202e}\u{2066}\u{2069}\u{200e}\u{200f}\u{61c}", r"\u{202a}\u{202e}\u{2066}\u{2069}\u{200e}\u{200f}\u{61c}"),
            ("x\u{200b}\u{200d}\u{2060}\u{feff}\u{ad}y", r"x\u{200b}\u{200d}\u{2060}\u{feff}\u{ad}y"),
            ("l\u{2028}p\u{2029}n\u{a0}\u{3000}", r"l\u{2028}p\u{2029}n\u{a0}\u{3000}"),
            ("a\u{fe0f}b\u{3164}\u{e0041}\u{e0100}\u{e000}\u{34f}", r"a\u{fe0f}b\u{3164}\u{e0041}\u{e0100}\u{e000}\u{34f}"),
            ("\u{301}joins", r"\u{301}joins"),
        ];
        for (text, shown) in table {
            assert_eq!(visible(text), shown);
            assert_eq!(visible(&visible(text)), shown, "an escape stays as it is");
        }
        assert_eq!(visible_lines("a\n\tb\r\u{1b}"), "a\n\tb\\r\\u{1b}");
    }

    #[test]
    fn what_people_write_stays() {
        for text in
            ["", "it's \"C:\\dir\" <a&b>", "Prüfung é e\u{301}", "строить 构建 テスト", "हिन्दी", "⚠\u{fe0f} build 🚀 ✔\u{fe0f}", "½ €"]
        {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn json_means_the_same_afterwards() {
        let text = "a\u{9b}b\u{202e}c\u{e0001}\u{7f}é";
        let json = serde_json::to_string(text).expect("JSON");
        assert_eq!(visible_json(&json), "\"a\\u009bb\\u202ec\\udb40\\udc01\\u007fé\"");
        assert_eq!(serde_json::from_str::<String>(&visible_json(&json)).expect("JSON"), text);
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_text_is_only_what_is_seen_is_left(text: String) {
            let shown = visible(&text);
            proptest::prop_assert!(!shown.chars().any(char::is_control), "{shown:?}");
            proptest::prop_assert_eq!(visible(&shown), shown.as_ref());
            let json = serde_json::to_string(&text).expect("JSON");
            proptest::prop_assert_eq!(serde_json::from_str::<String>(&visible_json(&json)).expect("JSON"), text);
        }
    }
}
