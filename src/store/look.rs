//! A look at a database without a trace: nothing is made, locked, migrated or changed.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::migration::MigrationSource;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_migrations::EmbeddedMigrations;

use super::{Database, Error, Store, migrate, postgres, sqlite};

/// Where Diesel keeps which migrations ran.
const APPLIED: &str = "__diesel_schema_migrations";

/// A database as the next start would find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// Whether nothing was ever kept in it: a new installation would begin.
    pub is_new: bool,
    /// The migrations that would run, by name, in their order.
    pub pending: Vec<String>,
}

/// What is in a database: the names of its tables, and the versions of the migrations that ran.
type Found = (Vec<String>, Vec<String>);

impl Store {
    /// Looks at a database that a server may be using.
    ///
    /// # Errors
    /// When it cannot be reached, is upstream's, or was made by a newer version.
    pub async fn look(database: Database) -> Result<Outlook, Error> {
        let look = move || match database {
            Database::Memory => outlook::<diesel::sqlite::Sqlite>(&migrate::SQLITE, &Found::default()),
            Database::Sqlite { path, .. } if !path.exists() => outlook::<diesel::sqlite::Sqlite>(&migrate::SQLITE, &Found::default()),
            Database::Sqlite { path, .. } => {
                let ask = |conn: &mut SqliteConnection| found(sqlite::table_names(conn)?, |query| query.load(conn));
                let judged = |found: &Found| outlook::<diesel::sqlite::Sqlite>(&migrate::SQLITE, found);
                let found = sqlite::look(&path, ask, |found| judged(found).is_ok_and(|outlook| outlook.pending.is_empty()))?;
                judged(&found)
            }
            Database::Postgres(settings) => {
                let mut conn = postgres::open(&settings)?.get().map_err(|fault| Error::Connect(fault.to_string()))?;
                let found = found(migrate::tables_of_postgres(&mut conn)?, |query| query.load(&mut *conn))?;
                outlook::<diesel::pg::Pg>(&migrate::POSTGRES, &found)
            }
        };
        tokio::task::spawn_blocking(look).await.map_err(|_| Error::Closed)?
    }
}

fn found(tables: Vec<String>, load: impl FnOnce(diesel::expression::SqlLiteral<Text>) -> QueryResult<Vec<String>>) -> QueryResult<Found> {
    let query = diesel::dsl::sql::<Text>(&format!("SELECT version FROM {APPLIED}"));
    let applied = if tables.iter().any(|table| table == APPLIED) { load(query)? } else { Vec::new() };
    Ok((tables, applied))
}

fn outlook<DB: Backend>(migrations: &EmbeddedMigrations, (tables, applied): &Found) -> Result<Outlook, Error> {
    migrate::refuse_upstream(tables)?;
    let known = MigrationSource::<DB>::migrations(migrations).map_err(|fault| Error::Migrate(fault.to_string()))?;
    let known: Vec<(String, String)> =
        known.iter().map(|migration| (migration.name().version().to_string(), migration.name().to_string())).collect();
    if let Some(newer) = applied.iter().find(|version| known.iter().all(|(known, _)| known != *version)) {
        return Err(Error::Migrate(format!("a newer version of garm made it: the migration {newer} is not known here")));
    }
    let pending = known.into_iter().filter(|(version, _)| !applied.contains(version)).map(|(_, name)| name).collect();
    Ok(Outlook { is_new: tables.is_empty(), pending })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use diesel::connection::SimpleConnection as _;
    use tempfile::TempDir;

    use super::super::tests::postgres_server::TestDatabase;
    use super::super::tests::{first_endpoints, sealer, skipped};
    use super::*;
    use crate::clock::Clock;

    async fn check(database: Database) {
        let before = Store::look(database.clone()).await.expect("looked at");
        assert!(before.is_new && before.pending.len() > 5 && before.pending[0].starts_with("0001"), "{before:?}");
        assert_eq!(Store::look(database.clone()).await.expect("looked at"), before, "nothing was made");
        let store = Store::open(database.clone(), sealer(), Clock::System, first_endpoints()).await.expect("opens");
        let open = Outlook { is_new: false, pending: Vec::new() };
        assert_eq!(Store::look(database.clone()).await.expect("looked at"), open, "a server may be using it");
        drop(store);
        assert_eq!(Store::look(database).await.expect("looked at"), open);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_migrations_to_come_are_told_and_none_is_run() {
        let dir = TempDir::new().expect("a directory");
        let path = dir.path().join("garm.db");
        check(Database::Sqlite { path: path.clone(), busy_timeout: Duration::from_secs(1) }).await;
        let Some(server) = TestDatabase::create().await else { return skipped("GARM_TEST_POSTGRES is not set") };
        check(Database::Postgres(server.settings())).await;
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
}
