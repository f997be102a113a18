//! Failed logins and first runs: how many there were of late, for each name and for each address, and how long to wait before the next.
//!
//! A login counts as failed from its beginning until it succeeds, so that many at once are no way around. A name is slowed wherever its logins come
//! from, except from addresses where a login with that name has succeeded: a stranger cannot keep the administrator out.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::time::Timestamp;

/// Failures as a name that cost no wait: more than a person needs to remember the password.
const FREE_OF_NAME: u32 = 10;
/// Failures from an address that cost no wait: several people may share one.
const FREE_OF_ADDRESS: u32 = 20;
/// The longest wait of a name. It also meets the owner of the name who comes from a new address.
const WAIT_OF_NAME: Duration = Duration::from_secs(30);
/// The longest wait of an address.
const WAIT_OF_ADDRESS: Duration = Duration::from_mins(1);
/// After this time without a failure all is forgotten.
const REMEMBERED: Duration = Duration::from_mins(15);
/// The most entries of each table. A full table drops the entry with the fewest failures, so that invented names do not push out one under attack.
const ENTRIES_MAX: usize = 2048;
/// The longest name that is kept, in bytes: the longest mail address.
const NAME_MAX: usize = 254;

/// The failed logins of a server. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempts(Arc<Mutex<Tables>>);

#[derive(Debug)]
struct Tables {
    names: Table<String>,
    addresses: Table<IpAddr>,
    /// Where logins have succeeded, and when.
    trusted: HashMap<(String, IpAddr), Timestamp>,
}

impl Default for Tables {
    fn default() -> Self {
        Self {
            names: Table::new(FREE_OF_NAME, WAIT_OF_NAME),
            addresses: Table::new(FREE_OF_ADDRESS, WAIT_OF_ADDRESS),
            trusted: HashMap::new(),
        }
    }
}

/// A login or a first run under way. It counts as failed until it succeeds, or cannot be looked at.
#[derive(Debug)]
pub(super) struct Attempt {
    attempts: Attempts,
    name: String,
    address: IpAddr,
    /// Whether it counts for the name, too.
    of_name: bool,
}

impl Attempts {
    /// Begins a login, or a first run. That one has an empty name, which counts for nothing: otherwise strangers could keep out whoever has the code.
    ///
    /// # Errors
    /// How long to wait after failures.
    pub(super) fn begin(&self, name: &str, address: IpAddr, now: Timestamp) -> Result<Attempt, Duration> {
        let (name, address) = (folded(name), network(address));
        let mut tables = self.lock();
        let of_name = !name.is_empty() && !tables.trusted.contains_key(&(name.clone(), address));
        let wait_of_address = tables.addresses.wait(&address, now);
        let wait_of_name = if of_name { tables.names.wait(&name, now) } else { None };
        if let Some(wait) = wait_of_address.max(wait_of_name) {
            return Err(wait);
        }
        tables.addresses.failed(address, now);
        if of_name {
            tables.names.failed(name.clone(), now);
        }
        drop(tables);
        Ok(Attempt { attempts: self.clone(), name, address, of_name })
    }

    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt {
    /// The password was right.
    pub(super) fn succeeded(self, now: Timestamp) {
        let mut tables = self.take_back();
        tables.addresses.entries.remove(&self.address);
        let trusted = &mut tables.trusted;
        if trusted.len() >= ENTRIES_MAX
            && let Some(oldest) = trusted.iter().min_by_key(|(_, at)| **at).map(|(key, _)| key.clone())
        {
            trusted.remove(&oldest);
        }
        trusted.insert((self.name.clone(), self.address), now);
    }

    /// The server did not look at the password.
    pub(super) fn not_made(self) {
        drop(self.take_back());
    }

    fn take_back(&self) -> MutexGuard<'_, Tables> {
        let mut tables = self.attempts.lock();
        tables.addresses.take_back(&self.address);
        if self.of_name {
            tables.names.take_back(&self.name);
        }
        tables
    }
}

#[derive(Debug)]
struct Table<K> {
    entries: HashMap<K, Failures>,
    /// Failures that cost no wait.
    free: u32,
    longest_wait: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Timestamp,
}

impl<K: Eq + Hash + Clone> Table<K> {
    fn new(free: u32, longest_wait: Duration) -> Self {
        Self { entries: HashMap::new(), free, longest_wait }
    }

    /// How long to wait; `None` = not at all.
    fn wait(&self, key: &K, now: Timestamp) -> Option<Duration> {
        let failures = self.entries.get(key)?;
        let beyond = failures.count.checked_sub(self.free)?;
        let until = failures.last.after(Duration::from_secs(1 << beyond.min(16)).min(self.longest_wait));
        (now < until).then(|| until.since(now))
    }

    fn failed(&mut self, key: K, now: Timestamp) {
        if self.entries.len() >= ENTRIES_MAX && !self.entries.contains_key(&key) {
            self.entries.retain(|_, failures| now < failures.last.after(REMEMBERED));
            if self.entries.len() >= ENTRIES_MAX
                && let Some(least) =
                    self.entries.iter().min_by_key(|(_, failures)| (failures.count, failures.last)).map(|(key, _)| key.clone())
            {
                self.entries.remove(&least);
            }
        }
        let failures = self.entries.entry(key).or_insert(Failures { count: 0, last: now });
        if failures.last.after(REMEMBERED) <= now {
            failures.count = 0;
        }
        *failures = Failures { count: failures.count.saturating_add(1), last: now };
    }

    /// One of the failures was none.
    fn take_back(&mut self, key: &K) {
        if let Some(failures) = self.entries.get_mut(key) {
            failures.count = failures.count.saturating_sub(1);
            if failures.count == 0 {
                self.entries.remove(key);
            }
        }
    }
}

/// The name as it is counted: mail addresses are found in any case.
fn folded(name: &str) -> String {
    name[..name.floor_char_boundary(NAME_MAX)].to_lowercase()
}

/// The address as it is counted: of IPv6 the network of one customer, who has more addresses than can be counted.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    /// The waits that failures without pause lead to.
    fn waits(attempts: &Attempts, name: impl Fn(u32) -> String, address: impl Fn(u32) -> IpAddr) -> Vec<u64> {
        let (mut now, mut waits) = (at(0), Vec::new());
        for number in 0..40 {
            while let Err(wait) = attempts.begin(&name(number), address(number), now) {
                waits.push(wait.as_secs());
                now = now.after(wait);
            }
        }
        waits
    }

    #[test]
    fn an_address_that_fails_waits_longer_each_time() {
        let waits = waits(&Attempts::default(), |number| format!("name{number}"), |_| ip("192.0.2.1"));
        assert_eq!(waits[..8], [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn a_name_waits_wherever_it_is_tried_from() {
        let address = |number| IpAddr::V4(std::net::Ipv4Addr::from_bits(number));
        let waits = waits(&Attempts::default(), |number| ["admin", "Admin", "ADMIN"][number as usize % 3].into(), address);
        assert_eq!(waits[..7], [1, 2, 4, 8, 16, 30, 30]);
    }

    #[test]
    fn an_empty_name_is_slowed_by_address_only() {
        let stranger = |number: u32| IpAddr::V4(std::net::Ipv4Addr::from_bits(number));
        assert!(waits(&Attempts::default(), |_| String::new(), stranger).is_empty());
        assert_eq!(waits(&Attempts::default(), |_| String::new(), |_| ip("192.0.2.1"))[..3], [1, 2, 4]);
    }

    #[test]
    fn the_addresses_of_one_network_of_ipv6_count_as_one() {
        let address = |number: u32| ip(&format!("2001:db8:0:7::{number:x}"));
        assert!(!waits(&Attempts::default(), |number| format!("name{number}"), address).is_empty());
        assert_eq!(network(ip("::ffff:192.0.2.1")), ip("192.0.2.1"));
    }

    #[test]
    fn strangers_do_not_keep_a_name_out_where_it_has_logged_in() {
        let attempts = Attempts::default();
        attempts.begin("admin", ip("192.0.2.1"), at(0)).expect("the first").succeeded(at(0));
        let stranger = |number: u32| IpAddr::V4(std::net::Ipv4Addr::from_bits(number));
        let refused = (0..1000).filter(|number| attempts.begin("admin", stranger(*number), at(1)).is_err()).count();
        assert!(refused > 900, "{refused}");
        attempts.begin("admin", ip("192.0.2.1"), at(1)).expect("known").succeeded(at(1));
        assert!(attempts.begin("admin", ip("192.0.2.2"), at(1)).is_err());
        assert!(attempts.begin("admin", ip("192.0.2.2"), at(60)).is_ok(), "a new address only waits");
    }

    #[test]
    fn many_at_once_are_no_way_around_and_right_ones_cost_nothing() {
        let attempts = Attempts::default();
        let under_way: Vec<_> = (0..600).map_while(|_| attempts.begin("admin", ip("192.0.2.1"), at(0)).ok()).collect();
        assert_eq!(under_way.len(), FREE_OF_NAME as usize);
        under_way.into_iter().for_each(Attempt::not_made);
        for _ in 0..600 {
            attempts.begin("admin", ip("192.0.2.1"), at(0)).expect("no wait").succeeded(at(0));
        }
    }

    #[test]
    fn what_is_long_ago_is_forgotten_and_tables_are_bounded() {
        let attempts = Attempts::default();
        waits(&attempts, |_| "admin".into(), |_| ip("192.0.2.1"));
        for number in 0..10_000 {
            let address = IpAddr::V4(std::net::Ipv4Addr::from_bits(number));
            attempts.begin(&format!("{number}{}", "x".repeat(1000)), address, at(600)).expect("new").succeeded(at(600));
        }
        let tables = attempts.lock();
        let sizes = (tables.names.entries.len(), tables.addresses.entries.len(), tables.trusted.len());
        assert!(sizes.0 <= ENTRIES_MAX && sizes.1 <= ENTRIES_MAX && sizes.2 == ENTRIES_MAX, "{sizes:?}");
        assert!(tables.names.entries.contains_key("admin"), "invented names do not push out one under attack");
        assert!(tables.names.entries.keys().all(|name| name.len() <= NAME_MAX));
        drop(tables);
        assert!(waits(&attempts, |_| "root".into(), |_| ip("192.0.2.7"))[0] > 0);
        let later = at(24 * 60 * 60);
        for _ in 0..FREE_OF_NAME {
            attempts.begin("root", ip("192.0.2.7"), later).expect("forgotten");
        }
    }
}
