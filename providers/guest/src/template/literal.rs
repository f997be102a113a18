//! Constants: numbers, characters and strings, with the syntax of Go's language specification as its `strconv` reads it.

use super::quote::quote;

/// A number, and the type its spelling gives it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
    /// A whole number that no `int` holds; an error where it is used.
    Overflow,
}

/// Where the quoted text the source begins with ends, quotes included.
pub(super) fn quoted_end(source: &str, delimiter: char) -> Option<usize> {
    let mut chars = source.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\n' => return None,
            '\\' => {
                chars.next().filter(|(_, escaped)| *escaped != '\n')?;
            }
            _ if c == delimiter => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Where the number the source begins with ends; an error where a letter follows, with that included.
pub(super) fn number_end(source: &str) -> Result<usize, usize> {
    let bytes = source.as_bytes();
    let mut at = 0;
    let one = |at: &mut usize, set: &[u8]| {
        let is = bytes.get(*at).is_some_and(|byte| set.contains(byte));
        *at += usize::from(is);
        is
    };
    let run = |at: &mut usize, set: &[u8]| while one(at, set) {};
    one(&mut at, b"+-");
    let (mut digits, mut exponent): (&[u8], &[u8]) = (b"0123456789_", b"eE");
    if one(&mut at, b"0") {
        if one(&mut at, b"xX") {
            (digits, exponent) = (b"0123456789abcdefABCDEF_", b"pP");
        } else if one(&mut at, b"oO") {
            (digits, exponent) = (b"01234567_", b"");
        } else if one(&mut at, b"bB") {
            (digits, exponent) = (b"01_", b"");
        }
    }
    run(&mut at, digits);
    if one(&mut at, b".") {
        run(&mut at, digits);
    }
    if one(&mut at, exponent) {
        one(&mut at, b"+-");
        run(&mut at, b"0123456789_");
    }
    one(&mut at, b"i");
    match source[at..].chars().next() {
        Some(c) if c == '_' || c.is_alphanumeric() => Err(at + c.len_utf8()),
        _ => Ok(at),
    }
}

pub(super) fn number(text: &str) -> Result<Number, String> {
    if text.strip_suffix('i').and_then(float).is_some() {
        return Err(complex(text));
    }
    let unsigned = text.trim_start_matches(['+', '-']);
    if let Some(magnitude) = integer(unsigned).filter(|_| underscores_are_fine(unsigned)) {
        let signed = if text.starts_with('-') { -i128::from(magnitude) } else { i128::from(magnitude) };
        if let Ok(int) = i64::try_from(signed) {
            // Go takes the E in a signed hexadecimal number for an exponent.
            let is_float = unsigned.len() < text.len() && text.contains(['e', 'E']);
            #[expect(clippy::cast_precision_loss, reason = "a constant that is a float is rounded to one")]
            return Ok(if is_float { Number::Float(int as f64) } else { Number::Int(int) });
        }
        if unsigned.len() == text.len() {
            return Ok(Number::Overflow);
        }
    }
    match float(text) {
        Some(value) if text.contains(['.', 'e', 'E', 'p', 'P']) => Ok(Number::Float(value)),
        Some(_) => Err(format!("integer overflow: {}", quote(text.as_bytes(), '"', false))),
        None => Err(format!("illegal number syntax: {}", quote(text.as_bytes(), '"', false))),
    }
}

pub(super) fn complex(text: &str) -> String {
    format!("complex number {text} is not supported")
}

/// A whole number without sign: decimal, or with the prefix of its base.
fn integer(text: &str) -> Option<u64> {
    let digits = text.replace('_', "");
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits.as_str()),
    };
    if digits.starts_with('+') { None } else { u64::from_str_radix(digits, radix).ok() }
}

/// Underscores stand between digits, or between the prefix and a digit.
fn underscores_are_fine(unsigned: &str) -> bool {
    let bytes = unsigned.as_bytes();
    let prefixed = matches!(bytes, [b'0', b'x' | b'X' | b'o' | b'O' | b'b' | b'B', ..]);
    let is_hex = matches!(bytes, [b'0', b'x' | b'X', ..]);
    let digits = if prefixed { &bytes[2..] } else { bytes };
    let is_digit = |byte: u8| if is_hex { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() };
    digits.iter().enumerate().filter(|(_, byte)| **byte == b'_').all(|(at, _)| {
        let before = if at == 0 { prefixed } else { is_digit(digits[at - 1]) };
        before && digits.get(at + 1).is_some_and(|byte| is_digit(*byte))
    })
}

fn float(text: &str) -> Option<f64> {
    let (sign, unsigned) = match text.as_bytes().first() {
        Some(b'-') => (-1.0, &text[1..]),
        Some(b'+') => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    if !underscores_are_fine(unsigned) || !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let digits = unsigned.replace('_', "");
    let value = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => hexadecimal_float(digits)?,
        None => digits.parse().ok()?,
    };
    value.is_finite().then_some(sign * value)
}

/// `1.8p3` = 1.5 * 2³; the exponent must be there.
fn hexadecimal_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let mut exponent: i64 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0_u64;
    for (at, digit) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = u64::from(digit.to_digit(16)?);
        let in_fraction = i64::from(at >= whole.len());
        if value >> 60 == 0 {
            value = value << 4 | digit;
            exponent = exponent.saturating_sub(4 * in_fraction);
        } else {
            // Too far right to be kept, but it still decides what is rounded up.
            value |= u64::from(digit != 0);
            exponent = exponent.saturating_add(4 * (1 - in_fraction));
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "rounding is what is asked for")]
    let mut value = value as f64;
    // In two halves, because the power alone may be too large or too small for a number that is not.
    let exponent = i32::try_from(exponent.clamp(-2400, 2400)).unwrap_or_default();
    for part in [exponent / 2, exponent - exponent / 2] {
        value *= 2_f64.powi(part);
    }
    Some(value)
}

/// The character between single quotes.
pub(super) fn character(text: &str) -> Result<Number, String> {
    let inner = &text[1..];
    let (code, _, rest) = unescape(inner, '\'').ok_or("invalid syntax")?;
    if rest == "'" { Ok(Number::Int(i64::from(code))) } else { Err(format!("malformed character constant: {text}")) }
}

/// The text between quotes or backquotes.
pub(super) fn unquote(text: &str) -> Result<Vec<u8>, String> {
    let inner = &text[1..text.len() - 1];
    if text.starts_with('`') {
        return Ok(inner.replace('\r', "").into_bytes());
    }
    let (mut out, mut rest) = (Vec::with_capacity(inner.len()), inner);
    while !rest.is_empty() {
        let (code, is_byte, after) = unescape(rest, '"').ok_or("invalid syntax")?;
        match u8::try_from(code) {
            Ok(byte) if is_byte => out.push(byte),
            _ => out.extend_from_slice(char::from_u32(code).ok_or("invalid syntax")?.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = after;
    }
    Ok(out)
}

/// The first character of quoted text, whether it is one byte by number, and what follows it.
fn unescape(text: &str, quote: char) -> Option<(u32, bool, &str)> {
    let mut chars = text.chars();
    let c = chars.next()?;
    if c == quote {
        return None;
    }
    if c != '\\' {
        return Some((u32::from(c), false, chars.as_str()));
    }
    let escape = chars.next()?;
    let (length, radix) = match escape {
        'x' => (2, 16),
        'u' => (4, 16),
        'U' => (8, 16),
        '0'..='7' => (3, 8),
        _ => {
            let code = match escape {
                'a' => 7,
                'b' => 8,
                'f' => 12,
                'n' => 10,
                'r' => 13,
                't' => 9,
                'v' => 11,
                '\\' => u32::from('\\'),
                _ if escape == quote => u32::from(quote),
                _ => return None,
            };
            return Some((code, false, chars.as_str()));
        }
    };
    let digits = if radix == 8 { &text[1..] } else { chars.as_str() };
    let (number, rest) = digits.split_at_checked(length)?;
    let code = number.chars().try_fold(0_u32, |code, c| code.checked_mul(radix)?.checked_add(c.to_digit(radix)?))?;
    let is_byte = matches!(escape, 'x' | '0'..='7');
    let valid = if is_byte { code <= 255 } else { char::from_u32(code).is_some() };
    valid.then_some((code, is_byte, rest))
}
