//! Brings the schema up to date. Migrations are append-only and part of the program.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::SqliteConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::Error;
use super::conn::PgConnection;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any number, the same in every replica: who holds this lock migrates.
const MIGRATION_LOCK: i64 = 0x6761_726d_0001;

/// A table that every database of upstream has and none of ours.
const UPSTREAM_TABLE: &str = "controller_infos";

pub(super) fn sqlite(conn: &mut SqliteConnection) -> Result<(), Error> {
    let found = diesel::sql_query("SELECT count(*) AS count FROM sqlite_master WHERE name = ?");
    ours(&found.bind::<Text, _>(UPSTREAM_TABLE).get_result(conn)?)?;
    conn.run_pending_migrations(SQLITE).map_err(|fault| Error::Migrate(fault.to_string()))?;
    Ok(())
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Refuses a database that another program made, before anything is written to it.
fn ours(found: &Found) -> Result<(), Error> {
    if found.count == 0 {
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

/// One replica at a time; the others find nothing left to do.
pub(super) fn postgres(conn: &mut PgConnection) -> Result<(), Error> {
    let found = diesel::sql_query("SELECT count(*) AS count FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1");
    ours(&found.bind::<Text, _>(UPSTREAM_TABLE).get_result(conn)?)?;
    conn.batch_execute(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})"))?;
    let migrated = conn.run_pending_migrations(POSTGRES).map(|_| ()).map_err(|fault| Error::Migrate(fault.to_string()));
    conn.batch_execute(&format!("SELECT pg_advisory_unlock({MIGRATION_LOCK})"))?;
    migrated
}
