//! Texts that come from outside are kept whatever is in them: a text that one database refused would be sent or tried again and again.

use super::*;

const WITH_NUL: &str = "one\0two";
const KEPT: &str = "one\u{fffd}two";

#[tokio::test(flavor = "multi_thread")]
async fn a_nul_in_a_word_of_others_loses_neither_a_delivery_nor_a_report_nor_a_fault() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let pool = pool(&store, &repository, 2).await;
        let fact = JobFact {
            name: WITH_NUL.into(),
            conclusion: WITH_NUL.into(),
            run_url: WITH_NUL.into(),
            ..report(&repository, JobStatus::Queued, WITH_NUL)
        };
        let Recorded::Stored(id) = store.record_job(fact).await.expect("stored") else { panic!("a pool fits") };
        let job = store.find_job(id).await.expect("answers").expect("there");
        assert_eq!([job.name.as_str(), &job.conclusion, &job.run_url, &job.runner_name], [KEPT; 4]);

        let machine = with(&runner(&pool), |record| {
            record.fault = WITH_NUL.into();
            record.os_name = WITH_NUL.into();
        });
        assert!(store.insert_runner(machine.clone(), None).await.expect("room"));
        store.add_runner_message(machine.id, EventLevel::Info, WITH_NUL.into()).await.expect("kept");
        let read = store.find_runner(machine.id).await.expect("answers").expect("there");
        assert_eq!((read.fault.as_str(), read.os_name.as_str()), (KEPT, KEPT));
        let messages = store.status_messages(vec![machine.id]).await.expect("answers");
        assert_eq!(messages[&machine.id].iter().map(|said| said.message.as_str()).collect::<Vec<_>>(), [KEPT]);

        store.add_entity_event(repository.id, EventLevel::Error, WITH_NUL.into()).await.expect("kept");
        store.set_entity_failure(repository.id, Some(WITH_NUL.into())).await.expect("kept");
        let read = store.find_entity(repository.id).await.expect("answers").expect("there");
        assert_eq!(read.failure.as_deref(), Some(KEPT));
        assert!(store.find_user_by_login(WITH_NUL).await.expect("answers").is_none());
        assert!(store.find_endpoint(&EndpointName::from(WITH_NUL)).await.expect("answers").is_none());
        assert!(store.find_credentials_by_name(WITH_NUL).await.expect("answers").is_none());
        assert!(store.find_runner_by_name(&RunnerName::from(WITH_NUL)).await.expect("answers").is_none());
        let filter = EntityFilter { owner: WITH_NUL.into(), name: WITH_NUL.into(), endpoint: WITH_NUL.into(), kind: None };
        assert!(store.list_entities(filter).await.expect("answers").is_empty());
        let at = EntityRef { kind: EntityKind::Repository, owner: WITH_NUL.into(), name: WITH_NUL.into() };
        assert!(store.set_entity_place(repository.id, 7, at).await.expect("kept"));
        assert_eq!(store.find_entity(repository.id).await.expect("answers").expect("there").at.path(), format!("{KEPT}/{KEPT}"));
    })
    .await;
}
