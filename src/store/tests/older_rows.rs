//! Rows of older versions, which kept values as they were typed: they are mended when they are read.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn labels_prefixes_and_addresses_of_older_rows_are_read_in_the_form_of_today() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let typed = Pool {
            id: PoolId(random::uuid()),
            tags: vec![" gpu".into(), "large\n".into(), "a,b".into()],
            runner_prefix: "-build_farm".into(),
            ..pool(&store, &repository, 1).await
        };
        let kept = store.create_pool(typed).await.expect("made");
        let read = store.find_pool(kept.id).await.expect("answers").expect("there");
        assert_eq!((read.tags.join("|").as_str(), read.runner_prefix.as_str()), ("gpu|large|a|b", "build-farm"));
        assert!(store.list_pools(None).await.expect("answers").iter().any(|pool| pool.tags == read.tags));
        let same = store
            .update_pool(kept.id, |pool| {
                pool.max_runners = 2;
                Ok(())
            })
            .await
            .expect("there");
        assert_eq!((same.tags, same.generation), (read.tags, 0), "to mend is no change");
        let prefix = Pool { id: PoolId(random::uuid()), runner_prefix: "__".into(), ..read_pool(&store, kept.id).await };
        let prefix = store.create_pool(prefix).await.expect("made").id;
        assert_eq!(read_pool(&store, prefix).await.runner_prefix, Pool::DEFAULT_PREFIX);

        let endpoint = Endpoint {
            name: EndpointName::from("typed"),
            base_url: " https://Forge.Example.org:443/\n".into(),
            ..first_endpoints().remove(0)
        };
        store.create_endpoint(endpoint).await.expect("made");
        let read = store.find_endpoint(&EndpointName::from("typed")).await.expect("answers").expect("there");
        assert_eq!(read.base_url, "https://forge.example.org");
        store
            .update_controller(|controller| {
                controller.callback_url = "https://Garm.example.org/callbacks/\n".into();
                Ok(())
            })
            .await
            .expect("changed");
        assert_eq!(store.controller().await.expect("there").callback_url, "https://garm.example.org/callbacks");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_asks_for_more_than_a_runner_can_have_is_not_kept_and_repeated_labels_are_kept_once() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        pool(&store, &repository, 1).await;
        let fact = |labels: Vec<String>| JobFact { labels, ..report(&repository, JobStatus::Queued, "") };
        let many = (0..60_000).map(|number| format!("l{number}")).collect();
        assert!(matches!(store.record_job(fact(many)).await.expect("answers"), Recorded::Unfit(_)));
        let stored = store.record_job(fact(vec!["linux".into(); 60_000])).await.expect("answers");
        let Recorded::Stored(id) = stored else { panic!("{stored:?}") };
        assert_eq!(store.find_job(id).await.expect("answers").expect("there").labels, ["linux"]);
    })
    .await;
}

async fn read_pool(store: &Store, id: PoolId) -> Pool {
    store.find_pool(id).await.expect("answers").expect("there")
}
