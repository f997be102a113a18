//! `garm scaleset`: scale sets, which a service of the forge assigns jobs to.

mod args;
mod show;

use clap::{Args, Subcommand};

use self::args::{AddArgs, ScaleSetArgs, UpdateArgs};
use self::show::{columns, fields};
use super::entity::OwnerArgs;
use super::output::done;
use super::sets::RunnersCommand;
use super::watch::WatchArgs;
use super::{Context, Error};
use crate::api::ScaleSet;
use crate::client::Error as Fault;

/// Manages scale sets: the forge assigns jobs to each, over a connection that the server opens.
#[derive(Debug, Subcommand)]
pub(super) enum ScaleSetCommand {
    /// Lists scale sets, of one entity or all
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Shows a scale set
    #[command(visible_alias = "get")]
    Show(ScaleSetArgs),
    /// Makes a scale set, here and at the forge
    #[command(visible_alias = "create")]
    Add(Box<AddArgs>),
    /// Changes a scale set
    Update(Box<UpdateArgs>),
    /// Lists or replaces the runners of a scale set
    #[command(subcommand)]
    Runner(RunnersCommand<ScaleSetArgs>),
    /// Replaces idle runners by new ones, some at a time; useful after an image was renewed under its old name
    Rotate(ScaleSetArgs),
    /// Removes a scale set without runners, here and at the forge; it must be disabled before
    #[command(visible_aliases = ["rm", "remove", "del"])]
    Delete {
        #[command(flatten)]
        of: ScaleSetArgs,
        /// Removes it here also if the forge fails or refuses; it may stay there
        #[arg(long, short)]
        force: bool,
    },
}

/// Which scale sets are listed.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    owner: OwnerArgs,
    /// Lists all scale sets, as it does anyway
    #[arg(long, short, group = "owner", hide = true)]
    all: bool,
    #[command(flatten)]
    watch: WatchArgs,
}

impl ScaleSetCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let (client, out) = (context.client()?, context.out);
        let set = match self {
            Self::List(args) => {
                let (owner, columns) = (args.owner.find(&client).await?, columns());
                let list = async || -> Result<Vec<ScaleSet>, Fault> {
                    match &owner {
                        Some((kind, id)) => client.scale_sets().of_entity(*kind, id).await,
                        None => client.scale_sets().list().await,
                    }
                };
                return args.watch.show(async || out.list_text(&list().await?, &columns)).await;
            }
            Self::Delete { of, force } => {
                // The API answers with success if there is no such scale set; the user wants to know.
                let number = of.number(&client).await?;
                client.scale_sets().get(number).await?;
                client.scale_sets().delete(number, force).await?;
                done("removed");
                return Ok(());
            }
            Self::Runner(command) => return command.run(context).await,
            Self::Rotate(of) => client.scale_sets().rotate(of.number(&client).await?).await?,
            Self::Show(of) => client.scale_sets().get(of.number(&client).await?).await?,
            Self::Add(args) => {
                let missing = || Error::new("a scale set needs --repo, --org or --enterprise");
                let (kind, id) = args.owner.find(&client).await?.ok_or_else(missing)?;
                client.scale_sets().create(kind, &id, &args.params(&client).await?).await?
            }
            Self::Update(args) => {
                let number = args.of.number(&client).await?;
                client.scale_sets().update(number, &args.params(&client).await?).await?
            }
        };
        out.object(&set, &fields(&set))
    }
}
