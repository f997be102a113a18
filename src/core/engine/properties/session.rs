//! The properties of message sessions of scale sets, under any sequence of faults.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use super::for_all;
use crate::engine::session::Step;
use crate::engine::session::testing::{Fault, World};
use crate::time::Timestamp;

/// What happens in a turn.
#[derive(Clone, Debug)]
enum Event {
    /// Nothing goes wrong in so many turns.
    Well(u8),
    /// The service sends a message.
    Message,
    /// This goes wrong.
    Wrong(Fault),
    /// So many calls in a row fail.
    Outage(u8, bool),
    /// Another session was served.
    Hurry,
    /// Another number of runners is possible.
    Capacity(u32),
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        4 => Just(Fault::Fails),
        2 => Just(Fault::Hangs),
        3 => Just(Fault::AnswerLost),
        1 => Just(Fault::Refuses),
        1 => (1_u64..90).prop_map(Fault::AsksToWait),
        2 => Just(Fault::TokenEnds),
        2 => Just(Fault::SessionLost),
        1 => Just(Fault::ScaleSetLost),
        1 => (10_u64..600).prop_map(Fault::Foreign),
        2 => Just(Fault::NoAddress),
        1 => Just(Fault::ComesBackEarly),
        2 => Just(Fault::DatabaseFails),
        2 => (0_usize..3).prop_map(Fault::ItemFails),
        2 => Just(Fault::Killed),
        1 => (-4_000_i64..4_000).prop_map(Fault::ClockWrong),
    ]
}

fn events() -> impl Strategy<Value = Vec<(Event, f64)>> {
    let event = prop_oneof![
        6 => (1_u8..6).prop_map(Event::Well),
        4 => Just(Event::Message),
        10 => fault().prop_map(Event::Wrong),
        2 => (1_u8..60, any::<bool>()).prop_map(|(turns, hangs)| Event::Outage(turns, hangs)),
        1 => Just(Event::Hurry),
        1 => (0_u32..3).prop_map(Event::Capacity),
    ];
    vec((event, 0.0..1.0), 0..60)
}

/// Lives through the events. The invariants of each call are checked on the way, in `World::turn`. Answers how often the server was killed.
fn live_through(world: &mut World, events: &[(Event, f64)]) -> usize {
    let mut killed = 0;
    for (event, jitter) in events {
        match event {
            Event::Well(turns) => (0..*turns).for_each(|_| drop(world.turn(None, *jitter))),
            Event::Message => drop(world.send()),
            Event::Wrong(fault) => {
                killed += usize::from(*fault == Fault::Killed);
                world.turn(Some(fault), *jitter);
            }
            Event::Outage(turns, hangs) => {
                let fault = if *hangs { Fault::Hangs } else { Fault::Fails };
                (0..*turns).for_each(|_| drop(world.turn(Some(&fault), *jitter)));
            }
            Event::Hurry => {
                let now = world.clock();
                world.session.hurry(now);
            }
            Event::Capacity(capacity) => world.capacity = *capacity,
        }
    }
    killed
}

/// The most calls in a row that brought nothing, as they must not be more than the store has and gets back. Starts of servers fill the store.
fn useless_within_bound(calls: &[(Timestamp, &'static str, bool)], stores: usize) {
    let mut stretch: Vec<Timestamp> = Vec::new();
    for (at, name, is_useful) in calls {
        if *is_useful && *name == "poll" {
            stretch.clear();
            continue;
        }
        stretch.push(*at);
        let span = at.since(stretch[0]);
        // What the store gets back in 31 s, and polls that come back early: these are at least nine seconds apart after the first.
        let bound = 8 * stores as u64 + span.as_secs() / 31 + 1 + 7 + span.as_secs() / 8;
        assert!(stretch.len() as u64 <= bound, "{} calls in {span:?} brought nothing", stretch.len());
    }
}

#[test]
fn under_any_faults_calls_are_bounded_and_each_message_is_handled_before_it_is_acknowledged() {
    for_all(400, &events(), |events| {
        let mut world = World::new();
        let killed = live_through(&mut world, &events);
        // A clock that jumps may fill the store as a start does.
        let jumps = events.iter().filter(|(event, _)| matches!(event, Event::Wrong(Fault::ClockWrong(_)))).count();
        useless_within_bound(&world.calls, 1 + killed + jumps);
    });
}

#[test]
fn once_faults_stop_it_polls_again_and_every_message_is_handled_or_set_aside() {
    for_all(400, &events(), |events| {
        let mut world = World::new();
        live_through(&mut world, &events);
        // What others hold ends, and a pause of making a scale set again and again is an hour at most.
        let began = world.now;
        let is_making = events.iter().filter(|(event, _)| matches!(event, Event::Wrong(Fault::ScaleSetLost))).count() > 1;
        let bound = if is_making { Duration::from_mins(80) } else { Duration::from_mins(16) };
        world.send();
        while world.now.since(began) < bound {
            world.turn(None, 0.5);
        }
        let standing = world.session.standing();
        assert!(world.is_done(), "{standing:?}");
        assert!(standing.fault.is_none() && standing.last_good.is_some(), "{standing:?}");
    });
}

#[test]
fn an_outage_of_any_length_costs_fewer_than_two_calls_a_minute_and_ends_within_a_period() {
    let outages = (60_u64..20_000, any::<bool>(), 0.0..1.0);
    for_all(100, &outages, |(seconds, hangs, jitter)| {
        let mut world = World::new();
        world.run(Duration::from_mins(2));
        let began = world.now;
        let fault = if hangs { Fault::Hangs } else { Fault::Fails };
        while world.now.since(began) < Duration::from_secs(seconds) {
            world.turn(Some(&fault), jitter);
        }
        let (span, calls) = (world.now.since(began), world.calls_since(began));
        // Three calls within the first eleven seconds, and then one in each period of 38 s.
        assert!(calls as u64 <= 4 + span.as_secs() / 38, "{calls} in {span:?}");
        let recovered = world.run(Duration::from_mins(2)).expect("it polls again");
        assert!(recovered < Duration::from_secs(38 + 8 + 51), "{recovered:?}");
    });
}

#[test]
fn a_stopped_session_is_over_in_a_few_steps_whatever_it_is_at() {
    for_all(200, &(events(), vec(proptest::option::of(fault()), 4)), |(events, faults)| {
        let mut world = World::new();
        live_through(&mut world, &events);
        world.session.stop();
        let is_over = faults.iter().any(|fault| {
            // A server that is killed starts another session.
            let fault = fault.as_ref().filter(|fault| **fault != Fault::Killed);
            matches!(world.turn(fault, 0.5).0, Step::Over)
        });
        assert!(is_over, "{:?}", world.session.standing());
    });
}
