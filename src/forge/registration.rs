//! A runner that is to be registered with a forge, and one that is.

use crate::model::{JitConfig, RunnerName};

/// A runner to be registered just in time.
#[derive(Clone, Debug)]
pub struct JitRequest {
    /// Its name, unique per entity.
    pub name: RunnerName,
    /// The runner group; empty = the default one. Repositories have no groups.
    pub group: String,
    /// All of its labels.
    pub labels: Vec<String>,
}

/// A registered runner.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The forge's number of it.
    pub agent_id: i64,
    /// The configuration that the machine needs to be this runner.
    pub jit: JitConfig,
}
