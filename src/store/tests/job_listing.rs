//! The repositories whose jobs are listed.

use super::*;
use crate::model::{EntityId, ListedRepository, ListingPlace, WatchedRepository};
use crate::store::REPOSITORIES_MAX;

fn listed(number: i64, name: &str, minutes: u64) -> ListedRepository {
    let pushed_at = Some(Timestamp::EPOCH.after(Duration::from_mins(minutes)));
    ListedRepository { number, owner: "octo".into(), name: name.into(), pushed_at }
}

fn names(watched: &[WatchedRepository]) -> Vec<&str> {
    watched.iter().map(|repository| repository.name.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn repositories_are_learnt_from_jobs_and_from_lists_and_the_latest_stay() {
    on_each(async |store| {
        let hello = entity(&store, "hello").await;
        let task = LeasedTask::ListJobs(hello.id);
        let place = ListingPlace { calls: 3, ..ListingPlace::default() };
        store.keep_repositories(task, vec![listed(2, "two", 5), listed(3, "three", 9)], place.clone()).await.expect("kept");
        assert_eq!(store.listing_place(task).await.expect("read"), Some(place.clone()));
        assert_eq!(names(&store.watched_repositories(task).await.expect("read")), ["three", "two"], "the latest first");

        let told = JobFact { repository_number: Some(7), repository_name: "seven".into(), ..report(&hello, JobStatus::Queued, "") };
        store.record_job(told).await.expect("recorded");
        let learn =
            async |since| store.learn_repositories(task, hello.id, EntityKind::Repository, since, place.clone()).await.expect("learnt");
        learn(Clock::System.now().after(Duration::from_hours(1))).await;
        assert_eq!(store.watched_repositories(task).await.expect("read").len(), 2, "nothing was heard of since");
        learn(Timestamp::EPOCH).await;
        learn(Timestamp::EPOCH).await;
        assert_eq!(names(&store.watched_repositories(task).await.expect("read")).len(), 3);

        let mut watched = store.watched_repositories(task).await.expect("read");
        let mut two = watched.swap_remove(watched.iter().position(|own| own.number == 2).expect("there"));
        (two.listed_at, two.queued_tag) = (Some(Timestamp::EPOCH.after(Duration::from_hours(1))), Some("W/\"1\"".into()));
        store.note_listing(task, two.clone(), place.clone()).await.expect("noted");
        // A new name, and a push that is older than what is known.
        store.keep_repositories(task, vec![listed(2, "zwei", 1)], place.clone()).await.expect("kept");
        let expected = WatchedRepository { name: "zwei".into(), ..two };
        assert!(store.watched_repositories(task).await.expect("read").contains(&expected));

        let many = (100..).take(REPOSITORIES_MAX).map(|number| listed(number, &format!("r{number}"), 100)).collect();
        store.keep_repositories(task, many, place.clone()).await.expect("kept");
        let watched = store.watched_repositories(task).await.expect("read");
        assert_eq!(watched.len(), REPOSITORIES_MAX);
        assert!(!names(&watched).contains(&"zwei"), "that was active longest ago");

        store.delete_entity(hello.id).await.expect("deleted");
        assert!(store.watched_repositories(task).await.expect("read").is_empty());
        assert_eq!(store.listing_place(task).await.expect("read"), None);
        assert_eq!(store.listing_place(LeasedTask::ListJobs(EntityId(random::uuid()))).await.expect("read"), None);
    })
    .await;
}
