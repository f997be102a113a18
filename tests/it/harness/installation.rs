//! A running installation: its start, its processes and its end.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use garm::client::Client;
use garm::clock::Clock;
use garm::model::SecretString;
use garm::sim::{Forge, ForgeServer, Observer};
use nix::sys::signal::{Signal, kill};
use tempfile::TempDir;
use tokio::process::{Child, ChildStdout};

use super::database::Database;
use super::files;
use super::plan::Plan;
use super::secrets::{JWT, PAT, PLANTED};
use super::server::{Server, any_port};
use super::watch::Watch;
use crate::forwarder::Forwarder;
use crate::github_schemas::Schemas;
use crate::slow_cloud::SlowCloud;

/// How much of the log is shown when something is waited for in vain, in bytes from its end.
const SHOWN_LOG: usize = 50_000;

/// A running installation.
pub(crate) struct Installation {
    dir: TempDir,
    pub(crate) forge: Forge,
    forge_server: Option<ForgeServer>,
    forge_url: String,
    /// Where machines and people reach it.
    pub(crate) url: String,
    pub(super) servers: Vec<Server>,
    // Kept for what their ends would end.
    _forwarder: Option<Forwarder>,
    _database: Database,
    patience: Duration,
    pub(super) client: Option<Client>,
    pub(super) token: Option<SecretString>,
    violations: Arc<Mutex<Vec<String>>>,
    watch: Watch,
}

impl Installation {
    /// Starts server and forge; nothing is set up yet.
    pub(crate) async fn start(plan: Plan) -> Self {
        let dir = tempfile::Builder::new().prefix("garm-test-").tempdir().expect("a directory");
        let forge = Forge::new(Clock::System);
        forge.configure(|settings| settings.retry_deliveries = true);
        forge.add_token(&SecretString::from(PAT));
        let violations = Arc::new(Mutex::new(Vec::new()));
        let schemas = Schemas::load();
        let seen = Arc::clone(&violations);
        let observer: Observer = Arc::new(move |exchange| seen.lock().expect("no panic").extend(schemas.violation(exchange)));
        let forge_server = ForgeServer::start_with(forge.clone(), any_port(plan.host), Some(observer)).await.expect("the forge starts");
        let servers = Server::several(dir.path(), &plan);
        let forwarder = match &servers[..] {
            [_] => None,
            several => Some(Forwarder::start(several.iter().map(|server| server.address).collect()).await),
        };
        let mut installation = Self {
            forge,
            forge_url: forge_server.url().to_owned(),
            forge_server: Some(forge_server),
            url: forwarder.as_ref().map_or_else(|| servers[0].url(), Forwarder::url),
            servers,
            _forwarder: forwarder,
            _database: plan.database.clone(),
            patience: plan.patience,
            client: None,
            token: None,
            violations,
            watch: Watch::start(plan.watch),
            dir,
        };
        files::write(installation.dir.path(), &plan, &installation.servers);
        for replica in 0..plan.servers {
            installation.start_replica(replica).await;
        }
        installation
    }

    /// What is behind the provider `slow`.
    pub(crate) fn slow_cloud(&self) -> SlowCloud {
        files::slow_cloud(self.dir.path())
    }

    pub(crate) fn forge_url(&self) -> &str {
        &self.forge_url
    }

    pub(crate) fn directory(&self) -> &Path {
        self.dir.path()
    }

    /// Starts the server's process and waits until it answers.
    pub(crate) async fn start_server(&mut self) {
        self.start_replica(0).await;
    }

    /// Waits until the server has ended by itself.
    pub(crate) async fn server_ends(&mut self) -> ExitStatus {
        let mut process = self.servers[0].leave();
        self.within("the server ends", process.wait()).await.expect("it ends")
    }

    /// KILL, without warning.
    pub(crate) async fn kill_server(&mut self) {
        self.kill_replica(0).await;
    }

    /// HUP, as whoever rotates logs sends it.
    pub(crate) fn hang_up(&self) {
        self.servers[0].signal(Signal::SIGHUP);
    }

    /// The number of the server's process.
    pub(crate) fn process(&self) -> u32 {
        self.servers[0].process()
    }

    /// TERM, as a service manager sends it; the process is given back.
    pub(crate) fn terminate_server(&mut self) -> Child {
        self.servers[0].terminate()
    }

    /// The pipe that the log goes to, if the plan says so.
    pub(crate) fn output(&mut self) -> ChildStdout {
        self.servers[0].output()
    }

    /// Starts one of several servers and waits until it answers.
    pub(crate) async fn start_replica(&mut self, replica: usize) {
        self.servers[replica].spawn();
        self.within("the server answers", self.servers[replica].answers()).await;
    }

    /// KILL for one of several servers.
    pub(crate) async fn kill_replica(&mut self, replica: usize) {
        self.servers[replica].kill().await;
    }

    /// Takes the forge away, as a network that breaks does.
    pub(crate) async fn stop_forge(&mut self) -> SocketAddr {
        let server = self.forge_server.take().expect("it runs");
        let address = server.address();
        server.stop().await;
        address
    }

    /// Brings the forge back.
    pub(crate) async fn start_forge(&mut self, address: SocketAddr) {
        self.forge_server = Some(ForgeServer::start(self.forge.clone(), address).await.expect("the forge starts again"));
    }

    /// Machines, and processes that belong to one or make or remove one.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        let directories = |path: &Path| {
            let entries = fs::read_dir(path).into_iter().flatten().flatten();
            entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect::<Vec<_>>()
        };
        let pools = directories(&files::machines(self.dir.path())).into_iter().flat_map(|controller| directories(&controller));
        let mut found: Vec<String> = pools.flat_map(|pool| directories(&pool)).map(|machine| machine.display().to_string()).collect();
        found.extend(self.slow_cloud().machines().into_iter().map(|machine| machine.file.display().to_string()));
        let dir = self.dir.path().display();
        let marks = [format!("GARM_LOCAL_INSTANCE={dir}/"), format!("GARM_PROVIDER_CONFIG_FILE={dir}/")];
        for process in fs::read_dir("/proc").expect("a /proc").flatten() {
            let environment = fs::read(process.path().join("environ")).unwrap_or_default();
            let is_marked = |variable: &[u8]| marks.iter().any(|mark| variable.starts_with(mark.as_bytes()));
            if environment.split(|byte| *byte == 0).any(is_marked) {
                found.push(format!("process {}", process.file_name().to_string_lossy()));
            }
        }
        found
    }

    /// What the servers have logged, one server after the other.
    pub(crate) fn log(&self) -> String {
        self.servers.iter().map(|server| fs::read_to_string(&server.log).expect("the log can be read")).collect()
    }

    /// Stops the servers as an operator does, and checks what must hold at the end of every test.
    pub(crate) async fn finish(mut self) {
        let processes: Vec<Child> = self.servers.iter_mut().map(Server::terminate).collect();
        for mut process in processes {
            let status = self.within("the server stops", process.wait()).await.expect("it ends");
            assert!(status.success(), "the server ended with {status}");
        }
        assert_eq!(
            *self.violations.lock().expect("no panic"),
            Vec::<String>::new(),
            "answers of the fake GitHub that are not as published"
        );
        let (log, seen) = (self.log(), self.watch.stop());
        for planted in PLANTED {
            assert!(!log.contains(planted), "a secret is in the log");
            assert!(!seen.iter().any(|arguments| arguments.contains(planted)), "a secret was in the arguments of a process");
        }
        assert!(!log.contains(JWT), "a token is in the log");
        assert!(!seen.iter().any(|arguments| arguments.contains(JWT)), "a token was in the arguments of a process");
        assert!(!log.contains("panicked"), "{log}");
        if let Some(forge) = self.forge_server.take() {
            forge.stop().await;
        }
    }

    /// Waits for something as long as the plan allows; a failure shows the end of the log.
    pub(super) async fn within<T>(&self, what: &str, wait: impl Future<Output = T>) -> T {
        match tokio::time::timeout(self.patience, wait).await {
            Ok(value) => value,
            Err(late) => {
                // The test itself asks again and again.
                let log: Vec<String> = self.log().lines().filter(|line| !line.contains("access_log")).map(ToOwned::to_owned).collect();
                let log = log.join("\n");
                let shown = log.floor_char_boundary(log.len().saturating_sub(SHOWN_LOG));
                panic!("{late}: {what}\nthe end of the log, without requests:\n{}", &log[shown..]);
            }
        }
    }
}

/// Machines of a test that failed must not stay; its files tell why it did.
impl Drop for Installation {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.dir.disable_cleanup(true);
            #[expect(clippy::print_stderr, reason = "the reader of a failure looks into these files")]
            {
                eprintln!("the files are kept in {}", self.dir.path().display());
            }
        }
        for found in self.leftovers() {
            if let Some(pid) = found.strip_prefix("process ").and_then(|pid| pid.parse().ok()) {
                kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL).unwrap_or_default();
            }
        }
    }
}
