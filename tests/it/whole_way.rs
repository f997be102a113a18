//! The whole way of a job: from the delivery to the machine that is gone.

use garm::api::{Instance, UpdatePoolParams, paths};
use garm::client::Removal;
use garm::model::{EntityKind, JobStatus};

use crate::harness::{Installation, Plan, databases};

#[tokio::test(flavor = "multi_thread")]
async fn a_queued_job_runs_on_a_machine_made_for_it_and_nothing_is_left() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database, ..Plan::default() }).await;
        garm.add_pool("local", "fast", 3, 0).await;
        let jobs = [garm.queue_job("one", "fast"), garm.queue_job("two", "fast"), garm.queue_job("three", "fast")];
        garm.jobs_succeed(&jobs).await;
        garm.all_gone().await;
        for id in jobs {
            let job = garm
                .until("the server knows that the job is over", async |garm| garm.job(id).await.filter(|job| job.status == "completed"))
                .await;
            assert_eq!((job.conclusion.as_str(), job.why.as_str()), ("success", ""));
            assert_eq!(job.labels, ["self-hosted", "FAST"]);
        }
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runner_may_also_register_by_token() {
    let garm = Installation::set_up(Plan { jit: false, ..Plan::default() }).await;
    garm.add_pool("local", "fast", 2, 0).await;
    let jobs = [garm.queue_job("one", "fast"), garm.queue_job("two", "fast")];
    garm.jobs_succeed(&jobs).await;
    garm.all_gone().await;
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_minimum_of_idle_runners_is_kept_and_takes_jobs_and_the_maximum_holds() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database, ..Plan::default() }).await;
        let pool = garm.add_pool("local", "warm", 2, 1).await;
        let is_idle = |instance: &Instance| instance.runner_status == "idle" && instance.status == "running";
        let warm = garm.until("a runner is idle", async |garm| garm.instances().await.into_iter().find(is_idle)).await;
        let shown = garm.client().instances().get(&warm.name).await.expect("shown");
        assert!(shown.status_messages.iter().any(|message| message.message == "runner successfully installed"), "{shown:?}");
        assert!(!shown.os_name.is_empty() && shown.agent_id != 0, "{shown:?}");

        let jobs: Vec<i64> = (0..5).map(|number| garm.queue_job(&format!("job-{number}"), "warm")).collect();
        garm.jobs_succeed(&jobs).await;
        assert!(
            jobs.iter().any(|id| garm.forge.job(*id).and_then(|job| job.runner).is_some_and(|runner| runner.name == warm.name)),
            "the idle runner took one"
        );
        let most = garm.instances().await.len();
        assert!(most <= 2, "{most} runners where 2 are allowed");

        let off = UpdatePoolParams { enabled: Some(false), min_idle_runners: Some(0), ..UpdatePoolParams::default() };
        garm.client().pools().update(&pool.id, &off).await.expect("changed");
        for instance in garm.instances().await {
            garm.until("the runner can be removed", async |garm| {
                match garm.client().instances().delete(&instance.name, Removal::default()).await {
                    Ok(()) | Err(garm::client::Error::Refused { status: 404, .. }) => Some(()),
                    // A machine that is being made is not removed before it is.
                    Err(_) => None,
                }
            })
            .await;
        }
        garm.all_gone().await;
        garm.client().pools().delete(&pool.id).await.expect("an empty pool goes");
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_loses_nothing_and_leaves_nothing() {
    for database in databases().await {
        let mut garm = Installation::set_up(Plan { database, ..Plan::default() }).await;
        garm.add_pool("local", "fast", 4, 0).await;
        let mut jobs = vec![garm.queue_job("one", "fast"), garm.queue_job("two", "fast")];
        // As soon as the forge has registered the first runner: between registration and machine.
        garm.forge.wait_until(|state| state.runners().next().is_some()).await;
        garm.kill_server().await;
        // Nobody hears of this one at first.
        jobs.push(garm.queue_job("three", "fast"));
        garm.start_server().await;
        // While jobs run.
        garm.forge.wait_until(|state| state.jobs().any(|job| job.status == JobStatus::InProgress)).await;
        garm.kill_server().await;
        garm.start_server().await;
        // When the first job is over and its runner is about to go.
        garm.forge.wait_until(|state| state.jobs().any(|job| job.status == JobStatus::Completed)).await;
        garm.kill_server().await;
        garm.start_server().await;
        garm.jobs_succeed(&jobs).await;
        garm.all_gone_but_what_is_idle().await;
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hooks_that_tell_of_one_job_make_one_runner() {
    let garm = Installation::set_up(Plan::default()).await;
    let organization = garm::api::CreateEntityParams {
        name: "octo".into(),
        credentials_name: "pat".into(),
        webhook_secret: garm::api::Secret::from(crate::harness::WEBHOOK_SECRET),
        ..garm::api::CreateEntityParams::default()
    };
    let organizations = garm.client().entities(EntityKind::Organization);
    let organization = organizations.create(&organization).await.expect("added");
    let secret = garm::model::SecretString::from(crate::harness::WEBHOOK_SECRET);
    garm.forge.add_hook(garm::sim::Scope::organization("octo"), &format!("{}{}", garm.url, paths::WEBHOOKS.template()), secret);
    let pool = garm.add_pool("local", "fast", 2, 0).await;
    let same = garm::api::CreatePoolParams {
        provider_name: "local".into(),
        image: "image".into(),
        flavor: "flavor".into(),
        tags: vec!["self-hosted".into(), "fast".into()],
        os_arch: pool.os_arch.clone(),
        max_runners: 2,
        enabled: true,
        ..garm::api::CreatePoolParams::default()
    };
    let _made = organizations.create_pool(&organization.id, &same).await.expect("made");
    let job = garm.queue_job("one", "fast");
    garm.jobs_succeed(&[job]).await;
    garm.all_gone().await;
    assert_eq!(garm.log().matches("asking the provider for the machine").count(), 1, "{}", garm.log());
    garm.finish().await;
}
