//! Glance v2: a few images, to be read.

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
    Router::new().route("/", get(versions)).route("/v2/", get(versions)).route("/v2/images", get(list)).route("/v2/images/{id}", get(one))
}

async fn versions(State(cloud): State<Shared>) -> Response {
    let url = format!("{}/image/v2/", cloud.lock().url);
    let versions = json!({"versions": [{"id": "v2.9", "status": "CURRENT", "links": [{"rel": "self", "href": url}]}]});
    (StatusCode::MULTIPLE_CHOICES, Json(versions)).into_response()
}

/// All images, newest first: `twin` is there twice, of two owners.
fn images() -> Vec<Value> {
    let image = |number: u32, name: &str, visibility: &str, owner: &str, status: &str| {
        json!({
            "id": id(4, number), "name": name, "visibility": visibility, "owner": owner, "status": status,
            "os_type": "linux", "os_distro": "debian", "os_version": "12", "architecture": "x86_64",
            "container_format": "bare", "disk_format": "raw", "size": 4096, "min_disk": 0, "min_ram": 0, "protected": false, "tags": [],
            "checksum": "0", "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
            "self": format!("/v2/images/{}", id(4, number)), "file": format!("/v2/images/{}/file", id(4, number)), "schema": "/v2/schemas/image",
        })
    };
    vec![
        image(1, "debian-12", "public", "admin", "active"),
        image(2, "secret-sauce", "private", "garm", "active"),
        image(3, "twin", "public", "stranger", "active"),
        image(4, "twin", "public", "garm", "active"),
        image(5, "half", "public", "admin", "queued"),
    ]
}

/// Who asks for no visibility sees what is public and what is its own.
async fn list(_: Caller, Query(query): Query<Vec<(String, String)>>) -> Json<Value> {
    let query: Vec<_> = query.into_iter().filter(|(key, value)| !(key == "visibility" && value == "all")).collect();
    let found: Vec<Value> =
        images().into_iter().filter(|image| fits(image, &query, &["name", "visibility", "status", "owner", "id"])).collect();
    Json(json!({"images": found, "schema": "/v2/schemas/images", "first": "/v2/images"}))
}

async fn one(_: Caller, Path(id): Path<String>) -> Response {
    match images().into_iter().find(|image| image["id"] == id.as_str()) {
        Some(image) => Json(image).into_response(),
        // Glance explains itself in HTML.
        None => {
            (StatusCode::NOT_FOUND, format!("<html><body><h1>404 Not Found</h1>No image found with ID {id}</body></html>")).into_response()
        }
    }
}

/// Ids of the images that servers can be made from.
pub(crate) fn ids() -> Vec<String> {
    images().iter().filter_map(|image| image["id"].as_str().map(str::to_owned)).collect()
}
