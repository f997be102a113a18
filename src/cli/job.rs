//! `garm job`: which jobs wait or run, and why.

use clap::{Args, Subcommand};

use super::entity::OwnerArgs;
use super::output::{Column, field_of_lines, first_line, time};
use super::watch::WatchArgs;
use super::{Context, Error};
use crate::api::Job;
use crate::client::{Client, JobFilter};

/// The id of upstream that means "no entity".
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

/// Shows which jobs wait or run, and why.
#[derive(Debug, Subcommand)]
pub(super) enum JobCommand {
    /// Lists the jobs
    #[command(visible_alias = "ls")]
    List(Box<ListArgs>),
    /// Shows a job
    #[command(visible_alias = "get")]
    Show {
        /// Number of the job, here or at the forge
        id: i64,
    },
    /// Says why a job waits, its place in line, and when it will probably begin
    Why {
        /// Number of the job, here or at the forge
        id: i64,
    },
}

/// Which jobs are listed.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Lists the jobs that no pool fits so far; they are kept for a day
    #[arg(long)]
    unmatched: bool,
    #[arg(long, help = "Only jobs that stand so: queued, in_progress or completed")]
    status: Option<String>,
    #[command(flatten)]
    owner: OwnerArgs,
    /// Only jobs that this pool fits (id)
    #[arg(long)]
    pool: Option<String>,
    /// Only jobs that ask for this label
    #[arg(long)]
    label: Option<String>,
    /// Only jobs that were queued then or later: a time (RFC 3339), or a duration such as 90m
    #[arg(long)]
    since: Option<String>,
    /// At most so many jobs
    #[arg(long)]
    limit: Option<u32>,
    /// Begins behind this job, the last one of the page before (number here or at the forge)
    #[arg(long, value_name = "JOB")]
    after: Option<i64>,
    #[command(flatten)]
    watch: WatchArgs,
}

impl ListArgs {
    async fn filter(&self, client: &Client) -> Result<JobFilter, Error> {
        let after = match self.after {
            Some(id) => Some(find(client, id).await?.id.to_string()),
            None => None,
        };
        Ok(JobFilter {
            unmatched: self.unmatched.then(|| "only".to_owned()),
            status: self.status.clone(),
            entity: self.owner.find(client).await?.map(|(_, id)| id),
            pool: self.pool.clone(),
            label: self.label.clone(),
            since: self.since.clone(),
            workflow_job_id: None,
            limit: self.limit.map(|limit| limit.to_string()),
            after,
        })
    }
}

impl JobCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let (client, out) = (context.client()?, context.out);
        match self {
            Self::List(args) => {
                let (columns, filter) = (columns(), args.filter(&client).await?);
                args.watch.show(async || out.list_text(&client.jobs().list(&filter).await?, &columns)).await
            }
            Self::Show { id } => {
                let job = find(&client, id).await?;
                out.object(&job, &fields(&job))
            }
            Self::Why { id } => {
                let job = find(&client, id).await?;
                let mut fields = vec![("Job", format!("{} ({})", job.name, job.workflow_job_id)), ("Status", job.status.clone())];
                fields.extend(field_of_lines("Why", why(&job).iter().map(String::as_str)));
                out.object(&job, &fields)
            }
        }
    }
}

/// The answer in sentences, at least one.
fn why(job: &Job) -> Vec<String> {
    if job.status == "completed" {
        let lost = job.loss.iter().map(|loss| loss.told.clone());
        return std::iter::once(format!("it is over ({})", job.conclusion)).chain(lost).collect();
    }
    let told = job.decision.as_ref().map(|decision| &decision.told).filter(|told| !told.is_empty());
    told.map_or_else(
        || vec![if job.why.is_empty() { "nothing was planned for it yet".to_owned() } else { job.why.clone() }],
        |told| told.iter().flat_map(|sentence| sentence.lines()).map(ToOwned::to_owned).collect(),
    )
}

/// The job with the decision about it. The forge's number comes before ours.
async fn find(client: &Client, id: i64) -> Result<Job, Error> {
    let also = JobFilter { unmatched: Some("also".to_owned()), ..JobFilter::default() };
    let numbered = client.jobs().list(&JobFilter { workflow_job_id: Some(id.to_string()), ..also.clone() }).await?;
    let at_forge: Vec<&Job> = numbered.iter().filter(|job| job.workflow_job_id == id).collect();
    if at_forge.len() > 1 {
        let each: Vec<String> = at_forge.iter().map(|job| format!("{} of {}", job.id, repository(job))).collect();
        return Err(Error::new(format!("several repositories have told of a job {id}: {}", each.join(", "))).hint("give the number here"));
    }
    let found = match at_forge.first() {
        Some(job) => Some((*job).clone()),
        None => client.jobs().list(&also).await?.into_iter().find(|job| job.id == id),
    };
    let hint = "{garm} job list shows those that a pool fits, and {garm} job list --unmatched the others";
    let found = found.ok_or_else(|| Error::new(format!("there is no job {id} [404]")).hint(hint))?;
    Ok(client.jobs().get(found.id).await?)
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
        ("Run Attempt", if job.run_attempt == 0 { String::new() } else { job.run_attempt.to_string() }),
        ("Name", job.name.clone()),
        ("Repository", repository(job)),
        ("Labels", job.labels.join(", ")),
        ("Status", job.status.clone()),
        ("Conclusion", job.conclusion.clone()),
        ("Runner", job.runner_name.clone()),
    ];
    let over = job.status == "completed";
    let told = if over { job.why.lines().map(ToOwned::to_owned).collect() } else { why(job) };
    fields.extend(field_of_lines("Why", if told.is_empty() { vec![""] } else { told.iter().map(String::as_str).collect() }));
    if let Some(loss) = &job.loss {
        fields.push(("Lost", loss.told.clone()));
    }
    fields.extend([("Created At", time(job.created_at)), ("Started At", time(job.started_at)), ("Completed At", time(job.completed_at))]);
    fields
}
