//! Finds tokens of machines by their shape.
//!
//! A cloud keeps what a machine was made with. So a provider can repeat a token that the caller does not have at hand: the user data of a machine,
//! when that is looked at, listed or removed. A token is a JWT: parts in the base64 of URLs, joined by dots, of which the first two are JSON.

use std::ops::Range;

/// How many coats of base64 are looked below: a script in user data, as a value in JSON that is base64 again.
const COATS: usize = 3;

/// More bytes than a token has in most of its coats: so much is kept in front of a cut, so that its beginning is seen.
pub(super) const LONGEST: usize = 3 << 10;

/// The lengths of a header. Each has the name of an algorithm; the upper bound keeps the search from reading a text again and again.
const HEADER: Range<usize> = 12..256;

/// Less base64 than that holds no token.
const SHORTEST_RUN: usize = 24;

/// How often an escape may be escaped again.
const LEVELS: usize = 8;

/// How both parts begin: `{"` in base64.
const BEGINNING: &[u8] = b"eyJ";

/// A character as it was before it was escaped, and where it stands.
#[derive(Clone, Copy)]
struct Letter {
    byte: u8,
    length: u8,
    start: usize,
}

impl Letter {
    fn end(self) -> usize {
        self.start + usize::from(self.length)
    }
}

/// Where tokens stand, from the first to the last, and apart from each other.
pub(super) fn places(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = below(text, COATS);
    found.sort_by_key(|place| place.start);
    let mut apart: Vec<Range<usize>> = Vec::with_capacity(found.len());
    for place in found {
        match apart.last_mut() {
            Some(last) if place.start <= last.end => last.end = last.end.max(place.end),
            _ => apart.push(place),
        }
    }
    apart
}

/// Where tokens stand in a text, and below so many coats of base64.
fn below(text: &[u8], coats: usize) -> Vec<Range<usize>> {
    let letters = letters(text);
    let mut found = bare(&letters);
    if coats == 0 {
        return found;
    }
    for run in runs(&letters) {
        // Other letters may stand in front of what was encoded.
        for run in (0..4).map(|before| &run[before..]) {
            let places = below(&decoded(run), coats - 1);
            found.extend(places.into_iter().map(|place| run[place.start * 4 / 3].start..run[(place.end * 4).div_ceil(3) - 1].end()));
        }
    }
    found
}

fn letters(text: &[u8]) -> Vec<Letter> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let escaped = match rest[0] {
            b'%' => percent(rest),
            b'\\' => behind_backslashes(rest),
            _ => None,
        };
        let (byte, length) = escaped.unwrap_or((rest[0], 1));
        let letter = Letter { byte, length, start: at };
        at = letter.end();
        Some(letter)
    })
    .collect()
}

/// A byte as in a URL, and the length of that: `%2E`, `%252E`.
fn percent(rest: &[u8]) -> Option<(u8, u8)> {
    let mut at = 1;
    for _ in 0..LEVELS {
        let byte = numeral(rest.get(at..at + 2)?, 16)?;
        at += 2;
        if byte != b'%' || rest.get(at..at + 2).and_then(|next| numeral(next, 16)).is_none() {
            return Some((byte, u8::try_from(at).ok()?));
        }
    }
    None
}

/// A character behind backslashes, and the length of both.
fn behind_backslashes(rest: &[u8]) -> Option<(u8, u8)> {
    let run = rest.iter().take(LEVELS).take_while(|byte| **byte == b'\\').count();
    let after = &rest[run..];
    let (byte, length) = match *after.first()? {
        b'n' => (b'\n', 1),
        b'r' => (b'\r', 1),
        b't' => (b'\t', 1),
        b'x' => (numeral(after.get(1..3)?, 16)?, 3),
        b'u' => (numeral(after.get(1..5)?, 16)?, 5),
        b'U' => (numeral(after.get(1..9)?, 16)?, 9),
        b'0'..=b'7' => (numeral(after.get(..3)?, 8)?, 3),
        sign if sign.is_ascii_punctuation() => (sign, 1),
        _ => return None,
    };
    Some((byte, u8::try_from(run + length).ok()?))
}

/// The value of a numeral, if it is one of a byte.
fn numeral(digits: &[u8], radix: u32) -> Option<u8> {
    let value = digits.iter().try_fold(0, |value: u32, digit| value.checked_mul(radix)?.checked_add(char::from(*digit).to_digit(radix)?));
    u8::try_from(value?).ok()
}

/// Where tokens without a coat of base64 stand.
fn bare(letters: &[Letter]) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < letters.len() {
        let length = token_at(&letters[at..]);
        if let Some(length) = length {
            found.push(letters[at].start..letters[at + length - 1].end());
        }
        at += length.unwrap_or(1);
    }
    found
}

/// How many letters the token has that the text begins with. Without its signature, which may be cut off, it counts as well.
fn token_at(letters: &[Letter]) -> Option<usize> {
    let begins = |at: usize| letters[at..].iter().map(|letter| letter.byte).take(BEGINNING.len()).eq(BEGINNING.iter().copied());
    let part = |at: usize, most: usize| letters[at..].iter().take(most).take_while(|letter| is_of_urls(letter.byte)).count();
    let has_dot = |at: usize| letters.get(at).is_some_and(|letter| letter.byte == b'.');
    if !begins(0) {
        return None;
    }
    let header = part(0, HEADER.end);
    if !HEADER.contains(&header) || !has_dot(header) || !begins(header + 1) {
        return None;
    }
    let mut end = header + 1 + part(header + 1, usize::MAX);
    while has_dot(end) {
        match part(end + 1, usize::MAX) {
            0 => break,
            length => end += 1 + length,
        }
    }
    Some(end)
}

fn is_of_urls(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Letters that may be base64, without the ends of lines after which it was wrapped, and the blanks behind them.
fn runs(letters: &[Letter]) -> Vec<Vec<Letter>> {
    let (mut runs, mut run, mut is_wrapped) = (Vec::new(), Vec::new(), false);
    for letter in letters {
        match letter.byte {
            byte if is_of_urls(byte) || matches!(byte, b'+' | b'/') => {
                run.push(*letter);
                is_wrapped = false;
            }
            b'\n' | b'\r' => is_wrapped = true,
            b' ' | b'\t' if is_wrapped => {}
            _ => {
                runs.push(std::mem::take(&mut run));
                is_wrapped = false;
            }
        }
    }
    runs.push(run);
    runs.retain(|run| run.len() >= SHORTEST_RUN);
    runs
}

/// The bytes that letters are base64 of; what is left of a byte at the end is dropped.
fn decoded(run: &[Letter]) -> Vec<u8> {
    let (mut bytes, mut bits, mut kept) = (Vec::with_capacity(run.len() / 4 * 3 + 3), 0_u32, 0);
    for letter in run {
        let value = match letter.byte {
            upper @ b'A'..=b'Z' => upper - b'A',
            lower @ b'a'..=b'z' => lower - b'a' + 26,
            digit @ b'0'..=b'9' => digit - b'0' + 52,
            b'+' | b'-' => 62,
            _ => 63,
        };
        bits = bits << 6 | u32::from(value);
        kept += 6;
        if kept >= 8 {
            kept -= 8;
            bytes.push((bits >> kept).to_be_bytes()[3]);
        }
    }
    bytes
}
