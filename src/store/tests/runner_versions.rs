//! Versions of the runner software, on each database: what rows keep of them, and what a pool remembers of one that gets no jobs.

use super::*;
use crate::model::{Cause, OfferedVersion, RunnerVersion, RunnerVersions};

fn version(minor: u32) -> RunnerVersion {
    RunnerVersion::parse(&format!("2.{minor}.0")).expect("a version")
}

fn later(store: &Store) -> Timestamp {
    store.clock().now().after(Duration::from_hours(1))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runner_keeps_the_version_that_was_handed_out_and_the_one_that_the_forge_lists() {
    on_each(async |store| {
        let repository = entity(&store, "versions").await;
        let pool = pool(&store, &repository, 9).await;
        let runner = runner(&pool);
        let id = runner.id;
        store.insert_runner(runner, None).await.expect("room");
        let versions = async || {
            let row = store.find_runner(id).await.expect("answers").expect("there");
            (row.offered, row.reported, row.version())
        };
        assert_eq!(versions().await, (None, None, None));
        store.update_runner(id, |runner| runner.creation_begun(0, Timestamp::EPOCH)?.installs(Some(version(331)))).await.expect("begun");
        assert_eq!(versions().await, (Some(version(331)), None, Some(version(331))));
        store.update_runner(id, |runner| runner.version_listed(version(330))).await.expect("listed");
        assert_eq!(versions().await, (Some(version(331)), Some(version(330)), Some(version(330))));
        let view = store.entity_view(repository.id).await.expect("answers").expect("there");
        assert_eq!(view.runners[0].version(), Some(version(330)), "the planner sees it, too");
        store.delete_runner(id).await.expect("gone");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runner_keeps_until_when_a_call_of_an_earlier_attempt_may_make_its_machine() {
    on_each(async |store| {
        let repository = entity(&store, "attempts").await;
        let pool = pool(&store, &repository, 9).await;
        let runner = runner(&pool);
        let id = runner.id;
        store.insert_runner(runner, None).await.expect("room");
        let (first, second) = (later(&store), later(&store).after(Duration::from_mins(1)));
        let again =
            move |runner: Runner| runner.creation_failed(None, "no answer".into(), true, first)?.next_attempt()?.creation_begun(0, second);
        store.update_runner(id, move |runner| again(runner.creation_begun(0, first)?)).await.expect("begun again");
        let row = store.find_runner(id).await.expect("answers").expect("there");
        assert_eq!((row.earlier_deadline, row.create_deadline, row.version()), (Some(first), Some(second), None));
        store.update_runner(id, |runner| runner.reported(Some(RunnerStatus::Idle), None, "")).await.expect("it spoke");
        let view = store.entity_view(repository.id).await.expect("answers").expect("there");
        assert_eq!(view.runners[0].may_appear_until(), Some(first), "the planner sees it, too");
        store.delete_runner(id).await.expect("gone");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_forge_offers_and_says_of_versions_is_kept_and_told_in_one_unit() {
    on_each(async |store| {
        let repository = entity(&store, "offers").await;
        pool(&store, &repository, 9).await;
        assert_eq!(store.runner_versions(repository.id).await.expect("answers"), RunnerVersions::default());
        let offered = OfferedVersion { os_type: OsType::Linux, os_arch: OsArch::Amd64, version: version(330) };
        let mut versions = RunnerVersions { offered: vec![offered], ..RunnerVersions::default() };
        versions.answered(version(330), store.clock().now(), Some(later(&store)));
        let told = vec![(EventLevel::Warning, "it ends".to_owned())];
        store.set_tools(repository.id, Vec::new(), versions.clone(), told).await.expect("kept");
        assert_eq!(store.runner_versions(repository.id).await.expect("answers"), versions);
        let settings = store.entity_settings(repository.id).await.expect("answers").expect("there");
        assert_eq!((settings.versions, settings.tools_at.is_some()), (versions, true));
        let events = store.list_entity_events(repository.id).await.expect("answers");
        assert!(events.iter().any(|event| (event.level, event.message.as_str()) == (EventLevel::Warning, "it ends")), "{events:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_gets_no_jobs_pauses_its_pool_until_a_runner_takes_one() {
    on_each(async |store| {
        let repository = entity(&store, "ignored").await;
        let pool = pool(&store, &repository, 9).await;
        let idle = runner(&pool);
        let id = idle.id;
        store.insert_runner(idle, None).await.expect("room");
        store.update_runner(id, |runner| runner.creation_begun(0, Timestamp::EPOCH)?.installs(Some(version(330)))).await.expect("begun");
        store.update_runner(id, |runner| runner.machine_found(None)).await.expect("made");
        store.update_runner(id, |runner| runner.reported(Some(RunnerStatus::Idle), None, "")).await.expect("ready");
        let until = later(&store);
        store.update_runner(id, move |runner| runner.ignored(until)).await.expect("idle");
        let memory = async || store.find_pool(pool.id).await.expect("answers").expect("there").memory;
        let ignored = memory().await.ignored.expect("it is known");
        assert_eq!((ignored.version, ignored.offered, ignored.times, ignored.until), (version(330), Some(version(330)), 1, until));
        assert_eq!(memory().await.causes.get(&Cause::RetiredVersion), Some(&1));
        let events = store.list_entity_events(repository.id).await.expect("answers");
        let told = |level, words: &str| events.iter().any(|event| event.level == level && event.message.contains(words));
        assert!(told(EventLevel::Error, "a runner of version 2.330.0 is connected, and the forge gives it no job"), "{events:?}");

        let Recorded::Stored(job) = store.record_job(report(&repository, JobStatus::Queued, "")).await.expect("answers") else {
            panic!("a pool fits")
        };
        store.update_runner(id, move |runner| runner.job_began(job)).await.expect("it takes a job after all");
        let memory = memory().await;
        assert_eq!((memory.ignored, memory.served_by.map(|(by, _)| by), memory.in_vain.in_a_row), (None, Some(version(330)), 0));
        let events = store.list_entity_events(repository.id).await.expect("answers");
        assert!(events.iter().any(|event| event.message.contains("works again")), "{events:?}");
    })
    .await;
}
