//! A template that was read.

use std::collections::HashMap;

use super::functions::Function;
use super::literal::Number;

/// A template that was read.
#[derive(Clone, Debug)]
pub struct Template {
    /// By name, with what `define` and `block` name in it; the template itself has the empty name.
    pub(super) bodies: HashMap<String, Vec<Node>>,
    /// The names variables have, dollar included; the first is `$` itself.
    pub(super) variables: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) enum Node {
    Text(String),
    Show(Pipeline),
    /// `if` and its `else if`: the first arm whose pipeline holds, or what is otherwise.
    If(Vec<Arm>, Vec<Node>),
    /// The same with the value as the dot.
    With(Vec<Arm>, Vec<Node>),
    Range(Arm, Vec<Node>),
    /// `template`: the line, the name, the dot.
    Template(usize, String, Option<Pipeline>),
    Break,
    Continue,
}

#[derive(Clone, Debug)]
pub(super) struct Arm {
    pub(super) pipeline: Pipeline,
    pub(super) body: Vec<Node>,
}

/// Commands whose results flow from left to right.
#[derive(Clone, Debug)]
pub(super) struct Pipeline {
    pub(super) line: usize,
    /// The variables it sets; two only in `range`.
    pub(super) sets: Vec<Variable>,
    /// Whether they are there already (`=`).
    pub(super) assigns: bool,
    pub(super) commands: Vec<Command>,
}

/// A variable as the place of its name in [`Template::variables`].
pub(super) type Variable = usize;

#[derive(Clone, Debug)]
pub(super) struct Command {
    pub(super) line: usize,
    pub(super) first: Operand,
    /// With their lines.
    pub(super) arguments: Vec<(usize, Operand)>,
}

#[derive(Clone, Debug)]
pub(super) enum Operand {
    Dot,
    Nil,
    Bool(bool),
    Number(Number),
    Text(Vec<u8>),
    Function(Function),
    /// `.A.B`.
    Field(Vec<String>),
    /// `$x.A.B`.
    Variable(Variable, Vec<String>),
    Nested(Box<Pipeline>),
    /// `(pipeline).A.B`, or the same on a function.
    Chain(Box<Operand>, Vec<String>),
}

impl Operand {
    /// A value that takes nothing, hence can only begin a pipeline.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self, Self::Dot | Self::Nil | Self::Bool(_) | Self::Number(_) | Self::Text(_))
    }
}
