//! A fast stand-in for OpenStack: Keystone, Nova, Glance and Neutron as far as runners need them, on one port, in memory.
//!
//! `fake-openstack [ADDRESS]` prints where it listens and runs until it is ended. Users are `garm` and `admin`, each with its name as password and
//! project; the application credential `runners` has the secret `planted-application-secret`. Servers are built and deleted in a moment or as
//! slowly as told: `PUT /fake/faults` takes [`Faults`](state::Faults), `GET /fake/seen` says what was asked. What it answers is checked with
//! OpenStack's own client by `tests/openstack/check-fake`.

mod caller;
mod glance;
mod keystone;
mod neutron;
mod nova;
mod servers;
mod state;
mod wire;

use std::io::Write as _;

use axum::Router;
use axum::extract::State;
use axum::routing::{get, put};
use axum::{Json, response::IntoResponse};
use serde_json::{Value, json};

use crate::state::{Cloud, Faults, Shared};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = tokio::net::TcpListener::bind(&address).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{url}")?;
    stdout.flush()?;
    axum::serve(listener, router(Cloud::new(url))).await
}

fn router(cloud: Cloud) -> Router {
    let cloud = Shared::new(cloud);
    Router::new()
        .nest("/identity", keystone::router())
        .nest("/compute", nova::router())
        .nest("/image", glance::router())
        .nest("/network", neutron::router())
        .route("/fake/faults", put(set_faults))
        .route("/fake/seen", get(seen))
        .fallback(|| async { wire::refusal(404, "itemNotFound", "The resource could not be found.") })
        .with_state(cloud)
}

async fn set_faults(State(cloud): State<Shared>, Json(faults): Json<Faults>) -> impl IntoResponse {
    let mut cloud = cloud.lock();
    if faults.expire_tokens {
        cloud.tokens.clear();
    }
    cloud.faults = faults;
}

/// What was asked, for tests that count.
async fn seen(State(cloud): State<Shared>) -> Json<Value> {
    let cloud = cloud.lock();
    Json(json!({"tokens": cloud.tokens_given, "requests": cloud.requests}))
}
