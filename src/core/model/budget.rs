//! The API budget of one set of credentials, as a value: may a call of this importance go now, and if not, when?
//!
//! The limits are GitHub's: <https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api> and
//! <https://docs.github.com/actions/reference/limits>. Hourly limits are learnt from the headers of each answer. The limit of points is not told, so
//! points are counted here: over a window that slides, from the moment of the answer, so that no minute of the forge's can have more.
//!
//! Several servers may spend from one budget. Each holds a part of the points, which it spends without asking ([`Budget::needs_hold`]).
//!
//! Calls of less importance leave a part of each limit to those of more. A call of less importance that had no turn for a long time goes before that
//! rule, so none waits for ever ([`Importance::patience`]).

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// What is always left for calls of less importance that are overdue.
const FLOOR: u32 = 5;
/// The slots of a window: how exactly it is known when something was spent.
const SLOTS: u32 = 120;
/// The window of the hourly limits.
const HOUR: Duration = Duration::from_hours(1);
/// How far the forge's clock may be from this one.
const SKEW: Duration = Duration::from_secs(1);
/// The longest wait that a forge can ask for: GitHub counts calls by the hour. A longer one, a mistake or an attack, would stop everything for good.
pub const FORGE_WAIT_MAX: Duration = Duration::from_hours(1);
/// The first wait after a refusal that does not say for how long; GitHub asks for a minute.
const REFUSED_FIRST: Duration = Duration::from_mins(1);

/// What the calls that run at once can cost: so much a server holds before they begin.
const CALLS_AT_ONCE_COST: u32 = 16 * CallKind::Write.points();

/// How important a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Importance {
    /// It ends something that has begun: a further page of a list.
    Finish,
    /// A job depends on it: registration and removal of runners, a question about one job.
    Act,
    /// It finds what has drifted: lists of runners, of downloads, of webhooks.
    Look,
    /// It finds what was missed: the log of deliveries, the listing of jobs.
    History,
}

impl Importance {
    /// How long a call of this importance is put behind others at most.
    #[must_use]
    pub const fn patience(self) -> Duration {
        match self {
            Self::Finish | Self::Act => Duration::MAX,
            Self::Look => Duration::from_mins(10),
            Self::History => Duration::from_mins(30),
        }
    }

    /// The part of a limit that calls of this importance leave to others.
    const fn leaves(self, limit: u32) -> u32 {
        match self {
            Self::Finish => 0,
            Self::Act => {
                let floor = limit / 20;
                if floor < FLOOR { floor } else { FLOOR }
            }
            Self::Look => limit / 5,
            Self::History => limit / 2,
        }
    }
}

/// The kind of a call, which decides about its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// It reads.
    Read,
    /// It changes something.
    Write,
    /// It makes a just-in-time configuration, which has an hourly limit of its own.
    Register,
}

impl CallKind {
    /// What it costs, in the forge's points.
    #[must_use]
    pub const fn points(self) -> u32 {
        match self {
            Self::Read => 1,
            Self::Write | Self::Register => 5,
        }
    }
}

/// So many within a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub limit: u32,
    /// The span.
    pub within: Duration,
}

/// The limits of one set of credentials, before the forge has told any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetLimits {
    /// Calls per hour.
    pub calls: u32,
    /// Just-in-time configurations per hour.
    pub registrations: u32,
    /// Points per minute.
    pub points: Rate,
}

impl Default for BudgetLimits {
    fn default() -> Self {
        Self { calls: 5_000, registrations: 10_000, points: Rate { limit: 900, within: Duration::from_mins(1) } }
    }
}

/// What was spent, by the end of the slot of time in which that was.
pub type Slots = BTreeMap<i64, u32>;

/// What was spent within a span that slides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    rate: Rate,
    spent: Slots,
}

impl Window {
    /// Nothing was spent.
    #[must_use]
    pub const fn new(rate: Rate) -> Self {
        Self { rate, spent: Slots::new() }
    }

    /// The same window in which this was spent.
    #[must_use]
    pub fn with(rate: Rate, spent: Slots) -> Self {
        Self { rate, spent }
    }

    /// Notes what was spent now.
    pub fn spend(&mut self, now: Timestamp, amount: u32) {
        let slot = i64::try_from(self.rate.within.as_micros()).unwrap_or(i64::MAX).div_euclid(i64::from(SLOTS)).max(1);
        let end = now.as_micros().div_euclid(slot).saturating_add(1).saturating_mul(slot);
        *self.spent.entry(end).or_default() += amount;
        self.spent = self.spent.split_off(&self.forgotten(now));
    }

    /// What counts at this time.
    #[must_use]
    pub fn spent(&self, now: Timestamp) -> u32 {
        self.spent.range(self.forgotten(now)..).map(|(_, amount)| *amount).fold(0, u32::saturating_add)
    }

    /// What counts at this time, by slot.
    #[must_use]
    pub fn slots(&self, now: Timestamp) -> Slots {
        self.spent.range(self.forgotten(now)..).map(|(end, amount)| (*end, *amount)).collect()
    }

    /// How much can be spent at this time.
    #[must_use]
    pub fn room(&self, now: Timestamp) -> u32 {
        self.rate.limit.saturating_sub(self.spent(now))
    }

    /// When so much can be spent, if nothing more is until then.
    #[must_use]
    pub fn room_at(&self, now: Timestamp, amount: u32) -> Timestamp {
        let ends = self.spent.keys().map(|end| Timestamp::from_micros(*end).after(self.rate.within));
        ends.into_iter().find(|at| *at > now && self.room(*at) >= amount).unwrap_or(now.after(self.rate.within))
    }

    /// Slots that end before this do not count any more.
    fn forgotten(&self, now: Timestamp) -> i64 {
        now.before(self.rate.within).as_micros().saturating_add(1)
    }
}

/// A limit whose rest the forge tells.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hourly {
    limit: u32,
    remaining: u32,
    /// When all of it is there again; `None` = not known, and nothing was spent.
    reset: Option<Timestamp>,
    /// Whether the forge has told it.
    is_told: bool,
    /// Calls since, of which the forge has told nothing.
    untold: u32,
    /// Calls without an answer so far.
    under_way: u32,
}

impl Hourly {
    const fn new(limit: u32) -> Self {
        Self { limit, remaining: limit, reset: None, is_told: false, untold: 0, under_way: 0 }
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.reset.is_some_and(|reset| reset.after(SKEW) <= now)
    }

    fn left(&self, now: Timestamp) -> u32 {
        let remaining = if self.is_over(now) { self.limit } else { self.remaining.saturating_sub(self.untold) };
        remaining.saturating_sub(self.under_way)
    }

    /// When something is there again, if less than this is left.
    fn closed_until(&self, now: Timestamp, needed: u32) -> Option<Timestamp> {
        let wait = || self.reset.filter(|_| !self.is_over(now)).map_or(now.after(SKEW), |reset| reset.after(SKEW));
        (self.left(now) < needed).then(wait)
    }

    fn begin(&mut self, now: Timestamp) {
        if self.is_over(now) || self.reset.is_none() {
            (self.remaining, self.reset, self.is_told, self.untold) = (self.limit, Some(now.after(HOUR)), false, 0);
        }
        self.under_way += 1;
    }

    /// Takes in the end of a call that counted.
    fn end(&mut self, told: Option<&Told>) {
        self.under_way = self.under_way.saturating_sub(1);
        let Some(told) = told else {
            self.untold = self.untold.saturating_add(1);
            return;
        };
        let known = self.reset.filter(|_| self.is_told);
        let is_same_hour = known.is_some_and(|reset| told.reset.since(reset).max(reset.since(told.reset)) <= SKEW * 2);
        if is_same_hour {
            // Answers overtake each other: the least counts.
            self.remaining = self.remaining.min(told.remaining);
        } else if known.is_none_or(|reset| reset < told.reset) {
            (self.remaining, self.reset, self.is_told) = (told.remaining, Some(told.reset), true);
        } else {
            return;
        }
        (self.limit, self.untold) = (told.limit, 0);
    }
}

/// What an answer says of the limit that the call counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Whether that is the limit of just-in-time configurations; otherwise it is that of all calls.
    pub of_registrations: bool,
    /// Calls per hour.
    pub limit: u32,
    /// What is left.
    pub remaining: u32,
    /// When all of it is there again.
    pub reset: Timestamp,
}

/// Why no call can be made before a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The limit.
    pub limit: SpentLimit,
    /// When to look again.
    pub until: Timestamp,
}

/// A limit that is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpentLimit {
    /// Calls per hour.
    Calls,
    /// Just-in-time configurations per hour.
    Registrations,
    /// Points per minute.
    Points,
    /// The forge refused, and has to be left alone.
    Refused,
}

impl fmt::Display for SpentLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Calls => "calls per hour",
            Self::Registrations => "just-in-time configurations per hour",
            Self::Points => "points per minute",
            Self::Refused => "the forge says that its rate limit is used up",
        })
    }
}

/// What several servers share of the points: the rows of the others, and the part that this one may spend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hold {
    /// What others have spent.
    pub others: Slots,
    /// What others may still spend.
    pub held_by_others: u32,
    /// What this server may spend before it asks again, calls under way included.
    pub points: u32,
    /// What this server asks for at a time.
    pub block: u32,
}

/// The API budget of one set of credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    calls: Hourly,
    registrations: Hourly,
    /// What this server has spent.
    points: Window,
    /// What others have spent.
    others: Window,
    held_by_others: u32,
    /// What this server may still spend before it asks again; `None` = it has not asked, and shares the budget with none.
    held: Option<u32>,
    block: u32,
    /// All points that this server ever spent or is about to.
    ever: u64,
    /// Points of the calls without an answer so far.
    under_way: u32,
    /// The forge has refused: when, how often in a row, and until when it is left alone.
    refused: Option<(Timestamp, u32, Timestamp)>,
    /// The forge does not accept the credentials.
    unaccepted: Option<Unaccepted>,
    /// The forge has no limits, and says so.
    is_unlimited: bool,
    looked_at: Timestamp,
    history_at: Timestamp,
}

/// Credentials that the forge does not accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Unaccepted {
    /// How often in a row.
    times: u32,
    /// Until when other credentials have their turn first.
    until: Timestamp,
    is_told: bool,
}

/// The pause after so many refusals in a row.
fn growing(number: u32) -> Duration {
    REFUSED_FIRST.saturating_mul(1 << number.saturating_sub(1).min(8)).min(FORGE_WAIT_MAX)
}

impl Budget {
    /// A budget from which nothing was spent.
    #[must_use]
    pub const fn new(limits: BudgetLimits, now: Timestamp) -> Self {
        Self {
            calls: Hourly::new(limits.calls),
            registrations: Hourly::new(limits.registrations),
            points: Window::new(limits.points),
            others: Window::new(limits.points),
            held_by_others: 0,
            held: None,
            block: 0,
            ever: 0,
            under_way: 0,
            refused: None,
            unaccepted: None,
            is_unlimited: false,
            looked_at: now,
            history_at: now,
        }
    }

    /// Whether a call can go now; if not, why and until when. It can still be refused for want of a hold.
    ///
    /// # Errors
    /// The limit that is spent.
    pub fn check(&self, now: Timestamp, importance: Importance, kind: CallKind) -> Result<(), Spent> {
        let closed = |limit, until: Timestamp| Err(Spent { limit, until: until.min(now.after(FORGE_WAIT_MAX)) });
        if let Some((_, _, until)) = self.refused.filter(|(_, _, until)| *until > now) {
            return closed(SpentLimit::Refused, until);
        }
        if self.is_unlimited {
            return Ok(());
        }
        let last = match importance {
            Importance::Finish | Importance::Act => now,
            Importance::Look => self.looked_at,
            Importance::History => self.history_at,
        };
        let overdue_at = last.after(importance.patience());
        let importance = if overdue_at <= now { Importance::Finish } else { importance };
        if let Some(until) = self.calls.closed_until(now, 1 + importance.leaves(self.calls.limit)) {
            let until = if self.calls.left(now) > 0 { until.min(overdue_at) } else { until };
            return closed(SpentLimit::Calls, until);
        }
        if kind == CallKind::Register
            && let Some(until) = self.registrations.closed_until(now, 1)
        {
            return closed(SpentLimit::Registrations, until);
        }
        let needed = kind.points() + importance.leaves(self.points.rate.limit);
        if self.room(now) < needed {
            return closed(SpentLimit::Points, self.room_at(now, needed));
        }
        Ok(())
    }

    /// Which of several budgets is used next, the smallest: the one from which a call can be made soonest, then the one of which least is spent, in
    /// tenths. Not to the last call: the forge answers one set of credentials for free where it has told that set the same before.
    #[must_use]
    pub fn turn(&self, now: Timestamp) -> (Timestamp, u32) {
        let opens = self.check(now, Importance::Act, CallKind::Register).map_or_else(|spent| spent.until, |()| now);
        let opens = self.unaccepted.map_or(opens, |unaccepted| unaccepted.until.max(opens));
        let spent = |left: u32, limit: u32| limit.saturating_sub(left).saturating_mul(10).checked_div(limit).unwrap_or(0);
        let hourly = [&self.calls, &self.registrations].map(|hourly| spent(hourly.left(now), hourly.limit));
        let most = hourly.into_iter().chain([spent(self.room(now), self.points.rate.limit)]).max().unwrap_or(0);
        (opens, if self.is_unlimited { 0 } else { most })
    }

    /// Takes the price of a call that is made now.
    ///
    /// # Errors
    /// The limit that is spent; then nothing is taken.
    pub fn begin(&mut self, now: Timestamp, importance: Importance, kind: CallKind) -> Result<(), Spent> {
        self.check(now, importance, kind)?;
        if self.is_unlimited {
            return Ok(());
        }
        if self.held.is_some_and(|held| held < kind.points()) {
            return Err(Spent { limit: SpentLimit::Points, until: now });
        }
        self.take(now, importance, kind);
        Ok(())
    }

    /// Takes the price of a call that is going to be made, whoever holds the points for it: how a plan counts.
    pub fn take(&mut self, now: Timestamp, importance: Importance, kind: CallKind) {
        match importance {
            Importance::Finish | Importance::Act => {}
            Importance::Look => self.looked_at = now,
            Importance::History => self.history_at = now,
        }
        self.calls.begin(now);
        if kind == CallKind::Register {
            self.registrations.begin(now);
        }
        self.held = self.held.map(|held| held.saturating_sub(kind.points()));
        self.ever += u64::from(kind.points());
        self.under_way += kind.points();
    }

    /// Takes in the end of a call.
    pub fn end(&mut self, now: Timestamp, kind: CallKind, told: Option<&Told>) {
        if self.under_way < kind.points() {
            // The forge has said meanwhile that it has no limits.
            return;
        }
        self.under_way -= kind.points();
        self.points.spend(now, kind.points());
        let of = |registrations| told.filter(|told| told.of_registrations == registrations);
        match of(true) {
            // It counted for the other limit alone.
            Some(_) => self.calls.under_way = self.calls.under_way.saturating_sub(1),
            None => self.calls.end(of(false)),
        }
        if kind == CallKind::Register {
            self.registrations.end(of(true));
        }
    }

    /// The credentials are others now: what the forge told of the old ones does not count.
    pub fn renew(&mut self, limits: BudgetLimits) {
        let (calls, registrations) = (self.calls.under_way, self.registrations.under_way);
        self.calls = Hourly { under_way: calls, ..Hourly::new(limits.calls) };
        self.registrations = Hourly { under_way: registrations, ..Hourly::new(limits.registrations) };
        (self.refused, self.unaccepted) = (None, None);
    }

    /// The forge does not accept the credentials, or the App has no installation there. Others have their turn first, ever longer; without others nothing
    /// changes.
    pub fn not_accepted(&mut self, now: Timestamp) {
        let before = self.unaccepted.unwrap_or(Unaccepted { times: 0, until: now, is_told: false });
        // Calls that were under way together count once.
        if before.until <= now {
            let times = before.times.saturating_add(1);
            self.unaccepted = Some(Unaccepted { times, until: now.after(growing(times)), is_told: false });
        }
    }

    /// Whether other credentials have their turn before these, as the forge does not accept these.
    #[must_use]
    pub fn is_passed_over(&self, now: Timestamp) -> bool {
        self.unaccepted.is_some_and(|unaccepted| unaccepted.until > now)
    }

    /// Whether it was told already that these credentials are passed over. It is from now on.
    pub fn tell_passed_over(&mut self) -> bool {
        self.unaccepted.as_mut().is_none_or(|unaccepted| std::mem::replace(&mut unaccepted.is_told, true))
    }

    /// The forge refused a call that was begun at `began` for too many calls. Answers how long it is to be left alone: as long as it says,
    /// and otherwise ever longer.
    pub fn refuse(&mut self, now: Timestamp, began: Timestamp, told: Option<Duration>) -> Duration {
        // Calls that were under way together are refused together: that counts once.
        let known = self.refused.filter(|(at, _, _)| began < *at);
        let number = match (known, self.refused) {
            (Some((_, number, _)), _) => number,
            (None, Some((_, number, _))) => number.saturating_add(1),
            (None, None) => 1,
        };
        let wait = told.unwrap_or(growing(number)).min(FORGE_WAIT_MAX);
        let until = now.after(wait);
        self.refused = Some((known.map_or(now, |(at, _, _)| at), number, self.refused.map_or(until, |(_, _, before)| before.max(until))));
        wait
    }

    /// The forge served a call that was begun at `began`: earlier refusals are over.
    pub fn served(&mut self, began: Timestamp) {
        if self.refused.is_some_and(|(at, _, _)| at <= began) {
            self.refused = None;
        }
        self.unaccepted = None;
    }

    /// The forge says that it has no limits, or that it has.
    pub fn set_unlimited(&mut self, is_unlimited: bool) {
        if is_unlimited && !self.is_unlimited {
            (self.under_way, self.calls.under_way, self.registrations.under_way) = (0, 0, 0);
        }
        self.is_unlimited = is_unlimited;
    }

    /// The same budget, from which nothing is taken before a time.
    #[must_use]
    pub fn not_before(mut self, until: Timestamp) -> Self {
        let (at, number, known) = self.refused.unwrap_or((until, 0, until));
        self.refused = Some((at, number, known.max(until)));
        self
    }

    /// Whether this server should ask for another hold: before its next call, or soon.
    #[must_use]
    pub fn needs_hold(&self, now: Timestamp) -> HoldNeed {
        match self.held {
            _ if self.is_unlimited => HoldNeed::None,
            None => HoldNeed::Now,
            Some(held) if self.room(now) <= held => HoldNeed::None,
            Some(held) if held < CALLS_AT_ONCE_COST.min(self.block / 2).max(CallKind::Write.points()) => HoldNeed::Now,
            Some(held) if held < self.block / 2 => HoldNeed::Soon,
            _ => HoldNeed::None,
        }
    }

    /// What this server writes when it asks for a hold.
    #[must_use]
    pub fn ask_hold(&self, now: Timestamp) -> HoldRequest {
        HoldRequest { rate: self.points.rate, spent: self.points.slots(now), under_way: self.under_way, ever: self.ever }
    }

    /// This server got the hold that it asked for. What it spent while it asked is taken from that.
    pub fn give_hold(&mut self, asked: &HoldRequest, hold: Hold) {
        let meanwhile = u32::try_from(self.ever.saturating_sub(asked.ever)).unwrap_or(u32::MAX);
        self.held = Some(hold.points.saturating_sub(asked.under_way).saturating_sub(meanwhile));
        self.others = Window::with(self.points.rate, hold.others);
        (self.held_by_others, self.block) = (hold.held_by_others, hold.block);
    }

    /// The points that can be spent at this time.
    fn room(&self, now: Timestamp) -> u32 {
        let spent = self.points.spent(now).saturating_add(self.others.spent(now));
        let taken = spent.saturating_add(self.under_way).saturating_add(self.held_by_others);
        self.points.rate.limit.saturating_sub(taken)
    }

    /// When so many points can be spent, if no more are until then.
    fn room_at(&self, now: Timestamp, needed: u32) -> Timestamp {
        let ends = self.points.spent.keys().chain(self.others.spent.keys());
        let mut ends: Vec<Timestamp> = ends.map(|end| Timestamp::from_micros(*end).after(self.points.rate.within)).collect();
        ends.sort_unstable();
        // What is under way, or held by others, has no time: it is looked at again soon.
        let soon = now.after(self.points.rate.within / 12);
        ends.into_iter().find(|at| *at > now && self.room(*at) >= needed).unwrap_or(soon)
    }
}

/// Whether a server should ask for another hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldNeed {
    /// It has enough, or there is none.
    None,
    /// It goes on, and asks meanwhile.
    Soon,
    /// It cannot make a call before.
    Now,
}

/// A server's account when it asks for a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldRequest {
    /// The limit.
    pub rate: Rate,
    /// What it has spent.
    pub spent: Slots,
    /// The points of its calls without an answer.
    pub under_way: u32,
    ever: u64,
}

impl HoldRequest {
    /// How much the server is given, beside this account of all others and with so many servers alive. The sum of what all spent and hold stays below
    /// the limit. A server that is killed takes its hold with it, so it gets a quarter of the limit at most.
    #[must_use]
    pub fn grant(&self, now: Timestamp, others: Slots, held_by_others: u32, alive: u32) -> Hold {
        let mut all = Window::with(self.rate, self.spent.clone());
        for (end, amount) in &others {
            *all.spent.entry(*end).or_default() += *amount;
        }
        let room = all.room(now).saturating_sub(held_by_others);
        let block = (self.rate.limit / 4 / alive.max(1)).max(CallKind::Write.points());
        Hold { others, held_by_others, points: self.under_way.saturating_add(block).min(room), block }
    }
}

#[cfg(test)]
mod tests;
