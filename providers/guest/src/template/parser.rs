//! Tokens to a tree: text, blocks and definitions. What stands inside an action is [`pipeline`](super::pipeline)'s.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::mem;

use super::error::SyntaxError;
use super::limits::NESTING_MAX;
use super::literal::unquote;
use super::quote::quote;
use super::scope::{Known, Names};
use super::token::{Keyword, Kind, Token};
use super::tokens::Tokens;
use super::tree::{Arm, Node, Template};

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Where and why it cannot be read.
    pub fn parse(source: &str) -> Result<Self, SyntaxError> {
        let mut parser = Parser::new(source);
        let root = parser.root()?;
        parser.add(String::new(), root)?;
        Ok(Self { bodies: parser.bodies, variables: parser.names.into_list() })
    }
}

pub(super) struct Parser<'a> {
    pub(super) tokens: Tokens<'a>,
    /// The line of the action being read; 0 = none.
    action_line: usize,
    range_depth: usize,
    /// Blocks and parentheses around the place.
    nesting: usize,
    pub(super) names: Names,
    pub(super) known: Known,
    bodies: HashMap<String, Vec<Node>>,
    /// The names of those with more than white space in them.
    filled: HashSet<String>,
}

/// What ends a list of nodes.
#[derive(Clone, Copy, PartialEq)]
enum Stop {
    End,
    Else,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::End { "{{end}}" } else { "{{else}}" })
    }
}

enum Item {
    Node(Node),
    Stop(Stop),
}

impl<'a> Parser<'a> {
    fn new(source: &'a str) -> Self {
        Self {
            tokens: Tokens::new(source),
            action_line: 0,
            range_depth: 0,
            nesting: 0,
            names: Names::default(),
            known: Known::default(),
            bodies: HashMap::new(),
            filled: HashSet::new(),
        }
    }

    /// The whole source; only here may templates be defined.
    fn root(&mut self) -> Result<Vec<Node>, SyntaxError> {
        let mut nodes = Vec::new();
        while self.tokens.peek().kind != Kind::Eof {
            if self.tokens.peek().kind == Kind::LeftDelim {
                let delim = self.tokens.next();
                let first = self.tokens.next_visible();
                if first.kind == Kind::Keyword(Keyword::Define) {
                    self.definition()?;
                    continue;
                }
                self.tokens.give_back(first);
                self.tokens.give_back(delim);
            }
            match self.text_or_action()? {
                Item::Node(node) => nodes.push(node),
                Item::Stop(stop) => return Err(self.fault(format!("unexpected {stop}"))),
            }
        }
        Ok(nodes)
    }

    fn definition(&mut self) -> Result<(), SyntaxError> {
        let context = "define clause";
        let name = self.tokens.next_visible();
        let name = self.template_name(&name, context)?;
        self.expect(Kind::RightDelim, context)?;
        match self.separate_body()? {
            (body, Stop::End) => self.add(name, body),
            (_, stop) => Err(self.fault(format!("unexpected {stop} in {context}"))),
        }
    }

    /// The body of a template inside this one, up to its `end`. It sees none of our variables and loops.
    fn separate_body(&mut self) -> Result<(Vec<Node>, Stop), SyntaxError> {
        let known = mem::take(&mut self.known);
        let range_depth = mem::take(&mut self.range_depth);
        self.action_line = 0;
        let body = self.items()?;
        self.known = known;
        self.range_depth = range_depth;
        Ok(body)
    }

    /// Files a body under its name. One of nothing but white space never replaces another, nor does it stand in the way of one.
    fn add(&mut self, name: String, body: Vec<Node>) -> Result<(), SyntaxError> {
        let is_empty = body.iter().all(|node| matches!(node, Node::Text(text) if text.trim().is_empty()));
        if !self.filled.contains(&name) {
            self.filled.extend((!is_empty).then(|| name.clone()));
            self.bodies.insert(name, body);
        } else if !is_empty {
            let name = quote(name.as_bytes(), '"', false);
            return Err(self.fault(format!("template: multiple definition of template {name}")));
        }
        Ok(())
    }

    /// Nodes up to an `end` or `else`, whose keyword is read.
    fn items(&mut self) -> Result<(Vec<Node>, Stop), SyntaxError> {
        self.nest("blocks are nested too deep")?;
        let mut nodes = Vec::new();
        while self.tokens.peek_visible().kind != Kind::Eof {
            match self.text_or_action()? {
                Item::Node(node) => nodes.push(node),
                Item::Stop(stop) => {
                    self.nesting -= 1;
                    return Ok((nodes, stop));
                }
            }
        }
        Err(self.fault("unexpected EOF"))
    }

    fn text_or_action(&mut self) -> Result<Item, SyntaxError> {
        let token = self.tokens.next_visible();
        match token.kind {
            Kind::Text => Ok(Item::Node(Node::Text(token.text.into_owned()))),
            Kind::LeftDelim => {
                self.action_line = token.line;
                let item = self.action();
                self.action_line = 0;
                item
            }
            _ => Err(self.unexpected(&token, "input")),
        }
    }

    fn action(&mut self) -> Result<Item, SyntaxError> {
        let first = self.tokens.next_visible();
        let Kind::Keyword(keyword) = first.kind else {
            self.tokens.give_back(first);
            return Ok(Item::Node(Node::Show(self.pipeline("command", Kind::RightDelim)?)));
        };
        Ok(Item::Node(match keyword {
            Keyword::Block => self.block()?,
            Keyword::Break => self.leave_loop("{{break}}", Node::Break)?,
            Keyword::Continue => self.leave_loop("{{continue}}", Node::Continue)?,
            Keyword::Else => return self.otherwise().map(|()| Item::Stop(Stop::Else)),
            Keyword::End => return self.expect(Kind::RightDelim, "end").map(|_| Item::Stop(Stop::End)),
            Keyword::If | Keyword::With => self.condition(keyword)?,
            Keyword::Range => self.range()?,
            Keyword::Template => self.template()?,
            Keyword::Define => return Err(self.unexpected(&first, "command")),
        }))
    }

    fn leave_loop(&mut self, name: &str, node: Node) -> Result<Node, SyntaxError> {
        self.expect(Kind::RightDelim, name)?;
        if self.range_depth == 0 { Err(self.fault(format!("{name} outside {{{{range}}}}"))) } else { Ok(node) }
    }

    /// `else`, alone or with the keyword of what it continues, which is left for [`condition`](Self::condition).
    fn otherwise(&mut self) -> Result<(), SyntaxError> {
        if matches!(self.tokens.peek_visible().kind, Kind::Keyword(Keyword::If | Keyword::With)) {
            return Ok(());
        }
        self.expect(Kind::RightDelim, "else").map(|_| ())
    }

    /// `if` or `with`, and all the `else if` or `else with` that share its `end`.
    fn condition(&mut self, keyword: Keyword) -> Result<Node, SyntaxError> {
        let context = if keyword == Keyword::If { "if" } else { "with" };
        let mark = self.known.mark();
        let mut arms = Vec::new();
        let otherwise = loop {
            let pipeline = self.pipeline(context, Kind::RightDelim)?;
            let (body, stop) = self.items()?;
            arms.push(Arm { pipeline, body });
            if stop == Stop::End {
                break Vec::new();
            }
            if self.tokens.peek().kind != Kind::Keyword(keyword) {
                break self.last_items()?;
            }
            self.tokens.next();
        };
        self.known.forget(mark);
        Ok(if keyword == Keyword::If { Node::If(arms, otherwise) } else { Node::With(arms, otherwise) })
    }

    fn range(&mut self) -> Result<Node, SyntaxError> {
        let mark = self.known.mark();
        let pipeline = self.pipeline("range", Kind::RightDelim)?;
        self.range_depth += 1;
        let (body, stop) = self.items()?;
        self.range_depth -= 1;
        let otherwise = if stop == Stop::End { Vec::new() } else { self.last_items()? };
        self.known.forget(mark);
        Ok(Node::Range(Arm { pipeline, body }, otherwise))
    }

    fn last_items(&mut self) -> Result<Vec<Node>, SyntaxError> {
        match self.items()? {
            (nodes, Stop::End) => Ok(nodes),
            (_, stop) => Err(self.fault(format!("expected end; found {stop}"))),
        }
    }

    /// `block`: a definition, and its use in the same place.
    fn block(&mut self) -> Result<Node, SyntaxError> {
        let context = "block clause";
        let name = self.tokens.next_visible();
        let line = name.line;
        let name = self.template_name(&name, context)?;
        let pipeline = self.pipeline(context, Kind::RightDelim)?;
        let begins = self.tokens.line;
        let (body, stop) = self.separate_body()?;
        if stop != Stop::End {
            // Go tells where the block began, not where it is broken.
            return Err(SyntaxError { line: begins, message: format!("unexpected {stop} in {context}") });
        }
        self.add(name.clone(), body)?;
        Ok(Node::Template(line, name, Some(pipeline)))
    }

    fn template(&mut self) -> Result<Node, SyntaxError> {
        let context = "template clause";
        let name = self.tokens.next_visible();
        let line = name.line;
        let name = self.template_name(&name, context)?;
        let next = self.tokens.next_visible();
        if next.kind == Kind::RightDelim {
            return Ok(Node::Template(line, name, None));
        }
        self.tokens.give_back(next);
        Ok(Node::Template(line, name, Some(self.pipeline(context, Kind::RightDelim)?)))
    }

    fn template_name(&self, token: &Token<'_>, context: &str) -> Result<String, SyntaxError> {
        if !matches!(token.kind, Kind::String | Kind::RawString) {
            return Err(self.unexpected(token, context));
        }
        let name = unquote(&token.text).map_err(|message| self.fault(message))?;
        String::from_utf8(name).map_err(|_| self.fault("the name of a template must be UTF-8"))
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Result<Token<'a>, SyntaxError> {
        let token = self.tokens.next_visible();
        if token.kind == kind { Ok(token) } else { Err(self.unexpected(&token, context)) }
    }

    /// Goes one level deeper. Who calls it comes up again by `nesting -= 1`.
    pub(super) fn nest(&mut self, message: &str) -> Result<(), SyntaxError> {
        if self.nesting == NESTING_MAX {
            return Err(self.fault(message));
        }
        self.nesting += 1;
        Ok(())
    }

    pub(super) fn unnest(&mut self) {
        self.nesting -= 1;
    }

    /// The lexer's own faults say where an action of several lines began.
    pub(super) fn unexpected(&self, token: &Token<'_>, context: &str) -> SyntaxError {
        if token.kind != Kind::Fault {
            return self.fault(format!("unexpected {token} in {context}"));
        }
        if self.action_line == 0 || self.action_line == token.line {
            return self.fault(token.text.clone());
        }
        let action = if token.text.ends_with(" action") { "" } else { " in action" };
        self.fault(format!("{}{action} started at :{}", token.text, self.action_line))
    }

    pub(super) fn fault(&self, message: impl Into<String>) -> SyntaxError {
        SyntaxError { line: self.tokens.line, message: message.into() }
    }
}
