//! A cloud that is slow: the provider `testdata/providers/slow-provider`, its files, and the book it keeps.
//!
//! The provider's processes outlive the server that started them, and their log is the only witness that no server can have influenced.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use garm::time::Timestamp;

/// The cloud of one installation.
#[derive(Clone, Debug)]
pub(crate) struct SlowCloud {
    dir: PathBuf,
}

/// One machine as long as it exists. A later machine of the same name is another one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Machine {
    pub(crate) name: String,
    pub(crate) file: PathBuf,
    inode: u64,
    made_at: (i64, i64),
}

impl SlowCloud {
    /// The cloud in this directory, which [`SlowCloud::build`] makes.
    pub(crate) fn at(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// Makes the cloud's files; a creation takes one of these times.
    pub(crate) fn build(&self, creates: &[Duration]) {
        for dir in [self.dir.clone(), self.dir.join("machines"), self.dir.join("new")] {
            fs::create_dir(dir).expect("a directory");
        }
        nix::unistd::mkfifo(&self.dir.join("never"), nix::sys::stat::Mode::S_IRUSR | nix::sys::stat::Mode::S_IWUSR).expect("a pipe");
        fs::write(self.executable(), include_str!("../../testdata/providers/slow-provider")).expect("written");
        fs::set_permissions(self.executable(), fs::Permissions::from_mode(0o755)).expect("executable");
        self.set_creates(creates);
    }

    /// From now on a creation takes one of these times.
    pub(crate) fn set_creates(&self, creates: &[Duration]) {
        let mut config = format!("dir='{}'\ncreate_seconds=(", self.dir.display());
        for create in creates {
            write!(config, " {}", create.as_secs_f64()).expect("writing to a string");
        }
        // Processes that begin now read the one or the other.
        let new = self.dir.join("config.new");
        fs::write(&new, config + " )\n").expect("written");
        fs::rename(new, self.config_file()).expect("renamed");
    }

    pub(crate) fn executable(&self) -> PathBuf {
        self.dir.join("provider")
    }

    pub(crate) fn config_file(&self) -> PathBuf {
        self.dir.join("config")
    }

    /// The machines that exist now.
    pub(crate) fn machines(&self) -> Vec<Machine> {
        let entries = fs::read_dir(self.dir.join("machines")).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| {
                let file = entry.path();
                let name = file.file_stem()?.to_str()?.to_owned();
                let metadata = entry.metadata().ok()?;
                Some(Machine { name, file, inode: metadata.ino(), made_at: (metadata.mtime(), metadata.mtime_nsec()) })
            })
            .collect()
    }

    /// What its processes have written down, in the order of time.
    pub(crate) fn log(&self) -> Vec<Entry> {
        let text = fs::read_to_string(self.dir.join("log")).unwrap_or_default();
        let mut entries: Vec<Entry> = text.lines().map(Entry::read).collect();
        // A process may lose its turn between the reading of the clock and the writing.
        entries.sort_by_key(|entry| entry.at);
        entries
    }
}

/// A line of the cloud's log.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) at: Timestamp,
    pub(crate) event: Event,
    /// The machine, or the pool of a list.
    pub(crate) name: String,
    /// Which server's process it was.
    pub(crate) replica: usize,
}

/// What the cloud writes down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    CreateBegins,
    Created,
    /// A machine that exists was to be created.
    Found,
    DeleteBegins,
    Deleted,
    /// A machine that does not exist was to be deleted.
    Absent,
    Listed,
}

impl Event {
    /// Whether a call of the provider begins with it.
    pub(crate) fn begins_call(self) -> bool {
        matches!(self, Self::CreateBegins | Self::Found | Self::DeleteBegins | Self::Listed)
    }
}

impl Entry {
    fn read(line: &str) -> Self {
        let fields: Vec<&str> = line.split(' ').collect();
        let [at, event, name, replica] = fields[..] else { panic!("not a line of the cloud's log: {line:?}") };
        let event = match event {
            "create-begin" => Event::CreateBegins,
            "created" => Event::Created,
            "found" => Event::Found,
            "delete-begin" => Event::DeleteBegins,
            "deleted" => Event::Deleted,
            "absent" => Event::Absent,
            "list" => Event::Listed,
            other => panic!("the cloud's log has an unknown event {other:?}"),
        };
        let at = Timestamp::from_micros(at.parse().expect("a time"));
        Self { at, event, name: name.to_owned(), replica: replica.parse().expect("the number of a replica") }
    }
}

/// What the log says about a whole run.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// Creations that began, finished, and machines that were deleted.
    pub(crate) begun: usize,
    pub(crate) created: usize,
    pub(crate) deleted: usize,
    /// Deletions of machines that did not exist.
    pub(crate) absent: usize,
    /// How often a call came from another server than the one before it.
    pub(crate) handovers: usize,
    /// The most machines that existed at one time, and the most with those being made.
    pub(crate) peak: usize,
    pub(crate) peak_with_begun: usize,
    /// What was asked for a second time although nothing had been deleted in between.
    pub(crate) doubled: Vec<String>,
    /// Machines that are left.
    pub(crate) left: BTreeSet<String>,
}

impl Account {
    pub(crate) fn of(log: &[Entry]) -> Self {
        let mut account = Self::default();
        // What counts against the maximum: from the moment the cloud is asked for it until it is deleted.
        let mut asked_for = BTreeSet::new();
        let mut actor = None;
        for entry in log {
            let name = &entry.name;
            if entry.event.begins_call() {
                let before = actor.replace(entry.replica);
                account.handovers += usize::from(before.is_some_and(|before| before != entry.replica));
            }
            match entry.event {
                Event::CreateBegins => {
                    account.begun += 1;
                    if !asked_for.insert(name.clone()) {
                        account.doubled.push(format!("{name} at {}", entry.at));
                    }
                }
                Event::Found => account.doubled.push(format!("{name} (exists) at {}", entry.at)),
                Event::Created => {
                    account.created += 1;
                    asked_for.insert(name.clone());
                    account.left.insert(name.clone());
                }
                Event::Deleted => {
                    account.deleted += 1;
                    account.left.remove(name);
                    asked_for.remove(name);
                }
                Event::Absent => {
                    account.absent += 1;
                    asked_for.remove(name);
                }
                Event::DeleteBegins | Event::Listed => {}
            }
            account.peak = account.peak.max(account.left.len());
            account.peak_with_begun = account.peak_with_begun.max(asked_for.len());
        }
        account
    }
}

#[test]
fn the_account_sees_what_is_asked_for_twice_what_is_too_much_and_what_appears_after_its_deletion() {
    let account = |lines: &[&str]| Account::of(&lines.iter().map(|line| Entry::read(line)).collect::<Vec<_>>());
    let fine = account(&["1 create-begin a 0", "2 created a 0", "3 deleted a 0", "4 create-begin a 1", "5 created a 1", "6 deleted a 1"]);
    assert_eq!((fine.doubled.len(), fine.peak_with_begun, fine.left.len(), fine.handovers), (0, 1, 0, 1));
    let twice = account(&["1 create-begin a 0", "2 create-begin a 0", "3 created a 0", "4 found a 0"]);
    assert_eq!(twice.doubled.len(), 2);
    let two = account(&["1 create-begin a 0", "2 created a 0", "3 create-begin b 0", "4 deleted a 0", "5 created b 0"]);
    assert_eq!((two.peak, two.peak_with_begun), (1, 2));
    let late = account(&["1 create-begin a 0", "2 absent a 0", "3 created a 0"]);
    assert_eq!((late.absent, late.left.len()), (1, 1));
}
