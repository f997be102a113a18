//! The last lists of forges and providers, and how far a list can be believed.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use crate::model::{ForgeRunner, ProviderMachine};
use crate::time::Timestamp;

/// The last list of a forge or a provider, and the list before it. Cheap to clone.
///
/// A list that is paged or eventually consistent may miss what exists. So something is gone only when both lists lack it, and an orphan
/// only when both lists have it and it has no row.
#[derive(Debug)]
pub struct Observed<T> {
    last: Arc<List<T>>,
    before: Option<Arc<List<T>>>,
}

#[derive(Debug)]
struct List<T> {
    at: Timestamp,
    items: Vec<T>,
    by_name: HashMap<String, usize>,
}

impl<T> Clone for Observed<T> {
    fn clone(&self) -> Self {
        Self { last: Arc::clone(&self.last), before: self.before.clone() }
    }
}

impl<T: Named> List<T> {
    fn new(at: Timestamp, items: Vec<T>) -> Arc<Self> {
        let mut list = Self { at, items: Vec::with_capacity(items.len()), by_name: HashMap::with_capacity(items.len()) };
        for item in items {
            match list.by_name.entry(item.name().to_owned()) {
                Entry::Vacant(free) => {
                    free.insert(list.items.len());
                    list.items.push(item);
                }
                // What moves from one page to the next while a list is read stands on it twice; the later word counts.
                Entry::Occupied(known) => list.items[*known.get()] = item,
            }
        }
        Arc::new(list)
    }

    fn find(&self, name: &str) -> Option<&T> {
        self.items.get(*self.by_name.get(name)?)
    }
}

impl<T: Named> Observed<T> {
    /// The list that follows the one before, if there was one.
    #[must_use]
    pub fn next(before: Option<Self>, at: Timestamp, items: Vec<T>) -> Self {
        Self { last: List::new(at, items), before: before.map(|before| before.last) }
    }

    /// Whether both are the same list after the same list before.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let is_same_before = match (&self.before, &other.before) {
            (None, None) => true,
            (Some(own), Some(others)) => Arc::ptr_eq(own, others),
            _ => false,
        };
        is_same_before && Arc::ptr_eq(&self.last, &other.last)
    }

    /// The same, with these items on both lists.
    #[cfg(test)]
    pub(super) fn with(&self, more: &[T]) -> Self
    where
        T: Clone,
    {
        let of = |list: &Arc<List<T>>| List::new(list.at, list.items.iter().chain(more).cloned().collect());
        Self { last: of(&self.last), before: self.before.as_ref().map(of) }
    }

    /// When the list was asked for.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.last.at
    }

    /// The list.
    #[must_use]
    pub fn items(&self) -> &[T] {
        &self.last.items
    }

    /// The item of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&T> {
        self.last.find(name)
    }

    /// Whether both lists lack the name, and both were asked for after `since`.
    #[must_use]
    pub fn lacks(&self, name: &str, since: Timestamp) -> bool {
        self.find(name).is_none() && self.before.as_ref().is_some_and(|before| before.at > since && before.find(name).is_none())
    }

    /// The item of this name, when both lists have it, both were asked for after `since`, and the same holds of it on both.
    #[must_use]
    pub fn find_twice(&self, name: &str, since: Timestamp, holds: impl Fn(&T) -> bool) -> Option<&T> {
        let before = self.before.as_ref().filter(|before| before.at > since)?.find(name)?;
        self.find(name).filter(|item| holds(item) && holds(before))
    }

    /// The item of this name if it stands on both lists, with the time when the older one was asked for.
    #[must_use]
    pub fn find_lasting(&self, name: &str) -> Option<(&T, Timestamp)> {
        let before = self.before.as_ref().filter(|before| before.find(name).is_some())?;
        Some((self.find(name)?, before.at))
    }
}

/// Something that is found by name.
pub trait Named {
    /// Its name.
    fn name(&self) -> &str;
}

impl Named for ForgeRunner {
    fn name(&self) -> &str {
        self.name.as_str()
    }
}

impl Named for ProviderMachine {
    fn name(&self) -> &str {
        self.name.as_str()
    }
}
