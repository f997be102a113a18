//! The columns that name the runner set of a row: `pool_id` and `scale_set_id`, of which exactly one has a value.

use super::{Error, columns};
use crate::model::{RunnerSetId, ScaleSetId};

/// The runner set that two columns name.
pub(super) fn runner_set(pool_id: Option<&str>, scale_set_id: Option<i64>) -> Result<RunnerSetId, Error> {
    match (pool_id, scale_set_id) {
        (Some(id), None) => Ok(RunnerSetId::Pool(columns::id("pool id", id)?)),
        (None, Some(id)) => Ok(RunnerSetId::ScaleSet(ScaleSetId(id))),
        (pool, scale_set) => Err(Error::Corrupt { what: "runner set", value: format!("{pool:?} and {scale_set:?}") }),
    }
}

/// The values of both columns for a runner set.
pub(super) fn values(set: RunnerSetId) -> (Option<String>, Option<i64>) {
    (set.pool().map(|id| id.to_string()), set.scale_set().map(|id| id.0))
}

/// Of a boxed query or statement, the rows of one runner set.
macro_rules! of_set {
    ($query:expr, $table:ident, $set:expr) => {
        match $set {
            $crate::model::RunnerSetId::Pool(id) => $query.filter($table::pool_id.eq(id.to_string())),
            $crate::model::RunnerSetId::ScaleSet(id) => $query.filter($table::scale_set_id.eq(id.0)),
        }
    };
}
pub(super) use of_set;
