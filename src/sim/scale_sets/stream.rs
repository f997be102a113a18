//! The stream of messages of a scale set. It belongs to the scale set, not to the session: a message that was not acknowledged comes again,
//! also in a new session.

use std::sync::Arc;

use tokio::sync::Notify;
use uuid::Uuid;

use super::error::Exception;
use super::nouns::{Message, OpenPoll, Stage, Statistics};
use crate::sim::state::State;

/// The number of a queue's first message is one more.
const FIRST_MESSAGE: i64 = 100_000_000;

impl State {
    /// A poll begins; an older one of the session is in vain from now on. Gives its number, and the bell that rings when there may be a message.
    pub(crate) fn begin_message_poll(&mut self, id: i64, session: Uuid, capacity: usize) -> Result<(i64, Arc<Notify>), Exception> {
        let number = self.number();
        let bell = Arc::new(Notify::new());
        let set = self.in_message_session(id, session)?;
        if let Some(older) = set.poll.replace(OpenPoll { number, capacity, bell: Arc::clone(&bell) }) {
            older.bell.notify_one();
        }
        self.fill_scale_set(id);
        Ok((number, bell))
    }

    /// The message that waits for its acknowledgement, else a new one about all news; `None` = there is nothing to tell.
    pub(crate) fn next_message(&mut self, id: i64, session: Uuid, poll: i64) -> Result<Option<(Message, Statistics)>, Exception> {
        let set = self.in_message_session(id, session)?;
        if set.poll.as_ref().is_none_or(|open| open.number != poll) {
            return Err(Exception::Replaced);
        }
        if set.message.is_none() && !set.news.is_empty() {
            set.last_message += 1;
            let items = set.news.drain(..set.news.len().min(Message::ITEMS_MAX)).collect();
            set.message = Some(Message { id: FIRST_MESSAGE + set.last_message, items });
        }
        let message = set.message.clone();
        Ok(message.map(|message| (message, self.statistics(id))))
    }

    /// A poll has ended, answered or not.
    pub(crate) fn end_message_poll(&mut self, id: i64, poll: i64) {
        let now = self.now();
        let Some(set) = self.scale_sets.sets.get_mut(&id).filter(|set| set.poll.as_ref().is_some_and(|open| open.number == poll)) else {
            return;
        };
        set.poll = None;
        if let Some(session) = &mut set.session {
            session.seen_at = now;
        }
    }

    /// Acknowledges a message. A second time changes nothing: the first answer may have been lost.
    pub(crate) fn acknowledge_message(&mut self, id: i64, session: Uuid, message: i64) -> Result<(), Exception> {
        let set = self.in_message_session(id, session)?;
        if message <= FIRST_MESSAGE || message > FIRST_MESSAGE + set.last_message {
            return Err(Exception::NoMessage(message));
        }
        set.message.take_if(|waiting| waiting.id == message);
        Ok(())
    }

    /// Acquires what is offered. Returns the requests that the scale set has got.
    pub(crate) fn acquire_jobs(&mut self, id: i64, session: Uuid, requests: &[i64]) -> Result<Vec<i64>, Exception> {
        self.in_message_session(id, session)?;
        let offered: Vec<(i64, i64)> = self.offered_to(id).filter(|(_, request)| requests.contains(request)).collect();
        for (job, request) in &offered {
            self.assign_to_scale_set(*job, id, *request);
        }
        Ok(offered.into_iter().map(|(_, request)| request).collect())
    }

    /// The jobs that are offered to a scale set, each with its request.
    pub(in crate::sim) fn offered_to(&self, id: i64) -> impl Iterator<Item = (i64, i64)> {
        let is_offered = move |stage: Stage, to: i64| stage == Stage::Offered && to == id;
        self.scale_sets
            .claims
            .iter()
            .filter(move |(_, claim)| is_offered(claim.stage, claim.scale_set))
            .map(|(job, claim)| (*job, claim.request))
    }
}
