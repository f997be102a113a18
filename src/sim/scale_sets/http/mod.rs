//! The routes of the service.
//!
//! | Request | Answer |
//! |---|---|
//! | `POST /api/v3/actions/runner-registration` `{url, runner_event}`; `Authorization: RemoteAuth <registration token>` | 200 `{url, token}`: the URL of the service and an admin token |
//! | `GET S?runnerGroupId=&name=` | 200 `{count, value}` |
//! | `POST S`, `GET S/{id}`, `PATCH S/{id}` | 200, the scale set |
//! | `DELETE S/{id}` | 204 |
//! | `GET _apis/runtime/runnergroups/?groupName=` | 200 `{count, value}` |
//! | `POST S/{id}/sessions` `{ownerName}`, `PATCH S/{id}/sessions/{session}` | 200, the session with its queue |
//! | `DELETE S/{id}/sessions/{session}` | 204 |
//! | `GET <queue>`; `X-ScaleSetMaxCapacity`, queue token | 200, a message; 202 when there was none |
//! | `DELETE <queue>/{message}`; queue token | 204 |
//! | `POST S/{id}/acquirejobs` `[request]`; queue token; GHES only | 200 `{count, value}` |
//! | `GET S/{id}/acquirablejobs`; GHES only | 200 `{count, value}`, or 204 |
//! | `POST S/{id}/generatejitconfig` `{name, workFolder}` | 200 `{runner, encodedJITConfig}` |
//! | `GET A`, `GET A?agentName=` | 200 `{count, value}` |
//! | `GET A/{id}` | 200, the runner |
//! | `DELETE A/{id}` | 204 |
//!
//! `S` is `_apis/runtime/runnerscalesets` and `A` is `_apis/distributedtask/pools/0/agents`, both below the URL of the service. That has a path and a
//! query of its own. A request without that query or without `api-version` is refused, so that a client which loses either is found out.

mod admit;
mod caller;
mod connection;
mod objects;
mod queue;
mod runners;
mod sessions;
mod sets;

use axum::routing::{delete, get, patch, post};
use axum::{Router, middleware};

use self::caller::SERVICE;
use crate::sim::face::{API_PREFIX, Face};

/// All routes, behind [`mod@admit`].
pub(in crate::sim) fn routes(face: Face) -> Router {
    let sets = format!("{SERVICE}/_apis/runtime/runnerscalesets");
    let one = format!("{sets}/{{scale_set}}");
    let groups = format!("{SERVICE}/_apis/runtime/runnergroups");
    let agents = format!("{SERVICE}/_apis/distributedtask/pools/0/agents");
    Router::new()
        .route(&format!("{API_PREFIX}/actions/runner-registration"), post(connection::connect))
        .route(&sets, get(sets::list).post(sets::create))
        .route(&one, get(sets::get).patch(sets::update).delete(sets::remove))
        .route(&groups, get(sets::list_groups))
        .route(&format!("{groups}/"), get(sets::list_groups))
        .route(&format!("{one}/sessions"), post(sessions::open))
        .route(&format!("{one}/sessions/{{session}}"), patch(sessions::refresh).delete(sessions::close))
        .route(&format!("{one}/acquirejobs"), post(queue::acquire))
        .route(&format!("{one}/acquirablejobs"), get(queue::list_acquirable))
        .route(&format!("{one}/generatejitconfig"), post(runners::generate_jit_config))
        .route("/_queues/{scale_set}/message", get(queue::poll))
        .route("/_queues/{scale_set}/message/{message}", delete(queue::acknowledge))
        .route(&agents, get(runners::list))
        .route(&format!("{agents}/{{agent}}"), get(runners::get).delete(runners::remove))
        .with_state(face.clone())
        .layer(middleware::from_fn_with_state(face, admit::admit))
}
