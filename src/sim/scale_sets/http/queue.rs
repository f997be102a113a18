//! The queue of a session: polls, acknowledgements, and the acquiring of jobs.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::caller::{Admin, Listener, Service, accepts_version, read};
use super::objects;
use crate::sim::face::Face;
use crate::sim::forge::Forge;
use crate::sim::scale_sets::error::Exception;
use crate::sim::scale_sets::nouns::News;
use crate::sim::scale_sets::settings::Manner;

/// A poll that waits; ends when the answer is ready and when the listener hangs up.
struct Waiting {
    forge: Forge,
    scale_set: i64,
    poll: i64,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.forge.write(|state| state.end_message_poll(self.scale_set, self.poll));
    }
}

pub(super) async fn poll(Shared(face): Shared<Face>, listener: Listener, headers: HeaderMap) -> Result<Response, Exception> {
    let (id, session) = (listener.scale_set, listener.session);
    if !accepts_version(&headers) {
        return Err(Exception::BadRequest("Accept names no api-version.".into()));
    }
    let capacity = headers.get("x-scalesetmaxcapacity").and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let capacity = capacity.ok_or_else(|| Exception::BadRequest("X-ScaleSetMaxCapacity is missing.".into()))?;
    let (poll, bell) = face.forge.write(|state| state.begin_message_poll(id, session, capacity))?;
    let _waiting = Waiting { forge: face.forge.clone(), scale_set: id, poll };
    let message = async {
        loop {
            let next = face.forge.change(|state| {
                let Some((message, numbers)) = state.next_message(id, session, poll)? else { return Ok(None) };
                let scope = state.find_scale_set(id).ok_or(Exception::NoScaleSet(id))?.scope.clone();
                Ok(Some(objects::message(&Service::of(state, &scope), id, &message, &numbers)))
            });
            match next {
                // The session has ended meanwhile, perhaps with its scale set.
                Err(Exception::NoSession | Exception::NoScaleSet(_)) => return Err(Exception::BadToken),
                Err(other) => return Err(other),
                Ok(Some(message)) => return Ok(message),
                Ok(None) => bell.notified().await,
            }
        }
    };
    tokio::select! {
        found = message => Ok(Json(found?).into_response()),
        () = tokio::time::sleep(face.forge.settings().scale_sets.poll_wait) => Ok(StatusCode::ACCEPTED.into_response()),
        () = face.stop.cancelled() => Ok(StatusCode::SERVICE_UNAVAILABLE.into_response()),
    }
}

pub(super) async fn acknowledge(Shared(face): Shared<Face>, listener: Listener) -> Result<StatusCode, Exception> {
    face.forge.write(|state| state.acknowledge_message(listener.scale_set, listener.session, listener.message()))?;
    Ok(StatusCode::NO_CONTENT)
}

fn is_offering(face: &Face) -> Result<(), Exception> {
    if face.forge.settings().scale_sets.manner == Manner::Offers { Ok(()) } else { Err(Exception::NoRoute) }
}

pub(super) async fn acquire(Shared(face): Shared<Face>, listener: Listener, body: Bytes) -> Result<Json<Value>, Exception> {
    is_offering(&face)?;
    let requests: Vec<i64> = read(&body)?;
    let acquired = face.forge.write(|state| state.acquire_jobs(listener.scale_set, listener.session, &requests))?;
    Ok(Json(objects::list(acquired.into_iter().map(Value::from))))
}

pub(super) async fn list_acquirable(Shared(face): Shared<Face>, admin: Admin) -> Result<Response, Exception> {
    is_offering(&face)?;
    face.forge.read(|state| {
        let id = state.scale_set_of(&admin.scope, admin.scale_set())?.id;
        let offered = state.offered_to(id).filter_map(|(job, _)| state.describe(job, News::Available));
        let offered: Vec<Value> = offered.map(|job| objects::job(&admin.service, id, &job)).collect();
        Ok(if offered.is_empty() {
            StatusCode::NO_CONTENT.into_response()
        } else {
            Json(objects::list(offered.into_iter())).into_response()
        })
    })
}
