//! Clients that open connections and do not use them as they should: they wait, never read, or are too many.

use std::time::Duration;

use super::measure::Measured;
use crate::harness::{Installation, Plan, databases};

/// What a server at rest may take, in MiB: a binary for tests has more than one for use.
const AT_REST: u64 = 80;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_at_rest_takes_little() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database, ..Plan::default() }).await;
        let server = Measured::server(&garm);
        server.within(Duration::from_secs(30), "a server at rest is small", |server| server.resident() < AT_REST).await;
        assert!(server.peak() < 300 && server.descriptors() < 100, "peak {} MiB, {} descriptors", server.peak(), server.descriptors());
        server.forget_peak();
        assert!(server.peak() < AT_REST + 20, "{} MiB", server.peak());
        garm.finish().await;
    }
}
