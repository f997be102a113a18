//! Leases: which replica acts for which entity.
//!
//! A replica is alive as long as it says so every few seconds. It holds the leases of entities; those of a replica that fell silent are
//! taken over by another, with the next generation. Whoever acts for an entity writes through a [`Store::fenced`] store, which refuses
//! to write anything once the lease has changed hands: a replica that was stopped and continues cannot undo what its successor did.
//!
//! All times are the database's, so that the clocks of the replicas do not matter.

use std::collections::BTreeMap;
use std::time::Duration;

use diesel::prelude::*;

use super::conn::{Conn, on};
use super::schema::{entities, leases, replicas};
use super::unit::Tx;
use super::{Error, Store, columns};
use crate::model::{EntityId, Generation, ReplicaId};

/// The right to act for an entity, until its lease changes hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The entity.
    pub entity: EntityId,
    /// The generation of the lease.
    pub generation: Generation,
}

impl Store {
    /// Says that the replica is alive for another `lifetime`, takes every lease that nobody alive holds, and answers the leases that are the
    /// replica's now. Where only one process can use the database, it takes all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hold_leases(&self, replica: ReplicaId, lifetime: Duration) -> Result<BTreeMap<EntityId, Generation>, Error> {
        let shared = self.is_shared();
        let asked_at = self.local_clock().now();
        let (database_now, held) = self
            .write(move |tx| {
                tx.be_alone()?;
                let now = tx.database_now()?;
                let me = replica.to_string();
                say_alive(tx, &me, now.after(lifetime).as_micros(), now.as_micros())?;
                // Whoever asks is alive, however short a time it asks for: what it holds, it keeps.
                let mut alive = vec![me.clone()];
                if shared {
                    let others = replicas::table.filter(replicas::expires_at.gt(now.as_micros())).select(replicas::id);
                    let others: Vec<String> = on!(&mut tx.conn, |c| others.load(c))?;
                    alive.extend(others);
                }
                take_free(tx, &me, &alive)?;
                Ok((now, held_by(tx, &me)?))
            })
            .await?;
        self.set_clock(asked_at, database_now);
        Ok(held)
    }

    /// Fails when the lease this store is fenced with has changed hands: to be asked before an effect outside that cannot be undone.
    ///
    /// # Errors
    /// [`Error::Stale`]; when the database fails.
    pub async fn check_lease(&self) -> Result<(), Error> {
        self.write(|_| Ok(())).await
    }

    /// The replica stops: others may take its leases at once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_leases(&self, replica: ReplicaId) -> Result<(), Error> {
        self.write(move |tx| {
            let gone = replicas::table.find(replica.to_string());
            on!(&mut tx.conn, |c| diesel::delete(gone).execute(c))?;
            Ok(())
        })
        .await
    }
}

/// Refuses when the lease has changed hands. On PostgreSQL the lease stays as it is until the transaction ends.
pub(super) fn check(tx: &mut Tx<'_>, fence: Fence) -> Result<(), Error> {
    let lease = leases::table.find(fence.entity.to_string()).select(leases::generation);
    let found: Option<i64> = match &mut tx.conn {
        Conn::Sqlite(c) => lease.first(&mut **c).optional()?,
        Conn::Postgres(c) => lease.for_share().first(&mut **c).optional()?,
    };
    if found == Some(fence.generation.0) { Ok(()) } else { Err(Error::Stale { entity: fence.entity }) }
}

fn say_alive(tx: &mut Tx<'_>, me: &str, expires_at: i64, now: i64) -> Result<(), Error> {
    /// So long a replica that is gone is remembered, in microseconds.
    const REMEMBERED: i64 = 3_600_000_000;
    let values = (replicas::id.eq(me), replicas::expires_at.eq(expires_at));
    on!(&mut tx.conn, |c| {
        diesel::insert_into(replicas::table)
            .values(values)
            .on_conflict(replicas::id)
            .do_update()
            .set(replicas::expires_at.eq(expires_at))
            .execute(c)
    })?;
    let forgotten = replicas::table.filter(replicas::expires_at.lt(now - REMEMBERED));
    on!(&mut tx.conn, |c| diesel::delete(forgotten).execute(c))?;
    Ok(())
}

fn take_free(tx: &mut Tx<'_>, me: &str, alive: &[String]) -> Result<(), Error> {
    let free = entities::table
        .left_join(leases::table)
        .filter(leases::holder.is_null().or(leases::holder.assume_not_null().ne_all(alive)))
        .select((entities::id, leases::generation.nullable()));
    let free: Vec<(String, Option<i64>)> = on!(&mut tx.conn, |c| free.load(c))?;
    for (entity, generation) in free {
        let generation = generation.unwrap_or(0) + 1;
        let values = (leases::entity_id.eq(&entity), leases::holder.eq(me), leases::generation.eq(generation));
        on!(&mut tx.conn, |c| {
            diesel::insert_into(leases::table)
                .values(values)
                .on_conflict(leases::entity_id)
                .do_update()
                .set((leases::holder.eq(me), leases::generation.eq(generation)))
                .execute(c)
        })?;
    }
    Ok(())
}

fn held_by(tx: &mut Tx<'_>, me: &str) -> Result<BTreeMap<EntityId, Generation>, Error> {
    let mine = leases::table.filter(leases::holder.eq(me)).select((leases::entity_id, leases::generation));
    let mine: Vec<(String, i64)> = on!(&mut tx.conn, |c| mine.load(c))?;
    mine.into_iter().map(|(entity, generation)| Ok((columns::id("entity id", &entity)?, Generation(generation)))).collect()
}
