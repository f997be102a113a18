//! One message on its way: its jobs are acquired, its effect becomes durable, then it is acknowledged. One bad item holds up none of the others.

use crate::model::{JobMessage, JobMessageKind, ScaleSetMessage, ScaleSetStatistics};

/// So often an item is tried before it is set aside. A database that fails has no part in that.
const ITEM_TRIES: u32 = 3;
/// So often an acquisition is tried: first all requests together, then each alone.
const ACQUIRE_TRIES: u32 = 3;

/// What is to become durable before the message is acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The number of the message.
    pub message: i64,
    /// What it tells of jobs, in the order of the service.
    pub items: Vec<JobMessage>,
    /// The requests that were acquired. The job of another [`JobMessageKind::Available`] is not for this scale set.
    pub acquired: Vec<i64>,
    /// What cannot be handled, to be kept for a person.
    pub aside: Vec<Aside>,
    /// The jobs and runners of the scale set; `None` = the service does not say.
    pub statistics: Option<ScaleSetStatistics>,
}

/// An item that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// The text of the item.
    pub text: String,
    /// Why it cannot be handled.
    pub why: String,
}

/// What a message needs next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// These requests are to be acquired.
    Acquire(Vec<i64>),
    /// This is to become durable.
    Handle(Batch),
    /// All of it is durable.
    Acknowledge,
}

/// An item that is not durable yet.
#[derive(Clone, Debug)]
struct Item {
    job: JobMessage,
    text: String,
    tries: u32,
}

/// A message on its way.
#[derive(Clone, Debug)]
pub(super) struct Work {
    message: i64,
    statistics: Option<ScaleSetStatistics>,
    /// Requests that are still to be acquired.
    requests: Vec<i64>,
    acquired: Vec<i64>,
    /// Failed acquisitions in a row.
    acquire_tries: u32,
    /// Whether they are acquired one by one, because all together failed.
    one_by_one: bool,
    items: Vec<Item>,
    aside: Vec<Aside>,
    /// Whether a batch became durable.
    is_written: bool,
}

impl Work {
    pub(super) fn new(message: ScaleSetMessage) -> Self {
        let (mut items, mut aside) = (Vec::new(), Vec::new());
        for item in message.items {
            match item.read {
                Ok(job) => items.push(Item { job, text: item.text, tries: 0 }),
                Err(why) => aside.push(Aside { text: item.text, why }),
            }
        }
        let available = items.iter().filter(|item| item.job.kind == JobMessageKind::Available);
        let mut requests: Vec<i64> = available.map(|item| item.job.request_id).filter(|id| *id != 0).collect();
        requests.sort_unstable();
        requests.dedup();
        Self {
            message: message.id,
            statistics: message.statistics,
            requests,
            acquired: Vec::new(),
            acquire_tries: 0,
            one_by_one: false,
            items,
            aside,
            is_written: false,
        }
    }

    /// The number of the message.
    pub(super) fn message(&self) -> i64 {
        self.message
    }

    pub(super) fn need(&self) -> Need {
        if !self.requests.is_empty() {
            let count = if self.one_by_one { 1 } else { self.requests.len() };
            return Need::Acquire(self.requests[..count].to_vec());
        }
        if self.is_written && self.items.is_empty() && self.aside.is_empty() {
            return Need::Acknowledge;
        }
        Need::Handle(Batch {
            message: self.message,
            items: self.items.iter().map(|item| item.job.clone()).collect(),
            acquired: self.acquired.clone(),
            aside: self.aside.clone(),
            statistics: self.statistics,
        })
    }

    /// These requests were asked for, and those acquired. `None` = there is nothing to acquire at this service.
    pub(super) fn acquired(&mut self, asked: &[i64], acquired: Option<Vec<i64>>) {
        match acquired {
            Some(acquired) => self.acquired.extend(acquired.iter().filter(|id| asked.contains(id))),
            // The service assigns by itself: what it offers all the same is ours if it says so.
            None => self.requests.clear(),
        }
        self.requests.retain(|id| !asked.contains(id));
        self.acquire_tries = 0;
    }

    /// These requests could not be acquired. They are set aside when that fails again and again, or at once where the service refuses them.
    pub(super) fn not_acquired(&mut self, asked: &[i64], why: &str, is_refused: bool) {
        self.acquire_tries += 1;
        if self.acquire_tries < ACQUIRE_TRIES && !is_refused {
            return;
        }
        self.acquire_tries = 0;
        if asked.len() > 1 {
            self.one_by_one = true;
            return;
        }
        self.requests.retain(|id| !asked.contains(id));
        let is_asked = |item: &Item| item.job.kind == JobMessageKind::Available && asked.contains(&item.job.request_id);
        let (dropped, kept) = std::mem::take(&mut self.items).into_iter().partition(is_asked);
        self.items = kept;
        let dropped: Vec<Item> = dropped;
        self.aside.extend(dropped.into_iter().map(|item| Aside { text: item.text, why: format!("its job cannot be acquired: {why}") }));
    }

    /// All of the batch became durable but these items. Answers whether one is to be tried again.
    pub(super) fn handled(&mut self, mut failed: Vec<(usize, String)>) -> bool {
        (self.is_written, self.aside) = (true, Vec::new());
        failed.sort_unstable();
        let mut left = Vec::new();
        for (place, mut item) in std::mem::take(&mut self.items).into_iter().enumerate() {
            let Ok(found) = failed.binary_search_by_key(&place, |(place, _)| *place) else { continue };
            item.tries += 1;
            if item.tries < ITEM_TRIES {
                left.push(item);
            } else {
                self.aside.push(Aside { text: item.text, why: std::mem::take(&mut failed[found].1) });
            }
        }
        self.items = left;
        !self.items.is_empty()
    }
}
