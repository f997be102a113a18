//! The activity of a connection, and how long each kind of activity may take.
//!
//! A client holds a connection by not sending, or by not reading. [`Activity`] knows which of these it is and since when. So the connection ends in
//! time ([`Activity::overdue`]), or earlier where its place is needed for another one ([`Activity::waits_since`]).

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, sleep_until};

/// How long a client may take for the head of a request: for the first one from the start of the connection, for others from their first byte.
pub(super) const HEAD: Duration = Duration::from_secs(5);

/// How long a connection may wait for its next request. Proxies keep theirs for less: nginx 1 min, Traefik 90 s, Caddy 2 min, load balancers of
/// clouds up to 10 min. A proxy does not send a request again that met a connection which was just being closed.
const IDLE: Duration = Duration::from_mins(11);

/// How long a client may read nothing of an answer.
pub(super) const UNREAD: Duration = Duration::from_secs(30);

/// The most bytes of an answer that are handed over at once. A client that closes its window holds no more than that.
const PIECE: usize = 16 * 1024;

/// The activity of one connection. Clones are of the same one.
#[derive(Clone, Debug)]
pub(super) struct Activity(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// Since when there is no request.
    waits_since: Instant,
    /// Whether there was a request.
    has_asked: bool,
    /// When the first byte of a head came, while there is no request.
    head_since: Option<Instant>,
    /// Requests that are not answered to the end.
    requests: usize,
    /// Answers that are being sent.
    answers: usize,
    /// When the client last made room for a part of an answer.
    read_at: Instant,
    /// Since when the client takes no bytes that are to be written.
    stalls_since: Option<Instant>,
    /// Whether the connection is a WebSocket now, which has its own rules.
    is_handed_over: bool,
}

impl Activity {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self(Arc::new(Mutex::new(State {
            waits_since: now,
            has_asked: false,
            head_since: None,
            requests: 0,
            answers: 0,
            read_at: now,
            stalls_since: None,
            is_handed_over: false,
        })))
    }

    /// Ends when the client has taken too long, and says for what.
    pub(super) async fn overdue(&self) -> &'static str {
        let mut timer = pin!(sleep_until(self.due().0));
        // The connection is looked at before this in the same task. So each change of its activity is seen here.
        poll_fn(|cx| {
            loop {
                let (due, why) = self.due();
                if timer.deadline() != due {
                    timer.as_mut().reset(due);
                }
                ready!(timer.as_mut().poll(cx));
                if self.due().0 <= due {
                    return Poll::Ready(why);
                }
            }
        })
        .await
    }

    /// Since when the connection waits for its client, so that its end would harm no request. `None` while the server has something to do, or the client
    /// took bytes of its answer within this time.
    pub(super) fn waits_since(&self, stall: Duration) -> Option<Instant> {
        let state = self.lock();
        match (state.is_handed_over, state.stalls_since, state.requests) {
            (false, Some(since), _) => Some(since).filter(|since| since.elapsed() >= stall),
            (false, None, 0) => Some(state.waits_since),
            _ => None,
        }
    }

    /// The handshake is over: from now on the client may send its first request.
    pub(super) fn is_open(&self) {
        self.lock().waits_since = Instant::now();
    }

    /// The connection is a WebSocket from now on.
    pub(super) fn hand_over(&self) {
        self.lock().is_handed_over = true;
    }

    /// A request has come.
    pub(super) fn begin(&self) -> Exchange {
        let mut state = self.lock();
        state.requests += 1;
        state.has_asked = true;
        state.head_since = None;
        drop(state);
        Exchange { activity: self.clone(), is_answer: false }
    }

    fn due(&self) -> (Instant, &'static str) {
        let state = self.lock();
        if let Some(since) = state.stalls_since {
            return (since + UNREAD, "the client reads nothing");
        }
        if state.answers > 0 {
            return (state.read_at + UNREAD, "the client makes no room for an answer");
        }
        if state.requests > 0 {
            // Each handler has limits of its own; this looks again.
            return (Instant::now() + IDLE, "a request takes too long");
        }
        match (state.head_since, state.has_asked) {
            (_, false) => (state.waits_since + HEAD, "no request came"),
            (Some(since), true) => (since + HEAD, "a request did not come to the end of its head"),
            (None, true) => (state.waits_since + IDLE, "no further request came"),
        }
    }

    /// Bytes have come.
    pub(super) fn received(&self) {
        let mut state = self.lock();
        if state.requests == 0 && state.head_since.is_none() {
            state.head_since = Some(Instant::now());
        }
    }

    /// The client takes bytes, or none.
    pub(super) fn wrote(&self, outcome: &Poll<io::Result<impl Sized>>) {
        let mut state = self.lock();
        match outcome {
            Poll::Pending => state.stalls_since = state.stalls_since.or_else(|| Some(Instant::now())),
            Poll::Ready(_) => state.stalls_since = None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request and its answer, until the last of the answer is handed over.
#[derive(Debug)]
pub(super) struct Exchange {
    activity: Activity,
    is_answer: bool,
}

impl Exchange {
    /// The answer is there; the client has to read it.
    pub(super) fn answer<B>(mut self, body: B) -> Answer<B> {
        self.is_answer = true;
        let mut state = self.activity.lock();
        state.answers += 1;
        state.read_at = Instant::now();
        drop(state);
        Answer { body, rest: Bytes::new(), exchange: self }
    }

    fn is_read(&self) {
        self.activity.lock().read_at = Instant::now();
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let mut state = self.activity.lock();
        state.requests -= 1;
        state.answers -= usize::from(self.is_answer);
        if state.requests == 0 {
            state.waits_since = Instant::now();
        }
    }
}

/// The body of an answer, in pieces of which the next is handed over when the client has room for it.
#[derive(Debug)]
pub(super) struct Answer<B> {
    body: B,
    rest: Bytes,
    exchange: Exchange,
}

impl<B: Body<Data = Bytes> + Unpin> Body for Answer<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = &mut *self;
        this.exchange.is_read();
        if this.rest.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_frame(cx)).map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(bytes))) => this.rest = bytes,
                Some(Ok(Err(trailers))) => return Poll::Ready(Some(Ok(trailers))),
                Some(Err(fault)) => return Poll::Ready(Some(Err(fault))),
                None => return Poll::Ready(None),
            }
        }
        let piece = this.rest.split_to(this.rest.len().min(PIECE));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, mut hint) = (self.rest.len() as u64, self.body.size_hint());
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }
}
