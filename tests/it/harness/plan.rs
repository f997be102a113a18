//! The plan of an installation: everything that tests choose about it.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use super::database::Database;

/// What a test waits for at most; far more than it takes, so that only a hang reaches it. [`Plan::patience`] is for tests that take long.
const PATIENCE: Duration = Duration::from_mins(1);

/// An installation to be started.
pub(crate) struct Plan {
    pub(crate) database: Database,
    /// Whether runners register just in time.
    pub(crate) jit: bool,
    /// Providers whose runners do not, whatever the others' do.
    pub(crate) without_jit: Vec<&'static str>,
    /// Providers beside `local`: name and script.
    pub(crate) scripts: Vec<(&'static str, &'static str)>,
    /// How long creations of the provider `slow` take, each one of these; with none there is no such provider.
    pub(crate) slow_creates: Vec<Duration>,
    /// How long a call of a script or of `local` may take at most, in seconds.
    pub(crate) exec_timeout: u32,
    /// How many servers share the database. More than one are reached through a forwarder.
    pub(crate) servers: usize,
    /// What is waited for at most.
    pub(crate) patience: Duration,
    /// Whether the arguments of all processes are watched for secrets, which costs much where there are many processes.
    pub(crate) watch: bool,
    /// Where server and forge are reached: machines may have a loopback of their own.
    pub(crate) host: Ipv4Addr,
    /// Web pages that may call.
    pub(crate) cors_origins: &'static [&'static str],
    /// A provider that is a program of ours: name, executable and the text of its configuration.
    pub(crate) program: Option<(&'static str, PathBuf, String)>,
    /// The section `[logging]`; `@DIR@` stands for the directory of the test.
    pub(crate) logging: &'static str,
    /// More lines of the section `[default]`.
    pub(crate) settings: &'static str,
    /// The lines of the section `[limits]`.
    pub(crate) limits: &'static str,
    /// Whether standard output is a pipe that is not read, instead of the file of the log.
    pub(crate) unread_log: bool,
    /// Variables of the servers' environment.
    pub(crate) environment: Vec<(&'static str, String)>,
    /// The limit of open files that the servers start with, as arguments of `ulimit`; empty for that of the test.
    pub(crate) open_files: &'static str,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            database: Database::Sqlite,
            jit: true,
            without_jit: Vec::new(),
            scripts: Vec::new(),
            slow_creates: Vec::new(),
            exec_timeout: 3,
            servers: 1,
            patience: PATIENCE,
            watch: true,
            host: Ipv4Addr::LOCALHOST,
            cors_origins: &[],
            program: None,
            logging: "log_level = \"debug\"\nlog_format = \"json\"\n",
            settings: "",
            limits: "",
            unread_log: false,
            environment: Vec::new(),
            open_files: "",
        }
    }
}
