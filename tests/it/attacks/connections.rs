//! Clients that open connections and do not use them as they should: they wait, never read, or are too many.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use garm::api::paths;
use garm::model::expose;
use reqwest::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::measure::{Measured, now};
use crate::harness::{Installation, Plan, databases};
use crate::metrics::{scrape, value};

/// What a server at rest may take, in MiB: a binary for tests has more than one for use.
const AT_REST: u64 = 110;

/// How long the answer to a simple request may take while the server is attacked, on a machine that does other things too.
const PROMPT: Duration = Duration::from_secs(10);

/// A connection from an address of one's own: the last number of it. All are of this machine.
pub(super) async fn connect_from(last: u8, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    // A client that never reads shall not have much kept for it by the system.
    socket.set_recv_buffer_size(4096).expect("it can be small");
    socket.bind(([127, 0, 0, last], 0).into()).expect("an address of this machine");
    socket.connect(to).await.expect("it listens")
}

pub(super) fn address(garm: &Installation) -> SocketAddr {
    garm.url.trim_start_matches("http://").parse().expect("an address")
}

/// Whether the server still answers, and in time.
pub(super) async fn answers(garm: &Installation) -> bool {
    let begun = now();
    let get = reqwest::Client::new().get(format!("{}{}", garm.url, paths::LOGIN.template())).timeout(PROMPT);
    get.send().await.is_ok_and(|answer| answer.status() == StatusCode::OK) && begun.elapsed() < PROMPT
}

/// Asks for the description of the API again and again, and reads nothing.
async fn never_reads(stream: &mut TcpStream) {
    let request = format!("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", paths::DESCRIPTION.template()).repeat(40);
    // The server may have closed the connection by then.
    let _either = stream.write_all(request.as_bytes()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_at_rest_takes_little() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database, ..Plan::default() }).await;
        let server = Measured::server(&garm);
        server.within(Duration::from_secs(30), "a server at rest is small", |server| server.resident() < AT_REST).await;
        assert!(server.descriptors() < 100, "{} descriptors", server.descriptors());
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_never_read_do_not_keep_others_out_and_are_dropped() {
    for database in databases().await {
        let plan = Plan { database, watch: false, open_files: "-n 256", ..Plan::default() };
        let garm = Installation::set_up(plan).await;
        garm.add_pool("local", "held", 1, 0).await;
        assert!(garm.log().contains("the system allows too few descriptors"));
        let (server, to) = (Measured::server(&garm), address(&garm));
        let before = server.connections();
        let mut clients = Vec::new();
        for number in 0..240 {
            let mut stream = connect_from(2 + number % 100, to).await;
            never_reads(&mut stream).await;
            clients.push(stream);
        }
        for _ in 0..5 {
            assert!(answers(&garm).await, "{} descriptors", server.descriptors());
        }
        // Descriptors for forge and provider are left.
        let job = garm.queue_job("build", "held");
        garm.jobs_succeed(&[job]).await;
        server.within(Duration::from_secs(45), "all of them are dropped", |server| server.connections() <= before + 10).await;
        drop(clients);
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_peer_cannot_take_the_places_of_others() {
    for database in databases().await {
        let plan = Plan { database, watch: false, limits: "connections = 64\nconnections_per_peer = 8\n", ..Plan::default() };
        let garm = Installation::set_up(plan).await;
        let (server, to) = (Measured::server(&garm), address(&garm));
        let before = server.connections();
        // As a proxy keeps it.
        let mut kept = connect_from(2, to).await;
        let mut ask = async || {
            kept.write_all(format!("HEAD {} HTTP/1.1\r\nhost: x\r\n\r\n", paths::LOGIN.template()).as_bytes()).await.expect("sent");
            let mut answer = [0; 1000];
            let length = kept.read(&mut answer).await.expect("it is not reset");
            String::from_utf8_lossy(&answer[..length]).starts_with("HTTP/1.1 ")
        };
        assert!(ask().await);
        let mut idle = Vec::new();
        for number in 0..200 {
            idle.push(connect_from(10 + number / 100, to).await);
            // One that is displaced ends a moment later.
            server.within(PROMPT, "no more than have a place are kept", |server| server.connections() <= before + 100).await;
        }
        server.within(PROMPT, "their connections take their places only", |server| server.connections() <= before + 40).await;
        assert!(answers(&garm).await && ask().await, "those of others are kept");
        // Many peers take all places. The one that has waited longest goes first.
        for number in 0..100 {
            idle.push(connect_from(100 + number, to).await);
        }
        assert!(answers(&garm).await);
        let token = garm.client().metrics_token().await.expect("made").token;
        let (_, figures) = scrape(&garm, expose(&token.0)).await;
        assert!(value(&figures, r#"garm_connections_lost_total{reason="displaced_peer"}"#) >= 180.0, "{figures}");
        assert!(value(&figures, r#"garm_connections_lost_total{reason="displaced_all"}"#) >= 30.0, "{figures}");
        drop(idle);
        garm.finish().await;
    }
}

/// Sets the limit of open files of a process that runs.
async fn limit_open_files(process: u32, soft: usize) {
    #[expect(clippy::disallowed_methods, reason = "the program that sets limits of other processes")]
    let mut command = tokio::process::Command::new("prlimit");
    command.arg(format!("--pid={process}")).arg(format!("--nofile={soft}:")).stdin(Stdio::null());
    assert!(command.status().await.expect("util-linux has it").success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_descriptors_says_so_and_is_reachable_again() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database, watch: false, open_files: "-S -n 200", ..Plan::default() }).await;
        let server = Measured::server(&garm);
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", garm.process())).expect("the server runs");
        let soft = limits.lines().find_map(|line| line.strip_prefix("Max open files")).and_then(|line| line.split_whitespace().next());
        let soft: usize = soft.and_then(|soft| soft.parse().ok()).expect("a number");
        assert!(soft > 2048, "the soft limit was raised: {soft}");

        limit_open_files(garm.process(), server.descriptors()).await;
        let mut waiting = Vec::new();
        for _ in 0..20 {
            waiting.push(connect_from(2, address(&garm)).await);
        }
        garm.until("the log tells", async |garm| garm.log().contains("cannot take connections of clients").then_some(())).await;
        limit_open_files(garm.process(), soft).await;
        assert!(answers(&garm).await);
        let token = garm.client().metrics_token().await.expect("made").token;
        let (_, figures) = scrape(&garm, expose(&token.0)).await;
        assert!(value(&figures, r#"garm_connections_lost_total{reason="system"}"#) >= 1.0, "{figures}");
        drop(waiting);
        garm.finish().await;
    }
}
