//! The state of the forge and how it moves: jobs are queued, given to runners, begun, ended or lost.
//!
//! Everything here is plain data and happens under one lock; [`super::forge::Forge`] is the handle that takes it. Invariants:
//! a job is held by at most one runner and a runner holds at most one job; a job that has ended never changes again; a delivery exists for
//! every hook and every change of a job's status, in the order in which they happened.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use axum::body::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use uuid::Uuid;

use super::access::{Access, TOKEN_LIFETIME};
use super::nouns::{
    Attempt, Conclusion, DEFAULT_GROUP, Delivery, DeliveryState, Enterprise, Hook, Job, JobRunner, Label, NewJob, Owner, Repository,
    Runner, RunnerGroup, Session, Step, Target,
};
use super::payloads;
use super::settings::Settings;
use crate::model::{JobStatus, SecretString};
use crate::time::{Clock, Timestamp};

/// Labels `config.sh` adds by itself.
const DEFAULT_LABELS: [&str; 3] = ["self-hosted", "Linux", "X64"];

/// The login that deliveries name as the sender.
const SENDER: &str = "octo-committer";

/// What the model refuses to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no such thing.
    #[error("not found")]
    NotFound,
    /// A runner of that name is already registered there.
    #[error("a runner with the name {0} already exists")]
    Exists(String),
    /// The runner has a job.
    #[error("runner {0} is running a job")]
    Busy(String),
    /// No runner group of that name or number can be used there.
    #[error("could not find any runner group named {0:?}")]
    NoGroup(String),
    /// The token is unknown, expired, or was made for something else.
    #[error("the token is not valid here")]
    BadToken,
    /// The runner is not registered, or no longer.
    #[error("the runner registration is gone")]
    Gone,
    /// The runner is ephemeral and has used up its one job.
    #[error("the runner has had its one job")]
    Spent,
    /// The session has ended or another one has taken its place.
    #[error("the session has ended")]
    SessionEnded,
    /// The job is not held by this runner, or is not in the state this needs.
    #[error("the job is not held by this runner")]
    NotYours,
}

/// What a runner is registered with.
#[derive(Clone, Debug)]
pub(crate) struct Registration {
    pub(crate) name: String,
    pub(crate) labels: Vec<String>,
    pub(crate) default_labels: bool,
    pub(crate) group_id: i64,
    pub(crate) ephemeral: bool,
    pub(crate) jit: bool,
}

/// What a short-lived token of a target allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenUse {
    Registration,
    Removal,
}

#[derive(Clone, Debug)]
struct TargetToken {
    target: Target,
    use_: TokenUse,
    expires_at: Timestamp,
}

/// Everything the forge knows.
pub struct State {
    pub(super) clock: Clock,
    pub(super) settings: Settings,
    pub(super) access: Access,
    /// Where the HTTP face is; no slash at its end.
    pub(super) url: String,
    /// Where counters begin and what hashes are salted with, so that two forges one after the other do not reuse numbers.
    epoch: i64,
    counter: i64,
    owners: BTreeMap<String, Owner>,
    repositories: BTreeMap<String, Repository>,
    enterprises: BTreeMap<String, Enterprise>,
    groups: Vec<RunnerGroup>,
    runners: BTreeMap<i64, Runner>,
    secrets: BTreeMap<String, i64>,
    target_tokens: BTreeMap<String, TargetToken>,
    jobs: BTreeMap<i64, Job>,
    /// Queued jobs that no runner has been given.
    unassigned: BTreeSet<i64>,
    hooks: BTreeMap<i64, Hook>,
    deliveries: BTreeMap<i64, Delivery>,
    outbox: VecDeque<i64>,
}

impl State {
    pub(super) fn new(clock: Clock) -> Self {
        let epoch = clock.now().as_micros() / 1_000;
        let default_group = RunnerGroup { id: DEFAULT_GROUP, name: "Default".to_owned(), target: None };
        Self {
            clock,
            settings: Settings::default(),
            access: Access::default(),
            url: "http://127.0.0.1".to_owned(),
            epoch,
            counter: 0,
            owners: BTreeMap::new(),
            repositories: BTreeMap::new(),
            enterprises: BTreeMap::new(),
            groups: vec![default_group],
            runners: BTreeMap::new(),
            secrets: BTreeMap::new(),
            target_tokens: BTreeMap::new(),
            jobs: BTreeMap::new(),
            unassigned: BTreeSet::new(),
            hooks: BTreeMap::new(),
            deliveries: BTreeMap::new(),
            outbox: VecDeque::new(),
        }
    }

    /// All jobs, oldest first.
    pub fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.jobs.values()
    }

    /// A job by its number.
    #[must_use]
    pub fn find_job(&self, id: i64) -> Option<&Job> {
        self.jobs.get(&id)
    }

    /// All registered runners, oldest first.
    pub fn runners(&self) -> impl Iterator<Item = &Runner> {
        self.runners.values()
    }

    /// A runner by its number.
    #[must_use]
    pub fn find_runner(&self, id: i64) -> Option<&Runner> {
        self.runners.get(&id)
    }

    /// All deliveries, oldest first.
    pub fn deliveries(&self) -> impl Iterator<Item = &Delivery> {
        self.deliveries.values()
    }

    /// All hooks, oldest first.
    pub fn hooks(&self) -> impl Iterator<Item = &Hook> {
        self.hooks.values()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The next number; starts above the time the forge was made, in milliseconds, and never repeats.
    fn number(&mut self) -> i64 {
        self.counter += 1;
        self.epoch + self.counter
    }

    fn digest(&mut self, what: &str) -> [u8; 32] {
        let number = self.number();
        Sha256::digest(format!("{}/{what}/{number}", self.epoch)).into()
    }

    /// A secret-looking text. Nothing depends on nobody guessing it: it opens a fake forge.
    pub(super) fn token(&mut self, prefix: &str) -> String {
        format!("{prefix}{}", &hex::encode(self.digest(prefix))[..36])
    }

    // --- owners, repositories, enterprises: made when first spoken of ---

    pub(super) fn owner(&mut self, login: &str, is_organization: bool) -> Owner {
        let key = login.to_ascii_lowercase();
        if !self.owners.contains_key(&key) {
            let id = self.number();
            self.owners.insert(key.clone(), Owner { id, login: login.to_owned(), is_organization: false });
        }
        let owner = self.owners.get_mut(&key).expect("inserted above");
        owner.is_organization |= is_organization;
        owner.clone()
    }

    pub(super) fn repository(&mut self, owner: &str, name: &str) -> Repository {
        let owner = self.owner(owner, false);
        let key = format!("{}/{name}", owner.login).to_ascii_lowercase();
        if let Some(repository) = self.repositories.get(&key) {
            return repository.clone();
        }
        let repository = Repository { id: self.number(), owner: owner.login, name: name.to_owned(), created_at: self.now() };
        self.repositories.insert(key, repository.clone());
        repository
    }

    pub(super) fn enterprise(&mut self, slug: &str) -> Enterprise {
        let key = slug.to_ascii_lowercase();
        if let Some(enterprise) = self.enterprises.get(&key) {
            return enterprise.clone();
        }
        let enterprise = Enterprise { id: self.number(), slug: slug.to_owned(), created_at: self.now(), organizations: Vec::new() };
        self.enterprises.insert(key, enterprise.clone());
        enterprise
    }

    pub(super) fn add_organization(&mut self, slug: &str, login: &str) {
        self.enterprise(slug);
        self.owner(login, true);
        if let Some(enterprise) = self.enterprises.get_mut(&slug.to_ascii_lowercase()) {
            enterprise.organizations.push(login.to_owned());
        }
    }

    /// The enterprise an organization belongs to.
    pub(super) fn enterprise_of(&self, login: &str) -> Option<&Enterprise> {
        self.enterprises.values().find(|enterprise| enterprise.organizations.iter().any(|own| own.eq_ignore_ascii_case(login)))
    }

    /// Makes sure that the target exists, and gives its number.
    pub(crate) fn target_id(&mut self, target: &Target) -> i64 {
        match target {
            Target::Repository { owner, name } => self.repository(owner, name).id,
            Target::Organization(login) => self.owner(login, true).id,
            Target::Enterprise(slug) => self.enterprise(slug).id,
        }
    }

    /// Whether things of this target concern the repository.
    fn covers(&self, target: &Target, owner: &str, repo: &str) -> bool {
        match target {
            Target::Repository { .. } => *target == Target::repository(owner, repo),
            Target::Organization(login) => login.eq_ignore_ascii_case(owner),
            Target::Enterprise(slug) => self.enterprise_of(owner).is_some_and(|enterprise| enterprise.slug.eq_ignore_ascii_case(slug)),
        }
    }

    // --- runner groups ---

    pub(crate) fn add_group(&mut self, target: Target, name: &str) -> i64 {
        self.target_id(&target);
        let id = i64::try_from(self.groups.len()).unwrap_or(i64::MAX - 1) + 1;
        self.groups.push(RunnerGroup { id, name: name.to_owned(), target: Some(target) });
        id
    }

    /// The groups of an organization or enterprise, the default group first; a repository has only that.
    pub(crate) fn groups(&self, target: &Target) -> Vec<RunnerGroup> {
        self.groups.iter().filter(|group| group.target.as_ref().is_none_or(|own| own == target)).cloned().collect()
    }

    pub(crate) fn find_group(&self, target: &Target, id: i64) -> Option<RunnerGroup> {
        self.groups(target).into_iter().find(|group| group.id == id)
    }

    fn group_name(&self, id: i64) -> String {
        self.groups.iter().find(|group| group.id == id).map(|group| group.name.clone()).unwrap_or_default()
    }

    // --- runners ---

    pub(crate) fn issue_target_token(&mut self, target: Target, use_: TokenUse) -> (String, Timestamp) {
        self.target_id(&target);
        let token = self.token("A").to_ascii_uppercase();
        let expires_at = self.now().after(TOKEN_LIFETIME);
        self.target_tokens.insert(token.clone(), TargetToken { target, use_, expires_at });
        (token, expires_at)
    }

    /// Checks a registration or removal token against what it is used for.
    pub(crate) fn check_target_token(&self, token: &str, target: &Target, allowed: &[TokenUse]) -> Result<(), Error> {
        let known = self.target_tokens.get(token).ok_or(Error::BadToken)?;
        let fits = known.target == *target && allowed.contains(&known.use_) && known.expires_at > self.now();
        if fits { Ok(()) } else { Err(Error::BadToken) }
    }

    pub(crate) fn register_runner(&mut self, target: Target, registration: Registration) -> Result<Runner, Error> {
        self.target_id(&target);
        let name = registration.name;
        if self.runners.values().any(|runner| runner.target == target && runner.name.eq_ignore_ascii_case(&name)) {
            return Err(Error::Exists(name));
        }
        if self.find_group(&target, registration.group_id).is_none() {
            return Err(Error::NoGroup(registration.group_id.to_string()));
        }
        let defaults = if registration.default_labels { &DEFAULT_LABELS[..] } else { &[] };
        let read_only = defaults.iter().map(|&label| (label.to_owned(), false));
        let custom = registration.labels.into_iter().map(|label| (label, true));
        let mut labels: Vec<Label> = Vec::new();
        for (name, custom) in read_only.chain(custom) {
            if !labels.iter().any(|label| label.name.eq_ignore_ascii_case(&name)) {
                labels.push(Label { id: self.number(), name, custom });
            }
        }
        let runner = Runner {
            id: self.number(),
            name,
            target,
            labels,
            ephemeral: registration.ephemeral,
            group_id: registration.group_id,
            jit: registration.jit,
            job: None,
            version: None,
            registered_at: self.now(),
            connected_at: None,
            secret: self.token("runner-"),
            session: None,
            spent: false,
        };
        self.secrets.insert(runner.secret.clone(), runner.id);
        self.runners.insert(runner.id, runner.clone());
        Ok(runner)
    }

    /// Removes a runner of this target unless it has a job.
    pub(crate) fn remove_runner(&mut self, target: &Target, id: i64) -> Result<(), Error> {
        let runner = self.runners.get(&id).filter(|runner| runner.target == *target).ok_or(Error::NotFound)?;
        if runner.busy() {
            return Err(Error::Busy(runner.name.clone()));
        }
        self.forget_runner(id);
        Ok(())
    }

    fn forget_runner(&mut self, id: i64) {
        if let Some(runner) = self.runners.remove(&id) {
            self.secrets.remove(&runner.secret);
            if let Some(session) = runner.session {
                session.bell.notify_one();
            }
        }
    }

    /// The runner whose secret this is.
    pub(super) fn runner_by_secret(&self, secret: &str) -> Result<&Runner, Error> {
        self.secrets.get(secret).and_then(|id| self.runners.get(id)).ok_or(Error::Gone)
    }

    // --- sessions of runners ---

    /// Connects a runner. A session it still had ends: whatever it was doing is lost.
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

    /// The runner, when this is its session; notes that it is there.
    fn in_session(&mut self, runner_id: i64, session_id: i64) -> Result<&mut Runner, Error> {
        let now = self.now();
        let runner = self.runners.get_mut(&runner_id).ok_or(Error::Gone)?;
        match runner.session.as_mut().filter(|session| session.id == session_id) {
            Some(session) => session.seen_at = now,
            None => return Err(Error::SessionEnded),
        }
        Ok(runner)
    }

    /// Notes that the runner is there.
    pub(crate) fn beat(&mut self, runner_id: i64, session_id: i64) -> Result<(), Error> {
        self.in_session(runner_id, session_id).map(|_| ())
    }

    /// Ends a session because the runner said goodbye.
    pub(crate) fn close_session(&mut self, runner_id: i64, session_id: i64) -> Result<(), Error> {
        self.in_session(runner_id, session_id)?;
        self.lose_runner(runner_id);
        Ok(())
    }

    /// A long poll begins: the runner can be given a job from now on. Returns what rings when there is one.
    pub(crate) fn begin_poll(&mut self, runner_id: i64, session_id: i64) -> Result<Arc<Notify>, Error> {
        let runner = self.in_session(runner_id, session_id)?;
        let session = runner.session.as_mut().ok_or(Error::SessionEnded)?;
        session.polls += 1;
        let bell = session.bell.clone();
        self.assign_to(runner_id);
        Ok(bell)
    }

    /// A long poll has ended, answered or not.
    pub(crate) fn end_poll(&mut self, runner_id: i64, session_id: i64) {
        if let Ok(runner) = self.in_session(runner_id, session_id)
            && let Some(session) = runner.session.as_mut()
        {
            session.polls = session.polls.saturating_sub(1);
        }
    }

    /// The job the runner has been given and has not begun. Asking twice gives it twice: the first answer may have been lost.
    pub(crate) fn assignment(&mut self, runner_id: i64, session_id: i64) -> Result<Option<Job>, Error> {
        let job = self.in_session(runner_id, session_id)?.job;
        Ok(job.and_then(|id| self.jobs.get(&id)).filter(|job| job.status == JobStatus::Queued).cloned())
    }

    /// Ends sessions that nobody has heard of for too long. Returns how many.
    pub(crate) fn expire_sessions(&mut self) -> usize {
        let oldest = self.now().before(self.settings.session_timeout);
        let silent = |session: &Session| session.polls == 0 && session.seen_at <= oldest;
        let lost: Vec<i64> =
            self.runners.values().filter(|runner| runner.session.as_ref().is_some_and(silent)).map(|runner| runner.id).collect();
        for id in &lost {
            self.lose_runner(*id);
        }
        lost.len()
    }

    /// A runner is no longer there. A job it had begun has failed, one it had not begun is queued again.
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

    // --- jobs ---

    pub(crate) fn queue_job(&mut self, new: NewJob) -> i64 {
        let repository = self.repository(&new.owner, &new.repo);
        let step = |command| Step { command, conclusion: None, exit_code: None, log: String::new(), started_at: None, completed_at: None };
        let (id, run_id) = (self.number(), self.number());
        let job = Job {
            id,
            run_id,
            owner: repository.owner,
            repo: repository.name,
            name: new.name,
            labels: new.labels,
            steps: new.steps.into_iter().map(step).collect(),
            status: JobStatus::Queued,
            conclusion: None,
            runner: None,
            queued_at: self.now(),
            started_at: None,
            completed_at: None,
        };
        self.jobs.insert(id, job);
        self.unassigned.insert(id);
        self.announce(id);
        self.assign_job(id);
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
        waits && runner.has_labels(&job.labels) && self.covers(&runner.target, &job.owner, &job.repo)
    }

    /// Gives a job to the longest registered runner that waits for one like it.
    fn assign_job(&mut self, job_id: i64) {
        let Some(job) = self.jobs.get(&job_id) else { return };
        if let Some(id) = self.runners.values().find(|runner| self.can_take(runner, job)).map(|runner| runner.id) {
            self.assign(job_id, id);
        }
    }

    /// Gives a waiting runner the oldest job that fits.
    fn assign_to(&mut self, runner_id: i64) {
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
        Ok(())
    }

    /// A step has ended; `number` counts from 1.
    pub(super) fn end_step(
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
            runner.job = None;
            runner.ephemeral
        });
        self.complete(job_id, conclusion);
        if ephemeral {
            self.forget_runner(runner_id);
        }
        Ok(())
    }

    fn complete(&mut self, job_id: i64, conclusion: Conclusion) {
        let now = self.now();
        let Some(job) = self.jobs.get_mut(&job_id) else { return };
        job.status = JobStatus::Completed;
        job.conclusion = Some(conclusion);
        job.completed_at = Some(now);
        for step in job.steps.iter_mut().filter(|step| step.conclusion.is_none()) {
            let running = step.started_at.is_some();
            step.conclusion = Some(if running { conclusion } else { Conclusion::Skipped });
            step.completed_at = running.then_some(now);
        }
        self.announce(job_id);
    }

    // --- hooks and deliveries ---

    pub(super) fn add_hook(&mut self, target: Target, url: &str, secret: SecretString) -> i64 {
        let (id, target_id, created_at) = (self.number(), self.target_id(&target), self.now());
        let events = vec!["workflow_job".to_owned()];
        let hook =
            Hook { id, target, target_id, url: url.to_owned(), secret, events, active: true, insecure_ssl: false, pings: 0, created_at };
        self.hooks.insert(id, hook);
        id
    }

    /// A hook of a target, to be changed.
    pub(super) fn hook_mut(&mut self, target: &Target, id: i64) -> Option<&mut Hook> {
        self.hooks.get_mut(&id).filter(|hook| hook.target == *target)
    }

    pub(super) fn remove_hook(&mut self, id: i64) {
        self.hooks.remove(&id);
    }

    /// Puts a delivery about the job's present status into the outbox of every hook it concerns.
    fn announce(&mut self, job_id: i64) {
        let Some(job) = self.jobs.get(&job_id).cloned() else { return };
        let covers = |hook: &&Hook| self.covers(&hook.target, &job.owner, &job.repo);
        let hook_ids: Vec<i64> = self.hooks.values().filter(covers).map(|hook| hook.id).collect();
        if hook_ids.is_empty() {
            return;
        }
        let owner = self.owner(&job.owner, false);
        let repository = self.repository(&job.owner, &job.repo);
        let sender = self.owner(SENDER, false);
        let body = payloads::workflow_job(&self.url, &job, &repository, &owner, self.enterprise_of(&job.owner), &sender);
        let body = Bytes::from(body.to_string());
        for hook_id in hook_ids {
            let id = self.number();
            let seed = self.digest("delivery");
            let guid = uuid::Builder::from_random_bytes(std::array::from_fn(|index| seed[index])).into_uuid();
            self.add_delivery(id, guid, hook_id, &job, body.clone());
        }
    }

    fn add_delivery(&mut self, id: i64, guid: Uuid, hook_id: i64, job: &Job, body: Bytes) {
        let delivery = Delivery {
            id,
            guid,
            hook_id,
            action: job.status,
            job_id: job.id,
            created_at: self.now(),
            state: DeliveryState::Pending,
            attempts: Vec::new(),
            body,
        };
        self.deliveries.insert(id, delivery);
        self.outbox.push_back(id);
    }

    /// Takes the oldest delivery out of the outbox, with its hook. A delivery whose hook is gone has failed.
    pub(crate) fn next_delivery(&mut self) -> Option<(Delivery, Hook)> {
        while let Some(id) = self.outbox.pop_front() {
            let Some(delivery) = self.deliveries.get_mut(&id) else { continue };
            match self.hooks.get(&delivery.hook_id) {
                Some(hook) => {
                    delivery.state = DeliveryState::Sending;
                    return Some((delivery.clone(), hook.clone()));
                }
                None => delivery.state = DeliveryState::Failed,
            }
        }
        None
    }

    /// Notes what became of an attempt.
    pub(crate) fn note_attempt(&mut self, id: i64, attempt: Attempt) {
        let Some(delivery) = self.deliveries.get_mut(&id) else { return };
        if attempt.outcome.is_accepted() {
            delivery.state = DeliveryState::Accepted;
            delivery.body = Bytes::new();
        } else {
            delivery.state = DeliveryState::Failed;
        }
        if delivery.attempts.len() == Delivery::ATTEMPTS_KEPT {
            delivery.attempts.remove(0);
        }
        delivery.attempts.push(attempt);
    }

    /// Puts what has failed back into the outbox. Returns how many deliveries that were.
    pub(crate) fn redeliver_failed(&mut self) -> usize {
        self.requeue(DeliveryState::Failed)
    }

    /// Puts back what was on its way when the server stopped: nobody knows whether it arrived.
    pub(super) fn recall_sending(&mut self) -> usize {
        self.requeue(DeliveryState::Sending)
    }

    fn requeue(&mut self, state: DeliveryState) -> usize {
        let mut count = 0;
        for delivery in self.deliveries.values_mut().filter(|delivery| delivery.state == state) {
            delivery.state = DeliveryState::Pending;
            self.outbox.push_back(delivery.id);
            count += 1;
        }
        count
    }
}
