//! The log: followed over a real socket, rotated, and what a request leaves in it.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::Duration;

use garm::api::paths;
use garm::client::{Client, Messages};
use garm::clock::Clock;
use garm::crypto::token::{TokenKey, UserClaims};
use garm::model::SecretString;
use reqwest::header::{CONNECTION, COOKIE, HeaderMap, ORIGIN, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpSocket;

use crate::admin::admin;
use crate::authorization::claims;
use crate::cli;
use crate::harness::{Installation, JWT_SECRET, PASSWORD, PAT, Plan, REPOSITORIES, WEBHOOK_SECRET, at};

const FOLLOWED: &str = "log_level = \"debug\"\nlog_format = \"json\"\nenable_log_streamer = true\n";

/// What is waited for at most.
const PATIENCE: Duration = Duration::from_mins(1);

fn followed() -> Plan {
    Plan { logging: FOLLOWED, ..Plan::default() }
}

async fn next(messages: &mut Messages) -> Option<String> {
    tokio::time::timeout(PATIENCE, messages.next()).await.expect("in time").expect("the connection holds")
}

/// The next line that fits.
async fn line_with(messages: &mut Messages, fits: impl Fn(&Value) -> bool) -> Value {
    loop {
        let text = next(messages).await.expect("it goes on");
        assert!(text.ends_with('\n'), "{text:?}");
        let line: Value = serde_json::from_str(&text).expect("JSON");
        if fits(&line) {
            return line;
        }
    }
}

/// Until the server closes it.
async fn closed(mut messages: Messages) -> String {
    while next(&mut messages).await.is_some() {}
    messages.farewell().to_owned()
}

fn handshake(garm: &Installation, path: &str) -> RequestBuilder {
    let request = reqwest::Client::builder().http1_only().build().expect("a client").get(format!("{}{path}", garm.url));
    let request = request.header(CONNECTION, "Upgrade").header(UPGRADE, "websocket");
    request.header(SEC_WEBSOCKET_VERSION, "13").header(SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ==")
}

async fn answer(request: RequestBuilder) -> (StatusCode, String) {
    let response = request.send().await.expect("an answer");
    let status = response.status();
    let body = if status == StatusCode::SWITCHING_PROTOCOLS { String::new() } else { response.text().await.expect("a body") };
    (status, body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_can_be_followed_by_its_id_and_leaves_no_secret() {
    let garm = Installation::set_up(followed()).await;
    let mut messages = garm.client().follow_log().await.expect("it opens");
    let http = reqwest::Client::new();
    let repositories = at(paths::ENTITIES, [&REPOSITORIES]);
    let request = http.get(format!("{}{repositories}?owner=octo&token={PAT}", garm.url)).header("x-request-id", "mine-1");
    let response = request.header("user-agent", "tested\"1").bearer_auth(garm.token()).send().await.expect("an answer");
    assert_eq!(response.headers()["x-request-id"], "mine-1");
    let length = response.bytes().await.expect("a body").len();
    let line = line_with(&mut messages, |line| line["request.id"] == "mine-1" && line["msg"] == "access_log").await;
    let uri = format!("{repositories}?owner=octo&token=...");
    assert_eq!(
        (line["method"].as_str(), line["uri"].as_str(), line["user_agent"].as_str(), line["code"].as_u64(), line["level"].as_str()),
        (Some("GET"), Some(uri.as_str()), Some("tested\"1"), Some(200), Some("INFO"))
    );
    assert_eq!(line["bytes"].as_u64(), Some(length as u64));
    assert!(line["ip"].as_str().expect("an address").starts_with("127.0.0.1:"), "{line}");
    assert!(line["request_time"].as_u64().expect("nanoseconds") > 0 && line["time"].is_string(), "{line}");

    // What is done while it is answered has the id, too.
    let body = format!(r#"{{"owner":"octo","name":"second","credentials_name":"pat","webhook_secret":"{WEBHOOK_SECRET}"}}"#);
    let request = http.post(format!("{}{repositories}", garm.url)).bearer_auth(garm.token()).body(body);
    let response = request.header("x-request-id", "not \"sane\"").send().await.expect("an answer");
    let id = response.headers()["x-request-id"].to_str().expect("readable").to_owned();
    assert!(uuid::Uuid::parse_str(&id).is_ok(), "{id}");
    let line = line_with(&mut messages, |line| line["msg"] == "added").await;
    assert_eq!((line["request.id"].as_str(), line["entity.name"].as_str()), (Some(id.as_str()), Some("repository octo/second")));

    let text = garm.log();
    for secret in [PAT, WEBHOOK_SECRET, PASSWORD, garm.token()] {
        assert!(!text.contains(secret), "a secret is in the log");
    }
    let last = tokio::spawn(closed(messages));
    garm.finish().await;
    assert_eq!(last.await.expect("no panic"), "the server stops");
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_are_logged_with_their_reason_and_each_once() {
    let garm = Installation::set_up(followed()).await;
    garm.add_pool("local", "fast", 1, 0).await;
    let jobs = [garm.queue_job("second", "fast"), garm.queue_job("third", "fast")];
    garm.jobs_succeed(&jobs).await;
    garm.all_gone_but_what_is_idle().await;
    let log = garm.log();
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let count = |message: &str, key: &str, value: &Value| lines.iter().filter(|line| line["msg"] == message && line[key] == *value).count();
    for line in lines.iter().filter(|line| line["msg"] == "runner wanted") {
        assert!(line["reason"].as_str().is_some_and(|reason| reason.starts_with("made ")) && line["entity.id"].is_string(), "{line}");
        let name = &line["runner.name"];
        let removal = "asking the provider to remove the machine";
        for step in ["registering the runner at the forge", "asking the provider for the machine", removal, "runner and machine are gone"] {
            assert_eq!(count(step, "runner.name", name), 1, "{step} {name}\n{log}");
        }
        let removed = lines.iter().find(|line| line["msg"] == removal && line["runner.name"] == *name).expect("just counted");
        assert!(["its job is over", "somebody asked for it"].iter().any(|reason| removed["reason"] == *reason), "{removed}");
    }
    let mut all = Vec::new();
    for job in jobs {
        let waits = lines.iter().filter(|line| line["job.workflow_job_id"] == job && line["msg"] == "job waits");
        let reasons: Vec<&str> = waits.filter_map(|line| line["reason"].as_str()).collect();
        assert!(!reasons.is_empty() && reasons.windows(2).all(|two| two[0] != two[1]), "{reasons:?}");
        assert_eq!(count("job has a runner", "job.workflow_job_id", &job.into()), 1, "{log}");
        all.extend(reasons);
    }
    assert!(all.iter().any(|reason| reason.contains("are full")), "one had to wait: {all:?}");
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_follow_is_told_why_before_anything_is_opened() {
    let garm = Installation::set_up(followed()).await;
    let logs = paths::LOGS.template();
    for path in [logs, paths::LOGS_OLD.template(), &format!("{logs}/")] {
        let bearer = |request: RequestBuilder| request.bearer_auth(garm.token());
        assert_eq!(answer(handshake(&garm, path)).await.0, 401, "{path}");
        assert_eq!(answer(handshake(&garm, path).bearer_auth("nonsense")).await.0, 401, "{path}");
        assert_eq!(answer(bearer(handshake(&garm, path))).await.0, 101, "{path}");
        let cookie = format!("other=1; garm_token={}", garm.token());
        assert_eq!(answer(handshake(&garm, path).header(COOKIE, &cookie)).await.0, 101, "{path}");
        assert_eq!(answer(bearer(handshake(&garm, path)).header(ORIGIN, &garm.url)).await.0, 101, "{path}");
        let (status, body) = answer(handshake(&garm, path).header(COOKIE, &cookie).header(ORIGIN, "https://evil.example.com")).await;
        assert_eq!((status.as_u16(), body.contains("cors_origins")), (403, true), "{path}: {body}");
        let plain = reqwest::Client::new().get(format!("{}{path}", garm.url));
        let (status, body) = answer(plain.bearer_auth(garm.token())).await;
        assert_eq!((status.as_u16(), body.contains("this is for WebSockets")), (400, true), "{path}: {body}");
        let mut wrong = HeaderMap::new();
        wrong.insert(SEC_WEBSOCKET_VERSION, "12".parse().expect("a value"));
        assert_eq!(answer(bearer(handshake(&garm, path).headers(wrong))).await.0, 400, "{path}");
    }
    garm.finish().await;

    let garm = Installation::set_up(Plan::default()).await;
    let (status, body) = answer(handshake(&garm, paths::LOGS.template()).bearer_auth(garm.token())).await;
    assert_eq!((status.as_u16(), body.contains("log streamer is disabled")), (400, true), "{body}");
    let refused = garm.client().follow_log().await.expect_err("it is off").to_string();
    assert!(refused.contains("log streamer is disabled"), "{refused}");
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_is_closed_when_its_login_is_over() {
    let garm = Installation::set_up(followed()).await;
    let mine: UserClaims = claims(garm.token());
    let short = UserClaims { exp: Clock::System.now().as_secs() + 6, ..mine.clone() };
    let short = Client::new(&garm.url, Some(TokenKey::new(&SecretString::from(JWT_SECRET)).issue(&short))).expect("a URL");
    let (short, long) = (short.follow_log().await.expect("still good"), garm.client().follow_log().await.expect("good"));
    assert_eq!(closed(short).await, "the login is over");

    assert_eq!(admin(&garm, &["password-reset", "admin", "--new-password", "Quokka-Vellum#72-marzipan"]).0, Some(0));
    assert_eq!(closed(long).await, "the login is over");
    assert_eq!(answer(handshake(&garm, paths::LOGS.template()).bearer_auth(garm.token())).await.0, 401);
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_is_dropped_and_others_go_on() {
    let garm = Installation::set_up(followed()).await;
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("set");
    let mut slow = socket.connect(garm.url.trim_start_matches("http://").parse().expect("an address")).await.expect("it listens");
    let head = format!(
        "GET {} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        paths::LOGS.template(),
        garm.token()
    );
    slow.write_all(head.as_bytes()).await.expect("sent");
    let mut begin = [0; 12];
    slow.read_exact(&mut begin).await.expect("an answer");
    assert_eq!(&begin, b"HTTP/1.1 101");

    let mut quick = garm.client().follow_log().await.expect("it opens");
    let http = reqwest::Client::new();
    let url = format!("{}/{}", garm.url, "x".repeat(1000));
    let noise = async {
        loop {
            let requests = (0..32).map(|_| http.get(&url).send());
            for answered in futures_util::future::join_all(requests).await {
                assert_eq!(answered.expect("the server answers all the while").status(), 404);
            }
        }
    };
    let dropped = async {
        garm.until("it is dropped", async |garm| {
            let log = garm.log();
            log.lines().find(|line| line.contains("WebSocket") && line.contains("INFO")).map(ToOwned::to_owned)
        })
        .await
    };
    let reading = async {
        loop {
            next(&mut quick).await.expect("it goes on");
        }
    };
    let why: Value = tokio::select! {
        why = dropped => serde_json::from_str(&why).expect("JSON"),
        never = noise => never,
        never = reading => never,
    };
    let reason = why["reason"].as_str().expect("a reason");
    assert!(reason.starts_with("too slow: ") || reason == "the client does not read", "{why}");
    let probe = http.get(format!("{}/probe", garm.url)).header("x-request-id", "afterwards").send().await.expect("an answer");
    assert_eq!(probe.status(), 404);
    line_with(&mut quick, |line| line["request.id"] == "afterwards").await;
    drop(quick);
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hup_begins_the_file_anew_and_what_was_in_it_is_kept_compressed() {
    let logging = "log_level = \"info\"\nlog_source = true\nlog_file = \"@DIR@/logs/garm.log\"\n";
    let garm = Installation::set_up(Plan { logging, ..Plan::default() }).await;
    let directory = garm.directory().join("logs");
    let file = directory.join("garm.log");
    let read = || std::fs::read_to_string(&file).unwrap_or_default();
    let first = read();
    let line = first.lines().find(|line| line.contains(" msg=serving ")).expect("it says so");
    assert!(line.starts_with("time=20") && line.contains("Z level=INFO source=src/cli/serve.rs:"), "{line}");
    assert_eq!(std::fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);

    garm.hang_up();
    let past = garm
        .until("the old file is compressed", async |_| {
            let entries = std::fs::read_dir(&directory).expect("there").map(|entry| entry.expect("an entry").path());
            entries.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "gz"))
        })
        .await;
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(&past).expect("there")).read_to_string(&mut text).expect("whole");
    assert!(text.starts_with(&first), "nothing is lost");
    garm.until("the new one says so", async |_| read().contains("begun anew").then_some(())).await;

    // As logrotate does it.
    std::fs::rename(&file, directory.join("moved")).expect("moved");
    garm.hang_up();
    garm.until("it is there again", async |_| read().contains("begun anew").then_some(())).await;
    for secret in [PAT, WEBHOOK_SECRET, PASSWORD, JWT_SECRET, garm.token()] {
        assert!(!text.contains(secret) && !read().contains(secret), "a secret is in the log");
    }
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn debug_log_shows_what_was_asked_for_and_ends_well_with_the_server() {
    let garm = cli::set_up(followed()).await;
    #[expect(clippy::disallowed_methods, reason = "the binary is what is tested")]
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_garm"));
    command.args(["debug-log", "--log-level", "info", "--filter", "request.id=wanted", "--filter", "msg=access", "--filter-mode", "all"]);
    command.env("GARM_PROFILES", garm.directory().join("profiles.toml")).stdout(Stdio::piped()).kill_on_drop(true);
    let mut shown = command.spawn().expect("the binary starts");
    let mut lines = BufReader::new(shown.stdout.take().expect("piped")).lines();
    garm.until("it follows", async |garm| garm.log().contains(&format!("\"uri\":\"{}\"", paths::LOGS.template())).then_some(())).await;
    let http = reqwest::Client::new();
    for id in ["other", "wanted"] {
        http.get(format!("{}{}", garm.url, paths::LOGIN.template())).header("x-request-id", id).send().await.expect("an answer");
    }
    let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("in time").expect("readable").expect("a line");
    assert!(line.contains(" [INFO ] access_log bytes=0 code=200 ip=127.0.0.1:") && line.contains(" request.id=wanted "), "{line}");
    garm.finish().await;
    let status = tokio::time::timeout(PATIENCE, shown.wait()).await.expect("in time").expect("it ends");
    assert_eq!(status.code(), Some(0));
}
