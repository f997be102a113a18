//! Remarks about rows: they are about the row that was looked at, and none other.

use super::*;

async fn job_of(store: &Store, id: JobId) -> Job {
    store.find_job(id).await.expect("answers").expect("there")
}

fn about(job: &Job, reason: Reason) -> JobRemark {
    JobRemark { job: job.id, status: job.status, at: job.updated_at, reason: Some(reason) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remark_about_a_job_or_runner_that_changed_meanwhile_is_dropped() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let runner = runner(&pool(&store, &repository, 3).await);
        store.insert_runner(runner.clone(), None).await.expect("room");
        let Recorded::Stored(id) = store.record_job(report(&repository, JobStatus::Queued, "")).await.expect("answers") else {
            panic!("a pool fits")
        };
        let (waits, waiting) = (job_of(&store, id).await, store.find_runner(runner.id).await.expect("answers").expect("there"));
        let of_runner = RunnerRemark { runner: runner.id, at: waiting.updated_at, reason: Reason::ForMinimumIdle };
        store.set_reasons(vec![about(&waits, Reason::AskingForge)], vec![of_runner.clone()]).await.expect("answers");
        assert_eq!(job_of(&store, id).await.reason, Some(Reason::AskingForge));

        store.record_job(report(&repository, JobStatus::InProgress, &runner.name.0)).await.expect("answers");
        store.set_reasons(Vec::new(), vec![of_runner]).await.expect("answers");
        assert_eq!(store.find_runner(runner.id).await.expect("answers").expect("there").reason, None, "a runner with a job has none");
        store.record_job(report(&repository, JobStatus::Completed, &runner.name.0)).await.expect("answers");
        store.set_reasons(vec![about(&waits, Reason::PoolsDisabled)], Vec::new()).await.expect("answers");
        let over = job_of(&store, id).await;
        assert_eq!((over.status, over.reason), (JobStatus::Completed, None));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_about_a_job_that_the_forge_held_back_is_news_and_about_any_other_is_none() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        pool(&store, &repository, 3).await;
        let queued = || report(&repository, JobStatus::Queued, "");
        let Recorded::Stored(id) = store.record_job(queued()).await.expect("answers") else { panic!("a pool fits") };
        let first = job_of(&store, id).await;
        store.record_job(queued()).await.expect("answers");
        assert_eq!(job_of(&store, id).await.updated_at, first.updated_at);

        store.set_reasons(vec![about(&first, Reason::HeldBack)], Vec::new()).await.expect("answers");
        store.record_job(JobFact { source: DemandSource::Answer, ..queued() }).await.expect("answers");
        assert_eq!(job_of(&store, id).await.updated_at, first.updated_at, "an answer tells by itself whether the job is held back");
        store.record_job(queued()).await.expect("answers");
        assert!(job_of(&store, id).await.updated_at > first.updated_at);
    })
    .await;
}
