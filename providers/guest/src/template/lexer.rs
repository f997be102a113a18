//! A template text as tokens, one at a time.
//!
//! Only what the parser asks for is read, so the first fault of a template is the one that is told. Trim markers and comments end here.

use std::borrow::Cow;

use super::literal::{number_end, quoted_end};
use super::quote::{code_point, quote};
use super::token::{Kind, Token, word};

const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];
const LEFT: &str = "{{";
const RIGHT: &str = "}}";

pub(super) struct Lexer<'a> {
    /// What is not yet read.
    rest: &'a str,
    line: usize,
    inside: bool,
    parens: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self { rest: source, line: 1, inside: false, parens: 0 }
    }

    pub(super) fn token(&mut self) -> Token<'a> {
        if self.inside { self.action() } else { self.text() }
    }

    fn text(&mut self) -> Token<'a> {
        loop {
            let Some(end) = self.rest.find(LEFT) else {
                return if self.rest.is_empty() { self.emit(Kind::Eof, 0) } else { self.emit(Kind::Text, self.rest.len()) };
            };
            let after = &self.rest[end + LEFT.len()..];
            let marker = if after.starts_with('-') && after[1..].starts_with(SPACE) { 2 } else { 0 };
            let text = &self.rest[..end];
            let shown = if marker > 0 { text.trim_end_matches(SPACE) } else { text };
            if !shown.is_empty() {
                let token = self.emit(Kind::Text, shown.len());
                self.skip(end - shown.len());
                return token;
            }
            self.skip(end);
            if !after[marker..].starts_with("/*") {
                let token = self.emit(Kind::LeftDelim, LEFT.len());
                self.skip(marker);
                (self.inside, self.parens) = (true, 0);
                return token;
            }
            self.skip(LEFT.len() + marker);
            let Some(end) = self.rest[2..].find("*/") else { return self.fault("unclosed comment") };
            let after = &self.rest[end + 4..];
            let Some(marker) = closing(after) else { return self.fault("comment ends before closing delimiter") };
            self.skip(end + 4 + marker + RIGHT.len());
            self.trim(marker);
        }
    }

    fn action(&mut self) -> Token<'a> {
        if let Some(marker) = closing(self.rest) {
            return if self.parens == 0 { self.close(marker) } else { self.fault("unclosed left paren") };
        }
        let rest = self.rest;
        let Some(first) = rest.chars().next() else { return self.fault("unclosed action") };
        match first {
            _ if SPACE.contains(&first) => self.space(),
            '=' => self.emit(Kind::Assign, 1),
            ':' if rest.starts_with(":=") => self.emit(Kind::Declare, 2),
            ':' => self.fault("expected :="),
            '|' => self.emit(Kind::Pipe, 1),
            '"' => self.quoted('"', Kind::String, "unterminated quoted string"),
            '\'' => self.quoted('\'', Kind::CharConstant, "unterminated character constant"),
            '`' => match rest[1..].find('`') {
                Some(end) => self.emit(Kind::RawString, end + 2),
                None => self.fault("unterminated raw quoted string"),
            },
            '$' => self.name(Kind::Variable, Kind::Variable),
            // At the very end of the source a dot is read as a number, and refused as one.
            '.' if rest.len() > 1 && !rest[1..].starts_with(|c: char| c.is_ascii_digit()) => self.name(Kind::Field, Kind::Dot),
            '.' | '+' | '-' | '0'..='9' => self.number(),
            '(' => {
                self.parens += 1;
                self.emit(Kind::LeftParen, 1)
            }
            ')' if self.parens == 0 => self.fault("unexpected right paren"),
            ')' => {
                self.parens -= 1;
                self.emit(Kind::RightParen, 1)
            }
            _ if is_alphanumeric(first) => {
                let end = name_end(rest);
                if ends_name(&rest[end..]) { self.emit(word(&rest[..end]), end) } else { self.bad_character(end) }
            }
            '!'..='~' => self.emit(Kind::Char, 1),
            other => self.fault(format!("unrecognized character in action: {}", code_point(other))),
        }
    }

    /// A run of white space, without the one that belongs to a trim marker after it.
    fn space(&mut self) -> Token<'a> {
        let length = self.rest.len() - self.rest.trim_start_matches(SPACE).len();
        match closing(&self.rest[length - 1..]) {
            Some(marker @ 1..) if length == 1 => self.close(marker),
            Some(1..) => self.emit(Kind::Space, length - 1),
            _ => self.emit(Kind::Space, length),
        }
    }

    fn close(&mut self, marker: usize) -> Token<'a> {
        self.skip(marker);
        let token = self.emit(Kind::RightDelim, RIGHT.len());
        self.trim(marker);
        self.inside = false;
        token
    }

    /// What a closing trim marker takes off the text behind it.
    fn trim(&mut self, marker: usize) {
        if marker > 0 {
            self.skip(self.rest.len() - self.rest.trim_start_matches(SPACE).len());
        }
    }

    fn quoted(&mut self, delimiter: char, kind: Kind, unterminated: &'static str) -> Token<'a> {
        match quoted_end(self.rest, delimiter) {
            Some(end) => self.emit(kind, end),
            None => self.fault(unterminated),
        }
    }

    /// A dot or dollar with a name after it, or alone.
    fn name(&mut self, named: Kind, alone: Kind) -> Token<'a> {
        if ends_name(&self.rest[1..]) {
            return self.emit(alone, 1);
        }
        let end = 1 + name_end(&self.rest[1..]);
        if ends_name(&self.rest[end..]) { self.emit(named, end) } else { self.bad_character(end) }
    }

    fn number(&mut self) -> Token<'a> {
        let bad = |this: &mut Self, end| this.fault(format!("bad number syntax: {}", quote(&this.rest.as_bytes()[..end], '"', false)));
        let end = match number_end(self.rest) {
            Ok(end) => end,
            Err(end) => return bad(self, end),
        };
        if !self.rest[end..].starts_with(['+', '-']) {
            return self.emit(Kind::Number, end);
        }
        match number_end(&self.rest[end..]) {
            Ok(more) if self.rest[..end + more].ends_with('i') => self.emit(Kind::Complex, end + more),
            Ok(more) | Err(more) => bad(self, end + more),
        }
    }

    fn bad_character(&mut self, at: usize) -> Token<'a> {
        let bad = self.rest[at..].chars().next().map(code_point).unwrap_or_default();
        self.fault(format!("bad character {bad}"))
    }

    fn emit(&mut self, kind: Kind, length: usize) -> Token<'a> {
        let token = Token { kind, text: Cow::Borrowed(&self.rest[..length]), line: self.line };
        self.skip(length);
        token
    }

    fn skip(&mut self, length: usize) {
        let (read, rest) = self.rest.split_at(length);
        self.line += read.bytes().filter(|byte| *byte == b'\n').count();
        self.rest = rest;
    }

    /// Nothing is read after a fault.
    fn fault(&mut self, message: impl Into<String>) -> Token<'a> {
        self.rest = "";
        Token { kind: Kind::Fault, text: Cow::Owned(message.into()), line: self.line }
    }
}

/// The length of the trim marker, if the source is at a closing delimiter.
fn closing(source: &str) -> Option<usize> {
    if source.starts_with(RIGHT) {
        return Some(0);
    }
    let marked = source.starts_with(SPACE) && source[1..].starts_with('-') && source[2..].starts_with(RIGHT);
    marked.then_some(2)
}

fn is_alphanumeric(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

pub(super) fn name_end(source: &str) -> usize {
    source.find(|c| !is_alphanumeric(c)).unwrap_or(source.len())
}

/// What may follow a name.
fn ends_name(source: &str) -> bool {
    source.is_empty() || source.starts_with(SPACE) || source.starts_with(['.', ',', '|', ':', ')', '(']) || source.starts_with(RIGHT)
}
