//! Serving over plain TCP or TLS.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tower_http::normalize_path::NormalizePath;

use super::{App, router};

/// How long a client may take for the handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How many connections may wait to be served after their handshake.
const WAITING: usize = 64;

/// Why a certificate or key cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {text}", .path.display())]
pub struct TlsError {
    path: PathBuf,
    text: String,
}

/// Reads certificate chain and key, both PEM files.
///
/// # Errors
/// When they cannot be read or do not belong together.
pub fn tls(certificate: &Path, key: &Path) -> Result<TlsAcceptor, TlsError> {
    let wrong = |path: &Path, text: String| TlsError { path: path.to_owned(), text };
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|fault| wrong(certificate, fault.to_string()))?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|fault| wrong(key, fault.to_string()))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|fault| wrong(key, fault.to_string()))?;
    let mut server =
        builder.with_no_client_auth().with_single_cert(chain, private).map_err(|fault| wrong(certificate, fault.to_string()))?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(server)))
}

/// Serves until told to stop; requests that are being answered are finished. Paths may end with a slash.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, acceptor: Option<TlsAcceptor>, app: App, stop: CancellationToken) -> io::Result<()> {
    let routes = NormalizePath::trim_trailing_slash(router(app));
    let service = Router::new().fallback_service(routes);
    let stopped = stop.cancelled_owned();
    match acceptor {
        None => axum::serve(listener, service).with_graceful_shutdown(stopped).await,
        Some(acceptor) => axum::serve(Handshakes::start(listener, acceptor)?, service).with_graceful_shutdown(stopped).await,
    }
}

/// Connections whose handshake is done. Each handshake has a task of its own, so that a slow client keeps nobody waiting.
struct Handshakes {
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
}

impl Handshakes {
    fn start(listener: TcpListener, acceptor: TlsAcceptor) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (done, ready) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            let mut listener = listener;
            while !done.is_closed() {
                let (stream, peer) = Listener::accept(&mut listener).await;
                let (acceptor, done) = (acceptor.clone(), done.clone());
                tokio::spawn(async move {
                    match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                        Ok(Ok(stream)) => done.send((stream, peer)).await.unwrap_or_default(),
                        Ok(Err(fault)) => tracing::debug!(%peer, error = %fault, "handshake failed"),
                        Err(_) => tracing::debug!(%peer, "handshake took too long"),
                    }
                });
            }
        });
        Ok(Self { ready, address })
    }
}

impl Listener for Handshakes {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            // The accepting task ends with this listener, so there is nothing more to come.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
