//! Brings the schema up to date. Migrations are append-only and part of the program.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::conn::PgConnection;
use super::{Error, postgres};

pub(super) const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
pub(super) const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any number, the same in every replica: the holder of this lock migrates.
const MIGRATION_LOCK: i64 = 0x6761_726d_0001;

/// A table that every database of upstream has and none of ours.
const UPSTREAM_TABLE: &str = "controller_infos";

pub(super) fn sqlite(conn: &mut SqliteConnection) -> Result<(), Error> {
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

/// Refuses a database that is not of this version, without changing it.
pub(super) fn check_sqlite(conn: &mut SqliteConnection) -> Result<(), Error> {
    not_pending(conn.has_pending_migration(SQLITE).map_err(|fault| Error::Migrate(fault.to_string()))?)
}

/// As [`check_sqlite`].
pub(super) fn check_postgres(conn: &mut PgConnection) -> Result<(), Error> {
    not_pending(conn.has_pending_migration(POSTGRES).map_err(|fault| Error::Migrate(fault.to_string()))?)
}

fn not_pending(pending: bool) -> Result<(), Error> {
    let told = "the database is not of this version; the server brings it up to date when it starts (garm serve)";
    if pending { Err(Error::Migrate(told.to_owned())) } else { Ok(()) }
}

/// Whether nothing was ever made in the database.
pub(super) fn is_empty_postgres(conn: &mut PgConnection) -> Result<bool, Error> {
    Ok(tables_of_postgres(conn)?.is_empty())
}

pub(super) fn tables_of_postgres(conn: &mut PgConnection) -> QueryResult<Vec<String>> {
    diesel::dsl::sql::<Text>("SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()").load(conn)
}

/// One replica at a time; the others find nothing left to do.
pub(super) fn postgres(conn: &mut PgConnection) -> Result<(), Error> {
    refuse_upstream(&tables_of_postgres(conn)?)?;
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
    use super::super::{postgres, sqlite as embedded};
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

    #[tokio::test(flavor = "multi_thread")]
    async fn leases_of_entities_become_leases_of_their_tasks() {
        leases_stay!(&mut embedded::connect(None, Duration::ZERO).expect("opens"), SQLITE);
        let Some(server) = TestDatabase::create().await else { return skipped("GARM_TEST_POSTGRES is not set") };
        let settings = server.settings();
        let migrate = move || leases_stay!(&mut *postgres::open(&settings).expect("opens").get().expect("connects"), POSTGRES);
        tokio::task::spawn_blocking(migrate).await.expect("no panic");
    }
}
