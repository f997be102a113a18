//! `garm job`: what waits, what runs, and why.

use clap::Subcommand;

use super::output::time;
use super::{Context, Error};
use crate::api::Job;

/// What waits, what runs, and why.
#[derive(Debug, Subcommand)]
pub(super) enum JobCommand {
    /// Lists the jobs
    #[command(visible_alias = "ls")]
    List,
    /// Shows a job
    #[command(visible_alias = "get")]
    Show {
        /// Number of the job, here or at the forge
        id: i64,
    },
    /// Says what a job waits for
    Why {
        /// Number of the job, here or at the forge
        id: i64,
    },
}

impl JobCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let (client, out) = (context.client()?, context.out);
        let jobs: Vec<Job> = client.get("jobs").await?;
        let find = |id: i64| {
            let found = jobs.iter().find(|job| job.workflow_job_id == id).or_else(|| jobs.iter().find(|job| job.id == id));
            found.ok_or_else(|| Error::new(format!("there is no job {id}")).hint("garm job list shows which there are"))
        };
        match self {
            Self::List => out.list(&jobs, &["id", "workflow job", "name", "repository", "labels", "status", "runner", "why"], |job| {
                vec![
                    job.id.to_string(),
                    job.workflow_job_id.to_string(),
                    job.name.clone(),
                    format!("{}/{}", job.repository_owner, job.repository_name),
                    job.labels.join(","),
                    if job.conclusion.is_empty() { job.status.clone() } else { format!("{} ({})", job.status, job.conclusion) },
                    job.runner_name.clone(),
                    job.why.clone(),
                ]
            }),
            Self::Show { id } => {
                let job = find(id)?;
                out.object(job, &fields(job))
            }
            Self::Why { id } => {
                let job = find(id)?;
                let why = match (job.status.as_str(), job.why.as_str()) {
                    ("completed", _) => format!("it is over ({})", job.conclusion),
                    (_, "") => "nothing was planned for it yet".to_owned(),
                    (_, why) => why.to_owned(),
                };
                out.object(job, &[("Job", format!("{} ({})", job.name, job.workflow_job_id)), ("Status", job.status.clone()), ("Why", why)])
            }
        }
    }
}

fn fields(job: &Job) -> Vec<(&'static str, String)> {
    vec![
        ("ID", job.id.to_string()),
        ("Workflow Job ID", job.workflow_job_id.to_string()),
        ("Run ID", job.run_id.to_string()),
        ("Name", job.name.clone()),
        ("Repository", format!("{}/{}", job.repository_owner, job.repository_name)),
        ("Labels", job.labels.join(", ")),
        ("Status", job.status.clone()),
        ("Conclusion", job.conclusion.clone()),
        ("Runner", job.runner_name.clone()),
        ("Why", job.why.clone()),
        ("Created At", time(job.created_at)),
        ("Started At", time(job.started_at)),
        ("Completed At", time(job.completed_at)),
    ]
}
