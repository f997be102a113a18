//! What pipelines, commands and operands give.

use serde_json::Value as Json;

use super::error::RenderError;
use super::functions::{Arity, Function};
use super::limits::STEP;
use super::literal::Number;
use super::render::State;
use super::text::Text;
use super::tree::{Command, Operand, Pipeline, Variable};
use super::value::{Value, ends_quotes};

impl<'a> State<'a> {
    pub(super) fn pipeline(&mut self, pipeline: &'a Pipeline, dot: &Value<'a>) -> Result<Value<'a>, RenderError> {
        self.enter()?;
        self.line = pipeline.line;
        let mut piped = None;
        for command in &pipeline.commands {
            piped = Some(self.command(command, piped, dot)?);
        }
        let value = piped.unwrap_or(Value::Nil);
        for variable in &pipeline.sets {
            if !pipeline.assigns {
                self.scope.declare(*variable, value.clone());
            } else if !self.scope.assign(*variable, value.clone()) {
                return Err(self.undefined(*variable));
            }
        }
        self.leave();
        Ok(value)
    }

    /// A value, or a function with its arguments, of which what comes through the pipe is the last.
    fn command(&mut self, command: &'a Command, piped: Option<Value<'a>>, dot: &Value<'a>) -> Result<Value<'a>, RenderError> {
        self.spend(STEP)?;
        self.line = command.line;
        if let Operand::Function(function) = &command.first {
            return self.call(*function, command, piped, dot);
        }
        let is_given_arguments = !command.arguments.is_empty() || piped.is_some();
        match &command.first {
            Operand::Field(fields) => self.fields(dot.clone(), fields, is_given_arguments),
            Operand::Variable(variable, fields) => self.variable(*variable, fields, is_given_arguments),
            Operand::Chain(term, fields) => {
                let value = self.operand(term, dot)?;
                self.fields(value, fields, is_given_arguments)
            }
            _ if is_given_arguments => Err(self.no_function()),
            Operand::Nil => Err(self.fault("nil is not a command")),
            other => self.operand(other, dot),
        }
    }

    fn operand(&mut self, operand: &'a Operand, dot: &Value<'a>) -> Result<Value<'a>, RenderError> {
        match operand {
            Operand::Dot => Ok(dot.clone()),
            Operand::Nil => Ok(Value::Nil),
            Operand::Bool(is) => Ok(Value::Bool(*is)),
            Operand::Number(Number::Int(int)) => Ok(Value::Int(*int)),
            Operand::Number(Number::Float(float)) => Ok(Value::Float(*float)),
            Operand::Number(Number::Overflow) => Err(self.fault("the number overflows int")),
            Operand::Text(text) => Ok(Value::Text(Text::Given(text))),
            Operand::Function(function) => self.finish(*function, &[]),
            Operand::Field(fields) => self.fields(dot.clone(), fields, false),
            Operand::Variable(variable, fields) => self.variable(*variable, fields, false),
            Operand::Nested(pipeline) => self.pipeline(pipeline, dot),
            Operand::Chain(term, fields) => {
                let value = self.operand(term, dot)?;
                self.fields(value, fields, false)
            }
        }
    }

    fn variable(&self, variable: Variable, fields: &[String], is_given_arguments: bool) -> Result<Value<'a>, RenderError> {
        let value = self.scope.get(variable).cloned().ok_or_else(|| self.undefined(variable))?;
        if fields.is_empty() && is_given_arguments { Err(self.no_function()) } else { self.fields(value, fields, is_given_arguments) }
    }

    fn no_function(&self) -> RenderError {
        self.fault("can't give argument to non-function")
    }

    /// `.A.B` of a value. What has no value has no fields either, and that is no error; arguments are, for there are no methods.
    fn fields(&self, mut value: Value<'a>, fields: &[String], is_given_arguments: bool) -> Result<Value<'a>, RenderError> {
        for (at, field) in fields.iter().enumerate() {
            let is_given_arguments = is_given_arguments && at + 1 == fields.len();
            value = match value {
                Value::Nil => return Ok(Value::Nil),
                Value::Struct(map) => match map.get_key_value(field) {
                    Some(_) if is_given_arguments => {
                        return Err(self.fault(format!("{field} has arguments but cannot be invoked as function")));
                    }
                    Some((field, Json::String(text))) if self.is_guarded(field) && ends_quotes(text) => {
                        Value::Risky(field, text.as_bytes())
                    }
                    Some((_, found)) => self.filled(found, fields.get(at + 1))?,
                    None => return Err(self.fault(format!("can't evaluate field {field}"))),
                },
                Value::Risky(of, _) => return Err(self.breaks_out(of)),
                Value::Map(_) if is_given_arguments => return Err(self.fault(format!("{field} is not a method but has arguments"))),
                Value::Map(map) => match map.get(field) {
                    Some(found) => self.filled(found, fields.get(at + 1))?,
                    None => return Ok(Value::Nil),
                },
                other => return Err(self.fault(format!("can't evaluate field {field} in type {}", other.type_name()))),
            };
        }
        Ok(value)
    }

    fn is_guarded(&self, field: &str) -> bool {
        self.unguarded.is_some_and(|unguarded| !unguarded.contains(&field))
    }

    /// A value of the context that may be asked for a field, which a `null` that is there may not, unlike what is missing.
    fn filled(&self, value: &'a Json, next: Option<&String>) -> Result<Value<'a>, RenderError> {
        match next {
            Some(field) if value.is_null() => Err(self.fault(format!("nil pointer evaluating interface {{}}.{field}"))),
            _ => Ok(value.into()),
        }
    }

    fn call(
        &mut self,
        function: Function,
        command: &'a Command,
        piped: Option<Value<'a>>,
        dot: &Value<'a>,
    ) -> Result<Value<'a>, RenderError> {
        let operands = &command.arguments;
        self.check_count(function, operands.len(), usize::from(piped.is_some()))?;
        // These look at no more than they must.
        let decided_by = match function {
            Function::And => Some(false),
            Function::Or => Some(true),
            _ => None,
        };
        let mut arguments = Vec::with_capacity(operands.len() + 1);
        for (line, operand) in operands {
            self.line = *line;
            let value = self.operand(operand, dot)?;
            self.check_format(function, arguments.is_empty(), &value)?;
            if decided_by == Some(value.is_true()) {
                return Ok(value);
            }
            arguments.push(value);
        }
        if let Some(value) = piped {
            self.check_format(function, arguments.is_empty(), &value)?;
            arguments.push(value);
        }
        if decided_by.is_some() {
            return Ok(arguments.pop().unwrap_or(Value::Nil));
        }
        self.line = command.line;
        self.finish(function, &arguments)
    }

    fn finish(&mut self, function: Function, arguments: &[Value<'a>]) -> Result<Value<'a>, RenderError> {
        self.check_count(function, arguments.len(), 0)?;
        self.spend(arguments.iter().map(Value::weight).sum())?;
        let quoted = self.quotable(function, arguments)?;
        let value = function
            .call(quoted.as_deref().unwrap_or(arguments))
            .map_err(|message| self.fault(format!("error calling {}: {message}", function.name())))?;
        self.spend(value.weight())?;
        Ok(value)
    }

    /// The arguments with risky texts as plain ones, for a function that makes them harmless. `None` where there is none.
    fn quotable(&self, function: Function, arguments: &[Value<'a>]) -> Result<Option<Vec<Value<'a>>>, RenderError> {
        let Some(field) = arguments.iter().find_map(|value| if let Value::Risky(field, _) = value { Some(*field) } else { None }) else {
            return Ok(None);
        };
        let is_hexadecimal = || matches!(arguments, [Value::Text(format), _] if **format == *b"%x");
        if function != Function::Shellquote && !(function == Function::Printf && is_hexadecimal()) {
            return Err(self.breaks_out(field));
        }
        let plain = |value: &Value<'a>| if let Value::Risky(_, text) = value { Value::Text(Text::Given(text)) } else { value.clone() };
        Ok(Some(arguments.iter().map(plain).collect()))
    }

    fn check_count(&self, function: Function, given: usize, piped: usize) -> Result<(), RenderError> {
        let name = function.name();
        match function.arity() {
            Arity::Exactly(count) if given + piped != count => {
                Err(self.fault(format!("wrong number of args for {name}: want {count} got {}", given + piped)))
            }
            Arity::AtLeast(count) if given + piped < count => {
                Err(self.fault(format!("wrong number of args for {name}: want at least {count} got {given}")))
            }
            _ => Ok(()),
        }
    }

    /// The format of `printf` is the one argument of all functions that has a type.
    fn check_format(&self, function: Function, is_first: bool, value: &Value<'a>) -> Result<(), RenderError> {
        match value {
            // What the function may do with a risky text is looked at when it is called.
            Value::Text(_) | Value::Risky(..) => Ok(()),
            _ if function != Function::Printf || !is_first => Ok(()),
            Value::Nil => Err(self.fault("invalid value; expected string")),
            other => Err(self.fault(format!("wrong type for value; expected string; got {}", other.type_name()))),
        }
    }
}
