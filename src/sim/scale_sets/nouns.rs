//! What the service knows, as plain values; tests read them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use tokio::sync::Notify;
use uuid::Uuid;

use super::calls::Calls;
use super::tokens::Grants;
use crate::sim::nouns::Scope;
use crate::time::Timestamp;

/// A label of a scale set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaleSetLabel {
    /// `System`, or what the client sent.
    pub kind: String,
    /// Text.
    pub name: String,
}

/// What holds for the runners of a scale set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunnerSetting {
    /// Whether a runner takes one job only.
    pub ephemeral: bool,
    /// What the client sent.
    pub is_elastic: bool,
    /// Whether runners do not update themselves.
    pub disable_update: bool,
}

/// A scale set.
#[derive(Clone, Debug)]
pub struct ScaleSet {
    /// Number at the service.
    pub id: i64,
    /// Name, unique within the group.
    pub name: String,
    /// Where it belongs.
    pub scope: Scope,
    /// Its runner group.
    pub group_id: i64,
    /// Its labels: it gets the jobs whose labels are all among them.
    pub labels: Vec<ScaleSetLabel>,
    /// What holds for its runners.
    pub setting: RunnerSetting,
    /// A status that keeps jobs away, such as `Outdated`.
    pub status: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// The session of its listener.
    pub session: Option<MessageSession>,
    /// How many sessions it has had.
    pub sessions: u64,
    /// The capacity that the open poll named; `None` = no poll is open.
    pub(in crate::sim) poll: Option<OpenPoll>,
    /// What happened and is in no message yet.
    pub(in crate::sim) news: VecDeque<JobMessage>,
    /// The message that waits for its acknowledgement.
    pub(in crate::sim) message: Option<Message>,
    pub(in crate::sim) last_message: i64,
}

impl ScaleSet {
    /// The capacity that the open poll named; `None` = no poll is open.
    #[must_use]
    pub fn capacity(&self) -> Option<usize> {
        self.poll.as_ref().map(|poll| poll.capacity)
    }

    /// Whether a job with these labels is for it, without regard to case.
    pub(in crate::sim) fn has_labels(&self, wanted: &[String]) -> bool {
        wanted.iter().all(|want| self.labels.iter().any(|label| label.name.eq_ignore_ascii_case(want)))
    }
}

/// The session of a listener.
#[derive(Clone, Debug)]
pub struct MessageSession {
    /// Its identifier.
    pub id: Uuid,
    /// What the listener calls itself.
    pub owner: String,
    /// When a poll of it ended last, or when it was opened or refreshed.
    pub seen_at: Timestamp,
}

/// A poll that waits for a message.
#[derive(Clone, Debug)]
pub(in crate::sim) struct OpenPoll {
    pub(in crate::sim) number: i64,
    pub(in crate::sim) capacity: usize,
    /// Rings when there is something to hear, and when the poll is in vain.
    pub(in crate::sim) bell: Arc<Notify>,
}

/// What a listener is told about a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// May be acquired.
    Available,
    /// Belongs to the scale set.
    Assigned,
    /// A runner of the scale set has begun it.
    Started,
    /// Is over, or was taken back.
    Completed,
}

/// What a listener is told about a job, as it was at that moment.
#[derive(Clone, Debug)]
pub struct JobMessage {
    /// What happened.
    pub news: News,
    /// The request of the job; 0 where the service assigns by itself.
    pub request: i64,
    /// Number of the job at the forge; listeners do not get it.
    pub job: i64,
    /// Login of the repository's owner.
    pub owner: String,
    /// Name of the repository.
    pub repo: String,
    /// Name of the job.
    pub name: String,
    /// Number of the run.
    pub run_id: i64,
    /// The labels that the job asks for.
    pub labels: Vec<String>,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// When the scale set got it.
    pub assigned_at: Option<Timestamp>,
    /// When a runner began it.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
    /// Number and name of its runner.
    pub runner: Option<(i64, String)>,
    /// How it ended, in the service's word.
    pub result: Option<&'static str>,
}

/// A message of a queue.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its number.
    pub id: i64,
    /// What it tells, the oldest first.
    pub items: Vec<JobMessage>,
}

impl Message {
    /// The most that one message tells.
    pub const ITEMS_MAX: usize = 50;
}

/// How many jobs and runners a scale set has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Jobs that fit and that it has not got.
    pub available: usize,
    /// Jobs that it has, begun or not.
    pub assigned: usize,
    /// Jobs that its runners have begun.
    pub running: usize,
    /// Its runners.
    pub registered: usize,
    /// Of these, those with a job.
    pub busy: usize,
    /// Of these, those that wait for a job.
    pub idle: usize,
}

/// How a job stands with a scale set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Offered; the listener has not acquired it.
    Offered,
    /// Assigned.
    Assigned,
    /// Taken back, because no runner picked it up.
    TakenBack,
}

/// The claim of a scale set to a job.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The scale set that has the job or had it last.
    pub scale_set: i64,
    /// How the job stands with it.
    pub stage: Stage,
    /// The request of the job; 0 where the service assigns by itself.
    pub request: i64,
    /// Since when.
    pub since: Timestamp,
    /// How often it has been assigned, to whichever scale set.
    pub times: u32,
}

/// All scale sets, and who may ask about them.
#[derive(Debug, Default)]
pub(in crate::sim) struct ScaleSets {
    pub(in crate::sim) sets: BTreeMap<i64, ScaleSet>,
    /// By the number of the job.
    pub(in crate::sim) claims: BTreeMap<i64, Claim>,
    pub(in crate::sim) grants: Grants,
    pub(in crate::sim) calls: Calls,
    last_id: i64,
    last_request: i64,
}

impl ScaleSets {
    /// The next number of a scale set; small, as the service's are, and never the same twice.
    pub(in crate::sim) const fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// The next number of a request.
    pub(in crate::sim) const fn next_request(&mut self) -> i64 {
        self.last_request += 1;
        self.last_request
    }

    /// The scale set that a job is assigned to.
    pub(in crate::sim) fn holder_of(&self, job: i64) -> Option<i64> {
        self.claims.get(&job).filter(|claim| claim.stage == Stage::Assigned).map(|claim| claim.scale_set)
    }

    /// Everything that belongs to an entity, for when that is renamed.
    pub(in crate::sim) fn scopes_mut(&mut self) -> impl Iterator<Item = &mut Scope> {
        self.sets.values_mut().map(|set| &mut set.scope).chain(self.grants.scopes_mut())
    }
}
