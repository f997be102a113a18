//! Scale sets.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::Response;

use super::params::{field, is_true, optional};
use super::{entities, instances, providers, sets};
use crate::api::{self, CreateScaleSetParams, ErrorBody, Instance, UpdateScaleSetParams, paths};
use crate::control::{self, ScaleSetError};
use crate::forge;
use crate::http::auth::Admin;
use crate::http::body::Body;
use crate::http::path::Path;
use crate::http::{App, Error};
use crate::model::values::{self, LINE_MAX};
use crate::model::{
    Entity, EntityId, EntityKind, Pool, PoolMemory, Retry, ScaleSet, ScaleSetId, ScaleSetState, ServiceDemand, SessionStanding,
};
use crate::store::{self, RunnerFilter};
use crate::time::Timestamp;

/// All scale sets.
#[utoipa::path(get, path = paths::SCALE_SETS.template(), tag = "scalesets",
    responses((status = 200, body = Vec<api::ScaleSet>), (status = 401, body = ErrorBody)))]
pub(in crate::http) async fn list_scale_sets(_: Admin, State(app): State<App>) -> Result<Json<Vec<api::ScaleSet>>, Error> {
    list(&app, None).await.map(Json)
}

/// The scale sets of an entity.
#[utoipa::path(get, path = paths::ENTITY_SCALE_SETS.template(), tag = "entities", params(("entities" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = Vec<api::ScaleSet>), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn list_entity_scale_sets(
    _: Admin,
    State(app): State<App>,
    Path((entities, id)): Path<(String, String)>,
) -> Result<Json<Vec<api::ScaleSet>>, Error> {
    let entity = with_scale_sets(&app, &entities, &id).await?;
    list(&app, Some(entity.id)).await.map(Json)
}

/// Makes a scale set for an entity, here and at the forge. Where the forge's answer is lost, the reply says so in `state` and `extended_state`.
#[utoipa::path(post, path = paths::ENTITY_SCALE_SETS.template(), tag = "entities", params(("entities" = String, Path), ("id" = String, Path)),
    request_body = CreateScaleSetParams,
    responses((status = 200, body = api::ScaleSet), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(in crate::http) async fn create_entity_scale_set(
    _: Admin,
    State(app): State<App>,
    Path((entities, id)): Path<(String, String)>,
    Body(params): Body<CreateScaleSetParams>,
) -> Result<Json<api::ScaleSet>, Error> {
    let entity = with_scale_sets(&app, &entities, &id).await?;
    create(&app, &entity, params).await.map(Json)
}

/// One scale set, with its runners.
#[utoipa::path(get, path = paths::SCALE_SET.template(), tag = "scalesets", params(("id" = i64, Path)),
    responses((status = 200, body = api::ScaleSet), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn get_scale_set(_: Admin, State(app): State<App>, Path(id): Path<String>) -> Result<Json<api::ScaleSet>, Error> {
    let set = find(&app, number(&id)?).await?;
    show(&app, &set).await.map(Json)
}

/// Changes a scale set. Name, runner group, labels and `disable_update` are changed at the forge first.
#[utoipa::path(put, path = paths::SCALE_SET.template(), tag = "scalesets", params(("id" = i64, Path)), request_body = UpdateScaleSetParams,
    responses((status = 200, body = api::ScaleSet), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(in crate::http) async fn update_scale_set(
    _: Admin,
    State(app): State<App>,
    Path(id): Path<String>,
    Body(params): Body<UpdateScaleSetParams>,
) -> Result<Json<api::ScaleSet>, Error> {
    update(&app, number(&id)?, params).await.map(Json)
}

/// Begins a new generation of a scale set: idle runners of older ones are replaced, some at a time.
#[utoipa::path(post, path = paths::SCALE_SET_ROTATE.template(), tag = "scalesets", params(("id" = i64, Path)),
    responses((status = 200, body = api::ScaleSet), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn rotate_scale_set(
    _: Admin,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<api::ScaleSet>, Error> {
    let set = app.store().rotate_scale_set(number(&id)?).await?;
    show(&app, &set).await.map(Json)
}

/// Removes a scale set without runners, here and at the forge. One that does not exist is removed.
#[utoipa::path(delete, path = paths::SCALE_SET.template(), tag = "scalesets",
    params(("id" = i64, Path), ("forceRemove" = Option<bool>, Query, description = "removes it here also if the forge fails or refuses")),
    responses((status = 200), (status = 400, body = ErrorBody)))]
pub(in crate::http) async fn delete_scale_set(
    _: Admin,
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<(), Error> {
    let id = number(&id)?;
    control::remove_scale_set(&app.services, id, is_true(query.get("forceRemove"))).await?;
    app.services.metrics.forget_set(id.into());
    Ok(())
}

/// The runners of a scale set.
#[utoipa::path(get, path = paths::SCALE_SET_INSTANCES.template(), tag = "scalesets",
    params(("id" = i64, Path), ("outdatedOnly" = Option<bool>, Query)),
    responses((status = 200, body = Vec<Instance>), (status = 400, body = ErrorBody)))]
pub(in crate::http) async fn list_scale_set_instances(
    _: Admin,
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let id = number(&id)?;
    let set = if is_true(query.get("outdatedOnly")) { app.store().find_scale_set(id).await? } else { None };
    let below = set.map_or(i64::MAX, |set| set.generation);
    instances::list(&app, RunnerFilter { entity: None, set: Some(id.into()) }, move |runner| runner.generation < below).await
}

/// The entity, if entities of its kind can have scale sets. Those of the other kind have no such route, as upstream has it.
async fn with_scale_sets(app: &App, entities: &str, id: &str) -> Result<Entity, Error> {
    if paths::entity_kind(entities) == Some(EntityKind::Instance) {
        return Err(Error::no_route());
    }
    entities::find(app, entities, id).await
}

pub(super) fn number(id: &str) -> Result<ScaleSetId, Error> {
    let number: Result<u32, _> = id.parse();
    number.map(|number| ScaleSetId(number.into())).map_err(|_| Error::bad_request(format!("{id:?} is not the number of a scale set")))
}

async fn find(app: &App, id: ScaleSetId) -> Result<ScaleSet, Error> {
    app.store().find_scale_set(id).await?.ok_or_else(|| Error::not_found("scale set", id))
}

async fn list(app: &App, entity: Option<EntityId>) -> Result<Vec<api::ScaleSet>, Error> {
    let mut places = sets::Places::default();
    let standings = app.store().standings().await?;
    let mut shown = Vec::new();
    for set in app.store().list_scale_sets(entity).await? {
        let place = places.of(app, set.entity_id).await?;
        let (entity, endpoint, versions) = place.as_ref();
        let mut one = api::ScaleSet::new(&set, entity, endpoint);
        one.set_version(&set, versions);
        one.paused_until = sets::paused_until(app, &set.memory);
        one.session = standings.get(&set.id).map(|text| standing(text)).transpose()?;
        if set.template_id.is_none() {
            one.template_id = places.shipped(app, set.os_type, endpoint.kind).await?;
        }
        shown.push(one);
    }
    Ok(shown)
}

/// How a session stood when its listener last wrote that down.
fn standing(text: &str) -> Result<api::ScaleSetSession, Error> {
    let standing: SessionStanding = serde_json::from_str(text).map_err(|fault| Error::internal(&fault))?;
    Ok((&standing).into())
}

/// A scale set with all that is known of it.
async fn show(app: &App, set: &ScaleSet) -> Result<api::ScaleSet, Error> {
    let (entity, endpoint) = sets::place(app, set.entity_id).await?;
    let mut shown = api::ScaleSet::new(set, &entity, &endpoint);
    shown.extra_specs.clone_from(&set.extra_specs);
    let told = app.store().session_of(set.id).await?.and_then(|row| row.standing);
    shown.session = told.map(|text| standing(&text)).transpose()?;
    shown.paused_until = sets::paused_until(app, &set.memory);
    shown.set_version(set, &app.store().runner_versions(set.entity_id).await?);
    if let Some(template) = sets::install_template(app, set.template_id, set.os_type, &endpoint).await? {
        shown.template_id = template.id.0;
        shown.template_name = template.name;
    }
    let runners = app.store().list_runners(RunnerFilter { entity: None, set: Some(set.id.into()) }).await?;
    shown.instances = instances::show(app.store(), &runners).await?;
    Ok(shown)
}

/// All that can be wrong is told before the forge is asked.
async fn create(app: &App, entity: &Entity, params: CreateScaleSetParams) -> Result<api::ScaleSet, Error> {
    sets::check_proxy(params.proxy_id)?;
    let facts = providers::named(app, &params.provider_name)?;
    let name = field("name", values::scale_set_name(&params.name))?;
    let group = field("github-runner-group", values::line(&params.github_runner_group, LINE_MAX))?;
    let os_type = field("os_type", sets::given(&params.os_type, values::os_type))?.unwrap_or_default();
    let os_arch = field("os_arch", sets::given(&params.os_arch, values::os_arch))?.unwrap_or_default();
    let prefix = field("runner_prefix", values::runner_prefix(&params.runner_prefix))?;
    let set = ScaleSet {
        id: ScaleSetId(0),
        entity_id: entity.id,
        service_id: None,
        pseudo_pool_id: ScaleSet::new_pseudo_pool_id(&name, entity.id),
        name,
        runner_group: if group.is_empty() { ScaleSet::DEFAULT_GROUP.to_owned() } else { group },
        disable_update: params.disable_update,
        labels: labels(&params.labels)?,
        state: ScaleSetState::PendingCreate,
        extended_state: String::new(),
        provider: facts.name.clone(),
        image: field("image", values::line(&params.image, LINE_MAX))?,
        flavor: field("flavor", values::line(&params.flavor, LINE_MAX))?,
        os_type,
        os_arch,
        enabled: params.enabled,
        max_runners: params.max_runners,
        min_idle_runners: params.min_idle_runners,
        demand: ServiceDemand::default(),
        bootstrap_timeout: match params.runner_bootstrap_timeout {
            0 => Pool::DEFAULT_BOOTSTRAP_TIMEOUT,
            minutes => sets::bootstrap_timeout(minutes)?,
        },
        runner_prefix: if prefix.is_empty() { Pool::DEFAULT_PREFIX.to_owned() } else { prefix },
        extra_specs: params.extra_specs.map(sets::object).transpose()?,
        template_id: match params.template_id {
            Some(0) | None => None,
            Some(id) => Some(sets::template(app, id, os_type).await?),
        },
        enable_shell: params.enable_shell,
        generation: 0,
        rotate_below: 0,
        keep_failed: sets::keep_failed(params.keep_failed_seconds)?,
        memory: PoolMemory::default(),
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
    };
    check(&set).map_err(Error::bad_request)?;
    providers::check_extra_specs(app, facts, &set.pseudo_pool_id, set.extra_specs.as_deref()).await?;
    let made = control::create_scale_set(&app.services, entity, set).await?;
    show(app, &made).await
}

async fn update(app: &App, id: ScaleSetId, params: UpdateScaleSetParams) -> Result<api::ScaleSet, Error> {
    sets::check_proxy(params.proxy_id)?;
    let image = field("image", values::line(&params.image, LINE_MAX))?;
    let flavor = field("flavor", values::line(&params.flavor, LINE_MAX))?;
    let prefix = field("runner_prefix", values::runner_prefix(&params.runner_prefix))?;
    let name = field("name", sets::given(&params.name, values::scale_set_name))?;
    let group = optional("runner_group", params.runner_group, |group| values::line(&group, LINE_MAX))?.filter(|group| !group.is_empty());
    let os_type = field("os_type", sets::given(&params.os_type, values::os_type))?;
    let os_arch = field("os_arch", sets::given(&params.os_arch, values::os_arch))?;
    let extra_specs = params.extra_specs.map(sets::object).transpose()?;
    let labels = params.labels.map(|given| labels(&given)).transpose()?;
    let known = find(app, id).await?;
    check_state(&known, params.state.as_deref(), params.extended_state.as_deref())?;
    let os_type = os_type.unwrap_or(known.os_type);
    // The template must fit the new system, also if the template stays.
    let template_id = match params.template_id.filter(|id| *id != 0).or(known.template_id.map(|id| id.0)) {
        Some(id) => Some(sets::template(app, id, os_type).await?),
        None => None,
    };
    let bootstrap_timeout = params.runner_bootstrap_timeout.map(sets::bootstrap_timeout).transpose()?;
    let keep_failed = params.keep_failed_seconds.map(sets::keep_failed).transpose()?;
    // The provider may be gone from the configuration. Then the extra specs are not checked.
    if let (Some(specs), Some(facts)) = (&extra_specs, app.services.providers.get(&known.provider)) {
        providers::check_extra_specs(app, facts, &known.pseudo_pool_id, Some(specs)).await?;
    }
    let change = move |set: &mut ScaleSet| {
        let texts = [(&mut set.image, &image), (&mut set.flavor, &flavor), (&mut set.runner_prefix, &prefix)];
        for (setting, given) in texts {
            if !given.is_empty() {
                setting.clone_from(given);
            }
        }
        if (set.os_type, set.template_id) != (known.os_type, known.template_id) {
            return Err(store::Error::Invalid("the scale set was changed by somebody else at the same time; try again".to_owned()));
        }
        set.os_type = os_type;
        set.os_arch = os_arch.unwrap_or(set.os_arch);
        set.enabled = params.enabled.unwrap_or(set.enabled);
        set.max_runners = params.max_runners.unwrap_or(set.max_runners);
        set.min_idle_runners = params.min_idle_runners.unwrap_or(set.min_idle_runners);
        set.bootstrap_timeout = bootstrap_timeout.unwrap_or(set.bootstrap_timeout);
        set.keep_failed = keep_failed.unwrap_or(set.keep_failed);
        set.disable_update = params.disable_update.unwrap_or(set.disable_update);
        set.enable_shell = params.enable_shell.unwrap_or(set.enable_shell);
        set.template_id = template_id;
        set.name = name.clone().unwrap_or_else(|| set.name.clone());
        set.runner_group = group.clone().unwrap_or_else(|| set.runner_group.clone());
        set.labels = labels.clone().unwrap_or_else(|| set.labels.clone());
        set.extra_specs = extra_specs.clone().or_else(|| set.extra_specs.clone());
        check(set).map_err(store::Error::Invalid)
    };
    let changed = control::update_scale_set(&app.services, id, change).await?;
    show(app, &changed).await
}

/// Checks the rules that concern a scale set as a whole.
fn check(set: &ScaleSet) -> Result<(), String> {
    sets::check(&set.image, &set.flavor, set.min_idle_runners, set.max_runners)
}

/// The labels beside the name; there may be none.
fn labels(given: &[String]) -> Result<Vec<String>, Error> {
    if given.iter().all(|label| values::trim(label).is_empty()) {
        return Ok(Vec::new());
    }
    field("labels", values::labels(given))
}

/// Upstream stores any state that it is given. Here the state is that of a request to the forge, which a caller cannot know better.
fn check_state(known: &ScaleSet, state: Option<&str>, words: Option<&str>) -> Result<(), Error> {
    if let Some(state) = state.filter(|state| *state != known.state.as_str()) {
        let is = known.state;
        return Err(Error::bad_request(format!("state: it is {is}, and cannot be set to {state:?}: the server sets it; leave it out")));
    }
    match words.filter(|words| *words != known.extended_state) {
        Some(_) => Err(Error::bad_request("extended_state: the server sets it; leave it out")),
        None => Ok(()),
    }
}

impl From<ScaleSetError> for Error {
    fn from(fault: ScaleSetError) -> Self {
        let told = crate::model::describe(&fault);
        match fault {
            ScaleSetError::Store(fault) => fault.into(),
            ScaleSetError::Exists { .. } | ScaleSetError::Forge(forge::Error::ScaleSetExists { .. }) => Self::conflict(told),
            ScaleSetError::NoGroup(_) => Self::bad_request(told),
            ScaleSetError::Forge(fault) if matches!(fault.retry(), Retry::Never) => Self::bad_request(told),
            ScaleSetError::Forge(_) => Self::forge_failed(told),
        }
    }
}
