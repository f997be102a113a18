//! Leases: which replica runs which task.
//!
//! A replica is alive while it says so every few seconds. When it falls silent, another replica takes its leases, each with the next
//! generation. A task writes through a [`Store::fenced`] store, which refuses every write once the lease has changed hands. So a replica
//! that was frozen and continues cannot undo what its successor did.
//!
//! All times are the database's, so that the clocks of the replicas do not matter.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use diesel::prelude::*;

use super::conn::on;
use super::schema::{entities, leases, replicas};
use super::unit::Tx;
use super::{Error, Store, columns, scale_set_sessions};
use crate::model::{EntityKind, Generation, LeaseHolder, LeasedTask, ReplicaId};

impl Store {
    /// Says that the replica is alive for another `lifetime`, takes every lease without a living holder, and answers the leases that the
    /// replica holds now. Where only one process can use the database, it takes all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hold_leases(&self, replica: ReplicaId, lifetime: Duration) -> Result<BTreeMap<LeasedTask, Generation>, Error> {
        let shared = self.is_shared();
        let asked_at = self.local_clock().now();
        let (database_now, held) = self
            .write(move |tx| {
                tx.be_alone()?;
                let now = tx.database_now()?;
                let me = replica.to_string();
                say_alive(tx, &me, now.after(lifetime).as_micros(), now.as_micros())?;
                // A replica that asks is alive, however short a time it asks for: it keeps its leases.
                let mut alive = BTreeSet::from([me.clone()]);
                if shared {
                    let others = replicas::table.filter(replicas::expires_at.gt(now.as_micros())).select(replicas::id);
                    let others: Vec<String> = on!(&mut tx.conn, |c| others.load(c))?;
                    alive.extend(others);
                }
                Ok((now, take_free(tx, &me, &alive)?))
            })
            .await?;
        self.set_clock(asked_at, database_now);
        Ok(held)
    }

    /// The replica that holds the lease of a task, or did last; `None` = no replica has had it so far.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_lease(&self, task: LeasedTask) -> Result<Option<LeaseHolder>, Error> {
        let shared = self.is_shared();
        self.read(move |tx| {
            let now = tx.database_now()?;
            let lease = leases::table.find((task.kind(), task.subject())).select(leases::holder);
            let Some(holder) = on!(&mut tx.conn, |c| lease.first::<String>(c).optional())? else { return Ok(None) };
            let alive = replicas::table.find(&holder).select(replicas::expires_at);
            let until: Option<i64> = on!(&mut tx.conn, |c| alive.first(c).optional())?;
            // Where no other process can use the database, a replica says once that it is there.
            let alive = until.map(columns::time).is_some_and(|until| until > now || !shared);
            Ok(Some(LeaseHolder { replica: columns::id("replica id", &holder)?, alive }))
        })
        .await
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

/// Removes the lease of a task whose thing is removed in the same unit.
pub(super) fn remove(tx: &mut Tx<'_>, task: LeasedTask) -> Result<(), Error> {
    let lease = leases::table.find((task.kind(), task.subject()));
    on!(&mut tx.conn, |c| diesel::delete(lease).execute(c))?;
    Ok(())
}

/// Every task that a replica must run. Each entity has a reconcile, and a reader of the log of its App. One whose hook has a log has a reader of that,
/// and one that has repositories has a lister of jobs. Each scale set has a listener.
fn to_run(tx: &mut Tx<'_>) -> Result<Vec<LeasedTask>, Error> {
    let rows: Vec<(String, String)> = on!(&mut tx.conn, |c| entities::table.select((entities::id, entities::kind)).load(c))?;
    let mut tasks = Vec::new();
    for (id, kind) in rows {
        let id = columns::id("entity id", &id)?;
        tasks.extend([LeasedTask::Reconcile(id), LeasedTask::ReadAppLog(id)]);
        match columns::word("entity kind", &kind, EntityKind::from_word)? {
            EntityKind::Repository | EntityKind::Organization => tasks.extend([LeasedTask::ReadLog(id), LeasedTask::ListJobs(id)]),
            EntityKind::Enterprise => tasks.push(LeasedTask::ListJobs(id)),
            EntityKind::Instance => {}
        }
    }
    tasks.extend(scale_set_sessions::all_numbers(tx)?.into_iter().map(LeasedTask::Listen));
    Ok(tasks)
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

/// Takes the leases that no living replica holds. Answers all leases that this replica holds then.
fn take_free(tx: &mut Tx<'_>, me: &str, alive: &BTreeSet<String>) -> Result<BTreeMap<LeasedTask, Generation>, Error> {
    // The leases before the tasks: a thing that is removed in between is not to be run for.
    let mut found = all(tx)?;
    let mut held = BTreeMap::new();
    for task in to_run(tx)? {
        let generation = match found.remove(&task) {
            Some((holder, generation)) if holder == me => generation,
            Some((holder, _)) if alive.contains(&holder) => continue,
            free => take(tx, task, me, free.map_or(Generation(0), |(_, generation)| generation))?,
        };
        held.insert(task, generation);
    }
    // The rest is for things that are gone.
    for task in found.into_keys() {
        remove(tx, task)?;
    }
    Ok(held)
}

fn all(tx: &mut Tx<'_>) -> Result<BTreeMap<LeasedTask, (String, Generation)>, Error> {
    let rows: Vec<(String, String, String, i64)> = on!(&mut tx.conn, |c| leases::table.load(c))?;
    let read = |(kind, subject, holder, generation): (String, String, _, _)| {
        let task = LeasedTask::from_key(&kind, &subject);
        let task = task.ok_or_else(|| Error::Corrupt { what: "lease of a task", value: format!("{kind} {subject}") })?;
        Ok((task, (holder, Generation(generation))))
    };
    rows.into_iter().map(read).collect()
}

fn take(tx: &mut Tx<'_>, task: LeasedTask, me: &str, last: Generation) -> Result<Generation, Error> {
    let generation = last.0 + 1;
    let values =
        (leases::kind.eq(task.kind()), leases::subject.eq(task.subject()), leases::holder.eq(me), leases::generation.eq(generation));
    on!(&mut tx.conn, |c| {
        diesel::insert_into(leases::table)
            .values(values)
            .on_conflict((leases::kind, leases::subject))
            .do_update()
            .set((leases::holder.eq(me), leases::generation.eq(generation)))
            .execute(c)
    })?;
    if let LeasedTask::Listen(scale_set) = task {
        scale_set_sessions::doubt(tx, scale_set)?;
    }
    Ok(Generation(generation))
}
