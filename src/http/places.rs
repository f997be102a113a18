//! The places of connections. A new connection takes the place of one that waits for its client, where none is free.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::activity::Activity;
use super::limits::{Limits, client_of};
use crate::telemetry::Metrics;

/// How often the log tells of connections that got no place.
const TOLD: Duration = Duration::from_secs(10);

/// How long a client may take no bytes of its answer before another connection of the same peer gets its place. One that reads takes some far sooner,
/// however long its answer is.
const STALL: Duration = Duration::from_secs(1);

/// All places. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Places {
    limits: Limits,
    metrics: Metrics,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    peers: HashMap<IpAddr, Peer>,
    count: usize,
    next: u64,
    /// When the log was told last, and how many got no place since.
    told: Option<Instant>,
    untold: usize,
}

#[derive(Debug, Default)]
struct Peer {
    is_trusted: bool,
    held: BTreeMap<u64, Held>,
}

#[derive(Debug)]
struct Held {
    activity: Activity,
    leave: CancellationToken,
}

/// The place of one connection, free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Places,
    peer: IpAddr,
    number: u64,
    /// What the connection does.
    pub(super) activity: Activity,
    /// The place is needed for another connection.
    pub(super) leave: CancellationToken,
}

impl Places {
    pub(super) fn new(limits: Limits, metrics: Metrics) -> Self {
        Self { limits, metrics, taken: Arc::default() }
    }

    /// A place for a connection of this peer. A peer that has its share gets the place of its own connection that waits longest. Where all places are
    /// taken, the peer that has the most of them loses one. `None` = every connection has a request under way.
    pub(super) fn take(&self, address: IpAddr) -> Option<Place> {
        let (peer, is_trusted) = (client_of(address), self.limits.trusts(address));
        let mut taken = self.lock();
        let has_its_share = !is_trusted && taken.peers.get(&peer).is_some_and(|own| own.held.len() >= self.limits.connections_per_peer);
        let reason = if has_its_share { "peer" } else { "all" };
        let is_full = taken.count >= self.limits.connections;
        if (has_its_share && !taken.dismiss_of(peer, STALL)) || (is_full && !has_its_share && !taken.dismiss()) {
            self.turned_away(&mut taken, reason, address);
            return None;
        }
        if has_its_share || is_full {
            self.metrics.connection_lost(&format!("displaced_{reason}"));
        }
        let (number, activity, leave) = (taken.next, Activity::new(), CancellationToken::new());
        taken.next += 1;
        taken.count += 1;
        let own = taken.peers.entry(peer).or_default();
        own.is_trusted = is_trusted;
        own.held.insert(number, Held { activity: activity.clone(), leave: leave.clone() });
        drop(taken);
        Some(Place { places: self.clone(), peer, number, activity, leave })
    }

    /// The system gives no further connection, most likely because there is no descriptor left.
    pub(super) fn refused_by_system(&self, fault: &std::io::Error) {
        self.metrics.connection_lost("system");
        let mut taken = self.lock();
        let made_room = taken.dismiss();
        if taken.is_time_to_tell() {
            tracing::error!(error = %fault, open = taken.count, made_room, lost = taken.untold, "cannot take connections of clients");
            taken.untold = 0;
        }
    }

    fn turned_away(&self, taken: &mut Taken, reason: &'static str, address: IpAddr) {
        self.metrics.connection_lost(reason);
        if taken.is_time_to_tell() {
            tracing::warn!(
                peer = %address,
                open = taken.count,
                full = reason,
                lost = taken.untold,
                "turned connections away, because others hold all places; see [limits] of the configuration"
            );
            taken.untold = 0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// Ends the connection that waits longest, of the peer that has the most. Those of a trusted proxy come last. `false` = none waits. Clients of many
    /// addresses that read nothing must not keep others out for a moment.
    fn dismiss(&mut self) -> bool {
        let mut peers: Vec<_> = self.peers.iter().map(|(peer, own)| (own.is_trusted, usize::MAX - own.held.len(), *peer)).collect();
        peers.sort_unstable();
        peers.into_iter().any(|(_, _, peer)| self.dismiss_of(peer, Duration::ZERO))
    }

    /// Ends the connection of a peer that waits longest. One whose client took bytes of its answer within this time keeps its place.
    fn dismiss_of(&mut self, peer: IpAddr, stall: Duration) -> bool {
        let own = self.peers.get(&peer).map(|own| &own.held);
        let waiting = own.into_iter().flatten().filter_map(|(number, held)| Some((held.activity.waits_since(stall)?, *number)));
        let longest = waiting.min();
        longest.and_then(|(_, number)| self.free(peer, number)).is_some_and(|held| {
            held.leave.cancel();
            true
        })
    }

    fn free(&mut self, peer: IpAddr, number: u64) -> Option<Held> {
        let own = self.peers.get_mut(&peer)?;
        let held = own.held.remove(&number)?;
        if own.held.is_empty() {
            self.peers.remove(&peer);
        }
        self.count -= 1;
        Some(held)
    }

    fn is_time_to_tell(&mut self) -> bool {
        self.untold += 1;
        let now = Instant::now();
        let is_time = self.told.is_none_or(|told| now >= told + TOLD);
        if is_time {
            self.told = Some(now);
        }
        is_time
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // One that was dismissed has none any more.
        drop(self.places.lock().free(self.peer, self.number));
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::task::Poll;

    use super::*;

    fn places(connections: usize, connections_per_peer: usize) -> Places {
        let trusted_proxies = ["10.0.0.0/8".parse().expect("a network")].into();
        let limits = Limits { connections, connections_per_peer, trusted_proxies, delivery_bytes: 1, bodies_bytes: 1 };
        Places::new(limits, Metrics::default())
    }

    fn take(places: &Places, address: &str) -> Option<Place> {
        places.take(address.parse().expect("an address"))
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_with_its_share_gets_the_place_of_its_connection_that_waits_longest() {
        let places = places(10, 2);
        let first = take(&places, "192.0.2.1").expect("a place");
        tokio::time::advance(Duration::from_secs(1)).await;
        let second = take(&places, "192.0.2.1").expect("a place");
        let under_way = first.activity.begin();
        let _third = take(&places, "192.0.2.1").expect("a place");
        assert_eq!((first.leave.is_cancelled(), second.leave.is_cancelled()), (false, true), "the first has a request under way");
        let _other = take(&places, "192.0.2.2").expect("another peer has its own share");
        drop(under_way);
        let _fourth = take(&places, "192.0.2.1").expect("a place");
        assert!(take(&places, "10.0.0.1").is_some_and(|_proxy| (0..5).all(|_| take(&places, "10.0.0.1").is_some())));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_makes_room_for_its_answer_in_time_keeps_its_place() {
        let places = places(10, 1);
        let reader = take(&places, "192.0.2.1").expect("a place");
        let _answer = reader.activity.begin();
        reader.activity.wrote(&Poll::<io::Result<()>>::Pending);
        tokio::time::advance(Duration::from_millis(999)).await;
        assert!(take(&places, "192.0.2.1").is_none(), "no connection of this peer waits");
        tokio::time::advance(Duration::from_millis(1)).await;
        let next = take(&places, "192.0.2.1").expect("the client reads nothing");
        assert!(reader.leave.is_cancelled() && !next.leave.is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn where_all_places_are_taken_a_client_that_does_not_read_loses_its_own_at_once() {
        let places = places(1, 1);
        let reader = take(&places, "192.0.2.1").expect("a place");
        let _answer = reader.activity.begin();
        reader.activity.wrote(&Poll::<io::Result<()>>::Pending);
        assert!(take(&places, "192.0.2.2").is_some() && reader.leave.is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn where_all_places_are_taken_the_peer_with_the_most_loses_one_and_a_trusted_proxy_last() {
        let places = places(6, 6);
        let held = ["192.0.2.1", "192.0.2.2", "192.0.2.2", "10.0.0.1", "10.0.0.1", "10.0.0.1"];
        let held = held.map(|address| take(&places, address).expect("a place"));
        let dismissed = || held.iter().map(|place| place.leave.is_cancelled()).collect::<Vec<_>>();
        let new = take(&places, "192.0.2.9").expect("a place");
        assert_eq!(dismissed(), [false, true, false, false, false, false]);
        let busy = [&held[0], &held[2], &new].map(|place| place.activity.begin());
        let newer = take(&places, "192.0.2.9").expect("a place");
        assert_eq!(dismissed(), [false, true, false, true, false, false]);
        let all = [&held[4], &held[5], &newer].map(|place| place.activity.begin());
        assert!(take(&places, "192.0.2.10").is_none(), "every connection has a request");
        drop((busy, all));
        drop(held);
        assert_eq!(places.lock().count, 2);
        drop((new, newer));
        assert!(places.lock().peers.is_empty());
    }
}
