//! `garm serve`: the server, put together.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::Error;
use super::error::EXIT_FAILURE;
use super::serve_check;
use super::service_manager::ServiceManager;
use crate::clock::Clock;
use crate::config::{self, Config, DatabaseConfig, LogConfig, LogFormat, MetricsConfig, Origin, ProviderConfig, SslWord};
use crate::control::{self, ProviderFacts, Services};
use crate::crypto::random;
use crate::crypto::seal::Sealer;
use crate::crypto::token::{TokenKey, first_run_code};
use crate::engine::Policy;
use crate::forge::{self, Clients};
use crate::http::{self, App, Directory, FirstRun, Limits, MetricsAccess, Tls};
use crate::model::{ControllerId, ProviderName, expose};
use crate::provider::{DEFAULT_PARALLEL, External, ExternalSettings, InterfaceVersion};
use crate::proxies::Proxies;
use crate::store::{Database, PostgresSettings, Reseal, SslMode, Store};
use crate::telemetry::{self, Log, LogSettings, Metrics};

/// How long effects under way may take once the server stops. The next start finds those that were cut off.
const GRACE: Duration = Duration::from_secs(20);

/// How long the rest of the log may take to be written once the server has ended.
const LAST_LINES: Duration = Duration::from_secs(2);

/// As [`LAST_LINES`], where somebody wants the end at once.
const AT_ONCE: Duration = Duration::from_millis(200);

/// How to run the server.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Configuration file [default: /etc/garm/config.toml if it exists, otherwise defaults under your data directory]
    #[arg(long, short, env = "GARM_CONFIG")]
    config: Option<PathBuf>,
    /// Only checks whether a start would go well, and changes nothing: configuration, secrets, database, certificate, providers
    #[arg(long)]
    check: bool,
}

impl ServeArgs {
    pub(super) async fn run(self) -> Result<(), Error> {
        if self.check {
            return self.check().await;
        }
        let loaded = config::load(self.config.as_deref(), random::secret)?;
        let config = loaded.config;
        let log = start_log(&config.log)?;
        match &loaded.origin {
            Origin::File(path) => info!(file = %path.display(), "configuration"),
            Origin::Defaults(dir) => {
                info!(directory = %dir.display(), "no configuration file: defaults, with database and secrets in this directory");
            }
        }
        for warning in &loaded.warnings {
            warn!("{warning}");
        }
        if config.providers.is_empty() {
            warn!("no provider is configured, so no machines can be made; add a [[provider]] to the configuration file, see the README");
        }
        let served = serve(config, log.clone()).await;
        // Lines that cannot be written are lost: there is no place to tell.
        let _written = log.finish(LAST_LINES);
        served
    }

    async fn check(&self) -> Result<(), Error> {
        if let origin @ Origin::Defaults(directory) = &config::find(self.config.as_deref())?
            && !origin.exists()
        {
            return serve_check::nothing_yet(directory);
        }
        let loaded = match config::load(self.config.as_deref(), random::secret) {
            Ok(loaded) => loaded,
            Err(fault) => return serve_check::unreadable(&fault),
        };
        let config = &loaded.config;
        let (database, sealer) = (database(&config.database), sealer(config));
        let providers =
            config.providers.iter().map(|provider| external(provider, &config.proxy, Clock::System, &Metrics::default())).collect();
        serve_check::check(loaded, database, sealer, providers).await
    }
}

/// Listens first, so that a port in use is an error before anything is touched. Then opens the database and starts all parts.
async fn serve(config: Config, log: Log) -> Result<(), Error> {
    let is_new = Store::is_new(database(&config.database)).await;
    let is_new = is_new.map_err(|fault| Error::from_fault("cannot look at the database", &fault))?;
    judge_secrets(&config, is_new)?;
    let listener =
        http::listen(config.listen).map_err(|fault| Error::from_fault(&format!("cannot listen on {}", config.listen), &fault))?;
    let limits = limits(&config)?;
    let tls = config
        .tls
        .as_ref()
        .map(|files| Tls::open(&files.certificate, &files.key))
        .transpose()
        .map_err(|fault| Error::from_fault("apiserver.tls", &fault))?;
    if is_new {
        warn!(
            database = %place(&config.database),
            "A NEW, EMPTY DATABASE IS MADE, and with it a new installation. If there should be one already, stop this server now and look at \
             [database] of the configuration: nothing of it will be known here"
        );
    }
    let store = Store::open(database(&config.database), sealer(&config)?, Clock::System, forge::first_endpoints())
        .await
        .map_err(|fault| Error::from_fault("cannot open the database", &fault))?;
    look_at_seals(&store, !config.old_passphrases.is_empty()).await?;
    store
        .ensure_system_templates(control::shipped_templates(None, None))
        .await
        .map_err(|fault| Error::from_fault("cannot store the templates", &fault))?;
    let controller = store.controller().await.map_err(|fault| Error::from_fault("cannot read the settings", &fault))?;

    let metrics = Metrics::default().with(log.dropped());
    let providers = config.providers.iter().map(|provider| external(provider, &config.proxy, store.clock(), &metrics)).collect();
    let token_key = Arc::new(TokenKey::new(&config.jwt_secret));
    let policy = Policy { idle_time_min: config.idle_time_min, ..Policy::default() };
    let forges = Arc::new(Clients::new(store.clock()).with_metrics(metrics.clone()).with_proxies(Proxies::new(&config.proxy)));
    let services = Services::new(store.clone(), forges, providers, token_key, policy).with_metrics(metrics);
    let services = services.with_redelivery(config.redelivers).with_job_listing(config.lists_jobs);
    let directory = Directory::default();
    let feed = store.feed_from(None).await.map_err(|fault| Error::from_fault("cannot follow the database", &fault))?;
    directory.reload(&store).await.map_err(|fault| Error::from_fault("cannot read who signs deliveries", &fault))?;
    let follower = tokio::spawn(directory.clone().follow(store.clone(), feed));
    let vitals = services.vitals.clone();
    let running = control::start(services.clone()).await.map_err(|fault| Error::from_fault("cannot start", &fault))?;
    let watching = tokio::spawn(vitals.clone().watch(store.clone()));
    let forgetting = tokio::spawn(control::forget_jobs(store.clone(), config.limits.finished_jobs_kept));

    let hostname = nix::unistd::gethostname().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let first_run = first_run(&config, &services.store, controller.id).await?;
    let mut app = App::new(services, directory, config.login_lasts, &hostname, controller.id, limits, first_run);
    app.manages_webhooks = config.manages_webhooks;
    app.metrics = match config.metrics {
        MetricsConfig::Off => MetricsAccess::Off,
        MetricsConfig::Token => MetricsAccess::Token,
        MetricsConfig::Anybody => MetricsAccess::Anybody,
    };
    app.log = log.feed.clone();
    let limits = &config.limits;
    app.trusted_proxies = http::TrustedProxies::new(&limits.trusted_proxies, &limits.proxy_header)
        .ok_or_else(|| Error::new(format!("limits.proxy_header = {:?}: there can be no such header", limits.proxy_header)))?;
    app.origins = http::Origins::new(&config.cors_origins);
    let manager = ServiceManager::from_environment();
    renew_on_signal(log.clone(), tls.clone(), manager.clone())?;
    let stop = stop_on_signal(log, manager.clone())?;
    tokio::spawn(manager.clone().feed_watchdog(move || vitals.is_alive()));
    manager.ready();
    info!(address = %config.listen, tls = tls.is_some(), controller.id = %controller.id, "serving");
    tokio::select! {
        served = http::serve(listener, tls.as_ref(), app, stop) => {
            served.map_err(|fault| Error::from_fault("cannot serve", &fault))?;
        }
        lost = store.lost() => {
            error!(error = %lost, "the server ends");
            return Err(Error::from_fault("the server ends", &lost).hint("put the file back from a backup, then start the server again"));
        }
    }
    watching.abort();
    forgetting.abort();
    let drained = running.stop(GRACE).await;
    follower.abort();
    info!(drained, "stopped");
    Ok(())
}

/// A new installation must not begin with a secret that can be guessed. One that exists goes on.
fn judge_secrets(config: &Config, is_new: bool) -> Result<(), Error> {
    if config.weak_secrets.is_empty() {
        return Ok(());
    }
    if is_new {
        return Err(Error::new(config.weak_secrets.join("\n")).hint(
            "a new installation needs secrets of its own: `openssl rand -hex 16` makes a passphrase, `openssl rand -hex 32` a secret",
        ));
    }
    for weak in &config.weak_secrets {
        warn!(
            "{weak}; it is used all the same, because the database is there. jwt_auth.secret can be changed at any time, database.passphrase with `garm admin rotate-key`"
        );
    }
    Ok(())
}

/// Descriptors for the log, signals, files of an SQLite database, and connections to forges.
const DESCRIPTORS: usize = 128;

/// Descriptors of one connection to PostgreSQL: its socket, and those of its own runtime.
const DESCRIPTORS_PER_CONNECTION: usize = 4;

/// Descriptors of one call of a provider: its three pipes and its process.
const DESCRIPTORS_PER_CALL: usize = 4;

/// How much clients may take. Descriptors are kept for what serves them.
fn limits(config: &Config) -> Result<Limits, Error> {
    let told = &config.limits;
    let mut limits = Limits {
        connections: told.connections,
        connections_per_peer: told.connections_per_peer,
        trusted_proxies: told.trusted_proxies.as_slice().into(),
        delivery_bytes: told.delivery_bytes,
        bodies_bytes: told.bodies_bytes,
    };
    let of_database = match &config.database {
        DatabaseConfig::Sqlite { .. } => 0,
        DatabaseConfig::Postgres(postgres) => postgres.max_connections as usize * DESCRIPTORS_PER_CONNECTION + 1,
    };
    let calls: usize = config.providers.iter().map(|provider| provider.parallel.unwrap_or(DEFAULT_PARALLEL)).sum();
    let fitted = limits.fit_to_descriptors(DESCRIPTORS + of_database + calls * DESCRIPTORS_PER_CALL);
    fitted.map_err(|fault| Error::from_fault("cannot raise the limit of open files", &fault))?;
    Ok(limits)
}

/// Opens every sealed value once. Those of older versions get the present form. A row that does not open is told of, and stops nothing.
async fn look_at_seals(store: &Store, has_old_passphrases: bool) -> Result<(), Error> {
    let seals = store.reseal(Reseal::OlderForm, |_| {}).await;
    let seals = seals.map_err(|fault| Error::from_fault("cannot look at the secrets in the database", &fault))?;
    if seals.resealed > 0 {
        info!(values = seals.resealed, "secrets of an older version were sealed anew");
    }
    for row in &seals.unopenable {
        warn!(row = %row, "a secret in the database cannot be opened; set it again, or delete its row");
    }
    match seals.with_old_passphrase {
        0 if has_old_passphrases => info!("no secret is sealed with an old passphrase any more: remove database.old_passphrases"),
        0 => {}
        values => warn!(values, "secrets are still sealed with an old passphrase; run `garm admin rotate-key`"),
    }
    Ok(())
}

/// Who may make the administrator. The log tells as long as there is none.
async fn first_run(config: &Config, store: &Store, installation: ControllerId) -> Result<FirstRun, Error> {
    let failed = |fault| Error::from_fault("cannot read the accounts", &fault);
    let open_until = store.made_at().await.map_err(failed)?.after(config.limits.first_run_window);
    let code = first_run_code(&config.jwt_secret, installation);
    if !store.has_admin().await.map_err(failed)? {
        warn!(
            %open_until,
            code = expose(&code),
            "there is no administrator yet, and the first caller who makes one (`garm init`) has the installation. That is open to every \
             caller until `open_until`, and afterwards on this machine or with `garm init --code`"
        );
    }
    Ok(FirstRun { open_until, code })
}

/// Where the database is.
fn place(config: &DatabaseConfig) -> String {
    match config {
        DatabaseConfig::Sqlite { path, .. } => path.display().to_string(),
        DatabaseConfig::Postgres(postgres) => format!("{} at {}:{}", postgres.database, postgres.host, postgres.port),
    }
}

/// The database of a server that may be running.
pub(super) async fn open_beside(config: &Config) -> Result<Store, Error> {
    let store = Store::open_beside(database(&config.database), sealer(config)?, Clock::System).await;
    store.map_err(|fault| Error::from_fault("cannot open the database", &fault))
}

fn sealer(config: &Config) -> Result<Sealer, Error> {
    Sealer::new(&config.passphrase, &config.old_passphrases).map_err(|fault| Error::from_fault("database.passphrase", &fault))
}

fn start_log(config: &LogConfig) -> Result<Log, Error> {
    let settings = LogSettings {
        level: config.level.clone(),
        format: match config.format {
            LogFormat::Text => telemetry::Format::Text,
            LogFormat::Json => telemetry::Format::Json,
        },
        file: config.file.clone(),
        source: config.source,
        followed: config.followed,
    };
    telemetry::start(&settings).map_err(|fault| match &config.file {
        Some(path) => Error::from_fault(&format!("logging.log_file = {:?}: cannot be written to", path.display().to_string()), &fault),
        None => Error::from_fault("cannot begin to log", &fault),
    })
}

/// Begins the log's file anew on HUP, and reads the certificate again. The signal never ends the server.
fn renew_on_signal(log: Log, tls: Option<Tls>, manager: ServiceManager) -> Result<(), Error> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup()).map_err(|fault| Error::from_fault("cannot listen for signals", &fault))?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            manager.reloading();
            log.rotate();
            match tls.as_ref().map(Tls::reload) {
                None => {}
                Some(Ok(())) => info!(signal = "HUP", "the certificate was read again; new connections get it"),
                Some(Err(fault)) => error!(error = %fault, "the certificate cannot be read again; the old one goes on"),
            }
            manager.ready();
        }
    });
    Ok(())
}

/// Stops the server on TERM or INT. The second signal ends the process at once; the next start finds the effects that were cut off.
fn stop_on_signal(log: Log, manager: ServiceManager) -> Result<CancellationToken, Error> {
    use tokio::signal::unix::{SignalKind, signal};
    let failed = |fault: std::io::Error| Error::from_fault("cannot listen for signals", &fault);
    let (mut term, mut int) = (signal(SignalKind::terminate()).map_err(failed)?, signal(SignalKind::interrupt()).map_err(failed)?);
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = term.recv() => "TERM",
                _ = int.recv() => "INT",
            }
        };
        let name = next().await;
        info!(signal = name, "stopping, because a signal says so; a second one ends the server at once");
        manager.stopping();
        told.cancel();
        let name = next().await;
        warn!(signal = name, "ended at once by a second signal");
        let _written = log.finish(AT_ONCE);
        std::process::exit(i32::from(EXIT_FAILURE));
    });
    Ok(stop)
}

fn database(config: &DatabaseConfig) -> Database {
    match config {
        DatabaseConfig::Sqlite { path, busy_timeout } => Database::Sqlite { path: path.clone(), busy_timeout: *busy_timeout },
        DatabaseConfig::Postgres(postgres) => Database::Postgres(PostgresSettings {
            host: postgres.host.clone(),
            port: postgres.port,
            user: postgres.user.clone(),
            password: Some(postgres.password.clone()),
            database: postgres.database.clone(),
            ssl_mode: match postgres.ssl {
                SslWord::Disable => SslMode::Disable,
                SslWord::Prefer => SslMode::Prefer,
                SslWord::Require => SslMode::Require,
                SslWord::Verify => SslMode::Verify,
            },
            max_connections: postgres.max_connections,
        }),
    }
}

fn external(config: &ProviderConfig, proxy: &[(&'static str, String)], clock: Clock, metrics: &Metrics) -> ProviderFacts {
    let name = ProviderName::from(config.name.as_str());
    let mut settings = ExternalSettings::new(name.clone(), config.executable.clone());
    settings.config_file.clone_from(&config.config_file);
    settings.metrics = metrics.clone();
    settings.environment = environment(&config.environment_variables, proxy);
    settings.interface_version = if config.interface_version == "v0.1.1" { InterfaceVersion::V0_1_1 } else { InterfaceVersion::V0_1_0 };
    if let Some(limit) = config.exec_timeout {
        settings.exec_timeout = limit;
    }
    if let Some(count) = config.parallel {
        settings.parallel = count;
    }
    ProviderFacts::new(name, &config.description, config.jit, Arc::new(External::new(settings, clock)))
}

/// The variables of the server's own environment that a provider is given: those whose name begins with one of the prefixes, and proxies.
/// Variables whose name begins with `GARM` are never passed on.
pub(super) fn environment(prefixes: &[String], proxy: &[(&'static str, String)]) -> Vec<(String, String)> {
    const PROXIES: [&str; 6] = ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];
    let passes = |name: &str| {
        !name.starts_with("GARM") && (prefixes.iter().any(|prefix| name.starts_with(prefix.as_str())) || PROXIES.contains(&name))
    };
    let own = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let mut given: Vec<(String, String)> = own.filter(|(name, _)| passes(name)).collect();
    for (name, value) in proxy {
        given.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        given.push(((*name).to_owned(), value.clone()));
        given.push((name.to_uppercase(), value.clone()));
    }
    given
}
