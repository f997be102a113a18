//! The life of a scale set at the fake service, in both manners of assignment.

use std::time::Duration;

use garm::forge::Error;
use garm::model::{EntityKind, EntityRef, JobMessageKind, RunnerName, ScaleSetSettings, ServiceFault, ServingRunner};
use garm::sim::{FaultEnd, FaultKind, Manner, Scope, ServiceCall};

use super::fake::{OWNER, Runner, Scene, heard, opened, settings, told};

/// From the making of a scale set to its end, with one job that a runner runs.
async fn check_life(scene: &Scene, manner: Manner) {
    let service = scene.service();
    let group = service.find_group("").await.expect("known").expect("the default one");
    assert_eq!(service.find_scale_set(group.id, "linux").await.expect("asked"), None);
    let made = service.create_scale_set(&settings(&["linux", "gpu"])).await.expect("made");
    assert_eq!((made.name.as_str(), made.group_id, made.disable_update), ("linux", group.id, false));
    assert_eq!(made.labels, ["linux", "gpu"]);
    assert!(matches!(service.create_scale_set(&settings(&["Linux"])).await, Err(Error::ScaleSetExists { status: 409, .. })));
    assert_eq!(service.find_scale_set(group.id, "LINUX").await.expect("asked"), Some(made.clone()));
    let changed = ScaleSetSettings { disable_update: true, ..settings(&["linux"]) };
    let changed = service.update_scale_set(made.id, &changed).await.expect("changed");
    assert_eq!((changed.disable_update, changed.labels.len()), (true, 1));
    let changed = service.update_scale_set(made.id, &settings(&["linux"])).await.expect("changed");
    assert!(!changed.disable_update, "what is switched off is told, too");
    assert_eq!(service.get_scale_set(made.id).await.expect("there"), changed);

    let session = service.create_session(made.id, OWNER).await.expect("opened");
    assert_eq!((session.owner.as_str(), session.scale_set.as_ref().map(|set| set.id)), (OWNER, Some(made.id)));
    assert_eq!(session.token_ends_at, scene.clock.now().after(Duration::from_hours(1)));
    let conflict = service.create_session(made.id, "garm-2").await.expect_err("one at a time");
    // github.com does not say whose it is.
    let owner = (manner == Manner::Offers).then(|| OWNER.to_owned());
    assert_eq!(scene.fault(&conflict), ServiceFault::SessionConflict { owner });
    assert_eq!(service.poll(&session, 0, 0).await.expect("polled"), None);

    let job = scene.queue("linux");
    let mut message = heard(&*service, &session, 1).await;
    if manner == Manner::Offers {
        let offer = told(&message).remove(0);
        assert_eq!((offer.kind, offer.assigned_at), (JobMessageKind::Available, None));
        service.acknowledge(&session, message.id).await.expect("acknowledged");
        let acquired = service.acquire(made.id, &session, &[offer.request_id, 999]).await.expect("asked");
        assert_eq!(acquired, Some(vec![offer.request_id]), "the service has no request 999");
        message = heard(&*service, &session, 1).await;
    } else {
        assert_eq!(service.acquire(made.id, &session, &[0]).await.expect("asked"), None, "this service assigns by itself");
    }
    assert_eq!(message.statistics.map(|counts| (counts.assigned_jobs, counts.waiting_jobs())), Some((1, 1)));
    let assigned = told(&message).remove(0);
    assert_eq!((&assigned.kind, assigned.request_id > 0), (&JobMessageKind::Assigned, manner == Manner::Offers));
    assert_eq!((assigned.repository_owner.as_str(), assigned.repository_name.as_str()), ("octo", "hello"));
    assert_eq!((assigned.job_name.as_str(), &assigned.labels[..]), ("build", &["linux".to_owned()][..]));
    assert_eq!(Some(assigned.run_id), scene.forge.job(job).map(|job| job.run_id));
    assert!(assigned.queued_at.is_some() && assigned.assigned_at.is_some() && assigned.finished_at.is_none());
    service.acknowledge(&session, message.id).await.expect("acknowledged");

    let name = RunnerName::from("garm-a");
    let registered = service.register_jit(made.id, &name).await.expect("registered");
    assert!(matches!(service.register_jit(made.id, &name).await, Err(Error::Exists)));
    let found = service.find_runner(&name).await.expect("asked").expect("found");
    assert_eq!((found.runner.agent_id, found.scale_set_id), (registered.agent_id, Some(made.id)));
    assert!(!found.runner.online && !found.runner.busy);
    assert_eq!(service.find_runner(&RunnerName::from("garm-b")).await.expect("asked"), None);

    let by = ServingRunner { agent_id: registered.agent_id, name: name.0.clone() };
    let runner = Runner::connect(scene, &registered).await;
    runner.begin(job).await;
    assert!(matches!(service.remove_runner(registered.agent_id).await, Err(Error::Busy)));
    let listed = service.list_runners().await.expect("listed");
    assert!(listed.len() == 1 && listed[0].runner.online && listed[0].runner.busy && listed[0].runner.version.is_some());
    let message = heard(&*service, &session, 1).await;
    assert_eq!(told(&message).remove(0).kind, JobMessageKind::Started { by: by.clone() });
    assert_eq!(message.statistics.map(|counts| (counts.running_jobs, counts.busy_runners)), Some((1, 1)));
    service.acknowledge(&session, message.id).await.expect("acknowledged");
    runner.finish(job).await;
    let message = heard(&*service, &session, 1).await;
    let completed = told(&message).remove(0);
    assert_eq!(completed.kind, JobMessageKind::Completed { result: "succeeded".into(), by });
    assert!(completed.finished_at.is_some() && completed.job_id == assigned.job_id && !completed.job_id.is_empty());
    service.acknowledge(&session, message.id).await.expect("acknowledged");

    service.remove_runner(registered.agent_id).await.expect("it is not there");
    let spare = service.register_jit(made.id, &RunnerName::from("garm-b")).await.expect("registered");
    service.remove_runner(spare.agent_id).await.expect("removed");
    assert_eq!(service.list_runners().await.expect("listed"), []);

    service.delete_session(made.id, session.id).await.expect("ended");
    service.delete_session(made.id, session.id).await.expect("it is not there");
    let late = service.poll(&session, 0, 1).await.expect_err("its token ended with it");
    assert_eq!(scene.fault(&late), ServiceFault::TokenExpired);
    assert!(matches!(service.refresh_session(made.id, session.id).await, Err(Error::SessionGone { .. })));
    service.delete_scale_set(made.id).await.expect("removed");
    service.delete_scale_set(made.id).await.expect("it is not there");
    assert!(matches!(service.get_scale_set(made.id).await, Err(Error::ScaleSetGone { .. })));
    assert!(matches!(service.refresh_session(made.id, session.id).await, Err(Error::ScaleSetGone { .. })));
    assert_eq!(scene.connected(), (1, 1), "all calls share one way to the service");
}

#[tokio::test]
async fn a_scale_set_lives_in_the_manner_of_github_com() {
    check_life(&Scene::new(Manner::Assigns).await, Manner::Assigns).await;
}

#[tokio::test]
async fn a_scale_set_lives_in_the_manner_of_ghes() {
    check_life(&Scene::new(Manner::Offers).await, Manner::Offers).await;
}

#[tokio::test]
async fn a_mark_in_front_of_each_answer_changes_nothing() {
    let scene = Scene::new(Manner::Offers).await;
    scene.break_calls(None, FaultKind::ByteOrderMark, FaultEnd::WhenHealed);
    check_life(&scene, Manner::Offers).await;
}

#[tokio::test]
async fn no_more_jobs_come_than_a_poll_promises_and_a_message_comes_until_it_is_acknowledged() {
    let scene = Scene::new(Manner::Assigns).await;
    let service = scene.service();
    let (id, session) = opened(&*service, "linux").await;
    for _ in 0..3 {
        scene.queue("linux");
    }
    assert_eq!(service.poll(&session, 0, 0).await.expect("polled"), None, "none are promised, none come");
    let message = heard(&*service, &session, 2).await;
    assert_eq!(message.items.len(), 2);
    assert_eq!(message.statistics.map(|counts| (counts.assigned_jobs, counts.available_jobs)), Some((2, 1)));
    assert_eq!(heard(&*service, &session, 2).await, message);
    service.delete_session(id, session.id).await.expect("ended");
    let session = service.create_session(id, OWNER).await.expect("opened");
    assert_eq!(session.statistics.map(|counts| counts.assigned_jobs), Some(2), "the first answer of a session has them");
    assert_eq!(heard(&*service, &session, 2).await, message, "also in another session");
    service.acknowledge(&session, message.id).await.expect("acknowledged");
    service.acknowledge(&session, message.id).await.expect("it is not there");
    assert_eq!(service.poll(&session, message.id, 2).await.expect("polled"), None);
    let next = heard(&*service, &session, 3).await;
    assert!(next.items.len() == 1 && next.id > message.id);
    service.acknowledge(&session, next.id).await.expect("acknowledged");

    // No runner picked a job up in time: the service takes all back, and assigns them again.
    scene.clock.advance(Duration::from_mins(5));
    scene.forge.expire_sessions();
    let again = told(&heard(&*service, &session, 3).await);
    let count = |is_wanted: fn(&JobMessageKind) -> bool| again.iter().filter(|job| is_wanted(&job.kind)).count();
    let none = |kind: &JobMessageKind| matches!(kind, JobMessageKind::Completed { result, by } if result == "canceled" && by.agent_id == 0);
    assert_eq!((count(none), count(|kind| *kind == JobMessageKind::Assigned)), (3, 3));
}

#[tokio::test]
async fn a_poll_that_waits_is_answered_as_soon_as_there_is_a_job() {
    let scene = Scene::new(Manner::Assigns).await;
    scene.forge.configure(|settings| settings.scale_sets.poll_wait = Duration::from_secs(50));
    let service = scene.service();
    let (_, session) = opened(&*service, "linux").await;
    let queue = async {
        scene.forge.wait_until(|state| state.scale_sets().any(|set| set.capacity() == Some(4))).await;
        scene.queue("linux")
    };
    let (message, _) = tokio::join!(heard(&*service, &session, 4), queue);
    assert_eq!(message.items.len(), 1);

    // A poll that is given up is over for the service, too.
    service.acknowledge(&session, message.id).await.expect("acknowledged");
    tokio::select! {
        answer = service.poll(&session, message.id, 7) => panic!("there is nothing to tell: {answer:?}"),
        () = scene.forge.wait_until(|state| state.scale_sets().any(|set| set.capacity() == Some(7))) => {}
    }
    scene.forge.wait_until(|state| state.scale_sets().all(|set| set.capacity().is_none())).await;
    assert_eq!(scene.forge.service_calls(ServiceCall::Poll), 2);
}

#[tokio::test]
async fn groups_and_scale_sets_belong_to_their_entity() {
    let scene = Scene::new(Manner::Assigns).await;
    let group = scene.forge.add_group(Scope::organization("octo"), "Builders & Co");
    scene.forge.add_organization("acme", "octo");
    let at = |kind, name: &str| EntityRef { kind, owner: String::new(), name: name.into() };
    let organization = scene.service_of(&at(EntityKind::Organization, "octo"));
    let found = organization.find_group("builders & co").await.expect("asked").expect("found");
    assert_eq!((found.id, found.name.as_str(), found.is_default), (group, "Builders & Co", false));
    assert_eq!(organization.find_group("Others").await.expect("asked"), None);
    let wanted = ScaleSetSettings { group_id: group, ..settings(&["arm"]) };
    let made = organization.create_scale_set(&wanted).await.expect("made");
    assert_eq!((made.group_id, made.group_name.as_str()), (group, "Builders & Co"));
    assert_eq!(organization.find_scale_set(1, "arm").await.expect("asked"), None, "another group");
    let lost = ScaleSetSettings { group_id: 99, ..settings(&["x"]) };
    let fault = organization.create_scale_set(&lost).await.expect_err("no such group");
    assert_eq!((scene.fault(&fault), fault.to_string().contains("No runner group found: 99")), (ServiceFault::Refused, true), "{fault}");

    let enterprise = scene.service_of(&at(EntityKind::Enterprise, "acme"));
    assert_eq!(enterprise.find_scale_set(1, "arm").await.expect("asked"), None);
    for service in [&enterprise, &scene.service()] {
        assert!(matches!(service.get_scale_set(made.id).await, Err(Error::ScaleSetGone { .. })), "it belongs to another entity");
    }
    assert_eq!(scene.connected(), (3, 3), "each entity has a way of its own");
}
