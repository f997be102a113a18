//! All commands: the definition of the command line, and the function that runs each command.

use std::path::PathBuf;

use clap::{ArgAction, CommandFactory, Parser, Subcommand};

use super::context::Context;
use super::entity::{EntityCommand, NamePlace, RepositoryPlace};
use super::error::Error;
use super::output::{Format, Output};
use super::program::CLIENT;
use super::{
    admin, completion, controller, debug_log, demo, github, init, job, metrics_token, pool, profile, provider, runner, scale_set, serve,
    simulate, template, util, version, webhook,
};
use crate::model::EntityKind;

/// The end of the help of the program.
const AFTER_HELP: &str = "\
garm --config FILE runs the server, as garm serve --config FILE does. -config and -version may have one dash.";

/// Runner manager for GitHub and GitHub Enterprise Server: one machine per queued CI job
#[derive(Debug, Parser)]
#[command(name = "garm", version, propagate_version = true, arg_required_else_help = true, disable_version_flag = true)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) serve: serve::ServeArgs,
    #[command(flatten)]
    pub(super) global: GlobalArgs,
    /// Print version
    #[arg(short = 'V', short_alias = 'v', long, action = ArgAction::Version)]
    version: Option<bool>,
}

#[derive(Debug, clap::Args)]
pub(super) struct GlobalArgs {
    /// How results are shown
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Global options")]
    format: Format,
    /// The profile to use instead of the active one
    #[arg(long, global = true, env = "GARM_PROFILE", help_heading = "Global options")]
    profile: Option<String>,
    /// The file that keeps profiles
    #[arg(long, global = true, env = "GARM_PROFILES", help_heading = "Global options", hide = true)]
    profiles: Option<PathBuf>,
    /// Prints each request and its answer, without secrets
    #[arg(long, global = true, help_heading = "Global options")]
    debug: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Runs the server
    Serve(serve::ServeArgs),
    /// Manages administrators and sealed secrets, on the machine of the server
    Admin(admin::AdminArgs),
    /// Shows the whole way of a few jobs on this machine: no account, no cloud, no root
    Demo(demo::DemoArgs),
    #[command(flatten)]
    Client(ClientCommand),
    /// Runs the engine without a cloud, on virtual time
    #[command(subcommand)]
    Simulate(simulate::SimulateCommand),
    /// Generates completions, manual pages and the description of the API
    #[command(subcommand)]
    Util(util::UtilCommand),
}

/// The commands that ask a server. Under the name `garm-cli` there are no others.
#[derive(Debug, Subcommand)]
pub(super) enum ClientCommand {
    /// Sets up a new server: administrator, login, URLs
    Init(init::InitArgs),
    /// Manages the servers that you are logged in to
    #[command(subcommand)]
    Profile(profile::ProfileCommand),
    /// Shows and changes the settings of the installation
    #[command(subcommand, visible_alias = "controller-info")]
    Controller(controller::ControllerCommand),
    /// Manages endpoints and credentials of GitHub
    #[command(subcommand, visible_alias = "gh")]
    Github(github::GithubCommand),
    /// Lists the credentials of GitHub, for short
    #[command(subcommand, visible_alias = "creds")]
    Credentials(github::CredentialsShortcut),
    /// Manages repositories that have runners
    #[command(subcommand, visible_alias = "repository")]
    Repo(EntityCommand<RepositoryPlace>),
    /// Manages organizations that have runners
    #[command(subcommand, visible_alias = "organization")]
    Org(EntityCommand<NamePlace>),
    /// Manages enterprises that have runners
    #[command(subcommand, visible_alias = "ent")]
    Enterprise(EntityCommand<NamePlace>),
    /// Manages pools: each keeps runners of one kind
    #[command(subcommand)]
    Pool(pool::PoolCommand),
    /// Manages scale sets: the forge assigns jobs to each, over a connection that the server opens
    #[command(subcommand, name = "scaleset")]
    ScaleSet(scale_set::ScaleSetCommand),
    /// Shows and removes runners and their machines
    #[command(subcommand, visible_aliases = ["instance", "run"])]
    Runner(runner::RunnerCommand),
    /// Shows which jobs wait or run, and why
    #[command(subcommand)]
    Job(job::JobCommand),
    /// Shows what webhooks have delivered, and what became of it
    #[command(subcommand)]
    Webhook(webhook::WebhookCommand),
    /// Shows, checks and creates providers, which make the machines
    #[command(subcommand)]
    Provider(provider::ProviderCommand),
    /// Manages templates, the scripts that install runners
    #[command(subcommand)]
    Template(template::TemplateCommand),
    /// Makes tokens for reading the figures at /metrics
    #[command(subcommand)]
    MetricsToken(metrics_token::MetricsTokenCommand),
    /// Shows the server's log as it is written
    DebugLog(debug_log::DebugLogArgs),
    /// Prints the version
    Version,
    /// Prints the lines that register completion with a shell
    Completion(completion::CompletionArgs),
}

/// The client of garm, a runner manager for GitHub and GitHub Enterprise Server
#[derive(Debug, Parser)]
#[command(name = CLIENT, version, propagate_version = true, arg_required_else_help = true)]
pub(super) struct ClientCli {
    #[command(subcommand)]
    pub(super) command: ClientCommand,
    #[command(flatten)]
    pub(super) global: GlobalArgs,
}

/// Runs a command.
pub(super) async fn run(command: Command, global: GlobalArgs) -> Result<(), Error> {
    let context =
        Context { out: Output { format: global.format }, profile: global.profile, profiles: global.profiles, debug: global.debug };
    match command {
        Command::Serve(args) => args.run().await,
        Command::Admin(args) => args.run(&context).await,
        Command::Demo(args) => args.run().await,
        Command::Client(command) => command.run(&context).await,
        Command::Simulate(command) => command.run(&context),
        Command::Util(command) => command.run(Cli::command()),
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
            Self::ScaleSet(command) => command.run(context).await,
            Self::Runner(command) => command.run(context).await,
            Self::Job(command) => command.run(context).await,
            Self::Webhook(command) => command.run(context).await,
            Self::Provider(command) => command.run(context).await,
            Self::Template(command) => command.run(context).await,
            Self::MetricsToken(command) => command.run(context).await,
            Self::DebugLog(args) => args.run(context).await,
            Self::Version => version::run(context).await,
            Self::Completion(args) => args.run(),
        }
    }
}
