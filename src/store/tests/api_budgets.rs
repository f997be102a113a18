//! What servers share of an API budget: never more than the limit together, and what a killed one held counts.

use super::*;
use crate::model::{Budget, BudgetLimits, CallKind, Credentials, HoldNeed, Importance};

fn budget() -> Budget {
    Budget::new(BudgetLimits::default(), Clock::System.now())
}

/// Asks for another part.
async fn ask(store: &Store, credentials: &Credentials, server: ReplicaId, budget: &mut Budget) {
    let asked = budget.ask_hold(Clock::System.now());
    let hold = store.hold_points(credentials.id, server, asked.clone()).await.expect("given");
    budget.give_hold(&asked, hold);
}

/// Makes calls until there is no more. Answers how many points that were.
async fn spend_all(store: &Store, credentials: &Credentials, server: ReplicaId, budget: &mut Budget) -> u32 {
    let mut points = 0;
    loop {
        let now = Clock::System.now();
        if budget.needs_hold(now) != HoldNeed::None {
            ask(store, credentials, server, budget).await;
        }
        if budget.begin(now, Importance::Finish, CallKind::Write).is_err() {
            return points;
        }
        budget.end(now, CallKind::Write, None);
        points += CallKind::Write.points();
    }
}

async fn alive(store: &Store, server: ReplicaId) {
    store.hold_leases(server, Duration::from_mins(1)).await.expect("alive");
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_are_alive_spend_no_more_than_the_limit_together() {
    on_each(async |store| {
        let (first, second) = (ReplicaId(random::uuid()), ReplicaId(random::uuid()));
        let repository = entity(&store, "hello").await;
        let credentials = store.find_credentials(repository.credentials_id).await.expect("answers").expect("there");
        alive(&store, first).await;
        let (mut one, mut two) = (budget(), budget());
        ask(&store, &credentials, first, &mut one).await;
        if !store.is_shared() {
            assert_eq!(spend_all(&store, &credentials, first, &mut one).await, 900, "all of it, where there is one server");
            return;
        }
        alive(&store, second).await;
        let by_two = spend_all(&store, &credentials, second, &mut two).await;
        assert!((600..900).contains(&by_two), "what the first holds is left to it: {by_two}");
        let by_one = spend_all(&store, &credentials, first, &mut one).await;
        assert_eq!(by_one + by_two, 900);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_server_held_counts_as_spent_once() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let credentials = store.find_credentials(repository.credentials_id).await.expect("answers").expect("there");
        let mut before = budget();
        let killed = ReplicaId(random::uuid());
        ask(&store, &credentials, killed, &mut before).await;
        for _ in 0..3 {
            assert!(before.begin(Clock::System.now(), Importance::Act, CallKind::Write).is_ok());
        }
        let server = ReplicaId(random::uuid());
        alive(&store, server).await;
        let mut next = budget();
        assert_eq!(spend_all(&store, &credentials, server, &mut next).await, 900 - 900 / 4);
        assert_eq!(spend_all(&store, &credentials, server, &mut next).await, 0);
        let third = ReplicaId(random::uuid());
        alive(&store, third).await;
        assert_eq!(spend_all(&store, &credentials, third, &mut budget()).await, 0, "it is all spent");
        store.delete_entity(repository.id).await.expect("deleted");
        store.delete_credentials(credentials.id).await.expect("the rows go with their credentials");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn registered_runners_are_counted_in_the_unit_that_keeps_their_registration() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let pool = pool(&store, &repository, 3).await;
        let before = Clock::System.now();
        for agent in 1..=2 {
            let runner = runner(&pool);
            store.insert_runner(runner.clone(), None).await.expect("made");
            store.set_registration(runner.id, agent, JitConfig { files: std::collections::BTreeMap::new() }).await.expect("kept");
        }
        let view = store.entity_view(repository.id).await.expect("answers").expect("there");
        assert_eq!(view.registered.values().sum::<u32>(), 2);
        assert!(view.registered.keys().all(|end| *end > before.as_micros()), "each counts until its second is over");
        let other = entity(&store, "other").await;
        assert!(store.entity_view(other.id).await.expect("answers").expect("there").registered.is_empty());
    })
    .await;
}
