//! What deliveries cost, beside a bare receiver that only checks their signature.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use garm::api::paths;
use garm::clock::Clock;
use garm::forge::github::signature;
use garm::model::SecretString;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use super::usage::{Usage, name_of, print_row};
use crate::harness::{Installation, Plan, WEBHOOK_SECRET, databases};

/// The size of GitHub's deliveries about jobs, in bytes.
const BODY: usize = 21 * 1024;
/// So many are sent in each run.
const DELIVERIES: usize = 4_000;

/// A kind of delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// About a new job that a pool fits.
    Taken,
    /// About a new job that no pool fits.
    NoPool,
    /// With a wrong signature.
    WrongSignature,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Taken, Self::NoPool, Self::WrongSignature];

    fn name(self) -> &'static str {
        match self {
            Self::Taken => "taken in",
            Self::NoPool => "for no pool",
            Self::WrongSignature => "wrong signature",
        }
    }

    fn status(self) -> u16 {
        if self == Self::WrongSignature { 401 } else { 200 }
    }
}

/// A whole request, as it goes over the connection, about the repository of this number.
fn request(kind: Kind, number: usize, web: &str, repository: i64) -> Vec<u8> {
    let mut repository = Map::from_iter([
        ("id".to_owned(), json!(repository)),
        ("name".to_owned(), json!("hello")),
        ("html_url".to_owned(), json!(format!("{web}/octo/hello"))),
        ("owner".to_owned(), json!({ "id": 3, "login": "octo" })),
    ]);
    let label = if kind == Kind::NoPool { "nobodys" } else { "held" };
    let job = json!({
        "id": number + 1, "run_id": number + 1, "run_attempt": 1, "name": format!("build ({number})"), "status": "queued", "conclusion": null,
        "html_url": format!("{web}/octo/hello/actions/runs/1/job/{number}"), "created_at": Clock::System.now().to_string(),
        "labels": ["self-hosted", label], "runner_id": null, "runner_name": null, "steps": []
    });
    let body = |repository: &Map<String, Value>| json!({ "action": "queued", "workflow_job": job, "repository": repository }).to_string();
    // The rest are addresses, as in real deliveries.
    let mut size = body(&repository).len();
    for field in 0.. {
        if size >= BODY {
            break;
        }
        let (name, value) = (format!("field_{field}_url"), format!("{web}/api/v3/repos/octo/hello/field_{field}{{/sha}}"));
        size += name.len() + value.len() + 6;
        repository.insert(name, Value::from(value));
    }
    let body = body(&repository);
    let secret = if kind == Kind::WrongSignature { "another secret" } else { WEBHOOK_SECRET };
    let mut request = format!("POST {} HTTP/1.1\r\nhost: garm\r\n", paths::WEBHOOKS.template());
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("x-github-event", "workflow_job".to_owned()),
        ("x-github-delivery", format!("00000000-0000-0000-0000-{number:012}")),
        ("x-github-hook-id", "1".to_owned()),
        ("x-github-hook-installation-target-type", "repository".to_owned()),
        (signature::HEADER, signature::sign(&SecretString::from(secret), body.as_bytes())),
        ("content-length", body.len().to_string()),
    ];
    for (name, value) in headers {
        write!(request, "{name}: {value}\r\n").expect("writing to a string");
    }
    (request + "\r\n" + &body).into_bytes()
}

/// Sends requests over so many connections at once, and tells how many seconds that took. Each is answered before its connection sends the next.
async fn send(to: SocketAddr, requests: &[Vec<u8>], connections: usize, status: u16) -> f64 {
    let mut lists: Vec<Vec<Vec<u8>>> = vec![Vec::new(); connections];
    for (number, request) in requests.iter().enumerate() {
        lists[number % connections].push(request.clone());
    }
    let mut streams = Vec::new();
    for _ in 0..connections {
        let stream = TcpStream::connect(to).await.expect("it listens");
        stream.set_nodelay(true).expect("set");
        streams.push(stream);
    }
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    let began = Instant::now();
    let mut senders = JoinSet::new();
    for (list, stream) in lists.into_iter().zip(streams) {
        senders.spawn(async move {
            let mut stream = BufReader::new(stream);
            for request in list {
                stream.get_mut().write_all(&request).await.expect("sent");
                assert_eq!(answer(&mut stream).await, status);
            }
        });
    }
    senders.join_all().await;
    began.elapsed().as_secs_f64()
}

/// Reads an answer, and tells its status.
async fn answer(stream: &mut BufReader<TcpStream>) -> u16 {
    let (mut status, mut length, mut line) = (0, 0, String::new());
    loop {
        line.clear();
        stream.read_line(&mut line).await.expect("an answer");
        let text = line.trim_end().to_ascii_lowercase();
        if let Some(code) = text.strip_prefix("http/1.1 ") {
            status = code[..3].parse().expect("a status");
        } else if let Some(bytes) = text.strip_prefix("content-length: ") {
            length = bytes.parse().expect("a length");
        } else if text.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.expect("a body");
    status
}

/// The bare receiver, as a process: it checks signatures and does nothing else.
struct Bare {
    process: Child,
    address: SocketAddr,
}

impl Bare {
    async fn start() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the receiver lives as long as the benchmark")]
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command
            .args(["--exact", "--ignored", "--nocapture", "cost::deliveries::a_bare_receiver"])
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut process = command.spawn().expect("it starts");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let address = loop {
            let line = lines.next_line().await.expect("its output").expect("its address");
            // libtest writes the name of the test before it.
            if let Some((_, address)) = line.split_once("listens at ") {
                break address.parse().expect("an address");
            }
        };
        Self { process, address }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the bare receiver of what_deliveries_cost, as a process of its own"]
#[expect(clippy::print_stdout, reason = "the process that started this one reads the address")]
async fn a_bare_receiver() {
    let secret = Arc::new(SecretString::from(WEBHOOK_SECRET));
    let check = |headers: HeaderMap, body: Bytes| async move {
        let header = headers.get(signature::HEADER).and_then(|header| header.to_str().ok());
        signature::verify(&secret, &body, header).map_or(StatusCode::UNAUTHORIZED, |()| StatusCode::OK)
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("listens at {}", listener.local_addr().expect("it listens"));
    axum::serve(listener, Router::new().route(paths::WEBHOOKS.template(), post(check))).await.expect("it serves");
}

/// A run against a process: how many were answered in a second, and milliseconds of processor time for each.
#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
async fn run(process: u32, to: SocketAddr, requests: &[Vec<u8>], connections: usize, status: u16) -> (f64, f64) {
    let before = Usage::of(process);
    let took = send(to, requests, connections, status).await;
    let after = Usage::of(process);
    let count = requests.len() as f64;
    (count / took, 1_000.0 * (after.cpu - before.cpu) / count)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; benches/serve runs it"]
async fn what_deliveries_cost() {
    let bare = Bare::start().await;
    let bare_process = bare.process.id().expect("it runs");
    for connections in [1, 16] {
        for kind in Kind::ALL {
            for database in databases().await {
                let name = name_of(&database);
                let logging = "log_level = \"info\"\n";
                let garm = Installation::set_up(Plan { database: database.clone(), watch: false, logging, ..Plan::default() }).await;
                // The pool takes jobs in and makes no runners for them: this is about deliveries.
                garm.add_pool_with("local", "held", |pool| (pool.enabled, pool.max_runners) = (false, 1)).await;
                let web = garm.forge_url().to_owned();
                let repository = garm.forge.add_repository("octo", "hello");
                let requests: Vec<Vec<u8>> = (0..DELIVERIES).map(|number| request(kind, number, &web, repository)).collect();
                let (bare_rate, bare_cpu) = run(bare_process, bare.address, &requests, connections, kind.status()).await;
                let to = garm.url.trim_start_matches("http://").parse().expect("an address");
                let (rate, cpu) = run(garm.process(), to, &requests, connections, kind.status()).await;
                print_row(
                    &format!("deliveries {}, {connections} connections", kind.name()),
                    name,
                    &[("per_second", rate), ("cpu_ms", cpu), ("bare_per_second", bare_rate), ("bare_cpu_ms", bare_cpu)],
                );
            }
        }
    }
}
