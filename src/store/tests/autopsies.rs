//! What is kept of runners that failed, on each database.

use super::*;
use crate::model::{Cause, EventLevel};

async fn runner_of(store: &Store, pool: &Pool) -> RunnerId {
    let runner = runner(pool);
    assert!(store.insert_runner(runner.clone(), None).await.expect("room"));
    store.update_runner(runner.id, |runner| runner.creation_begun(0, Timestamp::EPOCH)).await.expect("begun");
    store.update_runner(runner.id, |runner| runner.machine_found(None)).await.expect("made");
    runner.id
}

async fn fails(store: &Store, id: RunnerId, words: &str) {
    let said = words.to_owned();
    let failed = move |runner: Runner| runner.reported(Some(RunnerStatus::Failed), None, &said);
    store.report_status(id, EventKind::Status, EventLevel::Error, words.to_owned(), failed).await.expect("reported");
}

async fn goes(store: &Store, id: RunnerId, reason: Reason) {
    store.update_runner(id, |runner| runner.marked_for_deletion(reason)).await.expect("marked");
    store.delete_runner(id).await.expect("gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_evidence_of_a_runner_that_failed_stays_when_the_runner_is_gone() {
    on_each(async |store| {
        let repository = entity(&store, "evidence").await;
        let pool = pool(&store, &repository, 9).await;
        let id = runner_of(&store, &pool).await;
        store.keep_install_log(id, "first".into()).await.expect("kept");
        store.keep_install_log(id, "tar: x: Cannot write: No space left on device\0".into()).await.expect("kept");
        fails(&store, id, "failed while extracting the runner (line 9)").await;
        let found = store.find_autopsy(&id.to_string()).await.expect("answers").expect("kept at once");
        assert_eq!((found.cause, found.messages.len()), (Cause::DiskFull, 1));
        goes(&store, id, Reason::RunnerFailed).await;
        let same = store.find_autopsy(found.name.as_str()).await.expect("answers").expect("it stays");
        assert_eq!(same, found, "a runner fails once");
        assert_eq!(same.log, "tar: x: Cannot write: No space left on device\u{fffd}");
        assert_eq!(same.fault, "failed while extracting the runner (line 9)");
        store.keep_install_log(id, "too late".into()).await.expect("nothing is kept of a runner that is gone");
        let causes = store.find_pool(pool.id).await.expect("answers").expect("there").memory.causes;
        assert_eq!(causes.into_iter().collect::<Vec<_>>(), [(Cause::DiskFull, 1)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_a_runner_went_names_the_cause_where_no_words_do() {
    on_each(async |store| {
        let repository = entity(&store, "ways").await;
        let pool = pool(&store, &repository, 99).await;
        let table = [
            (Reason::BootTimeout, Some(Cause::NoCloudInit)),
            (Reason::GoneAtProvider, Some(Cause::Vanished)),
            (Reason::Requested, None),
            (Reason::JobDone, None),
            (Reason::IdleSurplus, None),
        ];
        for (reason, cause) in table {
            let id = runner_of(&store, &pool).await;
            goes(&store, id, reason.clone()).await;
            let found = store.find_autopsy(&id.to_string()).await.expect("answers");
            assert_eq!(found.as_ref().map(|autopsy| autopsy.cause), cause, "{reason}");
            assert!(found.is_none_or(|autopsy| autopsy.reason == reason.to_string()));
        }
        // Its job is over, and the delivery about the job was lost.
        let id = runner_of(&store, &pool).await;
        store.update_runner(id, |runner| runner.reported(Some(RunnerStatus::Idle), None, "")).await.expect("idle");
        goes(&store, id, Reason::GoneAtForge).await;
        assert_eq!(store.find_autopsy(&id.to_string()).await.expect("answers"), None);
        // It reported how far it was, and then no more.
        let id = runner_of(&store, &pool).await;
        let installing = |runner: Runner| runner.reported(Some(RunnerStatus::Installing), None, "");
        store.report_status(id, EventKind::Status, EventLevel::Info, "extracting runner".into(), installing).await.expect("reported");
        goes(&store, id, Reason::BootTimeout).await;
        let found = store.find_autopsy(&id.to_string()).await.expect("answers").expect("kept");
        assert_eq!((found.cause, found.messages[0].message.as_str()), (Cause::TooSlow, "extracting runner"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_of_a_pool_go_first_and_those_of_other_pools_stay() {
    on_each(async |store| {
        let repository = entity(&store, "bounds").await;
        let (quiet, broken) = (pool(&store, &repository, 9).await, pool(&store, &repository, 99).await);
        let first = runner_of(&store, &quiet).await;
        goes(&store, first, Reason::BootTimeout).await;
        let mut last = first;
        for _ in 0..55 {
            last = runner_of(&store, &broken).await;
            goes(&store, last, Reason::GoneAtProvider).await;
        }
        let listed = async |filter| store.list_autopsies(filter).await.expect("answers");
        let of_broken = listed(AutopsyFilter { entity: None, set: Some(broken.id.into()) }).await;
        assert_eq!((of_broken.len(), of_broken[0].runner_id), (50, last), "newest first");
        let of_entity = listed(AutopsyFilter { entity: Some(repository.id), set: None }).await;
        assert_eq!((of_entity.len(), of_entity.last().map(|oldest| oldest.runner_id)), (51, Some(first)));
        store.delete_pool(broken.id).await.expect("it has no runners");
        assert_eq!(listed(AutopsyFilter::default()).await.len(), 1, "they go with their pool");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pause_of_a_pool_names_the_cause() {
    on_each(async |store| {
        let repository = entity(&store, "pause").await;
        let pool = pool(&store, &repository, 9).await;
        for _ in 0..3 {
            let id = runner_of(&store, &pool).await;
            fails(&store, id, "curl: (6) Could not resolve host: forge.test").await;
            goes(&store, id, Reason::RunnerFailed).await;
        }
        let events = store.list_entity_events(repository.id).await.expect("answers");
        let told = &events.last().expect("told").message;
        assert!(told.contains("3 machines in a row were of no use (dns: a name could not be resolved"), "{told}");
        for _ in 0..3 {
            let runner = runner(&pool);
            assert!(store.insert_runner(runner.clone(), None).await.expect("room"));
            store.update_runner(runner.id, |runner| runner.creation_begun(0, Timestamp::EPOCH)).await.expect("begun");
            let fault = "Quota exceeded for cores: Requested 4, but already used 20 of 20 cores".to_owned();
            store.update_runner(runner.id, |runner| runner.creation_failed(None, fault, false, Timestamp::EPOCH)).await.expect("failed");
            assert_eq!(store.find_autopsy(&runner.id.to_string()).await.expect("answers"), None, "it may be made again");
            goes(&store, runner.id, Reason::NotNeeded).await;
            let found = store.find_autopsy(&runner.id.to_string()).await.expect("answers").expect("it could not be made");
            assert_eq!(found.cause, Cause::Quota);
        }
        let events = store.list_entity_events(repository.id).await.expect("answers");
        assert!(events.last().expect("told").message.contains("(quota: "), "{events:?}");
        let causes = store.find_pool(pool.id).await.expect("answers").expect("there").memory.causes;
        assert_eq!(causes.into_iter().collect::<Vec<_>>(), [(Cause::Dns, 3), (Cause::Quota, 3)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_is_held_counts_as_failed_once_and_its_cause_is_known_at_once() {
    on_each(async |store| {
        let repository = entity(&store, "held").await;
        let pool = pool(&store, &repository, 9).await;
        let kept_for = |pool: &mut Pool| {
            pool.keep_failed = Duration::from_hours(2);
            Ok(())
        };
        assert_eq!(store.update_pool(pool.id, kept_for).await.expect("changed").keep_failed, Duration::from_hours(2));
        let until = Timestamp::from_micros(7_000_000);
        for (timed_out, cause) in [(true, Cause::NoCloudInit), (false, Cause::Dns)] {
            let id = runner_of(&store, &pool).await;
            if !timed_out {
                fails(&store, id, "curl: (6) Could not resolve host: forge.test").await;
            }
            let kept = store.update_runner(id, move |runner| runner.kept(until, timed_out)).await.expect("held").expect("there").runner;
            assert_eq!(store.find_runner(id).await.expect("answers"), Some(kept));
            assert_eq!(store.find_autopsy(&id.to_string()).await.expect("answers").map(|autopsy| autopsy.cause), Some(cause));
            goes(&store, id, Reason::KeptLongEnough).await;
        }
        let memory = store.find_pool(pool.id).await.expect("answers").expect("there").memory;
        assert_eq!((memory.in_vain.in_a_row, memory.causes.values().sum::<u64>()), (2, 2));
    })
    .await;
}
