//! The parts of the demo: a directory, the fake forge, the server's process, and the machines of the local provider.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::report::say;
use crate::api::{
    CreateCredentialsParams, CreateEndpointParams, CreateEntityParams, CreatePoolParams, CreateScaleSetParams, Entity, Instance,
    NewUserParams, PatParams, Secret, UpdateControllerParams, paths,
};
use crate::cli::Error;
use crate::cli::profile::{Profiles, log_in};
use crate::client::{self, Client, Removal};
use crate::clock::Clock;
use crate::crypto::random;
use crate::model::{EntityKind, JobStatus, ProviderName, SecretString};
use crate::provider::{External, ExternalSettings, PoolContext};
use crate::sim::{Forge, ForgeServer, Scope};
use crate::time::Timestamp;

pub(super) const OWNER: &str = "demo";
pub(super) const REPOSITORY: &str = "hello";
pub(super) const SCALE_SET: &str = "demo";

/// The provider, as it is shipped.
const PROVIDER: &str = include_str!("../../../providers/local/garm-provider-local");

/// Notes its start time and the machine, then runs the provider. The request goes on through a pipe, because it holds a token.
const WATCHER: &str = r#"#!/bin/sh
if [ "${GARM_COMMAND:-}" = CreateInstance ]; then
    now=$(date +%s%N)
    request=$(cat)
    name=$(printf '%s' "$request" | sed -n 's/.*"name" *: *"\([^"]*\)".*/\1/p' | head -n 1)
    echo "$now $name" >>"$(dirname "$0")/starts"
    printf '%s' "$request" | "$(dirname "$0")/garm-provider-local"
else
    exec "$(dirname "$0")/garm-provider-local"
fi
"#;

/// The architecture of this machine, as GitHub and providers spell it.
const ARCH: &str = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };

/// How long the server may take to answer after its start.
const START_PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Stage {
    directory: PathBuf,
    /// Removes the directory when the demo succeeded.
    guard: Option<TempDir>,
    forge: Forge,
    forge_server: Option<ForgeServer>,
    forge_url: String,
    server_url: String,
    server: Option<Child>,
    client: Option<Client>,
}

impl Stage {
    pub(super) async fn new() -> Result<Self, Error> {
        let failed = |fault: std::io::Error| Error::from_fault("cannot make a directory for the demo", &fault);
        let guard = tempfile::Builder::new().prefix("garm-demo-").tempdir().map_err(failed)?;
        let directory = guard.path().to_owned();
        let forge = Forge::new(Clock::System);
        // After an outage of the server, the operator of a forge would press "redeliver".
        forge.configure(|settings| settings.retry_deliveries = true);
        let forge_server = ForgeServer::start(forge.clone(), ([127, 0, 0, 1], 0).into())
            .await
            .map_err(|fault| Error::from_fault("cannot start the fake forge", &fault))?;
        let forge_url = forge_server.url().to_owned();
        let port = free_port().map_err(|fault| Error::from_fault("there is no free port", &fault))?;
        let stage = Self {
            server_url: format!("http://127.0.0.1:{port}"),
            directory,
            guard: Some(guard),
            forge,
            forge_server: Some(forge_server),
            forge_url,
            server: None,
            client: None,
        };
        stage.write_files(port).map_err(failed)?;
        Ok(stage)
    }

    fn write_files(&self, port: u16) -> std::io::Result<()> {
        for (name, text) in [("garm-provider-local", PROVIDER), ("provider", WATCHER)] {
            let path = self.directory.join(name);
            fs::write(&path, text)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        }
        fs::write(self.directory.join("provider.conf"), format!("base_dir={}\n", self.machines().display()))?;
        fs::create_dir(self.machines())?;
        let dir = self.directory.display();
        let config = format!(
            "[apiserver]\nbind = \"127.0.0.1\"\nport = {port}\n\n[jwt_auth]\nsecret = \"{}\"\ntime_to_live = \"24h\"\n\n\
             [database]\nbackend = \"sqlite3\"\npassphrase = \"{}\"\n[database.sqlite3]\ndb_file = \"{dir}/garm.db\"\n\n\
             [logging]\nlog_level = \"debug\"\nlog_file = \"{dir}/server.log\"\n\n\
             [[provider]]\nname = \"local\"\ndescription = \"processes on this machine\"\nprovider_type = \"external\"\n\
             [provider.external]\nprovider_executable = \"{dir}/provider\"\nconfig_file = \"{dir}/provider.conf\"\nexec_timeout_seconds = 20\n\
             environment_variables = [\"PATH\"]\n",
            random::alphanumeric(64),
            random::alphanumeric(32)
        );
        let path = self.directory.join("config.toml");
        fs::write(&path, config)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(super) fn forge(&self) -> &Forge {
        &self.forge
    }

    pub(super) fn forge_url(&self) -> &str {
        &self.forge_url
    }

    pub(super) fn server_url(&self) -> &str {
        &self.server_url
    }

    /// Where the local provider keeps its machines.
    fn machines(&self) -> PathBuf {
        self.directory.join("machines")
    }

    /// Starts the server in a process of its own and waits until it answers.
    pub(super) async fn start_server(&mut self) -> Result<(), Error> {
        let failed = |fault: std::io::Error| Error::from_fault("cannot start the server", &fault);
        let program = std::env::current_exe().map_err(failed)?;
        let log = fs::OpenOptions::new().create(true).append(true).open(self.directory.join("server.log")).map_err(failed)?;
        #[expect(clippy::disallowed_methods, reason = "the server outlives every deadline, and the demo means to kill it")]
        let mut command = Command::new(program);
        command.arg("serve").arg("--config").arg(self.directory.join("config.toml"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).process_group(0).kill_on_drop(true);
        let mut server = command.spawn().map_err(failed)?;
        let client = Client::new(&self.server_url, None)?;
        let answers = async {
            // At first nothing listens on the port. Later the server refuses, because there is no login.
            while let Err(client::Error::Unreachable { .. }) = client.check_login().await {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::select! {
            () = answers => {}
            ended = server.wait() => return Err(Error::new(format!("the server ended at once ({})", ended.map_err(failed)?))),
            () = tokio::time::sleep(START_PATIENCE) => return Err(Error::new("the server does not answer")),
        }
        self.server = Some(server);
        Ok(())
    }

    /// Kills the server without warning and starts it again.
    pub(super) async fn kill_and_restart(&mut self, meanwhile: &str) -> Result<(), Error> {
        if let Some(mut server) = self.server.take() {
            server.kill().await.map_err(|fault| Error::from_fault("cannot kill the server", &fault))?;
        }
        say("killed the server with SIGKILL", meanwhile);
        self.start_server().await?;
        say("garm serve answers again", &self.server_url);
        Ok(())
    }

    /// Does what an operator does with `garm init`, `garm github` and `garm repo`. Answers the client, the repository, the URL of its hook and the secret of
    /// that.
    async fn set_up(&mut self) -> Result<(Client, Entity, String, SecretString), Error> {
        let (password, pat, webhook_secret) = (random::secret(32), random::secret(40), random::secret(64));
        let anyone = Client::new(&self.server_url, None)?;
        let admin = NewUserParams {
            username: "admin".into(),
            email: "admin@example.com".into(),
            full_name: String::new(),
            password: Secret(password.clone()),
            code: Secret::default(),
        };
        anyone.first_run(&admin).await?;
        let mut profiles = Profiles::load(Some(self.profiles()))?;
        log_in(&anyone, &mut profiles, ("demo", &self.server_url), "admin", password).await?;
        let client = profiles.find(None)?.client()?;

        let url = &self.server_url;
        let urls = UpdateControllerParams {
            metadata_url: Some(format!("{url}{}", paths::METADATA)),
            callback_url: Some(format!("{url}{}", paths::CALLBACKS)),
            webhook_url: Some(format!("{url}{}", paths::WEBHOOKS.template())),
            ..UpdateControllerParams::default()
        };
        let controller = client.update_controller(&urls).await?;
        let endpoint = CreateEndpointParams {
            name: "fake-github".into(),
            base_url: self.forge_url.clone(),
            api_base_url: format!("{}{}", self.forge_url, crate::sim::API_PREFIX),
            ..CreateEndpointParams::default()
        };
        client.endpoints().create(&endpoint).await?;
        self.forge.add_token(&pat);
        let credentials = CreateCredentialsParams {
            name: "demo".into(),
            endpoint: "fake-github".into(),
            auth_type: "pat".into(),
            pat: Some(PatParams { oauth2_token: Secret(pat) }),
            ..CreateCredentialsParams::default()
        };
        client.credentials().create(&credentials).await?;
        let repository = CreateEntityParams {
            owner: OWNER.into(),
            name: REPOSITORY.into(),
            credentials_name: "demo".into(),
            webhook_secret: Secret(webhook_secret.clone()),
            ..CreateEntityParams::default()
        };
        let repository = client.entities(EntityKind::Repository).create(&repository).await?;
        Ok((client, repository, controller.controller_webhook_url, webhook_secret))
    }

    /// With a hook, and what an operator does with `garm pool`.
    pub(super) async fn set_up_pool(&mut self, max_runners: u32) -> Result<(), Error> {
        let (client, repository, hook, secret) = self.set_up().await?;
        let pool = CreatePoolParams {
            provider_name: "local".into(),
            image: "this-machine".into(),
            flavor: "process".into(),
            tags: vec!["self-hosted".into(), "linux".into(), "demo".into()],
            os_arch: ARCH.into(),
            max_runners,
            enabled: true,
            ..CreatePoolParams::default()
        };
        client.entities(EntityKind::Repository).create_pool(&repository.id, &pool).await?;
        self.forge.add_hook(Scope::repository(OWNER, REPOSITORY), &hook, secret);
        self.client = Some(client);
        Ok(())
    }

    /// Without a hook, and with what an operator does with `garm scaleset`. Waits until the session listens.
    pub(super) async fn set_up_scale_set(&mut self, max_runners: u32) -> Result<(), Error> {
        let (client, repository, ..) = self.set_up().await?;
        let scale_set = CreateScaleSetParams {
            name: SCALE_SET.into(),
            provider_name: "local".into(),
            image: "this-machine".into(),
            flavor: "process".into(),
            os_arch: ARCH.into(),
            max_runners,
            enabled: true,
            ..CreateScaleSetParams::default()
        };
        client.scale_sets().create(EntityKind::Repository, &repository.id, &scale_set).await?;
        let promised = Some(max_runners as usize);
        self.forge.wait_until(|state| state.scale_sets().any(|set| set.capacity() == promised)).await;
        self.client = Some(client);
        Ok(())
    }

    fn client(&self) -> Result<&Client, Error> {
        self.client.as_ref().ok_or_else(|| Error::new("the server is not set up"))
    }

    fn profiles(&self) -> PathBuf {
        self.directory.join("profiles.toml")
    }

    /// The runner of a running job, as the server sees it.
    pub(super) async fn instance_of_first_running_job(&self) -> Result<Option<Instance>, Error> {
        let running = self.forge.jobs().into_iter().find(|job| job.status == JobStatus::InProgress).and_then(|job| job.runner);
        let Some(runner) = running else { return Ok(None) };
        match self.client()?.instances().get(&runner.name).await {
            Ok(instance) => Ok(Some(instance)),
            Err(client::Error::Refused { status: 404, .. }) => Ok(None),
            Err(fault) => Err(fault.into()),
        }
    }

    /// Waits until neither server nor forge nor provider nor this machine has anything of a runner.
    pub(super) async fn wait_until_gone(&self) -> Result<(), Error> {
        let client = self.client()?;
        loop {
            let known = client.instances().list().await?;
            if known.is_empty() && self.forge.runners().is_empty() && self.leftovers()?.is_empty() {
                return Ok(());
            }
            // While deliveries fail, a job may look as if it still waited: the runner made for it is idle now, and would be kept for minutes.
            for idle in known.iter().filter(|instance| instance.status == "running" && instance.runner_status == "idle") {
                say("removing a runner that is idle", &idle.name);
                match client.instances().delete(&idle.name, Removal::default()).await {
                    // It went by itself, or is going.
                    Ok(()) | Err(client::Error::Refused { .. }) => {}
                    Err(fault) => return Err(fault.into()),
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Directories of machines, and processes that belong to one.
    fn leftovers(&self) -> Result<Vec<String>, Error> {
        let failed = |fault: std::io::Error| Error::from_fault("cannot look for leftovers", &fault);
        let mut found = Vec::new();
        for controller in fs::read_dir(self.machines()).map_err(failed)? {
            for pool in fs::read_dir(controller.map_err(failed)?.path()).map_err(failed)? {
                // A pool's directory may go while we look.
                let Ok(machines) = fs::read_dir(pool.map_err(failed)?.path()) else { continue };
                found.extend(machines.flatten().filter(|entry| entry.path().is_dir()).map(|entry| entry.path().display().to_string()));
            }
        }
        let mark = format!("GARM_LOCAL_INSTANCE={}", self.machines().display());
        for process in fs::read_dir("/proc").map_err(failed)?.flatten() {
            // Processes come and go, and those of others cannot be read.
            let Ok(environment) = fs::read(process.path().join("environ")) else { continue };
            if environment.split(|byte| *byte == 0).any(|variable| variable.starts_with(mark.as_bytes())) {
                found.push(format!("process {}", process.file_name().to_string_lossy()));
            }
        }
        Ok(found)
    }

    /// When the provider was started for each machine, first starts first.
    pub(super) fn provider_starts(&self) -> Result<Vec<Timestamp>, Error> {
        let text = fs::read_to_string(self.directory.join("starts"))
            .map_err(|fault| Error::from_fault("the provider was never started", &fault))?;
        let times = text.lines().filter_map(|line| line.split(' ').next()?.parse::<i64>().ok());
        let mut starts: Vec<Timestamp> = times.map(|nanos| Timestamp::from_micros(nanos / 1000)).collect();
        starts.sort_unstable();
        Ok(starts)
    }

    /// Leaves everything running until Ctrl-C.
    pub(super) async fn keep(&self) -> Result<(), Error> {
        let program = std::env::current_exe().map_err(|fault| Error::from_fault("cannot name the program", &fault))?;
        let program = program.display();
        say("everything keeps running until you press Ctrl-C; try, in another terminal", "");
        crate::cli::output::line(&format!(
            "  export GARM_PROFILES={}\n  {program} job list\n  {program} runner list\n  {program} pool list\n  {program} scaleset list\n  {program} repo show {OWNER}/{REPOSITORY}\n  \
             {program} pool update POOL_ID --min-idle-runners 1    # a runner appears\n  tail -f {}/server.log",
            self.profiles().display(),
            self.directory.display()
        ))?;
        tokio::signal::ctrl_c().await.map_err(|fault| Error::from_fault("cannot wait for Ctrl-C", &fault))
    }

    /// Stops everything and removes all that the demo made. The directory stays when something went wrong.
    pub(super) async fn tear_down(&mut self, succeeded: bool) -> Result<(), Error> {
        if let Some(mut server) = self.server.take() {
            let pid = server.id().and_then(|id| i32::try_from(id).ok());
            if let Some(pid) = pid {
                nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGTERM)
                    .map_err(|fault| Error::from_fault("cannot stop the server", &fault))?;
            }
            if tokio::time::timeout(START_PATIENCE, server.wait()).await.is_err() {
                server.kill().await.map_err(|fault| Error::from_fault("cannot kill the server", &fault))?;
            }
        }
        self.remove_machines().await?;
        if let Some(forge_server) = self.forge_server.take() {
            forge_server.stop().await;
        }
        let left = self.leftovers()?;
        if let Some(guard) = self.guard.take() {
            if succeeded && left.is_empty() {
                guard.close().map_err(|fault| Error::from_fault("cannot remove the demo's directory", &fault))?;
            } else {
                self.directory = guard.keep();
            }
        }
        if left.is_empty() { Ok(()) } else { Err(Error::new(format!("this is left: {}", left.join(", ")))) }
    }

    /// After an interruption machines may still run: the provider removes them.
    async fn remove_machines(&self) -> Result<(), Error> {
        let mut settings = ExternalSettings::new(ProviderName::from("local"), self.directory.join("garm-provider-local"));
        settings.config_file = Some(self.directory.join("provider.conf"));
        let provider = External::new(settings, Clock::System);
        for controller in fs::read_dir(self.machines()).map_err(|fault| Error::from_fault("cannot look for machines", &fault))?.flatten() {
            let Ok(id) = controller.file_name().to_string_lossy().parse() else { continue };
            let context = PoolContext { controller_id: id, pool_id: String::new(), extra_specs: None };
            provider.remove_all(&context).await.map_err(|fault| Error::new(fault.fault()))?;
        }
        Ok(())
    }
}

/// A free port. Another process could take it before the server does; the server then reports that.
fn free_port() -> std::io::Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
