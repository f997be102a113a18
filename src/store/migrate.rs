//! Brings the schema up to date. Migrations are append-only and part of the program.

use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::expression::SqlLiteral;
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use diesel::sqlite::SqliteConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::conn::PgConnection;
use super::{Error, postgres, sqlite as embedded};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any number, the same in every replica: the holder of this lock migrates.
const MIGRATION_LOCK: i64 = 0x6761_726d_0001;

/// A table that every database of upstream has and none of ours.
const UPSTREAM_TABLE: &str = "controller_infos";

/// Where Diesel keeps which migrations ran.
const APPLIED: &str = "__diesel_schema_migrations";

/// How far a database is, found out without a change of it. Diesel's own question makes its table.
#[derive(Default)]
pub(super) struct Found {
    /// The names of its tables.
    pub(super) tables: Vec<String>,
    /// The versions of the migrations that ran.
    applied: Vec<String>,
}

/// Brings the schema up to date.
pub(super) fn sqlite(conn: &mut SqliteConnection) -> Result<(), Error> {
    pending_sqlite(&find_sqlite(conn)?)?;
    conn.run_pending_migrations(SQLITE).map_err(|fault| Error::Migrate(fault.to_string()))?;
    Ok(())
}

/// Refuses a database that upstream made, by the names of its tables.
pub(super) fn refuse_upstream(tables: &[String]) -> Result<(), Error> {
    if tables.iter().all(|table| table != UPSTREAM_TABLE) {
        return Ok(());
    }
    Err(Error::Migrate(format!(
        "it is a database of upstream's garm (it has a table {UPSTREAM_TABLE}), which this version does not take over; it was not \
         changed. Name another one in the configuration; docs/migrating.md says how to go on"
    )))
}

/// Looks at a database.
pub(super) fn find_sqlite(conn: &mut SqliteConnection) -> QueryResult<Found> {
    let tables = embedded::table_names(conn)?;
    found(tables, |query| query.load(conn))
}

/// As [`find_sqlite`].
pub(super) fn find_postgres(conn: &mut PgConnection) -> QueryResult<Found> {
    let tables = tables_of_postgres(conn)?;
    found(tables, |query| query.load(conn))
}

fn found(tables: Vec<String>, load: impl FnOnce(SqlLiteral<Text>) -> QueryResult<Vec<String>>) -> QueryResult<Found> {
    let query = diesel::dsl::sql::<Text>(&format!("SELECT version FROM {APPLIED}"));
    let applied = if tables.iter().any(|table| table == APPLIED) { load(query)? } else { Vec::new() };
    Ok(Found { tables, applied })
}

/// The migrations that did not run yet, by name, in their order. Refuses a database of upstream's or of a newer version.
pub(super) fn pending_sqlite(found: &Found) -> Result<Vec<String>, Error> {
    pending::<Sqlite>(&SQLITE, found)
}

/// As [`pending_sqlite`].
pub(super) fn pending_postgres(found: &Found) -> Result<Vec<String>, Error> {
    pending::<Pg>(&POSTGRES, found)
}

fn pending<DB: Backend>(migrations: &EmbeddedMigrations, found: &Found) -> Result<Vec<String>, Error> {
    refuse_upstream(&found.tables)?;
    let known = MigrationSource::<DB>::migrations(migrations).map_err(|fault| Error::Migrate(fault.to_string()))?;
    let known: Vec<(String, String)> =
        known.iter().map(|migration| (migration.name().version().to_string(), migration.name().to_string())).collect();
    if let Some(newer) = found.applied.iter().find(|version| known.iter().all(|(known, _)| known != *version)) {
        return Err(Error::Migrate(format!("a newer version of garm made it: the migration {newer} is not known here")));
    }
    Ok(known.into_iter().filter(|(version, _)| !found.applied.contains(version)).map(|(_, name)| name).collect())
}

/// Refuses a database that is not of this version, without changing it.
pub(super) fn check_sqlite(conn: &mut SqliteConnection) -> Result<(), Error> {
    none_pending(&pending_sqlite(&find_sqlite(conn)?)?)
}

/// As [`check_sqlite`].
pub(super) fn check_postgres(conn: &mut PgConnection) -> Result<(), Error> {
    none_pending(&pending_postgres(&find_postgres(conn)?)?)
}

fn none_pending(pending: &[String]) -> Result<(), Error> {
    let told = "the database is not of this version; the server brings it up to date when it starts (garm serve)";
    if pending.is_empty() { Ok(()) } else { Err(Error::Migrate(told.to_owned())) }
}

/// Whether nothing was ever made in the database.
pub(super) fn is_empty_postgres(conn: &mut PgConnection) -> Result<bool, Error> {
    Ok(tables_of_postgres(conn)?.is_empty())
}

fn tables_of_postgres(conn: &mut PgConnection) -> QueryResult<Vec<String>> {
    diesel::dsl::sql::<Text>("SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()").load(conn)
}

/// As [`sqlite`]. One replica at a time; the others find nothing left to do.
pub(super) fn postgres(conn: &mut PgConnection) -> Result<(), Error> {
    pending_postgres(&find_postgres(conn)?)?;
    conn.batch_execute(&format!("{}; SELECT pg_advisory_lock({MIGRATION_LOCK})", postgres::NO_TIMEOUTS))?;
    let migrated = conn.run_pending_migrations(POSTGRES).map(|_| ()).map_err(|fault| Error::Migrate(fault.to_string()));
    conn.batch_execute(&format!("SELECT pg_advisory_unlock({MIGRATION_LOCK}); {}", postgres::TIMEOUTS))?;
    migrated
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use diesel::sql_types::BigInt;

    use super::super::tests::postgres_server::TestDatabase;
    use super::super::tests::skipped;
    use super::*;

    /// An entity and its lease, as the version before the leases of tasks wrote them.
    const BEFORE_TASKS: &str = "
        INSERT INTO endpoints (name, description, kind, base_url, api_base_url, upload_base_url, created_at, updated_at)
            VALUES ('forge.test', '', 'github', 'https://forge.test', 'https://forge.test', 'https://forge.test', 0, 0);
        INSERT INTO credentials (id, name, description, endpoint, secret, created_at, updated_at) VALUES (1, 'c', '', 'forge.test', '', 0, 0);
        INSERT INTO entities (id, kind, owner, name, endpoint, credentials_id, webhook_secret, balancer, agent_mode, created_at, updated_at)
            VALUES ('6a3c2f64-7a0e-4a2e-8c39-0f4d4c9d5a11', 'repository', 'octo', 'hello', 'forge.test', 1, '', 'roundrobin', FALSE, 0, 0);
        INSERT INTO leases (entity_id, holder, generation) VALUES ('6a3c2f64-7a0e-4a2e-8c39-0f4d4c9d5a11', 'the old server', 7)";

    #[derive(Debug, PartialEq, QueryableByName)]
    struct Lease {
        #[diesel(sql_type = Text)]
        key: String,
        #[diesel(sql_type = Text)]
        holder: String,
        #[diesel(sql_type = BigInt)]
        generation: i64,
    }

    /// The same statements on either database.
    macro_rules! leases_stay {
        ($conn:expr, $migrations:expr) => {{
            let conn = $conn;
            for _ in 0..3 {
                conn.run_next_migration($migrations).expect("migrated");
            }
            conn.batch_execute(BEFORE_TASKS).expect("filled");
            conn.run_next_migration($migrations).expect("migrated");
            let select = "SELECT kind || ' ' || subject AS key, holder, generation FROM leases";
            let key = "reconcile 6a3c2f64-7a0e-4a2e-8c39-0f4d4c9d5a11".to_owned();
            let lease = Lease { key, holder: "the old server".to_owned(), generation: 7 };
            assert_eq!(diesel::sql_query(select).load::<Lease>(conn).expect("read"), [lease]);
            conn.revert_last_migration($migrations).expect("reverted");
            let select = "SELECT entity_id AS key, holder, generation FROM leases";
            let back = diesel::sql_query(select).load::<Lease>(conn).expect("read");
            assert_eq!(back.iter().map(|lease| lease.generation).collect::<Vec<_>>(), [7]);
        }};
    }

    /// A runner of a pool, and what hangs on both, as the version before scale sets wrote them.
    const BEFORE_SCALE_SETS: &str = "
        INSERT INTO pools (id, entity_id, provider, image, flavor, os_type, os_arch, enabled, max_runners, min_idle_runners, bootstrap_timeout,
            runner_prefix, runner_group, priority, enable_shell, generation, created_at, updated_at)
            VALUES ('pool', '6a3c2f64-7a0e-4a2e-8c39-0f4d4c9d5a11', 'p', 'i', 'f', 'linux', 'amd64', TRUE, 1, 0, 1, '', '', 0, FALSE, 0, 0, 0);
        INSERT INTO runners (id, name, pool_id, entity_id, provider, status, runner_status, os_type, os_arch, os_name, os_version, runner_group,
            token_fetched, create_attempt, callback_url, metadata_url, generation, fault, failures, deregistered, created_at, updated_at,
            status_at, runner_status_at)
            VALUES ('runner', 'garm-1', 'pool', '6a3c2f64-7a0e-4a2e-8c39-0f4d4c9d5a11', 'p', 'running', 'idle', 'linux', 'amd64', 'ubuntu',
                '24.04', '', FALSE, 0, '', '', 0, '', 0, FALSE, 0, 0, 0, 0);
        INSERT INTO runner_creations (runner_id, offered) VALUES ('runner', '2.330.0');
        INSERT INTO status_messages (runner_id, created_at, kind, level, message) VALUES ('runner', 0, 'status', 'info', 'ready');
        INSERT INTO vanished_runners (name, pool_id, vanished_at) VALUES ('garm-2', 'pool', 0);
        INSERT INTO autopsies (runner_id, name, pool_id, entity_id, provider, cause, reason, fault, messages, log, created_at, failed_at)
            VALUES ('old', 'garm-3', 'pool', '6a3c2f64-7a0e-4a2e-8c39-0f4d4c9d5a11', 'p', 'dns', '', '', '[]', '', 0, 0)";

    #[derive(Debug, PartialEq, QueryableByName)]
    struct Word {
        #[diesel(sql_type = Text)]
        word: String,
    }

    /// The same statements on either database.
    macro_rules! runners_stay {
        ($conn:expr, $migrations:expr) => {{
            let conn = $conn;
            for _ in 0..3 {
                conn.run_next_migration($migrations).expect("migrated");
            }
            conn.batch_execute(BEFORE_TASKS).expect("filled");
            while !conn.applied_migrations().expect("read").iter().any(|version| version.to_string() == "0022") {
                conn.run_next_migration($migrations).expect("migrated");
            }
            conn.batch_execute(BEFORE_SCALE_SETS).expect("filled");
            for _ in 0..2 {
                conn.run_next_migration($migrations).expect("migrated");
                let select = "SELECT name || ' of ' || pool_id AS word FROM runners UNION SELECT name || ' of ' || pool_id FROM vanished_runners \
                    UNION SELECT name || ' of ' || pool_id FROM autopsies UNION SELECT message FROM status_messages \
                    UNION SELECT os_name || ' ' || os_version || ' with ' || offered FROM runner_creations ORDER BY word";
                let words = diesel::sql_query(select).load::<Word>(conn).expect("read");
                let words: Vec<&str> = words.iter().map(|word| word.word.as_str()).collect();
                assert_eq!(words, ["garm-1 of pool", "garm-2 of pool", "garm-3 of pool", "ready", "ubuntu 24.04 with 2.330.0"]);
                for broken in ["UPDATE runners SET pool_id = NULL", "UPDATE autopsies SET pool_id = NULL", "DELETE FROM pools"] {
                    assert!(conn.batch_execute(broken).is_err(), "{broken}");
                }
                conn.revert_last_migration($migrations).expect("reverted");
            }
        }};
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn runners_of_pools_stay_when_scale_sets_come() {
        runners_stay!(&mut embedded::connect(None, Duration::ZERO).expect("opens"), SQLITE);
        let Some(server) = TestDatabase::create().await else { return skipped("GARM_TEST_POSTGRES is not set") };
        let settings = server.settings();
        let migrate = move || runners_stay!(&mut *postgres::open(&settings).expect("opens").get().expect("connects"), POSTGRES);
        tokio::task::spawn_blocking(migrate).await.expect("no panic");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn leases_of_entities_become_leases_of_their_tasks() {
        leases_stay!(&mut embedded::connect(None, Duration::ZERO).expect("opens"), SQLITE);
        let Some(server) = TestDatabase::create().await else { return skipped("GARM_TEST_POSTGRES is not set") };
        let settings = server.settings();
        let migrate = move || leases_stay!(&mut *postgres::open(&settings).expect("opens").get().expect("connects"), POSTGRES);
        tokio::task::spawn_blocking(migrate).await.expect("no panic");
    }
}
