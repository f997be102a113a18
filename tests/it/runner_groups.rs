//! Runner groups of an organization: one that is not there, and one that is not open to the repository of a job.

use garm::api::{CreateEntityParams, CreatePoolParams, Entity, Instance, Pool, Secret, UpdatePoolParams, paths};
use garm::model::{EntityKind, SecretString};
use garm::sim::{Operation, Scope};

use crate::harness::{Installation, Plan, WEBHOOK_SECRET};

/// An installation that also serves the organization `octo`, and is told of its jobs.
struct Scene {
    garm: Installation,
    organization: Entity,
}

impl Scene {
    async fn new() -> Self {
        let garm = Installation::set_up(Plan::default()).await;
        let organization = CreateEntityParams {
            name: "octo".into(),
            credentials_name: "pat".into(),
            webhook_secret: Secret::from(WEBHOOK_SECRET),
            ..CreateEntityParams::default()
        };
        let organization = garm.client().entities(EntityKind::Organization).create(&organization).await.expect("added");
        let hook = format!("{}{}", garm.url, paths::WEBHOOKS.template());
        garm.forge.add_hook(Scope::organization("octo"), &hook, SecretString::from(WEBHOOK_SECRET));
        Self { garm, organization }
    }

    /// Adds a pool for the label `either`, whose runners are in a group.
    async fn add_pool(&self, group: &str, priority: u32, min_idle_runners: u32) -> Pool {
        let pool = CreatePoolParams {
            provider_name: "local".into(),
            image: "image".into(),
            flavor: "flavor".into(),
            tags: vec!["self-hosted".into(), "either".into()],
            os_arch: if cfg!(target_arch = "aarch64") { "arm64".into() } else { "amd64".into() },
            github_runner_group: group.into(),
            max_runners: 4,
            min_idle_runners,
            priority,
            enabled: true,
            ..CreatePoolParams::default()
        };
        self.garm.client().entities(EntityKind::Organization).create_pool(&self.organization.id, &pool).await.expect("made")
    }

    /// The messages of the organization's events.
    async fn events(&self) -> Vec<String> {
        let organization = self.garm.client().entities(EntityKind::Organization).get(&self.organization.id).await.expect("shown");
        organization.events.into_iter().map(|event| event.message).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runner_group_there_is_not_is_named_and_asked_for_rarely_and_another_helps_at_once() {
    let scene = Scene::new().await;
    let pool = scene.add_pool("nope", 0, 1).await;
    let garm = &scene.garm;
    garm.until("the organization names pool and group", async |_| {
        scene.events().await.iter().any(|event| event.contains(&pool.id) && event.contains("no runner group \"nope\"")).then_some(())
    })
    .await;
    let waits = garm.instances().await.swap_remove(0).provider_fault.expect("a fault is shown");
    assert!(String::from_utf8_lossy(&waits.0).contains("no runner group"), "{}", String::from_utf8_lossy(&waits.0));
    assert_eq!(garm.forge.calls(Operation::ListRunnerGroups), 1);
    let organization = garm.client().entities(EntityKind::Organization).get(&scene.organization.id).await.expect("shown");
    assert!(organization.pool_manager_status.running, "others of the organization are not concerned");

    garm.forge.add_group(Scope::organization("octo"), "gpu");
    let other = UpdatePoolParams { github_runner_group: Some("GPU".into()), ..UpdatePoolParams::default() };
    garm.client().pools().update(&pool.id, &other).await.expect("changed");
    // Well within the minutes that the refusal is left alone.
    garm.until("a runner is idle in the other group", async |garm| {
        let idle = |instance: &Instance| instance.runner_status == "idle";
        garm.instances().await.iter().any(idle).then_some(())
    })
    .await;
    scene.garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_do_not_wait_for_a_pool_whose_runner_group_there_is_not_while_another_is_free() {
    let scene = Scene::new().await;
    let refused = scene.add_pool("nope", 10, 0).await;
    scene.add_pool("", 0, 0).await;
    for turn in ["first", "second"] {
        let jobs: Vec<i64> = (0..3).map(|number| scene.garm.queue_job(&format!("{turn}{number}"), "either")).collect();
        scene.garm.jobs_succeed(&jobs).await;
    }
    let events = scene.events().await;
    assert!(events.iter().any(|event| event.contains(&refused.id)), "it was tried: {events:?}");
    scene.garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_pool_whose_runner_group_is_closed_to_the_repository_one_machine_is_made_and_the_next_pool_serves() {
    let scene = Scene::new().await;
    let garm = &scene.garm;
    let group = garm.forge.add_group(Scope::organization("octo"), "gpu");
    garm.forge.open_group(group, Some(&["another"]));
    let closed = scene.add_pool("gpu", 10, 0).await;
    let waits = garm.queue_job("waits", "either");
    let told = format!("pool {}: its runner group gpu is not open to octo/hello", closed.id);
    garm.until("the organization says once that the group is not open", async |_| {
        (scene.events().await.iter().filter(|event| **event == told).count() == 1).then_some(())
    })
    .await;

    scene.add_pool("", 0, 0).await;
    let jobs: Vec<i64> = (0..4).map(|number| garm.queue_job(&format!("next{number}"), "either")).chain([waits]).collect();
    garm.jobs_succeed(&jobs).await;
    let pool = garm.client().pools().get(&closed.id).await.expect("shown");
    assert_eq!((pool.machines_made, pool.machines_served), (1, 0), "the jobs after the first one knew of it");

    // The forge opens the group, and a person changes the pool: what was remembered of the group is forgotten.
    garm.forge.open_group(group, None);
    let more = UpdatePoolParams { max_runners: Some(5), ..UpdatePoolParams::default() };
    garm.client().pools().update(&closed.id, &more).await.expect("changed");
    garm.jobs_succeed(&[garm.queue_job("last", "either")]).await;
    let pool = garm.client().pools().get(&closed.id).await.expect("shown");
    assert_eq!(pool.machines_served, 1, "its priority is higher");
    scene.garm.finish().await;
}
