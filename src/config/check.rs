//! The file's values, checked and typed.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Error;
use super::file::{External, File, Postgres};
use super::limits::{LimitsConfig, limits};
use crate::crypto::password;
use crate::model::{SecretString, expose, values};
use crate::time::parse_duration;

/// How long a runner must have been idle before it may be surplus, when nothing is said.
pub(super) const DEFAULT_IDLE_TIME: Duration = Duration::from_mins(5);

/// The highest number of calls of one provider that may be allowed at once. Each is a process with pipes, and systems commonly give a
/// server 1024 files.
const PARALLEL_MAX: usize = 256;

/// The settings that the server gets.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Certificate and key, when it speaks TLS itself.
    pub tls: Option<TlsConfig>,
    /// The database.
    pub database: DatabaseConfig,
    /// Seals secrets in the database; 32 bytes.
    pub passphrase: SecretString,
    /// The passphrases that it replaces: what they sealed can still be opened. 32 bytes each.
    pub old_passphrases: Vec<SecretString>,
    /// Signs tokens.
    pub jwt_secret: SecretString,
    /// Which of the two secrets is too easy to guess, and why: a new installation must not begin with it.
    pub weak_secrets: Vec<String>,
    /// How long a login lasts; a day at least.
    pub login_lasts: Duration,
    /// How long a runner must have been idle before it may be surplus.
    pub idle_time_min: Duration,
    /// How much of the server its clients may take.
    pub limits: LimitsConfig,
    /// Level, format and place of the log.
    pub log: LogConfig,
    /// Who may read the figures for Prometheus.
    pub metrics: MetricsConfig,
    /// Whether webhooks may be installed and removed at forges.
    pub manages_webhooks: bool,
    /// Whether forges are asked to make deliveries again that did not come in.
    pub redelivers: bool,
    /// Whether the forge is asked for lists of jobs, for those that no delivery told of.
    pub lists_jobs: bool,
    /// Origins of web pages that may call the API, beside our own; `*` = any.
    pub cors_origins: Vec<String>,
    /// Proxies for what the server itself calls, as `name=value` of the environment.
    pub proxy: Vec<(&'static str, String)>,
    /// The providers.
    pub providers: Vec<ProviderConfig>,
}

/// The files with which the server proves who it is.
#[derive(Clone, Debug)]
pub struct TlsConfig {
    /// PEM file of the certificate chain.
    pub certificate: PathBuf,
    /// PEM file of the key.
    pub key: PathBuf,
}

/// The database.
#[derive(Clone, Debug)]
pub enum DatabaseConfig {
    /// A file on this machine.
    Sqlite {
        /// The file.
        path: PathBuf,
        /// How long to wait for another process that has it locked.
        busy_timeout: Duration,
    },
    /// A PostgreSQL server.
    Postgres(PostgresConfig),
}

/// A PostgreSQL server.
#[derive(Clone, Debug)]
pub struct PostgresConfig {
    /// Host.
    pub host: String,
    /// Port.
    pub port: u16,
    /// User.
    pub user: String,
    /// Password.
    pub password: SecretString,
    /// Database.
    pub database: String,
    /// Encryption.
    pub ssl: SslWord,
    /// Connections held at most.
    pub max_connections: u32,
}

/// How a connection to PostgreSQL is encrypted, in libpq's words; `allow` is read as `prefer`, `verify-ca` as `verify-full`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SslWord {
    /// `disable`
    Disable,
    /// `allow`, `prefer`
    Prefer,
    /// `require`
    Require,
    /// `verify-ca`, `verify-full`
    Verify,
}

/// Level, format and place of the log.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// `debug`, `info`, `warn` or `error`.
    pub level: String,
    /// How lines look.
    pub format: LogFormat,
    /// The file; `None` = standard output.
    pub file: Option<PathBuf>,
    /// Whether the place in the source is shown.
    pub source: bool,
    /// Whether the log can be followed through the API.
    pub followed: bool,
}

/// Who may read the figures for Prometheus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsConfig {
    /// No kind: they are not served.
    Off,
    /// Who has a token made for that.
    Token,
    /// Anybody.
    Anybody,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// A provider.
#[derive(Clone, Debug)]
pub struct ProviderConfig {
    /// Its name.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Whether runners get just-in-time configurations.
    pub jit: bool,
    /// The executable.
    pub executable: PathBuf,
    /// Its own configuration file.
    pub config_file: Option<PathBuf>,
    /// `v0.1.0` or `v0.1.1`.
    pub interface_version: String,
    /// Prefixes of the names of variables it is given.
    pub environment_variables: Vec<String>,
    /// How long one call may take; `None` = the default.
    pub exec_timeout: Option<Duration>,
    /// How many calls may run at once; `None` = the default.
    pub parallel: Option<usize>,
}

/// Tells where a wrong value is.
pub(super) struct Checker<'a> {
    path: &'a Path,
    pub(super) warnings: Vec<String>,
    weak_secrets: Vec<String>,
}

impl<'a> Checker<'a> {
    pub(super) fn new(path: &'a Path, warnings: Vec<String>) -> Self {
        Self { path, warnings, weak_secrets: Vec::new() }
    }
}

impl Checker<'_> {
    fn wrong(&self, key: &str, value: impl fmt::Display, allowed: &str) -> Error {
        Error::Value { path: self.path.to_owned(), key: key.to_owned(), value: value.to_string(), allowed: allowed.to_string() }
    }

    fn warn(&mut self, text: impl Into<String>) {
        self.warnings.push(text.into());
    }

    /// The typed configuration. The order is upstream's: the first mistake is told.
    pub(super) fn config(&mut self, file: File) -> Result<Config, Error> {
        let listen = self.listen(&file)?;
        let tls = self.tls(&file)?;
        let (database, passphrase) = self.database(&file)?;
        let old_passphrases = self.old_passphrases(&file)?;
        self.default_section(&file);
        let (jwt_secret, login_lasts) = self.jwt(&file)?;
        let idle_time_min = self.idle_time_min(&file)?;
        let limits = limits(&file.limits).map_err(|wrong| self.wrong(&format!("limits.{}", wrong.key), wrong.value, &wrong.allowed))?;
        let log = self.log(&file)?;
        let metrics = self.metrics(&file)?;
        let manages_webhooks = file.default.enable_webhook_management;
        let redelivers = file.default.enable_webhook_redelivery.unwrap_or(true);
        let lists_jobs = file.default.enable_job_listing.unwrap_or(true);
        let proxy = self.proxy(&file)?;
        let mut providers: Vec<ProviderConfig> = Vec::new();
        for provider in file.provider {
            let key = format!("provider.{}", provider.name);
            if provider.name.is_empty() {
                return Err(self.wrong("provider.name", "\"\"", "every provider needs a name"));
            }
            if providers.iter().any(|known| known.name == provider.name) {
                return Err(self.wrong("provider.name", quoted(&provider.name), "names must be unique"));
            }
            match provider.provider_type.as_str() {
                "external" => {}
                "lxd" => {
                    return Err(self.wrong(
                        &format!("{key}.provider_type"),
                        "\"lxd\"",
                        "use the external LXD or Incus provider: \"external\" is the only type",
                    ));
                }
                other => return Err(self.wrong(&format!("{key}.provider_type"), quoted(other), "must be \"external\"")),
            }
            providers.push(self.external(&key, provider.name, provider.description, !provider.disable_jit_config, &provider.external)?);
        }
        if !file.github.is_empty() {
            self.warn("[[github]] is not read any more: add the credentials with `garm github credentials add`");
        }
        Ok(Config {
            listen,
            tls,
            database,
            passphrase,
            old_passphrases,
            jwt_secret,
            weak_secrets: std::mem::take(&mut self.weak_secrets),
            login_lasts,
            idle_time_min,
            limits,
            log,
            metrics,
            manages_webhooks,
            redelivers,
            lists_jobs,
            cors_origins: file.apiserver.cors_origins.iter().map(|origin| self.origin(origin)).collect(),
            proxy,
            providers,
        })
    }

    fn idle_time_min(&self, file: &File) -> Result<Duration, Error> {
        match file.scheduler.idle_time_min.as_str() {
            "" => Ok(DEFAULT_IDLE_TIME),
            told => parse_duration(told)
                .ok_or_else(|| self.wrong("scheduler.idle_time_min", quoted(told), "must be a duration such as \"5m\" or \"90s\"")),
        }
    }

    /// Scheme, host and port, as browsers send it. One that cannot be read lets nobody in.
    fn origin(&mut self, told: &str) -> String {
        match (values::trim(told), values::host_url(told)) {
            ("*", _) => "*".to_owned(),
            (_, Ok(origin)) => origin,
            (_, Err(refused)) => {
                self.warn(format!("apiserver.cors_origins: {refused}; it lets nobody in"));
                told.to_owned()
            }
        }
    }

    fn listen(&self, file: &File) -> Result<SocketAddr, Error> {
        let ip: IpAddr = values::trim(&file.apiserver.bind).parse().map_err(|_| {
            self.wrong("apiserver.bind", quoted(&file.apiserver.bind), "must be an IP address, such as \"0.0.0.0\" or \"::\"")
        })?;
        let port = u16::try_from(file.apiserver.port).ok().filter(|port| *port > 0);
        let port = port.ok_or_else(|| self.wrong("apiserver.port", file.apiserver.port, "must be between 1 and 65535"))?;
        Ok(SocketAddr::new(ip, port))
    }

    fn tls(&mut self, file: &File) -> Result<Option<TlsConfig>, Error> {
        if file.apiserver.webui.enable {
            self.warn("apiserver.webui.enable: this version has no web interface yet");
        }
        if !file.apiserver.use_tls {
            return Ok(None);
        }
        let path = |key: &str, text: &str| {
            let path = PathBuf::from(text);
            if path.is_file() {
                Ok(path)
            } else {
                Err(self.wrong(key, quoted(text), "must be a PEM file that exists, because apiserver.use_tls is true"))
            }
        };
        let tls = &file.apiserver.tls;
        Ok(Some(TlsConfig { certificate: path("apiserver.tls.certificate", &tls.certificate)?, key: path("apiserver.tls.key", &tls.key)? }))
    }

    fn database(&mut self, file: &File) -> Result<(DatabaseConfig, SecretString), Error> {
        let section = &file.database;
        let passphrase = section.passphrase.as_ref().and_then(passphrase);
        let passphrase = passphrase.ok_or_else(|| self.wrong("database.passphrase", "(not shown)", PASSPHRASE))?;
        self.check_strength("database.passphrase", &passphrase);
        if section.debug {
            self.warn("database.debug: statements are not logged by this version");
        }
        let database = match section.backend.as_str() {
            "sqlite3" => {
                let path = PathBuf::from(&section.sqlite3.db_file);
                let key = "database.sqlite3.db_file";
                if !path.is_absolute() {
                    return Err(self.wrong(key, quoted(&section.sqlite3.db_file), "must be an absolute path"));
                }
                if !path.parent().is_some_and(Path::is_dir) {
                    return Err(self.wrong(key, quoted(&section.sqlite3.db_file), "its directory must exist"));
                }
                let seconds = u64::try_from(section.sqlite3.busy_timeout_seconds);
                let seconds = seconds.map_err(|_| {
                    self.wrong("database.sqlite3.busy_timeout_seconds", section.sqlite3.busy_timeout_seconds, "must not be negative")
                })?;
                DatabaseConfig::Sqlite { path, busy_timeout: Duration::from_secs(if seconds == 0 { 5 } else { seconds }) }
            }
            "postgresql" => DatabaseConfig::Postgres(self.postgres(&section.postgresql)?),
            "mysql" => {
                return Err(self.wrong("database.backend", "\"mysql\"", "MySQL is not supported; use \"sqlite3\" or \"postgresql\""));
            }
            other => return Err(self.wrong("database.backend", quoted(other), "must be \"sqlite3\" or \"postgresql\"")),
        };
        Ok((database, passphrase))
    }

    fn old_passphrases(&self, file: &File) -> Result<Vec<SecretString>, Error> {
        let told = file.database.old_passphrases.iter();
        let wrong = || self.wrong("database.old_passphrases", "(not shown)", &format!("each {PASSPHRASE}"));
        told.map(|text| passphrase(text).ok_or_else(wrong)).collect()
    }

    fn postgres(&mut self, section: &Postgres) -> Result<PostgresConfig, Error> {
        let needed = |key: &str, text: &str| match text {
            "" => Err(self.wrong(&format!("database.postgresql.{key}"), "\"\"", "is required")),
            text => Ok(text.to_owned()),
        };
        let port = section.port.unwrap_or(5432);
        let config = PostgresConfig {
            user: needed("username", &section.username)?,
            password: section
                .password
                .as_ref()
                .map(values::password)
                .ok_or_else(|| self.wrong("database.postgresql.password", "(missing)", "is required"))?,
            host: needed("hostname", &section.hostname)?,
            database: needed("database", &section.database)?,
            port: u16::try_from(port)
                .ok()
                .filter(|port| *port > 0)
                .ok_or_else(|| self.wrong("database.postgresql.port", port, "must be between 1 and 65535"))?,
            ssl: match section.sslmode.as_str() {
                "disable" => SslWord::Disable,
                "" | "allow" | "prefer" => SslWord::Prefer,
                "require" => SslWord::Require,
                "verify-ca" | "verify-full" => SslWord::Verify,
                other => {
                    let allowed = "must be one of disable, allow, prefer, require, verify-ca, verify-full";
                    return Err(self.wrong("database.postgresql.sslmode", quoted(other), allowed));
                }
            },
            max_connections: match section.max_open_conns.unwrap_or(0) {
                0 => 25,
                count => {
                    u32::try_from(count).map_err(|_| self.wrong("database.postgresql.max_open_conns", count, "must not be negative"))?
                }
            },
        };
        let is_here = config.host == "localhost" || config.host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
        if config.ssl != SslWord::Verify && !is_here && !config.host.starts_with('/') {
            self.warn(format!(
                "database.postgresql.sslmode = {:?}: the certificate of {} is not verified, so another machine can stand in for it and read all \
                 that is sent; use \"verify-full\"",
                section.sslmode, config.host
            ));
        }
        for (key, is_set) in [
            ("max_idle_conns", section.max_idle_conns.is_some()),
            ("conn_max_lifetime_mins", section.conn_max_lifetime_mins.is_some()),
            ("conn_max_idle_time_secs", section.conn_max_idle_time_secs.is_some()),
        ] {
            if is_set {
                self.warn(format!("database.postgresql.{key} has no effect: the pool keeps as many connections as it needs"));
            }
        }
        Ok(config)
    }

    fn default_section(&mut self, file: &File) {
        let section = &file.default;
        for (key, url) in
            [("callback_url", &section.callback_url), ("metadata_url", &section.metadata_url), ("webhook_url", &section.webhook_url)]
        {
            if !url.is_empty() {
                self.warn(format!("default.{key} has no effect: set it with `garm controller update`"));
            }
        }
        if section.debug_server {
            self.warn("default.debug_server has no effect: there is no profiler to serve");
        }
    }

    /// The secret that guards all others must not be guessed. Upstream has the same rule, but another estimate of what can be guessed. So an
    /// installation with such a secret goes on. A new one must not begin.
    fn check_strength(&mut self, key: &str, secret: &SecretString) {
        let weak = if expose(secret).starts_with("CHANGE-ME") {
            "it is still that of the example".to_owned()
        } else if let Err(weak) = password::check_strength(secret) {
            weak.to_string()
        } else {
            if let Some(power) = password::guesses_for_key(secret) {
                self.warn(format!(
                    "{key} = (not shown): IT CAN BE GUESSED, with an estimated 10^{power} guesses, and who has one token or a copy of the database needs \
                     no server to guess. {key} guards every other secret: replace it by a random one (docs/security.md, \"how to rotate each\")"
                ));
            }
            return;
        };
        self.weak_secrets.push(format!("{}: {key} = (not shown): {weak}", self.path.display()));
    }

    /// The address of a proxy, which may have a user name and a password in it. An error shows neither.
    fn proxy_url(&self, key: &str, told: &str) -> Result<String, Error> {
        let url = values::trim(told);
        let is_known =
            |url: url::Url| url.has_host() && matches!(url.scheme(), "http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h");
        let is_good = url.is_empty() || url::Url::parse(url).is_ok_and(is_known);
        if is_good {
            Ok(url.to_owned())
        } else {
            Err(self.wrong(
                key,
                "(not shown)",
                "must be a URL with scheme (http, https, socks5, socks5h) and host, such as \"http://proxy.example.com:3128\"",
            ))
        }
    }

    fn jwt(&mut self, file: &File) -> Result<(SecretString, Duration), Error> {
        let secret = file.jwt_auth.secret.clone().filter(|secret| !expose(secret).is_empty());
        let secret = secret.ok_or_else(|| self.wrong("jwt_auth.secret", "(missing)", "is required; a long random text"))?;
        self.check_strength("jwt_auth.secret", &secret);
        let day = Duration::from_hours(24);
        let told = &file.jwt_auth.time_to_live;
        let lasts = parse_duration(told)
            .ok_or_else(|| self.wrong("jwt_auth.time_to_live", quoted(told), "must be a duration such as \"8760h\" or \"24h30m\""))?;
        if lasts < day {
            self.warn(format!("jwt_auth.time_to_live = {told:?} is less than a day; a day is used"));
        }
        Ok((secret, lasts.max(day)))
    }

    fn log(&mut self, file: &File) -> Result<LogConfig, Error> {
        let section = &file.logging;
        let level = if section.log_level.is_empty() { "info" } else { section.log_level.as_str() };
        if !["debug", "info", "warn", "error"].contains(&level) {
            return Err(self.wrong("logging.log_level", quoted(level), "must be one of debug, info, warn, error"));
        }
        let format = match section.log_format.as_str() {
            "" | "text" => LogFormat::Text,
            "json" => LogFormat::Json,
            other => return Err(self.wrong("logging.log_format", quoted(other), "must be \"text\" or \"json\"")),
        };
        let old = &file.default;
        if !old.log_file.is_empty() {
            self.warn(moved("log_file", !section.log_file.is_empty()));
        }
        if old.enable_log_streamer.is_some() {
            self.warn(moved("enable_log_streamer", section.enable_log_streamer.is_some()));
        }
        let path = if section.log_file.is_empty() { &old.log_file } else { &section.log_file };
        Ok(LogConfig {
            level: level.to_owned(),
            format,
            file: (!path.is_empty()).then(|| PathBuf::from(path)),
            source: section.log_source,
            followed: section.enable_log_streamer.or(old.enable_log_streamer).unwrap_or_default(),
        })
    }

    fn metrics(&self, file: &File) -> Result<MetricsConfig, Error> {
        match &file.metrics.period {
            Some(toml::Value::String(text)) if text.is_empty() || parse_duration(text).is_some() => {}
            Some(other) => return Err(self.wrong("metrics.period", other, "must be a duration such as \"60s\"")),
            None => {}
        }
        Ok(match (file.metrics.enable, file.metrics.disable_auth) {
            (false, _) => MetricsConfig::Off,
            (true, false) => MetricsConfig::Token,
            (true, true) => MetricsConfig::Anybody,
        })
    }

    fn proxy(&self, file: &File) -> Result<Vec<(&'static str, String)>, Error> {
        let section = &file.proxy;
        let pairs = [
            ("http_proxy", self.proxy_url("proxy.http_proxy", &section.http_proxy)?),
            ("https_proxy", self.proxy_url("proxy.https_proxy", &section.https_proxy)?),
            ("no_proxy", values::trim(&section.no_proxy).to_owned()),
        ];
        Ok(pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect())
    }

    fn external(&mut self, key: &str, name: String, description: String, jit: bool, section: &External) -> Result<ProviderConfig, Error> {
        let key = |field: &str| format!("{key}.external.{field}");
        let executable = match (section.provider_executable.as_str(), section.provider_dir.as_str()) {
            ("", "") => return Err(self.wrong(&key("provider_executable"), "\"\"", "is required: the absolute path of the provider")),
            ("", dir) => Path::new(dir).join("garm-external-provider"),
            (executable, _) => PathBuf::from(executable),
        };
        if !executable.is_absolute() {
            return Err(self.wrong(&key("provider_executable"), quoted(&executable.display().to_string()), "must be an absolute path"));
        }
        self.warn_of_file(&key("provider_executable"), &executable, true);
        let config_file = (!section.config_file.is_empty()).then(|| PathBuf::from(&section.config_file));
        if let Some(path) = config_file.as_ref().filter(|path| !path.is_absolute()) {
            return Err(self.wrong(&key("config_file"), quoted(&path.display().to_string()), "must be an absolute path"));
        }
        if let Some(path) = &config_file {
            self.warn_of_file(&key("config_file"), path, false);
        }
        let interface_version = match section.interface_version.as_str() {
            "" => "v0.1.0",
            known @ ("v0.1.0" | "v0.1.1") => known,
            other => return Err(self.wrong(&key("interface_version"), quoted(other), "must be \"v0.1.0\" or \"v0.1.1\"")),
        };
        let seconds = u64::try_from(section.exec_timeout_seconds)
            .map_err(|_| self.wrong(&key("exec_timeout_seconds"), section.exec_timeout_seconds, "must not be negative"))?;
        let parallel = match section.max_parallel_calls {
            None => None,
            Some(count) => match usize::try_from(count) {
                Ok(count @ 1..=PARALLEL_MAX) => Some(count),
                _ => return Err(self.wrong(&key("max_parallel_calls"), count, &format!("must be between 1 and {PARALLEL_MAX}"))),
            },
        };
        Ok(ProviderConfig {
            name,
            description,
            jit,
            executable,
            config_file,
            interface_version: interface_version.to_owned(),
            environment_variables: section.environment_variables.clone(),
            exec_timeout: (seconds > 0).then(|| Duration::from_secs(seconds)),
            parallel,
        })
    }
}

impl Checker<'_> {
    /// Warns of a file that cannot be used as it is. It is no mistake: what belongs to a provider may be installed later, and one provider
    /// that is missing must not keep the server from starting.
    fn warn_of_file(&mut self, key: &str, path: &Path, is_executable: bool) {
        let wrong = match std::fs::metadata(path) {
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => "does not exist".to_owned(),
            Err(fault) => format!("cannot be looked at: {fault}"),
            Ok(found) if !found.is_file() => "is not a file".to_owned(),
            Ok(found) if is_executable && found.permissions().mode() & 0o111 == 0 => "is not executable".to_owned(),
            Ok(_) => return,
        };
        self.warn(format!("{key} = {:?}: {wrong}; the provider cannot be called until this is put right", path.display().to_string()));
    }
}

/// The remark about a key of `[default]` that is one of `[logging]` now.
fn moved(key: &str, is_told_twice: bool) -> String {
    let effect = if is_told_twice { "has no effect beside" } else { "is deprecated; write" };
    format!("default.{key} {effect} logging.{key}")
}

/// The rule for passphrases.
const PASSPHRASE: &str = "must be exactly 32 characters (bytes) long";

/// A passphrase. One that has 32 bytes is used as it stands, because secrets may be sealed with it.
fn passphrase(told: &SecretString) -> Option<SecretString> {
    let has_32_bytes = |text: &SecretString| expose(text).len() == 32;
    let text = if has_32_bytes(told) { told.clone() } else { values::password(told) };
    Some(text).filter(has_32_bytes)
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}
