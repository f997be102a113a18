//! Runners that failed, and what is kept of them.

use std::collections::{BTreeMap, HashMap};

use axum::Json;
use axum::extract::{Query, State};

use super::params::parse_id;
use super::scale_sets;
use crate::api::{self, ErrorBody, paths};
use crate::http::auth::Admin;
use crate::http::path::Path;
use crate::http::{App, Error};
use crate::model::{Autopsy, EntityId, RunnerSetId};
use crate::store::{AutopsyFilter, EntityFilter};

/// Runners that failed, newest first, in short: of all entities, of one, of one pool or of one scale set.
#[utoipa::path(get, path = paths::AUTOPSIES.template(), tag = "instances",
    params(("pool" = Option<String>, Query), ("scaleset" = Option<String>, Query), ("entity" = Option<String>, Query)),
    responses((status = 200, body = Vec<api::Autopsy>), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub(in crate::http) async fn list_autopsies(
    _: Admin,
    State(app): State<App>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Vec<api::Autopsy>>, Error> {
    let given = |name: &str| query.get(name).filter(|value| !value.is_empty());
    let filter = AutopsyFilter {
        entity: given("entity").map(|id| parse_id("an entity", id)).transpose()?,
        set: match (given("pool"), given("scaleset")) {
            (None, None) => None,
            (Some(id), None) => Some(RunnerSetId::Pool(parse_id("a pool", id)?)),
            (None, Some(id)) => Some(RunnerSetId::ScaleSet(scale_sets::number(id)?)),
            (Some(_), Some(_)) => return Err(Error::bad_request("pool, scaleset: a runner is of one of them; leave one out")),
        },
    };
    let found = app.store().list_autopsies(filter).await?;
    let names = names(&app).await?;
    Ok(Json(found.iter().map(|autopsy| shown(autopsy, &names)).collect()))
}

/// One runner that failed, by name or id, with its messages and its install log.
#[utoipa::path(get, path = paths::AUTOPSY.template(), tag = "instances", params(("name" = String, Path)),
    responses((status = 200, body = api::Autopsy), (status = 404, body = ErrorBody)))]
pub(in crate::http) async fn get_autopsy(_: Admin, State(app): State<App>, Path(name): Path<String>) -> Result<Json<api::Autopsy>, Error> {
    let found = app.store().find_autopsy(&name).await?.ok_or_else(|| Error::not_found("a failure of runner", &name))?;
    Ok(Json(shown(&found, &names(&app).await?)))
}

async fn names(app: &App) -> Result<BTreeMap<EntityId, String>, Error> {
    let entities = app.store().list_entities(EntityFilter::default()).await?;
    Ok(entities.into_iter().map(|entity| (entity.id, entity.at.path())).collect())
}

fn shown(autopsy: &Autopsy, names: &BTreeMap<EntityId, String>) -> api::Autopsy {
    api::Autopsy { entity_name: names.get(&autopsy.entity_id).cloned().unwrap_or_default(), ..autopsy.into() }
}
