//! Units that touch the same rows at once: none waits for another that waits for it.

use std::sync::mpsc;

use diesel::prelude::*;

use super::*;
use crate::store::conn::load_locked;
use crate::store::schema::jobs;

/// A job that waits, and a machine made for it.
async fn job_with_machine(store: &Store, repository: &Entity, pool: &Pool, number: i64) -> (JobId, Runner) {
    let fact = JobFact { workflow_job_id: number, ..report(repository, JobStatus::Queued, "") };
    let Recorded::Stored(job) = store.record_job(fact).await.expect("answers") else { panic!("a pool fits") };
    let runner = runner(pool).wanted(Some(number), Reason::ForMinimumIdle);
    assert!(store.insert_runner(runner.clone(), Some(job)).await.expect("room"));
    store.update_runner(runner.id, |runner| runner.creation_begun(0, Timestamp::EPOCH)).await.expect("begun");
    store.update_runner(runner.id, |runner| runner.machine_found(None)).await.expect("made");
    (job, runner)
}

/// Answers also when the unit was refused, because another one of the same time came first.
fn is_judged<T>(result: Result<T, Error>) {
    if let Err(fault) = result {
        assert!(!matches!(fault, Error::Database(_)), "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_of_a_job_is_written_while_another_unit_holds_the_job() {
    // SQLite and the database in memory have one writer.
    let Some(server) = TestDatabase::create().await else { return skipped("GARM_TEST_POSTGRES is not set") };
    let store = Store::open(Database::Postgres(server.settings()), sealer(), Clock::System, first_endpoints()).await.expect("opens");
    let repository = entity(&store, "hello").await;
    let pool = pool(&store, &repository, 9).await;
    let (job, runner) = job_with_machine(&store, &repository, &pool, 7).await;

    let (held, is_held) = tokio::sync::oneshot::channel();
    let (end, may_end) = mpsc::channel::<()>();
    let holder = store.clone();
    let holder = tokio::spawn(async move {
        let unit = holder.write(move |tx| {
            let _row: Vec<i64> = load_locked!(&mut tx.conn, jobs::table.find(job.0).select(jobs::id))?;
            held.send(()).expect("the test waits");
            may_end.recv().expect("the test says so");
            Ok(())
        });
        unit.await
    });
    is_held.await.expect("held");
    // A wait for the holder would end with the time limit for locks.
    store.update_runner(runner.id, |runner| runner.marked_for_deletion(Reason::BootTimeout)).await.expect("written beside");
    end.send(()).expect("it waits");
    holder.await.expect("ends").expect("committed");
    let memory = store.find_job(job).await.expect("answers").expect("there").memory;
    assert_eq!(memory.map(|memory| memory.machines), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn units_that_touch_the_same_rows_at_once_all_end() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let pool = pool(&store, &repository, 200).await;
        for number in 1..=40 {
            let (job, ending) = job_with_machine(&store, &repository, &pool, number).await;
            let waiting = runner(&pool);
            assert!(store.insert_runner(waiting.clone(), None).await.expect("room"));
            let in_progress = JobFact { workflow_job_id: number, ..report(&repository, JobStatus::InProgress, &ending.name.0) };
            let at = store.find_job(job).await.expect("answers").expect("there").updated_at;
            let of_job = JobRemark { job, status: JobStatus::Queued, at, reason: Some(Reason::AskingForge) };
            let of_runners = [&waiting, &ending].map(|runner| RunnerRemark { runner: runner.id, at, reason: Reason::ForMinimumIdle });
            let (ended, begun, taken_up, changed, remarked) = tokio::join!(
                store.update_runner(ending.id, |runner| runner.marked_for_deletion(Reason::BootTimeout)),
                store.record_job(in_progress),
                store.update_runner(waiting.id, |runner| runner.marked_for_deletion(Reason::BootTimeout)),
                store.update_pool(pool.id, move |pool| {
                    pool.runner_group = format!("group {number}");
                    pool.tags = vec!["self-hosted".into(), format!("label-{number}")];
                    Ok(())
                }),
                store.set_reasons(vec![of_job], of_runners.into()),
            );
            is_judged(ended);
            is_judged(begun);
            is_judged(taken_up);
            is_judged(changed);
            is_judged(remarked);
        }
    })
    .await;
}
