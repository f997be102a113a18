//! Bodies of deliveries that nobody signed, that are held back, or that are too large.

use std::time::Duration;

use garm::api::paths;
use garm::clock::Clock;
use garm::crypto::random;
use garm::forge::github::signature;
use garm::model::SecretString;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::measure::{Measured, now};
use crate::harness::{Installation, Plan, WEBHOOK_SECRET, at, databases};

const WEBHOOKS: &str = paths::WEBHOOKS.template();

/// How many clients attack at once.
const CLIENTS: usize = 200;

/// What the server may take for them, in MiB, beside the room for bodies: their connections, and what a binary for tests has more than one for use.
const FOR_CLIENTS: u64 = 60;

/// The room for bodies, in MiB, unless set.
const ROOM: u64 = 32;

/// A request for the receiver, without its body.
fn head(length: usize, signature: Option<&str>) -> String {
    head_to(WEBHOOKS, length, signature)
}

fn head_to(path: &str, length: usize, signature: Option<&str>) -> String {
    let signature = signature.map(|signature| format!("{}: {signature}\r\n", signature::HEADER)).unwrap_or_default();
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nx-github-event: workflow_job\r\nx-github-hook-installation-target-type: repository\r\n{signature}\
         content-length: {length}\r\n\r\n"
    )
}

/// A delivery about a job of this owner.
fn delivery(web: &str, owner: &str, job: i64) -> Vec<u8> {
    let job = json!({
        "id": job, "run_id": 1, "html_url": format!("{web}/{owner}/hello/actions/runs/1/job/{job}"), "name": "build",
        "created_at": Clock::System.now().to_string(), "labels": ["self-hosted", "held"]
    });
    let repository = json!({ "name": "hello", "owner": { "login": owner } });
    json!({ "action": "queued", "workflow_job": job, "repository": repository }).to_string().into_bytes()
}

fn signed(body: &[u8]) -> String {
    signature::sign(&SecretString::from(WEBHOOK_SECRET), body)
}

/// An answer without what every answer has of its own: an id and a time.
fn told(answer: &str) -> String {
    let lines = answer.lines().filter(|line| !line.starts_with("x-request-id") && !line.starts_with("date"));
    lines.collect::<Vec<_>>().join("\n")
}

async fn connect(garm: &Installation) -> TcpStream {
    TcpStream::connect(garm.url.trim_start_matches("http://")).await.expect("it listens")
}

/// Sends a whole request, and reads the answer to the end of the connection.
async fn exchange(garm: &Installation, head: &str, body: &[u8]) -> String {
    let mut stream = connect(garm).await;
    let head = head.replacen("host: x\r\n", "host: x\r\nconnection: close\r\n", 1);
    stream.write_all(&[head.as_bytes(), body].concat()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsigned_body_is_refused_before_it_arrives() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database, watch: false, ..Plan::default() }).await;
        let server = Measured::server(&garm);
        let before = server.resident();
        server.forget_peak();
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let mut stream = connect(&garm).await;
            clients.spawn(async move {
                stream.write_all(head(24 * 1024 * 1024, None).as_bytes()).await.expect("sent");
                let mut answer = vec![0; 12];
                stream.read_exact(&mut answer).await.expect("it is answered before the body");
                // The client sends all the same, as long as it can.
                while stream.write_all(&[b' '; 16 * 1024]).await.is_ok() {}
                String::from_utf8(answer).expect("a status line")
            });
        }
        for answer in clients.join_all().await {
            assert_eq!(answer, "HTTP/1.1 401");
        }
        let most = server.peak();
        assert!(most < before + FOR_CLIENTS, "{before} MiB before, {most} MiB at most");
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_held_back_take_no_more_than_their_room_and_delay_no_delivery() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database, watch: false, ..Plan::default() }).await;
        garm.add_pool("local", "held", 1, 0).await;
        let server = Measured::server(&garm);
        let before = server.resident();
        server.forget_peak();
        // Each says that it is signed, and sends all but the end of the largest body that is taken.
        let (length, signature) = (1024 * 1024, format!("sha256={}", "0".repeat(64)));
        let mut attackers = JoinSet::new();
        for _ in 0..CLIENTS {
            let (mut stream, head) = (connect(&garm).await, head(length, Some(&signature)));
            attackers.spawn(async move {
                // A server that needs the room closes the connection.
                let sent = async {
                    stream.write_all(head.as_bytes()).await?;
                    stream.write_all(&vec![b' '; length - 1]).await
                };
                let _ended_by_server = sent.await;
                stream
            });
        }
        let held = attackers.join_all().await;
        for job in 1..=20 {
            let (body, begun) = (delivery(&garm.forge.url(), "octo", job), now());
            let answer = exchange(&garm, &head(body.len(), Some(&signed(&body))), &body).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        }
        let most = server.peak();
        assert!(most < before + ROOM + FOR_CLIENTS, "{before} MiB before, {most} MiB at most");
        drop(held);
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_does_not_learn_who_is_an_entity_here() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database, watch: false, ..Plan::default() }).await;
        let web = garm.forge.url();
        let bodies = ["octo", "hubot"].map(|owner| delivery(&web, owner, 1));
        let wrong = format!("sha256={}", "0".repeat(64));
        for signature in [None, Some(wrong.as_str()), Some("sha256=00"), Some("sha1=00"), Some("nothing")] {
            let mut answers = Vec::new();
            for body in &bodies {
                answers.push(told(&exchange(&garm, &head(body.len(), signature), body).await));
            }
            assert!(answers[0].starts_with("HTTP/1.1 401"), "{signature:?}: {}", answers[0]);
            assert_eq!(answers[0], answers[1], "{signature:?}");
        }
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_without_a_signature_does_not_learn_which_controller_this_is() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database, watch: false, ..Plan::default() }).await;
        let own = garm.client().controller().await.expect("shown").controller_id;
        let own = at(paths::CONTROLLER_WEBHOOKS, [&own]);
        let others = [random::uuid().to_string(), "nobody".to_owned()].map(|other| at(paths::CONTROLLER_WEBHOOKS, [&other]));
        let body = delivery(&garm.forge.url(), "octo", 1);
        let answer = async |path: &str, signature: Option<&str>| told(&exchange(&garm, &head_to(path, body.len(), signature), &body).await);
        for signature in [None, Some("sha256=00"), Some("sha1=00"), Some("nothing")] {
            let expected = answer(&own, signature).await;
            assert!(expected.starts_with("HTTP/1.1 401"), "{signature:?}: {expected}");
            for other in &others {
                assert_eq!(answer(other, signature).await, expected, "{other} {signature:?}");
            }
        }
        for other in &others {
            let answer = answer(other, Some(&signed(&body))).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "the forge must not count it as a failure: {answer}");
        }
        assert!(garm.jobs().await.is_empty(), "it is for another controller");
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn how_large_a_delivery_may_be_is_a_setting() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database, watch: false, limits: "delivery_bytes = 100_000\n", ..Plan::default() }).await;
        garm.add_pool("local", "held", 1, 0).await;
        let mut body = delivery(&garm.forge.url(), "octo", 1);
        body.resize(100_000, b' ');
        let answer = exchange(&garm, &head(body.len(), Some(&signed(&body))), &body).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        body.push(b' ');
        let answer = exchange(&garm, &head(body.len(), Some(&signed(&body))), &body).await;
        assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("at most 100000 bytes"), "{answer}");
        garm.finish().await;
    }
}
