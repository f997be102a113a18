//! Opens the store: connects, checks or migrates the schema, and makes sure of the first rows.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use diesel::sqlite::SqliteConnection;
use tokio::sync::Semaphore;

use super::memory::Memory;
use super::postgres::{self, PostgresSettings};
use super::store::Backend;
use super::{Error, Store, controller, migrate, seals, sqlite};
use crate::clock::Clock;
use crate::crypto::seal::Sealer;
use crate::model::Endpoint;

/// Which database to open.
#[derive(Clone, Debug)]
pub enum Database {
    /// A file, made when it does not exist.
    Sqlite {
        /// Where it is.
        path: PathBuf,
        /// How long to wait for another process that has it locked.
        busy_timeout: Duration,
    },
    /// An embedded database that is gone with the program; for tests and simulations.
    Memory,
    /// A PostgreSQL server.
    Postgres(PostgresSettings),
}

impl Store {
    /// Opens the database and brings its schema up to date. Then it makes the rows that everything builds on: the controller and, on the
    /// very first start, these endpoints.
    ///
    /// # Errors
    /// When the database cannot be reached or its schema is newer than this program; [`Error::Passphrase`].
    pub async fn open(database: Database, sealer: Sealer, clock: Clock, first_endpoints: Vec<Endpoint>) -> Result<Self, Error> {
        let backend = match database {
            Database::Memory => Backend::Memory { memory: Memory::new(open_memory()?, clock.clone()), shared: false, interference: None },
            database => tokio::task::spawn_blocking(move || open_backend(database, false)).await.map_err(|_| Error::Closed)??,
        };
        let store = Self::on(backend, sealer, clock);
        store
            .write(move |tx| {
                seals::take_over(tx)?;
                controller::ensure(tx, &first_endpoints)
            })
            .await?;
        store.follow_other_processes();
        Ok(store)
    }

    /// Whether nothing was ever kept in the database: the server would begin a new installation.
    ///
    /// # Errors
    /// When the database cannot be looked at.
    pub async fn is_new(database: Database) -> Result<bool, Error> {
        let look = move || match database {
            Database::Sqlite { path, .. } => match std::fs::metadata(&path) {
                Ok(found) => Ok(found.len() == 0),
                Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(true),
                Err(fault) => Err(Error::Connect(format!("{}: {fault}", path.display()))),
            },
            Database::Memory => Ok(true),
            Database::Postgres(settings) => {
                let mut conn = postgres::open(&settings)?.get().map_err(|fault| Error::Connect(fault.to_string()))?;
                migrate::is_empty_postgres(&mut conn)
            }
        };
        tokio::task::spawn_blocking(look).await.map_err(|_| Error::Closed)?
    }

    /// Opens the database of a server that may be running: nothing is locked, made or migrated.
    ///
    /// # Errors
    /// When it does not exist, cannot be opened, or is of another version than this program; [`Error::Passphrase`].
    pub async fn open_beside(database: Database, sealer: Sealer, clock: Clock) -> Result<Self, Error> {
        let backend = tokio::task::spawn_blocking(move || open_backend(database, true)).await.map_err(|_| Error::Closed)??;
        let store = Self::on(backend, sealer, clock);
        store.read(seals::check).await?;
        Ok(store)
    }
}

fn open_memory() -> Result<SqliteConnection, Error> {
    let mut conn = sqlite::connect(None, Duration::ZERO)?;
    migrate::sqlite(&mut conn)?;
    Ok(conn)
}

fn open_backend(database: Database, beside: bool) -> Result<Backend, Error> {
    match database {
        Database::Sqlite { path, .. } if beside && !path.exists() => {
            Err(Error::Connect(format!("{} does not exist: no server has run with this configuration yet", path.display())))
        }
        Database::Sqlite { path, busy_timeout } => {
            // First, because the lock makes a file, and a connection merges the WAL. What cannot be looked at is told of by the connection.
            if let Ok(tables) = sqlite::tables(&path) {
                migrate::refuse_upstream(&tables)?;
            }
            let lock = (!beside).then(|| sqlite::lock(&path)).transpose()?;
            let mut conn = sqlite::connect(Some(&path), busy_timeout)?;
            if beside {
                migrate::check_sqlite(&mut conn)?;
            } else {
                migrate::sqlite(&mut conn)?;
            }
            let files = sqlite::Files::of(&path)?;
            let readers = sqlite::readers(&path, busy_timeout)?;
            let permits = Semaphore::new(readers.max_size() as usize);
            Ok(Backend::Sqlite { writer: sqlite::start_writer(conn, files.clone())?, readers, permits, files, _lock: lock })
        }
        Database::Memory => Err(Error::Connect("a database in memory has no connections".to_owned())),
        Database::Postgres(settings) => {
            let pool = postgres::open(&settings)?;
            {
                let mut conn = pool.get().map_err(|fault| Error::Connect(fault.to_string()))?;
                if beside { migrate::check_postgres(&mut conn)? } else { migrate::postgres(&mut conn)? }
            }
            let permits = Semaphore::new(pool.max_size() as usize);
            Ok(Backend::Postgres { pool, permits, settings })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::Path;

    use diesel::Connection as _;
    use diesel::connection::SimpleConnection as _;
    use tempfile::TempDir;

    use super::super::tests::postgres_server::TestDatabase;
    use super::super::tests::{first_endpoints, sealer, skipped};
    use super::*;

    /// All files of a directory, with what is in them.
    fn files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let paths = fs::read_dir(directory).expect("readable").map(|entry| entry.expect("an entry").path());
        paths.map(|path| (path.clone(), fs::read(&path).expect("readable"))).collect()
    }

    fn at(path: &Path) -> Database {
        Database::Sqlite { path: path.to_owned(), busy_timeout: Duration::from_secs(1) }
    }

    /// Neither a server nor a command beside it opens the database, and afterwards every file is as it was.
    async fn check_refused_and_untouched(path: &Path) {
        let directory = path.parent().expect("a directory");
        let before = files(directory);
        for beside in [false, true] {
            let opened = if beside {
                Store::open_beside(at(path), sealer(), Clock::System).await
            } else {
                Store::open(at(path), sealer(), Clock::System, first_endpoints()).await
            };
            let refused = opened.expect_err("it is not ours").to_string();
            assert!(refused.contains("it is a database of upstream's garm"), "{}: {refused}", path.display());
            let after = files(directory);
            assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>(), "{}", path.display());
            assert!(after == before, "a file changed beside {}", path.display());
        }
    }

    /// Copies the files of a database that is open: what a process that is killed leaves behind.
    fn as_left_by_a_kill(from: &Path, into: &Path) {
        fs::create_dir(into).expect("made");
        for name in ["garm.db", "garm.db-wal"] {
            fs::copy(from.join(name), into.join(name)).expect("copied");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_database_of_upstream_is_refused_and_not_a_byte_is_changed() {
        let dir = TempDir::new().expect("a directory");
        let open = dir.path().join("open");
        fs::create_dir(&open).expect("made");
        let mut conn = SqliteConnection::establish(&open.join("garm.db").to_string_lossy()).expect("opens");
        conn.batch_execute(
            "PRAGMA journal_mode = WAL; CREATE TABLE controller_infos (id TEXT); INSERT INTO controller_infos VALUES ('x');",
        )
        .expect("made");
        as_left_by_a_kill(&open, &dir.path().join("all in the WAL"));
        conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE); UPDATE controller_infos SET id = 'y';").expect("written");
        as_left_by_a_kill(&open, &dir.path().join("50% in the WAL?#"));
        drop(conn);
        let closed = dir.path().join("closed");
        fs::create_dir(&closed).expect("made");
        fs::copy(open.join("garm.db"), closed.join("garm.db")).expect("copied");
        for name in ["all in the WAL", "50% in the WAL?#", "closed"] {
            let path = dir.path().join(name).join("garm.db");
            assert_eq!(fs::metadata(path.with_extension("db-wal")).is_ok_and(|wal| wal.len() > 0), name != "closed", "{name}");
            check_refused_and_untouched(&path).await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn databases_that_upstream_itself_made_are_refused_and_not_changed() {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/import-fixtures");
        let Ok(found) = fs::read_dir(&fixtures) else { return skipped("databases that upstream made are not here") };
        let mut tried = 0;
        for folder in found.map(|entry| entry.expect("an entry").path()).filter(|folder| folder.join("garm.db").exists()) {
            let dir = TempDir::new().expect("a directory");
            for file in files(&folder).into_keys() {
                fs::copy(&file, dir.path().join(file.file_name().expect("a name"))).expect("copied");
            }
            check_refused_and_untouched(&dir.path().join("garm.db")).await;
            tried += 1;
        }
        assert!(tried > 5, "{tried} were there");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_database_of_ours_is_opened_again_whatever_a_kill_left() {
        let dir = TempDir::new().expect("a directory");
        let (open, left) = (dir.path().join("open"), dir.path().join("left"));
        fs::create_dir(&open).expect("made");
        let store = Store::open(at(&open.join("garm.db")), sealer(), Clock::System, first_endpoints()).await.expect("opens");
        as_left_by_a_kill(&open, &left);
        let again = Store::open(at(&left.join("garm.db")), sealer(), Clock::System, first_endpoints()).await.expect("opens");
        let (id, id_again) = (store.controller().await.expect("read").id, again.controller().await.expect("read").id);
        assert_eq!(id, id_again);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_database_is_new_until_something_is_in_it() {
        let dir = TempDir::new().expect("a directory");
        let path = dir.path().join("garm.db");
        assert!(Store::is_new(at(&path)).await.expect("looked at") && !path.exists());
        drop(Store::open(at(&path), sealer(), Clock::System, first_endpoints()).await.expect("opens"));
        assert!(!Store::is_new(at(&path)).await.expect("looked at"));
        let Some(server) = TestDatabase::create().await else { return skipped("GARM_TEST_POSTGRES is not set") };
        let database = Database::Postgres(server.settings());
        assert!(Store::is_new(database.clone()).await.expect("looked at"));
        drop(Store::open(database.clone(), sealer(), Clock::System, first_endpoints()).await.expect("opens"));
        assert!(!Store::is_new(database).await.expect("looked at"));
    }
}
