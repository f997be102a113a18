//! Who is at the other end of a request: the peer of the connection, or the client for whom a trusted proxy speaks.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::http::header::{FORWARDED, HOST, HeaderMap, HeaderName, VIA};
use axum::http::request::Parts;
use ipnet::IpNet;

use super::request_log::Peer;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Headers that only a proxy writes.
const OF_PROXIES: [HeaderName; 6] = [
    FORWARDED,
    VIA,
    X_FORWARDED_FOR,
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-real-ip"),
];

/// The proxies whose word is taken for where a request comes from.
#[derive(Clone, Debug)]
pub struct TrustedProxies {
    networks: Arc<[IpNet]>,
    header: HeaderName,
}

impl Default for TrustedProxies {
    fn default() -> Self {
        Self { networks: Arc::default(), header: X_FORWARDED_FOR }
    }
}

impl TrustedProxies {
    /// Proxies in these networks, which write the client's address into this header. `None` = there can be no such header.
    #[must_use]
    pub fn new(networks: &[IpNet], header: &str) -> Option<Self> {
        Some(Self { networks: networks.into(), header: HeaderName::from_bytes(header.as_bytes()).ok()? })
    }

    /// The client behind a peer. Each proxy appends the address that it sees, so the list is read from its end up to the first address that is no
    /// proxy of ours. All before that is the client's invention.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let values: Vec<&str> = headers.get_all(&self.header).iter().map(|value| value.to_str().unwrap_or_default()).collect();
        let mut client = peer.to_canonical();
        for told in values.iter().flat_map(|value| value.split(',')).rev() {
            if !self.networks.iter().any(|network| network.contains(&client)) {
                break;
            }
            let Some(address) = address(told.trim()) else { break };
            client = address;
        }
        client
    }
}

/// An address, which may have a port.
fn address(told: &str) -> Option<IpAddr> {
    let bare = told.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse().or_else(|_| told.parse().map(|socket: std::net::SocketAddr| socket.ip())).ok()?;
    Some(IpAddr::to_canonical(&address))
}

/// The caller of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller {
    pub(super) address: IpAddr,
    /// Whether it is on this machine, as far as can be told: the peer is, no proxy speaks, and the caller knows this server by a name of this machine.
    pub(super) is_local: bool,
}

impl Caller {
    /// The caller of a request, as the listener and trusted proxies tell.
    pub(super) fn of(parts: &Parts, proxies: &TrustedProxies) -> Self {
        // The listener tells the peer of every request.
        let peer = parts.extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
        let address = proxies.client(peer, &parts.headers);
        let by_proxy = OF_PROXIES.iter().any(|name| parts.headers.contains_key(name));
        let host = parts.uri.host().or_else(|| parts.headers.get(HOST).and_then(|host| host.to_str().ok()));
        let is_local = address.is_loopback() && !by_proxy && host.is_some_and(names_this_machine);
        Self { address, is_local }
    }
}

/// Whether a host, which may have a port, is this machine for every caller on it. Any other name could be given to this machine by a stranger's DNS.
fn names_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && (!name.contains(':') || name.ends_with(']')) => name,
        _ => host,
    };
    name.eq_ignore_ascii_case("localhost") || address(name).is_some_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_what_it_has_seen() {
        let proxies = TrustedProxies::new(&["10.0.0.0/8".parse().expect("a network")], "X-Forwarded-For").expect("a header");
        let table: [(&str, &[&str], &str); 10] = [
            ("192.0.2.1", &["198.51.100.7"], "192.0.2.1"),
            ("10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("::ffff:10.0.0.1", &["::ffff:198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["127.0.0.1, 198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["127.0.0.1", "198.51.100.7, 10.0.0.2"], "198.51.100.7"),
            ("10.0.0.1", &["198.51.100.7:4711"], "198.51.100.7"),
            ("10.0.0.1", &["[2001:db8::1]:4711"], "2001:db8::1"),
            ("10.0.0.1", &["198.51.100.7, nonsense"], "10.0.0.1"),
            ("10.0.0.1", &["10.0.0.3"], "10.0.0.3"),
            ("10.0.0.1", &[], "10.0.0.1"),
        ];
        for (peer, told, expected) in table {
            let mut headers = HeaderMap::new();
            for value in told {
                headers.append(X_FORWARDED_FOR, HeaderValue::from_static(value));
            }
            assert_eq!(proxies.client(peer.parse().expect("an address"), &headers).to_string(), expected, "{peer} {told:?}");
        }
    }

    #[test]
    fn a_name_that_a_stranger_can_give_to_this_machine_is_not_of_this_machine() {
        for own in ["localhost", "LOCALHOST:9997", "127.0.0.1:9997", "127.0.0.1", "[::1]:9997", "[::1]", "::1"] {
            assert!(names_this_machine(own), "{own}");
        }
        for other in ["", "garm.example.com:9997", "localhost.example.com", "127.0.0.1.example.com", "192.0.2.1:9997", "evil.example:127"] {
            assert!(!names_this_machine(other), "{other}");
        }
    }
}
