//! Strangers who want to make the administrator of a new installation.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use garm::api::paths;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::cli::run;
use crate::harness::{Installation, PASSWORD, Plan, databases, skipped};

/// Closed to callers from elsewhere from the beginning. The test is a proxy that tells where its clients are.
const CLOSED: &str = "first_run_window = \"0\"\ntrusted_proxies = [\"127.0.0.1\"]\n";

/// A first run, with headers of the caller's choice. What else there is in `more` is sent along.
async fn first_run(garm: &Installation, headers: &[(&str, &str)], more: Value) -> (StatusCode, String) {
    first_run_by(&Client::new(), garm, headers, more).await
}

async fn first_run_by(http: &Client, garm: &Installation, headers: &[(&str, &str)], more: Value) -> (StatusCode, String) {
    let mut body = json!({ "username": "admin", "email": "a@example.com", "password": PASSWORD });
    body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let request = http.post(format!("{}{}", garm.url, paths::FIRST_RUN.template())).body(body.to_string());
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let answer = request.send().await.expect("it answers");
    (answer.status(), answer.text().await.expect("a body"))
}

/// The code that the log shows.
fn code(garm: &Installation) -> String {
    let log = garm.log();
    let line = log.lines().rfind(|line| line.contains("there is no administrator yet")).expect("it is in the log");
    let line: Value = serde_json::from_str(line).expect("JSON");
    line["code"].as_str().expect("a code").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_makes_no_administrator_once_the_window_is_over_unless_with_the_code_of_the_log() {
    for database in databases().await {
        let mut garm = Installation::start(Plan { database, limits: CLOSED, ..Plan::default() }).await;
        assert!(garm.log().contains("A NEW, EMPTY DATABASE IS MADE"), "{}", garm.log());
        let strangers: [&[(&str, &str)]; 8] = [
            &[("x-forwarded-for", "192.0.2.1")],
            &[("x-forwarded-for", "127.0.0.1")],
            &[("x-forwarded-for", "127.0.0.1, 192.0.2.1")],
            &[("x-real-ip", "192.0.2.1")],
            &[("forwarded", "for=192.0.2.1")],
            &[("via", "1.1 proxy")],
            &[("host", "garm.example.com:9997")],
            &[("origin", "https://evil.example.com")],
        ];
        let code = code(&garm);
        let wrong = [String::new(), "wrong".to_owned(), code[1..].to_owned(), code.to_uppercase() + "x"];
        for headers in strangers {
            for wrong in &wrong {
                let (status, told) = first_run(&garm, headers, json!({ "code": wrong })).await;
                assert_eq!(status, StatusCode::FORBIDDEN, "{headers:?}: {told}");
                assert!(!told.contains(&code) && (told.contains("--code") || told.contains("origin")), "{told}");
            }
        }
        // The page of a stranger in the browser of a person who has the code.
        let (status, told) = first_run(&garm, &[("origin", "https://evil.example.com")], json!({ "code": code })).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{told}");
        garm.until("the log tells", async |garm| garm.log().contains("a first run was refused").then_some(())).await;

        garm.kill_server().await;
        garm.start_server().await;
        assert_eq!(garm.log().matches("A NEW, EMPTY DATABASE IS MADE").count(), 1);
        let (status, told) = first_run(&garm, &[("x-forwarded-for", "192.0.2.1")], json!({ "code": code })).await;
        assert_eq!(status, StatusCode::OK, "the code is good after a restart: {told}");
        let (status, _) = first_run(&garm, &[], json!({ "code": code })).await;
        assert_eq!(status, StatusCode::CONFLICT, "once");
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sets_a_new_server_up_from_elsewhere_and_a_caller_on_the_machine_at_any_time() {
    for database in databases().await {
        let garm = Installation::start(Plan { database, limits: "trusted_proxies = [\"127.0.0.1\"]\n", ..Plan::default() }).await;
        let (status, told) = first_run(&garm, &[("x-forwarded-for", "192.0.2.1")], json!({})).await;
        assert_eq!(status, StatusCode::OK, "{told}");
        garm.finish().await;
    }
    for database in databases().await {
        let garm = Installation::start(Plan { database, limits: CLOSED, ..Plan::default() }).await;
        let (status, told) = first_run(&garm, &[], json!({})).await;
        assert_eq!(status, StatusCode::OK, "{told}");
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_are_slowed_by_address_and_keep_nobody_else_out() {
    for database in databases().await {
        let garm = Installation::start(Plan { database, limits: CLOSED, ..Plan::default() }).await;
        let (code, http) = (code(&garm), Client::new());
        let tries =
            async |address: &str, code: &str| first_run_by(&http, &garm, &[("x-forwarded-for", address)], json!({ "code": code })).await;
        let mut slowed = 0;
        for number in 0..60 {
            let (status, told) = tries("192.0.2.1", &number.to_string()).await;
            slowed += usize::from(status == StatusCode::TOO_MANY_REQUESTS && told.contains("too many first runs from this address"));
            assert!([StatusCode::FORBIDDEN, StatusCode::TOO_MANY_REQUESTS].contains(&status), "{told}");
        }
        assert!(slowed >= 35, "{slowed} of 60");
        while tries("192.0.2.1", "wrong").await.0 != StatusCode::TOO_MANY_REQUESTS {}
        let (status, told) = tries("192.0.2.1", &code).await;
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "also with the right code: {told}");
        for last in 2..60 {
            let (status, told) = tries(&format!("192.0.2.{last}"), "wrong").await;
            assert_eq!(status, StatusCode::FORBIDDEN, "one of many addresses: {told}");
        }
        let (status, told) = tries("198.51.100.7", &code).await;
        assert_eq!(status, StatusCode::OK, "{told}");
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_first_runs_at_once_make_one_administrator() {
    for database in databases().await {
        let garm = Installation::start(Plan { database, ..Plan::default() }).await;
        let http = Client::new();
        let runs = (0..200).map(|_| first_run_by(&http, &garm, &[], json!({})));
        let (mut made, mut busy) = (0, 0);
        for (status, told) in futures_util::future::join_all(runs).await {
            match status.as_u16() {
                200 => made += 1,
                429 => busy += 1,
                409 => {}
                _ => panic!("{status}: {told}"),
            }
        }
        assert_eq!(made, 1, "{busy} were sent away");
        garm.finish().await;
    }
}

/// The address of this machine that others see, if it has one. Nothing is sent.
fn address_of_this_machine() -> Option<Ipv4Addr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    match socket.local_addr().ok()?.ip() {
        IpAddr::V4(address) if !address.is_loopback() && !address.is_unspecified() => Some(address),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_tells_the_way_out_and_takes_the_code() {
    let Some(host) = address_of_this_machine() else { return skipped("this machine has no address but its loopback") };
    for database in databases().await {
        let garm = Installation::start(Plan { database, limits: CLOSED, host, ..Plan::default() }).await;
        let init = |more: &[&str]| {
            let arguments = ["init", "--name", "new", "--url", garm.url.as_str(), "--username", "admin", "--email", "a@b.c"];
            run(&garm, &[&arguments, more].concat())
        };
        let (status, _, told) = init(&[]);
        assert!(status == Some(1) && told.contains("garm init --code"), "{told}");
        let (status, _, told) = init(&["--code", &code(&garm)]);
        assert_eq!(status, Some(0), "{told}");
        garm.finish().await;
    }
}
