//! `garm job`: which jobs wait or run, and why.

use clap::Subcommand;

use super::output::{Column, field_of_lines, first_line, time};
use super::watch::WatchArgs;
use super::{Context, Error};
use crate::api::Job;
use crate::client::Client;

/// The id of upstream that means "no entity".
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// Shows which jobs wait or run, and why.
#[derive(Debug, Subcommand)]
pub(super) enum JobCommand {
    /// Lists the jobs
    #[command(visible_alias = "ls")]
    List(WatchArgs),
    /// Shows a job
    #[command(visible_alias = "get")]
    Show {
        /// Number of the job, here or at the forge
        id: i64,
    },
    /// Says why a job waits
    Why {
        /// Number of the job, here or at the forge
        id: i64,
    },
}

impl JobCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let (client, out) = (context.client()?, context.out);
        match self {
            Self::List(watch) => {
                let columns = columns();
                watch.show(async || out.list_text(&client.jobs().list().await?, &columns)).await
            }
            Self::Show { id } => {
                let job = find(&client, id).await?;
                out.object(&job, &fields(&job))
            }
            Self::Why { id } => {
                let job = find(&client, id).await?;
                let why = match (job.status.as_str(), job.why.as_str()) {
                    ("completed", _) => format!("it is over ({})", job.conclusion),
                    (_, "") => "nothing was planned for it yet".to_owned(),
                    (_, why) => why.to_owned(),
                };
                let mut fields = vec![("Job", format!("{} ({})", job.name, job.workflow_job_id)), ("Status", job.status.clone())];
                fields.extend(field_of_lines("Why", why.lines()));
                out.object(&job, &fields)
            }
        }
    }
}

/// The forge's number comes before ours.
async fn find(client: &Client, id: i64) -> Result<Job, Error> {
    let jobs = client.jobs().list().await?;
    let at_forge: Vec<&Job> = jobs.iter().filter(|job| job.workflow_job_id == id).collect();
    if at_forge.len() > 1 {
        let each: Vec<String> = at_forge.iter().map(|job| format!("{} of {}", job.id, repository(job))).collect();
        return Err(Error::new(format!("several repositories have told of a job {id}: {}", each.join(", "))).hint("give the number here"));
    }
    let found = at_forge.first().copied().or_else(|| jobs.iter().find(|job| job.id == id));
    found.cloned().ok_or_else(|| Error::new(format!("there is no job {id} [404]")).hint("{garm} job list shows all"))
}

fn repository(job: &Job) -> String {
    format!("{}/{}", job.repository_owner, job.repository_name)
}

fn columns() -> [Column<Job>; 10] {
    [
        Column::number("Workflow Job ID", |job| job.workflow_job_id.to_string()),
        Column::text("Name", |job| job.name.clone()),
        Column::text("Status", |job| job.status.clone()),
        Column::text("Conclusion", |job| job.conclusion.clone()),
        Column::text("Runner Name", |job| job.runner_name.clone()),
        Column::text("Repository", repository),
        Column::text("Requested Labels", |job| job.labels.join(" ")),
        Column::text("Locked by", |job| if job.locked_by == NOBODY { String::new() } else { job.locked_by.clone() }),
        Column::text("Workflow job run URL", |job| job.workflow_run_url.clone()),
        Column::text("Why", |job| first_line(&job.why)),
    ]
}

fn fields(job: &Job) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("ID", job.id.to_string()),
        ("Workflow Job ID", job.workflow_job_id.to_string()),
        ("Run ID", job.run_id.to_string()),
        ("Name", job.name.clone()),
        ("Repository", repository(job)),
        ("Labels", job.labels.join(", ")),
        ("Status", job.status.clone()),
        ("Conclusion", job.conclusion.clone()),
        ("Runner", job.runner_name.clone()),
    ];
    fields.extend(field_of_lines("Why", if job.why.is_empty() { vec![""] } else { job.why.lines().collect() }));
    fields.extend([("Created At", time(job.created_at)), ("Started At", time(job.started_at)), ("Completed At", time(job.completed_at))]);
    fields
}
