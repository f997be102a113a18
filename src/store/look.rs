//! A look at a database without a trace: nothing is made, locked, migrated or changed.

use uuid::Uuid;

use super::conn::Conn;
use super::migrate::{self, Found};
use super::seals::{self, Seals};
use super::unit::{Context, Tx};
use super::{Database, Error, Store, postgres, sqlite};
use crate::clock::Clock;
use crate::crypto::seal::Sealer;

/// A database as the next start would find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// Whether nothing was ever kept in it: a new installation would begin.
    pub is_new: bool,
    /// The migrations that would run, by name, in their order.
    pub pending: Vec<String>,
    /// Whether the passphrases are those of the database.
    pub passphrases: Passphrases,
}

/// How the passphrases of the configuration fit the secrets in a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passphrases {
    /// There are none to try.
    Untried,
    /// The database was sealed with others: the start would end.
    Others,
    /// They are the right ones. The values were tried one by one.
    Fit(Seals),
}

impl Store {
    /// Looks at a database that a server may be using, and tries the passphrases.
    ///
    /// # Errors
    /// When it cannot be reached, is upstream's, or was made by a newer version.
    pub async fn look(database: Database, sealer: Option<Sealer>) -> Result<Outlook, Error> {
        let look = move || match database {
            Database::Memory => look_at_nothing(sealer.as_ref()),
            Database::Sqlite { path, .. } if !path.exists() => look_at_nothing(sealer.as_ref()),
            Database::Sqlite { path, .. } => {
                let ask = |conn: &mut diesel::SqliteConnection| {
                    let found = migrate::find_sqlite(conn)?;
                    outlook(migrate::pending_sqlite(&found)?, &found, Conn::Sqlite(conn), sealer.as_ref())
                };
                // The WAL may have secrets that are newer than those in the file, so the file alone is never enough.
                sqlite::look(&path, ask, None)
            }
            Database::Postgres(settings) => {
                let mut conn = postgres::open(&settings)?.get().map_err(|fault| Error::Connect(fault.to_string()))?;
                let found = migrate::find_postgres(&mut conn)?;
                outlook(migrate::pending_postgres(&found)?, &found, Conn::Postgres(&mut conn), sealer.as_ref())
            }
        };
        tokio::task::spawn_blocking(look).await.map_err(|_| Error::Closed)?
    }
}

/// The look at a database that is not there yet.
fn look_at_nothing(sealer: Option<&Sealer>) -> Result<Outlook, Error> {
    let passphrases = sealer.map_or(Passphrases::Untried, |_| Passphrases::Fit(Seals::default()));
    Ok(Outlook { is_new: true, pending: migrate::pending_sqlite(&Found::default())?, passphrases })
}

fn outlook(pending: Vec<String>, found: &Found, conn: Conn<'_>, sealer: Option<&Sealer>) -> Result<Outlook, Error> {
    let passphrases = match sealer {
        Some(sealer) => {
            let clock = Clock::System;
            let context = Context { sealer, now: clock.now(), database_clock: &clock, announced_as: Uuid::nil() };
            match Tx::snapshot(conn, context, |tx| seals::look(tx, &found.tables)) {
                Ok(seals) => Passphrases::Fit(seals),
                Err(Error::Passphrase) => Passphrases::Others,
                Err(fault) => return Err(fault),
            }
        }
        None => Passphrases::Untried,
    };
    Ok(Outlook { is_new: found.tables.is_empty(), pending, passphrases })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use diesel::connection::SimpleConnection as _;
    use tempfile::TempDir;

    use super::super::tests::postgres_server::TestDatabase;
    use super::super::tests::{first_endpoints, sealer, skipped};
    use super::*;

    async fn check(database: Database) {
        let look = async || Store::look(database.clone(), Some(sealer())).await.expect("looked at");
        let before = look().await;
        assert!(before.is_new && before.pending.len() > 5 && before.pending[0].starts_with("0001"), "{before:?}");
        assert_eq!(look().await, before, "nothing was made");
        let store = Store::open(database.clone(), sealer(), Clock::System, first_endpoints()).await.expect("opens");
        let open = Outlook { is_new: false, pending: Vec::new(), passphrases: Passphrases::Fit(Seals::default()) };
        assert_eq!(look().await, open, "a server may be using it");
        drop(store);
        assert_eq!(look().await, open);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_migrations_to_come_are_told_and_none_is_run() {
        let dir = TempDir::new().expect("a directory");
        let path = dir.path().join("garm.db");
        check(Database::Sqlite { path: path.clone(), busy_timeout: Duration::from_secs(1) }).await;
        let Some(server) = TestDatabase::create().await else { return skipped("GARM_TEST_POSTGRES is not set") };
        check(Database::Postgres(server.settings())).await;
    }

    /// A migration that this version does not know has run.
    async fn check_newer(database: Database, newer: impl AsyncFnOnce()) {
        drop(Store::open(database.clone(), sealer(), Clock::System, first_endpoints()).await.expect("opens"));
        newer().await;
        for refused in [
            Store::open(database.clone(), sealer(), Clock::System, first_endpoints()).await.err(),
            Store::open_beside(database.clone(), sealer(), Clock::System).await.err(),
            Store::look(database.clone(), None).await.err(),
        ] {
            let told = refused.expect("this version does not know it").to_string();
            assert!(told.contains("a newer version of garm made it"), "{told}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_database_of_a_newer_version_is_opened_by_nothing() {
        const NEWER: &str = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";
        let dir = TempDir::new().expect("a directory");
        let path = dir.path().join("garm.db");
        check_newer(Database::Sqlite { path: path.clone(), busy_timeout: Duration::from_secs(1) }, async || {
            sqlite::connect(Some(&path), Duration::from_secs(1)).expect("opens").batch_execute(NEWER).expect("written");
        })
        .await;
        let Some(server) = TestDatabase::create().await else { return skipped("GARM_TEST_POSTGRES is not set") };
        check_newer(Database::Postgres(server.settings()), async || server.execute(NEWER).await).await;
    }

    #[test]
    fn a_file_that_is_written_meanwhile_is_read_as_one_state() {
        let dir = TempDir::new().expect("a directory");
        let path = dir.path().join("garm.db");
        let mut server = sqlite::connect(Some(&path), Duration::from_secs(1)).expect("opens");
        let mut write = move |tables: std::ops::Range<u32>| {
            for number in tables {
                let sql =
                    format!("CREATE TABLE t{number} (x); INSERT INTO t{number} VALUES (randomblob(9000)); PRAGMA wal_checkpoint(TRUNCATE)");
                server.batch_execute(&sql).expect("written");
            }
        };
        write(0..1);
        let writer = std::thread::spawn(move || {
            for round in 0..40 {
                write(1 + round * 10..11 + round * 10);
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let mut before = 0;
        while !writer.is_finished() {
            let tables = sqlite::tables(&path).expect("one state of the file");
            assert!(tables.len() >= before, "{} tables, {before} before", tables.len());
            before = tables.len();
        }
        writer.join().expect("no panic");
        assert_eq!(sqlite::tables(&path).expect("looked at").len(), 401);
    }

    #[test]
    fn a_database_that_is_opened_and_closed_meanwhile_is_read_as_one_state() {
        let dir = TempDir::new().expect("a directory");
        let path = dir.path().join("garm.db");
        let write = |table: u32| {
            let mut server = sqlite::connect(Some(&path), Duration::from_secs(1)).expect("opens");
            server.batch_execute(&format!("CREATE TABLE t{table} (x)")).expect("written");
        };
        write(0);
        std::thread::scope(|scope| {
            let servers = scope.spawn(|| (1..=300).for_each(write));
            let mut before = 0;
            while !servers.is_finished() {
                // Every answer reads the WAL, which the next close removes.
                let ask = |conn: &mut diesel::SqliteConnection| Ok(sqlite::table_names(conn)?.len());
                let tables = sqlite::look(&path, ask, None).expect("one state of the database");
                assert!(tables >= before, "{tables} tables, {before} before");
                before = tables;
            }
        });
        assert_eq!(sqlite::tables(&path).expect("looked at").len(), 301);
    }
}
