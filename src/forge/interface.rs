//! The server's requests to a forge.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::budgets::Budgets;
use super::error::Error;
use super::registration::{JitRequest, Registered};
use super::scale_sets::ScaleSetService;
use crate::model::{
    Credentials, CredentialsId, Endpoint, EntityRef, ForgeHook, ForgeJob, ForgeRun, ForgeRunner, JobStatus, ListedJob, ListedRepository,
    LoggedDelivery, RateLimit, RunnerName, RunnerTool, RunnerVersion, SecretString,
};
use crate::time::Timestamp;

/// Where something is at a forge, and the forge's number of it. A name can change, and can be given to something else; a number cannot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The forge's number of it.
    pub number: i64,
    /// Where it is.
    pub at: EntityRef,
}

/// A forge as seen with one set of credentials.
pub trait Forge: Send + Sync + fmt::Debug {
    /// Registers an ephemeral runner. [`Error::Exists`] when the name is taken.
    fn register_jit<'a>(&'a self, at: &'a EntityRef, request: JitRequest) -> BoxFuture<'a, Result<Registered, Error>>;

    /// A token with which a machine registers itself; good for an hour.
    fn registration_token<'a>(&'a self, at: &'a EntityRef) -> BoxFuture<'a, Result<SecretString, Error>>;

    /// All runners of the entity.
    fn list_runners<'a>(&'a self, at: &'a EntityRef) -> BoxFuture<'a, Result<Vec<ForgeRunner>, Error>>;

    /// The number of a runner of the entity that is to be removed, looked up by its name; `None` = there is none.
    fn find_runner<'a>(&'a self, at: &'a EntityRef, name: &'a RunnerName) -> BoxFuture<'a, Result<Option<i64>, Error>> {
        Box::pin(async move { Ok(find_named(self.list_runners(at).await?, name)) })
    }

    /// Removes a runner; one that is not there is removed. [`Error::Busy`] while it runs a job.
    fn remove_runner<'a>(&'a self, at: &'a EntityRef, agent_id: i64) -> BoxFuture<'a, Result<(), Error>>;

    /// How a job stands. A fault of this job ([`Error::of_one`]) means that the forge does not show it: it is gone, the credentials may not see it, or
    /// the forge fails to look. That is no word about the job.
    fn find_job<'a>(&'a self, owner: &'a str, repository: &'a str, number: i64) -> BoxFuture<'a, Result<ForgeJob, Error>>;

    /// The runner groups of an organization that are open to one of its repositories, in lower case; the default group has its name and an empty one.
    /// `None` where the forge cannot be asked so.
    fn open_groups<'a>(&'a self, _organization: &'a str, _repository: &'a str) -> BoxFuture<'a, Result<Option<BTreeSet<String>>, Error>> {
        Box::pin(async { Ok(None) })
    }

    /// Where an entity is, and its number: looked up by `number` if there is one, else by its name. `None` where the forge cannot be asked
    /// so. [`Error::NotFound`] when nothing is there.
    fn find_place<'a>(&'a self, _at: &'a EntityRef, _number: Option<i64>) -> BoxFuture<'a, Result<Option<Place>, Error>> {
        Box::pin(async { Ok(None) })
    }

    /// Whether calls about the entity were sent on to another place, so that it may have another name. Told once for each name.
    fn take_move(&self, _at: &EntityRef) -> bool {
        false
    }

    /// The runner software the forge offers for download.
    fn list_tools<'a>(&'a self, at: &'a EntityRef) -> BoxFuture<'a, Result<Vec<RunnerTool>, Error>>;

    /// From when on runners of this version are of no use to the entity; `None` = no date is set, or the forge cannot say.
    fn retirement<'a>(&'a self, _at: &'a EntityRef, _version: RunnerVersion) -> BoxFuture<'a, Result<Option<Timestamp>, Error>> {
        Box::pin(async { Ok(None) })
    }

    /// The webhooks of the entity, by all authors.
    fn list_hooks<'a>(&'a self, _at: &'a EntityRef) -> BoxFuture<'a, Result<Vec<ForgeHook>, Error>> {
        Box::pin(async { Err(no_hooks()) })
    }

    /// Makes a webhook that delivers `workflow_job`, and answers with what the forge has stored.
    fn create_hook<'a>(&'a self, _at: &'a EntityRef, _hook: NewHook) -> BoxFuture<'a, Result<ForgeHook, Error>> {
        Box::pin(async { Err(no_hooks()) })
    }

    /// Has a webhook deliver a ping.
    fn ping_hook<'a>(&'a self, _at: &'a EntityRef, _id: i64) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async { Err(no_hooks()) })
    }

    /// Removes a webhook; one that is not there is removed.
    fn remove_hook<'a>(&'a self, _at: &'a EntityRef, _id: i64) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async { Err(no_hooks()) })
    }

    /// Where the hook of the App delivers to whose credentials are used; `None` = it has none.
    fn app_hook_url(&self) -> BoxFuture<'_, Result<Option<String>, Error>> {
        Box::pin(async { Err(no_hooks()) })
    }

    /// A page of the log of the deliveries to a hook, the latest first. `cursor` is the one of the page before; `None` = the first page.
    fn list_deliveries<'a>(&'a self, _log: &'a HookLog, _cursor: Option<&'a str>) -> BoxFuture<'a, Result<LogPage, Error>> {
        Box::pin(async { Err(no_hooks()) })
    }

    /// Has the forge make a delivery again, told by the number of an attempt. The new attempt has the same id of the delivery.
    fn redeliver<'a>(&'a self, _log: &'a HookLog, _attempt: i64) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async { Err(no_hooks()) })
    }

    /// A page of the repositories of an organization, those with the latest push first. Pages count from 1.
    fn list_repositories<'a>(&'a self, _at: &'a EntityRef, _page: u32) -> BoxFuture<'a, Result<ListPage<ListedRepository>, Error>> {
        Box::pin(async { Err(no_lists()) })
    }

    /// A page of the numbers of the runs of a repository that stand so, the latest first. `None` = it is as it was when it had this tag, which costs
    /// nothing of the budget.
    fn list_runs<'a>(
        &'a self,
        _repository: &'a EntityRef,
        _status: JobStatus,
        _page: u32,
        _tag: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Option<ListPage<i64>>, Error>> {
        Box::pin(async { Err(no_lists()) })
    }

    /// A page of the jobs of the latest attempt of a run; `None` as for [`Forge::list_runs`].
    fn list_run_jobs<'a>(
        &'a self,
        _repository: &'a EntityRef,
        _run: i64,
        _page: u32,
        _tag: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Option<ListPage<ListedJob>>, Error>> {
        Box::pin(async { Err(no_lists()) })
    }

    /// How a run stands. Faults are as with [`Forge::find_job`].
    fn find_run<'a>(&'a self, _owner: &'a str, _repository: &'a str, _run: i64) -> BoxFuture<'a, Result<ForgeRun, Error>> {
        Box::pin(async { Err(no_lists()) })
    }

    /// Has a job that is over run again, in another attempt of its run. [`Error::Forbidden`] while the run goes on.
    fn rerun_job<'a>(&'a self, _owner: &'a str, _repository: &'a str, _number: i64) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async { Err(no_lists()) })
    }

    /// The service of the scale sets of an entity. All callers get the same one, and share its tokens.
    fn scale_sets(&self, _at: &EntityRef) -> Result<Arc<dyn ScaleSetService>, Error> {
        Err(Error::Unusable("this forge has no scale sets; use a pool".into()))
    }

    /// The rest of the budget, as of the last answer; `None` before the first, or where there are no limits.
    fn rate_limit(&self) -> Option<RateLimit>;
}

/// The number of the runner of this name.
pub(super) fn find_named(runners: impl IntoIterator<Item = ForgeRunner>, name: &RunnerName) -> Option<i64> {
    runners.into_iter().find(|runner| runner.name == *name).map(|runner| runner.agent_id)
}

fn no_hooks() -> Error {
    Error::Unusable("webhooks of this forge can only be made by hand".into())
}

fn no_lists() -> Error {
    Error::Unusable("this forge cannot be asked for its jobs".into())
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListPage<T> {
    /// The items on it.
    pub items: Vec<T>,
    /// Whether there is no further page.
    pub is_last: bool,
    /// Names this state of the page (an `ETag`): with it the forge tells whether the page has changed.
    pub tag: Option<String>,
}

/// The hook whose log is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookLog {
    /// A hook of an entity.
    OfEntity {
        /// The entity.
        at: EntityRef,
        /// The forge's number of the hook.
        hook: i64,
    },
    /// The hook of the App whose credentials are used.
    OfApp,
}

/// A page of a log of deliveries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogPage {
    /// The attempts, the latest first.
    pub deliveries: Vec<LoggedDelivery>,
    /// Where the next page begins; `None` = there is none.
    pub next: Option<String>,
}

/// A webhook to be made.
#[derive(Clone, Debug)]
pub struct NewHook {
    /// Where deliveries go.
    pub url: String,
    /// The secret that signs them.
    pub secret: SecretString,
    /// Whether the certificate of the receiver is not to be looked at.
    pub insecure_ssl: bool,
}

/// Where clients for forges come from.
pub trait Forges: Send + Sync + fmt::Debug {
    /// The client for an endpoint with these credentials.
    ///
    /// # Errors
    /// When URL, CA bundle or key of them cannot be used.
    fn get(&self, endpoint: &Endpoint, credentials: &Credentials) -> Result<Arc<dyn Forge>, Error>;

    /// The service of the scale sets of an entity.
    ///
    /// # Errors
    /// As [`Forges::get`], and where the forge has no scale sets.
    fn scale_sets(&self, endpoint: &Endpoint, credentials: &Credentials, at: &EntityRef) -> Result<Arc<dyn ScaleSetService>, Error> {
        self.get(endpoint, credentials)?.scale_sets(at)
    }

    /// The rest of the credentials' budget, as of their last answer.
    fn rate_limit(&self, id: CredentialsId) -> Option<RateLimit>;

    /// The budgets that the clients spend from; `None` = they are not limited.
    fn budgets(&self) -> Option<&Budgets> {
        None
    }
}
