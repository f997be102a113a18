//! Nova v2.1.

use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::caller::Caller;
use crate::servers::{Server, check};
use crate::state::{Cloud, Shared};
use crate::wire::refusal;
use crate::{glance, neutron};

pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/v2.1", get(version))
        .route("/v2.1/", get(version))
        .route("/v2.1/servers", get(list).post(create))
        .route("/v2.1/servers/detail", get(list))
        .route("/v2.1/servers/{id}", get(one).delete(delete))
        .route("/v2.1/servers/{id}/action", post(act))
        .route("/v2.1/flavors", get(flavors))
        .route("/v2.1/flavors/detail", get(flavors))
        .route("/v2.1/flavors/{id}", get(flavor))
        .route("/v2.1/os-keypairs", get(async |_: Caller| Json(json!({"keypairs": []}))))
        .route("/v2.1/limits", get(limits))
}

async fn version(State(cloud): State<Shared>) -> Json<Value> {
    let url = format!("{}/compute/v2.1/", cloud.lock().url);
    Json(json!({"version": {
        "id": "v2.1", "status": "CURRENT", "version": "2.96", "min_version": "2.1", "updated": "2013-07-23T11:33:21Z",
        "links": [{"rel": "self", "href": url}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.compute+json;version=2.1"}],
    }}))
}

/// Servers that are not gone and that the caller may see.
fn visible<'a>(cloud: &'a Cloud, caller: &Caller, everybodys: bool) -> impl Iterator<Item = &'a Server> {
    let (project, everybodys) = (caller.project, everybodys && caller.is_admin());
    cloud.servers.iter().filter(move |server| !server.is_gone() && (everybodys || server.project == project))
}

async fn list(State(cloud): State<Shared>, caller: Caller, Query(query): Query<Vec<(String, String)>>) -> Json<Value> {
    let cloud = cloud.lock();
    let asked = |key: &str| query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
    let everybodys = asked("all_tenants").or(asked("all_projects")).is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"));
    let fits = |server: &&Server| {
        asked("tags").is_none_or(|tags| server.has_tags(tags))
            && asked("name").is_none_or(|pattern| matches(server.name(), pattern))
            && asked("status").is_none_or(|status| server.status().eq_ignore_ascii_case(status))
    };
    // Newest first, as Nova.
    let found: Vec<&Server> = visible(&cloud, &caller, everybodys).filter(fits).collect();
    let after = asked("marker").and_then(|marker| found.iter().rposition(|server| server.id() == marker));
    let rest = found.iter().rev().skip(after.map_or(0, |at| found.len() - at));
    let size = asked("limit").and_then(|limit| limit.parse().ok()).unwrap_or(cloud.faults.page).min(cloud.faults.page);
    let mut page: Vec<Value> = rest.take(size + 1).map(|server| server.describe(&caller, &cloud.url)).collect();
    let mut answer = json!({});
    if page.len() > size {
        page.truncate(size);
        let marker = page.last().and_then(|last| last["id"].as_str()).unwrap_or_default();
        let others = query.iter().filter(|(key, _)| key != "marker").map(|(key, value)| format!("{key}={value}"));
        let query: Vec<String> = others.chain([format!("marker={marker}")]).collect();
        let next = format!("{}/compute/v2.1/servers/detail?{}", cloud.url, query.join("&"));
        answer["servers_links"] = json!([{"rel": "next", "href": next}]);
    }
    answer["servers"] = page.into();
    Json(answer)
}

/// The small part of regular expressions that is asked with: anchors and dots.
fn matches(name: &str, pattern: &str) -> bool {
    let Some(whole) = pattern.strip_prefix('^').and_then(|rest| rest.strip_suffix('$')) else { return name.contains(pattern) };
    whole.chars().count() == name.chars().count() && whole.chars().zip(name.chars()).all(|(wanted, there)| wanted == '.' || wanted == there)
}

async fn create(State(cloud): State<Shared>, caller: Caller, Json(body): Json<Value>) -> Response {
    let mut cloud = cloud.lock();
    let request = body["server"].clone();
    if cloud.faults.quote_user_data {
        let data = request["user_data"].as_str().unwrap_or_default();
        return refusal(400, "badRequest", &format!("Invalid input for field/attribute user_data. Value: {data}. '{data}' is not liked"));
    }
    if let Err(message) = check(&request, &caller, &glance::ids(), &neutron::test_network()) {
        return refusal(400, "badRequest", &message);
    }
    let used = visible(&cloud, &caller, false).count();
    if let Some(quota) = cloud.faults.quota.filter(|quota| used >= *quota) {
        let message = format!("Quota exceeded for instances: Requested 1, but already used {used} of {quota} instances");
        return refusal(403, "forbidden", &message);
    }
    let no_volume = request["block_device_mapping_v2"].is_array() && !cloud.faults.volumes;
    let no_host = request["flavorRef"] == "2";
    let built = Instant::now() + Duration::from_millis(cloud.faults.build_ms);
    let error = if no_volume {
        Some("Build of instance aborted: the volume service is not there".to_owned())
    } else if no_host {
        Some("No valid host was found. There are not enough hosts available.".to_owned())
    } else {
        cloud.faults.build_error.clone()
    };
    let server = Server { number: cloud.next(), project: caller.project, request, built, error, stopped: false, gone: None };
    let answer = json!({"server": {
        "id": server.id(), "links": [{"rel": "self", "href": format!("{}/compute/v2.1/servers/{}", cloud.url, server.id())}],
        "OS-DCF:diskConfig": "MANUAL", "security_groups": [{"name": "default"}], "adminPass": "planted-admin-pass",
    }});
    cloud.servers.push(server);
    (StatusCode::ACCEPTED, Json(answer)).into_response()
}

fn not_found(id: &str) -> Response {
    refusal(404, "itemNotFound", &format!("Instance {id} could not be found."))
}

async fn one(State(cloud): State<Shared>, caller: Caller, Path(id): Path<String>) -> Response {
    let cloud = cloud.lock();
    match visible(&cloud, &caller, true).find(|server| server.id() == id) {
        Some(server) => Json(json!({"server": server.describe(&caller, &cloud.url)})).into_response(),
        None => not_found(&id),
    }
}

fn change(cloud: &Shared, caller: &Caller, id: &str, change: impl FnOnce(&mut Server, Duration) -> Response) -> Response {
    let mut cloud = cloud.lock();
    let after = Duration::from_millis(cloud.faults.delete_ms);
    let own = |server: &&mut Server| server.id() == id && !server.is_gone() && (caller.is_admin() || server.project == caller.project);
    match cloud.servers.iter_mut().find(own) {
        Some(server) => change(server, after),
        None => not_found(id),
    }
}

async fn delete(State(cloud): State<Shared>, caller: Caller, Path(id): Path<String>) -> Response {
    change(&cloud, &caller, &id, |server, after| {
        server.delete(after);
        StatusCode::NO_CONTENT.into_response()
    })
}

async fn act(State(cloud): State<Shared>, caller: Caller, Path(id): Path<String>, Json(body): Json<Value>) -> Response {
    let action = body.as_object().and_then(|map| map.keys().next().cloned()).unwrap_or_default();
    change(&cloud, &caller, &id, |server, after| {
        match (action.as_str(), server.status()) {
            ("forceDelete", _) => server.delete(after),
            ("os-stop", "ACTIVE" | "ERROR") => server.stopped = true,
            ("os-start", "SHUTOFF") => server.stopped = false,
            ("os-stop" | "os-start", status) => {
                let word = action.trim_start_matches("os-");
                let message = format!("Cannot '{word}' instance {id} while it is in vm_state {}", status.to_lowercase());
                return refusal(409, "conflictingRequest", &message);
            }
            _ => return refusal(400, "badRequest", &format!("There is no such action: {action}")),
        }
        StatusCode::ACCEPTED.into_response()
    })
}

/// All flavors. No host has room for the second.
fn all_flavors() -> Vec<Value> {
    let flavor = |id: &str, name: &str, ram: u32| {
        json!({
            "id": id, "name": name, "ram": ram, "vcpus": 1, "disk": 1, "swap": 0, "OS-FLV-EXT-DATA:ephemeral": 0, "OS-FLV-DISABLED:disabled": false,
            "os-flavor-access:is_public": true, "rxtx_factor": 1.0, "description": null, "extra_specs": {}, "links": [],
        })
    };
    vec![flavor("1", "m1.tiny", 512), flavor("2", "m1.huge", 1 << 30)]
}

async fn flavors(_: Caller) -> Json<Value> {
    Json(json!({"flavors": all_flavors()}))
}

async fn flavor(_: Caller, Path(id): Path<String>) -> Response {
    match all_flavors().into_iter().find(|flavor| flavor["id"] == id.as_str()) {
        Some(flavor) => Json(json!({"flavor": flavor})).into_response(),
        None => refusal(404, "itemNotFound", &format!("Flavor {id} could not be found.")),
    }
}

async fn limits(State(cloud): State<Shared>, caller: Caller) -> Json<Value> {
    let cloud = cloud.lock();
    let most = cloud.faults.quota.map_or(json!(-1), |quota| json!(quota));
    let used = visible(&cloud, &caller, false).count();
    Json(
        json!({"limits": {"rate": [], "absolute": {"maxTotalInstances": most, "totalInstancesUsed": used, "maxTotalCores": -1, "totalCoresUsed": used}}}),
    )
}
