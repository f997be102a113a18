//! HTTP/1.1 as attackers write it: paths, methods and headers go out letter by letter, over a connection that is kept.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// A connection to the server.
pub(crate) struct Raw {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Raw {
    /// A connection that is opened when it is needed.
    pub(crate) fn to(url: &str) -> Self {
        Self { address: url.trim_start_matches("http://").parse().expect("the server has an address"), stream: None }
    }

    /// Sends a request with a small body. Headers are whole lines without their ends.
    pub(crate) async fn send(&mut self, method: &str, target: &str, headers: &[String]) -> Answer {
        let mut head = format!("{method} {target} HTTP/1.1\r\ncontent-length: 2\r\n");
        if !headers.iter().any(|header| header.to_lowercase().starts_with("host:")) {
            head += "host: ";
            head += &self.address.to_string();
            head += "\r\n";
        }
        for header in headers {
            head += header;
            head += "\r\n";
        }
        head += "\r\n{}";
        // A connection that was kept may have been closed meanwhile.
        for _ in 0..2 {
            let mut stream = match self.stream.take() {
                Some(stream) => stream,
                None => BufReader::new(TcpStream::connect(self.address).await.expect("it listens")),
            };
            if stream.write_all(head.as_bytes()).await.is_ok()
                && let Some((answer, is_kept)) = read(&mut stream, method).await
            {
                self.stream = is_kept.then_some(stream);
                return answer;
            }
        }
        panic!("no answer to {method} {target} {headers:?}");
    }
}

/// Reads one answer, and whether the connection is kept. `None` when the connection is closed.
async fn read(stream: &mut BufReader<TcpStream>, method: &str) -> Option<(Answer, bool)> {
    let (mut status, mut length, mut is_chunked, mut is_kept) = (None, 0, false, true);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_lowercase();
        match (status, line.split_once(": ")) {
            (None, _) => status = Some(line.split(' ').nth(1).expect("a status").parse().expect("a number")),
            (Some(_), Some(("content-length", value))) => length = value.parse().expect("a length"),
            (Some(_), Some(("transfer-encoding", _))) => is_chunked = true,
            (Some(_), Some(("connection", value))) => is_kept = value == "keep-alive",
            (Some(_), _) if line.is_empty() => break,
            _ => {}
        }
    }
    let status = status.expect("the first line");
    let mut body = Vec::new();
    if method == "HEAD" || status == 101 {
        return Some((Answer { status, body: String::new() }, is_kept && status != 101));
    }
    while is_chunked {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let size = usize::from_str_radix(line.trim(), 16).expect("the size of a chunk");
        let mut chunk = vec![0; size + 2];
        stream.read_exact(&mut chunk).await.ok()?;
        body.extend(&chunk[..size]);
        is_chunked = size > 0;
    }
    let mut rest = vec![0; length];
    stream.read_exact(&mut rest).await.ok()?;
    body.extend(rest);
    Some((Answer { status, body: String::from_utf8_lossy(&body).into_owned() }, is_kept))
}
