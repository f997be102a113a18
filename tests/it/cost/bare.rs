//! What the machine itself can do: durable commits, and processes. The other measures are read beside these.

use std::process::Stdio;
use std::time::Instant;

use diesel::connection::SimpleConnection as _;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection as _, RunQueryDsl as _};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::task::JoinSet;

use super::usage::{name_of, print_row};
use crate::harness::{Database, databases};

/// So many commits are made one after the other.
const COMMITS: u32 = 1_000;
/// So many processes are started, and so many of them run at once.
const PROCESSES: u32 = 400;
const AT_ONCE: u32 = 8;

/// How many commits of one row are durable in a second, each after the one before it.
async fn commits_in_a_second(database: &Database) -> f64 {
    let (table, insert) = ("CREATE TABLE bare (number INTEGER PRIMARY KEY)", |number| format!("INSERT INTO bare VALUES ({number})"));
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    let began = Instant::now();
    match database {
        Database::Sqlite => {
            let dir = TempDir::new().expect("a directory");
            let path = dir.path().join("bare.db");
            let mut conn = SqliteConnection::establish(path.to_str().expect("text")).expect("opens");
            // As the server has them.
            conn.batch_execute(&format!("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; {table}")).expect("set up");
            for number in 0..COMMITS {
                diesel::sql_query(insert(number)).execute(&mut conn).expect("written");
            }
        }
        Database::Postgres { .. } => {
            let client = database.postgres().await;
            client.batch_execute(table).await.expect("made");
            for number in 0..COMMITS {
                client.batch_execute(&insert(number)).await.expect("written");
            }
        }
    }
    f64::from(COMMITS) / began.elapsed().as_secs_f64()
}

/// How many processes that do nothing begin and end in a second.
async fn processes_in_a_second() -> f64 {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    let began = Instant::now();
    let mut chains = JoinSet::new();
    for _ in 0..AT_ONCE {
        chains.spawn(async {
            for _ in 0..PROCESSES / AT_ONCE {
                #[expect(clippy::disallowed_methods, reason = "it ends by itself, and is waited for")]
                let status = Command::new("true").stdin(Stdio::null()).status().await.expect("it runs");
                assert!(status.success());
            }
        });
    }
    chains.join_all().await;
    f64::from(PROCESSES) / began.elapsed().as_secs_f64()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes the machine for itself; benches/serve runs it"]
async fn what_bare_work_costs() {
    print_row("bare processes", "none", &[("per_second", processes_in_a_second().await)]);
    for database in databases().await {
        print_row("bare durable commits, one after the other", name_of(&database), &[("per_second", commits_in_a_second(&database).await)]);
    }
}
