//! The log: what is written, in which form, where to, and who may listen.
//!
//! Each event becomes one [`line::Line`]: its own attributes and those of the spans around it, under upstream's names for time, level and message. A line is
//! rendered as text or as JSON for the log itself, and always as JSON for those who [follow](LogFeed) it. Neither a follower nor the
//! place where lines are written can hold up the code that logs: a [`writer::Writer`] stands between the two.

mod feed;
mod file;
mod layer;
mod line;
mod writer;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::panic::PanicHookInfo;
use std::path::PathBuf;
use std::time::Duration;

use prometheus::IntCounter;
use tracing::Level;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use self::file::LogFile;
use self::layer::Lines;
use self::line::{Attributes, Line};
use self::writer::{Place, Writer};
use crate::clock::Clock;

pub use self::feed::{Behind, Follower, LogFeed};
pub use self::layer::UNFOLLOWED;
pub use self::line::Format;

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
    writer: Writer,
}

impl Log {
    /// Has the file begun anew: what is in it becomes a file of the past, unless it was moved away already. Standard output stays as it is. The log
    /// tells how that went.
    pub fn rotate(&self) {
        self.writer.begin_anew();
    }

    /// Counts the lines that were dropped because their place took none or was too slow.
    #[must_use]
    pub fn dropped(&self) -> &IntCounter {
        self.writer.dropped()
    }

    /// Waits until everything that was logged is written, at most so long. Answers whether it is.
    #[must_use]
    pub fn finish(&self, patience: Duration) -> bool {
        self.writer.finish(patience)
    }
}

/// Begins to log. Panics are logged, too, and no longer written to standard error, whose reader could stall.
///
/// # Errors
/// When the file cannot be opened.
pub fn start(settings: &LogSettings) -> io::Result<Log> {
    let place = match settings.file.clone() {
        Some(path) => Place::File(LogFile::open(path, Clock::System)?),
        None => Place::StandardOutput(File::from(io::stdout().as_fd().try_clone_to_owned()?)),
    };
    let writer = Writer::start(place, settings.format, Clock::System)?;
    let feed = settings.followed.then(LogFeed::new);
    let lines =
        Lines { format: settings.format, writer: writer.clone(), feed: feed.clone(), source: settings.source, clock: Clock::System };
    let libraries = if settings.level == "error" { "error" } else { "warn" };
    let filter = EnvFilter::new(format!("{libraries},garm={}", settings.level));
    tracing_subscriber::registry().with(filter).with(lines).try_init().map_err(io::Error::other)?;
    let (of_panics, format) = (writer.clone(), settings.format);
    std::panic::set_hook(Box::new(move |panic| of_panics.write(panic_line(panic, format))));
    Ok(Log { feed, writer })
}

/// Made without the machinery of events: the panic may have happened in the middle of it.
fn panic_line(panic: &PanicHookInfo<'_>, format: Format) -> String {
    let mut attributes = Attributes::default();
    attributes.set("thread", std::thread::current().name().unwrap_or_default().into());
    attributes.set("error", panic.to_string().into());
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        attributes.set("backtrace", backtrace.to_string().into());
    }
    let message = "a thread panicked".to_owned();
    Line { time: Clock::System.now(), level: Level::ERROR, source: None, message, attributes }.render(format)
}
