//! Runners of an entity, those of scale sets and all others.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::caller::{Admin, read};
use super::objects;
use crate::sim::face::Face;
use crate::sim::payloads;
use crate::sim::scale_sets::error::Exception;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewRunner {
    name: String,
    work_folder: String,
}

pub(super) async fn generate_jit_config(Shared(face): Shared<Face>, admin: Admin, body: Bytes) -> Result<Json<Value>, Exception> {
    let wanted: NewRunner = read(&body)?;
    if wanted.name.is_empty() {
        return Err(Exception::BadRequest("A runner needs a name.".into()));
    }
    face.forge.write(|state| {
        let runner = state.register_in_scale_set(&admin.scope, admin.scale_set(), &wanted.name)?;
        let files = payloads::runner_files(&state.url, &runner, &state.group_name(runner.group_id), &wanted.work_folder);
        Ok(Json(json!({ "runner": objects::runner(state, &runner), "encodedJITConfig": payloads::encode_jit_config(&files) })))
    })
}

pub(super) async fn list(Shared(face): Shared<Face>, admin: Admin) -> Json<Value> {
    let name = admin.query.get("agentName");
    face.forge.read(|state| {
        let of_entity = state.runners().filter(|runner| runner.scope == admin.scope);
        let wanted = of_entity.filter(|runner| name.is_none_or(|name| runner.name.eq_ignore_ascii_case(name)));
        Json(objects::list(wanted.map(|runner| objects::runner(state, runner))))
    })
}

pub(super) async fn get(Shared(face): Shared<Face>, admin: Admin) -> Result<Json<Value>, Exception> {
    let id = admin.agent();
    face.forge.read(|state| {
        let runner = state.find_runner(id).filter(|runner| runner.scope == admin.scope).ok_or(Exception::NoAgent(id))?;
        Ok(Json(objects::runner(state, runner)))
    })
}

pub(super) async fn remove(Shared(face): Shared<Face>, admin: Admin) -> Result<StatusCode, Exception> {
    face.forge.write(|state| state.remove_agent(&admin.scope, admin.agent()))?;
    Ok(StatusCode::NO_CONTENT)
}
