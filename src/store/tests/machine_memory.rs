//! The memory of machines, as changes of runners write it, on each database.

use super::*;
use crate::model::Job;

/// A runner that is made for a job if there is one, gets its machine, and is ended by `end`.
async fn machine(
    store: &Store,
    pool: &Pool,
    job: Option<&Job>,
    end: impl FnOnce(Runner) -> Result<Runner, crate::model::Refusal> + Send + 'static,
) {
    let made_for = job.map(|job| job.workflow_job_id);
    let runner = runner(pool).wanted(made_for, Reason::ForMinimumIdle);
    assert!(store.insert_runner(runner.clone(), job.map(|job| job.id)).await.expect("room"));
    let id = runner.id;
    store.update_runner(id, |runner| runner.creation_begun(0, Timestamp::EPOCH)).await.expect("begun");
    store.update_runner(id, |runner| runner.machine_found(None)).await.expect("made");
    store.update_runner(id, end).await.expect("ended");
    store.delete_runner(id).await.expect("gone");
}

async fn pool_of(store: &Store, pool: &Pool) -> Pool {
    store.find_pool(pool.id).await.expect("answers").expect("there")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_remembers_its_machines_after_their_rows_are_gone() {
    on_each(async |store| {
        let repository = entity(&store, "remembers").await;
        let pool = pool(&store, &repository, 9).await;
        for _ in 0..2 {
            machine(&store, &pool, None, |runner| runner.marked_for_deletion(Reason::BootTimeout)).await;
        }
        machine(&store, &pool, None, |runner| runner.marked_for_deletion(Reason::Requested)).await;
        let events = async || store.list_entity_events(repository.id).await.expect("answers").len();
        let before = events().await;
        let memory = pool_of(&store, &pool).await.memory;
        assert_eq!(
            (memory.made, memory.served, memory.in_vain.in_a_row, memory.in_vain.pause),
            (3, 0, 2, 0),
            "a person's wish says nothing"
        );
        machine(&store, &pool, None, |runner| runner.marked_for_deletion(Reason::Offline)).await;
        let memory = pool_of(&store, &pool).await.memory;
        assert_eq!((memory.made, memory.in_vain.in_a_row, memory.in_vain.pause), (4, 3, 1));
        assert_eq!(memory.useless.values().sum::<u64>(), 3);
        assert_eq!(events().await, before + 1, "the pause is told");
        let Recorded::Stored(job) = store.record_job(report(&repository, JobStatus::Queued, "")).await.expect("answers") else {
            panic!("a pool fits")
        };
        machine(&store, &pool, None, move |runner| runner.job_over(job)).await;
        let memory = pool_of(&store, &pool).await.memory;
        assert_eq!((memory.made, memory.served, memory.in_vain.in_a_row, memory.in_vain.pause), (5, 1, 0, 0));
        assert_eq!(events().await, before + 2, "and its end");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_remembers_which_repositories_its_runner_group_is_closed_to() {
    on_each(async |store| {
        let repository = entity(&store, "groups").await;
        let (first, second) = (pool(&store, &repository, 9).await, pool(&store, &repository, 9).await);
        let events = async || store.list_entity_events(repository.id).await.expect("answers").len();
        let before = events().await;
        let tell = async |closed: &[&Pool]| {
            let closed = closed.iter().map(|pool| pool.id).collect();
            store.set_closed_groups(repository.id, "octo/hello".into(), closed).await.expect("noted");
            let is_closed = async |pool: &Pool| pool_of(&store, pool).await.memory.is_closed_to("octo/hello", store.clock().now());
            (is_closed(&first).await, is_closed(&second).await, events().await - before)
        };
        assert_eq!(tell(&[]).await, (false, false, 0));
        assert_eq!(tell(&[&first]).await, (true, false, 1));
        assert_eq!(tell(&[&first]).await, (true, false, 1), "no news");
        assert_eq!(tell(&[&second]).await, (false, true, 3));
        let changed = store.update_pool(second.id, |pool| {
            pool.priority = 3;
            Ok(())
        });
        changed.await.expect("changed");
        assert!(!pool_of(&store, &second).await.memory.is_closed_to("octo/hello", store.clock().now()), "a person changed the pool");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_remembers_the_machines_that_did_not_take_it_until_a_pool_is_changed() {
    on_each(async |store| {
        let repository = entity(&store, "job").await;
        let pool = pool(&store, &repository, 9).await;
        let Recorded::Stored(id) = store.record_job(report(&repository, JobStatus::Queued, "")).await.expect("answers") else {
            panic!("a pool fits")
        };
        let job = async || store.find_job(id).await.expect("answers").expect("there");
        assert_eq!(job().await.memory, None);
        machine(&store, &pool, Some(&job().await), |runner| runner.marked_for_deletion(Reason::Requested)).await;
        assert_eq!(job().await.memory.map(|memory| memory.machines), Some(0), "a person sent it away: the forge is asked next time");
        for _ in 0..2 {
            machine(&store, &pool, Some(&job().await), |runner| runner.marked_for_deletion(Reason::IdleSurplus)).await;
        }
        let memory = job().await.memory.expect("two machines in vain");
        assert_eq!((memory.machines, memory.another_chance), (2, false));
        let of_entity = store.entity_view(repository.id).await.expect("answers").expect("there").jobs;
        assert_eq!(of_entity[0].memory.as_ref(), Some(&memory));
        assert_eq!(pool_of(&store, &pool).await.memory.in_vain.in_a_row, 0, "an idle runner says nothing against its pool");
        store
            .update_pool(pool.id, |pool| {
                pool.image = "mended".into();
                Ok(())
            })
            .await
            .expect("changed");
        assert!(job().await.memory.expect("kept").another_chance);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runner_that_vanished_no_longer_counts_as_made_in_vain_once_the_forge_names_it() {
    on_each(async |store| {
        let repository = entity(&store, "vanishes").await;
        let elsewhere = entity(&store, "elsewhere").await;
        let pool = pool(&store, &repository, 9).await;
        let tell = async |entity: &Entity, number: i64, status: JobStatus, name: &str| {
            let fact = JobFact { workflow_job_id: number, ..report(entity, status, name) };
            let (Recorded::Stored(id) | Recorded::Late(id) | Recorded::Unmatched(id)) = store.record_job(fact).await.expect("answers")
            else {
                panic!("a fact about a job")
            };
            id
        };
        let id = tell(&repository, 1, JobStatus::Queued, "").await;
        let job = async || store.find_job(id).await.expect("answers").expect("there");
        let machines = async || job().await.memory.map_or(0, |memory| memory.machines);
        let in_a_row = async || pool_of(&store, &pool).await.memory.in_vain.in_a_row;
        let vanish = async || {
            let runner = runner(&pool).wanted(Some(1), Reason::ForMinimumIdle);
            assert!(store.insert_runner(runner.clone(), Some(id)).await.expect("room"));
            store.update_runner(runner.id, |runner| runner.creation_begun(0, Timestamp::EPOCH)).await.expect("begun");
            store.update_runner(runner.id, |runner| runner.machine_found(None)).await.expect("made");
            store.update_runner(runner.id, |runner| runner.reported(Some(RunnerStatus::Idle), None, "")).await.expect("ready");
            store.update_runner(runner.id, |runner| runner.marked_for_deletion(Reason::GoneAtForge)).await.expect("vanished");
            runner
        };
        let (first, second) = (vanish().await, vanish().await);
        store.delete_runner(second.id).await.expect("gone");
        assert_eq!((machines().await, in_a_row().await), (2, 2));
        tell(&elsewhere, 2, JobStatus::Completed, first.name.as_str()).await;
        tell(&repository, 3, JobStatus::Completed, "another").await;
        assert_eq!((machines().await, in_a_row().await), (2, 2), "not for the word of another entity, nor for another name");
        for (runner, left) in [(&second, 1), (&second, 1), (&first, 0)] {
            // The row of the first one is still there.
            tell(&repository, 4, JobStatus::Completed, runner.name.as_str()).await;
            assert_eq!((machines().await, in_a_row().await), (left, 0), "once for each");
        }
        assert_eq!(pool_of(&store, &pool).await.memory.served, 2);
        let third = vanish().await;
        store.forget_jobs(Duration::from_hours(24)).await.expect("answers");
        tell(&repository, 5, JobStatus::InProgress, third.name.as_str()).await;
        assert_eq!(machines().await, 0, "a name is kept for a while");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_that_another_entity_made_for_a_job_count_for_this_one_too() {
    on_each(async |store| {
        let one = entity(&store, "one").await;
        let at = EntityRef { kind: EntityKind::Organization, owner: "octo".into(), name: String::new() };
        let credentials = store.find_credentials(one.credentials_id).await.expect("answers").expect("there");
        let other = store.create_entity(NewEntity { at, ..new_entity("other", &credentials) }).await.expect("made");
        let (pool_of_one, pool_of_other) = (pool(&store, &one, 9).await, pool(&store, &other, 9).await);
        let Recorded::Stored(id) = store.record_job(report(&one, JobStatus::Queued, "")).await.expect("answers") else {
            panic!("a pool fits")
        };
        let number = store.find_job(id).await.expect("answers").expect("there").workflow_job_id;
        let memory = async |of: &Entity| {
            let jobs = store.entity_view(of.id).await.expect("answers").expect("there").jobs;
            jobs.first().and_then(|job| job.memory.as_ref().map(|memory| (memory.machines, memory.last_at)))
        };
        let made = |pool: &Pool| runner(pool).wanted(Some(number), Reason::ForMinimumIdle);
        for pool in [&pool_of_one, &pool_of_other] {
            let runner = made(pool);
            assert!(store.insert_runner(runner.clone(), None).await.expect("room"));
            store.update_runner(runner.id, |runner| runner.creation_begun(0, Timestamp::EPOCH)).await.expect("begun");
            store.update_runner(runner.id, |runner| runner.machine_found(None)).await.expect("made");
        }
        assert_eq!(memory(&one).await, None, "its own machines it sees itself, and the other one did not report the job");
        let fact = report(&other, JobStatus::Queued, "");
        assert_eq!(store.record_job(fact).await.expect("answers"), Recorded::Stored(id), "both report it");
        let there = store.list_runners(RunnerFilter { entity: Some(other.id), set: None }).await.expect("answers").remove(0);
        assert_eq!(memory(&one).await, Some((1, there.runner_status_at)));
        store.update_runner(there.id, move |runner| runner.job_began(id)).await.expect("begun");
        assert_eq!(memory(&one).await.map(|(machines, _)| machines), Some(0), "it works, for whichever job");
    })
    .await;
}
