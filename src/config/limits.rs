//! The section `[limits]`: how much of the server its clients may take.

use ipnet::IpNet;

use super::file::Limits;
use crate::model::values;

const MIB: usize = 1024 * 1024;

/// How much of the server its clients may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitsConfig {
    /// Connections that may be open at once. Fewer, where the system allows fewer descriptors.
    pub connections: usize,
    /// Connections that one peer may have open at once: one IPv4 address, or one /64 network of IPv6.
    pub connections_per_peer: usize,
    /// Networks of reverse proxies, whose connections are those of many clients.
    pub trusted_proxies: Vec<IpNet>,
    /// The largest delivery, in bytes.
    pub delivery_bytes: usize,
    /// Bytes of request bodies that may be in memory at once.
    pub bodies_bytes: usize,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self { connections: 2048, connections_per_peer: 256, trusted_proxies: Vec::new(), delivery_bytes: MIB, bodies_bytes: 32 * MIB }
    }
}

/// A value that cannot be used.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) allowed: String,
}

/// The limits of the file; defaults for what it does not say.
pub(super) fn limits(section: &Limits) -> Result<LimitsConfig, Wrong> {
    let default = LimitsConfig::default();
    let connections = count("connections", section.connections, default.connections, 16, 65_536)?;
    let delivery_bytes = count("delivery_bytes", section.delivery_bytes, default.delivery_bytes, MIB / 16, 25 * MIB)?;
    Ok(LimitsConfig {
        connections,
        connections_per_peer: count(
            "connections_per_peer",
            section.connections_per_peer,
            default.connections_per_peer.min(connections),
            1,
            connections,
        )?,
        trusted_proxies: section.trusted_proxies.iter().map(|told| network(told)).collect::<Result<_, _>>()?,
        delivery_bytes,
        // A few large ones must leave room for small ones.
        bodies_bytes: count(
            "bodies_bytes",
            section.bodies_bytes,
            default.bodies_bytes.max(4 * delivery_bytes),
            4 * delivery_bytes.max(2 * MIB),
            1024 * MIB,
        )?,
    })
}

/// A number between two bounds.
fn count(key: &str, told: Option<i64>, default: usize, least: usize, most: usize) -> Result<usize, Wrong> {
    let Some(told) = told else { return Ok(default) };
    usize::try_from(told).ok().filter(|count| (least..=most).contains(count)).ok_or_else(|| Wrong {
        key: key.to_owned(),
        value: told.to_string(),
        allowed: format!("must be between {least} and {most}"),
    })
}

/// A network, or a single address.
fn network(told: &str) -> Result<IpNet, Wrong> {
    let text = values::trim(told);
    text.parse().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from)).map_err(|_| Wrong {
        key: "trusted_proxies".to_owned(),
        value: format!("{told:?}"),
        allowed: "must be an IP address or a network, such as \"10.0.0.7\" or \"10.0.0.0/8\"".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_has_a_default_and_fits_what_is_said() {
        assert_eq!(limits(&Limits::default()).expect("good"), LimitsConfig::default());
        let few = limits(&Limits { connections: Some(100), delivery_bytes: Some(20_000_000), ..Limits::default() }).expect("good");
        assert_eq!((few.connections_per_peer, few.bodies_bytes), (100, 80_000_000));
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network() {
        let told = vec![" 10.0.0.7".to_owned(), "2001:db8::/32".to_owned()];
        let proxies = limits(&Limits { trusted_proxies: told, ..Limits::default() }).expect("good").trusted_proxies;
        assert_eq!(proxies.iter().map(IpNet::to_string).collect::<Vec<_>>(), ["10.0.0.7/32", "2001:db8::/32"]);
        let wrong = limits(&Limits { trusted_proxies: vec!["proxy".to_owned()], ..Limits::default() }).expect_err("a name");
        assert_eq!((wrong.key.as_str(), wrong.value.as_str()), ("trusted_proxies", "\"proxy\""));
    }

    #[test]
    fn bounds_are_named() {
        let table = [
            (Limits { connections: Some(0), ..Limits::default() }, "connections", "must be between 16 and 65536"),
            (Limits { connections_per_peer: Some(3000), ..Limits::default() }, "connections_per_peer", "must be between 1 and 2048"),
            (Limits { delivery_bytes: Some(1), ..Limits::default() }, "delivery_bytes", "must be between 65536 and 26214400"),
            (Limits { bodies_bytes: Some(-1), ..Limits::default() }, "bodies_bytes", "must be between 8388608 and 1073741824"),
        ];
        for (section, key, allowed) in table {
            let wrong = limits(&section).expect_err(key);
            assert_eq!((wrong.key.as_str(), wrong.allowed.as_str()), (key, allowed));
        }
    }
}
