//! Long lists are read page by page: every row once, in its order.

use diesel::connection::SimpleConnection as _;

use super::conn::on;
use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_every_job_and_every_runner_once_in_their_order() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let pool = pool(&store, &repository, 10).await;
        let first = runner(&pool);
        store.insert_runner(first.clone(), None).await.expect("room");
        let count = 2 * PAGE_ROWS + 100;
        // Many of the same moment, also across the ends of pages.
        let sql = format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
             INSERT INTO jobs (endpoint, workflow_job_id, run_id, name, status, conclusion, labels, repository_owner, repository_name,
                 run_url, forge_runner_id, runner_name, runner_group_id, runner_group_name, queued_at, created_at, updated_at, matched_at)
             SELECT 'github.com', i, 1, 'job', 'completed', '', '[]', 'octo', 'hello', '', 0, '', 0, '', i / 400, 0, 0, 1 FROM n;
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
             INSERT INTO runners (id, name, pool_id, entity_id, provider, status, runner_status, os_type, os_arch, runner_group,
                 token_fetched, create_attempt, callback_url, metadata_url, generation, fault, failures, deregistered,
                 created_at, updated_at, status_at, runner_status_at)
             SELECT '00000000-0000-4000-8000-' || CAST(100000000000 + i AS TEXT), 'garm-' || CAST(i AS TEXT), pool_id, entity_id, provider,
                 status, runner_status, os_type, os_arch, runner_group, token_fetched, create_attempt, callback_url,
                 metadata_url, generation, fault, failures, deregistered, i / 400, 0, 0, 0 FROM n, runners WHERE runners.name = '{}';",
            first.name
        );
        store.write(move |tx| Ok(on!(&mut tx.conn, |c| c.batch_execute(&sql))?)).await.expect("filled");

        let mut jobs = Vec::new();
        let mut after = None;
        loop {
            let (page, next) = store.page_of_jobs(JobFilter::default(), after).await.expect("read");
            assert!(page.len() <= PAGE_ROWS);
            jobs.extend(page.into_iter().map(|job| job.workflow_job_id));
            match next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        assert_eq!(jobs, (1..=i64::try_from(count).expect("few")).collect::<Vec<_>>());

        let filter = RunnerFilter { entity: None, set: Some(pool.id.into()) };
        let mut names = Vec::new();
        let mut after = None;
        loop {
            let (page, next) = store.page_of_runners(filter, after).await.expect("read");
            names.extend(page.into_iter().map(|runner| runner.name.clone()));
            match next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let whole = store.list_runners(filter).await.expect("read");
        assert_eq!(names, whole.into_iter().map(|runner| runner.name.clone()).collect::<Vec<_>>());
        assert_eq!(names.len(), count + 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_a_delivery_are_kept_up_to_a_kilobyte() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        pool(&store, &repository, 2).await;
        let long = "é".repeat(10_000);
        let fact = JobFact {
            name: long.clone(),
            conclusion: long.clone(),
            run_url: long.clone(),
            repository_owner: long.clone(),
            repository_name: long.clone(),
            runner_group_name: long.clone(),
            ..report(&repository, JobStatus::Queued, &long)
        };
        let Recorded::Stored(id) = store.record_job(fact.clone()).await.expect("stored") else { panic!("a pool fits") };
        let job = store.find_job(id).await.expect("answers").expect("there");
        let texts = [
            &job.name,
            &job.conclusion,
            &job.run_url,
            &job.repository_owner,
            &job.repository_name,
            &job.runner_group_name,
            &job.runner_name,
        ];
        for text in texts {
            assert!(text.len() <= 1024 && text.len() > 1000 && text.ends_with('…'), "{} bytes", text.len());
        }
        assert_eq!(store.record_job(fact).await.expect("the same again"), Recorded::Stored(id));
    })
    .await;
}
