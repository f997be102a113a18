//! Serving over plain TCP or TLS.

use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use axum::middleware::from_fn_with_state;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower_http::normalize_path::NormalizePath;

use super::request_log::{KnownParameters, Peer, log_request};
use super::state::Sockets;
use super::unread::{Lingering, share};
use super::{App, openapi, router};

/// How long a client may take for the handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long a client may take until the head of its first request is there.
const FIRST_HEAD: Duration = Duration::from_secs(5);

/// How long a connection may then wait for the head of its next request. Proxies keep theirs for less: nginx 1 min, Traefik 90 s, Caddy 2 min, load
/// balancers of clouds up to 10 min. A proxy does not send a request again that met a connection which was just being closed.
const IDLE: Duration = Duration::from_mins(11);

/// How often a client of HTTP/2 is asked whether it is still there.
const PING: Duration = Duration::from_mins(1);

/// How long requests under way may take once the server stops: longer than any answer, shorter than a service manager waits.
const GRACE: Duration = Duration::from_secs(10);

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

/// Serves until `stop`. Requests under way are then finished, unless a client is too slow. Paths may end with a slash.
pub async fn serve(listener: TcpListener, acceptor: Option<TlsAcceptor>, mut app: App, stop: CancellationToken) {
    let sockets = Sockets::until(stop.clone());
    app.sockets = sockets.clone();
    let routes = NormalizePath::trim_trailing_slash(router(app));
    let routes = Router::new().fallback_service(routes).layer(from_fn_with_state(KnownParameters::of(&openapi()), log_request));
    serve_routes(listener, acceptor, routes, stop).await;
    // Each WebSocket closes itself within seconds.
    sockets.closed().await;
}

/// Each connection has its own task, from the handshake on. So no client waits for a slow one.
async fn serve_routes(mut listener: TcpListener, acceptor: Option<TlsAcceptor>, routes: Router, stop: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            (stream, peer) = Listener::accept(&mut listener) => {
                let (acceptor, routes, stop) = (acceptor.clone(), routes.clone(), stop.clone());
                connections.spawn(async move {
                    if let Err(why) = connection(stream, peer, acceptor, routes, stop).await {
                        tracing::debug!(%peer, reason = %why, "a connection ended");
                    }
                });
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    drop(listener);
    if timeout(GRACE, async { while connections.join_next().await.is_some() {} }).await.is_err() {
        tracing::warn!(connections = connections.len(), "dropping connections whose requests are not over");
        connections.shutdown().await;
    }
}

type Fault = Box<dyn std::error::Error + Send + Sync>;

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    routes: Router,
    stop: CancellationToken,
) -> Result<(), Fault> {
    let Some(acceptor) = acceptor else { return requests(stream, peer, false, routes, stop).await };
    let stream = tokio::select! {
        stream = timeout(HANDSHAKE, acceptor.accept(stream)) => stream.map_err(|_| "the handshake took too long")??,
        () = stop.cancelled() => return Ok(()),
    };
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    requests(stream, peer, is_http2, routes, stop).await
}

/// Answers the requests of one connection. HTTP/2 is used only if the handshake agreed on it.
async fn requests<S>(stream: S, peer: SocketAddr, is_http2: bool, routes: Router, stop: CancellationToken) -> Result<(), Fault>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let begun = CancellationToken::new();
    let (told, routes) = (begun.clone(), TowerToHyperService::new(routes));
    let service = service_fn(move |mut request: Request<Incoming>| {
        told.cancel();
        request.extensions_mut().insert(Peer(peer));
        let (request, unread) = share(request);
        let answer = routes.call(request);
        async move {
            let mut answer = answer.await?;
            // HTTP/2 has a stream for each request, which ends alone.
            if !is_http2 {
                unread.settle(&mut answer).await;
            }
            Ok::<_, Infallible>(answer)
        }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(IDLE);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(PING);
    let builder = if is_http2 { builder.http2_only() } else { builder.http1_only() };
    let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(Lingering::new(stream)), service));
    // The library has one limit for all heads, and that must suit idle connections. The first head gets a shorter limit here.
    let too_late = async {
        match timeout(FIRST_HEAD, begun.cancelled()).await {
            Ok(()) => pending().await,
            Err(late) => late,
        }
    };
    tokio::select! {
        result = connection.as_mut() => return result,
        _ = too_late => return Err("no request came".into()),
        () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    connection.await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::Bytes;
    use axum::routing::post;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::Notify;
    use tokio::task::JoinHandle;

    use super::*;

    /// A server whose one route reads the body, and says when it was reached.
    async fn start() -> (TcpStream, Arc<Notify>, CancellationToken, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let client = TcpStream::connect(listener.local_addr().expect("bound")).await.expect("it listens");
        let (reached, stop) = (Arc::new(Notify::new()), CancellationToken::new());
        let told = Arc::clone(&reached);
        let read = async move |request: axum::extract::Request| {
            told.notify_one();
            axum::body::to_bytes(request.into_body(), 100).await.unwrap_or_else(|_| Bytes::from_static(b"broken"))
        };
        let routes = Router::new().route("/", post(read));
        (client, reached, stop.clone(), tokio::spawn(serve_routes(listener, None, routes, stop)))
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_was_half_sent_does_not_keep_the_server_from_stopping() {
        let (mut client, reached, stop, server) = start().await;
        client.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf").await.expect("sent");
        reached.notified().await;
        let told = tokio::time::Instant::now();
        stop.cancel();
        server.await.expect("no panic");
        assert_eq!(told.elapsed().as_secs(), GRACE.as_secs());
        assert_eq!(client.read(&mut [0; 1]).await.unwrap_or(0), 0, "the connection is dropped");
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_under_way_is_answered_while_the_server_stops() {
        let (mut client, reached, stop, server) = start().await;
        client.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nfirst").await.expect("sent");
        reached.notified().await;
        stop.cancel();
        client.write_all(b"+rest").await.expect("sent");
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.expect("answered, then closed");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("first+rest"), "{answer}");
        server.await.expect("no panic");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_delays_an_early_answer_for_a_moment_only() {
        let (mut client, _, _, _server) = start().await;
        client.write_all(b"POST /elsewhere HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf").await.expect("sent");
        let begun = tokio::time::Instant::now();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.expect("answered, then closed");
        assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("connection: close"), "{answer}");
        assert_eq!(begun.elapsed().as_secs(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_never_stops_sending_is_cut_off_after_its_answer() {
        let (client, _, _, _server) = start().await;
        let (mut reader, mut writer) = client.into_split();
        writer.write_all(b"POST /elsewhere HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999\r\n\r\n").await.expect("sent");
        let mut answer = String::new();
        reader.read_to_string(&mut answer).await.expect("answered, then closed");
        assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("connection: close"), "{answer}");
        let begun = tokio::time::Instant::now();
        while writer.write_all(&[b' '; 1000]).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(begun.elapsed().as_secs(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_does_not_come_ends_the_connection() {
        let (mut client, _, _, _server) = start().await;
        client.write_all(b"POST / HTTP/1.1\r\nhost:").await.expect("sent");
        let begun = tokio::time::Instant::now();
        assert_eq!(client.read(&mut [0; 1]).await.unwrap_or(0), 0, "it is closed");
        assert_eq!(begun.elapsed().as_secs(), FIRST_HEAD.as_secs());
    }
}
