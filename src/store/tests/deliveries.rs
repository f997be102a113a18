//! The record of deliveries: one row for each, copies counted, bounded, filtered.

use super::*;
use crate::model::{Delivery, DeliveryHead, DeliveryVerdict, ReceivedDelivery};

fn received(guid: &str, at: i64) -> ReceivedDelivery {
    let head = DeliveryHead { guid: Some(guid.to_owned()), event: "workflow_job".into(), ..DeliveryHead::default() };
    let now = Clock::System.now().as_micros();
    ReceivedDelivery {
        head,
        action: "queued".into(),
        job: Some(7),
        entity: None,
        place: "Octo/hello".into(),
        at: Timestamp::from_micros(now + at),
    }
}

async fn all(store: &Store) -> Vec<Delivery> {
    store.list_deliveries(DeliveryFilter::default(), 1000).await.expect("listed")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_recorded_with_its_job_and_a_copy_is_counted() {
    on_each(async |store| {
        let (hello, other) = (entity(&store, "hello").await, entity(&store, "other").await);
        pool(&store, &hello, 1).await;
        let first = received("one", 0);
        let of = |entity: &Entity, received: &ReceivedDelivery| ReceivedDelivery { entity: Some(entity.id), ..received.clone() };
        // One receipt that concerns two entities, the first of which has no pool for the job.
        let recorded = store.record_delivered_job(report(&other, JobStatus::Queued, ""), of(&other, &first)).await.expect("recorded");
        assert!(matches!(recorded, Recorded::Unmatched(_)));
        let recorded = store.record_delivered_job(report(&hello, JobStatus::Queued, ""), of(&hello, &first)).await.expect("recorded");
        assert!(matches!(recorded, Recorded::Stored(_)));
        store.record_delivered_job(report(&other, JobStatus::Queued, ""), of(&other, &first)).await.expect("recorded");
        let rows = all(&store).await;
        assert_eq!(
            rows.iter().map(|row| (row.verdict, row.copies, row.received.entity)).collect::<Vec<_>>(),
            [(DeliveryVerdict::Taken, 1, Some(hello.id))]
        );
        let again = received("one", 5);
        store.record_delivered_job(report(&hello, JobStatus::Queued, ""), of(&hello, &again)).await.expect("recorded");
        let rows = all(&store).await;
        assert_eq!((rows.len(), rows[0].copies, rows[0].first_at, rows[0].received.at), (1, 2, first.at, again.at));
        let of_another_hook = ReceivedDelivery { head: DeliveryHead { hook_id: Some(9), ..first.head.clone() }, ..received("one", 7) };
        store.record_delivered_job(report(&hello, JobStatus::Queued, ""), of(&hello, &of_another_hook)).await.expect("recorded");
        let rows = all(&store).await;
        assert_eq!(rows.iter().map(|row| (row.received.head.hook_id, row.copies)).collect::<Vec<_>>(), [(Some(9), 1), (None, 2)]);
        // A stranger cannot touch the row: what is refused has rows of its own.
        store.record_delivery(received("one", 9), false, DeliveryVerdict::Refused, "no".into()).await.expect("recorded");
        assert_eq!(
            all(&store).await.iter().map(|row| (row.verdict, row.copies)).collect::<Vec<_>>(),
            [(DeliveryVerdict::Refused, 1), (DeliveryVerdict::Taken, 1), (DeliveryVerdict::Taken, 2)]
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_filtered_and_the_refused_ones_are_few() {
    on_each(async |store| {
        for number in 0..1100 {
            let refused = received(&format!("stranger {number}"), number);
            store.record_delivery(refused, false, DeliveryVerdict::Refused, "no signature".into()).await.expect("recorded");
        }
        let without_guid = ReceivedDelivery { head: DeliveryHead::default(), job: Some(8), ..received("", 2000) };
        for _ in 0..2 {
            store.record_delivery(without_guid.clone(), true, DeliveryVerdict::NotWanted, String::new()).await.expect("recorded");
        }
        let count = async |filter: DeliveryFilter| store.list_deliveries(filter, 5000).await.expect("listed").len();
        let any = DeliveryFilter::default;
        assert_eq!(count(DeliveryFilter { verdict: Some(DeliveryVerdict::Refused), ..any() }).await, 1000);
        assert_eq!(count(DeliveryFilter { entity: "octo/HELLO".into(), ..any() }).await, 1002);
        assert_eq!(count(DeliveryFilter { entity: "octo".into(), ..any() }).await, 0);
        assert_eq!(count(DeliveryFilter { job: Some(8), ..any() }).await, 2, "they cannot be told apart");
        assert_eq!(count(DeliveryFilter { event: "workflow_job".into(), ..any() }).await, 1000);
        assert_eq!(count(DeliveryFilter { since: Some(without_guid.at), ..any() }).await, 2);
        let rows = store.list_deliveries(any(), 3).await.expect("listed");
        assert_eq!(rows[2].received.head.guid.as_deref(), Some("stranger 1099"));
        let before = store.list_deliveries(DeliveryFilter { before: Some(rows[2].id), ..any() }, 1).await.expect("listed");
        assert_eq!(before[0].received.head.guid.as_deref(), Some("stranger 1098"));
        let old = received("old", -97 * 3600 * 1_000_000);
        store.record_delivery(old, true, DeliveryVerdict::Taken, String::new()).await.expect("recorded");
        assert_eq!(count(DeliveryFilter { verdict: Some(DeliveryVerdict::Taken), ..any() }).await, 0, "too old");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_record_says_why_no_pool_can_ever_fit_a_job() {
    on_each(async |store| {
        let hello = entity(&store, "hello").await;
        pool(&store, &hello, 1).await;
        for (number, labels, why) in [
            (1, (0..150).map(|number| format!("l{number}")).collect(), "more than 100 labels"),
            (2, vec!["linux".to_owned(), "x".repeat(300)], "has 300 bytes; at most 256 are allowed"),
            (3, Vec::new(), "there is no label"),
        ] {
            let fact = JobFact { workflow_job_id: number, labels, ..report(&hello, JobStatus::Queued, "") };
            let received = ReceivedDelivery { entity: Some(hello.id), job: Some(number), ..received(&format!("guid {number}"), number) };
            let recorded = store.record_delivered_job(fact, received).await.expect("recorded");
            assert!(matches!(&recorded, Recorded::Unfit(told) if told.contains(why)), "{recorded:?}");
            let row = all(&store).await.remove(0);
            assert_eq!(row.verdict, DeliveryVerdict::NotWanted);
            assert!(row.reason.starts_with("no runner can have the labels of the job: ") && row.reason.contains(why), "{}", row.reason);
            assert!(row.reason.len() < 300, "{}", row.reason);
        }
        assert!(store.list_jobs(JobFilter::all()).await.expect("listed").is_empty());
    })
    .await;
}
