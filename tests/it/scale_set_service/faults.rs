//! Faults of the fake service: each is told by its cause, nothing is asked again in place, and no effect is taken twice.

use garm::forge::{Error, ScaleSetService};
use garm::model::{MessageSession, RunnerName, ServiceFault, ServiceScaleSetId};
use garm::sim::{FaultEnd, FaultKind, Manner, ServiceCall};

use super::fake::{OWNER, Scene, heard, opened, settings};

/// One call of each kind, and the error that it ends with.
async fn errors(service: &dyn ScaleSetService, id: ServiceScaleSetId, session: &MessageSession) -> Vec<(ServiceCall, Error)> {
    let name = RunnerName::from("garm-a");
    vec![
        (ServiceCall::ListScaleSets, service.find_scale_set(1, "linux").await.expect_err("find")),
        (ServiceCall::CreateScaleSet, service.create_scale_set(&settings(&["other"])).await.expect_err("create")),
        (ServiceCall::GetScaleSet, service.get_scale_set(id).await.expect_err("get")),
        (ServiceCall::UpdateScaleSet, service.update_scale_set(id, &settings(&["linux"])).await.expect_err("update")),
        (ServiceCall::DeleteScaleSet, service.delete_scale_set(id).await.expect_err("delete")),
        (ServiceCall::ListGroups, service.find_group("Builders").await.expect_err("group")),
        (ServiceCall::CreateSession, service.create_session(id, OWNER).await.expect_err("open")),
        (ServiceCall::RefreshSession, service.refresh_session(id, session.id).await.expect_err("refresh")),
        (ServiceCall::DeleteSession, service.delete_session(id, session.id).await.expect_err("end")),
        (ServiceCall::Poll, service.poll(session, 0, 1).await.expect_err("poll")),
        (ServiceCall::Acknowledge, service.acknowledge(session, 1).await.expect_err("acknowledge")),
        (ServiceCall::AcquireJobs, service.acquire(id, session, &[1]).await.expect_err("acquire")),
        (ServiceCall::GenerateJitConfig, service.register_jit(id, &name).await.expect_err("register")),
        (ServiceCall::ListRunners, service.list_runners().await.expect_err("list")),
        (ServiceCall::RemoveRunner, service.remove_runner(1).await.expect_err("remove")),
    ]
}

#[tokio::test]
async fn a_service_that_fails_is_asked_once_for_each_call() {
    let scene = Scene::new(Manner::Offers).await;
    let service = scene.service();
    let (id, session) = opened(&*service, "linux").await;
    let mut made = Vec::new();
    for (status, cause) in [
        (500, ServiceFault::Other),
        (502, ServiceFault::Other),
        (503, ServiceFault::Other),
        (400, ServiceFault::Refused),
        (403, ServiceFault::Refused),
        (429, ServiceFault::Wait(std::time::Duration::from_mins(1))),
    ] {
        scene.break_calls(None, FaultKind::Status(status), FaultEnd::WhenHealed);
        let errors = errors(&*service, id, &session).await;
        scene.forge.heal_service();
        for (call, error) in &errors {
            assert_eq!(scene.fault(error), cause, "{call:?} {status}: {error}");
            assert!(error.to_string().contains(&status.to_string()), "{call:?}: {error}");
        }
        made.push(errors.iter().map(|(call, _)| scene.forge.service_calls(*call)).collect::<Vec<_>>());
    }
    for pair in made.windows(2) {
        assert!(pair[0].iter().zip(&pair[1]).all(|(before, after)| after - before == 1), "{pair:?}");
    }
    assert!(scene.forge.scale_sets()[0].session.is_some(), "nothing happened");
    assert_eq!(scene.connected(), (1, 1));
}

#[tokio::test]
async fn an_answer_that_was_cut_is_told_and_its_effect_is_found_afterwards() {
    let scene = Scene::new(Manner::Offers).await;
    let service = scene.service();
    let (id, session) = opened(&*service, "linux").await;
    let cut = |call, bytes| scene.break_calls(Some(call), FaultKind::Cut(bytes), FaultEnd::AfterCalls(1));
    let is_cut = |error: &Error| {
        let text = error.to_string();
        assert!(matches!(error, Error::Garbled(_)) && text.contains("it was cut after"), "{text}");
        assert!(!text.contains("eyJ"), "no part of a token is told: {text}");
    };

    cut(ServiceCall::CreateScaleSet, 30);
    is_cut(&service.create_scale_set(&settings(&["other"])).await.expect_err("cut"));
    assert!(matches!(service.create_scale_set(&settings(&["other"])).await, Err(Error::ScaleSetExists { .. })));
    let other = service.find_scale_set(1, "other").await.expect("asked").expect("it was made").id;

    cut(ServiceCall::CreateSession, 400);
    is_cut(&service.create_session(other, OWNER).await.expect_err("cut"));
    assert!(matches!(service.create_session(other, OWNER).await, Err(Error::SessionConflict { .. })));

    scene.queue("linux");
    for bytes in [0, 1, 90] {
        cut(ServiceCall::Poll, bytes);
        is_cut(&service.poll(&session, 0, 1).await.expect_err("cut"));
    }
    let message = heard(&*service, &session, 1).await;
    let request = message.items[0].read.as_ref().expect("readable").request_id;
    cut(ServiceCall::AcquireJobs, 5);
    is_cut(&service.acquire(id, &session, &[request]).await.expect_err("cut"));

    let name = RunnerName::from("garm-a");
    cut(ServiceCall::GenerateJitConfig, 300);
    is_cut(&service.register_jit(id, &name).await.expect_err("cut"));
    assert!(matches!(service.register_jit(id, &name).await, Err(Error::Exists)));
    cut(ServiceCall::ListRunners, 60);
    is_cut(&service.list_runners().await.expect_err("cut"));
    let runner = service.find_runner(&name).await.expect("asked").expect("it was registered");
    service.remove_runner(runner.runner.agent_id).await.expect("removed");
}

#[tokio::test]
async fn a_session_without_an_address_is_told_as_one_and_nothing_is_polled() {
    let scene = Scene::new(Manner::Assigns).await;
    let service = scene.service();
    let id = service.create_scale_set(&settings(&["linux"])).await.expect("made").id;
    scene.break_calls(None, FaultKind::EmptyQueueUrl, FaultEnd::WhenHealed);
    let session = service.create_session(id, OWNER).await.expect("opened");
    assert_eq!(session.queue_url, "");
    assert_eq!(service.refresh_session(id, session.id).await.expect("renewed").queue_url, "");
    assert!(matches!(service.poll(&session, 0, 1).await, Err(Error::Garbled(_))));
    assert_eq!(scene.forge.service_calls(ServiceCall::Poll), 0);
    scene.forge.heal_service();
    let session = service.refresh_session(id, session.id).await.expect("renewed");
    assert_eq!(service.poll(&session, 0, 1).await.expect("polled"), None);
}

#[tokio::test]
async fn what_happens_to_a_scale_set_and_its_session_is_told_by_its_cause() {
    let scene = Scene::new(Manner::Offers).await;
    let service = scene.service();
    let (id, session) = opened(&*service, "linux").await;
    scene.forge.rename_scale_set(id.0, "windows");
    scene.forge.mark_scale_set(id.0, Some("Outdated"));
    let renewed = service.refresh_session(id, session.id).await.expect("the session goes on");
    let seen = renewed.scale_set.expect("told");
    assert_eq!((seen.name.as_str(), seen.status.as_str()), ("windows", "Outdated"));
    assert_eq!(service.poll(&session, 0, 1).await.expect("polled"), None);

    scene.forge.take_message_session(id.0, "arc-listener").expect("taken");
    let cause = |error: Error| scene.fault(&error);
    assert_eq!(cause(service.poll(&session, 0, 1).await.expect_err("taken")), ServiceFault::TokenExpired);
    assert_eq!(cause(service.refresh_session(id, session.id).await.expect_err("taken")), ServiceFault::SessionGone);
    let conflict = service.create_session(id, OWNER).await.expect_err("taken");
    assert!(conflict.to_string().contains("of arc-listener"), "{conflict}");
    assert_eq!(cause(conflict), ServiceFault::SessionConflict { owner: Some("arc-listener".into()) });

    scene.forge.remove_scale_set(id.0);
    let name = RunnerName::from("garm-a");
    for error in [
        service.create_session(id, OWNER).await.expect_err("gone"),
        service.refresh_session(id, session.id).await.expect_err("gone"),
        service.get_scale_set(id).await.expect_err("gone"),
        service.update_scale_set(id, &settings(&["linux"])).await.expect_err("gone"),
        service.register_jit(id, &name).await.expect_err("gone"),
    ] {
        assert!(error.to_string().contains("No runner scale set found"), "{error}");
        assert_eq!(cause(error), ServiceFault::ScaleSetGone);
    }
}

#[tokio::test]
async fn a_session_that_is_served_again_tells_the_sessions_of_other_scale_sets() {
    let scene = Scene::new(Manner::Assigns).await;
    let (service, other) = (scene.service(), scene.service());
    let (_, session) = opened(&*service, "linux").await;
    let mut recoveries = other.recoveries();
    scene.break_calls(Some(ServiceCall::Poll), FaultKind::Status(500), FaultEnd::AfterCalls(3));
    for _ in 0..3 {
        service.poll(&session, 0, 1).await.expect_err("it fails");
    }
    assert!(!recoveries.has_changed().expect("open"));
    service.poll(&session, 0, 1).await.expect("polled");
    assert!(recoveries.has_changed().expect("open"));
    recoveries.mark_unchanged();
    service.poll(&session, 0, 1).await.expect("polled");
    assert!(!recoveries.has_changed().expect("open"), "once");
}
