//! `garm pool`: pools, which keep runners of one kind each.

mod show;

use clap::{Args, Subcommand};

use self::show::{columns, fields};
use super::entity::OwnerArgs;
use super::output::done;
use super::sets::{RunnersCommand, SetArgs, SpecsArgs, template_id, whole_seconds};
use super::switches::yes_or_no;
use super::watch::WatchArgs;
use super::{Context, Error, changes};
use crate::api::{CreatePoolParams, Instance, UpdatePoolParams};
use crate::client::Client;

/// Manages pools: each keeps runners of one kind.
#[derive(Debug, Subcommand)]
pub(super) enum PoolCommand {
    /// Lists pools, of one entity or all
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Shows a pool
    #[command(visible_alias = "get")]
    Show {
        /// Id of the pool
        id: String,
    },
    /// Makes a pool
    #[command(visible_alias = "create")]
    Add(Box<AddArgs>),
    /// Changes a pool
    Update(Box<UpdateArgs>),
    /// Lists or replaces the runners of a pool
    #[command(subcommand)]
    Runner(RunnersCommand<PoolArgs>),
    /// Replaces idle runners by new ones, some at a time; useful after an image was renewed under its old name
    Rotate {
        /// Id of the pool
        id: String,
    },
    /// Removes a pool without runners
    #[command(visible_aliases = ["rm", "remove", "del"])]
    Delete {
        /// Id of the pool
        id: String,
    },
}

/// The pool whose runners a command is about.
#[derive(Debug, Args)]
pub(super) struct PoolArgs {
    /// Id of the pool
    pool: String,
}

impl SetArgs for PoolArgs {
    async fn runners(&self, client: &Client, outdated: bool) -> Result<Vec<Instance>, Error> {
        Ok(client.pools().instances(&self.pool, outdated).await?)
    }
}

/// Which pools are listed.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    owner: OwnerArgs,
    /// Lists all pools, as it does anyway
    #[arg(long, short, group = "owner", hide = true)]
    all: bool,
    /// Shows more columns
    #[arg(long, short)]
    long: bool,
    #[command(flatten)]
    watch: WatchArgs,
}

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    #[command(flatten)]
    owner: OwnerArgs,
    /// The provider that makes the machines
    #[arg(long)]
    provider_name: String,
    /// Provider-specific image
    #[arg(long)]
    image: String,
    /// Provider-specific size
    #[arg(long)]
    flavor: String,
    /// Labels of the runners, separated by commas
    #[arg(long, value_delimiter = ',', required = true)]
    tags: Vec<String>,
    /// Highest number of runners
    #[arg(long, default_value_t = 5)]
    max_runners: u32,
    /// Number of idle runners kept ready
    #[arg(long, default_value_t = 1)]
    min_idle_runners: u32,
    /// Operating system: linux or windows
    #[arg(long, default_value = "linux")]
    os_type: String,
    /// Architecture: amd64, arm64 or arm
    #[arg(long, default_value = "amd64")]
    os_arch: String,
    /// Prefix of runner names
    #[arg(long, default_value = "")]
    runner_prefix: String,
    /// Minutes that a runner may take to come up
    #[arg(long, default_value_t = 20)]
    runner_bootstrap_timeout: u64,
    /// Runner group at the forge
    #[arg(long, default_value = "")]
    runner_group: String,
    /// Priority: of several fitting pools the highest wins
    #[arg(long, default_value_t = 0)]
    priority: u32,
    /// Enables the pool: it makes runners at once
    #[arg(long)]
    enabled: bool,
    /// Lets the agent of a runner offer a shell (stored only: runners have no agent)
    #[arg(long)]
    enable_shell: bool,
    /// Name or number of the install template [default: the one that came with the program]
    #[arg(long)]
    runner_install_template: Option<String>,
    /// Holds the machine of a runner that failed for a look, one at a time: 30m, 2h
    #[arg(long, value_name = "DURATION", value_parser = whole_seconds)]
    keep_failed: Option<u64>,
    /// Runs a job again that lost its machine of this pool, at most N times for each run; 0 = not at all [default: as the entity says]
    #[arg(long, value_name = "N")]
    rerun_lost: Option<u32>,
    #[command(flatten)]
    specs: SpecsArgs,
}

/// A limit of the pool's own; -1 stands for that of its entity.
fn own_limit(text: &str) -> Result<i64, &'static str> {
    match text.trim() {
        "entity" => Ok(-1),
        text => text.parse::<u32>().map(i64::from).map_err(|_| "it is a number, or the word entity"),
    }
}

#[derive(Debug, Args)]
#[command(group = changes([
    "image", "flavor", "tags", "max_runners", "min_idle_runners", "os_type", "os_arch", "runner_prefix", "runner_bootstrap_timeout", "runner_group",
    "priority", "enabled", "enable_shell", "runner_install_template", "keep_failed", "rerun_lost", "extra_specs", "extra_specs_file",
]))]
pub(super) struct UpdateArgs {
    /// Id of the pool
    id: String,
    /// Provider-specific image
    #[arg(long)]
    image: Option<String>,
    /// Provider-specific size
    #[arg(long)]
    flavor: Option<String>,
    /// Labels of the runners, separated by commas
    #[arg(long, value_delimiter = ',')]
    tags: Option<Vec<String>>,
    /// Highest number of runners
    #[arg(long)]
    max_runners: Option<u32>,
    /// Number of idle runners kept ready
    #[arg(long)]
    min_idle_runners: Option<u32>,
    /// Operating system: linux or windows
    #[arg(long)]
    os_type: Option<String>,
    /// Architecture: amd64, arm64 or arm
    #[arg(long)]
    os_arch: Option<String>,
    /// Prefix of runner names
    #[arg(long)]
    runner_prefix: Option<String>,
    /// Minutes that a runner may take to come up
    #[arg(long)]
    runner_bootstrap_timeout: Option<u64>,
    /// Runner group at the forge
    #[arg(long)]
    runner_group: Option<String>,
    /// Priority: of several fitting pools the highest wins
    #[arg(long)]
    priority: Option<u32>,
    /// Whether the pool makes runners
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = yes_or_no)]
    enabled: Option<bool>,
    /// Whether the agent of a runner may offer a shell (stored only: runners have no agent)
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = yes_or_no)]
    enable_shell: Option<bool>,
    /// Name or number of the install template
    #[arg(long)]
    runner_install_template: Option<String>,
    /// Holds the machine of a runner that failed for a look, one at a time: 30m, 2h; 0 holds none, and lets go of one that is held
    #[arg(long, value_name = "DURATION", value_parser = whole_seconds)]
    keep_failed: Option<u64>,
    /// Runs a job again that lost its machine of this pool, at most N times for each run; 0 = not at all, `entity` = as the entity says
    #[arg(long, value_name = "N", value_parser = own_limit)]
    rerun_lost: Option<i64>,
    #[command(flatten)]
    specs: SpecsArgs,
}

impl PoolCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let (client, out) = (context.client()?, context.out);
        let pool = match self {
            Self::List(args) => {
                let (owner, columns) = (args.owner.find(&client).await?, columns(args.long));
                let list = async || match &owner {
                    Some((kind, id)) => client.entities(*kind).pools(id).await,
                    None => client.pools().list().await,
                };
                return args.watch.show(async || out.list_text(&list().await?, &columns)).await;
            }
            Self::Delete { id } => {
                // The API answers with success if there is no such pool; the user wants to know.
                client.pools().get(&id).await?;
                client.pools().delete(&id).await?;
                done("removed");
                return Ok(());
            }
            Self::Runner(command) => return command.run(context).await,
            Self::Rotate { id } => client.pools().rotate(&id).await?,
            Self::Show { id } => client.pools().get(&id).await?,
            Self::Add(args) => {
                let missing = || Error::new("a pool needs --repo, --org or --enterprise");
                let (kind, id) = args.owner.find(&client).await?.ok_or_else(missing)?;
                client.entities(kind).create_pool(&id, &args.params(&client).await?).await?
            }
            Self::Update(args) => client.pools().update(&args.id, &args.params(&client).await?).await?,
        };
        out.object(&pool, &fields(&pool))
    }
}

impl AddArgs {
    async fn params(&self, client: &Client) -> Result<CreatePoolParams, Error> {
        Ok(CreatePoolParams {
            runner_prefix: self.runner_prefix.clone(),
            provider_name: self.provider_name.clone(),
            max_runners: self.max_runners,
            min_idle_runners: self.min_idle_runners,
            image: self.image.clone(),
            flavor: self.flavor.clone(),
            os_type: self.os_type.clone(),
            os_arch: self.os_arch.clone(),
            tags: self.tags.clone(),
            enabled: self.enabled,
            runner_bootstrap_timeout: self.runner_bootstrap_timeout,
            extra_specs: self.specs.read()?,
            enable_shell: self.enable_shell,
            github_runner_group: self.runner_group.clone(),
            priority: self.priority,
            template_id: template_id(client, self.runner_install_template.as_deref()).await?,
            proxy_id: None,
            keep_failed_seconds: self.keep_failed.unwrap_or_default(),
            rerun_lost: self.rerun_lost,
        })
    }
}

impl UpdateArgs {
    async fn params(&self, client: &Client) -> Result<UpdatePoolParams, Error> {
        Ok(UpdatePoolParams {
            runner_prefix: self.runner_prefix.clone().unwrap_or_default(),
            tags: self.tags.clone(),
            enabled: self.enabled,
            max_runners: self.max_runners,
            min_idle_runners: self.min_idle_runners,
            runner_bootstrap_timeout: self.runner_bootstrap_timeout,
            image: self.image.clone().unwrap_or_default(),
            flavor: self.flavor.clone().unwrap_or_default(),
            os_type: self.os_type.clone().unwrap_or_default(),
            os_arch: self.os_arch.clone().unwrap_or_default(),
            extra_specs: self.specs.read()?,
            enable_shell: self.enable_shell,
            github_runner_group: self.runner_group.clone(),
            priority: self.priority,
            template_id: template_id(client, self.runner_install_template.as_deref()).await?,
            proxy_id: None,
            keep_failed_seconds: self.keep_failed,
            rerun_lost: self.rerun_lost,
        })
    }
}
