//! Tokens at the fake service: how long they are used, who fetches others, and what that costs of the API budget.

use std::time::Duration;

use futures_util::future::join_all;
use garm::forge::{Error, ScaleSetService};
use garm::model::{SecretString, ServiceFault};
use garm::sim::{FaultEnd, FaultKind, Manner, Operation, ServiceCall};

use super::fake::{Scene, TOKEN, opened};

/// Makes calls that begin together. All are answered.
async fn calls(service: &dyn ScaleSetService, count: usize) {
    let answers = join_all((0..count).map(|_| service.list_runners())).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
}

#[tokio::test]
async fn tokens_are_renewed_shortly_before_they_end_and_one_call_renews_them_for_all() {
    let scene = Scene::new(Manner::Assigns).await;
    let service = scene.service();
    calls(&*service, 20).await;
    assert_eq!(scene.connected(), (1, 1));
    scene.clock.advance(Duration::from_mins(14));
    calls(&*service, 20).await;
    assert_eq!(scene.connected(), (1, 1));
    scene.clock.advance(Duration::from_secs(61));
    calls(&*service, 20).await;
    assert_eq!(scene.connected(), (1, 2), "the registration token is still good");
    scene.clock.advance(Duration::from_mins(45));
    calls(&*service, 20).await;
    assert_eq!(scene.connected(), (2, 3));
    let quota = scene.forge.quota(&SecretString::from(TOKEN)).expect("it has one");
    assert_eq!((quota.used <= 2, scene.forge.service_calls(ServiceCall::ListRunners)), (true, 80), "only registration tokens count");
}

#[tokio::test]
async fn the_token_of_a_queue_is_renewed_with_its_session() {
    let scene = Scene::new(Manner::Assigns).await;
    scene.forge.configure(|settings| settings.scale_sets.queue_token_lifetime = Duration::from_mins(10));
    let service = scene.service();
    let (id, session) = opened(&*service, "linux").await;
    assert_eq!(session.token_ends_at, scene.clock.now().after(Duration::from_mins(10)));
    scene.clock.advance(Duration::from_mins(10));
    for fault in
        [service.poll(&session, 0, 1).await.expect_err("it has ended"), service.acknowledge(&session, 1).await.expect_err("it has ended")]
    {
        assert_eq!(scene.fault(&fault), ServiceFault::TokenExpired);
    }
    let renewed = service.refresh_session(id, session.id).await.expect("renewed");
    assert_eq!((renewed.id, renewed.token_ends_at), (session.id, scene.clock.now().after(Duration::from_mins(10))));
    assert_eq!(service.poll(&renewed, 0, 1).await.expect("polled"), None);
    assert_eq!(scene.connected(), (1, 1), "the token of the service was not the one that ended");
}

#[tokio::test]
async fn a_token_that_is_refused_early_is_replaced_once_for_all() {
    let scene = Scene::new(Manner::Assigns).await;
    let service = scene.service();
    calls(&*service, 1).await;
    scene.break_calls(Some(ServiceCall::ListRunners), FaultKind::Status(401), FaultEnd::AfterCalls(10));
    let answers = join_all((0..10).map(|_| service.list_runners())).await;
    let is_refused = |answer: &Result<_, Error>| matches!(answer, Err(Error::TokenExpired { status: 401, .. }));
    assert!(answers.iter().all(is_refused), "{answers:?}");
    calls(&*service, 10).await;
    assert_eq!(scene.connected(), (1, 2));
}

#[tokio::test]
async fn a_service_whose_clock_is_wrong_by_hours_costs_no_more() {
    for ahead in [-10_800, 10_800] {
        let scene = Scene::new(Manner::Assigns).await;
        scene.forge.configure(|settings| settings.scale_sets.clock_ahead = ahead);
        let service = scene.service();
        for _ in 0..5 {
            calls(&*service, 2).await;
            scene.clock.advance(Duration::from_mins(2));
        }
        assert_eq!(scene.connected(), (1, 1), "{ahead}");
        scene.clock.advance(Duration::from_mins(6));
        calls(&*service, 2).await;
        assert_eq!(scene.connected(), (1, 2), "{ahead}");
    }
}

#[tokio::test]
async fn credentials_that_ended_are_told_and_asked_for_once_in_five_seconds() {
    let scene = Scene::new(Manner::Assigns).await;
    scene.forge.revoke_token(&SecretString::from(TOKEN));
    let service = scene.service();
    for _ in 0..3 {
        let answers = join_all((0..10).map(|_| service.list_runners())).await;
        assert!(answers.iter().all(|answer| matches!(answer, Err(Error::Unauthorized { .. }))), "{answers:?}");
    }
    assert_eq!(scene.connected(), (1, 0));
    scene.forge.add_token(&SecretString::from(TOKEN));
    scene.clock.advance(Duration::from_secs(5));
    calls(&*service, 10).await;
    assert_eq!(scene.connected(), (2, 1));
}

#[tokio::test]
async fn a_way_that_fails_is_gone_again_after_five_seconds() {
    let scene = Scene::new(Manner::Assigns).await;
    let service = scene.service();
    scene.forge.fail_next(Operation::CreateRegistrationToken, 502, 1);
    assert!(matches!(service.list_runners().await, Err(Error::Server { status: 502, .. })));
    scene.clock.advance(Duration::from_secs(5));
    for kind in [FaultKind::Status(503), FaultKind::Cut(20), FaultKind::Cut(0)] {
        scene.break_calls(Some(ServiceCall::Connect), kind, FaultEnd::AfterCalls(1));
        let fault = service.list_runners().await.expect_err("no way");
        assert!(matches!(fault, Error::Server { .. } | Error::Garbled(_)), "{fault:?}");
        assert_eq!(scene.fault(&fault), ServiceFault::Other);
        scene.clock.advance(Duration::from_secs(5));
    }
    calls(&*service, 1).await;
    assert_eq!(scene.connected(), (2, 4), "one registration token served all four tries");
}
