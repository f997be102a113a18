//! Neutron v2.0: networks and security groups, to be read.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::state::Shared;
use crate::wire::{fits, id};

pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/", get(versions))
        .route("/v2.0/networks", get(networks))
        .route("/v2.0/networks/{id}", get(network))
        .route("/v2.0/security-groups", get(security_groups))
}

async fn versions(State(cloud): State<Shared>) -> Json<Value> {
    let url = format!("{}/network/v2.0/", cloud.lock().url);
    Json(json!({"versions": [{"id": "v2.0", "status": "CURRENT", "links": [{"rel": "self", "href": url}]}]}))
}

/// Id of the network that machines are meant to use.
pub(crate) fn test_network() -> String {
    id(5, 1)
}

/// All networks; two share a name.
pub(crate) fn all_networks() -> Vec<Value> {
    let network = |number: u32, name: &str| {
        json!({
            "id": id(5, number), "name": name, "status": "ACTIVE", "shared": true, "admin_state_up": true, "router:external": false,
            "subnets": [], "tenant_id": id(2, 1), "project_id": id(2, 1), "mtu": 1500,
        })
    };
    vec![network(1, "testnet"), network(2, "twin"), network(3, "twin")]
}

async fn networks(_: Caller, Query(query): Query<Vec<(String, String)>>) -> Json<Value> {
    let found: Vec<Value> = all_networks().into_iter().filter(|network| fits(network, &query, &["name", "id", "status"])).collect();
    Json(json!({"networks": found}))
}

async fn network(_: Caller, Path(id): Path<String>) -> Response {
    if let Some(network) = all_networks().into_iter().find(|network| network["id"] == id.as_str()) {
        return Json(json!({"network": network})).into_response();
    }
    let message = format!("Network {id} could not be found.");
    let body = json!({"NeutronError": {"type": "NetworkNotFound", "message": message, "detail": ""}});
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}

async fn security_groups(_: Caller, Query(query): Query<Vec<(String, String)>>) -> Json<Value> {
    let groups = [json!({"id": id(6, 1), "name": "default", "description": "", "security_group_rules": [], "project_id": id(2, 0)})];
    let found: Vec<_> = groups.into_iter().filter(|group| fits(group, &query, &["name", "id"])).collect();
    Json(json!({"security_groups": found}))
}
