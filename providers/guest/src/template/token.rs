//! The parts a template text is cut into.

use std::borrow::Cow;
use std::fmt;

use super::quote::quote;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The end of the source.
    Eof,
    /// What the lexer cannot read; the text says why.
    Fault,
    /// What is copied.
    Text,
    LeftDelim,
    RightDelim,
    /// White space inside an action.
    Space,
    LeftParen,
    RightParen,
    Pipe,
    Declare,
    Assign,
    /// Any other printable ASCII character.
    Char,
    Bool,
    CharConstant,
    Complex,
    Number,
    String,
    RawString,
    Dot,
    Nil,
    /// `.Name`; `.A.B` is two of them.
    Field,
    Identifier,
    /// `$name`, with the dollar.
    Variable,
    Keyword(Keyword),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Block,
    Break,
    Continue,
    Define,
    Else,
    End,
    If,
    Range,
    Template,
    With,
}

#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: Cow<'a, str>,
    /// The line it begins on, from 1.
    pub(super) line: usize,
}

/// How messages name a token: keywords in angle brackets, anything else quoted and not longer than ten characters.
impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Eof => f.write_str("EOF"),
            Kind::Fault => f.write_str(&self.text),
            Kind::Keyword(_) | Kind::Dot | Kind::Nil => write!(f, "<{}>", self.text),
            _ if self.text.len() > 10 => {
                let short: String = self.text.chars().take(10).collect();
                write!(f, "{}...", quote(short.as_bytes(), '"', false))
            }
            _ => f.write_str(&quote(self.text.as_bytes(), '"', false)),
        }
    }
}

/// What a word inside an action is.
pub(super) fn word(text: &str) -> Kind {
    Kind::Keyword(match text {
        "block" => Keyword::Block,
        "break" => Keyword::Break,
        "continue" => Keyword::Continue,
        "define" => Keyword::Define,
        "else" => Keyword::Else,
        "end" => Keyword::End,
        "if" => Keyword::If,
        "range" => Keyword::Range,
        "template" => Keyword::Template,
        "with" => Keyword::With,
        "nil" => return Kind::Nil,
        "true" | "false" => return Kind::Bool,
        _ => return Kind::Identifier,
    })
}
