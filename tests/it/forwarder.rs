//! One address for several servers, as a load balancer gives it: each connection goes to a server that takes it, each server in turn.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a load balancer says when all its servers are gone; a client knows from it that it may ask again.
const NOBODY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// A forwarder; it stops when it is dropped.
pub(crate) struct Forwarder {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Forwarder {
    /// Forwards to these servers from an address of its own.
    pub(crate) async fn start(servers: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("it listens");
        let (servers, turn) = (Arc::<[SocketAddr]>::from(servers), Arc::new(AtomicUsize::new(0)));
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, Arc::clone(&servers), turn.fetch_add(1, Ordering::Relaxed)));
            }
        });
        Self { address, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A connection that breaks on either side is broken on both; more is not to be done about it.
async fn forward(mut client: TcpStream, servers: Arc<[SocketAddr]>, first: usize) {
    for number in 0..servers.len() {
        if let Ok(mut server) = TcpStream::connect(servers[(first + number) % servers.len()]).await {
            drop(tokio::io::copy_bidirectional(&mut client, &mut server).await);
            return;
        }
    }
    // What was asked is taken first: a connection that is closed with unread bytes loses its answer.
    drop(client.readable().await);
    let Ok(mut client) = client.into_std() else { return };
    drop(client.read(&mut [0; 8192]));
    drop(client.write(NOBODY));
}
