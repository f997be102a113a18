//! The rows of the message sessions of scale sets, and what each service wants.
//!
//! A session writes often, and what it writes changes no setting. So its row is one of its own, and a reconcile that follows the feed does not read all
//! rows of the entity because of it. What sessions tell is taken in by `scale_set_news`.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::conn::on;
use super::schema::{scale_set_sessions, scale_sets};
use super::unit::Tx;
use super::{Error, columns, kept};
use crate::model::{ChangeKind, ChangeOp, ScaleSetId, ServiceDemand};

/// The row of a new scale set's session.
pub(super) fn insert(tx: &mut Tx<'_>, id: ScaleSetId) -> Result<(), Error> {
    let values = (
        scale_set_sessions::scale_set_id.eq(id.0),
        scale_set_sessions::assigned.eq(0_i64),
        scale_set_sessions::counted_at.eq(tx.now.as_micros()),
        scale_set_sessions::is_current.eq(false),
        scale_set_sessions::capacity.eq(0_i64),
    );
    on!(&mut tx.conn, |c| diesel::insert_into(scale_set_sessions::table).values(values).execute(c))?;
    Ok(())
}

/// A server that takes the lease of a session knows nothing of it: the last count may be old.
pub(super) fn doubt(tx: &mut Tx<'_>, id: ScaleSetId) -> Result<(), Error> {
    let believed = scale_set_sessions::table.find(id.0).filter(scale_set_sessions::is_current);
    let believed: i64 = on!(&mut tx.conn, |c| believed.count().get_result(c))?;
    if believed == 0 {
        return Ok(());
    }
    change(tx, id, scale_set_sessions::is_current.eq(false))?;
    let entity: String = on!(&mut tx.conn, |c| scale_sets::table.find(id.0).select(scale_sets::entity_id).first(c))?;
    tx.changed(ChangeKind::ScaleSet, ChangeOp::Update, id, Some(columns::id("entity id", &entity)?));
    Ok(())
}

/// Changes the row of a session.
pub(super) fn change<V>(tx: &mut Tx<'_>, id: ScaleSetId, values: V) -> Result<(), Error>
where
    V: AsChangeset<Target = scale_set_sessions::table>,
    V::Changeset: diesel::query_builder::QueryFragment<diesel::sqlite::Sqlite> + diesel::query_builder::QueryFragment<diesel::pg::Pg>,
{
    on!(&mut tx.conn, |c| kept::update(scale_set_sessions::table.find(id.0), values).execute(c))?;
    Ok(())
}

/// What the services of scale sets want.
pub(super) fn demands(tx: &mut Tx<'_>, scale_sets: &[i64]) -> Result<BTreeMap<i64, ServiceDemand>, Error> {
    let mut by_set = BTreeMap::new();
    for chunk in kept::lists(scale_sets) {
        let query = scale_set_sessions::table.filter(kept::one_of(scale_set_sessions::scale_set_id, &chunk)).select((
            scale_set_sessions::scale_set_id,
            scale_set_sessions::assigned,
            scale_set_sessions::counted_at,
            scale_set_sessions::is_current,
            scale_set_sessions::capacity,
        ));
        let rows: Vec<(i64, i64, i64, bool, i64)> = on!(&mut tx.conn, |c| query.load(c))?;
        for (id, assigned, counted_at, is_current, capacity) in rows {
            let demand = ServiceDemand {
                assigned: columns::count("jobs of a scale set", assigned)?,
                counted_at: columns::time(counted_at),
                is_current,
                capacity: columns::count("runners that are promised", capacity)?,
            };
            by_set.insert(id, demand);
        }
    }
    Ok(by_set)
}

/// The numbers of all scale sets.
pub(super) fn all_numbers(tx: &mut Tx<'_>) -> Result<Vec<ScaleSetId>, Error> {
    let ids: Vec<i64> = on!(&mut tx.conn, |c| scale_sets::table.select(scale_sets::id).order(scale_sets::id).load(c))?;
    Ok(ids.into_iter().map(ScaleSetId).collect())
}
