//! Scale sets and runner groups.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use serde_json::Value;

use super::caller::{Admin, read};
use super::objects;
use crate::sim::face::Face;
use crate::sim::scale_sets::error::Exception;
use crate::sim::state::State;

fn shown(state: &State, admin: &Admin, id: i64) -> Result<Json<Value>, Exception> {
    Ok(Json(objects::scale_set(state, &admin.service, state.scale_set_of(&admin.scope, id)?)))
}

pub(super) async fn list(Shared(face): Shared<Face>, admin: Admin) -> Json<Value> {
    let name = admin.query.get("name");
    let group = admin.query.get("runnerGroupId").and_then(|text| text.parse().ok());
    face.forge.read(|state| {
        let of_entity = state.scale_sets().filter(|set| set.scope == admin.scope);
        let wanted = of_entity
            .filter(|set| name.is_none_or(|name| set.name.eq_ignore_ascii_case(name)) && group.is_none_or(|id: i64| set.group_id == id));
        Json(objects::list(wanted.map(|set| objects::scale_set(state, &admin.service, set))))
    })
}

pub(super) async fn get(Shared(face): Shared<Face>, admin: Admin) -> Result<Json<Value>, Exception> {
    face.forge.read(|state| shown(state, &admin, admin.scale_set()))
}

pub(super) async fn create(Shared(face): Shared<Face>, admin: Admin, body: Bytes) -> Result<Json<Value>, Exception> {
    let wanted = read(&body)?;
    face.forge.write(|state| {
        let id = state.create_scale_set(&admin.scope, wanted)?;
        shown(state, &admin, id)
    })
}

pub(super) async fn update(Shared(face): Shared<Face>, admin: Admin, body: Bytes) -> Result<Json<Value>, Exception> {
    let wanted = read(&body)?;
    face.forge.write(|state| {
        state.update_scale_set(&admin.scope, admin.scale_set(), wanted)?;
        shown(state, &admin, admin.scale_set())
    })
}

pub(super) async fn remove(Shared(face): Shared<Face>, admin: Admin) -> Result<StatusCode, Exception> {
    face.forge.write(|state| {
        let id = state.scale_set_of(&admin.scope, admin.scale_set())?.id;
        state.remove_scale_set(id);
        Ok(StatusCode::NO_CONTENT)
    })
}

pub(super) async fn list_groups(Shared(face): Shared<Face>, admin: Admin) -> Json<Value> {
    let name = admin.query.get("groupName");
    face.forge.read(|state| {
        let groups = state.groups(&admin.scope).into_iter().filter(|group| name.is_none_or(|name| group.name.eq_ignore_ascii_case(name)));
        Json(objects::list(groups.map(|group| objects::group(state, &group))))
    })
}
