//! `garm runner`: runners and their machines.

use clap::{Args, Subcommand};

use super::entity::OwnerArgs;
use super::output::{Column, done, field_of_lines, first_line, time};
use super::watch::{WatchArgs, until_gone};
use super::{Context, Error, names};
use crate::api::{Autopsy, Instance, Job};
use crate::client::{self, Client, Removal};
use crate::model::{PoolId, RunnerSetId, ScaleSetId};

/// Shows and removes runners and their machines.
#[derive(Debug, Subcommand)]
pub(super) enum RunnerCommand {
    /// Lists runners, of one pool or scale set, of one entity or all
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Shows a runner, with its messages; also one that failed and is gone
    #[command(visible_alias = "get")]
    Show {
        /// Name or id of the runner
        name: String,
    },
    /// Says why a runner is not made, not ready or not removed, and when it is probably ready
    Why {
        /// Name or id of the runner
        name: String,
    },
    /// Removes a runner and its machine
    #[command(visible_aliases = ["rm", "remove", "del"])]
    Delete(DeleteArgs),
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Id of a pool, or number or name of a scale set
    #[arg(group = "owner", value_name = "POOL|SCALE_SET")]
    set: Option<String>,
    #[command(flatten)]
    owner: OwnerArgs,
    /// Lists all runners, as it does anyway
    #[arg(long, short, group = "owner", hide = true)]
    all: bool,
    /// Lists runners that failed, with the cause; newest first, also those whose machines are gone
    #[arg(long)]
    failed: bool,
    /// Shows more columns: times and jobs
    #[arg(long, short)]
    long: bool,
    #[command(flatten)]
    watch: WatchArgs,
}

#[derive(Debug, Args)]
pub(super) struct DeleteArgs {
    /// Name or id of the runner
    name: String,
    #[command(flatten)]
    how: RemovalArgs,
    /// Waits until the runner is gone
    #[arg(long, short)]
    wait: bool,
}

/// Which refusals do not stop a removal.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct RemovalArgs {
    /// Forgets the runner even if the provider refuses to remove it; a runner with a job stays
    #[arg(long, short = 'f', visible_alias = "force")]
    force_remove_runner: bool,
    /// Removes the machine whatever the forge says, even under a job; the runner may stay at the forge
    #[arg(long, short = 'b')]
    bypass_github_unauthorized: bool,
}

impl RemovalArgs {
    /// Marks a runner for removal.
    pub(super) async fn remove(self, client: &Client, name: &str) -> Result<(), Error> {
        let how = Removal { force: self.force_remove_runner, bypass_unauthorized: self.bypass_github_unauthorized };
        match client.instances().delete(name, how).await {
            Ok(()) => Ok(()),
            Err(fault) => Err(names::with_closest(fault, name, client.instances().list(), |runner| &runner.name).await),
        }
    }
}

impl RunnerCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let (client, out) = (context.client()?, context.out);
        match self {
            Self::List(args) => {
                let (owner, columns) = (args.owner.find(&client).await?, columns(true, args.long));
                let set = match &args.set {
                    Some(given) => Some(set_named(&client, given).await?),
                    None => None,
                };
                if args.failed {
                    let columns = failed_columns(args.long);
                    let entity = owner.as_ref().map(|(_, id)| id.as_str());
                    let list = async || client.autopsies().list(entity, set).await;
                    return args.watch.show(async || out.list_text(&list().await?, &columns)).await;
                }
                let list = async || match (set, &owner) {
                    (Some(RunnerSetId::Pool(id)), _) => client.pools().instances(&id.to_string(), false).await,
                    (Some(RunnerSetId::ScaleSet(id)), _) => client.scale_sets().instances(id.0, false).await,
                    (None, Some((kind, id))) => client.entities(*kind).instances(id).await,
                    (None, None) => client.instances().list().await,
                };
                args.watch.show(async || out.list_text(&list().await?, &columns)).await
            }
            Self::Show { name } => match find(&client, &name).await? {
                Found::There(instance) => out.object(&instance, &fields(&instance)),
                Found::Gone(autopsy) => out.object(&autopsy, &failed_fields(&autopsy)),
            },
            Self::Why { name } => match find(&client, &name).await? {
                Found::There(instance) => out.object(&instance, &why_fields(&instance)),
                Found::Gone(autopsy) => {
                    let told = format!("it failed and is gone: {} ({})", autopsy.cause_explained, first_line(&autopsy.fault));
                    out.object(&autopsy, &[("Runner", autopsy.name.clone()), ("Why", told)])
                }
            },
            Self::Delete(args) => {
                args.how.remove(&client, &args.name).await?;
                if args.wait {
                    until_gone(&client, &args.name).await?;
                    done("gone");
                } else {
                    done("marked for removal");
                }
                Ok(())
            }
        }
    }
}

/// The pool with this id; anything else names a scale set, as in upstream's client.
async fn set_named(client: &Client, given: &str) -> Result<RunnerSetId, Error> {
    match given.trim().parse::<PoolId>() {
        Ok(id) => Ok(id.into()),
        Err(_) => Ok(ScaleSetId(names::scale_set(client, given).await?).into()),
    }
}

/// A runner, or what is known of one that failed.
enum Found {
    There(Box<Instance>),
    Gone(Box<Autopsy>),
}

async fn find(client: &Client, name: &str) -> Result<Found, Error> {
    let fault = match client.instances().get(name).await {
        Ok(instance) => return Ok(Found::There(Box::new(instance))),
        Err(fault) => fault,
    };
    if let client::Error::Refused { status: 404, .. } = fault
        && let Ok(autopsy) = client.autopsies().get(name).await
    {
        return Ok(Found::Gone(Box::new(autopsy)));
    }
    Err(names::with_closest(fault, name, client.instances().list(), |runner| &runner.name).await)
}

fn why_fields(instance: &Instance) -> Vec<(&'static str, String)> {
    let mut fields =
        vec![("Runner", instance.name.clone()), ("Status", instance.status.clone()), ("Runner Status", instance.runner_status.clone())];
    let told = instance.decision.iter().flat_map(|decision| &decision.told).flat_map(|sentence| sentence.lines());
    fields.extend(field_of_lines("Why", told));
    fields
}

fn of_job(instance: &Instance, shown: fn(&Job) -> String) -> String {
    instance.job.as_ref().map(shown).unwrap_or_default()
}

/// The pool or scale set of a runner, in upstream's words.
fn set_of(pool: &str, scale_set: i64) -> String {
    if pool.is_empty() { format!("Scale Set: {scale_set}") } else { format!("Pool: {pool}") }
}

/// The same as a field.
fn set_field(pool: &str, scale_set: i64) -> (&'static str, String) {
    if pool.is_empty() { ("Scale Set ID", scale_set.to_string()) } else { ("Pool ID", pool.to_owned()) }
}

pub(super) fn columns(with_pool: bool, long: bool) -> Vec<Column<Instance>> {
    let mut columns = vec![
        Column::place("Nr"),
        Column::text("Name", |instance: &Instance| instance.name.clone()),
        Column::text("Status", |instance| instance.status.clone()),
        Column::text("Runner Status", |instance| instance.runner_status.clone()),
    ];
    if with_pool {
        columns.push(Column::text("Pool / Scale Set", |instance| set_of(&instance.pool_id, instance.scale_set_id)));
    }
    if long {
        columns.extend([
            Column::text("Created At", |instance: &Instance| time(instance.created_at)),
            Column::text("Updated At", |instance| time(instance.updated_at)),
            Column::text("Job Name", |instance| of_job(instance, |job| job.name.clone())),
            Column::text("Started At", |instance| of_job(instance, |job| time(job.started_at))),
            Column::number("Run ID", |instance| of_job(instance, |job| job.run_id.to_string())),
            Column::text("Repository", |instance| of_job(instance, |job| format!("{}/{}", job.repository_owner, job.repository_name))),
        ]);
    }
    columns.push(Column::text("Why", |instance| first_line(&instance.why)));
    columns
}

/// The fields of a runner, in the order people know; ours at the end.
pub(super) fn fields(instance: &Instance) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("ID", instance.id.clone()),
        ("Created At", time(instance.created_at)),
        ("Updated At", time(instance.updated_at)),
        ("Provider ID", instance.provider_id.clone()),
        ("Name", instance.name.clone()),
        ("OS Type", instance.os_type.clone()),
        ("OS Architecture", instance.os_arch.clone()),
        ("OS Name", instance.os_name.clone()),
        ("OS Version", instance.os_version.clone()),
        ("Status", instance.status.clone()),
        ("Runner Status", instance.runner_status.clone()),
        ("Capabilities", format!("Shell: {}", instance.capabilities.has_shell)),
        set_field(&instance.pool_id, instance.scale_set_id),
    ];
    let addresses = instance.addresses.iter().map(|address| address.address.as_str());
    let messages = instance.status_messages.iter().map(|told| format!("{}: {}", told.created_at.to_short_string(), told.message));
    let fault = instance.provider_fault.as_ref().map(|fault| String::from_utf8_lossy(&fault.0).into_owned()).unwrap_or_default();
    fields.extend(field_of_lines("Addresses", addresses));
    fields.extend(field_of_lines("Provider Fault", fault.lines()));
    fields.extend(field_of_lines("Status Updates", messages));
    fields.extend(instance.job.as_ref().map(|job| ("Job", format!("{} ({})", job.name, job.status))));
    fields.extend(field_of_lines("Why", instance.why.lines()));
    fields.extend(instance.kept_until.map(|until| ("Kept Until", time(until))));
    if !instance.cause.is_empty() {
        fields.push(("Cause", format!("{} ({})", instance.cause, instance.cause_explained)));
    }
    if !instance.runner_version.is_empty() {
        fields.push(("Runner Version", instance.runner_version.clone()));
    }
    fields.extend(field_of_lines("Install Log", instance.install_log.lines()));
    fields
}

/// The columns of runners that failed.
fn failed_columns(long: bool) -> Vec<Column<Autopsy>> {
    let mut columns = vec![
        Column::text("Name", |failed: &Autopsy| failed.name.clone()),
        Column::text("Since", |failed| time(failed.failed_at)),
        Column::text("Pool / Scale Set", |failed| set_of(&failed.pool_id, failed.scale_set_id)),
        Column::text("Belongs to", |failed| failed.entity_name.clone()),
        Column::text("Cause", |failed| failed.cause.clone()),
    ];
    if long {
        columns.extend([
            Column::text("Created At", |failed: &Autopsy| time(failed.created_at)),
            Column::text("Provider", |failed| failed.provider_name.clone()),
            Column::text("Provider ID", |failed| failed.provider_id.clone()),
            Column::text("Job", |failed| failed.made_for.map(|number| number.to_string()).unwrap_or_default()),
            Column::text("Explained", |failed| failed.cause_explained.clone()),
        ]);
    }
    columns.push(Column::text("Words", |failed| first_line(if failed.fault.is_empty() { &failed.why } else { &failed.fault })));
    columns
}

/// The fields of a runner that failed and is gone.
fn failed_fields(failed: &Autopsy) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("ID", failed.id.clone()),
        ("Name", failed.name.clone()),
        ("Created At", time(failed.created_at)),
        ("Failed At", time(failed.failed_at)),
        ("Provider", failed.provider_name.clone()),
        ("Provider ID", failed.provider_id.clone()),
        set_field(&failed.pool_id, failed.scale_set_id),
        ("Belongs to", failed.entity_name.clone()),
    ];
    let messages = failed.status_messages.iter().map(|told| format!("{}: {}", told.created_at.to_short_string(), told.message));
    fields.extend(failed.made_for.map(|number| ("Made For Job", number.to_string())));
    fields.push(("Cause", format!("{} ({})", failed.cause, failed.cause_explained)));
    fields.extend(field_of_lines("Why", failed.why.lines()));
    fields.extend(field_of_lines("Fault", failed.fault.lines()));
    fields.extend(field_of_lines("Status Updates", messages));
    fields.extend(field_of_lines("Install Log", failed.install_log.lines()));
    fields
}
