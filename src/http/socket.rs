//! WebSockets of clients: the handshake, the checks while one is open, and the end.
//!
//! A socket closes when its login ends: the login expires, the account is disabled or removed, or its password changes. A client that does not answer
//! or does not read is dropped. The server closes all sockets when it stops.

use std::pin::pin;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::FromRequestParts;
pub(super) use axum::extract::ws::Utf8Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::request::Parts;
use axum::response::Response;
use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, interval_at, sleep, timeout};
use tracing::{Instrument, error_span, info, warn};

use super::auth::Login;
use super::{App, Error};
use crate::model::describe;
use crate::telemetry::UNFOLLOWED;

/// The largest message a client may send, in bytes.
const MESSAGE_MAX: usize = 1024 * 1024;
/// How often the server sends a ping. A client must answer before the next one.
const PING: Duration = Duration::from_secs(54);
/// How long a client may take to read a message.
const WRITE: Duration = Duration::from_secs(10);
/// How often the login is checked.
const LOGIN_CHECK: Duration = Duration::from_secs(5);
/// How long a client may take to close its side.
const CLOSE: Duration = Duration::from_secs(1);

/// A request that asks for a socket, from a page that may open one.
pub(super) struct Handshake(WebSocketUpgrade);

impl FromRequestParts<App> for Handshake {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let upgrade = WebSocketUpgrade::from_request_parts(parts, app).await;
        let upgrade = upgrade.map_err(|fault| Error::bad_request(format!("this is for WebSockets: {}", fault.body_text())))?;
        if !app.origins.allow(&parts.uri, &parts.headers) {
            let details = "pages of this origin may not open WebSockets; apiserver.cors_origins of the configuration says which may";
            return Err(Error::forbidden(details));
        }
        Ok(Self(upgrade))
    }
}

/// Why the server closes a socket.
#[derive(Debug)]
pub(super) struct Farewell {
    code: u16,
    reason: String,
}

impl Farewell {
    /// The client does not keep up.
    pub(super) fn too_slow(reason: String) -> Self {
        Self { code: close_code::POLICY, reason }
    }

    fn done() -> Self {
        Self { code: close_code::NORMAL, reason: String::new() }
    }

    fn login_over() -> Self {
        Self { code: close_code::NORMAL, reason: "the login is over".into() }
    }

    fn stopping() -> Self {
        Self { code: close_code::AWAY, reason: "the server stops".into() }
    }
}

impl Handshake {
    /// Opens the socket and sends all messages, until the client leaves or its login ends.
    pub(super) fn send_all<M>(self, app: &App, login: Login, messages: M) -> Response
    where
        M: Stream<Item = Result<Utf8Bytes, Farewell>> + Send + 'static,
    {
        let (app, of_server) = (app.clone(), app.sockets.token());
        let span = error_span!(UNFOLLOWED);
        self.0.max_message_size(MESSAGE_MAX).max_frame_size(MESSAGE_MAX).on_upgrade(move |socket| {
            async move {
                Session { socket, login, app }.run(messages).await;
                drop(of_server);
            }
            .instrument(span)
        })
    }
}

/// An open socket.
struct Session {
    socket: WebSocket,
    login: Login,
    app: App,
}

impl Session {
    async fn run(mut self, messages: impl Stream<Item = Result<Utf8Bytes, Farewell>>) {
        match self.serve(messages).await {
            Ok(farewell) => {
                info!(code = farewell.code, reason = farewell.reason, "closing a WebSocket");
                self.close(farewell).await;
            }
            Err(why) => info!(reason = why, "a WebSocket is closed"),
        }
    }

    /// Sends until the end, and answers why it came: a farewell from the server, or an error because the client is gone.
    async fn serve(&mut self, messages: impl Stream<Item = Result<Utf8Bytes, Farewell>>) -> Result<Farewell, &'static str> {
        let mut messages = pin!(messages);
        let (stop, clock) = (self.app.sockets.stop.clone(), self.app.clock().clone());
        let mut expired = pin!(sleep(self.login.until.since(clock.now())));
        let (mut ping, mut check) = (interval_at(Instant::now() + PING, PING), interval_at(Instant::now() + LOGIN_CHECK, LOGIN_CHECK));
        let mut is_there = true;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(Farewell::stopping()),
                () = &mut expired => return Ok(Farewell::login_over()),
                _ = check.tick() => {
                    match self.login.is_good(&self.app).await {
                        Ok(true) => {}
                        Ok(false) => return Ok(Farewell::login_over()),
                        Err(fault) => warn!(error = %describe(&fault), "cannot look whether a login is still good; it stays until that is known"),
                    }
                }
                _ = ping.tick() => {
                    if !std::mem::replace(&mut is_there, false) {
                        return Err("the client does not answer");
                    }
                    self.send(Message::Ping(Bytes::new())).await?;
                }
                received = self.socket.recv() => match received {
                    None | Some(Ok(Message::Close(_))) => return Err("the client closed it"),
                    Some(Err(_)) => return Err("the connection broke, or the client sent what it may not"),
                    // The client has nothing to say, so the content is ignored.
                    Some(Ok(_)) => is_there = true,
                },
                message = messages.next() => match message {
                    Some(Ok(text)) => self.send(Message::Text(text)).await?,
                    Some(Err(farewell)) => return Ok(farewell),
                    None => return Ok(Farewell::done()),
                },
            }
        }
    }

    async fn send(&mut self, message: Message) -> Result<(), &'static str> {
        match timeout(WRITE, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err("the connection broke"),
            Err(_) => Err("the client does not read"),
        }
    }

    /// Sends the reason, and waits a moment until the client closes its side. Otherwise the client might not get the reason.
    async fn close(&mut self, farewell: Farewell) {
        let frame = CloseFrame { code: farewell.code, reason: farewell.reason.into() };
        let goodbye = async {
            if self.send(Message::Close(Some(frame))).await.is_ok() {
                while let Some(Ok(_)) = self.socket.recv().await {}
            }
        };
        // A client that does not close its side is dropped.
        let _either = timeout(CLOSE, goodbye).await;
    }
}
