//! `garm runner`: machines and the runners on them.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::output::{spinner, time};
use super::{Context, Error, entity};
use crate::api::Instance;
use crate::client::{self, Client, segment};
use crate::model::EntityKind;

/// Machines and the runners on them.
#[derive(Debug, Subcommand)]
pub(super) enum RunnerCommand {
    /// Lists runners, of one pool, of one entity or all
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Shows a runner, with what it said
    #[command(visible_alias = "get")]
    Show {
        /// Name or id of the runner
        name: String,
    },
    /// Removes a runner and its machine
    #[command(visible_aliases = ["rm", "remove", "del"])]
    Delete(DeleteArgs),
}

#[derive(Debug, Args)]
#[group(multiple = false)]
pub(super) struct ListArgs {
    /// Id of a pool
    pool: Option<String>,
    /// A repository: owner/name or id
    #[arg(long, short)]
    repo: Option<String>,
    /// An organization: name or id
    #[arg(long, short)]
    org: Option<String>,
    /// An enterprise: name or id
    #[arg(long, short)]
    enterprise: Option<String>,
    /// All runners
    #[arg(long, short)]
    all: bool,
}

#[derive(Debug, Args)]
pub(super) struct DeleteArgs {
    /// Name or id of the runner
    name: String,
    /// Forgets the runner even if provider or forge refuse to remove it
    #[arg(long, short, visible_alias = "force-remove-runner")]
    force: bool,
    /// Waits until it is gone
    #[arg(long, short)]
    wait: bool,
}

impl RunnerCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let (client, out) = (context.client()?, context.out);
        match self {
            Self::List(args) => {
                let instances: Vec<Instance> = client.get(&args.path(&client).await?).await?;
                out.list(&instances, &["name", "status", "runner status", "pool id", "why"], |instance| {
                    vec![
                        instance.name.clone(),
                        instance.status.clone(),
                        instance.runner_status.clone(),
                        instance.pool_id.clone(),
                        instance.why.clone(),
                    ]
                })
            }
            Self::Show { name } => {
                let instance: Instance = client.get(&format!("instances/{}", segment(&name)?)).await?;
                out.object(&instance, &fields(&instance))
            }
            Self::Delete(args) => {
                client.delete(&format!("instances/{}?forceRemove={}", segment(&args.name)?, args.force)).await?;
                if args.wait {
                    wait_until_gone(&client, &args.name).await?;
                    return out.done("gone");
                }
                out.done("marked for removal")
            }
        }
    }
}

impl ListArgs {
    async fn path(&self, client: &Client) -> Result<String, Error> {
        let (route, kind, name) = match (&self.pool, &self.repo, &self.org, &self.enterprise) {
            (Some(pool), _, _, _) => return Ok(format!("pools/{}/instances", segment(pool)?)),
            (_, Some(name), _, _) => ("repositories", EntityKind::Repository, name),
            (_, _, Some(name), _) => ("organizations", EntityKind::Organization, name),
            (_, _, _, Some(name)) => ("enterprises", EntityKind::Enterprise, name),
            _ => return Ok("instances".to_owned()),
        };
        Ok(format!("{route}/{}/instances", entity::find(client, kind, name).await?))
    }
}

async fn wait_until_gone(client: &Client, name: &str) -> Result<(), Error> {
    let progress = spinner(&format!("waiting until {name} is gone"));
    let path = format!("instances/{}", segment(name)?);
    loop {
        match client.get::<Instance>(&path).await {
            Err(client::Error::Refused { status: 404, .. }) => return Ok(()),
            Err(fault) => return Err(fault.into()),
            Ok(instance) => progress.set_message(format!("waiting until {name} is gone ({})", instance.status)),
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// The fields of a runner, in the order people know.
pub(super) fn fields(instance: &Instance) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("ID", instance.id.clone()),
        ("Provider ID", instance.provider_id.clone()),
        ("Name", instance.name.clone()),
        ("OS Type", instance.os_type.clone()),
        ("OS Architecture", instance.os_arch.clone()),
        ("OS Name", instance.os_name.clone()),
        ("OS Version", instance.os_version.clone()),
        ("Status", instance.status.clone()),
        ("Runner Status", instance.runner_status.clone()),
        ("Pool ID", instance.pool_id.clone()),
    ];
    let addresses: Vec<&str> = instance.addresses.iter().map(|address| address.address.as_str()).collect();
    let messages: Vec<String> =
        instance.status_messages.iter().map(|message| format!("{}: {}", time(message.created_at), message.message)).collect();
    let fault = instance.provider_fault.as_ref().map(|fault| String::from_utf8_lossy(&fault.0).into_owned()).unwrap_or_default();
    let job = instance.job.as_ref().map(|job| format!("{} ({})", job.name, job.status)).unwrap_or_default();
    let more = [
        ("Addresses", addresses.join("\n")),
        ("Job", job),
        ("Why", instance.why.clone()),
        ("Provider Fault", fault),
        ("Status Updates", messages.join("\n")),
    ];
    fields.extend(more.into_iter().filter(|(_, value)| !value.is_empty()));
    fields
}
