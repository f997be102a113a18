//! The fence of a lease: only the replica that holds the lease of a task may write for the task.

use diesel::prelude::*;

use super::Error;
use super::conn::{Conn, on};
use super::schema::leases;
use super::unit::Tx;
use crate::model::{Generation, LeasedTask};

/// The right to run a task, until its lease changes hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The task.
    pub task: LeasedTask,
    /// The generation of the lease.
    pub generation: Generation,
}

/// Refuses when the lease has changed hands. On PostgreSQL the lease stays as it is until the transaction ends.
pub(super) fn check(tx: &mut Tx<'_>, fence: Fence) -> Result<(), Error> {
    let lease = leases::table.find((fence.task.kind(), fence.task.subject())).select(leases::generation);
    let found: Option<i64> = match &mut tx.conn {
        Conn::Sqlite(c) => lease.first(&mut **c).optional()?,
        Conn::Postgres(c) => lease.for_share().first(&mut **c).optional()?,
    };
    judge(fence, found)
}

/// Refuses when the lease has changed hands in the state of the database that is read.
pub(super) fn look(tx: &mut Tx<'_>, fence: Fence) -> Result<(), Error> {
    let lease = leases::table.find((fence.task.kind(), fence.task.subject())).select(leases::generation);
    let found: Option<i64> = on!(&mut tx.conn, |c| lease.first(c).optional())?;
    judge(fence, found)
}

fn judge(fence: Fence, found: Option<i64>) -> Result<(), Error> {
    if found == Some(fence.generation.0) { Ok(()) } else { Err(Error::Stale { task: fence.task }) }
}
