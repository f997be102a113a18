//! The states of a session, and the next step in each.

use std::time::Duration;

use super::kept::Kept;
use super::pace::Pace;
use super::step::{Step, Wanted, is_call};
use super::work::{Need, Work};
use crate::model::{MessageSession, ScaleSetStatistics, ServiceScaleSetId, SessionFault, SessionId, SessionStage, SessionStanding};
use crate::time::Timestamp;

/// How long before its end a token is renewed. A poll begins with one that outlasts it.
const REFRESH_BEFORE: Duration = Duration::from_mins(2);
/// A token is not renewed sooner, however short it lives or whatever the clocks say: one that has ended is refused, and then renewed.
const REFRESH_GAP: Duration = Duration::from_mins(1);
/// A poll that promises another number of runners than is wanted now is given up after this at the earliest.
pub(super) const CUT_GAP: Duration = Duration::from_secs(5);
/// The longest pause, and the longest time until a token is renewed.
const WAIT_MAX: Duration = Duration::from_hours(1);

/// The message session of a scale set.
#[derive(Clone, Debug)]
pub struct Session {
    pub(super) wanted: Wanted,
    pub(super) kept: Kept,
    /// Whether the row has what is kept.
    pub(super) is_kept: bool,
    pub(super) state: State,
    pub(super) is_stopping: bool,
    pub(super) pace: Pace,
    pub(super) wait: Option<Pause>,
    /// The step that was handed out, and when.
    pub(super) asked: Option<(Step, Timestamp)>,
    /// Failures of the database in a row.
    pub(super) unwritten: u32,
    /// Refusals in a row that only a person can end.
    pub(super) refusals: u32,
    /// For how long a session may fail before it is replaced.
    pub(super) patience: Duration,
    pub(super) last_good: Option<(Timestamp, u32)>,
    pub(super) fault: Option<SessionFault>,
    pub(super) remark: Option<String>,
    pub(super) statistics: Option<ScaleSetStatistics>,
    pub(super) acquires: Option<bool>,
}

/// Where a session is.
#[derive(Clone, Debug)]
pub(super) enum State {
    /// The service has denied the scale set: it is looked up by its number.
    Prove,
    /// The scale set is not known, or was denied twice: the number of its group is looked up.
    FindGroup,
    /// It is looked for in this group.
    Find(i64),
    /// It is made in this group.
    Make(i64),
    /// A session of before is ended.
    Clear,
    /// A session is opened.
    Open,
    /// It is open.
    Live(Box<Live>),
    Over,
}

/// An open session.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub(super) session: MessageSession,
    /// The last message that was acknowledged; 0 = none.
    pub(super) last: i64,
    pub(super) refresh_at: Timestamp,
    /// How often in a row its token was refused: the first time it is renewed.
    pub(super) expired: u32,
    /// How often in a row the service refused a call.
    pub(super) refused: u32,
    /// How often in a row it came without an address for its messages.
    pub(super) blanks: u32,
    /// Since when its calls fail.
    pub(super) sick_since: Option<Timestamp>,
    pub(super) work: Option<Work>,
}

/// A pause before the next step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pause {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
    /// Whether a sign that the service works, or a change by a person, ends it.
    pub(super) can_end: bool,
}

impl Session {
    /// A session that is to be opened. `number` is that of the scale set's row: the sessions of an installation spread their tries by it.
    #[must_use]
    pub fn new(wanted: Wanted, kept: Kept, number: i64, now: Timestamp) -> Self {
        let state = match kept {
            Kept { scale_set: Some(_), session: Some(_), .. } => State::Clear,
            Kept { scale_set: Some(_), .. } => State::Open,
            Kept { scale_set: None, .. } => State::FindGroup,
        };
        Self {
            wanted,
            kept,
            is_kept: true,
            state,
            is_stopping: false,
            pace: Pace::new(number, now),
            wait: None,
            asked: None,
            unwritten: 0,
            refusals: 0,
            patience: Self::PATIENCE,
            last_good: None,
            fault: None,
            remark: None,
            statistics: None,
            acquires: None,
        }
    }

    /// The next step. `capacity` is how many runners the scale set may have now, those that are there included.
    #[must_use]
    pub fn next(&mut self, now: Timestamp, capacity: u32) -> Step {
        let step = self.due(now, capacity);
        if is_call(&step) {
            self.pace.began(now);
        }
        self.asked = (!matches!(step, Step::Wait { .. } | Step::Over)).then(|| (step.clone(), now));
        step
    }

    fn due(&mut self, now: Timestamp, capacity: u32) -> Step {
        if self.is_stopping {
            return self.leave();
        }
        // A pause that is longer than any cause allows means that the clock was set back.
        self.wait = self.wait.filter(|pause| pause.from <= now && now < pause.until && pause.until <= now.after(WAIT_MAX));
        if !self.is_kept && (self.wait.is_none() || self.unwritten == 0) {
            return Step::Keep(self.kept);
        }
        if let Some(pause) = self.wait {
            return Step::Wait { until: pause.until };
        }
        let step = self.wish(now, capacity);
        let open_at = self.pace.open_at(now);
        if is_call(&step) && open_at > now {
            return Step::Wait { until: open_at };
        }
        step
    }

    /// The next step, if nothing has to be waited for.
    fn wish(&mut self, now: Timestamp, capacity: u32) -> Step {
        let Some(scale_set) = self.kept.scale_set else {
            return match self.state {
                State::Find(group_id) => Step::Find { group_id, name: self.wanted.name.clone() },
                State::Make(group_id) => Step::Make(self.wanted.settings(group_id)),
                State::Over => Step::Over,
                // Without a number there is nothing else to begin with.
                _ => Step::FindGroup { name: self.wanted.group.clone() },
            };
        };
        match &mut self.state {
            State::Prove => Step::LookUp { scale_set },
            State::FindGroup => Step::FindGroup { name: self.wanted.group.clone() },
            State::Find(group_id) | State::Make(group_id) => Step::Find { group_id: *group_id, name: self.wanted.name.clone() },
            State::Clear => match self.kept.session {
                Some(session) => Step::End { scale_set, session },
                None => Step::Open { scale_set, owner: self.wanted.owner.clone() },
            },
            State::Open => Step::Open { scale_set, owner: self.wanted.owner.clone() },
            State::Live(live) => live.wish(scale_set, now, capacity),
            State::Over => Step::Over,
        }
    }

    /// The last steps of a session that is stopped. The end of the session is asked for once, whatever comes of that.
    fn leave(&mut self) -> Step {
        let is_over = matches!(self.state, State::Over);
        match (self.kept.scale_set, self.kept.session) {
            (Some(scale_set), Some(session)) if !is_over => Step::End { scale_set, session },
            _ if !self.is_kept => Step::Keep(self.kept),
            _ => {
                self.state = State::Over;
                Step::Over
            }
        }
    }

    /// Ends the session, also in the middle of a step: what came of that one is not told any more.
    pub fn stop(&mut self) {
        (self.is_stopping, self.wait, self.asked) = (true, None, None);
    }

    /// The row says something else now. The session goes on.
    pub fn want(&mut self, wanted: Wanted) {
        if self.wanted != wanted {
            self.wanted = wanted;
            self.refusals = 0;
            self.end_pause();
        }
    }

    /// Something says that the service works again: it has answered another session, or a person asks for a try. It is made now, unless the service was
    /// called too often already.
    pub fn hurry(&mut self, now: Timestamp) {
        if self.pace.may_hurry(now) {
            self.end_pause();
        }
    }

    fn end_pause(&mut self) {
        self.wait = self.wait.filter(|pause| !pause.can_end);
    }

    /// When the poll that is under way is to be given up, because it promises another number of runners than this; `None` = it goes on.
    #[must_use]
    pub fn cut_at(&self, capacity: u32) -> Option<Timestamp> {
        match &self.asked {
            Some((Step::Poll { capacity: promised, .. }, began)) if *promised != capacity => Some(began.after(CUT_GAP)),
            _ => None,
        }
    }

    /// How the session stands.
    #[must_use]
    pub fn standing(&self) -> SessionStanding {
        let stage = match &self.state {
            State::Over => SessionStage::Closed,
            _ if self.is_stopping => SessionStage::Closing,
            State::Prove | State::FindGroup | State::Find(_) | State::Make(_) => SessionStage::Preparing,
            State::Clear | State::Open => SessionStage::Opening,
            State::Live(live) if live.work.is_some() => SessionStage::Handling,
            State::Live(_) => SessionStage::Listening,
        };
        SessionStanding {
            stage,
            session: self.kept.session,
            last_good: self.last_good,
            fault: self.fault.clone(),
            next_try: self.wait.map(|pause| pause.until),
            remark: self.remark.clone(),
            statistics: self.statistics,
            acquires: self.acquires,
        }
    }

    /// The service's number of the scale set, as far as is known.
    #[must_use]
    pub fn scale_set(&self) -> Option<ServiceScaleSetId> {
        self.kept.scale_set
    }

    /// The open session, as far as is known.
    #[must_use]
    pub fn held(&self) -> Option<SessionId> {
        self.kept.session
    }
}

impl Live {
    pub(super) fn new(session: MessageSession, now: Timestamp) -> Self {
        let refresh_at = refresh_at(&session, now);
        Self { session, last: 0, refresh_at, expired: 0, refused: 0, blanks: 0, sick_since: None, work: None }
    }

    /// The session was renewed.
    pub(super) fn renewed(&mut self, session: MessageSession, now: Timestamp) {
        self.blanks = if session.queue_url.is_empty() { self.blanks } else { 0 };
        (self.refresh_at, self.session) = (refresh_at(&session, now), session);
    }

    fn wish(&self, scale_set: ServiceScaleSetId, now: Timestamp, capacity: u32) -> Step {
        // A time that is further away than any token lives means that the clock was set back.
        if now >= self.refresh_at || self.refresh_at.since(now) > WAIT_MAX || self.session.queue_url.is_empty() {
            return Step::Refresh { scale_set, session: self.session.id };
        }
        let session = Box::new(self.session.clone());
        let Some(work) = &self.work else {
            return Step::Poll { session, last: self.last, capacity };
        };
        match work.need() {
            Need::Acquire(requests) => Step::Acquire { scale_set, session, requests },
            Need::Handle(batch) => Step::Handle(batch),
            Need::Acknowledge => Step::Acknowledge { session, message: work.message() },
        }
    }
}

/// When the token of a session is renewed.
fn refresh_at(session: &MessageSession, now: Timestamp) -> Timestamp {
    session.token_ends_at.before(REFRESH_BEFORE).max(now.after(REFRESH_GAP)).min(now.after(WAIT_MAX))
}
