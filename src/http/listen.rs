//! Serving over plain TCP or TLS.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use axum::middleware::from_fn_with_state;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower_http::normalize_path::NormalizePath;

use super::activity::Activity;
use super::places::{Place, Places};
use super::request_log::{KnownParameters, Peer, log_request};
use super::state::Sockets;
use super::tls::Tls;
use super::unread::{Lingering, share};
use super::watched::Watched;
use super::{App, openapi, router};

/// How long a client may take for the handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How often a client of HTTP/2 is asked whether it is still there.
const PING: Duration = Duration::from_mins(1);

/// The most bytes of a connection that wait in memory, in each direction. The head of a request must fit.
const BUFFER: usize = 32 * 1024;

/// The bytes that the system keeps for a client that does not read. It would take megabytes for each, if it could choose.
const SYSTEM_BUFFER: u32 = 128 * 1024;

/// Connections that the system holds until they are taken.
const BACKLOG: u32 = 1024;

/// The most requests that a client of HTTP/2 may have under way on one connection.
const STREAMS: u32 = 16;

/// The most bytes that a client of HTTP/2 may send ahead, for one request and for a connection.
const WINDOWS: (u32, u32) = (64 * 1024, 128 * 1024);

/// How long requests under way may take once the server stops: longer than any answer, shorter than a service manager waits.
const GRACE: Duration = Duration::from_secs(10);

/// How long no connection is taken after the system refused one.
const PAUSE: Duration = Duration::from_millis(100);

/// Listens on an address.
///
/// # Errors
/// When that cannot be done, for example because another process does.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    // Each connection inherits it.
    socket.set_send_buffer_size(SYSTEM_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until `stop`. Requests under way are then finished, unless a client is too slow. Paths may end with a slash.
///
/// Requests have threads of their own. However many clients come at once, those that look after machines do not queue behind them.
///
/// # Errors
/// When the system has no more threads.
pub async fn serve(listener: TcpListener, tls: Option<&Tls>, mut app: App, stop: CancellationToken) -> io::Result<()> {
    let sockets = Sockets::until(stop.clone());
    app.sockets = sockets.clone();
    let places = Places::new(app.limits.clone(), app.services.metrics.clone());
    let routes = NormalizePath::trim_trailing_slash(router(app));
    let routes = Router::new().fallback_service(routes).layer(from_fn_with_state(KnownParameters::of(&openapi()), log_request));
    let front = Front::new()?;
    let served = front.runtime().spawn(serve_routes(listener, places, Face { acceptor: tls.map(Tls::acceptor), routes, stop }));
    if let Err(fault) = served.await {
        std::panic::resume_unwind(fault.into_panic());
    }
    // Each WebSocket closes itself within seconds.
    sockets.closed().await;
    Ok(())
}

/// The threads of requests. They end when they are dropped, without a wait.
struct Front(Option<Runtime>);

impl Front {
    fn new() -> io::Result<Self> {
        Ok(Self(Some(Builder::new_multi_thread().thread_name("requests").enable_all().build()?)))
    }

    fn runtime(&self) -> &Runtime {
        self.0.as_ref().expect("it is taken at the end only")
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// What each connection gets.
#[derive(Clone)]
struct Face {
    acceptor: Option<TlsAcceptor>,
    routes: Router,
    stop: CancellationToken,
}

/// Each connection has its own task, from the handshake on. So no client waits for a slow one.
async fn serve_routes(listener: TcpListener, places: Places, face: Face) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = face.stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    // One without a place is closed at once.
                    let Some(place) = places.take(peer.ip()) else { continue };
                    let face = face.clone();
                    connections.spawn(async move {
                        if let Err(why) = connection(stream, peer, place, face).await {
                            tracing::debug!(%peer, reason = %why, "a connection ended");
                        }
                    });
                }
                Err(fault) if is_of_client(&fault) => {}
                Err(fault) => {
                    places.refused_by_system(&fault);
                    sleep(PAUSE).await;
                }
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    drop(listener);
    if timeout(GRACE, async { while connections.join_next().await.is_some() {} }).await.is_err() {
        tracing::warn!(connections = connections.len(), "dropping connections whose requests are not over");
        connections.shutdown().await;
    }
}

/// Whether the client gave up before its connection was taken.
fn is_of_client(fault: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(fault.kind(), K::ConnectionAborted | K::ConnectionReset | K::ConnectionRefused)
}

type Fault = Box<dyn std::error::Error + Send + Sync>;

async fn connection(stream: TcpStream, peer: SocketAddr, place: Place, face: Face) -> Result<(), Fault> {
    let Some(acceptor) = face.acceptor.clone() else { return requests(stream, peer, false, place, face).await };
    let stream = tokio::select! {
        stream = timeout(HANDSHAKE, acceptor.accept(stream)) => stream.map_err(|_| "the handshake took too long")??,
        () = place.leave.cancelled() => return Err("its place was needed".into()),
        () = face.stop.cancelled() => return Ok(()),
    };
    place.activity.is_open();
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    requests(stream, peer, is_http2, place, face).await
}

/// Answers the requests of one connection. HTTP/2 is used only if the handshake agreed on it.
async fn requests<S>(stream: S, peer: SocketAddr, is_http2: bool, place: Place, face: Face) -> Result<(), Fault>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (activity, leave, stop) = (place.activity.clone(), place.leave.clone(), face.stop);
    let (of_requests, routes) = (activity.clone(), TowerToHyperService::new(face.routes));
    let service = service_fn(move |mut request: Request<Incoming>| {
        let exchange = of_requests.begin();
        request.extensions_mut().insert(Peer(peer));
        let (request, unread) = share(request);
        let answer = routes.call(request);
        async move {
            let mut answer = answer.await?;
            // HTTP/2 has a stream for each request, which ends alone.
            if !is_http2 {
                unread.settle(&mut answer).await;
            }
            Ok::<_, Infallible>(answer.map(|body| exchange.answer(body)))
        }
    });
    let stream = TokioIo::new(Lingering::new(Watched::new(stream, place, !is_http2)));
    let end = End { activity, leave, stop };
    if is_http2 {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new()).keep_alive_interval(PING).max_concurrent_streams(STREAMS);
        builder.initial_stream_window_size(WINDOWS.0).initial_connection_window_size(WINDOWS.1);
        #[expect(clippy::cast_possible_truncation, reason = "it is 32 KiB")]
        builder.max_send_buf_size(BUFFER).max_header_list_size(BUFFER as u32);
        end.after(builder.serve_connection(stream, service), http2::Connection::graceful_shutdown).await
    } else {
        let mut builder = http1::Builder::new();
        // How long heads may take is a matter of the connection's activity.
        builder.header_read_timeout(None).max_buf_size(BUFFER);
        end.after(builder.serve_connection(stream, service).with_upgrades(), http1::UpgradeableConnection::graceful_shutdown).await
    }
}

/// What ends a connection from outside.
struct End {
    activity: Activity,
    leave: CancellationToken,
    stop: CancellationToken,
}

impl End {
    /// Lets a connection go on until one of its sides ends it.
    async fn after<C>(self, connection: C, shut_down: fn(Pin<&mut C>)) -> Result<(), Fault>
    where
        C: Future<Output = hyper::Result<()>>,
    {
        let mut connection = pin!(connection);
        let mut stops = false;
        loop {
            tokio::select! {
                // The connection first: what it does decides how long it may go on.
                biased;
                result = connection.as_mut() => {
                    // Where a WebSocket has taken it over, that goes on.
                    self.activity.hand_over();
                    return Ok(result?);
                }
                why = self.activity.overdue() => return Err(why.into()),
                () = self.leave.cancelled() => return Err("its place was needed".into()),
                () = self.stop.cancelled(), if !stops => {
                    stops = true;
                    shut_down(connection.as_mut());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::Bytes;
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::Notify;
    use tokio::task::JoinHandle;

    use super::*;
    use crate::http::activity::{HEAD, UNREAD};
    use crate::http::limits::Limits;
    use crate::telemetry::Metrics;

    fn places() -> Places {
        let limits = Limits { connections: 8, connections_per_peer: 8, trusted_proxies: [].into(), delivery_bytes: 1, bodies_bytes: 1 };
        Places::new(limits, Metrics::default())
    }

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
        let face = Face { acceptor: None, routes, stop: stop.clone() };
        (client, reached, stop, tokio::spawn(serve_routes(listener, places(), face)))
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
            sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(begun.elapsed().as_secs(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_does_not_come_ends_the_connection() {
        let (mut client, _, _, _server) = start().await;
        client.write_all(b"POST / HTTP/1.1\r\nhost:").await.expect("sent");
        let begun = tokio::time::Instant::now();
        assert_eq!(client.read(&mut [0; 1]).await.unwrap_or(0), 0, "it is closed");
        assert_eq!(begun.elapsed().as_secs(), HEAD.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_later_head_that_does_not_come_to_its_end_ends_the_connection_too() {
        let (mut client, _, _, _server) = start().await;
        client.write_all(b"GET /elsewhere HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
        let mut answer = [0; 1000];
        assert!(client.read(&mut answer).await.expect("answered") > 0);
        sleep(Duration::from_mins(10)).await;
        let begun = tokio::time::Instant::now();
        for byte in b"GET / HT" {
            client.write_all(&[*byte]).await.expect("the connection was kept");
            sleep(Duration::from_millis(500)).await;
        }
        assert_eq!(client.read(&mut answer).await.unwrap_or(0), 0, "it is closed");
        assert_eq!(begun.elapsed().as_secs(), HEAD.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_its_answer_is_dropped() {
        // Not a socket: the system would go on taking bytes for a while, which is nothing to virtual time.
        let (mut client, stream) = tokio::io::duplex(1000);
        let routes = Router::new().route("/", get(async || Bytes::from(vec![b'x'; 1_000_000])));
        let place = places().take("127.0.0.1".parse().expect("an address")).expect("a place");
        let face = Face { acceptor: None, routes, stop: CancellationToken::new() };
        let server = tokio::spawn(requests(stream, "127.0.0.1:1".parse().expect("an address"), false, place, face));
        client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
        client.read_exact(&mut [0; 5000]).await.expect("the answer begins");
        let begun = tokio::time::Instant::now();
        let why = server.await.expect("no panic").expect_err("it is dropped");
        assert_eq!((begun.elapsed().as_secs(), why.to_string().as_str()), (UNREAD.as_secs(), "the client reads nothing"));
    }
}
