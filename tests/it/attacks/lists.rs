//! Lists that are long: they cost the server no more memory than short ones, however many read them and however slowly.

use std::time::Duration;

use garm::api::paths;
use serde::Deserialize;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::measure::Measured;
use crate::harness::{Installation, Plan, databases};

/// How many jobs there are. One answer with all of them has some 100 MB.
const JOBS: usize = 200_000;

/// How much more memory the server may have while the list is read by all, in MiB. With the whole list in memory each reader costs some 500.
const MORE: u64 = 64;

/// What is looked at of a job.
#[derive(Deserialize)]
struct Item {
    workflow_job_id: i64,
}

/// The list at a path, read by four at once, while 16 others ask for it and read nothing.
async fn read_by_many(garm: &Installation, measured: Measured, path: &str) -> Vec<Item> {
    let http = reqwest::Client::new();
    let list = async || http.get(format!("{}{path}", garm.url)).bearer_auth(garm.token()).send().await.expect("asked");
    measured.forget_peak();
    let before = measured.resident();
    let mut silent = Vec::new();
    for _ in 0..16 {
        let mut stream = TcpStream::connect(garm.url.trim_start_matches("http://")).await.expect("connected");
        let head = format!("GET {path} HTTP/1.1\r\nhost: garm\r\nauthorization: Bearer {}\r\n\r\n", garm.token());
        stream.write_all(head.as_bytes()).await.expect("sent");
        silent.push(stream);
    }
    let whole = async || list().await.bytes().await.expect("whole");
    let (first, second, third, fourth) = tokio::join!(whole(), whole(), whole(), whole());
    assert!(measured.peak() < before + MORE, "{path}: {} MiB, {before} before", measured.peak());
    assert!([&second, &third, &fourth].into_iter().all(|answer| *answer == first), "{path}");
    drop(silent);
    measured.within(Duration::from_secs(30), "the memory is given back", |now| now.resident() < before + MORE).await;
    serde_json::from_slice(&first).expect("a JSON array")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_of_jobs_is_read_by_many_and_by_slow_readers_in_little_memory() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database: database.clone(), watch: false, ..Plan::default() }).await;
        database
            .execute(
                &garm,
                &format!(
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {JOBS})
                     INSERT INTO jobs (endpoint, workflow_job_id, run_id, name, status, conclusion, labels, repository_owner,
                         repository_name, run_url, forge_runner_id, runner_name, runner_group_id, runner_group_name, queued_at, created_at,
                         updated_at, matched_at)
                     SELECT 'fake', 900000 + i, i, 'build and test everything', 'completed', 'success', '[\"self-hosted\",\"linux\"]', 'octo',
                         'hello', 'https://forge.example.com/octo/hello/actions/runs/1', 1, 'garm-runner', 1, 'default', 1000 * i, i, 4000000000000000, 1 FROM n"
                ),
            )
            .await;
        let jobs = read_by_many(&garm, Measured::server(&garm), paths::JOBS.template()).await;
        let numbers: Vec<i64> = jobs.iter().map(|job| job.workflow_job_id).collect();
        assert_eq!(
            numbers,
            (900_001..=900_000 + i64::try_from(JOBS).expect("few")).collect::<Vec<_>>(),
            "each once, in the order they were queued"
        );
        garm.finish().await;
    }
}
