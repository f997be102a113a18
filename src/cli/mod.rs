//! The command line: `garm <noun> <verb>`, and `garm serve`.
//!
//! A command is arguments, a call of the API, and a rendering. Everything a server consists of is put together in [`serve`], and nowhere else.

mod admin;
mod controller;
mod debug_log;
mod demo;
mod entity;
mod error;
mod github;
mod init;
mod job;
mod metrics_token;
mod output;
mod pool;
mod profile;
mod provider;
mod runner;
mod serve;
mod simulate;
mod template;
mod util;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgGroup, CommandFactory, FromArgMatches, Parser, Subcommand};

use self::entity::{EntityCommand, NamePlace, RepositoryPlace};
pub use self::error::Error;
use self::output::{Format, Output};
use self::profile::Profiles;
use crate::client::Client;
use crate::model::EntityKind;

/// Runner manager for GitHub, GitHub Enterprise Server, Gitea and Forgejo: one machine per queued CI job
#[derive(Debug, Parser)]
#[command(name = "garm", version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::ServeArgs,
    #[command(flatten)]
    global: GlobalArgs,
}

#[derive(Debug, clap::Args)]
struct GlobalArgs {
    /// How results are shown
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Global options")]
    format: Format,
    /// The profile to use instead of the active one
    #[arg(long, global = true, env = "GARM_PROFILE", help_heading = "Global options")]
    profile: Option<String>,
    /// The file that keeps profiles
    #[arg(long, global = true, env = "GARM_PROFILES", help_heading = "Global options", hide = true)]
    profiles: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server
    Serve(serve::ServeArgs),
    /// Administrators, from the machine the server runs on: lists them, sets a password, ends logins
    Admin(admin::AdminArgs),
    /// Shows the whole way of a few jobs on this machine: no account, no cloud, no root
    Demo(demo::DemoArgs),
    /// Sets up a new server: administrator, login, URLs
    Init(init::InitArgs),
    /// Which servers there are, and the login for each
    #[command(subcommand)]
    Profile(profile::ProfileCommand),
    /// The settings of the installation
    #[command(subcommand)]
    Controller(controller::ControllerCommand),
    /// GitHub endpoints and credentials
    #[command(subcommand)]
    Github(github::GithubCommand),
    /// Repositories that have runners
    #[command(subcommand, visible_alias = "repository")]
    Repo(EntityCommand<RepositoryPlace>),
    /// Organizations that have runners
    #[command(subcommand, visible_alias = "organization")]
    Org(EntityCommand<NamePlace>),
    /// Enterprises that have runners
    #[command(subcommand)]
    Enterprise(EntityCommand<NamePlace>),
    /// How many runners of what kind
    #[command(subcommand)]
    Pool(pool::PoolCommand),
    /// Machines and the runners on them
    #[command(subcommand, visible_aliases = ["instance", "run"])]
    Runner(runner::RunnerCommand),
    /// What waits, what runs, and why
    #[command(subcommand)]
    Job(job::JobCommand),
    /// Who makes the machines
    #[command(subcommand)]
    Provider(provider::ProviderCommand),
    /// The scripts that install runners
    #[command(subcommand)]
    Template(template::TemplateCommand),
    /// Tokens for reading the figures at /metrics
    #[command(subcommand)]
    MetricsToken(metrics_token::MetricsTokenCommand),
    /// Shows the server's log as it is written
    DebugLog(debug_log::DebugLogArgs),
    /// The engine without a cloud, on virtual time
    #[command(subcommand)]
    Simulate(simulate::SimulateCommand),
    /// Prints the version
    Version,
    /// Completions, manual pages, the description of the API
    #[command(subcommand)]
    Util(util::UtilCommand),
}

/// What every command is given.
pub(crate) struct Context {
    out: Output,
    profile: Option<String>,
    profiles: Option<PathBuf>,
}

impl Context {
    fn profiles(&self) -> Result<Profiles, Error> {
        Profiles::load(self.profiles.clone())
    }

    /// A client for the server in use.
    fn client(&self) -> Result<Client, Error> {
        self.profiles()?.find(self.profile.as_deref())?.client()
    }
}

/// Reads the arguments, runs the command, and says how it went.
#[must_use]
pub fn main() -> ExitCode {
    let cli = parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(fault) => return fail(&Error::from_fault("cannot start", &fault)),
    };
    match runtime.block_on(run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// The arguments; wrong usage ends the program. Global options may stand on either side of the command, `--config` only where it serves:
/// with another command it would be without effect.
fn parse() -> Cli {
    let mut definition = Cli::command();
    let matches = definition.get_matches_mut();
    if let Some(command) = matches.subcommand_name()
        && matches.value_source("config") == Some(ValueSource::CommandLine)
    {
        let hint = match command {
            "serve" | "admin" => format!("write garm {command} --config FILE"),
            _ => "it is for garm serve and garm admin".to_owned(),
        };
        definition.error(ErrorKind::ArgumentConflict, format!("--config cannot stand before {command}: {hint}")).exit();
    }
    Cli::from_arg_matches(&matches).unwrap_or_else(|fault| fault.exit())
}

fn fail(error: &Error) -> ExitCode {
    output::note(&error.to_string());
    ExitCode::from(error::EXIT_FAILURE)
}

async fn run(cli: Cli) -> Result<(), Error> {
    let context = Context { out: Output { format: cli.global.format }, profile: cli.global.profile, profiles: cli.global.profiles };
    // `garm --config FILE` serves, as upstream's daemon does.
    match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(args) => args.run().await,
        Command::Admin(args) => args.run(&context).await,
        Command::Demo(args) => args.run().await,
        Command::Init(args) => args.run(&context).await,
        Command::Profile(command) => command.run(&context).await,
        Command::Controller(command) => command.run(&context).await,
        Command::Github(command) => command.run(&context).await,
        Command::Repo(command) => command.run(&context, EntityKind::Repository).await,
        Command::Org(command) => command.run(&context, EntityKind::Organization).await,
        Command::Enterprise(command) => command.run(&context, EntityKind::Enterprise).await,
        Command::Pool(command) => command.run(&context).await,
        Command::Runner(command) => command.run(&context).await,
        Command::Job(command) => command.run(&context).await,
        Command::Provider(command) => command.run(&context).await,
        Command::Template(command) => command.run(&context).await,
        Command::MetricsToken(command) => command.run(&context).await,
        Command::DebugLog(args) => args.run(&context).await,
        Command::Simulate(command) => command.run(&context),
        Command::Version => output::line(concat!("v", env!("CARGO_PKG_VERSION"))),
        Command::Util(command) => command.run(),
    }
}

/// What an update may change: without any of it there is nothing to do.
fn changes(arguments: impl IntoIterator<Item = &'static str>) -> ArgGroup {
    ArgGroup::new("changes").args(arguments).required(true).multiple(true)
}

fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|fault| Error::from_fault(&format!("cannot read {}", path.display()), &fault))
}
