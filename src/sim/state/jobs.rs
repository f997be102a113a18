//! Jobs: queued, given to a runner, begun, ended. A job is held by at most one runner, and a runner holds at most one job.

use std::collections::BTreeMap;

use super::State;
use super::error::Error;
use crate::model::JobStatus;
use crate::sim::nouns::{Conclusion, Job, JobRunner, NewJob, Run, Runner, Scope, Step};

impl State {
    pub(crate) fn queue_job(&mut self, new: NewJob) -> i64 {
        let run_id = self.number();
        self.queue_in(run_id, new)
    }

    /// Queues all jobs of one run.
    pub(crate) fn queue_run(&mut self, jobs: Vec<NewJob>) -> Vec<i64> {
        let run_id = self.number();
        jobs.into_iter().map(|new| self.queue_in(run_id, new)).collect()
    }

    fn queue_in(&mut self, run_id: i64, new: NewJob) -> i64 {
        let id = self.queue(run_id, 1, new, false);
        self.unassigned.insert(id);
        self.assign_job(id);
        id
    }

    /// The runs of a repository that are known, the oldest first.
    pub(in crate::sim) fn runs(&self, owner: &str, repo: &str) -> Vec<Run> {
        let scope = Scope::repository(owner, repo);
        let mut runs: BTreeMap<i64, Vec<&Job>> = BTreeMap::new();
        for job in self.jobs.values().filter(|job| Scope::repository(&job.owner, &job.repo) == scope) {
            runs.entry(job.run_id).or_default().push(job);
        }
        runs.into_iter().map(|(id, jobs)| Run::of(id, &jobs)).collect()
    }

    /// A run of a repository.
    pub(in crate::sim) fn run(&self, scope: &Scope, id: i64) -> Option<Run> {
        let jobs = self.jobs.values().filter(|job| job.run_id == id && Scope::repository(&job.owner, &job.repo) == *scope);
        let jobs: Vec<&Job> = jobs.collect();
        (!jobs.is_empty()).then(|| Run::of(id, &jobs))
    }

    /// Runs a job again in another attempt of its run, as a new job of the same name. Refused while the run goes on.
    pub(crate) fn rerun_job(&mut self, id: i64) -> Result<i64, Error> {
        let job = self.jobs.get(&id).ok_or(Error::NotFound)?.clone();
        let run = self.run(&Scope::repository(&job.owner, &job.repo), job.run_id).ok_or(Error::NotFound)?;
        let is_later = |other: &Job| other.run_id == job.run_id && other.name == job.name && other.run_attempt > job.run_attempt;
        if run.conclusion.is_none() || self.jobs.values().any(is_later) {
            return Err(Error::NotOver);
        }
        let steps = job.steps.into_iter().map(|step| step.command).collect();
        let new = NewJob { owner: job.owner, repo: job.repo, name: job.name, labels: job.labels, steps };
        let again = self.queue(job.run_id, run.attempt + 1, new, false);
        self.unassigned.insert(again);
        self.assign_job(again);
        Ok(again)
    }

    /// Cancels all jobs of a run that are not over. A runner that works on one hears of it when it reports.
    pub(crate) fn cancel_run(&mut self, run_id: i64) {
        let open: Vec<i64> =
            self.jobs.values().filter(|job| job.run_id == run_id && job.status != JobStatus::Completed).map(|job| job.id).collect();
        for id in open {
            let runner_id = self.jobs.get(&id).filter(|job| job.status == JobStatus::InProgress).and_then(|job| job.runner.as_ref());
            let Some(runner_id) = runner_id.map(|runner| runner.id) else {
                // It waits, so it can be cancelled.
                self.cancel_job(id).unwrap_or_default();
                continue;
            };
            let ephemeral = self.runners.get_mut(&runner_id).is_some_and(|runner| {
                runner.job = None;
                runner.ephemeral
            });
            self.complete(id, Conclusion::Cancelled);
            if ephemeral {
                self.forget_runner(runner_id);
            }
        }
    }

    /// Queues a job and gives it to no runner until [`State::release_job`].
    pub(crate) fn queue_held_job(&mut self, new: NewJob) -> i64 {
        let run_id = self.number();
        self.queue(run_id, 1, new, true)
    }

    /// Holds a job back no longer, and tells the hooks of that if `told`.
    pub(crate) fn release_job(&mut self, id: i64, told: bool) {
        let Some(job) = self.jobs.get_mut(&id).filter(|job| job.held) else { return };
        job.held = false;
        if job.status != JobStatus::Queued {
            return;
        }
        self.unassigned.insert(id);
        if told {
            self.announce(id);
        }
        self.assign_job(id);
    }

    fn queue(&mut self, run_id: i64, run_attempt: i64, new: NewJob, held: bool) -> i64 {
        let repository = self.repository(&new.owner, &new.repo);
        let step = |command| Step { command, conclusion: None, exit_code: None, log: String::new(), started_at: None, completed_at: None };
        let id = self.number();
        let job = Job {
            id,
            run_id,
            run_attempt,
            owner: repository.owner,
            repo: repository.name,
            name: new.name,
            labels: new.labels,
            steps: new.steps.into_iter().map(step).collect(),
            status: JobStatus::Queued,
            held,
            conclusion: None,
            runner: None,
            queued_at: self.now(),
            started_at: None,
            completed_at: None,
            lost_at: None,
        };
        self.jobs.insert(id, job);
        self.announce(id);
        id
    }

    /// Cancels a job that no runner has begun.
    pub(crate) fn cancel_job(&mut self, id: i64) -> Result<(), Error> {
        let job = self.jobs.get_mut(&id).ok_or(Error::NotFound)?;
        if job.status != JobStatus::Queued {
            return Err(Error::NotYours);
        }
        if let Some(runner) = job.runner.take().and_then(|runner| self.runners.get_mut(&runner.id)) {
            runner.job = None;
        }
        self.unassigned.remove(&id);
        self.complete(id, Conclusion::Cancelled);
        Ok(())
    }

    fn can_take(&self, runner: &Runner, job: &Job) -> bool {
        let waits = runner.job.is_none() && !runner.spent && runner.session.as_ref().is_some_and(|session| session.polls > 0);
        let is_served = runner.version.as_ref().is_none_or(|version| self.settings.serves(version, self.now()));
        let is_open = self.is_group_open(runner.group_id, &job.repo) && self.covers(&runner.scope, &job.owner, &job.repo);
        // A job of a scale set is for any of its runners and for no other.
        let fits = runner.scale_set == self.scale_sets.holder_of(job.id) && (runner.scale_set.is_some() || runner.has_labels(&job.labels));
        waits && is_served && is_open && fits
    }

    /// Queued jobs that no runner has been given, the oldest first.
    pub(in crate::sim) fn waiting_jobs(&self) -> impl Iterator<Item = &Job> {
        self.unassigned.iter().filter_map(|id| self.jobs.get(id))
    }

    /// Gives a job to the longest registered runner that waits for one like it, else to a scale set.
    pub(in crate::sim) fn assign_job(&mut self, job_id: i64) {
        let Some(job) = self.jobs.get(&job_id) else { return };
        if let Some(id) = self.runners.values().find(|runner| self.can_take(runner, job)).map(|runner| runner.id) {
            self.assign(job_id, id);
        } else {
            self.offer_to_scale_sets(job_id);
        }
    }

    /// Gives a waiting runner the oldest job that fits.
    pub(super) fn assign_to(&mut self, runner_id: i64) {
        let Some(runner) = self.runners.get(&runner_id) else { return };
        let fits = |id: &&i64| self.jobs.get(id).is_some_and(|job| self.can_take(runner, job));
        if let Some(&job_id) = self.unassigned.iter().find(fits) {
            self.assign(job_id, runner_id);
        }
    }

    fn assign(&mut self, job_id: i64, runner_id: i64) {
        let (Some(job), Some(runner)) = (self.jobs.get_mut(&job_id), self.runners.get_mut(&runner_id)) else { return };
        runner.job = Some(job_id);
        let (id, name, group_id) = (runner.id, runner.name.clone(), runner.group_id);
        if let Some(session) = &runner.session {
            session.bell.notify_one();
        }
        job.runner = Some(JobRunner { id, name, group_id, group_name: String::new() });
        self.unassigned.remove(&job_id);
        let group_name = self.group_name(group_id);
        if let Some(runner) = self.jobs.get_mut(&job_id).and_then(|job| job.runner.as_mut()) {
            runner.group_name = group_name;
        }
    }

    /// The job, when it is held by this runner in this session and has this status.
    fn held_job(&mut self, runner_id: i64, session_id: i64, job_id: i64, status: JobStatus) -> Result<&mut Job, Error> {
        let held = self.in_session(runner_id, session_id)?.job == Some(job_id);
        self.jobs.get_mut(&job_id).filter(|job| held && job.status == status).ok_or(Error::NotYours)
    }

    /// The runner begins the job it has been given.
    pub(crate) fn begin_job(&mut self, runner_id: i64, session_id: i64, job_id: i64) -> Result<(), Error> {
        let now = self.now();
        // The first answer may have been lost.
        if self.held_job(runner_id, session_id, job_id, JobStatus::InProgress).is_ok() {
            return Ok(());
        }
        let job = self.held_job(runner_id, session_id, job_id, JobStatus::Queued)?;
        job.status = JobStatus::InProgress;
        job.started_at = Some(now);
        if let Some(first) = job.steps.first_mut() {
            first.started_at = Some(now);
        }
        self.announce(job_id);
        self.tell_scale_set(job_id);
        Ok(())
    }

    /// A step has ended; `number` counts from 1.
    pub(in crate::sim) fn end_step(
        &mut self,
        runner_id: i64,
        session_id: i64,
        job_id: i64,
        number: usize,
        exit_code: i32,
        log: String,
    ) -> Result<(), Error> {
        let now = self.now();
        let job = self.held_job(runner_id, session_id, job_id, JobStatus::InProgress)?;
        let index = number.checked_sub(1).ok_or(Error::NotFound)?;
        let step = job.steps.get_mut(index).ok_or(Error::NotFound)?;
        step.started_at.get_or_insert(now);
        step.completed_at = Some(now);
        step.exit_code = Some(exit_code);
        step.conclusion = Some(if exit_code == 0 { Conclusion::Success } else { Conclusion::Failure });
        step.log = log;
        if exit_code == 0
            && let Some(next) = job.steps.get_mut(number)
        {
            next.started_at = Some(now);
        }
        Ok(())
    }

    /// The runner has ended its job; an ephemeral runner is removed with it.
    pub(crate) fn end_job(&mut self, runner_id: i64, session_id: i64, job_id: i64, conclusion: Conclusion) -> Result<(), Error> {
        self.held_job(runner_id, session_id, job_id, JobStatus::InProgress)?;
        let ephemeral = self.runners.get_mut(&runner_id).is_some_and(|runner| {
            // What the end of the job sets free goes to other runners.
            (runner.job, runner.spent) = (None, runner.ephemeral);
            runner.ephemeral
        });
        self.complete(job_id, conclusion);
        if ephemeral {
            self.forget_runner(runner_id);
        }
        Ok(())
    }

    pub(super) fn complete(&mut self, job_id: i64, conclusion: Conclusion) {
        let now = self.now();
        let Some(job) = self.jobs.get_mut(&job_id) else { return };
        job.status = JobStatus::Completed;
        job.conclusion = Some(conclusion);
        job.completed_at = Some(now);
        // Of a step that ran on a runner that was lost, nobody can say how it ended.
        let was_lost = job.lost_at.is_some();
        let is_known = |step: &&mut Step| !was_lost || step.started_at.is_none();
        for step in job.steps.iter_mut().filter(|step| step.conclusion.is_none()).filter(is_known) {
            let running = step.started_at.is_some();
            step.conclusion = Some(if running { conclusion } else { Conclusion::Skipped });
            step.completed_at = running.then_some(now);
        }
        self.announce(job_id);
        self.tell_scale_set(job_id);
    }
}
