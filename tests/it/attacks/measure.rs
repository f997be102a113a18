//! Memory, descriptors and processor time of the server under attack, as the system counts them.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use crate::harness::Installation;

/// The moment, to measure how long an answer takes.
#[expect(clippy::disallowed_methods, reason = "a test measures how long an answer takes")]
pub(super) fn now() -> Instant {
    Instant::now()
}

/// What the server's process takes of the system.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    process: u32,
}

impl Measured {
    /// Measures the server of an installation, until that server is started again.
    pub(crate) fn server(garm: &Installation) -> Self {
        Self::process(garm.process())
    }

    /// Measures a process.
    pub(crate) fn process(process: u32) -> Self {
        Self { process }
    }

    /// Memory that is resident now, in MiB.
    pub(crate) fn resident(self) -> u64 {
        self.status("VmRSS:") / 1024
    }

    /// Memory of its own that is resident now, in MiB: without the pages of its program, which the system takes back when it needs them.
    pub(crate) fn own(self) -> u64 {
        self.status("RssAnon:") / 1024
    }

    /// The most memory that was ever resident, or was since [`Measured::forget_peak`], in MiB.
    pub(crate) fn peak(self) -> u64 {
        self.status("VmHWM:") / 1024
    }

    /// Begins anew to look for the most memory.
    pub(crate) fn forget_peak(self) {
        fs::write(format!("/proc/{}/clear_refs", self.process), "5").expect("the own child can be told");
    }

    /// Open descriptors.
    pub(crate) fn descriptors(self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.process)).expect("the server runs").count()
    }

    /// Connections of clients: sockets of the process at a port where the process listens. Those to the database and to forges do not count, of which
    /// there may be more or fewer at any time.
    pub(crate) fn connections(self) -> usize {
        const LISTENS: &str = "0A";
        let links = fs::read_dir(format!("/proc/{}/fd", self.process)).expect("the server runs");
        // A descriptor may be closed meanwhile.
        let links = links.filter_map(|entry| fs::read_link(entry.expect("an entry").path()).ok());
        let own: BTreeSet<String> = links.map(|link| link.to_string_lossy().into_owned()).collect();
        let tables = ["tcp", "tcp6"].map(|table| fs::read_to_string(format!("/proc/{}/net/{table}", self.process)).unwrap_or_default());
        let rows = tables.iter().flat_map(|table| table.lines().skip(1)).map(|line| line.split_whitespace().collect::<Vec<_>>());
        // Columns as in proc_net_tcp of the kernel's documentation: address and port of this side, state, number of the socket.
        let row = |row: Vec<&str>| {
            Some(((*row.get(1)?).rsplit_once(':')?.1.to_owned(), row.get(3)? == &LISTENS, format!("socket:[{}]", row.get(9)?)))
        };
        let sockets: Vec<(String, bool, String)> = rows.filter_map(row).filter(|(.., socket)| own.contains(socket)).collect();
        let ports: BTreeSet<&str> = sockets.iter().filter(|(_, listens, _)| *listens).map(|(port, ..)| port.as_str()).collect();
        assert!(!ports.is_empty(), "the server listens");
        sockets.iter().filter(|(port, listens, _)| !listens && ports.contains(port.as_str())).count()
    }

    /// Waits until something holds of the server, and fails when it does not within a time.
    pub(crate) async fn within(self, limit: Duration, what: &str, holds: impl Fn(Self) -> bool) {
        let waited = tokio::time::timeout(limit, async {
            while !holds(self) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        let holds = waited.await.is_ok();
        assert!(
            holds,
            "not within {limit:?}: {what}; resident {} MiB, {} descriptors, {} of clients",
            self.resident(),
            self.descriptors(),
            self.connections()
        );
    }

    /// A number of the process, in the system's own unit.
    fn status(self, field: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process)).expect("the server runs");
        let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("Linux tells it");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }
}
