//! An instance as LXD tells of it, and whose it is.

use std::net::IpAddr;

use garm_provider_protocol::{Address, AddressKind, ProviderInstance, ProviderStatus};
use serde_json::{Map, Value, json};

use crate::api::{Api, Fault};
use crate::image::arch;

/// Marks in the configuration of an instance. They are upstream's.
pub(crate) mod key {
    /// The controller that had it made.
    pub(crate) const CONTROLLER: &str = "user.runner-controller-id";
    /// The pool it is of.
    pub(crate) const POOL: &str = "user.runner-pool-id";
    /// The system that was asked for.
    pub(crate) const OS_TYPE: &str = "user.os-type";
    /// The architecture that was asked for.
    pub(crate) const OS_ARCH: &str = "user.os-arch";
    /// What it boots with. Holds the machine's token until it is [blanked](crate::blank).
    pub(crate) const USER_DATA: &str = "user.user-data";
}

/// An instance of the calling controller.
pub(crate) struct Instance(Value);

impl Instance {
    /// Looks one up by its name, which is its provider id. An instance without owner, or of another controller, counts as absent.
    pub(crate) fn find(api: &Api, name: &str, controller: &str) -> Result<Option<Self>, Fault> {
        Ok(Self::any(api, name)?.filter(|instance| instance.config(key::CONTROLLER) == controller))
    }

    /// Looks one up by its name, whosever it is.
    pub(crate) fn any(api: &Api, name: &str) -> Result<Option<Self>, Fault> {
        match api.get(&["instances", name], &[("recursion", "1")]) {
            Ok(instance) => Ok(Some(Self(instance))),
            Err(fault) if fault.is_absent() => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// All of the controller's.
    pub(crate) fn all(api: &Api, controller: &str) -> Result<Vec<Self>, Fault> {
        let mut answer = api.get(&["instances"], &[("recursion", "2")])?;
        let all = answer.as_array_mut().map(std::mem::take).unwrap_or_default();
        Ok(all.into_iter().map(Self).filter(|instance| instance.config(key::CONTROLLER) == controller).collect())
    }

    pub(crate) fn name(&self) -> &str {
        self.0["name"].as_str().unwrap_or_default()
    }

    pub(crate) fn description(&self) -> &str {
        self.0["description"].as_str().unwrap_or_default()
    }

    /// A value of its configuration; profiles do not count, as they cannot say whose an instance is.
    pub(crate) fn config(&self, key: &str) -> &str {
        self.0["config"][key].as_str().unwrap_or_default()
    }

    fn image(&self, key: &str) -> &str {
        self.0["expanded_config"][key].as_str().unwrap_or_default()
    }

    fn status(&self) -> &str {
        let state = self.0["state"]["status"].as_str();
        state.or_else(|| self.0["status"].as_str()).unwrap_or_default()
    }

    pub(crate) fn is_running(&self) -> bool {
        self.status() == "Running"
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.status() == "Stopped"
    }

    /// When it was last started; `None` when it never was.
    pub(crate) fn last_start(&self) -> Option<&str> {
        // Go's notions of no time, and LXD's.
        self.0["last_used_at"].as_str().filter(|at| !at.is_empty() && !at.starts_with("1970-01-01") && !at.starts_with("0001-01-01"))
    }

    pub(crate) fn has_address(&self) -> bool {
        !self.addresses().is_empty()
    }

    /// The settings that the server gets.
    pub(crate) fn describe(&self) -> ProviderInstance {
        let status = match self.status() {
            "Running" => ProviderStatus::Running,
            "Stopped" => ProviderStatus::Stopped,
            "Error" => ProviderStatus::Error,
            _ => ProviderStatus::Unknown,
        };
        ProviderInstance {
            provider_id: self.name().to_owned(),
            name: self.name().to_owned(),
            os_type: self.config(key::OS_TYPE).to_owned(),
            os_name: self.image("image.os").to_lowercase(),
            os_version: self.image("image.release").to_owned(),
            os_arch: arch(self.0["architecture"].as_str().unwrap_or_default()).to_owned(),
            addresses: self.addresses(),
            status: status.as_str().to_owned(),
            provider_fault: String::new(),
        }
    }

    fn addresses(&self) -> Vec<Address> {
        let cards = self.0["state"]["network"].as_object().into_iter().flat_map(Map::values);
        let all = cards.flat_map(|card| card["addresses"].as_array().into_iter().flatten());
        let global = all.filter(|address| address["scope"] == "global").filter_map(|address| address["address"].as_str());
        global.map(|address| Address { address: address.to_owned(), kind: kind(address) }).collect()
    }
}

fn kind(address: &str) -> AddressKind {
    match address.parse() {
        Ok(IpAddr::V4(address)) if address.is_private() => AddressKind::Private,
        Ok(IpAddr::V6(address)) if address.is_unique_local() => AddressKind::Private,
        _ => AddressKind::Public,
    }
}

/// The marks of a new instance.
pub(crate) fn marks(controller: &str, pool: &str, os_type: &str, os_arch: &str) -> Map<String, Value> {
    [(key::CONTROLLER, controller), (key::POOL, pool), (key::OS_TYPE, os_type), (key::OS_ARCH, os_arch)]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), json!(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_described_with_what_lxd_knows() {
        let instance = Instance(json!({
            "name": "garm-1", "architecture": "aarch64", "status": "Running", "last_used_at": "2026-01-02T03:04:05Z",
            "config": {"user.runner-controller-id": "c", "user.os-type": "linux"},
            "expanded_config": {"image.os": "Debian", "image.release": "bookworm"},
            "state": {"status": "Running", "network": {
                "lo": {"addresses": [{"scope": "local", "address": "127.0.0.1"}]},
                "eth0": {"addresses": [{"scope": "global", "address": "10.0.0.7"}, {"scope": "global", "address": "2001:db8::7"},
                    {"scope": "link", "address": "fe80::1"}, {"scope": "global", "address": "fd00::1"}]},
                "eth1": {"addresses": null}}}
        }));
        let told = serde_json::to_value(instance.describe()).expect("JSON");
        assert_eq!(
            told,
            json!({
                "provider_id": "garm-1", "name": "garm-1", "os_type": "linux", "os_name": "debian", "os_version": "bookworm", "os_arch": "arm64",
                "addresses": [{"address": "10.0.0.7", "type": "private"}, {"address": "2001:db8::7", "type": "public"},
                    {"address": "fd00::1", "type": "private"}],
                "status": "running"
            })
        );
    }

    #[test]
    fn states_are_mapped_and_what_is_not_known_is_unknown() {
        let table = [("Running", "running"), ("Stopped", "stopped"), ("Error", "error"), ("Frozen", "unknown"), ("Starting", "unknown")];
        for (status, expected) in table {
            assert_eq!(Instance(json!({"name": "x", "status": status})).describe().status, expected);
        }
    }

    #[test]
    fn an_instance_that_never_ran_has_no_last_start() {
        for at in ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", ""] {
            assert_eq!(Instance(json!({"last_used_at": at})).last_start(), None);
        }
        assert!(Instance(json!({"last_used_at": "2026-01-02T03:04:05.6Z"})).last_start().is_some());
    }
}
