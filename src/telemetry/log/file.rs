//! The log in a file that does not grow without end. A large file becomes a file of the past, which is compressed; old ones are deleted.
//!
//! Sizes, numbers and names are upstream's: `garm.log`, and beside it `garm-2026-11-23T20-29-50.540.log.gz`.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::clock::Clock;
use crate::time::Timestamp;

/// How large the file may become, in bytes.
const SIZE_MAX: u64 = 500 * 1024 * 1024;
/// How many files of the past are kept.
const KEPT: usize = 3;
/// How long they are kept.
const AGE_MAX: Duration = Duration::from_hours(28 * 24);
/// The log names machines, people and addresses: it is for its owner.
const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o711;

/// The file.
#[derive(Debug)]
pub(super) struct LogFile {
    names: Names,
    size_max: u64,
    clock: Clock,
    open: Open,
    /// Held while files of the past are compressed and removed.
    tidying: Arc<Mutex<()>>,
}

#[derive(Debug)]
struct Open {
    file: File,
    size: u64,
}

/// The names of the file and of those of the past.
#[derive(Clone, Debug)]
struct Names {
    path: PathBuf,
}

impl LogFile {
    /// Opens the file, or makes it, with its directory. What is in it stays.
    pub(super) fn open(path: PathBuf, clock: Clock) -> io::Result<Self> {
        Self::with_limit(path, clock, SIZE_MAX)
    }

    fn with_limit(path: PathBuf, clock: Clock, size_max: u64) -> io::Result<Self> {
        if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(directory)?;
        }
        let open = append_to(&path)?;
        let file = Self { names: Names { path }, size_max, clock, open, tidying: Arc::default() };
        // A server that was killed may have left one that is not compressed.
        file.tidy();
        Ok(file)
    }

    /// Writes a line. One that cannot be written goes to standard error: a disk that is full must not keep anybody from working.
    pub(super) fn write(&mut self, line: &str) {
        if self.open.size > 0
            && self.open.size + line.len() as u64 > self.size_max
            && let Err(fault) = self.become_past()
        {
            to_standard_error(&format!("cannot rotate {}: {fault}\n", self.names.path.display()));
            // Tried again when as much has been written once more.
            self.open.size = 0;
        }
        match self.open.file.write_all(line.as_bytes()) {
            Ok(()) => self.open.size += line.len() as u64,
            Err(fault) => to_standard_error(&format!("cannot write to {}: {fault}\n{line}", self.names.path.display())),
        }
    }

    /// Makes what is in the file a file of the past and begins a new one; if the file was moved away, only the latter.
    pub(super) fn begin_anew(&mut self) -> io::Result<()> {
        let ours = self.open.file.metadata()?;
        match fs::metadata(&self.names.path) {
            Ok(there) if (there.dev(), there.ino()) == (ours.dev(), ours.ino()) && ours.len() > 0 => self.become_past(),
            Ok(there) if (there.dev(), there.ino()) == (ours.dev(), ours.ino()) => Ok(()),
            _ => {
                self.open = append_to(&self.names.path)?;
                Ok(())
            }
        }
    }

    fn become_past(&mut self) -> io::Result<()> {
        let mut at = self.clock.now();
        while self.names.of_past(at).exists() || self.names.compressed(at).exists() {
            at = at.after(Duration::from_millis(1));
        }
        match fs::rename(&self.names.path, self.names.of_past(at)) {
            // It was moved away, or the new one could not be opened last time.
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => {}
            result => result?,
        }
        self.open = append_to(&self.names.path)?;
        self.tidy();
        Ok(())
    }

    /// Compresses and removes files of the past, on a thread of its own because it may take seconds.
    fn tidy(&self) {
        let (names, oldest, tidying) = (self.names.clone(), self.clock.now().before(AGE_MAX), Arc::clone(&self.tidying));
        let tidy = move || {
            let _alone = tidying.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(fault) = names.tidy(oldest) {
                tracing::warn!(error = %fault, file = %names.path.display(), "cannot put older logs in order");
            }
        };
        if let Err(fault) = std::thread::Builder::new().name("old-logs".into()).spawn(tidy) {
            to_standard_error(&format!("cannot put older logs in order: {fault}\n"));
        }
    }
}

impl Names {
    /// The name of the file up to its extension, and the extension with its dot.
    fn parts(&self) -> (String, String) {
        let text = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned()).unwrap_or_default();
        let extension = text(self.path.extension());
        (text(self.path.file_stem()), if extension.is_empty() { extension } else { format!(".{extension}") })
    }

    fn of_past(&self, at: Timestamp) -> PathBuf {
        let (stem, extension) = self.parts();
        let time = at.to_millisecond_string().replace(':', "-");
        self.path.with_file_name(format!("{stem}-{}{extension}", time.trim_end_matches('Z')))
    }

    fn compressed(&self, at: Timestamp) -> PathBuf {
        let mut name = self.of_past(at).into_os_string();
        name.push(".gz");
        name.into()
    }

    /// From when a file of the past is, if it is one.
    fn time_of(&self, name: &str) -> Option<Timestamp> {
        let (stem, extension) = self.parts();
        let name = name.strip_suffix(".gz").unwrap_or(name);
        let (day, time) = name.strip_prefix(&stem)?.strip_prefix('-')?.strip_suffix(&extension)?.split_once('T')?;
        Timestamp::parse_rfc3339(&format!("{day}T{}Z", time.replace('-', ":"))).ok()
    }

    fn tidy(&self, oldest: Timestamp) -> io::Result<()> {
        let directory = self.path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let mut past = Vec::new();
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            if let Some(at) = entry.file_name().to_str().and_then(|name| self.time_of(name)) {
                past.push((at, entry.path()));
            }
        }
        past.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        for (number, (at, path)) in past.into_iter().enumerate() {
            if number >= KEPT || at < oldest {
                fs::remove_file(&path)?;
            } else if path.extension().is_none_or(|extension| extension != "gz") {
                compress(&path, &self.compressed(at))?;
            }
        }
        Ok(())
    }
}

/// Written beside its place and renamed, so that what has the name is whole.
fn compress(path: &Path, into: &Path) -> io::Result<()> {
    let beside = into.with_extension("new");
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(FILE_MODE).open(&beside)?;
    let mut encoder = GzEncoder::new(file, Compression::default());
    io::copy(&mut File::open(path)?, &mut encoder)?;
    encoder.finish()?.sync_all()?;
    fs::rename(&beside, into)?;
    fs::remove_file(path)
}

fn append_to(path: &Path) -> io::Result<Open> {
    let file = OpenOptions::new().create(true).append(true).mode(FILE_MODE).open(path)?;
    let size = file.metadata()?.len();
    Ok(Open { file, size })
}

/// The last resort of the log.
fn to_standard_error(text: &str) {
    // There is nowhere left to say that this failed, too.
    let _unsaid = io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    use flate2::read::GzDecoder;

    use super::*;
    use crate::clock::VirtualClock;

    /// Files of the past, oldest first, with what is in them.
    fn past(file: &LogFile) -> Vec<(String, String)> {
        let directory = file.names.path.parent().expect("a directory");
        let mut found: Vec<(String, String)> = fs::read_dir(directory)
            .expect("readable")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| *path != file.names.path)
            .map(|path| {
                let mut text = String::new();
                GzDecoder::new(File::open(&path).expect("there")).read_to_string(&mut text).expect("whole");
                (path.file_name().expect("a name").to_string_lossy().into_owned(), text)
            })
            .collect();
        found.sort();
        found
    }

    /// Waits for the threads that compress.
    fn settle(file: &LogFile) {
        while Arc::strong_count(&file.tidying) > 1 {
            std::thread::yield_now();
        }
    }

    /// A clock that stands still.
    fn clock() -> Clock {
        let clock = VirtualClock::default();
        clock.advance(Timestamp::parse_rfc3339("2026-11-23T20:29:50.54Z").expect("a time").since(Timestamp::EPOCH));
        Clock::Virtual(clock)
    }

    #[test]
    fn a_file_that_is_full_becomes_one_of_the_past_and_only_so_many_are_kept() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let mut file = LogFile::with_limit(dir.path().join("deep/garm.log"), clock(), 10).expect("it opens");
        for line in ["first\n", "second\n", "third\n", "fourth\n", "fifth\n"] {
            file.write(line);
            settle(&file);
        }
        assert_eq!(fs::read_to_string(&file.names.path).expect("readable"), "fifth\n");
        let expected = [("541", "second\n"), ("542", "third\n"), ("543", "fourth\n")];
        let expected = expected.map(|(millis, text)| (format!("garm-2026-11-23T20-29-50.{millis}.log.gz"), text.to_owned()));
        assert_eq!(past(&file), expected, "the same moment has room for several, and three are kept");
        for entry in fs::read_dir(dir.path().join("deep")).expect("readable") {
            assert_eq!(entry.expect("an entry").metadata().expect("there").permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn begun_anew_it_is_renamed_unless_somebody_did_that_already_and_an_empty_one_stays() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let mut file = LogFile::open(dir.path().join("garm.log"), clock()).expect("it opens");
        file.begin_anew().expect("nothing to do");
        settle(&file);
        assert_eq!(past(&file), []);
        file.write("one\n");
        file.begin_anew().expect("renamed");
        settle(&file);
        assert_eq!(past(&file), [("garm-2026-11-23T20-29-50.540.log.gz".to_owned(), "one\n".to_owned())]);
        file.write("two\n");
        fs::rename(&file.names.path, dir.path().join("moved")).expect("moved");
        file.begin_anew().expect("opened anew");
        file.write("three\n");
        assert_eq!(fs::read_to_string(dir.path().join("moved")).expect("readable"), "two\n");
        assert_eq!(fs::read_to_string(&file.names.path).expect("readable"), "three\n");
    }

    #[test]
    fn files_of_others_stay_and_old_ones_go() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let write = |name: &str| fs::write(dir.path().join(name), "").expect("written");
        for name in ["garm-notes.log", "garm-2026-11-01.log", "other-2020-01-01T00-00-00.000.log", "garm-2026-10-01T00-00-00.000.log.gz"] {
            write(name);
        }
        let file = LogFile::open(dir.path().join("garm.log"), clock()).expect("it opens");
        settle(&file);
        let mut left: Vec<_> = fs::read_dir(dir.path())
            .expect("readable")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        left.sort();
        assert_eq!(left, ["garm-2026-11-01.log", "garm-notes.log", "garm.log", "other-2020-01-01T00-00-00.000.log"]);
    }
}
