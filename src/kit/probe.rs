//! Calls the provider as the server does, and keeps what happened.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use garm_provider_protocol::{Command, InterfaceVersion, env};
use tokio::time::{Instant, timeout};

use super::conduct::{Conduct, Traits};
use super::judgement::{Evidence, Judgement};
use super::leftovers;
use crate::model::{SecretString, expose};
use crate::provider::Secrets;
use crate::provider::exec::{self, Ending, Finished, Invocation, Limits};

/// How much of an output is shown, in characters from its end.
const SHOWN: usize = 1500;

/// Whose machines a call is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The installation.
    pub(super) controller: String,
    /// The pool.
    pub(super) pool: String,
}

/// A call to be made.
#[derive(Clone, Debug)]
pub(super) struct Question {
    /// What `GARM_COMMAND` says; empty = the variable is not set.
    pub(super) command: Cow<'static, str>,
    place: Place,
    instance: Option<String>,
    version: Option<InterfaceVersion>,
    extra_specs: Option<String>,
    stdin: Option<Vec<u8>>,
}

impl Question {
    pub(super) fn new(command: Command, place: &Place) -> Self {
        Self::with_word(command.as_str(), place)
    }

    /// For words that are no commands.
    pub(super) fn with_word(command: &'static str, place: &Place) -> Self {
        Self { command: command.into(), place: place.clone(), instance: None, version: None, extra_specs: None, stdin: None }
    }

    /// About one machine, by provider id or name.
    pub(super) fn instance(mut self, instance: &str) -> Self {
        self.instance = Some(instance.to_owned());
        self
    }

    /// In another version than the one that is checked.
    pub(super) fn version(mut self, version: InterfaceVersion) -> Self {
        self.version = Some(version);
        self
    }

    /// With a document on standard input, and the extra specs that go with it.
    pub(super) fn document(mut self, stdin: Vec<u8>, extra_specs: String) -> Self {
        self.stdin = Some(stdin);
        self.extra_specs = Some(extra_specs);
        self
    }
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With a status.
    Exited(i32),
    /// By a signal.
    Signal(i32),
    /// It was ended because it took too long.
    TimedOut,
    /// It was ended because it did not stop printing.
    Flooded,
    /// It could not be started.
    NotStarted(String),
    /// The command had hung before and was not called again.
    NotAsked,
}

/// A call that was made.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) command: String,
    pub(super) end: End,
    pub(super) stdout: Vec<u8>,
    pub(super) took: Duration,
    /// As a person would type it.
    call: String,
    shown_stdout: String,
    shown_stderr: String,
}

impl Seen {
    /// The exit status. Otherwise why a check cannot go on: what is wrong is named by a check of its own.
    pub(super) fn status(&self) -> Result<i32, Judgement> {
        let command = &self.command;
        match &self.end {
            End::Exited(status) => Ok(*status),
            End::Signal(signal) => Err(Judgement::skip(format!("{command} ended by signal {signal}: see no-crash"))),
            End::TimedOut | End::NotAsked => Err(Judgement::skip(format!("{command} does not end: see time-limit"))),
            End::Flooded => Err(Judgement::skip(format!("{command} does not stop printing: see bounded-output"))),
            End::NotStarted(fault) => Err(Judgement::skip(format!("it cannot be started: {fault}"))),
        }
    }

    pub(super) fn succeeded(&self) -> bool {
        self.end == End::Exited(0)
    }

    /// How it ended, for people.
    pub(super) fn ending(&self) -> String {
        match &self.end {
            End::Exited(status) => format!("exit status {status}"),
            End::Signal(signal) => format!("signal {signal}"),
            End::TimedOut => "ended at the time limit".to_owned(),
            End::Flooded => "ended because it did not stop printing".to_owned(),
            End::NotStarted(fault) => format!("not started: {fault}"),
            End::NotAsked => "not called again".to_owned(),
        }
    }

    pub(super) fn said_nothing_on_stderr(&self) -> bool {
        self.shown_stderr.trim().is_empty()
    }

    pub(super) fn evidence(&self) -> Evidence {
        Evidence {
            call: self.call.clone(),
            status: self.ending(),
            milliseconds: u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
            stdout: self.shown_stdout.clone(),
            stderr: self.shown_stderr.clone(),
        }
    }
}

/// A call as it went, before anything is made of it.
struct Performed {
    result: io::Result<Finished>,
    took: Duration,
    left: usize,
}

/// Calls one provider.
pub(super) struct Probe {
    executable: PathBuf,
    config_file: Option<PathBuf>,
    /// What is passed on of the environment.
    pub(super) environment: Vec<(String, String)>,
    pub(super) time_limit: Duration,
    /// The version that is checked.
    pub(super) version: InterfaceVersion,
    extra_specs: String,
    token: SecretString,
    hung: BTreeSet<String>,
    /// What all calls have shown.
    pub(super) conduct: Conduct,
    /// Told of every call.
    pub(super) progress: Box<dyn FnMut(&str) + Send + Sync>,
}

impl Probe {
    pub(super) fn new(settings: &super::Settings, extra_specs: String, token: SecretString) -> Self {
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

    /// Makes a call, unless that command has hung before: one that hangs is told of once, and not waited for again and again.
    pub(super) async fn ask(&mut self, question: Question) -> Seen {
        if self.hung.contains(question.command.as_ref()) {
            return self.seen(&question, End::NotAsked, Duration::ZERO, None);
        }
        self.ask_anyhow(question).await
    }

    /// Makes a call, whatever happened before.
    pub(super) async fn ask_anyhow(&mut self, question: Question) -> Seen {
        (self.progress)(if question.command.is_empty() { "no command" } else { &question.command });
        let performed = self.perform(&question).await;
        self.keep(&question, performed)
    }

    /// Makes two calls at the same time.
    pub(super) async fn ask_both(&mut self, [first, second]: [Question; 2]) -> [Seen; 2] {
        (self.progress)(&format!("{}, twice at once", first.command));
        let (one, two) = tokio::join!(self.perform(&first), self.perform(&second));
        [self.keep(&first, one), self.keep(&second, two)]
    }

    async fn perform(&self, question: &Question) -> Performed {
        let environment = self.variables(question);
        let mut limits = Limits::default();
        limits.stderr += self.secrets(question).longest();
        let started = Instant::now();
        let result = exec::run(self.invocation(question, &environment, limits)).await;
        let took = started.elapsed();
        let left = match &result {
            Ok(Finished { ending: Ending::Exited(_), group, .. }) => leftovers::processes_of(*group).await,
            _ => 0,
        };
        Performed { result, took, left }
    }

    fn invocation<'a>(&'a self, question: &'a Question, environment: &'a [(OsString, OsString)], limits: Limits) -> Invocation<'a> {
        let stdin = question.stdin.as_deref().unwrap_or_default();
        Invocation { executable: &self.executable, environment, stdin, time_limit: self.time_limit, limits }
    }

    /// Writes down what holds of every call.
    fn keep(&mut self, question: &Question, performed: Performed) -> Seen {
        let Performed { result, took, left } = performed;
        let finished = match result {
            Ok(finished) => finished,
            Err(fault) => return self.seen(question, End::NotStarted(fault.to_string()), took, None),
        };
        let end = match finished.ending {
            Ending::Exited(status) => status.code().map_or_else(|| End::Signal(status.signal().unwrap_or_default()), End::Exited),
            Ending::TimedOut => End::TimedOut,
            Ending::TooMuchOutput => End::Flooded,
        };
        if end == End::TimedOut {
            self.hung.insert(question.command.clone().into_owned());
        }
        let secrets = self.secrets(question);
        let reveals = |printed: &[u8]| secrets.redact(printed, 0) != String::from_utf8_lossy(printed);
        let revealed = reveals(&finished.stdout) || reveals(&finished.stderr.to_vec());
        let (held_open, stderr_cut) = (finished.held_open, finished.stderr.is_cut());
        let seen = self.seen(question, end, took, Some((finished, &secrets)));
        self.conduct.note_call(&seen, &Traits { held_open, left, stderr_cut, revealed, limit: self.time_limit });
        seen
    }

    /// Begins a call and kills it, with all it has started, after `moment`: a run that is dropped kills its process group.
    pub(super) async fn interrupt(&mut self, question: Question, moment: Duration) {
        (self.progress)(&format!("{}, cut off", question.command));
        let environment = self.variables(&question);
        drop(timeout(moment, exec::run(self.invocation(&question, &environment, Limits::default()))).await);
    }

    /// The environment of a call: what the server sends, what is passed on, and nothing else.
    fn variables(&self, question: &Question) -> Vec<(OsString, OsString)> {
        let mut variables: Vec<(OsString, OsString)> = Vec::new();
        if !question.command.is_empty() {
            variables.push((env::COMMAND.into(), question.command.as_ref().into()));
        }
        variables.push((env::CONTROLLER_ID.into(), question.place.controller.as_str().into()));
        variables.push((env::PROVIDER_CONFIG_FILE.into(), self.config_file.clone().unwrap_or_default().into_os_string()));
        variables.push((env::POOL_ID.into(), question.place.pool.as_str().into()));
        if let Some(instance) = &question.instance {
            variables.push((env::INSTANCE_ID.into(), instance.into()));
        }
        let specs = question.extra_specs.as_ref().unwrap_or(&self.extra_specs);
        variables.push((env::POOL_EXTRASPECS.into(), STANDARD.encode(specs).into()));
        variables.extend(self.environment.iter().map(|(name, value)| (name.into(), value.into())));
        variables.push((env::INTERFACE_VERSION.into(), question.version.unwrap_or(self.version).as_str().into()));
        variables
    }

    /// What must not be printed: the token, and the variable that holds it in a second coat of base64.
    fn secrets(&self, question: &Question) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.add(expose(&self.token));
        if let Some(specs) = &question.extra_specs {
            secrets.add(&STANDARD.encode(specs));
        }
        secrets
    }

    /// The call as a shell command that can be tried. Values of variables that were passed on, and the document, stay out.
    fn as_command(&self, question: &Question) -> String {
        let mut words = vec!["env -i".to_owned()];
        for (name, value) in self.variables(question) {
            let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
            if self.environment.iter().any(|(passed, _)| *passed == name) {
                words.push(format!("{name}=\"${name}\""));
            } else if name != env::POOL_EXTRASPECS || question.extra_specs.is_none() {
                words.push(format!("{name}={}", quoted(&value)));
            }
        }
        words.push(quoted(&self.executable.to_string_lossy()));
        words.push(match question.stdin.as_deref() {
            None | Some([]) => "</dev/null".to_owned(),
            Some(_) => "<document.json".to_owned(),
        });
        words.join(" ")
    }

    fn seen(&self, question: &Question, end: End, took: Duration, printed: Option<(Finished, &Secrets)>) -> Seen {
        let (stdout, shown_stdout, shown_stderr) = match printed {
            Some((finished, secrets)) => {
                let margin = if finished.stderr.is_cut() { secrets.longest() } else { 0 };
                let shown = (excerpt(&secrets.redact(&finished.stdout, 0)), excerpt(&secrets.redact(&finished.stderr.to_vec(), margin)));
                (finished.stdout, shown.0, shown.1)
            }
            None => Default::default(),
        };
        let command =
            if question.command.is_empty() { "a call without a command".to_owned() } else { question.command.clone().into_owned() };
        Seen { command, end, stdout, took, call: self.as_command(question), shown_stdout, shown_stderr }
    }
}

/// The end of a text, fit for a terminal.
fn excerpt(text: &str) -> String {
    let text = text.trim_end();
    let skipped = text.chars().count().saturating_sub(SHOWN);
    let end: String = text.chars().skip(skipped).map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect();
    if skipped > 0 { format!("...{end}") } else { end }
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+,@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted("/opt/garm-provider_1.sh"), "/opt/garm-provider_1.sh");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn an_excerpt_is_the_end_and_controls_no_terminal() {
        assert_eq!(excerpt("a\u{1b}[2J\tb\n\n"), "a\u{fffd}[2J\tb");
        let long = excerpt(&format!("x{}", "y".repeat(SHOWN)));
        assert!(long.starts_with("...y") && long.len() == SHOWN + 3);
    }
}
