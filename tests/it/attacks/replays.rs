//! A delivery that somebody has captured comes again, long after its time.

use std::time::Duration;

use garm::clock::Clock;
use garm::model::{JobStatus, SecretString};
use garm::sim::Scope;
use serde_json::json;

use super::signed::{Told, send};
use crate::harness::{Installation, Plan, WEBHOOK_SECRET, databases};

#[tokio::test(flavor = "multi_thread")]
async fn a_captured_delivery_makes_no_machine_unless_the_forge_says_that_its_job_waits() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database, watch: false, settings: "enable_job_listing = false\n", ..Plan::default() }).await;
        let hello = garm.forge.add_repository("octo", "hello");
        // There is no hook when they are queued: the server has no row of them.
        let hooks: Vec<(i64, String)> = garm.forge.read(|state| state.hooks().map(|hook| (hook.id, hook.url.clone())).collect());
        for (id, _) in &hooks {
            garm.forge.remove_hook(*id);
        }
        let (over, waits) = (garm.queue_job("over", "late"), garm.queue_job("waits", "late"));
        garm.forge.cancel_job(over).expect("it waits");
        for (_, url) in &hooks {
            garm.forge.add_hook(Scope::repository("octo", "hello"), url, SecretString::from(WEBHOOK_SECRET));
        }
        garm.add_pool("local", "late", 2, 0).await;

        let queued_at = Clock::System.now().before(Duration::from_hours(3));
        let replay = async |id: i64| {
            let told = Told { id, queued_at, number: Some(hello), labels: &["self-hosted", "late"], ..Told::default() };
            send(&garm, WEBHOOK_SECRET, told.body(&garm, &json!({}))).await
        };
        for _ in 0..5 {
            let (status, text) = replay(987_654).await;
            assert!(status == 409 && text.contains("no machine is made"), "{status} {text}");
            assert_eq!(replay(over).await.0, 200, "the forge says that it is over");
        }
        let jobs = garm.jobs().await;
        assert_eq!(jobs.iter().map(|job| (job.workflow_job_id, job.status.as_str())).collect::<Vec<_>>(), [(over, "completed")]);
        assert!(garm.instances().await.is_empty());

        // A person sends a delivery again that was lost in an outage.
        assert_eq!(replay(waits).await.0, 200);
        garm.jobs_succeed(&[waits]).await;
        garm.until("its end is known", async |garm| garm.job(waits).await.filter(|job| job.status == JobStatus::Completed.as_str())).await;
        assert_eq!(replay(waits).await.0, 200, "late");
        garm.all_gone().await;
        garm.finish().await;
    }
}
