//! Repositories, organizations, enterprises and forge instances. They share their handlers; the first word of the path names the kind.

use std::collections::HashMap;
use std::time::Duration;

use axum::Json;
use axum::extract::{Query, State};
use axum::response::Response;

use super::params::{field, is_true, parse_id, rerun_limit};
use super::{instances, pools};
use crate::api::{self, CreateEntityParams, CreatePoolParams, ErrorBody, Instance, Pool, UpdateEntityParams, UpdatePoolParams, paths};
use crate::control::remove_hook;
use crate::crypto::password;
use crate::forge;
use crate::http::auth::Admin;
use crate::http::body::Body;
use crate::http::path::Path;
use crate::http::{App, Error};
use crate::model::values::{self, InvalidValue};
use crate::model::{
    Balancer, Credentials, CredentialsId, Entity, EntityId, EntityKind, EntityRef, EventLevel, PoolId, RerunLimits, SecretString, expose,
};
use crate::store::{EntityFilter, NewEntity, RunnerFilter};
use crate::time::parse_duration;

/// How long a webhook secret stays good after another one was set, where the caller does not say: time to change it at the forge.
const OVERLAP: Duration = Duration::from_hours(24);

/// The longest such time. A secret that is replaced because others know it should be good for none.
const OVERLAP_MAX: Duration = Duration::from_hours(720);

/// The kind of entity that the first word of a path names.
fn kind(word: &str) -> Result<EntityKind, Error> {
    paths::entity_kind(word).ok_or_else(Error::no_route)
}

/// All entities of a kind.
#[utoipa::path(get, path = paths::ENTITIES.template(), tag = "entities",
    params(("entities" = String, Path, description = "repositories, organizations, enterprises or forge-instances"),
        ("owner" = Option<String>, Query), ("name" = Option<String>, Query), ("endpoint" = Option<String>, Query)),
    responses((status = 200, body = Vec<api::Entity>), (status = 401, body = ErrorBody)))]
pub(in crate::http) async fn list_entities(
    _: Admin,
    State(app): State<App>,
    Path(entities): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Vec<api::Entity>>, Error> {
    let text = |key: &str| query.get(key).cloned().unwrap_or_default();
    let filter = EntityFilter { kind: Some(kind(&entities)?), owner: text("owner"), name: text("name"), endpoint: text("endpoint") };
    let mut shown = Vec::new();
    for entity in app.store().list_entities(filter).await? {
        shown.push(show(&app, &entity).await?);
    }
    Ok(Json(shown))
}

/// Adds an entity. The forge need not be reachable for it.
#[utoipa::path(post, path = paths::ENTITIES.template(), tag = "entities", params(("entities" = String, Path)), request_body = CreateEntityParams,
    responses((status = 200, body = api::Entity), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(in crate::http) async fn create_entity(
    _: Admin,
    State(app): State<App>,
    Path(entities): Path<String>,
    Body(params): Body<CreateEntityParams>,
) -> Result<Json<api::Entity>, Error> {
    let kind = kind(&entities)?;
    let credentials = credentials(&app, &params.credentials_name).await?;
    let endpoint =
        app.store().find_endpoint(&credentials.endpoint).await?.ok_or_else(|| Error::not_found("endpoint", &credentials.endpoint))?;
    let forge_type = values::trim(&params.forge_type).to_lowercase();
    if !forge_type.is_empty() && forge_type != endpoint.kind.as_str() {
        return Err(Error::bad_request(format!(
            "credentials {} are for a {} forge, not for {:?}",
            credentials.name, endpoint.kind, params.forge_type
        )));
    }
    let at = match kind {
        EntityKind::Instance => {
            return Err(Error::bad_request(forge::NO_INSTANCES));
        }
        EntityKind::Repository => EntityRef {
            kind,
            owner: field("owner", values::entity_name(&params.owner))?,
            name: field("name", values::entity_name(&params.name))?,
        },
        EntityKind::Organization | EntityKind::Enterprise => {
            EntityRef { kind, owner: String::new(), name: field("name", values::entity_name(&params.name))? }
        }
    };
    let secret = field("webhook_secret", values::webhook_secret(&params.webhook_secret.0))?;
    let new = NewEntity {
        at,
        credentials_id: credentials.id,
        more_credentials: more_credentials(&app, &params.more_credentials).await?,
        webhook_secret: secret.clone(),
        balancer: balancer(&params.pool_balancer_type)?,
        agent_mode: params.agent_mode,
        rerun: RerunLimits {
            per_run: rerun_limit("rerun_lost", params.rerun_lost, RerunLimits::PER_RUN_MAX)?,
            per_day: per_day(params.rerun_lost_per_day)?.unwrap_or(RerunLimits::PER_DAY_DEFAULT),
        },
    };
    let entity = app.store().create_entity(new).await?;
    // A delivery may arrive at once.
    app.directory.reload(app.store()).await?;
    judge_webhook_secret(&app, entity.id, &secret).await?;
    tracing::info!(entity.id = %entity.id, entity.name = %entity.at, "added");
    Ok(Json(show(&app, &entity).await?))
}

/// One entity, with its pools and events.
#[utoipa::path(get, path = paths::ENTITY.template(), tag = "entities", params(("entities" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = api::Entity), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn get_entity(
    _: Admin,
    State(app): State<App>,
    Path((entities, id)): Path<(String, String)>,
) -> Result<Json<api::Entity>, Error> {
    let entity = find(&app, &entities, &id).await?;
    Ok(Json(show_whole(&app, &entity).await?))
}

/// Changes an entity.
#[utoipa::path(put, path = paths::ENTITY.template(), tag = "entities", params(("entities" = String, Path), ("id" = String, Path)), request_body = UpdateEntityParams,
    responses((status = 200, body = api::Entity), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn update_entity(
    _: Admin,
    State(app): State<App>,
    Path((entities, id)): Path<(String, String)>,
    Body(params): Body<UpdateEntityParams>,
) -> Result<Json<api::Entity>, Error> {
    let known = find(&app, &entities, &id).await?;
    let credentials_id = match params.credentials_name.as_str() {
        "" => None,
        name => Some(credentials(&app, name).await?.id),
    };
    let more = match &params.more_credentials {
        None => None,
        Some(names) => Some(more_credentials(&app, names).await?),
    };
    let balancer = match values::trim(&params.pool_balancer_type) {
        "" => None,
        word => Some(balancer(word)?),
    };
    let secret = field("webhook_secret", new_secret(&params.webhook_secret.0, known.webhook_secret.as_ref()))?;
    let overlap = overlap(&params.webhook_secret_overlap)?;
    let per_run = params.rerun_lost.map(|limit| rerun_limit("rerun_lost", limit, RerunLimits::PER_RUN_MAX)).transpose()?;
    let per_day = per_day(params.rerun_lost_per_day)?;
    if secret.is_some() {
        app.store().keep_webhook_secret(known.id, overlap).await?;
    }
    let set = secret.clone();
    let changed = app
        .store()
        .update_entity(known.id, move |entity| {
            entity.credentials_id = credentials_id.unwrap_or(entity.credentials_id);
            entity.more_credentials = more.unwrap_or_else(|| entity.more_credentials.clone());
            entity.balancer = balancer.unwrap_or(entity.balancer);
            entity.agent_mode = params.agent_mode.unwrap_or(entity.agent_mode);
            entity.rerun =
                RerunLimits { per_run: per_run.unwrap_or(entity.rerun.per_run), per_day: per_day.unwrap_or(entity.rerun.per_day) };
            if let Some(secret) = set {
                entity.webhook_secret = Some(secret);
            }
            Ok(())
        })
        .await?;
    app.directory.reload(app.store()).await?;
    if let Some(secret) = secret {
        judge_webhook_secret(&app, changed.id, &secret).await?;
    }
    Ok(Json(show(&app, &changed).await?))
}

/// Removes an entity without pools and scale sets, and its webhook where webhooks are managed.
#[utoipa::path(delete, path = paths::ENTITY.template(), tag = "entities",
    params(("entities" = String, Path), ("id" = String, Path), ("keepWebhook" = Option<bool>, Query)),
    responses((status = 200), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn delete_entity(
    _: Admin,
    State(app): State<App>,
    Path((entities, id)): Path<(String, String)>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<(), Error> {
    let entity = find(&app, &entities, &id).await?;
    let has_hook = matches!(entity.at.kind, EntityKind::Repository | EntityKind::Organization);
    let is_asked = app.manages_webhooks && has_hook && !is_true(query.get("keepWebhook"));
    if is_asked && app.store().entity_settings(entity.id).await?.is_some_and(|view| view.runner_sets().next().is_none()) {
        // An entity whose forge fails can be removed all the same.
        if let Err(fault) = remove_hook(&app.services, &entity).await {
            tracing::warn!(entity.id = %entity.id, error = %fault, "the webhook stays at the forge");
        }
    }
    app.store().delete_entity(entity.id).await?;
    app.directory.reload(app.store()).await?;
    Ok(())
}

/// The pools of an entity.
#[utoipa::path(get, path = paths::ENTITY_POOLS.template(), tag = "entities", params(("entities" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = Vec<Pool>), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn list_entity_pools(
    _: Admin,
    State(app): State<App>,
    Path((entities, id)): Path<(String, String)>,
) -> Result<Json<Vec<Pool>>, Error> {
    let entity = find(&app, &entities, &id).await?;
    pools::list(&app, Some(entity.id)).await.map(Json)
}

/// Makes a pool for an entity.
#[utoipa::path(post, path = paths::ENTITY_POOLS.template(), tag = "entities", params(("entities" = String, Path), ("id" = String, Path)),
    request_body = CreatePoolParams, responses((status = 200, body = Pool), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn create_entity_pool(
    _: Admin,
    State(app): State<App>,
    Path((entities, id)): Path<(String, String)>,
    Body(params): Body<CreatePoolParams>,
) -> Result<Json<Pool>, Error> {
    let entity = find(&app, &entities, &id).await?;
    pools::create(&app, &entity, params).await.map(Json)
}

/// One pool of an entity.
#[utoipa::path(get, path = paths::ENTITY_POOL.template(), tag = "entities",
    params(("entities" = String, Path), ("id" = String, Path), ("pool_id" = String, Path)),
    responses((status = 200, body = Pool), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn get_entity_pool(
    _: Admin,
    State(app): State<App>,
    Path((entities, id, pool_id)): Path<(String, String, String)>,
) -> Result<Json<Pool>, Error> {
    let pool = pool_of(&app, &entities, &id, &pool_id).await?;
    pools::show_whole(&app, pool).await.map(Json)
}

/// Changes a pool of an entity.
#[utoipa::path(put, path = paths::ENTITY_POOL.template(), tag = "entities",
    params(("entities" = String, Path), ("id" = String, Path), ("pool_id" = String, Path)), request_body = UpdatePoolParams,
    responses((status = 200, body = Pool), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn update_entity_pool(
    _: Admin,
    State(app): State<App>,
    Path((entities, id, pool_id)): Path<(String, String, String)>,
    Body(params): Body<UpdatePoolParams>,
) -> Result<Json<Pool>, Error> {
    let pool = pool_of(&app, &entities, &id, &pool_id).await?;
    pools::update(&app, pool, params).await.map(Json)
}

/// Removes a pool of an entity. Of an organization, one that does not exist is removed, as upstream has it.
#[utoipa::path(delete, path = paths::ENTITY_POOL.template(), tag = "entities",
    params(("entities" = String, Path), ("id" = String, Path), ("pool_id" = String, Path)),
    responses((status = 200), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn delete_entity_pool(
    _: Admin,
    State(app): State<App>,
    Path((entities, id, pool_id)): Path<(String, String, String)>,
) -> Result<(), Error> {
    let entity = find(&app, &entities, &id).await?;
    let pool_id: PoolId = parse_id("a pool", &pool_id)?;
    match app.store().find_pool(pool_id).await?.filter(|pool| pool.entity_id == entity.id) {
        Some(pool) => pools::delete(&app, pool.id).await,
        None if entity.at.kind == EntityKind::Organization => Ok(()),
        None => Err(Error::not_found("pool", pool_id)),
    }
}

/// The runners of an entity.
#[utoipa::path(get, path = paths::ENTITY_INSTANCES.template(), tag = "entities", params(("entities" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = Vec<Instance>), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn list_entity_instances(
    _: Admin,
    State(app): State<App>,
    Path((entities, id)): Path<(String, String)>,
) -> Result<Response, Error> {
    let entity = find(&app, &entities, &id).await?;
    instances::list(&app, RunnerFilter { entity: Some(entity.id), set: None }, |_| true).await
}

pub(super) async fn find(app: &App, entities: &str, id: &str) -> Result<Entity, Error> {
    let kind = kind(entities)?;
    let id: EntityId = parse_id(kind.as_str(), id)?;
    let found = app.store().find_entity(id).await?;
    found.filter(|entity| entity.at.kind == kind).ok_or_else(|| Error::not_found(kind.as_str(), id))
}

async fn pool_of(app: &App, entities: &str, id: &str, pool_id: &str) -> Result<PoolId, Error> {
    let entity = find(app, entities, id).await?;
    let pool_id: PoolId = parse_id("a pool", pool_id)?;
    let found = app.store().find_pool(pool_id).await?.filter(|pool| pool.entity_id == entity.id);
    found.map(|pool| pool.id).ok_or_else(|| Error::not_found("pool", pool_id))
}

async fn credentials(app: &App, name: &str) -> Result<Credentials, Error> {
    named_credentials(app, "credentials_name", name).await
}

async fn more_credentials(app: &App, names: &[String]) -> Result<Vec<CredentialsId>, Error> {
    const FIELD: &str = "more_credentials";
    let most = Entity::MORE_CREDENTIALS_MAX;
    if names.len() > most {
        return Err(Error::bad_request(format!("{FIELD}: there are {}, and at most {most} can be", names.len())));
    }
    let mut found = Vec::new();
    for name in names {
        if name.is_empty() {
            return Err(Error::bad_request(format!("{FIELD}: one of the names is empty; is there a comma too many?")));
        }
        found.push(named_credentials(app, FIELD, name).await?.id);
    }
    Ok(found)
}

async fn named_credentials(app: &App, field: &str, name: &str) -> Result<Credentials, Error> {
    if name.is_empty() {
        return Err(Error::bad_request(format!("{field}: it must not be empty")));
    }
    let mut found = app.store().find_credentials_by_name(name).await?;
    if found.is_none() {
        found = app.store().find_credentials_by_name(values::trim(name)).await?;
    }
    found.ok_or_else(|| Error::bad_request(format!("{field}: there are no credentials {name:?}")))
}

fn balancer(word: &str) -> Result<Balancer, Error> {
    Balancer::from_word(&values::trim(word).to_lowercase())
        .ok_or_else(|| Error::bad_request(format!("pool_balancer_type: {word:?} is neither \"roundrobin\" nor \"pack\"")))
}

fn per_day(given: Option<u32>) -> Result<Option<u32>, Error> {
    given.map(|limit| rerun_limit("rerun_lost_per_day", limit, RerunLimits::PER_DAY_MAX)).transpose()
}

/// The secret to be set; `None` = the stored one stays. The forge signs with the stored one, also if its door would change it today.
fn new_secret(given: &SecretString, stored: Option<&SecretString>) -> Result<Option<SecretString>, InvalidValue> {
    if expose(given).is_empty() || stored.is_some_and(|stored| expose(given) == expose(stored)) {
        return Ok(None);
    }
    values::webhook_secret(given).map(Some)
}

/// How long the secret before a new one stays good.
fn overlap(given: &str) -> Result<Duration, Error> {
    let given = values::trim(given);
    if given.is_empty() {
        return Ok(OVERLAP);
    }
    parse_duration(given).filter(|overlap| *overlap <= OVERLAP_MAX).ok_or_else(|| {
        Error::bad_request(format!("webhook_secret_overlap: {given:?} is not a duration of at most 720h, such as 24h or 0s"))
    })
}

/// Adds a warning to the entity if the secret is weak. Upstream accepts weak secrets, so they are not refused.
async fn judge_webhook_secret(app: &App, id: EntityId, secret: &SecretString) -> Result<(), Error> {
    let judged = secret.clone();
    // The estimate takes milliseconds, in which a thread of the runtime would serve others.
    let judged = tokio::task::spawn_blocking(move || password::check_strength(&judged)).await.map_err(|fault| Error::internal(&fault))?;
    let Err(weak) = judged else { return Ok(()) };
    let advice = format!("the webhook's secret: {weak} Or have one made: garm repo, org or enterprise update --random-webhook-secret");
    Ok(app.store().add_entity_event(id, EventLevel::Warning, advice).await?)
}

async fn show(app: &App, entity: &Entity) -> Result<api::Entity, Error> {
    let endpoint = app.store().find_endpoint(&entity.endpoint).await?.ok_or_else(|| Error::not_found("endpoint", &entity.endpoint))?;
    let credentials =
        app.store().find_credentials(entity.credentials_id).await?.ok_or_else(|| Error::not_found("credentials", entity.credentials_id))?;
    let mut shown = api::Entity::new(entity, &credentials, &endpoint);
    for id in &entity.more_credentials {
        shown.more_credentials.extend(app.store().find_credentials(*id).await?.map(|found| found.name));
    }
    Ok(shown)
}

async fn show_whole(app: &App, entity: &Entity) -> Result<api::Entity, Error> {
    let mut shown = show(app, entity).await?;
    shown.pool = pools::list(app, Some(entity.id)).await?;
    shown.events = app.store().list_entity_events(entity.id).await?.iter().map(api::EntityEvent::from).collect();
    Ok(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_is_stored_with_a_line_end_keeps_it_and_a_new_one_loses_it() {
        let set = |given: &str| {
            let secret = new_secret(&SecretString::from(given), Some(&SecretString::from("planted\n"))).expect("good");
            secret.map(|secret| expose(&secret).to_owned())
        };
        assert_eq!((set(""), set("planted\n")), (None, None), "the forge signs with it");
        assert_eq!((set("planted"), set("other\r\n")), (Some("planted".to_owned()), Some("other".to_owned())));
    }
}
