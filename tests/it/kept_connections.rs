//! Connections that a client keeps, as proxies do. Whatever is answered before its body was read, the next request on the connection is answered
//! too, or the answer has said that the connection ends.

use garm::api::paths;
use garm::crypto::random;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use crate::harness::{Installation, Plan, at};

const WEBHOOKS: &str = paths::WEBHOOKS.template();

/// Small enough to be read for the sake of the connection, and too large for one read of a socket.
const SMALL: usize = 200 * 1024;
/// Too large to be read for the sake of the connection.
const LARGE: usize = 3 * 1024 * 1024;

/// A connection that is kept.
struct Kept {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
}

/// What a client sees of an answer.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    /// Whether it says that the connection ends.
    closes: bool,
}

impl Kept {
    async fn open(garm: &Installation) -> Self {
        let stream = TcpStream::connect(garm.url.trim_start_matches("http://")).await.expect("it listens");
        let (reader, writer) = stream.into_split();
        Self { reader: BufReader::new(reader), writer }
    }

    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.writer.write_all(bytes.as_ref()).await.expect("the server takes what is sent");
    }

    /// The next answer, with its body; nothing at the end of the connection. A reset is a failure.
    async fn answer(&mut self) -> Option<Answer> {
        let (mut answer, mut length) = (None, 0);
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line).await.expect("the connection is not reset") == 0 {
                assert_eq!(answer, None, "an answer was cut off");
                return None;
            }
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(status) = line.strip_prefix("http/1.1 ") {
                answer = Some(Answer { status: status[..3].parse().expect("a status"), closes: false });
            } else if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().expect("a length");
            } else if line == "connection: close" {
                answer.as_mut().expect("the status comes first").closes = true;
            } else if line.is_empty() {
                self.reader.read_exact(&mut vec![0; length]).await.expect("the whole answer");
                return answer;
            }
        }
    }

    /// Whether another request is answered as it should.
    async fn is_good(&mut self) -> bool {
        self.send(format!("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", paths::LOGIN.template())).await;
        self.answer().await == Some(Answer { status: 200, closes: false })
    }
}

/// A request with a body of this length, of known length or in chunks.
fn request(head: &str, length: usize, chunked: bool) -> Vec<u8> {
    let body = vec![b' '; length];
    let mut text = format!("{head}\r\nhost: x\r\n").into_bytes();
    if chunked {
        text.extend(b"transfer-encoding: chunked\r\n\r\n");
        for chunk in body.chunks(10_000) {
            text.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
            text.extend(chunk);
            text.extend(b"\r\n");
        }
        text.extend(b"0\r\n\r\n");
    } else {
        text.extend(format!("content-length: {length}\r\n\r\n").into_bytes());
        text.extend(body);
    }
    text
}

/// Requests that are answered before their body is read, and how.
fn early() -> Vec<(String, u16)> {
    let line = |method: &str, path: &str, headers: &str| format!("{method} {path} HTTP/1.1{headers}");
    let elsewhere = at(paths::CONTROLLER_WEBHOOKS, [&random::uuid()]);
    let signature = format!("\r\nx-github-event: workflow_job\r\nx-hub-signature-256: sha256={}", "0".repeat(64));
    let app = format!("{signature}\r\nx-github-hook-installation-target-type: galaxy");
    vec![
        (line("POST", WEBHOOKS, "\r\nx-github-event: push"), 200),
        (line("POST", WEBHOOKS, "\r\nx-github-event: ping"), 200),
        (line("PUT", &format!("{WEBHOOKS}/"), ""), 200),
        (line("POST", &elsewhere, "\r\nx-github-event: workflow_job"), 401),
        (line("POST", &elsewhere, &signature), 200),
        (line("POST", WEBHOOKS, "\r\nx-github-event: workflow_job"), 401),
        (line("POST", WEBHOOKS, &app), 400),
        (line("POST", paths::CREDENTIALS.template(), ""), 401),
        (line("POST", paths::CREDENTIALS.template(), "\r\nauthorization: Bearer wrong"), 401),
        (line("PUT", paths::CONTROLLER.template(), ""), 401),
        (line("POST", paths::CALLBACK_STATUS.template(), ""), 401),
        (line("GET", paths::LOGIN.template(), ""), 200),
        (line("DELETE", paths::LOGIN.template(), ""), 401),
        (line("PATCH", paths::JOBS.template(), ""), 405),
        (line("POST", "/api/v1/no/such/route/at/all", ""), 401),
        (line("POST", "/", ""), 404),
        (line("OPTIONS", WEBHOOKS, "\r\norigin: http://x\r\naccess-control-request-method: POST"), 200),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_request_after_one_that_was_answered_early_is_answered() {
    let garm = Installation::set_up(Plan::default()).await;
    for (head, status) in early() {
        let mut kept = Kept::open(&garm).await;
        for (length, chunked) in [(0, false), (0, true), (7, false), (7, true), (SMALL, false), (SMALL, true)] {
            kept.send(request(&head, length, chunked)).await;
            assert_eq!(kept.answer().await, Some(Answer { status, closes: false }), "{head} {length} {chunked}");
            assert!(kept.is_good().await, "after {head} {length} {chunked}");
        }
    }
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_sent_ahead_are_all_answered() {
    let garm = Installation::set_up(Plan::default()).await;
    let (mut kept, early) = (Kept::open(&garm).await, early());
    let all: Vec<u8> = early.iter().enumerate().flat_map(|(at, (head, _))| request(head, 3000, at % 2 == 0)).collect();
    kept.send(all).await;
    for (head, status) in early {
        assert_eq!(kept.answer().await, Some(Answer { status, closes: false }), "{head}");
    }
    assert!(kept.is_good().await);
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_before_a_large_body_says_that_the_connection_ends_and_arrives_whole() {
    let garm = Installation::set_up(Plan::default()).await;
    let login = format!("POST {} HTTP/1.1", paths::LOG_IN.template());
    let signature = format!("x-hub-signature-256: sha256={}", "0".repeat(64));
    let delivery = format!("\r\nx-github-event: workflow_job\r\n{signature}\r\nx-github-hook-installation-target-type: repository");
    let delivery = format!("POST {WEBHOOKS} HTTP/1.1{delivery}");
    let large = early().into_iter().map(|(head, status)| (head, status, LARGE));
    for (head, status, length) in large.chain([(login, 413, LARGE), (delivery, 413, 26 * 1024 * 1024)]) {
        for chunked in [false, true] {
            let mut kept = Kept::open(&garm).await;
            // The whole body is sent before the answer is looked at, as simple clients do.
            kept.send(request(&head, length, chunked)).await;
            assert_eq!(kept.answer().await, Some(Answer { status, closes: true }), "{head} {chunked}");
            assert_eq!(kept.answer().await, None, "{head} {chunked}");
        }
    }
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_waits_to_be_told_is_told_to_send_or_that_the_connection_ends() {
    let garm = Installation::set_up(Plan::default()).await;
    let waits = "\r\nhost: x\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n";

    let mut kept = Kept::open(&garm).await;
    kept.send(format!("POST {WEBHOOKS} HTTP/1.1\r\nx-github-event: push{waits}")).await;
    assert_eq!(kept.answer().await, Some(Answer { status: 200, closes: true }), "its body is not asked for");
    assert_eq!(kept.answer().await, None);

    let mut kept = Kept::open(&garm).await;
    kept.send(format!("POST {} HTTP/1.1{waits}", paths::LOG_IN.template())).await;
    assert_eq!(kept.answer().await, Some(Answer { status: 100, closes: false }));
    kept.send("{}").await;
    assert_eq!(kept.answer().await, Some(Answer { status: 401, closes: false }));
    assert!(kept.is_good().await);
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_cannot_be_read_is_refused_and_the_connection_ends() {
    let garm = Installation::set_up(Plan::default()).await;
    for head in ["no request\r\n\r\n".to_owned(), format!("POST {WEBHOOKS} HTTP/1.1\r\ncontent-length: many\r\n\r\n")] {
        let mut kept = Kept::open(&garm).await;
        kept.send(&head).await;
        kept.send(vec![b' '; LARGE]).await;
        assert_eq!(kept.answer().await, Some(Answer { status: 400, closes: true }), "{head}");
        assert_eq!(kept.answer().await, None, "{head}");
    }
    garm.finish().await;
}
