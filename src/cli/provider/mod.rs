//! `garm provider`: who makes the machines.

mod check;
mod new;
mod report;
mod show;

use clap::Subcommand;

use super::output::Column;
use super::{Context, Error};
use crate::api::Provider;

/// Who makes the machines.
#[derive(Debug, Subcommand)]
pub(super) enum ProviderCommand {
    /// Lists the providers of the server's configuration
    #[command(visible_alias = "ls")]
    List,
    /// Shows a provider: how it is called, what it accepts, how its calls went
    #[command(visible_alias = "get")]
    Show {
        /// Name of the provider, as in the server's configuration
        name: String,
    },
    /// Holds a provider to the contract and says what is wrong and how to mend it; needs no server
    Check(Box<check::CheckArgs>),
    /// Writes a provider to begin with: it works, and shows where your cloud goes
    New(new::NewArgs),
}

impl ProviderCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        match self {
            Self::List => list(context).await,
            Self::Show { name } => show::show(context, &name).await,
            Self::Check(args) => args.run(context).await,
            Self::New(args) => args.run(context),
        }
    }
}

async fn list(context: &Context) -> Result<(), Error> {
    let providers = context.client()?.providers().list().await?;
    let columns = [
        Column::text("Name", |provider: &Provider| provider.name.clone()),
        Column::text("Description", |provider| provider.description.clone()),
        Column::text("Type", |provider| provider.kind.clone()),
    ];
    context.out.list(&providers, &columns)
}
