//! What stands inside an action: declarations, commands, operands.

use super::error::SyntaxError;
use super::functions::Function;
use super::literal::{Number, character, complex, number, unquote};
use super::parser::Parser;
use super::quote::quote;
use super::token::{Kind, Token};
use super::tree::{Command, Operand, Pipeline, Variable};

impl Parser<'_> {
    /// Commands up to the token that ends them; it is read, too.
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Result<Pipeline, SyntaxError> {
        let line = self.tokens.peek_visible().line;
        let (sets, assigns) = self.sets(context)?;
        let mut commands = Vec::new();
        loop {
            let token = self.tokens.next_visible();
            if token.kind == end {
                break;
            }
            if !begins_operand(token.kind) {
                return Err(self.unexpected(&token, context));
            }
            self.tokens.give_back(token);
            commands.push(self.command()?);
        }
        if commands.is_empty() {
            return Err(self.fault(format!("missing value for {context}")));
        }
        if let Some(at) = commands.iter().skip(1).position(|command| command.first.is_plain()) {
            return Err(self.fault(format!("non executable command in pipeline stage {}", at + 2)));
        }
        Ok(Pipeline { line, sets, assigns, commands })
    }

    /// `$x :=`, `$x =` and, in `range`, `$k, $v :=`: the variables, and whether they are there already.
    fn sets(&mut self, context: &str) -> Result<(Vec<Variable>, bool), SyntaxError> {
        let mut sets = Vec::new();
        while self.tokens.peek_visible().kind == Kind::Variable {
            let variable = self.tokens.next();
            let after = self.tokens.next();
            let (space, next) = if after.kind == Kind::Space { (Some(after), self.tokens.next_visible()) } else { (None, after) };
            let is_comma = next.kind == Kind::Char && next.text == ",";
            if !is_comma && !matches!(next.kind, Kind::Declare | Kind::Assign) {
                // An argument, then; the space is what parts it from the next one.
                self.tokens.give_back(next);
                if let Some(space) = space {
                    self.tokens.give_back(space);
                }
                self.tokens.give_back(variable);
                break;
            }
            let name = self.names.intern(&variable.text);
            self.known.add(name);
            sets.push(name);
            if !is_comma {
                return Ok((sets, next.kind == Kind::Assign));
            }
            if context != "range" || sets.len() > 1 {
                return Err(self.fault(format!("too many declarations in {context}")));
            }
            if !matches!(self.tokens.peek_visible().kind, Kind::Variable | Kind::RightDelim | Kind::RightParen) {
                return Err(self.fault("range can only initialize variables"));
            }
        }
        Ok((sets, false))
    }

    /// Operands with space between them, up to a pipe (which is read) or what ends the pipeline (which is not).
    fn command(&mut self) -> Result<Command, SyntaxError> {
        let line = self.tokens.peek_visible().line;
        let mut operands = Vec::new();
        loop {
            let line = self.tokens.peek_visible().line;
            operands.extend(self.operand()?.map(|operand| (line, operand)));
            let token = self.tokens.next();
            match token.kind {
                Kind::Space => {}
                Kind::Pipe => break,
                Kind::RightDelim | Kind::RightParen => {
                    self.tokens.give_back(token);
                    break;
                }
                _ => return Err(self.unexpected(&token, "operand")),
            }
        }
        let mut operands = operands.into_iter();
        let (_, first) = operands.next().ok_or_else(|| self.fault("empty command"))?;
        Ok(Command { line, first, arguments: operands.collect() })
    }

    /// A term and the fields asked of it. None = the next token begins no operand.
    fn operand(&mut self) -> Result<Option<Operand>, SyntaxError> {
        let token = self.tokens.next_visible();
        if !begins_operand(token.kind) {
            self.tokens.give_back(token);
            return Ok(None);
        }
        let term = self.term(&token)?;
        let mut fields = Vec::new();
        while self.tokens.peek().kind == Kind::Field {
            fields.push(self.tokens.next().text[1..].to_owned());
        }
        if fields.is_empty() {
            return Ok(Some(term));
        }
        Ok(Some(match term {
            Operand::Field(mut first) => {
                first.append(&mut fields);
                Operand::Field(first)
            }
            Operand::Variable(variable, _) => Operand::Variable(variable, fields),
            plain if plain.is_plain() => {
                let term = quote(token.text.as_bytes(), '"', false);
                return Err(self.fault(format!("unexpected . after term {term}")));
            }
            other => Operand::Chain(Box::new(other), fields),
        }))
    }

    fn term(&mut self, token: &Token<'_>) -> Result<Operand, SyntaxError> {
        let text = token.text.as_ref();
        let literal = |number: Result<Number, String>| number.map(Operand::Number);
        let operand = match token.kind {
            Kind::Dot => Ok(Operand::Dot),
            Kind::Nil => Ok(Operand::Nil),
            Kind::Bool => Ok(Operand::Bool(text == "true")),
            Kind::Field => Ok(Operand::Field(vec![text[1..].to_owned()])),
            Kind::CharConstant => literal(character(text)),
            Kind::Complex => Err(complex(text)),
            Kind::Number => literal(number(text)),
            Kind::String | Kind::RawString => unquote(text).map(Operand::Text),
            Kind::Variable => {
                let name = self.names.intern(text);
                if self.known.has(name) { Ok(Operand::Variable(name, Vec::new())) } else { Err(format!("undefined variable \"{text}\"")) }
            }
            Kind::Identifier => Function::named(text).map(Operand::Function),
            _ => {
                self.nest("max expression depth exceeded")?;
                let pipeline = self.pipeline("parenthesized pipeline", Kind::RightParen)?;
                self.unnest();
                Ok(Operand::Nested(Box::new(pipeline)))
            }
        };
        operand.map_err(|message| self.fault(message))
    }
}

fn begins_operand(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Bool
            | Kind::CharConstant
            | Kind::Complex
            | Kind::Dot
            | Kind::Field
            | Kind::Identifier
            | Kind::Number
            | Kind::Nil
            | Kind::RawString
            | Kind::String
            | Kind::Variable
            | Kind::LeftParen
    )
}
