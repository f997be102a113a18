//! Which scale set gets a job, and what becomes of the job.

use std::time::Duration;

use super::{Listener, Scene, job, repository, wanted};
use crate::sim::nouns::{Conclusion, Registration, Scope};
use crate::sim::scale_sets::nouns::{News, Stage, Statistics};
use crate::sim::scale_sets::settings::Manner;

fn statistics(listener: &Listener<'_>) -> Statistics {
    listener.scene.forge.scale_set_statistics(listener.id)
}

#[test]
fn jobs_are_assigned_to_an_open_poll_up_to_its_capacity() {
    let scene = Scene::new();
    let listener = scene.listener(&repository(), &["x64"]);
    let jobs = scene.queue_many(3, &["X64"]);
    assert_eq!((statistics(&listener).available, statistics(&listener).assigned), (3, 0), "nobody polls");
    assert_eq!(listener.hear(0), []);
    assert_eq!(listener.hear(1), [(News::Assigned, jobs[0])]);
    assert_eq!(listener.hear(1), [], "the capacity is used up");
    assert_eq!(listener.hear(2), [(News::Assigned, jobs[1])]);
    assert_eq!(listener.hear(0), [], "what it has it keeps");
    assert_eq!((statistics(&listener).available, statistics(&listener).assigned), (1, 2));

    let bell = scene.forge.write(|state| state.begin_message_poll(listener.id, listener.session, 4)).expect("in session");
    assert_eq!(statistics(&listener).assigned, 3);
    let late = scene.queue(&["x64"]);
    assert_eq!((statistics(&listener).assigned, scene.forge.scale_sets()[0].capacity()), (4, Some(4)), "while the poll waits");
    let told =
        scene.forge.write(|state| state.next_message(listener.id, listener.session, bell.0)).expect("in session").expect("a message");
    assert_eq!(told.0.items.last().map(|item| item.job), Some(late));
    assert_eq!(told.1.assigned, 4);
}

#[test]
fn a_job_is_for_scale_sets_with_its_labels_whose_entity_and_group_cover_its_repository() {
    let scene = Scene::new();
    scene.forge.add_organization("corp", "octo");
    let group = scene.forge.add_group(Scope::organization("octo"), "closed");
    scene.forge.open_group(group, Some(&["other"]));
    let fits = |scope: Scope, labels: &[&str], group: i64| {
        let mut change = wanted("s", labels);
        change.runner_group_id = Some(group);
        let id = scene.forge.write(|state| state.create_scale_set(&scope, change)).expect("made");
        let job = scene.queue(&["x64", "Large"]);
        let told = scene.session(id).hear(10);
        scene.forge.cancel_job(job).expect("waits");
        scene.forge.remove_scale_set(id);
        told == [(News::Assigned, job)]
    };
    for scope in [repository(), Scope::organization("octo"), Scope::enterprise("corp")] {
        assert!(fits(scope.clone(), &["large", "x64", "more"], 1), "{scope}");
        assert!(!fits(scope.clone(), &["x64"], 1), "{scope}");
    }
    for scope in [Scope::repository("octo", "other"), Scope::organization("else"), Scope::enterprise("else")] {
        assert!(!fits(scope.clone(), &["large", "x64"], 1), "{scope}");
    }
    assert!(!fits(Scope::organization("octo"), &["large", "x64"], group));
    scene.forge.open_group(group, Some(&["hello"]));
    assert!(fits(Scope::organization("octo"), &["large", "x64"], group));
}

#[test]
fn runners_of_a_scale_set_take_its_jobs_and_no_others_and_its_listener_hears_of_them() {
    let scene = Scene::new();
    let listener = scene.listener(&repository(), &["x64"]);
    let runner = listener.runner("r1");
    let first = scene.queue(&["x64"]);
    assert_eq!(scene.given(runner.0, runner.1), None, "the scale set has not got the job");
    assert_eq!(listener.hear(1), [(News::Assigned, first)]);
    assert_eq!(scene.given(runner.0, runner.1), Some(first));
    assert_eq!(statistics(&listener), Statistics { assigned: 1, registered: 1, busy: 1, ..Statistics::default() });
    listener.run(runner, Conclusion::Success);
    let told = listener.poll(1).expect("news");
    listener.acknowledge(&told);
    let told: Vec<_> = told.items.iter().map(|item| (item.news, item.job, item.runner.as_ref().map(|(id, _)| *id), item.result)).collect();
    assert_eq!(told, [(News::Started, first, Some(runner.0), None), (News::Completed, first, Some(runner.0), Some("succeeded"))]);
    assert_eq!(statistics(&listener), Statistics::default(), "the runner went with its job");

    let ordinary =
        Registration { name: "r2".into(), labels: vec!["x64".into()], default_labels: false, group_id: 1, ephemeral: true, jit: true };
    let second = scene.queue(&["x64"]);
    assert_eq!(listener.hear(1), [(News::Assigned, second)]);
    let ordinary = scene.forge.write(|state| state.register_runner(repository(), ordinary)).expect("registered").id;
    let session = scene.connect(ordinary);
    assert_eq!(scene.given(ordinary, session), None, "the job is the scale set's");
    let third = scene.queue(&["x64"]);
    assert_eq!(scene.given(ordinary, session), Some(third), "a runner that waits is asked before a scale set");
    assert_eq!(listener.hear(2), []);
}

#[test]
fn a_job_that_nobody_picks_up_comes_back_and_is_assigned_again_three_times() {
    let scene = Scene::new();
    let listener = scene.listener(&repository(), &["x64"]);
    let job = scene.queue(&["x64"]);
    assert_eq!(listener.hear(1), [(News::Assigned, job)]);
    for _ in 0..3 {
        scene.clock.advance(Duration::from_secs(299));
        assert_eq!(scene.forge.expire_sessions(), 0);
        scene.clock.advance(Duration::from_secs(1));
        let (poll, _) = scene.forge.write(|state| state.begin_message_poll(listener.id, listener.session, 1)).expect("in session");
        assert_eq!(scene.forge.expire_sessions(), 1);
        scene.forge.write(|state| state.end_message_poll(listener.id, poll));
        let told = listener.poll(1).expect("news");
        listener.acknowledge(&told);
        let told: Vec<_> = told.items.iter().map(|item| (item.news, item.result, item.runner.is_some())).collect();
        assert_eq!(told, [(News::Completed, Some("canceled"), false), (News::Assigned, None, false)]);
    }
    scene.clock.advance(Duration::from_mins(5));
    scene.forge.write(|state| state.refresh_message_session(listener.id, listener.session)).expect("in session");
    scene.forge.expire_sessions();
    assert_eq!(listener.hear(1), [(News::Completed, job)]);
    assert_eq!((listener.hear(1), statistics(&listener)), (vec![], Statistics::default()), "no scale set gets it any more");
    assert_eq!(scene.forge.read(|state| state.claim(job).map(|claim| (claim.stage, claim.times))), Some((Stage::TakenBack, 4)));
}

#[test]
fn a_job_that_a_runner_has_is_not_taken_back() {
    let scene = Scene::new();
    let listener = scene.listener(&repository(), &["x64"]);
    let job = scene.queue(&["x64"]);
    listener.hear(1);
    let runner = listener.runner("r1");
    scene.forge.write(|state| state.begin_job(runner.0, runner.1, job)).expect("begun");
    scene.clock.advance(Duration::from_hours(1));
    scene.forge.write(|state| state.refresh_message_session(listener.id, listener.session)).expect("in session");
    scene.forge.expire_sessions();
    assert_eq!(listener.hear(1), [(News::Started, job)]);
}

#[test]
fn as_on_ghes_jobs_are_offered_and_those_that_are_acquired_are_assigned() {
    let scene = Scene::new();
    scene.forge.configure(|settings| settings.scale_sets.manner = Manner::Offers);
    let listener = scene.listener(&repository(), &["x64"]);
    let jobs = scene.queue_many(3, &["x64"]);
    let offer = listener.poll(2).expect("offers");
    listener.acknowledge(&offer);
    let requests: Vec<i64> = offer.items.iter().map(|item| item.request).collect();
    assert_eq!(
        offer.items.iter().map(|item| (item.news, item.job)).collect::<Vec<_>>(),
        [(News::Available, jobs[0]), (News::Available, jobs[1])]
    );
    assert!(requests.iter().all(|request| *request > 0) && requests[0] != requests[1]);
    let runner = listener.runner("r1");
    assert_eq!(scene.given(runner.0, runner.1), None, "an offer is no assignment");

    let acquire =
        |requests: &[i64]| scene.forge.write(|state| state.acquire_jobs(listener.id, listener.session, requests)).expect("in session");
    assert_eq!(acquire(&[requests[1], 999]), [requests[1]]);
    assert_eq!(acquire(&[requests[1]]), [0; 0], "it has that already");
    assert_eq!(listener.hear(2), [(News::Assigned, jobs[1])]);
    assert_eq!(scene.given(runner.0, runner.1), Some(jobs[1]));
    assert_eq!((statistics(&listener).available, statistics(&listener).assigned), (2, 1));

    scene.clock.advance(Duration::from_mins(5));
    scene.forge.write(|state| state.refresh_message_session(listener.id, listener.session)).expect("in session");
    scene.forge.write(|state| state.begin_job(runner.0, runner.1, jobs[1])).expect("begun");
    scene.forge.expire_sessions();
    assert_eq!(listener.hear(2), [(News::Started, jobs[1]), (News::Available, jobs[0])], "an offer that lapsed comes again");
}

#[test]
fn an_offered_job_that_an_ordinary_runner_takes_is_not_acquired() {
    let scene = Scene::new();
    scene.forge.configure(|settings| settings.scale_sets.manner = Manner::Offers);
    let listener = scene.listener(&repository(), &["x64"]);
    let jobs = scene.queue_many(2, &["x64"]);
    let offer = listener.poll(1).expect("an offer");
    listener.acknowledge(&offer);
    let ordinary =
        Registration { name: "r".into(), labels: vec!["x64".into()], default_labels: false, group_id: 1, ephemeral: true, jit: true };
    let runner = scene.forge.write(|state| state.register_runner(repository(), ordinary)).expect("registered").id;
    let session = scene.connect(runner);
    assert_eq!(scene.given(runner, session), Some(jobs[0]));
    scene.forge.write(|state| state.begin_job(runner, session, jobs[0])).expect("begun");
    let acquired = scene.forge.write(|state| state.acquire_jobs(listener.id, listener.session, &[offer.items[0].request]));
    assert_eq!(acquired, Ok(vec![]));
    assert_eq!(listener.hear(1), [(News::Available, jobs[1])], "its place is free");
}

#[test]
fn a_job_that_is_cancelled_while_it_is_assigned_is_told_of_and_makes_room() {
    let scene = Scene::new();
    let listener = scene.listener(&repository(), &["x64"]);
    let jobs = scene.queue_many(2, &["x64"]);
    listener.hear(1);
    scene.forge.cancel_job(jobs[0]).expect("no runner has begun it");
    assert_eq!(listener.hear(1), [(News::Completed, jobs[0]), (News::Assigned, jobs[1])]);
}

#[test]
fn a_scale_set_with_a_status_gets_no_jobs_and_one_that_is_removed_leaves_its_jobs_to_others() {
    let scene = Scene::new();
    let first = scene.listener(&repository(), &["x64"]);
    let second = scene.listener(&Scope::organization("octo"), &["x64"]);
    let job = scene.queue(&["x64"]);
    scene.forge.mark_scale_set(first.id, Some("Outdated"));
    assert_eq!(first.hear(1), []);
    scene.forge.mark_scale_set(first.id, None);
    assert_eq!(first.hear(1), [(News::Assigned, job)]);
    assert_eq!(second.hear(1), []);
    scene.forge.remove_scale_set(first.id);
    assert_eq!(second.hear(1), [(News::Assigned, job)]);
    scene.forge.rename_scale_set(second.id, "new");
    assert_eq!(scene.forge.scale_sets()[0].name, "new");
    assert_eq!(second.hear(1), [], "a new name ends nothing");
}

#[test]
fn names_are_unique_within_a_group_and_what_a_change_does_not_name_stays() {
    let scene = Scene::new();
    let group = scene.forge.add_group(Scope::organization("octo"), "fast");
    let octo = Scope::organization("octo");
    let create = |scope: &Scope, name: &str, group: i64| {
        let mut change = wanted(name, &[]);
        change.runner_group_id = Some(group);
        change.runner_setting.disable_update = Some(true);
        scene.forge.write(|state| state.create_scale_set(scope, change))
    };
    let id = create(&octo, "a", 1).expect("made");
    assert!(create(&octo, "A", 1).is_err() && create(&octo, "", 1).is_err() && create(&octo, "b", 77).is_err());
    assert!(create(&octo, "a", group).is_ok() && create(&repository(), "a", 1).is_ok());
    assert!(create(&repository(), "b", group).is_err(), "repositories have the default group only");
    let mut change = wanted("c", &["one", "two"]);
    change.name = None;
    scene.forge.write(|state| state.update_scale_set(&octo, id, change)).expect("changed");
    let set = scene.forge.read(|state| state.find_scale_set(id).cloned()).expect("there");
    let labels: Vec<_> = set.labels.iter().map(|label| (label.kind.as_str(), label.name.as_str())).collect();
    assert_eq!((set.name.as_str(), labels, set.setting.disable_update), ("a", vec![("System", "one"), ("System", "two")], true));
    assert!(scene.forge.write(|state| state.update_scale_set(&repository(), id, wanted("d", &[]))).is_err(), "of another entity");
}

#[test]
fn scale_sets_go_along_when_their_entity_is_renamed() {
    let scene = Scene::new();
    let listener = scene.listener(&repository(), &["x64"]);
    scene.forge.rename_repository(("octo", "hello"), ("octo", "bye"));
    let mut late = job(&["x64"]);
    late.repo = "bye".into();
    let late = scene.forge.queue_job(late);
    assert_eq!(listener.hear(1), [(News::Assigned, late)]);
}
