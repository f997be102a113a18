//! Keystone v3.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::state::{Cloud, Shared};
use crate::wire::{id, refusal};

const USERS: [&str; 2] = ["garm", "admin"];
const APPLICATION_SECRET: &str = "planted-application-secret";

pub(crate) fn router() -> Router<Shared> {
    Router::new().route("/", get(versions)).route("/v3", get(version)).route("/v3/", get(version)).route("/v3/auth/tokens", post(token))
}

fn this_version(cloud: &Cloud) -> Value {
    let url = format!("{}/identity/v3/", cloud.url);
    json!({
        "id": "v3.14", "status": "stable", "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": url}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
    })
}

async fn versions(State(cloud): State<Shared>) -> Response {
    let versions = json!({"versions": {"values": [this_version(&cloud.lock())]}});
    (StatusCode::MULTIPLE_CHOICES, Json(versions)).into_response()
}

async fn version(State(cloud): State<Shared>) -> Json<Value> {
    Json(json!({"version": this_version(&cloud.lock())}))
}

async fn token(State(cloud): State<Shared>, Json(body): Json<Value>) -> Response {
    let Some(user) = who(&body["auth"]) else {
        return refusal(401, "error", "The request you have made requires authentication.");
    };
    let mut cloud = cloud.lock();
    cloud.tokens_given += 1;
    let value = format!("planted-token-{}", cloud.tokens_given);
    cloud.tokens.insert(value.clone(), user);
    let at = USERS.iter().position(|known| *known == user).map_or(0, |at| u32::try_from(at).expect("few"));
    let domain = json!({"id": "default", "name": "Default"});
    let document = json!({"token": {
        "methods": body["auth"]["identity"]["methods"],
        "user": {"id": id(1, at), "name": user, "domain": domain, "password_expires_at": null},
        "project": {"id": id(2, at), "name": user, "domain": domain},
        "is_domain": false,
        "roles": [{"id": id(3, at), "name": if user == "admin" { "admin" } else { "member" }}],
        "catalog": catalogue(&cloud),
        "issued_at": "2026-01-01T00:00:00.000000Z",
        "expires_at": "2099-01-01T00:00:00.000000Z",
        "audit_ids": ["audit"],
    }});
    (StatusCode::CREATED, [("X-Subject-Token", value)], Json(document)).into_response()
}

/// Who proves to be whom, and for which project.
fn who(auth: &Value) -> Option<&'static str> {
    let credential = &auth["identity"]["application_credential"];
    if credential["id"] == "runners" && credential["secret"] == APPLICATION_SECRET && auth["scope"].is_null() {
        return Some("garm");
    }
    let user = &auth["identity"]["password"]["user"];
    let in_default_domain = |domain: &Value| domain["id"] == "default" || domain["name"] == "Default";
    let project = &auth["scope"]["project"];
    USERS.into_iter().find(|name| {
        user["name"] == *name
            && user["password"] == *name
            && in_default_domain(&user["domain"])
            && project["name"] == *name
            && in_default_domain(&project["domain"])
    })
}

fn catalogue(cloud: &Cloud) -> Value {
    let mut services = vec![("identity", "/identity"), ("compute", "/compute/v2.1"), ("image", "/image"), ("network", "/network")];
    if cloud.faults.volumes {
        services.push(("block-storage", "/volume/v3"));
    }
    let interfaces = ["public", "internal", "admin"];
    let end_point = |path: &str, interface: &str| json!({"id": format!("{interface}-{path}"), "interface": interface, "region": "RegionOne", "region_id": "RegionOne", "url": format!("{}{path}", cloud.url)});
    let service = |(kind, path): (&str, &str)| {
        let endpoints: Vec<Value> = interfaces.iter().map(|interface| end_point(path, interface)).collect();
        json!({"id": kind, "type": kind, "name": kind, "endpoints": endpoints})
    };
    services.into_iter().map(service).collect()
}
