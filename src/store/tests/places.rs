//! Where entities are at their forge: the name follows the number, and is told once.

use super::*;

fn at(name: &str) -> EntityRef {
    EntityRef { kind: EntityKind::Repository, owner: "octo".into(), name: name.into() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_is_kept_and_told_once_and_never_taken_from_another_entity() {
    on_each(async |store| {
        let one = entity(&store, "hello").await;
        let other = entity(&store, "other").await;
        assert_eq!((&one.at, one.number), (&at("hello"), None));
        let told = async || {
            let events = store.list_entity_events(one.id).await.expect("listed");
            events.into_iter().map(|event| event.message).collect::<Vec<_>>()
        };

        assert!(store.set_entity_place(one.id, 41, at("HELLO")).await.expect("kept"));
        let kept = store.find_entity(one.id).await.expect("read").expect("there");
        assert_eq!((kept.number, kept.at.name.as_str()), (Some(41), "hello"), "the spelling stays");
        assert_eq!(told().await, Vec::<String>::new());

        assert!(store.set_entity_place(one.id, 41, at("world")).await.expect("kept"));
        assert!(!store.set_entity_place(one.id, 41, at("World")).await.expect("the same again"));
        assert_eq!(told().await, ["renamed from octo/hello to octo/world at the forge"]);
        let moved = EntityRef { owner: "apex".into(), ..at("world") };
        assert!(store.set_entity_place(one.id, 41, moved.clone()).await.expect("kept"));
        assert_eq!(store.find_entity(one.id).await.expect("read").expect("there").at, moved);
        assert_eq!(told().await.last().map(String::as_str), Some("renamed from octo/world to apex/world at the forge"));

        assert!(matches!(store.set_entity_place(one.id, 41, at("OTHER")).await, Err(Error::Conflict { .. })));
        assert_eq!(store.find_entity(one.id).await.expect("read").expect("there").at, moved, "nothing is half done");
        assert_eq!(store.find_entity(other.id).await.expect("read").expect("there").number, None);

        assert!(store.set_entity_place(one.id, 42, moved).await.expect("kept"));
        assert!(
            told().await.last().is_some_and(|message| message.contains("42") && message.contains("41")),
            "made anew: {:?}",
            told().await
        );
        assert!(matches!(store.set_entity_place(crate::model::EntityId(random::uuid()), 1, at("x")).await, Err(Error::NotFound { .. })));
    })
    .await;
}
