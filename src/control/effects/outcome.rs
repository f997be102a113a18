//! The outcome of an effect, beyond the rows that it changed.

use crate::engine::{Standing, Unshown};
use crate::model::{ForgeRunner, JobId, ProviderMachine, RunnerName, RunnerSetId};
use crate::time::Timestamp;

/// The outcome that the entity's task remembers when an effect has ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Nothing: all that came of the effect is in the rows.
    InRows,
    /// The forge answered.
    ForgeAnswered,
    /// Nothing was asked of the forge, because the API budget is spent.
    BudgetSpent,
    /// The forge cannot be used for anything, at least until the given time if there is one.
    ForgeBlocked { until: Option<Timestamp>, fault: String },
    /// The forge's runners, and when they were asked for.
    ForgeRunners { at: Timestamp, runners: Vec<ForgeRunner> },
    /// The machines of a runner set, and when they were asked for.
    Machines { set: RunnerSetId, at: Timestamp, machines: Vec<ProviderMachine> },
    /// The provider of a runner set could not list its machines.
    MachinesUnknown { set: RunnerSetId, fault: String },
    /// The forge was asked at this time how a job stands. `was_held_back` tells whether the row of the job says so of the answer before.
    JobChecked { job: JobId, at: Timestamp, answer: Result<Standing, Unshown>, was_held_back: bool },
    /// An orphan could not be removed.
    OrphanStays,
    /// An orphan was removed.
    OrphanRemoved { name: RunnerName, at: Timestamp },
}
