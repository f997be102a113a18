//! The listing of jobs: which repositories are asked for, and how far that has come.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A repository whose jobs are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedRepository {
    /// The forge's number of it; 0 = the entity is the repository.
    pub number: i64,
    /// Its owner.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// When a job of it or a push to it was last heard of.
    pub active_at: Timestamp,
    /// When its jobs were last listed to the end; `None` = never.
    pub listed_at: Option<Timestamp>,
    /// Before this it is not asked for: the credentials may not, or its lists failed.
    pub not_before: Timestamp,
    /// The tag of its list of queued runs, if that was empty: while the tag holds, the list is empty.
    pub queued_tag: Option<String>,
    /// The same of its list of runs that run.
    pub running_tag: Option<String>,
}

/// How far the listing of an entity's jobs has come, and when the forge may be asked again. Durable, because another server may go on from here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListingPlace {
    /// What was listed before this is listed again: jobs may have been missed then.
    pub missed_at: Option<Timestamp>,
    /// When repositories were last learnt from jobs.
    pub learnt_at: Option<Timestamp>,
    /// When the repositories of the organization were last listed to the end.
    pub repositories_at: Option<Timestamp>,
    /// The next page of that list.
    pub next_page: u32,
    /// The hour in which calls are counted.
    pub hour: Option<Timestamp>,
    /// How many calls were made in that hour, without those in `unchanged`.
    pub calls: u32,
    /// How many calls of that hour were free, because nothing had changed.
    pub unchanged: u32,
    /// Before this no call is made.
    pub not_before: Option<Timestamp>,
    /// How many calls in a row failed.
    pub failures: u32,
    /// Whether the last call failed in a way that ends by itself, such as an outage of the forge.
    pub is_outage: bool,
    /// Whether the events of the entity tell that the lists cannot be read.
    pub is_told: bool,
}
