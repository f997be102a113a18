//! Deliveries that fail are made again: the forge's log tells of them, and the server asks for them.

use std::time::Duration;

use garm::client::DeliveryFilter;
use garm::sim::{DeliveryState, Operation};

use crate::cli::{run, set_up};
use crate::harness::{Installation, Plan};

const TAG: &str = "again";

/// Queues jobs whose first deliveries all fail.
async fn lost_jobs(garm: &Installation, count: usize) -> Vec<i64> {
    let jobs: Vec<i64> = (0..count).map(|number| garm.queue_job(&format!("job-{number}"), TAG)).collect();
    garm.until("their deliveries have failed", async |garm| {
        let deliveries = garm.forge.deliveries();
        let of_jobs: Vec<_> = deliveries.iter().filter(|delivery| jobs.contains(&delivery.job_id)).collect();
        (of_jobs.len() >= count && of_jobs.iter().all(|delivery| delivery.state == DeliveryState::Failed)).then_some(())
    })
    .await;
    jobs
}

/// The forge sends nothing again by itself.
async fn installation() -> Installation {
    let settings = "enable_job_listing = false\n";
    let garm = set_up(Plan { patience: Duration::from_mins(3), settings, ..Plan::default() }).await;
    garm.forge.configure(|settings| settings.retry_deliveries = false);
    garm.add_pool("local", TAG, 20, 0).await;
    garm
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_were_queued_while_the_server_was_down_get_a_machine_each() {
    let mut garm = installation().await;
    garm.kill_server().await;
    let jobs = lost_jobs(&garm, 6).await;
    garm.start_server().await;
    garm.jobs_succeed(&jobs).await;
    assert_eq!(garm.forge.calls(Operation::GenerateJitConfig), 6, "one machine for each");
    // A second machine for a job would stay idle for minutes.
    garm.all_gone().await;
    for job in jobs {
        let filter = DeliveryFilter { job: Some(job), ..DeliveryFilter::default() };
        let rows = garm.client().deliveries(&filter).await.expect("listed");
        assert!(rows.iter().any(|row| row.action == "queued" && row.verdict == "taken" && row.copies == 1), "{rows:?}");
    }
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_while_it_asks_goes_on_where_it_was() {
    let mut garm = installation().await;
    garm.kill_server().await;
    let jobs = lost_jobs(&garm, 12).await;
    garm.forge.configure(|settings| settings.latency = Duration::from_millis(300));
    for asked in [3, 6] {
        garm.start_server().await;
        garm.until("it asks", async |garm| (garm.forge.calls(Operation::Redeliver) >= asked).then_some(())).await;
        garm.kill_server().await;
    }
    garm.forge.configure(|settings| settings.latency = Duration::ZERO);
    garm.start_server().await;
    garm.jobs_succeed(&jobs).await;
    garm.all_gone_but_interrupted_creations().await;
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_that_get_lost_on_the_way_are_asked_for_and_those_that_come_twice_do_no_harm() {
    let garm = installation().await;
    garm.forge.configure(|settings| settings.courier.lost_percent = 100);
    let jobs = lost_jobs(&garm, 4).await;
    garm.forge.configure(|settings| {
        settings.courier.lost_percent = 0;
        settings.courier.doubled_percent = 100;
        settings.courier.delay = Duration::from_millis(100);
    });
    // A change of the entity makes the server look at once.
    let (code, _, told) = run(&garm, &["repo", "update", "octo/hello", "--pool-balancer-type", "pack"]);
    assert_eq!(code, Some(0), "{told}");
    garm.jobs_succeed(&jobs).await;
    assert_eq!(garm.forge.calls(Operation::GenerateJitConfig), 4);
    garm.all_gone().await;
    let rows = garm.client().deliveries(&DeliveryFilter::default()).await.expect("listed");
    assert!(rows.iter().filter(|row| row.copies == 2).count() >= 4, "{rows:?}");
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_an_app_is_read_once_for_all_entities_that_share_the_app() {
    const OF_APP: &str = "Planted8AppSecretQx9vLmZ2rKqWe";
    const APP: i64 = 11;
    let settings = "enable_job_listing = false\n";
    let mut garm = set_up(Plan { patience: Duration::from_mins(3), settings, ..Plan::default() }).await;
    garm.forge.configure(|settings| settings.retry_deliveries = false);
    let public = include_str!("../../testdata/keys/app.pub.pem");
    garm.forge.add_app(APP, 12, Some(public)).expect("a key");
    let key = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/keys/app.pem");
    let add = ["github", "credentials", "add", "--name", "app", "--endpoint", "fake", "--auth-type", "app", "--app-id", "11"];
    let of_app = ["--app-installation-id", "12", "--private-key-path", key, "--app-webhook-secret", OF_APP];
    let (code, _, told) = run(&garm, &[&add[..], &of_app].concat());
    assert_eq!(code, Some(0), "{told}");
    // The hooks of the repositories themselves are gone: only the App's tells of jobs.
    garm.add_repository("other").await;
    for hook in garm.forge.read(|state| state.hooks().map(|hook| hook.id).collect::<Vec<_>>()) {
        garm.forge.remove_hook(hook);
    }
    for (repository, tag) in [("hello", TAG), ("other", "elsewhere")] {
        let (code, _, told) = run(&garm, &["repo", "update", &format!("octo/{repository}"), "--credentials", "app"]);
        assert_eq!(code, Some(0), "{told}");
        garm.add_pool_of(repository, "local", tag, |pool| pool.max_runners = 20).await;
    }
    let url = format!("{}{}", garm.url, garm::api::paths::WEBHOOKS.template());
    garm.forge.add_hook(garm::sim::Scope::App(APP), &url, garm::model::SecretString::from(OF_APP));
    garm.kill_server().await;
    let mut jobs = lost_jobs(&garm, 3).await;
    let other = garm.forge.queue_job(garm::sim::NewJob {
        owner: "octo".into(),
        repo: "other".into(),
        name: "other".into(),
        labels: vec!["self-hosted".into(), "elsewhere".into()],
        steps: vec!["true".into()],
    });
    jobs.push(other);
    garm.until("its delivery has failed", async |garm| {
        let of_job = |delivery: &garm::sim::Delivery| delivery.job_id == other && delivery.state == DeliveryState::Failed;
        garm.forge.deliveries().iter().any(of_job).then_some(())
    })
    .await;
    garm.start_server().await;
    garm.jobs_succeed(&jobs[..3]).await;
    garm.forge.wait_until(|state| state.jobs().any(|job| job.id == other && job.conclusion.is_some())).await;
    garm.all_gone().await;
    assert_eq!(garm.forge.calls(Operation::Redeliver), 4, "each delivery is asked for once");
    let rows = garm.client().deliveries(&DeliveryFilter { job: Some(other), ..DeliveryFilter::default() }).await.expect("listed");
    assert!(rows.iter().any(|row| row.action == "queued" && row.verdict == "taken" && row.entity == "octo/other"), "{rows:?}");
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_may_not_see_webhooks_are_told_of_in_the_events() {
    let garm = set_up(Plan::default()).await;
    garm.forge.fail_next(Operation::ListHooks, 403, 1);
    let (code, _, told) = run(&garm, &["repo", "update", "octo/hello", "--pool-balancer-type", "pack"]);
    assert_eq!(code, Some(0), "{told}");
    garm.until("the events tell of it", async |garm| {
        let (_, shown, _) = run(garm, &["repo", "show", "octo/hello"]);
        shown.contains("log of deliveries cannot be read").then_some(())
    })
    .await;
    garm.finish().await;
}
