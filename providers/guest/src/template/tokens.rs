//! The tokens of a template, with as many given back as its grammar looks ahead.

use super::lexer::Lexer;
use super::token::{Kind, Token};

pub(super) struct Tokens<'a> {
    lexer: Lexer<'a>,
    /// What was looked at and given back; the next one is last.
    ahead: Vec<Token<'a>>,
    /// The line of the token that was read last: where faults are.
    pub(super) line: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self { lexer: Lexer::new(source), ahead: Vec::new(), line: 1 }
    }

    pub(super) fn next(&mut self) -> Token<'a> {
        self.ahead.pop().unwrap_or_else(|| {
            let token = self.lexer.token();
            self.line = token.line;
            token
        })
    }

    pub(super) fn give_back(&mut self, token: Token<'a>) {
        self.ahead.push(token);
    }

    pub(super) fn peek(&mut self) -> &Token<'a> {
        let token = self.next();
        self.ahead.push(token);
        self.ahead.last().expect("just pushed")
    }

    pub(super) fn next_visible(&mut self) -> Token<'a> {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    /// Looks at the next token that is no space; the space is gone.
    pub(super) fn peek_visible(&mut self) -> &Token<'a> {
        let token = self.next_visible();
        self.ahead.push(token);
        self.ahead.last().expect("just pushed")
    }
}
