//! Sessions, and the tokens of their queues.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::caller::{Admin, read};
use super::objects;
use crate::sim::face::Face;
use crate::sim::scale_sets::error::Exception;
use crate::sim::scale_sets::tokens::Use;
use crate::sim::state::State;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewSession {
    owner_name: String,
}

pub(super) async fn open(Shared(face): Shared<Face>, admin: Admin, body: Bytes) -> Result<Json<Value>, Exception> {
    let wanted: NewSession = read(&body)?;
    face.forge.write(|state| {
        let id = state.scale_set_of(&admin.scope, admin.scale_set())?.id;
        let session = state.open_message_session(id, &wanted.owner_name)?;
        shown(state, &admin, session)
    })
}

pub(super) async fn refresh(Shared(face): Shared<Face>, admin: Admin) -> Result<Json<Value>, Exception> {
    let session = admin.session()?;
    face.forge.write(|state| {
        let id = state.scale_set_of(&admin.scope, admin.scale_set())?.id;
        state.refresh_message_session(id, session)?;
        shown(state, &admin, session)
    })
}

pub(super) async fn close(Shared(face): Shared<Face>, admin: Admin) -> Result<StatusCode, Exception> {
    let session = admin.session()?;
    face.forge.write(|state| {
        let id = state.scale_set_of(&admin.scope, admin.scale_set())?.id;
        state.close_message_session(id, session)?;
        Ok(StatusCode::NO_CONTENT)
    })
}

/// The session with a new token for its queue.
fn shown(state: &mut State, admin: &Admin, session: Uuid) -> Result<Json<Value>, Exception> {
    let id = admin.scale_set();
    let (settings, now, number) = (state.settings.scale_sets.clone(), state.now(), state.number());
    let granted = Use::Queue { scale_set: id, session };
    let token = state.scale_sets.grants.issue(granted, settings.queue_token_lifetime, number, now, settings.clock_ahead);
    let set = state.scale_set_of(&admin.scope, id)?;
    Ok(Json(json!({
        "sessionId": session,
        "ownerName": set.session.as_ref().map(|session| session.owner.as_str()),
        "runnerScaleSet": objects::scale_set(state, &admin.service, set),
        "messageQueueUrl": admin.service.queue(settings.manner, id, session),
        "messageQueueAccessToken": token,
        "statistics": objects::statistics(&state.statistics(id)),
    })))
}
