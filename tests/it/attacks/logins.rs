//! Logins without end, at once or in turn: memory, processor, log and passwords hold, and the rest of the server goes on.

use std::net::Ipv4Addr;
use std::time::Duration;

use garm::api::paths;
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Response, StatusCode};
use serde_json::json;

use super::measure::{Measured, now};
use crate::access::KEEPS;
use crate::harness::{Installation, PASSWORD, Plan, databases};

/// The test is a proxy that tells where its clients are.
const BY_PROXY: &str = "trusted_proxies = [\"127.0.0.1\"]\nproxy_header = \"X-Client\"\n";

/// How long a request of an administrator, or a job, may wait while strangers log in, with a binary for tests on a machine that does other things too.
/// Without a queue 600 strangers take 15 s of a processor, and all others wait for as long.
const UNDISTURBED: Duration = Duration::from_secs(3);
/// How long the middle one of such requests may take.
const AS_A_RULE: Duration = Duration::from_secs(1);

/// What the server may keep afterwards, in MiB, beside what it has at rest: less than one hash takes.
const KEPT: u64 = 10;

/// Logs in, for a client of the proxy.
async fn log_in(http: &Client, garm: &Installation, client: Ipv4Addr, name: &str, password: &str) -> Response {
    let login = json!({ "username": name, "password": password });
    let request = http.post(format!("{}{}", garm.url, paths::LOG_IN.template())).header("x-client", client.to_string());
    request.json(&login).send().await.expect("it answers")
}

/// How long to wait, as a refusal tells.
fn retry_after(answer: &Response) -> Option<u64> {
    (answer.status() == StatusCode::TOO_MANY_REQUESTS)
        .then(|| answer.headers()[RETRY_AFTER].to_str().expect("text").parse().expect("seconds"))
}

/// 600 strangers, each with a name and an address of its own, log in at once. Answers how many were sent away.
async fn burst(garm: &Installation, round: u32) -> usize {
    let http = Client::new();
    let logins = (0..600_u32).map(|number| {
        let (http, client) = (&http, Ipv4Addr::from_bits(0xC633_0000 + round * 1000 + number));
        async move {
            let answer = log_in(http, garm, client, &format!("stranger{number}"), "Wrong-Password#72").await;
            let sent_away = retry_after(&answer).is_some();
            assert!(sent_away || answer.status() == StatusCode::UNAUTHORIZED, "{}", answer.status());
            usize::from(sent_away)
        }
    });
    futures_util::future::join_all(logins).await.into_iter().sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_logins_at_once_take_little_memory_and_delay_neither_requests_nor_machines() {
    for database in databases().await {
        let plan = Plan { database, limits: BY_PROXY, scripts: vec![("keeps", KEEPS)], exec_timeout: 60, ..Plan::default() };
        let garm = Installation::set_up(plan).await;
        garm.add_pool("keeps", "kept", 1, 0).await;
        let server = Measured::server(&garm);
        server.forget_peak();
        let before = server.resident();

        let attack = async {
            let mut sent_away = 0;
            for round in 0..3 {
                sent_away += burst(&garm, round).await;
            }
            sent_away
        };
        let work = async {
            let begun = now();
            garm.queue_job("job", "kept");
            garm.until("a machine is asked for", async |garm| garm.directory().join("bootstrap").exists().then_some(())).await;
            let made = begun.elapsed();
            let mut answered = Vec::new();
            for _ in 0..21 {
                let begun = now();
                assert_eq!(garm.instances().await.len(), 1);
                answered.push(begun.elapsed());
            }
            answered.sort();
            (made, answered)
        };
        let (sent_away, (made, answered)) = tokio::join!(attack, work);
        assert!(made < UNDISTURBED && answered[20] < UNDISTURBED && answered[10] < AS_A_RULE, "{made:?}, {answered:?}");
        assert!((600..1800).contains(&sent_away), "{sent_away} of 1800 were sent away");
        // One hash has 19 MiB, and each connection its buffers.
        assert!(server.peak() < before + 100, "peak {} MiB, before {before} MiB", server.peak());
        server.within(Duration::from_secs(30), "the memory comes back", |server| server.resident() < before + KEPT).await;
        std::fs::write(garm.directory().join("go"), "").expect("written");
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_logins_are_slowed_by_name_and_by_address_and_each_is_in_the_log() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database, limits: BY_PROXY, ..Plan::default() }).await;
        let http = Client::new();
        let address = |last: u32| Ipv4Addr::from_bits(0xC000_0200 + last);

        // One address, and a name of its own each time.
        let mut told = Vec::new();
        for number in 0..60 {
            told.extend(retry_after(&log_in(&http, &garm, address(1), &format!("name{number}"), "Wrong").await));
        }
        assert!(told.len() >= 35 && told.iter().all(|wait| (1..=60).contains(wait)), "{told:?}");
        // One name, and an address of its own each time. The administrator has logged in from this machine, and is let in from there.
        let refused = async |last| retry_after(&log_in(&http, &garm, address(last), "ADMIN", "Wrong").await).is_some();
        let mut count = 0;
        for number in 0..60 {
            count += usize::from(refused(100 + number).await);
        }
        assert!(count >= 35, "{count}");
        assert!(retry_after(&log_in(&http, &garm, address(99), "admin", PASSWORD).await).is_some(), "also with the right password");
        let answer = log_in(&http, &garm, Ipv4Addr::LOCALHOST, "admin", PASSWORD).await;
        assert_eq!(answer.status(), StatusCode::OK, "where it has logged in before");

        let hostile = format!("ad\u{202e}min\nlevel=INFO \u{1b}[2J{}", "x".repeat(5000));
        let answer = log_in(&http, &garm, address(2), &hostile, "Wrong-Password#73").await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        // A thread of its own writes the log.
        let written = async |garm: &Installation| Some(garm.log()).filter(|log| log.contains("\\u{202e}"));
        let log = garm.until("the last line of the log", written).await;
        let line = |parts: &[&str]| log.lines().any(|line| parts.iter().all(|part| line.contains(part)) && line.len() < 1500);
        assert!(line(&["a login was refused", "192.0.2.1", "too many failed before"]), "{log}");
        assert!(line(&["a login was refused", "name0", "192.0.2.1", "there is no such name"]), "{log}");
        assert!(line(&["a login was refused", "ADMIN", "192.0.2.100", "there is no such name"]), "{log}");
        assert!(line(&["\"a login\"", "admin", "127.0.0.1"]), "{log}");
        assert!(line(&["a login was refused", "192.0.2.2", "202e"]), "{log}");
        assert!(!log.contains('\u{202e}') && !log.contains("Wrong-Password"), "{log}");
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invented_address_is_no_way_around_where_no_proxy_is_trusted() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database, ..Plan::default() }).await;
        let http = Client::new();
        let mut count = 0;
        for number in 0..60_u32 {
            let client = Ipv4Addr::from_bits(number).to_string();
            let login = json!({ "username": format!("name{number}"), "password": "Wrong" });
            let request = http.post(format!("{}{}", garm.url, paths::LOG_IN.template())).json(&login);
            let request = ["x-forwarded-for", "x-real-ip", "x-client", "forwarded"]
                .iter()
                .fold(request, |request, name| request.header(*name, &client));
            count += usize::from(retry_after(&request.send().await.expect("it answers")).is_some());
        }
        assert!(count >= 35, "{count}");
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_sends_no_large_bodies() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database, ..Plan::default() }).await;
        let server = Measured::server(&garm);
        server.forget_peak();
        let before = server.resident();
        let http = Client::new();
        let sends = (0..100).map(|number| {
            let path = if number % 2 == 0 { paths::LOG_IN } else { paths::FIRST_RUN };
            let request = http.post(format!("{}{}", garm.url, path.template()));
            let body = json!({ "username": "x".repeat(1_900_000), "password": "Wrong" }).to_string();
            // With a length that is told, and without.
            let request = if number % 4 < 2 {
                request.body(body)
            } else {
                let pieces = body.into_bytes().chunks(65_536).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect::<Vec<_>>();
                request.body(reqwest::Body::wrap_stream(futures_util::stream::iter(pieces)))
            };
            async move { request.send().await.map_or(StatusCode::PAYLOAD_TOO_LARGE, |answer| answer.status()) }
        });
        for status in futures_util::future::join_all(sends).await {
            assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        }
        assert!(server.peak() < before + 60, "peak {} MiB, before {before} MiB", server.peak());
        garm.finish().await;
    }
}
