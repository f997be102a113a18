//! What the message sessions of scale sets keep and tell, and how they stand.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::conn::on;
use super::entities::add_event;
use super::scale_set_sessions::change;
use super::scale_sets as sets;
use super::schema::scale_set_sessions;
use super::{Error, Store, assigned_jobs};
use crate::model::{ChangeKind, ChangeOp, EventLevel, ScaleSet, ScaleSetId, ScaleSetState, ServiceScaleSetId};

/// A scale set, and what its session keeps.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// The scale set.
    pub scale_set: ScaleSet,
    /// What the session keeps, as JSON; `None` = nothing so far.
    pub kept: Option<String>,
    /// How the session stood last, as JSON; `None` = there was none so far.
    pub standing: Option<String>,
}

/// What one message of a session says beside its facts about jobs, to be written down in one unit.
#[derive(Clone, Debug, Default)]
pub struct SessionNews {
    /// What could not be handled, as sentences for people.
    pub aside: Vec<String>,
    /// How many jobs are assigned now; `None` = the service does not say.
    pub assigned: Option<u32>,
}

impl Store {
    /// A scale set with what its session keeps; `None` = there is no such scale set.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session_of(&self, id: ScaleSetId) -> Result<Option<SessionRow>, Error> {
        self.read(move |tx| {
            let Some(scale_set) = sets::find(tx, id)? else { return Ok(None) };
            let row = scale_set_sessions::table.find(id.0).select((scale_set_sessions::kept, scale_set_sessions::standing));
            let row: Option<(Option<String>, Option<String>)> = on!(&mut tx.conn, |c| row.first(c).optional())?;
            let (kept, standing) = row.unwrap_or_default();
            Ok(Some(SessionRow { scale_set, kept, standing }))
        })
        .await
    }

    /// How the sessions of all scale sets stood last, as JSON.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn standings(&self) -> Result<BTreeMap<ScaleSetId, String>, Error> {
        self.read(move |tx| {
            let told = scale_set_sessions::table.filter(scale_set_sessions::standing.is_not_null());
            let told = told.select((scale_set_sessions::scale_set_id, scale_set_sessions::standing.assume_not_null()));
            let rows: Vec<(i64, String)> = on!(&mut tx.conn, |c| told.load(c))?;
            Ok(rows.into_iter().map(|(id, standing)| (ScaleSetId(id), standing)).collect())
        })
        .await
    }

    /// Writes down what a session keeps. With the service's number of the scale set, the service has the scale set. Without it, the scale set is to be
    /// made there: a server that is killed while it makes one must not look for the number of before.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] when another scale set of the entity has this number.
    pub async fn keep_session(&self, id: ScaleSetId, kept: String, number: Option<ServiceScaleSetId>) -> Result<(), Error> {
        self.write(move |tx| {
            let set = sets::find_locked(tx, id)?.ok_or_else(|| sets::gone(id))?;
            if number != set.service_id && !set.is_being_removed() {
                let state = if number.is_some() { ScaleSetState::Created } else { ScaleSetState::PendingCreate };
                let mut now = ScaleSet { service_id: number, state, extended_state: String::new(), ..set.clone() };
                sets::write(tx, &set, &mut now)?;
            }
            change(tx, id, scale_set_sessions::kept.eq(kept))
        })
        .await
    }

    /// Writes down how a session stands, and whether it works.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_standing(&self, id: ScaleSetId, standing: String, is_current: bool) -> Result<(), Error> {
        self.write(move |tx| {
            let Some(set) = sets::find_locked(tx, id)? else { return Ok(()) };
            let values = (scale_set_sessions::standing.eq(standing), scale_set_sessions::is_current.eq(is_current));
            change(tx, id, values)?;
            if set.demand.is_current != is_current {
                tx.changed(ChangeKind::ScaleSet, ChangeOp::Update, id, Some(set.entity_id));
            }
            Ok(())
        })
        .await
    }

    /// Writes down how many runners the service of a scale set is promised.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn promise_runners(&self, id: ScaleSetId, capacity: u32) -> Result<(), Error> {
        self.write(move |tx| {
            let Some(set) = sets::find_locked(tx, id)?.filter(|set| set.demand.capacity != capacity) else { return Ok(()) };
            change(tx, id, scale_set_sessions::capacity.eq(i64::from(capacity)))?;
            tx.changed(ChangeKind::ScaleSet, ChangeOp::Update, id, Some(set.entity_id));
            Ok(())
        })
        .await
    }

    /// Takes in what a message of a session says, after its facts about jobs ([`Store::record_assigned`]).
    ///
    /// # Errors
    /// When the database fails. Nothing is taken in then.
    pub async fn take_in_message(&self, id: ScaleSetId, news: SessionNews) -> Result<(), Error> {
        self.write(move |tx| {
            let Some(set) = sets::find_locked(tx, id)? else { return Ok(()) };
            for told in news.aside {
                add_event(tx, set.entity_id, EventLevel::Warning, &told)?;
            }
            if let Some(assigned) = news.assigned {
                let values = (scale_set_sessions::assigned.eq(i64::from(assigned)), scale_set_sessions::counted_at.eq(tx.now.as_micros()));
                change(tx, id, values)?;
                if assigned == 0 {
                    assigned_jobs::end_assigned(tx, id)?;
                }
                tx.changed(ChangeKind::ScaleSet, ChangeOp::Update, id, Some(set.entity_id));
            }
            Ok(())
        })
        .await
    }
}
