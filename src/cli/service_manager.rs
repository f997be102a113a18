//! The service manager that started the server: it is told when the server is ready, reloads and stops, and that it lives.
//!
//! The protocol is that of `sd_notify(3)`: datagrams of `NAME=value` lines to the socket that the environment names.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use tracing::{error, info, warn};

/// The service manager, if there is one that wants to be told. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct ServiceManager(Option<Arc<Socket>>);

struct Socket {
    datagrams: UnixDatagram,
    address: SocketAddr,
    /// It ends a server that has been silent for so long.
    watchdog: Option<Duration>,
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("address", &self.address).field("watchdog", &self.watchdog).finish_non_exhaustive()
    }
}

impl ServiceManager {
    /// The one that the environment names.
    pub(super) fn from_environment() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the service manager's words to this process, not configuration")]
        let told = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let Some(name) = told("NOTIFY_SOCKET") else { return Self::default() };
        let number = |name: &str| told(name).and_then(|value| value.to_str()?.parse::<u64>().ok());
        let is_ours = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
        let watchdog = number("WATCHDOG_USEC").filter(|micros| is_ours && *micros > 0).map(Duration::from_micros);
        match Self::at(&name, watchdog) {
            Ok(manager) => manager,
            Err(fault) => {
                warn!(error = %fault, socket = ?name, "the service manager cannot be told of the server");
                Self::default()
            }
        }
    }

    /// A name that begins with `@` is one of Linux's abstract names, which no file has.
    fn at(name: &OsStr, watchdog: Option<Duration>) -> io::Result<Self> {
        let address = match name.as_bytes().strip_prefix(b"@") {
            Some(name) => SocketAddr::from_abstract_name(name)?,
            None => SocketAddr::from_pathname(name)?,
        };
        let datagrams = UnixDatagram::unbound()?;
        // Nobody waits for a service manager that does not read.
        datagrams.set_nonblocking(true)?;
        Ok(Self(Some(Arc::new(Socket { datagrams, address, watchdog }))))
    }

    /// The server does its work, or has done what HUP asks for.
    pub(super) fn ready(&self) {
        self.tell("READY=1");
    }

    /// The server begins to do what HUP asks for.
    pub(super) fn reloading(&self) {
        let now = clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Duration::ZERO, Duration::from);
        self.tell(&format!("RELOADING=1\nMONOTONIC_USEC={}", now.as_micros()));
    }

    /// The server stops.
    pub(super) fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    /// Tells twice in each period of the watchdog that the server lives, as long as it does. Without a watchdog this ends at once.
    pub(super) async fn feed_watchdog(self, is_alive: impl Fn() -> bool) {
        let Some(period) = self.0.as_ref().and_then(|socket| socket.watchdog) else { return };
        let mut was_alive = true;
        loop {
            let lives = is_alive();
            if lives {
                self.tell("WATCHDOG=1");
            }
            match (was_alive, lives) {
                (true, false) => {
                    error!("the server does not go on, so the service manager is not told that it lives");
                }
                (false, true) => info!("the server goes on; the service manager is told so again"),
                _ => {}
            }
            was_alive = lives;
            tokio::time::sleep(period / 2).await;
        }
    }

    fn tell(&self, state: &str) {
        let Some(socket) = &self.0 else { return };
        if let Err(fault) = socket.datagrams.send_to_addr(state.as_bytes(), &socket.address) {
            warn!(error = %fault, state, "the service manager could not be told");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::crypto::random;

    fn heard(socket: &UnixDatagram) -> String {
        let mut text = [0; 256];
        let length = socket.recv(&mut text).expect("a datagram");
        String::from_utf8_lossy(&text[..length]).into_owned()
    }

    #[test]
    fn names_of_files_and_abstract_names_are_reached() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("notify");
        let abstract_name = format!("garm-{}", random::uuid());
        let address = SocketAddr::from_abstract_name(&abstract_name).expect("a name");
        let sockets = [
            (path.clone().into_os_string(), UnixDatagram::bind(&path).expect("bound")),
            (format!("@{abstract_name}").into(), UnixDatagram::bind_addr(&address).expect("bound")),
        ];
        for (name, socket) in sockets {
            let manager = ServiceManager::at(&name, None).expect("an address");
            manager.ready();
            manager.reloading();
            manager.stopping();
            assert_eq!(heard(&socket), "READY=1");
            let reloading = heard(&socket);
            let micros = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").and_then(|micros| micros.parse::<u64>().ok());
            assert!(micros.is_some_and(|micros| micros > 0), "{reloading}");
            assert_eq!(heard(&socket), "STOPPING=1");
        }
    }

    #[test]
    fn a_manager_that_is_not_there_or_does_not_read_holds_nobody_up() {
        ServiceManager::at(OsStr::new("/nowhere/notify"), None).expect("an address").ready();
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("notify");
        let _unread = UnixDatagram::bind(&path).expect("bound");
        let manager = ServiceManager::at(path.as_os_str(), None).expect("an address");
        (0..10_000).for_each(|_| manager.ready());
    }

    #[tokio::test(start_paused = true)]
    async fn the_watchdog_is_fed_twice_in_its_period_while_the_server_lives() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("notify");
        let socket = UnixDatagram::bind(&path).expect("bound");
        socket.set_nonblocking(true).expect("set");
        let count = || std::iter::from_fn(|| socket.recv(&mut [0; 64]).ok()).count();
        let lives = Arc::new(AtomicBool::new(true));
        let asked = Arc::clone(&lives);
        let manager = ServiceManager::at(path.as_os_str(), Some(Duration::from_secs(30))).expect("an address");
        let _feeding = tokio::spawn(manager.feed_watchdog(move || asked.load(Ordering::SeqCst)));
        tokio::time::sleep(Duration::from_secs(59)).await;
        assert_eq!(count(), 4);
        lives.store(false, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_mins(5)).await;
        assert_eq!(count(), 0);
        lives.store(true, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(30)).await;
        assert!(count() >= 1);
    }
}
