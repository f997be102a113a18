//! An installation to test: the real binary as a server process, the fake GitHub, a real database, real providers.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use garm::api::paths::{self, Route};
use garm::api::{
    CreateCredentialsParams, CreateEndpointParams, CreateEntityParams, CreatePoolParams, Entity, Instance, Job, LoginParams, NewUserParams,
    PatParams, Pool, Secret, UpdateControllerParams,
};
use garm::client::{Client, EntityFilter, Removal};
use garm::clock::Clock;
use garm::model::{EntityKind, JobStatus, SecretString, expose};
use garm::sim::{Conclusion, Forge, ForgeServer, NewJob, Observer, Scope};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::forwarder::Forwarder;
use crate::github_schemas::Schemas;
use crate::slow_cloud::SlowCloud;

/// Secrets that must not be seen anywhere.
pub(crate) const PAT: &str = "ghp_PlantedPersonalToken0123456789abcd";
pub(crate) const WEBHOOK_SECRET: &str = "Planted7WebhookSecretQx9vLmZ2rTfYbK4";
pub(crate) const PASSWORD: &str = "Planted!Password#Zq81-mossy-Gully";
pub(crate) const JWT_SECRET: &str = "Planted8JwtSecretNobodyShouldEverSee55";
/// The word for repositories in paths.
pub(crate) const REPOSITORIES: &str = paths::entities(EntityKind::Repository);
const PASSPHRASE: &str = "PlantedPassphrase0123456789abcde";

/// What a test waits for at most; far more than it takes, so that only a hang reaches it. [`Plan::patience`] is for tests that take long.
const PATIENCE: Duration = Duration::from_mins(1);

/// How much of the log is shown when something is waited for in vain, in bytes from its end.
const SHOWN_LOG: usize = 200_000;

/// The path of a route with values in place of its parameters.
pub(crate) fn at<const N: usize>(route: Route<N>, values: [&dyn std::fmt::Display; N]) -> String {
    route.with(values).expect("each value can be a segment of a path")
}

/// Which database.
#[derive(Clone, Debug)]
pub(crate) enum Database {
    Sqlite,
    Postgres { host: String, port: u16, user: String, database: String },
}

/// SQLite, and PostgreSQL where there is a server for tests.
pub(crate) async fn databases() -> Vec<Database> {
    let mut all = vec![Database::Sqlite];
    #[expect(clippy::disallowed_methods, reason = "where the test server is comes from the environment")]
    let url = std::env::var("GARM_TEST_POSTGRES").ok();
    let Some(url) = url else {
        skipped("on PostgreSQL: GARM_TEST_POSTGRES is not set");
        return all;
    };
    let config: tokio_postgres::Config = url.parse().expect("GARM_TEST_POSTGRES is a PostgreSQL URL");
    let (client, connection) = config.connect(tokio_postgres::NoTls).await.expect("the test server answers");
    tokio::spawn(connection);
    let database = format!("garm_{}", garm::crypto::random::uuid().simple());
    client.batch_execute(&format!("CREATE DATABASE {database}")).await.expect("databases can be made");
    let tokio_postgres::config::Host::Tcp(host) = &config.get_hosts()[0] else { panic!("the test server is reached by TCP") };
    all.push(Database::Postgres {
        host: host.clone(),
        port: config.get_ports()[0],
        user: config.get_user().expect("a user").to_owned(),
        database,
    });
    all
}

/// Says that a test does less than it could.
#[expect(clippy::print_stderr, reason = "a test that does less than it could says so")]
pub(crate) fn skipped(what: &str) {
    eprintln!("skipped {what}");
}

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
        }
    }
}

/// One server process of an installation. Its port, configuration and log stay when it is killed and started again.
pub(crate) struct Server {
    address: SocketAddr,
    config: PathBuf,
    log: PathBuf,
    replica: usize,
    process: Option<Child>,
}

impl Server {
    /// Servers to be started; their ports are free now.
    fn several(dir: &Path, host: Ipv4Addr, count: usize) -> Vec<Self> {
        // Held until all have one: a port that is given back may be given out again.
        let ports: Vec<_> = (0..count).map(|_| std::net::TcpListener::bind(any_port(host)).expect("a free port")).collect();
        let server = |(replica, port): (usize, &std::net::TcpListener)| {
            let file = |extension| dir.join(format!("server-{replica}.{extension}"));
            let address = port.local_addr().expect("it listens");
            Self { address, config: file("toml"), log: file("log"), replica, process: None }
        };
        ports.iter().enumerate().map(server).collect()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts the process. Providers find its number in their environment.
    fn spawn(&mut self) {
        let log = fs::OpenOptions::new().create(true).append(true).open(&self.log).expect("a log");
        #[expect(clippy::disallowed_methods, reason = "the server under test outlives every deadline")]
        let mut command = Command::new(env!("CARGO_BIN_EXE_garm"));
        command.arg("serve").arg("--config").arg(&self.config).env("REPLICA", self.replica.to_string());
        let errors = log.try_clone().expect("one more handle");
        let process = command.stdin(Stdio::null()).stdout(log).stderr(errors).kill_on_drop(true).spawn();
        self.process = Some(process.expect("the binary starts"));
    }

    async fn answers(&self) {
        let http = reqwest::Client::new();
        while http.get(format!("{}{}", self.url(), paths::LOGIN.template())).send().await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn signal(&self, signal: nix::sys::signal::Signal) {
        let pid = self.process.as_ref().and_then(Child::id).expect("it runs");
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(i32::try_from(pid).expect("a pid")), signal).expect("it can be signalled");
    }

    async fn kill(&mut self) {
        self.process.take().expect("it runs").kill().await.expect("it can be killed");
    }

    /// Asks it to end, as an operator does.
    fn terminate(&mut self) -> Child {
        self.signal(nix::sys::signal::Signal::SIGTERM);
        self.process.take().expect("it runs")
    }
}

/// A running installation.
pub(crate) struct Installation {
    dir: TempDir,
    pub(crate) forge: Forge,
    forge_server: Option<ForgeServer>,
    forge_url: String,
    /// Where machines and people reach it.
    pub(crate) url: String,
    servers: Vec<Server>,
    // Kept for what its end would end.
    _forwarder: Option<Forwarder>,
    patience: Duration,
    client: Option<Client>,
    token: Option<SecretString>,
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
        let servers = Server::several(dir.path(), plan.host, plan.servers);
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
            patience: plan.patience,
            client: None,
            token: None,
            violations,
            watch: Watch::start(plan.watch),
            dir,
        };
        installation.write_files(&plan);
        for replica in 0..plan.servers {
            installation.start_replica(replica).await;
        }
        installation
    }

    /// Starts, and sets up administrator, URLs, endpoint, credentials, a repository with its hook.
    pub(crate) async fn set_up(plan: Plan) -> Self {
        let mut installation = Self::start(plan).await;
        installation.log_in_first().await;
        installation.add_repository("hello").await;
        installation
    }

    fn write_files(&self, plan: &Plan) {
        let dir = self.dir.path().display();
        fs::create_dir(self.machines()).expect("a directory");
        let local_config = self.dir.path().join("local.conf");
        fs::write(&local_config, format!("base_dir={}\nstop_grace=1\n", self.machines().display())).expect("written");
        let local = include_str!("../../providers/local/garm-provider-local");
        let mut providers = String::new();
        for (name, text) in plan.scripts.iter().copied().chain([("local", local)]) {
            let path = self.dir.path().join(format!("provider-{name}"));
            // Nothing to write stands for a provider that is missing.
            if !text.is_empty() {
                fs::write(&path, text.replace("@DIR@", &dir.to_string())).expect("written");
                fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
            }
            let jit = plan.jit && !plan.without_jit.contains(&name);
            providers += &provider(name, &path, &local_config, jit, plan.exec_timeout);
        }
        if !plan.slow_creates.is_empty() {
            let cloud = self.slow_cloud();
            cloud.build(&plan.slow_creates);
            // No limit but the pool's: a cloud may take its time.
            providers += &provider("slow", &cloud.executable(), &cloud.config_file(), plan.jit, 0);
        }
        if let Some((name, executable, config)) = &plan.program {
            let config_file = self.dir.path().join(format!("{name}.toml"));
            fs::write(&config_file, config).expect("written");
            providers += &provider(name, executable, &config_file, plan.jit, 0);
        }
        let database = match &plan.database {
            Database::Sqlite => format!("backend = \"sqlite3\"\n[database.sqlite3]\ndb_file = \"{dir}/garm.db\"\n"),
            Database::Postgres { host, port, user, database } => format!(
                "backend = \"postgresql\"\n[database.postgresql]\nusername = \"{user}\"\npassword = \"unused\"\nhostname = \"{host}\"\nport = {port}\n\
                 database = \"{database}\"\nsslmode = \"prefer\"\nmax_open_conns = 8\n"
            ),
        };
        for server in &self.servers {
            let config = format!(
                "[apiserver]\nbind = \"{}\"\nport = {port}\ncors_origins = {origins:?}\n[jwt_auth]\nsecret = \"{JWT_SECRET}\"\ntime_to_live = \"24h\"\n\
                 [default]\nenable_webhook_management = true\n[metrics]\nenable = true\n[logging]\n{logging}[database]\npassphrase = \"{PASSPHRASE}\"\n{database}{providers}",
                server.address.ip(),
                origins = plan.cors_origins,
                port = server.address.port(),
                logging = plan.logging.replace("@DIR@", &dir.to_string())
            );
            fs::write(&server.config, config).expect("written");
        }
    }

    /// What is behind the provider `slow`.
    pub(crate) fn slow_cloud(&self) -> SlowCloud {
        SlowCloud::at(&self.dir.path().join("slow"))
    }

    pub(crate) fn forge_url(&self) -> &str {
        &self.forge_url
    }

    /// Speaks with a login that was made elsewhere.
    pub(crate) fn use_token(&mut self, token: &str) {
        let token = SecretString::from(token);
        self.client = Some(Client::new(&self.url, Some(token.clone())).expect("a URL"));
        self.token = Some(token);
    }

    pub(crate) fn directory(&self) -> &Path {
        self.dir.path()
    }

    fn machines(&self) -> PathBuf {
        self.dir.path().join("machines")
    }

    /// Starts the server's process and waits until it answers.
    pub(crate) async fn start_server(&mut self) {
        self.start_replica(0).await;
    }

    /// KILL, without warning.
    pub(crate) async fn kill_server(&mut self) {
        self.kill_replica(0).await;
    }

    /// HUP, as whoever rotates logs sends it.
    pub(crate) fn hang_up(&self) {
        self.servers[0].signal(nix::sys::signal::Signal::SIGHUP);
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

    /// First run, login, URLs, endpoint, credentials.
    pub(crate) async fn log_in_first(&mut self) {
        let anyone = Client::new(&self.url, None).expect("a URL");
        let admin = NewUserParams {
            username: "admin".into(),
            email: "a@example.com".into(),
            full_name: String::new(),
            password: Secret::from(PASSWORD),
        };
        anyone.first_run(&admin).await.expect("first run");
        let login = LoginParams { username: "admin".into(), password: Secret::from(PASSWORD) };
        let answer = anyone.log_in(&login).await.expect("login");
        self.client = Some(Client::new(&self.url, Some(answer.token.0.clone())).expect("a URL"));
        self.token = Some(answer.token.0);
        let url = &self.url;
        let urls = UpdateControllerParams {
            metadata_url: Some(format!("{url}{}", paths::METADATA)),
            callback_url: Some(format!("{url}{}", paths::CALLBACKS)),
            webhook_url: Some(format!("{url}{}", paths::WEBHOOKS.template())),
            minimum_job_age_backoff: Some(1),
            ..UpdateControllerParams::default()
        };
        self.client().update_controller(&urls).await.expect("changed");
        let endpoint = CreateEndpointParams {
            name: "fake".into(),
            base_url: self.forge_url.clone(),
            api_base_url: format!("{}{}", self.forge_url, garm::sim::API_PREFIX),
            ..CreateEndpointParams::default()
        };
        self.client().endpoints().create(&endpoint).await.expect("added");
        let credentials = CreateCredentialsParams {
            name: "pat".into(),
            endpoint: "fake".into(),
            auth_type: "pat".into(),
            pat: Some(PatParams { oauth2_token: Secret::from(PAT) }),
            ..CreateCredentialsParams::default()
        };
        self.client().credentials().create(&credentials).await.expect("added");
    }

    pub(crate) async fn add_repository(&self, name: &str) -> Entity {
        let repository = CreateEntityParams {
            owner: "octo".into(),
            name: name.into(),
            credentials_name: "pat".into(),
            webhook_secret: Secret::from(WEBHOOK_SECRET),
            ..CreateEntityParams::default()
        };
        let entity = self.client().entities(EntityKind::Repository).create(&repository).await.expect("added");
        for server in &self.servers {
            self.forge.add_hook(
                Scope::repository("octo", name),
                &format!("{}{}", server.url(), paths::WEBHOOKS.template()),
                SecretString::from(WEBHOOK_SECRET),
            );
        }
        entity
    }

    /// Adds a pool to the repository `hello`.
    pub(crate) async fn add_pool(&self, provider: &str, tag: &str, max_runners: u32, min_idle_runners: u32) -> Pool {
        self.add_pool_with(provider, tag, |pool| {
            pool.max_runners = max_runners;
            pool.min_idle_runners = min_idle_runners;
        })
        .await
    }

    /// Adds a pool to the repository `hello`, with settings of its own.
    pub(crate) async fn add_pool_with(&self, provider: &str, tag: &str, settings: impl FnOnce(&mut CreatePoolParams)) -> Pool {
        let hello = EntityFilter { name: Some("hello".into()), ..EntityFilter::default() };
        let repositories = self.client().entities(EntityKind::Repository);
        let hello = repositories.list(&hello).await.expect("listed").swap_remove(0);
        let mut pool = CreatePoolParams {
            provider_name: provider.into(),
            image: "image".into(),
            flavor: "flavor".into(),
            tags: vec!["self-hosted".into(), tag.into()],
            os_arch: if cfg!(target_arch = "aarch64") { "arm64".into() } else { "amd64".into() },
            enabled: true,
            ..CreatePoolParams::default()
        };
        settings(&mut pool);
        repositories.create_pool(&hello.id, &pool).await.expect("made")
    }

    pub(crate) fn client(&self) -> &Client {
        self.client.as_ref().expect("logged in")
    }

    /// Speaks with one of several servers.
    pub(crate) fn client_of(&self, replica: usize) -> Client {
        Client::new(&self.servers[replica].url(), self.token.clone()).expect("a URL")
    }

    pub(crate) fn token(&self) -> &str {
        expose(self.token.as_ref().expect("logged in"))
    }

    pub(crate) async fn instances(&self) -> Vec<Instance> {
        self.client().instances().list().await.expect("the runners are listed")
    }

    pub(crate) async fn jobs(&self) -> Vec<Job> {
        self.client().jobs().list().await.expect("the jobs are listed")
    }

    pub(crate) async fn repositories(&self) -> Vec<Entity> {
        let repositories = self.client().entities(EntityKind::Repository);
        repositories.list(&EntityFilter::default()).await.expect("the repositories are listed")
    }

    /// Queues a job whose steps say where they run.
    pub(crate) fn queue_job(&self, name: &str, tag: &str) -> i64 {
        self.forge.queue_job(NewJob {
            owner: "octo".into(),
            repo: "hello".into(),
            name: name.into(),
            labels: vec!["self-hosted".into(), tag.to_uppercase()],
            steps: vec!["echo \"on $RUNNER_NAME\"".into(), "sleep 0.3".into()],
        })
    }

    /// Waits until jobs have run to success on a runner of ours.
    pub(crate) async fn jobs_succeed(&self, ids: &[i64]) {
        self.within(
            "the jobs are done",
            self.forge.wait_until(|state| ids.iter().all(|id| state.find_job(*id).is_some_and(|job| job.status == JobStatus::Completed))),
        )
        .await;
        for id in ids {
            let job = self.forge.job(*id).expect("it was queued");
            assert_eq!(job.conclusion, Some(Conclusion::Success), "{}", job.log());
            assert!(job.log().contains(&format!("on {}", job.runner.as_ref().expect("a runner had it").name)), "{}", job.log());
        }
    }

    /// Waits until something holds of what the server says.
    pub(crate) async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut(&Self) -> Option<T>) -> T {
        self.within(what, async {
            loop {
                if let Some(found) = look(self).await {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await
    }

    /// Waits until nothing of a runner is left at server, forge, provider and on this machine.
    pub(crate) async fn all_gone(&self) {
        self.until("all runners are gone", async |this| {
            let known = this.instances().await;
            (known.is_empty() && this.forge.runners().is_empty() && this.leftovers().is_empty()).then_some(())
        })
        .await;
    }

    /// As [`Installation::all_gone`], where deliveries were lost for a while: a runner may have been made for a job that had one. It is idle and
    /// would be kept for minutes.
    pub(crate) async fn all_gone_but_what_is_idle(&self) {
        self.until("what is not idle is gone", async |this| {
            let known = this.instances().await;
            let mut idle = known.iter().filter(|instance| instance.status == "running" && instance.runner_status == "idle");
            let Some(idle) = idle.next() else { return known.is_empty().then_some(()) };
            this.client().instances().delete(&idle.name, Removal::default()).await.expect("an idle runner can be removed");
            None
        })
        .await;
        self.all_gone().await;
    }

    pub(crate) async fn job(&self, workflow_job_id: i64) -> Option<Job> {
        self.jobs().await.into_iter().find(|job| job.workflow_job_id == workflow_job_id)
    }

    /// Machines, and processes that belong to one or make or remove one.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        let directories = |path: &Path| {
            let entries = fs::read_dir(path).into_iter().flatten().flatten();
            entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect::<Vec<_>>()
        };
        let pools = directories(&self.machines()).into_iter().flat_map(|controller| directories(&controller));
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
        for planted in secrets() {
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

    async fn within<T>(&self, what: &str, wait: impl Future<Output = T>) -> T {
        match tokio::time::timeout(self.patience, wait).await {
            Ok(value) => value,
            Err(late) => {
                let log = self.log();
                let shown = log.floor_char_boundary(log.len().saturating_sub(SHOWN_LOG));
                panic!("{late}: {what}\nthe end of the log:\n{}", &log[shown..]);
            }
        }
    }
}

/// A provider in the server's configuration.
fn provider(name: &str, executable: &Path, config_file: &Path, jit: bool, exec_timeout_secs: u32) -> String {
    format!(
        "[[provider]]\nname = \"{name}\"\nprovider_type = \"external\"\ndescription = \"what {name} makes\"\ndisable_jit_config = {}\n[provider.external]\n\
         provider_executable = \"{}\"\nconfig_file = \"{}\"\nexec_timeout_seconds = {exec_timeout_secs}\n\
         environment_variables = [\"PATH\", \"REPLICA\"]\n",
        !jit,
        executable.display(),
        config_file.display()
    )
}

/// How every token of ours begins.
const JWT: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9";

fn secrets() -> [&'static str; 5] {
    [PAT, WEBHOOK_SECRET, PASSWORD, JWT_SECRET, PASSPHRASE]
}

fn any_port(host: Ipv4Addr) -> SocketAddr {
    (host, 0).into()
}

/// Watches the arguments of all processes of this machine, which anybody could see.
struct Watch {
    stop: Arc<AtomicBool>,
    seen: Arc<Mutex<BTreeSet<String>>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Watch {
    /// Begins to watch, or not.
    fn start(watch: bool) -> Self {
        let (stop, seen) = (Arc::new(AtomicBool::new(!watch)), Arc::new(Mutex::new(BTreeSet::new())));
        let (stopped, found) = (Arc::clone(&stop), Arc::clone(&seen));
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
                    let arguments = fs::read(process.path().join("cmdline")).unwrap_or_default();
                    if !arguments.is_empty() {
                        found.lock().expect("no panic").insert(String::from_utf8_lossy(&arguments).into_owned());
                    }
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        Self { stop, seen, thread: Some(thread) }
    }

    fn stop(&mut self) -> BTreeSet<String> {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("no panic");
        }
        std::mem::take(&mut self.seen.lock().expect("no panic"))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Machines of a test that failed must not stay; its files tell why it did.
impl Drop for Installation {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.dir.disable_cleanup(true);
            #[expect(clippy::print_stderr, reason = "whoever reads why a test failed wants to know where to look further")]
            {
                eprintln!("the files are kept in {}", self.dir.path().display());
            }
        }
        for found in self.leftovers() {
            if let Some(pid) = found.strip_prefix("process ").and_then(|pid| pid.parse().ok()) {
                nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).unwrap_or_default();
            }
        }
    }
}
