//! Scale sets from end to end: the service of the fake forge assigns jobs over a session, real machines run them, and nothing is left.

mod faults;
mod many;

use std::time::Duration;

use garm::api::{CreateScaleSetParams, Job, ScaleSet, UpdateScaleSetParams};
use garm::model::{EntityKind, JobStatus};
use garm::sim::{FaultEnd, FaultKind, Manner, NewJob, ServiceCall, ServiceFault};

use crate::harness::{Installation, Plan, databases};

/// Installs with a service whose polls end soon, so that nothing waits for long.
async fn set_up(plan: Plan) -> Installation {
    let garm = Installation::set_up(plan).await;
    garm.forge.configure(|settings| settings.scale_sets.poll_wait = Duration::from_millis(500));
    garm
}

async fn add_scale_set(garm: &Installation, name: &str, max_runners: u32, min_idle_runners: u32) -> ScaleSet {
    let repository = garm.repositories().await.swap_remove(0);
    let params = CreateScaleSetParams {
        name: name.into(),
        provider_name: "local".into(),
        image: "image".into(),
        flavor: "flavor".into(),
        os_arch: if cfg!(target_arch = "aarch64") { "arm64".into() } else { "amd64".into() },
        max_runners,
        min_idle_runners,
        enabled: true,
        ..CreateScaleSetParams::default()
    };
    garm.client().scale_sets().create(EntityKind::Repository, &repository.id, &params).await.expect("made")
}

fn queue(garm: &Installation, name: &str, scale_set: &str) -> i64 {
    garm.forge.queue_job(NewJob {
        owner: "octo".into(),
        repo: "hello".into(),
        name: name.into(),
        labels: vec![scale_set.into()],
        steps: vec!["echo \"on $RUNNER_NAME\"".into(), "sleep 0.3".into()],
    })
}

async fn shown(garm: &Installation, set: &ScaleSet) -> ScaleSet {
    garm.client().scale_sets().get(set.id).await.expect("shown")
}

/// Waits until the session listens, and promises so many runners.
async fn listens(garm: &Installation, set: &ScaleSet, promised: u32) {
    garm.until("the session listens", async |garm| {
        let set = shown(garm, set).await;
        let session = set.session?;
        (session.stage == "listening" && session.error.is_empty() && set.promised_runners == promised).then_some(())
    })
    .await;
}

/// The jobs that the server knows from sessions.
async fn jobs_of_sessions(garm: &Installation) -> Vec<Job> {
    garm.jobs().await.into_iter().filter(|job| !job.scaleset_job_id.is_empty()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_assigned_runs_on_a_machine_made_for_it_and_nothing_is_left() {
    for (database, manner) in databases().await.into_iter().zip([Manner::Assigns, Manner::Offers].into_iter().cycle()) {
        let garm = set_up(Plan { database, ..Plan::default() }).await;
        garm.forge.configure(|settings| settings.scale_sets.manner = manner);
        let set = add_scale_set(&garm, "linux-x64", 2, 0).await;
        listens(&garm, &set, 2).await;
        let jobs = [queue(&garm, "one", "linux-x64"), queue(&garm, "two", "linux-x64"), queue(&garm, "three", "linux-x64")];
        garm.jobs_succeed(&jobs).await;
        garm.all_gone().await;
        garm.until("the server knows that the jobs are over", async |garm| {
            let known = jobs_of_sessions(garm).await;
            (known.len() == 3 && known.iter().all(|job| job.status == "completed" && job.conclusion == "success")).then_some(())
        })
        .await;
        let known = jobs_of_sessions(&garm).await;
        assert!(known.iter().all(|job| job.runner_name.starts_with("garm-") && job.labels == ["linux-x64"]), "{known:?}");
        assert_eq!(garm.forge.service_calls(ServiceCall::GenerateJitConfig), 3, "no machine too many");
        garm.until("deliveries told their numbers", async |garm| {
            let mut numbers: Vec<i64> = garm.jobs().await.iter().map(|job| job.workflow_job_id).collect();
            numbers.sort_unstable();
            (numbers == jobs).then_some(())
        })
        .await;
        let after = shown(&garm, &set).await;
        assert_eq!((after.desired_runner_count, after.machines_made, after.machines_served), (0, 3, 3));
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_takes_over_its_own_session_and_no_job_is_lost() {
    for database in databases().await {
        let mut garm = set_up(Plan { database, ..Plan::default() }).await;
        let set = add_scale_set(&garm, "linux-x64", 4, 0).await;
        listens(&garm, &set, 4).await;
        let mut jobs = vec![queue(&garm, "one", "linux-x64"), queue(&garm, "two", "linux-x64")];
        garm.forge.wait_until(|state| state.runners().next().is_some()).await;
        garm.kill_server().await;
        jobs.push(queue(&garm, "three", "linux-x64"));
        garm.start_server().await;
        garm.forge.wait_until(|state| state.jobs().any(|job| job.status == JobStatus::InProgress)).await;
        garm.kill_server().await;
        garm.start_server().await;
        garm.jobs_succeed(&jobs).await;
        garm.all_gone_but_what_is_idle().await;
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scale_set_that_is_disabled_has_no_session_and_one_that_is_enabled_has_one() {
    let garm = set_up(Plan::default()).await;
    let set = add_scale_set(&garm, "linux-x64", 3, 1).await;
    listens(&garm, &set, 3).await;
    garm.until("the minimum is idle", async |garm| garm.instances().await.into_iter().find(|it| it.runner_status == "idle")).await;
    let update = async |params: UpdateScaleSetParams| garm.client().scale_sets().update(set.id, &params).await.expect("changed");
    update(UpdateScaleSetParams { max_runners: Some(5), ..UpdateScaleSetParams::default() }).await;
    listens(&garm, &set, 5).await;
    assert_eq!(garm.forge.service_calls(ServiceCall::CreateSession), 1, "another maximum ends no session");
    update(UpdateScaleSetParams { enabled: Some(false), ..UpdateScaleSetParams::default() }).await;
    garm.until("the session is over", async |garm| {
        let known = garm.forge.scale_sets();
        known.iter().all(|set| set.session.is_none()).then_some(())
    })
    .await;
    garm.all_gone().await;
    let job = queue(&garm, "waits", "linux-x64");
    update(UpdateScaleSetParams { enabled: Some(true), ..UpdateScaleSetParams::default() }).await;
    garm.jobs_succeed(&[job]).await;
    update(UpdateScaleSetParams { enabled: Some(false), ..UpdateScaleSetParams::default() }).await;
    garm.all_gone().await;
    garm.client().scale_sets().delete(set.id, false).await.expect("removed");
    assert!(garm.forge.scale_sets().is_empty());
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_the_service_are_told_and_end_by_themselves() {
    let garm = set_up(Plan::default()).await;
    let set = add_scale_set(&garm, "linux-x64", 3, 0).await;
    listens(&garm, &set, 3).await;
    garm.forge.break_service(ServiceFault { call: Some(ServiceCall::Poll), kind: FaultKind::Status(500), end: FaultEnd::WhenHealed });
    let failing =
        garm.until("the fault is told", async |garm| shown(garm, &set).await.session.filter(|session| session.failures > 0)).await;
    assert!(failing.error.contains("500") && failing.failing_since.is_some(), "{failing:?}");
    let job = queue(&garm, "one", "linux-x64");
    garm.forge.heal_service();
    garm.jobs_succeed(&[job]).await;
    let number = garm.forge.scale_sets()[0].id;
    garm.forge.remove_scale_set(number);
    listens(&garm, &set, 3).await;
    garm.until("it is made again", async |garm| (!garm.forge.scale_sets().is_empty()).then_some(())).await;
    let job = queue(&garm, "two", "linux-x64");
    garm.jobs_succeed(&[job]).await;
    assert_ne!(garm.forge.scale_sets()[0].id, number);
    garm.all_gone().await;
    garm.finish().await;
}
