//! A configuration when there is no file: everything under the user's data directory, secrets made on the first start.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::check::{Config, DEFAULT_IDLE_TIME, DatabaseConfig, LogConfig, LogFormat, MetricsConfig};
use super::limits::LimitsConfig;
use super::{Error, file};
use crate::model::{SecretString, expose};

/// Where the server listens unless set otherwise: on this machine only.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9997);

#[derive(Deserialize)]
struct Secrets {
    jwt_auth: file::JwtAuth,
    database: file::Database,
}

/// The directory, which the first start makes.
pub(super) fn directory() -> Result<PathBuf, Error> {
    let base = directories::BaseDirs::new().ok_or(Error::NoHome)?;
    Ok(base.data_local_dir().join("garm"))
}

/// The file of the secrets in the directory.
pub(super) fn secrets(dir: &Path) -> PathBuf {
    dir.join("secrets.toml")
}

/// The configuration below a directory, which is made when it does not exist. `secret` makes random texts of a length.
pub(super) fn config(dir: &Path, secret: impl Fn(usize) -> SecretString) -> Result<Config, Error> {
    let path = secrets(dir);
    if !path.exists() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|source| Error::Defaults { path: dir.to_owned(), source })?;
        make_secrets(&path, &secret(64), &secret(32)).map_err(|source| Error::Defaults { path: path.clone(), source })?;
    }
    let text = fs::read_to_string(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
    let syntax = |text: String| Error::Syntax { path: path.clone(), text };
    let read: Secrets = toml::from_str(&text).map_err(|fault| syntax(fault.message().to_owned()))?;
    let missing = |key: &str| Error::Value {
        path: path.clone(),
        key: key.into(),
        value: "(missing)".into(),
        allowed: "is required; restore the file from a backup".into(),
    };
    Ok(Config {
        listen: LISTEN,
        tls: None,
        database: DatabaseConfig::Sqlite { path: dir.join("garm.db"), busy_timeout: Duration::from_secs(5) },
        passphrase: read.database.passphrase.ok_or_else(|| missing("database.passphrase"))?,
        old_passphrases: read.database.old_passphrases,
        jwt_secret: read.jwt_auth.secret.ok_or_else(|| missing("jwt_auth.secret"))?,
        weak_secrets: Vec::new(),
        login_lasts: Duration::from_hours(24 * 30),
        idle_time_min: DEFAULT_IDLE_TIME,
        limits: LimitsConfig::default(),
        log: LogConfig { level: "info".into(), format: LogFormat::Text, file: None, source: false, followed: true },
        proxy: Vec::new(),
        metrics: MetricsConfig::Off,
        manages_webhooks: false,
        redelivers: true,
        lists_jobs: true,
        cors_origins: Vec::new(),
        providers: Vec::new(),
    })
}

/// Written beside its place and renamed, so that a half-written file is never read: these secrets cannot be made again.
fn make_secrets(path: &Path, jwt: &SecretString, passphrase: &SecretString) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    writeln!(file, "# Made on the first start. Whoever has this file can read the secrets in the database; without it nobody can.")?;
    writeln!(file, "[jwt_auth]\nsecret = \"{}\"\n\n[database]\npassphrase = \"{}\"", expose(jwt), expose(passphrase))?;
    file.sync_all()?;
    fs::rename(beside, path)
}
