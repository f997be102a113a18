//! Sessions of runners: connecting, waiting for a job, falling silent.

use std::sync::Arc;

use tokio::sync::Notify;

use super::State;
use super::error::Error;
use crate::model::JobStatus;
use crate::sim::nouns::{Conclusion, DEFAULT_GROUP, Job, Registration, Runner, Scope, Session};
use crate::sim::runner_archive::RUNNER_VERSION;

impl State {
    /// Connects a runner. An older session of the runner ends, and its job is lost.
    pub(crate) fn open_session(&mut self, runner_id: i64, version: &str) -> Result<i64, Error> {
        self.lose_runner(runner_id);
        let (id, now) = (self.number(), self.now());
        let runner = self.runners.get_mut(&runner_id).ok_or(Error::Gone)?;
        if runner.spent {
            return Err(Error::Spent);
        }
        runner.version = Some(version.to_owned());
        runner.connected_at.get_or_insert(now);
        runner.session = Some(Session { id, polls: 0, seen_at: now, bell: Arc::new(Notify::new()) });
        Ok(id)
    }

    /// Registers a runner that is connected, and waits in a poll without an end.
    pub(in crate::sim) fn add_connected_runner(&mut self, scope: Scope, name: &str, labels: &[String]) -> Result<i64, Error> {
        let (name, labels) = (name.to_owned(), labels.to_vec());
        let group_id = DEFAULT_GROUP;
        let registration = Registration { name, labels, default_labels: false, group_id, ephemeral: true, jit: true };
        let id = self.register_runner(scope, registration)?.id;
        let session = self.open_session(id, RUNNER_VERSION)?;
        self.begin_poll(id, session)?;
        Ok(id)
    }

    /// The runner, when this is its session; notes that it is there.
    pub(super) fn in_session(&mut self, runner_id: i64, session_id: i64) -> Result<&mut Runner, Error> {
        let now = self.now();
        let runner = self.runners.get_mut(&runner_id).ok_or(Error::Gone)?;
        match runner.session.as_mut().filter(|session| session.id == session_id) {
            Some(session) => session.seen_at = now,
            None => return Err(Error::SessionEnded),
        }
        Ok(runner)
    }

    /// Notes that the runner is there.
    pub(in crate::sim) fn beat(&mut self, runner_id: i64, session_id: i64) -> Result<(), Error> {
        self.in_session(runner_id, session_id).map(|_| ())
    }

    /// Ends a session at the runner's request.
    pub(crate) fn close_session(&mut self, runner_id: i64, session_id: i64) -> Result<(), Error> {
        self.in_session(runner_id, session_id)?;
        self.lose_runner(runner_id);
        Ok(())
    }

    /// The forge has lost contact with a runner.
    pub(crate) fn lose_contact(&mut self, runner_id: i64, session_id: i64) -> Result<(), Error> {
        self.in_session(runner_id, session_id)?;
        self.fall_silent(runner_id);
        Ok(())
    }

    /// A long poll begins: from now on the forge may give the runner a job. Returns the bell that rings then.
    pub(crate) fn begin_poll(&mut self, runner_id: i64, session_id: i64) -> Result<Arc<Notify>, Error> {
        let runner = self.in_session(runner_id, session_id)?;
        let session = runner.session.as_mut().ok_or(Error::SessionEnded)?;
        session.polls += 1;
        let bell = session.bell.clone();
        self.assign_to(runner_id);
        Ok(bell)
    }

    /// A long poll has ended, answered or not.
    pub(in crate::sim) fn end_poll(&mut self, runner_id: i64, session_id: i64) {
        if let Ok(runner) = self.in_session(runner_id, session_id)
            && let Some(session) = runner.session.as_mut()
        {
            session.polls = session.polls.saturating_sub(1);
        }
    }

    /// The job the runner has been given and has not begun. A second call gives the same job: the first answer may have been lost.
    pub(crate) fn assignment(&mut self, runner_id: i64, session_id: i64) -> Result<Option<Job>, Error> {
        let job = self.in_session(runner_id, session_id)?.job;
        Ok(job.and_then(|id| self.jobs.get(&id)).filter(|job| job.status == JobStatus::Queued).cloned())
    }

    /// Ends the sessions of runners and listeners that were silent for too long, and whatever else time ends. Returns how much.
    pub(crate) fn expire_sessions(&mut self) -> usize {
        let oldest = self.now().before(self.settings.session_timeout);
        let silent = |session: &Session| session.polls == 0 && session.seen_at <= oldest;
        let lost: Vec<i64> =
            self.runners.values().filter(|runner| runner.session.as_ref().is_some_and(silent)).map(|runner| runner.id).collect();
        for id in &lost {
            self.fall_silent(*id);
        }
        lost.len() + self.give_up_lost_jobs() + self.expire_message_sessions() + self.take_back_jobs()
    }

    /// The runner is offline. It keeps the job that it has begun until the forge gives that up.
    fn fall_silent(&mut self, runner_id: i64) {
        let now = self.now();
        let job = self.runners.get(&runner_id).and_then(|runner| runner.job).and_then(|id| self.jobs.get_mut(&id));
        match job.filter(|job| job.status == JobStatus::InProgress && !self.settings.lost_job_timeout.is_zero()) {
            None => self.lose_runner(runner_id),
            Some(job) => {
                job.lost_at = Some(now);
                if let Some(runner) = self.runners.get_mut(&runner_id) {
                    (runner.session, runner.spent) = (None, runner.ephemeral);
                }
            }
        }
    }

    /// Ends the jobs whose runners have been silent for too long. Returns how many.
    fn give_up_lost_jobs(&mut self) -> usize {
        let oldest = self.now().before(self.settings.lost_job_timeout);
        let is_due = |id: &i64| self.jobs.get(id).is_some_and(|job| job.lost_at.is_some_and(|at| at <= oldest));
        let silent = self.runners.values().filter(|runner| runner.session.is_none() && runner.job.as_ref().is_some_and(is_due));
        let silent: Vec<i64> = silent.map(|runner| runner.id).collect();
        for id in &silent {
            self.lose_runner(*id);
        }
        silent.len()
    }

    /// Ends a runner's session. A job that it had begun fails; a job that it had not begun is queued again.
    fn lose_runner(&mut self, runner_id: i64) {
        let Some(runner) = self.runners.get_mut(&runner_id) else { return };
        if let Some(session) = runner.session.take() {
            session.bell.notify_one();
        }
        let Some(job_id) = runner.job.take() else { return };
        let begun = self.jobs.get(&job_id).is_some_and(|job| job.status == JobStatus::InProgress);
        runner.spent = begun && runner.ephemeral;
        if begun {
            self.complete(job_id, Conclusion::Failure);
        } else {
            if let Some(job) = self.jobs.get_mut(&job_id) {
                job.runner = None;
            }
            self.unassigned.insert(job_id);
            self.assign_job(job_id);
        }
    }
}
