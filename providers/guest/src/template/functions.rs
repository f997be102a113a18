//! The functions there are.

use super::compare::{is_any, is_equal, order};
use super::escape::{html, js, shellquote, urlquery};
use super::printf::{print, printf, println};
use super::text::Text;
use super::value::{Value, holds_texts};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    And,
    Eq,
    Ge,
    Gt,
    Html,
    Index,
    Js,
    Le,
    Len,
    Lt,
    Ne,
    Not,
    Or,
    Print,
    Printf,
    Println,
    Shellquote,
    Slice,
    Urlquery,
}

/// How many arguments a function takes.
#[derive(Clone, Copy)]
pub(super) enum Arity {
    Exactly(usize),
    AtLeast(usize),
}

const NAMED: [(&str, Function, Arity); 19] = [
    ("and", Function::And, Arity::AtLeast(1)),
    ("eq", Function::Eq, Arity::AtLeast(1)),
    ("ge", Function::Ge, Arity::Exactly(2)),
    ("gt", Function::Gt, Arity::Exactly(2)),
    ("html", Function::Html, Arity::AtLeast(0)),
    ("index", Function::Index, Arity::AtLeast(1)),
    ("js", Function::Js, Arity::AtLeast(0)),
    ("le", Function::Le, Arity::Exactly(2)),
    ("len", Function::Len, Arity::Exactly(1)),
    ("lt", Function::Lt, Arity::Exactly(2)),
    ("ne", Function::Ne, Arity::Exactly(2)),
    ("not", Function::Not, Arity::Exactly(1)),
    ("or", Function::Or, Arity::AtLeast(1)),
    ("print", Function::Print, Arity::AtLeast(0)),
    ("printf", Function::Printf, Arity::AtLeast(1)),
    ("println", Function::Println, Arity::AtLeast(0)),
    ("shellquote", Function::Shellquote, Arity::Exactly(1)),
    ("slice", Function::Slice, Arity::AtLeast(1)),
    ("urlquery", Function::Urlquery, Arity::AtLeast(0)),
];

impl Function {
    pub(super) fn named(name: &str) -> Result<Self, String> {
        let found = NAMED.iter().find(|(known, ..)| *known == name).map(|(_, function, _)| *function);
        found.ok_or_else(|| match name {
            "call" => "function \"call\" is not supported: there is nothing to call".to_owned(),
            _ => format!("function \"{name}\" not defined"),
        })
    }

    pub(super) fn name(self) -> &'static str {
        NAMED[self as usize].0
    }

    pub(super) fn arity(self) -> Arity {
        NAMED[self as usize].2
    }

    /// Calls it with as many arguments as it takes. [`And`](Self::And) and [`Or`](Self::Or) are for the caller, who stops in time.
    pub(super) fn call<'a>(self, arguments: &[Value<'a>]) -> Result<Value<'a>, String> {
        let ([first, rest @ ..], second) = (arguments, arguments.get(1).unwrap_or(&Value::Nil)) else {
            return self.of_texts(arguments).map(Value::made);
        };
        Ok(match self {
            Self::And | Self::Or => first.clone(),
            Self::Not => Value::Bool(!first.is_true()),
            Self::Eq => Value::Bool(is_any(first, rest)?),
            Self::Ne => Value::Bool(!is_equal(first, second)?),
            Self::Lt => Value::Bool(order(first, second)?.is_some_and(std::cmp::Ordering::is_lt)),
            Self::Le => Value::Bool(order(first, second)?.is_some_and(std::cmp::Ordering::is_le)),
            Self::Gt => Value::Bool(order(first, second)?.is_some_and(std::cmp::Ordering::is_gt)),
            Self::Ge => Value::Bool(order(first, second)?.is_some_and(std::cmp::Ordering::is_ge)),
            Self::Len => Value::Int(i64::try_from(len(first)?).unwrap_or(i64::MAX)),
            Self::Index => index(first, rest)?,
            Self::Slice => slice(first, rest)?,
            Self::Shellquote => Value::made(match first {
                Value::Nil => shellquote(b"")?,
                Value::Text(text) => shellquote(text)?,
                other => shellquote(&print(std::slice::from_ref(other))?)?,
            }),
            Self::Printf => match first {
                Value::Text(format) => Value::made(printf(format, rest)?),
                _ => return Err("wrong type for value; expected string".to_owned()),
            },
            Self::Html | Self::Js | Self::Print | Self::Println | Self::Urlquery => return self.of_texts(arguments).map(Value::made),
        })
    }

    /// The functions that print all they are given.
    fn of_texts(self, arguments: &[Value<'_>]) -> Result<Vec<u8>, String> {
        match self {
            Self::Print => print(arguments),
            Self::Println => println(arguments),
            Self::Html => joined(arguments).map(|text| html(&text)),
            Self::Js => joined(arguments).map(|text| js(&text)),
            Self::Urlquery => joined(arguments).map(|text| urlquery(&text)),
            _ => Err("missing argument".to_owned()),
        }
    }
}

/// What the escaping functions escape: their arguments as `print` joins them, but with `nil` as an action shows it.
fn joined(arguments: &[Value<'_>]) -> Result<Vec<u8>, String> {
    let shown: Vec<Value<'_>> =
        arguments.iter().map(|value| if let Value::Nil = value { Value::made(*b"<no value>") } else { value.clone() }).collect();
    print(&shown)
}

fn len(value: &Value<'_>) -> Result<usize, String> {
    match value {
        Value::Text(text) => Ok(text.len()),
        Value::List(items) => Ok(items.len()),
        Value::Map(map) => Ok(map.len()),
        other => Err(format!("len of type {}", other.type_name())),
    }
}

fn index<'a>(value: &Value<'a>, keys: &[Value<'a>]) -> Result<Value<'a>, String> {
    if matches!(value, Value::Nil) {
        return Err("index of untyped nil".to_owned());
    }
    keys.iter().try_fold(value.clone(), |value, key| match (&value, key) {
        (Value::Map(map), Value::Text(key)) => {
            let found = str::from_utf8(key).ok().and_then(|key| map.get(key));
            let zero = || if holds_texts(map) { Value::Text(Text::Given(b"")) } else { Value::Nil };
            Ok(found.map_or_else(zero, Value::from))
        }
        (Value::Map(_), Value::Nil) => Err("value is nil; should be of type string".to_owned()),
        (Value::Map(_), key) => Err(format!("value has type {}; should be string", key.type_name())),
        (Value::List(items), key) => {
            let at = position(key, items.len())?;
            items.get(at).map(Value::from).ok_or_else(out_of_range)
        }
        (Value::Text(text), key) => {
            let at = position(key, text.len())?;
            text.get(at).copied().map(Value::Byte).ok_or_else(out_of_range)
        }
        (Value::Nil, _) => Err("index of nil pointer".to_owned()),
        (other, _) => Err(format!("can't index item of type {}", other.type_name())),
    })
}

fn slice<'a>(value: &Value<'a>, indexes: &[Value<'a>]) -> Result<Value<'a>, String> {
    let length = match value {
        Value::Nil => return Err("slice of untyped nil".to_owned()),
        _ if indexes.len() > 3 => return Err(format!("too many slice indexes: {}", indexes.len())),
        Value::Text(_) if indexes.len() == 3 => return Err("cannot 3-index slice a string".to_owned()),
        Value::Text(text) => text.len(),
        Value::List(items) => items.len(),
        other => return Err(format!("can't slice item of type {}", other.type_name())),
    };
    let at = indexes.iter().map(|index| position(index, length)).collect::<Result<Vec<_>, _>>()?;
    let (from, to) = (at.first().copied().unwrap_or(0), at.get(1).copied().unwrap_or(length));
    // The third index, a capacity, changes nothing but what it forbids.
    if from > to || at.get(2).is_some_and(|capacity| to > *capacity) {
        return Err("invalid slice index".to_owned());
    }
    Ok(match value {
        Value::Text(Text::Given(bytes)) => Value::Text(Text::Given(&bytes[from..to])),
        Value::Text(text) => Value::made(&text[from..to]),
        Value::List(items) => Value::List(&items[from..to]),
        _ => Value::Nil,
    })
}

/// An index that is no larger than the length.
fn position(index: &Value<'_>, length: usize) -> Result<usize, String> {
    let at = match index {
        Value::Int(int) => usize::try_from(*int).ok(),
        Value::Byte(byte) => Some(usize::from(*byte)),
        Value::Nil => return Err("cannot index slice/array with nil".to_owned()),
        other => return Err(format!("cannot index slice/array with type {}", other.type_name())),
    };
    at.filter(|at| *at <= length).ok_or_else(out_of_range)
}

fn out_of_range() -> String {
    "index out of range".to_owned()
}
