//! The forge as one server reaches it: the model without HTTP in between, with everything a network does.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::bounds;
use super::pulse::Pulse;
use super::renames::NUMBER;
use super::service::Service;
use super::state::Trial;
use super::useless::Flaw;
use super::way::{self, Way};
use crate::clock::Clock;
use crate::forge::{Budgets, Error, Forge, Forges, JitRequest, ListPage, Place, Purse, Recoveries, Registered, ScaleSetService, Words};
use crate::model::{
    CallKind, Credentials, CredentialsId, Endpoint, EntityRef, ForgeJob, ForgeRun, ForgeRunner, Importance, JitConfig, JobStatus,
    ListedJob, ListedRepository, RateLimit, RunnerTool, SecretString,
};
use crate::sim::{Conclusion, Job, Scope};
use crate::sim::{DEFAULT_GROUP, Error as Refusal, Registration, TokenUse};

/// What stands before the number of its pool in a label of each runner.
const POOL_LABEL: &str = "runner-pool-id=";

/// The clients of one server, and each of them.
#[derive(Clone)]
pub(super) struct Link {
    way: Way,
    /// What the server knows of the budgets; `None` = the forge allows everything.
    budgets: Option<Budgets>,
    recoveries: Recoveries,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link")
    }
}

impl Forges for Link {
    fn get(&self, _endpoint: &Endpoint, credentials: &Credentials) -> Result<Arc<dyn Forge>, Error> {
        let purse = self.budgets.as_ref().map(|budgets| Arc::new(Purse::new(budgets, credentials, self.way.clock.clone())));
        Ok(Arc::new(Self { way: Way { purse, ..self.way.clone() }, ..self.clone() }))
    }

    fn rate_limit(&self, _id: CredentialsId) -> Option<RateLimit> {
        None
    }

    fn budgets(&self) -> Option<&Budgets> {
        self.budgets.as_ref()
    }
}

/// The state of a job as an answer shows it.
fn shown(job: &Job) -> ForgeJob {
    let runner = job.runner.as_ref().filter(|_| job.status != JobStatus::Queued);
    ForgeJob {
        failed_step: job.steps.iter().any(|step| step.conclusion == Some(Conclusion::Failure)),
        held_back: job.held,
        status: job.status,
        conclusion: job.conclusion.map(Conclusion::as_str).unwrap_or_default().to_owned(),
        runner_id: runner.map_or(0, |runner| runner.id),
        runner_name: runner.map(|runner| runner.name.clone()).unwrap_or_default(),
        runner_group_id: runner.map_or(0, |runner| runner.group_id),
        runner_group_name: String::new(),
        started_at: job.started_at,
        completed_at: job.completed_at,
    }
}

/// A list on one page; `None` where it is as it was under this tag.
fn page<T: fmt::Debug>(items: Vec<T>, known: Option<&str>) -> Option<ListPage<T>> {
    let tag = format!("{items:?}");
    (known != Some(tag.as_str())).then_some(ListPage { items, is_last: true, tag: Some(tag) })
}

impl Link {
    /// The clients of a server with this clock.
    pub(super) fn new(trial: &Arc<Trial>, pulse: &Arc<Pulse>, clock: Clock) -> Self {
        let budgets = trial.scenario.limits.map(Budgets::new);
        let way = Way { trial: Arc::clone(trial), pulse: Arc::clone(pulse), purse: None, clock };
        Self { way, budgets, recoveries: Recoveries::default() }
    }

    fn scope(&self, at: &EntityRef) -> Scope {
        self.way.scope(at)
    }

    /// Whether the forge refuses to register runners of the pool.
    fn refuses(&self, pool: &str) -> bool {
        self.way.trial.flaw_of(pool) == Some(Flaw::RegistrationRefused)
    }
}

impl Forge for Link {
    fn register_jit<'a>(&'a self, at: &'a EntityRef, request: JitRequest) -> BoxFuture<'a, Result<Registered, Error>> {
        const WHAT: &str = "register a runner";
        let refusing = request.labels.iter().filter_map(|label| label.strip_prefix(POOL_LABEL)).find(|pool| self.refuses(pool));
        let refused = refusing.map(|pool| (pool.to_owned(), request.name.0.clone()));
        let is_refused = refused.is_some();
        let answer = self.way.call(WHAT, Importance::Act, CallKind::Register, move |state| {
            if is_refused {
                return Err(Error::Refused { what: WHAT, status: 422, words: Words::of(422, b"no such runner group", &[]) });
            }
            let registration = Registration {
                name: request.name.0,
                labels: request.labels,
                default_labels: false,
                group_id: DEFAULT_GROUP,
                ephemeral: true,
                jit: true,
            };
            match state.register_runner(self.scope(at), registration) {
                Ok(runner) => {
                    let files = BTreeMap::from([(".runner".to_owned(), SecretString::from("e30="))]);
                    Ok(Registered { agent_id: runner.id, jit: JitConfig { files } })
                }
                Err(Refusal::Exists(_)) => Err(Error::Exists),
                Err(other) => {
                    let words = Words::of(422, other.to_string().as_bytes(), &[]);
                    Err(Error::Refused { what: WHAT, status: 422, words })
                }
            }
        });
        Box::pin(async move {
            let answer = answer.await;
            if let Some((pool, name)) = refused.filter(|_| matches!(answer, Err(Error::Refused { .. }))) {
                self.way.trial.note(format_args!("the forge refuses to register {name}"));
                bounds::creation_failed(&self.way.trial, &pool, self.way.trial.job_of(&name).await);
            }
            answer
        })
    }

    fn registration_token<'a>(&'a self, at: &'a EntityRef) -> BoxFuture<'a, Result<SecretString, Error>> {
        Box::pin(self.way.call("make a registration token", Importance::Act, CallKind::Write, move |state| {
            Ok(SecretString::from(state.issue_scope_token(self.scope(at), TokenUse::Registration).0))
        }))
    }

    fn list_runners<'a>(&'a self, at: &'a EntityRef) -> BoxFuture<'a, Result<Vec<ForgeRunner>, Error>> {
        Box::pin(self.way.call("list runners", Importance::Look, CallKind::Read, move |state| {
            let here = self.scope(at);
            let of_scope = state.runners().filter(|runner| runner.scope == here);
            Ok(of_scope.map(way::listed).collect())
        }))
    }

    fn remove_runner<'a>(&'a self, at: &'a EntityRef, agent_id: i64) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.way.call("remove a runner", Importance::Act, CallKind::Write, move |state| {
            match state.remove_runner(&self.scope(at), agent_id) {
                Err(Refusal::Busy(_)) => Err(Error::Busy),
                _ => Ok(()),
            }
        }))
    }

    fn find_job<'a>(&'a self, _owner: &'a str, _repository: &'a str, number: i64) -> BoxFuture<'a, Result<ForgeJob, Error>> {
        let gone = self.way.trial.is_gone(number);
        Box::pin(self.way.call("look at a job", Importance::Act, CallKind::Read, move |state| {
            let shown = state.find_job(number).filter(|_| !gone).map(shown);
            shown.ok_or_else(|| Error::NotFound { what: format!("job {number}"), words: Words::default() })
        }))
    }

    fn find_place<'a>(&'a self, at: &'a EntityRef, _number: Option<i64>) -> BoxFuture<'a, Result<Option<Place>, Error>> {
        let place = self.way.trial.place(at);
        Box::pin(self.way.call("look where an entity is", Importance::Act, CallKind::Read, move |_| Ok(place)))
    }

    fn take_move(&self, at: &EntityRef) -> bool {
        self.way.trial.is_sent_on(at)
    }

    fn list_tools<'a>(&'a self, _at: &'a EntityRef) -> BoxFuture<'a, Result<Vec<RunnerTool>, Error>> {
        Box::pin(self.way.call("list runner downloads", Importance::Look, CallKind::Read, |_| {
            Ok(vec![RunnerTool {
                os: "linux".into(),
                architecture: "x64".into(),
                download_url: "https://forge.test/runner.tar.gz".into(),
                filename: "runner.tar.gz".into(),
                temp_download_token: String::new(),
                sha256_checksum: String::new(),
            }])
        }))
    }

    fn list_repositories<'a>(&'a self, at: &'a EntityRef, _page: u32) -> BoxFuture<'a, Result<ListPage<ListedRepository>, Error>> {
        let owner = at.name.clone();
        Box::pin(self.way.call("list repositories", Importance::History, CallKind::Read, move |_| {
            let repository = ListedRepository { number: NUMBER, owner, name: self.way.trial.repository().to_owned(), pushed_at: None };
            Ok(ListPage { items: vec![repository], is_last: true, tag: None })
        }))
    }

    fn list_runs<'a>(
        &'a self,
        repository: &'a EntityRef,
        status: JobStatus,
        _page: u32,
        tag: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Option<ListPage<i64>>, Error>> {
        Box::pin(self.way.call("list runs", Importance::History, CallKind::Read, move |state| {
            let here = self.scope(repository);
            // The state of a run whose job is held back is another one.
            let is_listed = |job: &&Job| job.status == status && !job.held && !self.way.trial.is_gone(job.id);
            let of_repository = state.jobs().filter(|job| Scope::repository(&job.owner, &job.repo) == here);
            Ok(page(of_repository.filter(is_listed).map(|job| job.run_id).collect(), tag))
        }))
    }

    fn list_run_jobs<'a>(
        &'a self,
        _repository: &'a EntityRef,
        run: i64,
        _page: u32,
        tag: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Option<ListPage<ListedJob>>, Error>> {
        Box::pin(self.way.call("list jobs of a run", Importance::History, CallKind::Read, move |state| {
            let of_run = state.jobs().filter(|job| job.run_id == run && !self.way.trial.is_gone(job.id));
            let listed = |job: &Job| ListedJob {
                number: job.id,
                run_id: job.run_id,
                run_attempt: job.run_attempt,
                name: job.name.clone(),
                labels: job.labels.clone(),
                run_url: String::new(),
                queued_at: Some(self.way.trial.created_at(job)),
                state: shown(job),
            };
            let jobs: Vec<ListedJob> = of_run.map(listed).collect();
            if jobs.is_empty() {
                return Err(Error::NotFound { what: format!("run {run}"), words: Words::default() });
            }
            Ok(page(jobs, tag))
        }))
    }

    fn find_run<'a>(&'a self, _owner: &'a str, _repository: &'a str, run: i64) -> BoxFuture<'a, Result<ForgeRun, Error>> {
        Box::pin(self.way.call("look at a run", Importance::Act, CallKind::Read, move |state| {
            let jobs: Vec<&Job> = state.jobs().filter(|job| job.run_id == run && !self.way.trial.is_gone(job.id)).collect();
            let latest = jobs.iter().map(|job| job.run_attempt).max();
            let attempt = latest.ok_or_else(|| Error::NotFound { what: format!("run {run}"), words: Words::default() })?;
            let of_latest = || jobs.iter().filter(|job| job.run_attempt == attempt);
            let is_over = of_latest().all(|job| job.status == JobStatus::Completed);
            let conclusion = of_latest().filter_map(|job| job.conclusion).max_by_key(|conclusion| *conclusion != Conclusion::Success);
            let conclusion = conclusion.filter(|_| is_over).map(Conclusion::as_str).unwrap_or_default().to_owned();
            Ok(ForgeRun { attempt, is_over, conclusion })
        }))
    }

    fn rerun_job<'a>(&'a self, _owner: &'a str, _repository: &'a str, number: i64) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(self.way.call("run a job again", Importance::Act, CallKind::Write, move |state| {
            let job = state.find_job(number).filter(|job| !self.way.trial.is_gone(job.id)).cloned();
            let job = job.ok_or_else(|| Error::NotFound { what: format!("job {number}"), words: Words::default() })?;
            let refused = |_| Error::Forbidden { credentials: "token".into(), what: "run a job again", words: Words::default() };
            let again = state.rerun_job(number).map_err(refused)?;
            self.way.trial.runs_again(&job, again);
            Ok(())
        }))
    }

    fn scale_sets(&self, at: &EntityRef) -> Result<Arc<dyn ScaleSetService>, Error> {
        // The service has no budget.
        Ok(Arc::new(Service::new(Way { purse: None, ..self.way.clone() }, at.clone(), self.recoveries.clone())))
    }

    fn rate_limit(&self) -> Option<RateLimit> {
        None
    }
}
