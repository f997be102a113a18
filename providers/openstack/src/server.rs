//! What a server in Nova is to the caller.

use std::collections::BTreeMap;

use garm_provider_protocol::{Address, AddressKind, ProviderInstance, ProviderStatus};
use serde::Deserialize;

/// Key of the installation, in tags and in metadata.
pub(crate) const CONTROLLER: &str = "garm-controller-id";
/// Key of the pool, in tags and in metadata.
pub(crate) const POOL: &str = "garm-pool-id";

/// The longest tag Nova takes.
const TAG_MAX: usize = 60;

/// A server.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Server {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) created: String,
    tags: Option<Vec<String>>,
    metadata: BTreeMap<String, String>,
    addresses: BTreeMap<String, Vec<Port>>,
    fault: Option<Fault>,
}

#[derive(Clone, Debug, Deserialize)]
struct Port {
    addr: String,
    #[serde(rename = "OS-EXT-IPS:type", default)]
    kind: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Fault {
    #[serde(default)]
    message: String,
}

impl Server {
    /// Whether the installation made it.
    pub(crate) fn belongs_to(&self, controller: &str) -> bool {
        let tag = tag(CONTROLLER, controller);
        self.tags.iter().flatten().any(|own| *own == tag)
    }

    /// Whether it is of the pool. Metadata has the whole id; tags may be too short for it.
    pub(crate) fn is_in_pool(&self, pool: &str) -> bool {
        self.metadata.get(POOL).is_some_and(|own| own == pool)
    }

    /// Why it is in ERROR.
    pub(crate) fn fault(&self) -> &str {
        self.fault.as_ref().map_or("Nova gives no reason", |fault| fault.message.as_str())
    }

    /// What the status means. While a server is built or moved, its end is open.
    pub(crate) fn state(&self) -> ProviderStatus {
        match self.status.as_str() {
            "ACTIVE" | "PASSWORD" | "REBOOT" | "HARD_REBOOT" => ProviderStatus::Running,
            "SHUTOFF" | "SUSPENDED" | "PAUSED" | "SHELVED" | "SHELVED_OFFLOADED" => ProviderStatus::Stopped,
            "ERROR" => ProviderStatus::Error,
            _ => ProviderStatus::Unknown,
        }
    }

    /// Names are not unique in Nova. Of several servers with one name the best is described. A running server comes first, then one that
    /// may come to run, a stopped one, a broken one. Of equals the oldest is taken.
    pub(crate) fn best(mut servers: Vec<Self>) -> Option<Self> {
        servers.sort_by_key(|server| {
            let rank = match server.state() {
                ProviderStatus::Running => 0,
                ProviderStatus::Unknown => 1,
                ProviderStatus::Stopped => 2,
                ProviderStatus::Error => 3,
            };
            (rank, server.created.clone(), server.id.clone())
        });
        servers.into_iter().next()
    }
}

impl From<Server> for ProviderInstance {
    fn from(server: Server) -> Self {
        let status = server.state();
        let provider_fault = if status == ProviderStatus::Error { server.fault().to_owned() } else { String::new() };
        let kind = |port: &Port| if port.kind == "floating" { AddressKind::Public } else { AddressKind::Private };
        let addresses = server.addresses.values().flatten().map(|port| Address { kind: kind(port), address: port.addr.clone() }).collect();
        let said = |key: &str| server.metadata.get(key).cloned().unwrap_or_default();
        Self {
            os_type: said("os_type"),
            os_name: said("os_name"),
            os_version: said("os_version"),
            os_arch: said("os_arch"),
            addresses,
            status: status.as_str().to_owned(),
            provider_fault,
            provider_id: server.id,
            name: server.name,
        }
    }
}

/// A tag.
pub(crate) fn tag(key: &str, value: &str) -> String {
    format!("{key}={value}")
}

/// The tags of the servers of a pool. The id of a scale set has its name in it and may be no tag at all; then metadata alone tells the pool.
pub(crate) fn tags(controller: &str, pool: &str) -> Vec<String> {
    let pool = tag(POOL, pool);
    let fits = pool.chars().count() <= TAG_MAX && !pool.contains([',', '/']);
    fits.then_some(pool).into_iter().chain([tag(CONTROLLER, controller)]).collect()
}

/// Whether the text is an id of OpenStack rather than a name.
pub(crate) fn is_uuid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| if matches!(at, 8 | 13 | 18 | 23) { *byte == b'-' } else { byte.is_ascii_hexdigit() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn server(id: &str, status: &str, created: &str) -> Server {
        serde_json::from_value(json!({"id": id, "name": "garm-1", "status": status, "created": created})).expect("a server")
    }

    #[test]
    fn a_server_of_upstreams_provider_is_described() {
        let server: Server = serde_json::from_value(json!({
            "id": "edbe72f2-680e-4cda-95b2-37244c215d50", "name": "garm-two1", "status": "ACTIVE", "created": "2026-11-23T21:27:00Z",
            "tags": ["garm-pool-id=p", "garm-controller-id=c"],
            "metadata": {
                "os_arch": "amd64", "os_type": "linux", "os_name": "debian", "os_version": "12",
                "garm-pool-id": "p", "garm-controller-id": "c"
            },
            "addresses": {"net": [
                {"addr": "10.0.0.8", "OS-EXT-IPS:type": "fixed", "version": 4},
                {"addr": "192.0.2.1", "OS-EXT-IPS:type": "floating", "version": 4},
            ]},
        }))
        .expect("a server");
        assert!(server.belongs_to("c") && !server.belongs_to("other") && server.is_in_pool("p") && !server.is_in_pool("q"));
        let written = serde_json::to_value(ProviderInstance::from(server)).expect("it serialises");
        assert_eq!(
            written,
            json!({
                "provider_id": "edbe72f2-680e-4cda-95b2-37244c215d50", "name": "garm-two1", "os_type": "linux", "os_name": "debian",
                "os_version": "12", "os_arch": "amd64", "status": "running",
                "addresses": [{"address": "10.0.0.8", "type": "private"}, {"address": "192.0.2.1", "type": "public"}],
            })
        );
    }

    #[test]
    fn every_status_is_a_word_of_the_contract_and_a_fault_is_told() {
        let said = |status| ProviderInstance::from(server("i", status, "")).status;
        let all = ["ACTIVE", "SHUTOFF", "BUILD", "ERROR", "MIGRATING", "HARD_REBOOT", "PAUSED"].map(said);
        assert_eq!(all, ["running", "stopped", "unknown", "error", "unknown", "running", "stopped"]);
        let broken = json!({"id": "i", "name": "n", "status": "ERROR", "fault": {"code": 500, "message": "No valid host"}});
        let broken: Server = serde_json::from_value(broken).expect("a server");
        assert_eq!(ProviderInstance::from(broken).provider_fault, "No valid host");
    }

    #[test]
    fn of_several_the_one_that_runs_longest_is_the_best() {
        let best = |servers: &[(&str, &str, &str)]| {
            Server::best(servers.iter().map(|(id, status, created)| server(id, status, created)).collect()).map(|server| server.id)
        };
        assert_eq!(best(&[]), None);
        assert_eq!(
            best(&[("a", "ERROR", "1"), ("b", "SHUTOFF", "1"), ("c", "BUILD", "9"), ("d", "ACTIVE", "3"), ("e", "ACTIVE", "2")]),
            Some("e".into())
        );
        assert_eq!(best(&[("a", "ERROR", "1"), ("b", "SHUTOFF", "1"), ("c", "BUILD", "9")]), Some("c".into()));
    }

    #[test]
    fn a_pool_id_that_is_no_tag_is_left_to_metadata() {
        let pool = "9a2b6f3e-1111-4c3d-8f00-000000000001";
        assert_eq!(tags("c", pool), [format!("garm-pool-id={pool}"), "garm-controller-id=c".to_owned()]);
        assert_eq!(tags("c", &format!("large-linux-runners-{pool}")), ["garm-controller-id=c"]);
        assert_eq!(tags("c", "a,b"), ["garm-controller-id=c"]);
    }

    #[test]
    fn ids_are_told_from_names() {
        assert!(is_uuid("9a2b6f3e-1111-4c3d-8f00-00000000000A"));
        assert!(
            !is_uuid("garm-aB3dE5fG7hJ9")
                && !is_uuid("9a2b6f3e-1111-4c3d-8f00-00000000000g")
                && !is_uuid("9a2b6f3e11114c3d8f00000000000001")
        );
    }
}
