//! Pools.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::Response;

use super::params::{field, is_true, optional, parse_id, rerun_limit};
use super::{instances, providers, sets};
use crate::api::{self, CreatePoolParams, ErrorBody, Instance, UpdatePoolParams, paths};
use crate::crypto::random;
use crate::http::auth::Admin;
use crate::http::body::Body;
use crate::http::path::Path;
use crate::http::{App, Error};
use crate::model::values::{self, LINE_MAX};
use crate::model::{Entity, EntityId, Pool, PoolId, PoolMemory, RerunLimits};
use crate::store::{self, RunnerFilter};
use crate::time::Timestamp;

/// All pools.
#[utoipa::path(get, path = paths::POOLS.template(), tag = "pools", responses((status = 200, body = Vec<api::Pool>), (status = 401, body = ErrorBody)))]
pub(in crate::http) async fn list_pools(_: Admin, State(app): State<App>) -> Result<Json<Vec<api::Pool>>, Error> {
    list(&app, None).await.map(Json)
}

/// One pool, with its runners.
#[utoipa::path(get, path = paths::POOL.template(), tag = "pools", params(("id" = String, Path)),
    responses((status = 200, body = api::Pool), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn get_pool(_: Admin, State(app): State<App>, Path(id): Path<String>) -> Result<Json<api::Pool>, Error> {
    show_whole(&app, parse_id("a pool", &id)?).await.map(Json)
}

/// Changes a pool.
#[utoipa::path(put, path = paths::POOL.template(), tag = "pools", params(("id" = String, Path)), request_body = UpdatePoolParams,
    responses((status = 200, body = api::Pool), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn update_pool(
    _: Admin,
    State(app): State<App>,
    Path(id): Path<String>,
    Body(params): Body<UpdatePoolParams>,
) -> Result<Json<api::Pool>, Error> {
    update(&app, parse_id("a pool", &id)?, params).await.map(Json)
}

/// Begins a new generation of a pool: idle runners of older ones are replaced, some at a time.
#[utoipa::path(post, path = paths::POOL_ROTATE.template(), tag = "pools", params(("id" = String, Path)),
    responses((status = 200, body = api::Pool), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn rotate_pool(_: Admin, State(app): State<App>, Path(id): Path<String>) -> Result<Json<api::Pool>, Error> {
    let pool = app.store().rotate_pool(parse_id("a pool", &id)?).await?;
    show(&app, &pool).await.map(Json)
}

/// Removes a pool without runners. One that does not exist is removed.
#[utoipa::path(delete, path = paths::POOL.template(), tag = "pools", params(("id" = String, Path)), responses((status = 200), (status = 400, body = ErrorBody)))]
pub(in crate::http) async fn delete_pool(_: Admin, State(app): State<App>, Path(id): Path<String>) -> Result<(), Error> {
    delete(&app, parse_id("a pool", &id)?).await
}

/// The runners of a pool.
#[utoipa::path(get, path = paths::POOL_INSTANCES.template(), tag = "pools", params(("id" = String, Path), ("outdatedOnly" = Option<bool>, Query)),
    responses((status = 200, body = Vec<Instance>), (status = 400, body = ErrorBody)))]
pub(in crate::http) async fn list_pool_instances(
    _: Admin,
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let id: PoolId = parse_id("a pool", &id)?;
    let pool = if is_true(query.get("outdatedOnly")) { app.store().find_pool(id).await? } else { None };
    let below = pool.map_or(i64::MAX, |pool| pool.generation);
    instances::list(&app, RunnerFilter { entity: None, set: Some(id.into()) }, move |runner| runner.generation < below).await
}

pub(super) async fn list(app: &App, entity: Option<EntityId>) -> Result<Vec<api::Pool>, Error> {
    // Upstream leaves out the extra specs where all pools are listed.
    let of_entity = entity.is_some();
    let mut places = sets::Places::default();
    let mut shown = Vec::new();
    for pool in app.store().list_pools(entity).await? {
        let place = places.of(app, pool.entity_id).await?;
        let (entity, endpoint, versions) = place.as_ref();
        let mut one = api::Pool::new(&pool, entity, endpoint);
        one.set_version(&pool, versions);
        one.paused_until = sets::paused_until(app, &pool.memory);
        if pool.template_id.is_none() {
            one.template_id = places.shipped(app, pool.os_type, endpoint.kind).await?;
        }
        if of_entity {
            one.extra_specs.clone_from(&pool.extra_specs);
        }
        shown.push(one);
    }
    Ok(shown)
}

pub(super) async fn delete(app: &App, id: PoolId) -> Result<(), Error> {
    app.store().delete_pool(id).await?;
    app.services.metrics.forget_set(id.into());
    Ok(())
}

pub(super) async fn show_whole(app: &App, id: PoolId) -> Result<api::Pool, Error> {
    let pool = app.store().find_pool(id).await?.ok_or_else(|| Error::not_found("pool", id))?;
    show_with_instances(app, &pool).await
}

async fn show_with_instances(app: &App, pool: &Pool) -> Result<api::Pool, Error> {
    let mut shown = show(app, pool).await?;
    let runners = app.store().list_runners(RunnerFilter { entity: None, set: Some(pool.id.into()) }).await?;
    shown.instances = instances::show(app.store(), &runners).await?;
    Ok(shown)
}

async fn show(app: &App, pool: &Pool) -> Result<api::Pool, Error> {
    let (entity, endpoint) = sets::place(app, pool.entity_id).await?;
    let mut shown = api::Pool::new(pool, &entity, &endpoint);
    shown.extra_specs.clone_from(&pool.extra_specs);
    shown.paused_until = sets::paused_until(app, &pool.memory);
    shown.set_version(pool, &app.store().runner_versions(pool.entity_id).await?);
    if let Some(template) = sets::install_template(app, pool.template_id, pool.os_type, &endpoint).await? {
        shown.template_id = template.id.0;
        shown.template_name = template.name;
    }
    Ok(shown)
}

pub(super) async fn create(app: &App, entity: &Entity, params: CreatePoolParams) -> Result<api::Pool, Error> {
    sets::check_proxy(params.proxy_id)?;
    let facts = providers::named(app, &params.provider_name)?;
    let os_type = field("os_type", sets::given(&params.os_type, values::os_type))?.unwrap_or_default();
    let os_arch = field("os_arch", sets::given(&params.os_arch, values::os_arch))?.unwrap_or_default();
    let prefix = field("runner_prefix", values::runner_prefix(&params.runner_prefix))?;
    let pool = Pool {
        id: PoolId(random::uuid()),
        entity_id: entity.id,
        provider: facts.name.clone(),
        image: field("image", values::line(&params.image, LINE_MAX))?,
        flavor: field("flavor", values::line(&params.flavor, LINE_MAX))?,
        os_type,
        os_arch,
        tags: field("tags", values::labels(&params.tags))?,
        enabled: params.enabled,
        max_runners: params.max_runners,
        min_idle_runners: params.min_idle_runners,
        bootstrap_timeout: match params.runner_bootstrap_timeout {
            0 => Pool::DEFAULT_BOOTSTRAP_TIMEOUT,
            minutes => sets::bootstrap_timeout(minutes)?,
        },
        runner_prefix: if prefix.is_empty() { Pool::DEFAULT_PREFIX.to_owned() } else { prefix },
        runner_group: field("github-runner-group", values::line(&params.github_runner_group, LINE_MAX))?,
        extra_specs: params.extra_specs.map(sets::object).transpose()?,
        priority: params.priority,
        template_id: match params.template_id {
            Some(0) | None => None,
            Some(id) => Some(sets::template(app, id, os_type).await?),
        },
        enable_shell: params.enable_shell,
        generation: 0,
        rotate_below: 0,
        keep_failed: sets::keep_failed(params.keep_failed_seconds)?,
        rerun_lost: params.rerun_lost.map(|limit| rerun_limit("rerun_lost", limit, RerunLimits::PER_RUN_MAX)).transpose()?,
        memory: PoolMemory::default(),
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
    };
    check(&pool).map_err(Error::bad_request)?;
    providers::check_extra_specs(app, facts, &pool.id.to_string(), pool.extra_specs.as_deref()).await?;
    let made = app.store().create_pool(pool).await?;
    tracing::info!(pool.id = %made.id, entity.id = %entity.id, provider = %made.provider, "pool made");
    show(app, &made).await
}

pub(super) async fn update(app: &App, id: PoolId, params: UpdatePoolParams) -> Result<api::Pool, Error> {
    sets::check_proxy(params.proxy_id)?;
    let image = field("image", values::line(&params.image, LINE_MAX))?;
    let flavor = field("flavor", values::line(&params.flavor, LINE_MAX))?;
    let prefix = field("runner_prefix", values::runner_prefix(&params.runner_prefix))?;
    let group = optional("github-runner-group", params.github_runner_group, |group| values::line(&group, LINE_MAX))?;
    let os_type = field("os_type", sets::given(&params.os_type, values::os_type))?;
    let os_arch = field("os_arch", sets::given(&params.os_arch, values::os_arch))?;
    let extra_specs = params.extra_specs.map(sets::object).transpose()?;
    let tags = optional("tags", params.tags.filter(|tags| !tags.is_empty()), |tags| values::labels(&tags))?;
    let known = app.store().find_pool(id).await?.ok_or_else(|| Error::not_found("pool", id))?;
    let os_type = os_type.unwrap_or(known.os_type);
    // The template must fit the new system, also if the template stays.
    let template_id = match params.template_id.filter(|id| *id != 0).or(known.template_id.map(|id| id.0)) {
        Some(id) => Some(sets::template(app, id, os_type).await?),
        None => None,
    };
    let bootstrap_timeout = params.runner_bootstrap_timeout.map(sets::bootstrap_timeout).transpose()?;
    let keep_failed = params.keep_failed_seconds.map(sets::keep_failed).transpose()?;
    let rerun_lost = params.rerun_lost.map(rerun_lost).transpose()?;
    // The provider of a pool may be gone from the configuration. Then the extra specs are not checked.
    if let (Some(specs), Some(facts)) = (&extra_specs, app.services.providers.get(&known.provider)) {
        providers::check_extra_specs(app, facts, &id.to_string(), Some(specs)).await?;
    }
    let changed = app
        .store()
        .update_pool(id, move |pool| {
            let texts = [(&mut pool.image, image), (&mut pool.flavor, flavor), (&mut pool.runner_prefix, prefix)];
            for (setting, given) in texts {
                if !given.is_empty() {
                    *setting = given;
                }
            }
            if (pool.os_type, pool.template_id) != (known.os_type, known.template_id) {
                return Err(store::Error::Invalid("the pool was changed by somebody else at the same time; try again".to_owned()));
            }
            pool.os_type = os_type;
            pool.os_arch = os_arch.unwrap_or(pool.os_arch);
            pool.enabled = params.enabled.unwrap_or(pool.enabled);
            pool.max_runners = params.max_runners.unwrap_or(pool.max_runners);
            pool.min_idle_runners = params.min_idle_runners.unwrap_or(pool.min_idle_runners);
            pool.bootstrap_timeout = bootstrap_timeout.unwrap_or(pool.bootstrap_timeout);
            pool.keep_failed = keep_failed.unwrap_or(pool.keep_failed);
            pool.rerun_lost = rerun_lost.unwrap_or(pool.rerun_lost);
            pool.priority = params.priority.unwrap_or(pool.priority);
            pool.enable_shell = params.enable_shell.unwrap_or(pool.enable_shell);
            pool.template_id = template_id;
            if let Some(tags) = tags {
                pool.tags = tags;
            }
            if let Some(group) = group {
                pool.runner_group = group;
            }
            if let Some(specs) = extra_specs {
                pool.extra_specs = Some(specs);
            }
            check(pool).map_err(store::Error::Invalid)
        })
        .await?;
    show_with_instances(app, &changed).await
}

/// Checks the rules that concern a pool as a whole.
fn check(pool: &Pool) -> Result<(), String> {
    sets::check(&pool.image, &pool.flavor, pool.min_idle_runners, pool.max_runners)
}

/// The pool's own limit, or that it has none: -1.
fn rerun_lost(given: i64) -> Result<Option<u32>, Error> {
    let is_good = |limit: &u32| *limit <= RerunLimits::PER_RUN_MAX;
    match given {
        -1 => Ok(None),
        given => u32::try_from(given).ok().filter(is_good).map(Some).ok_or_else(|| {
            Error::bad_request(format!(
                "rerun_lost: {given} is neither -1, for the limit of the entity, nor between 0 and {}",
                RerunLimits::PER_RUN_MAX
            ))
        }),
    }
}
