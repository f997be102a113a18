//! `garm pool`: how many runners of what kind.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::value::RawValue;

use super::output::time;
use super::{Context, Error, changes, entity, read_file};
use crate::api::{CreatePoolParams, Pool, UpdatePoolParams};
use crate::client::{Client, segment};
use crate::model::EntityKind;

/// How many runners of what kind.
#[derive(Debug, Subcommand)]
pub(super) enum PoolCommand {
    /// Lists pools, of one entity or all
    #[command(visible_alias = "ls")]
    List(OwnerArgs),
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
    /// Replaces idle runners by new ones, some at a time: after an image was renewed under its old name, say
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

/// Whose pools.
#[derive(Debug, Default, Args)]
#[group(multiple = false)]
pub(super) struct OwnerArgs {
    /// A repository: owner/name or id
    #[arg(long, short)]
    repo: Option<String>,
    /// An organization: name or id
    #[arg(long, short)]
    org: Option<String>,
    /// An enterprise: name or id
    #[arg(long, short)]
    enterprise: Option<String>,
    /// All pools
    #[arg(long, short)]
    all: bool,
}

impl OwnerArgs {
    /// The API path of the entity.
    async fn path(&self, client: &Client) -> Result<Option<String>, Error> {
        let (route, kind, name) = match (&self.repo, &self.org, &self.enterprise) {
            (Some(name), _, _) => ("repositories", EntityKind::Repository, name),
            (_, Some(name), _) => ("organizations", EntityKind::Organization, name),
            (_, _, Some(name)) => ("enterprises", EntityKind::Enterprise, name),
            _ => return Ok(None),
        };
        Ok(Some(format!("{route}/{}", entity::find(client, kind, name).await?)))
    }
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
    /// Upper bound of runners
    #[arg(long, default_value_t = 5)]
    max_runners: u32,
    /// Idle runners kept ready
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
    /// Minutes a runner may take to come up
    #[arg(long, default_value_t = 20)]
    runner_bootstrap_timeout: u64,
    /// Runner group at the forge
    #[arg(long, default_value = "")]
    runner_group: String,
    /// Higher wins when several pools fit
    #[arg(long, default_value_t = 0)]
    priority: u32,
    /// Makes runners at once
    #[arg(long)]
    enabled: bool,
    #[command(flatten)]
    specs: SpecsArgs,
}

/// The provider's own settings.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct SpecsArgs {
    /// JSON object for the provider
    #[arg(long)]
    extra_specs: Option<String>,
    /// File with a JSON object for the provider
    #[arg(long)]
    extra_specs_file: Option<PathBuf>,
}

impl SpecsArgs {
    fn read(&self) -> Result<Option<Box<RawValue>>, Error> {
        let text = match (&self.extra_specs, &self.extra_specs_file) {
            (Some(text), _) => text.clone(),
            (_, Some(path)) => String::from_utf8_lossy(&read_file(path)?).into_owned(),
            _ => return Ok(None),
        };
        RawValue::from_string(text.trim().to_owned()).map(Some).map_err(|fault| Error::from_fault("the extra specs are not JSON", &fault))
    }
}

#[derive(Debug, Args)]
#[command(group = changes([
    "image", "flavor", "tags", "max_runners", "min_idle_runners", "os_type", "os_arch", "runner_prefix", "runner_bootstrap_timeout", "runner_group",
    "priority", "enabled", "extra_specs", "extra_specs_file",
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
    /// Upper bound of runners
    #[arg(long)]
    max_runners: Option<u32>,
    /// Idle runners kept ready
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
    /// Minutes a runner may take to come up
    #[arg(long)]
    runner_bootstrap_timeout: Option<u64>,
    /// Runner group at the forge
    #[arg(long)]
    runner_group: Option<String>,
    /// Higher wins when several pools fit
    #[arg(long)]
    priority: Option<u32>,
    /// Whether runners are made
    #[arg(long, num_args = 0..=1, default_missing_value = "true")]
    enabled: Option<bool>,
    #[command(flatten)]
    specs: SpecsArgs,
}

impl PoolCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let (client, out) = (context.client()?, context.out);
        let pool: Pool = match self {
            Self::List(owner) => {
                let path = owner.path(&client).await?.map_or_else(|| "pools".to_owned(), |entity| format!("{entity}/pools"));
                let pools: Vec<Pool> = client.get(&path).await?;
                let header = ["id", "for", "tags", "provider", "image", "flavor", "min idle", "max", "enabled"];
                return out.list(&pools, &header, |pool| {
                    vec![
                        pool.id.clone(),
                        pool.entity_name().to_owned(),
                        tags(pool, ","),
                        pool.provider_name.clone(),
                        pool.image.clone(),
                        pool.flavor.clone(),
                        pool.min_idle_runners.to_string(),
                        pool.max_runners.to_string(),
                        pool.enabled.to_string(),
                    ]
                });
            }
            Self::Delete { id } => {
                let path = format!("pools/{}", segment(&id)?);
                // The API calls it a success when there is nothing to remove; who typed the id wants to know.
                let _there: Pool = client.get(&path).await?;
                client.delete(&path).await?;
                return out.done("removed");
            }
            Self::Rotate { id } => client.post(&format!("pools/{}/rotate", segment(&id)?), &serde_json::json!({})).await?,
            Self::Show { id } => client.get(&format!("pools/{}", segment(&id)?)).await?,
            Self::Add(args) => {
                let entity = args.owner.path(&client).await?.ok_or_else(|| Error::new("a pool needs --repo, --org or --enterprise"))?;
                let params = CreatePoolParams {
                    runner_prefix: args.runner_prefix,
                    provider_name: args.provider_name,
                    max_runners: args.max_runners,
                    min_idle_runners: args.min_idle_runners,
                    image: args.image,
                    flavor: args.flavor,
                    os_type: args.os_type,
                    os_arch: args.os_arch,
                    tags: args.tags,
                    enabled: args.enabled,
                    runner_bootstrap_timeout: args.runner_bootstrap_timeout,
                    extra_specs: args.specs.read()?,
                    enable_shell: false,
                    github_runner_group: args.runner_group,
                    priority: args.priority,
                    template_id: None,
                    proxy_id: None,
                };
                client.post(&format!("{entity}/pools"), &params).await?
            }
            Self::Update(args) => {
                let params = UpdatePoolParams {
                    runner_prefix: args.runner_prefix.unwrap_or_default(),
                    tags: args.tags,
                    enabled: args.enabled,
                    max_runners: args.max_runners,
                    min_idle_runners: args.min_idle_runners,
                    runner_bootstrap_timeout: args.runner_bootstrap_timeout,
                    image: args.image.unwrap_or_default(),
                    flavor: args.flavor.unwrap_or_default(),
                    os_type: args.os_type.unwrap_or_default(),
                    os_arch: args.os_arch.unwrap_or_default(),
                    extra_specs: args.specs.read()?,
                    enable_shell: None,
                    github_runner_group: args.runner_group,
                    priority: args.priority,
                    template_id: None,
                    proxy_id: None,
                };
                client.put(&format!("pools/{}", segment(&args.id)?), &params).await?
            }
        };
        out.object(&pool, &fields(&pool))
    }
}

fn tags(pool: &Pool, separator: &str) -> String {
    pool.tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>().join(separator)
}

fn fields(pool: &Pool) -> Vec<(&'static str, String)> {
    let runners: Vec<String> =
        pool.instances.iter().map(|instance| format!("{} ({}, {})", instance.name, instance.status, instance.runner_status)).collect();
    vec![
        ("ID", pool.id.clone()),
        ("Belongs To", pool.entity_name().to_owned()),
        ("Endpoint", pool.endpoint.name.clone()),
        ("Provider Name", pool.provider_name.clone()),
        ("Priority", pool.priority.to_string()),
        ("Image", pool.image.clone()),
        ("Flavor", pool.flavor.clone()),
        ("OS Type", pool.os_type.clone()),
        ("OS Architecture", pool.os_arch.clone()),
        ("Max Runners", pool.max_runners.to_string()),
        ("Min Idle Runners", pool.min_idle_runners.to_string()),
        ("Runner Bootstrap Timeout", format!("{} minutes", pool.runner_bootstrap_timeout)),
        ("Tags", tags(pool, ", ")),
        ("Enabled", pool.enabled.to_string()),
        ("Runner Prefix", pool.runner_prefix.clone()),
        ("GitHub Runner Group", pool.github_runner_group.clone()),
        ("Extra Specs", pool.extra_specs.as_ref().map(|specs| specs.get().to_owned()).unwrap_or_default()),
        ("Generation", pool.generation.to_string()),
        ("Runners", runners.join("\n")),
        ("Created At", time(pool.created_at)),
        ("Updated At", time(pool.updated_at)),
    ]
}
