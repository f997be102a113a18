//! How the program was called: by which name, and with which arguments.
//!
//! Called `garm-cli` (a link is enough) it is upstream's client. It then has client commands only, prints help without arguments, and fails with exit code 1.
//! Under both names switches take a value (`--enabled=false`) and the last of equal options counts, as upstream's do.

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
    let matches = lenient(definition()).args_override_self(true).try_get_matches().map_err(|error| match error.kind() {
        // The help shows the plain definition, as people write it.
        ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            definition().try_get_matches().err().filter(|plain| plain.kind() == error.kind()).unwrap_or(error)
        }
        _ => error,
    })?;
    if let Some(text) = without_effect(&matches) {
        output::note(&text);
    }
    Ok(matches)
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
