//! The routes of the API as methods, grouped by resource.

#![expect(clippy::missing_errors_doc, reason = "each method fails alike: the server refuses, or no answer comes")]

use reqwest::Method;
use url::form_urlencoded::Serializer;

use super::{Client, Error, Messages};
use crate::api::paths::{self, Route};
use crate::api::{
    Autopsy, ControllerInfo, CreateCredentialsParams, CreateEndpointParams, CreateEntityParams, CreatePoolParams, CreateTemplateParams,
    Delivery, Entity, ForgeCredentials, ForgeEndpoint, HookInfo, InstallWebhookParams, Instance, Job, JwtResponse, LoginParams,
    NewUserParams, Pool, Provider, ProviderDetails, RestoreTemplatesParams, Template, UpdateControllerParams, UpdateCredentialsParams,
    UpdateEndpointParams, UpdateEntityParams, UpdatePoolParams, UpdateTemplateParams, User,
};
use crate::model::{EntityKind, RunnerSetId};
use crate::time::Timestamp;

/// The server itself and its logins.
impl Client {
    /// Makes the administrator.
    pub async fn first_run(&self, params: &NewUserParams) -> Result<User, Error> {
        self.post(paths::FIRST_RUN.template(), params).await
    }

    /// Exchanges name and password for a token.
    pub async fn log_in(&self, params: &LoginParams) -> Result<JwtResponse, Error> {
        self.post(paths::LOG_IN.template(), params).await
    }

    /// Succeeds once there is an administrator.
    pub async fn check_login(&self) -> Result<(), Error> {
        self.done(Method::GET, paths::LOGIN.template(), None::<&()>).await
    }

    /// The controller and its settings.
    pub async fn controller(&self) -> Result<ControllerInfo, Error> {
        self.get(paths::CONTROLLER.template()).await
    }

    /// The controller, for those who are not logged in.
    pub async fn controller_info(&self) -> Result<ControllerInfo, Error> {
        self.get(paths::CONTROLLER_INFO.template()).await
    }

    /// Changes settings of the controller.
    pub async fn update_controller(&self, params: &UpdateControllerParams) -> Result<ControllerInfo, Error> {
        self.put(paths::CONTROLLER.template(), params).await
    }

    /// A token that reads figures.
    pub async fn metrics_token(&self) -> Result<JwtResponse, Error> {
        self.get(paths::METRICS_TOKEN.template()).await
    }

    /// Follows the log.
    pub async fn follow_log(&self) -> Result<Messages, Error> {
        self.follow(paths::LOGS.template()).await
    }

    /// The providers.
    #[must_use]
    pub fn providers(&self) -> Providers<'_> {
        Providers(self)
    }

    /// The endpoints of GitHub.
    #[must_use]
    pub fn endpoints(&self) -> Endpoints<'_> {
        Endpoints(self)
    }

    /// The credentials for GitHub.
    #[must_use]
    pub fn credentials(&self) -> Credentials<'_> {
        Credentials(self)
    }

    /// The entities of a kind.
    #[must_use]
    pub fn entities(&self, kind: EntityKind) -> Entities<'_> {
        Entities(self, kind)
    }

    /// The pools.
    #[must_use]
    pub fn pools(&self) -> Pools<'_> {
        Pools(self)
    }

    /// The runners.
    #[must_use]
    pub fn instances(&self) -> Instances<'_> {
        Instances(self)
    }

    /// The runners that failed.
    #[must_use]
    pub fn autopsies(&self) -> Autopsies<'_> {
        Autopsies(self)
    }

    /// The jobs.
    #[must_use]
    pub fn jobs(&self) -> Jobs<'_> {
        Jobs(self)
    }

    /// The deliveries of forges that came in, the latest first.
    pub async fn deliveries(&self, filter: &DeliveryFilter) -> Result<Vec<Delivery>, Error> {
        let DeliveryFilter { entity, verdict, event, since, job, before, limit } = filter;
        let query = [
            ("entity", entity),
            ("verdict", verdict),
            ("event", event),
            ("since", &since.map(|time| time.to_string())),
            ("job", &job.map(|number| number.to_string())),
            ("before", &before.map(|number| number.to_string())),
            ("limit", &limit.map(|number| number.to_string())),
        ];
        self.list(&with_query(paths::DELIVERIES.template().to_owned(), &query)).await
    }

    /// The templates.
    #[must_use]
    pub fn templates(&self) -> Templates<'_> {
        Templates(self)
    }
}

/// The providers.
#[derive(Clone, Copy, Debug)]
pub struct Providers<'a>(&'a Client);

impl Providers<'_> {
    /// All of them.
    pub async fn list(self) -> Result<Vec<Provider>, Error> {
        self.0.list(paths::PROVIDERS.template()).await
    }

    /// One, with its schemas and calls.
    pub async fn get(self, name: &str) -> Result<ProviderDetails, Error> {
        self.0.get(&paths::PROVIDER.with([&name])?).await
    }
}

/// The endpoints of GitHub.
#[derive(Clone, Copy, Debug)]
pub struct Endpoints<'a>(&'a Client);

impl Endpoints<'_> {
    /// All of them.
    pub async fn list(self) -> Result<Vec<ForgeEndpoint>, Error> {
        self.0.list(paths::ENDPOINTS.template()).await
    }

    /// One.
    pub async fn get(self, name: &str) -> Result<ForgeEndpoint, Error> {
        self.0.get(&paths::ENDPOINT.with([&name])?).await
    }

    /// Adds one.
    pub async fn create(self, params: &CreateEndpointParams) -> Result<ForgeEndpoint, Error> {
        self.0.post(paths::ENDPOINTS.template(), params).await
    }

    /// Changes one.
    pub async fn update(self, name: &str, params: &UpdateEndpointParams) -> Result<ForgeEndpoint, Error> {
        self.0.put(&paths::ENDPOINT.with([&name])?, params).await
    }

    /// Removes one; without it the server has nothing to do.
    pub async fn delete(self, name: &str) -> Result<(), Error> {
        self.0.delete(&paths::ENDPOINT.with([&name])?).await
    }
}

/// The credentials for GitHub.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a>(&'a Client);

impl Credentials<'_> {
    /// All of them.
    pub async fn list(self) -> Result<Vec<ForgeCredentials>, Error> {
        self.0.list(paths::CREDENTIALS.template()).await
    }

    /// Those of one number.
    pub async fn get(self, id: i64) -> Result<ForgeCredentials, Error> {
        self.0.get(&paths::CREDENTIAL.with([&id])?).await
    }

    /// Adds some.
    pub async fn create(self, params: &CreateCredentialsParams) -> Result<ForgeCredentials, Error> {
        self.0.post(paths::CREDENTIALS.template(), params).await
    }

    /// Changes those of one number.
    pub async fn update(self, id: i64, params: &UpdateCredentialsParams) -> Result<ForgeCredentials, Error> {
        self.0.put(&paths::CREDENTIAL.with([&id])?, params).await
    }

    /// Removes those of one number.
    pub async fn delete(self, id: i64) -> Result<(), Error> {
        self.0.delete(&paths::CREDENTIAL.with([&id])?).await
    }
}

/// The entities of a kind: repositories, organizations or enterprises.
#[derive(Clone, Copy, Debug)]
pub struct Entities<'a>(&'a Client, EntityKind);

/// Which entities are listed; an absent part matches all.
#[derive(Clone, Debug, Default)]
pub struct EntityFilter {
    /// The owner of the repositories.
    pub owner: Option<String>,
    /// Their name.
    pub name: Option<String>,
    /// The name of their endpoint.
    pub endpoint: Option<String>,
}

impl Entities<'_> {
    /// Those that a filter matches.
    pub async fn list(self, filter: &EntityFilter) -> Result<Vec<Entity>, Error> {
        let path = paths::ENTITIES.with([&paths::entities(self.1)])?;
        let EntityFilter { owner, name, endpoint } = filter;
        self.0.list(&with_query(path, &[("owner", owner), ("name", name), ("endpoint", endpoint)])).await
    }

    /// One, with its pools and events.
    pub async fn get(self, id: &str) -> Result<Entity, Error> {
        self.0.get(&self.path(paths::ENTITY, id)?).await
    }

    /// Adds one.
    pub async fn create(self, params: &CreateEntityParams) -> Result<Entity, Error> {
        self.0.post(&paths::ENTITIES.with([&paths::entities(self.1)])?, params).await
    }

    /// Changes one.
    pub async fn update(self, id: &str, params: &UpdateEntityParams) -> Result<Entity, Error> {
        self.0.put(&self.path(paths::ENTITY, id)?, params).await
    }

    /// Removes one, and its webhook unless that is kept.
    pub async fn delete(self, id: &str, keep_webhook: bool) -> Result<(), Error> {
        self.0.delete(&format!("{}?keepWebhook={keep_webhook}", self.path(paths::ENTITY, id)?)).await
    }

    /// The pools of one.
    pub async fn pools(self, id: &str) -> Result<Vec<Pool>, Error> {
        self.0.list(&self.path(paths::ENTITY_POOLS, id)?).await
    }

    /// Makes a pool for one.
    pub async fn create_pool(self, id: &str, params: &CreatePoolParams) -> Result<Pool, Error> {
        self.0.post(&self.path(paths::ENTITY_POOLS, id)?, params).await
    }

    /// The runners of one.
    pub async fn instances(self, id: &str) -> Result<Vec<Instance>, Error> {
        self.0.list(&self.path(paths::ENTITY_INSTANCES, id)?).await
    }

    /// The webhook of one, as the forge has it.
    pub async fn webhook(self, id: &str) -> Result<HookInfo, Error> {
        self.0.get(&self.path(paths::ENTITY_WEBHOOK, id)?).await
    }

    /// Makes the webhook of one at the forge.
    pub async fn install_webhook(self, id: &str, params: &InstallWebhookParams) -> Result<HookInfo, Error> {
        self.0.post(&self.path(paths::ENTITY_WEBHOOK, id)?, params).await
    }

    /// Removes the webhook of one from the forge.
    pub async fn delete_webhook(self, id: &str) -> Result<(), Error> {
        self.0.delete(&self.path(paths::ENTITY_WEBHOOK, id)?).await
    }

    fn path(self, route: Route<2>, id: &str) -> Result<String, Error> {
        Ok(route.with([&paths::entities(self.1), &id])?)
    }
}

/// The pools.
#[derive(Clone, Copy, Debug)]
pub struct Pools<'a>(&'a Client);

impl Pools<'_> {
    /// Those of all entities.
    pub async fn list(self) -> Result<Vec<Pool>, Error> {
        self.0.list(paths::POOLS.template()).await
    }

    /// One, with its runners.
    pub async fn get(self, id: &str) -> Result<Pool, Error> {
        self.0.get(&paths::POOL.with([&id])?).await
    }

    /// Changes one.
    pub async fn update(self, id: &str, params: &UpdatePoolParams) -> Result<Pool, Error> {
        self.0.put(&paths::POOL.with([&id])?, params).await
    }

    /// Removes one; without it the server has nothing to do.
    pub async fn delete(self, id: &str) -> Result<(), Error> {
        self.0.delete(&paths::POOL.with([&id])?).await
    }

    /// Begins a new generation of one.
    pub async fn rotate(self, id: &str) -> Result<Pool, Error> {
        self.0.post(&paths::POOL_ROTATE.with([&id])?, &serde_json::json!({})).await
    }

    /// The runners of one, or those of an older generation.
    pub async fn instances(self, id: &str, outdated_only: bool) -> Result<Vec<Instance>, Error> {
        self.0.list(&format!("{}?outdatedOnly={outdated_only}", paths::POOL_INSTANCES.with([&id])?)).await
    }
}

/// The runners.
#[derive(Clone, Copy, Debug)]
pub struct Instances<'a>(&'a Client);

/// Which refusals do not keep a runner from being removed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Removal {
    /// Those of the provider and the forge.
    pub force: bool,
    /// Those of the forge because of the credentials.
    pub bypass_unauthorized: bool,
}

impl Instances<'_> {
    /// All of them, in short.
    pub async fn list(self) -> Result<Vec<Instance>, Error> {
        self.0.list(paths::INSTANCES.template()).await
    }

    /// One, by name or id.
    pub async fn get(self, name: &str) -> Result<Instance, Error> {
        self.0.get(&paths::INSTANCE.with([&name])?).await
    }

    /// Marks one for removal.
    pub async fn delete(self, name: &str, how: Removal) -> Result<(), Error> {
        let Removal { force, bypass_unauthorized } = how;
        let path = paths::INSTANCE.with([&name])?;
        self.0.delete(&format!("{path}?forceRemove={force}&bypassGHUnauthorized={bypass_unauthorized}")).await
    }
}

/// The runners that failed.
#[derive(Clone, Copy, Debug)]
pub struct Autopsies<'a>(&'a Client);

impl Autopsies<'_> {
    /// Those of a pool or scale set, of an entity or of all, in short, newest first.
    pub async fn list(self, entity: Option<&str>, set: Option<RunnerSetId>) -> Result<Vec<Autopsy>, Error> {
        let pool = set.and_then(RunnerSetId::pool).map(|id| id.to_string());
        let scale_set = set.and_then(RunnerSetId::scale_set).map(|id| id.to_string());
        let query = [("entity", &entity.map(str::to_owned)), ("pool", &pool), ("scaleset", &scale_set)];
        self.0.list(&with_query(paths::AUTOPSIES.template().to_owned(), &query)).await
    }

    /// One, by name or id of the runner.
    pub async fn get(self, name: &str) -> Result<Autopsy, Error> {
        self.0.get(&paths::AUTOPSY.with([&name])?).await
    }
}

/// The jobs.
#[derive(Clone, Copy, Debug)]
pub struct Jobs<'a>(&'a Client);

/// Which jobs are listed; an absent part matches all. The server reads and checks the texts.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// `only` those that no pool fits so far, or `also` those; absent = without those.
    pub unmatched: Option<String>,
    /// Where they stand.
    pub status: Option<String>,
    /// Id of an entity whose hook reported them.
    pub entity: Option<String>,
    /// Id of a pool that fits them.
    pub pool: Option<String>,
    /// A label that they ask for.
    pub label: Option<String>,
    /// They were queued then or later: a time, or a duration that counts back from now.
    pub since: Option<String>,
    /// Their number at the forge.
    pub workflow_job_id: Option<String>,
    /// So many at most.
    pub limit: Option<String>,
    /// The row number of the job that ends the page before.
    pub after: Option<String>,
}

impl Jobs<'_> {
    /// Those that match a filter, in the order they were queued.
    pub async fn list(self, filter: &JobFilter) -> Result<Vec<Job>, Error> {
        let JobFilter { unmatched, status, entity, pool, label, since, workflow_job_id, limit, after } = filter;
        let query = [
            ("unmatched", unmatched),
            ("status", status),
            ("entity", entity),
            ("pool", pool),
            ("label", label),
            ("since", since),
            ("workflow_job_id", workflow_job_id),
            ("limit", limit),
            ("after", after),
        ];
        self.0.list(&with_query(paths::JOBS.template().to_owned(), &query)).await
    }

    /// One, by the number of its row, with the decision about it.
    pub async fn get(self, id: i64) -> Result<Job, Error> {
        self.0.get(&paths::JOB.with([&id])?).await
    }
}

/// Which deliveries are listed; an absent part matches all.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    /// The id or the path of their entity.
    pub entity: Option<String>,
    /// Their verdict.
    pub verdict: Option<String>,
    /// Their event.
    pub event: Option<String>,
    /// When they came in at the earliest.
    pub since: Option<Timestamp>,
    /// The number of their job at the forge.
    pub job: Option<i64>,
    /// The row number of the delivery after them.
    pub before: Option<i64>,
    /// How many at most.
    pub limit: Option<u32>,
}

/// The templates.
#[derive(Clone, Copy, Debug)]
pub struct Templates<'a>(&'a Client);

/// Which templates are listed; an absent part matches all.
#[derive(Clone, Debug, Default)]
pub struct TemplateFilter {
    /// A part of their name.
    pub name: Option<String>,
    /// Their system.
    pub os_type: Option<String>,
    /// Their kind of forge.
    pub forge_type: Option<String>,
}

impl Templates<'_> {
    /// Those that a filter matches, without their texts.
    pub async fn list(self, filter: &TemplateFilter) -> Result<Vec<Template>, Error> {
        let TemplateFilter { name, os_type, forge_type } = filter;
        let query = [("partialName", name), ("osType", os_type), ("forgeType", forge_type)];
        self.0.list(&with_query(paths::TEMPLATES.template().to_owned(), &query)).await
    }

    /// One, with its text.
    pub async fn get(self, id: i64) -> Result<Template, Error> {
        self.0.get(&paths::TEMPLATE.with([&id])?).await
    }

    /// Stores one.
    pub async fn create(self, params: &CreateTemplateParams) -> Result<Template, Error> {
        self.0.post(paths::TEMPLATES.template(), params).await
    }

    /// Changes one.
    pub async fn update(self, id: i64, params: &UpdateTemplateParams) -> Result<Template, Error> {
        self.0.put(&paths::TEMPLATE.with([&id])?, params).await
    }

    /// Removes one.
    pub async fn delete(self, id: i64) -> Result<(), Error> {
        self.0.delete(&paths::TEMPLATE.with([&id])?).await
    }

    /// Restores those that came with the program.
    pub async fn restore(self, params: &RestoreTemplatesParams) -> Result<(), Error> {
        self.0.done(Method::POST, paths::TEMPLATES_RESTORE.template(), Some(params)).await
    }
}

/// A path with those parts of a query that are given.
fn with_query(path: String, parts: &[(&str, &Option<String>)]) -> String {
    let mut query = Serializer::new(String::new());
    for (name, value) in parts {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() { path } else { format!("{path}?{query}") }
}
