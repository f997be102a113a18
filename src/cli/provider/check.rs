//! `garm provider check`: checks a provider against the contract.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::value::RawValue;
use tokio::signal::unix::{SignalKind, signal};

use super::report;
use crate::cli::output::{Format, note, spinner};
use crate::cli::serve;
use crate::cli::{Context, Error};
use crate::kit::{Settings, Suite};
use crate::model::visible;
use crate::provider::InterfaceVersion;

const AFTER_HELP: &str = "\
Without --live no machine is created: the checks ask for machines that do not exist, and try creations that must fail.
With --live the checks make and remove machines, under controller ids of their own. Use a project or account without machines \
that matter: a provider that does not tell installations apart may touch others.

Exit status:
  0  no check failed; there may be warnings
  1  a check failed, or the checks were interrupted
  2  wrong usage

docs/providers.md describes the contract and every check.";

/// Checks a provider against the contract.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct CheckArgs {
    /// The provider's executable
    #[arg(value_hint = clap::ValueHint::ExecutablePath)]
    executable: PathBuf,
    /// The provider's own configuration
    #[arg(long, value_name = "FILE", value_parser = existing_file, value_hint = clap::ValueHint::FilePath)]
    config: Option<PathBuf>,
    /// Makes machines, too, and removes them
    #[arg(long)]
    live: bool,
    /// With --live: the provider's word for an image
    #[arg(long, default_value = "default", requires = "live")]
    image: String,
    /// With --live: the provider's word for a size
    #[arg(long, default_value = "default", requires = "live")]
    flavor: String,
    /// With --live: operating system of the machines
    #[arg(long, default_value = "linux", value_parser = ["linux", "windows"], requires = "live")]
    os_type: String,
    /// With --live: architecture of the machines
    #[arg(long, visible_alias = "os-arch", default_value = "amd64", value_parser = ["amd64", "i386", "arm64", "arm"], requires = "live")]
    arch: String,
    /// A pool's settings for the provider, a JSON object
    #[arg(long, value_name = "JSON", value_parser = json_object)]
    extra_specs: Option<Box<RawValue>>,
    /// The version of the contract to check. May be given twice: the first is checked in full, the second where it differs
    /// [default: v0.1.0 and v0.1.1]
    #[arg(long = "interface-version", value_name = "VERSION", value_parser = version)]
    versions: Vec<InterfaceVersion>,
    /// Passes on variables that begin with this prefix, like `environment_variables` in the server's configuration
    #[arg(long, value_name = "PREFIX")]
    env: Vec<String>,
    /// How long a command may take, and a machine until it has the wanted state
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
}

fn existing_file(text: &str) -> Result<PathBuf, String> {
    let path = std::path::absolute(text).map_err(|fault| fault.to_string())?;
    match std::fs::File::open(&path) {
        Ok(_) if path.is_dir() => Err("this is a directory".to_owned()),
        Ok(_) => Ok(path),
        Err(fault) => Err(format!("cannot read it: {fault}")),
    }
}

fn json_object(text: &str) -> Result<Box<RawValue>, String> {
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(text).map_err(|fault| format!("not a JSON object: {fault}"))?;
    drop(object);
    RawValue::from_string(text.to_owned()).map_err(|fault| fault.to_string())
}

fn version(text: &str) -> Result<InterfaceVersion, String> {
    match text {
        "v0.1.0" => Ok(InterfaceVersion::V0_1_0),
        "v0.1.1" => Ok(InterfaceVersion::V0_1_1),
        _ => Err("known are v0.1.0 and v0.1.1".to_owned()),
    }
}

impl CheckArgs {
    fn settings(self) -> Result<Settings, Error> {
        let executable = std::path::absolute(&self.executable)
            .map_err(|fault| Error::from_fault(&format!("cannot find {}", self.executable.display()), &fault))?;
        let defaults = Settings::new(executable);
        Ok(Settings {
            config_file: self.config,
            environment: serve::environment(&self.env, &[]),
            time_limit: Duration::from_secs(self.timeout),
            versions: if self.versions.is_empty() { defaults.versions.clone() } else { self.versions },
            live: self.live,
            image: self.image,
            flavor: self.flavor,
            os_type: self.os_type,
            arch: self.arch,
            extra_specs: self.extra_specs,
            ..defaults
        })
    }

    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let format = context.out.format;
        let bar = spinner("checking");
        let shown = bar.clone();
        let mut suite = Suite::new(self.settings()?).with_progress(move |call| shown.set_message(visible(call).into_owned()));
        let report = tokio::select! {
            report = suite.run() => Some(report),
            () = interrupted() => None,
        };
        let Some(report) = report else {
            bar.set_message("interrupted, removing what was made");
            let left = tokio::select! {
                left = suite.clean_up() => left,
                () = interrupted() => return Err(Error::new("interrupted twice: machines named garm-check-* may be left")),
            };
            bar.finish_and_clear();
            let error = Error::new("interrupted");
            return Err(if left.is_empty() { error } else { error.hint(format!("these machines are left: {}", left.join(", "))) });
        };
        bar.finish_and_clear();
        match format {
            Format::Json => context.out.object(&report, &[])?,
            Format::Table => report::show(&report)?,
        }
        if report.passed {
            return Ok(());
        }
        let failed = report.summary.fail;
        Err(Error::new(format!("{failed} {} failed", if failed == 1 { "check" } else { "checks" })))
    }
}

/// Waits for a signal to end.
async fn interrupted() {
    let (Ok(mut terminate), Ok(mut hang_up)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup())) else {
        note("signals cannot be caught: when interrupted, machines may be left");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
}
