//! A forge and a cloud in which nothing goes wrong, for tests of the planner. Machines boot; runners become idle, take jobs that fit, and
//! finish.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Snapshot;
use crate::model::{
    ForgeRunner, InstanceStatus, JobId, JobStatus, ProviderMachine, Runner, RunnerId, RunnerName, RunnerSetId, RunnerStatus,
};
use crate::time::Timestamp;

/// How long a machine boots.
const BOOT: Duration = Duration::from_secs(20);
/// How long a job runs.
const JOB: Duration = Duration::from_mins(1);

/// The things that are there, independent of the rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outside {
    pub(crate) machines: BTreeMap<(RunnerSetId, RunnerName), CloudMachine>,
    pub(crate) runners: BTreeMap<RunnerName, Registered>,
    pub(crate) jobs: BTreeMap<JobId, JobAtForge>,
    agents: i64,
}

/// A machine at the provider.
#[derive(Clone, Debug)]
pub(crate) struct CloudMachine {
    /// From when on it can be seen: a call without a waiting task may still make it.
    pub(crate) appears_at: Timestamp,
    /// When its runner is ready; `None` = it says nothing.
    pub(crate) ready_at: Option<Timestamp>,
    /// Whether it has said so.
    pub(crate) told: bool,
}

/// A runner at the forge.
#[derive(Clone, Debug)]
pub(crate) struct Registered {
    agent_id: i64,
    /// The job it works on.
    pub(crate) job: Option<JobId>,
}

/// A job as the forge sees it.
#[derive(Clone, Debug)]
pub(crate) struct JobAtForge {
    pub(crate) labels: Vec<String>,
    pub(crate) status: JobStatus,
    /// The runner that has or had it; `None` while it waits, or when that is none of ours.
    pub(crate) runner: Option<RunnerName>,
    pub(crate) ends_at: Timestamp,
}

impl Outside {
    /// Takes the place of an earlier registration of the same name.
    pub(crate) fn register(&mut self, name: &RunnerName) -> i64 {
        self.agents += 1;
        self.runners.insert(name.clone(), Registered { agent_id: self.agents, job: None });
        self.agents
    }

    /// Refused while the runner works.
    pub(crate) fn deregister(&mut self, name: &RunnerName) -> Result<(), JobId> {
        if let Some(job) = self.runners.get(name).and_then(|runner| runner.job) {
            return Err(job);
        }
        self.runners.remove(name);
        Ok(())
    }

    /// There is never more than one machine of a name.
    pub(crate) fn create_machine(&mut self, set: RunnerSetId, name: &RunnerName, now: Timestamp) -> ProviderMachine {
        let new = CloudMachine { appears_at: now, ready_at: Some(now.after(BOOT)), told: false };
        let machine = self.machines.entry((set, name.clone())).or_insert(new);
        machine.appears_at = machine.appears_at.min(now);
        as_listed(name)
    }

    /// What has not appeared yet may appear afterwards. No call may ask for the end of a machine whose runner has a job.
    pub(crate) fn delete_machine(&mut self, set: RunnerSetId, name: &RunnerName, now: Timestamp) {
        let job = self.runners.get(name).and_then(|runner| runner.job);
        assert_eq!(job, None, "the machine of {name} is removed under its job");
        self.machines.retain(|(of, known), machine| *of != set || known != name || machine.appears_at > now);
    }

    pub(crate) fn machines_of(&self, set: RunnerSetId, now: Timestamp) -> Vec<ProviderMachine> {
        let there = self.machines.iter().filter(|((of, _), machine)| *of == set && machine.appears_at <= now);
        there.map(|((_, name), _)| as_listed(name)).collect()
    }

    pub(crate) fn forge_runners(&self, mark: &str, now: Timestamp) -> Vec<ForgeRunner> {
        let listed = |(name, runner): (&RunnerName, &Registered)| ForgeRunner {
            agent_id: runner.agent_id,
            name: name.clone(),
            online: runner.job.is_some() || self.is_connected(name, now),
            busy: runner.job.is_some(),
            labels: vec![mark.to_owned()],
            version: None,
        };
        self.runners.iter().map(listed).collect()
    }

    fn is_connected(&self, name: &RunnerName, now: Timestamp) -> bool {
        self.machines.iter().any(|((_, known), machine)| known == name && machine.told && machine.appears_at <= now)
    }

    pub(crate) fn status_of(&self, job: JobId) -> Option<JobStatus> {
        self.jobs.get(&job).map(|job| job.status)
    }

    /// When something happens next by itself.
    pub(crate) fn next_event(&self, now: Timestamp) -> Option<Timestamp> {
        let machines = self.machines.values().filter(|machine| !machine.told).filter_map(|machine| machine.ready_at);
        let jobs = self.jobs.values().filter(|job| job.status == JobStatus::InProgress).map(|job| job.ends_at);
        machines.chain(jobs).filter(|at| *at > now).min()
    }

    /// Everything that has happened by now, and is told at once.
    pub(crate) fn live(&mut self, snapshot: &mut Snapshot) {
        self.boot(snapshot);
        self.finish_jobs(snapshot);
        self.assign_jobs(snapshot);
    }

    /// A machine that is ready fetches its token, if it needs one, and says so. A machine whose row is gone, or does not expect it, is not heard.
    fn boot(&mut self, snapshot: &mut Snapshot) {
        let now = snapshot.now;
        let ready = |machine: &CloudMachine| !machine.told && machine.ready_at.is_some_and(|at| at <= now);
        let names: Vec<_> = self.machines.iter().filter(|(_, machine)| ready(machine)).map(|((_, name), _)| name.clone()).collect();
        for name in names {
            let Some(row) = snapshot.runners.iter().find(|row| row.name == name && row.hears_machine(row.create_attempt)).cloned() else {
                continue;
            };
            let known = self.runners.get(&name).map(|runner| runner.agent_id);
            let agent_id = match row.agent_id {
                Some(_) if known == row.agent_id => row.agent_id,
                // Its configuration is for a registration that is gone.
                Some(_) => continue,
                None => Some(self.register(&name)),
            };
            if let Some(machine) = self.machines.get_mut(&(row.set_id, name)) {
                machine.told = true;
            }
            if row.agent_id.is_none() {
                snapshot.change(row.id, Runner::token_fetched);
            }
            snapshot.change(row.id, |runner| runner.reported(Some(RunnerStatus::Idle), agent_id, ""));
        }
    }

    fn finish_jobs(&mut self, snapshot: &mut Snapshot) {
        let over = |job: &JobAtForge| job.status == JobStatus::InProgress && job.ends_at <= snapshot.now;
        let ids: Vec<_> = self.jobs.iter().filter(|(_, job)| over(job)).map(|(id, _)| *id).collect();
        for id in ids {
            let Some(job) = self.jobs.get_mut(&id) else { continue };
            job.status = JobStatus::Completed;
            if let Some(runner) = &job.runner {
                self.runners.remove(runner);
            }
            self.tell(snapshot, id);
        }
    }

    fn assign_jobs(&mut self, snapshot: &mut Snapshot) {
        let waiting: Vec<_> = self.jobs.iter().filter(|(_, job)| job.status == JobStatus::Queued).map(|(id, _)| *id).collect();
        for id in waiting {
            let labels = self.jobs[&id].labels.clone();
            let fits = |name: &RunnerName| {
                let row = snapshot.runners.iter().find(|row| row.name == *name);
                row.and_then(|row| snapshot.set(row.set_id)).is_some_and(|view| view.set.fits(&labels))
            };
            let idle = |name: &RunnerName| self.runners[name].job.is_none() && self.is_connected(name, snapshot.now);
            let Some(name) = self.runners.keys().find(|name| idle(name) && fits(name)).cloned() else { continue };
            if let Some(runner) = self.runners.get_mut(&name) {
                runner.job = Some(id);
            }
            if let Some(job) = self.jobs.get_mut(&id) {
                (job.status, job.runner, job.ends_at) = (JobStatus::InProgress, Some(name), snapshot.now.after(JOB));
            }
            self.tell(snapshot, id);
        }
    }

    /// A delivery about a job, or the answer to a question about it: changes its row and that of its runner. Rows only move forward.
    pub(crate) fn tell(&self, snapshot: &mut Snapshot, id: JobId) {
        let Some(told) = self.jobs.get(&id) else { return };
        let runner: Option<RunnerId> =
            told.runner.as_ref().and_then(|name| snapshot.runners.iter().find(|row| row.name == *name)).map(|row| row.id);
        let now = snapshot.now;
        for job in snapshot.jobs.iter_mut().filter(|job| job.id == id && job.status < told.status).map(Arc::make_mut) {
            (job.status, job.runner_id, job.updated_at) = (told.status, runner.or(job.runner_id), now);
        }
        snapshot.jobs.retain(|job| job.status != JobStatus::Completed);
        let Some(runner) = runner else { return };
        match told.status {
            JobStatus::Queued => {}
            JobStatus::InProgress => snapshot.change(runner, |runner| runner.job_began(id)),
            JobStatus::Completed => snapshot.change(runner, |runner| runner.job_over(id)),
        }
    }
}

fn as_listed(name: &RunnerName) -> ProviderMachine {
    ProviderMachine {
        provider_id: name.to_string(),
        name: name.clone(),
        status: InstanceStatus::Running,
        os_name: String::new(),
        os_version: String::new(),
        addresses: Vec::new(),
    }
}
