//! Texts that come from outside are kept whatever is in them: a text that one database refused would be sent or tried again and again.

use super::*;
use crate::model::{
    Address, AddressKind, DeliveryHead, DeliveryVerdict, ListedRepository, ListingPlace, LogPlace, LoggedDelivery, ProviderMachine,
    ReceivedDelivery,
};

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
            // Only a machine that is there has told its system.
            record.status = InstanceStatus::Running;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_nul_in_a_delivery_is_kept_as_another_character_and_its_id_is_found_again() {
    on_each(async |store| {
        let now = Clock::System.now();
        let received = || ReceivedDelivery {
            head: DeliveryHead {
                guid: Some(WITH_NUL.into()),
                hook_id: Some(4),
                target: WITH_NUL.into(),
                target_id: None,
                event: WITH_NUL.into(),
            },
            action: WITH_NUL.into(),
            job: None,
            entity: None,
            place: WITH_NUL.into(),
            at: now,
        };
        for _ in 0..2 {
            store.record_delivery(received(), true, DeliveryVerdict::NotWanted, WITH_NUL.into()).await.expect("recorded");
        }
        let filter = DeliveryFilter { entity: WITH_NUL.into(), event: WITH_NUL.into(), ..DeliveryFilter::default() };
        let [kept] = &store.list_deliveries(filter, 9).await.expect("listed")[..] else { panic!("one row for both") };
        let head = &kept.received.head;
        let words = [head.guid.as_deref().expect("it has one"), &head.target, &head.event, &kept.received.action, &kept.received.place];
        assert_eq!((words, kept.reason.as_str()), ([KEPT; 5], KEPT));

        let task = LeasedTask::ReadLog(entity(&store, "hello").await.id);
        let entry = |guid: &str| LoggedDelivery {
            id: 1,
            guid: guid.into(),
            delivered_at: now,
            is_accepted: false,
            event: WITH_NUL.into(),
            action: WITH_NUL.into(),
        };
        let page = vec![entry(WITH_NUL), entry("lost\0one")];
        for new in [1, 0] {
            let taken = store.take_in_log(task, LogPlace::default(), 4, page.clone(), now.before(Duration::from_hours(1))).await;
            assert_eq!(taken.expect("taken in"), new, "the other one came in");
        }
        let due = store.due_redeliveries(task, 9).await.expect("read").due;
        assert_eq!(due.iter().map(|delivery| delivery.guid.as_str()).collect::<Vec<_>>(), ["lost\u{fffd}one"]);
        store.ask_redelivery(task, "lost\0one".into(), now, LogPlace::default()).await.expect("noted");
        assert_eq!(store.due_redeliveries(task, 9).await.expect("read").due[0].asked, 1);
        store.give_up_redelivery(task, "lost\0one".into()).await.expect("noted");
        assert!(store.due_redeliveries(task, 9).await.expect("read").due.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nul_in_what_is_told_of_machines_and_repositories_is_kept_as_another_character() {
    on_each(async |store| {
        let hello = entity(&store, "hello").await;
        let pool = pool(&store, &hello, 2).await;
        let machine = runner(&pool);
        assert!(store.insert_runner(machine.clone(), None).await.expect("room"));
        store.update_runner(machine.id, |runner| runner.creation_begun(0, Timestamp::EPOCH)).await.expect("begun");
        let found = ProviderMachine {
            provider_id: WITH_NUL.into(),
            name: machine.name.clone(),
            status: InstanceStatus::Running,
            os_name: WITH_NUL.into(),
            os_version: WITH_NUL.into(),
            addresses: vec![Address { address: WITH_NUL.into(), kind: AddressKind::Public }],
        };
        store.update_runner(machine.id, |runner| runner.machine_found(Some(found))).await.expect("made");
        let read = store.find_runner(machine.id).await.expect("answers").expect("there");
        assert_eq!((read.provider_id.as_deref(), read.addresses[0].address.as_str()), (Some(KEPT), KEPT));

        store.keep_install_log(machine.id, WITH_NUL.into()).await.expect("kept");
        let failed = |runner: Runner| runner.reported(Some(RunnerStatus::Failed), None, WITH_NUL);
        store.report_status(machine.id, EventKind::Status, EventLevel::Error, WITH_NUL.into(), failed).await.expect("reported");
        let autopsy = store.find_autopsy(&machine.id.to_string()).await.expect("answers").expect("it failed");
        assert_eq!((autopsy.log.as_str(), autopsy.fault.as_str(), autopsy.messages[0].message.as_str()), (KEPT, KEPT, KEPT));
        assert!(store.find_autopsy(WITH_NUL).await.expect("answers").is_none());

        let task = LeasedTask::ListJobs(hello.id);
        let told = ListedRepository { number: 2, owner: WITH_NUL.into(), name: WITH_NUL.into(), pushed_at: None };
        for _ in 0..2 {
            store.keep_repositories(task, vec![told.clone()], ListingPlace::default()).await.expect("kept");
        }
        let [listed] = &store.watched_repositories(task).await.expect("read")[..] else { panic!("one row") };
        assert_eq!((listed.owner.as_str(), listed.name.as_str()), (KEPT, KEPT));
        let fact = JobFact { repository_number: Some(3), repository_name: WITH_NUL.into(), ..report(&hello, JobStatus::Queued, "") };
        store.record_job(fact).await.expect("recorded");
        let since = Timestamp::EPOCH;
        store.learn_repositories(task, hello.id, EntityKind::Repository, since, ListingPlace::default()).await.expect("learnt");
        assert_eq!(store.watched_repositories(task).await.expect("read").len(), 2);
    })
    .await;
}
