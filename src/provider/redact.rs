//! Takes secrets out of what a provider printed.
//!
//! Providers fail in creative ways; some print their standard input or their environment first. What they print has the secrets in many coats: in
//! JSON, in a command line, in a URL, in base64, and in several of these at once. A coat changes the characters of a secret one by one, so each
//! character is looked for in each of its forms. All are found, also when the output was cut in the middle of one. Tokens of machines are found by
//! their shape as well, whoever they were made for.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::general_purpose::STANDARD_NO_PAD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::tokens;
use crate::model::{SecretString, expose};

const MASK: &str = "***";

/// Shorter texts are no secrets worth the damage to the message.
const SHORTEST: usize = 4;

/// As [`SHORTEST`], for a line of several, for a number, and for the base64 of a text: `fi`, `8080`.
const SHORTEST_PART: usize = 6;

/// A cut-off beginning of a secret at the end of a text is masked from this length on.
const SHORTEST_CUT: usize = 8;

/// The shortest value that may be base64 of a text.
const SHORTEST_ENCODED: usize = 16;

/// The longest piece that is looked for as a whole, in bytes. Of a long secret each piece is found by itself, so that a part of it is found too.
const PIECE: usize = 128;

/// The most bytes that one byte of a secret can become: `\\\\u0041` in JSON inside of JSON.
const GROWTH: usize = 8;

/// More bytes than the longest form of a character has: `%25F0%259F%2598%2580`.
const FORM: usize = 24;

/// Texts that must not be shown.
#[derive(Default)]
pub struct Secrets {
    /// The pieces by the first character that they can begin with.
    by_first: BTreeMap<u8, Vec<Piece>>,
    known: BTreeSet<(bool, Vec<u8>)>,
    longest: usize,
}

struct Piece {
    text: SecretString,
    /// Whether the text is base64, which may be wrapped, and may have two other characters in URLs.
    is_base64: bool,
}

impl Secrets {
    /// Hides `text`, and its base64 as part of something longer.
    pub fn add(&mut self, text: &str) {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let shortest = if lines.len() > 1 { SHORTEST_PART } else { SHORTEST };
        for line in lines.into_iter().filter(|line| line.len() >= shortest) {
            pieces(line).for_each(|piece| self.add_piece(piece));
        }
    }

    /// Hides the values of a JSON text, and those that are inside of its values: as base64, or as JSON in a text. Of numbers the long ones are hidden.
    /// Names of fields, short values, `true` and `false` stay.
    pub fn add_values(&mut self, json: &str) {
        if let Ok(value) = serde_json::from_str(json) {
            self.add_value(&value);
        }
    }

    fn add_value(&mut self, value: &Value) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => {
                let number = number.to_string();
                if number.len() >= SHORTEST_PART {
                    self.add(&number);
                }
            }
            Value::Array(values) => values.iter().for_each(|value| self.add_value(value)),
            Value::Object(fields) => fields.values().for_each(|value| self.add_value(value)),
            Value::String(text) => {
                self.add(text);
                if let Some(inner) = decoded(text) {
                    self.add(&inner);
                    self.add_values(&inner);
                }
                if text.trim_start().starts_with(['{', '[']) {
                    self.add_values(text);
                }
            }
        }
    }

    fn add_piece(&mut self, piece: &str) {
        self.keep(piece, false);
        let in_json = Value::from(piece).to_string();
        for text in [piece, &in_json[1..in_json.len() - 1]] {
            let cores = (0..3).map(|before| encoded_core(text.as_bytes(), before));
            cores.filter(|core| core.len() >= SHORTEST_PART).for_each(|core| self.keep(&core, true));
        }
    }

    fn keep(&mut self, text: &str, is_base64: bool) {
        if !self.known.insert((is_base64, text.as_bytes().to_vec())) {
            return;
        }
        self.longest = self.longest.max(text.len());
        let first = text.as_bytes()[0];
        let other = match first {
            b'+' if is_base64 => Some(b'-'),
            b'/' if is_base64 => Some(b'_'),
            b' ' => Some(b'+'),
            _ => None,
        };
        for first in [Some(first), other].into_iter().flatten() {
            self.by_first.entry(first).or_default().push(Piece { text: SecretString::from(text.to_owned()), is_base64 });
        }
    }

    /// The length that the longest piece of a secret, or a token, can have, in bytes: so much is kept in front of a cut, so that no end of a secret
    /// survives it.
    #[must_use]
    pub fn longest(&self) -> usize {
        tokens::LONGEST.max(self.longest * GROWTH)
    }

    /// `output` as text, without the secrets, and without tokens. Of the first `margin` bytes nothing is shown: the output was cut before them.
    #[must_use]
    pub fn redact(&self, output: &[u8], margin: usize) -> String {
        let mut shown = Vec::with_capacity(output.len());
        let mut tokens = tokens::places(output).into_iter().peekable();
        let mut at = 0;
        while at < output.len() {
            let rest = &output[at..];
            while tokens.next_if(|token| token.end <= at).is_some() {}
            let of_token = tokens.peek().filter(|token| token.start <= at).map(|token| token.end - at);
            let (length, replacement) = match self.secret_at(rest).max(of_token) {
                Some(length) => (length, MASK.as_bytes()),
                None => (1, &rest[..1]),
            };
            // The pieces of one secret are one secret.
            if at >= margin && !(replacement == MASK.as_bytes() && shown.ends_with(MASK.as_bytes())) {
                shown.extend_from_slice(replacement);
            }
            at += length;
        }
        String::from_utf8_lossy(&shown).into_owned()
    }

    /// The same for a text of the provider's.
    #[must_use]
    pub fn redact_text(&self, text: &str) -> String {
        self.redact(text.as_bytes(), 0)
    }

    /// The length of the secret that `rest` begins with; a beginning of one that reaches the end of `rest` counts.
    fn secret_at(&self, rest: &[u8]) -> Option<usize> {
        let of = |first: u8| self.by_first.get(&first).into_iter().flatten();
        let found = |piece: &Piece| length_of(expose(&piece.text), piece.is_base64, rest);
        match rest[0] {
            // Any character can be written so.
            b'\\' | b'%' | b'&' => self.by_first.values().flatten().filter_map(found).max(),
            first => of(first).filter_map(found).max(),
        }
    }
}

/// The pieces of a line.
fn pieces(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let end = if rest.len() < PIECE + SHORTEST_PART { rest.len() } else { rest.floor_char_boundary(PIECE) };
        let (piece, after) = rest.split_at(end);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// The text that a value is base64 of.
fn decoded(value: &str) -> Option<String> {
    let packed: Cow<'_, str> =
        if value.contains(char::is_whitespace) { value.split_whitespace().collect::<String>().into() } else { value.into() };
    if packed.len() < SHORTEST_ENCODED {
        return None;
    }
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let decode = |alphabet| GeneralPurpose::new(alphabet, config).decode(packed.as_bytes()).ok();
    String::from_utf8(decode(&STANDARD).or_else(|| decode(&URL_SAFE))?).ok()
}

/// How many bytes of `rest` are the secret, from the first byte on, with each character in any of its forms.
fn length_of(secret: &str, is_base64: bool, rest: &[u8]) -> Option<usize> {
    // Some forms can be read in several ways: all ends that are possible go on.
    let mut ends = vec![0];
    for c in secret.chars() {
        let mut next = Vec::with_capacity(ends.len());
        for end in ends {
            if end == rest.len() {
                return (end >= SHORTEST_CUT).then_some(end);
            }
            forms(c, is_base64, &rest[end..], |length| {
                if !next.contains(&(end + length)) {
                    next.push(end + length);
                }
            });
            // Cut in the middle of a form.
            let is_cut = rest.len() - end < FORM && matches!(rest[end], b'\\' | b'%' | b'&' | b'\'' | b'"' | b'\r' | b'\n');
            if next.is_empty() && is_cut && end >= SHORTEST_CUT {
                return Some(rest.len());
            }
        }
        if next.is_empty() {
            return None;
        }
        ends = next;
    }
    ends.into_iter().max()
}

/// Tells the lengths of all forms of a character that `rest` begins with.
fn forms(c: char, is_base64: bool, rest: &[u8], mut found: impl FnMut(usize)) {
    let mut plain = [0; 4];
    let plain = c.encode_utf8(&mut plain).as_bytes();
    if rest.starts_with(plain) {
        found(plain.len());
    }
    let others: &[&str] = match c {
        '\'' => &["'\\''", "'\"'\"'", "''", "&#39;", "&apos;"],
        '"' => &["\"\"", "&quot;", "&#34;"],
        '&' => &["&amp;"],
        '<' => &["&lt;"],
        '>' => &["&gt;"],
        ' ' => &["+"],
        '+' if is_base64 => &["-"],
        '/' if is_base64 => &["_"],
        _ => &[],
    };
    for other in others.iter().filter(|other| rest.starts_with(other.as_bytes())) {
        found(other.len());
    }
    if is_base64 {
        // Wrapped after so many characters.
        for wrap in ["\n", "\r\n", "\n ", "\\n", "\\r\\n", "\\\\n"] {
            if rest.strip_prefix(wrap.as_bytes()).is_some_and(|rest| rest.starts_with(plain)) {
                found(wrap.len() + plain.len());
            }
        }
    }
    match rest[0] {
        b'%' => percent(plain, rest).into_iter().for_each(&mut found),
        b'\\' => {
            let run = rest.iter().take_while(|byte| **byte == b'\\').count();
            // A backslash becomes as many as there are levels of quoting.
            [2, 4, 8].into_iter().filter(|length| c == '\\' && *length <= run).for_each(&mut found);
            escaped(c, plain, run, rest).into_iter().for_each(&mut found);
        }
        _ => {}
    }
}

/// The length of a character that stands behind a run of backslashes.
fn escaped(c: char, plain: &[u8], run: usize, rest: &[u8]) -> Option<usize> {
    let after = &rest[run..];
    let letter = match c {
        '\n' => Some(b'n'),
        '\r' => Some(b'r'),
        '\t' => Some(b't'),
        '\u{8}' => Some(b'b'),
        '\u{c}' => Some(b'f'),
        '\u{1b}' => Some(b'e'),
        _ => None,
    };
    if letter.is_some() && after.first().copied() == letter {
        return Some(run + 1);
    }
    if !c.is_alphanumeric() && after.starts_with(plain) {
        return Some(run + plain.len());
    }
    let mut units = [0; 2];
    let units: Vec<u32> = c.encode_utf16(&mut units).iter().map(|unit| u32::from(*unit)).collect();
    let bytes: Vec<u32> = plain.iter().map(|byte| u32::from(*byte)).collect();
    each(&units, rest, |after| numeral(after, b'u', 4, 16))
        .or_else(|| each(&bytes, rest, |after| numeral(after, b'x', 2, 16)))
        .or_else(|| each(&[u32::from(c)], rest, |after| numeral(after, b'U', 8, 16)))
        .or_else(|| each(&bytes, rest, |after| Some((u32::from_str_radix(std::str::from_utf8(after.get(..3)?).ok()?, 8).ok()?, 3))))
}

/// The length of numerals with these values, each behind a run of backslashes.
fn each(values: &[u32], rest: &[u8], read: impl Fn(&[u8]) -> Option<(u32, usize)>) -> Option<usize> {
    let mut at = 0;
    for value in values {
        let run = rest.get(at..)?.iter().take_while(|byte| **byte == b'\\').count();
        let (read, length) = read(&rest[at + run..]).filter(|_| run > 0)?;
        if read != *value {
            return None;
        }
        at += run + length;
    }
    Some(at)
}

/// A letter and a numeral of so many digits: its value and its length.
fn numeral(text: &[u8], letter: u8, digits: usize, radix: u32) -> Option<(u32, usize)> {
    let numeral = std::str::from_utf8(text.strip_prefix(&[letter])?.get(..digits)?).ok()?;
    Some((u32::from_str_radix(numeral, radix).ok()?, 1 + digits))
}

/// The length of bytes that are written as in a URL, once or several times over: `%2B`, `%252B`.
fn percent(bytes: &[u8], rest: &[u8]) -> Option<usize> {
    let mut at = 0;
    for byte in bytes {
        let mut digits = rest.get(at..)?.strip_prefix(b"%")?;
        at += 1;
        loop {
            let pair = std::str::from_utf8(digits.get(..2)?).ok()?;
            at += 2;
            if u8::from_str_radix(pair, 16).ok()? == *byte && !(pair == "25" && digits.get(2..4).is_some_and(|next| next == b"25")) {
                break;
            }
            digits = digits.strip_prefix(b"25")?;
        }
    }
    Some(at)
}

/// The characters of a base64 text that depend on `secret` alone when `before` bytes (modulo 3) precede it.
fn encoded_core(secret: &[u8], before: usize) -> String {
    let mut bytes = vec![0; before];
    bytes.extend_from_slice(secret);
    let whole = bytes.len() * 8 / 6;
    STANDARD_NO_PAD.encode(bytes)[(before * 8).div_ceil(6)..whole].to_owned()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    use super::*;

    const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJpZCI6IjEifQ.c2lnbmF0dXJl";

    fn secrets() -> Secrets {
        let mut secrets = Secrets::default();
        secrets.add(TOKEN);
        secrets
    }

    #[test]
    fn a_plain_secret_is_masked_wherever_it_stands() {
        let text = format!("got {TOKEN}, and again {TOKEN}{TOKEN}.");
        assert_eq!(secrets().redact(text.as_bytes(), 0), "got ***, and again ***.");
    }

    #[test]
    fn a_secret_inside_base64_is_masked_at_every_alignment() {
        for before in ["", "a", "ab", "abc", "abcd"] {
            let shown = secrets().redact(STANDARD.encode(format!("{before}{TOKEN}end")).as_bytes(), 0);
            assert!(shown.contains(MASK), "{shown}");
            assert!(shown.len() < 20, "only the neighbours of the secret are left: {shown}");
        }
    }

    #[test]
    fn a_secret_cut_by_the_margin_leaves_no_end() {
        let text = format!("{TOKEN} tail");
        for margin in 1..=TOKEN.len() {
            assert_eq!(secrets().redact(text.as_bytes(), margin), " tail");
        }
    }

    #[test]
    fn a_secret_cut_at_the_end_leaves_no_beginning() {
        let text = format!("said {}", &TOKEN[..30]);
        assert_eq!(secrets().redact(text.as_bytes(), 0), "said ***");
    }

    #[test]
    fn other_text_stays_and_broken_utf8_is_shown() {
        assert_eq!(secrets().redact(b"no quota \xff left", 0), "no quota \u{fffd} left");
    }

    /// A value with everything in it that some coat changes.
    const PASSWORD: &str = r#"p4ss w0rd/+&'"<ü€😀>\\x%$`"#;

    /// The coats that a text can have.
    fn coats(text: &str) -> Vec<(&'static str, String)> {
        let json = |text: &str| serde_json::to_string(text).expect("JSON").trim_matches('"').to_owned();
        let ascii = |text: &str| text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<Vec<_>>().concat();
        let url = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
        let form = url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let wrapped = STANDARD.encode(text).as_bytes().chunks(8).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\n");
        vec![
            ("plain", text.to_owned()),
            ("JSON", json(text)),
            ("JSON in JSON", json(&json(text))),
            ("JSON in JSON in JSON", json(&json(&json(text)))),
            ("JSON in ASCII", ascii(text)),
            ("JSON of Go", json(text).replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")),
            ("Debug of Rust", format!("{text:?}").trim_matches('"').to_owned()),
            ("URL", url(text)),
            ("URL in lower case", url(text).to_lowercase()),
            ("URL, twice", url(text).replace('%', "%25")),
            ("form", form),
            ("shell, single quotes", text.replace('\'', r"'\''")),
            ("shell, double quotes inside", text.replace('\'', "'\"'\"'")),
            ("shell, backslashes", shlex_like(text)),
            ("PowerShell", text.replace('\'', "''")),
            ("XML", text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&apos;")),
            ("bytes", text.bytes().map(|byte| format!("\\x{byte:02x}")).collect::<Vec<_>>().concat()),
            ("octal", text.bytes().map(|byte| format!("\\{byte:03o}")).collect::<Vec<_>>().concat()),
            ("base64", STANDARD.encode(text)),
            ("base64 for URLs", URL_SAFE.encode(text)),
            ("base64, wrapped", wrapped),
            ("JSON in base64", STANDARD.encode(json(text))),
        ]
    }

    /// Every character that a shell may obey behind a backslash.
    fn shlex_like(text: &str) -> String {
        text.chars().flat_map(|c| if c.is_alphanumeric() { vec![c] } else { vec!['\\', c] }).collect()
    }

    #[test]
    fn a_value_is_masked_in_every_coat() {
        let mut secrets = Secrets::default();
        secrets.add_values(&serde_json::json!({ "deep": [{ "password": PASSWORD }] }).to_string());
        for (coat, text) in coats(PASSWORD) {
            let shown = secrets.redact(format!("before {text} after").as_bytes(), 0);
            // The last characters of base64 depend on what follows.
            assert!(shown.contains(MASK) && shown.replace(MASK, "").len() <= "before  after".len() + 4, "{coat}: {text}\n{shown}");
            let cut = &text[..text.floor_char_boundary(text.len() * 2 / 3)];
            let shown = secrets.redact(format!("before {cut}").as_bytes(), 0);
            assert!(shown.contains(MASK) && shown.len() <= "before ***".len() + 2, "{coat}, cut: {cut}\n{shown}");
        }
    }

    /// As the server makes it, of a machine that the caller does not know.
    const OF_ANOTHER: &str =
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpZCI6ImQ5YjJkNjNkIiwibmFtZSI6Imdhcm0tNyJ9.3pQk7-vZ2_xUVw4mJdU0qg8r1sT5yLhNcXoAeBfGiKM";

    #[test]
    fn a_token_is_masked_in_every_coat_though_nobody_has_named_it() {
        let user_data =
            STANDARD.encode(format!("#cloud-config\nwrite_files:\n- content: {}\n", STANDARD.encode(format!("T={OF_ANOTHER}\n"))));
        let in_json =
            STANDARD.encode(serde_json::json!({ "script": STANDARD.encode(format!("#!/bin/sh\nTOKEN='{OF_ANOTHER}'\n")) }).to_string());
        for (coat, text) in coats(OF_ANOTHER) {
            let shown = Secrets::default().redact(format!("before: {text} after").as_bytes(), 0);
            assert!(shown.contains(MASK) && shown.replace(MASK, "").len() <= "before:  after".len() + 4, "{coat}: {text}\n{shown}");
            // With a part of the signature.
            let cut = &text[..text.len() * 5 / 6];
            let shown = Secrets::default().redact(format!("before: {cut}").as_bytes(), 0);
            assert!(shown.contains(MASK) && shown.len() <= "before: ***".len() + 6, "{coat}, cut: {cut}\n{shown}");
        }
        for packed in [user_data, in_json.clone(), url::form_urlencoded::byte_serialize(in_json.as_bytes()).collect()] {
            for before in ["", "x", "xy", "xyz", "user_data="] {
                let shown = Secrets::default().redact(format!("{before}{packed}").as_bytes(), 0);
                assert!(shown.contains(MASK) && shown.len() < packed.len() - OF_ANOTHER.len() * 16 / 9 + 20, "{packed}\n{shown}");
            }
        }
    }

    #[test]
    fn what_only_begins_like_a_token_stays() {
        let config = STANDARD.encode(r#"{"a":{"long":"configuration","of":"a provider"}}"#);
        for text in
            ["eyJ.eyJ.x", "eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJIUzI1NiJ9.example.com", "no quota in eu-1.example.com/v2.1/servers", &config]
        {
            assert_eq!(Secrets::default().redact_text(text), text);
        }
        for hostile in ["eyJ", "%25", "\\", "eyJhbGciOiJIUzI1NiJ9.", "QUFB"] {
            let shown = Secrets::default().redact_text(&hostile.repeat(20_000));
            assert!(shown.len() <= hostile.len() * 20_000, "{hostile}");
        }
    }

    #[test]
    fn what_is_inside_of_a_value_is_masked_too() {
        let script = format!("#!/bin/sh\necho hello\nexport TOKEN={TOKEN}\n");
        let values = serde_json::json!({
            "script": STANDARD.encode(&script), "cloud": { "json": "{\"key\": \"inner-key-value\"}" }, "pin": 73_113_377, "port": 8080, "on": true
        });
        let mut secrets = Secrets::default();
        secrets.add_values(&values.to_string());
        let shown = secrets.redact(format!("+ export TOKEN={TOKEN}\nkey=inner-key-value pin 73113377 port 8080 true").as_bytes(), 0);
        assert_eq!(shown, "+ ***\nkey=*** pin *** port 8080 true");
        secrets.add_values("no JSON");
    }

    #[test]
    fn a_part_of_a_long_value_is_masked_too() {
        let long: String = (0..5000).map(|number| char::from(b'a' + u8::try_from(number * 7 % 26).expect("a letter"))).collect();
        let mut secrets = Secrets::default();
        secrets.add(&long);
        let margin = secrets.longest();
        assert!(margin < 4096, "{margin}");
        let shown = secrets.redact(&long.as_bytes()[100..], margin);
        assert!(shown.is_empty() || shown == MASK, "{shown}");
    }
}
