//! GitHub's client.
//!
//! Routes and fields: <https://docs.github.com/rest/actions/self-hosted-runners>. [`super::rest`] sends one request and classifies its answer;
//! this file knows the routes.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use reqwest::Method;
use serde_json::json;

use super::delivery::JOB_EVENT;
use super::place::path;
use super::rest::{Call, Operation, Rest};
use super::scale_sets::Connections;
use super::wire::{
    DeliveryAnswer, DeprecationAnswer, GroupList, HookAnswer, HookConfig, JitAnswer, JobAnswer, JobList, ListedRepositoryAnswer,
    OrganizationAnswer, RepositoryAnswer, RunAnswer, RunList, RunnerList, TokenAnswer, ToolAnswer, decode_jit,
};
use crate::clock::Clock;
use crate::forge::budgets::Purse;
use crate::forge::error::Error;
use crate::forge::interface::{Forge, HookLog, ListPage, LogPage, NewHook, Place, find_named};
use crate::forge::registration::{JitRequest, Registered};
use crate::forge::scale_sets::ScaleSetService;
use crate::model::{
    CallKind, Credentials, Endpoint, EntityKind, EntityRef, ForgeHook, ForgeJob, ForgeRun, ForgeRunner, Importance, JobStatus, ListedJob,
    ListedRepository, LoggedDelivery, RateLimit, RunnerName, RunnerTool, RunnerVersion, SecretString, expose,
};
use crate::proxies::Proxies;
use crate::telemetry::Metrics;
use crate::time::Timestamp;

/// The number of the default runner group, the only one repositories have.
const DEFAULT_GROUP: i64 = 1;

const LIST_GROUPS: Operation = Operation::new("ListRunnerGroups", "list runner groups", Importance::Act, CallKind::Read);
const LIST_OPEN_GROUPS: Operation =
    Operation::new("ListOpenRunnerGroups", "list the runner groups that are open to a repository", Importance::Look, CallKind::Read);
const REGISTER: Operation = Operation::new("GetEntityJITConfig", "register a runner", Importance::Act, CallKind::Register);
const MAKE_REGISTRATION_TOKEN: Operation =
    Operation::new("CreateEntityRegistrationToken", "make a registration token", Importance::Act, CallKind::Write);
const LIST_RUNNERS: Operation = Operation::new("ListEntityRunners", "list runners", Importance::Look, CallKind::Read);
/// The list, to find a runner that is to be removed.
const FIND_RUNNER: Operation = Operation::new("ListEntityRunners", "list runners", Importance::Act, CallKind::Read);
const REMOVE_RUNNER: Operation = Operation::new("RemoveEntityRunner", "remove a runner", Importance::Act, CallKind::Write);
const LOOK_AT_JOB: Operation = Operation::new("GetJob", "look at a job", Importance::Act, CallKind::Read);
const LOOK_AT_RUN: Operation = Operation::new("GetRun", "look at a run", Importance::Act, CallKind::Read);
const RERUN_JOB: Operation = Operation::new("RerunJob", "run a job again", Importance::Act, CallKind::Write);
const LIST_HOOKS: Operation = Operation::new("ListHooks", "list webhooks", Importance::Look, CallKind::Read);
const CREATE_HOOK: Operation = Operation::new("CreateHook", "make a webhook", Importance::Look, CallKind::Write);
const PING_HOOK: Operation = Operation::new("PingHook", "ping a webhook", Importance::Look, CallKind::Write);
const REMOVE_HOOK: Operation = Operation::new("DeleteHook", "remove a webhook", Importance::Look, CallKind::Write);
const LIST_DELIVERIES: Operation =
    Operation::new("ListHookDeliveries", "list the deliveries of a webhook", Importance::History, CallKind::Read);
const REDELIVER: Operation = Operation::new("RedeliverHookDelivery", "deliver again", Importance::History, CallKind::Write);
const GET_APP_HOOK: Operation = Operation::new("GetAppHookConfig", "look at the App's webhook", Importance::History, CallKind::Read);
const LIST_REPOSITORIES: Operation = Operation::new("ListRepositories", "list repositories", Importance::History, CallKind::Read);
const LIST_RUNS: Operation = Operation::new("ListWorkflowRuns", "list workflow runs", Importance::History, CallKind::Read);
const LIST_RUN_JOBS: Operation =
    Operation::new("ListWorkflowRunJobs", "list the jobs of a workflow run", Importance::History, CallKind::Read);
const FIND_PLACE: Operation = Operation::new("GetEntity", "look up a repository or organization", Importance::Act, CallKind::Read);
const LIST_DOWNLOADS: Operation =
    Operation::new("ListEntityRunnerApplicationDownloads", "list runner downloads", Importance::Look, CallKind::Read);

const LOOK_AT_VERSION: Operation =
    Operation::new("GetRunnerDeprecation", "ask until when a version of the runner is served", Importance::Look, CallKind::Read);

/// GitHub's client.
#[derive(Debug)]
pub(super) struct Github {
    rest: Arc<Rest>,
    scale_sets: Connections,
    /// Numbers of runner groups by entity path and lower case name.
    groups: Mutex<HashMap<(String, String), i64>>,
}

impl Github {
    pub(super) fn new(
        endpoint: &Endpoint,
        credentials: &Credentials,
        proxies: &Proxies,
        clock: Clock,
        metrics: Metrics,
        purse: Purse,
    ) -> Result<Self, Error> {
        let scale_sets = Connections::new(endpoint, proxies, clock.clone(), metrics.clone());
        let rest = Arc::new(Rest::new(endpoint, credentials, proxies, clock, metrics, purse)?);
        Ok(Self { rest, scale_sets, groups: Mutex::default() })
    }

    /// The number of a runner group.
    async fn group(&self, at: &EntityRef, name: &str) -> Result<i64, Error> {
        if name.is_empty() || at.kind == EntityKind::Repository {
            return Ok(DEFAULT_GROUP);
        }
        let key = (path(at)?, name.to_lowercase());
        let known = self.groups.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
        if let Some(id) = known {
            return Ok(id);
        }
        let pages: Vec<GroupList> = self.rest.pages(Call::get(LIST_GROUPS, format!("{}/actions/runner-groups", key.0))).await?;
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        for group in pages.into_iter().flat_map(|page| page.runner_groups) {
            groups.insert((key.0.clone(), group.name.to_lowercase()), group.id);
        }
        groups.get(&key).copied().ok_or_else(|| Error::NoGroup { name: name.to_owned() })
    }

    fn forget_groups(&self, at: &EntityRef) {
        if let Ok(path) = path(at) {
            self.groups.lock().unwrap_or_else(PoisonError::into_inner).retain(|(of, _), _| *of != path);
        }
    }

    async fn runners(&self, at: &EntityRef, operation: Operation) -> Result<Vec<ForgeRunner>, Error> {
        let pages: Vec<RunnerList> = self.rest.pages(Call::get(operation, format!("{}/actions/runners", path(at)?))).await?;
        Ok(pages.into_iter().flat_map(|page| page.runners).map(ForgeRunner::from).collect())
    }

    async fn token(&self, at: &EntityRef, operation: Operation, route: &str) -> Result<SecretString, Error> {
        let call = Call::new(Method::POST, operation, format!("{}/actions/runners/{route}", path(at)?));
        Ok(self.rest.json::<TokenAnswer>(call).await?.token)
    }
}

impl Forge for Github {
    fn register_jit<'a>(&'a self, at: &'a EntityRef, request: JitRequest) -> BoxFuture<'a, Result<Registered, Error>> {
        Box::pin(async move {
            let group = self.group(at, &request.group).await?;
            let body = json!({ "name": request.name, "runner_group_id": group, "labels": request.labels, "work_folder": "_work" });
            let call = Call::new(Method::POST, REGISTER, format!("{}/actions/runners/generate-jitconfig", path(at)?)).with_body(body);
            match self.rest.json::<JitAnswer>(call).await {
                Ok(answer) => Ok(Registered { agent_id: answer.runner.id, jit: decode_jit(&answer.encoded_jit_config)? }),
                // Another conflict is told: freeing the name would not help.
                Err(Error::Refused { status: 409, words, .. }) if words.is_empty() || words.contain("exist") => Err(Error::Exists),
                Err(fault) => {
                    // The group may have been made anew under another number.
                    self.forget_groups(at);
                    Err(fault)
                }
            }
        })
    }

    fn registration_token<'a>(&'a self, at: &'a EntityRef) -> BoxFuture<'a, Result<SecretString, Error>> {
        Box::pin(self.token(at, MAKE_REGISTRATION_TOKEN, "registration-token"))
    }

    fn list_runners<'a>(&'a self, at: &'a EntityRef) -> BoxFuture<'a, Result<Vec<ForgeRunner>, Error>> {
        Box::pin(self.runners(at, LIST_RUNNERS))
    }

    fn find_runner<'a>(&'a self, at: &'a EntityRef, name: &'a RunnerName) -> BoxFuture<'a, Result<Option<i64>, Error>> {
        Box::pin(async move { Ok(find_named(self.runners(at, FIND_RUNNER).await?, name)) })
    }

    fn remove_runner<'a>(&'a self, at: &'a EntityRef, agent_id: i64) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let call = Call::new(Method::DELETE, REMOVE_RUNNER, format!("{}/actions/runners/{agent_id}", path(at)?));
            match self.rest.send(call).await {
                Ok(_) | Err(Error::NotFound { .. }) => Ok(()),
                // What GitHub answers while the runner has a job; other requests that it cannot process have other words.
                Err(Error::Refused { status: 422, words, .. }) if words.is_empty() || words.contain("running a job") => Err(Error::Busy),
                Err(fault) => Err(fault),
            }
        })
    }

    fn open_groups<'a>(&'a self, organization: &'a str, repository: &'a str) -> BoxFuture<'a, Result<Option<BTreeSet<String>>, Error>> {
        Box::pin(async move {
            let call = Call::get(LIST_OPEN_GROUPS, format!("orgs/{organization}/actions/runner-groups"));
            let pages: Vec<GroupList> = self.rest.pages(call.with_page(1, &[("visible_to_repository", repository)])).await?;
            let groups = pages.into_iter().flat_map(|page| page.runner_groups);
            Ok(Some(groups.flat_map(|group| [Some(group.name.to_lowercase()), group.default.then(String::new)]).flatten().collect()))
        })
    }

    fn find_job<'a>(&'a self, owner: &'a str, repository: &'a str, number: i64) -> BoxFuture<'a, Result<ForgeJob, Error>> {
        Box::pin(async move {
            let call = Call::get(LOOK_AT_JOB, format!("repos/{owner}/{repository}/actions/jobs/{number}"));
            Ok(self.rest.json::<JobAnswer>(call).await?.into())
        })
    }

    fn find_run<'a>(&'a self, owner: &'a str, repository: &'a str, run: i64) -> BoxFuture<'a, Result<ForgeRun, Error>> {
        Box::pin(async move {
            let call = Call::get(LOOK_AT_RUN, format!("repos/{owner}/{repository}/actions/runs/{run}"));
            Ok(self.rest.json::<RunAnswer>(call).await?.into())
        })
    }

    fn rerun_job<'a>(&'a self, owner: &'a str, repository: &'a str, number: i64) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let path = format!("repos/{owner}/{repository}/actions/jobs/{number}/rerun");
            self.rest.send(Call::new(Method::POST, RERUN_JOB, path)).await.map(drop)
        })
    }

    fn find_place<'a>(&'a self, at: &'a EntityRef, number: Option<i64>) -> BoxFuture<'a, Result<Option<Place>, Error>> {
        Box::pin(async move {
            let route = |numbered| number.map_or_else(|| path(at), |number| Ok(format!("{numbered}/{number}")));
            match at.kind {
                EntityKind::Repository => {
                    let call = Call::get(FIND_PLACE, route("repositories")?);
                    Ok(Some(self.rest.json::<RepositoryAnswer>(call).await?.into()))
                }
                EntityKind::Organization => {
                    let call = Call::get(FIND_PLACE, route("organizations")?);
                    Ok(Some(self.rest.json::<OrganizationAnswer>(call).await?.into()))
                }
                // The REST API has no route for these.
                EntityKind::Enterprise | EntityKind::Instance => Ok(None),
            }
        })
    }

    fn take_move(&self, at: &EntityRef) -> bool {
        path(at).is_ok_and(|place| self.rest.take_move(&place))
    }

    fn list_tools<'a>(&'a self, at: &'a EntityRef) -> BoxFuture<'a, Result<Vec<RunnerTool>, Error>> {
        Box::pin(async move {
            let call = Call::get(LIST_DOWNLOADS, format!("{}/actions/runners/downloads", path(at)?));
            Ok(self.rest.json::<Vec<ToolAnswer>>(call).await?.into_iter().map(RunnerTool::from).collect())
        })
    }

    fn retirement<'a>(&'a self, at: &'a EntityRef, version: RunnerVersion) -> BoxFuture<'a, Result<Option<Timestamp>, Error>> {
        Box::pin(async move {
            let call = Call::get(LOOK_AT_VERSION, format!("{}/actions/runners/deprecations/{version}", path(at)?));
            match self.rest.json::<DeprecationAnswer>(call).await {
                Ok(answer) => answer.first_date(),
                // GHES does not have the route, and GitHub does not know every version.
                Err(Error::NotFound { .. } | Error::Forbidden { .. }) => Ok(None),
                Err(fault) => Err(fault),
            }
        })
    }

    fn list_hooks<'a>(&'a self, at: &'a EntityRef) -> BoxFuture<'a, Result<Vec<ForgeHook>, Error>> {
        Box::pin(async move {
            let pages: Vec<Vec<HookAnswer>> = self.rest.pages(Call::get(LIST_HOOKS, hooks(at)?)).await?;
            Ok(pages.into_iter().flatten().map(ForgeHook::from).collect())
        })
    }

    fn create_hook<'a>(&'a self, at: &'a EntityRef, hook: NewHook) -> BoxFuture<'a, Result<ForgeHook, Error>> {
        Box::pin(async move {
            let insecure = if hook.insecure_ssl { "1" } else { "0" };
            let config = json!({ "url": hook.url, "content_type": "json", "secret": expose(&hook.secret), "insecure_ssl": insecure });
            let body = json!({ "name": "web", "active": true, "events": [JOB_EVENT], "config": config });
            let call = Call::new(Method::POST, CREATE_HOOK, hooks(at)?).with_body(body);
            Ok(self.rest.json::<HookAnswer>(call).await?.into())
        })
    }

    fn ping_hook<'a>(&'a self, at: &'a EntityRef, id: i64) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let call = Call::new(Method::POST, PING_HOOK, format!("{}/{id}/pings", hooks(at)?));
            self.rest.send(call).await.map(drop)
        })
    }

    fn remove_hook<'a>(&'a self, at: &'a EntityRef, id: i64) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            match self.rest.send(Call::new(Method::DELETE, REMOVE_HOOK, format!("{}/{id}", hooks(at)?))).await {
                Ok(_) | Err(Error::NotFound { .. }) => Ok(()),
                Err(fault) => Err(fault),
            }
        })
    }

    fn app_hook_url(&self) -> BoxFuture<'_, Result<Option<String>, Error>> {
        Box::pin(async {
            let call = Call::get(GET_APP_HOOK, "app/hook/config".to_owned()).by_app();
            match self.rest.json::<HookConfig>(call).await {
                Ok(config) => Ok(config.url.filter(|url| !url.is_empty())),
                Err(Error::NotFound { .. }) => Ok(None),
                Err(fault) => Err(fault),
            }
        })
    }

    fn list_deliveries<'a>(&'a self, log: &'a HookLog, cursor: Option<&'a str>) -> BoxFuture<'a, Result<LogPage, Error>> {
        Box::pin(async move {
            let call = deliveries(log, |path| Call::get(LIST_DELIVERIES, path))?.with_cursor(cursor);
            let (page, next) = self.rest.page::<Vec<DeliveryAnswer>>(call).await?;
            Ok(LogPage { deliveries: page.into_iter().map(LoggedDelivery::try_from).collect::<Result<_, _>>()?, next })
        })
    }

    fn redeliver<'a>(&'a self, log: &'a HookLog, attempt: i64) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let call = deliveries(log, |path| Call::new(Method::POST, REDELIVER, format!("{path}/{attempt}/attempts")))?;
            self.rest.send(call).await.map(drop)
        })
    }

    fn list_repositories<'a>(&'a self, at: &'a EntityRef, page: u32) -> BoxFuture<'a, Result<ListPage<ListedRepository>, Error>> {
        Box::pin(async move {
            let call =
                Call::get(LIST_REPOSITORIES, format!("{}/repos", path(at)?)).with_page(page, &[("sort", "pushed"), ("direction", "desc")]);
            let listed = self.rest.numbered_page::<Vec<ListedRepositoryAnswer>>(call).await?;
            let page = listed.ok_or_else(|| Error::Garbled("a list that was asked for without a tag is said to be unchanged".into()))?;
            Ok(page.map(|answer| answer.into_iter().filter_map(ListedRepositoryAnswer::open).collect()))
        })
    }

    fn list_runs<'a>(
        &'a self,
        repository: &'a EntityRef,
        status: JobStatus,
        page: u32,
        tag: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Option<ListPage<i64>>, Error>> {
        Box::pin(async move {
            let call = Call::get(LIST_RUNS, format!("{}/actions/runs", path(repository)?));
            let call = call.with_page(page, &[("status", status.as_str()), ("exclude_pull_requests", "true")]).with_tag(tag);
            let listed = self.rest.numbered_page::<RunList>(call).await?;
            Ok(listed.map(|page| page.map(|list| list.workflow_runs.into_iter().map(|run| run.id).collect())))
        })
    }

    fn list_run_jobs<'a>(
        &'a self,
        repository: &'a EntityRef,
        run: i64,
        page: u32,
        tag: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Option<ListPage<ListedJob>>, Error>> {
        Box::pin(async move {
            let call = Call::get(LIST_RUN_JOBS, format!("{}/actions/runs/{run}/jobs", path(repository)?));
            let listed = self.rest.numbered_page::<JobList>(call.with_page(page, &[("filter", "latest")]).with_tag(tag)).await?;
            Ok(listed.map(|page| page.map(|list| list.jobs.into_iter().map(ListedJob::from).collect())))
        })
    }

    fn scale_sets(&self, at: &EntityRef) -> Result<Arc<dyn ScaleSetService>, Error> {
        self.scale_sets.get(&self.rest, at)
    }

    fn rate_limit(&self) -> Option<RateLimit> {
        self.rest.rate_limit()
    }
}

/// Where the webhooks of an entity are in the API. Enterprises have theirs on their own page only.
fn hooks(at: &EntityRef) -> Result<String, Error> {
    match at.kind {
        EntityKind::Repository | EntityKind::Organization => Ok(format!("{}/hooks", path(at)?)),
        EntityKind::Enterprise | EntityKind::Instance => {
            Err(Error::Unusable(format!("webhooks of an {} can only be made by hand", at.kind)))
        }
    }
}

/// A call for the deliveries to a hook. The App makes that for its own hook by itself.
fn deliveries(log: &HookLog, call: impl FnOnce(String) -> Call) -> Result<Call, Error> {
    match log {
        HookLog::OfEntity { at, hook } => Ok(call(format!("{}/{hook}/deliveries", hooks(at)?))),
        HookLog::OfApp => Ok(call("app/hook/deliveries".to_owned()).by_app()),
    }
}
