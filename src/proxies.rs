//! Which outgoing connections go through a proxy. The section `[proxy]` of the configuration says so. Without it, the variables `HTTP_PROXY`,
//! `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` do, also in small letters.
//!
//! `NO_PROXY` is a list, separated by commas or blanks. An entry is `*`, a host with its subdomains, an address, or a
//! network in CIDR notation. A host may have a dot in front. A host or an address can have a port.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use reqwest::{ClientBuilder, Proxy};
use url::{Host, Url};

/// The proxies of outgoing connections. None unless set.
#[derive(Clone, Default)]
pub struct Proxies {
    http: Option<Url>,
    https: Option<Url>,
    without: Vec<Exception>,
}

/// Names of proxies may hold passwords.
impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_set = (self.http.is_some(), self.https.is_some());
        f.debug_struct("Proxies").field("http", &is_set.0).field("https", &is_set.1).field("without", &self.without).finish()
    }
}

/// An entry of `NO_PROXY`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Exception {
    All,
    Network(IpNet),
    Address(IpAddr, Option<u16>),
    /// Without a dot in front, in lower case.
    Domain(String, Option<u16>),
}

impl Proxies {
    /// The proxies of the environment. `settings` win over variables of the same name; their names are in small letters.
    #[must_use]
    pub fn new(settings: &[(&'static str, String)]) -> Self {
        let variables: Vec<(String, String)> =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect();
        Self::of(|name| {
            let variable =
                |name: &str| variables.iter().find(|(own, value)| own == name && !value.is_empty()).map(|(_, value)| value.clone());
            let setting = settings.iter().find(|(own, _)| *own == name).map(|(_, value)| value.clone());
            setting.or_else(|| variable(&name.to_uppercase())).or_else(|| variable(name))
        })
    }

    /// The proxies of values that have these names, in small letters.
    fn of(value: impl Fn(&str) -> Option<String>) -> Self {
        let proxy = |name: &str| {
            let text = value(name).or_else(|| value("all_proxy"))?;
            let url = if text.contains("://") { Url::parse(text.trim()) } else { Url::parse(&format!("http://{}", text.trim())) };
            if url.is_err() {
                // Its text may hold a password.
                tracing::warn!(variable = name, "the address of the proxy cannot be read; connections are made without it");
            }
            url.ok()
        };
        let entries = value("no_proxy").unwrap_or_default();
        let entries = entries.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty());
        Self { http: proxy("http_proxy"), https: proxy("https_proxy"), without: entries.map(exception).collect() }
    }

    /// A client that uses these proxies and no others.
    pub fn apply(&self, builder: ClientBuilder) -> ClientBuilder {
        let proxies = self.clone();
        builder.no_proxy().proxy(Proxy::custom(move |url| proxies.between(url).cloned()))
    }

    /// The proxy for connections to a URL.
    fn between(&self, url: &Url) -> Option<&Url> {
        let proxy = if url.scheme() == "https" { self.https.as_ref()? } else { self.http.as_ref()? };
        (!self.without.iter().any(|exception| exception.covers(url))).then_some(proxy)
    }
}

impl Exception {
    fn covers(&self, url: &Url) -> bool {
        let is_port = |port: &Option<u16>| port.is_none() || *port == url.port_or_known_default();
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) | None => None,
        };
        match self {
            Self::All => true,
            Self::Network(network) => address.is_some_and(|address| network.contains(&address)),
            Self::Address(own, port) => address == Some(*own) && is_port(port),
            Self::Domain(domain, port) => {
                let host = url.host_str().unwrap_or_default().trim_end_matches('.').to_lowercase();
                let below = host.strip_suffix(domain.as_str());
                address.is_none() && below.is_some_and(|below| below.is_empty() || below.ends_with('.')) && is_port(port)
            }
        }
    }
}

fn exception(entry: &str) -> Exception {
    if entry == "*" {
        return Exception::All;
    }
    if let Ok(network) = entry.parse() {
        return Exception::Network(network);
    }
    let address = |text: &str| text.trim_start_matches('[').trim_end_matches(']').parse().ok();
    // An address of IPv6 has colons of its own.
    if let Some(address) = address(entry) {
        return Exception::Address(address, None);
    }
    let (host, port) = match entry.rsplit_once(':').map(|(host, port)| (host, port.parse())) {
        Some((host, Ok(port))) => (host, Some(port)),
        _ => (entry, None),
    };
    if let Some(address) = address(host) {
        return Exception::Address(address, port);
    }
    Exception::Domain(host.trim_start_matches('*').trim_matches('.').to_lowercase(), port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_direct(no_proxy: &str, url: &str) -> bool {
        let proxies = Proxies::of(|name| match name {
            "all_proxy" => Some("proxy.test:3128".to_owned()),
            "no_proxy" => Some(no_proxy.to_owned()),
            _ => None,
        });
        proxies.between(&Url::parse(url).expect("a URL")).is_none()
    }

    #[test]
    fn an_exception_is_a_star_a_host_an_address_or_a_network_with_or_without_a_port() {
        for (entry, inside, outside) in [
            ("*", "http://10.0.0.1/", None),
            ("*", "https://forge.test/", None),
            ("10.1.2.3", "http://10.1.2.3:8080/", Some("http://10.1.2.4/")),
            ("10.1.2.3:8080", "http://10.1.2.3:8080/", Some("http://10.1.2.3:8081/")),
            ("10.1.2.3:443", "https://10.1.2.3/", Some("http://10.1.2.3/")),
            ("10.1.0.0/16", "http://10.1.255.255:99/", Some("http://10.2.0.0/")),
            ("fd00::/8", "http://[fd12::1]/", Some("http://[fe80::1]/")),
            ("[::1]", "http://[::1]:80/", Some("http://[::2]/")),
            ("::1", "http://[::1]:80/", Some("http://[::2]/")),
            ("[::1]:8080", "http://[::1]:8080/", Some("http://[::1]:8081/")),
            ("Forge.test", "https://forge.TEST./", Some("https://notforge.test/")),
            ("forge.test", "https://api.forge.test/", Some("https://forge.test.example/")),
            (".forge.test", "https://forge.test/", Some("https://oforge.test/")),
            ("*.forge.test", "https://a.b.forge.test/", Some("https://forge.tests/")),
            ("forge.test:8443", "https://api.forge.test:8443/", Some("https://forge.test/")),
            (" a.test ,\tb.test c.test", "https://b.test/", Some("https://d.test/")),
        ] {
            assert!(is_direct(entry, inside), "{entry} {inside}");
            assert!(outside.is_none_or(|outside| !is_direct(entry, outside)), "{entry} {outside:?}");
        }
        assert!(!is_direct("", "http://127.0.0.1/"));
        assert!(!is_direct("1", "http://10.0.0.1/"), "an address has no domain");
    }

    #[test]
    fn each_scheme_has_its_proxy_and_the_common_one_is_for_the_rest() {
        let proxies = Proxies::of(|name| match name {
            "https_proxy" => Some("http://user:secret-word@secure.test:1".to_owned()),
            "all_proxy" => Some("rest.test:2".to_owned()),
            _ => None,
        });
        let of =
            |url: &str| proxies.between(&Url::parse(url).expect("a URL")).map(|proxy| (proxy.host_str().map(str::to_owned), proxy.port()));
        assert_eq!(of("https://forge.test/"), Some((Some("secure.test".to_owned()), Some(1))));
        assert_eq!(of("http://forge.test/"), Some((Some("rest.test".to_owned()), Some(2))));
        assert!(!format!("{proxies:?}").contains("secret-word"));
        let wrong = Proxies::of(|name| (name == "http_proxy").then(|| "http://[".to_owned()));
        assert!(wrong.between(&Url::parse("http://forge.test/").expect("a URL")).is_none());
    }
}
