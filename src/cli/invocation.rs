//! How the program was called: by which name, and with which arguments.
//!
//! Called `garm-cli` (a link is enough) it is upstream's client. It then has client commands only, prints help without arguments, and fails with exit code 1.
//! Under both names switches take a value (`--enabled=false`) and the last of equal options counts, as upstream's do.
//!
//! Units, images and charms in the field start the server as `garm -config FILE`: options of upstream's daemon may have one dash.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgMatches, Command as Definition, CommandFactory, FromArgMatches};

use super::commands::{Cli, ClientCli, Command, GlobalArgs};
use super::error::{EXIT_FAILURE, EXIT_USAGE};
use super::output;
use super::program::is_client;
use super::switches::lenient;

/// Flags that the server stores for the sake of upstream's scripts, and that change nothing: runners have no agent.
const WITHOUT_EFFECT: [&str; 7] =
    ["agent_mode", "enable_shell", "agent_url", "garm_tools_url", "enable_tools_sync", "garm_agent_version", "allow_insecure_agent"];

/// The definition of the command line for the name that the program was called by.
pub(super) fn definition() -> Definition {
    if is_client() { ClientCli::command() } else { Cli::command() }
}

/// The command and the global options, or the exit code if there is no command to run.
pub(super) fn read() -> Result<(Command, GlobalArgs), ExitCode> {
    let read = if is_client() { read_client() } else { read_all() };
    read.map_err(|error| tell(&error))
}

/// The words of the command line. An option of upstream's daemon with one dash becomes the one with two.
fn words() -> Vec<OsString> {
    let words: Vec<OsString> = std::env::args_os().collect();
    if is_client() { words } else { two_dashes(words) }
}

fn two_dashes(words: Vec<OsString>) -> Vec<OsString> {
    let is_one = |word: &str| matches!(word, "-config" | "-version" | "-help") || word.starts_with("-config=");
    let mut ended = false;
    let two = |word: OsString| {
        ended |= word == "--";
        match word.to_str() {
            Some(text) if !ended && is_one(text) => format!("-{text}").into(),
            _ => word,
        }
    };
    words.into_iter().map(two).collect()
}

fn read_client() -> Result<(Command, GlobalArgs), clap::Error> {
    let cli = ClientCli::from_arg_matches(&matches(ClientCli::command)?)?;
    Ok((Command::Client(cli.command), cli.global))
}

/// Global options may stand before or after the command. `--config` before a command is refused, because it would have no effect.
fn read_all() -> Result<(Command, GlobalArgs), clap::Error> {
    let matches = matches(Cli::command)?;
    if let Some(command) = matches.subcommand_name()
        && matches.value_source("config") == Some(ValueSource::CommandLine)
    {
        let hint = match command {
            "serve" | "admin" => format!("write garm {command} --config FILE"),
            _ => "it is for garm serve and garm admin".to_owned(),
        };
        return Err(Cli::command().error(ErrorKind::ArgumentConflict, format!("--config cannot stand before {command}: {hint}")));
    }
    let cli = Cli::from_arg_matches(&matches)?;
    // `garm --config FILE` serves, as upstream's daemon does.
    Ok((cli.command.unwrap_or(Command::Serve(cli.serve)), cli.global))
}

fn matches(definition: fn() -> Definition) -> Result<ArgMatches, clap::Error> {
    let words = words();
    let matches = lenient(definition()).args_override_self(true).try_get_matches_from(&words).map_err(|error| match error.kind() {
        // The help shows the plain definition, as people write it.
        ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            definition().try_get_matches_from(&words).err().filter(|plain| plain.kind() == error.kind()).unwrap_or(error)
        }
        ErrorKind::InvalidSubcommand | ErrorKind::UnknownArgument => not_served(&error, &words).unwrap_or(error),
        _ => error,
    })?;
    if let Some(text) = without_effect(&matches) {
        output::note(&text);
    }
    Ok(matches)
}

/// The commands of upstream's client that this version does not serve: the group above them, and their names.
const NOT_SERVED: [(&[&str], &[&str]); 3] = [
    (&[], &["gitea", "gt", "forge-instance", "fi", "proxy", "object", "top", "debug-events"]),
    (&["controller", "controller-info"], &["tools"]),
    (&["runner", "run", "instance"], &["shell"]),
];

/// The flags of upstream's client that this version does not serve.
const FLAGS_NOT_SERVED: [&str; 3] = ["--forge-instance", "--proxy", "--clear-proxy"];

/// The error for a command or a flag of upstream's that is not served yet. Another command would be no help to who typed it.
fn not_served(error: &clap::Error, words: &[OsString]) -> Option<clap::Error> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let is_below = |groups: &[&str]| groups.is_empty() || words.iter().any(|word| groups.iter().any(|group| word == group));
    let told = if let Some(command) = text(ContextKind::InvalidSubcommand) {
        let known = NOT_SERVED.iter().any(|(groups, names)| names.contains(&command) && is_below(groups));
        known.then(|| format!("the command '{command}' is not served yet by this version"))?
    } else {
        let flag = text(ContextKind::InvalidArg)?;
        FLAGS_NOT_SERVED.contains(&flag).then(|| format!("the flag '{flag}' is not served yet by this version"))?
    };
    Some(definition().error(error.kind(), format!("{told}; docs/migrating.md lists what is missing")))
}

/// Names the flags on the line that change nothing.
fn without_effect(matches: &ArgMatches) -> Option<String> {
    let mut command = matches;
    while let Some((_, below)) = command.subcommand() {
        command = below;
    }
    let given = command.ids().map(clap::Id::as_str).filter(|id| command.value_source(id) == Some(ValueSource::CommandLine));
    let given: Vec<String> = given.filter(|id| WITHOUT_EFFECT.contains(id)).map(|id| format!("--{}", id.replace('_', "-"))).collect();
    (!given.is_empty()).then(|| format!("note: {} is stored, but has no effect: runners have no agent", given.join(", ")))
}

/// Prints help, the version or the error, and gives the exit code.
fn tell(error: &clap::Error) -> ExitCode {
    if is_client()
        && let Some(help) = help_of_group(error)
    {
        return output::line(help.trim_end()).map_or(ExitCode::from(EXIT_FAILURE), |()| ExitCode::SUCCESS);
    }
    // If this cannot be printed, the reason cannot be printed either.
    drop(error.print());
    match error.exit_code() {
        0 => ExitCode::SUCCESS,
        _ if is_client() => ExitCode::from(EXIT_FAILURE),
        _ => ExitCode::from(EXIT_USAGE),
    }
}

/// The help of a group that was named without a command. Options from the environment count as arguments, so two kinds of error mean this.
fn help_of_group(error: &clap::Error) -> Option<String> {
    match (error.kind(), error.get(ContextKind::InvalidSubcommand)) {
        (ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand, _) => Some(error.render().to_string()),
        (ErrorKind::MissingSubcommand, Some(ContextValue::String(path))) => {
            let mut definition = ClientCli::command();
            definition.build();
            let group = path.split(' ').skip(1).try_fold(&mut definition, |group, name| group.find_subcommand_mut(name))?;
            Some(group.render_help().to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_upstreams_daemon_may_have_one_dash() {
        let two = |line: &str| {
            let words = two_dashes(line.split(' ').map(OsString::from).collect());
            words.join(std::ffi::OsStr::new(" ")).into_string().expect("text")
        };
        for (line, same) in [
            ("garm -config /etc/garm.toml", "garm --config /etc/garm.toml"),
            ("garm -config=/etc/garm.toml", "garm --config=/etc/garm.toml"),
            ("garm -version", "garm --version"),
            ("garm admin list -config=x", "garm admin list --config=x"),
            ("garm -c x -v -configs --config y", "garm -c x -v -configs --config y"),
            ("garm admin enable -- -config", "garm admin enable -- -config"),
        ] {
            assert_eq!(two(line), same);
        }
    }
}
