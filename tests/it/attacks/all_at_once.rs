//! Attacks of every kind at the same time, while jobs come in: memory is bounded, machines are asked for at once, and all is as before soon afterwards.

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use garm::api::paths;
use garm::model::expose;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use super::connections::{address, answers, connect_from};
use super::http2::PREFACE;
use super::measure::{Measured, now};
use crate::harness::{Installation, Plan, binary, databases};
use crate::metrics::{scrape, value};

/// Makes machines at once, and they never speak. Each creation is told in a file, so that the server is not asked for a list of its runners meanwhile.
const MAKES: &str = r#"#!/bin/sh
case $GARM_COMMAND in
CreateInstance) echo asked >> @DIR@/asked
    name=$(sed -n 's/.*"name" *: *"\([^"]*\)".*/\1/p' | head -n 1)
    echo "{\"provider_id\": \"$name\", \"name\": \"$name\", \"os_type\": \"linux\", \"os_arch\": \"amd64\", \"status\": \"running\"}" ;;
ListInstances) echo '[]' ;;
esac
"#;

/// What a server must hold to.
struct Bounds {
    /// How many jobs come in meanwhile, one after the other.
    jobs: u8,
    /// The most memory, in MiB.
    most: u64,
    /// What memory of its own is back below soon afterwards, in MiB.
    at_rest: u64,
    /// How soon a provider is asked for the machine of 99 percent of the jobs, as the word of a bucket in seconds.
    asked_within: &'static str,
}

/// A binary for tests takes about 75 MiB more than one for use, and keeps about 20 of those that attacks took. Its machine also runs the attackers
/// and other tests.
const FOR_TESTS: Bounds = Bounds { jobs: 25, most: 220, at_rest: 110, asked_within: "30" };
/// A binary for use, with nothing else beside it but the attackers and the database.
const FOR_USE: Bounds = Bounds { jobs: 100, most: 150, at_rest: 60, asked_within: "0.1" };
/// How soon all is as before.
const CALM: Duration = Duration::from_secs(30);

/// Sends this from an address, and keeps the connection until the server ends it.
async fn send(last: u8, to: SocketAddr, text: Vec<u8>) -> TcpStream {
    let mut stream = connect_from(last, to).await;
    // The server may have refused the connection by then.
    let _either = stream.write_all(&text).await;
    stream
}

fn login(number: u32) -> Vec<u8> {
    let body = json!({ "username": format!("stranger{number}"), "password": "Wrong-Password#72" }).to_string();
    let head = format!("POST {} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n", paths::LOG_IN.template());
    format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn unsigned() -> Vec<u8> {
    let head = format!("POST {} HTTP/1.1\r\nhost: x\r\nx-github-event: workflow_job\r\n", paths::WEBHOOKS.template());
    format!("{head}content-length: {}\r\n\r\n", 24 * 1024 * 1024).into_bytes()
}

/// All attacks at once, from fifty addresses. Ends when each attacker has sent what it has.
async fn attack(to: SocketAddr) -> Vec<TcpStream> {
    let mut attackers = JoinSet::new();
    for number in 0..1000 {
        attackers.spawn(async move { send(10 + u8::try_from(number % 10).expect("small"), to, Vec::new()).await });
    }
    for number in 0..600_u32 {
        attackers.spawn(send(60 + u8::try_from(number % 20).expect("small"), to, login(number)));
    }
    for number in 0..200 {
        let last = 100 + number % 10;
        attackers.spawn(send(last + 10, to, PREFACE.to_vec()));
        attackers.spawn(async move {
            let mut stream = send(last, to, unsigned()).await;
            let mut answer = [0; 12];
            // A connection that has sent nothing yet may have had to make room for another one.
            if stream.read_exact(&mut answer).await.is_ok() {
                assert_eq!(&answer, b"HTTP/1.1 401", "it is answered before the body");
            }
            // It sends the body all the same, as long as it can.
            while stream.write_all(&[b' '; 16 * 1024]).await.is_ok() {}
            stream
        });
    }
    attackers.join_all().await
}

/// The machines of the attackers: they take no time from the server and the forge, as far as one machine can show that.
fn elsewhere() -> Runtime {
    let give_way = || {
        rustix::process::nice(15).expect("a thread may take less");
    };
    Builder::new_multi_thread().worker_threads(2).on_thread_start(give_way).enable_all().build().expect("a runtime")
}

/// Shows the figures, when the output of tests is shown.
#[expect(clippy::print_stdout, reason = "figures are for those who measure")]
fn tell(figures: &str) {
    println!("{figures}");
}

#[tokio::test(flavor = "multi_thread")]
async fn attacks_of_every_kind_at_once_take_little_and_delay_no_machine() {
    let Bounds { jobs: count, most: allowed, at_rest, asked_within } = if binary().is_some() { FOR_USE } else { FOR_TESTS };
    // The figures of each database are shown, whatever they are.
    let mut broken = Vec::new();
    for database in databases().await {
        let plan = Plan { database, watch: false, logging: "", scripts: vec![("makes", MAKES)], ..Plan::default() };
        let garm = Installation::set_up(plan).await;
        garm.add_pool("makes", "made", u32::from(count) + 1, 0).await;
        let asked_for = async |number: u8| {
            garm.queue_job(&format!("job{number}"), "made");
            let told = |text: String| text.lines().count() > usize::from(number);
            let is_asked = || fs::read_to_string(garm.directory().join("asked")).is_ok_and(told);
            garm.until("a machine is asked for", async |_| is_asked().then_some(())).await;
        };
        // The first one of all looks for the runner group and for downloads.
        asked_for(0).await;
        let (server, to) = (Measured::server(&garm), address(&garm));
        let (memory, own, descriptors) = (server.resident(), server.own(), server.descriptors());
        server.forget_peak();

        let jobs = async {
            let mut took = Vec::new();
            for number in 1..=count {
                let begun = now();
                asked_for(number).await;
                took.push((begun.elapsed().as_millis(), number));
            }
            took.sort_unstable_by(|one, other| other.cmp(one));
            took.truncate(5);
            took
        };
        let elsewhere = elsewhere();
        let (attackers, slowest) = tokio::join!(elsewhere.spawn(attack(to)), jobs);
        let attackers = attackers.expect("no panic");
        let most = server.peak();
        assert!(answers(&garm).await);
        drop(attackers);
        elsewhere.shutdown_background();
        let is_calm = |server: Measured| server.own() < at_rest && server.descriptors() < descriptors + 20;
        server.within(CALM, "all is as before", is_calm).await;

        let token = garm.client().metrics_token().await.expect("made").token;
        let figures = scrape(&garm, expose(&token.0)).await.1;
        let asked: Vec<&str> = figures.lines().filter(|line| line.starts_with("garm_job_to_create_seconds")).collect();
        tell(&format!(
            "memory: {memory} MiB before ({own} its own), {most} at most, {} afterwards ({} its own); {asked:#?}; slowest (ms, number): {slowest:?}",
            server.resident(),
            server.own()
        ));
        if most >= allowed {
            broken.push(format!("{memory} MiB before, {most} MiB at most"));
        }
        let within = value(&figures, &format!("garm_job_to_create_seconds_bucket{{le=\"{asked_within}\"}}"));
        if within < f64::from(count + 1) * 0.99 {
            broken.push(format!("{asked:#?}"));
        }
        garm.finish().await;
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
