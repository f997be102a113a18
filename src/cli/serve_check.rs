//! `garm serve --check`: whether a start would go well, without starting anything or changing a byte.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use nix::unistd::{AccessFlags, access};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::Error;
use super::output::line;
use crate::clock::Clock;
use crate::config::{Config, Loaded, Origin, TlsConfig};
use crate::control::ProviderFacts;
use crate::crypto::seal::Sealer;
use crate::http::Tls;
use crate::model::{ControllerId, describe};
use crate::store::{Database, Error as StoreError, Outlook, Passphrases, Store};
use crate::time::Timestamp;

/// A certificate that ends within this time is warned about.
const ENDS_SOON: Duration = Duration::from_hours(14 * 24);

/// The checks so far. Each is a line.
#[derive(Debug, Default)]
struct Report {
    failed: usize,
}

impl Report {
    fn ok(part: &str, text: &str) -> Result<(), Error> {
        line(&format!("ok    {part}: {text}"))
    }

    fn warn(part: &str, text: &str) -> Result<(), Error> {
        line(&format!("warn  {part}: {text}"))
    }

    fn fail(&mut self, part: &str, text: &str) -> Result<(), Error> {
        self.failed += 1;
        line(&format!("FAIL  {part}: {text}"))
    }

    fn end(self) -> Result<(), Error> {
        match self.failed {
            0 => Ok(()),
            1 => Err(Error::new("a check failed")),
            failed => Err(Error::new(format!("{failed} checks failed"))),
        }
    }
}

/// Where there is no configuration at all.
pub(super) fn nothing_yet(directory: &Path) -> Result<(), Error> {
    let text = format!("there is no file; the first start makes a database and secrets in {}", directory.display());
    Report::ok("configuration", &text)
}

/// The configuration cannot be read, so that nothing else can be checked.
pub(super) fn unreadable(fault: &crate::config::Error) -> Result<(), Error> {
    let mut report = Report::default();
    report.fail("configuration", &describe(fault))?;
    report.end()
}

/// Checks what a start would use.
pub(super) async fn check(
    loaded: Loaded,
    database: Database,
    sealer: Result<Sealer, Error>,
    providers: Vec<ProviderFacts>,
) -> Result<(), Error> {
    let Loaded { config, warnings, origin } = loaded;
    let mut report = Report::default();
    for warning in &warnings {
        Report::warn("configuration", warning)?;
    }
    Report::ok(
        "configuration",
        &match origin {
            Origin::File(path) => path.display().to_string(),
            Origin::Defaults(directory) => format!("defaults, with database and secrets in {}", directory.display()),
        },
    )?;
    let outlook = check_database(&mut report, database, sealer.as_ref().ok().cloned()).await?;
    check_secrets(&mut report, &config, outlook.as_ref(), sealer.err())?;
    check_listener(&mut report, &config)?;
    if let Some(files) = &config.tls {
        check_certificate(&mut report, files)?;
    }
    check_log(&mut report, &config)?;
    if providers.is_empty() {
        Report::warn("provider", "none is configured, so no machines can be made")?;
    }
    for (facts, settings) in providers.iter().zip(&config.providers) {
        check_provider(&mut report, facts, &settings.executable, settings.config_file.as_deref()).await?;
    }
    report.end()
}

/// Answers the database as the start would find it; `None` when it cannot be looked at.
async fn check_database(report: &mut Report, database: Database, sealer: Option<Sealer>) -> Result<Option<Outlook>, Error> {
    let file = match &database {
        Database::Sqlite { path, .. } => Some(path.clone()),
        _ => None,
    };
    if let Some(path) = &file
        && let Err(fault) = writable(path)
    {
        report.fail("database", &format!("{} cannot be written to: {fault}", path.display()))?;
    }
    match Store::look(database, sealer).await {
        Ok(outlook) => {
            let migrations = outlook.pending.join(", ");
            match (outlook.is_new, outlook.pending.is_empty()) {
                (true, _) => Report::warn("database", "it is empty: the start begins a new installation")?,
                (false, true) => Report::ok("database", "it is of this version")?,
                (false, false) => Report::ok("database", &format!("the start runs these migrations: {migrations}"))?,
            }
            Ok(Some(outlook))
        }
        Err(fault) => {
            report.fail("database", &describe(&fault))?;
            Ok(None)
        }
    }
}

/// Whether this account may write the file, or make it.
fn writable(path: &Path) -> nix::Result<()> {
    let directory = path.parent().unwrap_or_else(|| Path::new("."));
    access(directory, AccessFlags::W_OK | AccessFlags::X_OK)?;
    if path.exists() { access(path, AccessFlags::R_OK | AccessFlags::W_OK) } else { Ok(()) }
}

/// Secrets that can be guessed keep a new installation from beginning, and no other. A database that cannot be looked at is taken for a new one.
fn check_secrets(report: &mut Report, config: &Config, outlook: Option<&Outlook>, passphrase_fault: Option<Error>) -> Result<(), Error> {
    let is_new = outlook.is_none_or(|outlook| outlook.is_new);
    for weak in &config.weak_secrets {
        if is_new { report.fail("secrets", weak)? } else { Report::warn("secrets", weak)? }
    }
    if let Some(fault) = passphrase_fault {
        return report.fail("secrets", &fault.to_string());
    }
    let fitting = match outlook.map(|outlook| &outlook.passphrases) {
        Some(Passphrases::Others) => return report.fail("secrets", &format!("the database: {}", StoreError::Passphrase)),
        Some(Passphrases::Fit(seals)) => Some(seals),
        Some(Passphrases::Untried) | None => None,
    };
    let mut warned = !config.weak_secrets.is_empty();
    if let Some(seals) = fitting {
        for row in &seals.unopenable {
            Report::warn("secrets", &format!("{row} cannot be opened; set it again, or delete its row"))?;
        }
        if seals.with_old_passphrase > 0 {
            let text = format!("{} are still sealed with an old passphrase; run `garm admin rotate-key`", seals.with_old_passphrase);
            Report::warn("secrets", &text)?;
        }
        warned |= !seals.unopenable.is_empty() || seals.with_old_passphrase > 0;
    }
    match fitting {
        _ if warned => Ok(()),
        Some(_) => Report::ok("secrets", "they fit the database, and are hard to guess"),
        None => Report::ok("secrets", "they are hard to guess; whether they fit the database is not known"),
    }
}

fn check_listener(report: &mut Report, config: &Config) -> Result<(), Error> {
    match TcpListener::bind(config.listen) {
        Ok(_) => Report::ok("listener", &format!("{} is free", config.listen)),
        Err(fault) if fault.kind() == std::io::ErrorKind::AddrInUse => {
            Report::warn("listener", &format!("{} is in use; that is right while the server runs", config.listen))
        }
        Err(fault) => report.fail("listener", &format!("cannot listen on {}: {fault}", config.listen)),
    }
}

fn check_certificate(report: &mut Report, files: &TlsConfig) -> Result<(), Error> {
    let shown = files.certificate.display().to_string();
    if let Err(fault) = Tls::open(&files.certificate, &files.key) {
        return report.fail("certificate", &describe(&fault));
    }
    let read = CertificateDer::from_pem_file(&files.certificate).map_err(|fault| fault.to_string());
    let read = read.and_then(|der| Certificate::from_der(&der).map_err(|fault| fault.to_string()));
    let validity = match read {
        Ok(certificate) => certificate.tbs_certificate.validity,
        Err(fault) => return report.fail("certificate", &format!("{shown}: {fault}")),
    };
    let at = |time: x509_cert::time::Time| Timestamp::EPOCH.after(time.to_unix_duration());
    let (from, until, now) = (at(validity.not_before), at(validity.not_after), Clock::System.now());
    if now < from {
        report.fail("certificate", &format!("{shown} is good from {} on only", from.to_table_string()))
    } else if now >= until {
        report.fail("certificate", &format!("{shown} has been over since {}", until.to_table_string()))
    } else if now.after(ENDS_SOON) >= until {
        Report::warn("certificate", &format!("{shown} is over soon, at {}", until.to_table_string()))
    } else {
        Report::ok("certificate", &format!("it fits its key and is good until {}", until.to_table_string()))
    }
}

fn check_log(report: &mut Report, config: &Config) -> Result<(), Error> {
    let Some(path) = &config.log.file else { return Ok(()) };
    // The start makes directories that are missing.
    let there = path.ancestors().skip(1).find(|directory| directory.exists()).unwrap_or_else(|| Path::new("."));
    let may = if path.exists() { access(path, AccessFlags::W_OK) } else { access(there, AccessFlags::W_OK | AccessFlags::X_OK) };
    match may {
        Ok(()) => Report::ok("log", &path.display().to_string()),
        Err(fault) => report.fail("log", &format!("{} cannot be written to: {fault}", path.display())),
    }
}

/// A provider is asked for its version, which makes and changes nothing.
async fn check_provider(report: &mut Report, facts: &ProviderFacts, executable: &Path, config_file: Option<&Path>) -> Result<(), Error> {
    let part = format!("provider {}", facts.name.as_str());
    if !executable.is_file() {
        return report.fail(&part, &format!("{} is not a file", executable.display()));
    }
    if let Err(fault) = access(executable, AccessFlags::X_OK) {
        return report.fail(&part, &format!("{} cannot be run: {fault}", executable.display()));
    }
    if let Some(file) = config_file
        && let Err(fault) = access(file, AccessFlags::R_OK)
    {
        return report.fail(&part, &format!("{} cannot be read: {fault}", file.display()));
    }
    let about = facts.provider.describe(ControllerId(uuid::Uuid::nil())).await;
    let (spoken, version) = (about.own.interface_versions, about.own.version.unwrap_or_else(|| "of an unknown version".to_owned()));
    let wanted = about.interface_version.to_string();
    if spoken.is_empty() || spoken.contains(&wanted) {
        Report::ok(&part, &format!("{}, {version}, called with interface {wanted}", executable.display()))
    } else {
        let text =
            format!("it is called with interface {wanted}, and speaks {} only: set provider.external.interface_version", spoken.join(", "));
        report.fail(&part, &text)
    }
}
