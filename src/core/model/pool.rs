//! Pools: how many runners of what kind.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::value::RawValue;

use super::{EntityId, OsArch, OsType, PoolId, PoolMemory, ProviderName, TemplateId};
use crate::time::Timestamp;

/// A pool: runners of one shape for one entity, made by one provider.
#[derive(Clone, Debug)]
pub struct Pool {
    /// Identity.
    pub id: PoolId,
    /// The entity its runners register with.
    pub entity_id: EntityId,
    /// Who makes the machines.
    pub provider: ProviderName,
    /// Provider-specific image.
    pub image: String,
    /// Provider-specific size.
    pub flavor: String,
    /// Operating system of the machines.
    pub os_type: OsType,
    /// Architecture of the machines.
    pub os_arch: OsArch,
    /// Labels the runners get; a job fits when all of its labels are among them, ignoring case.
    pub tags: Vec<String>,
    /// Whether runners are made at all.
    pub enabled: bool,
    /// Upper bound of machines, in every state.
    pub max_runners: u32,
    /// How many idle runners are kept ready.
    pub min_idle_runners: u32,
    /// How long a machine may take from creation to an idle runner.
    pub bootstrap_timeout: Duration,
    /// Prefix of runner names.
    pub runner_prefix: String,
    /// Runner group at the forge; empty = the default group.
    pub runner_group: String,
    /// Opaque JSON object handed to the provider.
    pub extra_specs: Option<Box<RawValue>>,
    /// Higher wins when several pools fit a job.
    pub priority: u32,
    /// The install template; `None` = the one shipped for the operating system and forge.
    pub template_id: Option<TemplateId>,
    /// Whether the agent may offer a shell.
    pub enable_shell: bool,
    /// Raised when a setting that shapes runners changes.
    pub generation: i64,
    /// Idle runners made before this generation are to be replaced; what `garm pool rotate` raises.
    pub rotate_below: i64,
    /// How long the machine of a runner that failed is held for a look, one at a time; zero = none is held.
    pub keep_failed: Duration,
    /// How often one job of a run is run again that lost its machine of this pool; 0 = not at all, `None` = as the entity says.
    pub rerun_lost: Option<u32>,
    /// Which of its machines were of use.
    pub memory: PoolMemory,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Pool {
    /// The prefix of runner names when none is given.
    pub const DEFAULT_PREFIX: &str = "garm";
    /// How long a machine may take to come up when nothing else is said.
    pub const DEFAULT_BOOTSTRAP_TIMEOUT: Duration = Duration::from_mins(20);

    /// Whether a job with these labels could run here: all of them are among the tags, ignoring case. No labels fit nothing.
    #[must_use]
    pub fn fits(&self, labels: &[String]) -> bool {
        Self::tags_fit(&self.tags, labels)
    }

    /// The same for a pool that would have these tags.
    #[must_use]
    pub fn tags_fit(tags: &[String], labels: &[String]) -> bool {
        if labels.is_empty() {
            return false;
        }
        let tags: BTreeSet<String> = tags.iter().map(|tag| tag.to_lowercase()).collect();
        labels.iter().all(|label| tags.contains(&label.to_lowercase()))
    }
}
