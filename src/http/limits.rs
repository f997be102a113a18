//! How much of the server its clients may take.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use ipnet::IpNet;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// How much of the server its clients may take, as the configuration says.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections that may be open at once.
    pub connections: usize,
    /// Connections that one peer may have open at once.
    pub connections_per_peer: usize,
    /// Networks of reverse proxies, whose connections are those of many clients.
    pub trusted_proxies: Arc<[IpNet]>,
    /// The largest delivery, in bytes.
    pub delivery_bytes: usize,
    /// Bytes of request bodies that may be in memory at once.
    pub bodies_bytes: usize,
}

impl Limits {
    /// Whether an address is one of a reverse proxy that the configuration trusts.
    #[must_use]
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted_proxies.iter().any(|network| network.contains(&address))
    }

    /// Raises the process's soft limit of descriptors as far as it must be and may be. `others` are descriptors for anything but connections of
    /// clients: providers, forges, the database. Where there are too few for all, clients get fewer connections, yet half of all descriptors.
    ///
    /// # Errors
    /// When the system does not tell or set the limit.
    pub fn fit_to_descriptors(&mut self, others: usize) -> std::io::Result<()> {
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
        let wanted = (self.connections + others) as u64;
        let granted = wanted.min(hard).max(soft);
        if granted > soft {
            setrlimit(Resource::RLIMIT_NOFILE, granted, hard)?;
        }
        let granted = usize::try_from(granted).unwrap_or(usize::MAX);
        let fitting = connections_within(granted, self.connections, others);
        if fitting < self.connections {
            tracing::warn!(
                descriptors = granted,
                connections = fitting,
                "the system allows too few descriptors for limits.connections = {}; fewer are taken. Raise the hard limit (LimitNOFILE of systemd, ulimit -n)",
                self.connections
            );
        }
        self.connections = fitting;
        self.connections_per_peer = self.connections_per_peer.min(fitting);
        Ok(())
    }
}

fn connections_within(descriptors: usize, wanted: usize, others: usize) -> usize {
    wanted.min(descriptors.saturating_sub(others).max(descriptors / 2))
}

/// The part of an address that stands for one client: the whole of an IPv4 address, the network of an IPv6 address, where any client has a /64.
pub(super) fn client_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_are_kept_for_what_is_not_a_client() {
        assert_eq!(connections_within(4096, 2048, 600), 2048);
        assert_eq!(connections_within(1024, 2048, 400), 624);
        assert_eq!(connections_within(256, 2048, 600), 128, "half of them, at least");
    }

    #[test]
    fn one_client_is_an_address_or_a_network_of_ipv6() {
        let client = |text: &str| client_of(text.parse().expect("an address")).to_string();
        assert_eq!(client("192.0.2.7"), "192.0.2.7");
        assert_eq!(client("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(client("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }

    #[test]
    fn a_proxy_is_trusted_in_each_form_of_its_address() {
        let limits = Limits {
            connections: 1,
            connections_per_peer: 1,
            trusted_proxies: ["10.0.0.0/8".parse().expect("a network")].into(),
            delivery_bytes: 1,
            bodies_bytes: 1,
        };
        for (address, is_trusted) in [("10.1.2.3", true), ("::ffff:10.1.2.3", true), ("11.1.2.3", false), ("::1", false)] {
            assert_eq!(limits.trusts(address.parse().expect("an address")), is_trusted, "{address}");
        }
    }
}
