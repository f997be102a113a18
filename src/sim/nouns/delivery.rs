//! Webhooks, deliveries to them, and the attempts to deliver.

use std::time::Duration;

use axum::body::Bytes;
use uuid::Uuid;

use super::scope::Scope;
use crate::model::{JobStatus, SecretString};
use crate::time::Timestamp;

/// A webhook.
#[derive(Clone, Debug)]
pub struct Hook {
    /// Number at the forge.
    pub id: i64,
    /// The repository, organization or enterprise whose events it gets.
    pub scope: Scope,
    /// Number of that at the forge.
    pub scope_id: i64,
    /// Where its deliveries go.
    pub url: String,
    /// Key of their signatures.
    pub secret: SecretString,
    /// The events it was made for; only `workflow_job` is ever delivered.
    pub events: Vec<String>,
    /// Whether it delivers anything, according to the REST API.
    pub active: bool,
    /// Whether it delivers without a check of the receiver's certificate.
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

/// The outcome of one attempt to send a delivery.
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
    /// Number; that of the delivery for the first one.
    pub id: i64,
    /// Whether the receiver got it. What stands between may answer without.
    pub arrived: bool,
    /// When it began.
    pub at: Timestamp,
    /// How long the answer took.
    pub took: Duration,
    /// Its outcome.
    pub outcome: Outcome,
}

/// A delivery to one hook.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Number, in the order of events.
    pub id: i64,
    /// Value of `X-GitHub-Delivery`; the same for every attempt.
    pub guid: Uuid,
    /// The hook it goes to.
    pub hook_id: i64,
    /// The event of the job: `queued`, `in_progress` or `completed`.
    pub action: JobStatus,
    /// The job it is about.
    pub job_id: i64,
    /// When it happened.
    pub created_at: Timestamp,
    /// Its state.
    pub state: DeliveryState,
    /// Attempts, oldest first; only the latest [`Delivery::ATTEMPTS_KEPT`].
    pub attempts: Vec<Attempt>,
    /// The body; emptied once it has been accepted, so that long runs stay small.
    pub(in crate::sim) body: Bytes,
}

impl Delivery {
    /// How many attempts are remembered.
    pub const ATTEMPTS_KEPT: usize = 100;
}
