//! `eq`, `ne`, `lt`, `le`, `gt` and `ge`: basic values of one kind, whole numbers of any size, and everything with `nil`.

use std::cmp::Ordering;

use super::value::Value;

const NOT_BASIC: &str = "invalid type for comparison";

/// Whether the first is any of the others.
pub(super) fn is_any(first: &Value<'_>, others: &[Value<'_>]) -> Result<bool, String> {
    if others.is_empty() {
        return Err("missing argument for comparison".to_owned());
    }
    for other in others {
        if is_equal(first, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[expect(clippy::float_cmp, reason = "that is what the language means by eq")]
pub(super) fn is_equal(a: &Value<'_>, b: &Value<'_>) -> Result<bool, String> {
    match (a, b) {
        (Value::Nil, Value::Nil) => Ok(true),
        (Value::Nil, _) | (_, Value::Nil) => Ok(false),
        (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
        (Value::Float(a), Value::Float(b)) => Ok(a == b),
        (Value::Text(a), Value::Text(b)) => Ok(**a == **b),
        _ => match (whole(a), whole(b)) {
            (Some(a), Some(b)) => Ok(a == b),
            _ if is_basic(a) || is_basic(b) => Err(incompatible(a, b)),
            _ if a.type_name() == b.type_name() => Err(format!("non-comparable type {}", a.type_name())),
            _ => Err(format!("non-comparable types {} and {}", a.type_name(), b.type_name())),
        },
    }
}

pub(super) fn order(a: &Value<'_>, b: &Value<'_>) -> Result<Option<Ordering>, String> {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => Ok(a.partial_cmp(b)),
        (Value::Text(a), Value::Text(b)) => Ok(Some(a[..].cmp(&b[..]))),
        _ => match (whole(a), whole(b)) {
            (Some(a), Some(b)) => Ok(Some(a.cmp(&b))),
            _ if !is_basic(a) || !is_basic(b) => Err(NOT_BASIC.to_owned()),
            _ if matches!((a, b), (Value::Bool(_), Value::Bool(_))) => Err(NOT_BASIC.to_owned()),
            _ => Err(incompatible(a, b)),
        },
    }
}

fn whole(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Int(int) => Some(*int),
        Value::Byte(byte) => Some(i64::from(*byte)),
        _ => None,
    }
}

fn is_basic(value: &Value<'_>) -> bool {
    !matches!(value, Value::Nil | Value::List(_) | Value::Map(_) | Value::Struct(_))
}

fn incompatible(a: &Value<'_>, b: &Value<'_>) -> String {
    format!("incompatible types for comparison: {} and {}", a.type_name(), b.type_name())
}
