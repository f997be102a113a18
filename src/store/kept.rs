//! Statements that a connection prepares once.
//!
//! Diesel prepares an `UPDATE` and a list of values anew each time, as two of one type can differ in their text. Those of this module are found by their
//! text, so statements of one text share what was prepared. On PostgreSQL that saves a round trip, and on SQLite most of the time of a short statement.
//!
//! A connection forgets no statement. So a list is read by its [`lists`], which have few lengths.

use std::borrow::Cow;

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AsChangeset, AstPass, IntoUpdateTarget, QueryFragment, QueryId, UpdateTarget};
use diesel::query_source::QuerySource;
use diesel::serialize::ToSql;
use diesel::sql_types::{Bool, HasSqlType};

use super::IDS_PER_QUERY;

/// An `UPDATE` that is prepared once.
pub(super) struct Update<F, W, C> {
    from: F,
    filter: W,
    changes: C,
}

/// Changes rows. The changes are never empty.
pub(super) fn update<T, V>(target: T, changes: V) -> Update<<T::Table as QuerySource>::FromClause, T::WhereClause, V::Changeset>
where
    T: IntoUpdateTarget,
    T::Table: QuerySource,
    V: AsChangeset<Target = T::Table>,
{
    let UpdateTarget { table, where_clause } = target.into_update_target();
    Update { from: table.from_clause(), filter: where_clause, changes: changes.as_changeset() }
}

impl<DB, F, W, C> QueryFragment<DB> for Update<F, W, C>
where
    DB: Backend,
    F: QueryFragment<DB>,
    W: QueryFragment<DB>,
    C: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("UPDATE ");
        self.from.walk_ast(out.reborrow())?;
        out.push_sql(" SET ");
        self.changes.walk_ast(out.reborrow())?;
        self.filter.walk_ast(out)
    }
}

impl<F, W, C> QueryId for Update<F, W, C> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<F, W, C, Conn> diesel::RunQueryDsl<Conn> for Update<F, W, C> {}

/// Whether a column has one of the values of a list.
pub(super) struct OneOf<'a, C, V: Clone> {
    column: C,
    values: Cow<'a, [V]>,
}

/// Whether a column has one of the values of a list that [`lists`] has made.
pub(super) fn one_of<'a, C, V: Clone>(column: C, values: &Cow<'a, [V]>) -> OneOf<'a, C, V> {
    OneOf { column, values: values.clone() }
}

impl<C, V: Clone> Expression for OneOf<'_, C, V> {
    type SqlType = Bool;
}

impl<DB, C, V> QueryFragment<DB> for OneOf<'_, C, V>
where
    DB: Backend + HasSqlType<C::SqlType>,
    C: Expression + QueryFragment<DB>,
    V: Clone + ToSql<C::SqlType, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.column.walk_ast(out.reborrow())?;
        for (index, value) in self.values.iter().enumerate() {
            out.push_sql(if index == 0 { " IN (" } else { ", " });
            out.push_bind_param(value)?;
        }
        out.push_sql(")");
        Ok(())
    }
}

impl<C, V: Clone> QueryId for OneOf<'_, C, V> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C: SelectableExpression<S>, V: Clone, S> SelectableExpression<S> for OneOf<'_, C, V> {}

impl<C: AppearsOnTable<S>, V: Clone, S> AppearsOnTable<S> for OneOf<'_, C, V> {}

impl<C, V: Clone> ValidGrouping<()> for OneOf<'_, C, V> {
    type IsAggregate = is_aggregate::No;
}

/// The values of a list, as many at a time as a query can take, each filled up with its first value to a power of two. So statements have few texts, and
/// mean the same.
pub(super) fn lists<T: Clone>(values: &[T]) -> impl Iterator<Item = Cow<'_, [T]>> {
    values.chunks(IDS_PER_QUERY).map(|chunk| {
        let missing = chunk.len().next_power_of_two() - chunk.len();
        if missing == 0 {
            return Cow::Borrowed(chunk);
        }
        Cow::Owned(chunk.iter().chain(std::iter::repeat_n(&chunk[0], missing)).cloned().collect())
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use diesel::connection::InstrumentationEvent;
    use diesel::prelude::*;

    use super::*;
    use crate::store::schema::jobs;
    use crate::store::{migrate, sqlite};

    #[test]
    fn lists_are_bounded_and_have_few_lengths_and_their_values_only() {
        for length in [0, 1, 2, 3, 5, 511, 512, 513, 2000] {
            let values: Vec<usize> = (0..length).collect();
            let mut read: Vec<usize> = lists(&values).flat_map(Cow::into_owned).collect();
            read.sort_unstable();
            read.dedup();
            assert_eq!(read, values);
            assert!(lists(&values).all(|list| list.len().is_power_of_two() && list.len() <= IDS_PER_QUERY));
        }
    }

    #[test]
    fn an_update_and_a_list_are_prepared_once() {
        let mut conn = sqlite::connect(None, std::time::Duration::ZERO).expect("opens");
        migrate::sqlite(&mut conn).expect("migrates");
        let prepared = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&prepared);
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if matches!(event, InstrumentationEvent::CacheQuery { .. }) {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
        for number in 0..10_i64 {
            let update = update(jobs::table.find(number), jobs::reason.eq(format!("reason {number}")));
            assert_eq!(update.execute(&mut conn).expect("runs"), 0);
        }
        assert_eq!(prepared.load(Ordering::Relaxed), 1);
        let numbers: Vec<i64> = (0..8).collect();
        for length in 5..=8 {
            for list in lists(&numbers[..length]) {
                let query = jobs::table.filter(one_of(jobs::id, &list)).select(jobs::id);
                assert_eq!(query.load::<i64>(&mut conn).expect("runs"), Vec::<i64>::new());
            }
        }
        assert_eq!(prepared.load(Ordering::Relaxed), 2);
    }
}
