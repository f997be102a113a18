//! Brings the schema up to date. Migrations are append-only and part of the program.

use diesel::connection::SimpleConnection;
use diesel::sqlite::SqliteConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::Error;
use super::conn::PgConnection;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any number, the same in every replica: who holds this lock migrates.
const MIGRATION_LOCK: i64 = 0x6761_726d_0001;

pub(super) fn sqlite(conn: &mut SqliteConnection) -> Result<(), Error> {
    conn.run_pending_migrations(SQLITE).map_err(|fault| Error::Migrate(fault.to_string()))?;
    Ok(())
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
    conn.batch_execute(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})"))?;
    let migrated = conn.run_pending_migrations(POSTGRES).map(|_| ()).map_err(|fault| Error::Migrate(fault.to_string()));
    conn.batch_execute(&format!("SELECT pg_advisory_unlock({MIGRATION_LOCK})"))?;
    migrated
}
