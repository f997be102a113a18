//! How far leased tasks have come: one JSON value for each, which only its task reads and writes.

use diesel::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::conn::on;
use super::schema::task_places;
use super::unit::Tx;
use super::{Error, columns};
use crate::model::LeasedTask;

/// How far the task has come; `None` = it never began.
pub(super) fn find<T: DeserializeOwned>(tx: &mut Tx<'_>, task: LeasedTask) -> Result<Option<T>, Error> {
    let row = task_places::table.find((task.kind(), task.subject())).select(task_places::place);
    let text: Option<String> = on!(&mut tx.conn, |c| row.first(c).optional())?;
    columns::optional_json("place of a task", text.as_deref())
}

pub(super) fn set(tx: &mut Tx<'_>, task: LeasedTask, place: &impl Serialize) -> Result<(), Error> {
    let text = columns::to_json(place);
    let values = (task_places::kind.eq(task.kind()), task_places::subject.eq(task.subject()), task_places::place.eq(text.as_str()));
    on!(&mut tx.conn, |c| {
        diesel::insert_into(task_places::table)
            .values(values)
            .on_conflict((task_places::kind, task_places::subject))
            .do_update()
            .set(task_places::place.eq(text.as_str()))
            .execute(c)
    })?;
    Ok(())
}

/// Removes that of a task whose thing is removed in the same unit.
pub(super) fn remove(tx: &mut Tx<'_>, task: LeasedTask) -> Result<(), Error> {
    on!(&mut tx.conn, |c| diesel::delete(task_places::table.find((task.kind(), task.subject()))).execute(c))?;
    Ok(())
}
