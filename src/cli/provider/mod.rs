//! `garm provider`: who makes the machines.

mod show;

use clap::Subcommand;

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
}

impl ProviderCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        match self {
            Self::List => {
                let providers: Vec<Provider> = context.client()?.get("providers").await?;
                context.out.list(&providers, &["name", "type", "description"], |provider| {
                    vec![provider.name.clone(), provider.kind.clone(), provider.description.clone()]
                })
            }
            Self::Show { name } => show::show(context, &name).await,
        }
    }
}
