//! The section `[limits]`: how much of the server its clients may take.

use std::time::Duration;

use ipnet::IpNet;

use super::file::Limits;
use crate::model::values;
use crate::time::parse_duration;

const MIB: usize = 1024 * 1024;

/// How much of the server its clients may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitsConfig {
    /// How long after the database was made the first run is open to every caller.
    pub first_run_window: Duration,
    /// Connections that may be open at once. Fewer, where the system allows fewer descriptors.
    pub connections: usize,
    /// Connections that one peer may have open at once: one IPv4 address, or one /64 network of IPv6.
    pub connections_per_peer: usize,
    /// Networks of reverse proxies, whose connections are those of many clients.
    pub trusted_proxies: Vec<IpNet>,
    /// The header in which those proxies tell the addresses of their clients.
    pub proxy_header: String,
    /// The largest delivery, in bytes.
    pub delivery_bytes: usize,
    /// Bytes of request bodies that may be in memory at once.
    pub bodies_bytes: usize,
    /// How long a job is kept after it is over.
    pub finished_jobs_kept: Duration,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            first_run_window: Duration::from_mins(15),
            connections: 2048,
            connections_per_peer: 256,
            trusted_proxies: Vec::new(),
            proxy_header: "X-Forwarded-For".to_owned(),
            delivery_bytes: MIB,
            bodies_bytes: 32 * MIB,
            finished_jobs_kept: Duration::from_hours(24 * 30),
        }
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
        first_run_window: window(&section.first_run_window, default.first_run_window)?,
        finished_jobs_kept: kept(&section.finished_jobs_kept, default.finished_jobs_kept)?,
        connections,
        connections_per_peer: count(
            "connections_per_peer",
            section.connections_per_peer,
            default.connections_per_peer.min(connections),
            1,
            connections,
        )?,
        trusted_proxies: section.trusted_proxies.iter().map(|told| network(told)).collect::<Result<_, _>>()?,
        proxy_header: header(&section.proxy_header, default.proxy_header)?,
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

/// A duration, or none.
fn window(told: &str, default: Duration) -> Result<Duration, Wrong> {
    match values::trim(told) {
        "" => Ok(default),
        "0" => Ok(Duration::ZERO),
        text => parse_duration(text).ok_or_else(|| Wrong {
            key: "first_run_window".to_owned(),
            value: format!("{told:?}"),
            allowed: "must be a duration such as \"15m\", or \"0\" for none".to_owned(),
        }),
    }
}

/// A duration of a day or more: a delivery about a job that is over can come again for so long, and must find that the job is over.
fn kept(told: &str, default: Duration) -> Result<Duration, Wrong> {
    match values::trim(told) {
        "" => Ok(default),
        text => parse_duration(text).filter(|kept| *kept >= Duration::from_hours(24)).ok_or_else(|| Wrong {
            key: "finished_jobs_kept".to_owned(),
            value: format!("{told:?}"),
            allowed: "must be a duration of a day or more, such as \"720h\"".to_owned(),
        }),
    }
}

/// The name of a header.
fn header(told: &str, default: String) -> Result<String, Wrong> {
    match values::trim(told) {
        "" => Ok(default),
        name if name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) => Ok(name.to_owned()),
        _ => Err(Wrong {
            key: "proxy_header".to_owned(),
            value: format!("{told:?}"),
            allowed: "must be the name of a header, such as \"X-Forwarded-For\" or \"X-Real-IP\"".to_owned(),
        }),
    }
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
    fn the_window_of_the_first_run_is_a_duration_or_none() {
        let told =
            |text: &str| limits(&Limits { first_run_window: text.to_owned(), ..Limits::default() }).map(|limits| limits.first_run_window);
        assert_eq!(told("1h").expect("good"), Duration::from_hours(1));
        assert_eq!((told("0").expect("good"), told("0s").expect("good")), (Duration::ZERO, Duration::ZERO));
        assert_eq!(told("soon").expect_err("a word").key, "first_run_window");
    }

    #[test]
    fn finished_jobs_are_kept_for_a_day_or_more() {
        let told = |text: &str| {
            limits(&Limits { finished_jobs_kept: text.to_owned(), ..Limits::default() }).map(|limits| limits.finished_jobs_kept)
        };
        assert_eq!(told("").expect("the default"), Duration::from_hours(24 * 30));
        assert_eq!(told(" 24h ").expect("good"), Duration::from_hours(24));
        for wrong in ["23h59m", "0", "a month"] {
            assert_eq!(told(wrong).expect_err(wrong).key, "finished_jobs_kept");
        }
    }

    #[test]
    fn the_header_of_proxies_has_a_name() {
        let told = |name: &str| limits(&Limits { proxy_header: name.to_owned(), ..Limits::default() }).map(|limits| limits.proxy_header);
        assert_eq!(told(" X-Real-IP ").expect("good"), "X-Real-IP");
        assert_eq!(told("X Real").expect_err("it has a blank").key, "proxy_header");
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
