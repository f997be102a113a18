//! A reader of the log that stalls: it costs lines of the log, and nothing else.

use std::time::Duration;

use garm::api::paths;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

use crate::harness::{Database, Installation, Plan, databases};
use crate::metrics::scrape;

/// How many requests are made while the log is not read. A pipe has room for some 300 lines.
const REQUESTS: usize = 2000;

/// What one of them may take on a busy machine. Without a queue the first that finds the pipe full takes for ever.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// From TERM to the end: what is written at the end has two seconds.
const END_MAX: Duration = Duration::from_secs(8);

/// Each request leaves a line of more than 2 KB: more in all than the queue has room for.
async fn make_requests(garm: &Installation) {
    let http = reqwest::Client::builder().timeout(ANSWER_MAX).build().expect("a client");
    let url = format!("{}/{}", garm.url, "x".repeat(1000));
    for _ in 0..REQUESTS / 50 {
        let requests = (0..50).map(|_| http.get(&url).header("user-agent", "y".repeat(1000)).send());
        for answer in futures_util::future::join_all(requests).await {
            assert_eq!(answer.expect("the server answers, whoever reads the log").status(), 404);
        }
    }
}

async fn dropped(garm: &Installation) -> u64 {
    let token = garm.client().metrics_token().await.expect("made").token;
    let (status, figures) = scrape(garm, garm::model::expose(&token.0)).await;
    assert_eq!(status, 200);
    let line = figures.lines().find(|line| line.starts_with("garm_log_lines_dropped_total ")).expect("the figure is there");
    line.rsplit(' ').next().and_then(|value| value.parse().ok()).expect("a number")
}

async fn unread(database: Database) -> Installation {
    let mut garm = Installation::start(Plan { database, unread_log: true, watch: false, ..Plan::default() }).await;
    garm.log_in_first().await;
    garm
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_never_read_keeps_the_server_neither_from_answering_nor_from_ending() {
    for database in databases().await {
        let mut garm = unread(database).await;
        make_requests(&garm).await;
        let dropped = dropped(&garm).await;
        assert!(dropped > 0, "none was dropped");
        let mut process = garm.terminate_server();
        let ended = tokio::time::timeout(END_MAX, process.wait()).await.expect("it ends in time").expect("it ends");
        assert!(ended.success(), "{ended}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_comes_back_is_told_what_is_missing_and_gets_all_that_follows() {
    for database in databases().await {
        let mut garm = unread(database).await;
        make_requests(&garm).await;
        let mut lines = BufReader::new(garm.output()).lines();
        let (mut read, mut told) = (0, None);
        while told.is_none() {
            let line = lines.next_line().await.expect("readable").expect("it goes on");
            read += 1;
            let line: serde_json::Value = serde_json::from_str(&line).expect("a line is whole");
            let is_it = line["msg"].as_str().is_some_and(|message| message.starts_with("lines of the log were dropped here"));
            told = is_it.then(|| line["lines"].as_u64().expect("a count"));
        }
        let missing = told.expect("just read");
        assert!(missing > 0 && read + missing >= REQUESTS as u64, "{missing} are missing, {read} came");
        let login = format!("{}{}", garm.url, paths::LOGIN.template());
        reqwest::Client::new().get(login).header("x-request-id", "afterwards").send().await.expect("an answer");
        let mut process = garm.terminate_server();
        // Until the server closes its end.
        let mut rest = String::new();
        lines.into_inner().read_to_string(&mut rest).await.expect("readable");
        assert!(rest.contains("\"request.id\":\"afterwards\"") && rest.contains("\"msg\":\"stopped\""), "{rest}");
        assert!(process.wait().await.expect("it ends").success());
    }
}
