//! Sessions and the stream of messages.

use std::time::Duration;

use super::{Scene, repository};
use crate::sim::scale_sets::error::Exception;
use crate::sim::scale_sets::nouns::{Message, News};
use crate::sim::scale_sets::settings::Manner;

#[test]
fn a_scale_set_has_one_session_until_that_is_closed_or_silent_for_long() {
    let scene = Scene::new();
    let listener = scene.listener(&repository(), &["x64"]);
    let open = |owner: &str| scene.forge.write(|state| state.open_message_session(listener.id, owner));
    let conflict = |owner: Option<&str>| Err(Exception::SessionConflict { name: "x64".into(), owner: owner.map(str::to_owned) });
    assert_eq!(open("listener"), conflict(None), "whoever asks");
    scene.forge.configure(|settings| settings.scale_sets.manner = Manner::Offers);
    assert_eq!(open("another"), conflict(Some("listener")), "GHES names the owner");

    scene.clock.advance(Duration::from_secs(299));
    assert_eq!((listener.poll(0).is_none(), scene.forge.expire_sessions()), (true, 0));
    let (poll, _) = scene.forge.write(|state| state.begin_message_poll(listener.id, listener.session, 0)).expect("in session");
    scene.clock.advance(Duration::from_mins(10));
    assert_eq!(scene.forge.expire_sessions(), 0, "a poll is open");
    scene.forge.write(|state| state.end_message_poll(listener.id, poll));
    scene.clock.advance(Duration::from_mins(5));
    assert_eq!(scene.forge.expire_sessions(), 1);
    let next = open("another").expect("opened");
    assert_eq!(scene.forge.write(|state| state.refresh_message_session(listener.id, listener.session)), Err(Exception::NoSession));
    assert_eq!(scene.forge.write(|state| state.refresh_message_session(listener.id, next)), Ok(()));
    assert_eq!(scene.forge.write(|state| state.close_message_session(listener.id, next)), Ok(()));
    assert_eq!(scene.forge.write(|state| state.close_message_session(listener.id, next)), Err(Exception::NoSession));
    let session = scene.forge.take_message_session(listener.id, "stranger").expect("there is the scale set");
    assert!(scene.forge.take_message_session(99, "stranger").is_none());
    assert_ne!(session, next);
    assert_eq!(scene.forge.scale_sets()[0].sessions, 3);
}

#[test]
fn a_message_comes_again_until_it_is_acknowledged_also_in_another_session() {
    let scene = Scene::new();
    let listener = scene.listener(&repository(), &["x64"]);
    let first = scene.queue(&["x64"]);
    let message = listener.poll(9).expect("news");
    let second = scene.queue(&["x64"]);
    let ids = |message: &Message| (message.id, message.items.iter().map(|item| item.job).collect::<Vec<_>>());
    assert_eq!(ids(&listener.poll(9).expect("again")), (message.id, vec![first]), "the same, whatever happened meanwhile");
    scene.forge.end_message_session(listener.id);
    let next = scene.session(listener.id);
    assert_eq!(ids(&next.poll(9).expect("again")), (message.id, vec![first]));
    next.acknowledge(&message);
    next.acknowledge(&message);
    assert_eq!(ids(&next.poll(9).expect("news")), (message.id + 1, vec![second]));
    let acknowledge = |id: i64| scene.forge.write(|state| state.acknowledge_message(next.id, next.session, id));
    assert_eq!(acknowledge(message.id + 2), Err(Exception::NoMessage(message.id + 2)));
    assert!(acknowledge(0).is_err());
    assert!(next.poll(9).is_some(), "to acknowledge another message changes nothing");
}

#[test]
fn a_message_tells_of_fifty_things_at_most() {
    let scene = Scene::new();
    let listener = scene.listener(&repository(), &["x64"]);
    let jobs = scene.queue_many(120, &["x64"]);
    let told: Vec<Vec<(News, i64)>> = std::iter::repeat_with(|| listener.hear(200)).take_while(|told| !told.is_empty()).collect();
    assert_eq!(told.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 20]);
    assert_eq!(told.concat(), jobs.into_iter().map(|job| (News::Assigned, job)).collect::<Vec<_>>());
}

#[test]
fn a_second_poll_of_a_session_ends_the_first() {
    let scene = Scene::new();
    let listener = scene.listener(&repository(), &["x64"]);
    let begin =
        |capacity| scene.forge.write(|state| state.begin_message_poll(listener.id, listener.session, capacity)).expect("in session").0;
    let (first, second) = (begin(5), begin(1));
    assert_eq!(scene.forge.scale_sets()[0].capacity(), Some(1));
    let next = |poll| scene.forge.write(|state| state.next_message(listener.id, listener.session, poll)).map(|found| found.is_some());
    assert_eq!((next(first), next(second)), (Err(Exception::Replaced), Ok(false)));
    scene.forge.write(|state| state.end_message_poll(listener.id, first));
    assert_eq!(scene.forge.scale_sets()[0].capacity(), Some(1), "the end of the first is none of the second");
}
