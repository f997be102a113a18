//! A tree and a context to text: the nodes. What pipelines give is [`eval`](super::eval)'s.

use serde_json::Value as Json;

use super::error::RenderError;
use super::limits::{DEPTH_MAX, STEP, TEXT_MAX, WORK_MAX};
use super::printf::print;
use super::quote::quote;
use super::scope::{ROOT, Scope};
use super::text::Text;
use super::tree::{Arm, Node, Pipeline, Template};
use super::value::{Value, sorted};

impl Template {
    /// Renders with the fields of an object.
    ///
    /// # Errors
    /// When an action asks for what the context does not have or cannot give, or the template goes beyond a limit.
    pub fn render(&self, context: &Json) -> Result<String, RenderError> {
        self.render_with(context, None)
    }

    /// Renders a script with the fields of an object. Templates put values between quotes of a shell, so a text of the object that would end such
    /// quotes goes through `shellquote` or `printf "%x"` only. Every other use of it is an error that names the field and the way out. The fields
    /// `as_they_are` are not looked at, nor are maps: who writes those writes the script, too.
    ///
    /// # Errors
    /// As [`render`](Self::render), and when a text that would end quotes is used in another way.
    pub fn render_guarded(&self, context: &Json, as_they_are: &[&str]) -> Result<String, RenderError> {
        self.render_with(context, Some(as_they_are))
    }

    fn render_with(&self, context: &Json, unguarded: Option<&[&str]>) -> Result<String, RenderError> {
        let context = match context {
            Json::Object(fields) => Value::Struct(fields),
            other => Value::from(other),
        };
        let scope = Scope::new(self.variables.len());
        let mut state = State { template: self, unguarded, out: Vec::new(), scope, line: 1, not_utf8: None, depth: 0, work: 0 };
        let nodes = state.named("")?;
        state.body(nodes, &context)?;
        let line = state.not_utf8.unwrap_or(1);
        String::from_utf8(state.out).map_err(|_| RenderError { line, message: "the output is not UTF-8".to_owned() })
    }
}

/// What a list of nodes asks of the loop around it.
#[derive(Clone, Copy, PartialEq)]
enum Flow {
    On,
    Break,
    Continue,
}

pub(super) struct State<'a> {
    template: &'a Template,
    /// The fields whose texts a script may have as they are; `None` = all.
    pub(super) unguarded: Option<&'a [&'a str]>,
    out: Vec<u8>,
    pub(super) scope: Scope<'a>,
    /// The line of what is being done.
    pub(super) line: usize,
    /// The line of the first thing shown that was not UTF-8 by itself.
    not_utf8: Option<usize>,
    depth: usize,
    work: usize,
}

impl<'a> State<'a> {
    fn named(&self, name: &str) -> Result<&'a [Node], RenderError> {
        let missing = || self.fault(format!("template {} not defined", quote(name.as_bytes(), '"', false)));
        self.template.bodies.get(name).map(Vec::as_slice).ok_or_else(missing)
    }

    /// A template, with variables of its own.
    fn body(&mut self, nodes: &'a [Node], dot: &Value<'a>) -> Result<(), RenderError> {
        let outer = self.scope.enter();
        self.scope.declare(ROOT, dot.clone());
        self.nodes(nodes, dot)?;
        self.scope.leave(outer);
        Ok(())
    }

    fn nodes(&mut self, nodes: &'a [Node], dot: &Value<'a>) -> Result<Flow, RenderError> {
        self.enter()?;
        let mut flow = Flow::On;
        for node in nodes {
            self.spend(STEP)?;
            flow = self.node(node, dot)?;
            if flow != Flow::On {
                break;
            }
        }
        self.leave();
        Ok(flow)
    }

    fn node(&mut self, node: &'a Node, dot: &Value<'a>) -> Result<Flow, RenderError> {
        match node {
            Node::Text(text) => self.write(text.as_bytes())?,
            Node::Show(pipeline) => {
                let value = self.pipeline(pipeline, dot)?;
                if pipeline.sets.is_empty() {
                    self.show(&value)?;
                }
            }
            Node::If(arms, otherwise) => return self.condition(arms, otherwise, dot, false),
            Node::With(arms, otherwise) => return self.condition(arms, otherwise, dot, true),
            Node::Range(arm, otherwise) => return self.range(arm, otherwise, dot),
            Node::Template(line, name, pipeline) => {
                self.line = *line;
                let nodes = self.named(name)?;
                let dot = pipeline.as_ref().map(|pipeline| self.pipeline(pipeline, dot)).transpose()?;
                self.line = *line;
                self.body(nodes, &dot.unwrap_or(Value::Nil))?;
            }
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::On)
    }

    fn condition(&mut self, arms: &'a [Arm], otherwise: &'a [Node], dot: &Value<'a>, is_with: bool) -> Result<Flow, RenderError> {
        let mark = self.scope.mark();
        let mut flow = None;
        for arm in arms {
            let value = self.pipeline(&arm.pipeline, dot)?;
            if value.is_true() {
                flow = Some(self.nodes(&arm.body, if is_with { &value } else { dot })?);
                break;
            }
        }
        let flow = match flow {
            Some(flow) => flow,
            None => self.nodes(otherwise, dot)?,
        };
        self.scope.forget(mark);
        Ok(flow)
    }

    fn range(&mut self, arm: &'a Arm, otherwise: &'a [Node], dot: &Value<'a>) -> Result<Flow, RenderError> {
        let outer = self.scope.mark();
        let over = self.pipeline(&arm.pipeline, dot)?;
        self.spend(over.weight())?;
        let flow = match &over {
            Value::List(items) if !items.is_empty() => {
                let items = items.iter().enumerate().map(|(at, item)| (Value::Int(i64::try_from(at).unwrap_or(i64::MAX)), item.into()));
                self.rounds(arm, items)?
            }
            Value::Map(map) if !map.is_empty() => {
                let items = sorted(map).into_iter().map(|(key, item)| (Value::Text(Text::Given(key.as_bytes())), item.into()));
                self.rounds(arm, items)?
            }
            Value::Int(_) | Value::Byte(_) if arm.pipeline.sets.len() > 1 => {
                return Err(self.fault(format!("can't use {} to iterate over more than one variable", over.type_name())));
            }
            Value::Int(count @ 1..) => self.rounds(arm, (0..*count).map(|at| (Value::Nil, Value::Int(at))))?,
            Value::Byte(count @ 1..) => self.rounds(arm, (0..*count).map(|at| (Value::Nil, Value::Byte(at))))?,
            Value::List(_) | Value::Map(_) | Value::Int(_) | Value::Byte(_) | Value::Nil => self.nodes(otherwise, dot)?,
            Value::Risky(field, _) => return Err(self.breaks_out(field)),
            // The value is not shown: it may be a secret.
            other => return Err(self.fault(format!("range can't iterate over a value of type {}", other.type_name()))),
        };
        self.scope.forget(outer);
        Ok(flow)
    }

    fn rounds(&mut self, arm: &'a Arm, items: impl Iterator<Item = (Value<'a>, Value<'a>)>) -> Result<Flow, RenderError> {
        let mark = self.scope.mark();
        for (key, item) in items {
            self.spend(STEP)?;
            self.set_round(&arm.pipeline, key, &item)?;
            let flow = self.nodes(&arm.body, &item)?;
            self.scope.forget(mark);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(Flow::On)
    }

    /// The variables of a loop. With one it is the element, with two the key comes first.
    fn set_round(&mut self, pipeline: &Pipeline, key: Value<'a>, item: &Value<'a>) -> Result<(), RenderError> {
        let values = match pipeline.sets.as_slice() {
            [] => return Ok(()),
            [item_name] => vec![(*item_name, item.clone())],
            [key_name, item_name, ..] => vec![(*key_name, key), (*item_name, item.clone())],
        };
        for (variable, value) in values {
            if !self.scope.assign(variable, value) {
                return Err(self.undefined(variable));
            }
        }
        Ok(())
    }

    pub(super) fn undefined(&self, variable: usize) -> RenderError {
        self.fault(format!("undefined variable: {}", self.template.variables[variable]))
    }

    fn show(&mut self, value: &Value<'a>) -> Result<(), RenderError> {
        match value {
            Value::Nil => self.write(b"<no value>"),
            Value::Text(text) => self.write_own(text),
            Value::Risky(field, _) => Err(self.breaks_out(field)),
            other => {
                let shown = print(std::slice::from_ref(other)).map_err(|message| self.fault(message))?;
                self.write_own(&shown)
            }
        }
    }

    fn write_own(&mut self, text: &[u8]) -> Result<(), RenderError> {
        if self.not_utf8.is_none() && str::from_utf8(text).is_err() {
            self.not_utf8 = Some(self.line);
        }
        self.write(text)
    }

    fn write(&mut self, text: &[u8]) -> Result<(), RenderError> {
        if self.out.len() + text.len() > TEXT_MAX {
            return Err(self.fault(format!("the output is longer than {} MiB", TEXT_MAX >> 20)));
        }
        self.spend(text.len())?;
        self.out.extend(text);
        Ok(())
    }

    /// Goes one level deeper; [`leave`](Self::leave) comes up again.
    pub(super) fn enter(&mut self) -> Result<(), RenderError> {
        if self.depth == DEPTH_MAX {
            return Err(self.fault(format!("exceeded maximum template depth ({DEPTH_MAX})")));
        }
        self.depth += 1;
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    pub(super) fn spend(&mut self, work: usize) -> Result<(), RenderError> {
        self.work = self.work.saturating_add(work);
        if self.work > WORK_MAX { Err(self.fault("the template takes too much work: is there a loop that is too long?")) } else { Ok(()) }
    }

    /// What is wrong with a text that would end quotes and that nothing quotes.
    pub(super) fn breaks_out(&self, field: &str) -> RenderError {
        self.fault(format!(
            "the value of .{field} would break out of the script's quotes: write {{{{ shellquote .{field} }}}} without quotes around it, or leave \
             quotes, backslashes, dollar signs and control characters out of the value"
        ))
    }

    pub(super) fn fault(&self, message: impl Into<String>) -> RenderError {
        RenderError { line: self.line, message: message.into() }
    }
}
