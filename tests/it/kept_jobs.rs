//! Jobs that no pool fits: they are kept and told of, and a pool that comes later serves them.

use garm::api::UpdatePoolParams;
use garm::client::JobFilter;
use garm::sim::Operation;

use crate::cli::{run, set_up};
use crate::harness::{Installation, Plan, databases};

async fn unmatched(garm: &Installation) -> Vec<i64> {
    let filter = JobFilter { unmatched: Some("only".into()), ..JobFilter::default() };
    let jobs = garm.client().jobs().list(&filter).await.expect("listed");
    jobs.iter().map(|job| job.workflow_job_id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_added_ten_minutes_after_its_jobs_were_queued_serves_them_all() {
    for database in databases().await {
        let mut garm = Installation::set_up(Plan { database: database.clone(), ..Plan::default() }).await;
        garm.add_pool("local", "fast", 2, 0).await;
        let jobs: Vec<i64> = (0..4).map(|number| garm.queue_job(&format!("job-{number}"), "gpu")).collect();
        garm.until("the jobs are kept", async |garm| (unmatched(garm).await.len() == jobs.len()).then_some(())).await;
        assert!(garm.jobs().await.is_empty(), "upstream's list does not have them");

        garm.kill_server().await;
        let minutes = 10 * 60 * 1_000_000_i64;
        let age = format!("UPDATE jobs SET queued_at = queued_at - {minutes}, created_at = created_at - {minutes}");
        database.execute(&garm, &age).await;
        garm.start_server().await;
        assert_eq!((garm.instances().await.len(), garm.forge.calls(Operation::GetJob)), (0, 0), "they cost nothing");

        // As for credentials without the permission to see jobs: such an answer ends no job.
        garm.forge.fail_next(Operation::GetJob, 404, 2);
        garm.add_pool("local", "gpu", 2, 0).await;
        garm.jobs_succeed(&jobs).await;
        assert!(garm.forge.calls(Operation::GetJob) >= 2, "the forge was asked before machines were made");
        assert!(unmatched(&garm).await.is_empty());
        garm.all_gone().await;
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_no_pool_fits_says_which_label_is_missing_and_a_changed_pool_serves_it() {
    let garm = set_up(Plan::default()).await;
    let pool = garm.add_pool("local", "fast", 2, 0).await;
    let id = garm.queue_job("build", "gpu");
    garm.until("the job is kept", async |garm| (unmatched(garm).await == [id]).then_some(())).await;
    let number = id.to_string();
    let shown = |arguments: &[&str]| {
        let (code, shown, told) = run(&garm, arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {told}");
        shown
    };
    let missing = format!("the nearest is pool {}, which lacks GPU", pool.id);
    for command in [&["job", "why", &number][..], &["job", "show", &number], &["job", "list", "--unmatched"]] {
        let command = [&["--format", "json"], command].concat();
        let text = shown(&command);
        assert!(text.contains(&missing) && text.contains(&number), "{command:?}: {text}");
    }
    assert!(!shown(&["job", "list"]).contains(&number));
    for (arguments, is_listed) in [
        (&["--status", "queued", "--label", "gpu", "--repo", "octo/hello", "--since", "1h"][..], true),
        (&["--status", "completed"], false),
        (&["--pool", &pool.id], false),
        (&["--after", &number], false),
        (&["--limit", "1"], true),
    ] {
        let command = [&["job", "list", "--unmatched"], arguments].concat();
        assert_eq!(shown(&command).contains(&number), is_listed, "{arguments:?}");
    }
    let (code, _, told) = run(&garm, &["job", "list", "--since", "lately"]);
    assert!(code == Some(1) && told.contains("\"lately\"") && told.contains("90m"), "{told}");

    let tags = Some(vec!["self-hosted".into(), "fast".into(), "gpu".into()]);
    garm.client().pools().update(&pool.id, &UpdatePoolParams { tags, ..UpdatePoolParams::default() }).await.expect("changed");
    garm.jobs_succeed(&[id]).await;
    assert!(shown(&["job", "list"]).contains(&number));
    garm.all_gone().await;
    garm.finish().await;
}
