//! The rest of a request's body that nobody has read when the answer is ready.
//!
//! A proxy keeps its connections, and sends the next request where the last one was answered. So HTTP/1.1 leaves a server two ways to answer before it
//! has read the body: read the rest, or say that the connection ends. A server that just closes the connection loses the request after this one.
//!
//! [`share`] keeps a hand on the body while a handler has it. [`Unread::settle`] then chooses the way, for every answer of every route.
//! [`Lingering`] lets a client that still sends read its answer, before the connection is closed.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::{CONNECTION, EXPECT};
use axum::http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep, timeout};

/// The most bytes that are read for the sake of the connection: more than nearly every delivery has, and less than is worth a new connection.
const DRAINED_MAX: u64 = 256 * 1024;

/// How long the rest of a body may take to arrive. The answer waits for it.
const DRAIN: Duration = Duration::from_secs(2);

/// How long a client may go on sending on a connection that is closed, before it reads the answer.
const LINGER: Duration = Duration::from_secs(5);

/// How much all clients together may go on sending: 32 MiB a second. One that means well is through at once, and many that do not take no processor.
/// That is this many turns of [`LINGER_TURN`] bytes.
const LINGER_TURNS: u32 = 512;

/// How much one client may send before it has to wait for its next turn.
const LINGER_TURN: usize = 64 * 1024;

/// How many clients go on sending.
static LINGERERS: AtomicUsize = AtomicUsize::new(0);

/// The body of a request, in the hands of its handler.
#[derive(Debug)]
pub(super) struct SharedBody(Arc<Mutex<Shared>>);

/// The same body, in the hands of the connection.
#[derive(Debug)]
pub(super) struct Unread {
    body: Arc<Mutex<Shared>>,
    /// Whether the client sends the body only when it is told to.
    waits: bool,
}

#[derive(Debug)]
struct Shared {
    incoming: Incoming,
    begun: bool,
    is_over: bool,
}

/// Lets a handler have a request, and keeps a hand on its body.
pub(super) fn share(request: Request<Incoming>) -> (Request<SharedBody>, Unread) {
    let waits = request.headers().contains_key(EXPECT);
    let (head, incoming) = request.into_parts();
    let body = Arc::new(Mutex::new(Shared { is_over: incoming.is_end_stream(), begun: false, incoming }));
    (Request::from_parts(head, SharedBody(Arc::clone(&body))), Unread { body, waits })
}

impl Unread {
    /// Reads the rest of the body if it is small and comes soon. Otherwise the answer says that the connection ends.
    pub(super) async fn settle<B>(self, answer: &mut Response<B>) {
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            return;
        }
        let is_over = self.is_over() || (self.is_worth_it() && timeout(DRAIN, self.drain()).await.unwrap_or(false));
        if !is_over {
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }

    fn is_over(&self) -> bool {
        lock(&self.body).is_over
    }

    /// A client that waits to be told has not sent the body, and to read would be to ask for it.
    fn is_worth_it(&self) -> bool {
        let body = lock(&self.body);
        (body.begun || !self.waits) && body.incoming.size_hint().lower() <= DRAINED_MAX
    }

    /// Whether the end was reached.
    async fn drain(&self) -> bool {
        let mut read: u64 = 0;
        while read <= DRAINED_MAX {
            match std::future::poll_fn(|cx| lock(&self.body).poll(cx)).await {
                Some(Ok(frame)) => read += frame.data_ref().map_or(0, |bytes| bytes.len() as u64),
                Some(Err(_)) => return false,
                None => return true,
            }
        }
        false
    }
}

impl Shared {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        self.begun = true;
        let frame = ready!(Pin::new(&mut self.incoming).poll_frame(cx));
        self.is_over = frame.is_none() || self.incoming.is_end_stream();
        Poll::Ready(frame)
    }
}

impl Body for SharedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        lock(&self.0).poll(cx)
    }

    fn is_end_stream(&self) -> bool {
        lock(&self.0).is_over
    }

    fn size_hint(&self) -> SizeHint {
        lock(&self.0).incoming.size_hint()
    }
}

fn lock(body: &Mutex<Shared>) -> std::sync::MutexGuard<'_, Shared> {
    body.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection whose end waits until the client has stopped sending. Bytes that nobody has read when a connection is closed make the kernel reset it,
/// and the client then loses the answer.
#[derive(Debug)]
pub(super) struct Lingering<S> {
    stream: S,
    ends: Option<End>,
}

impl<S> Lingering<S> {
    pub(super) const fn new(stream: S) -> Self {
        Self { stream, ends: None }
    }
}

/// The end of a connection whose client goes on sending.
#[derive(Debug)]
struct End {
    at: Pin<Box<Sleep>>,
    next_turn: Pin<Box<Sleep>>,
    /// How much may be read in this turn.
    left: usize,
}

impl End {
    fn begin() -> Self {
        LINGERERS.fetch_add(1, Ordering::Relaxed);
        Self { at: Box::pin(sleep(LINGER)), next_turn: Box::pin(sleep(Duration::ZERO)), left: LINGER_TURN }
    }

    /// Waits until bytes may be read; how many.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        if self.left == 0 {
            ready!(self.next_turn.as_mut().poll(cx));
            self.left = LINGER_TURN;
        }
        Poll::Ready(self.left)
    }

    /// Bytes were read. The more clients there are, the longer each waits for its next turn.
    fn read(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes);
        if self.left == 0 {
            let clients = u32::try_from(LINGERERS.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
            let wait = Duration::from_secs(1).saturating_mul(clients) / LINGER_TURNS;
            self.next_turn = Box::pin(sleep(wait));
        }
    }
}

impl Drop for End {
    fn drop(&mut self) {
        LINGERERS.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Lingering<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Lingering<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.ends.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
        }
        let end = this.ends.get_or_insert_with(End::begin);
        let mut ignored = [0; 8192];
        loop {
            if end.at.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let most = ready!(end.poll_turn(cx)).min(ignored.len());
            let mut buffer = ReadBuf::new(&mut ignored[..most]);
            let read = ready!(Pin::new(&mut this.stream).poll_read(cx, &mut buffer));
            end.read(buffer.filled().len());
            // Either the client has closed its side, or the connection is broken.
            if read.is_err() || buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, parts: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;
    use tokio::time::Instant;

    use super::*;

    /// Ends the connection of a client that goes on sending. How many bytes the client sent, and how long the end took.
    async fn end(mut client: impl FnMut(usize) -> bool + Send + 'static) -> (usize, Duration) {
        let (here, mut there) = tokio::io::duplex(LINGER_TURN);
        let sends = tokio::spawn(async move {
            let mut sent = 0;
            while client(sent) && there.write_all(&[b' '; 1024]).await.is_ok() {
                sent += 1024;
            }
            sent
        });
        let begun = Instant::now();
        let mut lingering = Lingering::new(here);
        lingering.shutdown().await.expect("ended");
        drop(lingering);
        (sends.await.expect("no panic"), begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_never_stops_is_read_slowly_and_not_for_long() {
        let (sent, took) = end(|_| true).await;
        assert_eq!(took, LINGER);
        let most = LINGER_TURN * LINGER_TURNS as usize * usize::try_from(LINGER.as_secs()).expect("small");
        assert!((LINGER_TURN..most + 4 * LINGER_TURN).contains(&sent), "{sent} of {most}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_stops_has_sent_all_it_has() {
        let (sent, took) = end(|sent| sent < 1024 * 1024).await;
        assert_eq!(sent, 1024 * 1024);
        assert!(took < LINGER, "{took:?}");
    }
}
