//! The properties of a budget: within its limits whatever happens, and no call waits for ever.

use proptest::prelude::*;

use super::*;

const POINTS: Rate = Rate { limit: 100, within: Duration::from_mins(1) };
const LIMITS: BudgetLimits = BudgetLimits { calls: 5_000, registrations: 10_000, points: POINTS };

fn at(millis: u64) -> Timestamp {
    Timestamp::EPOCH.after(Duration::from_millis(millis))
}

/// A server with a part of the budget.
struct Server {
    budget: Budget,
    /// Calls under way: when the forge gets them, when they end, their kind.
    calls: Vec<(Timestamp, Timestamp, CallKind)>,
}

/// Servers that share a budget, the rows between them, and the calls as the forge sees them.
struct World {
    now: Timestamp,
    servers: Vec<Server>,
    rows: BTreeMap<usize, (Slots, u32)>,
    dead: Window,
    arrived: Vec<(Timestamp, u32)>,
}

impl World {
    fn new(servers: usize) -> Self {
        let new = || Server { budget: Budget::new(LIMITS, Timestamp::EPOCH), calls: Vec::new() };
        let servers = (0..servers).map(|_| new()).collect();
        Self { now: Timestamp::EPOCH, servers, rows: BTreeMap::new(), dead: Window::new(POINTS), arrived: Vec::new() }
    }

    fn refill(&mut self, server: usize) {
        let asked = self.servers[server].budget.ask_hold(self.now);
        let mut others = self.dead.slots(self.now);
        let mut elsewhere = 0;
        for (_, (spent, hold)) in self.rows.iter().filter(|(of, _)| **of != server) {
            elsewhere += hold;
            for (end, amount) in spent {
                *others.entry(*end).or_default() += amount;
            }
        }
        let alive = u32::try_from(self.servers.len()).expect("few");
        let hold = asked.grant(self.now, others, elsewhere, alive);
        self.rows.insert(server, (asked.spent.clone(), hold.points));
        self.servers[server].budget.give_hold(&asked, hold);
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now.after(time);
        for server in &mut self.servers {
            let mut over: Vec<_> = server.calls.extract_if(.., |(_, end, _)| *end <= self.now).collect();
            over.sort_by_key(|(_, end, _)| *end);
            for (arrives, end, kind) in over {
                self.arrived.push((arrives, kind.points()));
                server.budget.end(end, kind, None);
            }
        }
    }

    fn call(&mut self, server: usize, importance: Importance, kind: CallKind, there: Duration, back: Duration) -> bool {
        if self.servers[server].budget.needs_hold(self.now) != HoldNeed::None {
            self.refill(server);
        }
        let begun = self.servers[server].budget.begin(self.now, importance, kind).is_ok();
        if begun {
            let arrives = self.now.after(there);
            self.servers[server].calls.push((arrives, arrives.after(back), kind));
        }
        begun
    }

    /// The server is gone, with everything it knew. A new one is in its place.
    fn kill(&mut self, server: usize) {
        let gone = std::mem::replace(&mut self.servers[server], Server { budget: Budget::new(LIMITS, self.now), calls: Vec::new() });
        // Its calls die with it, after the forge got them.
        self.arrived.extend(gone.calls.into_iter().map(|(arrives, _, kind)| (arrives.min(self.now), kind.points())));
        if let Some((spent, held)) = self.rows.remove(&server) {
            for (end, amount) in spent {
                *self.dead.spent.entry(end).or_default() += amount;
            }
            self.dead.spend(self.now, held);
        }
    }

    /// The most points that any minute of the forge's has.
    fn most(&mut self) -> u32 {
        self.pass(Duration::from_hours(1));
        self.arrived.sort_unstable();
        let of = |first: usize| {
            let ends = self.arrived[first].0.after(POINTS.within);
            self.arrived[first..].iter().take_while(|(at, _)| *at < ends).map(|(_, points)| points).sum()
        };
        (0..self.arrived.len()).map(of).max().unwrap_or_default()
    }
}

fn importance() -> impl Strategy<Value = Importance> {
    prop_oneof![Just(Importance::Finish), Just(Importance::Act), Just(Importance::Look), Just(Importance::History)]
}

fn kind() -> impl Strategy<Value = CallKind> {
    prop_oneof![Just(CallKind::Read), Just(CallKind::Write), Just(CallKind::Register)]
}

proptest! {
    #[test]
    fn no_minute_has_more_points_than_the_limit_whatever_servers_do_and_die_of(
        steps in prop::collection::vec((0..3_usize, 0..1_500_u64, importance(), kind(), 0..3_000_u64, 0..3_000_u64, 0..50_u8), 1..400)
    ) {
        let mut world = World::new(3);
        for (server, wait, importance, kind, there, back, kill) in steps {
            world.pass(Duration::from_millis(wait));
            if kill == 0 {
                world.kill(server);
            }
            world.call(server, importance, kind, Duration::from_millis(there), Duration::from_millis(back));
        }
        let most = world.most();
        prop_assert!(most <= POINTS.limit, "{most} points in one minute");
    }

    #[test]
    fn a_check_that_says_later_is_true_at_that_time(
        steps in prop::collection::vec((0..4_000_u64, kind()), 1..120), importance in importance()
    ) {
        let mut budget = Budget::new(LIMITS, Timestamp::EPOCH);
        let mut now = Timestamp::EPOCH;
        for (wait, kind) in steps {
            now = now.after(Duration::from_millis(wait));
            match budget.check(now, importance, kind) {
                Ok(()) => {
                    budget.take(now, importance, kind);
                    budget.end(now, kind, None);
                }
                Err(spent) => {
                    prop_assert!(spent.until > now && spent.until <= now.after(FORGE_WAIT_MAX));
                    prop_assert_eq!(budget.check(spent.until, importance, kind), Ok(()));
                }
            }
        }
    }
}

#[test]
fn an_endless_stream_of_registrations_lets_every_other_call_through_in_time() {
    let mut world = World::new(1);
    let (mut looked, mut read) = (Vec::new(), Vec::new());
    for _ in 0..(4 * 60 * 60 * 2) {
        world.pass(Duration::from_millis(500));
        while world.call(0, Importance::Act, CallKind::Register, Duration::ZERO, Duration::ZERO) {}
        if world.call(0, Importance::Look, CallKind::Read, Duration::ZERO, Duration::ZERO) {
            looked.push(world.now);
        }
        if world.call(0, Importance::History, CallKind::Write, Duration::ZERO, Duration::ZERO) {
            read.push(world.now);
        }
    }
    assert!(world.most() <= POINTS.limit);
    for (times, importance) in [(looked, Importance::Look), (read, Importance::History)] {
        assert!(times.len() > 3, "{importance:?}: {}", times.len());
        let longest = times.windows(2).map(|pair| pair[1].since(pair[0])).max().expect("more than one");
        assert!(longest <= importance.patience() * 2, "{importance:?} waited for {longest:?}");
    }
}

#[test]
fn calls_of_less_importance_leave_a_part_to_those_of_more() {
    let all = |importance, kind: CallKind| {
        let mut world = World::new(1);
        (0..1000).take_while(|_| world.call(0, importance, kind, Duration::ZERO, Duration::from_secs(1))).count()
    };
    assert_eq!(all(Importance::History, CallKind::Read), 50);
    assert_eq!(all(Importance::Look, CallKind::Read), 80);
    assert_eq!(all(Importance::Act, CallKind::Register), 19, "5 points are left for what is overdue");
    assert_eq!(all(Importance::Finish, CallKind::Read), 100);
}

#[test]
fn a_killed_server_leaves_most_of_the_budget_to_the_next() {
    let mut world = World::new(1);
    assert!(world.call(0, Importance::Act, CallKind::Read, Duration::ZERO, Duration::ZERO));
    world.pass(Duration::from_secs(1));
    world.kill(0);
    let left = (0..1000).take_while(|_| world.call(0, Importance::Act, CallKind::Read, Duration::ZERO, Duration::ZERO)).count();
    assert!(left >= 70, "{left}");
}

#[test]
fn what_the_forge_tells_counts_and_an_answer_that_was_overtaken_does_not() {
    let mut budget = Budget::new(LIMITS, at(0));
    let reset = at(600_000);
    let told = |remaining, reset| Told { of_registrations: false, limit: 15_000, remaining, reset };
    let mut answered = |told: Told| {
        budget.take(at(0), Importance::Act, CallKind::Read);
        budget.end(at(0), CallKind::Read, Some(&told));
        budget.calls.left(at(0))
    };
    assert_eq!(answered(told(40, reset)), 40);
    assert_eq!(answered(told(38, reset)), 38);
    assert_eq!(answered(told(39, reset)), 38, "overtaken");
    assert_eq!(answered(told(14_999, at(0))), 38, "of the hour before");
    assert_eq!(answered(told(3, reset)), 3);
    let spent = budget.check(at(1_000), Importance::Act, CallKind::Read).expect_err("spent");
    assert_eq!(spent, Spent { limit: SpentLimit::Calls, until: reset.after(SKEW) });
    assert_eq!(budget.check(spent.until, Importance::Act, CallKind::Read), Ok(()), "a new hour");
}

#[test]
fn just_in_time_configurations_have_an_hourly_limit_of_their_own() {
    let mut budget = Budget::new(LIMITS, at(0));
    let told = Told { of_registrations: true, limit: 10_000, remaining: 0, reset: at(60_000) };
    budget.take(at(0), Importance::Act, CallKind::Register);
    budget.end(at(0), CallKind::Register, Some(&told));
    let spent = budget.check(at(1), Importance::Act, CallKind::Register).expect_err("spent");
    assert_eq!(spent.limit, SpentLimit::Registrations);
    assert_eq!(budget.check(at(1), Importance::Act, CallKind::Write), Ok(()));
    assert_eq!(budget.calls.left(at(1)), 5_000, "it counted for the other limit");
}

#[test]
fn refusals_without_a_time_keep_the_server_away_ever_longer_and_those_of_one_moment_count_once() {
    let mut budget = Budget::new(LIMITS, at(0));
    assert_eq!(budget.refuse(at(1_000), at(0), None).as_secs(), 60);
    assert_eq!(budget.refuse(at(1_200), at(500), None).as_secs(), 60, "it was under way with the first");
    let spent = budget.check(at(1_300), Importance::Finish, CallKind::Read).expect_err("refused");
    assert_eq!(spent, Spent { limit: SpentLimit::Refused, until: at(61_200) });
    assert_eq!(budget.refuse(at(62_000), at(61_500), None).as_secs(), 120);
    assert_eq!(budget.refuse(at(200_000), at(190_000), Some(Duration::from_hours(7))), FORGE_WAIT_MAX);
    budget.served(at(100_000));
    assert!(budget.check(at(200_001), Importance::Act, CallKind::Read).is_err(), "an answer from before the refusal ends nothing");
    budget.served(at(4_000_000));
    assert_eq!(budget.check(at(200_002), Importance::Act, CallKind::Read), Ok(()));
}

#[test]
fn a_forge_without_limits_is_asked_as_often_as_needed() {
    let mut budget = Budget::new(LIMITS, at(0));
    budget.take(at(0), Importance::Act, CallKind::Read);
    budget.set_unlimited(true);
    budget.end(at(0), CallKind::Read, None);
    assert!((0..10_000).all(|_| budget.begin(at(0), Importance::History, CallKind::Write).is_ok()));
    assert_eq!(budget.needs_hold(at(0)), HoldNeed::None);
    budget.set_unlimited(false);
    assert_eq!(budget.needs_hold(at(0)), HoldNeed::Now);
}

#[test]
fn of_several_budgets_the_one_that_opens_first_is_next_and_then_the_one_of_which_least_is_spent() {
    let spent = |calls: u32| {
        let mut budget = Budget::new(LIMITS, at(0));
        for _ in 0..calls {
            budget.take(at(0), Importance::Act, CallKind::Register);
            budget.end(at(0), CallKind::Register, None);
        }
        budget
    };
    let turn = |budget: &Budget| budget.turn(at(1));
    assert_eq!(turn(&spent(0)), (at(1), 0));
    assert_eq!(turn(&spent(1)), turn(&spent(0)), "a tenth is the least difference");
    assert!(turn(&spent(0)) < turn(&spent(4)) && turn(&spent(4)) < turn(&spent(10)), "a registration is 5 points of 100");
    let minute = spent(20);
    assert_eq!(turn(&minute).0, minute.check(at(1), Importance::Act, CallKind::Register).expect_err("spent").until);
    let mut refused = spent(0);
    refused.refuse(at(0), at(0), Some(Duration::from_secs(5)));
    let told = refused.check(at(1), Importance::Act, CallKind::Register).expect_err("it is left alone").limit.to_string();
    assert!(told.contains("rate limit"), "in the forge's own words: {told}");
    assert!(turn(&spent(10)) < turn(&refused));
    let mut unlimited = spent(20);
    unlimited.set_unlimited(true);
    assert_eq!(turn(&unlimited), (at(1), 0));
}

#[test]
fn credentials_that_the_forge_does_not_accept_are_passed_over_ever_longer_until_it_accepts_them() {
    let at = |secs: u64| at(secs * 1_000);
    let mut budget = Budget::new(LIMITS, at(0));
    assert!(!budget.is_passed_over(at(0)) && budget.tell_passed_over(), "nothing is to be told");
    let mut now = 0;
    for minutes in [1, 2, 4, 8, 16, 32, 60, 60] {
        budget.not_accepted(at(now));
        // Another call that was under way.
        budget.not_accepted(at(now + 1));
        assert!(!budget.tell_passed_over() && budget.tell_passed_over(), "it is told once");
        assert_eq!(budget.turn(at(now)).0, at(now + minutes * 60));
        assert_eq!(budget.check(at(now), Importance::Act, CallKind::Register), Ok(()), "without others it is used all the same");
        assert!(budget.is_passed_over(at(now + minutes * 60 - 1)));
        now += minutes * 60;
        assert!(!budget.is_passed_over(at(now)));
    }
    budget.not_accepted(at(now));
    budget.served(at(now));
    assert!(!budget.is_passed_over(at(now)));
    budget.not_accepted(at(now));
    assert_eq!(budget.turn(at(now)).0, at(now + 60), "the first pause again");
    budget.renew(LIMITS);
    assert!(!budget.is_passed_over(at(now)), "they are others now");
}
