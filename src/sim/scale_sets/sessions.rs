//! Sessions of listeners: one for each scale set.

use uuid::Uuid;

use super::error::Exception;
use super::nouns::{MessageSession, ScaleSet};
use super::settings::Manner;
use crate::sim::state::State;

impl State {
    /// Opens a session, unless the scale set has one, whoever asks.
    pub(crate) fn open_message_session(&mut self, id: i64, owner: &str) -> Result<Uuid, Exception> {
        let (now, seed) = (self.now(), self.digest("message session"));
        let is_ghes = self.settings.scale_sets.manner == Manner::Offers;
        let set = self.scale_sets.sets.get_mut(&id).ok_or(Exception::NoScaleSet(id))?;
        if let Some(session) = &set.session {
            return Err(Exception::SessionConflict { name: set.name.clone(), owner: is_ghes.then(|| session.owner.clone()) });
        }
        let session = uuid::Builder::from_random_bytes(std::array::from_fn(|index| seed[index])).into_uuid();
        set.session = Some(MessageSession { id: session, owner: owner.to_owned(), seen_at: now });
        set.sessions += 1;
        Ok(session)
    }

    /// The scale set, when this is its session.
    pub(in crate::sim) fn in_message_session(&mut self, id: i64, session: Uuid) -> Result<&mut ScaleSet, Exception> {
        let set = self.scale_sets.sets.get_mut(&id).ok_or(Exception::NoScaleSet(id))?;
        match &set.session {
            Some(own) if own.id == session => Ok(set),
            _ => Err(Exception::NoSession),
        }
    }

    /// Notes that the listener is there.
    pub(crate) fn refresh_message_session(&mut self, id: i64, session: Uuid) -> Result<(), Exception> {
        let now = self.now();
        let set = self.in_message_session(id, session)?;
        if let Some(session) = &mut set.session {
            session.seen_at = now;
        }
        Ok(())
    }

    /// Ends a session. What was not acknowledged stays for the next one.
    pub(crate) fn close_message_session(&mut self, id: i64, session: Uuid) -> Result<(), Exception> {
        let set = self.in_message_session(id, session)?;
        set.session = None;
        if let Some(poll) = set.poll.take() {
            poll.bell.notify_one();
        }
        Ok(())
    }

    /// Ends the sessions whose listeners were silent for too long. Returns how many.
    pub(in crate::sim) fn expire_message_sessions(&mut self) -> usize {
        let oldest = self.now().before(self.settings.scale_sets.session_timeout);
        let is_silent = |set: &&mut ScaleSet| set.poll.is_none() && set.session.as_ref().is_some_and(|session| session.seen_at <= oldest);
        self.scale_sets.sets.values_mut().filter(is_silent).map(|set| set.session = None).count()
    }
}
