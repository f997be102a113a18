//! What a forge's log of deliveries brings up, and what becomes of it.

use super::*;
use crate::model::{DeliveryHead, DeliveryVerdict, EntityId, LogPlace, LoggedDelivery, ReceivedDelivery};

const HOOK: i64 = 4;

fn entry(guid: &str, action: &str, delivered_at: Timestamp, is_accepted: bool) -> LoggedDelivery {
    let id = i64::try_from(guid.len()).expect("short");
    LoggedDelivery { id, guid: guid.into(), delivered_at, is_accepted, event: "workflow_job".into(), action: action.into() }
}

async fn comes_in(store: &Store, guid: &str, at: Timestamp, signed: bool) {
    let head = DeliveryHead { guid: Some(guid.into()), hook_id: Some(HOOK), event: "workflow_job".into(), ..DeliveryHead::default() };
    let received = ReceivedDelivery { head, action: "queued".into(), job: None, entity: None, place: String::new(), at };
    store.record_delivery(received, signed, DeliveryVerdict::NotWanted, String::new()).await.expect("recorded");
}

async fn asked_for(store: &Store, task: LeasedTask) -> Vec<(String, u32)> {
    let found = store.due_redeliveries(task, 100).await.expect("read");
    found.due.into_iter().map(|delivery| (delivery.guid, delivery.asked)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_or_never_came_is_to_be_delivered_again_jobs_first() {
    on_each(async |store| {
        let task = LeasedTask::ReadLog(entity(&store, "hello").await.id);
        let now = Clock::System.now();
        let ago = |minutes: u64| now.before(Duration::from_mins(minutes));
        let since = ago(60);
        // With an empty record nothing is known of what was accepted.
        let accepted = vec![entry("accepted", "queued", ago(30), true)];
        assert_eq!(store.take_in_log(task, LogPlace::default(), HOOK, accepted.clone(), since).await.expect("taken in"), 0);
        comes_in(&store, "first", ago(40), true).await;
        comes_in(&store, "came", ago(20), true).await;
        comes_in(&store, "forged", ago(20), false).await;
        let page = vec![
            entry("ended", "completed", ago(10), false),
            entry("came", "queued", ago(20), false),
            entry("forged", "queued", ago(20), false),
            entry("accepted", "queued", ago(30), true),
            entry("before the record", "queued", ago(45), true),
            entry("too old", "queued", ago(61), false),
        ];
        let place = LogPlace { hook: Some(HOOK), read_to: Some(now), ..LogPlace::default() };
        assert_eq!(store.take_in_log(task, place.clone(), HOOK, page.clone(), since).await.expect("taken in"), 3);
        assert_eq!(store.take_in_log(task, place.clone(), HOOK, page, since).await.expect("taken in"), 0, "the same page again");
        let expected = [("accepted", 0), ("forged", 0), ("ended", 0)].map(|(guid, asked)| (guid.to_owned(), asked));
        assert_eq!(asked_for(&store, task).await, expected);
        assert_eq!(store.log_place(task).await.expect("read"), Some(place));
        assert_eq!(store.log_place(LeasedTask::Reconcile(EntityId(random::uuid()))).await.expect("read"), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_asked_for_until_it_came_in_or_was_asked_for_often_enough() {
    on_each(async |store| {
        let hello = entity(&store, "hello").await;
        let task = LeasedTask::ReadLog(hello.id);
        let now = Clock::System.now();
        let page = vec![entry("never", "queued", now, false), entry("late", "queued", now, false)];
        store.take_in_log(task, LogPlace::default(), HOOK, page.clone(), now).await.expect("taken in");
        let ask = async |guid: &str, arrives_by| {
            store.ask_redelivery(task, guid.into(), arrives_by, LogPlace::default()).await.expect("noted");
        };
        let later = now.after(Duration::from_hours(1));
        ask("never", later).await;
        ask("late", later).await;
        let found = store.due_redeliveries(task, 100).await.expect("read");
        assert_eq!((found.due.len(), found.next_at, found.missing), (0, Some(later), 0));
        comes_in(&store, "late", now, true).await;
        for asked in 2..=ASKED_MAX {
            ask("never", now).await;
            let found = store.due_redeliveries(task, 100).await.expect("read");
            assert_eq!((found.arrived, found.missing), (usize::from(asked == 2), 1));
            assert_eq!((found.due.len(), found.given_up), if asked < ASKED_MAX { (1, 0) } else { (0, 1) });
        }
        store.take_in_log(task, LogPlace::default(), HOOK, page, now).await.expect("taken in");
        assert_eq!(store.due_redeliveries(task, 100).await.expect("read"), DueRedeliveries::default(), "the log cannot bring it up again");
        store.delete_entity(hello.id).await.expect("goes");
        assert_eq!(store.log_place(task).await.expect("read"), None);
    })
    .await;
}
