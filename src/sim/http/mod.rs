//! The REST face: GitHub's routes as a GHES has them, below [`super::API_PREFIX`].
//!
//! The same handler serves repositories, organizations and enterprises.
//!
//! | File | What is found there |
//! |---|---|
//! | [`mod@admit`] | the checks before a handler runs |
//! | [`place`], [`page`], [`refused`] | reading the path, cutting a list into pages, wording a refusal |
//! | [`runners`], [`runs`], [`tokens`], [`hooks`], [`deliveries`], [`places`] | the handlers |

mod admit;
mod app;
mod deliveries;
mod hooks;
mod page;
mod place;
mod places;
mod refused;
mod runners;
mod runs;
mod tokens;

use axum::Router;
use axum::middleware;
use axum::routing::{delete, get, post};

use self::admit::admit;
use self::refused::not_found;
use super::face::Face;

const REPOSITORY: &str = "/repos/{owner}/{repo}";
/// Where redirects lead to; GitHub does not describe these routes, and has served them for years.
const REPOSITORY_BY_NUMBER: &str = "/repositories/{repository_id}";
const ORGANIZATION: &str = "/orgs/{org}";
const ORGANIZATION_BY_NUMBER: &str = "/organizations/{organization_id}";
const ENTERPRISE: &str = "/enterprises/{enterprise}";

/// All routes, behind [`mod@admit`].
pub(super) fn routes(face: Face) -> Router {
    let mut router = Router::new()
        .route("/rate_limit", get(tokens::get_rate_limit))
        .route("/app/installations/{installation_id}/access_tokens", post(tokens::create_installation_token))
        .route("/app/hook/config", get(app::get_hook_config))
        .route("/app/hook/deliveries", get(app::list_deliveries))
        .route("/app/hook/deliveries/{delivery_id}/attempts", post(app::redeliver))
        .route("/repos/{owner}/{repo}/actions/jobs/{job_id}", get(runners::get_job))
        .route("/repositories/{repository_id}/actions/jobs/{job_id}", get(runners::get_job));
    for place in [REPOSITORY, REPOSITORY_BY_NUMBER] {
        router = router.route(&format!("{place}/actions/jobs/{{job_id}}/rerun"), post(runs::rerun_job));
        router = router.route(&format!("{place}/actions/runs/{{run_id}}"), get(runs::get_run));
    }
    for place in [REPOSITORY, REPOSITORY_BY_NUMBER] {
        let runs = format!("{place}/actions/runs");
        router = router.route(&runs, get(runs::list_runs)).route(&format!("{runs}/{{run_id}}/jobs"), get(runs::list_jobs));
    }
    for place in [ORGANIZATION, ORGANIZATION_BY_NUMBER] {
        router = router.route(&format!("{place}/repos"), get(runs::list_repositories));
    }
    for place in [REPOSITORY, REPOSITORY_BY_NUMBER, ORGANIZATION, ORGANIZATION_BY_NUMBER] {
        router = router.route(place, get(places::get_place));
    }
    for place in [REPOSITORY, REPOSITORY_BY_NUMBER, ORGANIZATION, ORGANIZATION_BY_NUMBER, ENTERPRISE] {
        let runners = format!("{place}/actions/runners");
        router = router
            .route(&runners, get(runners::list_runners))
            .route(&format!("{runners}/{{runner_id}}"), get(runners::get_runner).delete(runners::remove_runner))
            .route(&format!("{runners}/downloads"), get(runners::list_downloads))
            .route(&format!("{runners}/deprecations/{{version}}"), get(runners::get_deprecation))
            .route(&format!("{runners}/generate-jitconfig"), post(runners::generate_jit_config))
            .route(&format!("{runners}/registration-token"), post(tokens::create_registration_token))
            .route(&format!("{runners}/remove-token"), post(tokens::create_remove_token));
    }
    // Hooks of an enterprise are made on its page; the REST API has no route for them.
    for place in [REPOSITORY, REPOSITORY_BY_NUMBER, ORGANIZATION, ORGANIZATION_BY_NUMBER] {
        let hooks = format!("{place}/hooks");
        router = router
            .route(&hooks, get(hooks::list_hooks).post(hooks::create_hook))
            .route(&format!("{hooks}/{{hook_id}}"), delete(hooks::remove_hook))
            .route(&format!("{hooks}/{{hook_id}}/pings"), post(hooks::ping_hook))
            .route(&format!("{hooks}/{{hook_id}}/deliveries"), get(deliveries::list_deliveries))
            .route(&format!("{hooks}/{{hook_id}}/deliveries/{{delivery_id}}/attempts"), post(deliveries::redeliver));
    }
    // Repositories have no groups of their own.
    for place in [ORGANIZATION, ORGANIZATION_BY_NUMBER, ENTERPRISE] {
        router = router.route(&format!("{place}/actions/runner-groups"), get(runners::list_groups));
    }
    router
        .fallback(not_found)
        .method_not_allowed_fallback(not_found)
        .with_state(face.clone())
        .layer(middleware::from_fn_with_state(face.clone(), places::redirect_moved))
        .layer(middleware::from_fn_with_state(face, admit))
}
