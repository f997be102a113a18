//! `garm repo`, `garm org`, `garm enterprise`: what has runners.

use clap::{Args, Subcommand, ValueEnum};

use super::output::time;
use super::{Context, Error, changes};
use crate::api::{CreateEntityParams, Entity, HookInfo, InstallWebhookParams, Secret, UpdateEntityParams};
use crate::client::Client;
use crate::crypto::random;
use crate::model::{EntityKind, SecretString, expose};

/// How long generated webhook secrets are.
const SECRET_LENGTH: usize = 64;

/// What can be done with entities of one kind; `P` says where a new one is.
#[derive(Debug, Subcommand)]
pub(super) enum EntityCommand<P: Args> {
    /// Lists them
    #[command(visible_alias = "ls")]
    List,
    /// Shows one, with what happened to it last
    #[command(visible_alias = "get")]
    Show {
        /// Name (owner/name for a repository) or id
        name: String,
    },
    /// Adds one
    #[command(visible_alias = "create")]
    Add(AddArgs<P>),
    /// Changes one
    Update(UpdateArgs),
    /// Removes one that has no pools
    #[command(visible_aliases = ["rm", "remove", "del"])]
    Delete {
        /// Name (owner/name for a repository) or id
        name: String,
        /// Leaves its webhook at the forge
        #[arg(long)]
        keep_webhook: bool,
    },
    /// Its webhook at the forge, where the server's configuration allows to manage it
    #[command(subcommand)]
    Webhook(WebhookCommand),
}

/// The webhook that tells the server of jobs.
#[derive(Debug, Subcommand)]
pub(super) enum WebhookCommand {
    /// Makes it at the forge
    Install {
        /// Name (owner/name for a repository) or id
        name: String,
        /// Has the forge not look at the server's certificate
        #[arg(long)]
        insecure: bool,
    },
    /// Shows it as the forge has it
    #[command(visible_alias = "get")]
    Show {
        /// Name (owner/name for a repository) or id
        name: String,
    },
    /// Removes it from the forge
    Uninstall {
        /// Name (owner/name for a repository) or id
        name: String,
    },
}

impl WebhookCommand {
    async fn run(self, context: &Context, kind: EntityKind) -> Result<(), Error> {
        if !matches!(kind, EntityKind::Repository | EntityKind::Organization) {
            return Err(Error::new(format!("the webhook of an {kind} can only be made by hand")).hint("the README says how"));
        }
        let (client, out) = (context.client()?, context.out);
        let path = async |name: &str| Ok::<_, Error>(format!("{}/{}/webhook", route(kind), find(&client, kind, name).await?));
        let hook: HookInfo = match &self {
            Self::Uninstall { name } => {
                client.delete(&path(name).await?).await?;
                return out.done("removed");
            }
            Self::Show { name } => client.get(&path(name).await?).await?,
            Self::Install { name, insecure } => install(&client, &path(name).await?, *insecure).await?,
        };
        out.object(&hook, &hook_fields(&hook))
    }
}

async fn install(client: &Client, path: &str, insecure_ssl: bool) -> Result<HookInfo, Error> {
    let params = InstallWebhookParams { webhook_endpoint_type: "direct".to_owned(), insecure_ssl };
    Ok(client.post(path, &params).await?)
}

fn hook_fields(hook: &HookInfo) -> Vec<(&'static str, String)> {
    vec![
        ("ID", hook.id.to_string()),
        ("URL", hook.url.clone()),
        ("Events", hook.events.join(", ")),
        ("Active", hook.active.to_string()),
        ("Insecure SSL", hook.insecure_ssl.to_string()),
    ]
}

/// Where a repository is.
#[derive(Debug, Args)]
pub(super) struct RepositoryPlace {
    /// Owner of the repository
    #[arg(long)]
    owner: String,
    /// Name of the repository
    #[arg(long)]
    name: String,
}

/// Where an organization or enterprise is.
#[derive(Debug, Args)]
pub(super) struct NamePlace {
    /// Its name
    #[arg(long)]
    name: String,
}

/// Says where a new entity is.
pub(super) trait Place: Args {
    fn owner_and_name(self) -> (String, String);
}

impl Place for RepositoryPlace {
    fn owner_and_name(self) -> (String, String) {
        (self.owner, self.name)
    }
}

impl Place for NamePlace {
    fn owner_and_name(self) -> (String, String) {
        (String::new(), self.name)
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Balancer {
    /// Each job goes to the next pool
    #[value(name = "roundrobin")]
    RoundRobin,
    /// Fill one pool before the next
    #[value(name = "pack")]
    Pack,
}

impl Balancer {
    fn word(self) -> String {
        match self {
            Self::RoundRobin => "roundrobin".to_owned(),
            Self::Pack => "pack".to_owned(),
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct AddArgs<P: Args> {
    #[command(flatten)]
    place: P,
    /// Name of the credentials
    #[arg(long)]
    credentials: String,
    #[command(flatten)]
    secret: SecretArgs,
    /// How jobs are spread over pools
    #[arg(long, value_enum, default_value = "roundrobin")]
    pool_balancer_type: Balancer,
    /// Makes the webhook at the forge, too, where the server's configuration allows it
    #[arg(long)]
    install_webhook: bool,
}

#[derive(Debug, Args)]
#[command(group = changes(["credentials", "webhook_secret", "random_webhook_secret", "pool_balancer_type"]))]
pub(super) struct UpdateArgs {
    /// Name (owner/name for a repository) or id
    name: String,
    /// Name of other credentials
    #[arg(long)]
    credentials: Option<String>,
    #[command(flatten)]
    secret: SecretArgs,
    /// How jobs are spread over pools
    #[arg(long, value_enum)]
    pool_balancer_type: Option<Balancer>,
}

/// What the forge signs its deliveries with.
#[derive(Debug, Args)]
struct SecretArgs {
    /// The secret of the webhook
    #[arg(long, env = "GARM_WEBHOOK_SECRET", hide_env_values = true, conflicts_with = "random_webhook_secret")]
    webhook_secret: Option<String>,
    /// Makes a secret and shows it once
    #[arg(long)]
    random_webhook_secret: bool,
}

impl SecretArgs {
    fn secret(&self) -> Option<SecretString> {
        if self.random_webhook_secret { Some(random::secret(SECRET_LENGTH)) } else { self.webhook_secret.clone().map(SecretString::from) }
    }

    fn show(&self, secret: Option<&SecretString>) {
        if let Some(secret) = secret.filter(|_| self.random_webhook_secret) {
            super::output::note(&format!("The webhook's secret, shown this once: {}", expose(secret)));
        }
    }
}

impl<P: Place> EntityCommand<P> {
    pub(super) async fn run(self, context: &Context, kind: EntityKind) -> Result<(), Error> {
        let (client, out) = (context.client()?, context.out);
        let entity: Entity = match self {
            Self::List => {
                let entities: Vec<Entity> = client.get(route(kind)).await?;
                let header = ["id", "name", "endpoint", "credentials", "balancer", "status"];
                return out.list(&entities, &header, |entity| {
                    vec![
                        entity.id.clone(),
                        name(entity),
                        entity.endpoint.name.clone(),
                        entity.credentials_name.clone(),
                        entity.pool_balancing_type.clone(),
                        status(entity),
                    ]
                });
            }
            Self::Delete { name, keep_webhook } => {
                let id = find(&client, kind, &name).await?;
                client.delete(&format!("{}/{id}?keepWebhook={keep_webhook}", route(kind))).await?;
                return out.done("removed");
            }
            Self::Webhook(command) => return command.run(context, kind).await,
            Self::Show { name } => client.get(&format!("{}/{}", route(kind), find(&client, kind, &name).await?)).await?,
            Self::Add(args) => {
                let secret = args.secret.secret();
                let missing = || Error::new("the webhook needs a secret").hint("--random-webhook-secret makes one and shows it");
                let (owner, name) = args.place.owner_and_name();
                let params = CreateEntityParams {
                    owner,
                    name,
                    credentials_name: args.credentials,
                    webhook_secret: Secret(secret.clone().ok_or_else(missing)?),
                    pool_balancer_type: args.pool_balancer_type.word(),
                    ..CreateEntityParams::default()
                };
                let entity: Entity = client.post(route(kind), &params).await?;
                args.secret.show(secret.as_ref());
                if args.install_webhook {
                    let installed = install(&client, &format!("{}/{}/webhook", route(kind), entity.id), false).await;
                    // It is added all the same, and what is printed says so.
                    installed
                        .map_err(|fault| fault.hint(format!("{} was added; its webhook was not made", super::entity::name(&entity))))?;
                }
                entity
            }
            Self::Update(args) => {
                let secret = args.secret.secret();
                let params = UpdateEntityParams {
                    credentials_name: args.credentials.unwrap_or_default(),
                    webhook_secret: secret.clone().map(Secret).unwrap_or_default(),
                    pool_balancer_type: args.pool_balancer_type.map(Balancer::word).unwrap_or_default(),
                    agent_mode: None,
                };
                let entity = client.put(&format!("{}/{}", route(kind), find(&client, kind, &args.name).await?), &params).await?;
                args.secret.show(secret.as_ref());
                entity
            }
        };
        out.object(&entity, &fields(&entity))
    }
}

const fn route(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Repository => "repositories",
        EntityKind::Organization => "organizations",
        EntityKind::Enterprise => "enterprises",
        EntityKind::Instance => "forge-instances",
    }
}

/// The id of an entity given by name or id.
pub(super) async fn find(client: &Client, kind: EntityKind, given: &str) -> Result<String, Error> {
    if let Ok(id) = uuid::Uuid::parse_str(given) {
        return Ok(id.to_string());
    }
    let entities: Vec<Entity> = client.get(route(kind)).await?;
    let mut found = entities.iter().filter(|entity| name(entity).eq_ignore_ascii_case(given));
    match (found.next(), found.next()) {
        (Some(entity), None) => Ok(entity.id.clone()),
        (Some(_), Some(_)) => Err(Error::new(format!("{given:?} is on several endpoints")).hint("use its id")),
        (None, _) => {
            Err(Error::new(format!("there is no {kind} {given:?}")).hint(closest(given, &entities.iter().map(name).collect::<Vec<_>>())))
        }
    }
}

/// The name nearest to what was typed, or how to see all.
pub(super) fn closest(given: &str, names: &[String]) -> String {
    let nearest = names.iter().min_by_key(|name| strsim::damerau_levenshtein(name, given));
    nearest.map_or_else(|| "none was added yet".to_owned(), |name| format!("did you mean {name}?"))
}

fn name(entity: &Entity) -> String {
    if entity.owner.is_empty() { entity.name.clone() } else { format!("{}/{}", entity.owner, entity.name) }
}

fn status(entity: &Entity) -> String {
    if entity.pool_manager_status.running { "ok".to_owned() } else { entity.pool_manager_status.failure_reason.clone() }
}

/// As [`status`], where the pools are known: nobody asks the forge about an entity that has none.
fn status_with_pools(entity: &Entity) -> String {
    if entity.pool_manager_status.running && entity.pool.is_empty() { "no pool yet".to_owned() } else { status(entity) }
}

fn fields(entity: &Entity) -> Vec<(&'static str, String)> {
    let events: Vec<String> =
        entity.events.iter().map(|event| format!("{} {}: {}", time(event.created_at), event.event_level, event.message)).collect();
    let pools: Vec<String> = entity.pool.iter().map(|pool| pool.id.clone()).collect();
    vec![
        ("ID", entity.id.clone()),
        ("Name", name(entity)),
        ("Endpoint", entity.endpoint.name.clone()),
        ("Credentials", entity.credentials_name.clone()),
        ("Pool Balancer Type", entity.pool_balancing_type.clone()),
        ("Status", status_with_pools(entity)),
        ("Pools", pools.join("\n")),
        ("Events", events.join("\n")),
        ("Created At", time(entity.created_at)),
        ("Updated At", time(entity.updated_at)),
    ]
}
