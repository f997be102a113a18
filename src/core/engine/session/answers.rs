//! What each answer of the listener leads to.

use std::time::Duration;

use super::machine::{CUT_GAP, Live, Pause, Session, State};
use super::pace::doubled;
use super::step::{Answer, Failure, Step};
use super::work::Work;
use crate::model::{JobMessageKind, MessageSession, ScaleSetMessage, ServiceFault, ServiceScaleSet, SessionFault};
use crate::time::Timestamp;

/// A session whose token lives is renewed again after this, when that failed.
const REFRESH_AGAIN: Duration = Duration::from_secs(31);
/// So many refusals in a row: the session is replaced.
const REFUSALS: u32 = 2;
/// So many renewals in a row that bring no address for the messages: the session is replaced.
const BLANKS: u32 = 4;
/// The longest time for which a session may fail before it is replaced.
const PATIENCE_MAX: Duration = Duration::from_hours(1);
/// So many refusals that only a person can end are followed as quickly as other failures: the service may have been confused for a moment.
const QUICK_REFUSALS: u32 = 3;
/// The pause after those. It doubles; a change of the scale set ends it.
const PERSON_PAUSE_FIRST: Duration = Duration::from_secs(38);
const PERSON_PAUSE_MAX: Duration = Duration::from_mins(5);
/// The pause after the database failed. It doubles.
const UNWRITTEN_PAUSE_FIRST: Duration = Duration::from_secs(1);
const UNWRITTEN_PAUSE_MAX: Duration = Duration::from_secs(8);
/// The longest wait that a service can ask for.
const TOLD_WAIT_MAX: Duration = Duration::from_mins(59);

impl Session {
    /// For how long a session may fail before it is replaced, at first. It doubles with each that is.
    pub(super) const PATIENCE: Duration = Duration::from_mins(10);

    /// Takes in what came of the last step. `jitter` is between 0 and 1.
    pub fn answer(&mut self, answer: Answer, now: Timestamp, jitter: f64) {
        // After a stop, what came of the step before it does not matter.
        let Some((step, began)) = self.asked.take() else { return };
        if let Answer::Failed(failure) = answer {
            self.failed(&step, failure, now, jitter);
            return;
        }
        match (step, answer) {
            (Step::Keep(kept), Answer::Kept) => {
                self.is_kept = kept == self.kept;
                self.unwritten = 0;
            }
            (Step::LookUp { .. }, Answer::Exists(scale_set)) => {
                self.look_at(&scale_set);
                self.state = State::Open;
                self.pause(Failure::other("the service denied a scale set that it has"), now, jitter);
            }
            (Step::FindGroup { .. }, Answer::Group(Some(group))) => self.state = State::Find(group.id),
            (Step::FindGroup { name }, Answer::Group(None)) => {
                self.refused(
                    format!("there is no runner group {name:?}; make it at the forge, or change that of the scale set"),
                    now,
                    jitter,
                );
            }
            (Step::Find { group_id, .. }, Answer::Found(found)) => self.found(group_id, found, now, jitter),
            (Step::Make(_), Answer::Made(scale_set)) => {
                self.kept.made(scale_set.id, now);
                (self.is_kept, self.state, self.refusals) = (false, State::Open, 0);
            }
            (Step::Open { .. }, Answer::Opened(session)) => self.opened(session, now, jitter),
            (Step::End { .. }, Answer::Ended) => self.ended(),
            (Step::Refresh { .. }, Answer::Opened(session)) => self.renewed(session, now, jitter),
            (Step::Poll { capacity, .. }, Answer::Polled(message)) => self.polled(message, capacity, began, now),
            (Step::Poll { .. }, Answer::Cut) => {
                self.pace.given_back();
                self.wait = Some(Pause { from: now, until: began.after(CUT_GAP).max(now), can_end: false });
            }
            (Step::Acquire { requests, .. }, Answer::Acquired(acquired)) => {
                self.acquires = Some(acquired.is_some());
                if let Some(work) = self.work() {
                    work.acquired(&requests, acquired);
                }
                self.healthy();
            }
            (Step::Handle(_), Answer::Handled { failed }) => {
                let text = failed.first().map(|(_, text)| text.clone());
                match (self.work().is_some_and(|work| work.handled(failed)), text) {
                    (true, Some(text)) => self.unwritten(format!("an item of a message cannot be handled: {text}"), now),
                    _ => self.unwritten = 0,
                }
            }
            (Step::Acknowledge { message, .. }, Answer::Acknowledged) => {
                if let State::Live(live) = &mut self.state {
                    (live.last, live.work) = (live.last.max(message), None);
                }
                self.healthy();
            }
            (step, _) => self.failed(&step, Failure::other("the listener gave an answer that does not belong to the step"), now, jitter),
        }
    }

    /// The scale set of the row's name, or that there is none.
    fn found(&mut self, group_id: i64, found: Option<ServiceScaleSet>, now: Timestamp, jitter: f64) {
        match (found, self.kept.scale_set) {
            // The row had no number: this one was made for it, and the number was lost.
            (Some(scale_set), None) => {
                self.kept.scale_set = Some(scale_set.id);
                (self.is_kept, self.state) = (false, State::Open);
                self.look_at(&scale_set);
            }
            (Some(scale_set), Some(ours)) if scale_set.id == ours => {
                self.state = State::Open;
                self.refused(format!("the service denies scale set {ours}, and lists it"), now, jitter);
            }
            (Some(scale_set), Some(ours)) => {
                self.state = State::Prove;
                let (name, other) = (&self.wanted.name, scale_set.id);
                let text = format!("scale set {ours} is gone at the service, and another one, {other}, has its name {name:?}");
                self.refused(format!("{text}; delete or rename one of them"), now, jitter);
            }
            // That it has none is written before one is made: if the number of that one is lost, the next look finds it by its name.
            (None, Some(_)) => {
                (self.kept.scale_set, self.kept.session) = (None, None);
                (self.is_kept, self.state) = (false, State::Make(group_id));
                self.space_making(now);
            }
            (None, None) => {
                self.state = State::Make(group_id);
                self.space_making(now);
            }
        }
    }

    /// A scale set that vanishes again and again is made again ever more rarely.
    fn space_making(&mut self, now: Timestamp) {
        let until = self.kept.make_at(now);
        if let Some((times, _)) = self.kept.made.filter(|_| until > now) {
            self.wait = Some(Pause { from: now, until, can_end: false });
            self.note(format!("the service lost the scale set again, after it was made {times} times lately"), now);
        }
    }

    fn opened(&mut self, session: MessageSession, now: Timestamp, jitter: f64) {
        self.kept.session = Some(session.id);
        self.is_kept = false;
        self.take_facts(&session);
        let is_blank = session.queue_url.is_empty();
        self.state = State::Live(Box::new(Live::new(session, now)));
        if is_blank {
            self.blank(now, jitter);
        }
    }

    fn renewed(&mut self, mut session: MessageSession, now: Timestamp, jitter: f64) {
        self.take_facts(&session);
        if self.kept.session != Some(session.id) {
            self.kept.session = Some(session.id);
            self.is_kept = false;
        }
        let State::Live(live) = &mut self.state else { return };
        if session.queue_url.is_empty() {
            session.queue_url.clone_from(&live.session.queue_url);
        }
        let is_blank = session.queue_url.is_empty();
        live.renewed(session, now);
        if is_blank {
            self.blank(now, jitter);
        }
    }

    /// The session has no address for its messages. That may come with the next renewal, which is one call; another session would be three.
    fn blank(&mut self, now: Timestamp, jitter: f64) {
        if let State::Live(live) = &mut self.state {
            live.blanks += 1;
            if live.blanks > BLANKS {
                self.state = State::Clear;
            }
        }
        self.pause(Failure::other("the service gives no address for the messages of the session"), now, jitter);
    }

    /// What the service says of the scale set beside the session.
    fn take_facts(&mut self, session: &MessageSession) {
        self.statistics = session.statistics.or(self.statistics);
        if let Some(scale_set) = &session.scale_set {
            self.look_at(scale_set);
        }
    }

    /// Notes what is odd about the scale set. None of it ends the session.
    fn look_at(&mut self, scale_set: &ServiceScaleSet) {
        let is_renamed = !scale_set.name.is_empty() && !scale_set.name.eq_ignore_ascii_case(&self.wanted.name);
        self.remark = if is_renamed {
            Some(format!("the service calls the scale set {:?}; jobs ask for it by that name", scale_set.name))
        } else if scale_set.status.eq_ignore_ascii_case("outdated") {
            Some(format!("the service calls the scale set {}; newer runner software may be needed", scale_set.status))
        } else {
            None
        };
        self.statistics = scale_set.statistics.or(self.statistics);
    }

    /// The session of before is no more.
    fn ended(&mut self) {
        self.kept.session = None;
        self.is_kept = false;
        self.state = if self.is_stopping { State::Over } else { State::Open };
    }

    fn polled(&mut self, message: Option<ScaleSetMessage>, capacity: u32, began: Timestamp, now: Timestamp) {
        let State::Live(live) = &mut self.state else { return };
        let has_news = message.as_ref().is_some_and(|message| message.id > live.last);
        let next = self.pace.polled(began, now, has_news);
        if let Some(message) = message {
            let is_assigned = |kind: &JobMessageKind, id| *kind == JobMessageKind::Assigned && id == 0;
            let mut jobs = message.items.iter().filter_map(|item| item.read.as_ref().ok());
            if jobs.any(|job| is_assigned(&job.kind, job.request_id)) {
                self.acquires = Some(false);
            }
            self.statistics = message.statistics.or(self.statistics);
            live.work = Some(Work::new(message));
        }
        if next > now {
            self.wait = Some(Pause { from: now, until: next, can_end: false });
        }
        self.last_good = Some((now, capacity));
        self.patience = Self::PATIENCE;
        self.healthy();
    }

    /// The session did what it is for.
    fn healthy(&mut self) {
        if let State::Live(live) = &mut self.state {
            (live.expired, live.refused, live.sick_since) = (0, 0, None);
        }
        self.pace.worked();
        (self.fault, self.refusals) = (None, 0);
    }

    fn work(&mut self) -> Option<&mut Work> {
        match &mut self.state {
            State::Live(live) => live.work.as_mut(),
            _ => None,
        }
    }

    fn failed(&mut self, step: &Step, failure: Failure, now: Timestamp, jitter: f64) {
        match (step, &failure.fault) {
            // The row names a session that is ended. The next server ends it once more, which changes nothing.
            (Step::Keep(_), _) if self.is_stopping => (self.state, self.is_kept) = (State::Over, true),
            (Step::Keep(_) | Step::Handle(_), _) => self.unwritten(failure.text, now),
            (Step::End { .. }, _) => self.not_ended(failure, now, jitter),
            (Step::LookUp { .. }, ServiceFault::ScaleSetGone) => self.state = State::FindGroup,
            (Step::Make(_), ServiceFault::NameTaken) => {
                // It was made for this row a moment ago, and the answer was lost; or a person was faster.
                self.state = State::FindGroup;
                self.pause(failure, now, jitter);
            }
            (Step::Open { .. }, ServiceFault::SessionConflict { .. }) => self.conflict(failure, now, jitter),
            (Step::Make(_) | Step::FindGroup { .. } | Step::Find { .. } | Step::LookUp { .. }, ServiceFault::Refused) => {
                self.refused(failure.text, now, jitter);
            }
            (_, ServiceFault::ScaleSetGone) => self.denied(failure, now),
            (Step::Open { .. }, ServiceFault::Refused) => self.refused(failure.text, now, jitter),
            (Step::Refresh { .. } | Step::Poll { .. } | Step::Acquire { .. } | Step::Acknowledge { .. }, _) => {
                self.sick(step, failure, now, jitter);
            }
            _ => self.pause(failure, now, jitter),
        }
    }

    /// A call of the open session failed.
    fn sick(&mut self, step: &Step, failure: Failure, now: Timestamp, jitter: f64) {
        let patience = self.patience;
        let State::Live(live) = &mut self.state else { return self.pause(failure, now, jitter) };
        let since = *live.sick_since.get_or_insert(now);
        let is_refresh = matches!(step, Step::Refresh { .. });
        let is_refused = failure.fault == ServiceFault::Refused;
        let mut is_lost = now.since(since) >= patience;
        match &failure.fault {
            ServiceFault::SessionGone => {
                self.kept.session = None;
                (self.is_kept, self.state) = (false, State::Open);
                return self.pause(failure, now, jitter);
            }
            ServiceFault::TokenExpired if !is_refresh => {
                live.expired += 1;
                live.refresh_at = now;
                if live.expired == 1 {
                    return;
                }
                // A token that was given a moment ago is refused.
                is_lost = true;
            }
            ServiceFault::Refused => {
                live.refused += 1;
                match step {
                    // Its effect is durable. The messages behind it must not wait.
                    Step::Acknowledge { message, .. } if live.refused >= REFUSALS => {
                        (live.last, live.work, live.refused) = (live.last.max(*message), None, 0);
                    }
                    Step::Poll { .. } | Step::Refresh { .. } => is_lost |= live.refused >= REFUSALS,
                    _ => {}
                }
            }
            _ => {}
        }
        if is_lost {
            self.patience = patience.saturating_mul(2).min(PATIENCE_MAX);
            self.state = State::Clear;
        } else if is_refresh && live.session.token_ends_at > now && live.expired == 0 {
            // The token is still good for a while.
            live.refresh_at = now.after(REFRESH_AGAIN);
            self.note(failure.text, now);
            return;
        } else if let (Step::Acquire { requests, .. }, Some(work)) = (step, &mut live.work) {
            work.not_acquired(requests, &failure.text, is_refused);
        }
        self.pause(failure, now, jitter);
    }

    /// The session of before could not be ended. One is opened all the same: the service may have ended the other.
    fn not_ended(&mut self, failure: Failure, now: Timestamp, jitter: f64) {
        match failure.fault {
            ServiceFault::SessionGone => self.ended(),
            _ if self.is_stopping => self.state = State::Over,
            ServiceFault::ScaleSetGone => self.denied(failure, now),
            _ => {
                self.state = State::Open;
                self.pause(failure, now, jitter);
            }
        }
    }

    /// The service does not know the scale set. It is looked up at once, which is another question: that answer decides, or leads to a pause.
    fn denied(&mut self, failure: Failure, now: Timestamp) {
        self.state = State::Prove;
        self.note(failure.text, now);
    }

    /// The scale set has a session: that of before, which is ended if its id is known; or one that has to end by itself.
    fn conflict(&mut self, failure: Failure, now: Timestamp, jitter: f64) {
        let ServiceFault::SessionConflict { owner } = &failure.fault else { return };
        let text = match owner {
            Some(owner) if *owner == self.wanted.owner => {
                format!("{}: an earlier session of this installation, which ends at the service within minutes", failure.text)
            }
            Some(owner) => format!("{}: {owner} listens to this scale set, and no one else can", failure.text),
            None => failure.text,
        };
        if self.kept.session.is_some() {
            self.state = State::Clear;
        }
        self.pause(Failure::other(text), now, jitter);
    }

    /// Notes a failure, and waits before the next step.
    fn pause(&mut self, failure: Failure, now: Timestamp, jitter: f64) {
        let until = self.pace.failed(now, jitter);
        let told = match failure.fault {
            ServiceFault::Wait(wait) => Some(now.after(wait.min(TOLD_WAIT_MAX))),
            _ => None,
        };
        self.wait = Some(Pause { from: now, until: told.map_or(until, |told| told.max(until)), can_end: told.is_none() });
        self.note(failure.text, now);
    }

    /// A person has to change something, at the forge or in the row.
    fn refused(&mut self, text: String, now: Timestamp, jitter: f64) {
        self.refusals = self.refusals.saturating_add(1);
        let until = self.pace.failed(now, jitter);
        let person = self.refusals.checked_sub(QUICK_REFUSALS).filter(|times| *times > 0);
        let until = person.map_or(until, |times| until.max(now.after(doubled(PERSON_PAUSE_FIRST, times, PERSON_PAUSE_MAX))));
        self.wait = Some(Pause { from: now, until, can_end: true });
        self.note(text, now);
    }

    /// The database failed.
    fn unwritten(&mut self, text: String, now: Timestamp) {
        self.unwritten = self.unwritten.saturating_add(1);
        let until = now.after(doubled(UNWRITTEN_PAUSE_FIRST, self.unwritten, UNWRITTEN_PAUSE_MAX));
        self.wait = Some(Pause { from: now, until, can_end: false });
        self.note(text, now);
    }

    fn note(&mut self, text: String, now: Timestamp) {
        let before = self.fault.take();
        let (since, times) = before.map_or((now, 0), |fault| (fault.since, fault.times));
        self.fault = Some(SessionFault { text, since, at: now, times: times.saturating_add(1) });
    }
}
