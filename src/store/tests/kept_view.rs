//! A kept view equals all rows, whatever happened since; and where it does not, that is noticed.

use diesel::connection::SimpleConnection as _;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::conn::on;
use super::*;
use crate::model::{LeftBecause, Rerun};

async fn organization(store: &Store, like: &Entity) -> Entity {
    let credentials = store.find_credentials(like.credentials_id).await.expect("answers").expect("there");
    let at = EntityRef { kind: EntityKind::Organization, owner: String::new(), name: "octo".into() };
    store.create_entity(NewEntity { at, ..new_entity("", &credentials) }).await.expect("made")
}

async fn refreshed(store: &Store, entity: &Entity, kept: Option<KeptView>, how: Refresh) -> (KeptView, Option<String>) {
    store.refresh_view(entity.id, kept, how).await.expect("answers").expect("there")
}

async fn sql(store: &Store, text: &str) {
    let text = text.to_owned();
    store.write(move |tx| Ok(on!(&mut tx.conn, |c| c.batch_execute(&text))?)).await.expect("runs");
}

/// One of the things that happen to an entity's rows.
async fn happens(store: &Store, chance: &mut StdRng, entities: &[Entity], pools: &mut [Pool]) {
    let entity = &entities[chance.random_range(0..entities.len())];
    let pool_at = chance.random_range(0..pools.len());
    let runners = store.list_runners(RunnerFilter::default()).await.expect("answers");
    let known = runners.get(chance.random_range(0..runners.len().max(1))).cloned();
    let open = store.list_open_jobs(99).await.expect("answers");
    let job = open.get(chance.random_range(0..open.len().max(1))).cloned();
    match (chance.random_range(0..15), known, job) {
        (0..=2, known, _) => {
            let status = [JobStatus::Queued, JobStatus::Queued, JobStatus::InProgress, JobStatus::Completed][chance.random_range(0..4)];
            let name = known.filter(|_| status != JobStatus::Queued).map(|runner| runner.name.0.clone()).unwrap_or_default();
            let label = if chance.random_bool(0.3) { "gpu" } else { "linux" };
            let fact = JobFact {
                workflow_job_id: chance.random_range(1..9),
                labels: vec![label.into()],
                queued_at: Some(Clock::System.now()),
                ..report(entity, status, &name)
            };
            store.record_job(fact).await.expect("answers");
        }
        (3 | 4, _, job) => {
            let reported = |job: &Job| [job.repository_id, job.organization_id].contains(&Some(pools[pool_at].entity_id));
            let job = job.filter(reported);
            let new = runner(&pools[pool_at]).wanted(job.as_ref().map(|job| job.workflow_job_id), Reason::ForMinimumIdle);
            // The pool may be full, and another entity may have claimed the job.
            let inserted = store.insert_runner(new, job.map(|job| job.id)).await;
            assert!(matches!(inserted, Ok(_) | Err(Error::Full { .. })), "{inserted:?}");
        }
        (5 | 6, Some(runner), _) => {
            let step = chance.random_range(0..4);
            let stepped = store.update_runner(runner.id, move |runner| match step {
                0 => runner.creation_begun(0, Timestamp::EPOCH),
                1 => runner.machine_found(None),
                2 => runner.marked_for_deletion(Reason::BootTimeout),
                _ => runner.marked_for_deletion(Reason::IdleSurplus),
            });
            let stepped = stepped.await;
            assert!(matches!(stepped, Ok(_) | Err(Error::Refused(_))), "{stepped:?}");
        }
        (7, Some(runner), _) => store.delete_runner(runner.id).await.expect("goes"),
        (8, _, Some(job)) => store.release_job(job.id, entity.id).await.expect("answers"),
        (9, Some(runner), _) => {
            store.add_runner_message(runner.id, EventLevel::Info, "it boots".into()).await.expect("kept");
        }
        (10, ..) => {
            let id = pools[pool_at].id;
            let gpu = chance.random_bool(0.5);
            let changed = store.update_pool(id, move |pool| {
                pool.tags = if gpu { vec!["linux".into(), "gpu".into()] } else { vec!["linux".into(), "self-hosted".into()] };
                Ok(())
            });
            pools[pool_at] = changed.await.expect("changed");
        }
        (11, ..) => {
            let text = format!("number {}", chance.random_range(0..9));
            let told = text.clone();
            match chance.random_range(0..4) {
                0 => {
                    let id = entity.credentials_id;
                    store
                        .update_credentials(id, |credentials| {
                            credentials.description = told;
                            Ok(())
                        })
                        .await
                        .expect("changed");
                }
                1 => {
                    let name = entity.endpoint.clone();
                    store
                        .update_endpoint(&name, |endpoint| {
                            endpoint.description = told;
                            Ok(())
                        })
                        .await
                        .expect("changed");
                }
                2 => store.set_tools(entity.id, Vec::new(), crate::model::RunnerVersions::default(), Vec::new()).await.expect("kept"),
                _ => store.set_entity_failure(entity.id, Some(text)).await.expect("noted"),
            }
        }
        (12 | 13, _, Some(job)) => {
            let of = pools[pool_at].entity_id;
            if [job.repository_id, job.organization_id].contains(&Some(of)) {
                let loss = losses::loss(&pools[pool_at]);
                let end = Rerun::Left { at: Clock::System.now(), because: LeftBecause::Ended };
                store.note_loss(job.id, of, loss.clone()).await.expect("answers");
                // The first evidence stays, and the entity whose it is decides.
                if chance.random_bool(0.3) && store.find_lost_job(job.id, of).await.expect("answers").is_some() {
                    store.set_loss(job.id, of, loss.ended(end), None).await.expect("answers");
                }
            }
        }
        _ => {
            store.forget_jobs(Duration::from_hours(24)).await.expect("answers");
        }
    }
}

/// Remarks as a plan makes them, of some rows of the view.
async fn remark(store: &Store, chance: &mut StdRng, kept: &mut KeptView) {
    let reason = || Reason::PoolsDisabled;
    let rows = std::sync::Arc::clone(kept.rows());
    let jobs: Vec<_> = rows.jobs.iter().filter(|_| chance.random_bool(0.5)).collect();
    let runners: Vec<_> = rows.runners.iter().filter(|_| chance.random_bool(0.5)).collect();
    kept.doubt(jobs.iter().map(|job| job.id), runners.iter().map(|runner| runner.id));
    let of_jobs = jobs.iter().map(|job| JobRemark { job: job.id, status: job.status, at: job.updated_at, reason: Some(reason()) });
    let of_runners = runners.iter().map(|runner| RunnerRemark { runner: runner.id, at: runner.updated_at, reason: reason() });
    store.set_reasons(of_jobs.collect(), of_runners.collect()).await.expect("answers");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_any_history_a_kept_view_equals_all_rows() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let entities = [repository.clone(), organization(&store, &repository).await];
        let mut pools = vec![pool(&store, &entities[0], 6).await, pool(&store, &entities[1], 6).await];
        let mut kept: [Option<KeptView>; 2] = [None, None];
        let (mut chance, mut rows_seen) = (StdRng::seed_from_u64(11), 0);
        for step in 0..500 {
            happens(&store, &mut chance, &entities, &mut pools).await;
            for (entity, kept) in entities.iter().zip(&mut kept) {
                if chance.random_bool(0.6) {
                    let (mut now, wrong) = refreshed(&store, entity, kept.take(), Refresh::Compared).await;
                    assert_eq!(wrong, None, "after step {step}");
                    rows_seen += now.rows().jobs.len() + now.rows().runners.len();
                    if chance.random_bool(0.3) {
                        remark(&store, &mut chance, &mut now).await;
                    }
                    *kept = Some(now);
                }
            }
        }
        assert!(rows_seen > 500, "{rows_seen} rows in all: hardly anything was compared");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_rows_that_changed_are_read_and_a_lost_change_is_noticed_by_the_comparison() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let pool = pool(&store, &repository, 9).await;
        for _ in 0..3 {
            store.insert_runner(runner(&pool), None).await.expect("room");
        }
        let (kept, _) = refreshed(&store, &repository, None, Refresh::Changed).await;
        let first = kept.rows().runners[0].clone();
        // A row that changes without a word in the feed.
        sql(&store, &format!("UPDATE runners SET token_fetched = NOT token_fetched WHERE id = '{}'", first.id)).await;
        let (stale, wrong) = refreshed(&store, &repository, Some(kept), Refresh::Changed).await;
        assert_eq!((&stale.rows().runners[0], wrong), (&first, None), "it is not read");
        let (right, wrong) = refreshed(&store, &repository, Some(stale), Refresh::Compared).await;
        assert!(wrong.expect("noticed").contains(&first.id.to_string()));
        assert_ne!(right.rows().runners[0], first, "and what is right goes on");
        let (_, wrong) = refreshed(&store, &repository, Some(right), Refresh::Compared).await;
        assert_eq!(wrong, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_stand_in_the_feed_twice_or_in_another_order_change_nothing() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let pool = pool(&store, &repository, 9).await;
        let (kept, _) = refreshed(&store, &repository, None, Refresh::Changed).await;
        let runner = runner(&pool);
        store.insert_runner(runner.clone(), None).await.expect("room");
        store
            .record_job(JobFact { queued_at: Some(Clock::System.now()), ..report(&repository, JobStatus::Queued, "") })
            .await
            .expect("answers");
        store.delete_runner(runner.id).await.expect("goes");
        sql(&store, "INSERT INTO changes (kind, op, key, entity_id) SELECT kind, op, key, entity_id FROM changes ORDER BY seq DESC").await;
        let (kept, wrong) = refreshed(&store, &repository, Some(kept), Refresh::Compared).await;
        assert_eq!((wrong, kept.rows().jobs.len(), kept.rows().runners.len()), (None, 1, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_is_far_behind_or_ahead_of_the_database_is_read_whole() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let pool = pool(&store, &repository, 9).await;
        store.insert_runner(runner(&pool), None).await.expect("room");
        let (kept, _) = refreshed(&store, &repository, None, Refresh::Changed).await;
        let flip = format!("UPDATE runners SET token_fetched = NOT token_fetched WHERE entity_id = '{}'", repository.id);
        sql(&store, &flip).await;
        // Of another entity, so that none of them names the row.
        sql(
            &store,
            "INSERT INTO changes (kind, op, key) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5001)
             SELECT 'instance', 'update', 'none' FROM n",
        )
        .await;
        let before = kept.rows().runners[0].token_fetched;
        let (kept, _) = refreshed(&store, &repository, Some(kept), Refresh::Changed).await;
        assert_ne!(kept.rows().runners[0].token_fetched, before, "5,001 changes behind");
        // As when a copy of the database is put back.
        sql(&store, &format!("DELETE FROM changes; {flip}")).await;
        let (kept, _) = refreshed(&store, &repository, Some(kept), Refresh::Changed).await;
        assert_eq!(kept.rows().runners[0].token_fetched, before, "ahead");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_another_entity_of_the_same_kind_tells_of_leaves_the_view_of_the_first() {
    on_each(async |store| {
        let (first, second) = (entity(&store, "hello").await, entity(&store, "renamed").await);
        for entity in [&first, &second] {
            pool(&store, entity, 9).await;
        }
        store.record_job(report(&first, JobStatus::Queued, "")).await.expect("stored");
        let (kept, _) = refreshed(&store, &first, None, Refresh::Changed).await;
        assert_eq!(kept.rows().jobs.len(), 1);
        let fact = JobFact { entity: second.id, ..report(&first, JobStatus::InProgress, "") };
        assert!(matches!(store.record_job(fact).await.expect("stored"), Recorded::Stored(_)));
        let (kept, wrong) = refreshed(&store, &first, Some(kept), Refresh::Compared).await;
        assert_eq!((kept.rows().jobs.len(), wrong), (0, None));
        let (of_second, _) = refreshed(&store, &second, None, Refresh::Changed).await;
        assert_eq!(of_second.rows().jobs.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entity_hears_of_a_job_that_lost_its_machine_though_another_entity_has_the_job() {
    on_each(async |store| {
        let (first, second) = (entity(&store, "hello").await, entity(&store, "renamed").await);
        let own = pool(&store, &first, 9).await;
        pool(&store, &second, 9).await;
        let runner = runner(&own);
        store.insert_runner(runner.clone(), None).await.expect("room");
        let tell = async |entity: &Entity, status| {
            let fact = JobFact { entity: entity.id, ..report(&first, status, runner.name.as_str()) };
            let Recorded::Stored(id) = store.record_job(fact).await.expect("stored") else { panic!("a pool fits") };
            id
        };
        let id = tell(&first, JobStatus::InProgress).await;
        store.note_loss(id, first.id, losses::loss(&own)).await.expect("noted");
        tell(&second, JobStatus::InProgress).await;
        let (kept, _) = refreshed(&store, &first, None, Refresh::Changed).await;
        let remark = JobRemark {
            job: id,
            status: JobStatus::InProgress,
            at: store.find_job(id).await.expect("answers").expect("there").updated_at,
            reason: Some(Reason::HeldBack),
        };
        store.set_reasons(vec![remark], Vec::new()).await.expect("written by the other");
        let (kept, wrong) = refreshed(&store, &first, Some(kept), Refresh::Compared).await;
        assert_eq!((kept.rows().lost.len(), wrong), (1, None), "a remark of the other");
        tell(&second, JobStatus::Completed).await;
        let (kept, wrong) = refreshed(&store, &first, Some(kept), Refresh::Compared).await;
        assert_eq!((kept.rows().lost[0].job.status, wrong), (JobStatus::Completed, None));
    })
    .await;
}
