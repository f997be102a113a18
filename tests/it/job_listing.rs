//! Jobs that no delivery was ever made of: the server lists them at the forge, and each gets one machine.

use std::time::Duration;

use garm::model::JobStatus;
use garm::sim::{NewJob, Operation};

use crate::cli::{run, set_up};
use crate::harness::{Installation, Plan, numbered_job};

const TAG: &str = "listed";

/// The forge makes deliveries as `courier` says, and sends none again by itself.
async fn installation(courier: impl FnOnce(&mut garm::sim::Courier)) -> Installation {
    let garm = set_up(Plan { patience: Duration::from_mins(3), ..Plan::default() }).await;
    garm.forge.configure(|settings| {
        settings.retry_deliveries = false;
        courier(&mut settings.courier);
    });
    garm.add_pool("local", TAG, 20, 0).await;
    garm
}

fn queue_run(garm: &Installation, count: usize) -> Vec<i64> {
    let steps = || vec!["echo \"on $RUNNER_NAME\"".into(), "sleep 0.3".into()];
    let job = |number| NewJob { steps: steps(), ..numbered_job("hello", TAG, number) };
    garm.forge.queue_run((0..count).map(job).collect())
}

/// A change of the entity makes the server list at once.
fn touch(garm: &Installation, balancer: &str) {
    let (code, _, told) = run(garm, &["repo", "update", "octo/hello", "--pool-balancer-type", balancer]);
    assert_eq!(code, Some(0), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_no_delivery_was_made_of_get_a_machine_each() {
    let garm = installation(|courier| courier.unmade_percent = 100).await;
    let jobs = queue_run(&garm, 6);
    touch(&garm, "pack");
    garm.jobs_succeed(&jobs).await;
    assert!(garm.forge.deliveries().is_empty(), "none was made");
    assert_eq!(garm.forge.calls(Operation::GenerateJitConfig), 6, "one machine for each");
    // No delivery tells that they are over, either.
    touch(&garm, "roundrobin");
    garm.all_gone().await;
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_were_queued_before_the_server_and_while_it_was_down_are_found_at_a_start() {
    let mut garm = installation(|courier| courier.unmade_percent = 100).await;
    garm.kill_server().await;
    let mut jobs = queue_run(&garm, 4);
    jobs.push(garm.queue_job("alone", TAG));
    let over = garm.queue_job("over", TAG);
    garm.forge.cancel_job(over).expect("it waits");
    garm.start_server().await;
    garm.jobs_succeed(&jobs).await;
    assert_eq!(garm.forge.calls(Operation::GenerateJitConfig), 5, "none for the job that is over");
    garm.all_gone().await;
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_ended_without_a_word_ends_here_too_and_one_that_is_held_back_costs_no_machine() {
    let mut garm = installation(|_| ()).await;
    garm.add_pool_with("local", "off", |pool| (pool.max_runners, pool.enabled) = (1, false)).await;
    let gone = garm.queue_job("gone", "off");
    garm.until("it is known", async |garm| garm.jobs().await.iter().any(|job| job.workflow_job_id == gone).then_some(())).await;
    garm.forge.configure(|settings| settings.courier.unmade_percent = 100);
    garm.forge.cancel_job(gone).expect("it waits");
    let held = garm.forge.queue_held_job(NewJob {
        owner: "octo".into(),
        repo: "hello".into(),
        name: "held".into(),
        labels: vec!["self-hosted".into(), TAG.into()],
        steps: vec!["true".into()],
    });
    garm.kill_server().await;
    // A job that was heard of just now is not looked for.
    let minutes = 3 * 60 * 1_000_000_i64;
    crate::harness::Database::Sqlite.execute(&garm, &format!("UPDATE jobs SET updated_at = updated_at - {minutes}")).await;
    garm.start_server().await;
    garm.until("it is over here, too", async |garm| {
        garm.jobs().await.iter().any(|job| job.workflow_job_id == gone && job.status == "completed").then_some(())
    })
    .await;
    assert_eq!(garm.forge.job(held).expect("there").status, JobStatus::Queued);
    assert_eq!((garm.instances().await.len(), garm.forge.calls(Operation::GenerateJitConfig)), (0, 0));
    garm.finish().await;
}
