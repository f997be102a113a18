//! Values with a form of their own on the wire.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::ToSchema;

use crate::model::{SecretString, expose};

/// Bytes as padded standard base64.
#[derive(Clone, Debug, Default, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = Byte)]
pub struct Base64(pub Vec<u8>);

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
        // As for upstream, line ends do not count: many tools break the line every 76 characters.
        let text: String = text.split_ascii_whitespace().collect();
        STANDARD.decode(text).map(Self).map_err(|_| de::Error::custom("not base64"))
    }
}

/// A secret in a request. It can be sent, and never shown.
#[derive(Clone, ToSchema)]
#[schema(value_type = String, format = Password)]
pub struct Secret(pub SecretString);

impl Secret {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        expose(&self.0).is_empty()
    }
}

impl Default for Secret {
    fn default() -> Self {
        Self(SecretString::from(""))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(SecretString::from(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(expose(&self.0))
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
        Ok(Self(SecretString::from(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_however_its_lines_are_broken_and_written_in_one() {
        for text in ["\"b25lIHR3bw==\"", "\"b25l\\nIHR3\\r\\nbw==\\n\""] {
            assert_eq!(serde_json::from_str::<Base64>(text).expect("base64").0, b"one two");
        }
        assert_eq!(serde_json::to_string(&Base64(vec![0; 60])).expect("JSON").len(), 82);
        assert!(serde_json::from_str::<Base64>("\"b25l!\"").is_err() && serde_json::from_str::<Base64>("\"b25lIA\"").is_err());
    }
}
