//! `garm controller`: the settings of the installation.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::output::field_of_lines;
use super::switches::yes_or_no;
use super::{Context, Error, changes, read_file};
use crate::api::{Base64, ControllerInfo, UpdateControllerParams};
use crate::model::values;

/// Shows and changes the settings of the installation.
#[derive(Debug, Subcommand)]
pub(super) enum ControllerCommand {
    /// Shows the settings
    Show,
    /// Changes settings
    Update(Box<UpdateArgs>),
}

/// The settings to change.
#[derive(Debug, Args)]
#[command(group = changes([
    "metadata_url", "callback_url", "webhook_url", "agent_url", "minimum_job_age_backoff", "ca_bundle", "clear_ca_bundle", "garm_tools_url",
    "enable_tools_sync", "garm_agent_version", "allow_insecure_agent",
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
    /// URL that agents connect to (stored only: runners have no agent)
    #[arg(long, short = 'g')]
    agent_url: Option<String>,
    /// Seconds that a job waits for a fitting idle runner before a new one is made
    #[arg(long, short = 'b')]
    minimum_job_age_backoff: Option<u64>,
    /// PEM file that validates this server's certificate, for runners
    #[arg(long, visible_alias = "ca-cert-path", conflicts_with = "clear_ca_bundle")]
    ca_bundle: Option<PathBuf>,
    /// Removes the stored certificates
    #[arg(long)]
    clear_ca_bundle: bool,
    /// URL of the list of agent releases (stored only: runners have no agent)
    #[arg(long, short = 't')]
    garm_tools_url: Option<String>,
    /// Whether the server downloads agents (stored only: runners have no agent)
    #[arg(long, short = 's', num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = yes_or_no)]
    enable_tools_sync: Option<bool>,
    /// Version of the agent: latest, or one such as v1.2.3 (stored only: runners have no agent)
    #[arg(long, value_parser = values::agent_version)]
    garm_agent_version: Option<String>,
    /// Whether agents may use plain http (stored only: runners have no agent)
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = yes_or_no)]
    allow_insecure_agent: Option<bool>,
}

impl ControllerCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let client = context.client()?;
        let info = match self {
            Self::Show => client.controller().await?,
            Self::Update(args) => {
                let params = UpdateControllerParams {
                    metadata_url: args.metadata_url,
                    callback_url: args.callback_url,
                    webhook_url: args.webhook_url,
                    agent_url: args.agent_url,
                    garm_agent_releases_url: args.garm_tools_url,
                    enable_agent_tools_sync: args.enable_tools_sync,
                    garm_agent_version: args.garm_agent_version,
                    allow_insecure_garm_agent: args.allow_insecure_agent,
                    minimum_job_age_backoff: args.minimum_job_age_backoff,
                    ca_cert_bundle: args.ca_bundle.map(|path| read_file(&path)).transpose()?.map(Base64),
                    clear_ca_cert_bundle: args.clear_ca_bundle.then_some(true),
                };
                client.update_controller(&params).await?
            }
        };
        context.out.object(&info, &fields(&info))
    }
}

pub(super) fn fields(info: &ControllerInfo) -> Vec<(&'static str, String)> {
    let or = |text: &str, otherwise: &str| if text.is_empty() { otherwise.to_owned() } else { text.to_owned() };
    let mut fields = vec![("Controller ID", info.controller_id.clone())];
    if !info.hostname.is_empty() {
        fields.push(("Hostname", info.hostname.clone()));
    }
    fields.extend([
        ("Metadata URL", info.metadata_url.clone()),
        ("Callback URL", info.callback_url.clone()),
        ("Webhook Base URL", or(&info.webhook_url, "N/A")),
        ("Controller Webhook URL", or(&info.controller_webhook_url, "N/A")),
        ("Agent URL", info.agent_url.clone()),
        ("GARM agent tools sync URL", info.garm_agent_releases_url.clone()),
        ("Tools sync enabled", info.enable_agent_tools_sync.to_string()),
        ("GARM agent version", or(&info.garm_agent_version, "latest")),
        ("Allow insecure agent", info.allow_insecure_garm_agent.to_string()),
        ("Minimum Job Age Backoff", info.minimum_job_age_backoff.to_string()),
        ("Version", info.version_of_server().to_owned()),
    ]);
    if let Some(bundle) = &info.ca_cert_bundle {
        fields.extend(field_of_lines("CA Cert Bundle", String::from_utf8_lossy(&bundle.0).lines()));
    }
    fields
}
