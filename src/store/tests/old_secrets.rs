//! Webhook secrets that were replaced.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_secret_is_good_for_its_time_and_forgotten_then() {
    on_each(async |store| {
        let hello = entity(&store, "hello").await;
        let good = async || {
            let listed = store.list_old_secrets().await.expect("read");
            listed.into_iter().map(|old| (old.entity, expose(&old.secret).to_owned())).collect::<Vec<_>>()
        };
        let replace = async |by: &'static str, overlap: Duration| {
            store.keep_webhook_secret(hello.id, overlap).await.expect("kept");
            let set = move |entity: &mut Entity| {
                entity.webhook_secret = Some(SecretString::from(by));
                Ok(())
            };
            store.update_entity(hello.id, set).await.expect("set");
        };
        replace("second", Duration::from_hours(1)).await;
        assert_eq!(good().await, [(hello.id, "hook secret".to_owned())]);
        replace("third", Duration::from_hours(1)).await;
        assert_eq!(good().await, [(hello.id, "second".to_owned())], "one is kept");
        store.forget_old_secrets().await.expect("forgotten");
        assert_eq!(good().await.len(), 1, "its time is not over");
        let sealed = store.reseal(Reseal::OlderForm, |_| {}).await.expect("looked at");
        assert_eq!((sealed.looked_at, sealed.unopenable.len()), (3, 0), "it is sealed as the others are");
        replace("fourth", Duration::ZERO).await;
        assert!(good().await.is_empty());
        replace("fifth", Duration::from_micros(1)).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
        assert!(good().await.is_empty());
        store.forget_old_secrets().await.expect("forgotten");
        assert_eq!(store.reseal(Reseal::OlderForm, |_| {}).await.expect("looked at").looked_at, 2, "the row is gone");
        store.keep_webhook_secret(hello.id, Duration::from_hours(1)).await.expect("kept");
        store.delete_entity(hello.id).await.expect("goes");
        assert!(good().await.is_empty());
    })
    .await;
}
