//! What the fake forge knows: targets, jobs, runners, hooks, deliveries. Plain values, read by tests and by `garm demo`.

use std::fmt;
use std::time::Duration;

use axum::body::Bytes;
use uuid::Uuid;

use crate::model::{JobStatus, SecretString, words};
use crate::time::Timestamp;

/// Where runners, hooks and runner groups belong. Equality ignores case, as the forge does.
#[derive(Clone, Debug, Eq)]
pub enum Target {
    /// One repository.
    Repository {
        /// Login of the user or organization it belongs to.
        owner: String,
        /// Its name without the owner.
        name: String,
    },
    /// An organization, by login.
    Organization(String),
    /// An enterprise, by slug.
    Enterprise(String),
}

impl Target {
    /// A repository.
    #[must_use]
    pub fn repository(owner: &str, name: &str) -> Self {
        Self::Repository { owner: owner.to_owned(), name: name.to_owned() }
    }

    /// An organization.
    #[must_use]
    pub fn organization(login: &str) -> Self {
        Self::Organization(login.to_owned())
    }

    /// An enterprise.
    #[must_use]
    pub fn enterprise(slug: &str) -> Self {
        Self::Enterprise(slug.to_owned())
    }

    /// The word of the header `X-GitHub-Hook-Installation-Target-Type`; an enterprise is called `business` there.
    #[must_use]
    pub const fn hook_type(&self) -> &'static str {
        match self {
            Self::Repository { .. } => "repository",
            Self::Organization(_) => "organization",
            Self::Enterprise(_) => "business",
        }
    }

    /// The path of its page at the forge, which is also what a runner is registered with: `o/n`, `o`, `enterprises/e`.
    #[must_use]
    pub fn web_path(&self) -> String {
        match self {
            Self::Repository { owner, name } => format!("{owner}/{name}"),
            Self::Organization(login) => login.clone(),
            Self::Enterprise(slug) => format!("enterprises/{slug}"),
        }
    }

    /// Its place in the REST API: `repos/o/n`, `orgs/o`, `enterprises/e`.
    #[must_use]
    pub fn api_path(&self) -> String {
        match self {
            Self::Repository { owner, name } => format!("repos/{owner}/{name}"),
            Self::Organization(login) => format!("orgs/{login}"),
            Self::Enterprise(slug) => format!("enterprises/{slug}"),
        }
    }

    /// Reads the path of a page, as a runner gets it with `--url`.
    #[must_use]
    pub fn from_web_path(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        match parts[..] {
            ["enterprises", slug] => Some(Self::enterprise(slug)),
            [owner, name] => Some(Self::repository(owner, name)),
            [login] => Some(Self::organization(login)),
            _ => None,
        }
    }
}

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Repository { owner, name }, Self::Repository { owner: other_owner, name: other_name }) => {
                owner.eq_ignore_ascii_case(other_owner) && name.eq_ignore_ascii_case(other_name)
            }
            (Self::Organization(one), Self::Organization(other)) | (Self::Enterprise(one), Self::Enterprise(other)) => {
                one.eq_ignore_ascii_case(other)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.api_path())
    }
}

/// A user or an organization.
#[derive(Clone, Debug)]
pub struct Owner {
    /// Number at the forge.
    pub id: i64,
    /// Login, spelled as first seen.
    pub login: String,
    /// Whether anything has spoken of it as an organization.
    pub is_organization: bool,
}

/// A repository.
#[derive(Clone, Debug)]
pub struct Repository {
    /// Number at the forge.
    pub id: i64,
    /// Login of its owner.
    pub owner: String,
    /// Name without the owner.
    pub name: String,
    /// When it was first spoken of.
    pub created_at: Timestamp,
}

/// An enterprise.
#[derive(Clone, Debug)]
pub struct Enterprise {
    /// Number at the forge.
    pub id: i64,
    /// Slug, spelled as first seen.
    pub slug: String,
    /// When it was first spoken of.
    pub created_at: Timestamp,
    /// Logins of its organizations.
    pub(super) organizations: Vec<String>,
}

/// The runner group that everything has.
pub const DEFAULT_GROUP: i64 = 1;

/// A runner group.
#[derive(Clone, Debug)]
pub struct RunnerGroup {
    /// Number at the forge; 1 is the default group that everything has.
    pub id: i64,
    /// Name.
    pub name: String,
    /// The organization or enterprise it belongs to; `None` = the default group.
    pub target: Option<Target>,
}

/// A label of a runner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Number at the forge.
    pub id: i64,
    /// Text.
    pub name: String,
    /// `false` for the labels `config.sh` adds by itself.
    pub custom: bool,
}

/// A registered runner.
#[derive(Clone, Debug)]
pub struct Runner {
    /// Number at the forge.
    pub id: i64,
    /// Name, unique within the target.
    pub name: String,
    /// What it is registered with.
    pub target: Target,
    /// What jobs it may take.
    pub labels: Vec<Label>,
    /// Whether it takes one job and is then removed.
    pub ephemeral: bool,
    /// Its runner group.
    pub group_id: i64,
    /// Whether it was made by a JIT configuration rather than by a registration token.
    pub jit: bool,
    /// The job it has been given.
    pub job: Option<i64>,
    /// Version of the runner software; known once it has connected.
    pub version: Option<String>,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// When it first connected.
    pub connected_at: Option<Timestamp>,
    pub(super) secret: String,
    pub(crate) session: Option<Session>,
    pub(super) spent: bool,
}

impl Runner {
    /// Whether it is connected.
    #[must_use]
    pub const fn online(&self) -> bool {
        self.session.is_some()
    }

    /// Whether it has a job, which it may not yet have begun.
    #[must_use]
    pub const fn busy(&self) -> bool {
        self.job.is_some()
    }

    /// Whether it has all of `wanted`, without regard to case.
    #[must_use]
    pub fn has_labels(&self, wanted: &[String]) -> bool {
        wanted.iter().all(|want| self.labels.iter().any(|label| label.name.eq_ignore_ascii_case(want)))
    }
}

/// The connection of a runner.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: i64,
    /// Long polls that are open now; while there is one, the runner is known to be there.
    pub(super) polls: u32,
    pub(super) seen_at: Timestamp,
    /// Rung when the runner has been given a job or has been removed.
    pub(super) bell: std::sync::Arc<tokio::sync::Notify>,
}

/// A job to be queued.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Login of the repository's owner.
    pub owner: String,
    /// Name of the repository.
    pub repo: String,
    /// Name of the job in its workflow.
    pub name: String,
    /// What a runner must have to take it.
    pub labels: Vec<String>,
    /// Shell commands, run one after the other until one fails.
    pub steps: Vec<String>,
}

words! {
    /// How a job or a step ended.
    Conclusion {
        /// Exit status 0.
        Success = "success",
        /// Another exit status, or the runner was lost.
        Failure = "failure",
        /// Somebody stopped it.
        Cancelled = "cancelled",
        /// Not run, because a step before it failed.
        Skipped = "skipped",
    }
}

/// A step of a job.
#[derive(Clone, Debug)]
pub struct Step {
    /// Shell command.
    pub command: String,
    /// How it ended.
    pub conclusion: Option<Conclusion>,
    /// Exit status of its process.
    pub exit_code: Option<i32>,
    /// Output and error output of its process.
    pub log: String,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
}

/// A workflow job.
#[derive(Clone, Debug)]
pub struct Job {
    /// Number at the forge.
    pub id: i64,
    /// Number of the workflow run it belongs to; each job has its own run here.
    pub run_id: i64,
    /// Login of the repository's owner.
    pub owner: String,
    /// Name of the repository.
    pub repo: String,
    /// Name in the workflow.
    pub name: String,
    /// What a runner must have to take it.
    pub labels: Vec<String>,
    /// What it does.
    pub steps: Vec<Step>,
    /// Where it stands.
    pub status: JobStatus,
    /// How it ended.
    pub conclusion: Option<Conclusion>,
    /// The runner that has it or had it. While the job is still queued, that runner has been given it but has not begun.
    pub runner: Option<JobRunner>,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// When it began to run.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
}

impl Job {
    /// The logs of all steps, one after the other.
    #[must_use]
    pub fn log(&self) -> String {
        self.steps.iter().map(|step| step.log.as_str()).collect()
    }
}

/// What a job remembers of its runner, which may be gone by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRunner {
    /// Number at the forge.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Number of its group.
    pub group_id: i64,
    /// Name of its group.
    pub group_name: String,
}

/// A webhook.
#[derive(Clone, Debug)]
pub struct Hook {
    /// Number at the forge.
    pub id: i64,
    /// Whose events it gets.
    pub target: Target,
    /// The number of that.
    pub target_id: i64,
    /// Where they are sent.
    pub url: String,
    /// What they are signed with.
    pub secret: SecretString,
    /// The events it was made for; only `workflow_job` is ever delivered.
    pub events: Vec<String>,
    /// Whether it delivers anything, according to the REST API.
    pub active: bool,
    /// Whether the receiver's certificate is not to be looked at.
    pub insecure_ssl: bool,
    /// How often it was pinged.
    pub pings: u32,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// Waits to be sent.
    Pending,
    /// On its way.
    Sending,
    /// Answered with 2xx.
    Accepted,
    /// Refused or not answered.
    Failed,
}

/// What became of one attempt to send a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver answered with this status.
    Answered(u16),
    /// No answer: connection refused, timeout, and so on.
    Unreachable(String),
}

impl Outcome {
    /// Whether the forge counts the delivery as successful: any 2xx.
    #[must_use]
    pub const fn is_accepted(&self) -> bool {
        matches!(self, Self::Answered(200..=299))
    }
}

/// One attempt to send a delivery.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// When it was begun.
    pub at: Timestamp,
    /// How long the answer took.
    pub took: Duration,
    /// What became of it.
    pub outcome: Outcome,
}

/// A delivery to one hook.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Number, in the order of events.
    pub id: i64,
    /// What `X-GitHub-Delivery` says; the same for every attempt.
    pub guid: Uuid,
    /// The hook it goes to.
    pub hook_id: i64,
    /// What happened to the job: `queued`, `in_progress` or `completed`.
    pub action: JobStatus,
    /// The job it is about.
    pub job_id: i64,
    /// When it happened.
    pub created_at: Timestamp,
    /// Where it stands.
    pub state: DeliveryState,
    /// What has been tried, oldest first; only the latest [`Delivery::ATTEMPTS_KEPT`].
    pub attempts: Vec<Attempt>,
    /// The body; emptied once it has been accepted, so that long runs stay small.
    pub(crate) body: Bytes,
}

impl Delivery {
    /// How many attempts are remembered.
    pub const ATTEMPTS_KEPT: usize = 100;
}
