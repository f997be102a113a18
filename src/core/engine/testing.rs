//! Worlds for tests of the planner: one entity with one runner set of `linux` runners, and verbs to fill it.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::action::{Effect, RowChange};
use super::index::Index;
use super::observed::Observed;
use super::plan::{Draft, Plan};
use super::policy::Policy;
use super::roster::Roster;
use super::snapshot::{ForgeView, RunnerSetView, Snapshot};
use crate::model::{
    Balancer, EndpointName, EntityId, ForgeRunner, InstanceStatus, Job, JobId, JobMemory, JobStatus, OsArch, OsType, Pool, PoolId,
    PoolMemory, ProviderMachine, Refusal, Rows, Runner, RunnerId, RunnerName, RunnerSet, RunnerSetId, RunnerStatus,
};
use crate::time::Timestamp;

pub(crate) struct World {
    pub(crate) snapshot: Snapshot,
    pub(super) next: u32,
}

impl Snapshot {
    /// Changes a row by a function of its life. A row that is gone, or refuses, stays as it is.
    pub(crate) fn change(&mut self, id: RunnerId, with: impl FnOnce(Runner) -> Result<Runner, Refusal>) {
        let now = self.now;
        let Some(row) = Arc::make_mut(&mut self.runners).iter_mut().find(|row| row.id == id) else { return };
        let before = Runner::clone(row);
        let Ok(changed) = before.apply(now, with) else { return };
        *row = Arc::new(changed.clone());
        for news in changed.news_since(&before) {
            for view in self.sets.iter_mut().filter(|view| view.set.id == before.set_id) {
                // Nothing is said of it here.
                let _turn = view.set.memory.learn(&news, now);
            }
            let waits = |job: &Job| Some(job.workflow_job_id) == before.made_for && job.status == JobStatus::Queued;
            for job in self.jobs.iter_mut().filter(|job| waits(job)).map(Arc::make_mut) {
                job.memory = JobMemory::learn(job.memory.take(), &news, now);
            }
        }
    }
}

/// The effects that one step plans for the world; it must plan nothing else.
pub(crate) fn effects_of(world: &World, step: impl Fn(&Snapshot, &mut Draft)) -> Vec<Effect> {
    world.run(step).only_effects().to_vec()
}

/// The changes of rows that one step plans for the world; it must plan nothing else.
pub(crate) fn changes_of(world: &World, step: impl Fn(&Snapshot, &mut Draft)) -> Vec<RowChange> {
    world.run(step).only_changes().to_vec()
}

/// The creations that one step ends; it must plan nothing else.
pub(crate) fn ends_of(world: &World, step: impl Fn(&Snapshot, &mut Draft)) -> Vec<RunnerId> {
    let plan = world.run(step);
    assert!(plan.effects.is_empty() && plan.changes.is_empty(), "more than ends: {plan:?}");
    plan.ends
}

impl Plan {
    pub(crate) fn does_nothing(&self) -> bool {
        self.effects.is_empty() && self.ends.is_empty() && self.changes.is_empty()
    }

    pub(crate) fn only_effects(&self) -> &[Effect] {
        assert!(self.ends.is_empty() && self.changes.is_empty(), "more than effects: {self:?}");
        &self.effects
    }

    pub(crate) fn only_changes(&self) -> &[RowChange] {
        assert!(self.effects.is_empty() && self.ends.is_empty(), "more than changes: {self:?}");
        &self.changes
    }
}

impl World {
    pub(crate) fn with_pool(max_runners: u32, min_idle_runners: u32) -> Self {
        let now = Timestamp::from_micros(1_000_000_000_000_000);
        let snapshot = Snapshot {
            now,
            seed: 1,
            policy: Policy::default(),
            entity_id: EntityId(Uuid::from_u128(1)),
            balancer: Balancer::RoundRobin,
            controller_label: "runner-controller-id=test".into(),
            minimum_job_age_backoff: Duration::from_secs(30),
            urls_known: true,
            forge: ForgeView { tools_at: Some(now), ..ForgeView::default() },
            sets: Vec::new(),
            runners: Rows::default(),
            jobs: Vec::new(),
            assigned: Vec::new(),
            lost: Vec::new(),
            jobs_checked: std::collections::BTreeMap::new(),
            jobs_unshown: std::collections::BTreeMap::new(),
            orphans_left: std::collections::BTreeMap::new(),
            gone: std::collections::BTreeMap::new(),
            in_flight: std::collections::BTreeSet::new(),
        };
        let mut world = Self { snapshot, next: 100 };
        world.add_pool(max_runners, min_idle_runners);
        world
    }

    pub(crate) fn run(&self, step: impl Fn(&Snapshot, &mut Draft)) -> Plan {
        let planned_with = |roster: &Roster| {
            let index = Index::of(&self.snapshot, roster);
            let mut draft = Draft::new(&self.snapshot, &index);
            step(&self.snapshot, &mut draft);
            draft.finish()
        };
        let plan = planned_with(&Roster::of(&self.snapshot));
        assert_eq!(plan, planned_with(&Roster::sleepless(&self.snapshot)), "the step depends on which runners rest");
        plan
    }

    fn number(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    pub(crate) fn add_pool(&mut self, max_runners: u32, min_idle_runners: u32) -> RunnerSetId {
        let pool = Pool {
            id: PoolId(Uuid::from_u128(self.number().into())),
            entity_id: self.snapshot.entity_id,
            provider: "fake".into(),
            image: "image".into(),
            flavor: "small".into(),
            os_type: OsType::Linux,
            os_arch: OsArch::Amd64,
            tags: vec!["linux".into()],
            enabled: true,
            max_runners,
            min_idle_runners,
            bootstrap_timeout: Pool::DEFAULT_BOOTSTRAP_TIMEOUT,
            runner_prefix: Pool::DEFAULT_PREFIX.into(),
            runner_group: String::new(),
            extra_specs: None,
            priority: 0,
            template_id: None,
            enable_shell: false,
            generation: 0,
            rotate_below: 0,
            keep_failed: Duration::ZERO,
            rerun_lost: None,
            memory: PoolMemory::default(),
            created_at: self.snapshot.now,
            updated_at: self.snapshot.now,
        };
        let set = RunnerSet::from(&pool);
        let id = set.id;
        self.snapshot.sets.push(RunnerSetView {
            set,
            provider_configured: true,
            jit: true,
            offers: None,
            machines_blocked: None,
            machines: None,
            service: None,
        });
        id
    }

    /// The first runner set.
    pub(crate) fn set(&self) -> RunnerSet {
        self.snapshot.sets[0].set.clone()
    }

    pub(crate) fn in_secs(&self, secs: u64) -> Timestamp {
        self.snapshot.now.after(Duration::from_secs(secs))
    }

    pub(crate) fn pass_secs(&mut self, secs: u64) {
        self.snapshot.now = self.in_secs(secs);
    }

    pub(crate) fn pending_runner(&mut self) -> RunnerId {
        let number = self.number();
        let id = RunnerId(Uuid::from_u128(number.into()));
        let now = self.snapshot.now;
        let set = self.set();
        Arc::make_mut(&mut self.snapshot.runners).push(Arc::new(Runner::new(id, RunnerName(format!("garm-{number}")), &set, now)));
        id
    }

    pub(crate) fn starting_runner(&mut self) -> RunnerId {
        let id = self.pending_runner();
        let agent_id = i64::from(self.next);
        let runner = self.runner(id);
        (runner.status, runner.agent_id) = (InstanceStatus::Running, Some(agent_id));
        id
    }

    pub(crate) fn idle_runner(&mut self) -> RunnerId {
        let id = self.starting_runner();
        self.runner(id).runner_status = RunnerStatus::Idle;
        id
    }

    pub(crate) fn failed_creation(&mut self, fault: &str, retry_at: Timestamp) -> RunnerId {
        let id = self.pending_runner();
        let runner = self.runner(id);
        (runner.status, runner.failures, runner.not_before) = (InstanceStatus::Error, 1, Some(retry_at));
        fault.clone_into(&mut runner.fault);
        id
    }

    pub(crate) fn runner(&mut self, id: RunnerId) -> &mut Runner {
        let rows = Arc::make_mut(&mut self.snapshot.runners);
        Arc::make_mut(rows.iter_mut().find(|runner| runner.id == id).expect("the runner exists"))
    }

    pub(crate) fn queue_job(&mut self, labels: &[&str]) -> JobId {
        let number = i64::from(self.number());
        let now = self.snapshot.now;
        self.snapshot.jobs.push(Arc::new(Job {
            id: JobId(number),
            endpoint: EndpointName::from("forge"),
            workflow_job_id: number,
            service: None,
            run_id: number,
            run_attempt: 1,
            name: "build".into(),
            status: JobStatus::Queued,
            conclusion: String::new(),
            labels: labels.iter().map(ToString::to_string).collect(),
            repository_number: None,
            repository_owner: "acme".into(),
            repository_name: "widgets".into(),
            run_url: String::new(),
            forge_runner_id: 0,
            runner_name: String::new(),
            runner_group_id: 0,
            runner_group_name: String::new(),
            runner_id: None,
            repository_id: Some(self.snapshot.entity_id),
            organization_id: None,
            enterprise_id: None,
            instance_id: None,
            claimed_by: None,
            memory: None,
            reason: None,
            queued_at: now,
            started_at: None,
            completed_at: None,
            matched_at: Some(now),
            created_at: now,
            updated_at: now,
        }));
        JobId(number)
    }

    pub(crate) fn job(&mut self, id: JobId) -> &mut Job {
        Arc::make_mut(self.snapshot.jobs.iter_mut().find(|job| job.id == id).expect("the job exists"))
    }

    pub(crate) fn block_forge(&mut self, fault: &str) {
        self.snapshot.forge.blocked = Some((self.in_secs(60), fault.into()));
    }

    pub(crate) fn at_forge(&mut self, id: RunnerId, busy: bool) -> ForgeRunner {
        let runner = self.runner(id).clone();
        ForgeRunner { busy, ..self.orphan_at_forge(runner.name.as_str(), runner.agent_id.unwrap_or_default(), busy) }
    }

    pub(crate) fn orphan_at_forge(&self, name: &str, agent_id: i64, busy: bool) -> ForgeRunner {
        ForgeRunner { agent_id, name: name.into(), online: true, busy, labels: vec![self.snapshot.controller_label.clone()], version: None }
    }

    pub(crate) fn list_forge_runners(&mut self, runners: Vec<ForgeRunner>) {
        let now = self.snapshot.now;
        let list = Observed::next(self.snapshot.forge.runners.take(), now, runners);
        self.snapshot.forge.runners = Some(list);
    }

    fn list_machines(&mut self, names: &[RunnerName], status: InstanceStatus) {
        let now = self.snapshot.now;
        let machines = names
            .iter()
            .map(|name| ProviderMachine {
                provider_id: name.to_string(),
                name: name.clone(),
                status,
                os_name: String::new(),
                os_version: String::new(),
                addresses: Vec::new(),
            })
            .collect();
        let list = Observed::next(self.snapshot.sets[0].machines.take(), now, machines);
        self.snapshot.sets[0].machines = Some(list);
    }

    pub(crate) fn list_machines_of_all_runners(&mut self) {
        self.list_machines_of_all_runners_as(InstanceStatus::Running);
    }

    pub(crate) fn list_machines_of_all_runners_as(&mut self, status: InstanceStatus) {
        let names: Vec<_> = self.snapshot.runners.iter().map(|runner| runner.name.clone()).collect();
        self.list_machines(&names, status);
    }

    pub(crate) fn list_no_machines(&mut self) {
        self.list_machines(&[], InstanceStatus::Running);
    }

    pub(crate) fn list_machine(&mut self, name: &str) {
        self.list_machines(&[name.into()], InstanceStatus::Running);
    }
}
