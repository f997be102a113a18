//! Messages that the server sends as things happen: a WebSocket.
//!
//! The WebSocket uses the same kind of connection as other requests: the same certificates, proxies and base URL.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::{SinkExt, StreamExt};
use reqwest::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use reqwest::{Method, StatusCode, Upgraded};
use tokio::time::{Instant, Interval, interval_at, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message};

use super::{Client, DEADLINE, Error, builder, refusal};

/// The largest message that is accepted, in bytes.
const MESSAGE_MAX: usize = 1024 * 1024;
/// How often the client sends a ping. The server must send something before the next one.
const PING: Duration = Duration::from_secs(54);

/// The messages of the server.
pub struct Messages {
    socket: WebSocketStream<Upgraded>,
    url: String,
    ping: Interval,
    is_there: bool,
    farewell: String,
}

impl fmt::Debug for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Messages").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Client {
    /// Opens a WebSocket.
    pub(super) async fn follow(&self, path: &str) -> Result<Messages, Error> {
        // Another HTTP client: this request must have no deadline, and WebSockets begin with HTTP/1.1 here.
        let http = builder().connect_timeout(DEADLINE).http1_only().build().map_err(|fault| self.unreachable(&fault))?;
        let key = BASE64_STANDARD.encode(uuid::Uuid::new_v4());
        let request = self.request(&http, Method::GET, self.url(path)?);
        let request = request.header(CONNECTION, "Upgrade").header(UPGRADE, "websocket");
        let request = request.header(SEC_WEBSOCKET_VERSION, "13").header(SEC_WEBSOCKET_KEY, &key);
        let late = |_| Error::Unreachable { url: self.base.to_string(), fault: "no answer came in time".into() };
        let response = timeout(DEADLINE, request.send()).await.map_err(late)?.map_err(|fault| self.unreachable(&fault))?;
        match response.status() {
            StatusCode::SWITCHING_PROTOCOLS => {}
            status if status.is_success() => return Err(self.garbled("a WebSocket was asked for, and it is none")),
            status => {
                let body = timeout(DEADLINE, response.bytes()).await.map_err(late)?.map_err(|fault| self.unreachable(&fault))?;
                return Err(refusal(status, &body));
            }
        }
        if response
            .headers()
            .get(SEC_WEBSOCKET_ACCEPT)
            .is_none_or(|accept| accept.as_bytes() != derive_accept_key(key.as_bytes()).as_bytes())
        {
            return Err(self.garbled("it accepts another WebSocket than was asked for"));
        }
        let connection = response.upgrade().await.map_err(|fault| self.unreachable(&fault))?;
        let config = WebSocketConfig::default().max_message_size(Some(MESSAGE_MAX)).max_frame_size(Some(MESSAGE_MAX));
        let socket = WebSocketStream::from_raw_socket(connection, Role::Client, Some(config)).await;
        let ping = interval_at(Instant::now() + PING, PING);
        Ok(Messages { socket, url: self.base.to_string(), ping, is_there: true, farewell: String::new() })
    }
}

impl Messages {
    /// The next message, or `None` once the server has closed the connection.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn next(&mut self) -> Result<Option<String>, Error> {
        loop {
            tokio::select! {
                _ = self.ping.tick() => {
                    if !std::mem::replace(&mut self.is_there, false) {
                        return Err(self.broken("it does not answer"));
                    }
                    self.socket.send(Message::Ping(Vec::new().into())).await.map_err(|fault| self.broken(&fault.to_string()))?;
                }
                message = self.socket.next() => match message {
                    None | Some(Err(tungstenite::Error::ConnectionClosed)) => return Ok(None),
                    Some(Err(fault)) => return Err(self.broken(&fault.to_string())),
                    Some(Ok(Message::Text(text))) => {
                        self.is_there = true;
                        return Ok(Some(text.as_str().to_owned()));
                    }
                    Some(Ok(Message::Close(frame))) => self.farewell = frame.map(|frame| frame.reason.as_str().to_owned()).unwrap_or_default(),
                    Some(Ok(_)) => self.is_there = true,
                },
            }
        }
    }

    /// Why the server closed the connection, if it said so.
    #[must_use]
    pub fn farewell(&self) -> &str {
        &self.farewell
    }

    fn broken(&self, fault: &str) -> Error {
        Error::Unreachable { url: self.url.clone(), fault: format!("the connection broke: {fault}") }
    }
}
