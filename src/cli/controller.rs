//! `garm controller`: the settings of the installation.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Context, Error, changes, read_file};
use crate::api::{Base64, ControllerInfo, UpdateControllerParams};

/// The settings of the installation.
#[derive(Debug, Subcommand)]
pub(super) enum ControllerCommand {
    /// Shows the settings
    Show,
    /// Changes settings
    Update(Box<UpdateArgs>),
}

/// What to change.
#[derive(Debug, Args)]
#[command(group = changes([
    "metadata_url", "callback_url", "webhook_url", "minimum_job_age_backoff", "ca_cert_path", "clear_ca_cert_bundle",
]))]
pub(super) struct UpdateArgs {
    /// Metadata URL as runners reach it
    #[arg(long, short)]
    metadata_url: Option<String>,
    /// Callback URL as runners reach it
    #[arg(long, short)]
    callback_url: Option<String>,
    /// Webhook URL as forges reach it
    #[arg(long, short)]
    webhook_url: Option<String>,
    /// Seconds a job may wait for an idle runner that fits before another is made
    #[arg(long, short = 'b')]
    minimum_job_age_backoff: Option<u64>,
    /// PEM file that validates this server's certificate, for runners
    #[arg(long, conflicts_with = "clear_ca_cert_bundle")]
    ca_cert_path: Option<PathBuf>,
    /// Drops the stored certificates
    #[arg(long)]
    clear_ca_cert_bundle: bool,
}

impl ControllerCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let client = context.client()?;
        let info: ControllerInfo = match self {
            Self::Show => client.get("controller").await?,
            Self::Update(args) => {
                let params = UpdateControllerParams {
                    metadata_url: args.metadata_url,
                    callback_url: args.callback_url,
                    webhook_url: args.webhook_url,
                    minimum_job_age_backoff: args.minimum_job_age_backoff,
                    ca_cert_bundle: args.ca_cert_path.map(|path| read_file(&path)).transpose()?.map(Base64),
                    clear_ca_cert_bundle: args.clear_ca_cert_bundle.then_some(true),
                    ..UpdateControllerParams::default()
                };
                client.put("controller", &params).await?
            }
        };
        context.out.object(&info, &fields(&info))
    }
}

pub(super) fn fields(info: &ControllerInfo) -> Vec<(&'static str, String)> {
    vec![
        ("Controller ID", info.controller_id.clone()),
        ("Hostname", info.hostname.clone()),
        ("Metadata URL", info.metadata_url.clone()),
        ("Callback URL", info.callback_url.clone()),
        ("Webhook Base URL", info.webhook_url.clone()),
        ("Controller Webhook URL", info.controller_webhook_url.clone()),
        ("Agent URL", info.agent_url.clone()),
        ("Minimum Job Age Backoff", info.minimum_job_age_backoff.to_string()),
        ("CA Certificates", if info.ca_cert_bundle.is_some() { "set".into() } else { "not set".into() }),
        ("Version", info.version.clone()),
    ]
}
