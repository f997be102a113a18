//! The ordered, lossless feed of committed changes.
//!
//! Each unit of writing records its changes in the same transaction. On SQLite the single writer makes the order of numbers the order of
//! commits. On PostgreSQL a lock does, which is held from the numbering to the commit.

use std::time::Duration;

use diesel::prelude::*;
use tokio::sync::watch;

use super::bell::{Bell, Found, Look};
use super::conn::on;
use super::schema::changes;
use super::unit::Tx;
use super::{Error, Store, columns};
use crate::model::{Change, ChangeKind, ChangeOp, EntityId};

/// How many changes one look at the feed brings at most.
const BATCH: i64 = 1000;

/// How often a reader looks by itself for changes of other replicas, should the database's bell be broken.
const OTHER_REPLICAS: Duration = Duration::from_secs(5);

#[derive(Queryable, Selectable)]
#[diesel(table_name = changes)]
struct ChangeRow {
    seq: i64,
    kind: String,
    op: String,
    key: String,
    entity_id: Option<String>,
}

/// A reader's position in the feed.
#[derive(Debug)]
pub struct Feed {
    store: Store,
    position: i64,
    bell: watch::Receiver<Bell>,
    /// The bell before the last look that found no more; `None` = there may be more.
    looked: Option<Bell>,
}

impl Store {
    /// A reader that begins after the given change; without one, with the next commit.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn feed_from(&self, position: Option<i64>) -> Result<Feed, Error> {
        let bell = self.bell();
        let position = match position {
            Some(position) => position,
            None => self.query(newest).await?,
        };
        Ok(Feed { store: self.clone(), position, bell, looked: None })
    }
}

impl Feed {
    /// Waits for changes and answers them in the order of their commits.
    ///
    /// # Errors
    /// When the database cannot be read; the position stays. When changes are gone before they were read: once, then it goes on with the rest.
    pub async fn next(&mut self) -> Result<Vec<Change>, Error> {
        loop {
            let is_rung = self.is_behind() || self.wait().await?;
            let bell = *self.bell.borrow_and_update();
            let (lost, rows) = self.look(bell, is_rung).await?;
            if let Some(through) = lost {
                self.position = through;
                return Err(Error::FeedGap { through });
            }
            let is_full = i64::try_from(rows.len()).is_ok_and(|count| count == BATCH);
            self.looked = Some(bell).filter(|_| !is_full);
            if let Some(last) = rows.last() {
                self.position = last.seq;
                return Ok(rows);
            }
        }
    }

    /// Whether there may be changes to read. Of its own process's commits it has often read before their bell rings.
    fn is_behind(&self) -> bool {
        let bell = *self.bell.borrow();
        self.looked.is_none_or(|looked| looked.others != bell.others || (looked.newest != bell.newest && self.position < bell.newest))
    }

    /// What stands in the feed after this place. A look of another reader will do, if the bell has not rung since then.
    pub(super) async fn look(&self, bell: Bell, is_rung: bool) -> Result<Found, Error> {
        let mut last = self.store.last_look().lock().await;
        if let Some(look) = last.as_ref().filter(|look| is_rung && look.position == self.position && look.bell == bell) {
            return Ok(look.found.clone());
        }
        let position = self.position;
        // One query, and where changes are gone two: then the reader begins anew.
        let found = self.store.query(move |tx| after(tx, position)).await?;
        *last = Some(Look { position, bell, found: found.clone() });
        Ok(found)
    }

    /// Waits until there may be changes to read. Answers whether the bell rang.
    async fn wait(&mut self) -> Result<bool, Error> {
        loop {
            let rung = self.bell.changed();
            if self.store.is_shared() {
                match tokio::time::timeout(OTHER_REPLICAS, rung).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => return Err(Error::Closed),
                    Err(_) => return Ok(false),
                }
            } else {
                rung.await.map_err(|_| Error::Closed)?;
            }
            if self.is_behind() {
                return Ok(true);
            }
        }
    }

    /// The number of the last change read.
    #[must_use]
    pub fn position(&self) -> i64 {
        self.position
    }
}

/// The number of the newest change; 0 = none was made yet.
pub(super) fn newest(tx: &mut Tx<'_>) -> Result<i64, Error> {
    let newest: Option<i64> = on!(&mut tx.conn, |c| changes::table.select(diesel::dsl::max(changes::seq)).first(c))?;
    Ok(newest.unwrap_or(0))
}

/// The number of the newest change, and what has changed after a position of an entity and of all that belongs to no entity: so many of the last
/// changes. One query for both, as each plan begins with it.
pub(super) fn of_entity(tx: &mut Tx<'_>, entity: EntityId, position: i64, most: i64) -> Result<(i64, Vec<(ChangeKind, String)>), Error> {
    let others = diesel::alias!(changes as others);
    let newest = others.select(diesel::dsl::max(others.field(changes::seq))).single_value();
    let is_of_entity = changes::entity_id.eq(entity.to_string()).or(changes::entity_id.is_null()).assume_not_null();
    let is_newest = changes::seq.nullable().eq(newest).assume_not_null();
    // Both from the position on: an alternative to the position would have the database look at all changes that are kept.
    let query = changes::table.filter(changes::seq.ge(position)).filter(is_of_entity.or(is_newest));
    let query = query.order(changes::seq.desc()).limit(most);
    let rows: Vec<ChangeRow> = on!(&mut tx.conn, |c| query.select(ChangeRow::as_select()).load(c))?;
    let newest = rows.first().map_or(0, |row| row.seq);
    let (entity, mut news) = (Some(entity.to_string()), Vec::new());
    // The newest change may be old, or another entity's.
    for row in rows.into_iter().filter(|row| row.seq > position && (row.entity_id.is_none() || row.entity_id == entity)) {
        news.push((columns::word("change kind", &row.kind, ChangeKind::from_word)?, row.key));
    }
    Ok((newest, news))
}

/// The changes after a position, and up to where changes are gone, if any are.
fn after(tx: &mut Tx<'_>, position: i64) -> Result<Found, Error> {
    let query = changes::table.filter(changes::seq.gt(position)).order(changes::seq).limit(BATCH);
    let rows: Vec<ChangeRow> = on!(&mut tx.conn, |c| query.select(ChangeRow::as_select()).load(c))?;
    // Units that were undone leave holes in the numbers; a hole is a loss only when everything before it is gone, too.
    let hole = rows.first().is_some_and(|first| position > 0 && first.seq > position + 1);
    let oldest: Option<i64> =
        if hole { on!(&mut tx.conn, |c| changes::table.select(diesel::dsl::min(changes::seq)).first(c))? } else { None };
    let lost = oldest.filter(|oldest| *oldest > position).map(|oldest| oldest - 1);
    Ok((lost, rows.into_iter().map(change).collect::<Result<_, _>>()?))
}

fn change(row: ChangeRow) -> Result<Change, Error> {
    Ok(Change {
        seq: row.seq,
        kind: columns::word("change kind", &row.kind, ChangeKind::from_word)?,
        op: columns::word("change", &row.op, ChangeOp::from_word)?,
        entity: row.entity_id.as_deref().map(|id| columns::id("entity id", id)).transpose()?,
        key: row.key,
    })
}
