//! Answers that clients made for upstream's server depend on.

use garm::api::{CreateEntityParams, UpdateEntityParams, UpdatePoolParams, paths};
use garm::client::{Removal, TemplateFilter};
use garm::model::EntityKind;
use garm::sim::NewJob;
use reqwest::{Method, StatusCode};

use crate::harness::{Installation, Plan, WEBHOOK_SECRET, at};

const FORCE: Removal = Removal { force: true, bypass_unauthorized: false };
const BYPASS: Removal = Removal { force: false, bypass_unauthorized: true };

/// Queues a job that ends with the test.
fn long_job(garm: &Installation) {
    garm.forge.queue_job(NewJob {
        owner: "octo".into(),
        repo: "hello".into(),
        name: "long".into(),
        labels: vec!["self-hosted".into(), "kept".into()],
        steps: vec!["sleep 600".into()],
    });
}

async fn refused(garm: &Installation, name: &str, how: Removal) -> String {
    garm.client().instances().delete(name, how).await.expect_err("the runner works").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runner_with_a_job_is_removed_only_where_the_forges_refusal_is_bypassed() {
    let garm = Installation::set_up(Plan::default()).await;
    garm.add_pool("local", "kept", 1, 0).await;
    long_job(&garm);
    let works = async |garm: &Installation| garm.instances().await.into_iter().find(|runner| runner.runner_status == "active");
    let runner = garm.until("a runner works", works).await;
    let told =
        format!("runner {} has a job; cancel the job, or remove runner and machine under it with bypassGHUnauthorized [400]", runner.name);
    for how in [Removal::default(), FORCE] {
        assert_eq!(refused(&garm, &runner.name, how).await, told, "{how:?}");
    }
    assert!(works(&garm).await.is_some_and(|known| known.status == "running"), "it works on");
    garm.client().instances().delete(&runner.name, BYPASS).await.expect("marked");
    garm.until("the runner is gone", async |garm| garm.instances().await.iter().all(|known| known.name != runner.name).then_some(())).await;
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runner_whose_job_only_the_forge_knows_is_not_removed_by_force() {
    let garm = Installation::set_up(Plan::default()).await;
    garm.add_pool("local", "kept", 1, 1).await;
    let idle = async |garm: &Installation| garm.instances().await.into_iter().find(|runner| runner.runner_status == "idle");
    let runner = garm.until("a runner is idle", idle).await;
    // From now on no delivery is believed.
    let another = UpdateEntityParams {
        webhook_secret: "another secret than that of the hook".into(),
        webhook_secret_overlap: "0s".into(),
        ..UpdateEntityParams::default()
    };
    let repository = garm.repositories().await.swap_remove(0);
    garm.client().entities(EntityKind::Repository).update(&repository.id, &another).await.expect("changed");
    long_job(&garm);
    garm.until("the forge has given it the job", async |garm| garm.forge.runners().iter().any(garm::sim::Runner::busy).then_some(())).await;
    assert!(idle(&garm).await.is_some(), "its row does not know");
    assert!(refused(&garm, &runner.name, FORCE).await.ends_with("[400]"));
    garm.client().instances().delete(&runner.name, BYPASS).await.expect("marked");
    garm.until("the runner is gone", async |garm| garm.instances().await.iter().all(|known| known.name != runner.name).then_some(())).await;
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pools_and_controller_are_shown_as_upstreams_clients_expect() {
    let garm = Installation::set_up(Plan::default()).await;
    let info = garm.client().controller_info().await.expect("shown");
    assert_eq!((info.version.as_str(), info.server_version.as_str()), ("v0.2.1", concat!("v", env!("CARGO_PKG_VERSION"))));

    let pool = garm.add_pool("local", "kept", 1, 1).await;
    let templates = garm.client().templates().list(&TemplateFilter::default()).await.expect("listed");
    let shipped = templates.iter().find(|template| template.name == "github_linux").expect("it is shipped").id;
    assert_eq!((pool.template_id, pool.template_name.as_str()), (shipped, "github_linux"), "a pool without a template of its own");
    assert_eq!(garm.client().pools().list().await.expect("listed")[0].template_id, shipped);
    let ids: Vec<uuid::Uuid> = pool.tags.iter().map(|tag| tag.id.parse().expect("a UUID")).collect();
    assert!(ids[0] != ids[1], "{ids:?}");
    let other_case = garm.add_pool_with("local", "KEPT", |pool| pool.max_runners = 1).await;
    assert_eq!(other_case.tags[1].id, pool.tags[1].id, "case does not count in labels");

    garm.until("it has a runner", async |garm| garm.instances().await.pop()).await;
    let change = UpdatePoolParams { priority: Some(7), ..UpdatePoolParams::default() };
    let changed = garm.client().pools().update(&pool.id, &change).await.expect("changed");
    assert_eq!((changed.priority, changed.instances.len()), (7, 1));
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_answered_as_upstream_answers() {
    let garm = Installation::set_up(Plan::default()).await;
    let http = reqwest::Client::new();
    let call = async |method: Method, path: &str, token: &str| {
        let answer = http.request(method, format!("{}{path}", garm.url)).bearer_auth(token).send().await.expect("an answer");
        (answer.status(), answer.text().await.expect("a body"))
    };
    let none = "/api/v1/no/such/route";
    assert_eq!(call(Method::GET, none, "nonsense").await.0, StatusCode::UNAUTHORIZED);
    let told = r#"{"error":"Not found","details":"Resource not found"}"#.to_owned();
    assert_eq!(call(Method::GET, none, garm.token()).await, (StatusCode::NOT_FOUND, told.clone()));
    assert_eq!(call(Method::POST, paths::JOBS.template(), garm.token()).await, (StatusCode::NOT_FOUND, told));
    assert_eq!(call(Method::PATCH, paths::JOBS.template(), garm.token()).await, (StatusCode::METHOD_NOT_ALLOWED, String::new()));
    assert_eq!(call(Method::GET, "/favicon.ico", "").await, (StatusCode::NOT_FOUND, "404 page not found\n".to_owned()));

    let octo = CreateEntityParams {
        name: "octo".into(),
        credentials_name: "pat".into(),
        webhook_secret: WEBHOOK_SECRET.into(),
        ..CreateEntityParams::default()
    };
    let organization = garm.client().entities(EntityKind::Organization).create(&octo).await.expect("added").id;
    let repository = garm.repositories().await.swap_remove(0).id;
    let unknown = garm::crypto::random::uuid().to_string();
    for (entities, id, status) in [("organizations", organization, 200), ("repositories", repository, 404)] {
        let path = at(paths::ENTITY_POOL, [&entities, &id, &unknown]);
        assert_eq!(call(Method::DELETE, &path, garm.token()).await.0, status, "{entities}");
    }
    garm.finish().await;
}
