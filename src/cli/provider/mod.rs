//! `garm provider`: the providers, which make the machines.

mod check;
mod new;
mod report;
mod show;

use clap::Subcommand;

use super::output::Column;
use super::{Context, Error};
use crate::api::Provider;

/// Shows, checks and creates providers, which make the machines.
#[derive(Debug, Subcommand)]
pub(super) enum ProviderCommand {
    /// Lists the providers of the server's configuration
    #[command(visible_alias = "ls")]
    List,
    /// Shows a provider: its settings, its schemas, its calls
    #[command(visible_alias = "get")]
    Show {
        /// Name of the provider, as in the server's configuration
        name: String,
    },
    /// Checks a provider against the contract and says how to mend it; needs no server
    Check(Box<check::CheckArgs>),
    /// Writes a working provider to begin with, with marks where your cloud goes
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
