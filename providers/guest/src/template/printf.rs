//! `printf`: a format and its arguments, by the rules of Go's package `fmt`.

use super::printer::{Format, Printer};
use super::value::Value;

/// Go's `Sprintf`. What does not fit is said in the text, as Go does.
pub(super) fn printf(format: &[u8], arguments: &[Value<'_>]) -> Result<Vec<u8>, String> {
    let mut directives = Directives { rest: format, arguments, next: 0, reordered: false, fits: true, printer: Printer::default() };
    while let Some(percent) = directives.rest.iter().position(|byte| *byte == b'%') {
        directives.printer.out.extend(&directives.rest[..percent]);
        directives.rest = &directives.rest[percent + 1..];
        directives.one();
    }
    directives.printer.out.extend(directives.rest);
    directives.extra();
    directives.printer.finish()
}

/// Go's `Sprint`: a space between two arguments of which neither is text.
pub(super) fn print(arguments: &[Value<'_>]) -> Result<Vec<u8>, String> {
    let mut printer = Printer::default();
    let is_text = |value: &Value<'_>| matches!(value, Value::Text(_));
    for (at, value) in arguments.iter().enumerate() {
        if at > 0 && !is_text(value) && !is_text(&arguments[at - 1]) {
            printer.write(" ");
        }
        printer.argument(value, 'v');
    }
    printer.finish()
}

/// Go's `Sprintln`: a space between all arguments, and a line feed.
pub(super) fn println(arguments: &[Value<'_>]) -> Result<Vec<u8>, String> {
    let mut printer = Printer::default();
    for (at, value) in arguments.iter().enumerate() {
        printer.write(if at > 0 { " " } else { "" });
        printer.argument(value, 'v');
    }
    printer.write("\n");
    printer.finish()
}

struct Directives<'f, 'v> {
    /// What follows the place in the format.
    rest: &'f [u8],
    arguments: &'v [Value<'v>],
    next: usize,
    /// Whether an argument was named by its number; extra ones are then no fault.
    reordered: bool,
    /// Whether such a number was a fitting one.
    fits: bool,
    printer: Printer,
}

/// Widths and precisions above are refused.
const NUMBER_MAX: i64 = 1_000_000;

impl Directives<'_, '_> {
    /// What follows a percent sign: flags, index, width, precision, index, verb.
    fn one(&mut self) {
        self.fits = true;
        let mut format = self.flags();
        let mut after_index = self.index();
        if self.accept(b'*') {
            match self.star() {
                Some(width) => {
                    format.width = Some(usize::try_from(width.unsigned_abs()).unwrap_or_default());
                    (format.minus, format.zero) = (format.minus || width < 0, format.zero && width >= 0);
                }
                None => self.printer.write("%!(BADWIDTH)"),
            }
            after_index = false;
        } else {
            format.width = self.number();
            self.fits &= !(after_index && format.width.is_some());
        }
        // A point at the very end is taken for the verb.
        if self.rest.len() > 1 && self.accept(b'.') {
            self.fits &= !after_index;
            after_index = self.index();
            if self.accept(b'*') {
                let precision = self.star().and_then(|precision| usize::try_from(precision).ok());
                if precision.is_none() {
                    self.printer.write("%!(BADPREC)");
                }
                format.precision = precision;
                after_index = false;
            } else {
                format.precision = Some(self.number().unwrap_or_default());
            }
        }
        if !after_index {
            self.index();
        }
        self.verb(format);
    }

    fn flags(&mut self) -> Format {
        let mut format = Format::default();
        while let [flag @ (b'#' | b'0' | b'+' | b'-' | b' '), rest @ ..] = self.rest {
            match flag {
                b'#' => format.sharp = true,
                b'0' => format.zero = true,
                b'+' => format.plus = true,
                b'-' => format.minus = true,
                _ => format.space = true,
            }
            self.rest = rest;
        }
        format
    }

    fn verb(&mut self, mut format: Format) {
        let Some((verb, length)) = first_char(self.rest) else { return self.printer.write("%!(NOVERB)") };
        self.rest = &self.rest[length..];
        if verb == '%' {
            self.printer.write("%");
        } else if !self.fits {
            self.printer.write(&format!("%!{verb}(BADINDEX)"));
        } else if let Some(value) = self.arguments.get(self.next) {
            if matches!(verb, 'v' | 'w') {
                format.source = std::mem::take(&mut format.sharp);
                format.plus = false;
            }
            self.printer.format = format;
            self.printer.argument(value, verb);
            self.next += 1;
        } else {
            self.printer.write(&format!("%!{verb}(MISSING)"));
        }
    }

    /// Arguments without a verb.
    fn extra(&mut self) {
        let extra = self.arguments.get(self.next..).unwrap_or_default();
        if self.reordered || extra.is_empty() {
            return;
        }
        self.printer.format = Format::default();
        self.printer.write("%!(EXTRA ");
        for (at, value) in extra.iter().enumerate() {
            self.printer.write(if at > 0 { ", " } else { "" });
            if !matches!(value, Value::Nil) {
                self.printer.write(value.type_name());
                self.printer.write("=");
            }
            self.printer.argument(value, 'v');
        }
        self.printer.write(")");
    }

    fn accept(&mut self, byte: u8) -> bool {
        let is = self.rest.first() == Some(&byte);
        self.rest = &self.rest[usize::from(is)..];
        is
    }

    /// `[n]`: which argument comes next, counted from one. Whether there was one that could be read.
    fn index(&mut self) -> bool {
        if self.rest.first() != Some(&b'[') {
            return false;
        }
        self.reordered = true;
        let close = self.rest.iter().position(|byte| *byte == b']').filter(|_| self.rest.len() >= 3);
        let (number, length) = match close {
            Some(close) => (decimal(&self.rest[1..close]).filter(|(_, length)| *length == close - 1), close + 1),
            None => (None, 1),
        };
        self.rest = &self.rest[length..];
        match number {
            Some((number, _)) if (1..=self.arguments.len()).contains(&number) => self.next = number - 1,
            _ => self.fits = false,
        }
        number.is_some()
    }

    /// The argument that is a width or precision.
    fn star(&mut self) -> Option<i64> {
        let number = match self.arguments.get(self.next)? {
            Value::Int(int) => Some(*int),
            Value::Byte(byte) => Some(i64::from(*byte)),
            _ => None,
        };
        self.next += 1;
        number.filter(|number| (-NUMBER_MAX..=NUMBER_MAX).contains(number))
    }

    /// A number in the format. One that is too large swallows all that follows.
    fn number(&mut self) -> Option<usize> {
        if !self.rest.first()?.is_ascii_digit() {
            return None;
        }
        let number = decimal(self.rest);
        self.rest = number.map_or(&[], |(_, length)| &self.rest[length..]);
        number.map(|(number, _)| number)
    }
}

/// The number the text begins with, and its length; nothing if there is none or it is too large.
fn decimal(text: &[u8]) -> Option<(usize, usize)> {
    let mut number = 0;
    let length = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    for digit in &text[..length] {
        // Looked at before the digit is added, as Go does: the last digit may lead above.
        if i64::try_from(number).is_ok_and(|number| number > NUMBER_MAX) {
            return None;
        }
        number = number * 10 + usize::from(digit - b'0');
    }
    (length > 0).then_some((number, length))
}

fn first_char(text: &[u8]) -> Option<(char, usize)> {
    let chunk = text.utf8_chunks().next()?;
    Some(chunk.valid().chars().next().map_or((char::REPLACEMENT_CHARACTER, 1), |c| (c, c.len_utf8())))
}
