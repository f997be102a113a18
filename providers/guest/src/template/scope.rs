//! Variables: which are known while a template is read, and what they hold while it is rendered.
//!
//! Names are numbers here, and each knows where it was declared last, so a template with many variables is read and rendered in linear time.

use std::collections::HashMap;

use super::tree::Variable;
use super::value::Value;

/// `$`, which every template has.
pub(super) const ROOT: Variable = 0;

/// Names of variables to numbers.
pub(super) struct Names {
    numbers: HashMap<String, Variable>,
    list: Vec<String>,
}

impl Default for Names {
    fn default() -> Self {
        let mut names = Self { numbers: HashMap::new(), list: Vec::new() };
        names.intern("$");
        names
    }
}

impl Names {
    pub(super) fn intern(&mut self, name: &str) -> Variable {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        self.numbers.insert(name.to_owned(), self.list.len());
        self.list.push(name.to_owned());
        self.list.len() - 1
    }

    pub(super) fn into_list(self) -> Vec<String> {
        self.list
    }
}

/// The variables that may be named at a place of the source.
///
/// Go's parser is lenient here, and so is this one. A variable that one branch of an `if` declares is known in the other branch, too. An
/// assigned variable is known from then on. Whether it is really there shows when the template is rendered.
#[derive(Default)]
pub(super) struct Known {
    order: Vec<Variable>,
    counts: HashMap<Variable, usize>,
}

impl Known {
    pub(super) fn has(&self, variable: Variable) -> bool {
        variable == ROOT || self.counts.contains_key(&variable)
    }

    pub(super) fn add(&mut self, variable: Variable) {
        self.order.push(variable);
        *self.counts.entry(variable).or_default() += 1;
    }

    pub(super) fn mark(&self) -> usize {
        self.order.len()
    }

    pub(super) fn forget(&mut self, mark: usize) {
        for variable in self.order.drain(mark..) {
            if let Some(count) = self.counts.get_mut(&variable) {
                *count -= 1;
                if *count == 0 {
                    self.counts.remove(&variable);
                }
            }
        }
    }
}

/// The variables there are while a template is rendered.
pub(super) struct Scope<'a> {
    stack: Vec<(Variable, Value<'a>)>,
    /// By name, where on the stack it is; what was declared last is last.
    places: Vec<Vec<usize>>,
    /// Where the variables of the template being rendered begin; it does not see those of its caller.
    base: usize,
}

impl<'a> Scope<'a> {
    pub(super) fn new(names: usize) -> Self {
        Self { stack: Vec::new(), places: vec![Vec::new(); names], base: 0 }
    }

    pub(super) fn declare(&mut self, variable: Variable, value: Value<'a>) {
        self.places[variable].push(self.stack.len());
        self.stack.push((variable, value));
    }

    fn place(&self, variable: Variable) -> Option<usize> {
        self.places[variable].last().copied().filter(|place| *place >= self.base)
    }

    pub(super) fn get(&self, variable: Variable) -> Option<&Value<'a>> {
        self.place(variable).map(|place| &self.stack[place].1)
    }

    /// Whether there is such a variable.
    pub(super) fn assign(&mut self, variable: Variable, value: Value<'a>) -> bool {
        let place = self.place(variable);
        if let Some(place) = place {
            self.stack[place].1 = value;
        }
        place.is_some()
    }

    pub(super) fn mark(&self) -> usize {
        self.stack.len()
    }

    pub(super) fn forget(&mut self, mark: usize) {
        for (variable, _) in self.stack.drain(mark..) {
            self.places[variable].pop();
        }
    }

    /// Begins a template of its own; [`leave`](Self::leave) takes what this returns.
    pub(super) fn enter(&mut self) -> usize {
        std::mem::replace(&mut self.base, self.stack.len())
    }

    pub(super) fn leave(&mut self, outer: usize) {
        let mark = self.base;
        self.forget(mark);
        self.base = outer;
    }
}
