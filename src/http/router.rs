//! Every route. The handler declares its method and takes its path from [`paths`].

use std::any::Any;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;
use utoipa::openapi::{ContentBuilder, OpenApi as Document, Ref, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::Admin;
use super::routes::{
    autopsies, controller, credentials, deliveries, endpoints, entities, health, hooks, instances, jobs, logs, machines, metrics, pools,
    providers, scale_sets, session, templates, webhooks,
};
use super::{App, Error};
use crate::api::paths;

/// The head of the published description.
#[derive(OpenApi)]
#[openapi(info(title = "garm", description = "Runner manager for GitHub and GitHub Enterprise Server."))]
struct Head;

fn api() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Head::openapi())
        .routes(routes!(session::first_run))
        .routes(routes!(session::log_in))
        .routes(routes!(session::show_login))
        .routes(routes!(controller::get_controller, controller::update_controller))
        .routes(routes!(controller::get_controller_info))
        .routes(routes!(providers::list_providers))
        .routes(routes!(providers::get_provider))
        .routes(routes!(endpoints::list_endpoints, endpoints::create_endpoint))
        .routes(routes!(endpoints::get_endpoint, endpoints::update_endpoint, endpoints::delete_endpoint))
        .routes(routes!(credentials::list_credentials, credentials::create_credentials))
        .routes(routes!(credentials::list_credentials_by_old_path))
        .routes(routes!(credentials::get_credentials, credentials::update_credentials, credentials::delete_credentials))
        .routes(routes!(entities::list_entities, entities::create_entity))
        .routes(routes!(entities::get_entity, entities::update_entity, entities::delete_entity))
        .routes(routes!(entities::list_entity_pools, entities::create_entity_pool))
        .routes(routes!(entities::get_entity_pool, entities::update_entity_pool, entities::delete_entity_pool))
        .routes(routes!(entities::list_entity_instances))
        .routes(routes!(hooks::get_hook, hooks::create_hook, hooks::delete_hook))
        .routes(routes!(pools::list_pools))
        .routes(routes!(pools::get_pool, pools::update_pool, pools::delete_pool))
        .routes(routes!(pools::rotate_pool))
        .routes(routes!(pools::list_pool_instances))
        .routes(routes!(scale_sets::list_entity_scale_sets, scale_sets::create_entity_scale_set))
        .routes(routes!(scale_sets::list_scale_sets))
        .routes(routes!(scale_sets::get_scale_set, scale_sets::update_scale_set, scale_sets::delete_scale_set))
        .routes(routes!(scale_sets::rotate_scale_set))
        .routes(routes!(scale_sets::list_scale_set_instances))
        .routes(routes!(instances::list_instances))
        .routes(routes!(instances::get_instance, instances::delete_instance))
        .routes(routes!(autopsies::list_autopsies))
        .routes(routes!(autopsies::get_autopsy))
        .routes(routes!(jobs::list_jobs))
        .routes(routes!(jobs::get_job))
        .routes(routes!(deliveries::list_deliveries))
        .routes(routes!(templates::list_templates, templates::create_template))
        .routes(routes!(templates::get_template, templates::update_template, templates::delete_template))
        .routes(routes!(templates::restore_templates))
        .routes(routes!(metrics::make_metrics_token))
        .routes(routes!(health::show_health))
        .routes(routes!(health::show_readiness))
        .routes(routes!(logs::follow_log))
        .routes(routes!(logs::follow_log_by_old_path))
        .routes(routes!(machines::report_status))
        .routes(routes!(machines::report_system_info))
        .routes(routes!(machines::report_install_log))
        .routes(routes!(machines::get_runner_metadata))
        .routes(routes!(machines::get_registration_token))
        .routes(routes!(machines::get_credential_file))
        .routes(routes!(machines::get_service_name))
        .routes(routes!(machines::get_unit_file))
        .routes(routes!(machines::get_cert_bundle))
        .routes(routes!(machines::get_install_script))
}

/// The published description of the API.
#[must_use]
pub fn openapi() -> Document {
    described(api().split_for_parts().1)
}

/// The description, with the form of refusals and failures added to every operation.
fn described(mut document: Document) -> Document {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorBody"))).build();
    let refusal = ResponseBuilder::new().description("refused, or failed").content("application/json", body).build();
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            operation.responses.responses.insert("default".to_owned(), refusal.clone().into());
        }
    }
    document
}

/// All routes of the server. Trailing slashes are cut off by the service around it.
pub fn router(app: App) -> Router {
    let cors = app.origins.cors();
    let (api, document) = api().split_for_parts();
    let document = Bytes::from(serde_json::to_string(&described(document)).expect("the description has a JSON form"));
    // Each answer has a share in the same bytes.
    let document = move || async move { ([("content-type", "application/json")], document) };
    Router::new()
        .merge(api.layer(map_response(labelled)))
        .route(paths::DESCRIPTION.template(), get(document))
        .merge(webhooks::routes())
        .route(paths::METRICS.template(), get(metrics::show_metrics))
        .fallback(no_route)
        .method_not_allowed_fallback(no_route)
        .layer(cors)
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(app)
}

fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    Error::panicked().into_response()
}

/// Labels every answer of the API as JSON, as upstream does also for empty ones.
async fn labelled(mut answer: Response) -> Response {
    if answer.status() == StatusCode::OK {
        answer.headers_mut().entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    }
    answer
}

/// As upstream: below the API, only a caller with a login is told that there is no such route; elsewhere there is no JSON.
async fn no_route(method: Method, uri: Uri, caller: Result<Admin, Error>) -> Response {
    let is_known = [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS].contains(&method);
    match caller {
        _ if !uri.path().starts_with(paths::PREFIX) => (StatusCode::NOT_FOUND, "404 page not found\n").into_response(),
        _ if !is_known => StatusCode::METHOD_NOT_ALLOWED.into_response(),
        Ok(Admin(_)) => Error::no_route().into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_handler_that_panics_answers_as_other_failures_do() {
        let answer = panicked(Box::new("of no interest outside"));
        assert_eq!(answer.status().as_u16(), 500);
        let body = axum::body::to_bytes(answer.into_body(), 1000).await.expect("a body");
        assert_eq!(body, r#"{"error":"Server error","details":""}"#);
    }
}
