//! The things that the service has: scale sets, runner groups, runners.

use serde::{Deserialize, Serialize};

use crate::model::{ForgeRunner, ServiceScaleSetId};

/// A scale set as the service has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceScaleSet {
    /// The service's number of it.
    pub id: ServiceScaleSetId,
    /// Its name, unique in its runner group.
    pub name: String,
    /// The number of its runner group.
    pub group_id: i64,
    /// The name of its runner group; empty = the service does not say.
    pub group_name: String,
    /// Its labels, in the order of the service. The first one is usually the name.
    pub labels: Vec<String>,
    /// Whether its runners must not update themselves.
    pub disable_update: bool,
    /// The service's word for how it stands; empty = the service does not say. No word stops the session.
    pub status: String,
    /// Its jobs and runners; `None` = the service does not say.
    pub statistics: Option<ScaleSetStatistics>,
}

/// What a scale set is to be: of a new one, and of one that is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaleSetSettings {
    /// Its name, unique in its runner group.
    pub name: String,
    /// The number of its runner group.
    pub group_id: i64,
    /// Its labels. None = its name is its label.
    pub labels: Vec<String>,
    /// Whether its runners must not update themselves.
    pub disable_update: bool,
}

/// The jobs and runners of a scale set, as the service counts them. A number that the service leaves out is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScaleSetStatistics {
    /// Jobs that could be acquired.
    pub available_jobs: u32,
    /// Jobs that were acquired and are not assigned yet.
    pub acquired_jobs: u32,
    /// Jobs that are assigned: those that wait for a runner, and those that run. So many runners are wanted.
    pub assigned_jobs: u32,
    /// Jobs that run.
    pub running_jobs: u32,
    /// Registered runners.
    pub registered_runners: u32,
    /// Runners with a job.
    pub busy_runners: u32,
    /// Runners that wait for a job.
    pub idle_runners: u32,
}

impl ScaleSetStatistics {
    /// Jobs that are assigned and have no runner yet.
    #[must_use]
    pub const fn waiting_jobs(&self) -> u32 {
        self.assigned_jobs.saturating_sub(self.running_jobs)
    }
}

/// A runner as the service lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRunner {
    /// The scale set that it belongs to; `None` = it belongs to none.
    pub scale_set_id: Option<ServiceScaleSetId>,
    /// The runner.
    pub runner: ForgeRunner,
}

/// A runner group as the service knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunnerGroup {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Whether it is the default one.
    pub is_default: bool,
}
