//! A line's way from the code that logs to its place: a queue of bounded size, and a thread that writes.
//!
//! Only that thread waits for the place. A pipe whose reader stalls or a disk that hangs costs lines, never the server. Lines that find the queue full are
//! dropped and counted. Once half of the queue is written, a line tells how many are missing.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus::IntCounter;
use tracing::Level;

use super::file::LogFile;
use super::line::{Attributes, Format, Line};
use crate::clock::Clock;

/// How much may wait to be written, in bytes: some ten thousand lines, which a reader that lives takes in a moment.
const QUEUE_MAX: usize = 4 * 1024 * 1024;

/// Where lines are written.
#[derive(Debug)]
pub(super) enum Place {
    /// A descriptor of our own, so that no lock of the standard library is held while the reader stalls.
    StandardOutput(File),
    File(LogFile),
}

/// The queue. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Writer(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    /// Rung by every change of the queue.
    changed: Condvar,
    dropped: IntCounter,
    format: Format,
    clock: Clock,
    bytes_max: usize,
}

#[derive(Debug, Default)]
struct Queue {
    lines: VecDeque<String>,
    /// Of the lines that are not written yet, with the one that the thread has in hand.
    bytes: usize,
    /// How many lines were dropped and not told of yet. While there are any, all are dropped: so one line can tell of many.
    untold: u64,
    begin_anew: bool,
    is_writing: bool,
}

/// The next thing to do.
enum Work {
    Line(String),
    BeginAnew,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(place: Place, format: Format, clock: Clock) -> io::Result<Self> {
        let writer = Self::with_limit(format, clock, QUEUE_MAX);
        let of_thread = writer.clone();
        std::thread::Builder::new().name("log".into()).spawn(move || of_thread.run(place))?;
        Ok(writer)
    }

    fn with_limit(format: Format, clock: Clock, bytes_max: usize) -> Self {
        let help = "Lines of the log that were dropped, because their place took none or was too slow.";
        let dropped = IntCounter::new("garm_log_lines_dropped_total", help).expect("the name is valid");
        Self(Arc::new(Shared { queue: Mutex::default(), changed: Condvar::new(), dropped, format, clock, bytes_max }))
    }

    /// Counts the lines that were dropped.
    pub(super) fn dropped(&self) -> &IntCounter {
        &self.0.dropped
    }

    /// Has a line written, with its line feed, or drops it. Never waits for the place.
    pub(super) fn write(&self, line: String) {
        let mut queue = self.lock();
        if queue.untold > 0 || queue.bytes + line.len() > self.0.bytes_max {
            queue.untold += 1;
            self.0.dropped.inc();
            return;
        }
        queue.push(line);
        drop(queue);
        self.0.changed.notify_all();
    }

    /// Has the file begun anew, before any other line is written.
    pub(super) fn begin_anew(&self) {
        self.lock().begin_anew = true;
        self.0.changed.notify_all();
    }

    /// Waits until everything is written, at most so long. Answers whether it is.
    pub(super) fn finish(&self, patience: Duration) -> bool {
        let is_busy = |queue: &mut Queue| queue.is_writing || queue.begin_anew || !queue.lines.is_empty();
        let waited = self.0.changed.wait_timeout_while(self.lock(), patience, is_busy);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    fn run(&self, mut place: Place) {
        loop {
            match self.next() {
                Work::Line(line) => {
                    place.write(&line).unwrap_or_else(|_| self.0.dropped.inc());
                    self.written(line.len());
                }
                Work::BeginAnew => {
                    place.begin_anew();
                    self.written(0);
                }
            }
        }
    }

    fn next(&self) -> Work {
        let idle = |queue: &mut Queue| !queue.begin_anew && queue.lines.is_empty();
        let mut queue = self.0.changed.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        queue.is_writing = true;
        match queue.lines.pop_front() {
            Some(line) if !queue.begin_anew => Work::Line(line),
            first => {
                queue.lines.extend(first);
                queue.begin_anew = false;
                Work::BeginAnew
            }
        }
    }

    /// What `next` gave is done.
    fn written(&self, bytes: usize) {
        let mut queue = self.lock();
        queue.is_writing = false;
        queue.bytes -= bytes;
        if queue.untold > 0 && queue.bytes <= self.0.bytes_max / 2 {
            let mut attributes = Attributes::default();
            attributes.set("lines", std::mem::take(&mut queue.untold).into());
            let message = "lines of the log were dropped here, because it could not be written as fast as it came".to_owned();
            let line = Line { time: self.0.clock.now(), level: Level::WARN, source: None, message, attributes };
            queue.push(line.render(self.0.format));
        }
        drop(queue);
        self.0.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn push(&mut self, line: String) {
        self.bytes += line.len();
        self.lines.push_back(line);
    }
}

impl Place {
    fn write(&mut self, line: &str) -> io::Result<()> {
        match self {
            Self::StandardOutput(output) => output.write_all(line.as_bytes()),
            Self::File(file) => {
                file.write(line);
                Ok(())
            }
        }
    }

    fn begin_anew(&mut self) {
        let begun = match self {
            Self::StandardOutput(_) => Ok(()),
            Self::File(file) => file.begin_anew(),
        };
        match begun {
            Ok(()) => tracing::info!(signal = "HUP", "the log's file was begun anew, if there is one"),
            Err(fault) => tracing::warn!(error = %fault, "the log's file cannot be begun anew; the old one goes on"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read};

    use super::*;

    /// A writer of few bytes into a pipe, and the other end.
    fn piped(bytes_max: usize) -> (Writer, io::PipeReader) {
        let (reader, output) = io::pipe().expect("a pipe");
        let writer = Writer::with_limit(Format::Text, Clock::System, bytes_max);
        let of_thread = writer.clone();
        std::thread::spawn(move || of_thread.run(Place::StandardOutput(File::from(std::os::fd::OwnedFd::from(output)))));
        (writer, reader)
    }

    #[test]
    fn a_reader_that_stalls_costs_lines_and_is_told_how_many_once_it_reads() {
        let (writer, reader) = piped(1000);
        // More than the pipe has room for: the thread has it in hand until somebody reads.
        let long = format!("{}\n", "x".repeat(1024 * 1024));
        writer.lock().push(long.clone());
        writer.0.changed.notify_all();
        writer.write("the queue is full already\n".to_owned());
        writer.write("and stays so\n".to_owned());
        assert_eq!((writer.dropped().get(), writer.finish(Duration::from_millis(50))), (2, false));

        let mut lines = BufReader::new(reader).lines();
        let mut next = || lines.next().expect("one more").expect("readable");
        assert_eq!(next(), long.trim_end());
        let told = next();
        assert!(told.contains("level=WARN msg=\"lines of the log were dropped here, ") && told.ends_with(" lines=2"), "{told}");
        writer.write("goes on\n".to_owned());
        assert_eq!(next(), "goes on");
        assert!(writer.finish(Duration::from_mins(1)) && writer.dropped().get() == 2);
    }

    #[test]
    fn all_that_was_logged_before_the_end_is_written_in_its_order() {
        let (writer, mut reader) = piped(QUEUE_MAX);
        let lines: Vec<String> = (0..1000).map(|number| format!("line {number}\n")).collect();
        let expected = lines.concat();
        for line in lines {
            writer.write(line);
        }
        assert!(writer.finish(Duration::from_mins(1)), "it fits into the pipe");
        let mut read = vec![0; expected.len()];
        reader.read_exact(&mut read).expect("readable");
        assert_eq!(String::from_utf8(read).expect("text"), expected);
    }

    #[test]
    fn lines_that_nobody_takes_any_more_are_counted() {
        let (writer, reader) = piped(QUEUE_MAX);
        drop(reader);
        writer.write("into nothing\n".to_owned());
        assert!(writer.finish(Duration::from_mins(1)));
        assert_eq!(writer.dropped().get(), 1);
    }
}
