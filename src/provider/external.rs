//! A provider that is an executable: how a command becomes a process and its output an answer.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use garm_provider_protocol::{BootstrapInstance, Command, InterfaceVersion, InvalidInstance, ProviderInstance, env, exit_code};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::sync::Mutex;

use super::calls::Calls;
use super::exec::{self, Ending, Finished, Invocation, Limits};
use super::redact::Secrets;
use super::{Error, PoolContext, ProcessOutput, SelfDescription};
use crate::clock::Clock;
use crate::model::{ControllerId, ProviderName, describe, expose, first_line};
use crate::telemetry::Metrics;

/// How long a command may take when the configuration says nothing, other than `CreateInstance` and `DeleteInstance`: a slow cloud answers a long list
/// well within this.
pub const DEFAULT_TIME_LIMIT: Duration = Duration::from_mins(5);

/// How long `DeleteInstance` may take when the configuration says nothing. Many providers wait until the machine is gone, and a bare machine is wiped
/// first. A deletion that is cut off only begins anew. The limit is there for a provider that hangs: it must not keep its place for good.
const DELETE_TIME_LIMIT: Duration = Duration::from_hours(1);

/// How many processes of one provider run at once when the configuration says nothing.
pub const DEFAULT_PARALLEL: usize = 64;

/// How many addresses of a machine are taken, the first ones. They are for people alone, and an answer has room for thousands.
const ADDRESSES_MAX: usize = 64;

/// How much of standard output is shown when a command failed, in bytes from the end.
const SHOWN_STDOUT: usize = 4 << 10;

/// How much of a machine's fault is looked at, in bytes: more than is kept of it.
const FAULT_READ: usize = 16 << 10;

/// Linux's limit for one environment variable, name, `=` and the closing zero included, in bytes.
pub(super) const VARIABLE_LIMIT: usize = 128 << 10;

/// How a provider is called.
#[derive(Clone, Debug)]
pub struct ExternalSettings {
    /// The name pools refer to.
    pub name: ProviderName,
    /// Absolute path of the executable.
    pub executable: PathBuf,
    /// The provider's own configuration.
    pub config_file: Option<PathBuf>,
    /// Variables of the server's environment to pass on. Names that begin with `GARM` are left out.
    pub environment: Vec<(String, String)>,
    /// The value of `GARM_INTERFACE_VERSION`. All variables of both versions are sent in any case.
    pub interface_version: InterfaceVersion,
    /// Upper bound of every command; zero = an hour for `DeleteInstance`, the pool's bootstrap timeout for `CreateInstance`, five minutes for the others.
    pub exec_timeout: Duration,
    /// How many processes may run at once. Who calls holds to it.
    pub parallel: usize,
    /// Bounds of grace periods and output.
    pub limits: Limits,
    /// Where its calls are counted.
    pub metrics: Metrics,
}

impl ExternalSettings {
    /// Settings with defaults for everything but name and executable.
    #[must_use]
    pub fn new(name: ProviderName, executable: PathBuf) -> Self {
        Self {
            name,
            executable,
            config_file: None,
            environment: Vec::new(),
            interface_version: InterfaceVersion::default(),
            exec_timeout: Duration::ZERO,
            parallel: DEFAULT_PARALLEL,
            limits: Limits::default(),
            metrics: Metrics::default(),
        }
    }
}

/// A provider that is an executable.
#[derive(Debug)]
pub struct External {
    pub(super) settings: ExternalSettings,
    pub(super) calls: Calls,
    /// What it said of itself, and when the files it was asked with were last changed. Held while it is asked, so that it is asked once at a time.
    pub(super) described: Mutex<Option<(Vec<Option<SystemTime>>, SelfDescription)>>,
}

/// The subject of one command.
pub(super) struct Request<'a> {
    pub(super) command: Command,
    pub(super) controller: ControllerId,
    pub(super) version: InterfaceVersion,
    pub(super) pool: Option<&'a PoolContext>,
    pub(super) instance: Option<&'a str>,
    pub(super) bootstrap: Option<&'a BootstrapInstance>,
    pub(super) time_limit: Option<Duration>,
}

/// A command that ran to its end.
pub(super) struct Answer {
    command: Command,
    status: ExitStatus,
    stdout: Vec<u8>,
    output: ProcessOutput,
    secrets: Secrets,
}

impl External {
    /// A provider with these settings. Nothing is started.
    #[must_use]
    pub fn new(settings: ExternalSettings, clock: Clock) -> Self {
        let calls = Calls::new(settings.name.as_str(), clock, settings.metrics.clone());
        Self { settings, calls, described: Mutex::default() }
    }

    /// Runs one command, reads its answer, and keeps how it went.
    pub(super) async fn ask<T>(&self, request: Request<'_>, read: impl FnOnce(Answer) -> Result<T, Error>) -> Result<T, Error> {
        let running = self.calls.begin(request.command);
        let (result, stderr) = match self.call(request).await {
            Ok(answer) => {
                let stderr = answer.output.stderr.clone();
                (read(answer), stderr)
            }
            Err(fault) => {
                let stderr = fault.output().map(|output| output.stderr.clone()).unwrap_or_default();
                (Err(fault), stderr)
            }
        };
        running.ended(result.as_ref().err().map(|fault| describe(fault)), stderr);
        result
    }

    /// Runs one command.
    pub(super) async fn call(&self, request: Request<'_>) -> Result<Answer, Error> {
        let stdin = match request.bootstrap {
            Some(bootstrap) => serde_json::to_vec(bootstrap).map_err(Error::Bootstrap)?,
            None => Vec::new(),
        };
        let environment = self.environment(&request)?;
        let secrets = secrets_of(&request, &environment);
        let mut limits = self.settings.limits;
        limits.stderr += secrets.longest();
        let command = request.command;
        let time_limit = self.time_limit(command, request.time_limit);

        let invocation = Invocation { executable: &self.settings.executable, environment: &environment, stdin: &stdin, time_limit, limits };
        let finished = exec::run(invocation).await.map_err(|error| self.start_error(error))?;

        let output = output_of(&finished, &secrets);
        match finished.ending {
            Ending::Exited(status) => Ok(Answer { command, status, stdout: finished.stdout, output, secrets }),
            Ending::TimedOut => Err(Error::TimedOut { command, limit: time_limit, output }),
            Ending::TooMuchOutput => Err(Error::TooMuchOutput { command, limit: limits.stdout, output }),
        }
    }

    pub(super) fn time_limit(&self, command: Command, asked: Option<Duration>) -> Duration {
        match (Some(self.settings.exec_timeout).filter(|limit| !limit.is_zero()), asked) {
            (Some(configured), Some(asked)) => configured.min(asked),
            (Some(limit), None) | (None, Some(limit)) => limit,
            (None, None) if command == Command::DeleteInstance => DELETE_TIME_LIMIT,
            (None, None) => DEFAULT_TIME_LIMIT,
        }
    }

    fn start_error(&self, error: io::Error) -> Error {
        let executable = self.settings.executable.clone();
        // A script whose interpreter is missing is reported the same way by the system; then the file itself is there.
        if error.kind() == io::ErrorKind::NotFound && !executable.exists() {
            return Error::Missing { executable };
        }
        Error::Spawn { executable, source: error }
    }

    /// The environment: the command's variables, then those passed on, then the version.
    fn environment(&self, request: &Request<'_>) -> Result<Vec<(OsString, OsString)>, Error> {
        let settings = &self.settings;
        let config_file = settings.config_file.clone().unwrap_or_default();
        let mut variables: Vec<(OsString, OsString)> = vec![
            (env::COMMAND.into(), request.command.as_str().into()),
            (env::CONTROLLER_ID.into(), request.controller.to_string().into()),
            (env::PROVIDER_CONFIG_FILE.into(), config_file.into_os_string()),
        ];
        if let Some(pool) = request.pool {
            variables.push((env::POOL_ID.into(), pool.pool_id.as_str().into()));
            if let Some(encoded) = encoded_extra_specs(request, pool)? {
                variables.push((env::POOL_EXTRASPECS.into(), encoded.into()));
            }
        }
        if let Some(instance) = request.instance {
            variables.push((env::INSTANCE_ID.into(), instance.into()));
        }
        let passed_on = settings.environment.iter().filter(|(name, _)| !name.starts_with("GARM"));
        variables.extend(passed_on.map(|(name, value)| (name.into(), value.into())));
        variables.push((env::INTERFACE_VERSION.into(), request.version.as_str().into()));
        Ok(variables)
    }
}

/// The extra specs as the variable holds them: for `CreateInstance` with what the server added, else the pool's own.
///
/// The older version does not define the variable; specs that do not fit are left out there, they are on standard input where it matters.
fn encoded_extra_specs(request: &Request<'_>, pool: &PoolContext) -> Result<Option<String>, Error> {
    let specs = match request.bootstrap {
        Some(bootstrap) => bootstrap.extra_specs.as_deref(),
        None => pool.extra_specs.as_deref(),
    };
    let encoded = STANDARD.encode(specs.map_or("null", RawValue::get));
    let limit = VARIABLE_LIMIT - env::POOL_EXTRASPECS.len() - 2;
    match request.version {
        _ if encoded.len() <= limit => Ok(Some(encoded)),
        InterfaceVersion::V0_1_0 => Ok(None),
        InterfaceVersion::V0_1_1 => Err(Error::ExtraSpecsTooLarge { size: encoded.len(), limit }),
    }
}

impl Answer {
    /// Whether it said that there is no such machine.
    pub(super) fn says_absent(&self) -> bool {
        self.exited_with(exit_code::NOT_FOUND)
    }

    /// Whether it said that there is a machine of that name already.
    pub(super) fn says_duplicate(&self) -> bool {
        self.exited_with(exit_code::DUPLICATE)
    }

    fn exited_with(&self, code: u8) -> bool {
        self.status.code() == Some(i32::from(code))
    }

    /// The end of standard error, without secrets.
    pub(super) fn stderr(&self) -> String {
        self.output.stderr.clone()
    }

    /// Standard output as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    pub(super) fn successful(self) -> Result<Self, Error> {
        if self.status.success() {
            return Ok(self);
        }
        let status = match (self.status.code(), self.status.signal()) {
            (Some(code), _) => format!("exit status {code}"),
            (None, Some(signal)) => format!("signal {signal}"),
            (None, None) => self.status.to_string(),
        };
        Err(Error::Failed { command: self.command, status, output: self.output })
    }

    /// The machine that it described, without secrets in its words.
    pub(super) fn machine(self) -> Result<ProviderInstance, Error> {
        let answer = self.successful()?;
        answer.checked(answer.decode()?)
    }

    /// The machines that it listed, without secrets in their words.
    pub(super) fn machines(self) -> Result<Vec<ProviderInstance>, Error> {
        let answer = self.successful()?;
        // `null` is how a Go program prints a list that was never filled.
        let machines: Option<Vec<ProviderInstance>> = answer.decode()?;
        machines.unwrap_or_default().into_iter().map(|machine| answer.checked(machine)).collect()
    }

    fn checked(&self, mut machine: ProviderInstance) -> Result<ProviderInstance, Error> {
        let source = match machine.validate() {
            Ok(_) => {
                let told = &machine.provider_fault;
                machine.provider_fault = self.secrets.redact_text(&told[..told.floor_char_boundary(FAULT_READ)]);
                machine.addresses.truncate(ADDRESSES_MAX);
                return Ok(machine);
            }
            Err(InvalidInstance::Status(word)) => InvalidInstance::Status(first_line(&self.secrets.redact_text(&word))),
            Err(fault) => fault,
        };
        Err(Error::Invalid { command: self.command, source })
    }

    /// The JSON it printed. The reason of a failure says where and what kind, and quotes nothing.
    fn decode<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let garbage = |reason: String| Error::Garbage { command: self.command, reason, output: self.output.clone() };
        if self.stdout.trim_ascii().is_empty() {
            return Err(garbage("standard output is empty".to_owned()));
        }
        serde_json::from_slice(&self.stdout).map_err(|error| {
            let kind = match error.classify() {
                serde_json::error::Category::Data => "a value has the wrong type",
                serde_json::error::Category::Eof => "the text ends too early",
                _ => "the text is not JSON, or something follows it",
            };
            garbage(format!("{kind}, line {} column {}", error.line(), error.column()))
        })
    }
}

/// The secrets: the values of the pool's extra specs, and the variable that holds them. A machine that is to be made adds its token and passwords of
/// proxies; the variable holds the token in a second coat of base64. What looks like a token is hidden in any case.
fn secrets_of(request: &Request<'_>, environment: &[(OsString, OsString)]) -> Secrets {
    let mut secrets = Secrets::default();
    let specs = request.pool.and_then(|pool| pool.extra_specs.as_deref());
    if let Some(specs) = specs {
        secrets.add_values(specs.get());
    }
    let has_specs = specs.is_some() || request.bootstrap.is_some_and(|bootstrap| bootstrap.extra_specs.is_some());
    let variable = environment.iter().find(|(name, _)| name == env::POOL_EXTRASPECS);
    if let Some(value) = variable.and_then(|(_, value)| value.to_str()).filter(|_| has_specs) {
        secrets.add(value);
    }
    let Some(bootstrap) = request.bootstrap else { return secrets };
    secrets.add(expose(&bootstrap.instance_token));
    for proxy in [&bootstrap.proxy_config.http_proxy, &bootstrap.proxy_config.https_proxy] {
        let url = url::Url::parse(proxy).ok();
        if let Some(password) = url.as_ref().and_then(url::Url::password) {
            secrets.add(password);
        }
    }
    secrets
}

/// The ends of what was printed, without secrets.
fn output_of(finished: &Finished, secrets: &Secrets) -> ProcessOutput {
    let margin = secrets.longest();
    let shown = finished.stdout.len().saturating_sub(SHOWN_STDOUT + margin);
    let stdout_margin = if shown > 0 { margin } else { 0 };
    let stderr_margin = if finished.stderr.is_cut() { margin } else { 0 };
    ProcessOutput {
        stdout: secrets.redact(&finished.stdout[shown..], stdout_margin),
        stderr: secrets.redact(&finished.stderr.to_vec(), stderr_margin),
    }
}
