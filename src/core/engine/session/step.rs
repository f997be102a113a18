//! What a session has its listener do, and what the listener answers.

use super::kept::Kept;
use super::work::Batch;
use crate::model::{
    MessageSession, RunnerGroup, ScaleSetMessage, ScaleSetSettings, ServiceFault, ServiceScaleSet, ServiceScaleSetId, SessionId,
};
use crate::time::Timestamp;

/// What the listener does next. Each is one call, and has one kind of answer; [`Answer::Failed`] answers any of them.
#[derive(Clone, Debug)]
pub enum Step {
    /// Wait until then, or until something rings.
    Wait {
        /// When to ask for the next step.
        until: Timestamp,
    },
    /// Write this into the row of the scale set: [`Answer::Kept`].
    Keep(Kept),
    /// Look a scale set up by its number: [`Answer::Exists`].
    LookUp {
        /// The number.
        scale_set: ServiceScaleSetId,
    },
    /// Look a runner group up: [`Answer::Group`].
    FindGroup {
        /// Its name; empty = the default one.
        name: String,
    },
    /// Look a scale set up by its name: [`Answer::Found`].
    Find {
        /// The number of its runner group.
        group_id: i64,
        /// The name.
        name: String,
    },
    /// Make the scale set: [`Answer::Made`].
    Make(ScaleSetSettings),
    /// Open a session: [`Answer::Opened`].
    Open {
        /// The scale set.
        scale_set: ServiceScaleSetId,
        /// The name of the owner.
        owner: String,
    },
    /// End a session: [`Answer::Ended`].
    End {
        /// The scale set.
        scale_set: ServiceScaleSetId,
        /// The session.
        session: SessionId,
    },
    /// Renew the token of the session: [`Answer::Opened`].
    Refresh {
        /// The scale set.
        scale_set: ServiceScaleSetId,
        /// The session.
        session: SessionId,
    },
    /// Wait for a message: [`Answer::Polled`], or [`Answer::Cut`] where the listener gave up waiting.
    Poll {
        /// The session.
        session: Box<MessageSession>,
        /// The number of the last message; 0 = none.
        last: i64,
        /// How many runners are promised.
        capacity: u32,
    },
    /// Acquire available jobs: [`Answer::Acquired`].
    Acquire {
        /// The scale set.
        scale_set: ServiceScaleSetId,
        /// The session.
        session: Box<MessageSession>,
        /// The numbers of their requests.
        requests: Vec<i64>,
    },
    /// Make durable what a message says: [`Answer::Handled`].
    Handle(Batch),
    /// Acknowledge a message: [`Answer::Acknowledged`].
    Acknowledge {
        /// The session.
        session: Box<MessageSession>,
        /// The number of the message.
        message: i64,
    },
    /// Nothing more: the session was stopped.
    Over,
}

/// What came of a step.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It is durable.
    Kept,
    /// The service has the scale set.
    Exists(ServiceScaleSet),
    /// The runner group; `None` = there is none of that name.
    Group(Option<RunnerGroup>),
    /// The scale set; `None` = there is none of that name.
    Found(Option<ServiceScaleSet>),
    /// The scale set that was made.
    Made(ServiceScaleSet),
    /// The session as it is now.
    Opened(MessageSession),
    /// The session is ended.
    Ended,
    /// A message; `None` = there is none.
    Polled(Option<ScaleSetMessage>),
    /// The listener gave up waiting, because it promises another number of runners now.
    Cut,
    /// The requests that were acquired; `None` = the service assigns jobs by itself.
    Acquired(Option<Vec<i64>>),
    /// All of the batch is durable but these items, by their place in it, with the reason.
    Handled {
        /// The items that are not durable.
        failed: Vec<(usize, String)>,
    },
    /// The message is acknowledged.
    Acknowledged,
    /// The call had no success, or nothing became durable.
    Failed(Failure),
}

/// Why a call had no success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The cause.
    pub fault: ServiceFault,
    /// For people, in one bounded line.
    pub text: String,
}

impl Failure {
    /// A failure that is none of those that a session tells apart.
    pub fn other(text: impl Into<String>) -> Self {
        Self { fault: ServiceFault::Other, text: text.into() }
    }
}

/// What a scale set is to be, as its row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// The name of its runner group; empty = the default one.
    pub group: String,
    /// Its labels. None = its name is its label.
    pub labels: Vec<String>,
    /// Whether its runners must not update themselves.
    pub disable_update: bool,
    /// The name by which this installation owns its sessions: `garm-<controller id>`, as upstream has it.
    pub owner: String,
}

impl Wanted {
    pub(super) fn settings(&self, group_id: i64) -> ScaleSetSettings {
        let (name, labels) = (self.name.clone(), self.labels.clone());
        ScaleSetSettings { name, group_id, labels, disable_update: self.disable_update }
    }
}

/// Whether the step is a call to the service.
pub(super) fn is_call(step: &Step) -> bool {
    !matches!(step, Step::Wait { .. } | Step::Keep(_) | Step::Handle(_) | Step::Over)
}
