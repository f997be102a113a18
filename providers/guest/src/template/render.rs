//! A tree and a context to text, as Go would write it.

use std::fmt::Write as _;

use serde_json::Value;

use super::parser::{Node, Operand, Pipeline, Template};

/// Why a template cannot be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct RenderError {
    /// The line of the action.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

impl Template {
    /// Renders with the fields of an object.
    ///
    /// # Errors
    /// When an action asks for what the context does not have, or compares what cannot be compared.
    pub fn render(&self, context: &Value) -> Result<String, RenderError> {
        let mut state = State { out: String::new(), root: context, variables: vec![(String::new(), context.clone())], line: 1 };
        state.nodes(&self.nodes, context)?;
        Ok(state.out)
    }
}

/// What a list of nodes asks of the loop around it.
#[derive(Clone, Copy, PartialEq)]
enum Flow {
    On,
    Break,
    Continue,
}

struct State<'a> {
    out: String,
    root: &'a Value,
    variables: Vec<(String, Value)>,
    line: usize,
}

impl State<'_> {
    fn nodes(&mut self, nodes: &[Node], dot: &Value) -> Result<Flow, RenderError> {
        let scope = self.variables.len();
        let mut flow = Flow::On;
        for node in nodes {
            flow = self.node(node, dot)?;
            if flow != Flow::On {
                break;
            }
        }
        self.variables.truncate(scope);
        Ok(flow)
    }

    fn node(&mut self, node: &Node, dot: &Value) -> Result<Flow, RenderError> {
        match node {
            Node::Text(text) => self.out.push_str(text),
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
            Node::Show(line, pipeline) => {
                self.line = *line;
                let value = self.pipeline(pipeline, dot)?;
                if pipeline.into.is_none() {
                    self.out.push_str(&shown(&value));
                }
            }
            Node::If(line, condition, then, otherwise) => {
                self.line = *line;
                let scope = self.variables.len();
                let is_true = truth(&self.pipeline(condition, dot)?);
                let flow = self.nodes(if is_true { then } else { otherwise }, dot)?;
                self.variables.truncate(scope);
                return Ok(flow);
            }
            Node::With(line, value, then, otherwise) => {
                self.line = *line;
                let scope = self.variables.len();
                let value = self.pipeline(value, dot)?;
                let flow = if truth(&value) { self.nodes(then, &value)? } else { self.nodes(otherwise, dot)? };
                self.variables.truncate(scope);
                return Ok(flow);
            }
            Node::Range(line, names, over, body, otherwise) => {
                self.line = *line;
                return self.range(names, over, body, otherwise, dot);
            }
        }
        Ok(Flow::On)
    }

    fn range(&mut self, names: &[String], over: &Pipeline, body: &[Node], otherwise: &[Node], dot: &Value) -> Result<Flow, RenderError> {
        let items: Vec<(Value, Value)> = match self.pipeline(over, dot)? {
            Value::Array(items) => items.into_iter().enumerate().map(|(at, item)| (Value::from(at), item)).collect(),
            // In the order of keys, as Go walks maps in templates.
            Value::Object(map) => map.into_iter().map(|(key, item)| (Value::from(key), item)).collect(),
            Value::Null => Vec::new(),
            Value::Number(count) => (0..count.as_i64().unwrap_or(0)).map(|at| (Value::from(at), Value::from(at))).collect(),
            // The value is not shown: it may be a secret.
            Value::String(_) | Value::Bool(_) => return Err(self.error("range can't iterate over a text or a truth value")),
        };
        if items.is_empty() {
            return self.nodes(otherwise, dot);
        }
        for (key, item) in items {
            let scope = self.variables.len();
            match names {
                [key_name, item_name] => {
                    self.variables.push((key_name.clone(), key));
                    self.variables.push((item_name.clone(), item.clone()));
                }
                [item_name] => self.variables.push((item_name.clone(), item.clone())),
                _ => {}
            }
            let flow = self.nodes(body, &item)?;
            self.variables.truncate(scope);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(Flow::On)
    }

    fn pipeline(&mut self, pipeline: &Pipeline, dot: &Value) -> Result<Value, RenderError> {
        let mut value = None;
        for command in &pipeline.commands {
            value = Some(self.command(command, value, dot)?);
        }
        let value = value.unwrap_or(Value::Null);
        if let Some((name, declares)) = &pipeline.into {
            match self.variables.iter_mut().rev().find(|(known, _)| known == name).filter(|_| !declares) {
                Some((_, known)) => *known = value.clone(),
                None => self.variables.push((name.clone(), value.clone())),
            }
        }
        Ok(value)
    }

    fn command(&mut self, command: &[Operand], piped: Option<Value>, dot: &Value) -> Result<Value, RenderError> {
        let (first, rest) = command.split_first().expect("the parser refuses empty commands");
        let Operand::Function(name) = first else {
            if !rest.is_empty() || piped.is_some() {
                return Err(self.error("can't give argument to a value that is no function"));
            }
            return self.operand(first, dot);
        };
        // `and` and `or` look at no more than they must.
        if name == "and" || name == "or" {
            let mut last = Value::Null;
            for operand in rest {
                last = self.operand(operand, dot)?;
                if truth(&last) == (name == "or") {
                    return Ok(last);
                }
            }
            return Ok(piped.unwrap_or(last));
        }
        let mut arguments = rest.iter().map(|operand| self.operand(operand, dot)).collect::<Result<Vec<_>, _>>()?;
        arguments.extend(piped);
        self.call(name, &arguments)
    }

    fn operand(&mut self, operand: &Operand, dot: &Value) -> Result<Value, RenderError> {
        match operand {
            Operand::Field(fields) => self.fields(dot, fields),
            Operand::Variable(name, fields) => {
                let value =
                    self.variables.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap_or_default();
                self.fields(&value, fields)
            }
            Operand::Text(text) => Ok(Value::from(text.as_str())),
            Operand::Int(number) => Ok(Value::from(*number)),
            Operand::Bool(is) => Ok(Value::from(*is)),
            Operand::Nil => Ok(Value::Null),
            Operand::Function(name) => self.call(name, &[]),
            Operand::Nested(pipeline) => self.pipeline(pipeline, dot),
        }
    }

    /// The root is a struct, which either has a field or does not; what is below are maps of text, where a missing key is empty.
    fn fields(&self, value: &Value, fields: &[String]) -> Result<Value, RenderError> {
        let mut value = value;
        for field in fields {
            let is_root = std::ptr::eq(value, self.root) || value == self.root;
            value = match value {
                Value::Object(map) => match map.get(field) {
                    Some(found) => found,
                    None if is_root => return Err(self.error(format!("can't evaluate field {field}"))),
                    None => return Ok(Value::from("")),
                },
                _ => return Err(self.error(format!("can't evaluate field {field} in a value that has no fields"))),
            };
        }
        Ok(value.clone())
    }

    fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, RenderError> {
        match (name, arguments) {
            ("not", [value]) => Ok(Value::from(!truth(value))),
            ("eq", [value, others @ ..]) if !others.is_empty() => Ok(Value::from(others.iter().any(|other| other == value))),
            ("ne", [a, b]) => Ok(Value::from(a != b)),
            ("lt" | "le" | "gt" | "ge", [a, b]) => {
                let order = match (a, b) {
                    (Value::Number(a), Value::Number(b)) => a.as_i64().cmp(&b.as_i64()),
                    (Value::String(a), Value::String(b)) => a.cmp(b),
                    _ => return Err(self.error(format!("error calling {name}: incompatible types for comparison"))),
                };
                Ok(Value::from(match name {
                    "lt" => order.is_lt(),
                    "le" => order.is_le(),
                    "gt" => order.is_gt(),
                    _ => order.is_ge(),
                }))
            }
            ("len", [Value::String(text)]) => Ok(Value::from(text.len())),
            ("len", [Value::Array(items)]) => Ok(Value::from(items.len())),
            ("len", [Value::Object(map)]) => Ok(Value::from(map.len())),
            ("index", [value, keys @ ..]) => keys.iter().try_fold(value.clone(), |value, key| self.index(&value, key)),
            ("print", values) => Ok(Value::from(print(values))),
            ("println", values) => Ok(Value::from(values.iter().map(shown).collect::<Vec<_>>().join(" ") + "\n")),
            ("printf", [Value::String(format), values @ ..]) => Ok(Value::from(self.printf(format, values)?)),
            _ => Err(self.error(format!("wrong arguments for {name}"))),
        }
    }

    fn index(&self, value: &Value, key: &Value) -> Result<Value, RenderError> {
        match (value, key) {
            (Value::Object(map), Value::String(key)) => Ok(map.get(key).cloned().unwrap_or_else(|| Value::from(""))),
            (Value::Array(items), Value::Number(at)) => {
                let at = at.as_u64().and_then(|at| usize::try_from(at).ok());
                at.and_then(|at| items.get(at)).cloned().ok_or_else(|| self.error("error calling index: index out of range"))
            }
            _ => Err(self.error("error calling index: can't index this")),
        }
    }

    /// The verbs scripts use: `%s`, `%v`, `%d`, `%q`, `%t`, `%%`.
    fn printf(&self, format: &str, values: &[Value]) -> Result<String, RenderError> {
        let (mut out, mut values, mut chars) = (String::new(), values.iter(), format.chars());
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            let verb = chars.next();
            if verb == Some('%') {
                out.push('%');
                continue;
            }
            let value = values.next().ok_or_else(|| self.error("printf has fewer values than verbs"))?;
            match verb {
                Some('s' | 'v' | 'd' | 't') => out.push_str(&shown(value)),
                Some('q') => write!(out, "{:?}", shown(value)).expect("writing to a string"),
                _ => return Err(self.error("printf knows %s, %v, %d, %t, %q and %%")),
            }
        }
        Ok(out)
    }

    fn error(&self, message: impl Into<String>) -> RenderError {
        RenderError { line: self.line, message: message.into() }
    }
}

/// What is not empty is true.
fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is) => *is,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

/// A value as Go prints it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "<no value>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(" ")),
        Value::Object(map) => {
            let pairs: Vec<String> = map.iter().map(|(key, value)| format!("{key}:{}", shown(value))).collect();
            format!("map[{}]", pairs.join(" "))
        }
        other => other.to_string(),
    }
}

/// Go's `print`: a space between two values of which neither is text.
fn print(values: &[Value]) -> String {
    let mut out = String::new();
    for (at, value) in values.iter().enumerate() {
        if at > 0 && !value.is_string() && !values[at - 1].is_string() {
            out.push(' ');
        }
        out.push_str(&shown(value));
    }
    out
}
