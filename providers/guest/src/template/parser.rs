//! Pieces to a tree.

use super::lexer::{Piece, SyntaxError, Token, pieces};

/// A template that was read.
#[derive(Clone, Debug)]
pub struct Template {
    pub(super) nodes: Vec<Node>,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Where and why it cannot be read.
    pub fn parse(source: &str) -> Result<Self, SyntaxError> {
        let mut parser = Parser { pieces: pieces(source)?.into_iter(), line: 1, variables: vec![String::new()] };
        let (nodes, end) = parser.nodes()?;
        match end {
            Stop::Source => Ok(Self { nodes }),
            Stop::End | Stop::Else(_) => Err(SyntaxError::new(parser.line, "unexpected {{end}} or {{else}}")),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) enum Node {
    Text(String),
    Show(usize, Pipeline),
    /// `if`: condition, then, otherwise.
    If(usize, Pipeline, Vec<Node>, Vec<Node>),
    /// `with`: the value becomes the dot.
    With(usize, Pipeline, Vec<Node>, Vec<Node>),
    /// `range`: names of key and element, what to walk, body, body when there is nothing.
    Range(usize, Vec<String>, Pipeline, Vec<Node>, Vec<Node>),
    Break,
    Continue,
}

/// Commands whose results flow from left to right; the last one may go into a variable.
#[derive(Clone, Debug)]
pub(super) struct Pipeline {
    pub(super) into: Option<(String, bool)>,
    pub(super) commands: Vec<Vec<Operand>>,
}

#[derive(Clone, Debug)]
pub(super) enum Operand {
    Field(Vec<String>),
    Variable(String, Vec<String>),
    Text(String),
    Int(i64),
    Bool(bool),
    Nil,
    Function(String),
    Nested(Pipeline),
}

/// The functions there are; everything else is refused when the template is read.
const FUNCTIONS: [&str; 14] = ["and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "index", "len", "print", "printf", "println"];

enum Stop {
    Source,
    End,
    /// With what follows the word: nothing, or `if` and a condition.
    Else(Vec<Token>),
}

struct Parser {
    pieces: std::vec::IntoIter<Piece>,
    line: usize,
    /// Names in scope, without the dollar; the empty name is `$` itself.
    variables: Vec<String>,
}

impl Parser {
    /// The nodes up to an `end`, an `else` or the end of the source.
    fn nodes(&mut self) -> Result<(Vec<Node>, Stop), SyntaxError> {
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.next() {
            let (line, tokens) = match piece {
                Piece::Text(text) => {
                    nodes.push(Node::Text(text));
                    continue;
                }
                Piece::Action(line, tokens) => (line, tokens),
            };
            self.line = line;
            let word = if let Some(Token::Word(word)) = tokens.first() { word.as_str() } else { "" };
            match word {
                "end" => return Ok((nodes, Stop::End)),
                "else" => return Ok((nodes, Stop::Else(tokens[1..].to_vec()))),
                "if" | "with" | "range" => {
                    let node = self.block(word, &tokens[1..])?;
                    nodes.push(node);
                }
                "break" => nodes.push(Node::Break),
                "continue" => nodes.push(Node::Continue),
                "define" | "template" | "block" => {
                    return Err(self.error(format!("{word} is not supported; write the text where it is needed")));
                }
                _ => {
                    let pipeline = self.pipeline(&tokens)?;
                    nodes.push(Node::Show(line, pipeline));
                }
            }
        }
        Ok((nodes, Stop::Source))
    }

    fn block(&mut self, word: &str, tokens: &[Token]) -> Result<Node, SyntaxError> {
        let (line, scope) = (self.line, self.variables.len());
        let (names, tokens) = if word == "range" { range_names(tokens) } else { (Vec::new(), tokens) };
        let pipeline = self.pipeline(tokens)?;
        self.variables.extend(names.iter().cloned());
        let (body, end) = self.nodes()?;
        let otherwise = self.otherwise(word, line, end)?;
        self.variables.truncate(scope);
        Ok(match word {
            "if" => Node::If(line, pipeline, body, otherwise),
            "with" => Node::With(line, pipeline, body, otherwise),
            _ => Node::Range(line, names, pipeline, body, otherwise),
        })
    }

    fn otherwise(&mut self, word: &str, line: usize, end: Stop) -> Result<Vec<Node>, SyntaxError> {
        match end {
            Stop::End => Ok(Vec::new()),
            Stop::Source => Err(SyntaxError::new(line, format!("{word} has no {{{{end}}}}"))),
            Stop::Else(tokens) if tokens.is_empty() => match self.nodes()? {
                (nodes, Stop::End) => Ok(nodes),
                _ => Err(SyntaxError::new(line, format!("{word} has no {{{{end}}}}"))),
            },
            // `else if`: a block of the same kind that shares the end.
            Stop::Else(tokens) => match tokens.first() {
                Some(Token::Word(next)) if next == word && word != "range" => Ok(vec![self.block(word, &tokens[1..])?]),
                _ => Err(self.error("unexpected words after else")),
            },
        }
    }

    fn pipeline(&mut self, tokens: &[Token]) -> Result<Pipeline, SyntaxError> {
        let (into, tokens) = match tokens {
            [Token::Variable(name, fields), Token::Declare, rest @ ..] if fields.is_empty() => {
                self.variables.push(name.clone());
                (Some((name.clone(), true)), rest)
            }
            [Token::Variable(name, fields), Token::Assign, rest @ ..] if fields.is_empty() => (Some((name.clone(), false)), rest),
            rest => (None, rest),
        };
        let mut at = 0;
        let commands = self.commands(tokens, &mut at)?;
        if at < tokens.len() {
            return Err(self.error("unexpected right paren"));
        }
        Ok(Pipeline { into, commands })
    }

    fn commands(&self, tokens: &[Token], at: &mut usize) -> Result<Vec<Vec<Operand>>, SyntaxError> {
        let mut commands = vec![Vec::new()];
        while let Some(token) = tokens.get(*at) {
            let operand = match token {
                Token::Close => break,
                Token::Pipe => {
                    *at += 1;
                    commands.push(Vec::new());
                    continue;
                }
                Token::Open => {
                    *at += 1;
                    let nested = self.commands(tokens, at)?;
                    if tokens.get(*at) != Some(&Token::Close) {
                        return Err(self.error("unclosed left paren"));
                    }
                    Operand::Nested(Pipeline { into: None, commands: nested })
                }
                other => self.operand(other)?,
            };
            *at += 1;
            commands.last_mut().expect("never empty").push(operand);
        }
        if commands.iter().any(Vec::is_empty) {
            return Err(self.error("missing value for command"));
        }
        Ok(commands)
    }

    fn operand(&self, token: &Token) -> Result<Operand, SyntaxError> {
        match token {
            Token::Field(fields) => Ok(Operand::Field(fields.clone())),
            Token::Variable(name, _) if !self.variables.contains(name) => Err(self.error(format!("undefined variable \"${name}\""))),
            Token::Variable(name, fields) => Ok(Operand::Variable(name.clone(), fields.clone())),
            Token::Text(text) => Ok(Operand::Text(text.clone())),
            Token::Int(number) => Ok(Operand::Int(*number)),
            Token::Word(word) => match word.as_str() {
                "true" => Ok(Operand::Bool(true)),
                "false" => Ok(Operand::Bool(false)),
                "nil" => Ok(Operand::Nil),
                function if FUNCTIONS.contains(&function) => Ok(Operand::Function(word.clone())),
                other => Err(self.error(format!("function \"{other}\" not defined"))),
            },
            Token::Declare | Token::Assign | Token::Comma => Err(self.error("unexpected := , = or comma in command")),
            Token::Pipe | Token::Open | Token::Close => Err(self.error("unexpected operator")),
        }
    }

    fn error(&self, message: impl Into<String>) -> SyntaxError {
        SyntaxError::new(self.line, message)
    }
}

/// `$v :=` or `$i, $v :=` in front of what is walked.
fn range_names(tokens: &[Token]) -> (Vec<String>, &[Token]) {
    match tokens {
        [Token::Variable(key, _), Token::Comma, Token::Variable(element, _), Token::Declare, rest @ ..] => {
            (vec![key.clone(), element.clone()], rest)
        }
        [Token::Variable(element, _), Token::Declare, rest @ ..] => (vec![element.clone()], rest),
        rest => (Vec::new(), rest),
    }
}
