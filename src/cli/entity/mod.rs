//! `garm repo`, `garm org`, `garm enterprise`: the entities that have runners.

mod args;
mod show;
mod webhook;
mod which;

use clap::{Args, Subcommand};

use self::args::{Balancer, Place, SecretArgs};
pub(super) use self::args::{NamePlace, RepositoryPlace};
use self::show::{columns, fields};
pub(super) use self::show::{name, per_run};
use self::webhook::WebhookCommand;
use self::which::NameArgs;
pub(super) use self::which::OwnerArgs;
use super::output::done;
use super::switches::yes_or_no;
use super::{Context, Error, changes};
use crate::api::{CreateEntityParams, Entity, Secret, UpdateEntityParams};
use crate::client::{Client, EntityFilter};
use crate::model::EntityKind;

/// The commands for entities of one kind; `P` has the arguments that name a new one.
#[derive(Debug, Subcommand)]
pub(super) enum EntityCommand<P: Place> {
    /// Lists them
    #[command(visible_alias = "ls")]
    List(ListArgs<P>),
    /// Shows one, with its last events
    #[command(visible_alias = "get")]
    Show(NameArgs),
    /// Adds one
    #[command(visible_alias = "create")]
    Add(AddArgs<P>),
    /// Changes one
    Update(UpdateArgs),
    /// Removes one that has no pools
    #[command(visible_aliases = ["rm", "remove", "del"])]
    Delete {
        #[command(flatten)]
        of: NameArgs,
        /// Leaves its webhook at the forge
        #[arg(long)]
        keep_webhook: bool,
    },
    /// Its webhook at the forge, where the server's configuration allows to manage it
    #[command(subcommand)]
    Webhook(WebhookCommand),
}

/// Which entities are listed.
#[derive(Debug, Args)]
pub(super) struct ListArgs<P: Place> {
    #[command(flatten)]
    place: P::Filter,
    /// Only those on this endpoint
    #[arg(long, short)]
    endpoint: Option<String>,
    /// Shows more columns: times of creation and change
    #[arg(long, short)]
    long: bool,
}

#[derive(Debug, Args)]
pub(super) struct AddArgs<P: Place> {
    #[command(flatten)]
    place: P,
    /// Name of the credentials
    #[arg(long)]
    credentials: String,
    /// Names of credentials of the same endpoint that share the calls with those, in turn
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    more_credentials: Vec<String>,
    #[command(flatten)]
    secret: SecretArgs,
    /// How jobs are spread over pools
    #[arg(long, value_enum, default_value = "roundrobin")]
    pool_balancer_type: Balancer,
    /// Makes the webhook at the forge, too, if the server's configuration allows it
    #[arg(long)]
    install_webhook: bool,
    /// The kind of forge that the credentials must be for: github
    #[arg(long, default_value = "", hide_default_value = true)]
    forge_type: String,
    /// Has runners install the agent (stored only: runners have no agent)
    #[arg(long)]
    agent_mode: bool,
    /// Runs a job again that lost its machine, at most N times for each run; 0 = not at all
    #[arg(long, value_name = "N", default_value_t = 0)]
    rerun_lost: u32,
    /// Runs at most so many jobs again in 24 hours that lost their machine [default: 100]
    #[arg(long, value_name = "N")]
    rerun_lost_per_day: Option<u32>,
}

#[derive(Debug, Args)]
#[command(group = changes(["credentials", "more_credentials", "webhook_secret", "random_webhook_secret", "pool_balancer_type", "agent_mode", "rerun_lost", "rerun_lost_per_day"]))]
pub(super) struct UpdateArgs {
    #[command(flatten)]
    of: NameArgs,
    /// Name of other credentials
    #[arg(long)]
    credentials: Option<String>,
    /// Names of credentials of the same endpoint that share the calls with those, in turn; "" = none
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    more_credentials: Option<Vec<String>>,
    #[command(flatten)]
    secret: SecretArgs,
    /// How long the webhook secret before a new one stays good, at most 720h; 0s = not at all
    #[arg(long, value_name = "DURATION", default_value = "24h")]
    webhook_secret_overlap: String,
    /// How jobs are spread over pools
    #[arg(long, value_enum)]
    pool_balancer_type: Option<Balancer>,
    /// Whether runners install the agent (stored only: runners have no agent)
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = yes_or_no)]
    agent_mode: Option<bool>,
    /// Runs a job again that lost its machine, at most N times for each run; 0 = not at all
    #[arg(long, value_name = "N")]
    rerun_lost: Option<u32>,
    /// Runs at most so many jobs again in 24 hours that lost their machine
    #[arg(long, value_name = "N")]
    rerun_lost_per_day: Option<u32>,
}

impl<P: Place> EntityCommand<P> {
    pub(super) async fn run(self, context: &Context, kind: EntityKind) -> Result<(), Error> {
        let (client, out) = (context.client()?, context.out);
        let entities = client.entities(kind);
        let entity = match self {
            Self::List(args) => {
                let [owner, name] = args.place.into();
                let filter = EntityFilter { owner, name, endpoint: args.endpoint };
                return out.list(&entities.list(&filter).await?, &columns(kind, args.long));
            }
            Self::Delete { of, keep_webhook } => {
                let id = of.find(&client, kind).await?;
                entities.delete(&id, keep_webhook).await?;
                done("removed");
                return Ok(());
            }
            Self::Webhook(command) => return command.run(context, kind).await,
            Self::Show(of) => entities.get(&of.find(&client, kind).await?).await?,
            Self::Add(args) => add(&client, kind, args).await?,
            Self::Update(args) => {
                let secret = args.secret.secret();
                let params = UpdateEntityParams {
                    credentials_name: args.credentials.unwrap_or_default(),
                    more_credentials: args.more_credentials.map(|names| if names == [""] { Vec::new() } else { names }),
                    webhook_secret: secret.clone().map(Secret).unwrap_or_default(),
                    webhook_secret_overlap: args.webhook_secret_overlap,
                    pool_balancer_type: args.pool_balancer_type.map(Balancer::word).unwrap_or_default(),
                    agent_mode: args.agent_mode,
                    rerun_lost: args.rerun_lost,
                    rerun_lost_per_day: args.rerun_lost_per_day,
                };
                let entity = entities.update(&args.of.find(&client, kind).await?, &params).await?;
                args.secret.show(secret.as_ref());
                entity
            }
        };
        out.object(&entity, &fields(kind, &entity))
    }
}

async fn add<P: Place>(client: &Client, kind: EntityKind, args: AddArgs<P>) -> Result<Entity, Error> {
    let secret = args.secret.secret();
    let missing = || Error::new("the webhook needs a secret").hint("--random-webhook-secret makes one and shows it");
    let (owner, name) = args.place.owner_and_name();
    let params = CreateEntityParams {
        owner,
        name,
        credentials_name: args.credentials,
        more_credentials: args.more_credentials,
        webhook_secret: Secret(secret.clone().ok_or_else(missing)?),
        pool_balancer_type: args.pool_balancer_type.word(),
        forge_type: args.forge_type,
        agent_mode: args.agent_mode,
        rerun_lost: args.rerun_lost,
        rerun_lost_per_day: args.rerun_lost_per_day,
        ..CreateEntityParams::default()
    };
    let entities = client.entities(kind);
    let entity = entities.create(&params).await?;
    args.secret.show(secret.as_ref());
    if !args.install_webhook {
        return Ok(entity);
    }
    // The entity is added all the same, and the hint says so.
    let installed = webhook::install(client, kind, &entity.id, false).await;
    installed.map_err(|fault| fault.hint(format!("{} was added; its webhook was not made", show::name(&entity))))?;
    Ok(entities.get(&entity.id).await?)
}
