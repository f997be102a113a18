//! What a provider says about a machine.

use serde::{Deserialize, Serialize};

use crate::wire::{null_is_default, text};

/// One machine. Every key may be missing on the wire; [`ProviderInstance::validate`] says what must be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderInstance {
    /// The provider's own name for the machine, unique over all providers.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub provider_id: String,
    /// Name of the runner.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Operating system; informative.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub os_type: String,
    /// Name of the system, for example `ubuntu`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub os_name: String,
    /// Version of the system.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub os_version: String,
    /// Architecture; informative.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub os_arch: String,
    /// Network addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_default")]
    pub addresses: Vec<Address>,
    /// State of the machine, a word of [`ProviderStatus`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// Why the status is `error`. Base64 on the wire.
    #[serde(default, skip_serializing_if = "String::is_empty", with = "text")]
    pub provider_fault: String,
}

/// A network address of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// IP address or host name.
    pub address: String,
    /// Who can reach it.
    #[serde(rename = "type")]
    pub kind: AddressKind,
}

/// Whether an address can be reached from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AddressKind {
    /// Reachable from outside.
    Public,
    /// Reachable from inside only.
    Private,
}

/// State of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderStatus {
    /// It runs.
    Running,
    /// It is broken.
    Error,
    /// It exists and does not run.
    Stopped,
    /// The provider cannot tell.
    Unknown,
}

impl ProviderStatus {
    /// The word of the wire format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Error => "error",
            Self::Stopped => "stopped",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the word of the wire format.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Running, Self::Error, Self::Stopped, Self::Unknown].into_iter().find(|status| status.as_str() == word)
    }
}

/// What a provider left out or got wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidInstance {
    /// A required key is missing or empty.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// An id or a name that could not be handed back to the provider: a variable of the environment holds no NUL.
    #[error("`{0}` has a NUL, or more than {max} bytes: the machine could not be named by it again", max = NAMED_MAX)]
    Unspeakable(&'static str),
    /// The status is none of the four words.
    #[error("`status` is {0:?}, allowed are \"running\", \"error\", \"stopped\" and \"unknown\"")]
    Status(String),
}

/// How long the id and the name of a machine may be, in bytes.
const NAMED_MAX: usize = 4096;

impl ProviderInstance {
    /// Checks the fields that the server relies on, and returns the status. Id, name and status must be there; the status must be one of
    /// four words. Id and name must be such that they can be handed back.
    pub fn validate(&self) -> Result<ProviderStatus, InvalidInstance> {
        for (key, value) in [("provider_id", &self.provider_id), ("name", &self.name), ("status", &self.status)] {
            if value.is_empty() {
                return Err(InvalidInstance::Missing(key));
            }
        }
        for (key, value) in [("provider_id", &self.provider_id), ("name", &self.name)] {
            if value.contains('\0') || value.len() > NAMED_MAX {
                return Err(InvalidInstance::Unspeakable(key));
            }
        }
        ProviderStatus::from_word(&self.status).ok_or_else(|| InvalidInstance::Status(self.status.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> ProviderInstance {
        serde_json::from_str(json).expect("it parses")
    }

    #[test]
    fn what_real_providers_print_is_read() {
        let instance = read(
            r#"{"provider_id":"6e9bbff6-1ac9-41f0-b83b-810c41a94da4","name":"garm-aB3dE5fG7hJ9","os_type":"linux","os_name":"debian","os_version":"12","os_arch":"amd64","addresses":[{"address":"10.196.0.217","type":"private"}],"status":"running"}"#,
        );
        assert_eq!(instance.validate(), Ok(ProviderStatus::Running));
        assert_eq!(instance.addresses, [Address { address: "10.196.0.217".to_owned(), kind: AddressKind::Private }]);
    }

    #[test]
    fn missing_null_and_unknown_keys_are_no_parse_errors() {
        let instance = read(r#"{"provider_id":"i","name":"n","status":"stopped","addresses":null,"zone":7}"#);
        assert_eq!(instance.validate(), Ok(ProviderStatus::Stopped));
    }

    #[test]
    fn id_name_and_a_known_status_are_required() {
        assert_eq!(read(r#"{"name":"n","status":"running"}"#).validate(), Err(InvalidInstance::Missing("provider_id")));
        assert_eq!(read(r#"{"provider_id":"i","status":"running"}"#).validate(), Err(InvalidInstance::Missing("name")));
        assert_eq!(read(r#"{"provider_id":"i","name":"n"}"#).validate(), Err(InvalidInstance::Missing("status")));
        let odd = read(r#"{"provider_id":"i","name":"n","status":"booting"}"#).validate();
        assert_eq!(odd, Err(InvalidInstance::Status("booting".to_owned())));
    }

    #[test]
    fn an_id_or_a_name_that_cannot_be_handed_back_is_refused() {
        let good = read(r#"{"provider_id":"i","name":"n","status":"running"}"#);
        for bad in ["\0", "i\0", "\0i", "i\0d", &"i".repeat(NAMED_MAX + 1)] {
            let id = ProviderInstance { provider_id: bad.to_owned(), ..good.clone() };
            assert_eq!(id.validate(), Err(InvalidInstance::Unspeakable("provider_id")));
            let name = ProviderInstance { name: bad.to_owned(), ..good.clone() };
            assert_eq!(name.validate(), Err(InvalidInstance::Unspeakable("name")));
        }
        let longest = ProviderInstance { provider_id: "é\n".repeat(NAMED_MAX / 3), ..good };
        assert_eq!(longest.validate(), Ok(ProviderStatus::Running));
    }

    #[test]
    fn a_fault_is_base64_and_plain_text_is_forgiven() {
        assert_eq!(read(r#"{"provider_fault":"bm8gcXVvdGE="}"#).provider_fault, "no quota");
        assert_eq!(read(r#"{"provider_fault":"no quota left"}"#).provider_fault, "no quota left");
        let written = serde_json::to_string(&read(r#"{"provider_fault":"no quota"}"#)).expect("it serialises");
        assert_eq!(written, r#"{"provider_fault":"bm8gcXVvdGE="}"#);
    }
}
