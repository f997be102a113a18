//! SQLite: one writer that groups all waiting units into one durable commit, and readers beside it.

use std::fmt::Write as _;
use std::fs::{File, TryLockError};
use std::num::NonZeroU32;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool};
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryResult, RunQueryDsl};
use tokio::sync::mpsc;

use super::Error;

/// How many units one commit groups at most: bounds how long the first of them waits for the last.
const GROUP_MAX: usize = 256;

/// How many units may wait for the writer. A unit that finds the queue full waits its turn, so a burst becomes latency, not memory.
const QUEUE: usize = 4096;

/// Connections for reading. Reads are short; more than this only compete for the same cores.
const READERS: u32 = 4;

/// How often a file is read that is written meanwhile, and after which pause.
const LOOKS: u32 = 100;
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// How coarse the times of files are: two writes within one tick of the kernel (100 Hz at worst) leave the same time.
const TICK: Duration = Duration::from_millis(10);

/// A unit of work as the writer sees it: runs in its own savepoint and answers what to do once the group is durable.
pub(super) type Unit = Box<dyn FnOnce(&mut SqliteConnection) -> After + Send>;

/// The work after the group's commit; it gets to know whether the commit succeeded.
pub(super) type After = Box<dyn FnOnce(Result<(), &str>) + Send>;

/// The files of an open database, as they were when it was opened. SQLite itself does not notice that they are gone: it goes on to write
/// into files that have no name any more.
#[derive(Clone, Debug)]
pub(super) struct Files {
    opened: Vec<(PathBuf, Identity)>,
}

/// The device and the inode of a file.
type Identity = (u64, u64);

impl Files {
    /// The files of a database that was just opened: itself and its WAL.
    pub(super) fn of(path: &Path) -> Result<Self, Error> {
        let mut opened = Vec::new();
        for file in [path.to_owned(), with_ending(path, "-wal")] {
            match std::fs::metadata(&file) {
                Ok(found) => opened.push((file, (found.dev(), found.ino()))),
                Err(fault) => return Err(Error::Connect(format!("{}: {fault}", file.display()))),
            }
        }
        Ok(Self { opened })
    }

    /// Makes sure that the files are still there. A file that cannot be looked at for another reason is not lost.
    pub(super) fn check(&self) -> Result<(), Error> {
        for (path, identity) in &self.opened {
            let fate = match std::fs::metadata(path) {
                Ok(found) if (found.dev(), found.ino()) != *identity => "was replaced by another file",
                Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => "was removed",
                _ => continue,
            };
            return Err(Error::Lost(format!("the database file {} {fate} while the server ran", path.display())));
        }
        Ok(())
    }
}

/// Makes sure that no other process writes to the database file: there is one writer, and it acts for everything. The lock is the kernel's,
/// so it is gone with the process, however that ends.
pub(super) fn lock(path: &Path) -> Result<File, Error> {
    let name = with_ending(path, ".lock");
    let named = |fault: std::io::Error| Error::Connect(format!("{}: {fault}", name.display()));
    let file = File::options().create(true).truncate(false).write(true).mode(0o600).open(&name).map_err(named)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Error::Connect(format!("another garm serve uses {}; for several servers use PostgreSQL", path.display())))
        }
        Err(TryLockError::Error(fault)) => Err(named(fault)),
    }
}

/// The names of the tables in a database file, found out without a trace.
pub(super) fn tables(path: &Path) -> Result<Vec<String>, Error> {
    // Tables do not go: where the file has some, the WAL says nothing that matters.
    look(path, |conn| Ok(table_names(conn)?), Some(|found: &Vec<String>| !found.is_empty()))
}

/// The names of the tables in a database.
pub(super) fn table_names(conn: &mut SqliteConnection) -> QueryResult<Vec<String>> {
    diesel::dsl::sql::<Text>("SELECT name FROM sqlite_master WHERE type = 'table'").load(conn)
}

/// Asks a database file and its WAL without a trace: no file is made, locked, merged or changed. `is_enough` tells whether the answer of the file
/// alone will do, which saves a copy of both.
pub(super) fn look<T>(
    path: &Path,
    ask: impl Fn(&mut SqliteConnection) -> Result<T, Error>,
    is_enough: Option<fn(&T) -> bool>,
) -> Result<T, Error> {
    // The last one who closes a database merges its WAL and removes it: then the WAL that was seen is not there to be read.
    let written = || {
        let has_wal = with_ending(path, "-wal").exists();
        std::fs::metadata(path).and_then(|file| Ok((file.modified()?, file.len(), has_wal))).ok()
    };
    // A time ahead of the clock says nothing about the tick.
    let settled = |modified: SystemTime| modified.elapsed().map_or(true, |ago| ago > TICK);
    for _ in 1..LOOKS {
        let before = written();
        let is_settled = before.is_none_or(|(modified, ..)| settled(modified));
        let found = look_once(path, &ask, is_enough);
        // Without a lock a server may write pages into the file meanwhile, and pages of two states make no database.
        if is_settled && before == written() {
            return found;
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    look_once(path, &ask, is_enough)
}

fn look_once<T>(
    path: &Path,
    ask: &impl Fn(&mut SqliteConnection) -> Result<T, Error>,
    is_enough: Option<fn(&T) -> bool>,
) -> Result<T, Error> {
    let failed = |fault: String| Error::Connect(format!("{}: {fault}", path.display()));
    let asked = |url: &str| -> Result<T, Error> {
        let mut conn = SqliteConnection::establish(url).map_err(|fault| failed(fault.to_string()))?;
        ask(&mut conn).map_err(|fault| match fault {
            Error::Database(fault) => failed(fault.to_string()),
            refused => refused,
        })
    };
    // `immutable` keeps SQLite from locking the file and from making one beside it. The WAL is not read then.
    let file_alone = || asked(&format!("file:{}?mode=ro&immutable=1", percent_encoded(path)));
    let wal = with_ending(path, "-wal");
    if std::fs::metadata(&wal).map_or(0, |wal| wal.len()) == 0 {
        return file_alone();
    }
    // While a server writes, the file without its WAL may be no whole database.
    if let Some(is_enough) = is_enough
        && let Ok(found) = file_alone()
        && is_enough(&found)
    {
        return Ok(found);
    }
    // A process that was killed soon after its first start leaves all it wrote in the WAL, and a file of one page beside it.
    let copy = tempfile::TempDir::new().map_err(|fault| failed(fault.to_string()))?;
    let copied = copy.path().join("copy.db");
    for (from, to) in [(path, copied.clone()), (wal.as_path(), with_ending(&copied, "-wal"))] {
        std::fs::copy(from, to).map_err(|fault| failed(fault.to_string()))?;
    }
    asked(&copied.to_string_lossy())
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// A path as a part of a URL.
fn percent_encoded(path: &Path) -> String {
    let mut url = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/.-_".contains(byte) {
            url.push(char::from(*byte));
        } else {
            write!(url, "%{byte:02X}").expect("a text takes everything");
        }
    }
    url
}

/// Opens a connection with the settings all connections have. `None` is a database in memory.
pub(super) fn connect(path: Option<&Path>, busy_timeout: Duration) -> Result<SqliteConnection, Error> {
    let url =
        path.map_or(Ok(":memory:"), |path| path.to_str().ok_or_else(|| Error::Connect(format!("{} is not valid UTF-8", path.display()))))?;
    let named = |fault: String| Error::Connect(format!("{url}: {fault}"));
    if let Some(path) = path {
        // Private from the first moment; the files SQLite puts beside it inherit that.
        std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path).map_err(|fault| named(fault.to_string()))?;
    }
    let mut conn = SqliteConnection::establish(url).map_err(|fault| named(fault.to_string()))?;
    set_up(&mut conn, busy_timeout).map_err(|fault| named(fault.to_string()))?;
    Ok(conn)
}

/// WAL so that readers do not wait for the writer; FULL so that what was answered survives power loss, which grouping makes cheap.
fn set_up(conn: &mut SqliteConnection, busy_timeout: Duration) -> QueryResult<()> {
    conn.batch_execute(&format!(
        "PRAGMA busy_timeout = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
        busy_timeout.as_millis()
    ))
}

#[derive(Debug)]
struct SetUp {
    busy_timeout: Duration,
}

impl CustomizeConnection<SqliteConnection, diesel::r2d2::Error> for SetUp {
    fn on_acquire(&self, conn: &mut SqliteConnection) -> Result<(), diesel::r2d2::Error> {
        set_up(conn, self.busy_timeout)
            .and_then(|()| conn.batch_execute("PRAGMA query_only = ON;"))
            .map_err(diesel::r2d2::Error::QueryError)
    }
}

/// The pool of readers of a database file.
pub(super) fn readers(path: &Path, busy_timeout: Duration) -> Result<Pool<ConnectionManager<SqliteConnection>>, Error> {
    let manager = ConnectionManager::new(path.to_string_lossy());
    Pool::builder()
        .max_size(READERS)
        .min_idle(Some(1))
        .connection_customizer(Box::new(SetUp { busy_timeout }))
        .build(manager)
        .map_err(|fault| Error::Connect(fault.to_string()))
}

/// Starts the writer's thread, which ends when the last sender is gone.
pub(super) fn start_writer(mut conn: SqliteConnection, files: Files) -> Result<mpsc::Sender<Unit>, Error> {
    let (sender, mut units) = mpsc::channel::<Unit>(QUEUE);
    std::thread::Builder::new()
        .name("sqlite-writer".into())
        .spawn(move || {
            let mut group = Vec::with_capacity(GROUP_MAX);
            while units.blocking_recv_many(&mut group, GROUP_MAX) > 0 {
                write_group(&mut conn, &files, group.drain(..));
            }
        })
        .map_err(|fault| Error::Connect(fault.to_string()))?;
    Ok(sender)
}

/// Runs the units of a group and commits them together; no unit is answered before the commit is durable.
fn write_group(conn: &mut SqliteConnection, files: &Files, group: impl Iterator<Item = Unit>) {
    // Takes the write lock at once, so that no unit finds halfway that another process holds it.
    let begun = AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE");
    if let Err(fault) = &begun {
        tracing::error!(error = %fault, "cannot begin a transaction");
    }
    // Without an outer transaction each unit is one of its own: slower, and just as durable.
    let outside = u32::from(begun.is_ok());
    let mut after: Vec<After> = Vec::new();
    let mut undone = Ok(());
    for unit in group {
        // A unit that panics takes neither the others of its group nor the writer with it, and leaves nothing behind.
        if let Ok(then) = catch_unwind(AssertUnwindSafe(|| unit(conn))) {
            after.push(then);
        } else {
            tracing::error!("a unit of writing panicked; it is undone");
            undone = undone.and(roll_back_to(conn, outside));
        }
    }
    let committed = match undone {
        Err(fault) if begun.is_ok() => Err(fault),
        _ if begun.is_ok() => AnsiTransactionManager::commit_transaction(conn),
        _ => Ok(()),
    };
    if let Err(fault) = &committed {
        tracing::error!(error = %fault, units = after.len(), "a group of writes could not be committed");
        // A commit that failed (disk full, say) may leave the transaction open.
        if let Err(fault) = roll_back_to(conn, 0) {
            tracing::debug!(error = %fault, "nothing was left to roll back");
        }
    }
    // What is committed into files without a name is lost with the process.
    let kept = committed.map_err(|fault| fault.to_string()).and_then(|()| files.check().map_err(|fault| fault.to_string()));
    for then in after {
        then(kept.as_ref().copied().map_err(String::as_str));
    }
}

/// Undoes all that was begun inside the transactions that are `depth` deep.
fn roll_back_to(conn: &mut SqliteConnection, depth: u32) -> QueryResult<()> {
    while depth_of(conn)? > depth {
        AnsiTransactionManager::rollback_transaction(conn)?;
    }
    Ok(())
}

fn depth_of(conn: &mut SqliteConnection) -> QueryResult<u32> {
    Ok(AnsiTransactionManager::transaction_manager_status_mut(conn).transaction_depth()?.map_or(0, NonZeroU32::get))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use diesel::prelude::*;
    use diesel::sql_types::Integer;

    use super::*;

    /// Writes a number in a savepoint of its own, as units do, and panics before it is released if it is told to.
    fn unit(number: i32, panics: bool, answers: &Arc<Mutex<Vec<i32>>>) -> Unit {
        let answers = Arc::clone(answers);
        Box::new(move |conn| {
            AnsiTransactionManager::begin_transaction(conn).expect("begins");
            diesel::sql_query("INSERT INTO numbers VALUES (?)").bind::<Integer, _>(number).execute(conn).expect("writes");
            assert!(!panics, "as it was told");
            AnsiTransactionManager::commit_transaction(conn).expect("ends");
            Box::new(move |committed| answers.lock().expect("no panic").extend(committed.is_ok().then_some(number)))
        })
    }

    #[test]
    fn a_statement_is_planned_once_whatever_is_bound_to_it() {
        let mut conn = connect(None, Duration::ZERO).expect("opens");
        // Otherwise each statement with a bound LIMIT would be planned anew each time.
        let asked = diesel::dsl::sql::<Integer>("sqlite_compileoption_used('ENABLE_QPSG')");
        assert_eq!(diesel::select(asked).get_result::<i32>(&mut conn), Ok(1), "see .cargo/config.toml");
    }

    #[test]
    fn a_unit_that_panics_is_undone_and_the_others_of_its_group_are_not() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let path = dir.path().join("garm.db");
        let mut conn = connect(Some(&path), Duration::ZERO).expect("opens");
        conn.batch_execute("CREATE TABLE numbers (number INTEGER)").expect("made");
        let answers = Arc::default();
        let files = Files::of(&path).expect("it is there");
        write_group(&mut conn, &files, [unit(1, false, &answers), unit(2, true, &answers), unit(3, false, &answers)].into_iter());
        write_group(&mut conn, &files, [unit(4, true, &answers)].into_iter());
        write_group(&mut conn, &files, [unit(5, false, &answers)].into_iter());
        assert_eq!(*answers.lock().expect("no panic"), [1, 3, 5], "who is told that it is done");

        let mut other = connect(Some(&path), Duration::ZERO).expect("opens");
        let found: Vec<i32> = diesel::dsl::sql::<Integer>("SELECT number FROM numbers ORDER BY number").load(&mut other).expect("reads");
        assert_eq!(found, [1, 3, 5], "what is durable");
    }

    #[test]
    fn files_that_were_removed_or_replaced_are_noticed() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let path = dir.path().join("garm.db");
        let wal = with_ending(&path, "-wal");
        let mut conn = connect(Some(&path), Duration::ZERO).expect("opens");
        conn.batch_execute("CREATE TABLE numbers (number INTEGER)").expect("made");
        let files = Files::of(&path).expect("they are there");
        files.check().expect("they are there");
        for file in [&path, &wal] {
            let aside = dir.path().join("aside");
            std::fs::rename(file, &aside).expect("moved");
            let answers = Arc::default();
            write_group(&mut conn, &files, [unit(1, false, &answers)].into_iter());
            assert_eq!(*answers.lock().expect("no panic"), [0; 0], "nothing is kept");
            let lost = files.check().expect_err("it is gone").to_string();
            assert!(lost.contains(&format!("{} was removed", file.display())), "{lost}");
            std::fs::copy(&aside, file).expect("copied");
            let lost = files.check().expect_err("it is another one").to_string();
            assert!(lost.contains(&format!("{} was replaced", file.display())), "{lost}");
            std::fs::rename(&aside, file).expect("moved back");
            files.check().expect("it is there again");
        }
    }
}
