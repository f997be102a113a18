//! What answers cost beside many runners: lists, metrics, and the first one after a start.

use std::time::{Duration, Instant};

use garm::api::LoginParams;
use garm::api::{Secret, paths};
use garm::client::Client;
use garm::model::expose;

use super::large_entity::{CANNED, with_idle};
use super::usage::{Usage, at_share, name_of, print_row};
use super::{plan, sizes};
use crate::harness::{Installation, PASSWORD, Plan, databases};

/// So often each is asked for.
const TIMES: usize = 20;

/// Milliseconds that this takes, and its value.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
async fn timed<T>(what: impl Future<Output = T>) -> (f64, T) {
    let began = Instant::now();
    let value = what.await;
    (began.elapsed().as_secs_f64() * 1_000.0, value)
}

/// How long answers of this path take (median, in milliseconds), and their size in bytes.
async fn asked(garm: &Installation, path: &str, token: &str) -> (f64, usize) {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut times = Vec::new();
    let mut size = 0;
    for _ in 0..TIMES {
        let request = http.get(format!("{}{path}", garm.url)).bearer_auth(token);
        let (took, body) =
            timed(async { request.send().await.expect("answers").error_for_status().expect("a success").bytes().await }).await;
        times.push(took);
        size = body.expect("a body").len();
    }
    times.sort_unstable_by(f64::total_cmp);
    (at_share(&times, 0.5), size)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; benches/serve runs it"]
async fn what_answers_cost() {
    for runners in sizes() {
        for database in databases().await {
            let name = name_of(&database);
            let (mut garm, _guests) = with_idle(Plan { scripts: vec![CANNED], ..plan(&database) }, runners).await;
            let (list_ms, list_bytes) = asked(&garm, paths::INSTANCES.template(), garm.token()).await;
            let token = garm.client().metrics_token().await.expect("made").token;
            let (metrics_ms, metrics_bytes) = asked(&garm, "/metrics", expose(&token.0)).await;
            garm.kill_server().await;
            let (start_ms, ()) = timed(garm.start_server()).await;
            // What a start has to do is done.
            tokio::time::sleep(Duration::from_secs(20)).await;
            let resident = Usage::of(garm.process()).resident;
            let mib = |bytes: usize| f64::from(u32::try_from(bytes / 1024).expect("small")) / 1024.0;
            let figures = [
                ("list_ms", list_ms),
                ("list_mib", mib(list_bytes)),
                ("metrics_ms", metrics_ms),
                ("metrics_mib", mib(metrics_bytes)),
                ("start_ms", start_ms),
                ("resident_mib", resident),
            ];
            print_row(&format!("answers beside {runners} idle runners"), name, &figures);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; benches/serve runs it"]
async fn what_rest_costs() {
    for database in databases().await {
        let mut garm = Installation::set_up(plan(&database)).await;
        garm.kill_server().await;
        let (start_ms, ()) = timed(garm.start_server()).await;
        tokio::time::sleep(Duration::from_secs(20)).await;
        let idle = Usage::of(garm.process()).resident;
        let login = LoginParams { username: "admin".into(), password: Secret::from(PASSWORD) };
        Client::new(&garm.url, None).expect("a URL").log_in(&login).await.expect("logged in");
        tokio::time::sleep(Duration::from_secs(20)).await;
        let after_login = Usage::of(garm.process()).resident;
        let figures = [("start_ms", start_ms), ("resident_mib", idle), ("after_login_mib", after_login)];
        print_row("an idle server", name_of(&database), &figures);
    }
}
