//! `garm provider`: who makes the machines.

use clap::Subcommand;

use super::{Context, Error};
use crate::api::Provider;

/// Who makes the machines.
#[derive(Debug, Subcommand)]
pub(super) enum ProviderCommand {
    /// Lists the providers of the server's configuration
    #[command(visible_alias = "ls")]
    List,
}

impl ProviderCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let Self::List = self;
        let providers: Vec<Provider> = context.client()?.get("providers").await?;
        context.out.list(&providers, &["name", "type", "description"], |provider| {
            vec![provider.name.clone(), provider.kind.clone(), provider.description.clone()]
        })
    }
}
