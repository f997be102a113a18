//! Runs a program once: own process group, empty environment, deadline, bounded output. The only place that starts processes.
//!
//! In every case the call returns soon after the deadline and leaves no process of the group behind:
//! - at the deadline the group gets TERM, after [`Limits::grace`] KILL;
//! - a program that prints too much is killed at once;
//! - a program that ended while a child of it still holds its output gets [`Limits::pipe_grace`], then the group is killed and what was read counts;
//! - when the future is dropped the group is killed.
//!
//! The program's status is collected only when no more signal will be sent to the group. Until then its process id, and so the id of the
//! group, cannot go to another process.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal as UnixSignal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{sleep, timeout};

/// Bounds of one run. The default is what providers get.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long the group has between TERM and KILL.
    pub grace: Duration,
    /// How long output may stay open after the program ended.
    pub pipe_grace: Duration,
    /// How many bytes of standard output are accepted.
    pub stdout: usize,
    /// How many bytes of standard error are kept, from the end.
    pub stderr: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { grace: Duration::from_secs(5), pipe_grace: Duration::from_secs(1), stdout: 4 << 20, stderr: 16 << 10 }
    }
}

/// The program to run.
#[derive(Clone, Copy)]
pub struct Invocation<'a> {
    /// Absolute path of the program; it gets no arguments.
    pub executable: &'a Path,
    /// The whole environment.
    pub environment: &'a [(OsString, OsString)],
    /// Standard input; empty = at once at its end.
    pub stdin: &'a [u8],
    /// How long it may take.
    pub time_limit: Duration,
    /// Further bounds.
    pub limits: Limits,
}

/// How a program ended, and what it printed.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub ending: Ending,
    /// Standard output, at most [`Limits::stdout`] bytes.
    pub stdout: Vec<u8>,
    /// The end of standard error.
    pub stderr: Tail,
    /// The process group it was the leader of. What is left of it when the program ended by itself with its output closed runs on.
    pub group: i32,
    /// Whether something it had started held its output open after its end, and was killed for that.
    pub held_open: bool,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By itself.
    Exited(ExitStatus),
    /// The deadline passed.
    TimedOut,
    /// It printed more to standard output than is accepted.
    TooMuchOutput,
}

/// The last bytes of a stream.
#[derive(Debug)]
pub struct Tail {
    bytes: VecDeque<u8>,
    room: usize,
    cut: bool,
}

impl Tail {
    fn new(room: usize) -> Self {
        Self { bytes: VecDeque::new(), room, cut: false }
    }

    fn push(&mut self, more: &[u8]) {
        self.bytes.extend(more);
        if let Some(surplus) = self.bytes.len().checked_sub(self.room).filter(|surplus| *surplus > 0) {
            self.bytes.drain(..surplus);
            self.cut = true;
        }
    }

    /// Whether there was more before these bytes.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.cut
    }

    /// The bytes.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        self.bytes.iter().copied().collect()
    }
}

/// How often a start is tried while the executable is being written, and how long to wait in between.
const BUSY_RETRIES: u32 = 20;
const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// Runs the program to its end, or ends it.
///
/// # Errors
/// When it cannot be started or watched.
pub async fn run(invocation: Invocation<'_>) -> io::Result<Finished> {
    let mut signals = signal(SignalKind::child())?;
    let mut child = spawn(&invocation).await?;
    let group = Group::of(&child)?;
    let limits = invocation.limits;

    let mut stdout = Vec::new();
    let mut stderr = Tail::new(limits.stderr);
    let (ending, leftovers) = {
        let mut watch = pin!(watch(&mut child, group.0, &mut signals, invocation.stdin, &mut stdout, &mut stderr, limits));
        let watched = tokio::select! {
            watched = &mut watch => watched,
            () = sleep(invocation.time_limit) => {
                group.signal(UnixSignal::SIGTERM);
                // Whether it used the grace or not, it missed the deadline; what it printed meanwhile is kept.
                drop(timeout(limits.grace, &mut watch).await);
                Ok(Watched::TimedOut)
            }
        };
        match watched? {
            Watched::Ended => (None, false),
            Watched::EndedWithOpenPipes => (None, true),
            Watched::TimedOut => (Some(Ending::TimedOut), true),
            Watched::Flooded => (Some(Ending::TooMuchOutput), true),
        }
    };

    if leftovers {
        group.signal(UnixSignal::SIGKILL);
    }
    // A process that even KILL does not end at once (it waits for a disk, say) is collected by the runtime later.
    let collected = timeout(limits.grace, child.wait()).await;
    let held_open = leftovers && ending.is_none();
    let group = group.forget();
    let ending = match (ending, collected) {
        (Some(ending), _) => ending,
        (None, Ok(status)) => Ending::Exited(status?),
        (None, Err(_)) => Ending::TimedOut,
    };
    Ok(Finished { ending, stdout, stderr, group, held_open })
}

/// Starts the program. A file that is being written at this moment cannot be run; that passes.
#[expect(clippy::disallowed_methods, reason = "this is the door through which processes are started")]
async fn spawn(invocation: &Invocation<'_>) -> io::Result<Child> {
    let stdin = if invocation.stdin.is_empty() { Stdio::null } else { Stdio::piped };
    for _ in 0..BUSY_RETRIES {
        let mut command = Command::new(invocation.executable);
        command.env_clear().envs(invocation.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(stdin()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => sleep(BUSY_PAUSE).await,
            result => return result,
        }
    }
    Err(io::ErrorKind::ExecutableFileBusy.into())
}

enum Watched {
    Ended,
    EndedWithOpenPipes,
    TimedOut,
    Flooded,
}

/// Feeds the program and reads what it prints until it has ended and its output is closed.
async fn watch(
    child: &mut Child,
    pid: Pid,
    signals: &mut Signal,
    input: &[u8],
    output: &mut Vec<u8>,
    errors: &mut Tail,
    limits: Limits,
) -> io::Result<Watched> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let mut pipes =
        pin!(async { tokio::try_join!(feed(stdin, input), read_all(stdout, output, limits.stdout), read_tail(stderr, errors)).map(drop) });
    tokio::select! {
        read = &mut pipes => match read {
            Ok(()) => {}
            Err(PipeError::Flooded) => return Ok(Watched::Flooded),
            Err(PipeError::Io(error)) => return Err(error),
        },
        ended = has_ended(pid, signals) => {
            ended?;
            return match timeout(limits.pipe_grace, &mut pipes).await {
                Ok(Ok(())) => Ok(Watched::Ended),
                Ok(Err(PipeError::Flooded)) => Ok(Watched::Flooded),
                Ok(Err(PipeError::Io(error))) => Err(error),
                Err(_) => Ok(Watched::EndedWithOpenPipes),
            };
        }
    }
    has_ended(pid, signals).await?;
    Ok(Watched::Ended)
}

/// Waits for the end of the program without collecting its status.
async fn has_ended(pid: Pid, signals: &mut Signal) -> io::Result<()> {
    loop {
        match waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT) {
            Ok(WaitStatus::StillAlive) | Err(Errno::EINTR) => {}
            Ok(_) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        signals.recv().await;
    }
}

enum PipeError {
    Flooded,
    Io(io::Error),
}

impl From<io::Error> for PipeError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Writes standard input and closes it. A program that does not want all of it is within its rights.
async fn feed(pipe: Option<impl AsyncWrite + Unpin>, input: &[u8]) -> Result<(), PipeError> {
    let Some(mut pipe) = pipe else { return Ok(()) };
    match pipe.write_all(input).await {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

async fn read_all(pipe: Option<impl AsyncRead + Unpin>, output: &mut Vec<u8>, limit: usize) -> Result<(), PipeError> {
    let Some(mut pipe) = pipe else { return Ok(()) };
    while pipe.read_buf(output).await? > 0 {
        if output.len() > limit {
            output.truncate(limit);
            return Err(PipeError::Flooded);
        }
    }
    Ok(())
}

async fn read_tail(pipe: Option<impl AsyncRead + Unpin>, tail: &mut Tail) -> Result<(), PipeError> {
    let Some(mut pipe) = pipe else { return Ok(()) };
    let mut buffer = Vec::with_capacity(4096);
    while pipe.read_buf(&mut buffer).await? > 0 {
        tail.push(&buffer);
        buffer.clear();
    }
    Ok(())
}

/// A process group that is killed when this is dropped before [`Group::forget`].
struct Group(Pid);

impl Group {
    /// The group of a child that was started as the leader of its own.
    fn of(child: &Child) -> io::Result<Self> {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        id.map(|id| Self(Pid::from_raw(id))).ok_or_else(|| io::Error::other("a child that was not collected has an id"))
    }

    /// Sends a signal to all of the group. An empty group is as good.
    fn signal(&self, signal: UnixSignal) {
        if let Err(error) = killpg(self.0, signal) {
            tracing::trace!(group = self.0.as_raw(), %signal, %error, "no process of the group took the signal");
        }
    }

    /// Leaves its remains alone; returns its id.
    fn forget(self) -> i32 {
        let id = self.0.as_raw();
        std::mem::forget(self);
        id
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(UnixSignal::SIGKILL);
    }
}

#[cfg(test)]
mod tests;
