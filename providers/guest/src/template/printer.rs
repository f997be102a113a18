//! Values under a verb, as Go's `fmt` prints them: padding, signs, bases, quotes, and what it says where a verb does not fit.

use super::float::float;
use super::limits::TEXT_MAX;
use super::quote::{can_backquote, is_print, quote};
use super::text::{Text, char_count, first_chars};
use super::value::{Value, sorted};

/// What stands between the percent sign and the verb.
#[derive(Clone, Copy, Default)]
pub(super) struct Format {
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    /// `%#v`: as Go source.
    pub(super) source: bool,
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
}

#[derive(Default)]
pub(super) struct Printer {
    pub(super) out: Vec<u8>,
    pub(super) format: Format,
    /// What it cannot print at all.
    refused: Option<&'static str>,
}

impl Printer {
    pub(super) fn finish(self) -> Result<Vec<u8>, String> {
        match self.refused {
            Some(refused) => Err(refused.to_owned()),
            None if self.out.len() > TEXT_MAX => Err(format!("the text is longer than {} MiB", TEXT_MAX >> 20)),
            None => Ok(self.out),
        }
    }

    /// An argument of a printing function.
    pub(super) fn argument(&mut self, value: &Value<'_>, verb: char) {
        match (value, verb) {
            (Value::Struct(_), _) => self.refused = Some("the context cannot be printed as a whole"),
            (Value::List(_) | Value::Map(_), 'p') => self.refused = Some("%p is not supported"),
            (Value::Nil, 'T' | 'v') => self.pad(b"<nil>"),
            (Value::Nil, _) => self.bad_verb(value, verb),
            (_, 'T') => self.string(value.type_name().as_bytes(), 's'),
            _ => self.value(value, verb),
        }
    }

    fn value(&mut self, value: &Value<'_>, verb: char) {
        // All that follows is too long already.
        if self.out.len() > TEXT_MAX {
            return;
        }
        match (value, verb) {
            (Value::Nil | Value::Struct(_), _) => self.write(if self.format.source { "interface {}(nil)" } else { "<nil>" }),
            (_, 'w') => self.bad_verb(value, verb),
            (Value::Bool(is), 't' | 'v') => self.pad(if *is { b"true" } else { b"false" }),
            (Value::Int(int), _) if is_integer_verb(verb) => self.integer(int.unsigned_abs(), *int < 0, verb),
            (Value::Byte(byte), 'v') if self.format.source => {
                self.format.sharp = true;
                self.integer(u64::from(*byte), false, 'x');
                self.format.sharp = false;
            }
            (Value::Byte(byte), _) if is_integer_verb(verb) => self.integer(u64::from(*byte), false, verb),
            (Value::Float(number), 'v' | 'b' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G') => {
                self.float(*number, if verb == 'v' { 'g' } else { verb });
            }
            (Value::Float(_), 'x' | 'X') => self.refused = Some("%x of a floating-point number is not supported"),
            (Value::Text(text), 'v' | 's' | 'q' | 'x' | 'X') => {
                self.string(text, if verb == 'v' && self.format.source { 'q' } else { verb });
            }
            (Value::List(items), _) => {
                let (open, between, close) = if self.format.source { (value.type_name(), ", ", "}") } else { ("", " ", "]") };
                self.write(open);
                self.write(if self.format.source { "{" } else { "[" });
                for (at, item) in items.iter().enumerate() {
                    self.write(if at > 0 { between } else { "" });
                    self.value(&item.into(), verb);
                }
                self.write(close);
            }
            (Value::Map(map), _) => {
                let (open, between, close) = if self.format.source { (value.type_name(), ", ", "}") } else { ("map", " ", "]") };
                self.write(open);
                self.write(if self.format.source { "{" } else { "[" });
                for (at, (key, item)) in sorted(map).into_iter().enumerate() {
                    self.write(if at > 0 { between } else { "" });
                    self.value(&Value::Text(Text::Given(key.as_bytes())), verb);
                    self.write(":");
                    self.value(&item.into(), verb);
                }
                self.write(close);
            }
            _ => self.bad_verb(value, verb),
        }
    }

    fn bad_verb(&mut self, value: &Value<'_>, verb: char) {
        self.write(&format!("%!{verb}("));
        if matches!(value, Value::Nil) {
            self.write("<nil>");
        } else {
            self.write(value.type_name());
            self.write("=");
            self.value(value, 'v');
        }
        self.write(")");
    }

    fn string(&mut self, text: &[u8], verb: char) {
        match verb {
            'x' | 'X' => self.hexadecimal(text, verb),
            'q' => {
                let text = self.format.precision.map_or(text, |precision| first_chars(text, precision));
                if self.format.sharp && can_backquote(text) {
                    self.pad(&[b"`", text, b"`"].concat());
                } else {
                    self.pad(quote(text, '"', self.format.plus).as_bytes());
                }
            }
            _ => self.pad(self.format.precision.map_or(text, |precision| first_chars(text, precision))),
        }
    }

    fn hexadecimal(&mut self, text: &[u8], verb: char) {
        let text = &text[..self.format.precision.map_or(text.len(), |precision| precision.min(text.len()))];
        let prefix = if self.format.sharp { if verb == 'x' { "0x" } else { "0X" } } else { "" };
        let mut shown = String::with_capacity(2 * text.len());
        for (at, byte) in text.iter().enumerate() {
            if at == 0 || self.format.space {
                shown.push_str(if at > 0 { " " } else { "" });
                shown.push_str(prefix);
            }
            let digits = if verb == 'x' { format!("{byte:02x}") } else { format!("{byte:02X}") };
            shown.push_str(&digits);
        }
        self.pad(shown.as_bytes());
    }

    fn integer(&mut self, magnitude: u64, negative: bool, verb: char) {
        match verb {
            'c' => self.pad(character(magnitude, negative).encode_utf8(&mut [0; 4]).as_bytes()),
            'q' => {
                let c = character(magnitude, negative);
                self.pad(quote(c.encode_utf8(&mut [0; 4]).as_bytes(), '\'', self.format.plus).as_bytes());
            }
            'U' => self.code_point(if negative { magnitude.wrapping_neg() } else { magnitude }),
            _ => self.number(magnitude, negative, verb),
        }
    }

    fn number(&mut self, magnitude: u64, negative: bool, verb: char) {
        let format = self.format;
        let mut digits = match verb {
            'b' => format!("{magnitude:b}"),
            'o' | 'O' => format!("{magnitude:o}"),
            'x' => format!("{magnitude:x}"),
            'X' => format!("{magnitude:X}"),
            _ => magnitude.to_string(),
        };
        let sign = match () {
            () if negative => "-",
            () if format.plus => "+",
            () if format.space => " ",
            () => "",
        };
        if format.precision == Some(0) && magnitude == 0 {
            return self.without_zeros(b"");
        }
        // Zeros on the left are digits here, for they come behind the sign.
        let zeros = format.width.filter(|_| format.zero && !format.minus).map(|width| width.saturating_sub(sign.len()));
        let least = format.precision.or(zeros).unwrap_or_default();
        digits.insert_str(0, &"0".repeat(least.saturating_sub(digits.len())));
        let prefix = match verb {
            'O' if format.sharp && !digits.starts_with('0') => "0o0",
            'O' => "0o",
            'b' if format.sharp => "0b",
            'o' if format.sharp && !digits.starts_with('0') => "0",
            'x' if format.sharp => "0x",
            'X' if format.sharp => "0X",
            _ => "",
        };
        self.without_zeros(format!("{sign}{prefix}{digits}").as_bytes());
    }

    fn code_point(&mut self, code: u64) {
        let digits = format!("{code:X}");
        let zeros = "0".repeat(self.format.precision.unwrap_or_default().max(4).saturating_sub(digits.len()));
        let c = u32::try_from(code).ok().and_then(char::from_u32);
        let shown = c.filter(|c| self.format.sharp && is_print(*c)).map(|c| format!(" '{c}'")).unwrap_or_default();
        self.without_zeros(format!("U+{zeros}{digits}{shown}").as_bytes());
    }

    fn float(&mut self, number: f64, verb: char) {
        let format = self.format;
        let mut shown = float(number, verb, format.precision);
        if format.sharp && verb != 'b' {
            shown = with_point(&shown, verb, format.precision);
        }
        let (sign, digits) = match shown.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None if format.plus => ("+", shown.as_str()),
            None if format.space => (" ", shown.as_str()),
            None => ("", shown.as_str()),
        };
        let width = format.width.filter(|width| format.zero && !format.minus && *width > sign.len() + digits.len());
        match width {
            // Zeros come behind the sign.
            Some(width) if !sign.is_empty() => {
                let zeros = "0".repeat(width - sign.len() - digits.len());
                self.write(&format!("{sign}{zeros}{digits}"));
            }
            _ => self.pad(format!("{sign}{digits}").as_bytes()),
        }
    }

    fn without_zeros(&mut self, text: &[u8]) {
        let zero = std::mem::take(&mut self.format.zero);
        self.pad(text);
        self.format.zero = zero;
    }

    /// Writes text in the width asked for.
    fn pad(&mut self, text: &[u8]) {
        let missing = self.format.width.map_or(0, |width| width.saturating_sub(char_count(text)));
        let fill = if self.format.zero && !self.format.minus { b'0' } else { b' ' };
        let fill = std::iter::repeat_n(fill, missing);
        if self.format.minus {
            self.out.extend(text);
            self.out.extend(fill);
        } else {
            self.out.extend(fill);
            self.out.extend(text);
        }
    }

    pub(super) fn write(&mut self, text: &str) {
        self.out.extend(text.as_bytes());
    }
}

fn is_integer_verb(verb: char) -> bool {
    matches!(verb, 'v' | 'd' | 'b' | 'o' | 'O' | 'x' | 'X' | 'c' | 'q' | 'U')
}

/// The character of a number; the one for "none such" where there is none.
fn character(magnitude: u64, negative: bool) -> char {
    let code = u32::try_from(magnitude).ok().filter(|_| !negative);
    code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// `%#g` and the like: always with a point, and with the zeros at the end that the precision asks for.
fn with_point(shown: &str, verb: char, precision: Option<usize>) -> String {
    let (mantissa, exponent) = shown.split_at(shown.find(['e', 'E']).unwrap_or(shown.len()));
    let mut mantissa = mantissa.to_owned();
    let significant = mantissa.trim_start_matches(['-', '0', '.']).bytes().filter(u8::is_ascii_digit).count();
    let significant = if significant == 0 { 1 } else { significant };
    if !mantissa.contains('.') {
        mantissa.push('.');
    }
    if matches!(verb, 'g' | 'G') {
        let zeros = precision.unwrap_or(6).saturating_sub(significant);
        mantissa.extend(std::iter::repeat_n('0', zeros));
    }
    mantissa + exponent
}
