//! Completes a command line that is being typed: commands and options from the definition, names from the server.
//!
//! The shell asks the program itself, through the lines that `garm completion` prints. An answer waits for the server no longer than [`PATIENCE`].
//! It never asks a question and prints candidates only. Without a server there are no names, but commands and options.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::StyledStr;
use clap::{Arg, Command as Definition};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};

use super::profile::Profiles;
use super::{Error, entity};
use crate::client::{self, Client, EntityFilter, JobFilter, TemplateFilter};
use crate::model::{EntityKind, visible};

/// The variable by which a shell asks for candidates.
pub(super) const VARIABLE: &str = "GARM_COMPLETE";

/// The variable by which a shell asks for candidates without descriptions.
pub(super) const VARIABLE_BARE: &str = "GARM_COMPLETE_BARE";

/// How long the server may take, from the connection to the end of its answer.
const PATIENCE: Duration = Duration::from_millis(300);

/// The kind of thing that an argument names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Noun {
    Profile,
    Entity(EntityKind),
    Pool,
    ScaleSet,
    /// A pool or a scale set.
    RunnerSet,
    Runner,
    Job,
    Template,
    Credentials,
    Endpoint,
    Provider,
}

/// Answers a shell that asks for candidates; `None` when no shell asks.
pub(super) fn answer(definition: fn() -> Definition) -> Option<ExitCode> {
    for (variable, described) in [(VARIABLE, true), (VARIABLE_BARE, false)] {
        let factory = || {
            let definition = taught(definition(), &[], described);
            if described { definition } else { without_descriptions(definition) }
        };
        // A shell has no use for an error: there is nothing to complete then.
        match CompleteEnv::with_factory(factory).var(variable).try_complete(std::env::args_os(), std::env::current_dir().ok().as_deref()) {
            Ok(false) => {}
            Ok(true) => return Some(ExitCode::SUCCESS),
            Err(_) => return Some(ExitCode::FAILURE),
        }
    }
    None
}

/// Gives each argument that names a thing the names of these things.
fn taught(definition: Definition, above: &[String], described: bool) -> Definition {
    let path = above.to_vec();
    let definition = definition.mut_args(|arg| match noun(&path, &arg) {
        Some(noun) => arg.add(ArgValueCandidates::new(move || candidates(noun, described))),
        None => arg,
    });
    definition.mut_subcommands(|command| {
        let path = [above, &[command.get_name().to_owned()]].concat();
        taught(command, &path, described)
    })
}

/// The thing that an argument of a command names.
fn noun(path: &[String], arg: &Arg) -> Option<Noun> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    if !arg.is_positional() {
        return match (arg.get_id().as_str(), path.as_slice()) {
            ("profile", _) => Some(Noun::Profile),
            ("repo", _) => Some(Noun::Entity(EntityKind::Repository)),
            ("org", _) => Some(Noun::Entity(EntityKind::Organization)),
            ("enterprise", _) => Some(Noun::Entity(EntityKind::Enterprise)),
            ("endpoint", _) => Some(Noun::Endpoint),
            ("credentials", _) => Some(Noun::Credentials),
            ("provider_name", _) => Some(Noun::Provider),
            ("runner_install_template", _) => Some(Noun::Template),
            _ => None,
        };
    }
    match (path.as_slice(), arg.get_id().as_str()) {
        (["profile", ..], _) => Some(Noun::Profile),
        (["repo", ..], "name") => Some(Noun::Entity(EntityKind::Repository)),
        (["org", ..], "name") => Some(Noun::Entity(EntityKind::Organization)),
        (["enterprise", ..], "name") => Some(Noun::Entity(EntityKind::Enterprise)),
        (["pool", ..], "id" | "pool") => Some(Noun::Pool),
        (["scaleset", ..], "scale_set") => Some(Noun::ScaleSet),
        (["runner", "list"], "set") => Some(Noun::RunnerSet),
        (["runner", ..], "name") => Some(Noun::Runner),
        (["job", ..], "id") => Some(Noun::Job),
        (["template", ..], "template") => Some(Noun::Template),
        (["github", "credentials", ..] | ["credentials", ..], "name" | "credentials") => Some(Noun::Credentials),
        (["github", "endpoint", ..], "name") => Some(Noun::Endpoint),
        (["provider", "show"], "name") => Some(Noun::Provider),
        _ => None,
    }
}

/// The names of all things of one kind; none if they cannot be read in time.
fn candidates(noun: Noun, described: bool) -> Vec<CompletionCandidate> {
    let words: Vec<OsString> = std::env::args_os().skip_while(|word| word != "--").skip(2).collect();
    #[expect(clippy::disallowed_methods, reason = "clap reads variables of options only where it parses a whole command line")]
    let given = |option: &str, variable: &str| option_value(&words, option).or_else(|| std::env::var(variable).ok());
    let Ok(profiles) = Profiles::load(given("--profiles", "GARM_PROFILES").map(PathBuf::from)) else { return Vec::new() };
    if noun == Noun::Profile {
        return profiles.names().filter_map(|name| candidate(name, None)).collect();
    }
    // A shell has no use for the error.
    let named = asked(&profiles, given("--profile", "GARM_PROFILE").as_deref(), noun).unwrap_or_default();
    named.iter().filter_map(|(name, about)| candidate(name, described.then_some(about))).collect()
}

/// A name as a candidate, with some words about it. A name that nobody could type is none: the shell would put its control characters, or an
/// escape that is not the name, on the line.
fn candidate(name: &str, about: Option<&str>) -> Option<CompletionCandidate> {
    let about = about.map(|about| StyledStr::from(visible(about).into_owned()));
    (visible(name) == name).then(|| CompletionCandidate::new(name).help(about))
}

/// The value of a global option on the line that is completed.
fn option_value(words: &[OsString], option: &str) -> Option<String> {
    let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
    words.iter().enumerate().find_map(|(place, word)| match word.strip_prefix(option)? {
        "" => words[place + 1..].iter().find(|word| **word != "=").map(|word| (*word).to_owned()),
        rest => rest.strip_prefix('=').map(str::to_owned),
    })
}

/// Asks the server in use for all things of one kind.
fn asked(profiles: &Profiles, profile: Option<&str>, noun: Noun) -> Result<Vec<(String, String)>, Error> {
    let client = profiles.find(profile)?.client()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|fault| Error::from_fault("cannot start", &fault))?;
    let named = runtime.block_on(async { tokio::time::timeout(PATIENCE, named(&client, noun)).await });
    // The look-up of a host's name may go on; nothing waits for its end.
    runtime.shutdown_background();
    Ok(named.map_err(|late| Error::from_fault("no answer in time", &late))??)
}

/// All things of one kind: the name of each and some words about it.
async fn named(client: &Client, noun: Noun) -> Result<Vec<(String, String)>, client::Error> {
    Ok(match noun {
        Noun::Profile => Vec::new(),
        Noun::Entity(kind) => each(client.entities(kind).list(&EntityFilter::default()).await?, |it| (entity::name(&it), it.id)),
        Noun::Pool => pools(client).await?,
        Noun::ScaleSet => scale_sets(client).await?,
        Noun::RunnerSet => [pools(client).await?, scale_sets(client).await?].concat(),
        Noun::Runner => each(client.instances().list().await?, |it| (it.name, format!("{} {}", it.status, it.runner_status))),
        Noun::Job => each(client.jobs().list(&JobFilter::default()).await?, |it| {
            (it.workflow_job_id.to_string(), format!("{} {}", it.name, it.status))
        }),
        Noun::Template => each(client.templates().list(&TemplateFilter::default()).await?, |it| (it.name, it.description)),
        Noun::Credentials => each(client.credentials().list().await?, |it| (it.name, it.description)),
        Noun::Endpoint => each(client.endpoints().list().await?, |it| (it.name, it.description)),
        Noun::Provider => each(client.providers().list().await?, |it| (it.name, it.description)),
    })
}

async fn pools(client: &Client) -> Result<Vec<(String, String)>, client::Error> {
    Ok(each(client.pools().list().await?, |it| (it.id, format!("{} {}", it.provider_name, it.image))))
}

async fn scale_sets(client: &Client) -> Result<Vec<(String, String)>, client::Error> {
    Ok(each(client.scale_sets().list().await?, |it| (it.name, format!("{} {} {}", it.id, it.provider_name, it.image))))
}

fn each<T>(things: Vec<T>, named: impl Fn(T) -> (String, String)) -> Vec<(String, String)> {
    things.into_iter().map(named).collect()
}

/// A definition whose commands and options have no descriptions.
fn without_descriptions(definition: Definition) -> Definition {
    definition.about(StyledStr::new()).mut_args(|arg| arg.help(StyledStr::new())).mut_subcommands(without_descriptions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_others_reach_the_shell_as_text() {
        let described = candidate("octo/hello", Some("evil\u{1b}[2J\nname\u{202e}")).expect("a candidate");
        assert_eq!(described.get_help().map(ToString::to_string).as_deref(), Some(r"evil\u{1b}[2J\nname\u{202e}"));
        for name in ["a\u{1b}]0;x\u{7}", "a\nb", "zero\u{200b}width", "\u{9b}2J"] {
            assert!(candidate(name, None).is_none(), "{name:?}");
        }
    }

    #[test]
    fn global_options_are_found_however_a_shell_splits_them() {
        let value = |line: &str| option_value(&line.split(' ').map(OsString::from).collect::<Vec<_>>(), "--profile");
        assert_eq!(value("--profile one pool show").as_deref(), Some("one"));
        assert_eq!(value("--profile=one pool show").as_deref(), Some("one"));
        assert_eq!(value("--profile = one pool show").as_deref(), Some("one"));
        assert_eq!(value("--profiles file pool show"), None);
    }
}
