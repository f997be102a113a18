//! The rows of many runners, shared by all who look at them.

use std::sync::Arc;

use super::Runner;

/// Rows of runners by age. Views, snapshots and effects share each row, until a change makes another of it.
pub type Rows = Arc<Vec<Arc<Runner>>>;

/// The rows that are among those before only, and those that are among those after only. Rows that are the same in memory are not looked at. Where rows
/// are not sorted by age, one that is among both may be told as gone and come again.
#[must_use]
pub fn changed_rows<'a>(before: &'a Rows, after: &'a Rows) -> (Vec<&'a Arc<Runner>>, Vec<&'a Arc<Runner>>) {
    let (mut went, mut came) = (Vec::new(), Vec::new());
    if Arc::ptr_eq(before, after) {
        return (went, came);
    }
    let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
    let age = |row: &Arc<Runner>| (row.created_at, row.id);
    loop {
        match (old.peek(), new.peek()) {
            (Some(was), Some(is)) if Arc::ptr_eq(was, is) => {
                old.next();
                new.next();
            }
            (None, None) => return (went, came),
            (Some(was), Some(is)) if age(was) > age(is) => came.extend(new.next()),
            (None, Some(_)) => came.extend(new.next()),
            (Some(_), _) => went.extend(old.next()),
        }
    }
}
