//! The command line: `garm <noun> <verb>`, and `garm serve`.
//!
//! A command is arguments, a call of the API, and a rendering. Everything a server consists of is put together in [`serve`], and nowhere else.
//! The spellings of upstream's client are accepted, and its columns are printed; `docs/cli.md` says what differs.

mod admin;
mod completion;
mod controller;
mod debug_log;
mod demo;
mod entity;
mod error;
mod github;
mod init;
mod invocation;
mod job;
mod metrics_token;
mod names;
mod output;
mod pool;
mod profile;
mod provider;
mod runner;
mod serve;
mod simulate;
mod template;
#[cfg(test)]
mod tests;
mod util;
mod version;
mod watch;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgAction, ArgGroup, Parser, Subcommand};

use self::entity::{EntityCommand, NamePlace, RepositoryPlace};
pub use self::error::Error;
use self::output::{Format, Output};
use self::profile::Profiles;
use crate::client::Client;
use crate::model::EntityKind;

/// Runner manager for GitHub, GitHub Enterprise Server, Gitea and Forgejo: one machine per queued CI job
#[derive(Debug, Parser)]
#[command(name = "garm", version, propagate_version = true, arg_required_else_help = true, disable_version_flag = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::ServeArgs,
    #[command(flatten)]
    global: GlobalArgs,
    /// Print version
    #[arg(short = 'V', short_alias = 'v', long, action = ArgAction::Version)]
    version: Option<bool>,
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
    /// Prints what is asked of the server and answered, without secrets
    #[arg(long, global = true, help_heading = "Global options")]
    debug: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server
    Serve(serve::ServeArgs),
    /// Administrators, from the machine the server runs on: lists them, sets a password, ends logins
    Admin(admin::AdminArgs),
    /// Shows the whole way of a few jobs on this machine: no account, no cloud, no root
    Demo(demo::DemoArgs),
    #[command(flatten)]
    Client(ClientCommand),
    /// The engine without a cloud, on virtual time
    #[command(subcommand)]
    Simulate(simulate::SimulateCommand),
    /// Completions, manual pages, the description of the API
    #[command(subcommand)]
    Util(util::UtilCommand),
}

/// What asks a server: all there is under the name `garm-cli`.
#[derive(Debug, Subcommand)]
enum ClientCommand {
    /// Sets up a new server: administrator, login, URLs
    Init(init::InitArgs),
    /// Which servers there are, and the login for each
    #[command(subcommand)]
    Profile(profile::ProfileCommand),
    /// The settings of the installation
    #[command(subcommand, visible_alias = "controller-info")]
    Controller(controller::ControllerCommand),
    /// GitHub endpoints and credentials
    #[command(subcommand, visible_alias = "gh")]
    Github(github::GithubCommand),
    /// The credentials of GitHub, for short
    #[command(subcommand, visible_alias = "creds")]
    Credentials(github::CredentialsShortcut),
    /// Repositories that have runners
    #[command(subcommand, visible_alias = "repository")]
    Repo(EntityCommand<RepositoryPlace>),
    /// Organizations that have runners
    #[command(subcommand, visible_alias = "organization")]
    Org(EntityCommand<NamePlace>),
    /// Enterprises that have runners
    #[command(subcommand, visible_alias = "ent")]
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
    /// Prints the version
    Version,
    /// Prints the completion script of a shell
    Completion(completion::CompletionArgs),
}

/// What every command is given.
pub(crate) struct Context {
    out: Output,
    profile: Option<String>,
    profiles: Option<PathBuf>,
    debug: bool,
}

impl Context {
    fn profiles(&self) -> Result<Profiles, Error> {
        Profiles::load(self.profiles.clone())
    }

    /// A client for the server in use.
    fn client(&self) -> Result<Client, Error> {
        Ok(self.traced(self.profiles()?.find(self.profile.as_deref())?.client()?))
    }

    /// A client for a server nobody is logged in to.
    fn client_at(&self, url: &str) -> Result<Client, Error> {
        Ok(self.traced(Client::new(url, None)?))
    }

    fn traced(&self, client: Client) -> Client {
        if self.debug { client.traced(output::note) } else { client }
    }
}

/// Reads the arguments, runs the command, and says how it went.
#[must_use]
pub fn main() -> ExitCode {
    let (command, global) = match invocation::read() {
        Ok(read) => read,
        Err(ended) => return ended,
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(fault) => return fail(&Error::from_fault("cannot start", &fault)),
    };
    match runtime.block_on(run(command, global)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &Error) -> ExitCode {
    output::note(&error.to_string());
    ExitCode::from(error::EXIT_FAILURE)
}

async fn run(command: Command, global: GlobalArgs) -> Result<(), Error> {
    let context =
        Context { out: Output { format: global.format }, profile: global.profile, profiles: global.profiles, debug: global.debug };
    match command {
        Command::Serve(args) => args.run().await,
        Command::Admin(args) => args.run(&context).await,
        Command::Demo(args) => args.run().await,
        Command::Client(command) => command.run(&context).await,
        Command::Simulate(command) => command.run(&context),
        Command::Util(command) => command.run(),
    }
}

impl ClientCommand {
    async fn run(self, context: &Context) -> Result<(), Error> {
        match self {
            Self::Init(args) => args.run(context).await,
            Self::Profile(command) => command.run(context).await,
            Self::Controller(command) => command.run(context).await,
            Self::Github(command) => command.run(context).await,
            Self::Credentials(command) => command.run(context).await,
            Self::Repo(command) => command.run(context, EntityKind::Repository).await,
            Self::Org(command) => command.run(context, EntityKind::Organization).await,
            Self::Enterprise(command) => command.run(context, EntityKind::Enterprise).await,
            Self::Pool(command) => command.run(context).await,
            Self::Runner(command) => command.run(context).await,
            Self::Job(command) => command.run(context).await,
            Self::Provider(command) => command.run(context).await,
            Self::Template(command) => command.run(context).await,
            Self::MetricsToken(command) => command.run(context).await,
            Self::DebugLog(args) => args.run(context).await,
            Self::Version => version::run(context).await,
            Self::Completion(args) => args.run(),
        }
    }
}

/// What an update may change: without any of it there is nothing to do.
fn changes(arguments: impl IntoIterator<Item = &'static str>) -> ArgGroup {
    ArgGroup::new("changes").args(arguments).required(true).multiple(true)
}

fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|fault| Error::from_fault(&format!("cannot read {}", path.display()), &fault))
}
