//! Scale sets: runners of one shape that a service of the forge assigns jobs to.

use std::time::Duration;

use serde_json::value::RawValue;

use super::words::words;
use super::{EntityId, OsArch, OsType, PoolMemory, ProviderName, ScaleSetId, ServiceScaleSetId, TemplateId};
use crate::time::Timestamp;

words! {
    /// How far a scale set is at its service; upstream's words.
    ScaleSetState {
        /// The service is asked to make or to change it, and its answer is not known. One without a number there is looked for by its name.
        PendingCreate = "pending_create",
        /// The service has it.
        Created = "created",
        /// The service refuses it.
        Error = "error",
        /// The service is asked to remove it.
        PendingDelete = "pending_delete",
        /// The same; it goes whatever the service says.
        PendingForceDelete = "pending_force_delete",
    }
}

/// A scale set: runners of one shape for one entity, made by one provider. A service of the forge assigns jobs to it.
#[derive(Clone, Debug)]
pub struct ScaleSet {
    /// Identity: the number that people use.
    pub id: ScaleSetId,
    /// The entity its runners register with.
    pub entity_id: EntityId,
    /// The service's number of it; `None` = not known yet.
    pub service_id: Option<ServiceScaleSetId>,
    /// Its name, unique in its runner group.
    pub name: String,
    /// Runner group at the forge; never empty.
    pub runner_group: String,
    /// Whether its runners must not update themselves.
    pub disable_update: bool,
    /// Labels beside its name.
    pub labels: Vec<String>,
    /// How far it is at its service.
    pub state: ScaleSetState,
    /// Words about the state; empty = there are none.
    pub extended_state: String,
    /// Its id towards providers, where they expect that of a pool. It stays when the name changes: providers list machines by it.
    pub pseudo_pool_id: String,
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
    /// Whether jobs are taken and runners are made at all.
    pub enabled: bool,
    /// Upper bound of machines, in every state.
    pub max_runners: u32,
    /// How many idle runners are kept ready.
    pub min_idle_runners: u32,
    /// What its service wants.
    pub demand: ServiceDemand,
    /// How long a machine may take from creation to an idle runner.
    pub bootstrap_timeout: Duration,
    /// Prefix of runner names.
    pub runner_prefix: String,
    /// Opaque JSON object handed to the provider.
    pub extra_specs: Option<Box<RawValue>>,
    /// The install template; `None` = the one shipped for the operating system and forge.
    pub template_id: Option<TemplateId>,
    /// Whether the agent may offer a shell.
    pub enable_shell: bool,
    /// Raised when a setting that shapes runners changes.
    pub generation: i64,
    /// Idle runners made before this generation are to be replaced.
    pub rotate_below: i64,
    /// How long the machine of a runner that failed is held for a look, one at a time; zero = none is held.
    pub keep_failed: Duration,
    /// Which of its machines were of use.
    pub memory: PoolMemory,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// The jobs that a service has for a scale set, and the runners that are promised to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServiceDemand {
    /// The jobs assigned to the scale set, those that run included, as the service last counted them.
    pub assigned: u32,
    /// When the service counted them.
    pub counted_at: Timestamp,
    /// Whether the session works: otherwise a later count may not be known.
    pub is_current: bool,
    /// How many runners are promised, those that are there included, as the last plan said.
    pub capacity: u32,
}

impl ScaleSet {
    /// The runner group when none is given; upstream's word, and GitHub's name of the group that everything else is in.
    pub const DEFAULT_GROUP: &str = "Default";

    /// Its runner group as the service is asked for it: empty = the default one.
    #[must_use]
    pub fn group_of_service(&self) -> &str {
        if self.runner_group.eq_ignore_ascii_case(Self::DEFAULT_GROUP) { "" } else { &self.runner_group }
    }

    /// Whether its service is being asked to remove it.
    #[must_use]
    pub const fn is_being_removed(&self) -> bool {
        matches!(self.state, ScaleSetState::PendingDelete | ScaleSetState::PendingForceDelete)
    }

    /// All labels that jobs may ask for: its name first, as the service and upstream have it.
    #[must_use]
    pub fn all_labels(&self) -> Vec<String> {
        let others = self.labels.iter().filter(|label| !label.eq_ignore_ascii_case(&self.name));
        std::iter::once(&self.name).chain(others).cloned().collect()
    }

    /// The id of a new scale set towards providers; the rule is upstream's.
    #[must_use]
    pub fn new_pseudo_pool_id(name: &str, entity: EntityId) -> String {
        format!("{name}-{entity}")
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::model::{MachineShape, PoolId, RunnerSet, RunnerSetId};

    fn scale_set() -> ScaleSet {
        ScaleSet {
            id: ScaleSetId(3),
            entity_id: EntityId(Uuid::from_u128(7)),
            service_id: Some(ServiceScaleSetId(8)),
            name: "linux-x64".into(),
            runner_group: "Default".into(),
            disable_update: false,
            labels: vec!["gpu".into(), "Linux-X64".into()],
            state: ScaleSetState::Created,
            extended_state: String::new(),
            pseudo_pool_id: "linux-x64-of-before".into(),
            provider: ProviderName::from("local"),
            image: "image".into(),
            flavor: "flavor".into(),
            os_type: OsType::Linux,
            os_arch: OsArch::Amd64,
            enabled: true,
            max_runners: 4,
            min_idle_runners: 1,
            demand: ServiceDemand { assigned: 2, ..ServiceDemand::default() },
            bootstrap_timeout: Duration::from_mins(20),
            runner_prefix: "garm".into(),
            extra_specs: None,
            template_id: None,
            enable_shell: false,
            generation: 5,
            rotate_below: 2,
            keep_failed: Duration::ZERO,
            memory: PoolMemory::default(),
            created_at: Timestamp::EPOCH,
            updated_at: Timestamp::EPOCH,
        }
    }

    #[test]
    fn planner_and_providers_see_a_runner_set_like_any_other() {
        let scale_set = scale_set();
        let (set, shape) = (RunnerSet::from(&scale_set), MachineShape::from(&scale_set));
        assert_eq!((set.id, shape.set), (RunnerSetId::ScaleSet(ScaleSetId(3)), RunnerSetId::ScaleSet(ScaleSetId(3))));
        assert_eq!((set.max_runners, set.min_idle_runners, set.generation, set.rotate_below, set.priority), (4, 1, 5, 2, 0));
        assert!(!set.fits(&["linux-x64".into()]), "the service chooses its jobs");
        assert_eq!((shape.provider_pool.as_str(), shape.generation), ("linux-x64-of-before", 5));
        assert!(shape.labels.is_empty(), "the service knows its labels, and its runners register with none");
    }

    #[test]
    fn the_kind_of_a_runner_set_is_told_by_the_form_of_its_id() {
        let pool = PoolId(Uuid::from_u128(1));
        for (set, text, shown) in [
            (RunnerSetId::Pool(pool), format!("\"{pool}\""), format!("pool {pool}")),
            (RunnerSetId::ScaleSet(ScaleSetId(12)), "12".to_owned(), "scale set 12".to_owned()),
        ] {
            assert_eq!((serde_json::to_string(&set).expect("written"), set.to_string()), (text.clone(), shown));
            assert_eq!(serde_json::from_str::<RunnerSetId>(&text).expect("read"), set);
        }
    }

    #[test]
    fn its_name_is_its_first_label_and_is_there_once() {
        assert_eq!(scale_set().all_labels(), ["linux-x64", "gpu"]);
    }

    #[test]
    fn the_default_group_has_no_name_of_its_own_at_the_service() {
        let group = |name: &str| ScaleSet { runner_group: name.into(), ..scale_set() }.group_of_service().to_owned();
        assert_eq!((group("Default"), group("default"), group("gpu")), (String::new(), String::new(), "gpu".to_owned()));
    }

    #[test]
    fn providers_know_it_by_name_and_entity() {
        assert_eq!(
            ScaleSet::new_pseudo_pool_id("lab", EntityId(Uuid::from_u128(7))),
            "lab-00000000-0000-0000-0000-000000000007",
            "upstream's rule"
        );
    }
}
