//! The log: what is written, in which form, where to, and who may listen.
//!
//! Each event becomes one [`line::Line`]: its own attributes and those of the spans around it, under upstream's names for time, level and message. A line is
//! rendered as text or as JSON for the log itself, and always as JSON for those who [follow](LogFeed) it. A follower cannot hold up the code that logs.

mod feed;
mod file;
mod layer;
mod line;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use self::file::LogFile;
use self::layer::{Lines, Place};
use crate::clock::Clock;

pub use self::feed::{Behind, Follower, LogFeed};
pub use self::layer::UNFOLLOWED;

/// How lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `time=... level=INFO msg="..." key=value`
    Text,
    /// `{"time":...,"level":"INFO","msg":"...","key":value}`
    Json,
}

/// Level, format and place of the log.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// `debug`, `info`, `warn` or `error`, for our own code; libraries are heard from `warn` on.
    pub level: String,
    /// How lines look.
    pub format: Format,
    /// The file, which is rotated; standard output without one.
    pub file: Option<PathBuf>,
    /// Whether lines say where in the source they come from.
    pub source: bool,
    /// Whether lines can be followed.
    pub followed: bool,
}

/// The log, once it has begun.
#[derive(Clone, Debug)]
pub struct Log {
    /// Where lines can be followed.
    pub feed: Option<LogFeed>,
    file: Option<Arc<LogFile>>,
}

impl Log {
    /// Begins the file anew: what is in it becomes a file of the past, unless it was moved away already. Standard output stays as it is.
    ///
    /// # Errors
    /// When files cannot be renamed or opened; what was open stays open then.
    pub fn rotate(&self) -> io::Result<()> {
        self.file.as_ref().map_or(Ok(()), |file| file.begin_anew())
    }
}

/// Begins to log.
///
/// # Errors
/// When the file cannot be opened.
pub fn start(settings: &LogSettings) -> io::Result<Log> {
    let file = settings.file.clone().map(|path| LogFile::open(path, Clock::System)).transpose()?.map(Arc::new);
    let feed = settings.followed.then(LogFeed::new);
    let lines = Lines {
        format: settings.format,
        place: file.clone().map_or(Place::StandardOutput, Place::File),
        feed: feed.clone(),
        source: settings.source,
        clock: Clock::System,
    };
    let libraries = if settings.level == "error" { "error" } else { "warn" };
    let filter = EnvFilter::new(format!("{libraries},garm={}", settings.level));
    tracing_subscriber::registry().with(filter).with(lines).try_init().map_err(io::Error::other)?;
    Ok(Log { feed, file })
}
