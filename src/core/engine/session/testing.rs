//! A model of the service and of the listener, in which everything can go wrong, for the tests of sessions.

use std::collections::BTreeSet;
use std::time::Duration;

use uuid::Uuid;

use super::{Answer, Batch, Failure, Kept, Session, Step, Wanted};
use crate::model::{
    JobMessage, JobMessageKind, MessageItem, MessageSession, RunnerGroup, ScaleSetMessage, ScaleSetStatistics, SecretString, ServiceFault,
    ServiceScaleSet, ServiceScaleSetId, SessionId, expose,
};
use crate::time::Timestamp;

pub(crate) const OURS: &str = "garm-ours";
pub(crate) const GROUP: i64 = 1;
/// How long a poll without a message is held open.
pub(crate) const HELD: Duration = Duration::from_secs(50);
/// How long a call takes that is answered at once.
pub(crate) const QUICK: Duration = Duration::from_millis(50);
/// The items of each message, by their text: with the numbers under which they become durable.
const ITEMS: &[(&str, i64)] = &[("available", 1), ("assigned", 2), ("unreadable", 3)];
const TOKEN_LIFE: Duration = Duration::from_mins(15);

/// What goes wrong with one step. What has no meaning for a step does nothing to it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fault {
    /// The service fails, or sends half of its answer.
    Fails,
    /// The service does not answer in time.
    Hangs,
    /// The service does what it was asked for, and its answer is lost.
    AnswerLost,
    /// The service refuses the call for what it is.
    Refuses,
    /// The service asks to wait.
    AsksToWait(u64),
    /// The token of the session ends.
    TokenEnds,
    /// The service forgets the session.
    SessionLost,
    /// The service forgets the scale set.
    ScaleSetLost,
    /// The scale set is renamed.
    Renamed,
    /// Somebody else opens a session for so many seconds, where there is none.
    Foreign(u64),
    /// The session has no address for its messages.
    NoAddress,
    /// A poll comes back at once, without a message.
    ComesBackEarly,
    /// The database fails.
    DatabaseFails,
    /// One item cannot be handled.
    ItemFails(usize),
    /// The server is killed, and another one goes on.
    Killed,
    /// The clock of this server goes wrong by so many seconds.
    ClockWrong(i64),
}

/// The session that the service has.
#[derive(Clone, Debug)]
struct Open {
    id: SessionId,
    owner: String,
    token: String,
    token_ends_at: Timestamp,
    /// When it ends by itself.
    ends_at: Timestamp,
}

/// The service, as far as it concerns one scale set.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) scale_set: Option<ServiceScaleSetId>,
    pub(crate) name: String,
    open: Option<Open>,
    /// Messages that are not acknowledged.
    pub(crate) queue: Vec<ScaleSetMessage>,
    /// Whether jobs have to be acquired.
    pub(crate) acquires: bool,
    numbers: u128,
}

/// A listener with its session, its row, and the service.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) session: Session,
    number: i64,
    pub(crate) service: Service,
    /// The right time.
    pub(crate) now: Timestamp,
    /// How wrong the clock of this server is, in seconds.
    skew: i64,
    /// What the row has.
    pub(crate) row: Kept,
    /// The items that became durable or were set aside, by message and request.
    pub(crate) durable: BTreeSet<(i64, i64)>,
    pub(crate) aside: Vec<String>,
    /// The sessions whose end was asked for.
    ended: BTreeSet<SessionId>,
    /// Every call: when, what, and whether it brought something.
    pub(crate) calls: Vec<(Timestamp, &'static str, bool)>,
    /// The polls that were answered, with the promised number of runners.
    pub(crate) polls: Vec<(Timestamp, u32)>,
    pub(crate) capacity: u32,
    pub(crate) made: u32,
}

pub(crate) fn wanted() -> Wanted {
    Wanted { name: "linux".into(), group: String::new(), labels: Vec::new(), disable_update: true, owner: OURS.into() }
}

fn fault<T>(fault: ServiceFault) -> Result<T, Failure> {
    let text = format!("{fault:?}");
    Err(Failure { fault, text })
}

impl Service {
    fn facts(&self, id: ServiceScaleSetId) -> ServiceScaleSet {
        ServiceScaleSet {
            id,
            name: self.name.clone(),
            group_id: GROUP,
            group_name: "Default".into(),
            labels: vec![self.name.clone()],
            disable_update: true,
            status: String::new(),
            statistics: Some(ScaleSetStatistics { assigned_jobs: 1, ..ScaleSetStatistics::default() }),
        }
    }

    fn number(&mut self) -> u128 {
        self.numbers += 1;
        self.numbers
    }

    fn answer(&mut self, now: Timestamp) -> MessageSession {
        let number = self.number();
        let facts = self.scale_set.map(|id| self.facts(id));
        let open = self.open.as_mut().expect("it is open");
        (open.token, open.token_ends_at) = (format!("token {number}"), now.after(TOKEN_LIFE));
        MessageSession {
            id: open.id,
            owner: open.owner.clone(),
            queue_url: "https://queue.test/".into(),
            token: SecretString::from(open.token.clone()),
            token_ends_at: now.after(TOKEN_LIFE),
            statistics: facts.as_ref().and_then(|facts| facts.statistics),
            scale_set: facts,
        }
    }

    fn expire(&mut self, now: Timestamp) {
        self.open = self.open.take().filter(|open| now < open.ends_at);
    }

    fn begin(&mut self, owner: &str, now: Timestamp, span: Duration) {
        let id = SessionId(Uuid::from_u128(self.number()));
        let (token, ends_at) = (String::new(), now.after(span));
        self.open = Some(Open { id, owner: owner.into(), token, token_ends_at: now, ends_at });
    }

    fn know(&self, scale_set: ServiceScaleSetId) -> Result<(), Failure> {
        if self.scale_set == Some(scale_set) { Ok(()) } else { fault(ServiceFault::ScaleSetGone) }
    }

    /// Whether the session is open; a session that is used lives on.
    fn knows(&mut self, session: &MessageSession, now: Timestamp) -> Result<(), Failure> {
        match &mut self.open {
            Some(open) if open.id == session.id => {
                open.ends_at = now.after(Duration::from_mins(5));
                let is_good = open.token == expose(&session.token) && now < open.token_ends_at;
                if is_good { Ok(()) } else { fault(ServiceFault::TokenExpired) }
            }
            _ => fault(ServiceFault::SessionGone),
        }
    }

    /// Does what the step asks for. Answers also how long that takes.
    fn perform(&mut self, step: &Step, now: Timestamp) -> (Result<Answer, Failure>, Duration) {
        let quick = |answer| (answer, QUICK);
        match step {
            Step::LookUp { scale_set } => quick(self.know(*scale_set).map(|()| Answer::Exists(self.facts(*scale_set)))),
            Step::FindGroup { name } => {
                quick(Ok(Answer::Group(name.is_empty().then(|| RunnerGroup { id: GROUP, name: "Default".into(), is_default: true }))))
            }
            Step::Find { name, .. } => quick(Ok(Answer::Found(self.scale_set.filter(|_| *name == self.name).map(|id| self.facts(id))))),
            Step::Make(settings) => {
                if self.scale_set.is_some() && self.name == settings.name {
                    return quick(fault(ServiceFault::NameTaken));
                }
                let id = ServiceScaleSetId(i64::try_from(self.number()).expect("small"));
                (self.scale_set, self.name, self.open) = (Some(id), settings.name.clone(), None);
                quick(Ok(Answer::Made(self.facts(id))))
            }
            Step::Open { scale_set, owner } => quick(self.know(*scale_set).and_then(|()| {
                if let Some(open) = &self.open {
                    return fault(ServiceFault::SessionConflict { owner: Some(open.owner.clone()) });
                }
                self.begin(owner, now, Duration::from_mins(5));
                Ok(Answer::Opened(self.answer(now)))
            })),
            Step::End { scale_set, session } => quick(self.know(*scale_set).map(|()| {
                self.open = self.open.take().filter(|open| open.id != *session);
                Answer::Ended
            })),
            Step::Refresh { scale_set, session } => quick(self.know(*scale_set).and_then(|()| match &self.open {
                Some(open) if open.id == *session => Ok(Answer::Opened(self.answer(now))),
                _ => fault(ServiceFault::SessionGone),
            })),
            Step::Poll { session, last, .. } => match self.knows(session, now) {
                Err(failure) => quick(Err(failure)),
                Ok(()) => match self.queue.iter().find(|message| message.id > *last) {
                    Some(message) => quick(Ok(Answer::Polled(Some(message.clone())))),
                    None => (Ok(Answer::Polled(None)), HELD),
                },
            },
            Step::Acquire { session, requests, .. } => {
                let acquires = self.acquires;
                quick(self.knows(session, now).map(|()| Answer::Acquired(acquires.then(|| requests.clone()))))
            }
            Step::Acknowledge { session, message } => quick(self.knows(session, now).map(|()| {
                self.queue.retain(|queued| queued.id != *message);
                Answer::Acknowledged
            })),
            Step::Wait { .. } | Step::Keep(_) | Step::Handle(_) | Step::Over => unreachable!("no call"),
        }
    }
}

impl World {
    /// A scale set with a number, and no session so far.
    pub(crate) fn new() -> Self {
        Self::numbered(1)
    }

    /// The same for the scale set whose row has this number.
    pub(crate) fn numbered(number: i64) -> Self {
        let now = Timestamp::EPOCH.after(Duration::from_hours(500_000));
        let scale_set = Some(ServiceScaleSetId(7));
        let row = Kept { scale_set, ..Kept::default() };
        Self {
            session: Session::new(wanted(), row, number, now),
            number,
            service: Service { scale_set, name: "linux".into(), open: None, queue: Vec::new(), acquires: true, numbers: 100 },
            now,
            skew: 0,
            row,
            durable: BTreeSet::new(),
            aside: Vec::new(),
            ended: BTreeSet::new(),
            calls: Vec::new(),
            polls: Vec::new(),
            capacity: 5,
            made: 0,
        }
    }

    /// The time by the clock of this server.
    pub(crate) fn clock(&self) -> Timestamp {
        Timestamp::from_micros(self.now.as_micros() + self.skew * 1_000_000)
    }

    /// A message that tells of a job which waits to be acquired, and of one that is assigned.
    pub(crate) fn send(&mut self) -> i64 {
        let id = i64::try_from(self.service.number()).expect("small");
        let read = |kind| Ok(job(kind, id));
        let item = |text: &str, read| MessageItem { text: text.into(), read };
        self.service.queue.push(ScaleSetMessage {
            id,
            items: vec![
                item("available", read(JobMessageKind::Available)),
                item("assigned", read(JobMessageKind::Assigned)),
                item("unreadable", Err("it is cut".into())),
            ],
            statistics: Some(ScaleSetStatistics { assigned_jobs: 3, ..ScaleSetStatistics::default() }),
        });
        id
    }

    /// Somebody else has a session for a while.
    pub(crate) fn occupy(&mut self, owner: &str, span: Duration) {
        self.service.begin(owner, self.now, span);
    }

    /// Whether the session has handled and acknowledged all messages.
    pub(crate) fn is_done(&self) -> bool {
        self.service.queue.is_empty()
    }

    /// The server is killed; another one reads the row.
    pub(crate) fn restart(&mut self) {
        self.session = Session::new(wanted(), self.row, self.number, self.clock());
    }

    /// Asks for the next step and performs it, with a fault or without. Answers the step, with what the listener told the session.
    pub(crate) fn turn(&mut self, fault: Option<&Fault>, jitter: f64) -> (Step, Option<Answer>) {
        match fault {
            Some(Fault::Killed) => self.restart(),
            Some(Fault::ClockWrong(seconds)) => self.skew += seconds,
            Some(Fault::ScaleSetLost) => (self.service.scale_set, self.service.open, self.service.queue) = (None, None, Vec::new()),
            Some(Fault::SessionLost) => self.service.open = None,
            Some(Fault::TokenEnds) => self.service.open.iter_mut().for_each(|open| open.token_ends_at = self.now),
            Some(Fault::Renamed) => self.service.name = "another".into(),
            Some(Fault::Foreign(seconds)) if self.service.open.is_none() => self.occupy("arc", Duration::from_secs(*seconds)),
            _ => {}
        }
        self.service.expire(self.now);
        let step = self.session.next(self.clock(), self.capacity);
        let answer = match &step {
            Step::Over => return (step, None),
            Step::Wait { until } => {
                assert!(*until > self.clock(), "a wait ends in the future");
                let wait = until.since(self.clock());
                assert!(wait <= Duration::from_hours(1), "it waits for {wait:?}");
                self.now = self.now.after(wait);
                return (step, None);
            }
            Step::Keep(_) if fault == Some(&Fault::DatabaseFails) => Answer::Failed(Failure::other("the database is down")),
            Step::Keep(kept) => {
                self.row = *kept;
                Answer::Kept
            }
            Step::Handle(batch) => self.handle(batch, fault),
            call => {
                self.check(call);
                self.call(call, fault)
            }
        };
        self.session.answer(answer.clone(), self.clock(), jitter);
        (step, Some(answer))
    }

    fn call(&mut self, call: &Step, fault: Option<&Fault>) -> Answer {
        let other = |text: &str| Answer::Failed(Failure::other(text));
        let began = self.now;
        let (answer, took) = match fault {
            Some(Fault::Fails) => (other("500"), QUICK),
            Some(Fault::Hangs) => (other("no answer in time"), Duration::from_secs(30)),
            Some(Fault::Refuses) => (Answer::Failed(Failure { fault: ServiceFault::Refused, text: "400".into() }), QUICK),
            Some(Fault::AsksToWait(seconds)) => {
                let fault = ServiceFault::Wait(Duration::from_secs(*seconds));
                (Answer::Failed(Failure { fault, text: "429".into() }), QUICK)
            }
            Some(Fault::ComesBackEarly) if matches!(call, Step::Poll { .. }) => (Answer::Polled(None), QUICK),
            Some(Fault::AnswerLost) => {
                drop(self.service.perform(call, self.now));
                (other("the connection was reset"), Duration::from_secs(1))
            }
            _ => {
                let (answer, took) = self.service.perform(call, self.now);
                (answer.unwrap_or_else(Answer::Failed), took)
            }
        };
        self.now = self.now.after(took);
        let mut answer = answer;
        if let Answer::Opened(session) = &mut answer {
            // The client counts by its own clock.
            session.token_ends_at = self.clock().after(TOKEN_LIFE);
            if fault == Some(&Fault::NoAddress) {
                session.queue_url = String::new();
            }
        }
        let is_useful = match &answer {
            Answer::Polled(message) => message.is_some() || took >= Duration::from_secs(10),
            Answer::Acknowledged => true,
            _ => false,
        };
        self.calls.push((began, name(call), is_useful));
        match (call, &answer) {
            (Step::Poll { capacity, .. }, Answer::Polled(_)) => self.polls.push((self.now, *capacity)),
            (Step::Make(_), Answer::Made(_)) => self.made += 1,
            _ => {}
        }
        answer
    }

    fn handle(&mut self, batch: &Batch, fault: Option<&Fault>) -> Answer {
        match fault {
            Some(Fault::DatabaseFails) => return Answer::Failed(Failure::other("the database is down")),
            Some(Fault::ItemFails(place)) if *place < batch.items.len() => {
                let others = batch.items.iter().enumerate().filter(|(at, _)| at != place);
                self.durable.extend(others.map(|(_, item)| (batch.message, item.request_id)));
                self.set_aside(batch);
                return Answer::Handled { failed: vec![(*place, "no such column".into())] };
            }
            _ => {}
        }
        self.durable.extend(batch.items.iter().map(|item| (batch.message, item.request_id)));
        self.set_aside(batch);
        Answer::Handled { failed: Vec::new() }
    }

    fn set_aside(&mut self, batch: &Batch) {
        self.aside.extend(batch.aside.iter().map(|aside| aside.text.clone()));
        for text in batch.aside.iter().map(|aside| aside.text.as_str()) {
            self.durable.insert((batch.message, ITEMS.iter().find(|(of, _)| *of == text).map_or(0, |(_, request)| *request)));
        }
    }

    /// What must hold before a call.
    fn check(&mut self, call: &Step) {
        match call {
            Step::Acknowledge { message, .. } => {
                for (_, request) in ITEMS {
                    assert!(self.durable.contains(&(*message, *request)), "acknowledged before {request} of {message} is durable");
                }
            }
            Step::Open { .. } => {
                let held = self.session.held();
                assert!(held.is_none_or(|held| self.ended.contains(&held)), "a second session is opened beside {held:?}");
            }
            Step::End { session, .. } => {
                self.ended.insert(*session);
            }
            Step::Make(_) => assert_eq!(self.row.scale_set, None, "what is made would be lost with its answer"),
            _ => {}
        }
        match call {
            Step::Poll { session, .. } | Step::Acquire { session, .. } => assert_eq!(self.row.session, Some(session.id), "not in the row"),
            Step::Refresh { session, .. } => assert_eq!(self.row.session, Some(*session), "not in the row"),
            _ => {}
        }
    }

    /// Goes on without faults for so long. Answers when a poll was first answered.
    pub(crate) fn run(&mut self, span: Duration) -> Option<Duration> {
        let (began, polls) = (self.now, self.polls.len());
        while self.now.since(began) < span {
            if matches!(self.turn(None, 0.5).0, Step::Over) {
                break;
            }
        }
        self.polls.get(polls).map(|(at, _)| at.since(began))
    }

    /// Goes on for so long while each call has this fault.
    pub(crate) fn suffer(&mut self, fault: &Fault, span: Duration) {
        let began = self.now;
        while self.now.since(began) < span {
            self.turn(Some(fault), 0.5);
        }
    }

    /// How many calls were made since then.
    pub(crate) fn calls_since(&self, then: Timestamp) -> usize {
        self.calls.iter().filter(|(at, _, _)| *at >= then).count()
    }
}

fn job(kind: JobMessageKind, message: i64) -> JobMessage {
    let request_id = if kind == JobMessageKind::Available { 1 } else { 2 };
    JobMessage {
        kind,
        request_id,
        repository_owner: "octo".into(),
        repository_name: "hello".into(),
        job_id: message.to_string(),
        job_name: "build".into(),
        workflow_ref: String::new(),
        run_id: message,
        event: "push".into(),
        labels: Vec::new(),
        queued_at: None,
        assigned_at: None,
        runner_assigned_at: None,
        finished_at: None,
    }
}

pub(crate) fn name(step: &Step) -> &'static str {
    match step {
        Step::Wait { .. } => "wait",
        Step::Keep(_) => "keep",
        Step::LookUp { .. } => "look up",
        Step::FindGroup { .. } => "find group",
        Step::Find { .. } => "find",
        Step::Make(_) => "make",
        Step::Open { .. } => "open",
        Step::End { .. } => "end",
        Step::Refresh { .. } => "refresh",
        Step::Poll { .. } => "poll",
        Step::Acquire { .. } => "acquire",
        Step::Handle(_) => "handle",
        Step::Acknowledge { .. } => "acknowledge",
        Step::Over => "over",
    }
}
