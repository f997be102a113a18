//! Values, as Go's types tell them apart. None of them can be shown by accident: they may be secrets.

use serde_json::Value as Json;

use super::text::Text;

pub(super) type Object = serde_json::Map<String, Json>;

#[derive(Clone)]
pub(super) enum Value<'a> {
    /// What is not there, and the `nil` of JSON and of the language.
    Nil,
    Bool(bool),
    Int(i64),
    /// What indexing a text gives.
    Byte(u8),
    Float(f64),
    Text(Text<'a>),
    /// Text that would break out of quotes, with the field that it is of: it goes into nothing but a function that quotes it.
    Risky(&'a str, &'a [u8]),
    List(&'a [Json]),
    Map(&'a Object),
    /// The context: it has the fields it has, and no others.
    Struct(&'a Object),
}

impl<'a> From<&'a Json> for Value<'a> {
    fn from(json: &'a Json) -> Self {
        match json {
            Json::Null => Self::Nil,
            Json::Bool(is) => Self::Bool(*is),
            Json::Number(number) => match number.as_i64() {
                Some(int) => Self::Int(int),
                None => Self::Float(number.as_f64().unwrap_or_default()),
            },
            Json::String(text) => Self::Text(Text::Given(text.as_bytes())),
            Json::Array(items) => Self::List(items),
            Json::Object(map) => Self::Map(map),
        }
    }
}

impl Value<'_> {
    pub(super) fn made(text: impl Into<Vec<u8>>) -> Self {
        Self::Text(Text::Made(text.into().into()))
    }

    /// What is neither empty nor zero is true, and so is a struct.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(is) => *is,
            Self::Int(int) => *int != 0,
            Self::Byte(byte) => *byte != 0,
            Self::Float(float) => *float != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Risky(_, text) => !text.is_empty(),
            Self::List(items) => !items.is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::Struct(_) => true,
        }
    }

    /// What Go calls the type.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Nil => "nil",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Byte(_) => "uint8",
            Self::Float(_) => "float64",
            Self::Text(_) | Self::Risky(..) => "string",
            Self::List(items) if items.iter().all(Json::is_string) => "[]string",
            Self::List(_) => "[]interface {}",
            Self::Map(map) if holds_texts(map) => "map[string]string",
            Self::Map(_) => "map[string]interface {}",
            Self::Struct(_) => "struct",
        }
    }

    /// What handling it costs at least.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Risky(_, text) => text.len(),
            Self::List(items) => items.len(),
            Self::Map(map) => map.len(),
            _ => 0,
        }
    }
}

/// Whether a text ends or escapes quotes in sh or in PowerShell, which also knows typographic ones.
pub(super) fn ends_quotes(text: &str) -> bool {
    text.chars().any(|c| c.is_control() || matches!(c, '\'' | '"' | '`' | '$' | '\\' | '\u{2018}'..='\u{201f}'))
}

/// Whether a map is one of texts, whose missing keys are empty.
pub(super) fn holds_texts(map: &Object) -> bool {
    map.values().all(Json::is_string)
}

/// The entries of a map in the order of their keys, as Go walks and prints it.
pub(super) fn sorted(map: &Object) -> Vec<(&String, &Json)> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    entries
}
