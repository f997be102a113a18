//! Jobs that no pool fits are kept within bounds, hidden from plans and lists, and served when a pool fits.

use diesel::connection::SimpleConnection as _;

use super::conn::on;
use super::*;
use crate::store::kept_jobs::{UNMATCHED_FOR, UNMATCHED_MAX};

/// A job that asks for a label which pools of tests do not have.
fn gpu(entity: &Entity, number: i64, status: JobStatus) -> JobFact {
    let labels = vec!["self-hosted".into(), "GPU".into()];
    JobFact {
        workflow_job_id: number,
        labels,
        entity_kind: entity.at.kind,
        queued_at: Some(Clock::System.now()),
        ..report(entity, status, "")
    }
}

async fn kept(store: &Store, fact: JobFact) -> Job {
    let recorded = store.record_job(fact).await.expect("answers");
    let Recorded::Unmatched(id) = recorded else { panic!("{recorded:?}") };
    store.find_job(id).await.expect("answers").expect("there")
}

async fn planned(store: &Store, entity: &Entity) -> Vec<JobId> {
    let view = store.entity_view(entity.id).await.expect("answers").expect("there");
    view.jobs.iter().map(|job| job.id).collect()
}

async fn listed(store: &Store, matched: Matched) -> Vec<i64> {
    let filter = JobFilter { matched, ..JobFilter::default() };
    store.list_jobs(filter).await.expect("answers").iter().map(|job| job.workflow_job_id).collect()
}

async fn organization(store: &Store, like: &Entity) -> Entity {
    let credentials = store.find_credentials(like.credentials_id).await.expect("answers").expect("there");
    let at = EntityRef { kind: EntityKind::Organization, owner: String::new(), name: "octo".into() };
    store.create_entity(NewEntity { at, ..new_entity("", &credentials) }).await.expect("made")
}

/// A pool with this label besides the usual ones.
async fn pool_with(store: &Store, entity: &Entity, label: &str) -> Pool {
    let plain = pool(store, entity, 3).await;
    let label = label.to_owned();
    let changed = store.update_pool(plain.id, move |pool| {
        pool.tags.push(label);
        Ok(())
    });
    changed.await.expect("changed")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_no_pool_fits_is_kept_apart_until_a_pool_is_changed_to_fit() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let mut feed = store.feed_from(None).await.expect("answers");
        let job = kept(&store, gpu(&repository, 7, JobStatus::Queued)).await;
        assert_eq!(kept(&store, gpu(&repository, 7, JobStatus::Queued)).await, job, "the same again changes nothing");
        assert_eq!((job.matched_at, job.reason.clone()), (None, Some(Reason::NoPoolFits { nearest: None, missing: Vec::new() })));
        assert!(planned(&store, &repository).await.is_empty() && store.list_open_jobs(9).await.expect("answers").is_empty());
        assert!(listed(&store, Matched::Yes).await.is_empty());
        assert_eq!((listed(&store, Matched::NotSoFar).await, store.count_unmatched_jobs().await.expect("answers")), (vec![7], 1));

        let plain = pool(&store, &repository, 3).await;
        let near = store.find_job(job.id).await.expect("answers").expect("there");
        assert_eq!(near.reason, Some(Reason::NoPoolFits { nearest: Some(plain.id.into()), missing: vec!["GPU".into()] }));
        assert_eq!(feed.next().await.expect("goes on")[0].kind, ChangeKind::Pool, "no plan needs to know of the job");

        store
            .update_pool(plain.id, |pool| {
                pool.tags.push("gpu".into());
                Ok(())
            })
            .await
            .expect("changed");
        let served = store.find_job(job.id).await.expect("answers").expect("there");
        assert!(served.matched_at.is_some_and(|at| at > served.created_at) && served.reason.is_none(), "{served:?}");
        assert_eq!((planned(&store, &repository).await, listed(&store, Matched::Yes).await), (vec![job.id], vec![7]));
        let rung = feed.next().await.expect("goes on").swap_remove(0);
        assert_eq!((rung.kind, rung.op, rung.entity), (ChangeKind::Job, ChangeOp::Create, Some(repository.id)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_pool_of_any_entity_that_reported_a_job_serves_it_and_all_of_them_hear_of_it() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let organization = organization(&store, &repository).await;
        let other = entity(&store, "other").await;
        let job = kept(&store, report(&repository, JobStatus::Queued, "")).await;
        kept(&store, JobFact { entity_kind: EntityKind::Organization, ..report(&organization, JobStatus::Queued, "") }).await;
        pool(&store, &other, 3).await;
        assert!(store.find_job(job.id).await.expect("answers").expect("there").matched_at.is_none(), "no pool of others counts");
        pool(&store, &organization, 3).await;
        for reporter in [&repository, &organization] {
            assert_eq!(planned(&store, reporter).await, [job.id]);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_whose_entity_has_a_pool_makes_a_kept_job_one_to_be_served() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let organization = organization(&store, &repository).await;
        pool(&store, &organization, 3).await;
        let job = kept(&store, report(&repository, JobStatus::Queued, "")).await;
        let again = JobFact { entity_kind: EntityKind::Organization, ..report(&organization, JobStatus::Queued, "") };
        assert_eq!(store.record_job(again).await.expect("answers"), Recorded::Stored(job.id));
        assert_eq!(planned(&store, &organization).await, [job.id]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_job_that_is_over_or_runs_elsewhere_is_not_served_however_late_its_first_delivery_is() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        for (number, status) in [(1, JobStatus::InProgress), (2, JobStatus::Completed)] {
            let job = kept(&store, gpu(&repository, number, status)).await;
            assert_eq!(store.record_job(gpu(&repository, number, JobStatus::Queued)).await.expect("answers"), Recorded::Late(job.id));
        }
        pool_with(&store, &repository, "gpu").await;
        assert!(planned(&store, &repository).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_no_pool_fits_are_bounded_in_number_and_those_that_wait_stay_longest() {
    on_each(async |store| {
        let (repository, other) = (entity(&store, "hello").await, entity(&store, "other").await);
        let filled = format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {UNMATCHED_MAX})
             INSERT INTO jobs (endpoint, workflow_job_id, run_id, name, status, conclusion, labels, repository_owner, repository_name,
                 run_url, forge_runner_id, runner_name, runner_group_id, runner_group_name, queued_at, created_at, updated_at, repository_id)
             SELECT 'github.com', 1000 + i, 1, 'job', CASE WHEN i > 4990 THEN 'completed' ELSE 'queued' END, '', '[\"gpu\"]', 'octo', 'hello', '', 0,
                 '', 0, '', i, i, i, '{}' FROM n",
            repository.id
        );
        store.write(move |tx| Ok(on!(&mut tx.conn, |c| c.batch_execute(&filled))?)).await.expect("filled");
        kept(&store, gpu(&other, 1, JobStatus::Queued)).await;
        // They are counted now and then, and many more are never kept.
        let mut new = 0;
        let (left, count) = loop {
            new += 1;
            kept(&store, gpu(&repository, 1 + new, JobStatus::Queued)).await;
            let left = listed(&store, Matched::NotSoFar).await;
            let count = i64::try_from(left.len()).expect("thousands");
            assert!(count <= UNMATCHED_MAX + 100);
            if count <= UNMATCHED_MAX {
                break (left, count);
            }
        };
        assert_eq!(count, UNMATCHED_MAX - 200 + 1, "with one of another entity");
        assert!((1..=1 + new).all(|number| left.contains(&number)));
        let kept = 1191 + new..=5990;
        assert!(left.iter().all(|number| *number < 1000 || kept.contains(number)), "the oldest went, and what was over");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_forgotten_after_their_time_a_few_at_once() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let with_pool = entity(&store, "served").await;
        let runner = runner(&pool(&store, &with_pool, 3).await);
        store.insert_runner(runner.clone(), None).await.expect("room");
        let unmatched = kept(&store, gpu(&repository, 1, JobStatus::Queued)).await;
        let told = |number, status, runner: &str| JobFact { workflow_job_id: number, ..report(&with_pool, status, runner) };
        for (number, status) in [(2, JobStatus::Completed), (3, JobStatus::Queued)] {
            store.record_job(told(number, status, "")).await.expect("answers");
        }
        store.record_job(told(4, JobStatus::Completed, &runner.name.0)).await.expect("answers");
        let day = UNMATCHED_FOR;
        assert!(!store.forget_jobs(day).await.expect("answers"));
        let left = async || {
            let mut all = listed(&store, Matched::Either).await;
            all.sort_unstable();
            all
        };
        assert_eq!(left().await, [1, 2, 3, 4], "they are new");

        // As long ago as a day and a minute.
        let age =
            |days: i64| format!("UPDATE jobs SET created_at = created_at - {0}, updated_at = updated_at - {0}", days * 86_460_000_000);
        let sql = age(1);
        store.write(move |tx| Ok(on!(&mut tx.conn, |c| c.batch_execute(&sql))?)).await.expect("aged");
        assert!(!store.forget_jobs(2 * day).await.expect("answers"));
        assert_eq!(left().await, [2, 3, 4], "none has fitted job {} for a day", unmatched.id);
        store.forget_jobs(day).await.expect("answers");
        assert_eq!(left().await, [3, 4], "3 waits, and the runner of 4 is there still");
        store.delete_runner(runner.id).await.expect("goes");
        store.forget_jobs(day).await.expect("answers");
        assert_eq!(left().await, [3]);
        let sql = age(35);
        store.write(move |tx| Ok(on!(&mut tx.conn, |c| c.batch_execute(&sql))?)).await.expect("aged");
        store.forget_jobs(day).await.expect("answers");
        assert!(left().await.is_empty(), "no run lasts for longer than 35 days");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_attempt_begins_a_job_of_the_same_number_again_and_an_earlier_one_is_late() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        pool(&store, &repository, 3).await;
        let told = |attempt, status| JobFact { run_attempt: attempt, ..report(&repository, status, "") };
        let Recorded::Stored(job) = store.record_job(told(1, JobStatus::Queued)).await.expect("answers") else { panic!("a pool fits") };
        store.record_job(told(1, JobStatus::Completed)).await.expect("answers");
        assert_eq!(store.record_job(told(2, JobStatus::Queued)).await.expect("answers"), Recorded::Stored(job));
        assert_eq!(store.record_job(told(1, JobStatus::Completed)).await.expect("answers"), Recorded::Late(job));
        let again = store.find_job(job).await.expect("answers").expect("there");
        assert_eq!((again.status, again.run_attempt, again.conclusion.as_str()), (JobStatus::Queued, 2, ""));
        assert_eq!(planned(&store, &repository).await, [job]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_jobs_are_filtered_by_everything_at_once() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let organization = organization(&store, &repository).await;
        let (plain, of_organization) = (pool_with(&store, &repository, "gpu").await, pool(&store, &organization, 3).await);
        let at = |secs| Some(Timestamp::EPOCH.after(Duration::from_secs(secs)));
        let told = |number, labels: &[&str]| JobFact {
            workflow_job_id: number,
            labels: labels.iter().map(ToString::to_string).collect(),
            queued_at: at(number.unsigned_abs()),
            ..report(&repository, JobStatus::Queued, "")
        };
        for (number, labels) in [(1, &["linux"][..]), (2, &["linux", "gpu"]), (3, &["linux", "arm"])] {
            store.record_job(told(number, labels)).await.expect("answers");
        }
        store.record_job(JobFact { status: JobStatus::Completed, ..told(4, &["Linux"]) }).await.expect("answers");
        let all = JobFilter::all();
        let table = [
            (JobFilter::default(), vec![1, 2, 4]),
            (all.clone(), vec![1, 2, 3, 4]),
            (JobFilter { status: Some(JobStatus::Queued), ..all.clone() }, vec![1, 2, 3]),
            (JobFilter { entity: Some(repository.id), since: at(3), ..all.clone() }, vec![3, 4]),
            (JobFilter { entity: Some(organization.id), ..all.clone() }, vec![]),
            (JobFilter { pool: Some(plain.id), ..all.clone() }, vec![1, 2, 4]),
            (JobFilter { pool: Some(of_organization.id), ..all.clone() }, vec![]),
            (JobFilter { label: Some("LINUX".into()), status: Some(JobStatus::Completed), ..all.clone() }, vec![4]),
            (JobFilter { label: Some("gpu".into()), ..all.clone() }, vec![2]),
            (JobFilter { number: Some(3), ..all }, vec![3]),
        ];
        for (filter, expected) in table {
            let found: Vec<i64> = store.list_jobs(filter.clone()).await.expect("answers").iter().map(|job| job.workflow_job_id).collect();
            assert_eq!(found, expected, "{filter:?}");
        }
        let second = store.list_jobs(JobFilter { number: Some(2), ..JobFilter::default() }).await.expect("answers")[0].id;
        let place = store.job_position(second).await.expect("answers");
        let (rest, _) = store.page_of_jobs(JobFilter::default(), place).await.expect("answers");
        assert_eq!(rest.iter().map(|job| job.workflow_job_id).collect::<Vec<_>>(), [4]);
        assert!(store.job_position(JobId(4711)).await.expect("answers").is_none());
    })
    .await;
}
