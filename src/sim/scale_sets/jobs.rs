//! Which scale set gets a job, what its listener is told of the job, and how many there are.

use super::nouns::{Claim, JobMessage, News, ScaleSet, Stage, Statistics};
use super::settings::Manner;
use crate::model::JobStatus;
use crate::sim::nouns::{Conclusion, Job};
use crate::sim::state::State;

/// The service's word for the end of a job that was cancelled or taken back.
const CANCELED: &str = "canceled";

impl State {
    /// How a job stands with scale sets.
    #[must_use]
    pub fn claim(&self, job: i64) -> Option<&Claim> {
        self.scale_sets.claims.get(&job)
    }

    /// Whether a scale set may get a job that waits for a runner.
    fn suits(&self, set: &ScaleSet, job: &Job) -> bool {
        let taken_back = |claim: &Claim| claim.stage == Stage::TakenBack && claim.times <= self.settings.scale_sets.reassignments;
        let is_free = self.claim(job.id).is_none_or(taken_back);
        let is_served = set.status.is_none() && self.is_group_open(set.group_id, &job.repo);
        is_free && is_served && !job.labels.is_empty() && set.has_labels(&job.labels) && self.covers(&set.scope, &job.owner, &job.repo)
    }

    /// How many jobs more a scale set may have, by the capacity that its open poll named.
    fn room(&self, set: &ScaleSet) -> usize {
        let has = |claim: &&Claim| claim.scale_set == set.id && claim.stage != Stage::TakenBack;
        let taken = self.scale_sets.claims.values().filter(has).count();
        set.capacity().unwrap_or(0).saturating_sub(taken)
    }

    /// Gives a job that no runner takes to the oldest scale set that fits and has room.
    pub(in crate::sim) fn offer_to_scale_sets(&mut self, job_id: i64) {
        let Some(job) = self.find_job(job_id) else { return };
        let fits = |set: &&ScaleSet| set.poll.is_some() && self.suits(set, job) && self.room(set) > 0;
        let found = self.scale_sets().find(fits).map(|set| set.id);
        if let Some(id) = found {
            self.hand_over(job_id, id);
        }
    }

    /// Gives a scale set the oldest jobs that fit, until its capacity is used up.
    pub(in crate::sim) fn fill_scale_set(&mut self, id: i64) {
        let Some(set) = self.find_scale_set(id) else { return };
        let fitting = self.waiting_jobs().filter(|job| self.suits(set, job)).map(|job| job.id);
        let fitting: Vec<i64> = fitting.take(self.room(set)).collect();
        for job in fitting {
            self.hand_over(job, id);
        }
    }

    pub(in crate::sim) fn fill_scale_sets(&mut self) {
        let all: Vec<i64> = self.scale_sets().map(|set| set.id).collect();
        for id in all {
            self.fill_scale_set(id);
        }
    }

    fn hand_over(&mut self, job: i64, id: i64) {
        match self.settings.scale_sets.manner {
            Manner::Assigns => self.assign_to_scale_set(job, id, 0),
            Manner::Offers => {
                let request = self.scale_sets.next_request();
                let times = self.claim(job).map_or(0, |claim| claim.times);
                self.put_claim(job, Claim { scale_set: id, stage: Stage::Offered, request, since: self.now(), times });
                self.tell(job, News::Available);
            }
        }
    }

    /// The scale set has the job: any of its runners may take it from now on.
    pub(in crate::sim) fn assign_to_scale_set(&mut self, job: i64, id: i64, request: i64) {
        let times = self.claim(job).map_or(0, |claim| claim.times) + 1;
        self.put_claim(job, Claim { scale_set: id, stage: Stage::Assigned, request, since: self.now(), times });
        self.tell(job, News::Assigned);
        self.assign_job(job);
    }

    fn put_claim(&mut self, job: i64, claim: Claim) {
        self.scale_sets.claims.insert(job, claim);
    }

    /// Tells the listener that has the job about the status that the job has just got.
    pub(in crate::sim) fn tell_scale_set(&mut self, job_id: i64) {
        let Some((status, claim)) = self.find_job(job_id).map(|job| job.status).zip(self.claim(job_id).cloned()) else { return };
        let is_own = claim.stage == Stage::Assigned;
        match status {
            JobStatus::InProgress if is_own => self.tell(job_id, News::Started),
            JobStatus::Completed if is_own => self.tell(job_id, News::Completed),
            _ => {}
        }
        // Another runner has it, or it is over.
        if !is_own || status == JobStatus::Completed {
            self.scale_sets.claims.remove(&job_id);
            self.fill_scale_set(claim.scale_set);
        }
    }

    /// News of a job for the scale set that it is claimed by.
    pub(in crate::sim) fn describe(&self, job_id: i64, news: News) -> Option<JobMessage> {
        let (job, claim) = self.find_job(job_id).zip(self.claim(job_id))?;
        let runner = job.runner.as_ref().filter(|_| job.status != JobStatus::Queued);
        let is_over = news == News::Completed;
        Some(JobMessage {
            news,
            request: claim.request,
            job: job.id,
            owner: job.owner.clone(),
            repo: job.repo.clone(),
            name: job.name.clone(),
            run_id: job.run_id,
            labels: job.labels.clone(),
            queued_at: job.queued_at,
            assigned_at: (claim.stage == Stage::Assigned).then_some(claim.since),
            started_at: job.started_at,
            finished_at: is_over.then(|| job.completed_at.unwrap_or_else(|| self.now())),
            runner: runner.map(|runner| (runner.id, runner.name.clone())),
            result: is_over.then(|| job.conclusion.map_or(CANCELED, result)),
        })
    }

    /// Puts news of a job into the stream of the scale set that it is claimed by.
    fn tell(&mut self, job_id: i64, news: News) {
        let Some((id, message)) = self.claim(job_id).map(|claim| claim.scale_set).zip(self.describe(job_id, news)) else { return };
        let Some(set) = self.scale_sets.sets.get_mut(&id) else { return };
        set.news.push_back(message);
        if let Some(poll) = &set.poll {
            poll.bell.notify_one();
        }
    }

    /// Takes back the jobs that no runner picked up in time, and gives them away again. Returns how many.
    pub(in crate::sim) fn take_back_jobs(&mut self) -> usize {
        let now = self.now();
        let oldest = now.before(self.settings.scale_sets.pickup_timeout);
        let is_late = |job: &&Job| self.claim(job.id).is_some_and(|claim| claim.stage != Stage::TakenBack && claim.since <= oldest);
        let late: Vec<i64> = self.waiting_jobs().filter(is_late).map(|job| job.id).collect();
        for job in &late {
            let Some(claim) = self.claim(*job).cloned() else { continue };
            if claim.stage == Stage::Assigned {
                self.tell(*job, News::Completed);
            }
            self.put_claim(*job, Claim { stage: Stage::TakenBack, since: now, ..claim });
        }
        for job in &late {
            self.assign_job(*job);
        }
        late.len()
    }

    /// How many jobs and runners a scale set has.
    #[must_use]
    pub fn statistics(&self, id: i64) -> Statistics {
        let Some(set) = self.find_scale_set(id) else { return Statistics::default() };
        let waits =
            |job: &&Job| self.suits(set, job) || self.claim(job.id).is_some_and(|own| own.scale_set == id && own.stage == Stage::Offered);
        let own = || self.scale_sets.claims.iter().filter(|(_, claim)| claim.scale_set == id && claim.stage == Stage::Assigned);
        let runs = |job: i64| self.find_job(job).is_some_and(|job| job.status == JobStatus::InProgress);
        let runners = || self.runners().filter(|runner| runner.scale_set == Some(id));
        Statistics {
            available: self.waiting_jobs().filter(waits).count(),
            assigned: own().count(),
            running: own().filter(|(job, _)| runs(**job)).count(),
            registered: runners().count(),
            busy: runners().filter(|runner| runner.busy()).count(),
            idle: runners().filter(|runner| runner.online() && !runner.busy()).count(),
        }
    }
}

/// The service's word for a conclusion.
const fn result(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Success => "succeeded",
        Conclusion::Failure => "failed",
        Conclusion::Cancelled => CANCELED,
        Conclusion::Skipped => "skipped",
    }
}
