//! `garm repo webhook`, `garm org webhook`: the webhook that reports jobs to the server.

use clap::Subcommand;

use super::which::NameArgs;
use crate::api::{HookInfo, InstallWebhookParams};
use crate::cli::output::done;
use crate::cli::{Context, Error};
use crate::client::Client;
use crate::model::EntityKind;

/// Manages the webhook that reports jobs to the server.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum WebhookCommand {
    /// Makes the webhook at the forge
    Install {
        #[command(flatten)]
        of: NameArgs,
        /// Tells the forge not to check the server's certificate
        #[arg(long)]
        insecure: bool,
    },
    /// Shows the webhook, as the forge has it
    #[command(visible_alias = "get")]
    Show(NameArgs),
    /// Removes the webhook from the forge
    Uninstall(NameArgs),
}

impl WebhookCommand {
    pub(super) async fn run(self, context: &Context, kind: EntityKind) -> Result<(), Error> {
        if !matches!(kind, EntityKind::Repository | EntityKind::Organization) {
            return Err(Error::new(format!("the webhook of an {kind} can only be made by hand")).hint("the README says how"));
        }
        let (client, out) = (context.client()?, context.out);
        let entities = client.entities(kind);
        let hook = match &self {
            Self::Uninstall(of) => {
                entities.delete_webhook(&of.find(&client, kind).await?).await?;
                done("removed");
                return Ok(());
            }
            Self::Show(of) => entities.webhook(&of.find(&client, kind).await?).await?,
            Self::Install { of, insecure } => install(&client, kind, &of.find(&client, kind).await?, *insecure).await?,
        };
        out.object(&hook, &fields(&hook))
    }
}

pub(super) async fn install(client: &Client, kind: EntityKind, id: &str, insecure_ssl: bool) -> Result<HookInfo, Error> {
    let params = InstallWebhookParams { webhook_endpoint_type: "direct".to_owned(), insecure_ssl };
    Ok(client.entities(kind).install_webhook(id, &params).await?)
}

fn fields(hook: &HookInfo) -> [(&'static str, String); 5] {
    [
        ("ID", hook.id.to_string()),
        ("URL", hook.url.clone()),
        ("Events", hook.events.join(", ")),
        ("Active", hook.active.to_string()),
        ("Insecure SSL", hook.insecure_ssl.to_string()),
    ]
}
