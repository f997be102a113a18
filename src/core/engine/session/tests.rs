//! Each fault by itself: what the session does, and how soon it listens again.

use std::time::Duration;

use super::testing::{Fault, GROUP, OURS, World, name, wanted};
use super::{Answer, Kept, Session, Step, Wanted};
use crate::model::{ServiceScaleSetId, SessionStage};
use crate::time::Timestamp;

const MINUTE: Duration = Duration::from_mins(1);

/// A world whose session listens.
fn listening() -> World {
    let mut world = World::new();
    world.run(MINUTE).expect("it polls");
    world
}

/// The names of the steps without faults until a poll is handed out, and that poll.
fn steps_to_poll(world: &mut World) -> Vec<&'static str> {
    let mut steps = Vec::new();
    for _ in 0..40 {
        let step = world.turn(None, 0.5).0;
        steps.push(name(&step));
        if matches!(step, Step::Poll { .. }) {
            break;
        }
    }
    steps.retain(|step| *step != "wait");
    steps
}

/// What the session says is wrong.
fn fault(world: &World) -> String {
    world.session.standing().fault.expect("something is wrong").text
}

#[test]
fn a_session_is_opened_kept_and_polled_and_its_first_statistics_count() {
    let mut world = World::new();
    assert_eq!(steps_to_poll(&mut world), ["open", "keep", "poll"]);
    let standing = world.session.standing();
    assert_eq!(standing.stage, SessionStage::Listening);
    assert_eq!(standing.statistics.map(|statistics| statistics.assigned_jobs), Some(1));
    assert!(standing.last_good.is_some() && standing.fault.is_none() && standing.next_try.is_none());
}

#[test]
fn a_message_is_acquired_handled_and_acknowledged_in_this_order() {
    let mut world = listening();
    world.send();
    let mut steps = Vec::new();
    while !world.is_done() {
        steps.push(name(&world.turn(None, 0.5).0));
    }
    assert_eq!(steps, ["poll", "acquire", "handle", "acknowledge"]);
    assert_eq!(world.session.standing().acquires, Some(true));
    assert_eq!(world.aside, ["unreadable"], "what cannot be read is set aside");
}

#[test]
fn a_service_that_assigns_by_itself_has_nothing_to_acquire() {
    let mut world = listening();
    world.service.acquires = false;
    world.send();
    world.run(MINUTE);
    assert!(world.is_done());
    assert_eq!(world.session.standing().acquires, Some(false));
}

#[test]
fn a_scale_set_without_a_number_is_found_by_its_name_or_made() {
    let mut world = World::new();
    world.row = Kept::default();
    world.restart();
    assert_eq!(steps_to_poll(&mut world), ["find group", "find", "keep", "open", "keep", "poll"]);
    assert_eq!(world.row.scale_set, Some(ServiceScaleSetId(7)));

    let mut world = World::new();
    (world.row, world.service.scale_set) = (Kept::default(), None);
    world.restart();
    assert_eq!(steps_to_poll(&mut world), ["find group", "find", "make", "keep", "open", "keep", "poll"]);
    assert_eq!(world.row.scale_set, world.service.scale_set);
}

#[test]
fn a_lost_answer_makes_no_second_scale_set() {
    let mut world = World::new();
    (world.row, world.service.scale_set) = (Kept::default(), None);
    world.restart();
    for _ in 0..2 {
        world.turn(None, 0.5);
    }
    assert!(matches!(world.turn(Some(&Fault::AnswerLost), 0.5).0, Step::Make(_)));
    world.run(MINUTE).expect("it polls");
    assert_eq!((world.row.scale_set, world.made), (world.service.scale_set, 0));
}

#[test]
fn a_scale_set_that_was_deleted_is_made_again_after_a_second_look() {
    let mut world = listening();
    world.turn(Some(&Fault::ScaleSetLost), 0.5);
    let recovered = world.now;
    let steps = ["keep", "open", "look up", "find group", "find", "keep", "make", "keep", "open", "keep", "poll"];
    assert_eq!(steps_to_poll(&mut world), steps);
    assert!(world.calls.last().expect("a poll").0.since(recovered) < Duration::from_secs(10));
    assert_eq!(world.made, 1);
}

#[test]
fn a_scale_set_that_vanishes_again_and_again_is_made_ever_more_rarely() {
    let mut world = listening();
    let began = world.now;
    while world.now.since(began) < Duration::from_hours(5) {
        world.turn(Some(&Fault::ScaleSetLost), 0.5);
        world.run(Duration::from_secs(20));
    }
    assert!((5..=12).contains(&world.made), "{}", world.made);
    assert!(world.calls_since(began) < 2 * 300, "{}", world.calls_since(began));
}

#[test]
fn another_scale_set_of_the_name_is_left_alone_and_told() {
    let mut world = listening();
    world.turn(Some(&Fault::ScaleSetLost), 0.5);
    world.service.scale_set = Some(ServiceScaleSetId(8));
    world.run(Duration::from_mins(10));
    assert!(fault(&world).contains("scale set 7 is gone at the service, and another one, 8, has its name"), "{}", fault(&world));
    assert_eq!((world.made, world.row.scale_set), (0, Some(ServiceScaleSetId(7))));
}

#[test]
fn a_renamed_scale_set_is_told_and_its_session_goes_on() {
    let mut world = listening();
    world.turn(Some(&Fault::Renamed), 0.5);
    world.run(Duration::from_mins(20));
    let standing = world.session.standing();
    assert!(standing.remark.expect("a remark").contains("another") && standing.fault.is_none());
    assert_eq!((world.made, world.calls.iter().filter(|(_, name, _)| *name == "open").count()), (0, 1));
}

#[test]
fn a_missing_runner_group_is_told_and_asked_for_ever_more_rarely() {
    let mut world = World::new();
    world.row = Kept::default();
    world.session = Session::new(Wanted { group: "gpu".into(), ..wanted() }, world.row, 1, world.now);
    world.run(Duration::from_hours(1));
    assert!(fault(&world).contains("there is no runner group \"gpu\""));
    assert!(world.calls.len() < 25, "{}", world.calls.len());
    world.session.want(wanted());
    assert_eq!(name(&world.turn(None, 0.5).0), "find group", "a change of the row ends the pause");
    world.run(MINUTE).expect("it polls");
}

#[test]
fn our_session_of_before_is_ended_before_another_is_opened() {
    let mut world = listening();
    world.restart();
    assert_eq!(steps_to_poll(&mut world), ["end", "keep", "open", "keep", "poll"]);
}

#[test]
fn a_session_of_ours_with_a_lost_id_ends_by_itself_and_is_waited_for() {
    let mut world = World::new();
    world.turn(Some(&Fault::AnswerLost), 0.5);
    world.run(Duration::from_secs(30));
    assert!(fault(&world).contains("an earlier session of this installation"), "{}", fault(&world));
    world.run(Duration::from_mins(6)).expect("it polls");
}

#[test]
fn the_session_of_another_owner_is_told_with_its_name() {
    let mut world = World::new();
    world.occupy("arc-listener", Duration::from_mins(3));
    let began = world.now;
    world.run(Duration::from_mins(3));
    assert!(fault(&world).contains("arc-listener listens to this scale set"), "{}", fault(&world));
    assert!(world.calls_since(began) <= 8, "{:?}", world.calls);
    world.run(MINUTE).expect("it polls");
}

#[test]
fn an_end_that_is_never_answered_holds_nothing_up() {
    let mut world = listening();
    world.restart();
    assert!(matches!(world.turn(Some(&Fault::Hangs), 0.5).0, Step::End { .. }));
    assert_eq!(steps_to_poll(&mut world), ["open", "end", "keep", "open", "keep", "poll"], "it is asked for once more after the conflict");
}

#[test]
fn a_token_is_renewed_before_its_end_and_when_it_is_refused() {
    let mut world = listening();
    world.run(Duration::from_hours(1));
    let count = |world: &World, step| world.calls.iter().filter(|(_, name, _)| *name == step).count();
    assert_eq!(count(&world, "open"), 1);
    assert!((4..=5).contains(&count(&world, "refresh")), "{}", count(&world, "refresh"));

    world.turn(Some(&Fault::TokenEnds), 0.5);
    let ended = world.now;
    assert_eq!(steps_to_poll(&mut world), ["refresh", "poll"], "at once");
    assert!(world.calls.last().expect("a poll").0.since(ended) < Duration::from_secs(1));
}

#[test]
fn a_session_whose_new_token_is_refused_is_replaced() {
    let mut world = listening();
    world.turn(Some(&Fault::TokenEnds), 0.5);
    world.turn(None, 0.5);
    world.turn(Some(&Fault::TokenEnds), 0.5);
    assert_eq!(steps_to_poll(&mut world), ["end", "keep", "open", "keep", "poll"]);
}

#[test]
fn a_refresh_that_fails_stops_no_poll_while_the_token_is_good() {
    let mut world = listening();
    while !matches!(world.session.clone().next(world.now, 5), Step::Refresh { .. }) {
        world.turn(None, 0.5);
    }
    world.turn(Some(&Fault::Fails), 0.5);
    assert_eq!(steps_to_poll(&mut world), ["poll"]);
}

#[test]
fn a_session_that_the_service_forgot_is_opened_again() {
    let mut world = listening();
    world.turn(Some(&Fault::SessionLost), 0.5);
    assert_eq!(steps_to_poll(&mut world), ["keep", "open", "keep", "poll"]);
}

#[test]
fn a_session_without_an_address_is_renewed_and_then_replaced() {
    let mut world = World::new();
    world.turn(Some(&Fault::NoAddress), 0.5);
    assert!(fault(&world).contains("no address for the messages"));
    assert_eq!(steps_to_poll(&mut world), ["keep", "refresh", "poll"]);

    let mut world = World::new();
    world.suffer(&Fault::NoAddress, Duration::from_mins(3));
    let names: Vec<&str> = world.calls.iter().map(|(_, name, _)| *name).collect();
    assert_eq!(names[..7], ["open", "refresh", "refresh", "refresh", "refresh", "end", "open"]);
}

#[test]
fn hours_of_failures_cost_fewer_than_two_calls_a_minute_and_end_within_a_period() {
    for fault in [Fault::Fails, Fault::Hangs, Fault::Refuses, Fault::NoAddress] {
        let mut world = listening();
        let began = world.now;
        world.suffer(&fault, Duration::from_hours(3));
        let calls = world.calls_since(began);
        assert!(calls < 360, "{fault:?}: {calls} calls in three hours");
        world.send();
        let longest = if fault == Fault::Refuses { Duration::from_mins(5) } else { Duration::from_secs(39) };
        let recovered = world.run(Duration::from_mins(6)).expect("it polls");
        assert!(recovered < longest + Duration::from_secs(10), "{fault:?}: {recovered:?}");
        assert!(world.is_done(), "{fault:?}");
    }
}

#[test]
fn the_first_that_is_served_makes_the_others_hurry() {
    let mut world = listening();
    world.suffer(&Fault::Fails, Duration::from_hours(1));
    world.session.hurry(world.now);
    let step = world.turn(None, 0.5).0;
    assert!(!matches!(step, Step::Wait { .. }), "at once");
    // Signs that are wrong again and again bring no more calls than the store has.
    let (began, mut hurries) = (world.now, 0);
    while world.now.since(began) < Duration::from_hours(1) {
        world.session.hurry(world.now);
        if matches!(world.turn(Some(&Fault::Fails), 0.5).0, Step::Wait { .. }) {
            hurries += 1;
        }
    }
    assert!(hurries > 0 && world.calls_since(began) <= 120 + 8, "{}", world.calls_since(began));
}

/// The tries of five scale sets that were made one after the other, in an outage: whenever it ends, one of them is served within ten seconds, and tells
/// the others.
#[test]
fn five_scale_sets_are_served_within_ten_seconds_of_the_end_of_an_outage() {
    let mut tries: Vec<Timestamp> = Vec::new();
    for number in 40..45 {
        let mut world = World::numbered(number);
        world.suffer(&Fault::Fails, Duration::from_hours(3));
        tries.extend(world.calls.iter().map(|(at, _, _)| *at));
    }
    tries.sort_unstable();
    let longest = tries.windows(2).map(|pair| pair[1].since(pair[0])).max().expect("tries");
    assert!(longest < Duration::from_secs(10), "{longest:?}");
}

#[test]
fn a_wait_that_the_service_asks_for_is_kept() {
    let mut world = listening();
    world.turn(Some(&Fault::AsksToWait(600)), 0.5);
    world.session.hurry(world.now);
    let Step::Wait { until } = world.session.next(world.now, 5) else { panic!("it waits") };
    assert_eq!(until.since(world.now), Duration::from_mins(10));
}

#[test]
fn a_session_that_fails_for_long_is_replaced_now_and_then() {
    let mut world = listening();
    world.suffer(&Fault::Fails, Duration::from_mins(9));
    assert!(world.calls.iter().all(|(_, name, _)| *name != "end"));
    world.suffer(&Fault::Fails, Duration::from_mins(3));
    assert!(world.calls.iter().any(|(_, name, _)| *name == "end"));
}

#[test]
fn an_item_that_cannot_be_handled_is_set_aside_and_the_stream_goes_on() {
    let mut world = listening();
    world.send();
    for _ in 0..2 {
        world.turn(None, 0.5);
    }
    let mut batches = Vec::new();
    while !world.is_done() {
        // The item stands second in the first batch, and alone in the next ones.
        let place = usize::from(batches.is_empty());
        if let Step::Handle(batch) = world.turn(Some(&Fault::ItemFails(place)), 0.5).0 {
            batches.push((batch.items.len(), batch.aside.len()));
        }
    }
    assert_eq!(batches, [(2, 1), (1, 0), (1, 0), (0, 1)]);
    assert_eq!(world.aside, ["unreadable", "assigned"]);
    assert!(world.run(MINUTE).is_some());
}

#[test]
fn a_database_that_fails_delays_a_message_and_sets_nothing_aside() {
    let mut world = listening();
    world.send();
    for _ in 0..2 {
        world.turn(None, 0.5);
    }
    world.suffer(&Fault::DatabaseFails, Duration::from_mins(10));
    assert_eq!((world.aside.len(), world.is_done()), (0, false));
    let next = world.session.standing().next_try.expect("a next try");
    assert!(next.since(world.now) <= Duration::from_secs(8));
    world.run(MINUTE);
    assert!(world.is_done());
}

#[test]
fn jobs_that_cannot_be_acquired_are_set_aside_one_by_one() {
    let mut world = listening();
    world.send();
    world.turn(None, 0.5);
    let (mut tries, mut others) = (0, 0);
    while !world.is_done() {
        let is_acquisition = matches!(world.session.clone().next(world.clock(), 5), Step::Acquire { .. });
        (tries, others) = if is_acquisition { (tries + 1, others) } else { (tries, others + 1) };
        world.turn(is_acquisition.then_some(&Fault::Fails), 0.5);
        assert!(tries + others < 40);
    }
    assert_eq!(tries, 3);
    assert!(world.aside.contains(&"available".to_owned()) && world.aside.len() == 2, "{:?}", world.aside);
}

#[test]
fn a_message_whose_acknowledgement_is_refused_does_not_block_those_behind_it() {
    let mut world = listening();
    let first = world.send();
    while !matches!(world.session.clone().next(world.clock(), 5), Step::Acknowledge { .. }) {
        world.turn(None, 0.5);
    }
    while world.session.standing().stage == SessionStage::Handling {
        world.turn(Some(&Fault::Refuses), 0.5);
    }
    let second = world.send();
    world.run(MINUTE);
    assert!(world.durable.contains(&(second, 2)));
    assert!(world.service.queue.iter().any(|message| message.id == first), "the service still has it");
}

#[test]
fn polls_promise_what_is_possible_now_also_nothing() {
    let mut world = listening();
    world.capacity = 0;
    let step = world.session.next(world.now, 0);
    assert!(matches!(step, Step::Poll { capacity: 0, .. }));
    let cut_at = world.session.cut_at(3).expect("it promises another number");
    assert_eq!(cut_at, world.now.after(Duration::from_secs(5)));
    assert_eq!(world.session.cut_at(0), None);
    world.session.answer(Answer::Cut, cut_at, 0.5);
    assert!(matches!(world.session.next(cut_at, 3), Step::Poll { capacity: 3, .. }));
    assert!(world.session.standing().fault.is_none());
}

#[test]
fn a_stop_ends_the_session_once_whatever_comes_of_that() {
    for fault in [None, Some(Fault::Hangs), Some(Fault::SessionLost), Some(Fault::ScaleSetLost)] {
        let mut world = listening();
        world.send();
        world.turn(None, 0.5);
        world.session.stop();
        assert_eq!(world.session.standing().stage, SessionStage::Closing);
        assert_eq!(name(&world.turn(fault.as_ref(), 0.5).0), "end");
        while !matches!(world.turn(None, 0.5).0, Step::Over) {}
        assert_eq!(world.session.standing().stage, SessionStage::Closed);
        assert_eq!(world.calls.iter().filter(|(_, name, _)| *name == "end").count(), 1);
        assert_eq!(world.row.session.is_some(), matches!(fault, Some(Fault::Hangs | Fault::ScaleSetLost)), "{fault:?}");
    }
    let mut world = listening();
    world.session.stop();
    world.turn(None, 0.5);
    world.turn(Some(&Fault::DatabaseFails), 0.5);
    assert!(matches!(world.turn(None, 0.5).0, Step::Over));
}

#[test]
fn a_stopped_session_takes_no_late_answer() {
    let mut world = listening();
    let Step::Poll { .. } = world.session.next(world.now, 5) else { panic!("it polls") };
    world.session.stop();
    world.session.answer(Answer::Polled(None), world.now, 0.5);
    assert!(matches!(world.session.next(world.now, 5), Step::End { .. }));
}

#[test]
fn a_clock_that_is_set_back_by_a_day_stops_nothing() {
    let mut world = listening();
    world.turn(Some(&Fault::Fails), 0.5);
    world.turn(Some(&Fault::ClockWrong(-86_400)), 0.5);
    let recovered = world.run(Duration::from_mins(5)).expect("it polls");
    assert!(recovered < Duration::from_secs(101), "{recovered:?}");
    world.turn(Some(&Fault::ClockWrong(200_000)), 0.5);
    world.run(Duration::from_mins(5)).expect("it polls");
}

#[test]
fn what_is_kept_is_readable_later() {
    let kept = Kept { scale_set: Some(ServiceScaleSetId(GROUP)), session: None, made: Some((2, Timestamp::EPOCH)) };
    let text = serde_json::to_string(&kept).expect("JSON");
    assert_eq!(serde_json::from_str::<Kept>(&text).expect("the same"), kept);
    assert_eq!(serde_json::from_str::<Kept>("{}").expect("an old row"), Kept::default());
    assert_eq!(wanted().owner, OURS);
}
