//! Calls the provider as the server does, and records every response.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use garm_provider_protocol::{InterfaceVersion, env};
use tokio::time::{Instant, timeout};

use super::conduct::{Conduct, Traits};
use super::leftovers;
use super::request::Request;
use super::response::{End, Response, excerpt};
use super::settings::Settings;
use crate::model::{SecretString, expose};
use crate::provider::Secrets;
use crate::provider::exec::{self, Ending, Finished, Invocation, Limits};

/// A call that was made, before it is judged.
struct Performed {
    result: io::Result<Finished>,
    took: Duration,
    left: usize,
}

/// Calls one provider.
pub(super) struct Probe {
    executable: PathBuf,
    config_file: Option<PathBuf>,
    /// The variables of the environment that are passed on.
    pub(super) environment: Vec<(String, String)>,
    pub(super) time_limit: Duration,
    /// The version that is checked.
    pub(super) version: InterfaceVersion,
    extra_specs: String,
    token: SecretString,
    hung: BTreeSet<String>,
    /// The verdicts of all calls.
    pub(super) conduct: Conduct,
    /// Told of every call.
    pub(super) progress: Box<dyn FnMut(&str) + Send + Sync>,
}

impl Probe {
    pub(super) fn new(settings: &Settings, extra_specs: String, token: SecretString) -> Self {
        Self {
            executable: settings.executable.clone(),
            config_file: settings.config_file.clone(),
            environment: settings.environment.clone(),
            time_limit: settings.time_limit,
            version: settings.versions.first().copied().unwrap_or_default(),
            extra_specs,
            token,
            hung: BTreeSet::new(),
            conduct: Conduct::default(),
            progress: Box::new(|_| {}),
        }
    }

    /// Makes a call, unless that command has hung before. A hanging command is reported once and costs its time limit once.
    pub(super) async fn send(&mut self, request: Request) -> Response {
        if self.hung.contains(request.command.as_ref()) {
            return self.response(&request, End::NotAsked, Duration::ZERO, None);
        }
        self.send_always(request).await
    }

    /// Makes a call, even if that command has hung before.
    pub(super) async fn send_always(&mut self, request: Request) -> Response {
        (self.progress)(if request.command.is_empty() { "no command" } else { &request.command });
        let performed = self.perform(&request).await;
        self.keep(&request, performed)
    }

    /// Makes two calls at the same time.
    pub(super) async fn send_both(&mut self, [first, second]: [Request; 2]) -> [Response; 2] {
        (self.progress)(&format!("{}, twice at once", first.command));
        let (one, two) = tokio::join!(self.perform(&first), self.perform(&second));
        [self.keep(&first, one), self.keep(&second, two)]
    }

    async fn perform(&self, request: &Request) -> Performed {
        let environment = self.variables(request);
        let mut limits = Limits::default();
        limits.stderr += self.secrets(request).longest();
        let started = Instant::now();
        let result = exec::run(self.invocation(request, &environment, limits)).await;
        let took = started.elapsed();
        let left = match &result {
            Ok(Finished { ending: Ending::Exited(_), group, .. }) => leftovers::processes_of(*group).await,
            _ => 0,
        };
        Performed { result, took, left }
    }

    fn invocation<'a>(&'a self, request: &'a Request, environment: &'a [(OsString, OsString)], limits: Limits) -> Invocation<'a> {
        let stdin = request.stdin.as_deref().unwrap_or_default();
        Invocation { executable: &self.executable, environment, stdin, time_limit: self.time_limit, limits }
    }

    /// Writes down what holds of every call.
    fn keep(&mut self, request: &Request, performed: Performed) -> Response {
        let Performed { result, took, left } = performed;
        let finished = match result {
            Ok(finished) => finished,
            Err(fault) => return self.response(request, End::NotStarted(fault.to_string()), took, None),
        };
        let end = match finished.ending {
            Ending::Exited(status) => status.code().map_or_else(|| End::Signal(status.signal().unwrap_or_default()), End::Exited),
            Ending::TimedOut => End::TimedOut,
            Ending::TooMuchOutput => End::Flooded,
        };
        if end == End::TimedOut {
            self.hung.insert(request.command.clone().into_owned());
        }
        let secrets = self.secrets(request);
        let reveals = |printed: &[u8]| secrets.redact(printed, 0) != String::from_utf8_lossy(printed);
        let revealed = reveals(&finished.stdout) || reveals(&finished.stderr.to_vec());
        let (held_open, stderr_cut) = (finished.held_open, finished.stderr.is_cut());
        let response = self.response(request, end, took, Some((finished, &secrets)));
        self.conduct.note_call(&response, &Traits { held_open, left, stderr_cut, revealed, limit: self.time_limit });
        response
    }

    /// Begins a call and kills it, with all it has started, after `moment`: a run that is dropped kills its process group.
    pub(super) async fn interrupt(&mut self, request: Request, moment: Duration) {
        (self.progress)(&format!("{}, cut off", request.command));
        let environment = self.variables(&request);
        drop(timeout(moment, exec::run(self.invocation(&request, &environment, Limits::default()))).await);
    }

    /// The environment of a call: what the server sends, what is passed on, and nothing else.
    fn variables(&self, request: &Request) -> Vec<(OsString, OsString)> {
        let mut variables: Vec<(OsString, OsString)> = Vec::new();
        if !request.command.is_empty() {
            variables.push((env::COMMAND.into(), request.command.as_ref().into()));
        }
        variables.push((env::CONTROLLER_ID.into(), request.scope.controller.as_str().into()));
        variables.push((env::PROVIDER_CONFIG_FILE.into(), self.config_file.clone().unwrap_or_default().into_os_string()));
        variables.push((env::POOL_ID.into(), request.scope.pool.as_str().into()));
        if let Some(instance) = &request.instance {
            variables.push((env::INSTANCE_ID.into(), instance.into()));
        }
        let specs = request.extra_specs.as_ref().unwrap_or(&self.extra_specs);
        variables.push((env::POOL_EXTRASPECS.into(), STANDARD.encode(specs).into()));
        variables.extend(self.environment.iter().map(|(name, value)| (name.into(), value.into())));
        variables.push((env::INTERFACE_VERSION.into(), request.version.unwrap_or(self.version).as_str().into()));
        variables
    }

    /// The secrets: the token, and the variable that holds it in a second coat of base64.
    fn secrets(&self, request: &Request) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.add(expose(&self.token));
        if let Some(specs) = &request.extra_specs {
            secrets.add(&STANDARD.encode(specs));
        }
        secrets
    }

    /// The call as a shell command that can be tried. Values of variables that were passed on, and the document, stay out.
    fn as_command(&self, request: &Request) -> String {
        let mut words = vec!["env -i".to_owned()];
        for (name, value) in self.variables(request) {
            let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
            if self.environment.iter().any(|(passed, _)| *passed == name) {
                words.push(format!("{name}=\"${name}\""));
            } else if name != env::POOL_EXTRASPECS || request.extra_specs.is_none() {
                words.push(format!("{name}={}", quoted(&value)));
            }
        }
        words.push(quoted(&self.executable.to_string_lossy()).into_owned());
        words.push(match request.stdin.as_deref() {
            None | Some([]) => "</dev/null".to_owned(),
            Some(_) => "<document.json".to_owned(),
        });
        words.join(" ")
    }

    fn response(&self, request: &Request, end: End, took: Duration, printed: Option<(Finished, &Secrets)>) -> Response {
        let (stdout, shown_stdout, shown_stderr) = match printed {
            Some((finished, secrets)) => {
                let margin = if finished.stderr.is_cut() { secrets.longest() } else { 0 };
                let shown = (excerpt(&secrets.redact(&finished.stdout, 0)), excerpt(&secrets.redact(&finished.stderr.to_vec(), margin)));
                (finished.stdout, shown.0, shown.1)
            }
            None => Default::default(),
        };
        let command = if request.command.is_empty() { "a call without a command".to_owned() } else { request.command.clone().into_owned() };
        Response { command, end, stdout, took, call: self.as_command(request), shown_stdout, shown_stderr }
    }
}

/// A word for a shell. A provider may have printed NUL in an id: the word is shown all the same.
fn quoted(word: &str) -> Cow<'_, str> {
    shlex::Quoter::new().allow_nul(true).quote(word).expect("NUL is allowed, and nothing else is refused")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted("/opt/garm-provider_1.sh"), "/opt/garm-provider_1.sh");
        assert_eq!(quoted("it's"), "\"it's\"");
        assert_eq!(quoted(""), "''");
    }
}
