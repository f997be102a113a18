//! One server process of an installation.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use garm::api::paths;
use nix::sys::signal::Signal;
use tokio::process::{Child, ChildStdout, Command};

use super::plan::Plan;

/// One server process of an installation. Its port, configuration and log stay when it is killed and started again.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) config: PathBuf,
    pub(super) log: PathBuf,
    replica: usize,
    unread_log: bool,
    environment: Vec<(&'static str, String)>,
    open_files: &'static str,
    process: Option<Child>,
}

/// The binary that is tested in place of the one that was built for tests: an absolute path in `GARM_TEST_BINARY`.
pub(crate) fn binary() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "another binary to test comes from the environment")]
    let given = std::env::var_os("GARM_TEST_BINARY");
    given.map(PathBuf::from)
}

impl Server {
    /// Servers to be started; their ports are free now.
    pub(super) fn several(dir: &Path, plan: &Plan) -> Vec<Self> {
        // Held until all have one: a port that is given back may be given out again.
        let ports: Vec<_> = (0..plan.servers).map(|_| std::net::TcpListener::bind(any_port(plan.host)).expect("a free port")).collect();
        let server = |(replica, port): (usize, &std::net::TcpListener)| {
            let file = |extension| dir.join(format!("server-{replica}.{extension}"));
            let address = port.local_addr().expect("it listens");
            Self {
                address,
                config: file("toml"),
                log: file("log"),
                replica,
                open_files: plan.open_files,
                unread_log: plan.unread_log,
                environment: plan.environment.clone(),
                process: None,
            }
        };
        ports.iter().enumerate().map(server).collect()
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts the process. Providers find its number in their environment.
    pub(super) fn spawn(&mut self) {
        let log = fs::OpenOptions::new().create(true).append(true).open(&self.log).expect("a log");
        #[expect(clippy::disallowed_methods, reason = "the server under test outlives every deadline")]
        let mut command = Command::new("sh");
        let limited = format!("ulimit {} && exec \"$0\" \"$@\"", self.open_files);
        command.args(["-c", if self.open_files.is_empty() { "exec \"$0\" \"$@\"" } else { &limited }]);
        command
            .arg(binary().unwrap_or_else(|| env!("CARGO_BIN_EXE_garm").into()))
            .arg("serve")
            .arg("--config")
            .arg(&self.config)
            .env("REPLICA", self.replica.to_string());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let errors = log.try_clone().expect("one more handle");
        let output = if self.unread_log { Stdio::piped() } else { log.into() };
        let process = command.stdin(Stdio::null()).stdout(output).stderr(errors).kill_on_drop(true).spawn();
        self.process = Some(process.expect("the binary starts"));
    }

    pub(super) async fn answers(&self) {
        let http = reqwest::Client::new();
        while http.get(format!("{}{}", self.url(), paths::LOGIN.template())).send().await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The number of the process.
    pub(super) fn process(&self) -> u32 {
        self.process.as_ref().and_then(Child::id).expect("it runs")
    }

    pub(super) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.process()).expect("a pid");
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal).expect("it can be signalled");
    }

    pub(super) async fn kill(&mut self) {
        self.process.take().expect("it runs").kill().await.expect("it can be killed");
    }

    /// The end of the pipe that is not read.
    pub(super) fn output(&mut self) -> ChildStdout {
        self.process.as_mut().and_then(|process| process.stdout.take()).expect("a pipe")
    }

    /// Gives the process away.
    pub(super) fn leave(&mut self) -> Child {
        self.process.take().expect("it runs")
    }

    /// Asks it to end, as an operator does.
    pub(super) fn terminate(&mut self) -> Child {
        self.signal(Signal::SIGTERM);
        self.leave()
    }
}

/// A port that the system chooses.
pub(super) fn any_port(host: Ipv4Addr) -> SocketAddr {
    (host, 0).into()
}
