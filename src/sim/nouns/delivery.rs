//! Webhooks, deliveries to them, and the attempts to deliver.

use std::time::Duration;

use axum::body::Bytes;
use uuid::Uuid;

use super::target::Target;
use crate::model::{JobStatus, SecretString};
use crate::time::Timestamp;

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
